"""A small HTTP server for those who watch the runner: a few pages, read only, on one port.

Whoever reaches the port may be anybody: only GET and HEAD are answered, nothing of a request is ever repeated, a
connection serves one request and lives for seconds, and where there are too many the oldest goes.
"""

import ipaddress
import logging
import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from typing import Any, ClassVar, Self

from notifier.errors import WrongUsage

LOOPBACK = "127.0.0.1"
MOST_SECONDS = 10.0
"""How long a connection lives, whatever it sends."""
MOST_CONNECTIONS = 32
log = logging.getLogger("notifier.run")


@dataclass(frozen=True)
class Page:
    """An answer."""

    body: bytes
    content_type: str = "text/plain; charset=utf-8"
    status: int = 200


class HealthServer:
    """Serves pages by their path, in threads of its own; a context manager.

    port: 0 takes a free one. listen: an IP address of this machine. seconds: that a connection lives at most. Raises
    WrongUsage, when it is made, where it cannot listen there.
    """

    def __init__(
        self,
        pages: Mapping[str, Callable[[], Page]],
        port: int,
        listen: str = LOOPBACK,
        seconds: float = MOST_SECONDS,
    ) -> None:
        self._socket = _bound(pages, port, listen, seconds)
        self._thread = threading.Thread(
            target=self._socket.serve_forever, args=(0.25,), name="health server", daemon=True
        )

    @property
    def address(self) -> str:
        """Where it serves, as a web address without a path."""
        host, port = str(self._socket.server_address[0]), self._socket.server_address[1]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.shutdown()
        self._socket.server_close()
        self._socket.cut_all()
        self._thread.join()


class _Host(ThreadingTCPServer):
    """The socket: a thread for each connection, each known with the moment when it must have ended."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], pages: Mapping[str, Callable[[], Page]], seconds: float) -> None:
        self.pages = pages
        self._seconds = seconds
        self._open: dict[socket.socket, float] = {}
        self._lock = threading.Lock()
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        super().__init__(address, _Visit)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection in its own thread."""
        with self._lock:
            # Who asks in earnest is gone in a moment, so the oldest is the one that only holds the place.
            if len(self._open) >= MOST_CONNECTIONS:
                _cut(next(iter(self._open)))
            self._open[request] = time.monotonic() + self._seconds
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Close a connection, and forget it."""
        with self._lock:
            self._open.pop(request, None)
        super().shutdown_request(request)

    def service_actions(self) -> None:
        """End the connections whose time is up; called by the loop that accepts them."""
        now = time.monotonic()
        with self._lock:
            for connection, until in self._open.items():
                if until <= now:
                    _cut(connection)

    def cut_all(self) -> None:
        """End every connection."""
        with self._lock:
            for connection in self._open:
                _cut(connection)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Drop a client that broke off; a mistake of this server is told to the log."""
        if not isinstance(sys.exc_info()[1], OSError):
            log.exception("the health server failed on a request")


class _Visit(BaseHTTPRequestHandler):
    """One request of one connection."""

    server: _Host
    protocol_version = "HTTP/1.0"
    timeout = 5
    _SENTENCES: ClassVar[dict[int, str]] = {
        400: "this is no HTTP request",
        404: "there is nothing here; /healthz, /readyz and /metrics are served",
        405: "only GET and HEAD are answered",
    }

    def do_GET(self) -> None:
        """Answer with a page."""
        page = self.server.pages.get(self.path.partition("?")[0])
        if page is None:
            self.send_error(404)
        else:
            self._send(page())

    do_HEAD = do_GET  # noqa: N815 (http.server's name)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse with a sentence of our own: the words that http.server makes repeat the request."""
        code = 405 if code == HTTPStatus.NOT_IMPLEMENTED else int(code)
        sentence = self._SENTENCES.get(code, "this request cannot be answered")
        self._send(Page(f"{sentence}\n".encode(), status=code))

    def _send(self, page: Page) -> None:
        self.send_response(page.status)
        self.send_header("Content-Type", page.content_type)
        self.send_header("Content-Length", str(len(page.body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        if page.status == HTTPStatus.METHOD_NOT_ALLOWED:
            self.send_header("Allow", "GET, HEAD")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(page.body)

    def version_string(self) -> str:
        """Name the program and nothing of its version."""
        return "notifier"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (http.server's name)
        """Tell nobody: a request is no event, and its words are a stranger's."""


def _cut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return


def _bound(pages: Mapping[str, Callable[[], Page]], port: int, listen: str, seconds: float) -> _Host:
    try:
        address = LOOPBACK if listen == "localhost" else str(ipaddress.ip_address(listen))
    except ValueError:
        raise WrongUsage(
            f'--listen "{listen[:60]}" is no IP address; give one of this machine, as {LOOPBACK}, or 0.0.0.0 for all'
        ) from None
    try:
        return _Host((address, port), pages, seconds)
    except OSError as failure:
        reason = failure.strerror or "it is not free"
        raise WrongUsage(
            f"the health pages cannot be served on {address} port {port} ({reason}); give another with --port"
        ) from None
