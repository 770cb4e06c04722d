"""Who may approve what waits, what follows, and what exactly is approved: a table of moves, and a hash. Pure.

After GOV.UK Emergency Alerts: a decision is made once, nobody approves what they submitted, the texts are approved and
not the id, and what nobody approves in time expires. Order 2.c.1.c: permission is the chief's or a designee's (a pio).
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from notifier.channel import Message
from notifier.policy.finding import Verdict
from notifier.settings import Approval as ApprovalSettings
from notifier.settings import Role, TeamMember

# --- why it waits -----------------------------------------------------------------------------------------------------

Why = Literal["finding", "kind"]
"""`finding`: a finding says `review`. `kind`: the kind is in `[approval] kinds` of policy.toml."""


@dataclass(frozen=True)
class Preapproval:
    """The chief's or a pio's word, given in advance, that a feed's notifications need not wait for their kind."""

    by: str
    on: date


@dataclass(frozen=True)
class Need:
    """What asks for approval, and how long it may wait for it."""

    reasons: tuple[Why, ...]
    longest: timedelta
    preapproval: Preapproval | None = None
    """Who gave it in advance, for its kind; a finding waits all the same."""

    @property
    def waits(self) -> bool:
        """Whether somebody still has to approve."""
        return self.preapproval is None or "finding" in self.reasons


def need_for(
    kind: str, stage: str, verdict: Verdict, settings: ApprovalSettings, preapproval: Preapproval | None = None
) -> Need | None:
    """Say what asks for approval; None: nothing does. That it is over never waits: the public must know at once."""
    if stage == "resolve" or verdict == "block":
        return None
    asked: dict[Why, bool] = {"finding": verdict == "review", "kind": kind in settings.kinds}
    reasons = tuple(why for why, asks in asked.items() if asks)
    if not reasons:
        return None
    return Need(reasons, settings.expires, preapproval if asked["kind"] else None)


# --- the table of moves -----------------------------------------------------------------------------------------------

State = Literal["pending", "approved", "preapproved", "rejected", "withdrawn", "superseded", "expired"]
Move = Literal["approve", "reject", "withdraw", "supersede", "expire"]

MOVES: Mapping[tuple[State, Move], State] = {
    ("pending", "approve"): "approved",
    ("pending", "reject"): "rejected",
    ("pending", "withdraw"): "withdrawn",
    ("pending", "supersede"): "superseded",
    ("pending", "expire"): "expired",
}
"""What is not here is not allowed: a decision stands. A new revision asks anew (`supersede` ends the earlier one)."""


@dataclass(frozen=True)
class Allowed:
    """Who may make a move. roles: whose roles allow it. asker: what it is to be the one who submitted it."""

    roles: frozenset[Role]
    asker: Literal["never", "always", "as their role"]


_ANYBODY: frozenset[Role] = frozenset({"chief", "pio", "dispatcher"})
WHO_APPROVES: frozenset[Role] = frozenset({"chief", "pio"})
MAY: Mapping[Move, Allowed] = {
    "approve": Allowed(WHO_APPROVES, asker="never"),
    "reject": Allowed(WHO_APPROVES, asker="always"),
    "withdraw": Allowed(_ANYBODY, asker="as their role"),
    "supersede": Allowed(_ANYBODY, asker="as their role"),
    "expire": Allowed(frozenset(), asker="never"),
}
"""`expire` is nobody's: time does it."""


@dataclass(frozen=True)
class Approval:
    """One revision's approval: what asked for it, by whom it was submitted, and what became of it."""

    notification: str
    revision: int
    state: State
    reasons: tuple[Why, ...]
    hash: str
    """SHA-256 over the texts that go out (texts_hash)."""
    asked_by: str
    asked_login: str
    asked: datetime
    until: datetime
    """When it expires, if nobody decides."""
    decided_by: str | None = None
    decided_login: str | None = None
    decided: datetime | None = None
    reason: str | None = None
    pin: bool = False
    """Whether the one who decided gave a pin."""

    def state_at(self, now: datetime) -> State:
        """What it is at a time: what nobody decided by then has expired, whether or not that is recorded yet."""
        return "expired" if self.state == "pending" and self.until <= now else self.state

    @property
    def same_login(self) -> bool:
        """Whether it was submitted and decided from one login, as on a shared console."""
        return self.decided_login is not None and self.decided_login == self.asked_login

    def is_of(self, user: str) -> bool:
        """Whether this user submitted it; nobody becomes another by writing their name in capitals."""
        return self.asked_by.strip().casefold() == user.strip().casefold()


def refusal(approval: Approval, move: Move, user: str, role: Role, now: datetime) -> str | None:
    """Say why a user may not make a move, in one sentence; None: they may."""
    state = approval.state_at(now)
    if (state, move) not in MOVES:
        return _settled(approval, state)
    allowed = MAY[move]
    own = approval.is_of(user)
    if own and allowed.asker == "never":
        return (
            f"nobody approves what they submitted, and {user} submitted {approval.notification};"
            " another chief or pio of the team may approve it"
        )
    if role not in allowed.roles and not (own and allowed.asker == "always"):
        return f'"{user[:64]}" may not {move} {approval.notification}: a chief or pio of the team may'
    return None


def _settled(approval: Approval, state: State) -> str:
    """Say what became of an approval, for whom comes too late."""
    by = approval.decided_by
    match state:
        case "approved":
            what = f"was approved already, by {by}"
        case "preapproved":
            what = f"needs no approval: {by} gave it in advance"
        case "rejected":
            what = f"was rejected by {by}: {approval.reason}"
        case "expired":
            what = "was not approved in time and has expired; publish it anew"
        case _:
            what = f"was taken back by {by}, and waits no more"
    return f"{approval.notification} {what}"


# --- what is approved -------------------------------------------------------------------------------------------------

_ENVELOPE = {"key", "sent"}
"""What of a message is no text of it, and is settled when it is released."""


def texts_hash(deliveries: Iterable[tuple[str, str, Message]]) -> str:
    """Hash all that will be said, in whatever order it is given: what is approved is exactly this.

    deliveries: channel, operation and message of each delivery of a revision. Covered is the whole message: language,
    part, recipient, every form of the text, links, pictures by their own hash with alt text and rights, what CAP says.
    """
    said = []
    for channel, operation, message in deliveries:
        words = {name: value for name, value in json.loads(message.to_json()).items() if name not in _ENVELOPE}
        said.append(json.dumps([channel, operation, words], ensure_ascii=False, sort_keys=True, separators=(",", ":")))
    return hashlib.sha256("\n".join(sorted(said)).encode()).hexdigest()


# --- the team ---------------------------------------------------------------------------------------------------------


def team_warnings(team: Sequence[TeamMember]) -> list[str]:
    """Say, before it matters, what of a team will stand in the way of approvals or makes them worth little."""
    approvers = [member for member in team if member.role in WHO_APPROVES]
    warnings = [
        f"team: {member.user} ({member.role}) has no pin, so whoever is at the console may approve in that name;"
        ' make one with "notify config pin"'
        for member in approvers
        if member.pin is None
    ]
    if not approvers:
        warnings.insert(0, "team: nobody could approve what waits for approval; add a chief or a pio")
    elif len(approvers) == 1:
        only = approvers[0].user
        warnings.insert(
            0, f"team: only {only} could approve, and never what {only} submitted; add a second chief or pio"
        )
    return warnings
