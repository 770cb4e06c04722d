"""Threads: made, then published; a lost answer is settled by the container's status; the token is renewed in time."""

import json
import socket
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from pydantic import ValidationError

from channels.threads import CHANNEL, ThreadsSettings
from notifier.channel import (
    Absent,
    AuthFailed,
    CannotTell,
    Delivered,
    Found,
    Limit,
    NotReady,
    Prepared,
    Rejected,
    Retry,
    Unknown,
    Works,
)
from notifier.lengths import length
from notifier.practice.networks import threads as practice_threads
from notifier.practice.server import PracticeServer
from tests.channels.messages import LATER, NOW, a_channel, a_prepared
from tests.channels.wire import Seen, WireServer, answering, closing, response
from tests.notifications import a_message, some_media

USER = practice_threads.USER_ID
SAVED = {"container": "18000000000000001"}
URL = "https://www.threads.com/@exampletonpd/post/Abc"


def contract_account(url: str) -> dict[str, Any]:
    """Give the settings with which the contract's kit tries this channel."""
    return {"type": "threads", "base_url": url, "user_id": USER, "access_token": "threads-token-93aa"}


def contract_saved() -> dict[str, Any]:
    """What it has prepared."""
    return SAVED


def contract_receipt() -> dict[str, Any]:
    """A post of its own."""
    return {"remote_id": "18000000000000002", "url": URL}


@pytest.fixture
def server() -> Iterator[WireServer]:
    """Start a service that answers as the test says."""
    with WireServer() as started:
        yield started


def answers(server: WireServer, **by_path: object) -> None:
    """Answer by what the path ends with; `publish`: threads_publish, `make`: threads, `about`: anything read."""

    def answer(connection: socket.socket, seen: Seen) -> bool:
        path = seen.target.partition("?")[0]
        name = "publish" if path.endswith("_publish") else "make" if seen.method == "POST" else "about"
        name = "listed" if seen.method == "GET" and path.endswith("/threads") else name
        given: Any = by_path[name]
        status, body = given if isinstance(given, tuple) else (200, given)
        connection.sendall(response(status, json.dumps(body).encode()))
        return True

    server.answer = answer


def failing(code: object, subcode: int | None = None, **more: Any) -> dict[str, Any]:
    """Write Graph's error object."""
    return {"error": {"message": "words", "code": code, "error_subcode": subcode, **more}}


def channel_at(server: WireServer, *, now: datetime = NOW, **changes: Any) -> Any:
    """Make the channel of the account."""
    return a_channel(CHANNEL, contract_account(server.url), now=now, **changes)


def form(seen: Seen) -> Mapping[str, list[str]]:
    """Read the form of a request."""
    return parse_qs(seen.body.decode())


def test_a_text_is_made_and_published_in_two_requests(server: WireServer) -> None:
    """The first is unseen; the second names it; the token is in no address."""
    answers(server, make={"id": "7"}, publish={"id": "8"}, about={"id": "8", "permalink": URL})
    channel = channel_at(server)
    prepared = channel.prepare(a_message(text="Cerrado & más"), {})
    assert prepared == Prepared(a_message(text="Cerrado & más"), {"container": "7"})
    assert channel.send(prepared) == Delivered("8", URL, {"remote_id": "8", "url": URL})
    made, published, asked = server.seen
    assert (made.target, form(made)) == (f"/v1.0/{USER}/threads", {"media_type": ["TEXT"], "text": ["Cerrado & más"]})
    assert (published.target, form(published)) == (f"/v1.0/{USER}/threads_publish", {"creation_id": ["7"]})
    assert asked.target.startswith("/v1.0/8?fields=")
    assert all("token" not in seen.target for seen in server.seen)
    assert {seen.headers["authorization"] for seen in server.seen} == {"Bearer threads-token-93aa"}


def test_a_retry_publishes_the_same_container(server: WireServer) -> None:
    """Nothing is made anew while the network still has it."""
    answers(server, about={"id": "7", "status": "FINISHED"})
    prepared = channel_at(server).prepare(a_message(), SAVED)
    assert prepared.saved == SAVED
    assert [seen.method for seen in server.seen] == ["GET"]


@pytest.mark.parametrize(
    "status", [{"status": "EXPIRED"}, {"status": "ERROR"}, (400, failing(100, 33)), (400, failing(24))]
)
def test_what_the_network_has_no_more_is_made_anew(server: WireServer, status: Any) -> None:
    """A container lasts a day."""
    answers(server, about=status, make={"id": "9"})
    assert channel_at(server).prepare(a_message(), SAVED).saved == {"container": "9"}


def test_a_picture_is_hosted_and_waited_for(server: WireServer, tmp_path: Path) -> None:
    """It stands at the department's address with its alt text; while Threads fetches it, nothing failed."""
    hosted = {"media_folder": tmp_path, "media_url": "https://town.example/media"}
    answers(server, make={"id": "7"}, about={"id": "7", "status": "IN_PROGRESS"})
    channel, media = channel_at(server, **hosted), some_media()
    waits = channel.prepare(a_message(media=(media,)), {})
    assert waits == NotReady(waits.reason, NOW + timedelta(seconds=3), {"container": "7"})
    assert form(server.seen[0])["image_url"] == [f"https://town.example/media/{media.sha256}.png"]
    assert form(server.seen[0])["alt_text"] == ["A map of the closure"]
    assert (tmp_path / f"{media.sha256}.png").read_bytes() == media.data
    answers(server, about={"id": "7", "status": "FINISHED"})
    assert channel.prepare(a_message(media=(media,)), waits.saved).saved == {"container": "7"}


def test_a_picture_that_cannot_be_fetched_is_told(server: WireServer, tmp_path: Path) -> None:
    """The web server does not show the folder: no waiting mends that."""
    hosted = {"media_folder": tmp_path, "media_url": "https://town.example/media"}
    answers(server, make={"id": "7"}, about={"id": "7", "status": "ERROR"})
    outcome = channel_at(server, **hosted).prepare(a_message(media=(some_media(),)), {})
    assert isinstance(outcome, Rejected)
    assert "media_url" in outcome.reason


def test_several_pictures_are_a_carousel(server: WireServer, tmp_path: Path) -> None:
    """Each is a part with its own alt text; the whole names them."""
    hosted = {"media_folder": tmp_path, "media_url": "https://town.example/media"}
    answers(server, make={"id": "7"}, about={"id": "7", "status": "FINISHED"})
    media = (some_media(alt="One"), some_media(alt="Two"))
    assert isinstance(channel_at(server, **hosted).prepare(a_message(media=media), {}), Prepared)
    one, two, whole = (form(seen) for seen in server.posts)
    assert (one["alt_text"], two["alt_text"], one["is_carousel_item"]) == (["One"], ["Two"], ["true"])
    assert (whole["media_type"], whole["children"]) == (["CAROUSEL"], ["7,7"])


def test_without_a_folder_there_are_no_pictures(server: WireServer, tmp_path: Path) -> None:
    """Threads fetches them itself, from an address that only the department can give; half of it is refused."""
    assert channel_at(server).capabilities.pictures is None
    with pytest.raises(ValidationError, match="go together"):
        ThreadsSettings.model_validate({**contract_account("http://a.example"), "media_folder": tmp_path})


@pytest.mark.parametrize(
    ("code", "subcode", "outcome"),
    [
        (190, 463, AuthFailed),
        (102, None, AuthFailed),
        (10, None, AuthFailed),
        (200, None, AuthFailed),
        (368, None, AuthFailed),
        (4, None, Retry),
        (32, None, Retry),
        (613, None, Retry),
        (80016, None, Retry),
        (9, 2207042, Retry),
        (9007, 2207027, Retry),
        (24, 2207008, Retry),
        (-2, 2207020, Retry),
        (1, None, Unknown),
        (2, None, Unknown),
        (-1, None, Unknown),
        (100, None, Rejected),
        (36000, 2207004, Rejected),
        ("190", None, Rejected),
    ],
)
def test_each_code_of_a_refusal_has_its_outcome(server: WireServer, code: object, subcode: int, outcome: type) -> None:
    """The day's limit, a container that is not ready or forgotten: known not to have acted."""
    answers(server, publish=(400, failing(code, subcode)))
    assert isinstance(channel_at(server).send(a_prepared()), outcome)


@pytest.mark.parametrize(("code", "outcome"), [(1, Retry), (-1, Retry), (190, AuthFailed), (100, Rejected)])
def test_before_publishing_nothing_is_unknown(server: WireServer, code: int, outcome: type) -> None:
    """Nobody saw a container."""
    answers(server, make=(500 if code < 2 else 400, failing(code)))
    assert isinstance(channel_at(server).prepare(a_message(), {}), outcome)
    server.answer = closing
    assert isinstance(channel_at(server).prepare(a_message(), {}), Retry)


def test_a_lost_answer_is_settled_by_the_container(server: WireServer) -> None:
    """Published: found, with its address where the account lists it. Not published a minute later: absent."""
    prepared = Prepared(a_message(), SAVED)
    mine = {"id": "8", "text": a_message().text, "permalink": URL}
    answers(server, about={"status": "PUBLISHED"}, listed={"data": [{"id": "5", "text": "Other"}, mine]})
    assert channel_at(server, now=LATER).find(prepared, NOW) == Found(
        Delivered("8", URL, {"remote_id": "8", "url": URL})
    )
    answers(server, about={"status": "PUBLISHED"}, listed={"data": []})
    assert channel_at(server, now=LATER).find(prepared, NOW) == Found(Delivered())
    answers(server, about={"status": "FINISHED"})
    assert channel_at(server, now=LATER).find(prepared, NOW) == Absent()
    early = channel_at(server, now=NOW + timedelta(seconds=15)).find(prepared, NOW)
    assert early == CannotTell(early.reason, unreachable=True)


@pytest.mark.parametrize("about", [(400, failing(100, 33)), (500, failing(1)), {"status": "NEW"}, {}])
def test_what_the_container_does_not_say_is_not_known(server: WireServer, about: Any) -> None:
    """A container that is forgotten may have been published before."""
    answers(server, about=about)
    assert isinstance(channel_at(server, now=LATER).find(Prepared(a_message(), SAVED), NOW), CannotTell)


def test_what_was_never_made_cannot_be_looked_up(server: WireServer) -> None:
    """No request is made for nothing."""
    assert isinstance(channel_at(server).find(a_prepared(), NOW), CannotTell)
    assert server.seen == []


def test_a_post_is_deleted_and_its_picture_too(server: WireServer, tmp_path: Path) -> None:
    """Also when it is gone already; an answer that says nothing is unknown."""
    hosted = {"media_folder": tmp_path, "media_url": "https://town.example/media"}
    channel, media = channel_at(server, **hosted), (some_media(),)
    channel.hosted.put(media[0])
    server.answer = answering(200, b'{"success": true, "deleted_id": "18000000000000002"}')
    assert channel.withdraw(contract_receipt(), a_message(media=media)) == Delivered()
    assert list(tmp_path.iterdir()) == []
    assert (server.seen[0].method, server.seen[0].target) == ("DELETE", "/v1.0/18000000000000002")
    server.answer = answering(400, json.dumps(failing(100, 33)).encode())
    assert channel.withdraw(contract_receipt(), a_message()) == Delivered()
    server.answer = answering(200, b"{}")
    assert isinstance(channel.withdraw(contract_receipt(), a_message()), Unknown)
    assert isinstance(channel.withdraw({}, a_message()), Rejected)


# --- the token --------------------------------------------------------------------------------------------------------


def test_the_token_is_renewed_a_week_before_it_ends(server: WireServer) -> None:
    """The new one is kept with the account and used from then on; nothing is asked while it lasts."""
    server.answer = answering(200, b'{"access_token": "renewed-token-77", "expires_in": 5184000}')
    channel = channel_at(server)
    channel.upkeep(NOW)
    assert server.seen[0].target == "/refresh_access_token?grant_type=th_refresh_token"
    assert server.seen[0].headers["authorization"] == "Bearer threads-token-93aa"
    channel.upkeep(NOW + timedelta(days=52))
    assert len(server.seen) == 1
    channel.upkeep(NOW + timedelta(days=54))
    assert server.seen[1].headers["authorization"] == "Bearer renewed-token-77"


def test_a_renewal_that_is_refused_is_tried_again_later(server: WireServer) -> None:
    """A token younger than a day cannot be renewed: it works all the same, and is not asked for every minute."""
    server.answer = answering(400, json.dumps(failing(100)).encode())
    channel = channel_at(server)
    for minutes in (0, 5, 10, 7 * 60):
        channel.upkeep(NOW + timedelta(minutes=minutes))
    assert len(server.seen) == 2
    assert channel.state.read().get("token") is None


def test_a_new_token_in_the_settings_wins(server: WireServer) -> None:
    """What an older one was renewed into is forgotten."""
    server.answer = answering(200, b'{"access_token": "renewed-token-77", "expires_in": 5184000}')
    channel = channel_at(server)
    channel.upkeep(NOW)
    other = channel_at(server, access_token="brand-new-token")
    other.state = channel.state
    server.answer = answering(200, json.dumps({"id": USER}).encode())
    other.send(Prepared(a_message(), SAVED))
    assert server.seen[-1].headers["authorization"] == "Bearer brand-new-token"


def test_the_check_says_until_when_the_token_lasts(server: WireServer) -> None:
    """It is renewed on the way; another account's answer is a mistake in the settings."""

    def answer(connection: socket.socket, seen: Seen) -> bool:
        renewed = {"access_token": "renewed-token-77", "expires_in": 5184000}
        body = renewed if "refresh" in seen.target else {"id": USER, "username": "exampletonpd"}
        connection.sendall(response(200, json.dumps(body).encode()))
        return True

    server.answer = answer
    assert channel_at(server).check() == Works(NOW + timedelta(days=60), "the token was renewed")
    server.answer = answering(200, b'{"id": "1"}')
    assert isinstance(channel_at(server).check(), Rejected)


@pytest.mark.parametrize("text", ["a" * 500, "é" * 500, "👨‍👩‍👧" * 27 + "a" * 14, "街" * 500, "שלום " * 100])
def test_the_limit_counts_as_threads_does(text: str) -> None:
    """An emoji as its bytes, everything else as characters; one more is too long."""
    limit = CHANNEL.limit()
    assert limit == Limit(500, "threads")
    assert length(text, limit.unit) == 500
    assert length(text + "a", limit.unit) == 501


def test_it_publishes_on_the_practice_profile(tmp_path: Path) -> None:
    """Text and picture, looked up, renewed, and taken down again, as the practice platform demands it."""
    now = datetime.now(UTC)
    with PracticeServer() as practice:
        account = {
            "type": "threads",
            "base_url": f"{practice.url}/threads",
            "user_id": USER,
            "access_token": practice_threads.TOKEN,
            "media_folder": tmp_path,
            "media_url": "https://town.example/media",
        }
        channel = a_channel(CHANNEL, account, now=now)
        message = a_message(text="Closed 🚧 @mayor", sent=now)
        prepared = channel.prepare(message, {})
        delivered = channel.send(prepared)
        (post,) = practice.posts
        assert (post.text, delivered.url) == ("Closed 🚧 @mayor", practice.url + post.path)
        later = a_channel(CHANNEL, account, now=now + timedelta(minutes=2))
        assert channel.find(prepared, now) == Found(delivered)
        assert isinstance(channel.prepare(a_message(media=(some_media(),)), {}), NotReady)
        assert later.check().said == "the token was renewed"
        assert later.withdraw(delivered.receipt, message) == later.withdraw(delivered.receipt, message) == Delivered()
        assert practice.posts == []
