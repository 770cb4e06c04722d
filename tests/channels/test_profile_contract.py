"""What every adapter keeps when its page is read: one request, a sentence for each failure, no secret, clean texts."""

import json
import logging
import time
from collections.abc import Iterator
from typing import Any

import pytest

from notifier.channel import AuthFailed, CannotTell, Profile, Rejected, Retry
from tests.channels.contract_kit import ADAPTERS, NETWORKED, Kit, adapter_of, channel_of, secrets_of
from tests.channels.wire import WireServer, a_closed_port, answering, closing, resetting, response, writing

SHORT = 0.3
READ = [name for name in NETWORKED if name in ("x", "facebook", "mastodon", "bluesky")]
"""Adapters whose network lets a program read the page."""
every_adapter = pytest.mark.parametrize("name", ADAPTERS)
every_networked = pytest.mark.parametrize("name", NETWORKED)
every_read = pytest.mark.parametrize("name", READ)


@pytest.fixture
def server() -> Iterator[WireServer]:
    """Start a service that answers as the test says."""
    with WireServer() as started:
        yield started


def a_page(text: str) -> dict[str, Any]:
    """Write an answer in which every place of a profile holds this text, whichever network it is."""
    places = ("name", "description", "about", "website", "phone", "location", "url")
    pinned = {"id": "1", "text": text}
    user = {**dict.fromkeys(places, text), "username": "ExampletonPD", "pinned_tweet_id": "1"}
    source = {"note": text, "fields": [{"name": text, "value": text}]}
    record = {"value": {"displayName": text, "description": text}}
    account = {**record, "username": "ExampletonPD", "display_name": text, "source": source}
    return {**dict.fromkeys(places, text), **account, "emails": [text], "data": user, "includes": {"tweets": [pinned]}}


def test_the_networks_that_can_be_read_are_read() -> None:
    """The tests below are about those that answer with a profile."""
    assert READ == ["bluesky", "facebook", "mastodon", "x"]


@every_adapter
def test_the_parts_of_a_profile_are_sound(name: str) -> None:
    """Each has a name and a purpose of its own, and limits that leave room for something."""
    parts = adapter_of(name).profile_parts
    assert len({part.name for part in parts}) == len(parts)
    assert len({part.holds for part in parts}) == len(parts)
    assert all(limit.amount > 0 for part in parts for limit in part.limits)


@every_adapter
def test_a_page_that_cannot_be_read_says_so_in_a_sentence(name: str) -> None:
    """With nobody at the other end every adapter answers; none raises."""
    found = channel_of(name, f"http://127.0.0.1:{a_closed_port()}").profile()
    assert not isinstance(found, Profile)
    assert getattr(found, "reason", "")


@every_read
def test_a_page_is_read_in_one_request(name: str, server: WireServer) -> None:
    """One GET; each part of the profile that the adapter declares can come back under its name."""
    server.answer = answering(200, json.dumps(a_page("Official page")).encode())
    found = Kit(name, server).profile()
    assert isinstance(found, Profile)
    assert {part.name for part in adapter_of(name).profile_parts if part.is_read} <= found.parts.keys()
    assert [seen.method for seen in server.seen] == ["GET"]


@every_networked
@pytest.mark.parametrize(
    ("status", "kinds", "words"),
    [
        (401, (AuthFailed, Retry), "401"),
        (403, (Rejected, AuthFailed), "403"),
        (404, (Rejected,), "404"),
        (429, (Retry,), "slow down"),
        (500, (Retry,), "500"),
        (503, (Retry,), "503"),
    ],
)
def test_a_refusal_is_told_in_a_sentence(
    name: str, server: WireServer, status: int, kinds: tuple[type, ...], words: str
) -> None:
    """Who must act, and whether waiting helps; a read leaves nothing unknown."""
    server.answer = answering(status, b"{}")
    found = Kit(name, server).profile()
    if isinstance(found, CannotTell):
        assert server.seen == []
    else:
        assert isinstance(found, kinds)
        renewed = status == 401 and isinstance(found, Retry)  # a session that ended is no refusal to tell
        assert renewed or words in found.reason  # type: ignore[union-attr]


@every_networked
def test_a_lost_answer_may_be_asked_for_again(name: str, server: WireServer) -> None:
    """Closed, reset, or cut: nothing was published by reading."""
    kit = Kit(name, server)
    for answer in (closing, resetting, writing(b"HTTP/1.1 20")):
        server.answer = answer
        assert isinstance(kit.profile(), Retry | CannotTell)


@every_networked
def test_a_hung_service_ends_in_time(name: str, server: WireServer) -> None:
    """An answer that never comes, or drips, ends with the account's timeout."""
    kit = Kit(name, server, SHORT)
    for answer in (server.hang, server.drip(response(200, b"x" * 200), every=SHORT / 5)):
        server.answer = answer
        started = time.monotonic()
        assert isinstance(kit.profile(), Retry | CannotTell)
        assert time.monotonic() - started < 3 * SHORT


@every_networked
def test_no_redirect_is_followed(name: str, server: WireServer) -> None:
    """Another host never sees the credential."""
    with WireServer() as other:
        server.answer = answering(302, headers={"Location": f"{other.url}/elsewhere"})
        assert not isinstance(Kit(name, server).profile(), Profile)
        assert other.connections == 0


@every_networked
@pytest.mark.parametrize("shape", [None, 7, "x", [], [1], {}, {"a": 1}, [[]], True], ids=repr)
def test_a_misshapen_answer_never_raises(name: str, server: WireServer, shape: object) -> None:
    """A changed API gives a profile with less in it, or a sentence."""
    kit = Kit(name, server)
    names = {"username": "ExampletonPD", "pinned_tweet_id": shape, "description": shape, "url": shape, "name": "x"}
    for body in (
        shape,
        dict.fromkeys(a_page(""), shape),
        {**a_page("x"), "data": {**names, "entities": shape}, "includes": shape, "emails": shape},
        {"data": {**names, "entities": {"description": shape, "url": {"urls": shape}}}, "includes": {"tweets": shape}},
        {"data": {**names, "entities": {"url": {"urls": [shape]}}}, "includes": {"tweets": [shape]}},
        {"error": shape, "errors": shape},
    ):
        server.answer = answering(200, json.dumps(body).encode())
        kit.profile()


@every_read
def test_a_hostile_page_is_read_harmless(name: str, server: WireServer) -> None:
    """No sequence that moves a cursor or turns the reading direction comes through; endless texts end."""
    hostile = "Official\x1b[2J\x1b]0;title\x07 page\u202e\u2066\x9b31m\r\nof Exampleton PD\x00 " + "a" * 50_000
    server.answer = answering(200, json.dumps(a_page(hostile)).encode())
    found = Kit(name, server).profile()
    assert isinstance(found, Profile)
    for text in found.parts.values():
        assert len(text) <= 20_000
        assert all(char == "\n" or char.isprintable() for char in text)
        assert "of Exampleton PD" in text


@every_networked
@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 429, 500])
def test_a_service_that_repeats_our_secrets_does_not_get_them_told(
    name: str, server: WireServer, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither a page nor a refusal nor a log, down to DEBUG, quotes a secret."""
    caplog.set_level(logging.DEBUG)
    kit = Kit(name, server)
    secrets = secrets_of(kit.channel)
    said = " ".join(secrets)
    refusal = {"message": said, "detail": said, "error": {"message": said, "code": 100}}
    server.answer = answering(status, json.dumps({**a_page(said), **refusal}).encode())
    told = repr(kit.profile())
    assert [secret for secret in secrets if secret in told + caplog.text] == []
