"""What X shows beside the words, and what becomes of a post: pictures, videos, threads, corrections, its end."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from channels.x import X
from channels.x.timeline import same_text
from notifier.channel import Delivered, Media, NotReady, Prepared, Price, Rejected, Retry
from notifier.practice.server import PracticeServer
from tests.channels.messages import LATER, NOW, a_channel, a_prepared
from tests.channels.test_x import USER, contract_account
from tests.channels.wire import Answer, Seen, WireServer, answering, response
from tests.notifications import png_bytes, some_media, some_video

RECEIPT = {"remote_id": "1860001", "url": "https://x.com/ExampletonPD/status/1860001"}


@pytest.fixture
def server() -> Iterator[WireServer]:
    """Start a service that answers as X does."""
    with WireServer() as started:
        yield started


@pytest.fixture
def practice() -> Iterator[PracticeServer]:
    """Start the practice platforms."""
    with PracticeServer() as started:
        yield started


def on_practice(practice: PracticeServer, **changes: Any) -> X:
    """Make the channel of the practice account, whose signatures must be of now."""
    account = {
        **contract_account(f"{practice.url}/x"),
        "consumer_key": "practice-consumer-key",
        "consumer_secret": "practice-consumer-secret",
        "access_token": "practice-token",
        "access_token_secret": "practice-token-secret",
    }
    made: X = a_channel(X, account, now=practice.clock(), **changes)
    return made


def in_turn(*answers: bytes) -> Answer:
    """Give these answers, one a request."""
    waiting = list(answers)

    def answer(connection: Any, _seen: Seen) -> bool:
        connection.sendall(waiting.pop(0))
        return True

    return answer


def ok(**data: Any) -> bytes:
    """Write a yes of X."""
    return response(200, json.dumps({"data": data}).encode())


def at_work(state: str, **more: Any) -> bytes:
    """Write what X says of a video that it works on."""
    return ok(id="77", processing_info={"state": state, **more})


def a_gif() -> Media:
    """Make an animation."""
    return replace(some_media("route.gif"), media_type="image/gif", data=b"GIF89a moves")


# --- pictures ---------------------------------------------------------------------------------------------------------


def test_pictures_are_uploaded_and_described_before_the_post_names_them(server: WireServer) -> None:
    """Bytes in a form whose body no signature covers, the alt text beside it, the numbers in the post."""
    server.answer = in_turn(ok(id="71"), ok(id="71"), ok(id="72"), ok(id="72"), ok(id="1860001"))
    channel = a_channel(X, contract_account(server.url))
    media = (some_media(), some_media("second.png", "The detour, seen from above: 日本 👨‍👩‍👧"))
    prepared = channel.prepare(a_prepared(media=media).message, {})
    assert isinstance(prepared, Prepared)
    assert prepared.saved == {"media": ["71", "72"], "until": (NOW + timedelta(hours=24)).isoformat()}
    assert isinstance(channel.send(prepared), Delivered)
    assert [seen.target for seen in server.seen] == [*["/2/media/upload", "/2/media/metadata"] * 2, "/2/tweets"]
    upload, described = server.seen[0], server.seen[3]
    assert png_bytes() in upload.body
    assert b'name="media"; filename="map.png"' in upload.body
    assert b'name="media_category"\r\n\r\ntweet_image' in upload.body
    assert upload.headers["authorization"].startswith("OAuth ")
    assert json.loads(described.body) == {
        "id": "72",
        "metadata": {"alt_text": {"text": "The detour, seen from above: 日本 👨‍👩‍👧"}},
    }
    assert json.loads(server.seen[4].body)["media"] == {"media_ids": ["71", "72"]}


def test_a_retry_sends_what_was_uploaded(server: WireServer) -> None:
    """The next attempt, in another process, uploads nothing and posts the same bytes."""
    server.answer = in_turn(ok(id="71"), ok(id="71"), response(503), ok(id="1860001"))
    message = a_prepared(media=(some_media(),)).message
    first = a_channel(X, contract_account(server.url)).prepare(message, {})
    a_channel(X, contract_account(server.url)).send(first)
    again = a_channel(X, contract_account(server.url), now=LATER)
    second = again.prepare(message, json.loads(json.dumps(first.saved)))
    assert isinstance(again.send(second), Delivered)
    posts = [seen.body for seen in server.seen if seen.target == "/2/tweets"]
    assert posts[0] == posts[1]


@pytest.mark.parametrize(
    "saved",
    [
        {},
        {"media": ["71"], "until": (NOW + timedelta(minutes=9)).isoformat()},
        {"media": ["71", "72"], "until": (NOW + timedelta(hours=9)).isoformat()},
        {"media": ["../1"], "until": (NOW + timedelta(hours=9)).isoformat()},
        {"media": ["71"], "until": "yesterday"},
        {"media": ["71"], "until": "2030-01-01T00:00:00"},
        {"media": "71"},
    ],
)
def test_an_upload_that_may_be_gone_is_made_anew(server: WireServer, saved: dict[str, Any]) -> None:
    """X forgets an upload after a day, and a post that names what it forgot is refused for good."""
    server.answer = answering(200, b'{"data":{"id":"99"}}')
    message = a_prepared(media=(some_media(),)).message
    prepared = a_channel(X, contract_account(server.url)).prepare(message, saved)
    assert isinstance(prepared, Prepared)
    assert prepared.saved["media"] == ["99"]


def test_a_picture_without_an_alt_text_is_not_described(server: WireServer) -> None:
    """X refuses an empty one."""
    server.answer = answering(200, b'{"data":{"id":"99"}}')
    a_channel(X, contract_account(server.url)).prepare(a_prepared(media=(some_media(alt=None),)).message, {})
    assert [seen.target for seen in server.seen] == ["/2/media/upload"]


def test_a_refused_picture_is_told_as_one(server: WireServer) -> None:
    """Whoever reads it knows that the words were not the reason."""
    server.answer = answering(400, b'{"title":"Invalid Request","errors":[{"message":"media type unrecognized"}]}')
    told = a_channel(X, contract_account(server.url)).prepare(a_prepared(media=(some_media(),)).message, {})
    assert isinstance(told, Rejected)
    assert told.reason.startswith("an attachment: ")
    assert "media type unrecognized" in told.reason


def test_a_post_without_pictures_prepares_nothing(server: WireServer) -> None:
    """No request, no field."""
    message = a_prepared().message
    assert a_channel(X, contract_account(server.url)).prepare(message, {}) == Prepared(message, {})
    assert server.seen == []


# --- videos -----------------------------------------------------------------------------------------------------------


def test_a_video_goes_in_pieces_and_is_waited_for(server: WireServer) -> None:
    """No worker waits: what X says of it is asked again in time, from what is saved, and nothing is uploaded twice."""
    video = replace(some_video(), data=b"\0" * 4_000_001)
    server.answer = in_turn(
        ok(id="77"), ok(), ok(), at_work("pending", check_after_secs=7), at_work("in_progress"), at_work("succeeded")
    )
    channel = a_channel(X, contract_account(server.url))
    message = a_prepared(media=(video,)).message
    waiting = channel.prepare(message, {})
    assert isinstance(waiting, NotReady)
    assert waiting.at == NOW + timedelta(seconds=7)
    still = channel.prepare(message, json.loads(json.dumps(waiting.saved)))
    assert isinstance(still, NotReady)
    assert still.at == NOW + timedelta(seconds=1)
    ready = channel.prepare(message, still.saved)
    assert isinstance(ready, Prepared)
    assert ready.saved == {"media": ["77"], "until": (NOW + timedelta(hours=24)).isoformat()}
    begun, first, second, *_ = server.seen
    assert json.loads(begun.body) == {
        "media_type": "video/mp4",
        "total_bytes": 4_000_001,
        "media_category": "tweet_video",
    }
    assert b'name="segment_index"\r\n\r\n0' in first.body
    assert b'name="segment_index"\r\n\r\n1' in second.body
    assert [seen.target for seen in server.seen[3:]] == [
        "/2/media/upload/77/finalize",
        *["/2/media/upload?command=STATUS&media_id=77"] * 2,
    ]


@pytest.mark.parametrize("told", [at_work("failed", error={"code": 1}), at_work("pending")])
def test_a_video_that_x_cannot_show_is_refused(server: WireServer, told: bytes) -> None:
    """It says so, or it is not done after two hours."""
    server.answer = in_turn(told)
    saved = {"media": ["77"], "until": (NOW + timedelta(hours=9)).isoformat(), "waits": 120}
    outcome = a_channel(X, contract_account(server.url)).prepare(a_prepared(media=(some_video(),)).message, saved)
    assert isinstance(outcome, Rejected)
    assert "H.264" in outcome.reason


@pytest.mark.parametrize("info", [None, 7, [], {"state": []}, {"state": "pending", "check_after_secs": "x"}])
def test_a_wait_of_another_shape_never_raises(server: WireServer, info: object) -> None:
    """It is ready, or asked again a second later."""
    server.answer = in_turn(ok(id="77", processing_info=info))
    saved = {"media": ["77"], "until": (NOW + timedelta(hours=9)).isoformat(), "waits": "many"}
    outcome = a_channel(X, contract_account(server.url)).prepare(a_prepared(media=(some_video(),)).message, saved)
    assert isinstance(outcome, Prepared | NotReady)


def test_an_animation_goes_as_one_with_its_alt_text(server: WireServer) -> None:
    """In pieces like a video, for X works on it too."""
    server.answer = in_turn(ok(id="78"), ok(), at_work("pending"), ok(id="78"))
    outcome = a_channel(X, contract_account(server.url)).prepare(a_prepared(media=(a_gif(),)).message, {})
    assert isinstance(outcome, NotReady)
    assert json.loads(server.seen[0].body)["media_category"] == "tweet_gif"
    assert json.loads(server.seen[3].body)["metadata"] == {"alt_text": {"text": "A map of the closure"}}


# --- what is asked for in the settings --------------------------------------------------------------------------------


def test_the_settings_say_what_the_account_can() -> None:
    """A thread and a correction need what not every account has; a post without its link costs a thirteenth."""
    can = a_channel(X, contract_account("http://127.0.0.1:9")).capabilities
    assert (can.thread, can.links, can.can_amend, can.can_reply, can.can_withdraw) == (None, True, False, False, True)
    assert can.price == Price(Decimal("0.015"), with_link=Decimal("0.200"))
    other = a_channel(X, contract_account("http://127.0.0.1:9"), threads=True, links=False, premium=True).capabilities
    assert (other.thread, other.links, other.can_amend, other.can_reply) == ("replies", False, True, True)


# --- answers, corrections, the end ------------------------------------------------------------------------------------


def test_a_reply_names_the_post_that_it_answers(server: WireServer) -> None:
    """By the number in the receipt; of a post that a person made, by its address."""
    server.answer = answering(201, b'{"data":{"id":"1860002"}}')
    channel = a_channel(X, contract_account(server.url), threads=True)
    outcome = channel.reply(RECEIPT, a_prepared(text="(2/2) Use Oak Street."))
    assert (type(outcome), outcome.remote_id) == (Delivered, "1860002")
    channel.reply({"url": "https://x.com/ExampletonPD/status/42?s=20"}, a_prepared(text="b"))
    bodies = [json.loads(seen.body) for seen in server.seen]
    assert bodies[0] == {"text": "(2/2) Use Oak Street.", "reply": {"in_reply_to_tweet_id": "1860001"}}
    assert bodies[1]["reply"] == {"in_reply_to_tweet_id": "42"}


def test_a_reply_that_x_does_not_allow_says_what_to_set(server: WireServer) -> None:
    """It comes again with every attempt: the rest of the thread is not out, and a person must know."""
    detail = "Reply to this conversation is not allowed because you have not been mentioned or otherwise engaged."
    server.answer = answering(403, json.dumps({"detail": detail, "status": 403}).encode())
    told = a_channel(X, contract_account(server.url), threads=True).reply(RECEIPT, a_prepared())
    assert isinstance(told, Rejected)
    assert "threads = false" in told.reason
    assert "not been mentioned" in told.reason


def test_a_correction_is_a_post_of_its_own_number(server: WireServer) -> None:
    """The receipt is told anew: the old number is a version that nobody sees."""
    server.answer = answering(201, b'{"data":{"id":"1860009","edit_history_tweet_ids":["1860001","1860009"]}}')
    outcome = a_channel(X, contract_account(server.url), premium=True).amend(RECEIPT, a_prepared(text="Mended."))
    url = f"{server.url}/ExampletonPD/status/1860009"
    assert outcome == Delivered("1860009", url, {"remote_id": "1860009", "url": url})
    assert json.loads(server.seen[0].body) == {"text": "Mended.", "edit_options": {"previous_post_id": "1860001"}}


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (200, {"data": {"deleted": True}}, Delivered),
        (404, {"title": "Not Found Error"}, Delivered),
        (200, {"data": {"deleted": False}}, Rejected),
        (200, {}, Rejected),
        (403, {"detail": "You are not permitted to delete this Tweet."}, Rejected),
        (429, {}, Retry),
    ],
)
def test_a_post_is_deleted(server: WireServer, status: int, body: dict[str, Any], outcome: type) -> None:
    """What is gone already is gone."""
    server.answer = answering(status, json.dumps(body).encode())
    told = a_channel(X, contract_account(server.url)).withdraw(RECEIPT, a_prepared().message)
    assert isinstance(told, outcome)
    assert (server.seen[0].method, server.seen[0].target) == ("DELETE", "/2/tweets/1860001")


@pytest.mark.parametrize("receipt", [{}, {"remote_id": "../2"}, {"url": "https://x.com/ExampletonPD"}])
def test_a_post_of_which_nobody_knows_the_number_is_a_persons(server: WireServer, receipt: dict[str, str]) -> None:
    """No request is guessed."""
    channel = a_channel(X, contract_account(server.url))
    for told in (
        channel.withdraw(receipt, a_prepared().message),
        channel.reply(receipt, a_prepared()),
        channel.amend(receipt, a_prepared()),
    ):
        assert isinstance(told, Rejected)
        assert "by hand" in told.reason
    assert server.seen == []


def test_a_text_is_known_again_though_x_adds_an_address_for_its_picture() -> None:
    """X ends the text of a post with pictures in a link of its own."""
    own = {"url": "https://t.co/p", "expanded_url": "https://x.com/ExampletonPD/status/17/photo/1"}
    keyed = {"url": "https://t.co/k", "expanded_url": "https://twitter.com/i/17", "media_key": "3_17"}
    for link in (own, keyed):
        post = {"text": f"Main St closed {link['url']}", "entities": {"urls": [link]}}
        assert same_text(post, "Main St closed")


# --- on the practice platform -----------------------------------------------------------------------------------------


def test_the_practice_account_shows_pictures_and_loses_nothing(practice: PracticeServer) -> None:
    """Upload, alt text and post in X's own shapes; the post is found again, corrected, answered, and deleted."""
    practice.profiles.change("x", {"premium": "yes"})
    channel = on_practice(practice, threads=True, premium=True)
    prepared = channel.prepare(a_prepared(text="Closed & wet.", media=(some_media(),)).message, {})
    assert isinstance(prepared, Prepared)
    first = channel.send(prepared)
    assert isinstance(first, Delivered)
    assert [picture.alt for picture in practice.posts[0].pictures] == ["A map of the closure"]
    found = channel.find(prepared, practice.clock() - timedelta(minutes=1))
    assert getattr(found, "delivered", None) == first
    second = channel.reply(first.receipt, a_prepared(text="Use Oak Street."))
    mended = channel.amend(first.receipt, a_prepared(text="Closed and wet."))
    assert isinstance(mended, Delivered)
    assert [post.text for post in practice.posts] == ["Use Oak Street.", "Closed and wet."]
    assert isinstance(second, Delivered)
    for one in (second, mended, mended):
        assert channel.withdraw(one.receipt, prepared.message) == Delivered()
    assert practice.posts == []


def test_the_practice_account_takes_an_animation_in_pieces(practice: PracticeServer) -> None:
    """Initialize, append, finalize."""
    channel = on_practice(practice)
    prepared = channel.prepare(a_prepared(text="See the route.", media=(a_gif(),)).message, {})
    assert isinstance(prepared, Prepared)
    assert isinstance(channel.send(prepared), Delivered)
    assert [picture.media_type for picture in practice.posts[0].pictures] == ["image/gif"]


def test_no_key_is_told(server: WireServer) -> None:
    """Nothing that is saved or said holds one."""
    server.answer = answering(400, json.dumps({"detail": " ".join(contract_account("").values())}).encode())
    channel = a_channel(X, contract_account(server.url))
    told = repr(
        [
            channel.prepare(a_prepared(media=(some_media(),)).message, {}),
            channel.withdraw(RECEIPT, a_prepared().message),
            channel.reply(RECEIPT, a_prepared()),
        ]
    )
    assert not re.search("(consumer|access)-(key|secret|token)", told)
    assert USER not in repr([seen.target for seen in server.seen])
