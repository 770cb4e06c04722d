"""What a worker may claim: the most urgent first, in each account's pace, and nothing that is not its own."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notifier.channel import AuthFailed, Delivered, Rejected, Retry, Unknown
from notifier.circuit import Terms
from notifier.errors import StoreError
from notifier.retry import Next
from notifier.store import Claim, Store
from tests.fakes import ScriptedChannel
from tests.store.conftest import MakeOffice
from tests.store.office import FAST, PIO, Office, names, rows

SLOW = {"x": Terms(pace=6.0)}
"""Ten posts a minute."""


def test_a_missing_person_goes_before_outreach(office: Office) -> None:
    """Whatever was stored first, the more urgent kind is claimed first."""
    outreach = office.publish("outreach")
    closure = office.publish("road-closure")
    missing = office.publish("missing-person")
    order = [claim.notification for claim in office.store.claim({"x": Terms()}, most=3)]
    assert order == [missing, closure, outreach]


def test_a_worker_claims_only_for_its_accounts(office: Office) -> None:
    """What is due on an account that this process does not know stays for another."""
    id_ = office.publish()
    assert names(office.store.claim({"site": Terms()})) == [(id_, "site")]
    assert rows(office.store, id_) == {"x": "due", "site": "claimed", "facebook": "due"}


def test_names_that_look_like_patterns_are_names(make_office: MakeOffice) -> None:
    """An account called a_b is not one called axb."""
    office = make_office(ScriptedChannel("axb"), ScriptedChannel("a_b"))
    id_ = office.publish()
    assert names(office.store.claim({"a_b": Terms()})) == [(id_, "a_b")]


def test_accounts_nobody_knows_hide_nothing_and_wake_nobody(make_office: MakeOffice) -> None:
    """Many urgent deliveries of an account that was taken out of the configuration do not keep others waiting."""
    office = make_office(ScriptedChannel("gone"), ScriptedChannel("site"))
    for _ in range(6):
        office.publish("missing-person")
    claimed = [claim for _ in range(6) for claim in office.store.claim({"site": Terms()}, most=1)]
    assert len(claimed) == 6
    assert office.store.next_due({"site": Terms()}) is None
    assert office.store.next_due({"gone": Terms()}) == office.clock()


def test_old_news_hides_nothing(make_office: MakeOffice) -> None:
    """A page of what has expired is set aside, and what stands behind it is claimed at once."""
    office = make_office(ScriptedChannel("site"))
    old = [office.publish("missing-person", expires="1h") for _ in range(9)]
    office.clock.forward(hours=2)
    fresh = office.publish("outreach")
    assert names(office.store.claim({"site": Terms()}, most=2)) == [(fresh, "site")]
    assert {rows(office.store, id_)["site"] for id_ in old} == {"expired"}


def test_a_stopped_account_hides_nothing(make_office: MakeOffice) -> None:
    """What is due on a stopped account becomes held, and another account's deliveries are claimed at once."""
    office = make_office(ScriptedChannel("x"), ScriptedChannel("site"))
    ids = [office.publish("missing-person") for _ in range(9)]
    first = office.store.claim({"x": Terms()}, most=1)[0]
    assert office.store.intend(first, "{}")
    office.store.finish(first, AuthFailed("revoked"), Next("held", None, "revoked", hold="auth"), "{}")
    assert {claim.channel for claim in office.store.claim({"x": Terms(), "site": Terms()}, most=2)} == {"site"}
    office.store.claim({"x": Terms(), "site": Terms()}, most=64)
    assert {rows(office.store, id_)["x"] for id_ in ids} == {"held"}
    assert "revoked" in office.store.deliveries(ids[1])[0]["detail"]


def test_as_many_as_there_is_room_for(make_office: MakeOffice) -> None:
    """No more of an account than may be under way at once, in all processes together, however much is due."""
    office = make_office(ScriptedChannel("x"), ScriptedChannel("site"))
    for _ in range(5):
        office.publish()
    claims = office.store.claim({"x": Terms(concurrency=2), "site": Terms(concurrency=1)})
    assert sorted(claim.channel for claim in claims) == ["site", "x", "x"]
    other = office.desk.another_process()
    assert other.claim({"x": Terms(concurrency=2)}) == []
    assert len(other.claim({"x": Terms(concurrency=3)})) == 1


# --- the pace ---------------------------------------------------------------------------------------------------------


def test_a_paced_account_takes_one_at_a_time(make_office: MakeOffice) -> None:
    """One now, the next when its slot comes and not a moment before; the time of the next is told."""
    office = make_office(ScriptedChannel("x"))
    for _ in range(3):
        office.publish()
    assert len(office.store.claim(SLOW)) == 1
    assert office.store.claim(SLOW) == []
    assert office.store.next_due(SLOW) == office.moment(seconds=6)
    office.clock.forward(seconds=5.999)
    assert office.store.claim(SLOW) == []
    office.clock.forward(seconds=0.001)
    assert len(office.store.claim(SLOW)) == 1


def test_the_pace_keeps_what_is_urgent_first(make_office: MakeOffice) -> None:
    """What comes later and is more urgent takes the next slot."""
    office = make_office(ScriptedChannel("x"))
    office.publish("outreach")
    office.publish("outreach")
    office.store.claim(SLOW)
    missing = office.publish("missing-person")
    office.clock.forward(seconds=6)
    assert names(office.store.claim(SLOW)) == [(missing, "x")]


def test_a_slow_account_keeps_no_other_waiting(make_office: MakeOffice) -> None:
    """Hundreds that wait for their turn on one account hide nothing of another."""
    office = make_office(ScriptedChannel("x"), ScriptedChannel("site"))
    for _ in range(9):
        office.publish("missing-person")
    paces = {**SLOW, "site": Terms(concurrency=64)}
    claimed: list[Claim] = []
    while claims := office.store.claim(paces, most=1):
        claimed += claims
    assert sorted(claim.channel for claim in claimed) == ["site"] * 9 + ["x"]


def test_a_command_that_delivers_at_once_keeps_the_pace(make_office: MakeOffice) -> None:
    """Two commands one after the other: the second waits for its turn."""
    office = make_office(ScriptedChannel("x"), ScriptedChannel("site"))
    paces = {**SLOW, "site": Terms(concurrency=64)}
    for turn in (1, 0):
        plan = office.plan()
        claimed = office.store.record(plan, claim=paces)
        assert sorted(claim.channel for claim in claimed) == ["site", "x"][: 1 + turn]
        assert office.store.claim(paces, plan.notification.id) == []


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=st.lists(st.sampled_from([0.0, 0.3, 1.0, 5.9, 6.0, 6.1, 20.0]), min_size=5, max_size=30))
def test_no_two_posts_are_closer_than_the_pace(tmp_path_factory: pytest.TempPathFactory, steps: list[float]) -> None:
    """Whoever claims, and whenever: two posts of an account are at least its pace apart."""
    office = Office(tmp_path_factory.mktemp("pace"), ScriptedChannel("x"))
    stores = [office.store, office.desk.another_process()]
    for _ in range(8):
        office.publish(expires="24h")
    taken = []
    for number, step in enumerate(steps):
        taken += [office.clock() for _ in stores[number % 2].claim(SLOW)]
        office.clock.forward(seconds=step)
    office.close()
    assert taken
    assert all(later - earlier >= timedelta(seconds=6) for earlier, later in pairwise(taken))


# --- order ------------------------------------------------------------------------------------------------------------


def test_an_update_never_overtakes_its_issue(office: Office) -> None:
    """On an account where the issue is in somebody's hands, the update waits; where it went out, it need not."""
    id_ = office.publish()
    x, site = office.store.claim({"x": Terms(), "site": Terms()})
    _send(office.store, site)
    office.store.record(office.update(id_, office.store), claim=False)
    assert {(c.channel, c.revision) for c in office.store.claim(FAST, most=9)} == {("site", 2), ("facebook", 2)}
    assert office.store.claim(FAST) == []
    _send(office.store, x)
    assert [(c.channel, c.revision) for c in office.store.claim(FAST)] == [("x", 2)]


def test_an_update_takes_the_place_of_what_has_not_gone_out(office: Office) -> None:
    """What is due, retried or held is cancelled in the commit that stores the update, and its event names it."""
    id_ = office.publish()
    claim = office.store.claim({"x": Terms()})[0]
    office.store.intend(claim, "{}")
    office.store.finish(claim, Retry("503"), Next("due", office.moment(seconds=1), "503"), "{}")
    office.store.finish(
        office.store.claim({"facebook": Terms()})[0], AuthFailed("no"), Next("held", None, "no", "auth"), "{}"
    )
    office.store.record(office.update(id_, office.store), claim=False)
    first = {row["channel"]: row for row in office.store.deliveries(id_) if row["revision"] == 1}
    assert {row["state"] for row in first.values()} == {"cancelled"}
    assert {row["detail"] for row in first.values()} == {"superseded by revision 2"}
    (planned,) = (event for event in office.store.events(id_) if event["type"] == "update-planned")
    assert sorted(one["channel"] for one in planned["data"]["superseded"]) == ["facebook", "site", "x"]
    assert {one["revision"] for one in planned["data"]["superseded"]} == {1}


def test_an_update_takes_the_place_of_an_issue_also_where_it_does_not_go(office: Office) -> None:
    """Old facts never go out after newer ones, on no account."""
    id_ = office.publish()
    plan = office.update(id_, office.store)
    only_x = tuple(planned for planned in plan.deliveries if planned.channel == "x")
    office.store.record(replace(plan, deliveries=only_x), claim=False)
    assert [(c.channel, c.revision) for c in office.store.claim(FAST, most=9)] == [("x", 2)]
    assert rows(office.store, id_) == {"x": "claimed", "site": "cancelled", "facebook": "cancelled"}


def test_an_update_that_is_blocked_changes_nothing_but_the_record(office: Office) -> None:
    """What stands is sent as it stands; what was tried is told with its findings."""
    id_ = office.publish()
    plan = office.update(id_, office.store, details="John Smith is guilty of the murder.")
    office.store.record(plan, claim=FAST)
    row = office.store.notification(id_)
    assert (row["revision"], row["state"], row["stage"]) == (1, "published", "issue")
    assert {(c.channel, c.revision) for c in office.store.claim(FAST, most=9)} == {(name, 1) for name in FAST}
    event = office.store.events(id_)[1]
    assert (event["type"], event["data"]["state"]) == ("update-planned", "blocked")
    assert event["data"]["findings"]


def test_a_second_issue_is_refused_once_the_first_went_out(office: Office) -> None:
    """Who decided that the public has read nothing was wrong: it is decided anew, and nothing is said twice."""
    id_ = office.publish()
    plan = office.update(id_, office.store)
    again = replace(plan, notification=replace(plan.notification, stage="issue"))
    _send(office.store, office.store.claim({"x": Terms()})[0])
    with pytest.raises(StoreError, match="went out meanwhile"):
        office.store.record(again, claim=False)
    assert office.store.notification(id_)["revision"] == 1


def test_an_update_waits_for_what_nobody_knows(office: Office) -> None:
    """An issue whose answer was lost holds its update until a person or a look-up says what became of it."""
    id_ = office.publish()
    claim = office.store.claim({"x": Terms()})[0]
    office.store.intend(claim, "{}")
    office.store.finish(claim, Unknown("cut"), Next("unknown", None, "cut"), "{}")
    office.store.record(office.update(id_, office.store), claim=FAST)
    assert office.store.claim({"x": Terms()}) == []
    office.store.settle([claim.id], Next("failed", None, "not there"), PIO)
    assert [c.revision for c in office.store.claim({"x": Terms()})] == [2]


def test_what_failed_is_not_sent_after_its_update(office: Office) -> None:
    """Old words never follow new ones: a failed issue stays failed once its update was planned."""
    id_ = office.publish()
    claim = office.store.claim({"x": Terms()})[0]
    office.store.intend(claim, "{}")
    office.store.finish(claim, Rejected("too long"), Next("failed", None, "too long"), "{}")
    office.store.record(office.update(id_, office.store), claim=False)
    ids = [row["id"] for row in office.store.deliveries(id_)]
    assert office.store.retry(ids, PIO) == 0
    assert office.store.deliveries(id_)[0]["state"] == "failed"


def test_what_failed_goes_out_again_when_a_person_asks(office: Office) -> None:
    """Without an update after it, a failed delivery is due at once, and the person is on record."""
    id_ = office.publish()
    claim = office.store.claim({"x": Terms()})[0]
    office.store.intend(claim, "{}")
    office.store.finish(claim, Rejected("too long"), Next("failed", None, "too long"), "{}")
    assert office.store.retry([claim.id], PIO) == 1
    assert [c.id for c in office.store.claim({"x": Terms()})] == [claim.id]
    assert office.store.events(id_)[-1]["actor"] == "pio"


@pytest.mark.parametrize("ends", ["in order", "killed"])
def test_a_look_up_that_was_not_made_is_still_a_look_up(office: Office, ends: str) -> None:
    """A process that ends before it looked leaves the delivery unknown: nobody sends it unlooked."""
    office.publish()
    store = office.desk.another_process()
    claim = store.claim({"facebook": Terms()})[0]
    store.intend(claim, "{}")
    store.finish(claim, Unknown("cut"), Next("unknown", office.moment(seconds=15), "cut"), "{}")
    office.clock.forward(seconds=15)
    assert [c.looking_up for c in store.claim({"facebook": Terms()})] == [True]
    store.close() if ends == "in order" else store.die()
    assert office.store.take_over() == []
    assert [c.looking_up for c in office.store.claim({"facebook": Terms()})] == [True]


def test_a_cancelled_claim_is_no_longer_ones_own(office: Office) -> None:
    """What a person cancels between the claim and the first byte is not sent."""
    office.publish()
    claim = office.store.claim({"x": Terms()})[0]
    assert office.desk.another_process().cancel([claim.id], PIO) == 1
    assert not office.store.intend(claim, "{}")


def test_an_outcome_of_a_lost_claim_changes_nothing(office: Office) -> None:
    """Another machine whose lease ran out cannot write over what was decided meanwhile."""
    id_ = office.publish()
    claim = office.store.claim({"x": Terms()})[0]
    office.store.intend(claim, "{}")
    other = office.desk.another_process()
    assert not other.finish(claim, Retry("late"), Next("due", office.clock(), "late"), "{}")
    assert rows(office.store, id_)["x"] == "sending"


def test_a_move_that_no_table_allows_is_refused(office: Office) -> None:
    """A mistake of the program stops there, and leaves the delivery as it was."""
    id_ = office.publish()
    claim = office.store.claim({"x": Terms()})[0]
    office.store.intend(claim, "{}")
    with pytest.raises(AssertionError, match="sending does not become claimed"):
        office.store.finish(claim, None, Next("claimed", None, None), "{}")
    assert rows(office.store, id_)["x"] == "sending"


def _send(store: Store, claim: Claim) -> Any:
    assert store.intend(claim, "{}")
    return store.finish(claim, Delivered("1"), Next("delivered", None, None), "{}")
