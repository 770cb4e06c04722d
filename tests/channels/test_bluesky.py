"""Bluesky: our own record keys, links by byte offset, threads in one request, sessions that are kept."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from channels.bluesky import CHANNEL
from channels.bluesky.names import content_id, record_key
from channels.bluesky.records import posts_of
from notifier.channel import (
    Absent,
    AuthFailed,
    CannotTell,
    Channel,
    Delivered,
    Found,
    Outcome,
    Prepared,
    Profile,
    Rejected,
    Retry,
    Unknown,
    Works,
)
from notifier.practice.faults import Fault
from notifier.practice.networks.bluesky_session import APP_PASSWORD, HANDLE
from notifier.practice.server import PracticeServer
from tests.channels.messages import NOW, a_channel, a_prepared
from tests.channels.wire import Answer, Seen, WireServer, answering, response
from tests.notifications import a_message, some_media

DID = "did:plc:abcdefghijklmnopqrstuvwx"
SESSION = {"access_token": "access-contract-1", "refresh_token": "refresh-contract-1", "did": DID}
TOKENS = {"accessJwt": "access-9", "refreshJwt": "refresh-9", "did": DID, "handle": "pd.bsky.social"}
LINK = "https://police.exampleton.example/closures/7"


def contract_account(url: str) -> dict[str, Any]:
    """Settings for a server at `url`."""
    return {"type": "bluesky", "base_url": url, "handle": "pd.bsky.social", "app_password": "abcd-efgh-ijkl-mnop"}


def contract_state() -> dict[str, Any]:
    """A session that lives."""
    return {**SESSION, "token_until": (NOW + timedelta(hours=1)).timestamp()}


def contract_receipt() -> dict[str, Any]:
    """A post of ours."""
    uri = f"at://{DID}/app.bsky.feed.post/3l4wo2ch7k22a"
    name = {"uri": uri, "cid": "bafyreicontract"}
    return {"remote_id": uri, "uris": [uri], "root": name, "last": name}


@pytest.fixture
def server() -> Iterator[WireServer]:
    """A server that says what the test says."""
    with WireServer() as started:
        yield started


def account(server: WireServer, **state: Any) -> Any:
    """The account, signed in."""
    channel: Channel = a_channel(CHANNEL, contract_account(server.url))
    channel.state.change(**{**contract_state(), **state})
    return channel


def by_path(**answers: tuple[int, Any]) -> Answer:
    """Answer each procedure as told; what is not told is a 404."""

    def answer(connection: Any, seen: Seen) -> bool:
        name = seen.target.partition("?")[0].rpartition(".")[2]
        status, body = answers.get(name, (404, {}))
        connection.sendall(response(status, json.dumps(body).encode()))
        return True

    return answer


def put(prepared: Prepared) -> dict[str, Any]:
    """What the server answers to a post of ours."""
    (post, *_) = posts_of(prepared.message, DID, [])
    return {"uri": post.uri, "cid": post.cid}


# --- names ------------------------------------------------------------------------------------------------------------


def test_a_record_key_is_a_sortable_time_and_stays() -> None:
    """Thirteen signs, the same for every attempt, another for every key and part."""
    keys = [record_key(NOW, "a", 1), record_key(NOW, "a", 1), record_key(NOW, "a", 2), record_key(NOW, "b", 1)]
    assert keys[0] == keys[1]
    assert len(set(keys)) == 3
    assert all(len(key) == 13 and set(key) <= set("234567abcdefghijklmnopqrstuvwxyz") for key in keys)
    assert keys[0] < record_key(NOW + timedelta(seconds=2), "a", 1)


def test_the_content_s_name_is_that_of_the_protocol() -> None:
    """An empty map, as every implementation names it."""
    assert content_id({}) == "bafyreigbtj4x7ip5legnfznufuopl4sg4knzc2cof6duas4b3q2fy6swua"


# --- what is posted ---------------------------------------------------------------------------------------------------


def test_a_link_is_marked_by_bytes(server: WireServer) -> None:
    """Behind a word with accents the offset in bytes is not that in characters."""
    text = f"Calle cortada por inundación 🚧: {LINK} hoy"
    prepared = a_prepared(text=text, links=(LINK,))
    server.answer = answering(200, json.dumps(put(prepared)).encode())
    assert isinstance(account(server).send(prepared), Delivered)
    sent = json.loads(server.posts[-1].body)
    (facet,) = sent["record"]["facets"]
    index = facet["index"]
    assert text.encode()[index["byteStart"] : index["byteEnd"]].decode() == LINK
    assert sent["swapRecord"] is None
    assert "swapRecord" in sent


def test_mentions_and_topics_stay_words(server: WireServer) -> None:
    """Without a facet nothing is live, whoever wrote it."""
    record = posts_of(a_message(text="@mayor.example #flood", links=()), DID, [])[0].record
    assert "facets" not in record


def test_pictures_go_with_their_alt_texts(server: WireServer) -> None:
    """Uploaded first, by their bytes; the post names them, and nothing of them is saved but their names."""
    blob = {"$type": "blob", "ref": {"$link": "b" + "a" * 58}, "mimeType": "image/png", "size": 70}
    prepared = a_prepared(media=(some_media(alt="A map"),))
    server.answer = by_path(uploadBlob=(200, {"blob": blob}), putRecord=(200, put(prepared)))
    channel = account(server)
    ready = channel.prepare(prepared.message, {})
    assert ready.saved == {"blobs": [blob]}
    assert server.posts[0].headers["content-type"] == "image/png"
    channel.send(ready)
    assert json.loads(server.posts[-1].body)["record"]["embed"]["images"] == [{"alt": "A map", "image": blob}]


def test_a_thread_is_one_request(server: WireServer) -> None:
    """Each part answers the one before it, all answer the first, by names that are known before anything is sent."""
    prepared = a_prepared(text="One. (1/3)", thread=("Two. (2/3)", "Three. (3/3)"))
    server.answer = answering(200)
    outcome = account(server).send(prepared)
    assert isinstance(outcome, Delivered)
    (seen,) = server.posts
    writes = json.loads(seen.body)["writes"]
    records = [write["value"] for write in writes]
    assert [record["text"] for record in records] == ["One. (1/3)", "Two. (2/3)", "Three. (3/3)"]
    assert [record.get("reply", {}).get("root", {}).get("cid") for record in records[1:]] == [
        content_id(records[0])
    ] * 2
    assert records[2]["reply"]["parent"]["cid"] == content_id(records[1])
    assert len(outcome.receipt["uris"]) == 3


def test_a_thread_that_is_there_already_is_delivered(server: WireServer) -> None:
    """The server refuses to make it again; then it is read."""
    prepared = Prepared(a_message(text="One. (1/2)", thread=("Two. (2/2)",)), attempt=2)
    first = posts_of(prepared.message, DID, [])[0]
    server.answer = by_path(applyWrites=(500, {"error": "InternalServerError"}), getRecord=(200, {"uri": first.uri}))
    assert isinstance(account(server).send(prepared), Delivered)
    server.answer = by_path(applyWrites=(500, {}), getRecord=(400, {"error": "RecordNotFound"}))
    assert isinstance(account(server).send(prepared), Unknown)


def test_what_is_found_by_its_key_went_out(server: WireServer) -> None:
    """Found, absent, or not to be told."""
    prepared = a_prepared()
    for status, body, finding in (
        (200, put(prepared), Found),
        (400, {"error": "RecordNotFound"}, Absent),
        (502, {}, CannotTell),
    ):
        server.answer = by_path(getRecord=(status, body))
        assert isinstance(account(server).find(prepared, NOW), finding)


def test_an_answer_that_is_found_can_be_answered(server: WireServer) -> None:
    """Its receipt names the thread's first post, and itself by what the server holds."""
    prepared, receipt = a_prepared(), contract_receipt()
    (post,) = posts_of(prepared.message, DID, [], receipt)
    server.answer = by_path(getRecord=(200, {"uri": post.uri, "cid": post.cid, "value": post.record}))
    found = account(server).find(prepared, NOW)
    assert isinstance(found, Found)
    assert (found.delivered.receipt["root"], found.delivered.receipt["last"]) == (receipt["root"], post.name)


@pytest.mark.parametrize("reply", [7, {}, {"root": 7}, {"root": {"uri": 7}, "parent": []}, [[]]])
def test_a_record_of_another_shape_answers_nothing(server: WireServer, reply: object) -> None:
    """It is a post by itself."""
    prepared = a_prepared()
    server.answer = by_path(getRecord=(200, {**put(prepared), "value": {"reply": reply}}))
    assert isinstance(account(server).find(prepared, NOW), Found)


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (400, {"error": "InvalidSwap", "message": "Record was at bafy"}, Rejected),
        (400, {"error": "InvalidRequest", "message": "grapheme too big (maximum 300, got 301)"}, Rejected),
        (400, {"error": "ExpiredToken"}, Retry),
        (400, {"error": "InvalidToken"}, Retry),
        (401, {"error": "AuthenticationRequired"}, Retry),
        (400, {"error": "AccountTakedown"}, AuthFailed),
        (413, {}, Rejected),
        (502, {}, Unknown),
    ],
)
def test_what_a_refusal_means(server: WireServer, status: int, body: dict[str, str], outcome: type[Outcome]) -> None:
    """By the error's name, not by the status alone."""
    server.answer = answering(status, json.dumps(body).encode())
    assert isinstance(account(server).send(a_prepared()), outcome)


def test_a_pause_lasts_as_long_as_the_server_says(server: WireServer) -> None:
    """Its reset header is a time of 1970's clock."""
    at = NOW + timedelta(minutes=3)
    server.answer = answering(429, b"{}", {"ratelimit-reset": str(int(at.timestamp()))})
    assert account(server).send(a_prepared()).at == at.replace(microsecond=0)


# --- sessions ---------------------------------------------------------------------------------------------------------


def test_a_session_is_kept_and_refreshed(server: WireServer) -> None:
    """One that lives asks nothing; one that ended is refreshed; only one that cannot be is made anew."""
    channel = account(server)
    assert channel.sign_in() is None
    assert server.seen == []
    server.answer = by_path(refreshSession=(200, TOKENS))
    channel.state.change(token_until=1.0)
    assert channel.sign_in() is None
    assert server.seen[0].headers["authorization"] == "Bearer refresh-contract-1"
    assert channel.state.read()["access_token"] == "access-9"
    server.answer = by_path(refreshSession=(400, {"error": "ExpiredToken"}), createSession=(200, TOKENS))
    channel.state.change(token_until=1.0)
    assert channel.sign_in() is None
    assert json.loads(server.seen[-1].body)["identifier"] == "pd.bsky.social"


def test_a_server_in_trouble_costs_no_sign_in(server: WireServer) -> None:
    """Thirty are allowed in five minutes."""
    server.answer = by_path(refreshSession=(503, {}))
    channel = account(server, token_until=1.0)
    assert isinstance(channel.sign_in(), Retry)
    assert len(server.seen) == 1


def test_a_wrong_password_stops_the_channel(server: WireServer) -> None:
    """The sentence says what to make."""
    server.answer = by_path(createSession=(401, {"error": "AuthenticationRequired", "message": "Invalid password"}))
    channel = a_channel(CHANNEL, contract_account(server.url))
    outcome = channel.sign_in()
    assert isinstance(outcome, AuthFailed)
    assert "make a new app password: Invalid password" in outcome.reason


def test_an_ended_session_is_made_anew_by_the_next_attempt(server: WireServer) -> None:
    """The refusal marks it, and the next signs in first."""
    server.answer = answering(400, b'{"error": "ExpiredToken"}')
    channel = account(server)
    assert isinstance(channel.send(a_prepared()), Retry)
    server.answer = by_path(refreshSession=(200, TOKENS))
    assert channel.sign_in() is None
    assert channel.state.read()["access_token"] == "access-9"


def test_the_check_says_whether_the_account_works(server: WireServer) -> None:
    """An inactive one does not."""
    server.answer = by_path(getSession=(200, {"active": True}))
    assert account(server).check() == Works()
    server.answer = by_path(getSession=(200, {"active": False}))
    assert isinstance(account(server).check(), AuthFailed)


def test_the_page_is_read_without_a_session(server: WireServer) -> None:
    """Its record is public; an account that has none says nothing."""
    value = {"displayName": "Exampleton Police", "description": "911 in an emergency.\nComments are monitored.", "x": 7}
    server.answer = by_path(getRecord=(200, {"uri": "at://x", "value": value}))
    url = "https://bsky.app/profile/pd.bsky.social"
    told = {"display name": value["displayName"], "description": value["description"]}
    assert account(server).profile() == Profile(told, url)
    assert "authorization" not in server.seen[0].headers
    server.answer = by_path(getRecord=(400, {"error": "RecordNotFound", "message": "Could not locate record"}))
    assert account(server).profile() == Profile({}, url)
    server.answer = by_path(getRecord=(400, {"error": "InvalidRequest", "message": "Could not find repo"}))
    assert isinstance(account(server).profile(), Rejected)


# --- taking back ------------------------------------------------------------------------------------------------------


def test_a_thread_is_taken_down_whole(server: WireServer) -> None:
    """In one request; that it is gone already is no error."""
    uris = [f"at://{DID}/app.bsky.feed.post/{record_key(NOW, 'k', part)}" for part in (1, 2)]
    server.answer = answering(200)
    assert account(server).withdraw({"uris": uris}, a_message()) == Delivered()
    writes = json.loads(server.posts[-1].body)["writes"]
    assert [write["rkey"] for write in writes] == [uri.rpartition("/")[2] for uri in uris]
    server.answer = by_path(applyWrites=(500, {}), getRecord=(400, {"error": "RecordNotFound"}))
    assert account(server).withdraw({"uris": uris}, a_message()) == Delivered()


@pytest.mark.parametrize("receipt", [{}, {"uris": ["at://did:plc:x/other/1"]}, {"uris": [7]}, {"uris": "x"}])
def test_a_receipt_that_names_no_post_of_ours_takes_nothing_away(server: WireServer, receipt: dict[str, Any]) -> None:
    """Nothing is asked."""
    assert isinstance(account(server).withdraw(receipt, a_message()), Rejected)
    assert server.seen == []


# --- the practice account ---------------------------------------------------------------------------------------------


@pytest.fixture
def practice() -> Iterator[PracticeServer]:
    """The practice platforms."""
    with PracticeServer() as started:
        yield started


def test_the_practice_account_shows_threads_pictures_and_answers(practice: PracticeServer) -> None:
    """A lost answer is repeated and is one thread; taken down, nothing of it is left."""
    practice.faults.replace([Fault(platform="bluesky", action="lose-reply", nth=[1])])
    settings = {"base_url": f"{practice.url}/bluesky", "page_url": f"{practice.url}/bluesky", "handle": HANDLE}
    channel = a_channel(CHANNEL, {"type": "bluesky", **settings, "app_password": APP_PASSWORD}, now=practice.clock())
    assert channel.check() == Works()
    message = a_message(text="Closed. (1/2)", thread=("Use River Road. (2/2)",), media=(some_media(),))
    ready = channel.prepare(message, {})
    assert isinstance(ready, Prepared)
    assert isinstance(channel.send(ready), Unknown)
    first = channel.send(replace(ready, attempt=2))
    assert [post.text for post in practice.posts] == [message.text, *message.thread]
    assert [picture.alt for picture in practice.posts[0].pictures] == ["A map of the closure"]
    assert first.url == practice.url + practice.posts[0].path
    assert channel.find(ready, NOW) == Found(first)
    second = channel.reply(first.receipt, a_prepared(text="Open again.", key="another"))
    assert isinstance(second, Delivered)
    assert [channel.withdraw(post.receipt, message) for post in (first, second)] == [Delivered(), Delivered()]
    assert practice.posts == []
    assert channel.profile().parts["description"].startswith("Official account")
