"""Nextdoor: what is posted, found again, changed and deleted; tokens that are renewed and change on the way."""

import json
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from channels.nextdoor import CHANNEL
from notifier.channel import (
    AuthFailed,
    CannotTell,
    Delivered,
    Found,
    Limit,
    Prepared,
    Rejected,
    Retry,
    Unknown,
    Works,
)
from notifier.practice.networks import nextdoor as practice_nextdoor
from notifier.practice.server import PracticeServer
from tests.channels.messages import LATER, NOW, a_channel, a_prepared
from tests.channels.wire import Seen, WireServer, answering, closing, response
from tests.notifications import a_message, some_media

URL = "https://nextdoor.com/p/abc123"
POST = {"id": "390000001", "share_link": URL, "body_text": a_message().text, "created_at": NOW.isoformat()}


def contract_account(url: str) -> dict[str, Any]:
    """Give the settings with which the contract's kit tries this channel."""
    return {
        "type": "nextdoor",
        "base_url": url,
        "sign_in_url": f"{url}/v2/token",
        "client_id": "client-93aa",
        "client_secret": "client-secret-93aa",
        "refresh_token": "refresh-token-93aa",
        "profile_id": "profile-1",
    }


def contract_state() -> dict[str, Any]:
    """What it keeps once it has signed in, an hour ago."""
    import hashlib

    of = hashlib.sha256(b"refresh-token-93aa").hexdigest()[:16]
    until, made = NOW + timedelta(days=300), NOW - timedelta(hours=1)
    return {"of": of, "token": "session-token-93aa", "until": until.isoformat(), "made": made.isoformat()}


def contract_receipt() -> dict[str, Any]:
    """A post of its own."""
    return {"remote_id": "390000001", "url": URL}


@pytest.fixture
def server() -> Iterator[WireServer]:
    """Start a service that answers as the test says."""
    with WireServer() as started:
        yield started


def answers(server: WireServer, **by_method: object) -> None:
    """Answer each method so; a tuple is a status and a body."""

    def answer(connection: socket.socket, seen: Seen) -> bool:
        given: Any = by_method["token" if seen.target.endswith("/token") else seen.method]
        status, body = given if isinstance(given, tuple) else (200, given)
        connection.sendall(response(status, json.dumps(body).encode()))
        return True

    server.answer = answer


def channel_at(server: WireServer, *, now: datetime = NOW, **changes: Any) -> Any:
    """Make the channel of the account, signed in."""
    channel = a_channel(CHANNEL, contract_account(server.url), now=now, **changes)
    channel.state.change(**contract_state())
    return channel


def test_a_post_has_text_link_boundaries_and_pictures(server: WireServer, tmp_path: Path) -> None:
    """Pictures by the department's address; the number for later comes from the list of own posts."""
    answers(server, POST={"result": "success", "share_link": URL}, GET={"posts": [{"id": "1"}, POST]})
    hosted = {"media_folder": tmp_path, "media_url": "https://town.example/media", "group_ids": [101]}
    channel = channel_at(server, **hosted)
    message = a_message(links=("https://city.example/one",), media=(some_media(),))
    prepared = channel.prepare(message, {})
    assert channel.send(prepared) == Delivered("390000001", URL, contract_receipt())
    seen = server.posts[0]
    assert (seen.target, seen.headers["authorization"]) == (
        "/external/api/partner/v1/post/create/",
        "Bearer session-token-93aa",
    )
    assert json.loads(seen.body) == {
        "body_text": message.text,
        "secure_profile_id": "profile-1",
        "media_attachments": [f"https://town.example/media/{some_media().sha256}.png"],
        "smartlink_url": "https://city.example/one",
        "group_ids": [101],
    }


def test_without_the_list_the_post_is_delivered_all_the_same(server: WireServer) -> None:
    """Its number is looked for when it is needed."""
    answers(server, POST={"result": "success", "share_link": URL}, GET=(500, {}))
    assert channel_at(server).send(a_prepared()) == Delivered(None, URL, {"remote_id": None, "url": URL})


@pytest.mark.parametrize(
    ("status", "outcome"), [(400, Rejected), (401, Retry), (403, AuthFailed), (500, Unknown), (429, Retry)]
)
def test_each_status_has_its_outcome(server: WireServer, status: int, outcome: type) -> None:
    """Bad input, a session that ended, a missing permission, a failure of the service's own."""
    answers(server, POST=(status, {"message": "words"}))
    assert isinstance(channel_at(server).send(a_prepared()), outcome)


@pytest.mark.parametrize("body", [{}, {"result": "success"}, {"share_link": 7}, {"share_link": "javascript:1"}])
def test_a_yes_that_names_no_post_is_unknown(server: WireServer, body: Any) -> None:
    """It may stand there."""
    answers(server, POST=body)
    assert isinstance(channel_at(server).send(a_prepared()), Unknown)


def test_a_lost_post_is_found_in_the_list(server: WireServer) -> None:
    """By its text, and not one of yesterday; what is not listed may be there all the same."""
    channel = channel_at(server, now=LATER)
    answers(server, GET={"posts": [POST]})
    assert channel.find(a_prepared(), NOW) == Found(Delivered("390000001", URL, contract_receipt()))
    old = {**POST, "created_at": (NOW - timedelta(days=1)).isoformat()}
    for listed in ({"posts": [old]}, {"posts": [{**POST, "body_text": "Other"}]}, {"posts": []}):
        answers(server, GET=listed)
        assert channel.find(a_prepared(), NOW).unreachable is False
    answers(server, GET={"pages": []})
    assert channel.find(a_prepared(), NOW) == CannotTell(
        "Nextdoor's list of own posts could not be read", unreachable=True
    )


def test_a_post_is_changed_and_deleted_by_its_number(server: WireServer, tmp_path: Path) -> None:
    """The number is read from the list where the receipt has none; a deletion takes its pictures too."""
    answers(server, POST={"result": "success"}, GET={"posts": [POST]}, DELETE={"message": "Post deleted successfully"})
    channel = channel_at(server, media_folder=tmp_path, media_url="https://town.example/media")
    channel.prepare(a_message(media=(some_media(),)), {})
    amended = channel.amend({"url": URL}, channel.prepare_change(a_message(text="Open."), {}))
    assert amended == Delivered("390000001", URL, contract_receipt())
    assert json.loads(server.posts[0].body)["body_text"] == "Open."
    assert channel.withdraw(contract_receipt(), a_message(media=(some_media(),))) == Delivered()
    assert server.seen[-1].target == "/external/api/partner/v1/post/?id=390000001&secure_profile_id=profile-1"
    assert list(tmp_path.iterdir()) == []
    for gone in ((400, {"message": "No post matches the id."}), (404, {})):
        answers(server, DELETE=gone)
        assert channel.withdraw(contract_receipt(), a_message()) == Delivered()
    answers(server, GET={"posts": []})
    assert isinstance(channel.withdraw({"url": URL}, a_message()), Rejected)


# --- tokens -----------------------------------------------------------------------------------------------------------


def test_it_signs_in_once_and_keeps_what_it_is_given(server: WireServer) -> None:
    """The new refresh token is used the next time; nothing is asked while the token lasts."""
    told = {"access_token": "first-token-1", "refresh_token": "second-refresh-2", "expires_in": 31_536_000}
    answers(server, token=told)
    channel = a_channel(CHANNEL, contract_account(server.url))
    assert channel.sign_in() is None
    assert b"refresh_token=refresh-token-93aa" in server.seen[0].body
    assert server.seen[0].headers["authorization"].startswith("Basic ")
    assert channel.sign_in() is None
    assert len(server.seen) == 1
    channel.upkeep(NOW + timedelta(days=360))
    assert b"refresh_token=second-refresh-2" in server.seen[1].body


@pytest.mark.parametrize(
    ("token", "outcome"),
    [
        ((400, {"error": "invalid_grant"}), AuthFailed),
        ((401, {"error": "invalid_client"}), AuthFailed),
        ((500, {}), Retry),
        ({}, Retry),
        ({"access_token": "a b c d e f"}, Retry),
    ],
)
def test_a_refused_renewal_is_told(server: WireServer, token: Any, outcome: type) -> None:
    """A dead refresh token needs the agency's consent; a failure of the service is tried again."""
    answers(server, token=token)
    assert isinstance(a_channel(CHANNEL, contract_account(server.url)).sign_in(), outcome)


def test_a_lost_renewal_is_tried_again(server: WireServer) -> None:
    """Nothing was published by it."""
    server.answer = closing
    assert isinstance(a_channel(CHANNEL, contract_account(server.url)).sign_in(), Retry)


def test_a_session_that_ended_is_made_anew_and_one_just_made_is_no_use(server: WireServer) -> None:
    """Without end it would be signed in again and again."""
    answers(server, POST=(401, {}), token={"access_token": "fresh-token-1", "expires_in": 3600 * 24 * 365})
    channel = channel_at(server)
    assert isinstance(channel.send(a_prepared()), Retry)
    assert channel.state.read().get("token") is None
    assert channel.sign_in() is None
    assert isinstance(channel.send(a_prepared()), AuthFailed)


def test_the_check_says_until_when(server: WireServer) -> None:
    """And reads whose account it is."""
    server.answer = answering(200, b'{"id": "profile-1"}')
    assert channel_at(server).check() == Works(NOW + timedelta(days=300))


def test_the_limit_is_the_stricter_of_two() -> None:
    """8,192 bytes."""
    assert CHANNEL.limit() == Limit(8_192, "bytes")


def test_it_publishes_on_the_practice_agency() -> None:
    """Signed in, posted, found, changed, deleted, as the practice platform demands it."""
    now = datetime.now(UTC)
    with PracticeServer() as practice:
        account = {
            "type": "nextdoor",
            "base_url": f"{practice.url}/nextdoor",
            "sign_in_url": f"{practice.url}/nextdoor/v2/token",
            "client_id": practice_nextdoor.CLIENT_ID,
            "client_secret": practice_nextdoor.CLIENT_SECRET,
            "refresh_token": practice_nextdoor.REFRESH_TOKEN,
            "profile_id": practice_nextdoor.PROFILE_ID,
        }
        channel = a_channel(CHANNEL, account, now=now)
        assert channel.sign_in() is None
        message = a_message(text="Closed 🚧", sent=now)
        delivered = channel.send(Prepared(message))
        (post,) = practice.posts
        assert (post.text, delivered.url) == ("Closed 🚧", practice.url + post.path)
        assert channel.find(Prepared(message), now) == Found(delivered)
        assert isinstance(channel.amend(delivered.receipt, Prepared(a_message(text="Open."))), Delivered)
        assert [shown.text for shown in practice.posts] == ["Open."]
        assert (
            channel.withdraw(delivered.receipt, message) == channel.withdraw(delivered.receipt, message) == Delivered()
        )
        assert practice.posts == []
