"""What systemd is told of the runner: ready, stopping, a line of status, and that its loop still turns (sd_notify(3)).

The protocol is a datagram of NAME=value lines to the socket that $NOTIFY_SOCKET names. Where there is none, nothing is
told; where nobody listens, nobody is waited for.
"""

import os
import socket
import threading
from collections.abc import Mapping

from notifier.runner.one_line import one_line
from notifier.runner.pulse import Pulse

_LOOKS = 8
"""How often in a ping's interval the watchdog looks for a beat."""


class ServiceManager:
    """Systemd, or another that speaks its protocol, as this process may speak to it.

    environment: NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID are read. pid: of this process.
    """

    def __init__(self, environment: Mapping[str, str], pid: int | None = None) -> None:
        self._address = _address(environment.get("NOTIFY_SOCKET", ""))
        self._watchdog = _seconds(environment, os.getpid() if pid is None else pid)

    @property
    def listens(self) -> bool:
        """Whether there is somebody to tell."""
        return self._address is not None

    @property
    def watchdog_seconds(self) -> float | None:
        """After how long without a ping the process is ended and started anew; None: never."""
        return self._watchdog if self.listens else None

    def ready(self, status: str) -> None:
        """Say that the runner does its work from here on."""
        self._tell("READY=1", f"STATUS={one_line(status)}")

    def status(self, status: str) -> None:
        """Say in one line what the runner is doing; `systemctl status` shows it."""
        self._tell(f"STATUS={one_line(status)}")

    def stopping(self) -> None:
        """Say that the runner is ending; may be called from a signal's handler, and more than once."""
        self._tell("STOPPING=1", "STATUS=finishing what is in flight")

    def ping(self) -> None:
        """Say that the runner is alive."""
        self._tell("WATCHDOG=1")

    def _tell(self, *lines: str) -> None:
        if self._address is None:
            return
        # A socket for each datagram holds no lock and no state: a signal's handler may interrupt another's sending.
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as speaking:
                speaking.setblocking(False)
                speaking.sendto("\n".join(lines).encode(), self._address)
        except OSError:
            return  # a service manager that is gone, or does not keep up, must not end what it watches


class Watchdog:
    """Pings the service manager from a thread of its own, only when the loop has beaten since the last ping.

    A loop that hangs is thus ended and started anew, though this thread would live for ever. Once the runner is ending
    the pings go on: its time is then limited by TimeoutStopSec. A context manager; without a watchdog it does nothing.
    """

    def __init__(self, manager: ServiceManager, pulse: Pulse) -> None:
        self._manager = manager
        self._pulse = pulse
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> "Watchdog":
        seconds = self._manager.watchdog_seconds
        if seconds is not None:
            self._thread = threading.Thread(target=self._watch, args=(seconds / 2,), name="watchdog", daemon=True)
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        if self._thread is not None:
            self._thread.join()

    def _watch(self, every: float) -> None:
        seen, looks = self._pulse.beats, 0
        while not self._ended.wait(every / _LOOKS):
            looks += 1
            beats = self._pulse.beats
            if looks >= _LOOKS and (beats != seen or self._pulse.is_stopping):
                self._manager.ping()
                seen, looks = beats, 0


def _address(name: str) -> str | None:
    """Read where to send: a path, or "@" and a name in the abstract namespace; None for what is neither."""
    if name.startswith("@") and len(name) > 1:
        return f"\0{name[1:]}"
    return name if name.startswith("/") else None


def _seconds(environment: Mapping[str, str], pid: int) -> float | None:
    micros, whose = environment.get("WATCHDOG_USEC", ""), environment.get("WATCHDOG_PID", "")
    if not (micros.isascii() and micros.isdigit() and int(micros) > 0):
        return None
    # A pid that is not ours was meant for the process that started us, and came to us with its environment.
    return int(micros) / 1_000_000 if whose in ("", str(pid)) else None
