"""A Page's photos, and what becomes of a post: other words, a comment, its end; and what is known of the token."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest

from channels.facebook import Facebook
from notifier.channel import AuthFailed, Delivered, Found, Prepared, Rejected, Retry, Unknown, Works
from notifier.practice.server import PracticeServer
from tests.channels.messages import LATER, NOW, a_channel, a_prepared
from tests.channels.test_facebook import PAGE, contract_account, failing
from tests.channels.wire import Answer, Seen, WireServer, answering, response
from tests.notifications import png_bytes, some_media

RECEIPT = {"remote_id": "100_200", "url": "https://www.facebook.com/100/posts/200"}
NOT_THERE = failing(100, error_subcode=33)


@pytest.fixture
def server() -> Iterator[WireServer]:
    """Start a service that answers as Graph does."""
    with WireServer() as started:
        yield started


@pytest.fixture
def practice() -> Iterator[PracticeServer]:
    """Start the practice platforms."""
    with PracticeServer() as started:
        yield started


def on_practice(practice: PracticeServer, **changes: Any) -> Facebook:
    """Make the channel of the practice Page."""
    account = {
        **contract_account(f"{practice.url}/facebook"),
        "access_token": "practice-page-token",
        "app_secret": "practice-app-secret",
    }
    made: Facebook = a_channel(Facebook, account, now=practice.clock(), **changes)
    return made


def in_turn(*answers: bytes) -> Answer:
    """Give these answers, one a request."""
    waiting = list(answers)

    def answer(connection: Any, _seen: Seen) -> bool:
        connection.sendall(waiting.pop(0))
        return True

    return answer


# --- photos -----------------------------------------------------------------------------------------------------------


def test_photos_are_uploaded_unpublished_and_then_attached(server: WireServer) -> None:
    """Bytes and alt text in a form; the post names the numbers in order and has no link preview beside them."""
    server.answer = in_turn(*(response(200, body) for body in (b'{"id":"71"}', b'{"id":"72"}', b'{"id":"100_200"}')))
    channel = a_channel(Facebook, contract_account(server.url))
    media = (some_media(), some_media("second.png", "The detour: 日本 👨‍👩‍👧 مرحبا"))
    message = a_prepared(text="Closed.", media=media, links=("https://city.example/",)).message
    prepared = channel.prepare(message, {})
    assert isinstance(prepared, Prepared)
    assert prepared.saved["photos"] == ["71", "72"]
    assert isinstance(channel.send(prepared), Delivered)
    assert [seen.target for seen in server.seen] == [*[f"/v26.0/{PAGE}/photos"] * 2, f"/v26.0/{PAGE}/feed"]
    upload = server.seen[1].body
    assert b'name="source"; filename="second.png"' in upload
    assert png_bytes() in upload
    assert b'name="published"\r\n\r\nfalse\r\n' in upload
    assert 'name="alt_text_custom"\r\n\r\nThe detour: 日本 👨‍👩‍👧 مرحبا\r\n'.encode() in upload
    form = parse_qs(server.seen[2].body.decode())
    assert form["attached_media[0]"] == ['{"media_fbid": "71"}']
    assert form["attached_media[1]"] == ['{"media_fbid": "72"}']
    assert "link" not in form


@pytest.mark.parametrize(
    ("saved", "uploads"),
    [
        ({"photos": ["71"], "until": (NOW + timedelta(hours=1)).isoformat()}, 0),
        ({"photos": ["71"], "until": (NOW - timedelta(hours=1)).isoformat()}, 1),
        ({"photos": ["71", "72"], "until": (NOW + timedelta(hours=1)).isoformat()}, 1),
        ({"photos": ["../7"], "until": (NOW + timedelta(hours=1)).isoformat()}, 1),
        ({"photos": 7, "until": (NOW + timedelta(hours=1)).isoformat()}, 1),
        ({"photos": ["71"], "until": "2030-01-01"}, 1),
        ({}, 1),
    ],
)
def test_a_retry_uploads_only_what_may_be_gone(server: WireServer, saved: dict[str, Any], uploads: int) -> None:
    """Facebook drops what no post shows after a while."""
    server.answer = answering(200, b'{"id":"99"}')
    prepared = a_channel(Facebook, contract_account(server.url)).prepare(
        a_prepared(media=(some_media(),)).message, saved
    )
    assert isinstance(prepared, Prepared)
    assert len(server.seen) == uploads


def test_a_refused_photo_is_told_as_one(server: WireServer) -> None:
    """Whoever reads it knows that the words were not the reason; an upload may be tried again where Graph failed."""
    message = a_prepared(media=(some_media(alt=None),)).message
    channel = a_channel(Facebook, contract_account(server.url))
    server.answer = answering(400, failing(324))
    told = channel.prepare(message, {})
    assert isinstance(told, Rejected)
    assert told.reason.startswith("a picture: ")
    assert b"alt_text_custom" not in server.seen[0].body
    server.answer = answering(400, failing(613))
    assert isinstance(channel.prepare(message, {}), Retry)
    server.answer = answering(200, b'{"id":null}')
    assert isinstance(channel.prepare(message, {}), Retry)


# --- other words, a comment, the end ----------------------------------------------------------------------------------


def test_a_post_gets_other_words(server: WireServer) -> None:
    """The post keeps its number and address."""
    server.answer = answering(200, b'{"success":true}')
    outcome = a_channel(Facebook, contract_account(server.url)).amend(RECEIPT, a_prepared(text="Reopened."))
    assert outcome == Delivered("100_200", RECEIPT["url"], RECEIPT)
    (seen,) = server.seen
    assert (seen.method, seen.target) == ("POST", "/v26.0/100_200")
    assert parse_qs(seen.body.decode())["message"] == ["Reopened."]


@pytest.mark.parametrize(("code", "outcome"), [(200, AuthFailed), (100, Rejected), (2, Unknown), (80001, Retry)])
def test_other_words_are_refused_by_code(server: WireServer, code: int, outcome: type) -> None:
    """(#200) App cannot edit non-app posts, and the like."""
    server.answer = answering(400, failing(code))
    assert isinstance(a_channel(Facebook, contract_account(server.url)).amend(RECEIPT, a_prepared()), outcome)


def test_a_reply_is_a_comment(server: WireServer) -> None:
    """Of its own number."""
    server.answer = answering(200, b'{"id":"200_300"}')
    outcome = a_channel(Facebook, contract_account(server.url)).reply(RECEIPT, a_prepared(text="Use Oak Street."))
    assert (type(outcome), outcome.remote_id) == (Delivered, "200_300")
    assert server.seen[0].target == "/v26.0/100_200/comments"


def test_a_post_is_deleted(server: WireServer) -> None:
    """The proof goes along; no token stands in the address."""
    server.answer = answering(200, b'{"success":true}')
    channel = a_channel(Facebook, contract_account(server.url))
    assert channel.withdraw(RECEIPT, a_prepared().message) == Delivered()
    (seen,) = server.seen
    assert seen.method == "DELETE"
    assert seen.target.startswith("/v26.0/100_200?appsecret_proof=")
    server.answer = answering(200, b'{"success":false}')
    assert isinstance(channel.withdraw(RECEIPT, a_prepared().message), Unknown)


def test_what_is_not_there_is_gone_only_if_it_cannot_be_seen_either(server: WireServer) -> None:
    """Graph says `does not exist` of a post, too, that the token may not delete."""
    channel = a_channel(Facebook, contract_account(server.url))
    server.answer = in_turn(response(400, NOT_THERE), response(400, NOT_THERE))
    assert channel.withdraw(RECEIPT, a_prepared().message) == Delivered()
    server.answer = in_turn(response(400, NOT_THERE), response(200, b'{"id":"100_200"}'))
    told = channel.withdraw(RECEIPT, a_prepared().message)
    assert isinstance(told, Rejected)
    assert "may not delete it" in told.reason
    server.answer = in_turn(response(400, NOT_THERE), response(400, failing(190)))
    assert isinstance(channel.withdraw(RECEIPT, a_prepared().message), AuthFailed)


@pytest.mark.parametrize("receipt", [{}, {"remote_id": "../me"}, {"remote_id": None}])
def test_a_post_of_which_nobody_knows_the_number_is_a_persons(server: WireServer, receipt: dict[str, str]) -> None:
    """No request is guessed."""
    channel = a_channel(Facebook, contract_account(server.url))
    for told in (
        channel.withdraw(receipt, a_prepared().message),
        channel.reply(receipt, a_prepared()),
        channel.amend(receipt, a_prepared()),
    ):
        assert isinstance(told, Rejected)
        assert "by hand" in told.reason
    assert server.seen == []


# --- the token --------------------------------------------------------------------------------------------------------


def a_token(**changes: Any) -> bytes:
    """Write what Graph tells of a token."""
    data = {
        "is_valid": True,
        "expires_at": 0,
        "data_access_expires_at": 0,
        "scopes": ["pages_manage_posts", "pages_read_engagement", "pages_manage_engagement"],
        **changes,
    }
    return response(200, json.dumps({"data": data}).encode())


def test_the_check_tells_when_the_token_ends(server: WireServer) -> None:
    """The earlier of both ends; nought is none; the token is asked about in a form, not in the address."""
    end = datetime(2026, 12, 1, 12, tzinfo=UTC)
    seconds = int(end.timestamp())
    page = response(200, b'{"id":"1","name":"Exampleton PD"}')
    channel = a_channel(Facebook, contract_account(server.url), app_id="77")
    for told, until in (
        (a_token(), None),
        (a_token(expires_at=seconds), end),
        (a_token(expires_at=seconds + 9, data_access_expires_at=seconds), end),
        (a_token(expires_at=10**30), None),
        (a_token(expires_at="soon", scopes=7), None),
    ):
        server.answer = in_turn(page, told)
        assert channel.check() == Works(until, "Exampleton PD")
    asked = server.seen[1]
    assert (asked.method, asked.target) == ("POST", "/v26.0/debug_token")
    assert parse_qs(asked.body.decode()) == {
        "method": ["get"],
        "input_token": ["page-token-93aa"],
        "access_token": ["77|app-secret-93aa"],
    }


def test_the_check_tells_what_the_token_may_not(server: WireServer) -> None:
    """A person can mend it before it matters."""
    server.answer = in_turn(response(200, b'{"name":"Exampleton PD"}'), a_token(scopes=["pages_manage_posts"]))
    said = a_channel(Facebook, contract_account(server.url)).check().said
    assert said == (
        "Exampleton PD; the token lacks pages_read_engagement: what it posted cannot be looked up;"
        " the token lacks pages_manage_engagement: it cannot comment"
    )


def test_a_token_that_is_no_longer_valid_is_dead(server: WireServer) -> None:
    """Though the Page could be read with it."""
    server.answer = in_turn(response(200, b'{"name":"Exampleton PD"}'), a_token(is_valid=False))
    assert isinstance(a_channel(Facebook, contract_account(server.url)).check(), AuthFailed)


@pytest.mark.parametrize("told", [b"", response(400, failing(100)), response(200, b"[]"), response(200, b'{"data":7}')])
def test_a_token_that_facebook_says_nothing_of_works_all_the_same(server: WireServer, told: bytes) -> None:
    """The Page answered; what is not known is said."""
    server.answer = in_turn(response(200, b'{"name":"Exampleton PD"}'), told)
    works = a_channel(Facebook, contract_account(server.url)).check()
    assert works == Works(said="Exampleton PD; Facebook did not tell when the token ends (give app_id and app_secret)")


# --- on the practice platform -----------------------------------------------------------------------------------------


def test_the_practice_page_shows_photos_and_loses_nothing(practice: PracticeServer) -> None:
    """Upload and post in Graph's own shapes; the post is found again, reworded, commented on, and deleted."""
    channel = on_practice(practice)
    prepared = channel.prepare(a_prepared(text="Closed.", media=(some_media(), some_media("b.png", None))).message, {})
    assert isinstance(prepared, Prepared)
    first = channel.send(prepared)
    assert isinstance(first, Delivered)
    assert [picture.alt for picture in practice.posts[0].pictures] == ["A map of the closure", ""]
    found = channel.find(prepared, practice.clock() - timedelta(minutes=1))
    assert isinstance(found, Found)
    assert found.delivered == first
    assert isinstance(channel.amend(first.receipt, a_prepared(text="Open again.")), Delivered)
    comment = channel.reply(first.receipt, a_prepared(text="Thank you."))
    assert isinstance(comment, Delivered)
    assert [post.text for post in practice.posts] == ["Open again.", "Thank you."]
    for one in (comment, first, first):
        assert channel.withdraw(one.receipt, prepared.message) == Delivered()
    assert practice.posts == []


def test_the_practice_page_tells_of_its_token(practice: PracticeServer) -> None:
    """With the app's own token or without."""
    practice.profiles.change("facebook", {"token_expires_at": str(int(LATER.timestamp()))})
    for app in (None, "200000000000003"):
        works = on_practice(practice, app_id=app).check()
        assert isinstance(works, Works)
        assert works.until == LATER.replace(microsecond=0)
        assert works.said is not None
        assert "pages_manage_engagement" in works.said
