"""The Facebook channel: what is posted, what Graph's codes mean, and how a lost post is found again."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from channels.facebook import Facebook
from notifier.channel import AuthFailed, CannotTell, Delivered, Found, Limit, Rejected, Retry, Unknown, Works
from tests.channels.messages import NOW, a_channel, a_prepared
from tests.channels.wire import WireServer, answering

PAGE = "100000000000001"
Refusal = AuthFailed | Rejected | Retry | Unknown


def contract_account(url: str) -> dict[str, Any]:
    """Give the settings with which the contract's kit tries this channel."""
    return {
        "type": "facebook",
        "base_url": url,
        "page_id": PAGE,
        "access_token": "page-token-93aa",
        "app_secret": "app-secret-93aa",
    }


def contract_receipt() -> dict[str, Any]:
    """Give the receipt of a post that the contract's kit rewords, comments on and deletes."""
    return {"remote_id": "100_200", "url": "https://www.facebook.com/100/posts/200"}


@pytest.fixture
def server() -> Iterator[WireServer]:
    """Start a service that answers as Graph does."""
    with WireServer() as started:
        yield started


def failing(code: object, **more: Any) -> bytes:
    """Write Graph's error object."""
    return json.dumps({"error": {"message": "(#1) words", "type": "OAuthException", "code": code, **more}}).encode()


def test_send_posts_the_text_and_its_first_link(server: WireServer) -> None:
    """A form, the token in a header, its proof beside it; the post's own address in the receipt."""
    server.answer = answering(200, b'{"id":"100_200","permalink_url":"https://www.facebook.com/100/posts/200"}')
    links = ("https://city.example/one", "https://city.example/two")
    outcome = a_channel(Facebook, contract_account(server.url)).send(a_prepared(text="Cerrado & más", links=links))
    url = "https://www.facebook.com/100/posts/200"
    assert outcome == Delivered("100_200", url, {"remote_id": "100_200", "url": url})
    (seen,) = server.seen
    proof = hmac.new(b"app-secret-93aa", b"page-token-93aa", hashlib.sha256).hexdigest()
    assert (seen.method, seen.target) == ("POST", f"/v26.0/{PAGE}/feed")
    assert seen.headers["authorization"] == "Bearer page-token-93aa"
    assert parse_qs(seen.body.decode()) == {
        "message": ["Cerrado & más"],
        "link": ["https://city.example/one"],
        "fields": ["id,permalink_url"],
        "appsecret_proof": [proof],
    }


def test_send_without_a_link_or_a_secret_sends_neither(server: WireServer) -> None:
    """Graph refuses an empty link and an empty proof."""
    server.answer = answering(200, b'{"id":"100_200"}')
    outcome = a_channel(Facebook, contract_account(server.url), app_secret=None).send(a_prepared())
    assert parse_qs(server.seen[0].body.decode()).keys() == {"message", "fields"}
    assert outcome.url == "https://www.facebook.com/100_200"


def test_the_limit_is_facebooks(server: WireServer) -> None:
    """The whole text fits."""
    assert a_channel(Facebook, contract_account(server.url)).capabilities.limit == Limit(63_206, "characters")


@pytest.mark.parametrize("body", [b"{}", b'{"id":"x/y"}', b'{"id":null}', b"<html>", b'{"success":true}'])
def test_a_yes_that_names_no_post_is_unknown(server: WireServer, body: bytes) -> None:
    """Without an id nobody knows what stands."""
    server.answer = answering(200, body)
    assert isinstance(a_channel(Facebook, contract_account(server.url)).send(a_prepared()), Unknown)


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        (1, Unknown),
        (2, Unknown),
        (-1, Unknown),
        (-2, Unknown),
        (3, AuthFailed),
        (4, Retry),
        (10, AuthFailed),
        (17, Retry),
        (32, Retry),
        (100, Rejected),
        (102, AuthFailed),
        (190, AuthFailed),
        (200, AuthFailed),
        (299, AuthFailed),
        (341, Retry),
        (368, AuthFailed),
        (506, Unknown),
        (613, Retry),
        (80001, Retry),
        (1609005, Rejected),
        (99999, Rejected),
        ("190", Rejected),
    ],
)
def test_send_reads_each_code(server: WireServer, code: object, outcome: type[Refusal]) -> None:
    """HTTP says 400 for nearly all; the code tells them apart."""
    server.answer = answering(400, failing(code))
    told = a_channel(Facebook, contract_account(server.url)).send(a_prepared(attempt=2))
    assert isinstance(told, outcome)
    assert "words" in told.reason


def test_a_duplicate_at_the_first_attempt_is_rejected(server: WireServer) -> None:
    """None of ours can stand there yet: another post has this text, and a person must change a word."""
    server.answer = answering(400, failing(506))
    outcome = a_channel(Facebook, contract_account(server.url)).send(a_prepared())
    assert isinstance(outcome, Rejected)
    assert "change a word" in outcome.reason


def test_a_transient_error_of_unknown_code_is_unknown(server: WireServer) -> None:
    """Graph says that it failed itself; whether before or after the post it does not say."""
    server.answer = answering(400, failing(77777, is_transient=True))
    assert isinstance(a_channel(Facebook, contract_account(server.url)).send(a_prepared()), Unknown)


def test_what_a_person_may_read_comes_before_what_a_programmer_may(server: WireServer) -> None:
    """Graph has a sentence for people in some errors."""
    server.answer = answering(400, failing(100, error_user_msg="The message is too long."))
    outcome = a_channel(Facebook, contract_account(server.url)).send(a_prepared())
    assert outcome == Rejected("the service refused it (400): The message is too long.")


@pytest.mark.parametrize(
    ("usage", "minutes"),
    [
        ('{"1":[{"type":"pages","estimated_time_to_regain_access":12},{"estimated_time_to_regain_access":30}]}', 30),
        ('{"1":[{"type":"pages","estimated_time_to_regain_access":999999999}]}', 24 * 60),
        ('{"1":[{"type":"pages","estimated_time_to_regain_access":0}]}', None),
        ('{"1":[{"type":"pages"}]}', None),
        ("[1]", None),
        ("rubbish", None),
        ("", None),
    ],
)
def test_a_rate_limit_waits_as_long_as_graph_estimates(server: WireServer, usage: str, minutes: int | None) -> None:
    """Going on calling makes the wait longer."""
    server.answer = answering(400, failing(80001), {"X-Business-Use-Case-Usage": usage})
    outcome = a_channel(Facebook, contract_account(server.url)).send(a_prepared())
    assert isinstance(outcome, Retry)
    assert outcome.at == (None if minutes is None else NOW + timedelta(minutes=minutes))


def test_find_finds_the_text_on_the_feed(server: WireServer) -> None:
    """The same words since the attempt are the post; the question holds no token."""
    feed = {"data": [{"id": "1_1"}, {"id": "1_2", "message": "Main  Street\nis closed", "permalink_url": "no"}]}
    server.answer = answering(200, json.dumps(feed).encode())
    prepared = a_prepared(text="Main Street is closed")
    finding = a_channel(Facebook, contract_account(server.url)).find(prepared, NOW)
    assert isinstance(finding, Found)
    assert finding.delivered.remote_id == "1_2"
    asked = parse_qs(urlsplit(server.seen[0].target).query)
    assert asked["since"] == [str(int(NOW.timestamp()) - 60)]
    assert asked["limit"] == ["25"]
    assert "access_token" not in asked


@pytest.mark.parametrize("status", [200, 400, 500])
def test_find_never_proves_absence(server: WireServer, status: int) -> None:
    """The feed may leave posts out: a person looks at the Page."""
    server.answer = answering(status, b'{"data":[]}')
    finding = a_channel(Facebook, contract_account(server.url)).find(a_prepared(), NOW - timedelta(hours=1))
    assert isinstance(finding, CannotTell)
    assert "look at the Page" in finding.reason


def test_check_asks_for_the_page(server: WireServer) -> None:
    """A token that reads the Page is alive."""
    channel = a_channel(Facebook, contract_account(server.url))
    server.answer = answering(200, b'{"id":"1","name":"Exampleton PD"}')
    assert isinstance(channel.check(), Works)
    server.answer = answering(400, failing(190))
    assert isinstance(channel.check(), AuthFailed)
    server.answer = answering(500, failing(2))
    assert isinstance(channel.check(), Retry)
    assert [seen.target for seen in server.posts] == ["/v26.0/debug_token"]
