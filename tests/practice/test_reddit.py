"""Reddit, as strict as Reddit."""

from typing import Any

import pytest
import requests

from notifier.practice.networks.reddit import CLIENT_ID, CLIENT_SECRET, PASSWORD, REFRESH_TOKEN
from notifier.practice.networks.reddit_things import SUBREDDIT, USER
from notifier.practice.server import PracticeServer
from tests.practice.conftest import Hands

AGENT = {"User-Agent": "linux:exampletonpd.notifier:v0.1 (by /u/ExampletonPD)"}
LOGIN = {"grant_type": "password", "username": USER, "password": PASSWORD}


class Client:
    """A client with a token."""

    def __init__(self, http: requests.Session, server: PracticeServer) -> None:
        self.http, self.base = http, f"{server.url}/reddit"
        self.token = self.log_in().json()["access_token"]

    def log_in(self, auth: tuple[str, str] = (CLIENT_ID, CLIENT_SECRET), **given: str) -> requests.Response:
        """Ask for a token."""
        data = given or LOGIN
        return self.http.post(f"{self.base}/api/v1/access_token", data=data, auth=auth, headers=AGENT, timeout=5)

    def ask(self, method: str, path: str, **more: Any) -> requests.Response:
        """Make a request with the token."""
        headers = {"Authorization": f"Bearer {self.token}", **AGENT, **more.pop("headers", {})}
        return self.http.request(method, f"{self.base}{path}", headers=headers, timeout=5, **more)

    def call(self, name: str, **given: Any) -> Any:
        """Act, and give what stands under json."""
        answer = self.ask("POST", f"/api/{name}", data={"api_type": "json", **given})
        assert answer.status_code == 200
        return answer.json()["json"]

    def submit(self, title: str = "Main Street closed", **given: Any) -> Any:
        """Submit a text."""
        return self.call(
            "submit", **{"kind": "self", "sr": SUBREDDIT, "title": title, "text": "Use River Road.", **given}
        )

    def submitted(self, **given: Any) -> list[Any]:
        """List the account's own submissions."""
        listing = self.ask("GET", f"/user/{USER}/submitted", params={"sort": "new", "limit": 25, **given}).json()
        return [thing["data"] for thing in listing["data"]["children"]]


@pytest.fixture
def client(http: requests.Session, server: PracticeServer) -> Client:
    """A client that has logged in."""
    return Client(http, server)


def test_a_submission_is_published_and_listed(client: Client, server: PracticeServer, http: requests.Session) -> None:
    """A text gets a name and an address that opens; the listing gives it back, escaped unless raw."""
    told = client.submit("Main & Oak closed")
    assert told["errors"] == []
    assert told["data"]["name"] == f"t3_{told['data']['id']}"
    assert "Use River Road." in http.get(told["data"]["url"], timeout=5).text
    assert [post["title"] for post in client.submitted()] == ["Main &amp; Oak closed"]
    assert [post["title"] for post in client.submitted(raw_json=1)] == ["Main & Oak closed"]
    assert server.requests.to_json()["reddit"]["publishing"] == 1


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"sr": "Elsewhere"}, "SUBREDDIT_NOEXIST"),
        ({"title": ""}, "NO_TEXT"),
        ({"title": "a" * 301}, "TOO_LONG"),
        ({"text": "a" * 40_001}, "TOO_LONG"),
        ({"kind": "link"}, "NO_URL"),
        ({"kind": "link", "url": "road"}, "BAD_URL"),
        ({"kind": "poll"}, "INVALID_OPTION"),
    ],
)
def test_what_is_wrong_is_told_with_200(
    client: Client, server: PracticeServer, given: dict[str, str], code: str
) -> None:
    """Errors stand in the body; the status is 200."""
    assert client.submit(**given)["errors"][0][0] == code
    assert server.posts == []


def test_a_link_is_submitted_once(client: Client) -> None:
    """Without resubmit the same link is ALREADY_SUB."""
    link = {"kind": "link", "url": "https://police.exampleton.example/n/1", "text": ""}
    assert client.submit(**link, resubmit="false")["errors"] == []
    assert client.submit(**link, resubmit="false")["errors"][0][0] == "ALREADY_SUB"
    assert client.submit(**link, resubmit="true")["errors"] == []


def test_a_text_can_be_edited_commented_and_deleted(client: Client, server: PracticeServer) -> None:
    """Edits show, comments stand below, deletions are silent, also of what is not there."""
    name = client.submit()["data"]["name"]
    assert client.call("editusertext", thing_id=name, text="Open again.")["errors"] == []
    comment = client.call("comment", thing_id=name, text="Thank you.")["data"]["things"][0]["data"]
    assert comment["parent_id"] == name
    assert [(post.text, post.edited is not None) for post in server.posts] == [
        ("Open again.", True),
        ("Thank you.", False),
    ]
    for _ in range(2):
        assert client.ask("POST", "/api/del", data={"id": name}).json() == {}
    assert [post.text for post in server.posts] == ["Thank you."]
    assert client.call("comment", thing_id=name, text="Late.")["errors"][0][0] == "DELETED_COMMENT"


def test_agent_client_and_token_are_checked(client: Client, hands: Hands) -> None:
    """A usual agent is 429; a wrong client 401; a wrong password is told with 200; a token lasts a day."""
    assert client.ask("GET", "/api/v1/me", headers={"User-Agent": "python-requests/2.32"}).status_code == 429
    assert client.log_in(("a", "b")).status_code == 401
    assert client.log_in(**{**LOGIN, "password": "wrong"}).json() == {"error": "invalid_grant"}
    assert "access_token" in client.log_in(grant_type="refresh_token", refresh_token=REFRESH_TOKEN).json()
    answer = client.ask("GET", "/api/v1/me")
    assert answer.json()["name"] == USER
    assert answer.headers["X-Ratelimit-Remaining"].endswith(".0")
    hands.pass_by(86_401)
    assert client.ask("GET", "/api/v1/me").status_code == 401


def test_too_many_submissions_have_to_wait(client: Client, hands: Hands) -> None:
    """The eleventh in ten minutes is told to take a break, in words and in seconds."""
    for number in range(10):
        client.submit(f"Number {number}")
    told = client.submit("One more")
    assert told["errors"][0][0] == "RATELIMIT"
    assert "Take a break for 1" in told["errors"][0][1]
    assert told["ratelimit"] > 500
    hands.pass_by(601)
    assert client.submit("One more")["errors"] == []
