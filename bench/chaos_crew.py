"""The processes of a run: started with a log of their own, frozen, killed, and all gone in the end."""

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from chaos_world import World

BENCH = Path(__file__).parent
NOTIFY = (sys.executable, "-m", "notifier.cli.main")


@dataclass
class Member:
    """A process that we started; role: `worker`, `enqueuer` or `command`."""

    role: str
    name: str
    process: "subprocess.Popen[bytes]"
    out: Path
    number: int
    """Of the notification, where it publishes one."""
    thaws: float | None = None
    """When it goes on (monotonic), where it is frozen."""

    @property
    def lives(self) -> bool:
        return self.process.poll() is None


@dataclass
class Crew:
    """Everyone who works, and what became of those who do no more."""

    world: World
    members: list[Member] = field(default_factory=list)
    ended: list[Member] = field(default_factory=list)
    started: int = 0

    def start(self, role: str, command: Sequence[str], *, number: int = -1, most_file: int | None = None) -> Member:
        """Start a process; most_file: bytes that no file of its may grow beyond, as on a full disk."""
        self.started += 1
        logs = self.world.folder / "logs"
        logs.mkdir(exist_ok=True)
        name = f"{self.started:04}-{role}"
        out = logs / f"{name}.out"
        with out.open("wb") as stdout, (logs / f"{name}.err").open("wb") as stderr:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                cwd=self.world.folder,
                env=self.world.environment(),
                start_new_session=True,
                preexec_fn=None if most_file is None else lambda: _limit(most_file),
            )
        member = Member(role, name, process, out, number)
        self.members.append(member)
        return member

    def of(self, role: str) -> list[Member]:
        """Those of a role who live."""
        return [member for member in self.members if member.role == role and member.lives]

    def reap(self) -> list[Member]:
        """Take out those who ended."""
        gone = [member for member in self.members if not member.lives]
        self.members = [member for member in self.members if member not in gone]
        self.ended += gone
        return gone

    def kill(self, member: Member) -> None:
        """End it as a power cut does."""
        with suppress(ProcessLookupError):
            os.kill(member.process.pid, signal.SIGKILL)
        member.process.wait()

    def freeze(self, member: Member, seconds: float) -> None:
        """Stop it for some seconds."""
        member.process.send_signal(signal.SIGSTOP)
        member.thaws = time.monotonic() + seconds

    def thaw(self, *, everyone: bool = False) -> None:
        """Let those go on whose time has come."""
        for member in self.members:
            if member.thaws is not None and (everyone or time.monotonic() >= member.thaws):
                member.process.send_signal(signal.SIGCONT)
                member.thaws = None

    def dismiss(self, patience: float) -> list[Member]:
        """Ask everyone to end; answers those who had to be killed."""
        self.thaw(everyone=True)
        for member in self.members:
            member.process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + patience
        while any(member.lives for member in self.members) and time.monotonic() < deadline:
            time.sleep(0.05)
        stubborn = [member for member in self.members if member.lives]
        self.kill_all()
        return stubborn

    def kill_all(self) -> None:
        """Leave nobody."""
        for member in self.members:
            if member.lives:
                self.kill(member)
        self.reap()

    def tracebacks(self) -> list[str]:
        """The logs that hold one."""
        logs = sorted((self.world.folder / "logs").glob("*.err"))
        return [log.name for log in logs if b"Traceback" in log.read_bytes() or b"error inside" in log.read_bytes()]


def _limit(most: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
