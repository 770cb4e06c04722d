"""How many posts a second the sink takes from a client that does nothing else, so that it is not what is measured."""

import socket

from sink import Sink

PIPELINED = 16
POSTS = 8_000


def absorbs(sink: Sink, body: bytes) -> tuple[float, float]:
    """Posts a second that the sink takes on eight open connections, and with a connection for each post."""
    request = b"POST /proof HTTP/1.1\r\nHost: sink\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
    return _open(sink, request % (len(body), body)), _one_each(sink, request % (len(body), body))


def _open(sink: Sink, request: bytes) -> float:
    sink.clear()
    lines = [socket.create_connection(("127.0.0.1", sink.port)) for _ in range(8)]
    for _ in range(POSTS // (len(lines) * PIPELINED)):
        for line in lines:
            line.sendall(request * PIPELINED)
        for line in lines:
            _read_answers(line, PIPELINED)
    for line in lines:
        line.close()
    return sink.seen().rate


def _one_each(sink: Sink, request: bytes) -> float:
    sink.clear()
    for _ in range(POSTS // 4):
        with socket.create_connection(("127.0.0.1", sink.port)) as line:
            line.sendall(request)
            _read_answers(line, 1)
    return sink.seen().rate


def _read_answers(line: socket.socket, count: int) -> None:
    read = b""
    while read.count(b"{}") < count:
        got = line.recv(65536)
        assert got, "the sink closed the connection"
        read += got
