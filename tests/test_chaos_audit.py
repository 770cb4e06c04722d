"""The audit of the chaos program: it must see what it is there to see, and nothing where all is well."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "bench"))

from chaos_audit import Audit, Case, Event, Request, audit, retry_until
from chaos_world import COMMANDS_FROM, street, street_in

ATTEMPT = Event(10.0, "attempt", {"attempt": 1})
AGAIN = Event(20.0, "attempt", {"attempt": 2})


def outcome(name: str, at: float = 11.0) -> Event:
    """The outcome of an attempt."""
    return Event(at, "outcome", {"outcome": name})


def request(street: str = "Quobabaga", number: int = 1, began: float = 10.5, **more: object) -> Request:
    """A request that was taken."""
    values = {"answered": None, "status": None, "until": None, "accepted": True, "right_clock": True, "fault": None}
    return Request(street=street, channel="x", number=number, began=began, **{**values, **more})  # type: ignore[arg-type]


def case(**changes: object) -> Case:
    """A delivery that went well, but for what is changed."""
    well = {
        "street": "Quobabaga",
        "channel": "x",
        "idempotent": False,
        "notification": "n-1",
        "state": "delivered",
        "remote_id": "1",
        "events": [ATTEMPT, outcome("delivered")],
        "requests": [request()],
        "posts": ["1"],
    }
    return Case(**{**well, **changes})  # type: ignore[arg-type]


def rules(*cases: Case, promised: dict[str, str] | None = None) -> list[tuple[str, str]]:
    """Kind and rule of what the audit finds."""
    return [(found.kind, found.rule) for found in audit(cases, promised or {}).findings]


@pytest.mark.parametrize(
    "well",
    [
        case(),
        case(state="failed", posts=[], events=[ATTEMPT, outcome("rejected")]),
        case(state="unknown", events=[ATTEMPT, outcome("unknown")]),
        case(state="unknown", posts=[], events=[ATTEMPT, outcome("unknown")]),
        case(state="cancelled", posts=[], events=[], requests=[]),
        case(remote_id=None),
        case(
            posts=["1", "2"],
            requests=[request(), request(number=2, began=20.5)],
            events=[ATTEMPT, outcome("unknown"), Event(15, "look-up", {}), AGAIN, outcome("delivered", 21)],
        ),
        case(
            state="unknown",
            idempotent=True,
            requests=[request(), request(number=2, began=20.5, status=400, accepted=False)],
            events=[ATTEMPT, outcome("unknown"), AGAIN, outcome("unknown", 21)],
        ),
    ],
)
def test_what_is_well_is_found_well(well: Case) -> None:
    """Delivered and there, failed and not there, unknown either way, and a doubt that was reported."""
    assert rules(well, promised={"Quobabaga": "n-1"}) == []


@pytest.mark.parametrize(
    ("wrong", "found"),
    [
        (case(posts=[]), ("missing", "not there")),
        (case(posts=["2"]), ("disagreement", "another id")),
        (case(state="due", posts=[]), ("missing", "unfinished")),
        (case(state="sending"), ("disagreement", "unfinished")),
        (case(state="failed"), ("disagreement", "failed yet there")),
        (case(state="expired"), ("disagreement", "expired yet there")),
        (case(state="unknown", idempotent=True), ("disagreement", "needless unknown")),
        (case(state=None, events=[]), ("disagreement", "not in our books")),
        (case(posts=["1", "2"]), ("silent duplicate", "not reported")),
        (case(posts=["1", "2"], idempotent=True), ("silent duplicate", "repeats not dropped")),
        (case(requests=[request(), request(number=2)]), ("silent duplicate", "no intent")),
        (case(events=[ATTEMPT, AGAIN, outcome("delivered", 21)]), ("silent duplicate", "outcome not recorded")),
        (case(events=[ATTEMPT, outcome("unknown"), AGAIN]), ("violation", "not looked up")),
    ],
)
def test_what_is_wrong_is_found(wrong: Case, found: tuple[str, str]) -> None:
    """Each way in which a delivery can go wrong."""
    assert rules(wrong) == [found]


def test_what_was_promised_must_be_in_the_store() -> None:
    """A notification that was reported as stored and is not there is missing."""
    assert rules(case(), promised={"Quobabaga": "n-1", "Quobabafa": "n-2"}) == [("missing", "promised")]


def refused(status: int = 429, began: float = 10.5, **more: object) -> Case:
    """A delivery that was told to wait until 30."""
    told = request(began=began, status=status, answered=11.0, until=30.0, accepted=False, **more)
    return case(state="failed", posts=[], events=[ATTEMPT, outcome("retry")], requests=[told])


def other(intent: float, began: float, **more: object) -> Case:
    """Another delivery of the same account."""
    events = [Event(intent, "attempt", {}), outcome("delivered", began + 1)]
    requests = [request("Quobabafa", 2, began, **more)]
    return case(street="Quobabafa", events=events, requests=requests)


def counts(found: Audit) -> tuple[int, int]:
    """How many came too early, and how many of them are excused."""
    return len(found.findings), len(found.excused)


@pytest.mark.parametrize(
    ("cases", "count"),
    [
        ([refused(), other(20, 20.1)], (1, 0)),
        ([refused(), other(11.5, 11.9)], (0, 0)),  # within the second that it takes to hear
        ([refused(), other(30.0, 30.1)], (0, 0)),
        ([refused(503), other(20, 20.1)], (0, 0)),  # a 503 speaks of its own delivery only
        ([refused(), other(11.5, 25)], (0, 1)),  # frozen between its intent and its first byte
        ([refused(right_clock=False), other(20, 20.1)], (0, 1)),
        ([refused(), other(20, 20.1, right_clock=False)], (0, 1)),
    ],
)
def test_an_account_that_was_told_to_wait_is_left_alone(cases: list[Case], count: tuple[int, int]) -> None:
    """A 429 holds for the whole account from a second after it on, where anybody could know of it."""
    assert counts(audit(cases, {})) == count


@pytest.mark.parametrize(("status", "known"), [(429, True), (503, True), (429, False)])
def test_a_delivery_waits_as_long_as_it_was_told(status: int, known: bool) -> None:
    """A repeat before the end is a violation, unless whoever was told died before it could be recorded."""
    early = refused(status)
    early.requests.append(request(number=2, began=20.5))
    early.events = [ATTEMPT, outcome("retry" if known else "unknown"), Event(15, "look-up", {}), AGAIN]
    early.posts, early.state = ["1"], "delivered"

    assert counts(audit([early], {})) == ((1, 0) if known else (0, 1))


def test_what_could_not_be_read_is_excused() -> None:
    """While the store is locked nobody can learn of a 429."""
    cases = [refused(), other(20, 20.1)]
    assert counts(audit(cases, {}, blind=[(12, 13)])) == (0, 1)
    assert counts(audit(cases, {}, blind=[(25, 26)])) == (1, 0)


def test_both_forms_of_retry_after_are_read() -> None:
    """Seconds count from the answer; a date stands for itself."""
    assert retry_until("7", 100.0) == 107.0
    assert retry_until("Thu, 01 Jan 1970 00:02:00 GMT", 100.0) == 120.0
    assert retry_until(None, 100.0) is None


def test_every_street_is_its_own_and_found_again() -> None:
    """The word that tells posts apart is found in every form that it is sent in."""
    names = [street(number) for number in (*range(3_000), *range(COMMANDS_FROM, COMMANDS_FROM + 500))]
    assert len(set(names)) == len(names)
    assert all(street_in(f"message=Exampleton+PD%3A+{name}+Street+is") == name for name in names)
    assert street_in("Main Street") is None
