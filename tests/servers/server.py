"""What every real server has in common: it is installed once, started anew, and taken away without a trace."""

import fcntl
import itertools
import os
import shutil
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Generic, TypeVar

from tests.servers.processes import Failed, Kept, run

ROOT = Path(os.environ.get("NOTIFY_SERVERS") or Path(__file__).parents[2] / "var" / "servers")
"""Where servers are installed; several checkouts may share one place by the variable."""

Access = TypeVar("Access")
Say = Callable[[str], None]

_numbers = itertools.count(1)


class NotHere(Exception):
    """A server cannot be had on this machine, and why, in one sentence."""


def silent(_line: str) -> None:
    """Say nothing."""


class Server(ABC, Generic[Access]):
    """A real server; as a context manager it gives what a test needs to talk to it.

    A subclass says how it is installed into a folder that is kept, and how it begins in a folder of one run, which is
    thrown away. NotHere is for what this machine lacks; a server that is installed and does not start has Failed.
    """

    name: ClassVar[str]
    recipe: ClassVar[str]
    """What is installed, with its versions; after a change it is installed anew."""
    root: ClassVar[Path] = ROOT

    def __init__(self) -> None:
        self.run_folder = self.folder() / "runs" / f"{os.getpid()}-{next(_numbers)}"
        self._kept: list[Kept] = []

    @classmethod
    def install(cls, say: Say = silent) -> float:
        """Install it where it is not; answers the seconds that took. NotHere says why it cannot be had."""
        began = time.monotonic()
        cls.root.mkdir(parents=True, exist_ok=True)
        with locked(cls.root / f"{cls.name}.lock"):
            stamp = cls.folder() / "installed"
            if not cls.on_machine() or not stamp.exists() or stamp.read_text() != cls.recipe:
                say(f"{cls.name}: installing {cls.recipe}")
                shutil.rmtree(cls.folder(), ignore_errors=True)
                cls.folder().mkdir()
                try:
                    cls.install_into(cls.folder())
                except Failed as why:
                    raise NotHere(f"its installation failed: {why}") from None
                stamp.write_text(cls.recipe)
        return time.monotonic() - began

    @classmethod
    def folder(cls) -> Path:
        """Where it is installed."""
        return cls.root / cls.name

    @classmethod
    def on_machine(cls) -> bool:
        """Whether what it needs outside of its folder is still there."""
        return True

    @classmethod
    @abstractmethod
    def install_into(cls, folder: Path) -> None:
        """Install it into an empty folder; Failed and NotHere say why not."""

    @abstractmethod
    def begin(self) -> Access:
        """Start it, empty, in `run_folder`, and wait until it answers."""

    def start(self) -> Access:
        """Install it where it is not, and start it; what was started before a failure is stopped again."""
        self.install()
        _take_away_leftovers(self.run_folder.parent)
        self.run_folder.mkdir(parents=True)
        try:
            return self.begin()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop what was started, last things first, and take its data away."""
        while self._kept:
            self._kept.pop().stop()
        shutil.rmtree(self.run_folder, ignore_errors=True)

    def keep(self, command: list[str], log: str, **environment: str) -> Kept:
        """Start a command that runs until `stop`."""
        self._kept.append(
            Kept(command, folder=self.run_folder, log=self.run_folder / f"{log}.log", environment=environment)
        )
        return self._kept[-1]

    @classmethod
    def run(cls, command: list[str], folder: Path, *, seconds: float = 60, **environment: str) -> str:
        """Run a command to its end; answers what it wrote, which is kept in the server's log."""
        log = cls.root / f"{cls.name}.log"
        return run(command, folder=folder, log=log, seconds=seconds, environment=environment)

    def __enter__(self) -> Access:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Let one process at a time, and one thread of it, do what follows."""
    with file.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _take_away_leftovers(runs: Path) -> None:
    """Remove the data of runs that were killed; their servers ended with them."""
    for left in runs.glob("*-*"):
        if not Path("/proc", left.name.split("-")[0]).exists():
            shutil.rmtree(left, ignore_errors=True)
