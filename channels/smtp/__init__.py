"""Email: one message for each recipient, handed to the department's own mail server (RFC 5321).

Until the last line of the body is sent the server cannot have taken it; from then on a lost answer is unknown. The
Message-ID stays the same for every attempt, so that a receiver may drop a repeat; none has to.
"""

import re
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr

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
)

if TYPE_CHECKING:
    from channels.smtp.handover import Server

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")


def _address(text: str) -> str:
    if not _ADDRESS.fullmatch(text):
        raise ValueError(f'"{text}" is not an email address; write it bare, as alerts@town.example')
    return text


def _unsubscribe(text: str) -> str:
    if not re.fullmatch(r"(https://|mailto:)[!-;=?-~]{3,400}", text):
        raise ValueError("write https://… or mailto:…, at most 400 characters")
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
    to: tuple[Address, ...] = Field(min_length=1, description="addresses or lists that get it, each a mail of its own")
    reply_to: Address | None = Field(None, description="where answers go, when not to the sender")
    unsubscribe: Annotated[str, AfterValidator(_unsubscribe)] | None = Field(
        None, description="where a subscriber leaves the list (List-Unsubscribe): https:// or mailto:"
    )


class Smtp(Channel):
    """One mail server and its recipients."""

    systems = (System("Email", "publishes", "aiosmtpd"),)
    Settings = SmtpSettings
    settings: SmtpSettings

    @property
    def capabilities(self) -> Capabilities:
        """The whole text with pictures, and the headline as the subject; a delivery for each recipient."""
        return Capabilities(
            "long", beside=("headline",), pictures=_PICTURES, video=_LARGEST, papers=True, recipients=self.settings.to
        )

    def load(self) -> None:
        """Import what writes and hands over a mail."""
        import channels.smtp.handover
        import channels.smtp.letter  # noqa: F401

    def send(self, prepared: Prepared) -> Outcome:
        """Hand over one mail to one recipient."""
        from channels.smtp.handover import hand_over
        from channels.smtp.letter import Letterhead, message_id, write_letter

        own, message = self.settings, prepared.message
        if not _ADDRESS.fullmatch(message.recipient):
            return Rejected("the recipient is not an email address; correct `to` in channels.toml")
        letter = write_letter(message, Letterhead(own.sender, own.reply_to, own.unsubscribe))
        own_id = message_id(message, own.sender)
        return hand_over(self._server(), message.recipient, letter) or Delivered(own_id, None, {"remote_id": own_id})

    def check(self) -> Works | Outcome:
        """Connect and sign in."""
        from channels.smtp.handover import sign_in

        return sign_in(self._server()) or Works()

    def _server(self) -> "Server":
        from channels.smtp.handover import Server

        own = self.settings
        return Server(own.host, own.port, own.security, own.username, own.password, own.sender, own.timeout)


CHANNEL = Smtp
