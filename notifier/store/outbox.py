"""What is still to do: deliveries, claimed by one process at a time, with the intent on disk before the first byte.

Each function runs inside one transaction, with the archive event of what it records.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from notifier.channel import AuthFailed, Delivered, Outcome
from notifier.clock import from_micros, iso, to_micros
from notifier.retry import MOVES, Next, State
from notifier.store.archive import SYSTEM, Actor, append, canonical
from notifier.store.sqlite import Row, Session

LEASE = timedelta(seconds=90)
"""How long another machine waits before it takes over; on this machine a dead process is known at once."""


LOOKING_UP = "lookup"
"""The `hold` of a claimed delivery whose last answer was lost: it is looked up, never sent again unlooked."""
APPROVAL = "approval"
"""The `hold` of what somebody must approve: only `let_go` lets it go."""
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

    @classmethod
    def of(cls, row: Row, *, looking_up: bool = False) -> "Claim":
        """Read a delivery's row."""
        names = "id department notification revision operation channel language part recipient attempts message saved"
        values = {name: row[name] for name in names.split()}
        attempted = None if row["attempted"] is None else from_micros(row["attempted"])
        return cls(**values, expires=from_micros(row["expires"]), attempted=attempted, looking_up=looking_up)

    def identity(self) -> dict[str, Any]:
        """What names this delivery in an event."""
        return delivery_identity(self.__dict__)


def delivery_identity(row: Mapping[str, Any]) -> dict[str, Any]:
    """What names a delivery in an event: revision, operation, channel, language, part, recipient."""
    return {name: row[name] for name in ("revision", "operation", "channel", "language", "part", "recipient")}


def claim(
    session: Session,
    owner: str,
    now: datetime,
    paces: Mapping[str, float | None],
    *,
    department: str,
    notification: str | None = None,
    most: int = 64,
    room: Mapping[str, int] | None = None,
) -> list[Claim]:
    """Claim what is due: the most urgent first, only of accounts this process knows, at most as fast as each allows.

    paces: seconds between posts for each known account, None where nothing limits it. room: how many of each account
    this process can take now; default as many as there are. Old news becomes `expired`.
    """
    micros, page = to_micros(now), most * 4
    channels = f",{','.join(paces)},"
    left = dict.fromkeys(paces, most) if room is None else {name: room.get(name, 0) for name in paces}
    claimed: list[Claim] = []
    while True:
        rows = session.all(
            "claimable", department=department, now=micros, notification=notification, channels=channels, most=page
        )
        moved = [
            _claim_row(session, row, owner, now, paces[row["channel"]], left, claimed)
            for row in rows
            if row["channel"] in paces and len(claimed) < most
        ]
        # A page that held only old news and stopped accounts must not hide what stands behind it.
        if claimed or len(rows) < page or not any(moved):
            return claimed


def _claim_row(
    session: Session,
    row: Row,
    owner: str,
    now: datetime,
    pace: float | None,
    left: dict[str, int],
    claimed: list[Claim],
) -> bool:
    """Claim one due delivery, or expire or hold it; False where it stays as it is for now."""
    if row["state"] == "due":
        if row["expires"] <= to_micros(now):
            return move(session, row, Next("expired", None, row["detail"] or OLD_NEWS), now)
        account = _account(session, row["department"], row["channel"])
        if account["stopped"] is not None:
            stopped = Next("held", None, f"the channel is stopped: {account['stopped']}", hold="auth")
            return move(session, row, stopped, now)
        if left[row["channel"]] <= 0 or not _take_slot(session, account, pace, to_micros(now)):
            return False
    elif left[row["channel"]] <= 0:
        return False
    left[row["channel"]] -= 1
    looking_up = row["state"] == "unknown"
    hold = LOOKING_UP if looking_up else None
    lease = to_micros(now + LEASE)
    _set(session, row, "claimed", now, owner=owner, lease=lease, detail=row["detail"], hold=hold)
    claimed.append(Claim.of(row, looking_up=looking_up))
    return True


def _take_slot(session: Session, account: Row, pace: float | None, now: int) -> bool:
    """Take the account's next slot in time, if it has come (GCRA without burst)."""
    if pace is None:
        return True
    if (account["next_slot"] or 0) > now:
        return False
    next_slot = now + int(pace * 1_000_000)
    session.run("pace_account", department=account["department"], channel=account["channel"], next_slot=next_slot)
    return True


def _account(session: Session, department: str, channel: str) -> Row:
    found = session.one("account", department=department, channel=channel)
    if found is None:
        session.run("open_account", department=department, channel=channel)
        found = session.one("account", department=department, channel=channel)
    assert found is not None  # noqa: S101 (just written, in this transaction)
    return found


def intend(session: Session, mine: Claim, owner: str, now: datetime, saved: str) -> bool:
    """Record that the first byte is about to leave; False when the delivery is no longer this process's."""
    lease = to_micros(now + LEASE)
    changed = session.run("intend_delivery", id=mine.id, owner=owner, now=to_micros(now), saved=saved, lease=lease)
    if changed:
        data = {**mine.identity(), "attempt": mine.attempts + 1, "message_sha256": mine.message}
        append(session, mine.department, mine.notification, "attempt", SYSTEM, now, data)
    return bool(changed)


def finish(
    session: Session, mine: Claim, owner: str, outcome: Outcome | None, following: Next, now: datetime, saved: str
) -> bool:
    """Record an attempt's outcome, or a look-up's (outcome None), and what follows; fenced by the owner."""
    row = session.one("delivery", department=mine.department, id=mine.id)
    if row is None or row["owner"] != owner or row["state"] not in ("sending", "claimed"):
        return False
    _check_move(row["state"], following.state)
    delivered = outcome if isinstance(outcome, Delivered) else Delivered()
    session.run(
        "finish_delivery",
        id=mine.id,
        owner=owner,
        state=following.state,
        due=None if following.due is None else to_micros(following.due),
        hold=following.hold,
        detail=following.detail,
        remote_id=delivered.remote_id,
        url=delivered.url,
        receipt=canonical(dict(delivered.receipt)) if isinstance(outcome, Delivered) else None,
        saved=saved,
        now=to_micros(now),
    )
    data: dict[str, Any] = {
        **mine.identity(),
        "outcome": _outcome_name(outcome),
        "state": following.state,
        "detail": following.detail,
        "next": None if following.due is None else iso(following.due),
    }
    if isinstance(outcome, Delivered):
        data |= {"remote_id": outcome.remote_id, "url": outcome.url, "receipt": dict(outcome.receipt)}
    append(session, mine.department, mine.notification, "outcome" if outcome else "look-up", SYSTEM, now, data)
    if isinstance(outcome, AuthFailed):
        stop(session, mine.department, mine.channel, outcome.reason, SYSTEM, now)
    return True


def _outcome_name(outcome: Outcome | None) -> str:
    return "looked-up" if outcome is None else type(outcome).__name__.lower().replace("authfailed", "auth")


def move(
    session: Session, row: Row, following: Next, now: datetime, actor: Actor = SYSTEM, url: str | None = None
) -> bool:
    """Move a delivery as a person or the time demands, with its event; False when it had moved meanwhile.

    url: where a person saw it.
    """
    due = None if following.due is None else to_micros(following.due)
    changed = _set(session, row, following.state, now, due=due, detail=following.detail, hold=following.hold)
    if changed:
        data = {**delivery_identity(row), "was": row["state"], "state": following.state, "detail": following.detail}
        if url is not None:
            session.run("found_delivery", id=row["id"], url=url)
            data["url"] = url
        append(session, row["department"], row["notification"], "moved", actor, now, data)
    return changed


def let_go(session: Session, row: Row, following: Next, now: datetime, actor: Actor) -> None:
    """Let go a delivery that was held for approval, now that it is; something else may hold it still."""
    assert row["hold"] == APPROVAL  # noqa: S101 (whoever approved it looked for these)
    move(session, {**row, "hold": None}, following, now, actor)


def _set(
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
    was: State = row["state"]
    _check_move(was, state)
    if row["hold"] == APPROVAL and state not in ("cancelled", "expired"):
        raise AssertionError("a delivery that is held for approval goes nowhere without it")
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


def _check_move(was: State, state: State) -> None:
    if state != was and state not in MOVES[was]:
        raise AssertionError(f"a delivery that is {was} does not become {state}")


def stop(session: Session, department: str, channel: str, reason: str, actor: Actor, now: datetime) -> None:
    """Stop a channel: what is due there is held until a person acts."""
    _account(session, department, channel)
    session.run("stop_account", department=department, channel=channel, stopped=reason)
    append(session, department, f"channel:{channel}", "stopped", actor, now, {"channel": channel, "reason": reason})


def restart(session: Session, department: str, channel: str, actor: Actor, now: datetime, holds: set[str]) -> int:
    """Start a stopped channel again and make due what it held for one of these causes; answers how many."""
    account = _account(session, department, channel)
    if account["stopped"] is not None:
        session.run("stop_account", department=department, channel=channel, stopped=None)
        append(session, department, f"channel:{channel}", "started", actor, now, {"channel": channel})
    return free(session, department, channel, actor, now, holds)


def free(session: Session, department: str, channel: str, actor: Actor, now: datetime, holds: set[str]) -> int:
    """Make due what a channel held for one of these causes; answers how many."""
    held = [row for row in session.all("held", department=department, channel=channel) if row["hold"] in holds]
    return sum(_due_again(session, row, actor, now) for row in held)


def _due_again(session: Session, row: Row, actor: Actor, now: datetime) -> bool:
    if row["expires"] <= to_micros(now):
        return move(session, row, Next("expired", None, OLD_NEWS), now, actor)
    return move(session, row, Next("due", now, None), now, actor)


def give_back(session: Session, owner: str, department: str, now: datetime) -> int:
    """Make due again what a process claimed and never began; answers how many."""
    mine = [r for r in session.all("owned", department=department) if r["owner"] == owner and r["state"] == "claimed"]
    return sum(unclaim(session, row, now) for row in mine)


def unclaim(session: Session, row: Row, now: datetime) -> bool:
    """Put a claimed delivery back: due, or unknown where it was to be looked up."""
    state: State = "unknown" if row["hold"] == LOOKING_UP else "due"
    return _set(session, row, state, now, due=to_micros(now), detail=row["detail"])


def orphans(session: Session, department: str, dead: set[str]) -> list[Row]:
    """The deliveries that dead processes had in their hands."""
    return [row for row in session.all("owned", department=department) if row["owner"] in dead]


def adopt(session: Session, row: Row, owner: str, now: datetime) -> bool:
    """Take over a dead process's delivery as it is, so that only one process decides what becomes of it."""
    lease = to_micros(now + LEASE)
    state: State = row["state"]
    return _set(session, row, state, now, owner=owner, lease=lease, detail=row["detail"], hold=row["hold"])
