"""Whether a store that grows stays as quick: `notify run`, a claim and `notify status` by what is stored already.

`bench/growth.py [--most N] [--rounds N] [--url URL]`: stores of 1,000, 100,000 and 1,000,000 delivered rows, of at most
N; in SQLite, with --url in databases of a PostgreSQL server. They are filled first, then measured in turn.
"""

import argparse
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from commands import commit_cost, department, machine, notify, scratch, timed, verdict
from multiply import multiply
from postgres import made
from sink import Sink
from workers import CHANNELS, fill, house_of, prove, run_workers, with_tables

from notifier.wiring import House

SIZES = (1_000, 100_000, 1_000_000)
GENUINE = 125
"""Notifications that are truly published, and then copied: 1,000 deliveries."""
DUE = 100
"""Notifications that wait in each round."""
CLAIMS = 10
FLAT = 1.5


@dataclass
class Grown:
    """A store of one size, and what was measured on it."""

    config: Path
    rows: int
    seconds: dict[str, list[float]] = field(default_factory=dict)
    """By what was done; seconds a delivery, a claim, a command."""

    def add(self, what: str, seconds: float) -> None:
        """Keep a measurement."""
        self.seconds.setdefault(what, []).append(seconds)

    def median(self, what: str) -> float:
        """The median of what was measured."""
        return statistics.median(self.seconds[what])


def main() -> None:
    asks = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asks.add_argument("--most", type=int, default=SIZES[-1], help="rows of the largest store")
    asks.add_argument("--rounds", type=int, default=3)
    asks.add_argument("--url", help="a PostgreSQL server's database; default: SQLite")
    told = asks.parse_args()
    print(machine())
    with scratch() as folder, Sink() as sink:
        print(commit_cost(folder))
        stores = [_grown(folder, size, sink, told.url) for size in SIZES if size <= told.most]
        for _ in range(told.rounds):
            for store in stores:
                measure(store, sink)
        _tell(stores)


def _grown(folder: Path, size: int, sink: Sink, url: str | None) -> Grown:
    """Publish genuinely, then multiply."""
    start = time.perf_counter()
    place = str(folder / f"grown{size}.sqlite3") if url is None else with_tables(made(url, f"grown{size}"))
    config = department(folder / f"grown{size}", sink.urls(CHANNELS), place if url else f"sqlite:///{place}")
    with _opened(config) as house:
        ids = fill(house, GENUINE)
    prove(config, ids, run_workers(config, sink, 1, GENUINE * CHANNELS))
    rows = multiply(place, size // (GENUINE * CHANNELS) - 1)
    print(f"a store of {rows:,} delivered rows, made in {time.perf_counter() - start:.0f} s", flush=True)
    return Grown(config, rows)


@contextmanager
def _opened(config: Path) -> Iterator[House]:
    house = house_of(config)
    try:
        yield house
    finally:
        house.close()


def measure(store: Grown, sink: Sink) -> None:
    """Store what is due, claim some of it and give it back, deliver all of it, look at the status."""
    with _opened(store.config) as house:
        ids = fill(house, DUE)
    for _ in range(CLAIMS):
        with _opened(store.config) as house:  # its end gives back what it claimed
            terms = house.deliverer().terms
            house.store.claim(terms, most=1)  # opens what a running worker has open
            start = time.perf_counter()
            claims = house.store.claim(terms)
            store.add("store.claim", time.perf_counter() - start)
            assert len(claims) == CHANNELS * CHANNELS - 1, len(claims)
    seen = run_workers(store.config, sink, 1, DUE * CHANNELS)
    prove(store.config, ids, seen)
    store.add("notify run", 1 / seen.rate)
    for _ in range(3):
        command = notify("status", "--json", "--config", str(store.config))
        store.add("notify status --json", timed(command, store.config.parent))


def _tell(stores: list[Grown]) -> None:
    least, most = stores[0], stores[-1]
    print(f"\n{'delivered rows stored':28}" + "".join(f"{store.rows:>12,}" for store in stores))
    for what, unit, scale in UNITS:
        print(f"{f'{what}, {unit}':28}" + "".join(f"{store.median(what) * scale:12.2f}" for store in stores))
    for what, _, _ in UNITS:
        print(f"{what}, the largest to the smallest: {verdict(most.median(what) / least.median(what), FLAT)}")


UNITS = [("notify run", "ms a delivery", 1e3), ("store.claim", "ms a batch", 1e3), ("notify status --json", "s", 1.0)]

if __name__ == "__main__":
    main()
