"""What waits for approval, and the decisions on it: each made once, with its event and its deliveries in one commit."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from notifier.channel import Message
from notifier.circuit import Terms
from notifier.clock import Clock, from_micros, iso, moment_if, to_micros
from notifier.errors import StoreError, WrongUsage
from notifier.plan import Plan, standby_words
from notifier.policy.approving import MOVES, Approval, Move, refusal, texts_hash
from notifier.retry import FINAL, Next
from notifier.settings import Role
from notifier.store import outbox
from notifier.store.archive import SYSTEM, Actor, append, canonical
from notifier.store.claiming import Asked, claim
from notifier.store.database import Database, Row, Session
from notifier.store.outbox import Claim

MOST_WRONG_PINS = 5
WRONG_PINS_WITHIN = timedelta(minutes=15)

Holds = Mapping[str, tuple[str | None, str | None]]
"""Why each account cannot take anything now (hold and detail); None where it can, or where it is not known."""


@dataclass(frozen=True)
class Decision:
    """What a person decides: who, in which role, why, and on which texts."""

    actor: Actor
    role: Role | None = None
    """Their role of the team; None where anybody may, and time."""
    reason: str | None = None
    hash: str = ""
    """The hash of the texts that they saw, or its beginning; empty: whatever was submitted."""
    pin: bool = False
    """Whether they proved with their pin who they are."""


class Approvals:
    """The approvals of one department.

    owner: names this process as an owner of deliveries, when it is about to claim some.
    """

    def __init__(self, database: Database, department: str, clock: Clock, owner: Callable[[], str]) -> None:
        self._database = database
        self._department = department
        self._clock = clock
        self._owner = owner

    # --- looking ------------------------------------------------------------------------------------------------------

    def of(self, notification: str) -> Approval | None:
        """The approval of a notification's newest revision, as it stands now; None where nothing asked for one."""
        found = self._database.query(lambda s: _newest(s, self._department, notification))
        return None if found is None else replace(found, state=found.state_at(self._clock()))

    def pending(self) -> list[Approval]:
        """What waits for a decision now, the one that expires first before the others."""
        now = to_micros(self._clock())
        rows = self._database.query(lambda s: s.all("approvals_pending", department=self._department))
        return [_approval(row) for row in rows if row["until"] > now]

    def texts(self, approval: Approval) -> list[tuple[str, str, Message]]:
        """What would go out: channel, operation and message of each delivery, as they are stored."""
        return self._database.query(lambda s: _texts(s, self._department, approval))

    # --- deciding -----------------------------------------------------------------------------------------------------

    def allowed(self, notification: str, move: Move, decision: Decision) -> Approval:
        """The approval that a person is about to decide on; WrongUsage says why they may not."""
        now = self._clock()
        return self._database.query(lambda s: _allowed(s, self._department, notification, move, decision, now))

    def approve(self, notification: str, decision: Decision, holds: Holds, terms: Mapping[str, Terms]) -> list[Claim]:
        """Approve exactly the texts that were submitted, and let them go: due, and claimed for this process.

        holds: what keeps its delivery held after the approval. terms: the accounts that this process delivers to.
        Raises WrongUsage: who may not, too late, or other texts than were seen.
        """
        now = self._clock()
        asked = Asked(self._department, self._owner(), terms, notification)

        def change(session: Session) -> list[Claim]:
            approval = _allowed(session, self._department, notification, "approve", decision, now)
            _check_texts(session, self._department, approval)
            row = _decide(session, self._department, approval, "approve", now, decision)
            session.run("set_notification_state", id=notification, department=self._department, state="published")
            due = max(now, from_micros(row["released"]))
            waited = to_micros(due) - row["released"]
            for delivery in _held(session, self._department, approval):
                outbox.let_go(session, delivery, _let_go(session, delivery, holds, due), now, decision.actor)
                session.run("put_off_patience", id=delivery["id"], by=waited)
            return claim(session, asked, now)

        return self._database.write(change)

    def reject(self, notification: str, decision: Decision) -> None:
        """Refuse what was submitted: nothing of it goes out. Raises WrongUsage: who may not, or too late."""
        self._end(notification, "reject", decision)

    def withdraw(self, notification: str, actor: Actor, reason: str) -> None:
        """Take back what was submitted, before anybody decides; anybody may. Raises WrongUsage: too late."""
        self._end(notification, "withdraw", Decision(actor, reason=reason))

    def _end(self, notification: str, move: Move, decision: Decision) -> None:
        now = self._clock()

        def change(session: Session) -> None:
            approval = _allowed(session, self._department, notification, move, decision, now)
            _close(session, self._department, approval, move, now, decision)

        self._database.write(change)

    def expire(self) -> list[str]:
        """Record that what nobody approved in time has expired; answers which notifications."""
        now = self._clock()

        def over(session: Session) -> list[Approval]:
            rows = session.all("approvals_pending", department=self._department)
            return [_approval(row) for row in rows if row["until"] <= to_micros(now)]

        def change(session: Session) -> list[str]:
            ended = over(session)
            for approval in ended:
                _close(session, self._department, approval, "expire", now, Decision(SYSTEM))
            return [approval.notification for approval in ended]

        return self._database.write(change) if self._database.query(over) else []

    # --- pins ---------------------------------------------------------------------------------------------------------

    def prove(self, notification: str, actor: Actor, is_right: Callable[[], bool]) -> None:
        """Check a member's pin; WrongUsage when it is wrong, which is recorded, or when too many were wrong lately.

        is_right: compares the pin. It is asked within the transaction, so that trying many at once gains nothing.
        """
        now = self._clock()

        def change(session: Session) -> str | None:
            since = to_micros(now - WRONG_PINS_WITHIN)
            wrong = session.all("wrong_pins", department=self._department, actor=actor.user, since=since)
            if len(wrong) >= MOST_WRONG_PINS:
                again = from_micros(wrong[MOST_WRONG_PINS - 1]["at"]) + WRONG_PINS_WITHIN
                minutes = -(-(again - now) // timedelta(minutes=1))
                return f"too many wrong pins for {actor.user}; try again in {minutes} min"
            if is_right():
                return None
            data = {"user": actor.user, "wrong_lately": len(wrong) + 1}
            append(session, self._department, notification, "pin-wrong", actor, now, data)
            return f"that is not the pin of {actor.user}; nothing was decided"

        refused = self._database.write(change)
        if refused is not None:
            raise WrongUsage(refused)


def _let_go(session: Session, delivery: Row, holds: Holds, due: datetime) -> Next:
    """What an approved delivery becomes: due, unless something else holds it."""
    if delivery["standby_for"] is not None:
        first = session.one("delivery", department=delivery["department"], id=delivery["standby_for"])
        return Next("held", None, standby_words(first["channel"] if first else ""), outbox.STANDBY)
    hold, detail = holds.get(delivery["channel"], (None, None))
    return Next("due", due, None) if hold is None else Next("held", None, detail, hold)


# --- within one transaction -------------------------------------------------------------------------------------------


def asked(plan: Plan, now: datetime) -> dict[str, Any] | None:
    """Write what a plan's first event says of its approval: what asks for it, until when, for which texts."""
    need = plan.approval
    if need is None or plan.state == "blocked":
        return None
    texts = texts_hash((one.channel, one.operation, one.message) for one in plan.deliveries)
    before = need.preapproval
    return {
        "reasons": list(need.reasons),
        "state": "pending" if need.waits else "preapproved",
        "hash": texts,
        "until": iso(_until(plan, now)) if need.waits else None,
        "preapproved_by": before.by if before else None,
        "preapproved_on": before.on.isoformat() if before else None,
    }


def ask(session: Session, plan: Plan, now: datetime, wanted: Mapping[str, Any] | None) -> None:
    """Store what a plan asks for (as `asked` wrote it); an earlier revision that still waits is superseded."""
    notification = plan.notification
    actor = Actor(notification.author, notification.login)
    place: dict[str, str] = {"department": notification.department, "notification": notification.id}
    for row in session.all("approvals_of", **place):
        earlier = _approval(row)
        if earlier.state == "pending" and earlier.revision < notification.revision:
            _close(session, place["department"], earlier, "supersede", now, Decision(actor))
    if wanted is None:
        return
    given = wanted["preapproved_by"] if wanted["state"] == "preapproved" else None
    session.run(
        "ask_approval",
        **place,
        revision=notification.revision,
        state=wanted["state"],
        reasons=canonical(wanted["reasons"]),
        hash=wanted["hash"],
        asked_by=actor.user,
        asked_login=actor.login,
        asked=to_micros(now),
        until=to_micros(_until(plan, now)),
        decided_by=given,
        decided=to_micros(now) if given else None,
        reason=f"in advance, on {wanted['preapproved_on']}, for {notification.source}" if given else None,
    )
    if given:
        data = {"revision": notification.revision, "source": notification.source, **wanted}
        append(session, notification.department, notification.id, "preapproved", actor, now, data)


def close_emptied(session: Session, department: str, notifications: Iterable[str], actor: Actor, now: datetime) -> None:
    """End the approvals of which nothing is left to approve, because every delivery was cancelled."""
    for notification in notifications:
        approval = _newest(session, department, notification)
        if approval is not None and approval.state == "pending" and not _held(session, department, approval):
            decision = Decision(actor, reason="cancelled")
            _close(session, department, approval, "withdraw", now, decision)


def is_unseen(deliveries: Iterable[Mapping[str, Any]]) -> bool:
    """Whether nothing of these was ever tried or may still go out by itself: the public cannot have seen it."""
    return all(
        row["attempts"] == 0 and row["state"] != "delivered" and (row["hold"] == "approval" or row["state"] in FINAL)
        for row in deliveries
    )


def _until(plan: Plan, now: datetime) -> datetime:
    assert plan.approval is not None  # noqa: S101 (asked only where something asks)
    return min(now + plan.approval.longest, plan.notification.expires)


def _approval(row: Row) -> Approval:
    names = "notification revision state hash asked_by asked_login decided_by decided_login reason"
    return Approval(
        **{name: row[name] for name in names.split()},
        reasons=tuple(json.loads(row["reasons"])),
        asked=from_micros(row["asked"]),
        until=from_micros(row["until"]),
        decided=moment_if(row["decided"]),
        pin=bool(row["pin"]),
    )


def _newest(session: Session, department: str, notification: str) -> Approval | None:
    row = session.one("approval_of_newest", department=department, notification=notification)
    return None if row is None else _approval(row)


def _allowed(
    session: Session, department: str, notification: str, move: Move, decision: Decision, now: datetime
) -> Approval:
    approval = _newest(session, department, notification)
    if approval is None:
        raise WrongUsage(f"{notification} does not wait for approval; notify pending lists what does")
    refused = refusal(approval, move, decision.actor.user, decision.role or "dispatcher", now)
    if refused is not None:
        raise WrongUsage(refused)
    if not approval.hash.startswith(decision.hash.lower()):
        raise WrongUsage(
            f"the texts of {notification} are not those that you saw: their hash begins with {approval.hash[:12]};"
            f" look at them with notify pending {notification}"
        )
    return approval


def _texts(session: Session, department: str, approval: Approval) -> list[tuple[str, str, Message]]:
    rows = session.all("deliveries_of", department=department, notification=approval.notification)
    return [
        (row["channel"], row["operation"], Message.from_json(_content(session, row["message"]).decode()))
        for row in rows
        if row["revision"] == approval.revision
    ]


def _content(session: Session, sha256: str) -> bytes:
    try:
        row = session.one("content", sha256=sha256)
    except UnicodeDecodeError:  # somebody wrote bytes where text was
        row = None
    body = b"" if row is None else row["body"] if isinstance(row["body"], bytes) else str(row["body"]).encode()
    if hashlib.sha256(body).hexdigest() != sha256:
        raise StoreError(f"the record's content {sha256[:12]}… is not what was stored; run notify records verify")
    return body


def _check_texts(session: Session, department: str, approval: Approval) -> None:
    """Refuse to approve anything but what was submitted, picture by picture."""
    texts = _texts(session, department, approval)
    for media in {media.sha256 for *_, message in texts for media in message.media}:
        _content(session, media)
    if texts_hash(texts) != approval.hash:
        raise StoreError(
            f"the texts of {approval.notification} are not those that were submitted; run notify records verify"
        )


def _held(session: Session, department: str, approval: Approval) -> list[Row]:
    rows = session.all("deliveries_of", department=department, notification=approval.notification)
    return [row for row in rows if row["revision"] == approval.revision and row["hold"] == outbox.APPROVAL]


_EVENTS: Mapping[Move, str] = {
    "approve": "approved",
    "reject": "rejected",
    "withdraw": "approval-withdrawn",
    "supersede": "approval-superseded",
    "expire": "approval-expired",
}


def _decide(
    session: Session, department: str, approval: Approval, move: Move, now: datetime, decision: Decision
) -> Row:
    """Record a decision, once, with its event; answers the notification's row."""
    place: dict[str, str] = {"department": department, "notification": approval.notification}
    row = session.one("notification", id=approval.notification, department=department)
    changed = session.run(
        "decide_approval",
        **place,
        revision=approval.revision,
        was=approval.state,
        state=MOVES[approval.state, move],
        decided_by=decision.actor.user,
        decided_login=decision.actor.login,
        decided=to_micros(now),
        reason=decision.reason,
        pin=decision.pin,
    )
    if row is None or not changed:
        raise AssertionError(f"{approval.notification} changed within a transaction")
    data: dict[str, Any] = {"revision": approval.revision, "hash": approval.hash, "reason": decision.reason}
    if decision.role is not None:
        same_login = decision.actor.login == approval.asked_login
        data |= {"role": decision.role, "pin": decision.pin, "same_login": same_login}
    if move == "approve":
        data["permitted"] = permitted(json.loads(row["findings"]))
    append(session, department, approval.notification, _EVENTS[move], decision.actor, now, data)
    return row


def permitted(findings: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The findings that an approval permits: those that the order lets a chief or designee permit."""
    return [finding for finding in findings if finding["verdict"] == "review"]


def _close(
    session: Session, department: str, approval: Approval, move: Move, now: datetime, decision: Decision
) -> None:
    """End an approval without one: nothing of its revision goes out."""
    row = _decide(session, department, approval, move, now, decision)
    state = MOVES[approval.state, move]
    words = "nobody approved it in time" if move == "expire" else f"{state} by {decision.actor.user}"
    following = Next("expired" if move == "expire" else "cancelled", None, words)
    for delivery in _held(session, department, approval):
        outbox.move(session, delivery, following, now, decision.actor)
    if row["revision"] == approval.revision:
        deliveries = session.all("deliveries_of", department=department, notification=approval.notification)
        earlier = [delivery for delivery in deliveries if delivery["revision"] < approval.revision]
        # Where the public has an earlier revision, the notification stands as that one does.
        shown = state if is_unseen(earlier) else "published"
        session.run("set_notification_state", id=approval.notification, department=department, state=shown)
