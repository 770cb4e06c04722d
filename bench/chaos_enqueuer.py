"""Publishes notification after notification in one process, and writes down what was tried and what was stored.

A line of the journal is with the operating system when the next step begins, so that a kill takes none back.
"""

import argparse
import os
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parents[1]))

from chaos_world import PLACES, street

from notifier.errors import NotifierError
from notifier.field_types import Reading
from notifier.kind import read_kind
from notifier.publish import Request
from notifier.registry import kind
from notifier.wiring import House

if TYPE_CHECKING:
    from notifier.plan import Plan


class Journal:
    """What was tried and what was stored."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def write(self, *words: object) -> None:
        """Append a line."""
        with self._path.open("a") as file:
            file.write(" ".join(str(word) for word in words) + "\n")

    def read(self) -> Iterator[list[str]]:
        """The lines, as words."""
        if self._path.exists():
            yield from (line.split() for line in self._path.read_text().splitlines())

    def stored(self) -> dict[int, str]:
        """What was stored for certain: number -> notification."""
        return {int(words[1]): words[2] for words in self.read() if words[0] == "stored"}

    def next(self) -> int:
        """The number after the last that was tried."""
        return max((int(words[1]) for words in self.read() if words[0] == "try"), default=-1) + 1


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", required=True)
    parser.add_argument("--journal", type=Path, required=True)
    parser.add_argument("--until", type=int, required=True)
    parser.add_argument("--from", dest="begin", type=float, required=True, help="when the first is due; s since 1970")
    parser.add_argument("--every", type=float, required=True, help="seconds between two")
    parser.add_argument("--seed", required=True)
    own = parser.parse_args()
    journal, house = Journal(own.journal), House(own.config, os.environ, Path.cwd())
    for number in range(journal.next(), own.until):
        time.sleep(max(0.0, own.begin + number * own.every - time.time()))
        journal.write("try", number)
        try:
            id_ = publish(house, number, random.Random(f"{own.seed}:{number}"))
        except NotifierError as failure:
            journal.write("failed", number, failure)
            time.sleep(0.5)
        else:
            journal.write("stored", number, id_)
    house.close()


def publish(house: House, number: int, dice: random.Random) -> str:
    """Decide and store one notification, for the workers to deliver; answers its id."""
    plan = decide(house, number, dice)
    house.publisher.prepare(plan)
    return plan.notification.id


def decide(house: House, number: int, dice: random.Random) -> "Plan":
    """Plan the closure of a street, on some of the accounts."""
    names = tuple(name for name in PLACES if dice.random() < 0.45) or ("county-hook",)
    given = {"street": f"{street(number)} Street", "reason": "water main break"}
    facts = read_kind(kind("road-closure"), given, Reading(house.clock(), house.settings.department.zone))
    return house.publisher.decide(Request(facts, ("en",), "chief", "chaos"), house.targets(names))


if __name__ == "__main__":
    main()
