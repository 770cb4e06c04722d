"""The practice server: all platforms on one loopback port, with what the public would see of them."""

import logging
import os
import socket
import struct
import sys
import threading
from collections.abc import Callable
from datetime import tzinfo
from pathlib import Path
from socketserver import ThreadingTCPServer
from types import TracebackType
from typing import Any, Final, Self

from notifier.clock import Clock, system_clock
from notifier.errors import SettingsError, WrongUsage
from notifier.practice.connection import Connection
from notifier.practice.department_site import DepartmentSite
from notifier.practice.exchange import Answer, Refused, Request, json_answer
from notifier.practice.faults import Faults, parse_faults, read_faults
from notifier.practice.networks import platforms
from notifier.practice.pictures import PREFIX as PICTURES
from notifier.practice.platform import Ground, Platform
from notifier.practice.profiles import Profiles
from notifier.practice.public_record import MOST_POSTS, Post, PublicRecord, RequestCounts
from notifier.practice.rates import Rates
from notifier.practice.request_log import RequestLog
from notifier.practice.timeline import Timeline

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
        self._to_reset: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__((LOOPBACK, port), Connection)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection in its own thread."""
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Close a connection, in good order or, where a fault wants it so, with a reset."""
        with self._lock:
            self._open.discard(request)
            reset = request in self._to_reset
            self._to_reset.discard(request)
        if reset:
            # Closing with a linger of nothing sends a reset; a shutdown first would send a polite end before it.
            request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_request(request)
        else:
            super().shutdown_request(request)

    def reset_when_closed(self, connection: socket.socket) -> None:
        """Let a connection end with a reset."""
        with self._lock:
            self._to_reset.add(connection)

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
        if not isinstance(sys.exc_info()[1], OSError):
            logging.getLogger(__name__).exception("the practice server failed on a request")


class PracticeServer:
    """All practice platforms on one loopback port; a context manager.

    port: 0 takes a free one. faults: rules in force from the start. site: a folder of the department's own pages, shown
    at /site/. zone: of the times on the page; this machine's by default. most: posts and requests that are kept. Raises
    WrongUsage when the port is taken.
    """

    def __init__(
        self,
        port: int = 0,
        faults: Faults | None = None,
        clock: Clock = system_clock,
        rates: Rates | None = None,
        site: Path | None = None,
        zone: tzinfo | None = None,
        most: int = MOST_POSTS,
    ) -> None:
        self.clock = clock
        self.faults = faults or Faults()
        self.record, self.requests, self.log = PublicRecord(most), RequestCounts(most), RequestLog(most)
        kinds = platforms()
        self.profiles = Profiles({kind.name: kind.profile for kind in kinds if kind.profile})
        self.stopping = threading.Event()
        self._port, self._first_rules = port, self.faults.rules
        self._host: Host | None = None
        self._thread: threading.Thread | None = None
        ground = Ground(self.record, self.profiles, clock, rates or Rates())
        self._platforms: tuple[Platform, ...] = tuple(kind(ground) for kind in kinds)
        self._timeline, self._site = Timeline(self.record, zone), DepartmentSite(site)

    @property
    def port(self) -> int:
        """The port that it serves on, once started."""
        return self._port

    @property
    def url(self) -> str:
        """The address of the timeline; a platform's base address is this and its name, as /x or /facebook."""
        return f"http://{LOOPBACK}:{self._port}"

    @property
    def posts(self) -> list[Post]:
        """Everything that the public would see, oldest first: a list of its own, safe to keep."""
        return self.record.posts()

    def start(self) -> Self:
        """Begin to serve, in a thread of its own."""
        self.stopping.clear()
        self._host = _bound(self._port, self)
        self._port = self._host.server_address[1]
        self._thread = threading.Thread(
            target=self._host.serve_forever, args=(0.05,), name="practice platforms", daemon=True
        )
        self._thread.start()
        return self

    def stop(self) -> None:
        """End every connection and free the port; what was published stays readable in `posts`."""
        self.stopping.set()
        if self._host is None or self._thread is None:
            return
        self._host.shutdown()
        self._host.server_close()
        self._host.close_connections()
        self._thread.join()
        self._host = self._thread = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def reset(self) -> None:
        """Begin anew: no posts, no counts, the first profiles, and the faults that the server was started with."""
        for platform in self._platforms:
            platform.forget()
        self.record.clear()
        self.requests.clear()
        self.log.clear()
        self.profiles.reset()
        self.faults.replace(self._first_rules)

    def platform_of(self, path: str) -> Platform | None:
        """Find the platform that a path belongs to."""
        for platform in self._platforms:
            if path.startswith(platform.prefixes):
                return platform
        return None

    def control(self, request: Request) -> Answer | None:
        """Answer what belongs to the practice server itself: its pages, and /practice/…; None for a platform's."""
        if not request.path.startswith("/practice/"):
            return self._timeline.answer(request) or self._site.answer(request)
        if request.path.startswith(PICTURES):
            return self.record.pictures.answer(request)
        acts = {
            ("GET", "/practice/health"): self._health,
            ("GET", "/practice/posts"): self._show_posts,
            ("GET", "/practice/requests"): self._show_requests,
            ("GET", "/practice/profiles"): self._show_profiles,
            ("POST", "/practice/profiles"): self._set_profiles,
            ("GET", "/practice/faults"): self._show_faults,
            ("POST", "/practice/faults"): self._set_faults,
            ("POST", "/practice/reset"): self._reset,
        }
        action = acts.get((request.method, request.path))
        if action is None:
            return json_answer({"error": "there is nothing at this address"}, 404)
        try:
            return action(request)
        except Refused as refused:
            return json_answer({"error": refused.sentence}, refused.status)

    def _health(self, _request: Request) -> Answer:
        """Say whose platforms these are: the process, and the folder whose site it shows."""
        site = str(self._site.folder.resolve()) if self._site.folder else None
        return json_answer({"ok": True, "service": "notifier-practice", "pid": os.getpid(), "site": site})

    def _show_posts(self, request: Request) -> Answer:
        wanted = dict(request.parameters()).get("platform")
        posts = [post.to_json(request.server) for post in self.posts if wanted in (None, post.platform)]
        return json_answer({"posts": posts, "requests": self.requests.to_json()})

    def _show_requests(self, request: Request) -> Answer:
        after = dict(request.parameters()).get("after", "0")
        if not (after.isascii() and after.isdigit()):
            raise Refused(400, "after must be the number of a request")
        return json_answer({"requests": self.log.to_json(int(after[:15]))})

    def _show_profiles(self, _request: Request) -> Answer:
        return json_answer(self.profiles.to_json())

    def _set_profiles(self, request: Request) -> Answer:
        for platform, texts in request.json().items():
            if not isinstance(texts, dict):
                raise Refused(400, "write each profile as an object of texts")
            self.profiles.change(platform, texts)
        return self._show_profiles(request)

    def _show_faults(self, _request: Request) -> Answer:
        return json_answer({"fault": [rule.model_dump(exclude_defaults=True) for rule in self.faults.rules]})

    def _set_faults(self, request: Request) -> Answer:
        try:
            self.faults.replace(parse_faults(request.json(), "the request"))
        except SettingsError as wrong:
            return json_answer({"error": [str(problem) for problem in wrong.problems]}, 400)
        return self._show_faults(request)

    def _reset(self, _request: Request) -> Answer:
        self.reset()
        return json_answer({"ok": True})


def _bound(port: int, practice: PracticeServer) -> Host:
    if not 0 <= port <= 65_535:
        raise WrongUsage(f"{port} is no port; give one from 1 to 65535, or 0 for a free one.")
    try:
        return Host(port, practice)
    except OSError as failure:
        reason = failure.strerror or "it is not free"
        raise WrongUsage(
            f"The practice platforms cannot use port {port} ({reason}); give another with --port."
        ) from None


def serve(
    port: int = DEFAULT_PORT,
    faults_file: Path | None = None,
    *,
    stop_after_seconds: float | None = None,
    site: Path | None = None,
    zone: tzinfo | None = None,
    announce: Callable[[str], None] | None = None,
) -> None:
    """Serve until interrupted, or for so many seconds.

    announce: told the address once it answers; without it, a line on stderr tells. Raises SettingsError for a faults
    file that is wrong, WrongUsage for a port that is taken.
    """
    faults = Faults(read_faults(faults_file) if faults_file else ())
    with PracticeServer(port, faults, site=site, zone=zone) as server:
        (announce or _tell)(server.url)
        try:
            server.stopping.wait(stop_after_seconds)
        except KeyboardInterrupt:
            return


def _tell(url: str) -> None:
    sys.stderr.write(f"The practice platforms are at {url}/ (this machine only); Ctrl-C ends them.\n")
    sys.stderr.flush()
