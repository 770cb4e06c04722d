"""One run against one store: torment it for a while, let it come to rest, and gather what is true."""

import random
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from chaos_audit import Audit, Case, Finding, audit
from chaos_books import COUNTS, PUT_OFF, Books, Unreadable
from chaos_crew import BENCH, NOTIFY, Crew
from chaos_enqueuer import Journal
from chaos_faults import phase
from chaos_mischief import Mischief, all_stored
from chaos_platforms import Platforms
from chaos_report import Teller, gather
from chaos_world import Scale, World
from postgres_server import LocalPostgres

AHEAD = 7_200.0
"""Seconds that pass at once in the end, so that what waits for a look-up or was put off by a wrong clock gets its turn;
less than any notification lasts."""
MOST_STILL = 15.0
"""Seconds without any change after which waiting longer is no use."""
OPEN = ("due", "claimed", "sending")


@dataclass(frozen=True)
class Size:
    """How much is asked of a run. minutes: its bound, the drain and the audit included."""

    seed: int
    kills: int
    notifications: int
    workers: int
    minutes: float


class Run:
    """A run against one store."""

    def __init__(
        self,
        name: str,
        size: Size,
        world: World,
        books: Books,
        platforms: Mapping[str, Platforms],
        server: LocalPostgres | None = None,
    ) -> None:
        self._size, self._world, self._books, self._platforms = size, world, books, platforms
        self._scale = Scale.of(size.minutes)
        self.teller = Teller(name)
        self.crew = Crew(world)
        seed = f"{size.seed}:{name}"
        self.mischief = Mischief(world, self.crew, books, platforms, server, self._scale, seed)
        self._dice = random.Random(f"{seed}:run")
        self.put_off = "nothing"
        """What the workers left when they came to rest; a due time that is past is one they did not keep."""
        self._journal = Journal(world.folder / "journal")
        self._torment_for = size.minutes * 60 * (0.6 if size.minutes < 1.5 else 0.7)
        self._deadline = time.monotonic() + size.minutes * 60
        pace = ("--from", str(time.time()), "--every", str(self._torment_for * 0.7 / max(1, size.notifications)))
        given = ("--config", str(world.config), "--journal", str(world.folder / "journal"), "--seed", seed)
        until = ("--until", str(size.notifications))
        self._enqueuer = [sys.executable, str(BENCH / "chaos_enqueuer.py"), *given, *until, *pace]

    # --- torment ------------------------------------------------------------------------------------------------------

    def torment(self) -> None:
        """Trouble everyone until enough were killed and all is enqueued, or the time is up."""
        end = time.monotonic() + self._torment_for
        pause = self._torment_for * 0.8 * 0.6 / max(1, self._size.kills)
        turn, strike = 0.0, time.monotonic() + 2
        while time.monotonic() < end and not self._is_enough():
            if time.monotonic() >= turn:
                turn = time.monotonic() + self._dice.uniform(0.5, 1.5) * self._scale.phase
                self._change_faults()
            self.mischief.man(self._size.workers, self._enqueuer if self._left() else None)
            if time.monotonic() >= strike:
                strike = time.monotonic() + self._dice.uniform(0.4, 1.6) * pause
                self.mischief.act()
            if self.teller.due():
                self.teller.say(self._progress())
            time.sleep(0.02)

    def _is_enough(self) -> bool:
        return self.mischief.kills >= self._size.kills and not self._left()

    def _left(self) -> int:
        return self._size.notifications - self._journal.next()

    def _change_faults(self) -> None:
        for name, server in self._platforms.items():
            kind, rules = phase(self._dice, name, self._scale)
            server.fault(rules)
            self.mischief.done[f"phases {kind}"] += 1

    def _progress(self) -> str:
        done = self.mischief
        return (
            f"{done.kills} killed, {self._journal.next()} enqueued, {done.commands} commands, "
            f"{len(self.crew.of('worker'))} workers; {self._states()}"
        )

    def _states(self) -> str:
        try:
            rows = self._books.rows(COUNTS)
        except Unreadable as why:
            return f"the store does not answer ({str(why).splitlines()[:1]})"
        return ", ".join(f"{state} {count}" for state, count, _ in sorted(rows)) or "nothing stored"

    # --- drain --------------------------------------------------------------------------------------------------------

    def drain(self) -> str:
        """Let nothing fail any more, and work until nothing is left; answers who would not end when asked."""
        for server in self._platforms.values():
            server.fault([])
        self.crew.thaw(everyone=True)
        stubborn = self._dismiss()
        half = (self._deadline - time.monotonic()) * 0.5
        self._work([(*NOTIFY, "run")] * self._size.workers, half, rest=False)
        stubborn += self._dismiss()
        self._work([(*NOTIFY, "run", "--once")], 30, rest=True)
        if self._waiting(rest=True):
            self.put_off = self._put_off()
            self.teller.say(f"two hours pass at once, for what is put off: {self.put_off}")
            later = (sys.executable, str(BENCH / "chaos_worker.py"), "--ahead", str(AHEAD))
            self._work([later], max(10.0, self._deadline - time.monotonic()), rest=True)
            stubborn += self._dismiss()
        return ", ".join(stubborn)

    def _work(self, commands: list[tuple[str, ...]], patience: float, *, rest: bool) -> None:
        """Let workers work until nothing waits or they ended. rest: look-ups and what is put off count as well."""
        crew = [self.crew.start("drain", (*command, "--config", str(self._world.config))) for command in commands]
        end, still, before = time.monotonic() + patience, time.monotonic(), ""
        while time.monotonic() < end and self._waiting(rest=rest) and any(member.lives for member in crew):
            if self.teller.due():
                states = self._states()
                self.teller.say(states)
                if states != before:
                    before, still = states, time.monotonic()
                elif time.monotonic() > still + MOST_STILL:
                    return
            time.sleep(0.1)

    def _waiting(self, *, rest: bool) -> int:
        try:
            rows = self._books.rows(COUNTS)
        except Unreadable:
            return 1
        return sum(count if state in OPEN else timed if rest else 0 for state, count, timed in rows)

    def _put_off(self) -> str:
        """What waits, and how many seconds from now it is due."""
        try:
            rows, now = self._books.rows(PUT_OFF), time.time()
        except Unreadable:
            return "the store does not answer"
        return ", ".join(
            f"{channel} {count} {state}" + (f" in {first / 1e6 - now:.0f} to {last / 1e6 - now:.0f} s" if first else "")
            for channel, state, count, first, last in sorted(rows, key=str)
        )

    def _dismiss(self) -> list[str]:
        members = list(self.crew.members)
        stubborn = [member.name for member in self.crew.dismiss(self._scale.timeout * 2 + 15)]
        for member in members:
            if member.role in ("command", "worker", "enqueuer"):
                self.mischief.note_end(member)
        return stubborn

    # --- the end ------------------------------------------------------------------------------------------------------

    def judge(self) -> tuple[list[Case], Audit]:
        """Gather what is true, and hold the record against it."""
        cases = gather(self._books, self._platforms)
        found = audit(cases, all_stored(self._journal, self.mischief), self.mischief.blind)
        said = self._verify()
        if said is not None:
            found.findings.append(Finding("disagreement", "verify", "the record", "", f"notify records verify: {said}"))
        return cases, found

    def _verify(self) -> str | None:
        """Let the product verify its own record; what it says where that fails."""
        ran = notify(self._world, "records", "verify")
        return None if ran.returncode == 0 else f"exit {ran.returncode}: {ran.stdout[-500:]} {ran.stderr[-500:]}"


def notify(world: World, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run one command to its end."""
    command = [*NOTIFY, *arguments, "--config", str(world.config)]
    return subprocess.run(command, cwd=world.folder, env=world.environment(), capture_output=True, text=True)


def folder_for(keep: Path | None, name: str) -> Path | None:
    """Make the folder in which a run's log is kept."""
    if keep is None:
        return None
    folder = keep / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder
