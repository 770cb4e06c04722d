"""Handing one letter to a mail server, step by step, so that it is known at which step a failure came.

smtplib's own sendmail() raises the same error for a connection cut before the body and after it.
"""

import base64
import contextlib
import re
import socket
import ssl
from dataclasses import dataclass, field
from smtplib import (
    SMTP,
    SMTP_SSL,
    SMTPException,
    SMTPNotSupportedError,
    SMTPResponseException,
    SMTPServerDisconnected,
)

from pydantic import SecretStr

from notifier.channel import AuthFailed, Outcome, Rejected, Retry, Unknown
from notifier.http_client import service_words

_WRONG_CREDENTIAL = (530, 534, 535, 538)
_SEND_THE_BODY = 354


@dataclass(frozen=True)
class Server:
    """A mail server, and how it is signed in to; timeout: seconds for each of its answers."""

    host: str
    port: int
    security: str
    username: str | None
    password: SecretStr | None = field(repr=False)
    sender: str
    timeout: float


def hand_over(server: Server, recipient: str, letter: bytes) -> Outcome | None:
    """Hand over a letter; None when the server took it."""
    try:
        with contextlib.closing(_signed_in(server)) as smtp:
            _must(smtp.mail(server.sender))
            _must(smtp.rcpt(recipient))
            _must(smtp.docmd("DATA"), _SEND_THE_BODY)
            # A line that is a full stop ends the letter, so one more is put before each (RFC 5321, 4.5.2).
            smtp.send(re.sub(rb"(?m)^\.", b"..", letter))
            return _ended(smtp, server)
    except (OSError, ValueError) as failure:
        return _not_taken(failure, server)


def sign_in(server: Server) -> Outcome | None:
    """Connect and sign in, and no more; None when that went well."""
    try:
        _signed_in(server).close()
    except (OSError, ValueError) as failure:
        return _not_taken(failure, server)
    return None


def _signed_in(server: Server) -> SMTP:
    name = server.sender.partition("@")[2]
    if server.security == "tls":
        context = ssl.create_default_context()
        smtp: SMTP = SMTP_SSL(server.host, server.port, name, timeout=server.timeout, context=context)
    else:
        smtp = SMTP(server.host, server.port, name, timeout=server.timeout)
    try:
        smtp.ehlo_or_helo_if_needed()
        if server.security == "starttls":
            smtp.starttls(context=ssl.create_default_context())
            smtp.ehlo_or_helo_if_needed()
        if server.username:
            smtp.login(server.username, server.password.get_secret_value() if server.password else "")
    except (OSError, ValueError):
        smtp.close()
        raise
    return smtp


def _ended(smtp: SMTP, server: Server) -> Outcome | None:
    """Send the last line; from here on the server may have taken the letter, whatever is heard of it."""
    try:
        smtp.send(b".\r\n")
        reply = smtp.getreply()
    except OSError:
        return Unknown(f"the connection to {server.host} was lost while it took the mail; it may have been sent")
    _must(reply)
    with contextlib.suppress(OSError):
        smtp.putcmd("quit")
    return None


def _must(reply: tuple[int, bytes], wanted: int = 250) -> None:
    code, text = reply
    if code != wanted and not (wanted == 250 and 200 <= code < 300):
        raise SMTPResponseException(code, text)


def _not_taken(failure: Exception, server: Server) -> Outcome:
    """Say what a failure means that came before the server can have taken the letter, or with its own no."""
    host = server.host
    match failure:
        case SMTPResponseException(smtp_code=code, smtp_error=text):
            words = _words(text, server)
            if code in _WRONG_CREDENTIAL:
                return AuthFailed(f"{host} refuses the account or asks for one ({code}){words}")
            if 500 <= code < 600:
                return Rejected(f"{host} refuses the mail ({code}){words}")
            return Retry(f"{host} does not take the mail now ({code}){words}")
        case SMTPServerDisconnected():
            return Retry(f"{host} closed the connection or did not answer before it took the mail")
        case SMTPNotSupportedError():
            return AuthFailed(f"{host} does not offer what `security` and `username` ask for; correct channels.toml")
        case SMTPException():
            return AuthFailed(f"{host} offers no way to sign in that is known here")
        case ssl.SSLError():
            return Retry(f"no secure connection to {host} could be made; check its certificate and `security`")
        case socket.gaierror():
            return Retry(f"the name {host} could not be looked up; check the network")
        case ConnectionRefusedError():
            return Retry(f"{host} refused the connection; check `port`")
        case OSError():
            return Retry(f"{host} could not be reached, or was lost before it took the mail")
    return AuthFailed("the account or its password holds signs that a mail server cannot be told; correct them")


def _words(text: bytes | str, server: Server) -> str:
    said = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    secret = server.password.get_secret_value() if server.password else ""
    told = [base64.b64encode(each.encode()).decode() for each in (secret, f"\0{server.username}\0{secret}")]
    words = service_words(said, secret, *(told if secret else ()))
    return f": {words}" if words else ""
