"""The runner's pulse: its loop beats once a turn, and whoever asks whether the runner lives is told by that alone."""

import time
from collections.abc import Callable
from datetime import datetime

from notifier.clock import Clock

LONGEST_SILENCE = 30.0
"""Seconds without a turn after which the loop counts as hung; a store that is locked costs it some fifteen."""


class Pulse:
    """How often the loop has turned, and when last.

    clock: of the time that is told. steady: seconds that no change of the clock moves. A runner that is ending turns no
    more, and is no dead one: it waits for what is in flight, and whoever stopped it sets that a limit.
    """

    def __init__(self, clock: Clock, steady: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._steady = steady
        self.started = clock()
        self.is_stopping = False
        self.beats = 0
        self._last = (self.started, steady())

    def beat(self) -> None:
        """Say that the loop turns; called by the loop itself, at the beginning of each turn."""
        self._last = (self._clock(), self._steady())
        self.beats += 1

    def stop(self) -> None:
        """Say that the runner is ending; may be called from a signal's handler."""
        self.is_stopping = True

    @property
    def last(self) -> datetime:
        """When the loop turned last; before its first turn, when the runner started."""
        return self._last[0]

    @property
    def silence(self) -> float:
        """Seconds since the loop turned last."""
        return self._steady() - self._last[1]

    @property
    def is_alive(self) -> bool:
        """Whether the loop turns, or the runner is ending in good order."""
        return self.is_stopping or self.silence <= LONGEST_SILENCE
