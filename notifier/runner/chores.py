"""What a runner does again and again beside delivering: feeds to poll, channels to keep, alarms to tell."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

UPKEEP_EVERY = timedelta(seconds=30)
log = logging.getLogger("notifier.run")


@dataclass
class Chore:
    """Something to do again and again; `last` None: never done."""

    name: str
    every: timedelta
    act: Callable[[], None]
    last: datetime | None = None

    def due(self, now: datetime) -> bool:
        """Whether it is time; a clock that was set back makes it due, never late for ever."""
        return self.last is None or now - self.last >= self.every or now < self.last


def do(chore: Chore) -> None:
    """Do a chore; its mistake must not end the others, as a channel's must not end the fan-out."""
    try:
        chore.act()
    except Exception:
        log.exception("%s broke down; it is done again at its time", chore.name)
