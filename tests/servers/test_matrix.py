"""Matrix, through the adapter, against a real homeserver."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from channels.matrix import CHANNEL
from notifier.channel import Absent, AuthFailed, Delivered, Found, Prepared, Rejected, Retry, Works
from tests.channels.messages import a_channel
from tests.notifications import a_message, some_media
from tests.servers.arrivals import Arrivals
from tests.servers.synapse import Room, Synapse

COUNT = iter(range(10_000))


def channel_of(room: Room, **changes: Any) -> Any:
    """The room's channel, by its token unless said otherwise."""
    account = {"type": "matrix", "base_url": room.url, "room_id": room.room_id, "access_token": room.access_token}
    return a_channel(CHANNEL, account, now=datetime.now(UTC), timeout=30.0, **changes)


def prepared(text: str, **fields: Any) -> Prepared:
    """A message of its own, sent now."""
    key = f"exampleton.n-{next(COUNT)}-{datetime.now(UTC).timestamp()}.1.publish.matrix.en.1"
    return Prepared(a_message(text=text, key=key, sent=datetime.now(UTC), **fields))


def event(room: Room, outcome: Delivered) -> Any:
    """An event, as a member of the room reads it."""
    url = f"{room.url}/_matrix/client/v3/rooms/{room.room_id}/event/{outcome.remote_id}"
    return requests.get(url, headers=room.headers, timeout=10).json()


def test_the_same_attempt_again_is_one_message(synapse: Room) -> None:
    """Retried blindly; found by its key; absent before."""
    channel, one = channel_of(synapse), prepared("Main Street is closed. <b>No</b> markup.")
    assert channel.find(one, datetime.now(UTC)) == Absent()
    first = channel.send(one)
    assert isinstance(first, Delivered)
    assert channel.send(replace(one, attempt=2)) == first
    assert channel.find(one, datetime.now(UTC)) == Found(first)
    assert event(synapse, first)["content"]["body"] == one.message.text


def test_it_is_amended_answered_and_taken_down_twice(synapse: Room) -> None:
    """Each shows in the room; after the redaction nothing of the words is left."""
    channel = channel_of(synapse)
    first = channel.send(prepared("Closed."))
    amended = channel.amend(first.receipt, prepared("Closed until 6 PM."))
    assert amended.remote_id == first.remote_id
    answer = channel.reply(first.receipt, prepared("One lane is open."))
    assert event(synapse, answer)["content"]["m.relates_to"]["m.in_reply_to"]["event_id"] == first.remote_id
    for _ in range(2):
        assert channel.withdraw(first.receipt, prepared("").message) == Delivered()
    assert "body" not in event(synapse, first)["content"]


def test_the_longest_text_is_amended_and_its_edit_found(synapse: Room) -> None:
    """The whole text twice would be too large an event; found, it is the message, not its edit."""
    channel = channel_of(synapse)
    first = channel.send(prepared("Short."))
    correction = prepared("\u00f1" * 25_000)
    assert channel.amend(first.receipt, correction) == first
    assert channel.find(correction, datetime.now(UTC)) == Found(first)


def test_a_picture_goes_with_it(synapse: Room) -> None:
    """Uploaded, and named by the message."""
    channel = channel_of(synapse)
    ready = channel.prepare(prepared("Look.", media=(some_media(alt="A map"),)).message, {})
    assert isinstance(ready, Prepared)
    content = event(synapse, channel.send(ready))["content"]
    assert (content["msgtype"], content["body"]) == ("m.image", "Look.\n\n(A map)")


FAMILIES = "\N{MAN}\u200d\N{WOMAN}\u200d\N{GIRL}" * 50


@pytest.mark.parametrize("text", [FAMILIES, "\u4e2d\u6587" * 100, "\u05e9\u05dc\u05d5\u05dd", "a" * 50_000])
def test_what_we_count_as_fitting_is_taken(synapse: Room, text: str) -> None:
    """Families, Chinese, Hebrew, and the longest text."""
    channel = channel_of(synapse)
    assert event(synapse, channel.send(prepared(text)))["content"]["body"] == text


def test_a_message_that_is_too_large_is_refused(synapse: Room) -> None:
    """Beyond 65,536 bytes with all around it."""
    assert isinstance(channel_of(synapse).send(prepared("a" * 65_000)), Rejected)


def test_a_password_is_changed_for_a_token_and_dead_ones_are_told(synapse: Room) -> None:
    """Signed in by user and password; a wrong token or password stops the channel."""
    by_password = {"access_token": None, "user": synapse.user_id, "password": synapse.password}
    channel = channel_of(synapse, **by_password)
    assert channel.check() == Works()
    assert isinstance(channel.send(prepared("By password.")), Delivered)
    assert isinstance(channel_of(synapse, access_token="syt_wrong").send(prepared("x")), AuthFailed)
    assert isinstance(channel_of(synapse, **{**by_password, "password": "wrong"}).sign_in(), AuthFailed)
    elsewhere = channel_of(synapse, room_id="!nowhere:localhost")
    assert isinstance(elsewhere.check(), AuthFailed)
    assert isinstance(elsewhere.send(prepared("x")), AuthFailed)


@pytest.fixture
def strict(arrivals: Arrivals) -> Iterator[Room]:
    """A homeserver with its own rates."""
    yield from arrivals.running(Synapse(strict_rates=True))


def test_a_homeserver_that_slows_us_down_is_waited_for(strict: Room) -> None:
    """After some quick messages it says how long."""
    channel = channel_of(strict)
    outcomes = [channel.send(prepared(f"Message {number}")) for number in range(40)]
    slowed = next(outcome for outcome in outcomes if isinstance(outcome, Retry))
    assert slowed.at is not None
