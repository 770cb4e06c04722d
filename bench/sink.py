"""A receiver in a process of its own: takes every POST, waits as long as it is told, counts what came.

Run as a program it serves; `Sink` starts one, and says what it received.
"""

import argparse
import http.client
import json
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar, Self


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # One segment an answer: a headers-then-body pair would meet the peer's delayed acknowledgement, 40 ms.
    wbufsize = -1
    disable_nagle_algorithm = True
    latency = 0.0
    received: ClassVar[list[str]] = []

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        if self.latency:
            time.sleep(self.latency)
        self.received.append(self.headers.get("Idempotency-Key", ""))
        self._answer({})

    def do_GET(self) -> None:
        self._answer({"count": len(self.received), "keys": self.received})

    def _answer(self, value: object) -> None:
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (its parent's own word)
        return


class _Server(ThreadingHTTPServer):
    request_queue_size = 512
    daemon_threads = True


class Sink:
    """A sink in a process of its own. latency: seconds before each answer."""

    def __init__(self, latency: float = 0.0) -> None:
        arguments = [sys.executable, __file__, "--latency", str(latency)]
        self._process = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())

    def count(self) -> int:
        """How many posts came."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        connection.request("GET", "/")
        found = json.loads(connection.getresponse().read())
        connection.close()
        return int(found["count"])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--latency", type=float, default=0.0)
    _Handler.latency = parser.parse_args().latency
    server = _Server(("127.0.0.1", 0), _Handler)
    sys.stdout.write(f"{server.server_address[1]}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main()
