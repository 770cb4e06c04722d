"""Takes every POST on a free port of loopback, waits as long as it is told, counts what came and when.

Its first line says the port. GET / tells the count and the times, GET /keys the Idempotency-Keys too; DELETE / forgets.
"""

import argparse
import asyncio
import json
import re
import sys
import time
from collections import Counter

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_KEY = re.compile(rb"\r\nidempotency-key: *([^\r]*)", re.IGNORECASE)
_CLOSES = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)


class _Tally:
    """What the serving process has received."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self.times = [0.0, 0.0]
        self.count = 0
        self.keys: list[bytes] = []

    def take(self, head: bytes) -> None:
        """Count a post."""
        self.times[min(self.count, 1)] = time.monotonic()
        self.count += 1
        if (key := _KEY.search(head)) is not None:
            self.keys.append(key[1])

    def told(self, *, keys: bool) -> dict[str, object]:
        """Say what came, as JSON."""
        said: dict[str, object] = {"count": self.count, "first": self.times[0], "last": self.times[1]}
        return {**said, "keys": Counter(key.decode() for key in self.keys)} if keys else said


class _Connection(asyncio.Protocol):
    """HTTP/1.1 as far as a benchmark needs it, parsed by hand, so that the sink is not what is measured."""

    def __init__(self, tally: _Tally, latency: float) -> None:
        self._tally, self._latency = tally, latency
        self._read = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._read += data
        while (end := self._read.find(b"\r\n\r\n")) >= 0:
            head = self._read[:end]
            length = _LENGTH.search(head)
            whole = end + 4 + (int(length[1]) if length else 0)
            if len(self._read) < whole:
                return
            self._read = self._read[whole:]
            self._request(head)

    def _request(self, head: bytes) -> None:
        closes = _CLOSES.search(head) is not None
        if head.startswith(b"POST"):
            self._tally.take(head)
            if self._latency:
                asyncio.get_running_loop().call_later(self._latency, self._answer, b"{}", closes)
            else:
                self._answer(b"{}", closes)
            return
        if head.startswith(b"DELETE"):
            self._tally.clear()
        self._answer(json.dumps(self._tally.told(keys=head.startswith(b"GET /keys"))).encode(), closes)

    def _answer(self, body: bytes, closes: bool) -> None:
        head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body)
        self._transport.write(head + body)
        if closes:
            self._transport.close()


async def _serve(latency: float) -> None:
    tally = _Tally()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(tally, latency), "127.0.0.1", 0, backlog=512)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--latency", type=float, default=0.0)
    asyncio.run(_serve(parser.parse_args().latency))


if __name__ == "__main__":
    main()
