"""A mail server, and the client that signs in to it: smtplib's, with a deadline for each whole answer."""

import io
import socket
import ssl
import time
from dataclasses import dataclass, field
from smtplib import SMTP, SMTP_SSL
from typing import Any

from pydantic import SecretStr


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


def signed_in(server: Server) -> SMTP:
    """Connect and sign in."""
    name = server.sender.partition("@")[2]
    if server.security == "tls":
        context = ssl.create_default_context()
        smtp: SMTP = _SecureSmtp(server.host, server.port, name, timeout=server.timeout, context=context)
    else:
        smtp = _Smtp(server.host, server.port, name, timeout=server.timeout)
    try:
        if smtp.sock is not None:
            # The full stop that ends a letter is small, and would wait for the server to acknowledge the rest.
            smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
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


class _UntilDeadline(io.RawIOBase):
    """Reads a socket until a moment: its own timeout would begin anew with every byte that drips in."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self.deadline = 0.0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the answer took too long")
        before = self._sock.gettimeout()
        self._sock.settimeout(left)
        try:
            return self._sock.recv_into(buffer)
        finally:
            self._sock.settimeout(before)


class _Smtp(SMTP):
    """smtplib's client, with the timeout for each whole answer, however it drips in and however many lines it has."""

    _reader: _UntilDeadline

    def getreply(self) -> tuple[int, bytes]:
        """Read one answer."""
        if self.file is None and self.sock is not None:
            self._reader = _UntilDeadline(self.sock)
            self.file = io.BufferedReader(self._reader)
        self._reader.deadline = time.monotonic() + float(self.timeout)
        return super().getreply()


class _SecureSmtp(_Smtp, SMTP_SSL):
    pass
