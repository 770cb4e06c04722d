"""Which processes live: each holds a lock on a file of its own, which its death lets go, and says so in the store.

The files of one machine (in truth: of one folder) can be looked at by each of its processes; what another machine's
process does is known from the time until which it asked to be left alone, its lease.
"""

import contextlib
import fcntl
import os
import secrets
import socket
import tempfile
import threading
import time
from collections.abc import Iterable
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import IO

from notifier.clock import Clock, to_micros
from notifier.errors import StoreError
from notifier.store.database import Database, Row, Session, Value
from notifier.store.outbox import LEASE

BEAT = timedelta(seconds=20)
"""How often a process that has something in its hands says that it lives."""


class Processes:
    """The processes of one department, and this one among them.

    folder: where the lock files of this machine are.
    """

    def __init__(self, database: Database, department: str, clock: Clock, folder: Path) -> None:
        self._database = database
        self._department = department
        self._clock = clock
        self._folder = folder
        self._owner = Owner(folder)
        self._role: str | None = None
        self._ending = threading.Event()
        self._heart: threading.Thread | None = None
        self.watch = time.monotonic
        self._watched: dict[tuple[str, int | None], float] = {}

    @property
    def owner(self) -> str:
        """This process's name as an owner of deliveries; asking for it takes the lock that says it lives."""
        if not self._owner.held:
            self._owner.hold()
            self._ending.clear()
            self._heart = threading.Thread(target=self._beat, name="store-heart", daemon=True)
            self._heart.start()
        return self._owner.name

    @property
    def name(self) -> str:
        """This process's name, whether or not it has taken its lock."""
        return self._owner.name

    @property
    def has_lock(self) -> bool:
        """Whether this process may have something in its hands."""
        return self._owner.held

    def register(self, role: str) -> None:
        """Say that this process carries out a role, for as long as it lives; forget those that died."""
        name, now = self.owner, self._clock()
        dead = self._dead_of(self._rows(role))
        sweep(self._folder)

        def change(session: Session) -> None:
            for owner in dead:
                session.run("forget_process", owner=owner)
            values: dict[str, Value] = {
                "department": self._department,
                "role": role,
                "pid": os.getpid(),
                "now": to_micros(now),
            }
            session.run("register_process", owner=name, **values)

        self._database.write(change)
        self._role = role

    def alive(self, role: str) -> bool:
        """Whether a process of this role lives."""
        rows = self._rows(role)
        return len(self._dead_of(rows)) < len(rows)

    def at_work(self) -> list[Row]:
        """The processes of every role that live: owner, role, pid, when they started and were seen."""
        rows = self._database.query(lambda s: s.all("all_processes", department=self._department))
        dead = self._dead_of(rows)
        return [row for row in rows if row["owner"] not in dead]

    def dead(self, owners: Iterable[Row], now: int) -> set[str]:
        """Which of these owners of deliveries are dead.

        owners: `owner` and `lease`, microseconds. On this machine their lock tells. One that holds it and was seen to
        stand still for as long as a lease counts as dead too: others cannot wait for it. Elsewhere the lease tells.
        """
        return {row["owner"] for row in owners if self._is_dead(row["owner"], row["lease"], now)}

    def _is_dead(self, owner: str, lease: int | None, now: int) -> bool:
        if owner == self._owner.name:
            return False
        alive = lives(self._folder, owner)
        if alive is None:
            return lease is not None and lease < now
        return not alive or self._stands_still(owner, lease)

    def _stands_still(self, owner: str, lease: int | None) -> bool:
        """Whether a process has not put off its lease for as long as one lasts, by this process's own watch."""
        since = self._watched.setdefault((owner, lease), self.watch())
        return self.watch() - since > LEASE.total_seconds()

    def _dead_of(self, rows: Iterable[Row]) -> set[str]:
        """Which of these rows of processes are of dead ones; when they were seen stands for their lease."""
        now, lease = to_micros(self._clock()), to_micros_length(LEASE)
        seen = ((row["owner"], row["seen"] or row["started"]) for row in rows)
        return {owner for owner, at in seen if self._is_dead(owner, at + lease, now)}

    def end(self) -> None:
        """Say that this process ends, and let go of the lock."""
        self._stop_beating()
        if self._role is not None:
            self._database.write(lambda s: s.run("forget_process", owner=self._owner.name))
            self._role = None
        self._owner.let_go()

    def die(self) -> None:
        """End as a killed process ends: only the lock goes."""
        self._stop_beating()
        self._owner.forget()

    def _stop_beating(self) -> None:
        self._ending.set()
        if self._heart is not None:
            self._heart.join()
            self._heart = None

    def _beat(self) -> None:
        while not self._ending.wait(BEAT.total_seconds()):
            now = self._clock()
            values: dict[str, Value] = {"department": self._department, "owner": self._owner.name}

            def change(session: Session) -> None:
                session.run("extend_leases", **values, lease=to_micros(now + LEASE))  # noqa: B023 (run at once)
                session.run("seen_process", owner=values["owner"], now=to_micros(now))  # noqa: B023

            try:
                self._database.write(change)
            except StoreError:
                continue  # whoever needs the store tells it; this tries again at its time

    def _rows(self, role: str) -> list[Row]:
        return self._database.query(lambda s: s.all("processes", department=self._department, role=role))


def to_micros_length(length: timedelta) -> int:
    """Turn a length of time into integer microseconds."""
    return length // timedelta(microseconds=1)


class Owner:
    """This process, as the owner of the deliveries it claims.

    folder: where its lock is. `name` is host:pid:random:place, so that a pid used again is another owner, and a machine
    that has another's name another place.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._tail = f"{os.getpid()}:{secrets.token_hex(4)}"
        self._lock: IO[bytes] | None = None
        self._one_at_a_time = threading.Lock()

    @property
    def name(self) -> str:
        """Its name in the store."""
        return f"{socket.gethostname()}:{self._tail}:{_place(self._folder)}"

    @property
    def _path(self) -> Path:
        return self._folder / _file_name(self.name)

    @property
    def held(self) -> bool:
        """Whether this process has taken its lock."""
        return self._lock is not None

    def hold(self) -> None:
        """Take the lock that says this process lives."""
        with self._one_at_a_time:
            while self._lock is None:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                file = self._path.open("wb")
                fcntl.flock(file, fcntl.LOCK_EX)
                if os.fstat(file.fileno()).st_nlink:
                    self._lock = file
                else:  # a sweep took the file away between its making and its locking
                    file.close()

    def forget(self) -> None:
        """Lose the lock as a killed process does: the file stays."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def let_go(self) -> None:
        """Give the lock back and take the file away."""
        if self._lock is not None:
            self._path.unlink(missing_ok=True)
            self.forget()


def lives(folder: Path, name: str) -> bool | None:
    """Say whether an owner's process lives; None when it is another machine's, which only its lease can tell."""
    if name.split(":")[-1] != _place(folder):
        return None
    return _is_locked(folder / _file_name(name))


def living(folder: Path) -> list[int]:
    """The numbers of this machine's processes that hold a lock in a folder."""
    return sorted(int(path.stem.rsplit("_", 3)[1]) for path in folder.glob("*.lock") if _is_locked(path))


def sweep(folder: Path) -> None:
    """Take away the files of this machine's dead processes."""
    for path in folder.glob("*.lock"):
        _is_locked(path)


@cache
def _place(folder: Path) -> str:
    """The name of a folder of locks, drawn when it is made: host names repeat, and containers share process numbers."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "place"
    if not path.exists():
        with tempfile.NamedTemporaryFile("w", dir=folder, prefix="place-", delete=False) as file:
            file.write(secrets.token_hex(4))
        with contextlib.suppress(FileExistsError):  # another process was first; it is never half written
            os.link(file.name, path)
        Path(file.name).unlink()
    return path.read_text()


def _is_locked(path: Path) -> bool:
    """Whether a process holds the lock of a file; a file that nobody holds is taken away."""
    try:
        with path.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            path.unlink(missing_ok=True)
    except FileNotFoundError:
        pass
    return False


def _file_name(name: str) -> str:
    return name.replace(":", "_").replace("/", "_") + ".lock"
