"""What somebody must hear of: raised with what caused it, told until it was heard, open until it is over."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from notifier.clock import Clock, moment_if, to_micros
from notifier.retry import backoff
from notifier.store.archive import SYSTEM, append
from notifier.store.database import Database, Row, Session

TELLING = timedelta(seconds=60)
"""How long an alarm that is being told is left alone by every other process."""

FEED_WAITS = timedelta(minutes=5)
"""A feed that misses a poll or two is nobody's alarm."""


@dataclass(frozen=True)
class Raised:
    """An alarm to raise: one of a key is open at a time."""

    key: str
    subject: str
    body: str
    wait: timedelta = timedelta()
    """How long it must stay open until somebody is told."""


@dataclass(frozen=True)
class Alarm:
    """An alarm as the store knows it."""

    id: int
    key: str
    subject: str
    body: str
    raised: datetime
    cleared: datetime | None
    told: datetime | None
    attempts: int
    detail: str | None

    @classmethod
    def of(cls, row: Row) -> "Alarm":
        """Read an alarm's row."""
        values = {name: row[name] for name in ("id", "key", "subject", "body", "attempts", "detail")}
        for name in ("raised", "cleared", "told"):
            values[name] = moment_if(row[name])
        return cls(**values)


class Alarms:
    """The alarms of one department."""

    def __init__(self, database: Database, department: str, clock: Clock) -> None:
        self._database = database
        self._department = department
        self._clock = clock

    def open(self) -> list[Alarm]:
        """What is not over, the oldest first."""
        rows = self._database.query(lambda s: s.all("open_alarms", department=self._department))
        return [Alarm.of(row) for row in rows]

    def raise_(self, raised: Raised) -> None:
        """Raise an alarm, unless one of its key is open."""
        now = self._clock()
        self._database.write(lambda s: raise_alarm(s, self._department, raised, now))

    def clear(self, key: str) -> None:
        """Say that it is over."""
        now = self._clock()
        if self._database.query(lambda s: s.one("open_alarm", department=self._department, key=key)):
            self._database.write(lambda s: clear_alarm(s, self._department, key, now))

    def take_untold(self) -> list[Alarm]:
        """Take what nobody was told of yet; other processes leave these alone for a minute."""
        now = self._clock()
        due: Callable[[Session], list[Row]] = lambda s: s.all(  # noqa: E731
            "alarms_due", department=self._department, now=to_micros(now)
        )
        if not self._database.query(due):
            return []

        def change(session: Session) -> list[Row]:
            rows = due(session)
            later = to_micros(now + TELLING)
            session.each("postpone_alarm", [{"id": row["id"], "due": later} for row in rows])
            return rows

        return [Alarm.of(row) for row in self._database.write(change)]

    def told(self, alarm: Alarm, failure: str | None) -> None:
        """Record that somebody was told, or why that failed; then it is tried again."""
        now = self._clock()
        due = None if failure is None else to_micros(now + backoff(alarm.attempts + 1))
        data = {"key": alarm.key, "subject": alarm.subject, "failure": failure}

        def change(session: Session) -> None:
            session.run("alarm_told", id=alarm.id, told=None if failure else to_micros(now), due=due, detail=failure)
            append(session, self._department, "alarms", "untold" if failure else "told", SYSTEM, now, data)

        self._database.write(change)


def raise_alarm(session: Session, department: str, raised: Raised, now: datetime) -> None:
    """Raise an alarm in the transaction of its cause, unless one of its key is open."""
    if session.one("open_alarm", department=department, key=raised.key) is not None:
        return
    micros = to_micros(now)
    values = {"department": department, "key": raised.key, "subject": raised.subject, "body": raised.body}
    session.run("raise_alarm", **values, raised=micros, due=to_micros(now + raised.wait))
    append(session, department, "alarms", "raised", SYSTEM, now, {"key": raised.key, "subject": raised.subject})


def clear_alarm(session: Session, department: str, key: str, now: datetime) -> None:
    """Say that what an alarm told of is over; what nobody was told of is not told any more."""
    if session.run("clear_alarm", department=department, key=key, cleared=to_micros(now)):
        append(session, department, "alarms", "cleared", SYSTEM, now, {"key": key})


# --- what each is known by: one of a key is open ----------------------------------------------------------------------


def stopped_key(channel: str) -> str:
    """The alarm of a dead credential."""
    return f"stopped:{channel}"


def down_key(channel: str) -> str:
    """The alarm of a service that is down."""
    return f"down:{channel}"


def delivery_key(notification: str, channel: str, state: str) -> str:
    """The alarm of a delivery that needs a person because of its state."""
    return f"{state}:{notification}:{channel}"


def overdue_key(notification: str, channel: str) -> str:
    """The alarm of a hand-off that nobody has done in time."""
    return f"overdue:{notification}:{channel}"


def feed_key(feed: str) -> str:
    """The alarm of a feed that cannot be read."""
    return f"feed:{feed}"


# --- what is raised, in words -----------------------------------------------------------------------------------------


def channel_stopped(channel: str, reason: str) -> Raised:
    """The credential of a channel is dead."""
    return Raised(
        stopped_key(channel),
        f"{channel} is stopped: its credential was refused",
        f"{reason}. Nothing goes out on {channel} until somebody mends it; what is due there is kept."
        f" Mend the credential, then run: notify retry --channel {channel}",
    )


def channel_down(channel: str, reason: str) -> Raised:
    """The service of a channel fails again and again."""
    return Raised(
        down_key(channel),
        f"{channel} is down",
        f"{reason}. It is asked again from time to time, and what is due there goes out when it answers."
        " To see what waits, run: notify status",
    )


def needs_a_person(notification: str, channel: str, state: str, detail: str | None) -> Raised:
    """A delivery failed, expired or can be decided only by a person."""
    return Raised(
        delivery_key(notification, channel, state),
        f"{notification} on {channel}: {state.replace('_', ' ')}",
        f"{detail or 'No reason was given'}. To see it, run: notify status {notification}",
    )


def overdue(notification: str, channel: str, detail: str | None) -> Raised:
    """Nobody has posted by hand, or taken away, what was handed over."""
    return Raised(
        overdue_key(notification, channel),
        f"{notification} on {channel} still waits for somebody",
        f"{detail or 'It is to be done by hand'}. If it cannot be done: notify confirm {notification} {channel}"
        " --failed REASON",
    )


def went_by_fallback(notification: str, channel: str, spare: str) -> Raised:
    """News goes out on the channel that stood by."""
    return Raised(
        f"fallback:{notification}:{channel}",
        f"{notification} goes out on {spare} instead of {channel}",
        f"{channel} stayed down for longer than it could wait. To see it, run: notify status {notification}",
    )


def feed_unavailable(feed: str, reason: str) -> Raised:
    """A feed cannot be read."""
    return Raised(
        feed_key(feed),
        f"the feed {feed} cannot be read",
        f"{reason}. Its warnings do not go out by themselves until it answers; look at the source yourself.",
        wait=FEED_WAITS,
    )
