"""Handing one letter to a mail server, step by step, so that it is known at which step a failure came.

smtplib's own sendmail() raises the same error for a connection cut before the body and after it.

A connection serves some letters one after another, for a list of hundreds would be hundreds of sign-ins. What a server
says on an old connection before it has heard of the letter (421, or nothing more) is about that connection: the letter
begins anew on a fresh one, whose answer counts.
"""

import base64
import contextlib
import re
import socket
import ssl
import threading
import time
from dataclasses import dataclass
from smtplib import (
    SMTP,
    SMTPException,
    SMTPNotSupportedError,
    SMTPResponseException,
    SMTPServerDisconnected,
)

from channels.smtp.client import Server, signed_in
from notifier.channel import AuthFailed, Outcome, Rejected, Retry, Unknown
from notifier.http_client import service_words

MOST_LETTERS = 50
"""Letters of one connection; many servers end one after a hundred."""
LONGEST_IDLE = 10.0
"""Seconds after which a connection is not used again: its place at the server is others'."""

_WRONG_CREDENTIAL = (530, 534, 535, 538)
_SEND_THE_BODY = 354
_PIECE = 64 * 1024
"""Bytes that are sent in one go: each has the timeout for itself, however large the letter is."""


@dataclass
class _Line:
    """A connection that is signed in, and how it was used."""

    smtp: SMTP
    letters: int = 0
    since: float = 0.0

    def end(self) -> None:
        """Say goodbye, wait for no answer, and close."""
        with contextlib.suppress(OSError):
            self.smtp.putcmd("quit")
        self.smtp.close()


class Connections:
    """The connections to one mail server; each is one thread's at a time."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._idle: list[_Line] = []
        self._lock = threading.Lock()

    def hand_over(self, recipient: str, letter: bytes) -> Outcome | None:
        """Hand over a letter; None when the server took it."""
        try:
            line = self._begun(len(letter))
            taken = False
            try:
                refused = _handed_over(line.smtp, recipient, letter, self._server)
                taken = refused is None
            finally:
                if taken:
                    self._keep(line)
                else:
                    line.end()
        except (OSError, ValueError) as failure:
            return _not_taken(failure, self._server)
        return refused

    def close_idle(self, longest: float = LONGEST_IDLE) -> None:
        """Say goodbye on what was not used for so long."""
        oldest = time.monotonic() - longest
        with self._lock:
            old = [line for line in self._idle if line.since <= oldest]
            self._idle = [line for line in self._idle if line.since > oldest]
        for line in old:
            line.end()

    def close(self) -> None:
        """Say goodbye on every connection that nobody uses."""
        self.close_idle(0.0)

    def _begun(self, size: int) -> _Line:
        """Give a connection on which the server has taken the sender."""
        self.close_idle()
        with self._lock:
            line = self._idle.pop() if self._idle else None
        if line is not None:
            try:
                _from_sender(line.smtp, self._server, size)
            except OSError:
                line.end()  # and what it said is not about this letter
            else:
                return line
        line = _Line(signed_in(self._server))
        try:
            _from_sender(line.smtp, self._server, size)
        except (OSError, ValueError):
            line.end()
            raise
        return line

    def _keep(self, line: _Line) -> None:
        line.letters, line.since = line.letters + 1, time.monotonic()
        if line.letters >= MOST_LETTERS:
            line.end()
            return
        with self._lock:
            self._idle.append(line)


def _from_sender(smtp: SMTP, server: Server, size: int) -> None:
    # Told the size, a server says no before the whole letter has travelled (RFC 1870).
    _must(smtp.mail(server.sender, [f"size={size}"] if smtp.has_extn("size") else []))


def _handed_over(smtp: SMTP, recipient: str, letter: bytes, server: Server) -> Outcome | None:
    _must(smtp.rcpt(recipient))
    _must(smtp.docmd("DATA"), _SEND_THE_BODY)
    # A line that is a full stop ends the letter, so one more is put before each (RFC 5321, 4.5.2).
    whole = re.sub(rb"(?m)^\.", b"..", letter)
    for start in range(0, len(whole), _PIECE):
        smtp.send(whole[start : start + _PIECE])
    return _ended(smtp, server)


def sign_in(server: Server) -> Outcome | None:
    """Connect and sign in, and no more; None when that went well."""
    try:
        signed_in(server).close()
    except (OSError, ValueError) as failure:
        return _not_taken(failure, server)
    return None


def _ended(smtp: SMTP, server: Server) -> Outcome | None:
    """Send the last line; from here on the server may have taken the letter, whatever is heard of it."""
    try:
        smtp.send(b".\r\n")
        reply = smtp.getreply()
    except OSError:
        return Unknown(f"the connection to {server.host} was lost while it took the mail; it may have been sent")
    if not 200 <= reply[0] < 300 and not 400 <= reply[0] < 600:
        return Unknown(f"{server.host} answered the mail with what is no answer; it may have been sent")
    _must(reply)
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
