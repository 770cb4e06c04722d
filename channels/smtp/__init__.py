"""Email: one message for each recipient, handed to the department's own mail server (RFC 5321).

Until the last line of the body is sent the server cannot have taken it; from then on a lost answer is unknown. The
Message-ID stays the same for every attempt, so that a receiver may drop a repeat; none has to.
"""

import re
import threading
import weakref
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, Field, PrivateAttr, SecretStr, model_validator

from notifier.channel import (
    Capabilities,
    Channel,
    ChannelSettings,
    Delivered,
    Outcome,
    Pictures,
    Prepared,
    Rejected,
    System,
    Works,
    each_once,
    read_recipients,
)

if TYPE_CHECKING:
    from channels.smtp.client import Server
    from channels.smtp.handover import Connections
    from notifier.http_client import HttpClient

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")


def _is_address(text: str) -> bool:
    return _ADDRESS.fullmatch(text) is not None


def _address(text: str) -> str:
    if not _is_address(text):
        raise ValueError(f'"{text}" is not an email address; write it bare, as alerts@town.example')
    return text


def _unsubscribe(text: str) -> str:
    if not re.fullmatch(r"(https://|mailto:)[!-;=?-~]{3,400}", text):
        raise ValueError("write https://… or mailto:…, at most 400 characters")
    if set("{}") & set(text.replace("{recipient}", "")):
        raise ValueError("only {recipient} stands for something else here, the subscriber's address")
    return text


_PICTURES = Pictures(most=10, size=2_000_000, side=1600, types=("image/jpeg", "image/png", "image/gif"), alt=1000)
_LARGEST = 10_000_000
"""Bytes of a video; what is larger, many mail servers refuse."""

Address = Annotated[str, AfterValidator(_address)]


class SmtpSettings(ChannelSettings):
    """A mail server, and who gets the mail."""

    host: str = Field(pattern=r"^[A-Za-z0-9._:-]{1,253}$", description="the mail server's name")
    port: int = Field(587, ge=1, le=65535, description="its port: 587 with starttls, 465 with tls, 25 with none")
    security: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="how the connection is made secure; none only for a server on this machine"
    )
    username: str | None = Field(None, description="the account at the mail server, where it asks for one")
    password: SecretStr | None = Field(None, description="the account's password")
    sender: Address = Field(description="the address that the mail comes from")
    to: tuple[Address, ...] = Field((), description="addresses or lists that get it, each a mail of its own")
    to_file: Path | None = Field(
        None, description="a file with more addresses, one a line, # for a comment; read when the program starts"
    )
    reply_to: Address | None = Field(None, description="where answers go, when not to the sender")
    unsubscribe: Annotated[str, AfterValidator(_unsubscribe)] | None = Field(
        None,
        description="where a subscriber leaves the list (List-Unsubscribe): https:// (one POST leaves it) or mailto:;"
        " {recipient} stands for the subscriber's address",
    )
    _listed: tuple[str, ...] = PrivateAttr(())

    @model_validator(mode="after")
    def _read_list(self) -> "SmtpSettings":
        if self.to_file is not None:
            what = "an email address; write it bare, as ann@town.example"
            self._listed = read_recipients(self.to_file, _is_address, what)
        if not self.everyone:
            raise ValueError("names nobody; write addresses into `to`, or into the file of `to_file`")
        return self

    @property
    def everyone(self) -> tuple[str, ...]:
        """Who gets it."""
        return each_once((*self.to, *self._listed))


class Smtp(Channel):
    """One mail server and its recipients."""

    systems = (System("Email", "publishes", "aiosmtpd"),)
    Settings = SmtpSettings
    settings: SmtpSettings
    visitors_comment = False

    def __init__(self, name: str, settings: SmtpSettings, http: "HttpClient") -> None:
        super().__init__(name, settings, http)
        self._connecting = threading.Lock()
        self._connected: Connections | None = None

    @property
    def capabilities(self) -> Capabilities:
        """The whole text with pictures, and the headline as the subject; a delivery for each recipient."""
        return Capabilities(
            "long",
            beside=("headline",),
            pictures=_PICTURES,
            video=_LARGEST,
            papers=True,
            can_reply=True,
            recipients=self.settings.everyone,
        )

    def load(self) -> None:
        """Import what writes and hands over a mail."""
        import channels.smtp.handover
        import channels.smtp.letter  # noqa: F401

    def send(self, prepared: Prepared) -> Outcome:
        """Hand over one mail to one recipient."""
        return self._send(prepared, ())

    def reply(self, receipt: Mapping[str, Any], prepared: Prepared) -> Outcome:
        """Hand over a mail that stands below the earlier one in the recipient's mailbox."""
        from channels.smtp.letter import references

        return self._send(prepared, references(receipt))

    def check(self) -> Works | Outcome:
        """Connect and sign in."""
        from channels.smtp.handover import sign_in

        return sign_in(self._server()) or Works()

    def upkeep(self, now: datetime) -> None:
        """Leave the mail server when nothing more is to be sent."""
        if self._connected is not None:
            self._connected.close_idle()

    def _send(self, prepared: Prepared, follows: tuple[str, ...]) -> Outcome:
        from channels.smtp.letter import Letterhead, message_id, write_letter

        own, message = self.settings, prepared.message
        if not _is_address(message.recipient):
            return Rejected("the recipient is not an email address; correct `to` in channels.toml")
        letter = write_letter(message, Letterhead(own.sender, own.reply_to, own.unsubscribe), follows)
        if (failed := self._connections.hand_over(message.recipient, letter)) is not None:
            return failed
        own_id = message_id(message, own.sender)
        return Delivered(own_id, None, {"remote_id": own_id, **({"references": list(follows)} if follows else {})})

    @property
    def _connections(self) -> "Connections":
        with self._connecting:
            if self._connected is None:
                from channels.smtp.handover import Connections

                self._connected = Connections(self._server())
                weakref.finalize(self, self._connected.close)  # at the end of the program too
            return self._connected

    def _server(self) -> "Server":
        from channels.smtp.client import Server

        own = self.settings
        return Server(own.host, own.port, own.security, own.username, own.password, own.sender, own.timeout)


CHANNEL = Smtp
