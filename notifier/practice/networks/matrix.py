"""A Matrix homeserver as far as a department's room needs it: send, edit, redact, read back, media (client API v3).

Shapes and refusals: a Synapse 1.163.2 that was tried. Here transaction ids are kept as long as the server runs; the
real one forgets them after a while (not verified how long).
"""

import itertools
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final
from urllib.parse import unquote

from notifier.practice.exchange import Answer, Refused, Request, Route, json_answer, new_token, route, same
from notifier.practice.pictures import Picture
from notifier.practice.platform import MOST_BODY, Ground, Platform
from notifier.practice.public_record import Post
from notifier.practice.rates import Bucket

USER_ID: Final = "@exampletonpd:practice.example"
ROOM_ID: Final = "!practice:practice.example"
TOKEN: Final = "practice-matrix-token"  # noqa: S105 - opens nothing but this server
MOST_EVENT: Final = 65_536
MOST_FILE: Final = 10 * 1024 * 1024

_ROOM: Final = "/matrix/_matrix/client/v3/rooms/{room}"
_TEXTS: Final = ("m.text", "m.notice", "m.emote")


class Matrix(Platform):
    """The practice account, with one room."""

    name = "matrix"
    label = "Matrix"
    prefixes = ("/matrix/_matrix/",)
    page = re.compile(r"/matrix/event/([\w-]+)")
    account = USER_ID
    colour = "#0a6650"
    most_body = MOST_FILE + MOST_BODY

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground)
        most = ground.rates.of("matrix.burst", 10)
        self._sending = Bucket(None if most is None else 1, most or 0)
        self._done: dict[tuple[str, str], str] = {}
        self._media: dict[str, Picture] = {}
        self._numbers = itertools.count(1)
        self.routes: tuple[Route, ...] = (
            route("PUT", f"{_ROOM}/send/{{kind}}/{{transaction}}", self._guarded(self._send), publishes=True),
            route("PUT", f"{_ROOM}/redact/{{event}}/{{transaction}}", self._guarded(self._redact)),
            route("GET", f"{_ROOM}/messages", self._guarded(self._messages)),
            route("GET", f"{_ROOM}/event/{{event}}", self._guarded(self._one)),
            route("GET", "/matrix/_matrix/client/v3/account/whoami", self._guarded(self._whoami)),
            route("GET", "/matrix/_matrix/client/v3/joined_rooms", self._guarded(self._joined)),
            route("POST", "/matrix/_matrix/media/v3/upload", self._guarded(self._upload)),
            route("GET", "/matrix/_matrix/client/versions", self._versions),
        )

    def failure(self, status: int, sentence: str) -> Answer:
        """Answer with Matrix's error object."""
        codes = {401: "M_UNKNOWN_TOKEN", 403: "M_FORBIDDEN", 404: "M_UNRECOGNIZED", 413: "M_TOO_LARGE"}
        code = codes.get(status, "M_UNKNOWN" if status >= 500 else "M_INVALID_PARAM")
        if status == 429:
            told = {"errcode": "M_LIMIT_EXCEEDED", "error": "Too Many Requests", "retry_after_ms": 1_000}
            return json_answer(told, 429, {"Retry-After": "1"})
        return json_answer({"errcode": code, "error": sentence}, status)

    def forget(self) -> None:
        """Forget transactions, media and spent rates."""
        self._sending.forget()
        with self._record.lock:
            self._done.clear()
            self._media.clear()

    def _guarded(self, act: Callable[..., Answer]) -> Callable[..., Answer]:
        def guarded(request: Request, room: str | None = None, **parts: str) -> Answer:
            if not request.bearer:
                return json_answer({"errcode": "M_MISSING_TOKEN", "error": "Missing access token"}, 401)
            if not same(request.bearer, TOKEN):
                return self.failure(401, "Invalid access token passed.")
            if room is not None and unquote(room) != ROOM_ID:
                return self.failure(403, f"User {USER_ID} not in room {unquote(room)[:80]}")
            return act(request, **{name: unquote(part) for name, part in parts.items()})

        return guarded

    def _send(self, request: Request, kind: str, transaction: str) -> Answer:
        with self._record.lock:
            done = self._done.get(("send", transaction))
            if done is not None:
                return json_answer({"event_id": done})
            if not self._sending.take(self._clock()):
                return self.failure(429, "")
            content = _json(request)
            if len(request.body) > MOST_EVENT:
                return self.failure(413, "event too large")
            if kind != "m.room.message":
                # The real one takes any kind; a department sends messages.
                return self.failure(400, "The practice server takes m.room.message")
            event = self._sent(request, content, transaction)
            self._remember(("send", transaction), event)
        return json_answer({"event_id": event})

    def _sent(self, request: Request, content: dict[str, Any], transaction: str) -> str:
        relation = content.get("m.relates_to", {})
        replaced = relation.get("event_id") if relation.get("rel_type") == "m.replace" else None
        text, pictures = self._shown(content.get("m.new_content", {}) if replaced else content)
        number = new_token(43)
        event = f"${number}"
        post = self._record.get("matrix", str(replaced).removeprefix("$")) if replaced else None
        if replaced and post is None:
            raise Refused(404, "", json_answer({"errcode": "M_NOT_FOUND", "error": "Event not found"}, 404))
        if post is not None:
            # An edit is an event of its own; the public sees the old message changed.
            self._record.edit(post, text, self._clock(), pictures=pictures, sent=content)
            return event
        replied = relation.get("m.in_reply_to", {}).get("event_id", "")
        labels = {"_transaction": transaction, **({"in_reply_to": str(replied)} if replied else {})}
        path = f"/matrix/event/{number}"
        more: dict[str, Any] = {"labels": labels, "sent": content, "pictures": pictures}
        self._record.add(Post("matrix", number, path, text, self._clock(), request.key, **more))
        return event

    def _shown(self, content: Any) -> tuple[str, tuple[Picture, ...]]:
        body, kind = content.get("body"), content.get("msgtype")
        if not isinstance(body, str) or not isinstance(kind, str):
            told = {"errcode": "M_BAD_JSON", "error": "body and msgtype are required"}
            raise Refused(400, "", json_answer(told, 400))
        if kind in _TEXTS:
            return body, ()
        picture = self._media.get(str(content.get("url")))
        if kind != "m.image" or picture is None:
            raise Refused(400, "The practice server takes texts, and images that were uploaded to it")
        # Beside a file's name the body is a caption, which everybody reads; else it says what the image shows.
        is_caption = content.get("filename", body) != body
        return body if is_caption else "", (Picture(picture.sha256, picture.media_type, body),)

    def _redact(self, request: Request, event: str, transaction: str) -> Answer:
        _json(request)
        with self._record.lock:
            done = self._done.get(("redact", transaction))
            if done is None:
                # Redacting what is not there is taken too.
                self._record.remove("matrix", event.removeprefix("$"))
                done = f"${new_token(43)}"
                self._remember(("redact", transaction), done)
        return json_answer({"event_id": done})

    def _remember(self, what: tuple[str, str], event: str) -> None:
        self._done[what] = event
        while len(self._done) > 2 * self._record.most:
            self._done.pop(next(iter(self._done)))

    def _messages(self, request: Request) -> Answer:
        given = dict(request.parameters())
        most = given.get("limit", "10")
        if given.get("dir") not in ("b", "f") or not (most.isascii() and most.isdigit()):
            return json_answer({"errcode": "M_MISSING_PARAM", "error": "Missing query parameter: dir"}, 400)
        posts = self._record.of("matrix")
        chunk = [_event_json(post) for post in (posts[::-1] if given["dir"] == "b" else posts)]
        return json_answer({"start": "t0", "end": "t1", "chunk": chunk[: int(most[:5])]})

    def _one(self, _request: Request, event: str) -> Answer:
        post = self._record.get("matrix", event.removeprefix("$"))
        if post is None:
            return json_answer({"errcode": "M_NOT_FOUND", "error": "Event not found."}, 404)
        return json_answer(_event_json(post))

    def _upload(self, request: Request) -> Answer:
        if len(request.body) > MOST_FILE:
            return self.failure(413, "Upload request body is too large")
        picture = self._record.pictures.keep(request.body)
        if picture is None:
            return self.failure(400, "The practice server takes pictures")
        with self._record.lock:
            while len(self._media) >= self._record.most:
                self._media.pop(next(iter(self._media)))
            address = f"mxc://practice.example/{new_token(24)}"
            self._media[address] = picture
        return json_answer({"content_uri": address})

    def _whoami(self, _request: Request) -> Answer:
        return json_answer({"user_id": USER_ID, "device_id": "PRACTICE", "is_guest": False})

    def _joined(self, _request: Request) -> Answer:
        return json_answer({"joined_rooms": [ROOM_ID]})

    def _versions(self, _request: Request) -> Answer:
        return json_answer({"versions": ["v1.11", "v1.12"]})


def _json(request: Request) -> dict[str, Any]:
    """Read a body; Matrix does not look at the Content-Type."""
    try:
        value = replace(request, headers={**request.headers, "content-type": "application/json"}).json()
    except Refused as refused:
        raise Refused(400, "", json_answer({"errcode": "M_NOT_JSON", "error": refused.sentence}, 400)) from None
    relation = value.get("m.relates_to", {})
    parts = (
        relation,
        value.get("m.new_content", {}),
        relation.get("m.in_reply_to", {}) if isinstance(relation, dict) else 0,
    )
    if not all(isinstance(part, dict) for part in parts):
        raise Refused(400, "", json_answer({"errcode": "M_BAD_JSON", "error": "Content has a wrong shape."}, 400))
    return value


def _event_json(post: Post) -> dict[str, Any]:
    return {
        "type": "m.room.message",
        "event_id": f"${post.id}",
        "room_id": ROOM_ID,
        "sender": USER_ID,
        "origin_server_ts": int(post.created.timestamp() * 1000),
        "content": dict(post.sent),
        "unsigned": {"transaction_id": post.labels["_transaction"]},
    }


PLATFORM = Matrix
