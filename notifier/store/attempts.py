"""Attempts: the intent before the first byte, the outcome after the last, each on record; many of them in one go.

Each function runs inside one transaction. What a process learns late still counts: an outcome that it brings after
another took its delivery for lost settles it, as long as nobody has tried again.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from notifier.channel import Delivered, Outcome, Rejected, Retry, Unknown
from notifier.clock import iso, micros_if, to_micros
from notifier.outcome import outcome_name
from notifier.retry import Next, in_doubt
from notifier.store.accounts import Account, note_outcomes, read_accounts
from notifier.store.archive import SYSTEM, Entry, append_all, canonical
from notifier.store.database import Row, Session
from notifier.store.outbox import LEASE, Claim, check_move, end_dependants, move, note_alarm


@dataclass(frozen=True)
class Intent:
    """A claimed delivery whose first byte is about to leave; saved: what its adapter prepared, as JSON."""

    claim: Claim
    owner: str
    at: datetime
    saved: str


@dataclass(frozen=True)
class Finish:
    """How an attempt ended, or a look-up (outcome None), and what follows from it.

    attempt: its number; None: nothing was sent.
    """

    claim: Claim
    owner: str
    at: datetime
    outcome: Outcome | None
    following: Next
    saved: str
    attempt: int | None


def intend(session: Session, intents: list[Intent]) -> list[bool]:
    """Record that first bytes are about to leave; False where one may not, or the delivery is no longer this process's.

    What may not leave now, because its account was stopped, went down or asked for a pause meanwhile, is due again.
    """
    accounts = _accounts(session, (one.claim for one in intents))
    may = [_may_leave(accounts[one.claim.department, one.claim.channel], one) for one in intents]
    back = [one for one, goes in zip(intents, may, strict=True) if not goes]
    session.each("bounce_delivery", [{"id": b.claim.id, "owner": b.owner, "now": to_micros(b.at)} for b in back])
    going = [one for one, goes in zip(intents, may, strict=True) if goes]
    done = session.each("intend_delivery", [_intended(one) for one in going])
    gone = {one.claim.id for one, rows in zip(going, done, strict=True) if rows}
    append_all(session, [_attempt_event(one) for one in going if one.claim.id in gone])
    return [one.claim.id in gone for one in intents]


def unsay(session: Session, intent: Intent, gone: bool) -> None:
    """Take back an intent of which its caller was told that it may not be stored: nothing was sent after that."""
    claim = intent.claim
    row = session.one("delivery", department=claim.department, id=claim.id) if gone else None
    ours = ("sending", intent.owner, claim.attempts + 1)
    if row is not None and (row["state"], row["owner"], row["attempts"]) == ours:
        move(session, row, Next("due", intent.at, "the store went away before anything was sent"), intent.at)


def _accounts(session: Session, claims: Iterable[Claim]) -> dict[tuple[str, str], Account]:
    names: dict[str, set[str]] = defaultdict(set)
    for claim in claims:
        names[claim.department].add(claim.channel)
    return {
        (department, channel): account
        for department, channels in names.items()
        for channel, account in read_accounts(session, department, channels).items()
    }


def _may_leave(account: Account, intent: Intent) -> bool:
    return account.stopped is None and account.circuit.lets_through(intent.at, is_probe=intent.claim.is_probe)


def _intended(intent: Intent) -> dict[str, Any]:
    return {
        "id": intent.claim.id,
        "owner": intent.owner,
        "saved": intent.saved,
        "now": to_micros(intent.at),
        "lease": to_micros(intent.at + LEASE),
    }


def _attempt_event(intent: Intent) -> Entry:
    claim = intent.claim
    data = {**claim.identity(), "attempt": claim.attempts + 1, "message_sha256": claim.message}
    return Entry(claim.department, claim.notification, "attempt", SYSTEM, intent.at, data)


def finish(session: Session, finishes: list[Finish]) -> list[bool]:
    """Record how attempts ended and what follows; False where it no longer counts, which is on record as well."""
    if len({one.claim.id for one in finishes}) < len(finishes):  # what one says of a delivery, the next must see
        return [counted for one in finishes for counted in finish(session, [one])]
    found = session.each("attempted", [{"id": f.claim.id} for f in finishes])
    rows = [rows[0] if rows else None for rows in found]
    told = [row is not None and _is_told(row, one) for row, one in zip(rows, finishes, strict=True)]
    if any(told):
        rest = iter(finish(session, [one for one, was in zip(finishes, told, strict=True) if not was]))
        return [was or next(rest) for was in told]
    counts = [row is not None and _still_counts(row, one) for row, one in zip(rows, finishes, strict=True)]
    kept = [(row, one) for row, one, good in zip(rows, finishes, counts, strict=True) if row is not None and good]
    kept = [(row, _unless_taken_back(session, row, one)) for row, one in kept]
    for row, one in kept:
        check_move(row["state"], one.following.state)
    session.each("finish_delivery", [_finished(row, one) for row, one in kept])
    append_all(
        session,
        [*(_outcome_event(one) for _, one in kept)]
        + [_late_event(one) for one, good in zip(finishes, counts, strict=True) if not good],
    )
    _note_outcomes(session, finishes)
    for row, one in kept:
        if one.following.due is not None:
            session.wake(one.claim.department, one.claim.channel, to_micros(one.following.due))
        note_alarm(session, row, one.following, one.at)
        end_dependants(session, row, one.following.state, one.at)
    return counts


def _unless_taken_back(session: Session, row: Row, one: Finish) -> Finish:
    """Try nothing again that is to be taken back; where it may be there, a person looks."""
    if one.following.state != "due" or row["operation"] == "withdraw":
        return one
    if session.one("withdrawal_of", target=str(row["id"])) is None:
        return one
    words = f"{one.following.detail or 'it did not go out'}; it was taken back, so it is not tried again"
    following = Next("cancelled", None, words)
    return replace(one, following=in_doubt(following) if _is_doubted(row, one) else following)


def _is_told(row: Row, one: Finish) -> bool:
    """Whether this very outcome is on disk: its caller was told that it may not be, and brings it again."""
    following = one.following
    due = micros_if(following.due)
    is_after_it = row["owner"] is None and (row["sender"], row["attempts"]) == (one.owner, one.attempt)
    return is_after_it and (row["state"], row["due"], row["detail"]) == (following.state, due, following.detail)


def _still_counts(row: Row, one: Finish) -> bool:
    """Whether an outcome says something of the delivery as it is now."""
    is_last = one.attempt is None or row["attempts"] == one.attempt
    if row["owner"] == one.owner and row["state"] in ("sending", "claimed") and is_last:
        return True
    if row["sender"] != one.owner or row["attempts"] != one.attempt or isinstance(one.outcome, Unknown | None):
        return False
    if row["state"] == "awaiting_person":  # nobody need post by hand what is there
        return isinstance(one.outcome, Delivered)
    return row["state"] in ("sending", "claimed", "unknown", "due")


def _finished(row: Row, one: Finish) -> dict[str, Any]:
    following = one.following
    delivered = one.outcome if isinstance(one.outcome, Delivered) else Delivered()
    not_before = one.outcome.at if isinstance(one.outcome, Retry) else None
    return {
        "id": one.claim.id,
        "was": row["state"],
        "state": following.state,
        "due": micros_if(following.due),
        "hold": following.hold,
        "detail": following.detail,
        "doubted": int(_is_doubted(row, one)),
        "not_before": micros_if(not_before),
        "remind": micros_if(following.remind),
        "remote_id": delivered.remote_id,
        "url": delivered.url,
        "receipt": canonical(dict(delivered.receipt)) if isinstance(one.outcome, Delivered) else None,
        "saved": one.saved,
        "now": to_micros(one.at),
    }


def _is_doubted(row: Row, one: Finish) -> bool:
    """Whether it may be there though nobody can say so: until somebody or something can."""
    if isinstance(one.outcome, Unknown):
        return True
    is_settled = isinstance(one.outcome, Delivered) or one.outcome is None
    return bool(row["doubted"]) and not is_settled


def _outcome_event(one: Finish) -> Entry:
    following = one.following
    data: dict[str, Any] = {
        **one.claim.identity(),
        "outcome": _outcome_name(one.outcome),
        "state": following.state,
        "detail": following.detail,
        "next": None if following.due is None else iso(following.due),
    }
    if isinstance(one.outcome, Delivered):
        data |= {"remote_id": one.outcome.remote_id, "url": one.outcome.url, "receipt": dict(one.outcome.receipt)}
    return _entry(one, "look-up" if one.outcome is None else "outcome", data)


def _late_event(one: Finish) -> Entry:
    """What came too late to change anything is on record, for it may be what the public saw."""
    data: dict[str, Any] = {**one.claim.identity(), "outcome": _outcome_name(one.outcome), "attempt": one.attempt}
    if isinstance(one.outcome, Delivered):
        data |= {"remote_id": one.outcome.remote_id, "url": one.outcome.url}
    return _entry(one, "late-answer", data)


def _entry(one: Finish, type_: str, data: Mapping[str, Any]) -> Entry:
    return Entry(one.claim.department, one.claim.notification, type_, SYSTEM, one.at, data)


def _outcome_name(outcome: Outcome | None) -> str:
    return "looked-up" if outcome is None else outcome_name(outcome)


def _note_outcomes(session: Session, finishes: Sequence[Finish]) -> None:
    told: dict[str, dict[str, list[Outcome]]] = defaultdict(lambda: defaultdict(list))
    for one in finishes:
        is_ours = isinstance(one.outcome, Rejected) and one.attempt is None  # refused here: nobody was asked
        if one.outcome is not None and not is_ours:
            told[one.claim.department][one.claim.channel].append(one.outcome)
    for department, outcomes in told.items():
        note_outcomes(session, department, outcomes, max(one.at for one in finishes))
