"""Photos of the Page and what Graph tells of its token."""

import json
from typing import Any

import pytest
import requests

from notifier.practice.server import PracticeServer
from tests.notifications import png_bytes
from tests.practice.clients import PAGE, feed, graph

TOKEN = {"access_token": "practice-page-token"}


def photo(http: requests.Session, server: PracticeServer, content: bytes | None = None, **given: str) -> Any:
    """Upload a photo, unpublished unless it is said otherwise."""
    files = {"source": ("a.png", png_bytes() if content is None else content, "image/png")}
    data = {**TOKEN, "published": "false", **given}
    return http.post(f"{server.url}/facebook/v26.0/{PAGE}/photos", data=data, files=files, timeout=5).json()


def attached(*numbers: str) -> dict[str, str]:
    """Name the photos of a post."""
    return {f"attached_media[{place}]": json.dumps({"media_fbid": n}) for place, n in enumerate(numbers)}


def test_a_post_shows_its_photos_with_their_alt_texts(http: requests.Session, server: PracticeServer) -> None:
    """An unpublished photo is not public until a post attaches it, and then it belongs to that post."""
    told = photo(http, server, alt_text_custom="A closed road.")
    assert told.keys() == {"id"}
    assert server.posts == []
    assert server.requests.to_json()["facebook"]["publishing"] == 0
    assert "id" in feed(http, server, "Closed.", **attached(told["id"])).json()
    assert [picture.alt for picture in server.posts[0].pictures] == ["A closed road."]
    assert feed(http, server, "Again.", **attached(told["id"])).json()["error"]["code"] == 100


def test_a_photo_may_be_published_at_once(http: requests.Session, server: PracticeServer) -> None:
    """Without published=false the photo is a post of its own, and counts as one."""
    told = photo(http, server, published="true", caption="Closed.")
    assert told.keys() == {"id", "post_id"}
    assert [post.text for post in server.posts] == ["Closed."]
    assert server.requests.to_json()["facebook"]["publishing"] == 1


@pytest.mark.parametrize(
    "given",
    [{"attached_media[1]": '{"media_fbid": "1"}'}, {"attached_media[0]": "1"}, attached("1"), attached("1", "1")],
)
def test_what_is_no_photo_cannot_be_attached(
    http: requests.Session, server: PracticeServer, given: dict[str, str]
) -> None:
    """Unknown photos, gaps in their numbers and other shapes are error 100."""
    assert feed(http, server, "a", **given).json()["error"]["code"] == 100
    assert server.posts == []


def test_a_photo_must_be_one(http: requests.Session, server: PracticeServer) -> None:
    """A text that is called a photo, and more than 10 MB, are error 324; a link beside photos is refused."""
    assert photo(http, server, b"<svg/>")["error"]["code"] == 324
    assert photo(http, server, png_bytes() + b"\0" * 10 * 1024 * 1024)["error"]["code"] == 324
    assert photo(http, server, wrong="a")["error"]["code"] == 100
    number = photo(http, server)["id"]
    given = {**attached(number), "link": "https://police.exampleton.example/"}
    assert feed(http, server, "a", **given).json()["error"]["code"] == 100


def test_the_token_can_be_looked_at(http: requests.Session, server: PracticeServer) -> None:
    """debug_token says until when the Page's token is good, to the app alone."""

    def debug(token: str, asked: str = "practice-page-token") -> Any:
        return graph(http, server, "GET", "/debug_token", access_token=token, input_token=asked).json()

    app = "200000000000003|practice-app-secret"
    assert (debug(app)["data"]["is_valid"], debug(app)["data"]["expires_at"]) == (True, 0)
    server.profiles.change("facebook", {"token_expires_at": "1798761600"})
    assert debug("practice-page-token")["data"]["expires_at"] == 1_798_761_600
    assert debug(app, "another")["data"]["is_valid"] is False
    assert debug("200000000000003|wrong")["error"]["code"] == 190
