"""Pictures and edits on X."""

from typing import Any

import pytest
import requests

from notifier.practice.server import PracticeServer
from tests.notifications import png_bytes
from tests.practice.clients import tweet, x


def upload(http: requests.Session, server: PracticeServer, content: bytes | None = None, **given: str) -> Any:
    """Upload a picture whole."""
    files = {"media": ("a.png", png_bytes() if content is None else content, "image/png")}
    data = {"media_category": "tweet_image", **given}
    return x(http, server, "POST", "/2/media/upload", data=data, files=files)


def describe(http: requests.Session, server: PracticeServer, number: str, text: str) -> requests.Response:
    """Write a picture's alt text."""
    body = {"id": number, "metadata": {"alt_text": {"text": text}}}
    return x(http, server, "POST", "/2/media/metadata", json=body)


def test_a_post_shows_its_picture_with_its_alt_text(http: requests.Session, server: PracticeServer) -> None:
    """Upload, alt text, post: three requests, of which one publishes; the text comes back with X's own link."""
    number = upload(http, server).json()["data"]["id"]
    assert describe(http, server, number, "A closed road.").status_code == 200
    answer = tweet(http, server, "Closed & wet.", media={"media_ids": [number]})
    assert answer.json()["data"]["text"].startswith("Closed &amp; wet. https://t.co/")
    assert [picture.alt for picture in server.posts[0].pictures] == ["A closed road."]
    assert server.requests.to_json()["x"]["publishing"] == 1
    path = "/2/users/1585841080431321088/tweets"
    told = x(http, server, "GET", path, params={"tweet.fields": "entities"}).json()["data"][0]
    (entity,) = told["entities"]["urls"]
    assert entity["expanded_url"].endswith("/photo/1")
    assert tweet(http, server, "Without.").json()["data"]["text"] == "Without."


def test_a_picture_may_come_in_pieces(http: requests.Session, server: PracticeServer) -> None:
    """initialize, append in any order, finalize; a piece that is missing or too much is refused."""
    content = png_bytes()
    asked = {"media_type": "image/png", "total_bytes": len(content), "media_category": "tweet_image"}
    number = x(http, server, "POST", "/2/media/upload/initialize", json=asked).json()["data"]["id"]

    def append(place: int, piece: bytes) -> int:
        data, files = {"segment_index": str(place)}, {"media": ("b", piece)}
        return x(http, server, "POST", f"/2/media/upload/{number}/append", data=data, files=files).status_code

    assert append(1, content[10:]) == 200
    assert x(http, server, "POST", f"/2/media/upload/{number}/finalize").status_code == 400
    assert append(2, content) == 400
    assert append(0, content[:10]) == 200
    assert append(0, content[:10]) == 200
    assert x(http, server, "POST", f"/2/media/upload/{number}/finalize").json()["data"]["size"] == len(content)
    assert x(http, server, "GET", "/2/media/upload", params={"media_id": number}).status_code == 200
    assert tweet(http, server, "a", media={"media_ids": [number]}).status_code == 201
    assert server.record.pictures.get(server.posts[0].pictures[0].sha256) == content


@pytest.mark.parametrize("given", [{"media_category": "film"}, {"media_category": "tweet_image", "other": "a"}])
def test_a_wrong_upload_is_refused(http: requests.Session, server: PracticeServer, given: dict[str, str]) -> None:
    """An unknown field or category is 400, as is what is no picture or more than 5 MB."""
    assert upload(http, server, **given).status_code == 400
    assert upload(http, server, b"text").status_code == 400
    assert upload(http, server, png_bytes() + b"\0" * 5 * 1024 * 1024).status_code == 400


def test_a_post_takes_one_to_four_known_pictures(http: requests.Session, server: PracticeServer) -> None:
    """Five, none, the same twice, a picture beside a GIF, and an unknown one are 400."""
    numbers = [upload(http, server, png_bytes() + bytes([n])).json()["data"]["id"] for n in range(5)]
    gif = upload(http, server, b"GIF89a").json()["data"]["id"]
    for wrong in (numbers, [], numbers[:1] * 2, [numbers[0], gif], ["1"], [1], "1"):
        assert tweet(http, server, "a", media={"media_ids": wrong}).status_code == 400
    assert describe(http, server, numbers[0], "a" * 1001).status_code == 400
    assert tweet(http, server, "a", media={"media_ids": numbers[:4]}).status_code == 201


def test_only_a_premium_account_may_edit(http: requests.Session, server: PracticeServer) -> None:
    """An edit makes a new id with the history of the old ones, five times."""
    first = tweet(http, server, "Closd.").json()["data"]["id"]

    def edit(number: str, text: str) -> requests.Response:
        return tweet(http, server, text, edit_options={"previous_post_id": number})

    assert edit(first, "Closed.").status_code == 403
    server.profiles.change("x", {"premium": "yes"})
    second = edit(first, "Closed.").json()["data"]
    assert second["edit_history_tweet_ids"] == [first, second["id"]]
    assert [(post.text, post.edited is not None) for post in server.posts] == [("Closed.", True)]
    assert edit(first, "Late.").status_code == 403
    newest = second["id"]
    for number in range(4):
        newest = edit(newest, f"Edited {number}.").json()["data"]["id"]
    assert edit(newest, "Once too often.").status_code == 403
