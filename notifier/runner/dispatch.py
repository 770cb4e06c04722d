"""What every runner does with what is due: claim as much as there is room for, deliver all of it at once."""

import queue
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Executor

from notifier.circuit import Terms
from notifier.deliver import MOST_THREADS, Deliverer, End
from notifier.store import Store
from notifier.store.claiming import MOST_AT_ONCE

GATHERING = 0.004
"""Seconds for which ends are gathered before the next claim: a claim for each end would cost more than it wins."""


class Dispatch:
    """Deliveries under way in one thread's care; each runs in a thread of the pool."""

    def __init__(self, store: Store, deliverer: Deliverer, pool: Executor) -> None:
        self._store = store
        self._deliverer = deliverer
        self._pool = pool
        # No threading.Event: a signal's handler that interrupts its wait() would wait for itself. SimpleQueue is
        # reentrant.
        self._bells: queue.SimpleQueue[End | None] = queue.SimpleQueue()
        self.under_way = 0

    def begin_due(self, terms: Mapping[str, Terms]) -> int:
        """Claim what is due on these accounts and begin to deliver it; answers how many."""
        free = min(MOST_THREADS - self.under_way, MOST_AT_ONCE)
        claims = self._store.claim(terms, most=free) if free > 0 else []
        self.under_way += len(claims)
        self._deliverer.begin(claims, self._pool, self._bells.put)
        return len(claims)

    def serve(self, terms: Mapping[str, Terms], is_stopping: Callable[[], bool]) -> int:
        """Deliver until nothing is due now on these accounts, or told to stop; answers how many."""
        count = 0
        while not is_stopping():
            begun = self.begin_due(terms)
            count += begun
            if begun == 0 and self.under_way == 0:
                break
            self.rest(1.0)
        self.end()
        return count

    def end(self) -> None:
        """Wait for everything that is under way."""
        while self.under_way:
            self.rest(1.0)

    def rest(self, seconds: float) -> None:
        """Wait until a delivery ends, someone rings or the time is up; raise what a delivery could not record."""
        try:
            self._hear(self._bells.get(timeout=seconds))
            until = time.monotonic() + GATHERING
            while self.under_way:
                left = until - time.monotonic()
                self._hear(self._bells.get(timeout=left) if left > 0 else self._bells.get_nowait())
        except queue.Empty:
            return

    def ring(self) -> None:
        """End a rest; may be called from a signal's handler."""
        self._bells.put(None)

    def _hear(self, bell: End | None) -> None:
        if bell is not None:
            self.under_way -= 1
            self._deliverer.hear(bell)
