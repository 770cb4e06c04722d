"""Resumable uploads: a session for each video, whose address tells a retry from another video.

Only the number of bytes and their hash are kept. Not verified against the live service: the answer to a piece that does
not begin where the last one ended.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from notifier.clock import Clock
from notifier.practice.exchange import Answer, Request, json_answer, new_token
from notifier.practice.networks.youtube_video import error

MOST_VIDEO: Final = 64 * 1024 * 1024
MOST_SESSIONS: Final = 200
PIECE: Final = 256 * 1024

_LASTS: Final = timedelta(days=7)
_ASKED: Final = re.compile(r"bytes \*/(\d{1,12}|\*)")
_SENT: Final = re.compile(r"bytes (\d{1,12})-(\d{1,12})/(\d{1,12}|\*)")


@dataclass
class _Session:
    metadata: Mapping[str, Any]
    until: datetime
    held: int = 0
    hash: Any = field(default_factory=hashlib.sha256)
    done: dict[str, Any] | None = None
    """The video that it became."""


class Uploads:
    """The sessions, each for a week, at most so many."""

    def __init__(self, clock: Clock, finish: Callable[[Mapping[str, Any], int, str, str], dict[str, Any]]) -> None:
        """finish: publishes a video: its metadata, size, hash and the key of the last request; gives its resource."""
        self._clock, self._finish = clock, finish
        self._sessions: dict[str, _Session] = {}

    def forget(self) -> None:
        """Forget every session."""
        self._sessions.clear()

    def begin(self, request: Request, metadata: Mapping[str, Any]) -> Answer:
        """Open a session: its address is in Location."""
        while len(self._sessions) >= MOST_SESSIONS:
            self._sessions.pop(next(iter(self._sessions)))
        number = new_token(40)
        self._sessions[number] = _Session(metadata, self._clock() + _LASTS)
        address = f"{request.server}{request.path}?{request.query}&upload_id={number}"
        return Answer(200, headers={"Location": address, "X-GUploader-UploadID": number})

    def put(self, request: Request) -> Answer:
        """Take bytes, or tell how many there are."""
        session = self._sessions.get(dict(request.parameters()).get("upload_id", ""))
        if session is None or self._clock() >= session.until:
            return error(404, "notFound", "The upload session is not known, or has ended.", "global")
        if session.done is not None:
            return json_answer(session.done)
        said = request.headers.get("content-range", "")
        if _ASKED.fullmatch(said):
            return _incomplete(session) if not request.body else error(400, "badRequest", "No bytes are expected.")
        if not request.media_type.startswith(("video/", "application/octet-stream")):
            sentence = f"Media type '{request.media_type[:60]}' is not supported."
            return error(
                400, "badContent", f"{sentence} Valid media types: [video/*, application/octet-stream]", "global"
            )
        problem, last = _place(session, request, said)
        if problem:
            return error(400, "badRequest", problem, "global")
        session.hash.update(request.body)
        session.held += len(request.body)
        if not last:
            return _incomplete(session)
        session.done = self._finish(session.metadata, session.held, session.hash.hexdigest(), request.key)
        return json_answer(session.done)


def _place(session: _Session, request: Request, said: str) -> tuple[str, bool]:
    """Say what is wrong with a piece's place, and whether it is the last."""
    size = len(request.body)
    if not said:
        return (
            "The bytes begin anew where some were taken already." if session.held else "" if size else "No bytes."
        ), True
    found = _SENT.fullmatch(said)
    if found is None or int(found[2]) - int(found[1]) + 1 != size:
        return "The Content-Range does not fit the bytes.", False
    if int(found[1]) != session.held:
        return f"The bytes must go on at {session.held}.", False
    last = found[3] != "*" and int(found[2]) + 1 == int(found[3])
    if not last and size % PIECE:
        return f"Every piece but the last must be a multiple of {PIECE} bytes.", False
    return "", last


def is_last(request: Request) -> bool:
    """Say whether a request sends the last bytes, and so publishes."""
    said = request.headers.get("content-range", "")
    found = _SENT.fullmatch(said)
    return bool(request.body) and (not said or bool(found and found[3] != "*" and int(found[2]) + 1 == int(found[3])))


def _incomplete(session: _Session) -> Answer:
    return Answer(308, headers={"Range": f"bytes=0-{session.held - 1}"} if session.held else {})
