"""`notify run` under load: fill a department's store, run workers on it, prove that each delivery came exactly once."""

import os
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from commands import ENVIRONMENT, department, notify
from decide import FIELDS
from postgres import copied
from sink import Seen, Sink

from notifier.channel import Outcome, Prepared, Rejected
from notifier.field_types import Reading
from notifier.http_client import HttpClient
from notifier.kind import read_kind
from notifier.publish import Request
from notifier.registry import kind
from notifier.wiring import House

CHANNELS = 8
PATIENCE = 180.0
"""Seconds in which a worker must have delivered everything."""


def house_of(config: Path) -> House:
    """The house of a benchmark's department."""
    return House(str(config), ENVIRONMENT, config.parent)


def a_request(house: House, number: int) -> Request:
    """Ask for a road closure, different from every other."""
    fields: Mapping[str, Any] = {**FIELDS["road-closure"], "street": f"Elm Street {number}", "ends": "24h"}
    facts = read_kind(
        kind("road-closure"), fields, Reading(house.clock(), ZoneInfo(house.settings.department.timezone))
    )
    return Request(facts=facts, languages=("en",), author="bench", login="bench")


def with_tables(store: str) -> str:
    """The same store; a PostgreSQL database gets our tables, which a file makes by itself."""
    if store.startswith("postgresql://"):
        from notifier.store.postgres import upgrade  # here, for its driver's memory is not a publish's on SQLite

        upgrade(store)
    return store


def fill(house: House, notifications: int) -> list[str]:
    """Store so many notifications, due now on every channel; answers their ids."""
    targets = house.targets(tuple(house.accounts))
    ids = []
    for number in range(notifications):
        plan = house.publisher.decide(a_request(house, number), targets)
        assert plan.state == "published", plan.judgement.findings
        house.store.record(plan)
        ids.append(plan.notification.id)
    return ids


class _Keeping(HttpClient):
    """Keeps the body of a request instead of making it."""

    body = b""

    def request(self, method: str, url: str, **given: Any) -> Outcome:
        self.body = given["data"]
        return Rejected("kept")


def a_payload(folder: Path) -> bytes:
    """The bytes that a webhook of ours posts, for the rivals to post too."""
    house = house_of(department(folder / "payload", ["http://127.0.0.1:9/hook"]))
    message = house.publisher.decide(a_request(house, 1), house.targets(("hook0",))).deliveries[0].message
    channel, keeping = house.accounts["hook0"].channel, _Keeping()
    channel.http = keeping
    channel.send(Prepared(message))
    return keeping.body


class Load:
    """A department whose store is full of due deliveries, kept aside, so that every run starts from a copy of it.

    store: where it stands, a file's path or a PostgreSQL database's URL..
    """

    def __init__(self, folder: Path, sink: Sink, notifications: int, store: str) -> None:
        self._folder, self._urls = folder, sink.urls(CHANNELS)
        self._kept = store
        config = department(folder / "kept", self._urls, _url(with_tables(store)))
        house = house_of(config)
        try:
            self._ids = fill(house, notifications)
        finally:
            house.close()
        self.count = notifications * CHANNELS
        self._runs = 0

    def run(self, sink: Sink, processes: int) -> float:
        """Run so many workers on a copy; answers deliveries a second at the sink, once all is proved."""
        self._runs += 1
        name = f"run{self._runs}"
        config = department(self._folder / name, self._urls, _url(self._copy(name)))
        seen = run_workers(config, sink, processes, self.count)
        prove(config, self._ids, seen)
        return seen.rate

    def _copy(self, name: str) -> str:
        if self._kept.startswith("postgresql://"):
            return copied(self._kept, name)
        target = self._folder / f"{name}.sqlite3"
        shutil.copyfile(self._kept, target)
        return str(target)


def _url(store: str) -> str:
    return store if store.startswith("postgresql://") else f"sqlite:///{store}"


def run_workers(config: Path, sink: Sink, processes: int, count: int) -> Seen:
    """Run `notify run` in so many processes until the sink has so many posts; answers what it saw."""
    sink.clear()
    command = notify("run", "--config", str(config))
    log = config / "run.log"
    with log.open("ab") as told:
        running = [
            subprocess.Popen(command, cwd=config.parent, env=ENVIRONMENT, stdout=told, stderr=told)
            for _ in range(processes)
        ]
    try:
        _wait(sink, count, running, log)
        time.sleep(0.2)  # a post too many would come now
    finally:
        for worker in running:
            worker.send_signal(signal.SIGTERM)
        ended = [worker.wait(PATIENCE) for worker in running]
    assert ended == [os.EX_OK] * processes, f"notify run ended with {ended}: {_end_of(log)}"
    return sink.seen(keys=True)


def _wait(sink: Sink, count: int, running: list[subprocess.Popen[bytes]], log: Path) -> None:
    """Wait until everything came; a worker that ends before, or does not get on, is told with its last words."""
    deadline = time.monotonic() + PATIENCE
    while sink.count() < count:
        assert all(worker.poll() is None for worker in running), f"notify run ended: {_end_of(log)}"
        assert time.monotonic() < deadline, f"{sink.count()} of {count} came in {PATIENCE:.0f} s: {_end_of(log)}"
        time.sleep(0.05)


def _end_of(log: Path) -> str:
    return log.read_text()[-2000:]


def prove(config: Path, ids: list[str], seen: Seen) -> None:
    """A rate counts only where every delivery is delivered by the store, and came once by the sink."""
    house = house_of(config)
    states = Counter(row["state"] for id_ in ids for row in house.store.deliveries(id_))
    house.close()
    assert states == {"delivered": len(ids) * CHANNELS}, states
    assert seen.keys is not None
    assert len(seen.keys) == seen.count == len(ids) * CHANNELS, "something came twice, or not at all"
