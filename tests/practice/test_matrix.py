"""Matrix, as strict as Synapse."""

from typing import Any
from urllib.parse import quote

import pytest
import requests

from notifier.practice.networks.matrix import ROOM_ID, TOKEN, USER_ID
from notifier.practice.server import PracticeServer
from tests.notifications import png_bytes
from tests.practice.conftest import Hands

ROOM = f"/client/v3/rooms/{quote(ROOM_ID)}"


def ask(
    http: requests.Session, server: PracticeServer, method: str, path: str, token: str = TOKEN, **more: Any
) -> requests.Response:
    """Make a request with the account's token."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return http.request(method, f"{server.url}/matrix/_matrix{path}", headers=headers, timeout=5, **more)


def send(
    http: requests.Session, server: PracticeServer, text: str, transaction: str = "t1", **content: Any
) -> requests.Response:
    """Send a message."""
    body = {"msgtype": "m.text", "body": text, **content}
    return ask(http, server, "PUT", f"{ROOM}/send/m.room.message/{transaction}", json=body)


def test_a_transaction_is_done_once(http: requests.Session, server: PracticeServer) -> None:
    """The same transaction again answers the same event, whatever its content."""
    first = send(http, server, "Closed.").json()["event_id"]
    assert send(http, server, "Open.").json()["event_id"] == first
    assert [post.text for post in server.posts] == ["Closed."]
    chunk = ask(http, server, "GET", f"{ROOM}/messages?dir=b&limit=5").json()["chunk"]
    assert chunk[0]["event_id"] == first
    assert chunk[0]["unsigned"] == {"transaction_id": "t1"}
    assert "Closed." in http.get(server.url + server.posts[0].path, timeout=5).text
    assert server.requests.to_json()["matrix"]["publishing"] == 2


def test_a_message_is_edited_answered_and_redacted(http: requests.Session, server: PracticeServer) -> None:
    """An edit shows where the message stood; a redaction takes it away, also a second time."""
    first = send(http, server, "Closd.").json()["event_id"]
    new = {"msgtype": "m.text", "body": "Closed."}
    edit = {"m.new_content": new, "m.relates_to": {"rel_type": "m.replace", "event_id": first}}
    assert send(http, server, "* Closed.", "t2", **edit).status_code == 200
    assert [(post.text, post.edited is not None) for post in server.posts] == [("Closed.", True)]
    send(http, server, "Still.", "t3", **{"m.relates_to": {"m.in_reply_to": {"event_id": first}}})
    assert server.posts[1].labels["in_reply_to"] == first
    for transaction in ("t4", "t5"):
        path = f"{ROOM}/redact/{quote(first)}/{transaction}"
        assert ask(http, server, "PUT", path, json={"reason": "over"}).status_code == 200
    assert [post.text for post in server.posts] == ["Still."]
    assert ask(http, server, "GET", f"{ROOM}/event/{quote(first)}").status_code == 404


def test_a_picture_says_what_it_shows_in_its_body(http: requests.Session, server: PracticeServer) -> None:
    """An uploaded image is sent as a message of its own."""
    address = ask(http, server, "POST", "/media/v3/upload?filename=map.png", data=png_bytes()).json()["content_uri"]
    assert send(http, server, "A map.", msgtype="m.image", url=address).status_code == 200
    assert [picture.alt for picture in server.posts[0].pictures] == ["A map."]
    assert send(http, server, "A map.", "t2", msgtype="m.image", url="mxc://a/b").status_code == 400


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"token": "another"}, 401, "M_UNKNOWN_TOKEN"),
        ({"token": ""}, 401, "M_MISSING_TOKEN"),
        ({"json": {"msgtype": "m.text"}}, 400, "M_BAD_JSON"),
        ({"json": None, "data": b"{"}, 400, "M_NOT_JSON"),
        ({"json": {"msgtype": "m.text", "body": "a" * 65_536}}, 413, "M_TOO_LARGE"),
    ],
)
def test_what_is_wrong_has_its_code(
    http: requests.Session, server: PracticeServer, changes: dict[str, Any], status: int, code: str
) -> None:
    """Token, JSON, size."""
    given = {"json": {"msgtype": "m.text", "body": "a"}, **changes}
    answer = ask(http, server, "PUT", f"{ROOM}/send/m.room.message/t1", **given)
    assert (answer.status_code, answer.json()["errcode"]) == (status, code)
    assert server.posts == []


def test_too_many_messages_have_to_wait(http: requests.Session, server: PracticeServer, hands: Hands) -> None:
    """After ten at once 429 with Retry-After; another's room is forbidden; whoami says who."""
    answers = [send(http, server, "a", f"t{number}") for number in range(11)]
    assert (answers[-1].status_code, answers[-1].json()["retry_after_ms"]) == (429, 1_000)
    assert answers[-1].headers["Retry-After"] == "1"
    hands.pass_by(1)
    assert send(http, server, "a", "t10").status_code == 200
    other = "/client/v3/rooms/%21other%3Apractice.example/send/m.room.message/t"
    assert ask(http, server, "PUT", other, json={"msgtype": "m.text", "body": "a"}).status_code == 403
    assert ask(http, server, "GET", "/client/v3/account/whoami").json()["user_id"] == USER_ID
