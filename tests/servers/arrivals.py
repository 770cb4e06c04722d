"""Servers of one test session: installed side by side at its start, started when a test first asks."""

import time
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from threading import Lock, Thread
from typing import Any

import pytest

from tests.servers.server import NotHere, Say, Server


class Arrivals:
    """Which servers arrived, which did not and why, and how long each took."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._lock = Lock()
        self._installations: dict[str, Future[float]] = {}
        self.lines: list[str] = []
        """What the summary of the run says."""

    def send_for(self, servers: Iterable[type[Server[Any]]]) -> None:
        """Begin to install them, side by side."""
        for server in servers:
            self._installation(server)

    def running(self, server: Server[Any]) -> Iterator[Any]:
        """Start a server, give what a test needs of it, and stop it; the test is skipped where it cannot be had."""
        try:
            installing = self._installation(type(server)).result()
        except NotHere as why:
            pytest.skip(f"NOTHING WAS TRIED ON {server.name.upper()}: {why}")
        began = time.monotonic()
        try:
            access = server.start()
        except BaseException:
            self.lines.append(f"{server.name}: DID NOT START")
            raise
        starting = time.monotonic() - began
        try:
            installed = f"installed in {installing:.0f} s" if installing > 1 else "was installed before"
            self.lines.append(f"{server.name}: {installed}, started in {starting:.1f} s")
            yield access
        finally:
            server.stop()

    def _installation(self, server: type[Server[Any]]) -> "Future[float]":
        with self._lock:
            if server.name not in self._installations:
                self._installations[server.name] = Future()
                # A daemon: when the run is cut short, nobody waits for what is still being compiled.
                Thread(target=self._install, args=(server, self._installations[server.name]), daemon=True).start()
            return self._installations[server.name]

    def _install(self, server: type[Server[Any]], done: "Future[float]") -> None:
        try:
            seconds = server.install(self._say)
        except BaseException as why:
            if isinstance(why, NotHere):
                self.lines.append(f"{server.name}: NOT HERE: {why}")
            self._say(f"{server.name}: {why}")
            done.set_exception(why)
        else:
            self._say(f"{server.name}: ready after {seconds:.1f} s")
            done.set_result(seconds)
