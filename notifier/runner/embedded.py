"""`notify run` on one machine: a small loop that takes over, delivers what is due, polls the feeds, keeps the site."""

import logging
import queue
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from notifier.clock import Clock
from notifier.deliver import MOST_THREADS, Deliverer
from notifier.errors import StoreError
from notifier.store import Claim, Store

LONGEST_NAP = timedelta(seconds=0.5)
"""Between looks at the outbox: another process may have put something there."""
SHORTEST_NAP = timedelta(milliseconds=20)
AFTER_FAILURE = 5.0
"""Seconds until the store is asked again after it could not be read."""
LONGEST_END = 30.0
"""Seconds that a chore has to end in when the runner is stopped."""
UPKEEP_EVERY = timedelta(seconds=30)
TAKE_OVER_EVERY = timedelta(seconds=5)
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


class EmbeddedRunner:
    """Delivers for one store until it is told to stop.

    chores: feeds to poll and channels to keep, each on its own interval. Each chore and each delivery runs in its own
    thread, so that a slow feed delays no other and no delivery, and a slow channel delays no other channel's. beat:
    called at each turn of the loop, for whoever watches it.
    """

    def __init__(
        self,
        store: Store,
        deliverer: Deliverer,
        chores: list[Chore],
        clock: Clock,
        beat: Callable[[], None] = lambda: None,
    ) -> None:
        self._store = store
        self._deliverer = deliverer
        self._chores = chores
        self._clock = clock
        self._beat = beat
        self._is_stopping = False
        self._bells: queue.SimpleQueue[tuple[str, Future[None]] | None] = queue.SimpleQueue()
        self._under_way: Counter[str] = Counter()

    def stop(self) -> None:
        """Finish what is in flight, then end; may be called from a signal's handler."""
        # No threading.Event: a handler that interrupts its wait() would wait for itself. SimpleQueue is reentrant.
        self._is_stopping = True
        self._deliverer.stop()
        self._bells.put(None)

    def once(self) -> int:
        """Take over, deliver what is due, do every chore, deliver what that brought; answers how many."""
        self._deliverer.take_over()
        count = self._deliver_due()
        for chore in self._chores:
            if not self._is_stopping:
                _do(chore)
        return count + self._deliver_due()

    def _deliver_due(self) -> int:
        count = 0
        while not self._is_stopping and (claims := self._store.claim(self._deliverer.paces)):
            self._deliverer.deliver(claims)
            count += len(claims)
        return count

    def forever(self) -> None:
        """Deliver and do the chores until stopped; StoreError when an outcome could not be written.

        It ends then, because only a new process takes over what this one left half done.
        """
        chores = [threading.Thread(target=self._repeat, args=[c], name=c.name, daemon=True) for c in self._chores]
        for chore in chores:
            chore.start()
        try:
            # Its end waits for what is in flight.
            with ThreadPoolExecutor(MOST_THREADS, thread_name_prefix="deliver") as pool:
                self._dispatch(pool)
            self._rest(0)
        finally:
            self._is_stopping = True
            deadline = time.monotonic() + LONGEST_END
            for chore in chores:
                chore.join(max(0.0, deadline - time.monotonic()))

    def _dispatch(self, pool: ThreadPoolExecutor) -> None:
        taken_over: datetime | None = None
        while not self._is_stopping:
            self._beat()
            now = self._clock()
            try:
                if taken_over is None or now - taken_over >= TAKE_OVER_EVERY or now < taken_over:
                    self._deliverer.take_over()
                    taken_over = now
                room = self._deliverer.room(self._under_way)
                claims = self._claim(room)
                nap = 0.0 if claims else self._nap(room)
            except StoreError as failure:
                log.error("%s", failure)
                claims, nap = [], AFTER_FAILURE
            for claim in claims:
                self._begin(pool, claim)
            self._rest(nap)

    def _claim(self, room: dict[str, int]) -> list[Claim]:
        paces = {name: pace for name, pace in self._deliverer.paces.items() if room[name] > 0}
        return self._store.claim(paces, room=room) if paces else []

    def _begin(self, pool: ThreadPoolExecutor, claim: Claim) -> None:
        self._under_way[claim.channel] += 1
        future = pool.submit(self._deliverer.deliver, [claim])
        future.add_done_callback(lambda done: self._bells.put((claim.channel, done)))

    def _rest(self, seconds: float) -> None:
        """Wait until a delivery ends, someone stops us or the time is up; raise what a delivery could not record."""
        try:
            bell = self._bells.get(timeout=seconds)
            while True:
                if bell is not None:
                    channel, future = bell
                    self._under_way[channel] -= 1
                    future.result()
                bell = self._bells.get_nowait()
        except queue.Empty:
            return

    def _nap(self, room: dict[str, int]) -> float:
        """How long nothing is due, in seconds; what is due and was not claimed waits for something else."""
        due = self._store.next_due(accounts=[name for name, free in room.items() if free > 0])
        wait = LONGEST_NAP if due is None or due <= self._clock() else min(due - self._clock(), LONGEST_NAP)
        return max(wait, SHORTEST_NAP).total_seconds()

    def _repeat(self, chore: Chore) -> None:
        while not self._is_stopping:
            now = self._clock()
            if chore.due(now):
                chore.last = now
                _do(chore)
            time.sleep(LONGEST_NAP.total_seconds())


def _do(chore: Chore) -> None:
    """Do a chore; its mistake must not end the others, as a channel's must not end the fan-out."""
    try:
        chore.act()
    except Exception:
        log.exception("%s broke down; it is done again at its time", chore.name)
