"""What the store keeps of an account: its circuit and pauses, who stopped it and who may start it."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import pytest

from notifier.channel import AuthFailed, Delivered, Outcome, Rejected, Retry, Unknown
from notifier.circuit import Terms
from notifier.retry import Next, after_attempt
from notifier.store import Claim, Store
from tests.fakes import START, ScriptedChannel
from tests.store.conftest import MakeOffice
from tests.store.office import PIO, Office, rows

X = {"x": Terms(concurrency=64)}
BUSY = Retry("503")


@pytest.fixture
def office(make_office: MakeOffice) -> Office:
    """An office with one channel."""
    return make_office(ScriptedChannel("x"))


def finish(store: Store, claim: Claim, outcome: Outcome, now: datetime) -> bool:
    """Bring the outcome of an attempt that was begun."""
    able = ScriptedChannel("x").capabilities
    following = after_attempt(outcome, able, claim.attempts + 1, now, claim.expires)
    return store.finish(claim, outcome, following, "{}", claim.attempts + 1)


def attempt(office: Office, *outcomes: Outcome, store: Store | None = None) -> list[Claim]:
    """Publish one for each outcome, send all, then bring the outcomes; answers the claims."""
    store = store or office.store
    for number, _ in enumerate(outcomes):
        office.publish(street=f"{number} Street", expires="24h")
    claims = store.claim(X)
    assert len(claims) == len(outcomes)
    assert all(store.intend(claim, "{}") for claim in claims)
    for claim, outcome in zip(claims, outcomes, strict=True):
        assert finish(store, claim, outcome, office.clock())
    return claims


def circuit(office: Office) -> Any:
    """The circuit of x, as another process reads it."""
    return office.desk.another_process().accounts()["x"].circuit


def types(events: Iterable[dict[str, Any]]) -> list[str]:
    """What happened."""
    return [event["type"] for event in events]


def open_circuit(office: Office) -> datetime:
    """Let x fail five times; answers when it is asked again."""
    attempt(office, *[BUSY] * 5)
    probe_at: datetime = circuit(office).probe_at
    return probe_at


# --- the circuit ------------------------------------------------------------------------------------------------------


def test_five_failures_in_a_row_open_it_for_every_process(office: Office) -> None:
    """Nothing is claimed by anybody, the next time is told, it is on record, and somebody hears of it."""
    probe_at = open_circuit(office)
    assert circuit(office).opened == START
    other = office.desk.another_process()
    office.clock.forward(seconds=3)
    assert other.claim(X) == []
    assert other.next_due(X) == probe_at
    (event,) = office.store.events("channel:x")
    assert (event["type"], event["data"]["reason"]) == ("opened", "503")
    assert [alarm.key for alarm in office.store.alarms.open()] == ["down:x"]


def test_failures_are_counted_over_all_processes(office: Office) -> None:
    """Three of one and two of another are five."""
    attempt(office, *[BUSY] * 3)
    assert circuit(office).opened is None
    other = office.desk.another_process()
    for number in range(2):
        office.publish(street=f"{number} Road")
    claims = other.claim(X)
    assert all(other.intend(claim, "{}") for claim in claims)
    for claim in claims:
        finish(other, claim, BUSY, office.clock())
    assert (len(claims), circuit(office).opened) == (2, START)


@pytest.mark.parametrize("outcome", [Unknown("cut"), Rejected("too long")], ids=["unknown", "rejected"])
def test_what_is_lost_or_refused_opens_nothing(office: Office, outcome: Outcome) -> None:
    """However many: the service may have acted, or has answered."""
    attempt(office, *[outcome] * 9)
    assert circuit(office).opened is None
    assert office.store.events("channel:x") == []


def test_what_was_refused_before_anybody_was_asked_is_no_answer(office: Office) -> None:
    """A refusal of our own says nothing of the service: four failures before it are still four."""
    attempt(office, *[BUSY] * 4)
    office.publish()
    (claim,) = office.store.claim(X)
    office.store.finish(claim, Rejected("it is live now"), Next("failed", None, "it is live now"), "{}")
    assert circuit(office).failures == 4


def test_one_probe_at_a_time_over_all_processes(office: Office) -> None:
    """When its time has come, one process gets one delivery; the others get none until it ended."""
    office.clock.now = open_circuit(office)
    others = [office.desk.another_process() for _ in range(3)]
    (probe,) = office.store.claim(X)
    assert probe.is_probe
    assert [store.claim(X) for store in others] == [[], [], []]
    assert office.store.intend(probe, "{}")
    assert [store.claim(X) for store in others] == [[], [], []]
    finish(office.store, probe, BUSY, office.clock())
    assert [store.claim(X) for store in others] == [[], [], []]
    office.clock.now = circuit(office).probe_at
    assert [len(store.claim(X)) for store in others] == [1, 0, 0]


def test_a_probe_read_again_is_still_one(office: Office) -> None:
    """A command that looks up what it claimed may send it."""
    office.clock.now = open_circuit(office)
    claims = office.store.record(office.plan(), claim=X)
    assert [claim.is_probe for claim in claims] == [True]
    assert office.store.mine(claims[0].notification) == claims
    assert office.store.intend(claims[0], "{}")


def test_a_failed_probe_puts_it_off_for_longer(office: Office) -> None:
    """The second wait is twice the first; each is on nobody's record anew, and raises no second alarm."""
    office.clock.now = open_circuit(office)
    (probe,) = office.store.claim(X)
    office.store.intend(probe, "{}")
    finish(office.store, probe, BUSY, office.clock())
    assert timedelta(seconds=8) <= circuit(office).probe_at - office.clock() <= timedelta(seconds=10)
    assert types(office.store.events("channel:x")) == ["opened"]
    assert len(office.store.alarms.open()) == 1


def test_a_probe_whose_process_died_leaves_the_way_free(office: Office) -> None:
    """The next process takes it over, and probes in its turn."""
    office.clock.now = open_circuit(office)
    dying = office.desk.another_process()
    assert [claim.is_probe for claim in dying.claim(X)] == [True]
    dying.die()
    assert office.store.take_over() == []
    assert [claim.is_probe for claim in office.store.claim(X)] == [True]


def test_success_closes_it_and_what_waited_goes_at_once(office: Office) -> None:
    """What was put off is due now, beside what nobody had tried; the alarm is over, and it is on record."""
    office.clock.now = open_circuit(office)
    (probe,) = office.store.claim(X)
    office.store.intend(probe, "{}")
    finish(office.store, probe, Delivered("1"), office.clock())
    assert circuit(office).opened is None
    assert len(office.store.claim(X)) == 4
    assert types(office.store.events("channel:x")) == ["opened", "closed"]
    assert office.store.alarms.open() == []


def test_what_waited_in_backoff_goes_when_it_closes_but_not_before_retry_after(office: Office) -> None:
    """A long wait of our own ends with the success; the service's own word is kept; what is for later stays so."""
    at = START + timedelta(minutes=8)
    attempt(office, Retry("429", at), *[BUSY] * 4)
    later = office.publish(release=START + timedelta(minutes=30))
    office.clock.now = at - timedelta(minutes=1)
    assert office.store.claim(X) == [], "the whole account is paused"
    office.store.restart("x", PIO, set())
    assert len(office.store.claim(X)) == 4
    due = [row["due"] for row in office.store.deliveries(later)]
    office.clock.now = at
    assert len(office.store.claim(X)) == 1
    assert [row["due"] for row in office.store.deliveries(later)] == due


# --- pauses -----------------------------------------------------------------------------------------------------------


def test_retry_after_pauses_the_whole_account(office: Office) -> None:
    """What nobody had tried waits with it, in every process, and goes when the time has come."""
    at = START + timedelta(seconds=90)
    attempt(office, Retry("slow down", at))
    office.publish()
    other = office.desk.another_process()
    office.clock.forward(seconds=89)
    assert (other.claim(X), other.next_due(X)) == ([], at)
    office.clock.forward(seconds=1)
    assert len(other.claim(X)) == 2


@pytest.mark.parametrize("how", ["paused", "opened", "held", "dead"])
def test_what_was_claimed_before_is_not_sent(office: Office, how: str) -> None:
    """An account that was paused, opened or stopped meanwhile takes no first byte; it is due again, nobody's."""
    for number in range(6):
        office.publish(street=f"{number} Street")
    first, *others = office.store.claim(X)
    assert all(office.store.intend(claim, "{}") for claim in others)
    outcomes: dict[str, Outcome] = {"paused": Retry("429", office.moment(minutes=1)), "dead": AuthFailed("revoked")}
    for claim in others if how == "opened" else others[:1]:
        finish(office.store, claim, outcomes.get(how, BUSY), office.clock())
    if how == "held":
        office.desk.another_process().hold("x", "the page is being moved", PIO)
    assert not office.store.intend(first, "{}")
    row = office.store.deliveries(first.notification)[0]
    assert (row["state"], row["owner"], row["attempts"], row["due"] is not None) == ("due", None, 0, True)


def test_what_was_claimed_goes_when_all_is_well(office: Office) -> None:
    """Four failures meanwhile keep nothing from being sent."""
    for number in range(5):
        office.publish(street=f"{number} Street")
    first, *others = office.store.claim(X)
    assert all(office.store.intend(claim, "{}") for claim in others)
    for claim in others:
        finish(office.store, claim, BUSY, office.clock())
    assert office.store.intend(first, "{}")


# --- stopped and started ----------------------------------------------------------------------------------------------


def test_what_a_person_holds_is_kept_and_goes_when_they_release_it(office: Office) -> None:
    """It is held with their reason, on record with their name; no failure and no other cause starts it."""
    id_ = office.publish()
    office.store.hold("x", "the page is being moved", PIO)
    assert office.store.claim(X) == []
    row = office.store.deliveries(id_)[0]
    assert (row["state"], row["hold"]) == ("held", "operator")
    assert "the page is being moved" in row["detail"]
    assert office.store.restart("x", PIO, {"auth", "secret"}) == 0
    assert office.store.stopped() == {"x": "the page is being moved"}
    assert office.store.restart("x", PIO, {"operator"}) == 1
    assert len(office.store.claim(X)) == 1
    events = office.store.events("channel:x")
    assert [(event["type"], event["actor"]) for event in events] == [("stopped", "pio"), ("started", "pio")]
    assert office.store.alarms.open() == [], "who did it knows of it"


def test_a_release_starts_nothing_that_a_dead_credential_stopped(office: Office) -> None:
    """Only who mends the credential may start it; till then it is an alarm."""
    (claim,) = attempt(office, AuthFailed("revoked"))
    assert office.store.restart("x", PIO, {"operator"}) == 0
    assert rows(office.store, claim.notification) == {"x": "held"}
    assert [alarm.key for alarm in office.store.alarms.open()] == ["stopped:x"]
    assert office.store.restart("x", PIO, {"auth"}) == 1
    assert office.store.alarms.open() == []


def test_no_failure_changes_what_a_person_stopped(office: Office) -> None:
    """What was under way finds a dead credential: the person's hold and reason stand."""
    office.publish()
    (claim,) = office.store.claim(X)
    office.store.intend(claim, "{}")
    office.store.hold("x", "the page is being moved", PIO)
    finish(office.store, claim, AuthFailed("revoked"), office.clock())
    assert office.store.stopped() == {"x": "the page is being moved"}
    assert office.store.accounts()["x"].cause == "operator"


def test_what_is_unknown_waits_on_a_stopped_account(make_office: MakeOffice) -> None:
    """It is not held, for it may be out; it is looked up when the account is back."""
    office = make_office(ScriptedChannel("x", idempotency="lookup"))
    (claim,) = attempt(office, BUSY)
    office.clock.forward(seconds=2)
    (claim,) = office.store.claim(X)
    office.store.intend(claim, "{}")
    office.store.finish(claim, Unknown("cut"), Next("unknown", office.moment(seconds=15), "cut"), "{}", 2)
    office.store.hold("x", "the page is being moved", PIO)
    office.clock.forward(seconds=15)
    assert office.store.claim(X) == []
    assert rows(office.store, claim.notification) == {"x": "unknown"}
    office.store.restart("x", PIO, {"operator"})
    office.clock.forward(minutes=1)
    assert [claim.looking_up for claim in office.store.claim(X)] == [True]


def test_what_is_due_on_a_stopped_account_is_held_also_while_it_is_down(office: Office) -> None:
    """A person who holds a channel that is down sees at once what it holds."""
    open_circuit(office)
    office.store.hold("x", "the page is being moved", PIO)
    office.clock.forward(seconds=3)
    assert office.store.claim(X) == []
    assert {rows(office.store, row["id"])["x"] for row in office.store.notifications()} == {"held"}


def test_starting_it_forgets_that_it_was_down(office: Office) -> None:
    """A person who says that it works again waits for no probe."""
    open_circuit(office)
    office.store.restart("x", PIO, {"auth"})
    assert circuit(office).opened is None
    assert len(office.store.claim(X)) == 5
    assert office.store.alarms.open() == []
