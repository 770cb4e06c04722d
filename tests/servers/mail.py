"""A real mail server: aiosmtpd, in this process."""

from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import SMTP as PARSED_AS
from pathlib import Path
from typing import cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.servers.processes import free_port
from tests.servers.server import Server


@dataclass(frozen=True)
class Received:
    """A mail that was accepted, and for whom."""

    sender: str
    recipients: list[str]
    message: EmailMessage


@dataclass(frozen=True)
class Mailbox:
    """A mail server that takes whatever comes from whom it knows, and what it has taken."""

    host: str
    port: int
    user: str
    password: str
    received: list[Received] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    """Answers to recipients who are not taken, such as "550 no such user"; a test adds to it."""


class MailServer(Server[Mailbox]):
    """An SMTP server with one user, without TLS."""

    name = "mail_server"
    recipe = "aiosmtpd, which is among the tests' own libraries"

    @classmethod
    def install_into(cls, folder: Path) -> None:
        """Do nothing: it is there."""

    def begin(self) -> Mailbox:
        """Start listening."""
        mailbox = Mailbox("127.0.0.1", free_port(), "publisher", "let-me-send")

        def known(_server: SMTP, _session: Session, _envelope: Envelope, _how: str, said: object) -> AuthResult:
            expected = LoginPassword(mailbox.user.encode(), mailbox.password.encode())
            return AuthResult(success=said == expected, handled=False)

        self._controller = Controller(
            _Postman(mailbox),
            hostname=mailbox.host,
            port=mailbox.port,
            authenticator=known,
            auth_require_tls=False,
        )
        self._controller.start()
        return mailbox

    def stop(self) -> None:
        """Stop listening."""
        self._controller.stop(no_assert=True)
        super().stop()


class _Postman:
    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    async def handle_MAIL(  # noqa: N802 (aiosmtpd calls these so)
        self, _server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if not session.authenticated:
            return "530 5.7.0 Authentication required"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address in self._mailbox.refused:
            return self._mailbox.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        message = cast(EmailMessage, BytesParser(policy=PARSED_AS).parsebytes(cast(bytes, envelope.content)))
        self._mailbox.received.append(Received(envelope.mail_from or "", list(envelope.rcpt_tos), message))
        return "250 OK"
