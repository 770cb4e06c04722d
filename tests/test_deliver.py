"""Delivery: intent before the first byte, one attempt at a time, honest about what is not known."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar

import pytest

from notifier.channel import (
    Absent,
    AuthFailed,
    CannotTell,
    Capabilities,
    Delivered,
    Found,
    Message,
    NotReady,
    Outcome,
    Prepared,
    Rejected,
    Retry,
    Unknown,
)
from notifier.deliver import Deliverer, Route
from notifier.retry import Next
from notifier.store import Actor, Claim
from tests.conftest import MakeDesk
from tests.fakes import START, ScriptedChannel

PIO = Actor("pio", "tester")


def test_every_channel_gets_it_once(make_desk: MakeDesk) -> None:
    """Each channel is sent one message, and the store knows its address."""
    channels = [ScriptedChannel(name) for name in ("site", "x", "nixle")]
    desk = make_desk(*channels)
    id_ = desk.publish()
    assert desk.states(id_) == {"site": "delivered", "x": "delivered", "nixle": "delivered"}
    assert [len(channel.sent) for channel in channels] == [1, 1, 1]
    assert {row["url"] for row in desk.store.deliveries(id_)} == {
        f"https://{n}.example/1" for n in ("site", "x", "nixle")
    }


def test_intent_is_on_disk_before_the_first_byte(make_desk: MakeDesk) -> None:
    """While a channel is sending, another process already reads `sending`."""
    seen: list[str] = []

    def look(prepared: Prepared) -> Outcome:
        other = desk.another_process()
        seen.extend(row["state"] for row in other.deliveries(prepared.message.id))
        return Delivered()

    desk = make_desk(ScriptedChannel("x", look))
    desk.publish()
    assert seen == ["sending"]


def test_a_refusal_of_one_channel_leaves_the_others_alone(make_desk: MakeDesk) -> None:
    """One channel's rejection is its own."""
    desk = make_desk(ScriptedChannel("x", Rejected("too long")), ScriptedChannel("site"))
    id_ = desk.publish()
    assert desk.states(id_) == {"x": "failed", "site": "delivered"}


def test_an_adapter_that_breaks_is_unknown_and_stops_nobody(make_desk: MakeDesk) -> None:
    """A programming error inside a send may have published: it is unknown, and the others go out."""

    def broken(_: Prepared) -> Outcome:
        raise ZeroDivisionError("secret-token")

    desk = make_desk(ScriptedChannel("x", broken), ScriptedChannel("site"))
    id_ = desk.publish()
    assert desk.states(id_) == {"x": "unknown", "site": "delivered"}
    assert "secret-token" not in str(desk.store.events(id_))


def test_retry_after_wins_over_backoff(make_desk: MakeDesk) -> None:
    """The service's own time is kept: not a moment before."""
    at = START + timedelta(seconds=90)
    desk = make_desk(ScriptedChannel("x", Retry("slow down", at), Delivered()))
    id_ = desk.publish()
    desk.clock.forward(seconds=89)
    assert desk.due_again() == 0
    desk.clock.forward(seconds=1)
    assert desk.due_again() == 1
    assert desk.states(id_) == {"x": "delivered"}


def test_first_backoff_is_about_a_second(make_desk: MakeDesk) -> None:
    """Without a word from the service, the first retry comes after one second and a little."""
    desk = make_desk(ScriptedChannel("x", Retry("not available"), Delivered()))
    desk.publish()
    due = desk.store.next_due(desk.deliverer().terms)
    assert due is not None
    assert START + timedelta(seconds=1) <= due <= START + timedelta(seconds=1.25)


def test_a_retry_sends_the_same_message_and_key(make_desk: MakeDesk) -> None:
    """The second attempt is the first again: the same words and key, and nothing is prepared anew."""
    channel = ScriptedChannel("x", Retry("not available"), Delivered())
    channel.saved = {"upload": "42"}
    desk = make_desk(channel)
    desk.publish()
    desk.clock.forward(seconds=2)
    desk.due_again()
    first, second = channel.sent
    assert first.message == second.message
    assert first.message.key == second.message.key
    assert second.saved == {"upload": "42"}


def test_old_news_is_not_sent(make_desk: MakeDesk) -> None:
    """A delivery that was not made before its notification expired becomes expired, never late."""
    channel = ScriptedChannel("x", Retry("not available", START + timedelta(hours=1)), Delivered())
    desk = make_desk(channel)
    id_ = desk.publish(expires="2h")
    desk.clock.forward(hours=3)
    desk.due_again()
    assert desk.states(id_) == {"x": "expired"}
    assert len(channel.sent) == 1


def test_a_retry_that_would_come_too_late_expires_at_once(make_desk: MakeDesk) -> None:
    """When the service asks to come back after the news is old, nobody waits for it."""
    desk = make_desk(ScriptedChannel("x", Retry("slow down", START + timedelta(hours=5))))
    id_ = desk.publish(expires="2h")
    assert desk.states(id_) == {"x": "expired"}


def test_a_lost_answer_is_unknown_and_never_sent_again(make_desk: MakeDesk) -> None:
    """Where nobody can look, a person decides; time alone changes nothing."""
    channel = ScriptedChannel("hook", Unknown("the connection was cut"))
    desk = make_desk(channel)
    id_ = desk.publish()
    desk.clock.forward(hours=1)
    assert desk.due_again() == 0
    assert desk.states(id_) == {"hook": "unknown"}
    assert len(channel.sent) == 1


def test_a_lost_answer_of_an_idempotent_channel_is_tried_again(make_desk: MakeDesk) -> None:
    """The same key again is one post, so it is simply sent again."""
    channel = ScriptedChannel("site", Unknown("the connection was cut"), Delivered(), idempotency="key")
    desk = make_desk(channel)
    id_ = desk.publish()
    desk.clock.forward(seconds=2)
    desk.due_again()
    assert desk.states(id_) == {"site": "delivered"}
    assert channel.sent[0].message.key == channel.sent[1].message.key


def test_a_key_that_the_network_has_forgotten_is_not_trusted(make_desk: MakeDesk) -> None:
    """Within its time the same request goes again; after it the post is looked up, and sent only where it is absent."""
    can = Capabilities("long", idempotency="key", key_lasts=timedelta(hours=1))
    lost, out = Unknown("cut"), Delivered("7", "https://x.example/7")
    for finding, sent in ((Found(out), 2), (Absent(), 3)):
        channel = ScriptedChannel("x", lost, lost, out, can=can, finding=finding)
        desk = make_desk(channel)
        id_ = desk.publish()
        desk.clock.forward(seconds=10)
        desk.due_again()
        assert (len(channel.sent), channel.looked_up) == (2, [])
        desk.clock.forward(minutes=70)
        while desk.due_again():
            pass
        assert (len(channel.sent), len(channel.looked_up)) == (sent, 1)
        assert desk.states(id_) == {"x": "delivered"}


def test_a_look_up_that_finds_it_settles_it(make_desk: MakeDesk) -> None:
    """After a lost answer the channel is looked up first; found means delivered, with its address."""
    found = Found(Delivered("77", "https://x.example/77"))
    channel = ScriptedChannel("x", Unknown("cut"), idempotency="lookup", finding=found)
    desk = make_desk(channel)
    id_ = desk.publish()
    assert desk.due_again() == 0, "not before the index had time"
    desk.clock.forward(seconds=16)
    desk.due_again()
    assert desk.store.deliveries(id_)[0]["url"] == "https://x.example/77"
    assert len(channel.sent) == 1


def test_a_look_up_that_proves_absence_sends_again(make_desk: MakeDesk) -> None:
    """Proved absent, it may go out once more, and does."""
    channel = ScriptedChannel("x", Unknown("cut"), Delivered("2"), idempotency="lookup", finding=Absent())
    desk = make_desk(channel)
    id_ = desk.publish()
    desk.clock.forward(seconds=16)
    desk.due_again()
    desk.due_again()
    assert desk.states(id_) == {"x": "delivered"}
    assert len(channel.sent) == 2


def test_a_look_up_has_a_session(make_desk: MakeDesk) -> None:
    """Signed in before it looks; where that fails it looks again later, and nobody takes that for an answer."""
    found = Found(Delivered("77", "https://x.example/77"))
    channel = SigningChannel("x", Unknown("cut"), idempotency="lookup", finding=found)
    desk = make_desk(channel)
    id_ = desk.publish()
    channel.signed_in = [Retry("the network is down")]
    desk.clock.forward(seconds=16)
    desk.due_again()
    assert (channel.looked_up, desk.states(id_)) == ([], {"x": "unknown"})
    channel.signed_in = [None]
    desk.clock.forward(seconds=60)
    desk.due_again()
    assert (len(channel.looked_up), desk.states(id_)) == (1, {"x": "delivered"})


def test_look_ups_that_prove_nothing_end_with_a_person(make_desk: MakeDesk) -> None:
    """Looked up as often as the channel says, then left to a person; nothing is guessed."""
    channel = ScriptedChannel("fb", Unknown("cut"), idempotency="lookup", finding=CannotTell("its feed omits posts"))
    desk = make_desk(channel)
    id_ = desk.publish()
    for _ in range(10):
        desk.clock.forward(seconds=20)
        desk.due_again()
    row = desk.store.deliveries(id_)[0]
    assert (row["state"], row["due"], len(channel.looked_up)) == ("unknown", None, 2)
    assert "notify confirm" in row["detail"]
    assert len(channel.sent) == 1


def test_a_dead_credential_stops_the_whole_channel(make_desk: MakeDesk) -> None:
    """The next notification is held there, and goes out when a person starts the channel again."""
    channel = ScriptedChannel("x", AuthFailed("the token was revoked"), Delivered())
    desk = make_desk(channel)
    first = desk.publish(street="Main Street")
    second = desk.publish(street="Oak Street")
    assert (desk.states(first), desk.states(second)) == ({"x": "held"}, {"x": "held"})
    assert desk.store.stopped() == {"x": "the token was revoked"}
    assert desk.store.restart("x", PIO, {"auth"}) == 2
    assert desk.due_again() == 2
    assert (desk.states(first), desk.states(second)) == ({"x": "delivered"}, {"x": "delivered"})


def test_a_missing_secret_holds_its_channel(make_desk: MakeDesk) -> None:
    """A delivery that lacks a secret is stored and held, and says which."""
    desk = make_desk(ScriptedChannel("x"))
    desk.missing = ("$X_CONSUMER_KEY is not set",)
    id_ = desk.publish()
    row = desk.store.deliveries(id_)[0]
    assert (row["state"], row["hold"]) == ("held", "secret")
    assert "$X_CONSUMER_KEY" in row["detail"]


def test_cancelled_is_not_sent(make_desk: MakeDesk) -> None:
    """What a person cancels before its turn never goes out."""
    channel = ScriptedChannel("x", Retry("not available"), Delivered())
    desk = make_desk(channel)
    id_ = desk.publish()
    desk.store.cancel([row["id"] for row in desk.store.deliveries(id_)], PIO)
    desk.clock.forward(minutes=1)
    assert desk.due_again() == 0
    assert desk.states(id_) == {"x": "cancelled"}


def test_one_delivery_a_recipient(make_desk: MakeDesk) -> None:
    """A channel of several recipients has a delivery, and a key, for each."""
    channel = ScriptedChannel("mail", recipients=("a@town.example", "b@town.example"))
    desk = make_desk(channel)
    desk.publish()
    assert sorted(p.message.recipient for p in channel.sent) == ["a@town.example", "b@town.example"]
    assert len({p.message.key for p in channel.sent}) == 2


@pytest.mark.parametrize(("idempotency", "state"), [("none", "unknown"), ("key", "due"), ("lookup", "unknown")])
def test_a_process_that_died_while_sending_leaves_an_unknown(make_desk: MakeDesk, idempotency: str, state: str) -> None:
    """Intended and never finished: due again only where the same key is one post."""

    class Killed(BaseException):
        """Stands for the end of a process: nothing after it runs."""

    def die(_: Prepared) -> Outcome:
        raise Killed

    desk = make_desk(ScriptedChannel("c", die, idempotency=idempotency))  # type: ignore[arg-type]
    id_ = desk.publish(deliver=False)
    dying = desk.deliverer()
    with pytest.raises(Killed):
        dying.deliver(desk.store.mine(id_))
    desk.store.die()
    other = desk.another_process()
    assert desk.deliverer(other).take_over() == 1
    assert other.deliveries(id_)[0]["state"] == state


def test_a_process_that_died_before_sending_leaves_it_due(make_desk: MakeDesk) -> None:
    """Claimed and never intended: any live process simply sends it, once."""
    channel = ScriptedChannel("x")
    desk = make_desk(channel)
    id_ = desk.publish(deliver=False)
    desk.store.die()
    other = desk.another_process()
    deliverer = desk.deliverer(other)
    assert deliverer.take_over() == 0
    deliverer.deliver(other.claim(deliverer.terms))
    assert other.deliveries(id_)[0]["state"] == "delivered"
    assert len(channel.sent) == 1


def test_a_living_process_keeps_what_it_claimed(make_desk: MakeDesk) -> None:
    """Nothing is taken from a process that lives, however long it takes."""
    desk = make_desk(ScriptedChannel("x"))
    id_ = desk.publish(deliver=False)
    desk.clock.forward(hours=1)
    other = desk.another_process()
    assert desk.deliverer(other).take_over() == 0
    assert other.deliveries(id_)[0]["state"] == "claimed"


def test_a_process_that_stands_still_is_taken_over(make_desk: MakeDesk) -> None:
    """One that holds its lock, and was seen not to move for as long as a lease, keeps nothing from going out."""
    desk = make_desk(ScriptedChannel("x"))
    id_ = desk.publish(deliver=False)
    other = desk.another_process()
    seconds = [0.0]
    other.processes.watch = lambda: seconds[0]
    desk.deliverer(other).take_over()
    seconds[0] = 91.0
    desk.deliverer(other).take_over()
    assert other.deliveries(id_)[0]["state"] == "due"
    desk.deliverer().deliver(desk.store.mine(id_))
    assert desk.channels[0].sent == []


def test_the_record_tells_the_whole_story_and_verifies(make_desk: MakeDesk) -> None:
    """Plan, attempts and outcomes stand in the notification's chain, in order, and the chain verifies."""
    desk = make_desk(ScriptedChannel("x", Retry("not available"), Delivered("9", "https://x.example/9")))
    id_ = desk.publish()
    desk.clock.forward(seconds=2)
    desk.due_again()
    types = [event["type"] for event in desk.store.events(id_)]
    assert types == ["issue-planned", "attempt", "outcome", "attempt", "outcome"]
    count, faults = desk.store.verify()
    assert (count, faults) == (5, [])


def test_who_is_told_of_a_result_hears_how_many_attempts_were_made(make_desk: MakeDesk) -> None:
    """As the store counts them: an attempt is one, what could not be prepared and old news are none."""
    channel = ScriptedChannel("x", Retry("503"), Delivered())
    desk = make_desk(channel)
    told: list[tuple[int, str]] = []

    def note(claim: Claim, following: Next) -> None:
        told.append((claim.attempts, following.state))

    deliverer = Deliverer(desk.store, {"x": Route(channel, channel.capabilities)}, desk.clock, note)
    id_ = desk.publish(deliver=False)
    deliverer.deliver(desk.store.mine(id_))
    desk.clock.forward(seconds=5)
    deliverer.deliver(desk.store.claim(deliverer.terms))
    assert told == [(1, "due"), (2, "delivered")]
    assert desk.store.deliveries(id_)[0]["attempts"] == 2
    old = desk.publish(deliver=False, street="Oak Street")
    claims = desk.store.mine(old)
    desk.clock.forward(days=30)
    deliverer.deliver(claims)
    assert told[-1] == (0, "expired")


def test_a_deliverer_that_was_stopped_begins_nothing_more(make_desk: MakeDesk) -> None:
    """What it was given stays claimed, and goes back when the store is closed."""
    channel = ScriptedChannel("x")
    desk = make_desk(channel)
    id_ = desk.publish(deliver=False)
    deliverer = desk.deliverer()
    deliverer.stop()
    deliverer.deliver(desk.store.mine(id_))
    assert (desk.states(id_), channel.sent) == ({"x": "claimed"}, [])
    other = desk.another_process()
    desk.store.close()
    assert [row["state"] for row in other.deliveries(id_)] == ["due"]


class SigningChannel(ScriptedChannel):
    """A channel with a session."""

    signed_in: ClassVar[list[Outcome | None]] = [None]
    """What comes of signing in."""

    def sign_in(self) -> Outcome | None:
        """Say what the test says."""
        return self.signed_in[0]


class SlowChannel(ScriptedChannel):
    """A channel whose service works on an upload until it was asked so often."""

    def prepare(self, message: Message, saved: Mapping[str, Any]) -> Prepared | Outcome:
        """Count how often it was asked."""
        asked = saved.get("asked", 0) + 1
        if asked > 8:
            return Prepared(message, saved)
        return NotReady("it works on the video", self.at(), {"upload": "42", "asked": asked})


def test_what_is_not_ready_is_waited_for_and_nothing_failed(make_desk: MakeDesk) -> None:
    """What was uploaded is kept; the account stays open to others, however often it is asked."""
    channel = SlowChannel("x")
    desk = make_desk(channel)
    channel.at = lambda: desk.clock() + timedelta(seconds=5)  # type: ignore[attr-defined]
    id_ = desk.publish()
    row = desk.store.deliveries(id_)[0]
    assert (row["state"], row["detail"], row["attempts"]) == ("due", "it works on the video", 0)
    for _ in range(8):
        assert desk.states(id_) == {"x": "due"}
        desk.clock.forward(seconds=4)
        assert desk.due_again() == 0
        desk.clock.forward(seconds=1)
        assert desk.due_again() == 1
    assert desk.states(id_) == {"x": "delivered"}
    assert channel.sent[0].saved == {"upload": "42", "asked": 8}
    assert {event["data"].get("outcome") for event in desk.store.events(id_)} >= {"retry", "delivered"}


def test_what_is_not_ready_in_time_expires(make_desk: MakeDesk) -> None:
    """Old news is not sent late, whatever it waits for."""
    channel = SlowChannel("x")
    desk = make_desk(channel)
    channel.at = lambda: desk.clock() + timedelta(hours=3)  # type: ignore[attr-defined]
    assert desk.states(desk.publish(expires="2h")) == {"x": "expired"}
