"""The YouTube channel: an upload in a session, what became of it, its words; Google's session and refusals."""

import hashlib
import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest

from channels.youtube import YouTube
from notifier.channel import (
    Absent,
    AuthFailed,
    CannotTell,
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
from notifier.lengths import byte_length
from notifier.practice.networks.youtube import CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN
from notifier.practice.server import PracticeServer
from tests.channels.messages import LATER, NOW, a_channel, a_prepared
from tests.channels.wire import Answer, Seen, WireServer, answering, response
from tests.notifications import a_message, some_video

ID = "p0123456789"
RECEIPT = {"remote_id": ID, "url": f"https://www.youtube.com/watch?v={ID}"}
SIZE = len(some_video().data)
SESSION = "/upload/youtube/v3/videos?uploadType=resumable&upload_id=session-9c1e"
NAME = f"upload:{hashlib.sha256(a_message().key.encode()).hexdigest()[:24]}"


def contract_account(url: str) -> dict[str, Any]:
    """Give the settings with which the contract's kit tries this channel."""
    return {
        "type": "youtube",
        "base_url": url,
        "client_id": "client.apps.example",
        "client_secret": "client-secret-9c1e",
        "refresh_token": "refresh-token-9c1e",
    }


def contract_text(body: bytes) -> str | None:
    """Give the description of a video; < and > are written otherwise there, for YouTube refuses them."""
    snippet = json.loads(body).get("snippet") if body.startswith(b"{") else None
    return snippet["description"].replace("‹", "<").replace("›", ">") if snippet else None


def contract_state() -> dict[str, Any]:
    """Give what the channel keeps once it has signed in and opened the upload of the kit's message."""
    return {
        "access_token": "access-token-9c1e",
        "until": (NOW + timedelta(hours=1)).isoformat(),
        "made": (NOW - timedelta(minutes=5)).isoformat(),
        NAME: {"address": SESSION, "begun": NOW.isoformat()},
    }


def contract_saved() -> dict[str, Any]:
    """Give what the channel has prepared."""
    return {"from": 0}


def contract_receipt() -> dict[str, Any]:
    """Give the receipt of a video that the contract's kit rewrites and deletes."""
    return RECEIPT


@pytest.fixture
def server() -> Iterator[WireServer]:
    """Start a service that answers as Google's APIs do."""
    with WireServer() as started:
        yield started


def a_tube(url: str, *, now: datetime = NOW, state: dict[str, Any] | None = None, **changes: Any) -> YouTube:
    """Make the channel, signed in and with an open upload unless the test says otherwise."""
    made: YouTube = a_channel(YouTube, contract_account(url), now=now, **changes)
    made.state.change(**(contract_state() if state is None else state))
    return made


def a_film(**changes: Any) -> Prepared:
    """Make a notification with a video, ready to be sent from its beginning."""
    return replace(a_prepared(**{"media": (some_video(),), **changes}), saved={"from": 0})


def in_turn(*answers: bytes) -> Answer:
    """Give these answers, one a request."""
    waiting = list(answers)

    def answer(connection: Any, _seen: Seen) -> bool:
        connection.sendall(waiting.pop(0))
        return True

    return answer


def a_video(privacy: str = "public") -> bytes:
    """Write the resource of a video."""
    return json.dumps({"kind": "youtube#video", "id": ID, "status": {"privacyStatus": privacy}}).encode()


def a_no(status: int, reason: str, headers: dict[str, str] | None = None) -> bytes:
    """Write a refusal of the Data API."""
    return response(status, a_reason(reason, status), headers)


def a_reason(reason: str, status: int = 403) -> bytes:
    """Write the error object of a refusal."""
    one = {"reason": reason, "domain": "youtube.video", "message": "words"}
    return json.dumps({"error": {"code": status, "message": "words", "errors": [one]}}).encode()


# --- uploading --------------------------------------------------------------------------------------------------------


def test_an_upload_is_opened_with_the_words_and_then_sent(server: WireServer) -> None:
    """The session's address stands in the account's state alone; the video's own page in the receipt."""
    server.answer = in_turn(response(200, headers={"Location": f"{server.url}{SESSION}"}), response(200, a_video()))
    channel = a_tube(server.url, state={**contract_state(), NAME: None})
    message = a_film(headline="Have you seen him?", text="Call 555-555-0123. 日本 👨‍👩‍👧 مرحبا").message
    prepared = channel.prepare(message, {})
    assert prepared == Prepared(message, {"from": 0})
    outcome = channel.send(prepared)
    url = f"{server.url}/watch?v={ID}"
    assert outcome == Delivered(ID, url, {"remote_id": ID, "url": url})
    begun, sent = server.seen
    assert (begun.method, begun.target) == (
        "POST",
        "/upload/youtube/v3/videos?uploadType=resumable&part=snippet,status",
    )
    assert begun.headers["authorization"] == "Bearer access-token-9c1e"
    assert begun.headers["x-upload-content-length"] == str(SIZE)
    assert begun.headers["x-upload-content-type"] == "video/mp4"
    assert json.loads(begun.body) == {
        "snippet": {
            "title": "Have you seen him?",
            "description": "Call 555-555-0123. 日本 👨‍👩‍👧 مرحبا\n\nThe chief asks for help",
            "categoryId": "25",
            "defaultLanguage": "en",
        },
        "status": {"privacyStatus": "public", "selfDeclaredMadeForKids": False},
    }
    assert (sent.method, sent.target, sent.body) == ("PUT", SESSION, some_video().data)
    assert sent.headers["content-range"] == f"bytes 0-{SIZE - 1}/{SIZE}"
    assert sent.headers["content-type"] == "video/mp4"
    assert "session-9c1e" not in repr([prepared, outcome])
    assert channel.state.read()[NAME] == {"address": SESSION, "begun": NOW.isoformat()}


def test_a_retry_goes_on_where_the_last_attempt_ended(server: WireServer) -> None:
    """The session says how much has arrived; only the rest is sent, and no second session is opened."""
    server.answer = in_turn(response(308, headers={"Range": "bytes=0-1023"}), response(201, a_video()))
    channel = a_tube(server.url)
    prepared = channel.prepare(a_film().message, {"from": 0})
    assert isinstance(prepared, Prepared)
    assert prepared.saved == {"from": 1024}
    assert isinstance(channel.send(prepared), Delivered)
    asked, sent = server.seen
    assert (asked.method, asked.target, asked.body) == ("PUT", SESSION, b"")
    assert asked.headers["content-range"] == f"bytes */{SIZE}"
    assert sent.headers["content-range"] == f"bytes 1024-{SIZE - 1}/{SIZE}"
    assert sent.body == some_video().data[1024:]


@pytest.mark.parametrize("held", ["", "bytes=0-", "bytes=5-9", "rubbish"])
def test_what_the_session_does_not_say_has_not_arrived(server: WireServer, held: str) -> None:
    """It is sent from the beginning."""
    server.answer = answering(308, headers={"Range": held})
    assert a_tube(server.url).prepare(a_film().message, {}).saved == {"from": 0}  # type: ignore[union-attr]


def test_a_session_that_became_a_video_is_delivered_before_anything_is_sent(server: WireServer) -> None:
    """The answer was lost, and the next attempt asks first."""
    server.answer = answering(200, a_video())
    outcome = a_tube(server.url).prepare(a_film().message, {"from": 0})
    assert (type(outcome), outcome.remote_id) == (Delivered, ID)  # type: ignore[union-attr]
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    "told", [response(404), response(410), response(308, headers={"Range": f"bytes=0-{SIZE - 1}"})]
)
def test_a_session_that_is_gone_is_opened_anew(server: WireServer, told: bytes) -> None:
    """After a week Google forgets it; one that has all bytes and made no video of them is as good as gone."""
    server.answer = in_turn(told, response(200, headers={"Location": f"{server.url}/upload/new"}))
    channel = a_tube(server.url)
    assert isinstance(channel.prepare(a_film().message, {}), Prepared)
    assert channel.state.read()[NAME]["address"] == "/upload/new"


@pytest.mark.parametrize(
    "location",
    [
        "",
        "rubbish",
        "https://evil.example/upload",
        "https://www.googleapis.com/upload",
        "http://127.0.0.1:1/upload",
        "/upload",
        "http://a b/",
        "http://[",
    ],
)
def test_a_session_at_another_host_is_not_taken(server: WireServer, location: str) -> None:
    """The video and the session's token go only where the settings say."""
    server.answer = answering(200, headers={"Location": location})
    channel = a_tube(server.url, state={**contract_state(), NAME: None})
    assert isinstance(channel.prepare(a_film().message, {}), Retry)
    assert NAME not in channel.state.read()


def test_at_google_itself_every_host_of_google_is_taken() -> None:
    """Uploads may be handed to a host of their own."""
    from channels.youtube.upload import _checked

    channel = a_tube("https://www.googleapis.com")
    for good in ("https://youtube.googleapis.com/u?id=1", "https://storage.eu.googleapis.com/u"):
        assert _checked(channel._account, good) == good
    assert _checked(channel._account, "https://www.googleapis.com/u?id=1") == "/u?id=1"
    for bad in (
        "http://youtube.googleapis.com/u",
        "https://googleapis.com.evil.example/u",
        "https://a@x.googleapis.com/",
    ):
        assert _checked(channel._account, bad) is None


@pytest.mark.parametrize(
    ("status", "reason", "outcome", "words"),
    [
        (308, "", Retry, "only a part"),
        (400, "invalidTitle", Rejected, "words"),
        (400, "invalidDescription", Rejected, "invalidDescription"),
        (400, "badRequest", Rejected, "400"),
        (400, "uploadLimitExceeded", Retry, "no more today"),
        (401, "authError", Retry, "made anew"),
        (401, "youtubeSignupRequired", AuthFailed, "no YouTube channel"),
        (403, "quotaExceeded", Retry, "quota"),
        (403, "rateLimitExceeded", Retry, "slow down"),
        (403, "forbidden", AuthFailed, "status at YouTube"),
        (403, "accessNotConfigured", AuthFailed, "switch it on"),
        (403, "insufficientPermissions", AuthFailed, "consent"),
        (404, "notFound", Retry, "opened anew"),
        (410, "", Retry, "opened anew"),
        (429, "rateLimitExceeded", Retry, "slow down"),
        (500, "backendError", Unknown, "500"),
        (502, "", Unknown, "502"),
        (504, "", Unknown, "504"),
    ],
)
def test_send_reads_each_refusal(server: WireServer, status: int, reason: str, outcome: type, words: str) -> None:
    """Who must act, and whether waiting helps, is told apart by the reason."""
    server.answer = in_turn(a_no(status, reason))
    told = a_tube(server.url).send(a_film())
    assert isinstance(told, outcome)
    assert words in told.reason  # type: ignore[union-attr]


def test_a_spent_quota_waits_for_midnight_in_california(server: WireServer) -> None:
    """There a day's quota begins anew; a channel's own limit is waited out for a day."""
    server.answer = in_turn(a_no(403, "quotaExceeded"), a_no(400, "uploadLimitExceeded"))
    told = a_tube(server.url).send(a_film())
    assert told == Retry(told.reason, datetime(2026, 11, 23, 8, 1, tzinfo=UTC))  # type: ignore[union-attr]
    told = a_tube(server.url).send(a_film())
    assert told == Retry(told.reason, NOW + timedelta(days=1))  # type: ignore[union-attr]


def test_a_video_that_is_kept_private_is_not_called_published(server: WireServer) -> None:
    """An unaudited project's uploads are locked: the public does not see it, and the check says so from then on."""
    server.answer = in_turn(response(200, a_video("private")))
    channel = a_tube(server.url)
    told = channel.send(a_film())
    assert isinstance(told, Rejected)
    assert "has not audited the project" in told.reason
    assert f"watch?v={ID}" in told.reason
    server.answer = in_turn(response(200, a_video("private")))
    assert isinstance(a_tube(server.url, privacy="private").send(a_film()), Delivered)


def test_no_log_holds_the_address_of_a_session(server: WireServer, caplog: pytest.LogCaptureFixture) -> None:
    """Whoever knows it may send to it; at DEBUG the HTTP library would write it."""
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, "urllib3.connectionpool")  # another adapter may have silenced it
    server.answer = answering(200, a_video())
    channel = a_tube(server.url)
    channel.load()
    channel.send(a_film())
    channel.amend(RECEIPT, a_film())
    assert "session-9c1e" not in caplog.text
    assert "/youtube/v3/videos" in caplog.text


def test_without_a_video_nothing_is_asked(server: WireServer) -> None:
    """The plan leaves the channel out; whoever sends all the same is told why."""
    channel = a_tube(server.url)
    assert isinstance(channel.prepare(a_prepared().message, {}), Rejected)
    assert isinstance(channel.send(a_prepared()), Rejected)
    assert server.seen == []


# --- the words --------------------------------------------------------------------------------------------------------


def words_sent(server: WireServer, **changes: Any) -> dict[str, Any]:
    """Open an upload, and read the words that stand in it."""
    server.answer = answering(200, headers={"Location": f"{server.url}/upload/1"})
    a_tube(server.url, state={**contract_state(), NAME: None}).prepare(a_film(**changes).message, {})
    snippet: dict[str, Any] = json.loads(server.seen[-1].body)["snippet"]
    return snippet


def test_angle_brackets_are_written_otherwise(server: WireServer) -> None:
    """YouTube refuses them; where the look-alikes leave no room, parentheses stand there."""
    assert words_sent(server, text="<b> 3 < 4")["description"] == "‹b› 3 ‹ 4\n\nThe chief asks for help"
    assert words_sent(server, headline="Lost <dog>")["title"] == "Lost ‹dog›"
    full = "<" + "a" * 4_999
    assert words_sent(server, text=full)["description"] == "(" + "a" * 4_999


def test_a_description_keeps_its_bytes(server: WireServer) -> None:
    """At the limit the text goes whole, and what the video shows is left out where it has no room."""
    assert a_tube(server.url).capabilities.limit == Limit(5_000, "bytes")
    text = "é" * 2_500
    assert words_sent(server, text=text)["description"] == text
    roomy = "é" * 2_480
    assert words_sent(server, text=roomy)["description"] == f"{roomy}\n\nThe chief asks for help"
    assert byte_length(f"{roomy}\n\nThe chief asks for help") <= 5_000


def test_a_title_keeps_whole_words(server: WireServer) -> None:
    """At most 100 characters."""
    assert words_sent(server, headline="x" * 100)["title"] == "x" * 100
    long = "word " * 30
    assert words_sent(server, headline=long.strip())["title"] == "word " * 19 + "word…"
    assert len(words_sent(server, headline="x" * 200)["title"]) == 100


# --- what became of it ------------------------------------------------------------------------------------------------


def test_find_asks_the_session(server: WireServer) -> None:
    """A video is there; a part of one is none; a session that is gone tells nothing."""
    channel = a_tube(server.url, now=LATER)
    server.answer = answering(200, a_video())
    finding = channel.find(a_film(), NOW)
    assert isinstance(finding, Found)
    assert finding.delivered.remote_id == ID
    for held in ({}, {"Range": "bytes=0-9"}):
        server.answer = answering(308, headers=held)
        assert channel.find(a_film(), NOW) == Absent()
    for told, unreachable in (
        (response(308, headers={"Range": f"bytes=0-{SIZE - 1}"}), False),
        (response(404), False),
        (response(200, a_video("private")), False),
        (response(200, b"{}"), False),
        (response(500), True),
        (response(403), True),
    ):
        server.answer = in_turn(told)
        finding = channel.find(a_film(), NOW)
        assert (type(finding), getattr(finding, "unreachable", None)) == (CannotTell, unreachable)
    assert {seen.headers["content-range"] for seen in server.seen} == {f"bytes */{SIZE}"}


def test_find_without_a_session_tells_nothing(server: WireServer) -> None:
    """What nobody opened, or was opened a week ago, cannot be asked."""
    for kept in (None, {"address": SESSION, "begun": (NOW - timedelta(days=7)).isoformat()}, "x", {"address": 7}):
        finding = a_tube(server.url, state={**contract_state(), NAME: kept}).find(a_film(), NOW)
        assert isinstance(finding, CannotTell)
    assert server.seen == []


# --- afterwards -------------------------------------------------------------------------------------------------------


def test_a_video_gets_other_words(server: WireServer) -> None:
    """Title and description; what it shows and who sees it stay."""
    server.answer = answering(200, a_video())
    outcome = a_tube(server.url).amend(RECEIPT, a_film(text="He was found.", headline="Found"))
    assert (type(outcome), outcome.remote_id) == (Delivered, ID)  # type: ignore[union-attr]
    (seen,) = server.seen
    assert (seen.method, seen.target) == ("PUT", "/youtube/v3/videos?part=snippet")
    body = json.loads(seen.body)
    assert body["id"] == ID
    assert body["snippet"]["title"] == "Found"
    assert body["snippet"]["categoryId"] == "25"
    assert "status" not in body


@pytest.mark.parametrize(
    ("told", "outcome"),
    [
        (response(204), Delivered),
        (a_no(404, "videoNotFound"), Delivered),
        (a_no(403, "forbidden"), AuthFailed),
        (a_no(404, ""), Rejected),
        (a_no(500, "backendError"), Unknown),
    ],
)
def test_a_video_is_deleted(server: WireServer, told: bytes, outcome: type) -> None:
    """What YouTube does not find is gone."""
    server.answer = in_turn(told)
    assert isinstance(a_tube(server.url).withdraw(RECEIPT, a_film().message), outcome)
    assert (server.seen[0].method, server.seen[0].target) == ("DELETE", f"/youtube/v3/videos?id={ID}")


@pytest.mark.parametrize("receipt", [{}, {"remote_id": "../../../../x"}, {"remote_id": None}])
def test_a_video_of_which_nobody_knows_the_id_is_a_persons(server: WireServer, receipt: dict[str, Any]) -> None:
    """No request is guessed."""
    channel = a_tube(server.url)
    for told in (channel.withdraw(receipt, a_film().message), channel.amend(receipt, a_film())):
        assert isinstance(told, Rejected)
        assert "by hand" in told.reason
    assert server.seen == []


# --- the session with Google ------------------------------------------------------------------------------------------


def a_token(token: str = "new-token-9c1e", **more: Any) -> bytes:
    """Write what Google's token endpoint gives."""
    return response(
        200, json.dumps({"access_token": token, "expires_in": 3599, "token_type": "Bearer", **more}).encode()
    )


def test_a_session_is_made_once_and_used_until_it_ends(server: WireServer) -> None:
    """The refresh token goes into a form; the session is kept for every process."""
    server.answer = in_turn(a_token(), a_token("third"))
    channel = a_tube(server.url, state={})
    assert channel.sign_in() is None
    assert channel.sign_in() is None
    (seen,) = server.seen
    assert (seen.method, seen.target) == ("POST", "/token")
    assert parse_qs(seen.body.decode()) == {
        "client_id": ["client.apps.example"],
        "client_secret": ["client-secret-9c1e"],
        "refresh_token": ["refresh-token-9c1e"],
        "grant_type": ["refresh_token"],
    }
    assert channel.state.read()["access_token"] == "new-token-9c1e"
    late = a_tube(server.url, now=NOW + timedelta(minutes=58), state=dict(channel.state.read()))
    assert late.sign_in() is None
    assert late.state.read()["access_token"] == "third"


def test_a_refresh_token_that_google_renews_is_kept(server: WireServer) -> None:
    """The next session is made with it."""
    server.answer = in_turn(a_token(refresh_token="rotated-9c1e", expires_in=60), a_token())
    channel = a_tube(server.url, state={})
    channel.sign_in()
    channel.sign_in()
    assert parse_qs(server.seen[1].body.decode())["refresh_token"] == ["rotated-9c1e"]


@pytest.mark.parametrize(
    ("status", "body", "outcome", "words"),
    [
        (400, {"error": "invalid_grant", "error_description": "revoked"}, AuthFailed, "seven days"),
        (401, {"error": "invalid_client"}, AuthFailed, "client_id"),
        (400, {"error": "unsupported_grant_type"}, Rejected, "400"),
        (200, {"access_token": 7}, Retry, "no session"),
        (200, {"access_token": "a\nb"}, Retry, "no session"),
        (429, {}, Retry, "slow down"),
        (503, {}, Retry, "503"),
    ],
)
def test_a_session_that_google_does_not_give(
    server: WireServer, status: int, body: dict[str, Any], outcome: type, words: str
) -> None:
    """A dead refresh token stops the channel and says why it may have died."""
    server.answer = answering(status, json.dumps(body).encode())
    told = a_tube(server.url, state={}).sign_in()
    assert isinstance(told, outcome)
    assert words in told.reason  # type: ignore[union-attr]


def test_a_session_that_another_process_renewed_is_used(server: WireServer) -> None:
    """The refusal of our own attempt says nothing then."""
    channel = a_tube(server.url, state={})

    def answer(connection: Any, _seen: Seen) -> bool:
        channel.state.change(**contract_state())
        connection.sendall(response(400, b'{"error":"invalid_grant"}'))
        return True

    server.answer = answer
    assert channel.sign_in() is None


def test_a_session_that_ended_is_made_anew_but_not_for_ever(server: WireServer) -> None:
    """One that is refused as soon as it was given is dead."""
    server.answer = answering(401, a_reason("authError", 401))
    channel = a_tube(server.url)
    assert isinstance(channel.send(a_film()), Retry)
    assert "access_token" not in channel.state.read()
    fresh = a_tube(server.url, state={**contract_state(), "made": NOW.isoformat()})
    assert isinstance(fresh.send(a_film()), AuthFailed)


# --- what a person must know ------------------------------------------------------------------------------------------


def test_check_tells_whose_channel_it_is_and_what_stays_private(server: WireServer) -> None:
    """Until an upload was seen by the public, the rule for unaudited projects is told; afterwards what came of it."""
    body = {"items": [{"snippet": {"title": "Exampleton Police", "description": "Call 911."}}]}
    server.answer = answering(200, json.dumps(body).encode())
    channel = a_tube(server.url)
    rule = "until Google has audited the project, YouTube keeps its uploads private"
    assert channel.check() == Works(said=f"Exampleton Police; {rule}")
    channel.state.change(locked=True)
    assert channel.check() == Works(said=f"Exampleton Police; the last upload was kept private: {rule}")
    channel.state.change(locked=False)
    assert channel.check() == Works(said="Exampleton Police")
    assert channel.profile() == Profile({"title": "Exampleton Police", "description": "Call 911."})
    assert {(seen.method, seen.target) for seen in server.seen} == {
        ("GET", "/youtube/v3/channels?part=snippet&mine=true")
    }
    server.answer = answering(200, b'{"items":[]}')
    assert isinstance(channel.check(), AuthFailed)


def test_upkeep_forgets_what_google_has_forgotten(server: WireServer) -> None:
    """A session lasts a week."""
    channel = a_tube(server.url)
    channel.upkeep(NOW + timedelta(days=5))
    assert NAME in channel.state.read()
    channel.upkeep(NOW + timedelta(days=7))
    assert NAME not in channel.state.read()
    assert "access_token" in channel.state.read()


# --- on the practice platform -----------------------------------------------------------------------------------------


def on_practice(practice: PracticeServer) -> YouTube:
    """Make the channel of the practice project."""
    keys = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "refresh_token": REFRESH_TOKEN}
    made: YouTube = a_channel(YouTube, {**contract_account(f"{practice.url}/youtube"), **keys}, now=practice.clock())
    return made


def test_the_practice_channel_shows_the_video_and_loses_nothing() -> None:
    """Opened, sent, asked what became of it, rewritten, deleted; in one upload, however often it is asked."""
    with PracticeServer() as practice:
        channel = on_practice(practice)
        assert channel.sign_in() is None
        assert isinstance(channel.check(), Works)
        message = a_film(headline="Have you seen him?", text="Call <now>.").message
        prepared = channel.prepare(message, {})
        assert isinstance(prepared, Prepared)
        assert channel.find(prepared, NOW) == Absent()
        first = channel.send(prepared)
        assert isinstance(first, Delivered)
        (post,) = practice.posts
        assert (post.title, post.text) == ("Have you seen him?", "Call ‹now›.\n\nThe chief asks for help")
        assert channel.find(prepared, NOW) == Found(first)
        assert channel.prepare(message, prepared.saved) == first
        assert practice.requests.to_json()["youtube"]["publishing"] == 1
        amended = channel.amend(first.receipt, a_film(text="He was found.", media=()))
        assert amended == first
        assert practice.posts[0].text == "He was found."
        for _ in range(2):
            assert channel.withdraw(first.receipt, message) == Delivered()
        assert practice.posts == []


def test_the_practice_project_that_was_not_audited_publishes_nothing() -> None:
    """YouTube says yes, and shows it to nobody."""
    with PracticeServer() as practice:
        practice.profiles.change("youtube", {"audited": ""})
        channel = on_practice(practice)
        channel.sign_in()
        prepared = channel.prepare(a_film().message, {})
        assert isinstance(prepared, Prepared)
        assert isinstance(channel.send(prepared), Rejected)
        assert practice.posts == []
