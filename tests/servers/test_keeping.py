"""Servers end with the tests, whatever happens, and one that cannot be had is skipped with its reason."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.servers.arrivals import Arrivals
from tests.servers.processes import Failed, Kept
from tests.servers.server import NotHere, Server, silent

HOLDS_A_SERVER = """
import sys, time
from pathlib import Path
from tests.servers.processes import Kept
folder = Path(sys.argv[1])
Kept(["sh", "-c", "sleep 600 & echo $! > worker; wait"], folder=folder, log=folder / "log")
time.sleep(600)
"""


def _alive(pid: int) -> bool:
    """Whether it runs; one that ended and that nobody asked about yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except OSError:
        return False


def _soon(file: Path) -> int:
    until = time.monotonic() + 10
    while time.monotonic() < until and not (file.exists() and file.read_text().strip()):
        time.sleep(0.02)
    return int(file.read_text())


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_server_and_its_workers_end_with_the_tests(sign: signal.Signals, tmp_path: Path) -> None:
    """However the tests end, also killed without a last word."""
    tests = subprocess.Popen(
        [sys.executable, "-c", HOLDS_A_SERVER, str(tmp_path)], cwd=Path(__file__).parents[2], stderr=subprocess.DEVNULL
    )
    worker = _soon(tmp_path / "worker")
    assert _alive(worker)
    tests.send_signal(sign)
    tests.wait(10)
    until = time.monotonic() + 10
    while (_alive(worker) or list(tmp_path.glob("*.pid"))) and time.monotonic() < until:
        time.sleep(0.02)
    assert not _alive(worker)
    assert not list(tmp_path.glob("*.pid"))


class _Nothing(Server[None]):
    """A server that is nothing; subclasses go wrong."""

    name = "nothing"
    recipe = "nothing"

    @classmethod
    def install_into(cls, folder: Path) -> None:
        """Do nothing."""

    def begin(self) -> None:
        """Do nothing."""


def test_a_start_that_fails_half_way_leaves_nothing(tmp_path: Path) -> None:
    """What was started is stopped, and the data of the run are gone."""
    kept: list[Kept] = []

    class Broken(_Nothing):
        root = tmp_path

        def begin(self) -> None:
            kept.append(self.keep(["sleep", "600"], "first"))
            self.keep(["sh", "-c", "echo no such table; exit 3"], "second").wait_until(lambda: False)

    with pytest.raises(Failed, match="ended instead of answering: no such table"):
        Broken().start()
    assert not kept[0].running
    assert not list((tmp_path / "nothing" / "runs").iterdir())


def test_what_cannot_be_had_is_skipped_with_its_reason(tmp_path: Path) -> None:
    """The test says so, and so does the summary of the run."""

    class Absent(_Nothing):
        root = tmp_path

        @classmethod
        def install_into(cls, folder: Path) -> None:
            cls.run(["sh", "-c", "echo the network is down; exit 1"], folder)

    arrivals = Arrivals(silent)
    with pytest.raises(pytest.skip.Exception, match="NOTHING WAS TRIED ON NOTHING: its installation"):
        next(arrivals.running(Absent()))
    (line,) = arrivals.lines
    assert line.startswith("nothing: NOT HERE: its installation failed: ")
    assert line.endswith("the network is down")


def test_an_installation_is_kept_until_its_recipe_changes(tmp_path: Path) -> None:
    """The second time it is there; with another version it is made anew."""
    made: list[str] = []

    class Counted(_Nothing):
        root = tmp_path

        @classmethod
        def install_into(cls, folder: Path) -> None:
            made.append(cls.recipe)

    Counted.install()
    Counted.install()
    Counted.recipe = "version 2"
    Counted.install()
    assert made == ["nothing", "version 2"]


def test_an_installation_that_failed_is_tried_again(tmp_path: Path) -> None:
    """Nothing half-made is taken for an installation."""

    class Absent(_Nothing):
        root = tmp_path

        @classmethod
        def install_into(cls, folder: Path) -> None:
            raise NotHere("there is no such thing")

    for _ in range(2):
        with pytest.raises(NotHere):
            Absent.install()


def test_data_of_a_run_that_was_killed_are_taken_away(tmp_path: Path) -> None:
    """Those of runs that go on are not."""

    class Fine(_Nothing):
        root = tmp_path

    Fine.install()
    runs = tmp_path / "nothing" / "runs"
    (runs / "999999999-1").mkdir(parents=True)
    (runs / f"{os.getppid()}-1").mkdir()
    with Fine():
        assert sorted(one.name.split("-")[0] for one in runs.iterdir()) == sorted(map(str, (os.getpid(), os.getppid())))
