"""Commands that end with the tests, free ports, and waiting until a server answers."""

import atexit
import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from itertools import count
from pathlib import Path

from tests.servers import keeper

_PLACES = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin", "/sbin"])
"""Where programs are looked for: a server's is often where a login without rights does not look."""

_numbers = count(1)


class Failed(Exception):
    """A command failed, or a server did not come up; the end of what it wrote is a note on it."""


def program(name: str) -> str | None:
    """Where a program of this machine is; None where it has none."""
    return shutil.which(name, path=_PLACES)


def free_port() -> int:
    """A loopback port that nobody has now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Kept:
    """A command that runs until it is stopped, or until the tests are gone; what it writes goes to a log.

    The process id of the command stands beside the log, in a file that ends in .pid, as long as it runs.
    """

    def __init__(
        self, command: list[str], *, folder: Path, log: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        self._command = command
        self._log = log
        self._pid_file = log.with_name(f"{log.stem}.{os.getpid()}-{next(_numbers)}.pid")
        with log.open("ab") as out:
            self._process = subprocess.Popen(
                [sys.executable, keeper.__file__, str(self._pid_file), *command],
                cwd=folder,
                env={**os.environ, **(environment or {})},
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Control-C is for pytest, which then stops this in good order
            )
        atexit.register(self.stop)

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def stop(self) -> None:
        """End it and all that it started, and wait until it has ended; a second time does nothing."""
        atexit.unregister(self.stop)
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
        try:
            self._process.wait(keeper.PATIENCE + 5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def finish(self, seconds: float) -> None:
        """Wait until it has ended by itself, with success; Failed says why not."""
        try:
            code = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise self._failed(f"did not end within {seconds:.0f} seconds") from None
        finally:
            self.stop()
        if code:
            raise self._failed("failed")

    def wait_until(self, answers: Callable[[], bool], seconds: float = 60) -> None:
        """Wait until the server answers; Failed where it ends or takes too long."""
        until = time.monotonic() + seconds
        while self.running:
            if answers():
                return
            if time.monotonic() > until:
                raise self._failed(f"did not answer within {seconds:.0f} seconds")
            time.sleep(0.05)
        raise self._failed("ended instead of answering")

    def _failed(self, how: str) -> Failed:
        lines = [line.rstrip() for line in self._log.read_text(errors="replace").splitlines() if line.strip()]
        failed = Failed(f"{self} {how}: {lines[-1].strip()[:300] if lines else 'it wrote nothing'}")
        failed.add_note("\n".join(lines[-30:]))
        return failed

    def __str__(self) -> str:
        return " ".join([Path(self._command[0]).name, *self._command[1:3]])


def run(
    command: list[str],
    *,
    folder: Path,
    log: Path,
    seconds: float = 60,
    environment: Mapping[str, str] | None = None,
) -> str:
    """Run a command that ends by itself; answers what it wrote, which is in the log too. Failed says why it failed."""
    before = log.stat().st_size if log.exists() else 0
    Kept(command, folder=folder, log=log, environment=environment).finish(seconds)
    with log.open("rb") as written:
        written.seek(before)
        return written.read().decode(errors="replace")


def port_open(port: int) -> bool:
    """Whether somebody listens on a loopback port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
