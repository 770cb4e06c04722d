"""The site's folder: one writer at a time, and files that a reader sees whole or not at all."""

import errno
import fcntl
import itertools
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from notifier.errors import NotifierError

_STAGING = ".staging"
_SUBFOLDERS = ("entries", "cap", "media", _STAGING)
_SYNCS_AT_ONCE = 4
_LOCK_POLL = 0.005
"""Seconds between two looks at a lock that another process holds."""


class FolderBusy(NotifierError):
    """Another process has been writing for longer than this one may wait."""


class Batch:
    """Changes that are made together: all are on the disk before the first can be seen.

    So a disk that fills up halfway leaves the site as it was.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._changes: dict[str, Path | None] = {}
        self._numbers = itertools.count()

    def put(self, name: str, data: bytes) -> None:
        """Write a file (its path below the folder); one that already holds these bytes is left alone."""
        if name not in self._changes and read(self._folder, name) == data:
            return
        # Not mkstemp: the web server, another user, must be able to read it.
        staged = self._folder / _STAGING / str(next(self._numbers))
        staged.write_bytes(data)
        self._changes[name] = staged

    def remove(self, name: str) -> None:
        """Remove a file if it is there."""
        self._changes[name] = None

    def touches(self, name: str) -> bool:
        """Whether a file is among the changes."""
        return name in self._changes

    def commit(self) -> None:
        """Let the changes be seen, in the order in which they were asked for."""
        _sync([staged for staged in self._changes.values() if staged is not None])
        for name, staged in self._changes.items():
            if staged is None:
                (self._folder / name).unlink(missing_ok=True)
            else:
                staged.replace(self._folder / name)
        _sync({(self._folder / name).parent for name in self._changes})


class SiteFolder:
    """The folder, made when it is first written to.

    timeout: seconds to wait for another process that is writing; FolderBusy after that.
    """

    def __init__(self, path: Path, timeout: float) -> None:
        self.path = path
        self._timeout = timeout

    @contextmanager
    def changing(self) -> Iterator[Batch]:
        """Hold the folder against every other writer, and make the batch's changes unless an exception comes."""
        for name in _SUBFOLDERS:
            (self.path / name).mkdir(parents=True, exist_ok=True)
        with _Lock(self.path / ".lock", self._timeout):
            # Whoever holds the lock is the only writer: what lies here was left by one that died.
            self._sweep()
            batch = Batch(self.path)
            try:
                yield batch
                batch.commit()
            finally:
                self._sweep()

    def _sweep(self) -> None:
        for left in (self.path / _STAGING).iterdir():
            left.unlink(missing_ok=True)

    def read(self, name: str) -> bytes | None:
        """Read a file; None where there is none."""
        return read(self.path, name)

    def names(self, pattern: str) -> list[str]:
        """Find files by a pattern below the folder."""
        return sorted(str(path.relative_to(self.path)) for path in self.path.glob(pattern))

    def explain(self, failure: OSError) -> str:
        """Say in one sentence why the folder cannot be written, and what to do."""
        folder = f'the site\'s folder "{self.path}"'
        match failure.errno:
            case errno.ENOSPC | errno.EDQUOT:
                return f"the disk that holds {folder} is full; free some space on it"
            case errno.EROFS:
                return f"the disk that holds {folder} is read-only; mount it writable, or name another in channels.toml"
            case errno.EACCES | errno.EPERM:
                return f"{folder} may not be written; give it to the user that runs notify"
            case errno.ENOTDIR | errno.EEXIST:
                return f"{folder} is no folder; remove what is in its place, or name another in channels.toml"
            case errno.EFBIG:
                return f'{folder} cannot take a file of this size; raise the limit ("ulimit -f") of who runs notify'
            case _:
                return f"{folder} cannot be written ({os.strerror(failure.errno or 0)}); check the disk"


def read(folder: Path, name: str) -> bytes | None:
    """Read a file below a folder; None where there is none."""
    try:
        return (folder / name).read_bytes()
    except FileNotFoundError:
        return None


def _sync(paths: Iterable[Path]) -> None:
    """Wait until files and folders are on the disk; together, for then the disk's journal takes them in one go."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(_SYNCS_AT_ONCE) as pool:
        list(pool.map(_sync_one, paths))


def _sync_one(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class _Lock:
    """An exclusive flock, which the kernel drops when its holder dies."""

    def __init__(self, path: Path, timeout: float) -> None:
        self._path = path
        self._timeout = timeout

    def __enter__(self) -> Self:
        self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        deadline = time.monotonic() + self._timeout
        while True:
            try:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    os.close(self._descriptor)
                    raise FolderBusy(
                        f'another process holds "{self._path}" for {self._timeout:g} s; see that it ends'
                    ) from None
                time.sleep(_LOCK_POLL)
            except OSError:
                os.close(self._descriptor)
                raise
            else:
                return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._descriptor)
