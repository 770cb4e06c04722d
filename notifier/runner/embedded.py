"""`notify run` on one machine: a small loop that takes over, delivers what is due, polls the feeds, keeps the site."""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from notifier.clock import Clock
from notifier.deliver import MOST_THREADS, Deliverer
from notifier.errors import StoreError
from notifier.runner.chores import Chore, do
from notifier.runner.dispatch import LONGEST_END, LONGEST_NAP, Dispatch, nap
from notifier.store import Store

AFTER_FAILURE = 5.0
"""Seconds until the store is asked again after it could not be read."""
TAKE_OVER_EVERY = timedelta(seconds=5)
log = logging.getLogger("notifier.run")


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
        self._deliverer = deliverer
        self._chores = chores
        self._clock = clock
        self._beat = beat
        self._is_stopping = False
        self._pool = ThreadPoolExecutor(MOST_THREADS, thread_name_prefix="deliver")
        self._dispatch = Dispatch(store, deliverer, self._pool, clock)

    def stop(self) -> None:
        """Finish what is in flight, then end; may be called from a signal's handler."""
        self._is_stopping = True
        self._dispatch.stop()

    def once(self) -> int:
        """Take over, deliver what is due, do every chore, deliver what that brought; answers how many."""
        self._dispatch.look_over()
        count = self._serve()
        for chore in self._chores:
            if not self._is_stopping:
                do(chore)
        return count + self._serve()

    def _serve(self) -> int:
        return self._dispatch.serve(self._deliverer.terms, lambda: self._is_stopping)

    def forever(self) -> None:
        """Deliver and do the chores until stopped; StoreError when an outcome could not be written.

        It ends then, because only a new process takes over what this one left half done.
        """
        chores = [threading.Thread(target=self._repeat, args=[c], name=c.name, daemon=True) for c in self._chores]
        for chore in chores:
            chore.start()
        try:
            with self._pool:
                self._loop()
                self._dispatch.end()
        finally:
            self._is_stopping = True
            deadline = time.monotonic() + LONGEST_END
            for chore in chores:
                chore.join(max(0.0, deadline - time.monotonic()))

    def _loop(self) -> None:
        taken_over: datetime | None = None
        while not self._is_stopping:
            self._beat()
            now = self._clock()
            try:
                if taken_over is None or now - taken_over >= TAKE_OVER_EVERY or now < taken_over:
                    self._dispatch.look_over()
                    taken_over = now
                terms = self._deliverer.terms
                rest = 0.0 if self._dispatch.begin_due(terms) else nap(self._dispatch.due_in(terms))
            except StoreError as failure:
                log.error("%s", failure)
                rest = AFTER_FAILURE
            self._dispatch.rest(rest)

    def _repeat(self, chore: Chore) -> None:
        while not self._is_stopping:
            now = self._clock()
            if chore.due(now):
                chore.last = now
                do(chore)
            time.sleep(LONGEST_NAP)
