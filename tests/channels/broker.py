"""A broker on loopback that speaks MQTT byte by byte as a test says, for what no polite broker does."""

import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

CONNECT, PUBLISH, DISCONNECT = 1, 3, 14
Act = Callable[[socket.socket, "Packet"], None]


@dataclass(frozen=True)
class Packet:
    """A packet: its type and flags, and what it holds."""

    kind: int
    flags: int
    body: bytes

    @property
    def topic(self) -> str:
        """The topic of a PUBLISH."""
        return self.body[2 : 2 + int.from_bytes(self.body[:2])].decode()

    @property
    def mid(self) -> bytes:
        """The number of a PUBLISH with QoS 1."""
        at = 2 + int.from_bytes(self.body[:2])
        return self.body[at : at + 2]

    def text(self, *, is_5: bool = True) -> bytes:
        """What a PUBLISH has its broker keep."""
        at = 4 + int.from_bytes(self.body[:2])
        return self.body[at + 1 + self.body[at] :] if is_5 else self.body[at:]


def greeting(code: int, properties: bytes = b"") -> bytes:
    """Write a CONNACK of MQTT 5."""
    return bytes([0x20, 3 + len(properties), 0, code, len(properties)]) + properties


def taking(code: int = 0, offers: bytes = b"") -> Act:
    """Greet, and answer each PUBLISH with a code."""

    def act(connection: socket.socket, packet: Packet) -> None:
        if packet.kind == CONNECT:
            connection.sendall(greeting(0, offers))
        elif packet.kind == PUBLISH:
            connection.sendall(bytes([0x40, 3]) + packet.mid + bytes([code]))

    return act


def refusing(code: int, properties: bytes = b"") -> Act:
    """Greet with a no."""
    return lambda connection, _packet: connection.sendall(greeting(code, properties))


def doing(at: int, what: Act, offers: bytes = b"") -> Act:
    """Be polite until a packet of this kind, and act then."""
    polite = taking(offers=offers)
    return lambda connection, packet: (what if packet.kind == at else polite)(connection, packet)


def writing(raw: bytes) -> Act:
    """Write these bytes."""
    return lambda connection, _packet: connection.sendall(raw)


def cutting(connection: socket.socket, _packet: Packet) -> None:
    """End the connection without a word."""
    connection.shutdown(socket.SHUT_RDWR)


def silent(_connection: socket.socket, _packet: Packet) -> None:
    """Say nothing."""


@dataclass
class StubBroker:
    """Reads packets, keeps them in `seen`, and acts on each."""

    act: Act = field(default_factory=taking)
    context: ssl.SSLContext | None = None
    """Its certificate, where it speaks TLS."""
    seen: list[Packet] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)

    @property
    def published(self) -> list[Packet]:
        """What it was to keep."""
        return [packet for packet in self.seen if packet.kind == PUBLISH]

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        if self.context is not None:
            try:
                connection = self.context.wrap_socket(connection, server_side=True)
            except OSError:
                connection.close()
                return
        with connection, connection.makefile("rb") as stream:
            try:
                while first := stream.read(1):
                    length, shift = 0, 0
                    while True:
                        byte = stream.read(1)[0]
                        length, shift = length | (byte & 0x7F) << shift, shift + 7
                        if byte < 0x80:
                            break
                    packet = Packet(first[0] >> 4, first[0] & 0x0F, stream.read(length))
                    self.seen.append(packet)
                    if packet.kind == DISCONNECT:
                        return
                    self.act(connection, packet)
            except (OSError, IndexError):
                return
