"""Matrix: one message in a room (client-server API v3: send by transaction id, redact, messages).

The homeserver knows our transaction id for a while, so that the same request again is one message; later the room is
read back: every message carries our key. Edits are shown as such. What is sent is plain text: no markup can come alive.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from pydantic import Field, SecretStr, model_validator

from notifier.channel import (
    Absent,
    AuthFailed,
    CannotTell,
    Capabilities,
    Channel,
    ChannelSettings,
    Delivered,
    Finding,
    Found,
    HandOff,
    Limit,
    Message,
    Outcome,
    Pictures,
    Prepared,
    Rejected,
    Retry,
    System,
    Unknown,
    Works,
)
from notifier.http_client import BaseAddress, Reply, service_words

_KEY = "example.notifier.key"
_CLOCKS_DIFFER = timedelta(minutes=2)
_BEGINNING = 1_000
_EVENT = r"\$[A-Za-z0-9_./+:=-]{1,255}"
_MXC = r"mxc://[A-Za-z0-9.:-]{1,255}/[A-Za-z0-9_=-]{1,255}"


class MatrixSettings(ChannelSettings):
    """A room, and an account that may write in it: its access token, or its user and password."""

    base_url: BaseAddress = Field("https://matrix.org", description="the account's homeserver")
    room_id: str = Field(pattern=r"^![^\s/?#]{1,255}$", description="the room's id, as !abc:town.example")
    access_token: SecretStr | None = Field(None, description="the account's access token; else user and password")
    user: str | None = Field(None, pattern=r"^[^\s]{1,255}$", description="the account's name, as alerts")
    password: SecretStr | None = Field(None, description="its password; a token is asked for once and kept")

    @model_validator(mode="after")
    def _has_a_way_in(self) -> "MatrixSettings":
        if self.access_token is None and (self.user is None or self.password is None):
            raise ValueError("give access_token, or user and password")
        return self


class Matrix(Channel):
    """One room."""

    Settings = MatrixSettings
    settings: MatrixSettings
    systems = (System("Matrix", "publishes", "a real homeserver (Synapse)"),)

    @classmethod
    def limit(cls) -> Limit:
        """What a message takes: an event is at most 65,536 bytes, with all that stands around the text."""
        return Limit(50_000, "bytes")

    @property
    def capabilities(self) -> Capabilities:
        """The whole text with a picture; the same transaction is the same message."""
        return Capabilities(
            "long",
            self.limit(),
            idempotency="key",
            key_lasts=timedelta(minutes=30),
            pictures=Pictures(most=1, size=10_000_000, side=2048, types=("image/jpeg", "image/png"), alt=1_000),
            live_signs="@",
            can_amend=True,
            can_withdraw=True,
            can_reply=True,
        )

    @property
    def hand_off(self) -> HandOff:
        """Where a person writes instead."""
        return HandOff("Matrix", f"https://matrix.to/#/{self.settings.room_id}", ("matrix.to",))

    def sign_in(self) -> Outcome | None:
        """Have a token: the one of the settings, else one that is asked for once."""
        own = self.settings
        if own.access_token is not None or self.state.read().get("access_token") or own.password is None:
            return None
        body = {
            "type": "m.login.password",
            "identifier": {"type": "m.id.user", "user": own.user},
            "password": own.password.get_secret_value(),
            "device_id": "NOTIFIER",
        }
        reply = self.http.request("POST", f"{own.base_url}/_matrix/client/v3/login", json_body=body)
        if not isinstance(reply, Reply):
            return reply
        token = reply.json().get("access_token")
        if reply.ok and isinstance(token, str) and token:
            self.state.change(access_token=token)
            return None
        says = service_words(reply.json().get("error"), *self._secrets())
        if reply.status in (400, 401, 403):
            return AuthFailed(f"the homeserver refuses user or password{f': {says}' if says else ''}")
        return (
            Retry("the homeserver gave no token; it is asked again")
            if reply.ok
            else self.http.classify(reply, says=says)
        )

    def prepare(self, message: Message, saved: Mapping[str, Any]) -> Prepared | Outcome:
        """Upload the picture, once."""
        pictures = [media for media in message.media if media.media_type.startswith("image/")]
        if not pictures or re.fullmatch(_MXC, str(saved.get("uri"))):
            return Prepared(message, dict(saved))
        (picture,) = pictures[:1]
        url = f"{self.settings.base_url}/_matrix/media/v3/upload"
        headers = {**self._headers(), "Content-Type": picture.media_type}
        query = {"filename": picture.file_name}
        reply = self.http.request("POST", url, headers=headers, params=query, data=picture.data)
        if not isinstance(reply, Reply):
            return reply
        if not reply.ok:
            return self._refused(reply)
        uri = reply.json().get("content_uri")
        if not re.fullmatch(_MXC, str(uri)):
            return Retry("the homeserver took a picture and gave no address for it")
        return Prepared(message, {"uri": uri})

    def send(self, prepared: Prepared) -> Outcome:
        """Write the message into the room."""
        return self._put(prepared, self._content(prepared))

    def reply(self, receipt: Mapping[str, Any], prepared: Prepared) -> Outcome:
        """Write an answer to an earlier message."""
        event = receipt.get("remote_id")
        if not re.fullmatch(_EVENT, str(event)):
            return Rejected("nobody knows the message that this would answer")
        relation = {"m.in_reply_to": {"event_id": event}}
        return self._put(prepared, {**self._content(prepared), "m.relates_to": relation})

    def amend(self, receipt: Mapping[str, Any], prepared: Prepared) -> Outcome:
        """Write the message anew in the place of an earlier one; the room shows that it was edited."""
        event = receipt.get("remote_id")
        if not re.fullmatch(_EVENT, str(event)):
            return Rejected("nobody knows the message that this would change")
        content = self._content(prepared)
        relation = {"rel_type": "m.replace", "event_id": event}
        # Who knows no edits reads the beginning: with all of a long text twice, the event would be too large.
        shown = {**content, "body": f"* {content['body'][:_BEGINNING]}"}
        return self._put(prepared, {**shown, "m.new_content": content, "m.relates_to": relation}, str(event))

    def withdraw(self, receipt: Mapping[str, Any], message: Message) -> Outcome:
        """Redact the message: its words and its picture are taken from the room."""
        event = receipt.get("remote_id")
        if not re.fullmatch(_EVENT, str(event)):
            return Rejected("nobody knows the message any more; remove it in the room")
        path = f"redact/{quote(str(event), safe='')}/{_transaction(f'{message.key}.redact')}"
        reply = self._ask("PUT", path, json_body={"reason": "withdrawn"})
        if not isinstance(reply, Reply):
            return reply
        return Delivered() if reply.ok or reply.status == 404 else self._refused(reply)

    def find(self, prepared: Prepared, attempted: datetime) -> Finding:
        """Look for our key among the room's newest messages."""
        own = self._whose()
        if own is None:
            return CannotTell("the homeserver did not say whose token it is", unreachable=True)
        reply = self._ask("GET", "messages", params={"dir": "b", "limit": "100"})
        chunk = reply.json().get("chunk") if isinstance(reply, Reply) and reply.ok else None
        if not isinstance(chunk, list):
            return CannotTell("the room could not be read", unreachable=True)
        since = min(attempted, prepared.message.sent) - _CLOCKS_DIFFER
        for event in _objects(chunk):
            content = event.get("content")
            ours = event.get("sender") == own  # any member may have copied our key
            if ours and isinstance(content, dict) and content.get(_KEY) == prepared.message.key:
                delivered = self._delivered(_replaced(content) or event.get("event_id"))
                if delivered is not None:
                    return Found(delivered)
            if _time_of(event) < since:
                return Absent()
        return Absent() if not reply.json().get("end") else CannotTell("the room has many newer messages")  # type: ignore[union-attr]

    def check(self) -> Works | Outcome:
        """Ask whose token it is, and whether it is in the room."""
        failed = self.sign_in()
        if failed is not None:
            return failed
        url = f"{self.settings.base_url}/_matrix/client/v3/joined_rooms"
        reply = self.http.request("GET", url, headers=self._headers())
        if not isinstance(reply, Reply):
            return reply
        if not reply.ok:
            return self._refused(reply)
        rooms = reply.json().get("joined_rooms")
        if not isinstance(rooms, list) or self.settings.room_id not in rooms:
            return AuthFailed("the account is not in the room; invite it, and let it join")
        return Works()

    def _whose(self) -> str | None:
        """Ask whose token it is."""
        url = f"{self.settings.base_url}/_matrix/client/v3/account/whoami"
        reply = self.http.request("GET", url, headers=self._headers())
        user = reply.json().get("user_id") if isinstance(reply, Reply) and reply.ok else None
        return user if isinstance(user, str) and user else None

    # --- the wire -----------------------------------------------------------------------------------------------------

    def _content(self, prepared: Prepared) -> dict[str, Any]:
        message = prepared.message
        # Without m.mentions a bare "@room" would ring every member's telephone.
        content: dict[str, Any] = {"msgtype": "m.text", "body": message.text, "m.mentions": {}, _KEY: message.key}
        picture = next((media for media in message.media if media.media_type.startswith("image/")), None)
        if picture is None or not prepared.saved.get("uri"):
            return content
        info = {"mimetype": picture.media_type, "size": len(picture.data)}
        shown = {"msgtype": "m.image", "url": prepared.saved["uri"], "filename": picture.file_name, "info": info}
        caption = f"{message.text}\n\n({picture.alt})" if picture.alt else message.text
        return {**content, **shown, "body": caption}

    def _put(self, prepared: Prepared, content: Mapping[str, Any], first: str | None = None) -> Outcome:
        reply = self._ask("PUT", f"send/m.room.message/{_transaction(prepared.message.key)}", json_body=content)
        if not isinstance(reply, Reply):
            return reply
        if not reply.ok:
            return self._refused(reply)
        made = self._delivered(first or reply.json().get("event_id"))
        return made or Unknown(f"the homeserver said yes ({reply.status}) and named no message")

    def _delivered(self, event: object) -> Delivered | None:
        if not isinstance(event, str) or not re.fullmatch(_EVENT, event):
            return None
        url = f"https://matrix.to/#/{self.settings.room_id}/{event}"
        return Delivered(event, url, {"remote_id": event, "url": url})

    def _ask(self, method: str, path: str, **request: Any) -> Reply | Outcome:
        room = quote(self.settings.room_id, safe="")
        url = f"{self.settings.base_url}/_matrix/client/v3/rooms/{room}/{path}"
        return self.http.request(method, url, headers=self._headers(), **request)

    def _headers(self) -> dict[str, str]:
        own = self.settings.access_token
        token = own.get_secret_value() if own is not None else str(self.state.read().get("access_token", ""))
        return {"Authorization": f"Bearer {token}"}

    def _secrets(self) -> tuple[SecretStr | str | None, ...]:
        return self.settings.access_token, self.settings.password, self.state.read().get("access_token")

    def _refused(self, reply: Reply) -> Outcome:
        told = reply.json()
        code, says = told.get("errcode"), service_words(told.get("error"), *self._secrets())
        words = f": {says}" if says else ""
        if reply.status == 401 and self.settings.access_token is None:
            self.state.change(access_token=None)
            return Retry(f"the session has ended; it signs in anew{words}")
        if code == "M_FORBIDDEN":
            return AuthFailed(f"the account may not do this in the room; give it the power{words}")
        if code == "M_LIMIT_EXCEEDED" and not reply.headers.get("Retry-After"):
            wait = told.get("retry_after_ms")
            at = self.http.clock() + timedelta(milliseconds=min(wait, 86_400_000)) if type(wait) is int else None
            return Retry(f"the homeserver asks to slow down{words}", at)
        return self.http.classify(reply, says=says)


def _transaction(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:32]


def _objects(values: list[Any]) -> Iterator[Mapping[str, Any]]:
    return (value for value in values if isinstance(value, dict))


def _replaced(content: Mapping[str, Any]) -> object:
    """Name the message that an edit changes: it is what can be answered, changed again and taken away."""
    relation = content.get("m.relates_to")
    if not isinstance(relation, dict) or relation.get("rel_type") != "m.replace":
        return None
    return relation.get("event_id")


def _time_of(event: Mapping[str, Any]) -> datetime:
    """When an event was; the beginning of the room is before everything."""
    millis = event.get("origin_server_ts")
    if event.get("type") == "m.room.create":
        return datetime.min.replace(tzinfo=UTC)
    if not isinstance(millis, int) or not 0 < millis < 10**14:
        return datetime.max.replace(tzinfo=UTC)
    return datetime.fromtimestamp(millis / 1000, UTC)


CHANNEL = Matrix
