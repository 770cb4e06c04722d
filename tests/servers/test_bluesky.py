"""Bluesky, through the adapter, against a real personal data server."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from channels.bluesky import CHANNEL
from channels.bluesky.records import posts_of
from notifier.channel import Absent, AuthFailed, Delivered, Found, Prepared, Profile, Rejected, Works
from notifier.lengths import fits
from notifier.pictures import Workshop, clean
from tests.channels.messages import a_channel
from tests.notifications import a_message, some_media
from tests.servers.bluesky_pds import Account
from tests.test_pictures import a_noisy_picture

COUNT = iter(range(10_000))
FAMILY = "\N{MAN}\u200d\N{WOMAN}\u200d\N{GIRL}\u200d\N{BOY}"


@pytest.fixture
def channel(bluesky_pds: Account) -> Any:
    """The account, signed in with its app password."""
    settings = {
        "type": "bluesky",
        "base_url": bluesky_pds.url,
        "handle": bluesky_pds.handle,
        "app_password": bluesky_pds.app_password,
    }
    made = a_channel(CHANNEL, settings, now=datetime.now(UTC), timeout=30.0)
    assert made.sign_in() is None
    return made


def prepared(text: str, **fields: Any) -> Prepared:
    """A message of its own, sent now."""
    key = f"exampleton.n-{next(COUNT)}.1.publish.bluesky.en.1"
    return Prepared(a_message(text=text, key=key, sent=datetime.now(UTC), **fields))


def record(channel: Any, outcome: Delivered, place: int = 0) -> Any:
    """A post's record, as anybody reads it."""
    repo, collection, rkey = outcome.receipt["uris"][place].removeprefix("at://").split("/")
    url = f"{channel.settings.base_url}/xrpc/com.atproto.repo.getRecord"
    return requests.get(url, {"repo": repo, "collection": collection, "rkey": rkey}, timeout=10).json()


def count(channel: Any) -> int:
    """How many posts stand there."""
    url = f"{channel.settings.base_url}/xrpc/com.atproto.repo.listRecords"
    query = {"repo": channel.state.read()["did"], "collection": "app.bsky.feed.post", "limit": "100"}
    return len(requests.get(url, query, timeout=10).json()["records"])


def test_the_same_attempt_again_is_one_post(channel: Any) -> None:
    """Retried blindly, as after a lost answer; found by its key; its name is the one that was foretold."""
    link = "https://police.exampleton.example/closures/7"
    one = prepared(f"Main Street is closed. Información: {link}", links=(link,))
    assert channel.find(one, datetime.now(UTC)) == Absent()
    before = count(channel)
    first = channel.send(one)
    assert isinstance(first, Delivered)
    assert channel.send(replace(one, attempt=2)) == first
    assert count(channel) == before + 1
    assert channel.find(one, datetime.now(UTC)) == Found(first)
    found = record(channel, first)
    assert found["cid"] == posts_of(one.message, channel.state.read()["did"], [])[0].cid
    assert found["value"]["facets"][0]["features"][0]["uri"] == link


def test_another_text_under_the_same_key_overwrites_nothing(channel: Any) -> None:
    """Refused, and the first stands."""
    one = prepared("The first text.")
    first = channel.send(one)
    changed = replace(one, message=replace(one.message, text="Another text."))
    assert isinstance(channel.send(changed), Rejected)
    assert record(channel, first)["value"]["text"] == "The first text."


def test_a_thread_stands_whole_and_is_made_once(channel: Any) -> None:
    """Its parts answer each other by the names that we computed; the server agrees with each."""
    one = prepared("One. (1/3)", thread=("Two. (2/3)", "Three. (3/3)"))
    before = count(channel)
    first = channel.send(one)
    assert isinstance(first, Delivered)
    names = [record(channel, first, place) for place in range(3)]
    assert [name["cid"] for name in names] == [
        post.cid for post in posts_of(one.message, channel.state.read()["did"], [])
    ]
    assert names[2]["value"]["reply"]["parent"]["cid"] == names[1]["cid"]
    assert names[2]["value"]["reply"]["root"]["cid"] == names[0]["cid"]
    assert channel.send(replace(one, attempt=2)) == first
    assert count(channel) == before + 3
    assert channel.withdraw(first.receipt, one.message) == Delivered()
    assert channel.withdraw(first.receipt, one.message) == Delivered()
    assert count(channel) == before


def test_an_answer_stands_below_its_post(channel: Any) -> None:
    """An update as a reply, and a reply to that."""
    first = channel.send(prepared("Closed."))
    answer = prepared("One lane is open.")
    second = channel.reply(first.receipt, answer)
    assert channel.find(answer, datetime.now(UTC)) == Found(second)
    third = channel.reply(second.receipt, prepared("Open again."))
    reply = record(channel, third)["value"]["reply"]
    assert (reply["root"]["uri"], reply["parent"]["uri"]) == (first.remote_id, second.remote_id)


def test_an_account_without_a_profile_says_nothing(channel: Any) -> None:
    """Anybody may ask, by the handle."""
    assert channel.profile() == Profile({}, f"https://bsky.app/profile/{channel.settings.handle}")


def test_it_is_taken_down_twice(channel: Any) -> None:
    """The second time nothing is there, and that is no error."""
    one = prepared("Wrong street.")
    first = channel.send(one)
    assert channel.withdraw(first.receipt, one.message) == Delivered()
    assert channel.withdraw(first.receipt, one.message) == Delivered()
    assert channel.find(one, datetime.now(UTC)) == Absent()


def test_a_large_photo_is_made_small_enough_and_keeps_its_alt_text(channel: Any) -> None:
    """Five megabytes of gravel, and a small map."""
    limits = channel.capabilities.pictures
    photo = Workshop().fitted(clean(a_noisy_picture(2600, 2000, 95)), limits)
    one = prepared("Look at the map.", media=(photo, some_media(alt="A map")))
    ready = channel.prepare(one.message, {})
    assert isinstance(ready, Prepared)
    first = channel.send(ready)
    images = record(channel, first)["value"]["embed"]["images"]
    assert [image["alt"] for image in images] == [photo.alt, "A map"]
    assert images[0]["image"]["size"] <= 1_000_000
    assert channel.send(channel.prepare(one.message, ready.saved)) == first


@pytest.mark.parametrize(
    "text", ["a" * 300, FAMILY * 120, "\u4e2d\u6587" * 150, "\u05e9\u05dc\u05d5\u05dd " * 50, "<b>&amp;"]
)
def test_what_we_count_as_fitting_is_taken(channel: Any, text: str) -> None:
    """At the limit: letters, families, Chinese, Hebrew, markup that stays words."""
    text = text.strip()
    assert fits(text, channel.limit())
    first = channel.send(prepared(text))
    assert isinstance(first, Delivered)
    assert record(channel, first)["value"]["text"] == text


@pytest.mark.parametrize("text", ["a" * 301, FAMILY * 121])
def test_what_we_count_as_too_long_is_refused(channel: Any, text: str) -> None:
    """Graphemes, and bytes."""
    assert not fits(text, channel.limit())
    assert isinstance(channel.send(prepared(text)), Rejected)


def test_a_session_is_refreshed_and_a_dead_credential_is_told(channel: Any, bluesky_pds: Account) -> None:
    """The old token is given back for a new one; a wrong password stops the channel."""
    channel.state.change(token_until=1.0)
    assert channel.sign_in() is None
    assert channel.state.read()["token_until"] > 1.0
    assert channel.check() == Works()
    wrong = {"type": "bluesky", "base_url": bluesky_pds.url, "handle": bluesky_pds.handle, "app_password": "aaaa-bbbb"}
    other = a_channel(CHANNEL, wrong, now=datetime.now(UTC) + timedelta(seconds=1))
    assert isinstance(other.sign_in(), AuthFailed)
