"""Taking a notification back: what waits is cancelled, what is out is taken down, what nobody can reach is named."""

from datetime import timedelta
from queue import SimpleQueue
from typing import Any

import pytest

from notifier.channel import (
    Absent,
    AuthFailed,
    Capabilities,
    Delivered,
    Found,
    Limit,
    Outcome,
    Rejected,
    Retry,
    Unknown,
)
from notifier.deliver import End
from notifier.handing_over import by_hand
from notifier.store import Claim
from notifier.store.withdrawing import Withdrawal
from tests.fakes import ScriptedChannel
from tests.store.conftest import MakeOffice
from tests.store.office import PIO, Office

CAN = Capabilities("long", can_withdraw=True, can_reply=True)
OUT = Delivered("17", "https://x.example/17", {"remote_id": "17", "part": 1})


def a_channel(name: str = "x", *answers: Outcome, **can: Any) -> ScriptedChannel:
    """A channel whose posts can be taken down."""
    return ScriptedChannel(name, *(answers or (OUT,)), can=Capabilities(**{**vars(CAN), **can}), finding=Absent())


def deliver(office: Office) -> None:
    """Deliver what is due now."""
    deliverer = office.desk.deliverer()
    while claims := office.store.claim(deliverer.terms):
        deliverer.deliver(claims)


def learn(office: Office, claim: Claim, outcome: Outcome) -> None:
    """Let the answer to an attempt come, and be on disk."""
    ends: SimpleQueue[End] = SimpleQueue()
    office.desk.deliverer()._finish(claim, outcome, 1, "{}", ends.put, is_sent=True)
    ends.get(timeout=20)


def withdraw(office: Office, id_: str, **means: Any) -> Withdrawal:
    """Take it back, by what the channels can do unless said otherwise."""
    can = {channel.name: "program" for channel in office.desk.channels if channel.capabilities.can_withdraw}
    return office.store.withdraw(id_, {**can, **means}, PIO, "it was wrong")


def states(office: Office, id_: str) -> list[tuple[str, str]]:
    """Operation and state of each delivery."""
    return [(row["operation"], row["state"]) for row in office.store.deliveries(id_)]


def test_what_is_out_is_taken_down_by_its_receipt(make_office: MakeOffice) -> None:
    """The channel is handed what its service gave, once, and the record says who wanted it and why."""
    channel = a_channel()
    office = make_office(channel)
    id_ = office.publish()
    deliver(office)
    assert withdraw(office, id_) == Withdrawal(0, 1, ())
    deliver(office)
    assert channel.withdrawn == [OUT.receipt]
    assert states(office, id_) == [("publish", "delivered"), ("withdraw", "delivered")]
    row = office.store.notification(id_)
    assert office.store.state_of(row, office.store.deliveries(id_)) == "withdrawn"
    event = next(event for event in office.store.events(id_) if event["type"] == "withdrawn")
    assert (event["actor"], event["data"]["reason"]) == ("pio", "it was wrong")
    assert office.store.verify()[1] == []


def test_what_has_not_gone_out_is_cancelled(make_office: MakeOffice) -> None:
    """Nothing is published to be taken down at once."""
    channel = a_channel()
    office = make_office(channel)
    id_ = office.publish()
    assert withdraw(office, id_) == Withdrawal(1, 0, ())
    deliver(office)
    assert channel.sent == []
    assert states(office, id_) == [("publish", "cancelled")]


def test_what_nobody_can_take_back_is_named(make_office: MakeOffice) -> None:
    """A mail is read where it is."""
    office = make_office(a_channel("mail", can_withdraw=False), a_channel())
    id_ = office.publish()
    deliver(office)
    taken = withdraw(office, id_)
    assert [row["channel"] for row in taken.beyond_reach] == ["mail"]
    assert taken.to_take_down == 1


def test_what_is_on_its_way_is_taken_down_when_it_is_known(make_office: MakeOffice) -> None:
    """The withdrawal waits for the answer, and then acts on its receipt."""
    channel = a_channel()
    office = make_office(channel)
    id_ = office.publish()
    claim: Claim = office.store.claim(office.desk.deliverer().terms)[0]
    assert office.store.intend(claim, "{}")
    assert withdraw(office, id_).to_take_down == 1
    deliver(office)
    assert channel.withdrawn == []
    learn(office, claim, OUT)
    office.clock.forward(seconds=1)
    deliver(office)
    assert channel.withdrawn == [OUT.receipt]


@pytest.mark.parametrize("answer", [Retry("busy"), Rejected("no")], ids=["later", "never"])
def test_what_did_not_go_out_after_all_is_not_tried_again(make_office: MakeOffice, answer: Outcome) -> None:
    """A retry that was due is not sent once the notification is taken back; its withdrawal is not needed."""
    channel = a_channel("x", answer, OUT)
    office = make_office(channel)
    id_ = office.publish()
    claim = office.store.claim(office.desk.deliverer().terms)[0]
    assert office.store.intend(claim, "{}")
    withdraw(office, id_)
    learn(office, claim, answer)
    office.clock.forward(minutes=10)
    deliver(office)
    assert channel.sent == []
    assert channel.withdrawn == []
    assert {state for _, state in states(office, id_)} <= {"cancelled", "failed"}


def test_what_may_be_out_is_looked_up_and_never_sent_again(make_office: MakeOffice) -> None:
    """Proved absent, it stays away; found, it is taken down."""
    for finding, ends in ((Absent(), "cancelled"), (Found(OUT), "delivered")):
        channel = ScriptedChannel(
            "x", Unknown("cut"), can=Capabilities(**{**vars(CAN), "idempotency": "lookup"}), finding=finding
        )
        office = make_office(channel)
        id_ = office.publish()
        deliver(office)
        withdraw(office, id_)
        office.clock.forward(minutes=5)
        deliver(office)
        deliver(office)
        assert len(channel.sent) == 1
        assert states(office, id_)[0] == ("publish", ends)
        assert channel.withdrawn == ([OUT.receipt] if ends == "delivered" else [])


def test_a_failed_withdrawal_is_tried_again(make_office: MakeOffice) -> None:
    """A lost answer to it is no doubt: to take away what is gone changes nothing."""
    channel = a_channel()
    channel.taking_down = [Retry("busy"), Unknown("cut"), Delivered()]
    office = make_office(channel)
    id_ = office.publish()
    deliver(office)
    withdraw(office, id_)
    for _ in range(3):
        deliver(office)
        office.clock.forward(minutes=1)
    assert len(channel.withdrawn) == 3
    assert states(office, id_)[1] == ("withdraw", "delivered")


def test_a_withdrawal_whose_answer_was_lost_is_never_looked_up(make_office: MakeOffice) -> None:
    """The post that a look-up would find is the one that must go."""
    can = {"idempotency": "key", "key_lasts": timedelta(hours=1)}
    channel = ScriptedChannel("x", OUT, can=Capabilities(**{**vars(CAN), **can}), finding=Found(OUT))
    channel.taking_down = [Unknown("cut"), Delivered()]
    office = make_office(channel)
    id_ = office.publish()
    deliver(office)
    office.clock.forward(hours=2)
    withdraw(office, id_)
    for _ in range(2):
        deliver(office)
        office.clock.forward(minutes=1)
    assert channel.looked_up == []
    assert len(channel.withdrawn) == 2


def test_it_is_no_old_news_that_a_post_must_go(make_office: MakeOffice) -> None:
    """A notification that has expired can still be taken down, for weeks."""
    channel = a_channel()
    office = make_office(channel)
    id_ = office.publish()
    deliver(office)
    office.clock.forward(days=20)
    withdraw(office, id_)
    deliver(office)
    assert channel.withdrawn == [OUT.receipt]


def test_a_second_withdrawal_orders_nothing_twice(make_office: MakeOffice) -> None:
    """Two people may think of it."""
    channel = a_channel()
    office = make_office(channel)
    id_ = office.publish()
    deliver(office)
    assert withdraw(office, id_).to_take_down == 1
    assert withdraw(office, id_).to_take_down == 0
    deliver(office)
    assert len(channel.withdrawn) == 1


def test_what_was_taken_back_is_not_published_by_a_retry(make_office: MakeOffice) -> None:
    """`notify retry` tries the withdrawal again, never the post."""
    channel = a_channel("x", Rejected("no"))
    office = make_office(channel)
    id_ = office.publish()
    deliver(office)
    withdraw(office, id_)
    ids = [row["id"] for row in office.store.deliveries(id_)]
    assert office.store.retry(ids, PIO) == 0


def test_a_dead_credential_holds_a_withdrawal_until_it_is_mended(make_office: MakeOffice) -> None:
    """It is not lost: the channel's restart lets it go."""
    channel = a_channel()
    channel.taking_down = [AuthFailed("dead"), Delivered()]
    office = make_office(channel)
    id_ = office.publish()
    deliver(office)
    withdraw(office, id_)
    deliver(office)
    assert states(office, id_)[1] == ("withdraw", "held")
    assert office.store.restart("x", PIO, {"auth"}) == 1
    deliver(office)
    assert states(office, id_)[1] == ("withdraw", "delivered")


def test_what_a_person_posted_a_person_takes_down(make_office: MakeOffice) -> None:
    """Where no receipt is known, it waits for somebody, with a reminder."""
    office = make_office(a_channel("board", by_hand=True, can_withdraw=False))
    id_ = office.publish()
    deliver(office)
    (row,) = office.store.deliveries(id_)
    assert (row["state"], row["attempts"]) == ("awaiting_person", 0)
    assert row["remind"] is not None
    from notifier.retry import Next

    office.store.settle([row["id"]], Next("delivered", None, "posted"), PIO, "https://board.example/1")
    withdraw(office, id_, board="person")
    deliver(office)
    assert states(office, id_)[1] == ("withdraw", "awaiting_person")
    assert "take it down by hand" in office.store.deliveries(id_)[1]["detail"]


def test_somebody_is_reminded_of_a_hand_off_once(make_office: MakeOffice) -> None:
    """When its deadline has passed an alarm is raised, and it ends when the post is there."""
    from notifier.retry import Next

    office = make_office(a_channel("board", by_hand=True))
    id_ = office.publish()
    deliver(office)
    deadline = by_hand(id_, "board", None, office.clock()).remind
    assert deadline is not None
    office.store.tidy()
    assert {alarm.key for alarm in office.store.alarms.open()} == {f"awaiting_person:{id_}:board"}
    office.clock.now = deadline + timedelta(seconds=1)
    assert office.store.tidy() == 1
    assert office.store.tidy() == 0
    assert f"overdue:{id_}:board" in {alarm.key for alarm in office.store.alarms.open()}
    (row,) = office.store.deliveries(id_)
    office.store.settle([row["id"]], Next("delivered", None, "posted"), PIO, "https://board.example/1")
    assert office.store.alarms.open() == []


def test_each_part_of_a_thread_answers_the_one_before(make_office: MakeOffice) -> None:
    """The second goes when the first is there, by its receipt; where the first fails, nothing follows."""
    thread = {"thread": "replies", "limit": Limit(110, "characters")}
    first, second = (Delivered(n, f"https://x.example/{n}", {"remote_id": n}) for n in "12")
    channel = a_channel("x", first, second, **thread)
    office = make_office(channel)
    id_ = office.publish()
    deliver(office)
    assert next(receipt for receipt, _ in channel.replied) == {"remote_id": "1"}
    assert [prepared.message.part for prepared in channel.sent] == list(range(1, len(channel.sent) + 1))
    assert len(channel.sent) > 1
    withdraw(office, id_)
    deliver(office)
    assert len(channel.withdrawn) == len(channel.sent)

    refusing = a_channel("y", Rejected("too long"), **thread)
    office = make_office(refusing)
    id_ = office.publish()
    deliver(office)
    assert [state for _, state in states(office, id_)][:2] == ["failed", "cancelled"]
    assert len(refusing.sent) == 1
