"""The Graph API, as strict as Graph."""

import hashlib
import hmac
import json

import pytest
import requests

from notifier.practice.server import PracticeServer
from tests.practice.clients import PAGE, feed, graph
from tests.practice.conftest import Hands


def code(answer: requests.Response) -> int:
    """Read Graph's error code, having checked the error's shape."""
    error = answer.json()["error"]
    assert {"message", "type", "code", "fbtrace_id"} <= error.keys()
    return int(error["code"])


def test_a_post_gets_an_id_and_a_permalink_when_asked(http: requests.Session, server: PracticeServer) -> None:
    """A post answers `{page}_{post}`; permalink_url, where asked for, opens in a browser; the usage is told."""
    answer = feed(
        http, server, "Main Street is closed.", link="https://police.exampleton.example/", fields="id,permalink_url"
    )
    told = answer.json()
    assert answer.status_code == 200
    assert told["id"].startswith(f"{PAGE}_")
    assert "Main Street is closed." in http.get(told["permalink_url"], timeout=5).text
    assert "call_count" in json.loads(answer.headers["X-App-Usage"])
    assert [post.links for post in server.posts] == [("https://police.exampleton.example/",)]
    assert set(feed(http, server, "Another.").json()) == {"id"}


def test_the_token_may_stand_in_the_header(http: requests.Session, server: PracticeServer) -> None:
    """A Bearer token does as well as access_token."""
    answer = http.post(
        f"{server.url}/facebook/v26.0/{PAGE}/feed",
        data={"message": "a"},
        headers={"Authorization": "Bearer practice-page-token"},
        timeout=5,
    )
    assert answer.status_code == 200


@pytest.mark.parametrize(("token", "wanted"), [("another", 190), ("", 104)])
def test_a_bad_token_is_refused(http: requests.Session, server: PracticeServer, token: str, wanted: int) -> None:
    """A wrong token is error 190, none is 104, and nothing is published."""
    answer = feed(http, server, "a", access_token=token)
    assert (answer.status_code, code(answer)) == (401, wanted)
    assert answer.json()["error"]["type"] == "OAuthException"
    assert server.posts == []


def test_the_proof_is_checked(http: requests.Session, server: PracticeServer) -> None:
    """appsecret_proof must be the HMAC-SHA256 of the token under the app's secret."""
    proof = hmac.new(b"practice-app-secret", b"practice-page-token", hashlib.sha256).hexdigest()
    assert feed(http, server, "a", appsecret_proof=proof).status_code == 200
    assert code(feed(http, server, "b", appsecret_proof=proof[::-1])) == 100


def test_an_unknown_parameter_is_refused(http: requests.Session, server: PracticeServer) -> None:
    """A parameter that the request does not have is error 100 and named."""
    answer = feed(http, server, "a", mesage="b")
    assert code(answer) == 100
    assert "mesage" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "given",
    [
        {"message": ""},
        {"message": "a" * 63_207},
        {"message": "a", "link": "police.exampleton.example"},
        {"message": "a", "published": "maybe"},
        {"message": "a", "fields": "secrets"},
    ],
)
def test_a_wrong_value_is_refused(http: requests.Session, server: PracticeServer, given: dict[str, str]) -> None:
    """An empty or over-long message, a link that is none and an unknown field are error 100."""
    answer = feed(http, server, **given)
    assert (answer.status_code, code(answer)) == (400, 100)
    assert server.posts == []


def test_the_longest_message_goes(http: requests.Session, server: PracticeServer) -> None:
    """63,206 characters are taken."""
    assert feed(http, server, "\u00e9" * 63_206).status_code == 200


def test_only_a_consecutive_duplicate_is_refused(http: requests.Session, server: PracticeServer) -> None:
    """The same post twice running is error 506; with another between them it goes."""
    feed(http, server, "a")
    again = feed(http, server, "a")
    assert (again.status_code, code(again)) == (400, 506)
    feed(http, server, "b")
    assert feed(http, server, "a").status_code == 200


def test_what_is_not_published_is_not_public(http: requests.Session, server: PracticeServer) -> None:
    """published=false makes a post that neither the public nor the feed shows."""
    feed(http, server, "a draft", published="false")
    assert server.posts == []
    assert graph(http, server, "GET", f"/{PAGE}/feed").json() == {"data": []}


def test_the_feed_begins_at_since(http: requests.Session, server: PracticeServer, hands: Hands) -> None:
    """since, limit and fields choose what the feed gives, newest first."""
    feed(http, server, "old")
    hands.pass_by(60)
    since = str(int(hands.now.timestamp()))
    feed(http, server, "new one")
    feed(http, server, "new two")
    told = graph(http, server, "GET", f"/{PAGE}/feed", since=since, limit="25", fields="message,permalink_url").json()
    assert [post["message"] for post in told["data"]] == ["new two", "new one"]
    assert set(told["data"][0]) == {"id", "message", "permalink_url"}
    assert len(graph(http, server, "GET", f"/{PAGE}/feed", limit="1").json()["data"]) == 1
    assert code(graph(http, server, "GET", f"/{PAGE}/feed", limit="101")) == 100


def test_a_post_can_be_edited_and_deleted(http: requests.Session, server: PracticeServer) -> None:
    """An edit changes the public text, a deletion takes the post away, and after it there is nothing to edit."""
    post = feed(http, server, "a").json()["id"]
    assert graph(http, server, "POST", f"/{post}", message="b").json() == {"success": True}
    assert [(shown.text, shown.edited is not None) for shown in server.posts] == [("b", True)]
    assert graph(http, server, "DELETE", f"/{post}").json() == {"success": True}
    assert server.posts == []
    assert code(graph(http, server, "POST", f"/{post}", message="c")) == 100


def test_the_page_says_who_it_is(http: requests.Session, server: PracticeServer) -> None:
    """The Page and `me` answer id and name; an unknown field is refused."""
    wanted = {"id": PAGE, "name": "Exampleton Police Department"}
    assert graph(http, server, "GET", "/me", fields="id,name").json() == wanted
    assert graph(http, server, "GET", f"/{PAGE}", fields="id,name").json() == wanted
    assert code(graph(http, server, "GET", "/me", fields="id,password")) == 100


def test_an_unknown_version_or_page_is_refused(http: requests.Session, server: PracticeServer) -> None:
    """A version that does not exist and another's Page are refused."""
    given = {"message": "a", "access_token": "practice-page-token"}
    assert code(http.post(f"{server.url}/facebook/v99.0/{PAGE}/feed", data=given, timeout=5)) == 2500
    assert code(graph(http, server, "POST", "/200000000000002/feed", message="a")) == 100


def test_a_comment_stands_below_its_post_and_not_on_the_feed(http: requests.Session, server: PracticeServer) -> None:
    """It has a number of its own, and a page; it can be deleted like a post."""
    post = feed(http, server, "a").json()["id"]
    made = graph(http, server, "POST", f"/{post}/comments", message="b", fields="id,permalink_url").json()
    assert made["id"].startswith(f"{post.partition('_')[2]}_")
    assert "b" in http.get(made["permalink_url"], timeout=5).text
    told = graph(http, server, "GET", f"/{PAGE}/feed", fields="message").json()["data"]
    assert [one["message"] for one in told] == ["a"]
    assert code(graph(http, server, "POST", "/1_2/comments", message="c")) == 100
    assert graph(http, server, "DELETE", f"/{made['id']}").json() == {"success": True}
    assert [shown.id for shown in server.posts] == [post]


def test_a_token_is_told_of_in_a_form_too(http: requests.Session, server: PracticeServer) -> None:
    """A POST that says method=get is a GET; one that does not is none."""
    address = f"{server.url}/facebook/v26.0/debug_token"
    given = {"input_token": "practice-page-token", "access_token": "practice-page-token"}
    told = http.post(address, data={**given, "method": "get"}, timeout=5).json()
    assert told["data"]["is_valid"] is True
    assert code(http.post(address, data=given, timeout=5)) == 100
