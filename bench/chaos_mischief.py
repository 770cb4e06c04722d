"""What is done to the workers, the commands and the store, drawn from the seed."""

import json
import random
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping

from chaos_books import FAILED, UNKNOWN, Books, PostgresBooks, Row, Unreadable, street_of
from chaos_crew import BENCH, NOTIFY, Crew, Member
from chaos_enqueuer import Journal
from chaos_platforms import Platforms
from chaos_world import COMMANDS_FROM, PLACES, Scale, World, street, street_in
from postgres_server import LocalPostgres

ENDED_WELL = (0, 5, 6)
"""Exit codes of a command that stored its notification."""


class Mischief:
    """Keeps everyone at work, and troubles them.

    blind: when nobody could read the store or write it (seconds since 1970): what was not known then is excused.
    """

    def __init__(
        self,
        world: World,
        crew: Crew,
        books: Books,
        platforms: Mapping[str, Platforms],
        server: LocalPostgres | None,
        scale: Scale,
        seed: str,
    ) -> None:
        self._world, self.crew, self._books = world, crew, books
        self._platforms, self._server, self._scale = platforms, server, scale
        self._seed, self._dice = seed, random.Random(f"{seed}:mischief")
        self.done: Counter[str] = Counter()
        self.blind: list[tuple[float, float]] = []
        self.commands = 0
        self.stored: dict[str, str] = {}
        """What commands said they had stored: street -> notification."""
        self._acts: dict[str, tuple[float, Callable[[], None]]] = {
            "kill worker": (50, lambda: self._kill("worker")),
            "kill enqueuer": (8, lambda: self._kill("enqueuer")),
            "kill command": (14, lambda: self._kill("command")),
            "freeze": (8, self._freeze),
            "terminate": (6, self._terminate),
            "lock": (3, self._lock),
            "confirm": (4, self._confirm),
            "retry": (2, self._retry),
        }
        if server is not None:
            self._acts |= {"cut sessions": (4, self._cut), "crash database": (1.5, self._crash)}

    # --- who works ----------------------------------------------------------------------------------------------------

    def man(self, workers: int, enqueuer: list[str] | None) -> None:
        """Start whoever is missing: workers, the enqueuer, a command."""
        self.crew.thaw()
        for member in self.crew.reap():
            self.note_end(member)
        while len(self.crew.of("worker")) < workers:
            self._worker()
        if enqueuer and not self.crew.of("enqueuer"):
            self.crew.start("enqueuer", enqueuer)
        if not self.crew.of("command") and self._dice.random() < 0.1:
            self._command()

    def _worker(self) -> None:
        config = ("--config", str(self._world.config))
        kind = self._dice.choices(("run", "once", "clock", "disk"), (78, 7, 9, 6))[0]
        if kind == "clock":
            self.done["wrong clocks"] += 1
            jumping = ("--jumping", f"{self._seed}:{self.crew.started}")
            self.crew.start("worker", (sys.executable, str(BENCH / "chaos_worker.py"), *jumping, *config))
        elif kind == "disk" and self._server is None:
            self.done["full disks"] += 1
            most = int(self._dice.uniform(200_000, 5_000_000))
            self.crew.start("worker", (*NOTIFY, "run", *config), most_file=most)
        else:
            once = ("--once",) if kind == "once" else ()
            self.crew.start("worker", (*NOTIFY, "run", *once, *config))

    def _command(self) -> None:
        number = COMMANDS_FROM + self.commands
        self.commands += 1
        wait = self._dice.choice((("--no-wait",), ("--wait", "0"), ("--wait", "3"), ("--wait", "8")))
        names = [name for name in PLACES if self._dice.random() < 0.4] or ["press-hook"]
        given = ("--street", f"{street(number)} Street", "--reason", "water main break", "--json")
        channels = [word for name in names for word in ("--channel", name)]
        command = (*NOTIFY, "road-closure", *given, *wait, *channels, "--config", str(self._world.config))
        self.crew.start("command", command, number=number)

    def note_end(self, member: Member) -> None:
        """Keep what an ended process leaves: what a command stored, and codes that nobody expects."""
        code = member.process.returncode
        if member.role == "command" and code in ENDED_WELL:
            self.stored[street(member.number)] = str(json.loads(member.out.read_text())["id"])
        if code not in (0, -signal.SIGKILL):
            self.done[f"{member.role} ended with {code}"] += 1

    # --- what is done to them -----------------------------------------------------------------------------------------

    def act(self) -> None:
        """Do one mischief."""
        weights = [weight for weight, _ in self._acts.values()]
        name = self._dice.choices(list(self._acts), weights)[0]
        self._acts[name][1]()

    @property
    def kills(self) -> int:
        """How many processes were killed."""
        return sum(count for name, count in self.done.items() if name.startswith("killed "))

    def _any(self, role: str) -> Member | None:
        there = self.crew.of(role)
        return self._dice.choice(there) if there else None

    def _kill(self, role: str) -> None:
        victim = self._any(role) or self._any("worker")
        if victim is not None:
            self.crew.kill(victim)
            self.done[f"killed {victim.role}"] += 1

    def _freeze(self) -> None:
        victim = self._any(self._dice.choice(("worker", "worker", "enqueuer", "command")))
        if victim is not None and victim.thaws is None:
            self.crew.freeze(victim, self._dice.uniform(0.2, 1) * self._scale.frozen)
            self.done["frozen"] += 1

    def _terminate(self) -> None:
        victim = self._any("worker")
        if victim is not None:
            victim.process.send_signal(signal.SIGTERM)
            self.done["terminated"] += 1

    def _lock(self) -> None:
        seconds = self._dice.uniform(0.3, 1) * self._scale.locked
        self.done["locked"] += 1
        self.blind.append((time.time(), time.time() + seconds + 3))
        threading.Thread(target=self._books.lock, args=[seconds], daemon=True).start()

    def _cut(self) -> None:
        if isinstance(self._books, PostgresBooks):
            self.blind.append((time.time(), time.time() + 3))
            self._books.terminate()
            self.done["sessions cut"] += 1

    def _crash(self) -> None:
        assert self._server is not None
        begun = time.time()
        self._server.restart(immediate=True)
        self.blind.append((begun, time.time() + 3))
        self.done["database crashed"] += 1

    def _confirm(self) -> None:
        """Look where nobody knows, as a person would, and say what is there."""
        waiting = self._asked(UNKNOWN)
        if waiting:
            notification, fields, channel = self._dice.choice(waiting)
            seen = self._seen(channel, street_of(fields))
            found = ("--url", seen) if seen else ("--failed", "it is not on the page")
            self._person("confirm", notification, channel, *found)

    def _retry(self) -> None:
        """Try again what failed, as a person would."""
        failed = self._asked(FAILED)
        if failed:
            self._person("retry", self._dice.choice(failed)[0], "--wait", "0")

    def _person(self, act: str, *given: str) -> None:
        self.crew.start("person", (*NOTIFY, act, *given, "--config", str(self._world.config)))
        self.done[f"persons who {act}"] += 1

    def _asked(self, question: str) -> list[Row]:
        try:
            return self._books.rows(question)
        except Unreadable:
            return []

    def _seen(self, channel: str, where: str) -> str | None:
        place = PLACES[channel]
        for post in self._platforms[place.server].posts():
            told = f"{post['title']} {post['text']} {post['sms']}"
            receiver = post["labels"].get("receiver", place.path)
            if post["platform"] == place.platform and receiver == place.path and street_in(told) == where:
                return str(post["url"])
        return None


def all_stored(journal: Journal, mischief: Mischief) -> dict[str, str]:
    """What was stored for certain, by the enqueuer's journal and the commands' own words."""
    return {street(number): id_ for number, id_ in journal.stored().items()} | mischief.stored
