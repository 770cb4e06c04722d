"""An attempt and its outcome say when to try again, or that it is over. Pure: no clock, no store.

The states of a delivery and the allowed moves between them stand here too, in one table.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from notifier.channel import AuthFailed, CannotTell, Capabilities, Delivered, Outcome, Rejected, Retry

State = Literal[
    "due", "claimed", "sending", "delivered", "unknown", "failed", "held", "awaiting_person", "cancelled", "expired"
]

FINAL: frozenset[State] = frozenset({"delivered", "failed", "cancelled", "expired"})
"""Nothing more will happen to a delivery in one of these, unless a person asks for it."""

NEEDS_PERSON: frozenset[State] = frozenset({"unknown", "held", "awaiting_person"})

MARKS: Mapping[str, str] = {
    "delivered": "✓",
    "failed": "✗",
    "expired": "✗",
    "unknown": "?",
    "held": "!",
    "awaiting_person": "!",
    "cancelled": "-",
}
"""The mark that a delivery's line begins with, at the terminal and in the log."""
UNDER_WAY_MARK = "…"
"""That of any other state."""

MOVES: dict[State, frozenset[State]] = {
    "due": frozenset({"claimed", "held", "unknown", "cancelled", "expired", "delivered", "failed", "awaiting_person"}),
    "claimed": frozenset(
        {"sending", "due", "held", "failed", "awaiting_person", "cancelled", "expired", "unknown", "delivered"}
    ),
    "sending": frozenset({"delivered", "due", "unknown", "failed", "held", "awaiting_person", "expired", "cancelled"}),
    "unknown": frozenset({"claimed", "delivered", "failed", "due", "held", "cancelled", "expired"}),
    "held": frozenset({"due", "unknown", "cancelled", "expired", "awaiting_person"}),
    "awaiting_person": frozenset({"delivered", "failed", "cancelled", "expired"}),
    "failed": frozenset({"due"}),
    "expired": frozenset(),
    "delivered": frozenset(),
    "cancelled": frozenset(),
}
"""`claimed` may become `delivered`, or `unknown` again: a look-up was claimed, and found it or could not tell. `due`
and `unknown` may become what an answer says that came after another process had taken the attempt for lost."""

FIRST_WAIT = timedelta(seconds=1)
LONGEST_WAIT = timedelta(minutes=5)
LOOK = "look whether it is there, then run notify confirm"
LONGEST_ASKING = timedelta(days=1)
"""How long a service that cannot be asked is asked for a post whose answer was lost."""


@dataclass(frozen=True)
class Next:
    """What becomes of a delivery after an attempt: its state, when it is due again, and what to tell a person."""

    state: State
    due: datetime | None
    detail: str | None
    hold: str | None = None
    """Why it is held: `auth`, `secret`, `operator`, `approval`, `standby`."""
    remind: datetime | None = None
    """When somebody is reminded who has not done what it waits for."""


def after_attempt(
    outcome: Outcome,
    capabilities: Capabilities,
    attempts: int,
    now: datetime,
    expires: datetime,
    *,
    doubted: bool = False,
) -> Next:
    """Decide what follows an attempt.

    attempts: how many were made, this one included. Retry-After wins over our own backoff; news that expires before
    the next attempt is not sent late. doubted: the answer of an earlier attempt was lost, so that a no to this one does
    not say that nothing is there.
    """
    following = _after(outcome, capabilities, attempts, now, expires)
    return in_doubt(following) if doubted else following


def in_doubt(following: Next) -> Next:
    """Say of a delivery that would end as not there, though it may be: a person looks."""
    if following.state not in ("failed", "expired", "cancelled"):
        return following
    words = f"{following.detail}; but the answer of an earlier attempt was lost: {LOOK}"
    return Next("unknown", None, words)


def _after(outcome: Outcome, capabilities: Capabilities, attempts: int, now: datetime, expires: datetime) -> Next:
    match outcome:
        case Delivered():
            return Next("delivered", None, None)
        case Rejected(reason):
            return Next("failed", None, reason)
        case AuthFailed(reason):
            return Next("held", None, reason, hold="auth")
        case Retry(reason, at):
            return _again(reason, at or now + backoff(attempts), expires)
        case _:
            return _after_unknown(outcome.reason, capabilities, attempts, now, expires)


def _again(reason: str, at: datetime, expires: datetime) -> Next:
    if at >= expires:
        return Next("expired", None, f"{reason}; it could not go out before it was old news")
    return Next("due", at, reason)


def _after_unknown(reason: str, capabilities: Capabilities, attempts: int, now: datetime, expires: datetime) -> Next:
    if capabilities.idempotency == "key":
        return _again(reason, now + backoff(attempts), expires)
    if capabilities.idempotency == "lookup" and capabilities.lookups_after:
        return Next(
            "unknown", now + timedelta(seconds=capabilities.lookups_after[0]), f"{reason}; it will be looked up"
        )
    return Next("unknown", None, f"{reason}; {LOOK}")


def after_look_up(finding: CannotTell, capabilities: Capabilities, attempted: datetime, now: datetime) -> Next:
    """Decide what follows a look-up that proved nothing: another, or a person's word.

    One that could not be asked does not use up the patience that an index's lag is given: it is asked again, less and
    less often, for a day.
    """
    again = next_lookup(capabilities, attempted, now)
    if again is None and finding.unreachable and now - attempted < LONGEST_ASKING:
        again = now + min(max(now - attempted, FIRST_WAIT), LONGEST_WAIT)
    if again is not None:
        return Next("unknown", again, f"{finding.reason}; it will be looked up again")
    return Next("unknown", None, f"{finding.reason}; {LOOK}")


def next_lookup(capabilities: Capabilities, attempted: datetime, now: datetime) -> datetime | None:
    """Say when to look again for a post whose answer was lost; None when looking has proved nothing long enough."""
    waits = (attempted + timedelta(seconds=seconds) for seconds in capabilities.lookups_after)
    return next((at for at in waits if at > now), None)


def backoff(attempts: int) -> timedelta:
    """Wait after the n-th attempt: 1 s, doubling, at most 5 minutes, with a quarter of jitter."""
    from tenacity import RetryCallState
    from tenacity.wait import wait_exponential, wait_random

    state = RetryCallState(None, None, (), {})  # type: ignore[arg-type]
    state.attempt_number = attempts
    full = wait_exponential(multiplier=FIRST_WAIT.total_seconds(), max=LONGEST_WAIT.total_seconds())(state)
    return timedelta(seconds=full * wait_random(1.0, 1.25)(state))
