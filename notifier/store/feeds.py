"""What is known of a feed, and what was decided of each of its alerts."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from notifier.clock import Clock, to_micros
from notifier.store import alarms
from notifier.store.archive import SYSTEM, append
from notifier.store.database import Database, Row, Session


class FeedMemory:
    """What is known of the feeds of one department."""

    def __init__(self, database: Database, department: str, clock: Clock) -> None:
        self._database = database
        self._department = department
        self._clock = clock

    def known(self, name: str) -> Row | None:
        """What is known of a feed: its validators, when it was last read, why it failed."""
        return self._database.query(lambda s: s.one("feed", department=self._department, name=name))

    def checked(self, name: str, *, etag: str | None, last_modified: str | None, failure: str | None = None) -> None:
        """Record that a feed was asked, and with what success; a change between failing and not is an event."""
        now, said = self._clock(), {"etag": etag, "last_modified": last_modified, "failure": failure}
        self._database.write(lambda s: checked(s, self._department, name, now, **said))

    def told(self, feed: str, source_id: str) -> list[Row]:
        """What was decided of an alert of a feed before, for each event that it tells of."""
        place = {"department": self._department, "feed": feed}
        return self._database.query(lambda s: s.all("told", **place, source_id=source_id))

    def told_event(self, feed: str, event_key: str) -> Row | None:
        """The last notification that told of an event of a feed."""
        place = {"department": self._department, "feed": feed}
        return self._database.query(lambda s: s.one("told_event", **place, event_key=event_key))

    def told_lately(self, feed: str, most: int = 50) -> list[Row]:
        """What was decided of a feed's alerts lately."""
        place = {"department": self._department, "feed": feed}
        return self._database.query(lambda s: s.all("told_lately", **place, most=most))


# --- within one transaction -------------------------------------------------------------------------------------------


def checked(
    session: Session,
    department: str,
    name: str,
    now: datetime,
    *,
    etag: str | None,
    last_modified: str | None,
    failure: str | None,
) -> None:
    """Record that a feed was asked, and with what success; a change between failing and not is an event."""
    before = session.one("feed", department=department, name=name)
    session.run(
        "feed_checked",
        department=department,
        name=name,
        etag=etag,
        last_modified=last_modified,
        now=to_micros(now),
        succeeded=None if failure else to_micros(now),
        failure=failure,
    )
    if (before["failure"] if before else None) != failure:
        type_ = "unavailable" if failure else "available"
        append(session, department, f"feed:{name}", type_, SYSTEM, now, {"feed": name, "reason": failure})
        if failure is None:
            alarms.clear_alarm(session, department, alarms.feed_key(name), now)
        else:
            alarms.raise_alarm(session, department, alarms.feed_unavailable(name, failure), now)


def tell(session: Session, department: str, feed: str, told: Mapping[str, Any], now: datetime) -> None:
    """Record a decision on an alert. told: source_id, event, event_keys, decision, reason, headline, notification."""
    alert = {"department": department, "feed": feed, "source_id": told["source_id"], "event": told["event"]}
    for key in told["event_keys"]:
        session.run("tell_key", **alert, event_key=key)
    decided = {name: told[name] for name in ("decision", "reason", "headline", "notification")}
    session.run("tell", **alert, **decided, now=to_micros(now))
    append(session, department, f"feed:{feed}", "decided", SYSTEM, now, dict(told))
