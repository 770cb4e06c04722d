"""How the store stands, for whoever watches: few questions, each answered by what is still open alone."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from notifier.clock import from_micros, to_micros
from notifier.retry import FINAL, MOVES, State
from notifier.store.database import Row, Session

OPEN: tuple[State, ...] = tuple(state for state in MOVES if state not in FINAL)
"""The states of a delivery that is not final."""


@dataclass(frozen=True)
class FeedHealth:
    """A feed: seconds since it was last read, None: never; and why it cannot be read now."""

    name: str
    age: float | None
    failure: str | None


@dataclass(frozen=True)
class Process:
    """A process that said it carries out a role."""

    owner: str
    role: str
    pid: int
    started: datetime


@dataclass(frozen=True)
class Health:
    """How one department's part of the store stands at a moment."""

    at: datetime
    open: Mapping[tuple[str, str], int]
    """How many deliveries are not final, by channel and state."""
    overdue: Mapping[str, float]
    """Seconds since the oldest delivery, or look-up, of a channel was due; only of channels where one is."""
    unknown: Mapping[str, int]
    """How many deliveries of a channel may have gone out, where only a person can say so."""
    stopped: Mapping[str, str]
    """The stopped channels, and why."""
    feeds: tuple[FeedHealth, ...]
    processes: tuple[Process, ...]


def health(session: Session, department: str, now: datetime, at_work: Iterable[Row]) -> Health:
    """Read how a department's part stands; at_work: the rows of its living processes."""
    rows = session.all("open_deliveries", department=department)
    accounts = session.all("accounts", department=department)
    return Health(
        at=now,
        open={(row["channel"], row["state"]): row["count"] for row in rows},
        overdue=_overdue(rows, to_micros(now)),
        unknown=_unknown(rows),
        stopped={row["channel"]: row["stopped"] for row in accounts if row["stopped"] is not None},
        feeds=tuple(_feed(row, now) for row in session.all("all_feeds", department=department)),
        processes=tuple(_process(row) for row in at_work),
    )


def _overdue(rows: list[Row], now: int) -> dict[str, float]:
    seconds: dict[str, float] = {}
    for row in rows:
        if row["state"] in ("due", "unknown") and row["due"] is not None and row["due"] <= now:
            late = (now - row["due"]) / 1_000_000
            seconds[row["channel"]] = max(late, seconds.get(row["channel"], 0.0))
    return seconds


def _unknown(rows: list[Row]) -> dict[str, int]:
    """Count what is unknown and will not be looked up again: it has no time."""
    waiting = {row["channel"]: row["count"] - row["timed"] for row in rows if row["state"] == "unknown"}
    return {channel: count for channel, count in waiting.items() if count}


def _feed(row: Row, now: datetime) -> FeedHealth:
    succeeded = row["succeeded"]
    # A clock that was set back must not make a feed fresher than fresh.
    age = None if succeeded is None else max(0.0, (now - from_micros(succeeded)).total_seconds())
    return FeedHealth(row["name"], age, row["failure"])


def _process(row: Row) -> Process:
    return Process(row["owner"], row["role"], row["pid"], from_micros(row["started"]))
