"""Deliveries a second of `notify run` to eight webhooks, beside Apprise, bare requests, and task queues.

`bench/throughput.py [--quick] [--rounds N] [--deliveries N] [--postgres URL] [--profile]`. All in one run, in turn, to
one sink, each in fresh processes. A rate is what the sink saw from the first post to the last; a ratio is the median of
the rounds' ratios. --profile: where the time of a delivery goes, and nothing else.
"""

import argparse
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from absorbs import absorbs
from commands import ENVIRONMENT, at_least, commit_cost, machine, scratch
from postgres import made, server
from profiled import profile
from sink import Sink
from workers import CHANNELS, Load, a_payload

from notifier.errors import NotifierError

RIVALS = {
    # name: its package, what of the deliveries it gets (a slow one gets fewer), the database it needs
    "apprise": ("apprise", 1.0, ""),
    "requests.post": ("requests", 1.0, ""),
    "requests.Session": ("requests", 1.0, ""),
    "requests.Session, 8 threads": ("requests", 1.0, ""),
    "huey": ("huey", 1.0, "sqlite"),
    "procrastinate": ("procrastinate", 0.25, "postgresql"),
    "dbos": ("dbos", 0.25, "postgresql"),
}
ONE, TWO = "notify run, SQLite", "2 x notify run, SQLite"
ONE_POSTGRES, TWO_POSTGRES = "notify run, PostgreSQL", "2 x notify run, PostgreSQL"
AIMS = [
    (ONE, "apprise", 1.3),
    (TWO, "apprise", 1.7),
    (ONE, "requests.post", 0.75),
    (ONE, "requests.Session", 0.75),
    (ONE_POSTGRES, "procrastinate", 2.0),
    (ONE_POSTGRES, "dbos", 4.0),
]


@dataclass
class Contender:
    """What is measured: `run` answers deliveries a second."""

    name: str
    run: Callable[[], float]
    rates: list[float] = field(default_factory=list)


@dataclass
class Ground:
    """Where all of them run."""

    folder: Path
    sink: Sink
    postgres: str | None
    deliveries: int
    payload: Path

    def contenders(self) -> Iterator[Contender]:
        """Ours and the rivals that are there; what is left out is said."""
        yield from self._ours(str(self.folder / "kept.sqlite3"), ONE, TWO)
        if self.postgres is not None:
            yield from self._ours(made(self.postgres, "kept"), ONE_POSTGRES, TWO_POSTGRES)
        for name, (package, share, database) in RIVALS.items():
            if find_spec(package) is None:
                print(f"left out: {name} (not installed; it is in the dependency group `rivals`)")
            elif database != "postgresql" or self.postgres is not None:
                deliveries = max(1, round(self.deliveries * share / CHANNELS)) * CHANNELS
                yield Contender(name, partial(self._rival, name, deliveries, database))

    def _ours(self, store: str, *names: str) -> Iterator[Contender]:
        folder = self.folder / names[0].rpartition(" ")[2]
        try:
            load = Load(folder, self.sink, self.deliveries // CHANNELS, store)
        except NotifierError as refused:
            print(f"LEFT OUT: {' and '.join(names)}: {refused}")
            return
        for processes, name in enumerate(names, 1):
            yield Contender(name, partial(load.run, self.sink, processes))

    def _rival(self, name: str, deliveries: int, database: str) -> float:
        store = ""
        if database == "sqlite":
            store = str(self.folder / "rival.sqlite3")
            for left in self.folder.glob("rival.sqlite3*"):
                left.unlink()
        elif database and self.postgres is not None:
            store = made(self.postgres, "rival")
        self.sink.clear()
        program = [sys.executable, str(Path(__file__).with_name("rivals.py")), name, "--sink", str(self.sink.port)]
        told = ["--payload", str(self.payload), "--deliveries", str(deliveries), "--store", store]
        subprocess.run([*program, *told], check=True, env=ENVIRONMENT, stdout=subprocess.DEVNULL)
        seen = self.sink.seen()
        assert seen.count == deliveries, f"{name}: {seen.count} of {deliveries} came"
        return seen.rate


def main() -> None:
    asks = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asks.add_argument("--rounds", type=int, default=7)
    asks.add_argument("--deliveries", type=int, default=2000)
    asks.add_argument("--quick", action="store_true", help="3 rounds of 800 deliveries")
    asks.add_argument("--postgres", metavar="URL", help="a server to use; default: one of its own")
    asks.add_argument("--profile", action="store_true")
    told = asks.parse_args()
    rounds, deliveries = (3, 800) if told.quick else (told.rounds, told.deliveries)
    print(machine())
    with scratch() as folder, Sink() as sink, server(told.postgres, folder) as postgres:
        print(f"{commit_cost(folder)}; {_versions()}")
        if told.profile:
            profile(folder, sink, deliveries // CHANNELS, postgres)
            return
        payload = folder / "payload.json"
        payload.write_bytes(a_payload(folder))
        _prove(sink, payload)
        contenders = list(Ground(folder, sink, postgres, deliveries, payload).contenders())
        for _ in range(rounds):
            for contender in contenders:
                contender.rates.append(contender.run())
        _tell({contender.name: contender.rates for contender in contenders})


def _versions() -> str:
    packages = dict.fromkeys(package for package, _, _ in RIVALS.values())
    return ", ".join(f"{package} {version(package)}" for package in packages if find_spec(package))


def _prove(sink: Sink, payload: Path) -> None:
    open_, each = absorbs(sink, payload.read_bytes())
    print(f"the sink absorbs {open_:,.0f} posts/s on open connections, {each:,.0f} with a connection a post")


def _tell(rates: dict[str, list[float]]) -> None:
    """Print the rates, and whether the aims are met."""
    theirs = rates.get("apprise")
    print(f"\n{'deliveries a second':34}{'median':>8}{'least':>8}{'most':>8}{'of apprise':>12}")
    for name, found in rates.items():
        ratio = f"{_ratio(found, theirs):.2f}" if theirs else "-"
        print(f"{name:34}{statistics.median(found):8.0f}{min(found):8.0f}{max(found):8.0f}{ratio:>12}")
    print()
    for name, other, aim in AIMS:
        if name in rates and other in rates:
            print(f"{name} / {other}: {at_least(_ratio(rates[name], rates[other]), aim)}")
        else:
            print(f"{name} / {other}: not measured (aim: at least {aim})")


def _ratio(mine: list[float], other: list[float]) -> float:
    return statistics.median(a / b for a, b in zip(mine, other, strict=True))


if __name__ == "__main__":
    main()
