"""Where the time of a delivery goes: the parts of a worker in this process, by the clock and by the processor."""

import logging
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import Any

import apsw
from commands import department
from postgres import made
from sink import Sink
from workers import CHANNELS, PATIENCE, fill, house_of, with_tables

from notifier.cli.documents import tell_delivery
from notifier.errors import NotifierError
from notifier.runner.embedded import EmbeddedRunner
from notifier.wiring import House


@dataclass
class Stopwatch:
    """Seconds and calls of each part, over all threads: wall time, and the calling thread's processor time."""

    wall: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    cpu: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    calls: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, part: str, wall: float, cpu: float) -> None:
        """Count one call."""
        with self._lock:
            self.wall[part] += wall
            self.cpu[part] += cpu
            self.calls[part] += 1

    def timed(self, part: str, act: Callable[..., Any]) -> Callable[..., Any]:
        """The same act, counted."""

        @wraps(act)
        def counted(*args: Any, **given: Any) -> Any:
            wall, cpu = time.perf_counter(), time.thread_time()
            try:
                return act(*args, **given)
            finally:
                self.add(part, time.perf_counter() - wall, time.thread_time() - cpu)

        return counted

    def clear(self) -> None:
        """Forget what was counted."""
        for counts in (self.wall, self.cpu, self.calls):
            counts.clear()


def profile(folder: Path, sink: Sink, notifications: int, postgres: str | None) -> None:
    """Profile a worker on SQLite, and on PostgreSQL where there is a server."""
    places = {"SQLite": f"sqlite:///{folder / 'profile.sqlite3'}"}
    if postgres is not None:
        places["PostgreSQL"] = made(postgres, "profile")
    for name, url in places.items():
        try:
            _profile(folder / f"profile-{name}", name, with_tables(url), sink, notifications)
        except NotifierError as refused:
            print(f"LEFT OUT: the profile on {name}: {refused}")


def _profile(folder: Path, name: str, url: str, sink: Sink, notifications: int) -> None:
    watch = Stopwatch()
    _watch_commits(watch)
    house = house_of(department(folder, sink.urls(CHANNELS), url))
    fill(house, notifications)
    _warm_up(house)
    watch.clear()
    for part in ("claim", "next_due", "message", "intend", "finish"):
        setattr(house.store, part, watch.timed(part, getattr(house.store, part)))
    for account in house.accounts.values():
        setattr(account.channel, "send", watch.timed("send", account.channel.send))  # noqa: B010 (a method, to mypy)
    wall, cpu = _run(house, watch, sink, notifications * CHANNELS)
    house.close()
    _tell(name, watch, notifications * CHANNELS, wall, cpu)


def _warm_up(house: House) -> None:
    """Let what is imported and compiled with the first delivery be so before anything is counted."""
    for account in house.accounts.values():
        account.channel.load()


def _run(house: House, watch: Stopwatch, sink: Sink, count: int) -> tuple[float, float]:
    """Deliver everything as `notify run` does, its lines going to a file; seconds of wall and of the processor."""
    tell = watch.timed("tell", tell_delivery)
    deliverer = house.deliverer(lambda claim, following: tell(claim.channel, following.state, claim.notification))
    runner = EmbeddedRunner(house.store, deliverer, [], house.clock)
    sink.clear()
    logging.disable(logging.INFO)

    def end() -> None:
        try:
            sink.wait_for(count, PATIENCE)
        finally:
            runner.stop()

    threading.Thread(target=end).start()
    stderr = sys.stderr
    wall, cpu = time.perf_counter(), time.process_time()
    with (house.settings.folder / "told").open("w") as sys.stderr:
        runner.forever()
    sys.stderr = stderr
    return time.perf_counter() - wall, time.process_time() - cpu


def _watch_commits(watch: Stopwatch) -> None:
    """Count what SQLite's transactions take, from their BEGIN to the end of their COMMIT, and the COMMIT alone."""
    plain = getattr(apsw.Connection, "plain", apsw.Connection)
    begun = threading.local()

    class Watched(plain):  # type: ignore[misc, valid-type]
        def execute(self, statements: str, *given: Any, **named: Any) -> Any:
            if statements.startswith("BEGIN"):
                begun.at = time.perf_counter(), time.thread_time()
            elif statements == "COMMIT":
                wall, cpu = time.perf_counter(), time.thread_time()
                answer = super().execute(statements, *given, **named)
                now, worked = time.perf_counter(), time.thread_time()
                watch.add("commit", now - wall, worked - cpu)
                watch.add("transaction", now - begun.at[0], worked - begun.at[1])
                return answer
            return super().execute(statements, *given, **named)

    Watched.plain = plain
    apsw.Connection = Watched  # type: ignore[misc]


def _tell(name: str, watch: Stopwatch, count: int, wall: float, cpu: float) -> None:
    print(f"\n{name}: {count / wall:.0f} deliveries/s in this process, counted; µs a delivery:")
    print(f"{'':42}{'calls':>8}{'wall':>8}{'CPU':>8}{'of all CPU':>12}")
    rest = cpu
    for part, words in _rows(watch):
        used = watch.cpu[part]
        rest -= 0.0 if part in ("next_due", "commit") else used  # each is inside another
        shares = f"{watch.wall[part] / count * 1e6:8.0f}{used / count * 1e6:8.0f}{used / cpu:12.0%}"
        print(f"{words:42}{watch.calls[part] / count:8.2f}{shares}")
    print(f"{'the rest: dispatch, pool, preparing':42}{'':16}{rest / count * 1e6:8.0f}{rest / cpu:12.0%}")
    print(f"{'all':42}{'':8}{wall / count * 1e6:8.0f}{cpu / count * 1e6:8.0f}")
    if "commit" not in watch.calls:
        print("(the thread that writes is in the rest: this store's transactions are not told apart)")


def _rows(watch: Stopwatch) -> list[tuple[str, str]]:
    words = {
        "claim": "claim (a batch; waits for its commit)",
        "next_due": "  of it: what is due next",
        "message": "read the message",
        "intend": "intend (waits for its commit)",
        "send": "send",
        "finish": "finish (waits for its commit)",
        "tell": "tell it on stderr",
        "transaction": "the writer's transactions",
        "commit": "  of it: COMMIT, on disk",
    }
    return [(part, said) for part, said in words.items() if watch.calls[part]]
