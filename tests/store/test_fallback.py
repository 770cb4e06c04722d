"""What becomes of news whose channel stays down: another channel or a person's hands, and never both."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from notifier.channel import AuthFailed, Delivered, Retry, Unknown
from notifier.publish import Publisher
from notifier.rendering import Renderer
from notifier.retry import Next
from notifier.settings import Approval
from tests.fakes import Desk, ScriptedChannel
from tests.store.approving import by
from tests.store.conftest import MakeOffice
from tests.store.office import PIO, rows
from tests.store.standing_by import BOTH, BUSY, DONE, PATIENCE, Fallback

MakeFallback = Callable[..., Fallback]


@pytest.fixture
def make(make_office: MakeOffice) -> MakeFallback:
    """Make an office with x, and spare that stands by for it."""

    def made(**how: Any) -> Fallback:
        x = ScriptedChannel("x", idempotency=how.pop("idempotency", "none"), recipients=how.pop("recipients", ()))
        return Fallback(make_office(x, ScriptedChannel("spare")), **how)

    return made


@pytest.fixture
def it(make: MakeFallback) -> Fallback:
    """The usual one."""
    return make()


# --- while all is well ------------------------------------------------------------------------------------------------


def test_what_stands_by_waits_and_is_no_reason_to_wait(it: Fallback) -> None:
    """It is held, claimed by nobody, let go by no retry and no restart, and the notification is done without it."""
    id_ = it.publish()
    standby = it.row(id_, "spare")
    assert (standby["state"], standby["hold"], standby["due"]) == ("held", "standby", None)
    assert "stands by for x" in standby["detail"]
    assert [claim.channel for claim in it.store.claim(BOTH)] == ["x"]
    assert it.store.retry([standby["id"]], PIO) == 0
    assert it.store.restart("spare", PIO, {"auth", "secret", "operator"}) == 0
    assert rows(it.store, id_) == {"x": "claimed", "spare": "held"}


def test_what_stood_by_is_cancelled_when_the_first_is_delivered(it: Fallback) -> None:
    """In the same commit; the notification is done, and nothing waits for its patience."""
    id_ = it.publish()
    it.attempt(Delivered("1"))
    assert rows(it.store, id_) == {"x": "delivered", "spare": "cancelled"}
    assert it.store.state_of(it.store.notification(id_), it.store.deliveries(id_)) == "done"
    assert it.wait() == 0
    assert it.store.alarms.open() == []


def test_what_stood_by_goes_with_what_a_person_cancels(it: Fallback) -> None:
    """All of it, in any order, and nothing of it is left open."""
    id_ = it.publish()
    it.store.cancel([row["id"] for row in it.store.deliveries(id_)][::-1], PIO)
    assert rows(it.store, id_) == {"x": "cancelled", "spare": "cancelled"}
    assert it.store.open_notifications() == []


def test_old_news_that_stood_by_is_not_late(it: Fallback) -> None:
    """Both are over at the same time; what was to go out is expired, what only stood by is cancelled."""
    id_ = it.publish()
    it.wait(timedelta(hours=25))
    assert rows(it.store, id_) == {"x": "expired", "spare": "cancelled"}
    assert it.store.state_of(it.store.notification(id_), it.store.deliveries(id_)) == "expired"
    assert [alarm.key for alarm in it.store.alarms.open()] == [f"expired:{id_}:x"]


def test_an_update_takes_the_place_of_both(it: Fallback) -> None:
    """Of the earlier revision nothing goes out any more, and the new one has something that stands by again."""
    id_ = it.publish()
    it.store.record(it.plan(id=id_, revision=2, stage="update", details="It takes longer."))
    states = [(row["revision"], row["channel"], row["state"]) for row in it.store.deliveries(id_)]
    assert states == [(1, "x", "cancelled"), (1, "spare", "cancelled"), (2, "x", "due"), (2, "spare", "held")]


# --- when it stays down -----------------------------------------------------------------------------------------------


def test_what_stays_down_too_long_is_told_by_what_stands_by(it: Fallback) -> None:
    """Not a moment before its patience ends; then that one is due and the first cancelled, on record, with an alarm."""
    id_ = it.publish()
    it.break_down()
    assert it.wait(PATIENCE - timedelta(microseconds=1)) == 0
    assert rows(it.store, id_) == {"x": "due", "spare": "held"}
    assert it.wait(timedelta(microseconds=1)) == 1
    assert rows(it.store, id_) == {"x": "cancelled", "spare": "due"}
    assert [claim.channel for claim in it.store.claim(BOTH)] == ["spare"]
    assert f"fallback:{id_}:x" in [alarm.key for alarm in it.store.alarms.open()]
    told = [(e["data"]["channel"], e["data"]["state"]) for e in it.store.events(id_) if e["type"] == "moved"]
    assert told == [("spare", "due"), ("x", "cancelled")]
    assert it.store.verify()[1] == []
    assert it.wait() == 0


def test_a_channel_that_works_is_waited_for(it: Fallback) -> None:
    """Something that is only slow, or failed once or twice, is no reason: only a channel that is down."""
    id_ = it.publish()
    it.attempt(Retry("503", it.clock() + timedelta(minutes=30)))
    assert it.wait() == 0
    assert rows(it.store, id_) == {"x": "due", "spare": "held"}


def test_a_dead_credential_is_a_channel_that_is_down(it: Fallback) -> None:
    """What it held, and what comes while it is stopped, goes by what stands by."""
    first = it.publish()
    it.attempt(AuthFailed("revoked"))
    second = it.publish(street="Oak Street")
    assert it.row(second, "x")["hold"] == "auth"
    assert it.wait() == 2
    for id_ in (first, second):
        assert rows(it.store, id_) == {"x": "cancelled", "spare": "due"}


@pytest.mark.parametrize("met_before", [False, True])
def test_a_missing_secret_is_a_channel_that_is_down(make: MakeFallback, met_before: bool) -> None:
    """Also where the store has never met the channel."""
    it = make(missing=("$X_KEY is not set",))
    id_ = it.publish()
    if met_before:
        it.store.claim(BOTH)
    assert it.row(id_, "x")["hold"] == "secret"
    assert it.wait() == 1
    assert rows(it.store, id_) == {"x": "cancelled", "spare": "due"}


@pytest.mark.parametrize("is_down", [False, True])
@pytest.mark.parametrize("is_claimed", [False, True])
def test_what_a_person_holds_waits_for_them(it: Fallback, is_down: bool, is_claimed: bool) -> None:
    """Their hold is their decision: no fallback, whatever the service does, whether or not a worker saw it yet."""
    id_ = it.publish()
    if is_down:
        it.break_down()
    it.store.hold("x", "the page is being moved", PIO)
    if is_claimed:
        it.store.claim(BOTH)
    assert it.wait(timedelta(hours=1)) == 0
    assert rows(it.store, id_)["spare"] == "held"


@pytest.mark.parametrize("state", ["claimed", "sending", "unknown"])
def test_what_may_be_out_or_is_on_its_way_is_waited_for(it: Fallback, state: str) -> None:
    """Only what is known not to have gone out goes another way."""
    for number in range(5):
        it.publish(street=f"{number} Street")
    id_ = it.publish()
    claims = it.store.claim({"x": BOTH["x"]})
    mine = next(claim for claim in claims if claim.notification == id_)
    if state != "claimed":
        it.store.intend(mine, "{}")
    for claim in claims:
        if claim is not mine:
            it.store.intend(claim, "{}")
            it.store.finish(claim, BUSY, Next("due", it.clock(), "503"), "{}", 1)
    if state == "unknown":
        it.store.finish(mine, Unknown("cut"), Next("unknown", None, "cut"), "{}", 1)
    it.wait()
    assert rows(it.store, id_) == {"x": state, "spare": "held"}


def test_what_may_be_out_by_an_earlier_attempt_is_waited_for(make: MakeFallback) -> None:
    """The answer of the first attempt was lost, though the same key may be sent again: no other channel tells it."""
    it = make(idempotency="key")
    id_ = it.publish()
    it.attempt(Unknown("cut"))
    assert rows(it.store, id_)["x"] == "due"
    it.break_down()
    assert it.wait() == 0
    assert rows(it.store, id_) == {"x": "due", "spare": "held"}


def test_who_posts_by_hand_is_told_that_it_may_be_there(make: MakeFallback) -> None:
    """They look first."""
    it = make(idempotency="key", by_hand=True)
    id_ = it.publish()
    it.attempt(Unknown("cut"))
    it.break_down()
    it.wait()
    assert "look first whether it is there" in it.row(id_, "x")["detail"]


def test_what_is_released_later_waits_from_then(it: Fallback) -> None:
    """Its patience begins when it may go out."""
    it.break_down()
    id_ = it.publish(release=it.clock() + timedelta(hours=1))
    it.wait(timedelta(hours=1))
    assert rows(it.store, id_)["spare"] == "held"
    it.wait()
    assert rows(it.store, id_) == {"x": "cancelled", "spare": "due"}


def test_recipients_fall_back_together_or_not_at_all(make: MakeFallback) -> None:
    """While one of them may have got it, what stands by is not sent; where none has, it goes out once."""
    it = make(recipients=("a@town.example", "b@town.example"))
    id_ = it.publish()
    it.attempt(BUSY, BUSY)
    assert [row["channel"] for row in it.store.deliveries(id_)] == ["x", "x", "spare"]
    it.fail_until_down()
    it.wait()
    assert [row["state"] for row in it.store.deliveries(id_)] == ["cancelled", "cancelled", "due"]
    assert len(it.store.claim(BOTH)) == 1


def test_what_one_recipient_may_have_got_is_not_told_again(make: MakeFallback) -> None:
    """One got it and the other waits: it is tried on, and what stood by stays where it is."""
    it = make(recipients=("a@town.example", "b@town.example"))
    id_ = it.publish()
    it.attempt(BUSY, Unknown("cut"))
    it.fail_until_down()
    it.wait()
    assert sorted(row["state"] for row in it.store.deliveries(id_)) == ["due", "held", "unknown"]


# --- by hand ----------------------------------------------------------------------------------------------------------


def test_a_hand_off_waits_for_a_person_who_confirms_it(make: MakeFallback) -> None:
    """It says what to do, an alarm tells it, no retry sends it, and the confirmation settles it."""
    it = make(by_hand=True)
    id_ = it.publish()
    it.break_down()
    assert it.wait() == 1
    row = it.row(id_, "x")
    assert (row["state"], row["due"], row["hold"]) == ("awaiting_person", None, None)
    assert f"notify confirm {id_} x --url" in row["detail"]
    assert f"awaiting_person:{id_}:x" in [alarm.key for alarm in it.store.alarms.open()]
    assert it.store.retry([row["id"]], PIO) == 0
    it.store.restart("x", PIO, {"auth"})
    assert it.store.claim(BOTH) == []
    assert it.store.settle([row["id"]], Next("delivered", None, "seen"), PIO, "https://x.example/9") == 1
    assert (it.row(id_, "x")["state"], it.row(id_, "x")["url"]) == ("delivered", "https://x.example/9")
    assert it.store.alarms.open() == []
    assert it.store.verify()[1] == []


def test_what_is_out_after_all_need_not_be_posted_by_hand(make: MakeFallback) -> None:
    """The answer of a process that had stood still comes late: the person is spared the work."""
    it = make(by_hand=True, idempotency="key")
    id_ = it.publish()
    frozen = it.office.desk.another_process()
    (claim,) = frozen.claim(BOTH)
    frozen.intend(claim, "{}")
    seconds = [0.0]
    it.store.processes.watch = lambda: seconds[0]
    it.store.take_over()
    seconds[0] = 91.0
    it.office.desk.deliverer().take_over()
    it.stop()
    it.wait()
    assert it.row(id_, "x")["state"] == "awaiting_person"
    assert not frozen.finish(claim, BUSY, Next("due", it.clock(), "503"), "{}", 1)
    assert frozen.finish(claim, Delivered("1"), DONE, "{}", 1)
    assert it.row(id_, "x")["state"] == "delivered"
    assert f"awaiting_person:{id_}:x" not in [alarm.key for alarm in it.store.alarms.open()]


# --- with approval ----------------------------------------------------------------------------------------------------


def waiting(it: Fallback) -> Fallback:
    """The same office, where road closures wait for approval."""
    desk: Desk = it.office.desk
    rules = Approval(kinds=("road-closure",))
    desk.publisher = Publisher(desk.department, Renderer(desk.department), lambda: desk.store, desk.clock, rules)
    return it


def test_an_approval_is_of_both_and_lets_go_only_the_first(it: Fallback) -> None:
    """Both texts are held and hashed; approved, one is due, and the other stands by for it by name."""
    id_ = waiting(it).publish()
    assert {row["hold"] for row in it.store.deliveries(id_)} == {"approval"}
    approval = it.store.approvals.of(id_)
    assert approval is not None
    assert [channel for channel, _, _ in it.store.approvals.texts(approval)] == ["x", "spare"]
    it.store.approvals.approve(id_, by("chief"), {}, {})
    assert (it.row(id_, "x")["state"], it.row(id_, "spare")["hold"]) == ("due", "standby")
    assert "stands by for x" in it.row(id_, "spare")["detail"]


def test_the_time_that_an_approval_took_is_no_waiting(it: Fallback) -> None:
    """Its patience begins when it may go out."""
    id_ = waiting(it).publish()
    it.clock.forward(minutes=30)
    it.store.approvals.approve(id_, by("chief"), {"x": ("auth", "revoked")}, {})
    it.stop()
    assert it.wait(PATIENCE - timedelta(microseconds=1)) == 0
    assert it.wait(timedelta(microseconds=1)) == 1
    assert rows(it.store, id_) == {"x": "cancelled", "spare": "due"}


@pytest.mark.parametrize("end", ["reject", "withdraw", "expire"])
def test_without_an_approval_neither_goes_out(it: Fallback, end: str) -> None:
    """Whoever ends it, and however long it stays down."""
    id_ = waiting(it).publish()
    if end == "reject":
        it.store.approvals.reject(id_, by("chief", reason="no"))
    elif end == "withdraw":
        it.store.approvals.withdraw(id_, PIO, "no")
    else:
        it.clock.forward(hours=30)
        it.store.approvals.expire()
    it.wait(timedelta(hours=1))
    assert {row["state"] for row in it.store.deliveries(id_)} <= {"cancelled", "expired"}
    assert it.store.claim(BOTH) == []
