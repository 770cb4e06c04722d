"""The X channel: what is posted, what X's answers mean, and how a lost post is found again."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from channels.x import X
from channels.x.timeline import same_text
from notifier.channel import Absent, AuthFailed, CannotTell, Delivered, Found, Limit, Rejected, Retry, Unknown, Works
from tests.channels.messages import LATER, NOW, a_channel, a_prepared
from tests.channels.wire import Answer, Seen, WireServer, answering, response

USER = "1585841080431321088"
TEXT = "Main St closed. Detour: https://city.example/a?b=1&c=2 <now>"
Refusal = AuthFailed | Rejected | Retry | Unknown


def contract_account(url: str) -> dict[str, Any]:
    """Give the settings with which the contract's kit tries this channel."""
    return {
        "type": "x",
        "base_url": url,
        "handle": "ExampletonPD",
        "consumer_key": "consumer-key-71d0",
        "consumer_secret": "consumer-secret-71d0",
        "access_token": "access-token-71d0",
        "access_token_secret": "access-token-secret-71d0",
        "user_id": USER,
    }


def contract_receipt() -> dict[str, Any]:
    """Give the receipt of a post that the contract's kit corrects, answers and deletes."""
    return {"remote_id": "1860001", "url": "https://x.com/ExampletonPD/status/1860001"}


@pytest.fixture
def server() -> Iterator[WireServer]:
    """Start a service that answers as X does."""
    with WireServer() as started:
        yield started


def a_post(number: int = 17, text: str = TEXT, **changes: Any) -> dict[str, Any]:
    """Make a post as X's timeline shows it: escaped, its link wrapped."""
    wrapped = text.replace("https://city.example/a?b=1&c=2", "https://t.co/abcdefghij")
    escaped = wrapped.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    link = {"url": "https://t.co/abcdefghij", "expanded_url": "https://city.example/a?b=1&c=2"}
    made = {"id": str(number), "text": escaped, "created_at": "2026-11-22T19:58:08.000Z", "entities": {"urls": [link]}}
    return {**made, **changes}


def timeline(*posts: dict[str, Any], **meta: Any) -> bytes:
    """Write an answer of the timeline."""
    body = {"meta": {"result_count": len(posts), **meta}}
    return json.dumps({"data": list(posts), **body} if posts else body).encode()


def refusing_a_duplicate(posts: bytes) -> Answer:
    """Refuse each post as a duplicate, and show these posts."""
    detail = "You are not allowed to create a Tweet with duplicate content."
    problem = json.dumps({"detail": detail, "type": "about:blank", "title": "Forbidden", "status": 403}).encode()

    def answer(connection: Any, seen: Seen) -> bool:
        connection.sendall(response(403, problem) if seen.method == "POST" else response(200, posts))
        return True

    return answer


def test_send_posts_the_text_signed(server: WireServer) -> None:
    """One JSON field, an OAuth 1.0a signature, and the post's public address in the receipt."""
    server.answer = answering(201, b'{"data":{"id":"1860001","text":"x"}}')
    outcome = a_channel(X, contract_account(server.url)).send(a_prepared(text="Señal á"))
    url = f"{server.url}/ExampletonPD/status/1860001"
    assert outcome == Delivered("1860001", url, {"remote_id": "1860001", "url": url})
    (seen,) = server.seen
    assert (seen.method, seen.target, json.loads(seen.body)) == ("POST", "/2/tweets", {"text": "Señal á"})
    assert 'oauth_signature_method="HMAC-SHA1"' in seen.headers["authorization"]
    assert 'oauth_consumer_key="consumer-key-71d0"' in seen.headers["authorization"]


def test_a_post_on_the_real_network_has_its_public_address() -> None:
    """People open x.com, not the API."""
    account = {**contract_account(""), "base_url": "https://api.x.com/", "handle": "@ExampletonPD"}
    channel = a_channel(X, account)
    assert channel._delivered({"id": "17"}).url == "https://x.com/ExampletonPD/status/17"
    assert channel.capabilities.limit == Limit(280, "x")


@pytest.mark.parametrize(
    "body",
    [b"{}", b'{"errors":[{"message":"partial"}]}', b'{"data":{"id":"../evil"}}', b'{"data":{"id":true}}', b"<html>"],
)
def test_a_yes_that_names_no_post_is_unknown(server: WireServer, body: bytes) -> None:
    """X may say errors with a 2xx; without an id nobody knows what stands."""
    server.answer = answering(201, body)
    assert isinstance(a_channel(X, contract_account(server.url)).send(a_prepared()), Unknown)


@pytest.mark.parametrize(
    ("status", "problem", "outcome", "words"),
    [
        (400, {"detail": "text is bad", "errors": [{"message": "$.text: is missing"}]}, Rejected, "$.text: is missing"),
        (401, {"title": "Unauthorized"}, AuthFailed, "401"),
        (402, {"title": "CreditsDepleted"}, AuthFailed, "credits"),
        (403, {"detail": "Reply to this conversation is not allowed"}, Rejected, "not allowed"),
        (403, {"type": "https://api.twitter.com/2/problems/client-forbidden"}, AuthFailed, "developer portal"),
        (403, {"type": "https://api.twitter.com/2/problems/oauth1-permissions"}, AuthFailed, "developer portal"),
        (429, {"title": "Too Many Requests"}, Retry, "slow down"),
        (429, {"type": "https://api.twitter.com/2/problems/usage-capped"}, AuthFailed, "credits"),
        (500, {}, Unknown, "500"),
        (503, {}, Unknown, "503"),
        (504, {}, Unknown, "504"),
    ],
)
def test_send_reads_each_refusal(
    server: WireServer, status: int, problem: dict[str, Any], outcome: type[Refusal], words: str
) -> None:
    """Who must act, and whether waiting helps, is told apart."""
    server.answer = answering(status, json.dumps(problem).encode())
    told = a_channel(X, contract_account(server.url)).send(a_prepared())
    assert isinstance(told, outcome)
    assert words in told.reason


def test_a_429_waits_for_the_reset(server: WireServer) -> None:
    """X gives the end of its window as an epoch."""
    reset = NOW.replace(microsecond=0) + timedelta(minutes=7)
    server.answer = answering(429, b"{}", {"x-rate-limit-reset": str(int(reset.timestamp()))})
    outcome = a_channel(X, contract_account(server.url)).send(a_prepared())
    assert outcome.at == reset


# --- duplicates -------------------------------------------------------------------------------------------------------


def test_a_duplicate_at_the_first_attempt_is_rejected(server: WireServer) -> None:
    """None of ours can stand there yet: another post has this text, and a person must change a word."""
    server.answer = refusing_a_duplicate(timeline(a_post(17)))
    outcome = a_channel(X, contract_account(server.url)).send(a_prepared(text=TEXT))
    assert isinstance(outcome, Rejected)
    assert "change a word" in outcome.reason
    assert [seen.method for seen in server.seen] == ["POST"]


def test_a_duplicate_that_is_this_very_post_is_delivered(server: WireServer) -> None:
    """The first attempt's answer was lost; the refusal of the second leads to its post."""
    server.answer = refusing_a_duplicate(timeline(a_post(17)))
    outcome = a_channel(X, contract_account(server.url)).send(a_prepared(text=TEXT, attempt=2))
    assert (type(outcome), outcome.remote_id) == (Delivered, "17")
    assert [seen.method for seen in server.seen] == ["POST", "GET"]


def test_a_duplicate_of_an_older_post_is_rejected(server: WireServer) -> None:
    """No look-up and no waiting cures it: a person must change a word."""
    server.answer = refusing_a_duplicate(timeline(a_post(3, created_at="2026-11-20T09:00:00.000Z")))
    outcome = a_channel(X, contract_account(server.url)).send(a_prepared(text=TEXT, attempt=2))
    assert isinstance(outcome, Rejected)
    assert "since 2026-11-20 09:00 UTC; change a word" in outcome.reason


def test_a_duplicate_that_is_not_shown_is_unknown(server: WireServer) -> None:
    """X has this very text and does not show it yet: the look-up will tell."""
    server.answer = refusing_a_duplicate(timeline())
    outcome = a_channel(X, contract_account(server.url)).send(a_prepared(text=TEXT, attempt=2))
    assert isinstance(outcome, Unknown)
    assert "already has a post with this very text" in outcome.reason


# --- looking up -------------------------------------------------------------------------------------------------------


def test_find_finds_the_text_through_escapes_and_short_links(server: WireServer) -> None:
    """X writes &amp; and t.co where we wrote & and an address."""
    server.answer = answering(200, timeline(a_post(18, "Something else"), a_post(17)))
    finding = a_channel(X, contract_account(server.url), now=LATER).find(a_prepared(text=TEXT), NOW)
    assert isinstance(finding, Found)
    assert finding.delivered.remote_id == "17"
    asked = parse_qs(urlsplit(server.seen[0].target).query)
    assert urlsplit(server.seen[0].target).path == f"/2/users/{USER}/tweets"
    assert asked["start_time"] == ["2026-11-22T19:57:06Z"]
    assert asked["tweet.fields"] == ["created_at,entities"]


def test_find_looks_from_the_first_attempt_on(server: WireServer) -> None:
    """The last attempt may have been refused because an earlier one went out."""
    server.answer = answering(200, timeline(a_post(17)))
    channel = a_channel(X, contract_account(server.url), now=LATER + timedelta(hours=1))
    assert isinstance(channel.find(a_prepared(text=TEXT), NOW + timedelta(hours=1)), Found)


def test_find_takes_no_older_post_for_this_one(server: WireServer) -> None:
    """The same text of yesterday is another notification."""
    server.answer = answering(200, timeline(a_post(17, created_at="2026-11-21T19:58:08.000Z")))
    assert a_channel(X, contract_account(server.url), now=LATER).find(a_prepared(text=TEXT), NOW) == Absent()


def test_find_proves_absence_only_from_a_whole_page_and_not_at_once(server: WireServer) -> None:
    """The index lags, a page may be one of several, and errors leave holes."""
    prepared = a_prepared(text=TEXT)
    server.answer = answering(200, timeline())
    account = contract_account(server.url)
    assert a_channel(X, account, now=NOW + timedelta(seconds=30)).find(prepared, NOW) == Absent()
    assert isinstance(a_channel(X, account, now=NOW + timedelta(seconds=29)).find(prepared, NOW), CannotTell)
    server.answer = answering(200, timeline(next_token="b26v"))
    assert isinstance(a_channel(X, account, now=LATER).find(prepared, NOW), CannotTell)
    for status, body in ((200, b'{"errors":[{"title":"x"}],"meta":{}}'), (200, b"{}"), (500, b"{}"), (401, b"{}")):
        server.answer = answering(status, body)
        assert isinstance(a_channel(X, account, now=LATER).find(prepared, NOW), CannotTell)


def test_find_asks_for_the_accounts_number_where_it_is_not_set(server: WireServer) -> None:
    """The number is X's to know."""

    def answer(connection: Any, seen: Seen) -> bool:
        me = json.dumps({"data": {"id": "42", "username": "ExampletonPD"}}).encode()
        connection.sendall(response(200, me if seen.target.endswith("/me") else timeline(a_post(17))))
        return True

    server.answer = answer
    channel = a_channel(X, contract_account(server.url), now=LATER, user_id=None)
    assert isinstance(channel.find(a_prepared(text=TEXT), NOW), Found)
    assert re.match(r"/2/users/42/tweets\?", server.seen[1].target)


@pytest.mark.parametrize(
    ("shown", "text", "same"),
    [
        ("A &amp;lt; B", "A &lt; B", True),
        ("see https://t.co/x.", "see police.example.", True),
        ("see https://t.co/x", "see https://police.example/", True),
        ("see https://t.co/x", "see https://police.example/other", False),
        ("two\n\nlines", "two lines", True),
        ("Cafe\u0301", "Caf\u00e9", True),
        ("closed", "closed now", False),
    ],
)
def test_same_text_knows_a_text_again(shown: str, text: str, same: bool) -> None:
    """What X changes in a text does not matter, everything else does."""
    post = {"text": shown, "entities": {"urls": [{"url": "https://t.co/x", "expanded_url": "http://police.example"}]}}
    assert same_text(post, text) is same


# --- the credential ---------------------------------------------------------------------------------------------------


def test_check_tells_whose_keys_these_are(server: WireServer) -> None:
    """Keys of another account would post there."""
    channel = a_channel(X, contract_account(server.url))
    server.answer = answering(200, b'{"data":{"id":"42","username":"exampletonpd"}}')
    assert channel.check() == Works()
    server.answer = answering(200, b'{"data":{"id":"43","username":"someone"}}')
    assert channel.check() == AuthFailed("the keys belong to @someone, not to @ExampletonPD; correct either")
    server.answer = answering(401, b"{}")
    assert isinstance(channel.check(), AuthFailed)
    assert {seen.method for seen in server.seen} == {"GET"}
