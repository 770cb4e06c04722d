"""The time, passed in wherever it matters, so that a test can say what time it is."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]
"""Answers the present moment, aware, in UTC."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def system_clock() -> datetime:
    """Answer the present moment in UTC."""
    return datetime.now(UTC)


def to_micros(moment: datetime) -> int:
    """Turn an aware moment into integer microseconds since 1970 UTC, as the store keeps times."""
    return (moment - _EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """Turn the store's integer microseconds into an aware moment in UTC."""
    return _EPOCH + timedelta(microseconds=micros)


def iso(moment: datetime) -> str:
    """Write an aware moment as ISO 8601 with whole seconds and its offset."""
    return moment.isoformat(timespec="seconds")
