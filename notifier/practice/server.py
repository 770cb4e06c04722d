"""The practice server: all platforms on one loopback port, with what the public would see of them."""

import logging
import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from socketserver import BaseServer, ThreadingTCPServer
from types import TracebackType
from typing import Any, Final, Self

from notifier.clock import Clock, system_clock
from notifier.errors import SettingsError, WrongUsage
from notifier.practice.connection import Connection
from notifier.practice.everbridge import Everbridge
from notifier.practice.exchange import Answer, Platform, Refused, Request, json_answer
from notifier.practice.facebook import Facebook
from notifier.practice.faults import Faults, parse_faults, read_faults
from notifier.practice.public_record import Post, PublicRecord, RequestCounts
from notifier.practice.rates import Rates
from notifier.practice.timeline import Timeline
from notifier.practice.webhook import Webhook
from notifier.practice.x import X

DEFAULT_PORT: Final = 8025
LOOPBACK: Final = "127.0.0.1"


class Host(ThreadingTCPServer):
    """The socket: a thread for each connection, and every connection known, so that stopping ends them all."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, port: int, practice: "PracticeServer") -> None:
        self.practice = practice
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__((LOOPBACK, port), Connection)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection in its own thread."""
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Close a connection in good order."""
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def close_connections(self) -> None:
        """Wake every thread that waits on a client."""
        with self._lock:
            for connection in self._open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Drop a client that broke off; a mistake of this server is told to the log."""
