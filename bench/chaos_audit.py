"""What stands at the platforms, held against what the department's record says. Pure: values in, findings out.

The platforms' log is the truth: what was asked of them, what they answered, what the public sees.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from itertools import pairwise
from typing import Any, Literal

Kind = Literal["missing", "silent duplicate", "violation", "disagreement"]
KINDS: tuple[Kind, ...] = ("missing", "silent duplicate", "violation", "disagreement")
SLOW_TO_HEAR = 1.0
"""Seconds after a 429 in which an account's other requests may still leave."""
ENDED = ("failed", "unknown", "expired", "cancelled")


@dataclass(frozen=True)
class Request:
    """A request that publishes, as the platform logged it; times in seconds since 1970."""

    channel: str
    street: str
    number: int
    began: float
    answered: float | None
    status: int | None
    until: float | None
    """When its Retry-After is over."""
    accepted: bool
    right_clock: bool
    fault: str | None

    @classmethod
    def of(cls, told: Mapping[str, Any], channel: str, street: str, *, right_clock: bool) -> "Request":
        """Read a line of the platform's log."""
        answered = _seconds(told["answered"])
        until = None if answered is None else retry_until(told["retry_after"], answered)
        began = _seconds(told["began"]) or 0.0
        known = told["number"], began, answered, told["status"], until, told["accepted"], right_clock, told["fault"]
        return cls(channel, street, *known)


def _seconds(moment: str | None) -> float | None:
    return None if moment is None else datetime.fromisoformat(moment).timestamp()


def retry_until(given: str | None, answered: float) -> float | None:
    """When a Retry-After is over, in either form."""
    if given is None:
        return None
    return answered + int(given) if given.isdigit() else parsedate_to_datetime(given).timestamp()


@dataclass(frozen=True)
class Event:
    """An event of the archive that tells of one delivery."""

    at: float
    type: str
    data: Mapping[str, Any]

    @property
    def outcome(self) -> str | None:
        """The outcome of an attempt, as the record names it."""
        return str(self.data["outcome"]) if self.type == "outcome" else None


@dataclass
class Case:
    """A delivery: what we say of it, and what the platform knows. state None: our books do not know it."""

    street: str
    channel: str
    idempotent: bool
    notification: str = ""
    state: str | None = None
    detail: str | None = None
    remote_id: str | None = None
    events: list[Event] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    posts: list[str] = field(default_factory=list)
    """The ids of what the public sees of it."""


@dataclass(frozen=True)
class Finding:
    """Something that must not be."""

    kind: Kind
    rule: str
    street: str
    channel: str
    sentence: str


Told = tuple[Kind, str, str]
"""Kind, rule and sentence of what a case has wrong."""


@dataclass
class Audit:
    """What was found; excused: requests before the end of a Retry-After that nobody could know of."""

    findings: list[Finding] = field(default_factory=list)
    excused: list[Finding] = field(default_factory=list)

    def count(self, kind: Kind) -> int:
        """How many findings are of a kind."""
        return sum(finding.kind == kind for finding in self.findings)


def audit(cases: Sequence[Case], promised: Mapping[str, str], blind: Sequence[tuple[float, float]] = ()) -> Audit:
    """Hold every case against the truth.

    promised: street -> notification of what was reported as stored. blind: when the store was out of everyone's reach.
    """
    result = Audit()
    for case in cases:
        for kind, rule, sentence in (*_presence(case), *_repeats(case)):
            result.findings.append(Finding(kind, rule, case.street, case.channel, sentence))
    known = {case.street for case in cases if case.state is not None}
    for street, notification in promised.items():
        if street not in known:
            said = f"{notification} was reported as stored, and the store does not know it"
            result.findings.append(Finding("missing", "promised", street, "", said))
    for finding, excuse in _too_early(cases, blind):
        (result.excused if excuse else result.findings).append(finding)
    return result


# --- is it there? -----------------------------------------------------------------------------------------------------


def _presence(case: Case) -> Iterator[Told]:
    there = len(case.posts)
    if case.state is None:
        yield (
            "disagreement",
            "not in our books",
            f"{there} posts and {len(case.requests)} requests of what our books do not know",
        )
    elif case.state == "delivered":
        if not there:
            yield "missing", "not there", "delivered, we say; it is not there"
        elif case.remote_id is not None and case.remote_id not in case.posts:
            yield (
                "disagreement",
                "another id",
                f"delivered as {case.remote_id}, we say; there is {', '.join(case.posts)}",
            )
    elif case.state not in ENDED:
        what = "it is there all the same" if there else "it is not there"
        kind: Kind = "disagreement" if there else "missing"
        yield kind, "unfinished", f"still {case.state} in the end ({case.detail}); {what}"
    elif case.state == "unknown":
        if case.idempotent and not _refused_in_doubt(case):
            yield "disagreement", "needless unknown", "unknown where a repeat would have told"
    elif there:
        yield "disagreement", f"{case.state} yet there", f"{case.state}, we say; it is there ({', '.join(case.posts)})"


def _refused_in_doubt(case: Case) -> bool:
    """Whether a repeat was refused for good after an attempt whose answer was lost: that says nothing of the first."""
    asked = sorted(case.requests, key=lambda request: request.began)
    last = asked[-1].status if len(asked) > 1 else None
    return last is not None and 400 <= last < 500 and last != 429


# --- was it sent twice, and did we say so? ----------------------------------------------------------------------------


def _repeats(case: Case) -> Iterator[Told]:
    extra = len(case.posts) - 1
    attempts = [place for place, event in enumerate(case.events) if event.type == "attempt"]
    doubts = sum(event.outcome == "unknown" for event in case.events[: attempts[-1]]) if attempts else 0
    if extra > 0 and case.idempotent:
        yield (
            "silent duplicate",
            "repeats not dropped",
            f"{extra} extra posts where repeats are dropped: they had different keys",
        )
    elif extra > doubts:
        yield (
            "silent duplicate",
            "not reported",
            f"{extra} extra posts; {doubts} unknown outcomes were reported before the last attempt",
        )
    if case.state is not None and len(case.requests) > len(attempts):
        yield (
            "silent duplicate",
            "no intent",
            f"{len(case.requests)} requests reached it; {len(attempts)} were recorded before they left",
        )
    for before, after in pairwise(attempts):
        between = case.events[before + 1 : after]
        if not any(event.outcome or event.type == "moved" for event in between):
            yield (
                "silent duplicate",
                "outcome not recorded",
                "an attempt followed another whose outcome nobody recorded",
            )
        elif not case.idempotent and between[-1].outcome == "unknown":
            yield (
                "violation",
                "not looked up",
                "sent again after an unknown outcome, without a look-up or a person's word",
            )


# --- was it sent too early? -------------------------------------------------------------------------------------------


def _too_early(cases: Sequence[Case], blind: Sequence[tuple[float, float]]) -> Iterator[tuple[Finding, bool]]:
    """Each request that came before a Retry-After was over, and whether nobody could know better."""
    by_place = {(case.street, case.channel): case for case in cases}
    by_channel: dict[str, list[Request]] = defaultdict(list)
    for case in cases:
        for request in case.requests:
            by_channel[request.channel].append(request)
    for requests in by_channel.values():
        requests.sort(key=lambda request: request.number)
        for place, refused in enumerate(requests):
            if refused.until is not None and refused.answered is not None:
                yield from _during(refused, requests[place + 1 :], by_place, blind)


def _during(
    refused: Request,
    later: Iterable[Request],
    by_place: Mapping[tuple[str, str], Case],
    blind: Sequence[tuple[float, float]],
) -> Iterator[tuple[Finding, bool]]:
    """What reached the same account, or for a 503 the same delivery, while it was not to be asked."""
    assert refused.answered is not None
    assert refused.until is not None
    heard = _heard(by_place[refused.street, refused.channel], refused)
    for request in later:
        if request.began >= refused.until:
            break
        same = request.street == refused.street
        if not same and (refused.status != 429 or request.began <= refused.answered + SLOW_TO_HEAR):
            continue
        left = _left(by_place[request.street, request.channel], request)
        grace = 0.0 if same else SLOW_TO_HEAR
        excuse = (
            not (request.right_clock and refused.right_clock)
            or heard is None
            or left <= max(heard, refused.answered + grace)
            or any(start <= request.began and refused.answered <= end for start, end in blind)
        )
        rule = f"Retry-After of {'its own' if same else 'the account'}"
        whose = "this delivery" if same else f"the account ({refused.street} was told)"
        said = (
            f"request {request.number} began {request.began - refused.answered:.3f} s after {whose} was answered "
            f"{refused.status} with {refused.until - refused.answered:.3f} s to wait (request {refused.number})"
        )
        yield Finding("violation", rule, request.street, request.channel, said), excuse


def _heard(case: Case, refused: Request) -> float | None:
    """When the refusal was recorded as one; None where whoever got it died."""
    assert refused.answered is not None
    after = (event for event in case.events if event.outcome and event.at >= refused.answered - 0.01)
    first = next(after, None)
    return first.at if first is not None and first.outcome == "retry" else None


def _left(case: Case, request: Request) -> float:
    """When a request was on its way: its attempt's record, or its beginning where no attempt fits."""
    intents = [event.at for event in case.events if event.type == "attempt" and event.at <= request.began + 0.01]
    return max(intents, default=request.began)
