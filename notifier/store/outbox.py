"""What is still to do: deliveries, and how one is moved as a person or the time demands.

Each function runs inside one transaction, with the archive event of what it records.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from notifier.clock import from_micros, micros_if, moment_if, to_micros
from notifier.retry import FINAL, MOVES, Next, State, in_doubt
from notifier.store import alarms
from notifier.store.archive import SYSTEM, Actor, append
from notifier.store.database import Row, Session

LEASE = timedelta(seconds=90)
"""How long another machine waits before it takes over; on this machine a dead process is known at once."""

LOOKING_UP = "lookup"
"""The `hold` of a claimed delivery whose last answer was lost: it is looked up, never sent again unlooked."""
PROBE = "probe"
"""The `hold` of a claimed delivery whose service counts as down: it is sent to see whether it is back."""
APPROVAL = "approval"
"""The `hold` of what somebody must approve: only `let_go` lets it go."""
STANDBY = "standby"
"""The `hold` of what goes out only if another channel stays down."""
OLD_NEWS = "it was old news before it could go out"


@dataclass(frozen=True)
class Claim:
    """A delivery in this process's hands."""

    id: int
    department: str
    notification: str
    revision: int
    operation: str
    channel: str
    language: str
    part: int
    recipient: str
    attempts: int
    expires: datetime
    message: str
    """SHA-256 of the message's JSON."""
    saved: str
    attempted: datetime | None
    looking_up: bool
    """The answer of the last attempt was lost: look before anything is sent."""
    doubted: bool = False
    """The answer of an earlier attempt was lost: it may be there, whatever a repeat is told."""
    is_probe: bool = False
    """Its service counts as down: it is sent to see whether it is back."""
    target: int | None = None
    """The delivery whose post it acts on: what it takes back, or the part of a thread before it."""
    text: bytes | None = field(default=None, repr=False, compare=False)
    """The message's JSON, where it was read with the claim."""

    @classmethod
    def of(cls, row: Row) -> "Claim":
        """Read a delivery's row as it is since it was claimed."""
        names = "id department notification revision operation channel language part recipient attempts message saved"
        values = {name: row[name] for name in names.split()}
        attempted = moment_if(row["attempted"])
        return cls(
            **values,
            expires=from_micros(row["expires"]),
            attempted=attempted,
            looking_up=row["hold"] == LOOKING_UP,
            doubted=bool(row["doubted"]),
            is_probe=row["hold"] == PROBE,
            target=None if row["target"] is None else int(row["target"]),
            text=as_bytes(row["text"]) if "text" in row else None,
        )

    def identity(self) -> dict[str, Any]:
        """What names this delivery in an event."""
        return delivery_identity(self.__dict__)


def as_bytes(body: object) -> bytes:
    """A content as it was stored, whatever the database calls it."""
    return body if isinstance(body, bytes) else str(body).encode()


def delivery_identity(row: Mapping[str, Any]) -> dict[str, Any]:
    """What names a delivery in an event: revision, operation, channel, language, part, recipient."""
    return {name: row[name] for name in ("revision", "operation", "channel", "language", "part", "recipient")}


def never_called_on(row: Mapping[str, Any]) -> bool:
    """Whether a delivery stands by for another, or did and was not needed."""
    waits = row["hold"] in (STANDBY, APPROVAL) or (row["state"] == "cancelled" and row["attempts"] == 0)
    return row["standby_for"] is not None and waits


def move(
    session: Session, row: Row, following: Next, now: datetime, actor: Actor = SYSTEM, url: str | None = None
) -> bool:
    """Move a delivery as a person or the time demands, with its event; False when it had moved meanwhile.

    url: where a person saw it.
    """
    due = micros_if(following.due)
    changed = set_state(session, row, following.state, now, due=due, detail=following.detail, hold=following.hold)
    if changed:
        if following.remind is not None:
            session.run("remind_delivery", id=row["id"], remind=to_micros(following.remind))
        data = {**delivery_identity(row), "was": row["state"], "state": following.state, "detail": following.detail}
        if url is not None:
            session.run("found_delivery", id=row["id"], url=url)
            data["url"] = url
        append(session, row["department"], row["notification"], "moved", actor, now, data)
        note_alarm(session, row, following, now)
        end_dependants(session, row, following.state, now)
    return changed


def let_go(session: Session, row: Row, following: Next, now: datetime, actor: Actor) -> None:
    """Let go a delivery that was held for approval, now that it is; something else may hold it still."""
    assert row["hold"] == APPROVAL  # noqa: S101 (whoever approved it looked for these)
    move(session, {**row, "hold": None}, following, now, actor)


def set_state(
    session: Session,
    row: Row,
    state: State,
    now: datetime,
    *,
    due: int | None = None,
    detail: str | None = None,
    hold: str | None = None,
    owner: str | None = None,
    lease: int | None = None,
) -> bool:
    """Write a delivery's state where the table of moves allows it; False when it had moved meanwhile."""
    was: State = row["state"]
    check_move(was, state)
    if row["hold"] == APPROVAL and state not in ("cancelled", "expired"):
        raise AssertionError("a delivery that is held for approval goes nowhere without it")
    if due is not None:
        session.wake(row["department"], row["channel"], due)
    return bool(
        session.run(
            "move_delivery",
            id=row["id"],
            was=was,
            was_owner=row["owner"] or "",
            state=state,
            due=due,
            hold=hold,
            detail=detail,
            owner=owner,
            lease=lease,
            now=to_micros(now),
        )
    )


def check_move(was: State, state: State) -> None:
    """Refuse a move that the table does not know."""
    if state != was and state not in MOVES[was]:
        raise AssertionError(f"a delivery that is {was} does not become {state}")


# --- what follows from where a delivery went --------------------------------------------------------------------------


def note_alarm(session: Session, row: Row, following: Next, now: datetime) -> None:
    """Raise an alarm where a delivery needs a person now, and end that of the state which it left."""
    department, notification, channel = row["department"], row["notification"], row["channel"]
    if row["state"] in ("unknown", "awaiting_person", "failed") and row["state"] != following.state:
        alarms.clear_alarm(session, department, alarms.delivery_key(notification, channel, row["state"]), now)
    if row["state"] == "awaiting_person":
        alarms.clear_alarm(session, department, alarms.overdue_key(notification, channel), now)
    waits = following.state in ("unknown", "awaiting_person") and following.due is None
    if waits or (following.state in ("failed", "expired") and row["state"] != "held"):
        raised = alarms.needs_a_person(notification, channel, following.state, following.detail)
        alarms.raise_alarm(session, department, raised, now)


def end_dependants(session: Session, row: Row, state: State, now: datetime) -> None:
    """End what hung on a delivery that is final: what stood by for it; where it did not go out, what acts on it."""
    if row["fallback"] is not None and state in ("delivered", "failed", "cancelled", "expired"):
        for standby in session.all("standby_of", id=row["id"]):
            move(session, standby, Next("cancelled", None, f"{row['channel']} did not need it ({state})"), now)
    if state in ("failed", "cancelled", "expired"):
        for later in session.all("acting_on", target=str(row["id"])):
            words = f"part {row['part']}" if later["operation"] == row["operation"] else "it"
            move(session, later, Next("cancelled", None, f"{words} did not go out ({state})"), now)


def adopt_identities(
    session: Session,
    department: str,
    ids: Iterable[int],
    identities: Mapping[str, str | None],
    actor: Actor,
    now: datetime,
) -> None:
    """Let deliveries go by the accounts that bear their channels' names now, because a person says so."""
    for id_ in ids:
        row = session.one("delivery", department=department, id=id_)
        if row is None or row["state"] in FINAL - {"failed"} or row["channel"] not in identities:
            continue
        identity = identities[row["channel"]]
        if row["identity"] not in (None, identity):
            session.run("adopt_identity", id=id_, identity=identity)
            data = {**delivery_identity(row), "was": row["identity"], "account": identity}
            append(session, department, row["notification"], "account-changed", actor, now, data)


def stays(session: Session, department: str, id_: int) -> bool:
    """Whether no retry lets a delivery go: it would come after its own update, or something else decides."""
    row = session.one("delivery", department=department, id=id_)
    if row is None or row["operation"] == "withdraw":
        return False
    notification = session.one("notification", department=department, id=row["notification"])
    if notification is not None and notification["state"] == "withdrawn":
        return True
    if row["state"] != "failed":
        return row["hold"] in (APPROVAL, STANDBY)
    place = {name: row[name] for name in ("department", "notification", "channel", "language", "recipient")}
    return session.one("later_revision", **place, revision=row["revision"]) is not None


def free(session: Session, department: str, channel: str, actor: Actor, now: datetime, holds: set[str]) -> int:
    """Make due what a channel held for one of these causes; answers how many."""
    held = [row for row in session.all("held", department=department, channel=channel) if row["hold"] in holds]
    return sum(_due_again(session, row, actor, now) for row in held)


def _due_again(session: Session, row: Row, actor: Actor, now: datetime) -> bool:
    if row["expires"] <= to_micros(now):
        return move(session, row, old_news(row), now, actor)
    return move(session, row, Next("due", now, None), now, actor)


def remind(session: Session, department: str, now: datetime) -> int:
    """Raise an alarm for each hand-off that nobody has done in time; answers how many."""
    rows = session.all("to_remind", department=department, now=to_micros(now))
    for row in rows:
        session.run("remind_delivery", id=row["id"], remind=None)
        append(session, department, row["notification"], "reminded", SYSTEM, now, delivery_identity(row))
        raised = alarms.overdue(row["notification"], row["channel"], row["detail"])
        alarms.raise_alarm(session, department, raised, now)
    return len(rows)


def expire_old(session: Session, department: str, now: datetime) -> int:
    """Let expire what is old news and can only wait; answers how many. What waits for approval expires with that."""
    rows = session.all("old_news", department=department, now=to_micros(now))
    return sum(move(session, row, old_news(row), now) for row in rows)


def old_news(row: Row) -> Next:
    """What becomes of a delivery that was not sent in time; one that may be there after all is unknown."""
    if row["hold"] == STANDBY:
        return Next("cancelled", None, "it was not needed before it was old news")
    old = Next("expired", None, row["detail"] or OLD_NEWS)
    return in_doubt(old) if row["doubted"] else old
