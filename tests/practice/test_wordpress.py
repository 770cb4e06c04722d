"""The department's practice blog, as strict as WordPress."""

from typing import Any

import pytest
import requests

from notifier.practice.networks.wordpress import PASSWORD, USER
from notifier.practice.server import PracticeServer
from tests.notifications import png_bytes


def ask(http: requests.Session, server: PracticeServer, method: str, path: str, **more: Any) -> requests.Response:
    """Make a request of the department's account."""
    more.setdefault("auth", (USER, PASSWORD))
    return http.request(method, f"{server.url}/wordpress/wp-json/wp/v2{path}", timeout=5, **more)


def publish(http: requests.Session, server: PracticeServer, **given: Any) -> requests.Response:
    """Publish a post."""
    usual = {"title": "Main Street closed", "content": "<p>Use <b>River</b> Road &amp; wait.</p>", "slug": "n-42-1"}
    return ask(http, server, "POST", "/posts", json={**usual, "status": "publish", **given})


def test_a_post_is_published_with_its_picture(http: requests.Session, server: PracticeServer) -> None:
    """Upload, alt text, post: the page shows the text as a reader sees it."""
    headers = {"Content-Type": "image/png", "Content-Disposition": 'attachment; filename="map.png"'}
    medium = ask(http, server, "POST", "/media", data=png_bytes(), headers=headers)
    assert medium.status_code == 201
    number = medium.json()["id"]
    assert ask(http, server, "POST", f"/media/{number}", json={"alt_text": "A map."}).json()["alt_text"] == "A map."
    answer = publish(http, server, featured_media=number)
    assert (answer.status_code, answer.headers["Location"].endswith(f"/posts/{answer.json()['id']}")) == (201, True)
    html = http.get(answer.json()["link"], timeout=5).text
    assert "Use River Road &amp; wait." in html
    assert "<b>Alt text:</b> A map." in html
    assert server.requests.to_json()["wordpress"]["publishing"] == 1
    assert ask(http, server, "POST", "/media", data=b"<svg/>", headers=headers).status_code == 500


def test_a_draft_is_published_afterwards(http: requests.Session, server: PracticeServer) -> None:
    """A draft is found by who may edit, stands nowhere, and is published by an edit, which may be repeated."""
    number = publish(http, server, status="draft").json()["id"]
    assert server.posts == []
    found = {"slug": "n-42-1", "status": "publish,draft", "context": "edit"}
    assert ask(http, server, "GET", "/posts", params=found).headers["X-WP-Total"] == "1"
    assert ask(http, server, "GET", "/posts", params=found, auth=None).status_code == 401
    assert ask(http, server, "GET", "/posts", params={"slug": "n-42-1"}, auth=None).json() == []
    for _ in range(2):
        assert ask(http, server, "POST", f"/posts/{number}", json={"status": "publish"}).json()["status"] == "publish"
    assert len(server.posts) == 1


def test_the_same_slug_is_renamed(http: requests.Session, server: PracticeServer) -> None:
    """A repeat is accepted: it is another post with another slug."""
    assert [publish(http, server).json()["slug"] for _ in range(2)] == ["n-42-1", "n-42-1-2"]
    assert len(server.posts) == 2


def test_a_post_is_edited_trashed_and_deleted(http: requests.Session, server: PracticeServer) -> None:
    """An edit shows; a trashed post is gone from the public and cannot be trashed again."""
    number = publish(http, server).json()["id"]
    ask(http, server, "POST", f"/posts/{number}", json={"content": "Open."})
    assert [(post.text, post.edited is not None) for post in server.posts] == [("Open.", True)]
    assert ask(http, server, "DELETE", f"/posts/{number}").json()["status"] == "trash"
    again = ask(http, server, "DELETE", f"/posts/{number}")
    assert (again.status_code, again.json()["code"]) == (410, "rest_already_trashed")
    assert server.posts == []
    assert ask(http, server, "DELETE", f"/posts/{number}?force=true").json()["deleted"] is True
    assert ask(http, server, "GET", f"/posts/{number}").json()["code"] == "rest_post_invalid_id"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"title": "", "content": ""}, "empty_content"),
        ({"status": "public"}, "rest_invalid_param"),
        ({"title": 5}, "rest_invalid_param"),
        ({"featured_media": 9999}, "rest_invalid_featured_media"),
    ],
)
def test_a_wrong_post_is_refused(
    http: requests.Session, server: PracticeServer, given: dict[str, Any], code: str
) -> None:
    """Each refusal is 400 with its code."""
    answer = publish(http, server, **given)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert server.posts == []


def test_without_pretty_permalinks(http: requests.Session, server: PracticeServer) -> None:
    """rest_route leads to the same; a wrong password is 401; the root says what the blog is called."""
    address = f"{server.url}/wordpress/index.php?rest_route=/wp/v2/posts"
    body = {"title": "a", "content": "b", "status": "publish"}
    assert http.post(address, json=body, auth=(USER, PASSWORD), timeout=5).status_code == 201
    wrong = http.post(address, json=body, auth=(USER, "wrong"), timeout=5)
    assert (wrong.status_code, wrong.json()["code"]) == (401, "rest_cannot_create")
    assert server.requests.to_json()["wordpress"]["publishing"] == 2
    assert http.get(f"{server.url}/wordpress/wp-json/", timeout=5).json()["namespaces"] == ["wp/v2"]
    assert http.get(f"{server.url}/wordpress/index.php?rest_route=/nowhere", timeout=5).status_code == 404
