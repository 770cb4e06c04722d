"""The time, passed in wherever it matters, so that a test can say what time it is."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]
"""Answers the present moment, aware, in UTC."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def system_clock() -> datetime:
    """Answer the present moment in UTC."""
    return datetime.now(UTC)


def _ticks() -> float:
    # Seconds since the machine was started, its sleep counted; no setting of the clock moves them.
    return time.clock_gettime(time.CLOCK_BOOTTIME if hasattr(time, "CLOCK_BOOTTIME") else time.CLOCK_MONOTONIC)


class SteadyClock:
    """The time of one process, which no jump of the machine's clock moves at once.

    A clock that somebody sets, or that time servers correct, would let waits end too early or too late. What it says
    then is believed when it has said so for `patience` seconds. wall: the machine's clock. ticks: seconds from any
    moment on, which never jump.
    """

    def __init__(self, wall: Clock = system_clock, ticks: Callable[[], float] = _ticks, patience: float = 60.0) -> None:
        self._wall, self._ticks, self._patience = wall, ticks, patience
        self._anchor = wall(), ticks()
        self._is_followed = False
        self._doubted: tuple[timedelta, float] | None = None
        """By how much the machine's clock went away, and since when (ticks)."""

    def __call__(self) -> datetime:
        """Answer the present moment in UTC."""
        at, ticks = self._anchor
        now_ticks = self._ticks()
        now = at + timedelta(seconds=now_ticks - ticks)
        if not self._is_followed:
            self._listen(self._wall() - now, now, now_ticks)
        return now

    def follow(self, now: datetime) -> None:
        """Go by another clock from now on: the database server's, which all machines share."""
        self._anchor, self._is_followed = (now, self._ticks()), True

    def _listen(self, away: timedelta, now: datetime, ticks: float) -> None:
        if abs(away) < _TOLERATED:
            self._doubted = None
        elif self._doubted is None or abs(away - self._doubted[0]) > _TOLERATED:
            self._doubted = away, ticks
        elif ticks - self._doubted[1] >= self._patience:
            self._anchor, self._doubted = (now + away, ticks), None


_TOLERATED = timedelta(seconds=1)


def to_micros(moment: datetime) -> int:
    """Turn an aware moment into integer microseconds since 1970 UTC, as the store keeps times."""
    return (moment - _EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """Turn the store's integer microseconds into an aware moment in UTC."""
    return _EPOCH + timedelta(microseconds=micros)


def micros_if(moment: datetime | None) -> int | None:
    """Turn a moment into microseconds, where there is one."""
    return None if moment is None else to_micros(moment)


def moment_if(micros: int | None) -> datetime | None:
    """Turn microseconds into a moment, where there are any."""
    return None if micros is None else from_micros(micros)


def iso(moment: datetime) -> str:
    """Write an aware moment as ISO 8601 with whole seconds and its offset."""
    return moment.isoformat(timespec="seconds")
