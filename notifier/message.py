"""What one channel is to publish, frozen; and what an adapter made ready of it."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from pathlib import PurePath
from typing import Any, Self

from notifier.attachment import SUFFIXES
from notifier.kind import AlertFacts


@dataclass(frozen=True)
class Media:
    """A picture or paper of a message; its bytes stand in the store under their hash."""

    name: str
    media_type: str
    alt: str | None
    rights: str | None
    sha256: str
    data: bytes = field(default=b"", repr=False, compare=False)
    source: str | None = None
    """SHA-256 of the picture that it was made from, to fit a network; None: it is that itself."""

    @property
    def file_name(self) -> str:
        """Its name, ending as its type does."""
        path = PurePath(self.name)
        if SUFFIXES.get(path.suffix.lower()) == self.media_type:
            return path.name
        suffixes = (suffix for suffix, type_ in SUFFIXES.items() if type_ == self.media_type)
        return path.with_suffix(next(suffixes, path.suffix)).name


@dataclass(frozen=True)
class Message:
    """What one channel is to publish, frozen: the same for every attempt."""

    id: str
    department: str
    department_name: str
    short_name: str
    website: str
    phone: str
    timezone: str
    kind: str
    stage: str
    status: str
    revision: int
    language: str
    languages: tuple[str, ...]
    part: int
    recipient: str
    key: str
    """Idempotency key: the same for every attempt at this delivery, different for every other."""
    headline: str
    text: str
    beside: Mapping[str, str]
    """The further forms that the channel's capabilities ask for."""
    links: tuple[str, ...]
    media: tuple[Media, ...]
    alert: AlertFacts
    created: datetime
    sent: datetime
    expires: datetime
    thread: tuple[str, ...] = ()
    """The further parts of an atomic thread, in order; `text` is its first."""

    def to_json(self) -> str:
        """Write the message as canonical JSON, as the store keeps and hashes it; media by their hash only."""
        value = asdict(self)
        for media in value["media"]:
            del media["data"]
        return json.dumps(value, default=_plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str, media: Mapping[str, bytes] | None = None) -> Self:
        """Read what to_json wrote, with the bytes of its media by SHA-256."""
        value: dict[str, Any] = json.loads(text)
        for name in ("created", "sent", "expires"):
            value[name] = datetime.fromisoformat(value[name])
        alert = value["alert"]
        alert["onset"] = datetime.fromisoformat(alert["onset"]) if alert["onset"] else None
        value["alert"] = AlertFacts(**alert)
        value["media"] = tuple(Media(**m, data=(media or {}).get(m["sha256"], b"")) for m in value["media"])
        for name in ("links", "languages", "thread"):
            value[name] = tuple(value.get(name, ()))
        return cls(**value)


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in a message")


@dataclass(frozen=True)
class Prepared:
    """A message with all done that may be repeated without the public seeing anything (uploads, drafts)."""

    message: Message
    saved: Mapping[str, Any] = field(default_factory=dict)
    """The adapter's own JSON, no secret in it; stored before the send, so that a retry starts from it."""
    attempt: int = 1
    """Which attempt this is: what a service says of a repeat means another thing when there was none."""


def message_fields() -> tuple[str, ...]:
    """Name the fields of a message, for the documentation."""
    return tuple(f.name for f in fields(Message))
