"""A server on loopback whose answers a test writes byte by byte, for what no polite server does."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self


@dataclass(frozen=True)
class Seen:
    """One request as it stood on the wire; header names in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


Answer = Callable[[socket.socket, Seen], bool | None]
"""Answers a request; True keeps the connection open for another."""


def response(status: int, body: bytes = b"", headers: Mapping[str, str] | None = None) -> bytes:
    """Write a whole answer."""
    lines = {"Content-Type": "application/json", "Content-Length": str(len(body)), **(headers or {})}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status} Whatever\r\n{head}\r\n".encode() + body


def answering(status: int, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Answer:
    """Answer every request so, and keep the connection open."""
    whole = response(status, body, headers)

    def answer(connection: socket.socket, _seen: Seen) -> bool:
        connection.sendall(whole)
        return True

    return answer


def writing(raw: bytes) -> Answer:
    """Write these bytes and close."""

    def answer(connection: socket.socket, _seen: Seen) -> None:
        connection.sendall(raw)

    return answer


def resetting(connection: socket.socket, _seen: Seen) -> None:
    """Break the connection off with a reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def closing(_connection: socket.socket, _seen: Seen) -> None:
    """Close without a word."""


@dataclass
class WireServer:
    """Reads requests, keeps them in `seen`, and answers each with `answer`."""

    answer: Answer = field(default_factory=lambda: answering(200))
    seen: list[Seen] = field(default_factory=list)
    connections: int = 0
    ending: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.ending.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            connection.close()
        self._thread.join(5)

    @property
    def posts(self) -> list[Seen]:
        """The requests that may publish; one that asks how much of an upload arrived does not."""
        asks = "bytes */"
        return [
            seen
            for seen in self.seen
            if seen.method not in ("GET", "HEAD") and not seen.headers.get("content-range", "").startswith(asks)
        ]

    def hang(self, _connection: socket.socket, _seen: Seen) -> None:
        """Say nothing until the server ends: give it as the answer."""
        self.ending.wait(30)

    def drip(self, raw: bytes, every: float) -> Answer:
        """Make an answer that writes one byte at a time."""

        def answer(connection: socket.socket, _seen: Seen) -> None:
            for byte in raw:
                if self.ending.wait(every):
                    return
                connection.sendall(bytes([byte]))

        return answer

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            try:
                while (seen := _read(connection)) is not None:
                    self.seen.append(seen)
                    if not self.answer(connection, seen):
                        return
            except OSError:
                return


def _read(connection: socket.socket) -> Seen | None:
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            return None
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    while len(body) < int(headers.get("content-length", "0")):
        body += connection.recv(65536)
    method, target, _ = first.split(" ")
    return Seen(method, target, headers, body)


@contextmanager
def a_full_port() -> Iterator[int]:
    """Give a port that takes no more connections: its queue is full, and nobody accepts."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        waiting = [socket.socket() for _ in range(4)]
        try:
            for each in waiting:
                each.setblocking(False)
                each.connect_ex(("127.0.0.1", port))
            yield port
        finally:
            for each in waiting:
                each.close()


def a_closed_port() -> int:
    """Give a port at which nobody listens."""
    with socket.socket() as brief:
        brief.bind(("127.0.0.1", 0))
        return int(brief.getsockname()[1])
