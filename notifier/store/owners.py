"""Which processes live: each holds a lock on a file of its own beside the database, which its death lets go."""

import fcntl
import os
import secrets
import socket
from pathlib import Path
from typing import IO


class Owner:
    """This process, as the owner of the deliveries it claims.

    folder: beside the database. `name` is host:pid:random, so that a pid used again is another owner.
    """

    def __init__(self, folder: Path) -> None:
        self.name = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._folder = folder
        self._lock: IO[bytes] | None = None

    @property
    def held(self) -> bool:
        """Whether this process has taken its lock."""
        return self._lock is not None

    def hold(self) -> None:
        """Take the lock that says this process lives."""
        if self._lock is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._lock = (self._folder / _file_name(self.name)).open("wb")
            fcntl.flock(self._lock, fcntl.LOCK_EX)

    def forget(self) -> None:
        """Lose the lock as a killed process does: the file stays."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def let_go(self) -> None:
        """Give the lock back and take the file away."""
        if self._lock is not None:
            (self._folder / _file_name(self.name)).unlink(missing_ok=True)
            self._lock.close()
            self._lock = None


def lives(folder: Path, name: str) -> bool | None:
    """Say whether an owner's process lives; None when it is another machine's, which only its lease can tell."""
    if name.split(":")[0] != socket.gethostname():
        return None
    path = folder / _file_name(name)
    try:
        with path.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
    except FileNotFoundError:
        return False
    path.unlink(missing_ok=True)
    return False


def _file_name(name: str) -> str:
    return name.replace(":", "_").replace("/", "_") + ".lock"
