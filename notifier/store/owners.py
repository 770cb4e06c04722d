"""Which processes live: each holds a lock on a file of its own beside the database, which its death lets go."""

import fcntl
import os
import secrets
import socket
import threading
from pathlib import Path
from typing import IO


class Owner:
    """This process, as the owner of the deliveries it claims.

    folder: beside the database. `name` is host:pid:random, so that a pid used again is another owner.
    """

    def __init__(self, folder: Path) -> None:
        self.name = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._path = folder / _file_name(self.name)
        self._lock: IO[bytes] | None = None
        self._one_at_a_time = threading.Lock()

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
    if name.split(":")[0] != socket.gethostname():
        return None
    return _is_locked(folder / _file_name(name))


def sweep(folder: Path) -> None:
    """Take away the files of this machine's dead processes."""
    for path in folder.glob(f"{socket.gethostname()}_*.lock"):
        _is_locked(path)


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
