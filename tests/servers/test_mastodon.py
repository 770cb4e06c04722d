"""Mastodon, through the adapter, against mastodon_mock, which keeps its state and loses answers when told."""

import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from channels.mastodon import CHANNEL
from notifier.channel import (
    Absent,
    AuthFailed,
    Delivered,
    Found,
    Limit,
    Prepared,
    Profile,
    Rejected,
    Retry,
    Unknown,
    Works,
)
from tests.channels.messages import a_channel
from tests.channels.wire import Answer, Seen, WireServer
from tests.notifications import a_message, some_media
from tests.servers.mastodon import Instance

COUNT = iter(range(10_000))
FAMILY = "\N{MAN}\u200d\N{WOMAN}\u200d\N{GIRL}\u200d\N{BOY}"
POSTS = {"methods": ["POST"], "path": "/api/v1/statuses"}


@pytest.fixture(autouse=True)
def _sound(mastodon: Instance) -> Iterator[None]:
    """No fault outlives its test."""
    yield
    mastodon.fail()


def channel_of(instance: Instance, *, later: float = 0, timeout: float = 20.0, **changes: Any) -> Any:
    """The account's channel, whose clock stands so many seconds after now."""
    settings = {"type": "mastodon", "base_url": instance.url, "access_token": instance.access_token}
    now = datetime.now(UTC) + timedelta(seconds=later)
    return a_channel(CHANNEL, settings, now=now, timeout=timeout, **changes)


def prepared(text: str, **fields: Any) -> Prepared:
    """A message of its own, sent now."""
    key = f"exampleton.n-{next(COUNT)}.1.publish.mastodon.en.1"
    return Prepared(a_message(text=text, key=key, sent=datetime.now(UTC), **fields))


def test_the_same_attempt_again_is_one_status(mastodon: Instance) -> None:
    """Retried blindly; found by its text, markup and all; absent before."""
    one = prepared(
        "Main & <b>Elm</b> are closed.\nUse River Road.\n\nhttps://police.exampleton.example/7 @pd@town.example"
    )
    channel = channel_of(mastodon, later=40)
    assert channel.find(one, datetime.now(UTC)) == Absent()
    before = mastodon.count()
    first = channel.send(one)
    assert isinstance(first, Delivered)
    assert channel.send(replace(one, attempt=2)) == first
    assert mastodon.count() == before + 1
    assert channel.find(one, datetime.now(UTC)) == Found(first)


def losing_answers(instance: Instance) -> Answer:
    """Hand every request on, and close without a word."""

    def answer(_connection: socket.socket, seen: Seen) -> None:
        url = instance.url + seen.target
        requests.request(seen.method, url, headers=dict(seen.headers), data=seen.body, timeout=10).raise_for_status()

    return answer


def test_a_lost_answer_is_one_status(mastodon: Instance) -> None:
    """The server posts, and nobody hears of it; the repeat is told of that post."""
    one, before = prepared("Its answer is lost."), mastodon.count()
    with WireServer(losing_answers(mastodon)) as between:
        assert isinstance(channel_of(mastodon, base_url=between.url).send(one), Unknown)
    assert mastodon.count() == before + 1
    channel = channel_of(mastodon)
    found, repeated = channel.find(one, datetime.now(UTC)), channel.send(replace(one, attempt=2))
    assert found == Found(repeated)
    assert mastodon.count() == before + 1


def test_a_thread_is_answers_one_below_the_other(mastodon: Instance) -> None:
    """Each part names the one before, and has its key."""
    channel = channel_of(mastodon)
    first = channel.send(prepared("One. (1/3)"))
    part = prepared("Two. (2/3)")
    second = channel.reply(first.receipt, part)
    assert channel.reply(first.receipt, replace(part, attempt=2)) == second
    third = channel.reply(second.receipt, prepared("Three. (3/3)"))
    told = {status["id"]: status["in_reply_to_id"] for status in mastodon.statuses()}
    assert (told[second.remote_id], told[third.remote_id]) == (first.remote_id, second.remote_id)


def test_a_correction_stands_in_its_place(mastodon: Instance) -> None:
    """Twice is once; then it is found as the correction."""
    channel = channel_of(mastodon)
    first = channel.send(prepared("Main Street is closed."))
    correction = prepared("Elm Street is closed.")
    changed = channel.amend(first.receipt, correction)
    assert changed == channel.amend(first.receipt, replace(correction, attempt=2))
    assert (changed.remote_id, changed.url) == (first.remote_id, first.url)
    status = next(status for status in mastodon.statuses() if status["id"] == first.remote_id)
    assert "Elm Street" in status["content"]
    assert status["edited_at"]
    assert channel.find(correction, datetime.now(UTC)) == Found(changed)


def test_what_is_withdrawn_is_gone_also_the_second_time(mastodon: Instance) -> None:
    """No error; what is gone cannot be changed."""
    channel, one = channel_of(mastodon, later=40), prepared("Wrong street.")
    first = channel.send(one)
    assert channel.withdraw(first.receipt, one.message) == Delivered()
    assert channel.withdraw(first.receipt, one.message) == Delivered()
    assert channel.find(one, datetime.now(UTC)) == Absent()
    assert isinstance(channel.amend(first.receipt, prepared("Right street.")), Rejected)


def test_a_picture_is_shown_with_its_words(mastodon: Instance) -> None:
    """Uploaded once, also for a repeat."""
    channel = channel_of(mastodon)
    one = prepared("Look at the map.", media=(some_media(alt="A map"), some_media("b.png", alt="Ein Plan: ñ \u4e2d")))
    ready = channel.prepare(one.message, {})
    assert isinstance(ready, Prepared)
    assert channel.prepare(one.message, ready.saved) == ready
    first = channel.send(ready)
    status = next(status for status in mastodon.statuses() if status["id"] == first.remote_id)
    assert [shown["description"] for shown in status["media_attachments"]] == ["A map", "Ein Plan: ñ \u4e2d"]
    assert channel.send(replace(ready, attempt=2)) == first


@pytest.mark.parametrize("text", ["a" * 500, "\u4e2d" * 500, "\u05e9\u05dc\u05d5\u05dd" * 125, FAMILY * 50])
def test_what_we_count_as_fitting_is_taken(mastodon: Instance, text: str) -> None:
    """At the limit; the mock counts a family of emoji as its parts, as Mastodon does not: fifty are sure to fit."""
    one = prepared(text)
    assert isinstance(channel_of(mastodon).send(one), Delivered)
    assert isinstance(channel_of(mastodon).find(one, datetime.now(UTC)), Found)


def test_a_text_that_is_too_long_is_refused(mastodon: Instance) -> None:
    """In the server's own words."""
    found = channel_of(mastodon).send(prepared("a" * 501))
    assert isinstance(found, Rejected)
    assert "500" in found.reason


def test_what_the_server_takes_is_read(mastodon: Instance) -> None:
    """Its own sizes; it has no word of alt texts."""
    channel = channel_of(mastodon)
    assert channel.sign_in() is None
    can = channel.capabilities
    assert can.limit == Limit(500, "mastodon")
    assert (can.pictures.size, can.pictures.alt, can.video) == (10_485_760, 1_500, 41_943_040)


def test_a_token_is_tried_and_a_dead_one_is_told(mastodon: Instance) -> None:
    """Whose it is, too; nothing was posted."""
    before = mastodon.count()
    assert isinstance(channel_of(mastodon, handle=mastodon.username).check(), Works)
    assert isinstance(channel_of(mastodon, handle="TownHall").check(), AuthFailed)
    dead = channel_of(mastodon, access_token="no-such-token")
    assert isinstance(dead.check(), AuthFailed)
    assert isinstance(dead.send(prepared("x")), AuthFailed)
    assert mastodon.count() == before
    page = channel_of(mastodon).profile()
    assert isinstance(page, Profile)
    assert page.parts["display name"] == "Test User"


def test_failures_of_the_server_are_read(mastodon: Instance) -> None:
    """Slowed down: known not to have acted. Failed, or half an answer: repeated with the key."""
    channel = channel_of(mastodon)
    faults: list[tuple[dict[str, Any], type]] = [
        ({"type": "ratelimit"}, Retry),
        ({"type": "status", "status": 500}, Unknown),
        ({"type": "status", "status": 503}, Unknown),
        ({"type": "status", "status": 401}, AuthFailed),
        ({"type": "malformed"}, Unknown),
    ]
    one = prepared("It fails, and fails.")
    for effect, outcome in faults:
        mastodon.fail(match=POSTS, effect=effect, count=1)
        assert isinstance(channel.send(one), outcome)
    assert isinstance(channel.send(one), Delivered)
