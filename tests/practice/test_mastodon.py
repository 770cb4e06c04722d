"""Mastodon, as strict as Mastodon."""

from datetime import datetime
from typing import Any

import pytest
import requests

from notifier.practice.networks.mastodon import TOKEN
from notifier.practice.networks.mastodon_status import ACCOUNT_ID, length
from notifier.practice.server import PracticeServer
from tests.notifications import png_bytes
from tests.practice.conftest import Hands


def ask(http: requests.Session, server: PracticeServer, method: str, path: str, **more: Any) -> requests.Response:
    """Make a request with the account's token."""
    headers = {"Authorization": f"Bearer {TOKEN}", **more.pop("headers", {})}
    return http.request(method, f"{server.url}/mastodon/api{path}", headers=headers, timeout=5, **more)


def toot(
    http: requests.Session, server: PracticeServer, text: str, key: str | None = None, **given: Any
) -> requests.Response:
    """Post a status."""
    headers = {"Idempotency-Key": key} if key else {}
    return ask(http, server, "POST", "/v1/statuses", data={"status": text, **given}, headers=headers)


def upload(
    http: requests.Session, server: PracticeServer, content: bytes | None = None, description: str = "A closed road."
) -> requests.Response:
    """Upload a medium."""
    files = {"file": ("a.png", png_bytes() if content is None else content, "image/png")}
    return ask(http, server, "POST", "/v2/media", files=files, data={"description": description})


def test_a_status_is_published_with_its_media(http: requests.Session, server: PracticeServer) -> None:
    """A status with a medium stands in public with the description; its address opens."""
    number = upload(http, server).json()["id"]
    told = toot(http, server, "Closed.\n\nUse https://a.example/b.", language="en", **{"media_ids[]": [number]}).json()
    assert told["content"].startswith('<p>Closed.</p><p>Use <a href="https://a.example/b"')
    assert told["media_attachments"][0]["description"] == "A closed road."
    assert [picture.alt for picture in server.posts[0].pictures] == ["A closed road."]
    assert "Closed." in http.get(told["url"], timeout=5).text
    assert server.requests.to_json()["mastodon"]["publishing"] == 1
    assert toot(http, server, "b", **{"media_ids[]": [number]}).status_code == 422


def test_a_key_holds_for_an_hour(http: requests.Session, server: PracticeServer, hands: Hands) -> None:
    """The same key gives the first status, whatever the text; after an hour it is another one."""
    first = toot(http, server, "a", "k-1").json()
    again = toot(http, server, "b", "k-1").json()
    assert (again["id"], again["content"]) == (first["id"], "<p>a</p>")
    hands.pass_by(3_601)
    assert toot(http, server, "a", "k-1").json()["id"] != first["id"]
    assert len(server.posts) == 2


@pytest.mark.parametrize(
    ("text", "status"),
    [("a" * 500, 200), ("a" * 501, 422), (" ", 422), ("a" * 476 + " https://a.example/" + "b" * 200, 200)],
)
def test_a_text_is_counted_as_mastodon_does(
    http: requests.Session, server: PracticeServer, text: str, status: int
) -> None:
    """500 characters at most, a web address as 23; an empty text needs a medium."""
    answer = toot(http, server, text)
    assert answer.status_code == status
    assert len(server.posts) == (status == 200)
    assert status == 200 or answer.json()["error"].startswith("Validation failed: Text")


def test_what_the_length_is() -> None:
    """A family of emoji is one, an address 23, a mention its name alone."""
    assert length("👨‍👩‍👧‍👦 @mayor@town.example https://a.example/" + "b" * 99) == 1 + 1 + 6 + 1 + 23


def test_the_token_is_checked(http: requests.Session, server: PracticeServer) -> None:
    """Another token, or none, is 401; what the server is, anybody may ask."""
    for headers in ({"Authorization": "Bearer another"}, {"Authorization": ""}):
        assert ask(http, server, "POST", "/v1/statuses", data={"status": "a"}, headers=headers).status_code == 401
    told = http.get(f"{server.url}/mastodon/api/v2/instance", timeout=5).json()
    assert told["configuration"]["statuses"]["characters_reserved_per_url"] == 23


def test_a_film_has_to_be_processed(http: requests.Session, server: PracticeServer, hands: Hands) -> None:
    """A GIF is 202 and 206 until it is ready, and no status takes it before."""
    answer = upload(http, server, b"GIF89a")
    number = answer.json()["id"]
    assert (answer.status_code, answer.json()["url"]) == (202, None)
    assert ask(http, server, "GET", f"/v1/media/{number}").status_code == 206
    assert toot(http, server, "a", **{"media_ids[]": [number]}).status_code == 422
    hands.pass_by(3)
    assert ask(http, server, "GET", f"/v1/media/{number}").status_code == 200
    assert toot(http, server, "a", **{"media_ids[]": [number]}).status_code == 200


def test_a_wrong_medium_is_refused(http: requests.Session, server: PracticeServer) -> None:
    """What is no picture, too long a description, an unknown id and a fifth medium are 422."""
    assert upload(http, server, b"<svg/>").status_code == 422
    assert upload(http, server, description="a" * 1501).status_code == 422
    assert toot(http, server, "a", **{"media_ids[]": ["1"]}).status_code == 422
    five = [upload(http, server).json()["id"] for _ in range(5)]
    assert toot(http, server, "a", **{"media_ids[]": five}).status_code == 422


def test_an_edit_and_a_deletion_can_be_seen(http: requests.Session, server: PracticeServer) -> None:
    """An edit changes the text where it stands; a deleted status is not found."""
    number = toot(http, server, "Closd.").json()["id"]
    told = ask(http, server, "PUT", f"/v1/statuses/{number}", data={"status": "Closed."}).json()
    assert told["edited_at"]
    assert [(post.text, post.edited is not None) for post in server.posts] == [("Closed.", True)]
    assert ask(http, server, "GET", f"/v1/statuses/{number}/source").json()["text"] == "Closed."
    assert ask(http, server, "DELETE", f"/v1/statuses/{number}").json()["text"] == "Closed."
    assert ask(http, server, "DELETE", f"/v1/statuses/{number}").json() == {"error": "Record not found"}


def test_own_statuses_are_listed_newest_first(http: requests.Session, server: PracticeServer) -> None:
    """The account's id is in verify_credentials; its statuses come newest first."""
    first = toot(http, server, "a").json()["id"]
    toot(http, server, "b", in_reply_to_id=first)
    assert ask(http, server, "GET", "/v1/accounts/verify_credentials").json()["id"] == ACCOUNT_ID
    listed = ask(http, server, "GET", f"/v1/accounts/{ACCOUNT_ID}/statuses", params={"limit": 20}).json()
    assert [one["content"] for one in listed] == ["<p>b</p>", "<p>a</p>"]
    assert listed[0]["in_reply_to_id"] == first
    assert toot(http, server, "c", in_reply_to_id="1").status_code == 404


def test_the_rate_is_told_as_a_moment(http: requests.Session, server: PracticeServer) -> None:
    """The 31st upload in half an hour is 429 with an ISO reset and without Retry-After."""
    answers = [upload(http, server) for _ in range(31)]
    assert [answer.status_code for answer in answers] == [200] * 30 + [429]
    assert "Retry-After" not in answers[-1].headers
    assert datetime.fromisoformat(answers[-1].headers["X-RateLimit-Reset"]) > server.clock()
