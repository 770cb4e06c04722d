"""The pictures of posts: their bytes by their SHA-256, bounded, served so that nothing in them can run."""

import re
import threading
from collections import OrderedDict
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from notifier.practice.exchange import Answer, Request, json_answer

PREFIX: Final = "/practice/pictures/"
MOST_BYTES: Final = 64 * 1024 * 1024
_NAME: Final = re.compile(r"[0-9a-f]{64}")
_RULES: Final = "default-src 'none'; sandbox; frame-ancestors 'none'"


@dataclass(frozen=True)
class Picture:
    """A picture of a post."""

    sha256: str
    media_type: str
    alt: str
    """What it shows, in words; empty where nobody said."""

    @property
    def path(self) -> str:
        """Where its bytes are on this server."""
        return PREFIX + self.sha256


@dataclass(frozen=True)
class NamedPicture:
    """A picture of a post that the network would fetch from an address; nothing is fetched here."""

    address: str
    alt: str


def kind_of(content: bytes) -> str | None:
    """Tell a picture's type by its first bytes, whatever was said of it; None for what is no picture."""
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return None


class Pictures:
    """The bytes of every picture, at most so many in all: the oldest give way."""

    def __init__(self, most: int = MOST_BYTES) -> None:
        self._lock = threading.Lock()
        self._most, self._held = most, 0
        self._contents: OrderedDict[str, bytes] = OrderedDict()

    def keep(self, content: bytes, alt: str = "") -> Picture | None:
        """Keep a picture; None when it is none."""
        media_type = kind_of(content)
        if media_type is None:
            return None
        name = sha256(content).hexdigest()
        with self._lock:
            if name in self._contents:
                self._contents.move_to_end(name)
            else:
                self._contents[name] = content
                self._held += len(content)
            while self._held > self._most:
                self._held -= len(self._contents.popitem(last=False)[1])
        return Picture(name, media_type, alt)

    def get(self, name: str) -> bytes | None:
        """Find the bytes of a picture."""
        with self._lock:
            return self._contents.get(name)

    def clear(self) -> None:
        """Take everything away."""
        with self._lock:
            self._contents.clear()
            self._held = 0

    def answer(self, request: Request) -> Answer:
        """Answer the address of a picture."""
        name = request.path.removeprefix(PREFIX)
        content = self.get(name) if _NAME.fullmatch(name) and request.method in ("GET", "HEAD") else None
        media_type = None if content is None else kind_of(content)
        if content is None or media_type is None:
            return json_answer({"error": "there is no such picture, or it had to give way to newer ones"}, 404)
        return Answer(200, content, media_type, {"Content-Security-Policy": _RULES, "Cache-Control": "no-store"})
