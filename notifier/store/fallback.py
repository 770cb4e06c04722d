"""What becomes of news whose channel stays down for longer than it can wait: another channel, or a person's hands."""

from datetime import datetime

from notifier.channel import HAND_OFF
from notifier.clock import to_micros
from notifier.handing_over import by_hand
from notifier.retry import Next
from notifier.store import alarms
from notifier.store.database import Row, Session
from notifier.store.outbox import move


def fall_back(session: Session, department: str, now: datetime) -> int:
    """Let go by their fallback the deliveries that have waited long enough for a channel that is down; how many."""
    rows = session.all("out_of_patience", department=department, now=to_micros(now))
    return sum(
        _to_hand(session, row, now) if row["fallback"] == HAND_OFF else _to_spare(session, row, now) for row in rows
    )


def _to_hand(session: Session, row: Row, now: datetime) -> bool:
    notification, channel = row["notification"], row["channel"]
    look = " (the answer of an attempt was lost: look first whether it is there)" if row["doubted"] else ""
    because = f"{channel} is down{look}"
    return move(session, row, by_hand(notification, channel, None, now, because=because), now)


def _to_spare(session: Session, row: Row, now: datetime) -> bool:
    """Send by the channel that stands by, and keep the one that is down from sending it late beside that."""
    channel, spare = row["channel"], row["fallback"]
    names = ("department", "notification", "revision", "language")
    place = {name: row[name] for name in names}
    standbys = session.all("standbys_on", **place, channel=spare)
    if not standbys or session.one("perhaps_out", **place, channel=channel) is not None:
        return False  # it, a part of it, or another recipient's may be read already
    for standby in standbys:
        if standby["state"] == "held":
            move(session, standby, Next("due", now, f"in place of {channel}, which stayed down"), now)
    raised = alarms.went_by_fallback(row["notification"], channel, spare)
    alarms.raise_alarm(session, row["department"], raised, now)
    return move(session, row, Next("cancelled", None, f"{channel} stayed down; it goes out on {spare}"), now)
