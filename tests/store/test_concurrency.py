"""Who may claim how much: all processes share an account's width and identity, and the most urgent goes first."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notifier.channel import Delivered, Rejected, Retry
from notifier.circuit import Terms
from notifier.plan import Plan
from notifier.retry import Next
from notifier.store import Claim, Store, claiming
from notifier.store.claiming import Asked
from notifier.store.database import Session
from tests.fakes import ScriptedChannel
from tests.store.conftest import MakeOffice
from tests.store.office import PIO, Office, names, rows

TWO = {"x": Terms(concurrency=2)}
DONE = Next("delivered", None, None)


@pytest.fixture
def office(make_office: MakeOffice) -> Office:
    """An office with one channel."""
    return make_office(ScriptedChannel("x"))


def as_accounts(plan: Plan, identity: str | None) -> Plan:
    """The same plan, made for an account that something tells from others of its name."""
    return replace(plan, deliveries=tuple(replace(one, identity=identity) for one in plan.deliveries))


def in_parts(plan: Plan, count: int = 3) -> Plan:
    """The same plan as a thread: each text in some parts."""
    parts = [
        replace(one, part=part, message=replace(one.message, part=part, key=f"{one.message.key}-{part}"))
        for one in plan.deliveries
        for part in range(1, count + 1)
    ]
    return replace(plan, deliveries=tuple(parts))


def send(store: Store, claim: Claim) -> None:
    """Deliver it."""
    assert store.intend(claim, "{}")
    assert store.finish(claim, Delivered("1"), DONE, "{}", claim.attempts + 1)


# --- together ---------------------------------------------------------------------------------------------------------


def test_all_processes_together_keep_the_width(office: Office) -> None:
    """Whoever claims: two at once and no more, until one of them ended."""
    for _ in range(6):
        office.publish()
    stores = [office.store, office.desk.another_process(), office.desk.another_process()]
    taken = [store.claim(TWO, most=1) for store in stores]
    assert [len(claims) for claims in taken] == [1, 1, 0]
    send(stores[0], taken[0][0])
    assert [len(store.claim(TWO)) for store in stores] == [1, 0, 0]


def test_what_is_looked_up_takes_up_room_too(make_office: MakeOffice) -> None:
    """A look-up is a request to the same service."""
    office = make_office(ScriptedChannel("x", idempotency="lookup"))
    office.publish()
    (claim,) = office.store.claim({"x": Terms(concurrency=1)})
    office.store.intend(claim, "{}")
    office.store.finish(claim, None, Next("unknown", office.moment(seconds=15), "cut"), "{}")
    office.clock.forward(seconds=15)
    office.publish()
    assert [claim.looking_up for claim in office.store.claim({"x": Terms(concurrency=1)})] in ([True], [False])
    assert office.desk.another_process().claim({"x": Terms(concurrency=1)}) == []


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(moves=st.lists(st.tuples(st.integers(0, 2), st.sampled_from(["claim", "send", "fail", "die"])), max_size=25))
def test_never_more_than_the_width_in_any_order(
    tmp_path_factory: pytest.TempPathFactory, moves: list[tuple[int, str]]
) -> None:
    """However three processes claim, send, fail and die, no more than two are under way."""
    office = Office(tmp_path_factory.mktemp("width"), ScriptedChannel("x"))
    for _ in range(8):
        office.publish(expires="24h")
    stores = [office.store, office.desk.another_process(), office.desk.another_process()]
    hands: list[list[Claim]] = [[], [], []]
    for process, what in moves:
        if what == "claim":
            hands[process] += stores[process].claim(TWO)
        elif what == "die" and process > 0:
            stores[process].die()
            hands[process], stores[process] = [], office.desk.another_process()
            office.store.take_over()
        elif hands[process] and what == "send":
            send(stores[process], hands[process].pop())
        elif hands[process] and what == "fail":
            stores[process].finish(hands[process].pop(), None, Next("due", office.clock(), "later"), "{}")
        assert sum(len(claims) for claims in hands) <= 2
    office.close()


def test_a_missing_child_overtakes_what_waits(office: Office) -> None:
    """Of a hundred outreach posts that wait for their turn, none goes before it."""
    for number in range(100):
        office.publish("outreach", topic=f"Topic {number}")
    first = office.store.claim(TWO)
    missing = office.publish("missing-person")
    send(office.store, first[0])
    assert names(office.store.claim(TWO)) == [(missing, "x")]


class Counting:
    """A session that counts what it is asked."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.asked = 0

    def __getattr__(self, name: str) -> Any:
        """Whatever a session can do."""
        self.asked += 1
        return getattr(self._session, name)


def test_claiming_costs_the_same_however_much_waits(office: Office) -> None:
    """As many questions for two of three hundred as for two of two."""

    def claim(session: Session) -> tuple[int, list[Claim]]:
        counting = Counting(session)
        asked = Asked(office.store.department, office.store.owner, TWO)
        claims = claiming.claim(counting, asked, office.clock())
        return counting.asked, claims

    costs = []
    for many in (2, 2, 300):
        for number in range(many):
            office.publish("outreach", topic=f"Topic {number}")
        cost, claims = office.store._database.write(claim)
        costs.append(cost)
        assert len(claims) == 2
        for one in claims:
            send(office.store, one)
    assert costs[1] == costs[2]


# --- identity ---------------------------------------------------------------------------------------------------------


def of(identity: str | None) -> Mapping[str, Terms]:
    """The terms of a process whose x is this account."""
    return {"x": Terms(identity=identity)}


def test_what_was_planned_for_another_account_of_the_name_is_left_alone(office: Office) -> None:
    """It wakes nobody and is claimed by nobody but a process that has that account."""
    plan = as_accounts(office.plan(), "old page")
    office.store.record(plan)
    assert office.store.next_due(of("new page")) is None
    assert office.store.claim(of("new page")) == []
    assert office.store.claim(of("new page"), plan.notification.id) == []
    assert len(office.store.claim(of("old page"))) == 1


def test_what_nobody_told_apart_goes_by_any(office: Office) -> None:
    """A plan without an identity, or a process that tells none apart, minds nothing."""
    office.publish()
    office.store.record(as_accounts(office.plan(street="Oak Street"), "old page"))
    assert len(office.store.claim(of("new page"))) == 1
    assert office.store.next_due(of(None)) == office.clock()
    assert len(office.store.claim(of(None))) == 1


@pytest.mark.parametrize("state", ["due", "failed", "held"])
def test_a_person_lets_it_go_by_the_account_of_now(office: Office, state: str) -> None:
    """It goes out by the new one, and the record tells who said so, and from which account to which."""
    plan = as_accounts(office.plan(), "old page")
    office.store.record(plan)
    if state != "due":
        (claim,) = office.store.claim(of("old page"))
        office.store.finish(claim, None, Next(state, None, "why", "secret" if state == "held" else None), "{}")  # type: ignore[arg-type]
    ids = [row["id"] for row in office.store.deliveries(plan.notification.id)]
    assert office.store.retry(ids, PIO, {"x": "new page"}) == (0 if state == "due" else 1)
    assert len(office.store.claim(of("new page"))) == 1
    (event,) = (e for e in office.store.events(plan.notification.id) if e["type"] == "account-changed")
    assert (event["actor"], event["data"]["was"], event["data"]["account"]) == ("pio", "old page", "new page")
    assert office.store.verify()[1] == []


def test_a_retry_changes_no_account_that_is_the_same(office: Office) -> None:
    """What is planned for the present account, and what was delivered, stays as it is, unsaid."""
    plan = as_accounts(office.plan(), "page")
    office.store.record(plan)
    (claim,) = office.store.claim(of("page"))
    send(office.store, claim)
    office.store.retry([claim.id], PIO, {"x": "new page"})
    assert office.store.deliveries(plan.notification.id)[0]["identity"] == "page"
    assert "account-changed" not in [event["type"] for event in office.store.events(plan.notification.id)]


# --- threads and recipients -------------------------------------------------------------------------------------------


def parts(office: Office, id_: str) -> dict[int, str]:
    """The state of each part."""
    return {row["part"]: row["state"] for row in office.store.deliveries(id_)}


def test_parts_of_a_thread_follow_each_other(office: Office) -> None:
    """One at a time in their order; a retry begins where it stood, and sends no part again that went out."""
    plan = in_parts(office.plan())
    id_ = plan.notification.id
    office.store.record(plan)
    (first,) = office.store.claim(TWO)
    assert (first.part, office.store.claim(TWO)) == (1, [])
    send(office.store, first)
    (second,) = office.store.claim(TWO)
    office.store.intend(second, "{}")
    office.store.finish(second, Retry("503"), Next("due", office.moment(seconds=1), "503"), "{}", 1)
    assert office.store.claim(TWO) == []
    office.clock.forward(seconds=1)
    (again,) = office.store.claim(TWO)
    assert (again.id, again.part) == (second.id, 2)
    send(office.store, again)
    (third,) = office.store.claim(TWO)
    send(office.store, third)
    assert parts(office, id_) == {1: "delivered", 2: "delivered", 3: "delivered"}
    assert [row["attempts"] for row in office.store.deliveries(id_)] == [1, 2, 1]


@pytest.mark.parametrize("how", ["failed", "cancelled", "expired"])
def test_where_a_part_does_not_go_out_the_later_ones_do_not(office: Office, how: str) -> None:
    """A thread without its middle says something else: the rest is cancelled, and each says why."""
    plan = in_parts(office.plan(expires="2h"))
    id_ = plan.notification.id
    office.store.record(plan)
    send(office.store, office.store.claim(TWO)[0])
    if how == "failed":
        (claim,) = office.store.claim(TWO)
        office.store.intend(claim, "{}")
        office.store.finish(claim, Rejected("too long"), Next("failed", None, "too long"), "{}", 1)
    elif how == "cancelled":
        (second,) = (row["id"] for row in office.store.deliveries(id_) if row["part"] == 2)
        office.store.cancel([second], PIO)
    else:
        office.clock.forward(hours=3)
        office.store.tidy()
    assert (parts(office, id_)[1], parts(office, id_)[2]) == ("delivered", how)
    assert parts(office, id_)[3] in ("cancelled", how)
    assert office.store.claim(TWO) == []
    assert office.store.verify()[1] == []


def test_a_person_who_cancels_a_thread_cancels_what_is_left_of_it(office: Office) -> None:
    """All that has not gone out, in one go, each once."""
    plan = in_parts(office.plan())
    office.store.record(plan)
    send(office.store, office.store.claim(TWO)[0])
    office.store.cancel([row["id"] for row in office.store.deliveries(plan.notification.id)], PIO)
    assert parts(office, plan.notification.id) == {1: "delivered", 2: "cancelled", 3: "cancelled"}


def test_threads_in_two_languages_do_not_wait_for_each_other(make_office: MakeOffice) -> None:
    """Each is a thread of its own, as it is on each channel."""
    office = make_office(ScriptedChannel("x"), ScriptedChannel("site"))
    office.store.record(in_parts(office.plan()))
    claims = office.store.claim({"x": Terms(), "site": Terms()})
    assert sorted((claim.channel, claim.part) for claim in claims) == [("site", 1), ("x", 1)]


def test_recipients_are_tried_again_one_by_one(make_office: MakeOffice) -> None:
    """Who got it gets it once; who did not is tried again alone; who is refused is refused alone."""
    mail = ScriptedChannel("mail", recipients=("a@town.example", "b@town.example", "c@town.example"))
    office = make_office(mail)
    id_ = office.publish()
    outcomes = {"a": Delivered("1"), "b": Retry("451"), "c": Rejected("550")}
    following = {"a": DONE, "b": Next("due", office.moment(seconds=1), "451"), "c": Next("failed", None, "550")}
    claims = office.store.claim({"mail": Terms()})
    assert len(claims) == 3
    for claim in claims:
        who = claim.recipient[0]
        office.store.intend(claim, "{}")
        office.store.finish(claim, outcomes[who], following[who], "{}", 1)
    office.clock.forward(seconds=1)
    assert [claim.recipient for claim in office.store.claim({"mail": Terms()})] == ["b@town.example"]
    ids = [row["id"] for row in office.store.deliveries(id_)]
    assert office.store.retry(ids, PIO) == 1
    assert [claim.recipient for claim in office.store.claim({"mail": Terms()})] == ["c@town.example"]
    assert rows(office.store, id_)["mail"] == "claimed"
