"""Attempts in bulk, and answers that come after another process had taken the attempt for lost."""

from collections.abc import Callable

import pytest

from notifier.channel import AuthFailed, Delivered, Idempotency, Outcome, Rejected, Retry, Unknown
from notifier.circuit import Terms
from notifier.retry import Next, after_attempt
from notifier.store import Claim, Store, attempts
from notifier.store.attempts import Finish, Intent
from tests.fakes import ScriptedChannel
from tests.store.conftest import MakeOffice
from tests.store.office import FAST, PIO, Office, names

X = {"x": Terms(concurrency=64)}
FOUND = Delivered("7", "https://x.example/7")


class Frozen:
    """A process that stood still while it was sending, and the one that took over."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.id = office.publish(expires="24h")
        self.store = office.desk.another_process()
        (self.claim,) = self.store.claim(X)
        assert self.store.intend(self.claim, "{}")
        self.other = office.desk.another_process()
        seconds = [0.0]
        self.other.processes.watch = lambda: seconds[0]
        assert self.other.take_over() == []
        seconds[0] = 91.0
        assert office.desk.deliverer(self.other).take_over() == 1

    def answer(self, outcome: Outcome) -> bool:
        """What it brings when it goes on."""
        now = self.office.clock()
        able = self.office.desk.channels[0].capabilities
        following = after_attempt(outcome, able, 1, now, self.claim.expires)
        return self.store.finish(self.claim, outcome, following, "{}", 1)

    @property
    def row(self) -> dict[str, object]:
        """The delivery as it is now."""
        return dict(self.office.store.deliveries(self.id)[0])

    @property
    def last(self) -> tuple[str, object]:
        """The last event's type and outcome."""
        event = self.office.store.events(self.id)[-1]
        return event["type"], event["data"].get("outcome")


MakeFrozen = Callable[[Idempotency], Frozen]


@pytest.fixture
def frozen(make_office: MakeOffice) -> MakeFrozen:
    """Make a process that stood still, on a channel of this kind."""
    return lambda idempotency: Frozen(make_office(ScriptedChannel("x", idempotency=idempotency)))


LATE: dict[str, tuple[Outcome, str]] = {
    "delivered": (FOUND, "delivered"),
    "rejected": (Rejected("too long"), "failed"),
    "auth": (AuthFailed("revoked"), "held"),
    "retry": (Retry("503"), "due"),
}


@pytest.mark.parametrize("late", LATE)
@pytest.mark.parametrize(("idempotency", "state"), [("none", "unknown"), ("lookup", "unknown"), ("key", "due")])
def test_a_late_answer_settles_what_nobody_tried_again(
    frozen: MakeFrozen, idempotency: Idempotency, state: str, late: str
) -> None:
    """What was unknown, or due because the same key is one post, becomes what the answer says."""
    it = frozen(idempotency)
    assert it.row["state"] == state
    outcome, becomes = LATE[late]
    assert it.answer(outcome)
    assert it.row["state"] == becomes
    assert it.last == ("outcome", late)
    assert [alarm for alarm in it.office.store.alarms.open() if alarm.key.startswith("unknown")] == []
    assert it.office.store.verify()[1] == []


def test_what_was_delivered_late_keeps_its_address_and_is_sent_to_nobody_again(frozen: MakeFrozen) -> None:
    """The due one is out: nobody claims it any more."""
    it = frozen("key")
    it.answer(FOUND)
    assert it.row["url"] == "https://x.example/7"
    it.office.clock.forward(hours=1)
    assert it.other.claim(X) == []


def test_a_late_unknown_says_nothing_new(frozen: MakeFrozen) -> None:
    """It is on record, and changes nothing."""
    it = frozen("none")
    assert not it.answer(Unknown("cut"))
    assert (it.row["state"], it.last) == ("unknown", ("late-answer", "unknown"))


def test_an_answer_to_an_attempt_that_was_made_again_is_only_on_record(frozen: MakeFrozen) -> None:
    """Another process sent it again and has no answer yet: the first answer says nothing of that attempt."""
    it = frozen("key")
    (again,) = it.other.claim(X)
    assert it.other.intend(again, "{}")
    assert not it.answer(Rejected("too long"))
    assert (it.row["state"], it.last) == ("sending", ("late-answer", "rejected"))
    assert it.other.finish(again, FOUND, Next("delivered", None, None), "{}", 2)
    assert it.office.store.verify()[1] == []


def test_an_answer_reaches_what_is_claimed_and_not_begun(frozen: MakeFrozen) -> None:
    """Whoever had claimed it again finds that it may not begin."""
    it = frozen("key")
    (again,) = it.other.claim(X)
    assert it.answer(FOUND)
    assert not it.other.intend(again, "{}")
    assert not it.other.finish(again, None, Next("due", it.office.clock(), "?"), "{}")
    assert it.row["state"] == "delivered"


def test_an_answer_while_it_is_looked_up_settles_it(frozen: MakeFrozen) -> None:
    """The look-up then finds nothing to settle, and is on record."""
    it = frozen("lookup")
    it.office.clock.forward(seconds=20)
    (looking,) = it.other.claim(X)
    assert looking.looking_up
    assert it.answer(FOUND)
    assert not it.other.finish(looking, None, Next("due", it.office.clock(), "absent"), "{}")
    assert (it.row["state"], it.last) == ("delivered", ("late-answer", "looked-up"))


@pytest.mark.parametrize("decided", ["cancelled", "failed"])
def test_what_a_person_decided_meanwhile_stands(frozen: MakeFrozen, decided: str) -> None:
    """A late answer is on record with its address, for it may be what the public saw."""
    it = frozen("key" if decided == "cancelled" else "none")
    if decided == "cancelled":
        it.other.cancel([it.claim.id], PIO)
    else:
        it.other.settle([it.claim.id], Next("failed", None, "not there"), PIO)
    assert not it.answer(FOUND)
    event = it.office.store.events(it.id)[-1]
    assert (it.row["state"], event["type"], event["data"]["url"]) == (decided, "late-answer", "https://x.example/7")


def test_an_answer_that_comes_while_it_is_being_taken_over(make_office: MakeOffice) -> None:
    """Taken, and not yet decided by the other: the answer settles it, and the other's guess does not."""
    office = make_office(ScriptedChannel("x"))
    office.publish()
    store, other = office.desk.another_process(), office.desk.another_process()
    (claim,) = store.claim(X)
    store.intend(claim, "{}")
    seconds = [0.0]
    other.processes.watch = lambda: seconds[0]
    other.take_over()
    seconds[0] = 91.0
    ((taken, _),) = other.take_over()
    assert store.finish(claim, FOUND, Next("delivered", None, None), "{}", 1)
    assert not other.finish(taken, Unknown("it died"), Next("unknown", None, "it died"), "{}", taken.attempts)
    assert office.store.deliveries(claim.notification)[0]["state"] == "delivered"


def test_nobody_else_brings_an_answer(frozen: MakeFrozen) -> None:
    """Only who made the attempt knows how it ended."""
    it = frozen("none")
    assert not it.other.finish(it.claim, FOUND, Next("delivered", None, None), "{}", 1)
    assert it.row["state"] == "unknown"


def test_an_old_answer_of_the_same_process_says_nothing_of_its_new_attempt(frozen: MakeFrozen) -> None:
    """It claimed again what it had lost, and sends: what its first thread brings is only on record."""
    it = frozen("key")
    (again,) = it.store.claim(X)
    assert it.store.intend(again, "{}")
    assert not it.answer(Retry("503"))
    assert it.row["state"] == "sending"


# --- many in one commit -----------------------------------------------------------------------------------------------


def _intents(store: Store, claims: list[Claim], office: Office) -> list[bool]:
    group = [Intent(claim, store.owner, office.clock(), '{"upload":"1"}') for claim in claims]
    return store._database.write(lambda session: attempts.intend(session, group))


def _finishes(store: Store, told: list[tuple[Claim, Outcome]], office: Office) -> list[bool]:
    able = ScriptedChannel("x").capabilities
    now = office.clock()
    group = [
        Finish(claim, store.owner, now, outcome, after_attempt(outcome, able, 1, now, claim.expires), "{}", 1)
        for claim, outcome in told
    ]
    return store._database.write(lambda session: attempts.finish(session, group))


@pytest.fixture
def office(make_office: MakeOffice) -> Office:
    """An office with the usual three channels."""
    return make_office()


def test_many_intents_in_one_commit_each_have_their_own_answer(office: Office) -> None:
    """Those that are still ours begin, those that were cancelled do not; the record tells which, and verifies."""
    ids = [office.publish(street=f"{number} Street") for number in range(4)]
    claims = office.store.claim(FAST)
    assert len(claims) == 12
    gone = {claim.id for claim in claims[::3]}
    office.desk.another_process().cancel(sorted(gone), PIO)
    began = _intents(office.store, claims, office)
    assert began == [claim.id not in gone for claim in claims]
    told = [event["data"]["channel"] for id_ in ids for event in office.store.events(id_) if event["type"] == "attempt"]
    assert len(told) == 8
    rows = [row for id_ in ids for row in office.store.deliveries(id_)]
    assert {row["state"] for row in rows if row["id"] not in gone} == {"sending"}
    assert {row["saved"] for row in rows if row["id"] not in gone} == {'{"upload":"1"}'}
    assert office.store.verify()[1] == []


def test_many_ends_in_one_commit_each_have_their_own_outcome(office: Office) -> None:
    """Delivered, refused, put off, lost, and one that counts no more, in one group of several notifications."""
    ids = [office.publish(street=f"{number} Street") for number in range(2)]
    claims = sorted(office.store.claim(FAST), key=lambda claim: claim.id)
    _intents(office.store, claims, office)
    strange = office.desk.another_process()
    outcomes = [FOUND, Rejected("too long"), Retry("503"), Unknown("cut"), AuthFailed("revoked"), FOUND]
    assert not any(_finishes(strange, [(claims[5], FOUND)], office))
    assert all(_finishes(office.store, list(zip(claims, outcomes, strict=True)), office))
    rows = {row["id"]: row for id_ in ids for row in office.store.deliveries(id_)}
    states = [rows[claim.id]["state"] for claim in claims]
    assert states == ["delivered", "failed", "due", "unknown", "held", "delivered"]
    assert rows[claims[0].id]["remote_id"] == "7"
    assert rows[claims[2].id]["remote_id"] is None
    for id_ in ids:
        types = [event["type"] for event in office.store.events(id_)]
        assert types.count("attempt") == types.count("outcome") == 3
    assert office.store.verify()[1] == []


def test_one_delivery_twice_in_a_group_is_settled_once(office: Office) -> None:
    """The second sees what the first did: it changes nothing, and the record says so."""
    office.publish()
    (claim, *_) = office.store.claim(FAST)
    _intents(office.store, [claim], office)
    counted = _finishes(office.store, [(claim, FOUND), (claim, Rejected("too long"))], office)
    assert counted == [True, False]
    row = next(row for row in office.store.deliveries(claim.notification) if row["id"] == claim.id)
    assert row["state"] == "delivered"
    assert office.store.events(claim.notification)[-1]["type"] == "late-answer"
    assert office.store.verify()[1] == []


def test_a_group_without_anything_does_nothing(office: Office) -> None:
    """Nothing asked, nothing done, on either database."""
    assert _intents(office.store, [], office) == []
    assert _finishes(office.store, [], office) == []
    assert names(office.store.claim(FAST)) == []
