"""What every runner does with what is due: claim as much as there is room for, deliver all of it at once."""

import queue
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Executor

from notifier.circuit import Terms
from notifier.clock import Clock
from notifier.deliver import MOST_THREADS, Deliverer, End
from notifier.store import Store
from notifier.store.claiming import MOST_AT_ONCE

LONGEST_NAP, SHORTEST_NAP = 0.5, 0.02
"""Seconds between looks at the outbox: another process may have put something there."""
LONGEST_END = 30.0
"""Seconds that what can be broken off has to end in when a runner is stopped."""
GATHERING = 0.004
"""Seconds for which ends are gathered before the next claim: a claim for each end would cost more than it wins."""


class Dispatch:
    """Deliveries under way in one thread's care; each runs in a thread of the pool."""

    def __init__(self, store: Store, deliverer: Deliverer, pool: Executor, clock: Clock) -> None:
        self._store = store
        self._deliverer = deliverer
        self._pool = pool
        self._clock = clock
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

    def look_over(self) -> None:
        """Take over what dead processes left, and let old news and what waited long enough go their way."""
        self._deliverer.take_over()
        self._store.tidy()

    def stop(self) -> None:
        """Begin nothing more, and end a rest; may be called from a signal's handler."""
        self._deliverer.patience = min(self._deliverer.patience, LONGEST_END)
        self._deliverer.stop()
        self._bells.put(None)

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

    def due_in(self, terms: Mapping[str, Terms]) -> float | None:
        """Seconds until something is due on these accounts; None where nothing is."""
        due = self._store.next_due(terms)
        return None if due is None else (due - self._clock()).total_seconds()

    def ring(self) -> None:
        """End a rest; may be called from a signal's handler."""
        self._bells.put(None)

    def _hear(self, bell: End | None) -> None:
        if bell is not None:
            self.under_way -= 1
            self._deliverer.hear(bell)


def nap(due_in: float | None) -> float:
    """How long nothing is due, in seconds; what is due and was not claimed waits for something else."""
    return LONGEST_NAP if due_in is None or due_in <= 0 else min(max(due_in, SHORTEST_NAP), LONGEST_NAP)
