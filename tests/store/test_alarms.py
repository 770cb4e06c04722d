"""What somebody must hear of: raised by what happens, told once, tried again, and over when it is over."""

from datetime import timedelta
from typing import Any

import pytest

from notifier.channel import AuthFailed, Delivered, Outcome, Rejected, Retry, Unknown
from notifier.circuit import Terms
from notifier.retry import Next, after_attempt
from notifier.store import Claim
from notifier.store.alarms import TELLING, Raised, feed_unavailable
from tests.fakes import START, ScriptedChannel
from tests.store.conftest import MakeOffice
from tests.store.office import PIO, Office

X = {"x": Terms(concurrency=64)}
FIRE = Raised("fire", "There is a fire", "Go and look")


@pytest.fixture
def office(make_office: MakeOffice) -> Office:
    """An office with one channel."""
    return make_office(ScriptedChannel("x"))


def keys(office: Office) -> list[str]:
    """What is open."""
    return [alarm.key for alarm in office.store.alarms.open()]


def record(office: Office) -> list[str]:
    """What the record says of alarms."""
    return [f"{event['type']} {event['data']['key']}" for event in office.store.events("alarms")]


def send(office: Office, outcome: Outcome, **fields: Any) -> Claim:
    """Publish one and end its first attempt so."""
    office.publish(**fields)
    (claim,) = office.store.claim(X)
    assert office.store.intend(claim, "{}")
    able = office.desk.channels[0].capabilities
    following = after_attempt(outcome, able, 1, office.clock(), claim.expires)
    office.store.finish(claim, outcome, following, "{}", 1)
    return claim


# --- raised, told, over -----------------------------------------------------------------------------------------------


def test_one_of_a_key_is_open_at_a_time(office: Office) -> None:
    """Raised again it is the same; over and raised again it is another; the record tells it all."""
    for _ in range(3):
        office.store.alarms.raise_(FIRE)
    office.store.alarms.raise_(Raised("flood", "There is a flood", "Go and look"))
    assert keys(office) == ["fire", "flood"]
    office.store.alarms.clear("fire")
    office.store.alarms.clear("fire")
    assert keys(office) == ["flood"]
    office.store.alarms.raise_(FIRE)
    assert sorted(keys(office)) == ["fire", "flood"]
    assert record(office) == ["raised fire", "raised flood", "cleared fire", "raised fire"]
    assert office.store.verify()[1] == []


def test_it_is_told_once(office: Office) -> None:
    """While one process tells it, no other takes it; told, nobody does, and it stays open."""
    office.store.alarms.raise_(FIRE)
    other = office.desk.another_process()
    (alarm,) = office.store.alarms.take_untold()
    assert (alarm.subject, alarm.body, alarm.told) == ("There is a fire", "Go and look", None)
    assert other.alarms.take_untold() == []
    office.store.alarms.told(alarm, None)
    office.clock.forward(days=1)
    assert other.alarms.take_untold() == []
    (open_,) = other.alarms.open()
    assert (open_.told, open_.attempts) == (START, 1)
    assert record(office) == ["raised fire", "told fire"]


def test_one_whose_teller_died_is_told_by_another(office: Office) -> None:
    """After a minute it is anybody's again."""
    office.store.alarms.raise_(FIRE)
    office.store.alarms.take_untold()
    other = office.desk.another_process()
    office.clock.now += TELLING - timedelta(microseconds=1)
    assert other.alarms.take_untold() == []
    office.clock.now += timedelta(microseconds=1)
    assert [alarm.key for alarm in other.alarms.take_untold()] == ["fire"]


def test_what_could_not_be_told_is_tried_again_less_and_less_often(office: Office) -> None:
    """After 1 s, 2 s, 4 s …, at most five minutes and a quarter; why is kept; once told, never again."""
    office.store.alarms.raise_(FIRE)
    for number in range(1, 12):
        (alarm,) = office.store.alarms.take_untold()
        assert (alarm.attempts, alarm.detail) == (number - 1, None if number == 1 else "no mail server")
        office.store.alarms.told(alarm, "no mail server")
        least = min(2 ** (number - 1), 300)
        office.clock.forward(seconds=least - 0.001)
        assert office.store.alarms.take_untold() == []
        office.clock.forward(seconds=least * 0.25 + 0.001)
    (alarm,) = office.store.alarms.take_untold()
    office.store.alarms.told(alarm, None)
    office.clock.forward(days=1)
    assert office.store.alarms.take_untold() == []
    assert record(office) == ["raised fire", *["untold fire"] * 11, "told fire"]


def test_what_is_over_before_it_was_told_is_not_told(office: Office) -> None:
    """Nobody is woken for nothing."""
    office.store.alarms.raise_(FIRE)
    office.store.alarms.clear("fire")
    assert office.store.alarms.take_untold() == []


def test_what_is_over_while_it_is_being_told_is_not_tried_again(office: Office) -> None:
    """It could not be told, and need not be any more."""
    office.store.alarms.raise_(FIRE)
    (alarm,) = office.store.alarms.take_untold()
    office.store.alarms.clear("fire")
    office.store.alarms.told(alarm, "no mail server")
    office.clock.forward(days=1)
    assert office.store.alarms.take_untold() == []


def test_some_wait_until_they_last(office: Office) -> None:
    """A feed that misses a poll or two is nobody's alarm; one that stays away is."""
    office.store.alarms.raise_(feed_unavailable("nws", "it cannot be reached"))
    office.clock.forward(minutes=4, seconds=59)
    assert office.store.alarms.take_untold() == []
    office.store.alarms.clear("feed:nws")
    office.store.alarms.raise_(feed_unavailable("nws", "it cannot be reached"))
    office.clock.forward(minutes=5)
    assert [alarm.key for alarm in office.store.alarms.take_untold()] == ["feed:nws"]


@pytest.mark.parametrize("many", [1, 40])
def test_all_that_nobody_heard_of_is_taken_together(office: Office, many: int) -> None:
    """Each once, the oldest first."""
    for number in range(many):
        office.store.alarms.raise_(Raised(f"alarm {number:02}", "s", "b"))
    assert [alarm.key for alarm in office.store.alarms.take_untold()] == [f"alarm {n:02}" for n in range(many)]


# --- by what it is raised, and what ends it ---------------------------------------------------------------------------


def test_a_failure_is_an_alarm_until_a_person_tries_again(office: Office) -> None:
    """It says which notification, where and why."""
    claim = send(office, Rejected("the text is too long"))
    (alarm,) = office.store.alarms.open()
    assert alarm.key == f"failed:{claim.notification}:x"
    assert "the text is too long" in alarm.body
    assert f"notify status {claim.notification}" in alarm.body
    office.store.retry([claim.id], PIO)
    assert keys(office) == []


def test_what_only_a_person_can_decide_is_an_alarm_until_they_do(office: Office) -> None:
    """An answer that was lost where nobody can look."""
    claim = send(office, Unknown("cut"))
    assert keys(office) == [f"unknown:{claim.notification}:x"]
    office.store.settle([claim.id], Next("delivered", None, "seen"), PIO, "https://x.example/1")
    assert keys(office) == []


def test_what_will_be_looked_up_is_no_alarm_yet(make_office: MakeOffice) -> None:
    """Only when no look-up is left, and only until one finds it."""
    office = make_office(ScriptedChannel("x", idempotency="lookup"))
    claim = send(office, Unknown("cut"))
    assert keys(office) == []
    office.clock.forward(seconds=15)
    (looking,) = office.store.claim(X)
    office.store.finish(looking, None, Next("unknown", None, "it cannot be looked up"), "{}")
    assert keys(office) == [f"unknown:{claim.notification}:x"]


def test_news_that_became_old_before_it_went_out_is_an_alarm(office: Office) -> None:
    """The public was not told: somebody must know."""
    id_ = office.publish(expires="1h")
    office.clock.forward(hours=2)
    office.store.tidy()
    assert keys(office) == [f"expired:{id_}:x"]


def test_what_is_delivered_cancelled_or_only_put_off_is_no_alarm(office: Office) -> None:
    """Nobody need do anything."""
    send(office, Delivered("1"))
    send(office, Retry("503"))
    id_ = office.publish()
    office.store.cancel([row["id"] for row in office.store.deliveries(id_)], PIO)
    assert keys(office) == []
    assert office.store.events("alarms") == []


def test_a_channel_that_is_stopped_or_down_is_one_alarm(office: Office) -> None:
    """However many of its deliveries wait; over when it is started, or answers."""
    for number in range(5):
        send(office, Retry("503", None), street=f"{number} Street")
    assert keys(office) == ["down:x"]
    office.clock.forward(minutes=1)
    (probe,) = office.store.claim(X)
    office.store.intend(probe, "{}")
    office.store.finish(probe, AuthFailed("revoked"), Next("held", None, "revoked", "auth"), "{}", 2)
    assert keys(office) == ["stopped:x"], "it answers again, and refuses the credential"
    office.store.claim(X)
    assert keys(office) == ["stopped:x"]
    office.store.restart("x", PIO, {"auth"})
    assert keys(office) == []


def test_an_alarm_is_on_disk_with_its_cause(office: Office) -> None:
    """Whoever reads that it failed reads the alarm as well, in any process."""
    other = office.desk.another_process()
    claim = send(office, Rejected("no"))
    assert other.deliveries(claim.notification)[0]["state"] == "failed"
    assert [alarm.key for alarm in other.alarms.take_untold()] == [f"failed:{claim.notification}:x"]
