"""A wire between a process and PostgreSQL that is cut at a chosen statement: before it, within it, or after it.

It reads the client's messages, so that a statement is counted when its last one goes by: a simple query, or a sync.
"""

import contextlib
import socket
import struct
import threading
from types import TracebackType
from typing import Literal, Self
from urllib.parse import urlsplit, urlunsplit

Where = Literal["before", "within", "behind", "after"]
"""before: it never reaches the server; within: half does; behind: it does, unawaited; after: the server has done it."""
WHERES: tuple[Where, ...] = ("before", "within", "behind", "after")
_UNTYPED = (80877103, 80877104)
"""Requests for encryption, which the server answers with one byte."""


class Wire:
    """Listens on a loopback port and passes on to a server, until it is told to cut.

    url: the server's database.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._server = (parts.hostname or "127.0.0.1", parts.port or 5432)
        self._listener = socket.create_server(("127.0.0.1", 0))
        port = self._listener.getsockname()[1]
        self.url = urlunsplit(parts._replace(netloc=f"{parts.username}@127.0.0.1:{port}"))
        self._lock = threading.Lock()
        self._left: int | None = None
        self._where: Where = "before"
        self._stays_cut = False
        self._is_down = False
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._start(self._accept)

    def cut(self, number: int, where: Where, *, stays: bool = False) -> None:
        """Cut once at the statement of this number from now on; stays: nobody gets through until `mend`."""
        with self._lock:
            self._left, self._where, self._stays_cut = number, where, stays

    def mend(self) -> bool:
        """Let everything through again; answers whether it was cut at all."""
        with self._lock:
            was_cut, self._left, self._is_down = self._left == 0, None, False
        return was_cut

    def _start(self, act: object, *arguments: object) -> None:
        thread = threading.Thread(target=act, args=arguments, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                is_down = self._is_down
            if is_down:
                client.close()
                continue
            try:
                server = socket.create_connection(self._server)
            except OSError:
                client.close()
                continue
            self._open |= {client, server}
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            done = threading.Event()
            self._start(self._forth, client, server, done)
            self._start(self._back, client, server, done)

    def _forth(self, client: socket.socket, server: socket.socket, awaited: threading.Event) -> None:
        """Pass on what the client says, message by message."""
        is_typed = False
        with contextlib.suppress(OSError, EOFError):
            while True:
                head = _exactly(client, 5 if is_typed else 4)
                length = struct.unpack("!I", head[-4:])[0]
                body = _exactly(client, length - 4)
                is_statement = is_typed and head[:1] in (b"Q", b"S")
                is_typed = is_typed or struct.unpack("!I", body[:4])[0] not in _UNTYPED
                where = self._is_due() if is_statement else None
                if where is None:
                    server.sendall(head + body)
                    continue
                self._cut(client, server, head + body, where, awaited)
                return
        _end(client, server)

    def _is_due(self) -> Where | None:
        with self._lock:
            if not self._left:
                return None
            self._left -= 1
            if self._left == 0:
                self._is_down = self._stays_cut
                return self._where
            return None

    def _cut(
        self, client: socket.socket, server: socket.socket, message: bytes, where: Where, awaited: threading.Event
    ) -> None:
        with contextlib.suppress(OSError):
            if where == "after":
                awaited.set()  # from here on `_back` keeps what the server answers, and ends both when it has
                server.sendall(message)
                return
            if where == "within":
                server.sendall(message[: len(message) // 2])
            elif where == "behind":
                server.sendall(message)
        _end(client, server)

    def _back(self, client: socket.socket, server: socket.socket, awaited: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while piece := server.recv(65536):
                if awaited.is_set():
                    break
                client.sendall(piece)
        _end(client, server)

    def close(self) -> None:
        """End every connection."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        _end(*self._open)
        for thread in self._threads:
            thread.join(5)
        for one in self._open:
            one.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _exactly(end: socket.socket, count: int) -> bytes:
    found = b""
    while len(found) < count:
        piece = end.recv(count - len(found))
        if not piece:
            raise EOFError
        found += piece
    return found


def _end(*ends: socket.socket) -> None:
    for end in ends:
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
