"""What is known of a feed, and what was decided of each of its alerts; each function runs inside one transaction."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from notifier.clock import to_micros
from notifier.store.archive import SYSTEM, append
from notifier.store.sqlite import Session


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


def tell(session: Session, department: str, feed: str, told: Mapping[str, Any], now: datetime) -> None:
    """Record a decision on an alert. told: source_id, event, event_keys, decision, reason, headline, notification."""
    alert = {"department": department, "feed": feed, "source_id": told["source_id"], "event": told["event"]}
    for key in told["event_keys"]:
        session.run("tell_key", **alert, event_key=key)
    decided = {name: told[name] for name in ("decision", "reason", "headline", "notification")}
    session.run("tell", **alert, **decided, now=to_micros(now))
    append(session, department, f"feed:{feed}", "decided", SYSTEM, now, dict(told))
