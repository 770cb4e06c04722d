"""Claiming what is due: each account by its own terms and health, the most urgent first; and giving it back.

Each function runs inside one transaction.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from notifier.circuit import Terms
from notifier.clock import from_micros, to_micros
from notifier.retry import Next, State
from notifier.store.accounts import Account, read_accounts
from notifier.store.database import Row, Session, Value
from notifier.store.outbox import LEASE, LOOKING_UP, PROBE, Claim, move, old_news, set_state

MOST_AT_ONCE = 64
_PAGE = 64
"""Old news and what a stopped account holds are moved so many at a time."""


@dataclass(frozen=True)
class Asked:
    """Whose deliveries are claimed: a department's, of these accounts, perhaps of one notification only."""

    department: str
    owner: str
    terms: Mapping[str, Terms]
    notification: str | None = None
    most: int = MOST_AT_ONCE


def claim(session: Session, asked: Asked, now: datetime) -> list[Claim]:
    """Claim what is due: the most urgent first, only of accounts this process knows, no more than each allows.

    Old news becomes `expired`, and what is due on a stopped account `held`.
    """
    accounts = read_accounts(session, asked.department, asked.terms)
    while True:
        allowed = _allowances(session, asked, accounts, now)
        rows = _candidates(session, asked, allowed, now)
        moved = [row for row in rows if _is_moved_on(session, row, accounts[row["channel"]], now)]
        if not moved:
            break
    chosen = sorted(rows, key=lambda row: (row["priority"], row["due"], row["id"]))[: asked.most]
    _take_slots(session, asked, chosen, accounts, now)
    return _take(session, asked, chosen, accounts, now)


def _allowances(session: Session, asked: Asked, accounts: Mapping[str, Account], now: datetime) -> dict[str, int]:
    """How many of each account may be claimed now; of a stopped one, a page to be held."""
    busy = {row["channel"]: row["count"] for row in session.all("in_flight", department=asked.department)}
    allowed = {}
    for channel, terms in asked.terms.items():
        account = accounts[channel]
        most = account.circuit.allows(now, busy.get(channel, 0), terms, account.next_slot)
        if account.stopped is not None:
            most = _PAGE
        if most > 0:
            allowed[channel] = most
    return allowed


def _candidates(session: Session, asked: Asked, allowed: Mapping[str, int], now: datetime) -> list[Row]:
    common: dict[str, Value] = {"department": asked.department, "now": to_micros(now)}
    one: dict[str, Value] = {} if asked.notification is None else {"notification": asked.notification}
    questions = [
        {**common, **one, "channel": channel, "most": most, "identity": asked.terms[channel].identity}
        for channel, most in allowed.items()
    ]
    statement = "claimable" if asked.notification is None else "claimable_of"
    return [row for rows in session.each(statement, questions) for row in rows]


def _is_moved_on(session: Session, row: Row, account: Account, now: datetime) -> bool:
    """Expire old news, and hold what its account cannot take; False where it can be claimed."""
    if row["state"] == "due" and row["expires"] <= to_micros(now):
        return move(session, row, old_news(row), now)
    if account.stopped is None:
        return False
    if row["state"] == "unknown":  # it waits as it is, to be looked up when the account is back
        later = to_micros(now + timedelta(minutes=1))
        return set_state(session, row, "unknown", now, due=later, detail=row["detail"])
    why = f"the channel is stopped: {account.stopped}"
    return move(session, row, Next("held", None, why, hold=account.cause or "auth"), now)


def _take_slots(
    session: Session, asked: Asked, rows: Iterable[Row], accounts: Mapping[str, Account], now: datetime
) -> None:
    """Take slots in time of each account that has a pace (GCRA)."""
    for channel, posts in Counter(row["channel"] for row in rows if row["state"] == "due").items():
        terms = asked.terms[channel]
        if terms.pace is not None:
            after = terms.after(posts, accounts[channel].next_slot, now)
            session.run("pace_account", department=asked.department, channel=channel, next_slot=to_micros(after))


def _take(
    session: Session, asked: Asked, rows: list[Row], accounts: Mapping[str, Account], now: datetime
) -> list[Claim]:
    lease, micros = to_micros(now + LEASE), to_micros(now)
    holds = [_hold(row, accounts[row["channel"]]) for row in rows]
    common: dict[str, Value] = {"owner": asked.owner, "lease": lease, "now": micros}
    values = [
        {**common, "id": row["id"], "was": row["state"], "hold": hold} for row, hold in zip(rows, holds, strict=True)
    ]
    taken = session.each("claim_delivery", values)
    return [Claim.of({**row, "hold": hold}) for row, hold, done in zip(rows, holds, taken, strict=True) if done]


def _hold(row: Row, account: Account) -> str | None:
    """What a claim is for, where that is not just to be sent."""
    if row["state"] == "unknown":
        return LOOKING_UP
    return None if account.circuit.opened is None else PROBE


def next_due(
    session: Session, department: str, terms: Mapping[str, Terms], notification: str | None = None
) -> datetime | None:
    """When the next delivery is due and its account can take it; of these accounts."""
    accounts = {row["channel"]: Account.of(row) for row in session.all("accounts", department=department)}
    one = {} if notification is None else {"notification": notification}
    statement = "next_due" if notification is None else "next_due_of"
    questions = [
        {"department": department, **one, "channel": channel, "identity": terms[channel].identity} for channel in terms
    ]
    moments = []
    for channel, rows in zip(terms, session.each(statement, questions), strict=True):
        account = accounts.get(channel, Account(channel))
        moments += [_can_go(from_micros(row["due"]), account, terms[channel]) for row in rows]
    return min(moments, default=None)


def _can_go(due: datetime, account: Account, terms: Terms) -> datetime:
    """When an account takes what is due then; a stopped one takes it at once, to hold it."""
    if account.stopped is not None:
        return due
    again = account.circuit.asks_again(due)
    return max(again, account.next_slot - terms.ahead) if terms.pace is not None and account.next_slot else again


# --- giving back and taking over --------------------------------------------------------------------------------------


def unclaim(session: Session, row: Row, now: datetime) -> bool:
    """Put a claimed delivery back: due, or unknown where it was to be looked up."""
    state: State = "unknown" if row["hold"] == LOOKING_UP else "due"
    return set_state(session, row, state, now, due=to_micros(now), detail=row["detail"])


def give_back(session: Session, owner: str, department: str, now: datetime) -> int:
    """Make due again what a process claimed and never began; answers how many."""
    mine = [r for r in session.all("owned", department=department) if r["owner"] == owner and r["state"] == "claimed"]
    return sum(unclaim(session, row, now) for row in mine)


def orphans(session: Session, department: str, dead: set[str]) -> list[Row]:
    """The deliveries that dead processes had in their hands."""
    return [row for row in session.all("owned", department=department) if row["owner"] in dead]


def adopt(session: Session, row: Row, owner: str, now: datetime) -> bool:
    """Take over a dead process's delivery as it is, so that only one process decides what becomes of it."""
    lease = to_micros(now + LEASE)
    state: State = row["state"]
    return set_state(session, row, state, now, owner=owner, lease=lease, detail=row["detail"], hold=row["hold"])
