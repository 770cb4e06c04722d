"""Matrix: one message a transaction, plain text, edits, answers, redactions, and a room that is read back."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from channels.matrix import CHANNEL, MatrixSettings
from notifier.channel import (
    Absent,
    AuthFailed,
    CannotTell,
    Delivered,
    Found,
    Outcome,
    Prepared,
    Rejected,
    Retry,
    Unknown,
    Works,
)
from notifier.practice.faults import Fault
from notifier.practice.networks.matrix import ROOM_ID
from notifier.practice.networks.matrix import TOKEN as PRACTICE
from notifier.practice.server import PracticeServer
from tests.channels.messages import NOW, a_channel, a_prepared
from tests.channels.wire import WireServer, answering
from tests.notifications import a_message, some_media

ROOM, EVENT, USER = "!alerts:town.example", "$abcDEF123-_", "@alerts:town.example"
STAMP = int(NOW.timestamp() * 1000)


def contract_account(url: str) -> dict[str, Any]:
    """A room, by its token."""
    return {"type": "matrix", "base_url": url, "room_id": ROOM, "access_token": "contract-token-matrix"}


def contract_receipt() -> dict[str, Any]:
    """A message of ours."""
    return {"remote_id": EVENT, "url": None}


@pytest.fixture
def server() -> Iterator[WireServer]:
    """A homeserver that says what the test says."""
    with WireServer() as started:
        started.answer = answering(200, json.dumps({"event_id": EVENT}).encode())
        yield started


def room(server: WireServer, **changes: Any) -> Any:
    """The room."""
    return a_channel(CHANNEL, contract_account(server.url), **changes)


def sent(server: WireServer) -> Any:
    """The content of the last event."""
    return json.loads(server.posts[-1].body)


def test_a_message_is_plain_text_under_our_transaction(server: WireServer) -> None:
    """No markup, nobody is rung, the address says which message it is, the same one again is the same."""
    prepared = a_prepared(text="<b>@room</b> closed")
    outcome = room(server).send(prepared)
    assert outcome == Delivered(EVENT, f"https://matrix.to/#/{ROOM}/{EVENT}", outcome.receipt)
    content = sent(server)
    assert (content["msgtype"], content["body"], content["m.mentions"]) == ("m.text", "<b>@room</b> closed", {})
    assert "formatted_body" not in content
    room(server).send(prepared)
    assert server.posts[0].target == server.posts[1].target


def test_a_picture_goes_with_the_text_and_its_alt_text(server: WireServer) -> None:
    """Uploaded once; a retry uses what is saved."""
    channel = room(server)
    server.answer = answering(200, b'{"content_uri": "mxc://town.example/abc"}')
    ready = channel.prepare(a_message(text="Closed.", media=(some_media(alt="A map"),)), {})
    assert ready.saved == {"uri": "mxc://town.example/abc"}
    assert channel.prepare(ready.message, ready.saved) == ready
    assert len(server.posts) == 1
    server.answer = answering(200, json.dumps({"event_id": EVENT}).encode())
    channel.send(ready)
    assert (sent(server)["msgtype"], sent(server)["body"]) == ("m.image", "Closed.\n\n(A map)")


def test_an_edit_replaces_and_keeps_the_first_number(server: WireServer) -> None:
    """What is withdrawn later is the message that everybody answers to."""
    server.answer = answering(200, b'{"event_id": "$newer"}')
    outcome = room(server).amend(contract_receipt(), a_prepared(text="Open again."))
    assert isinstance(outcome, Delivered)
    assert outcome.remote_id == EVENT
    assert sent(server)["m.relates_to"] == {"rel_type": "m.replace", "event_id": EVENT}
    assert sent(server)["m.new_content"]["body"] == "Open again."


def test_a_long_text_is_not_in_an_edit_twice(server: WireServer) -> None:
    """The event stays within 65,536 bytes."""
    text = "a" * 50_000
    room(server).amend(contract_receipt(), a_prepared(text=text))
    assert sent(server)["m.new_content"]["body"] == text
    assert sent(server)["body"].startswith("* aaa")
    assert len(server.posts[-1].body) < 60_000


def test_an_edit_that_is_found_is_the_message_that_it_changed(server: WireServer) -> None:
    """To take the edit away would bring the old words back."""
    prepared = a_prepared()
    relation = {"rel_type": "m.replace", "event_id": EVENT}
    content = {"example.notifier.key": prepared.message.key, "m.relates_to": relation}
    edit = {"event_id": "$newer", "sender": USER, "origin_server_ts": STAMP, "content": content}
    server.answer = answering(200, json.dumps({"user_id": USER, "chunk": [edit]}).encode())
    found = room(server).find(prepared, NOW)
    assert isinstance(found, Found)
    assert found.delivered.remote_id == EVENT


def test_a_room_is_not_read_back_without_knowing_whose_token_it_is(server: WireServer) -> None:
    """It is asked again."""
    server.answer = answering(200, b'{"chunk": []}')
    found = room(server).find(a_prepared(), NOW)
    assert isinstance(found, CannotTell)
    assert found.unreachable


def test_an_answer_names_what_it_answers(server: WireServer) -> None:
    """By its number."""
    room(server).reply(contract_receipt(), a_prepared())
    assert sent(server)["m.relates_to"] == {"m.in_reply_to": {"event_id": EVENT}}


def test_what_is_gone_is_taken_down(server: WireServer) -> None:
    """Redacted, or not there any more."""
    assert room(server).withdraw(contract_receipt(), a_message()) == Delivered()
    assert "/redact/%24abcDEF123-_/" in server.posts[-1].target
    server.answer = answering(404, b'{"errcode": "M_NOT_FOUND"}')
    assert room(server).withdraw(contract_receipt(), a_message()) == Delivered()
    assert isinstance(room(server).withdraw({}, a_message()), Rejected)


def test_the_room_is_read_back_for_our_key(server: WireServer) -> None:
    """Found; absent where older messages follow, or nothing; not to be told in a busy room."""
    prepared = a_prepared()
    key = {"example.notifier.key": prepared.message.key}
    ours = {"event_id": EVENT, "sender": USER, "origin_server_ts": STAMP, "content": key}
    copied = {**ours, "sender": "@somebody:town.example"}
    other = {"event_id": "$o", "sender": USER, "origin_server_ts": STAMP, "content": {"body": "hello"}}
    older = {**other, "origin_server_ts": STAMP - 3_600_000}
    for chunk, more, finding in (
        ([other, ours], True, Found),
        ([other, older], True, Absent),
        ([copied, older], True, Absent),
        ([other], False, Absent),
        ([other], True, CannotTell),
    ):
        body = {"user_id": USER, "chunk": chunk, **({"end": "t1"} if more else {})}
        server.answer = answering(200, json.dumps(body).encode())
        assert isinstance(room(server).find(prepared, NOW), finding)


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (401, {"errcode": "M_UNKNOWN_TOKEN"}, AuthFailed),
        (403, {"errcode": "M_FORBIDDEN", "error": "You don't have permission"}, AuthFailed),
        (413, {"errcode": "M_TOO_LARGE"}, Rejected),
        (502, {}, Unknown),
    ],
)
def test_what_a_refusal_means(server: WireServer, status: int, body: dict[str, str], outcome: type[Outcome]) -> None:
    """By its code."""
    server.answer = answering(status, json.dumps(body).encode())
    assert isinstance(room(server).send(a_prepared()), outcome)


def test_a_pause_may_be_told_in_milliseconds(server: WireServer) -> None:
    """Older homeservers send no Retry-After."""
    server.answer = answering(429, b'{"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 2500}')
    assert room(server).send(a_prepared()).at == NOW + timedelta(milliseconds=2500)


def test_a_password_is_changed_for_a_token_once(server: WireServer) -> None:
    """It is kept; when it ends, the next attempt asks for another."""
    channel = room(server, access_token=None, user="alerts", password="contract-password")
    server.answer = answering(200, b'{"access_token": "syt_1"}')
    assert channel.sign_in() is None
    assert channel.sign_in() is None
    assert len(server.posts) == 1
    server.answer = answering(401, b'{"errcode": "M_UNKNOWN_TOKEN"}')
    assert isinstance(channel.send(Prepared(a_message())), Retry)
    assert channel.state.read() == {}
    server.answer = answering(403, b'{"errcode": "M_FORBIDDEN", "error": "Invalid password"}')
    assert isinstance(channel.sign_in(), AuthFailed)


def test_the_check_looks_for_the_room(server: WireServer) -> None:
    """An account outside cannot write there."""
    server.answer = answering(200, json.dumps({"joined_rooms": [ROOM]}).encode())
    assert room(server).check() == Works()
    server.answer = answering(200, b'{"joined_rooms": []}')
    assert isinstance(room(server).check(), AuthFailed)


@pytest.mark.parametrize("way_in", [{}, {"user": "alerts"}, {"password": "contract-password"}])
def test_without_a_way_in_the_settings_say_so(way_in: dict[str, str]) -> None:
    """A token, or user and password."""
    with pytest.raises(ValidationError, match="give access_token, or user and password"):
        MatrixSettings.model_validate({"type": "matrix", "room_id": ROOM, **way_in})


# --- the practice account ---------------------------------------------------------------------------------------------


@pytest.fixture
def practice() -> Iterator[PracticeServer]:
    """The practice platforms."""
    with PracticeServer() as started:
        yield started


def test_the_practice_room_shows_a_picture_its_words_and_its_correction(practice: PracticeServer) -> None:
    """A lost answer is repeated and is one message; it is found, corrected, answered and taken away."""
    practice.faults.replace([Fault(platform="matrix", action="lose-reply", nth=[1])])
    settings = {"type": "matrix", "base_url": f"{practice.url}/matrix", "room_id": ROOM_ID, "access_token": PRACTICE}
    channel = a_channel(CHANNEL, settings, now=practice.clock())
    assert channel.check() == Works()
    ready = channel.prepare(a_message(text="Closed.", media=(some_media(),), sent=practice.clock()), {})
    assert isinstance(ready, Prepared)
    assert isinstance(channel.send(ready), Unknown)
    first = channel.send(replace(ready, attempt=2))
    (post,) = practice.posts
    assert post.text == "Closed.\n\n(A map of the closure)"
    assert len(post.pictures) == 1
    assert channel.find(ready, practice.clock()) == Found(first)
    assert channel.amend(first.receipt, a_prepared(text="Open again.", key="an edit")) == first
    assert isinstance(channel.reply(first.receipt, a_prepared(text="Thank you.", key="an answer")), Delivered)
    assert [post.text for post in practice.posts] == ["Open again.", "Thank you."]
    assert channel.withdraw(first.receipt, ready.message) == Delivered()
    assert [post.text for post in practice.posts] == ["Thank you."]
