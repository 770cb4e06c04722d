"""The profiles of the practice accounts: as the networks give them, and as a test wants them."""

import pytest
import requests

from notifier.practice.server import PracticeServer
from tests.practice.clients import PAGE, graph, x

ASKED = {"user.fields": "description,entities,url,pinned_tweet_id", "expansions": "pinned_tweet_id"}


def test_x_gives_only_what_is_asked_for(http: requests.Session, server: PracticeServer) -> None:
    """id, name and username always; the bio, the website and the pinned post when they are named."""
    plain = x(http, server, "GET", "/2/users/me").json()
    assert plain.keys() == {"data"}
    assert plain["data"].keys() == {"id", "name", "username"}
    server.profiles.change("x", {"pinned": "Comments are monitored."})
    assert x(http, server, "GET", "/2/users/me").json().keys() == {"data"}
    told = x(http, server, "GET", "/2/users/me", params=ASKED).json()
    assert "911" in told["data"]["description"]
    assert told["includes"]["tweets"][0]["text"] == "Comments are monitored."
    assert told["includes"]["tweets"][0]["id"] == told["data"]["pinned_tweet_id"]


def test_x_wraps_the_links_of_a_profile(http: requests.Session, server: PracticeServer) -> None:
    """The website and the links of bio and pinned post are t.co; what they stand for is told beside them."""
    server.profiles.change(
        "x", {"description": "Terms & more: police.example.org/terms", "pinned": "https://example.org/b"}
    )
    told = x(http, server, "GET", "/2/users/me", params={**ASKED, "tweet.fields": "entities"}).json()
    user, post = told["data"], told["includes"]["tweets"][0]
    assert user["url"].startswith("https://t.co/")
    assert user["entities"]["url"]["urls"][0]["expanded_url"] == "https://police.exampleton.example"
    link = user["entities"]["description"]["urls"][0]
    assert user["description"] == f"Terms &amp; more: {link['url']}"
    assert link["expanded_url"] == "http://police.example.org/terms"
    assert post["text"] == post["entities"]["urls"][0]["url"]


@pytest.mark.parametrize(
    "asked",
    [{"user.fields": "bio"}, {"expansions": "pinned"}, {"tweet.fields": "words"}, {"fields": "name"}],
)
def test_x_refuses_what_it_does_not_know(http: requests.Session, server: PracticeServer, asked: dict[str, str]) -> None:
    """A field that is none is 400 and named."""
    answer = x(http, server, "GET", "/2/users/me", params=asked)
    assert answer.status_code == 400
    assert list(answer.json()["errors"][0]["parameters"]) == list(asked)


def test_an_empty_place_is_left_out(http: requests.Session, server: PracticeServer) -> None:
    """Graph gives no field that is not filled in; X gives an empty bio, and no website."""
    server.profiles.change("x", {"description": "", "url": ""})
    server.profiles.change("facebook", {"about": "", "emails": ""})
    user = x(http, server, "GET", "/2/users/me", params=ASKED).json()["data"]
    page = graph(http, server, "GET", f"/{PAGE}", fields="name,about,emails,phone").json()
    assert user["description"] == ""
    assert user.keys().isdisjoint({"url", "entities", "pinned_tweet_id"})
    assert page.keys() == {"id", "name", "phone"}


def test_a_field_that_a_page_does_not_have_is_refused(http: requests.Session, server: PracticeServer) -> None:
    """As Graph does: code 100, the field named."""
    answer = graph(http, server, "GET", f"/{PAGE}", fields="name,biography")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, 100)
    assert "biography" in answer.json()["error"]["message"]


def test_a_profile_can_be_written_over_http(http: requests.Session, server: PracticeServer) -> None:
    """What was set is shown, and forgotten with everything else."""
    address = f"{server.url}/practice/profiles"
    first = http.get(address, timeout=5).json()
    told = http.post(address, json={"facebook": {"about": "Words of a test"}}, timeout=5).json()
    assert told["facebook"]["about"] == "Words of a test"
    assert graph(http, server, "GET", f"/{PAGE}", fields="about").json()["about"] == "Words of a test"
    assert http.post(f"{server.url}/practice/reset", timeout=5).status_code == 200
    assert http.get(address, timeout=5).json() == first


@pytest.mark.parametrize("wrong", [{"digg": {}}, {"x": {"bio": "a"}}, {"x": {"description": 7}}, {"x": "a"}])
def test_a_wrong_profile_is_refused(http: requests.Session, server: PracticeServer, wrong: object) -> None:
    """An unknown platform, an unknown field, a value that is no text."""
    first = server.profiles.to_json()
    assert http.post(f"{server.url}/practice/profiles", json=wrong, timeout=5).status_code == 400
    assert server.profiles.to_json() == first
