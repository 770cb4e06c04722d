"""What systemd is told, over a real datagram socket: ready, stopping, status, and that the loop turns."""

import os
import secrets
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from notifier.clock import system_clock
from notifier.runner.pulse import LONGEST_SILENCE, Pulse
from notifier.runner.systemd import ServiceManager, Watchdog


class Systemd:
    """Listens where $NOTIFY_SOCKET leads."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(name.replace("@", "\0", 1))

    def environment(self, **more: str) -> dict[str, str]:
        """What systemd gives a process that it starts."""
        return {"NOTIFY_SOCKET": self.name, **more}

    def heard(self, seconds: float = 5.0) -> str:
        """The next datagram; empty when none came."""
        self._socket.settimeout(seconds)
        try:
            return self._socket.recv(4096).decode()
        except TimeoutError:
            return ""

    def close(self) -> None:
        """Listen no more."""
        self._socket.close()


@pytest.fixture(params=["path", "abstract"])
def systemd(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Systemd]:
    """A listener at a path, and one in the abstract namespace."""
    listener = Systemd(f"@notifier-{secrets.token_hex(6)}" if request.param == "abstract" else str(tmp_path / "notify"))
    yield listener
    listener.close()


def test_it_is_told_when_the_runner_is_ready_and_when_it_ends(systemd: Systemd) -> None:
    """READY=1 and STOPPING=1, each with a line for systemctl status."""
    manager = ServiceManager(systemd.environment())
    manager.ready("delivering for Exampleton PD")
    manager.status("2 channels")
    manager.stopping()
    assert systemd.heard() == "READY=1\nSTATUS=delivering for Exampleton PD"
    assert systemd.heard() == "STATUS=2 channels"
    assert systemd.heard() == "STOPPING=1\nSTATUS=finishing what is in flight"


def test_a_status_is_one_line_whatever_it_holds(systemd: Systemd) -> None:
    """A name with a line break in it is no second assignment."""
    ServiceManager(systemd.environment()).status("for A\nMAINPID=1")
    assert systemd.heard() == "STATUS=for A MAINPID=1"


@pytest.mark.parametrize(
    "environment", [{}, {"NOTIFY_SOCKET": ""}, {"NOTIFY_SOCKET": "@"}, {"NOTIFY_SOCKET": "vsock:2:1"}]
)
def test_without_systemd_nothing_is_told(environment: dict[str, str]) -> None:
    """No socket, or one of a sort that is not known: the runner runs as it does at a terminal."""
    manager = ServiceManager({**environment, "WATCHDOG_USEC": "1000"})
    manager.ready("ready")
    manager.stopping()
    assert not manager.listens
    assert manager.watchdog_seconds is None


def test_a_manager_that_is_gone_ends_nobody(tmp_path: Path) -> None:
    """A socket that nobody holds any more is no error."""
    manager = ServiceManager({"NOTIFY_SOCKET": str(tmp_path / "gone")})
    manager.ready("ready")
    assert manager.listens


def test_a_manager_that_does_not_listen_delays_nobody(systemd: Systemd) -> None:
    """With its queue full, what is told is lost, and the runner goes on."""
    manager = ServiceManager(systemd.environment())
    started = time.monotonic()
    for _ in range(2_000):
        manager.ping()
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        ({"WATCHDOG_USEC": "30000000"}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({}, None),
    ],
)
def test_the_watchdog_is_this_process_s_own(systemd: Systemd, given: dict[str, str], seconds: float | None) -> None:
    """One that was meant for the process that started this one is not."""
    assert ServiceManager(systemd.environment(**given)).watchdog_seconds == seconds


def test_it_pings_at_half_the_time_while_the_loop_beats(systemd: Systemd) -> None:
    """One after each half of the watchdog's time, and none sooner."""
    pulse = Pulse(system_clock)
    with Watchdog(ServiceManager(systemd.environment(WATCHDOG_USEC="800000")), pulse):
        started = time.monotonic()
        for _ in range(3):
            pulse.beat()
            assert systemd.heard() == "WATCHDOG=1"
        assert time.monotonic() - started > 1.1


def test_a_loop_that_hangs_is_not_pinged_for(systemd: Systemd) -> None:
    """The thread that pings lives, the loop does not beat: nothing is told, until it beats again."""
    pulse = Pulse(system_clock)
    with Watchdog(ServiceManager(systemd.environment(WATCHDOG_USEC="100000")), pulse):
        assert systemd.heard(0.5) == ""
        pulse.beat()
        assert systemd.heard() == "WATCHDOG=1"
        assert systemd.heard(0.5) == ""


def test_a_runner_that_is_ending_is_pinged_for(systemd: Systemd) -> None:
    """Its loop has ended, and what is in flight may take longer than the watchdog waits."""
    pulse = Pulse(system_clock)
    pulse.stop()
    with Watchdog(ServiceManager(systemd.environment(WATCHDOG_USEC="100000")), pulse):
        assert [systemd.heard(), systemd.heard()] == ["WATCHDOG=1"] * 2


def test_a_watchdog_ends_with_its_runner(systemd: Systemd) -> None:
    """After the end nothing is told."""
    pulse = Pulse(system_clock)
    with Watchdog(ServiceManager(systemd.environment(WATCHDOG_USEC="100000")), pulse):
        pulse.beat()
    pulse.beat()
    while systemd.heard(0.1):
        pass
    assert systemd.heard(0.3) == ""


class Steady:
    """Seconds that stand still until they are moved."""

    now = 100.0

    def __call__(self) -> float:
        """Tell them."""
        return self.now


def test_a_pulse_is_alive_while_the_loop_turns() -> None:
    """From its making, for as long as no silence is too long; and while it ends."""
    steady = Steady()
    pulse = Pulse(system_clock, steady)
    assert (pulse.is_alive, pulse.last) == (True, pulse.started)
    steady.now += LONGEST_SILENCE + 1
    assert not pulse.is_alive
    pulse.beat()
    assert (pulse.is_alive, pulse.beats, pulse.silence) == (True, 1, 0.0)
    steady.now += LONGEST_SILENCE + 1
    pulse.stop()
    assert pulse.is_alive
