"""Taking a notification back: what has not gone out is cancelled, what did or may have is to be taken down.

Each function runs inside one transaction.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from notifier.clock import to_micros
from notifier.retry import Next
from notifier.store import outbox
from notifier.store.approvals import close_emptied
from notifier.store.archive import Actor, append
from notifier.store.database import Row, Session
from notifier.store.outbox import delivery_identity

Means = Literal["program", "person"]
"""Who can take a post away: the channel itself, or somebody by hand."""

LONGEST_TRYING = timedelta(days=30)
"""How long a post is tried to be taken down: it is never old news that it must go."""
_URGENT = 0
_WITHIN_REACH = frozenset({"claimed", "sending", "unknown", "delivered"})


@dataclass(frozen=True)
class Withdrawal:
    """What became of it: deliveries that were cancelled, that are to be taken down, and that nobody can take back."""

    cancelled: int
    to_take_down: int
    beyond_reach: tuple[Row, ...]


def withdraw(
    session: Session,
    department: str,
    notification: str,
    means: Mapping[str, Means],
    actor: Actor,
    reason: str | None,
    now: datetime,
) -> Withdrawal:
    """Cancel what has not gone out, order to take down what did or may have, and name what nobody can take back."""
    rows = session.all("deliveries_of", department=department, notification=notification)
    cancelled, beyond, down = 0, [], 0
    stood = [row for row in rows if row["operation"] != "withdraw"]
    for row in stood:
        if _is_waiting(row):
            cancelled += outbox.move(session, row, Next("cancelled", None, f"taken back by {actor.user}"), now, actor)
            continue
        if row["doubted"] and row["state"] in ("due", "held"):  # it is not tried again, and may be there
            words = f"taken back by {actor.user}; but the answer of an earlier attempt was lost"
            outbox.move(session, row, Next("unknown", None, f"{words}: look whether it is there"), now, actor)
        elif row["state"] not in _WITHIN_REACH:
            continue
        if row["channel"] not in means:
            beyond.append(row)
        elif session.one("withdrawal_of", target=str(row["id"])) is None:
            _order(session, row, now)
            down += 1
    close_emptied(session, department, {notification}, actor, now)
    session.run("set_notification_state", id=notification, department=department, state="withdrawn")
    data = {"reason": reason, "cancelled": cancelled, "beyond_reach": [delivery_identity(row) for row in beyond]}
    append(session, department, notification, "withdrawn", actor, now, data)
    return Withdrawal(cancelled, down, tuple(beyond))


def _is_waiting(row: Row) -> bool:
    """Whether it is known that nothing of a delivery is out."""
    return row["state"] == "awaiting_person" or (row["state"] in ("due", "held") and not row["doubted"])


def _order(session: Session, row: Row, now: datetime) -> None:
    """Order one post to be taken down, as soon as it is known what became of it."""
    names = "department notification revision channel language part recipient message identity"
    inserted = session.each(
        "insert_delivery",
        [
            {
                **{name: row[name] for name in names.split()},
                "operation": "withdraw",
                "state": "due",
                "due": to_micros(now),
                "expires": to_micros(now + LONGEST_TRYING),
                "priority": _URGENT,
                "hold": None,
                "detail": None,
                "fallback": None,
                "patience": None,
                "now": to_micros(now),
            }
        ],
    )
    id_ = inserted[0][0]["id"]
    session.run("aim_delivery", id=id_, target=str(row["id"]))
    session.each("insert_after", [{"delivery": id_, "after": row["id"]}])
    session.wake(row["department"], row["channel"], to_micros(now))
