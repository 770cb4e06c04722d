"""`notify run` on one machine: a small loop that takes over, delivers what is due, polls the feeds, keeps the site."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from notifier.clock import Clock
from notifier.deliver import Deliverer
from notifier.store import Store

LONGEST_NAP = timedelta(seconds=0.5)
"""Between looks at the outbox: another process may have put something there."""
UPKEEP_EVERY = timedelta(seconds=30)
TAKE_OVER_EVERY = timedelta(seconds=5)


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


class EmbeddedRunner:
    """Delivers for one store until it is told to stop.

    chores: feeds to poll and channels to keep, each on its own interval. They run in their own thread, so that a slow
    feed never delays a delivery.
    """

    def __init__(self, store: Store, deliverer: Deliverer, chores: list[Chore], clock: Clock) -> None:
        self._store = store
        self._deliverer = deliverer
        self._chores = chores
        self._clock = clock
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Finish what is in flight, then end."""
        self._stopping.set()

    def once(self) -> int:
        """Take over what dead processes left, do every chore once, deliver until nothing is due now; answers how many."""
        self._deliverer.take_over()
        for chore in self._chores:
            chore.act()
        count = 0
        while not self._stopping.is_set() and (claims := self._store.claim(self._deliverer.paces)):
            self._deliverer.deliver(claims)
            count += len(claims)
        return count

    def forever(self) -> None:
        """Deliver and do the chores until stopped."""
        worker = threading.Thread(target=self._do_chores, name="chores", daemon=True)
        worker.start()
        taken_over: datetime | None = None
        while not self._stopping.is_set():
            now = self._clock()
            if taken_over is None or now - taken_over >= TAKE_OVER_EVERY or now < taken_over:
                self._deliverer.take_over()
                taken_over = now
            claims = self._store.claim(self._deliverer.paces)
            if claims:
                self._deliverer.deliver(claims)
            else:
                self._stopping.wait(self._nap().total_seconds())
        worker.join(timeout=30)

    def _nap(self) -> timedelta:
        due = self._store.next_due()
        if due is None:
            return LONGEST_NAP
        return min(max(due - self._clock(), timedelta(milliseconds=20)), LONGEST_NAP)

    def _do_chores(self) -> None:
        while not self._stopping.is_set():
            for chore in self._chores:
                now = self._clock()
                if chore.due(now):
                    chore.last = now
                    chore.act()
            self._stopping.wait(LONGEST_NAP.total_seconds())
