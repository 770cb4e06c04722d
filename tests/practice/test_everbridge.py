"""Everbridge, as strict as its reference page."""

import pytest
import requests

from notifier.practice.server import PracticeServer
from tests.practice.clients import BASIC, launch, nixle
from tests.practice.conftest import Hands


def test_a_launch_publishes_to_nixle(http: requests.Session, server: PracticeServer) -> None:
    """A launch answers OK with id and addresses; the text message and the long text stand in public."""
    answer = launch(http, server, nixle())
    told = answer.json()
    assert answer.status_code == 200
    assert told["message"] == "OK"
    assert told["instanceUri"] == f"{told['baseUri']}/{told['id']}"
    [post] = server.posts
    assert (post.title, post.sms) == ("Road closed: Main Street", "Exampleton PD: Main St closed at Oak St.")
    assert post.labels["kind"] == "Advisory"


def test_a_browser_is_led_to_a_page_and_a_client_to_json(http: requests.Session, server: PracticeServer) -> None:
    """instanceUri opens as a page for a person, and as JSON for a client with credentials, else 401."""
    address = launch(http, server, nixle()).json()["instanceUri"]
    page = http.get(address, headers={"Accept": "text/html,*/*"}, timeout=5)
    assert "Exampleton PD: Main St closed at Oak St." in page.text
    assert page.url.startswith(f"{server.url}/everbridge/nixle/")
    told = http.get(address, auth=BASIC, timeout=5).json()
    assert told["result"]["message"]["title"] == "Road closed: Main Street"
    assert http.get(address, timeout=5).status_code == 401


@pytest.mark.parametrize("auth", [None, ("practice-user", "wrong"), ("wrong", "practice-password")])
def test_a_wrong_password_is_refused(
    http: requests.Session, server: PracticeServer, auth: tuple[str, str] | None
) -> None:
    """Without the right name and password nothing is launched."""
    answer = launch(http, server, nixle(), auth=auth)
    assert answer.status_code == 401
    assert set(answer.json()) == {"message"}
    assert server.posts == []


@pytest.mark.parametrize("header", ["Basic ???", "Basic", "Bearer ", "Bearer unknown", "Digest a"])
def test_a_malformed_credential_is_refused(http: requests.Session, server: PracticeServer, header: str) -> None:
    """An Authorization header that is malformed or unknown answers 401."""
    answer = launch(http, server, nixle(), auth=None, headers={"Authorization": header})
    assert answer.status_code == 401


@pytest.mark.parametrize(
    "asked",
    [
        {"grant_type": "password", "username": "practice-user", "password": "practice-password"},
        {
            "grant_type": "client_credentials",
            "client_id": "practice-client",
            "client_secret": "practice-client-secret",
        },
    ],
)
def test_a_token_launches_for_eight_hours(
    http: requests.Session, server: PracticeServer, hands: Hands, asked: dict[str, str]
) -> None:
    """A token of either grant launches until its 28,800 seconds are over."""
    told = http.post(f"{server.url}/everbridge/authorization/v1/tokens", data=asked, timeout=5).json()
    assert told["expires_in"] == 28_800
    bearer = {"Authorization": f"Bearer {told['access_token']}"}
    assert launch(http, server, nixle(), auth=None, headers=bearer).status_code == 200
    hands.pass_by(28_800)
    assert launch(http, server, nixle(), auth=None, headers=bearer).status_code == 401


def test_a_token_needs_the_right_credential(http: requests.Session, server: PracticeServer) -> None:
    """A wrong password gets no token, an unknown grant is an error."""
    url = f"{server.url}/everbridge/authorization/v1/tokens"
    wrong = {"grant_type": "password", "username": "practice-user", "password": "a"}
    assert http.post(url, data=wrong, timeout=5).status_code == 401
    assert http.post(url, data={"grant_type": "magic"}, timeout=5).status_code == 400


@pytest.mark.parametrize(
    "missing",
    ["event", "urgency", "severity", "certainty", "category", "expire", "smsMessage", "action", "type"],
)
def test_every_required_field_is_required(http: requests.Session, server: PracticeServer, missing: str) -> None:
    """A Nixle message without one of its required fields is refused, and the field named."""
    answer = launch(http, server, nixle(**{missing: None}))
    assert answer.status_code == 400
    assert missing in answer.json()["message"]
    assert server.posts == []


@pytest.mark.parametrize(
    "changes",
    [
        {"urgency": "immediate"},
        {"severity": "MODERATE"},
        {"certainty": "Very Likely"},
        {"category": "Traffic"},
        {"expire": 12},
        {"expire": "0"},
        {"smsMessage": "a" * 139},
        {"smsMessage": " "},
        {"action": "update"},
        {"type": "2"},
        {"type": 4},
        {"eventGroups": ["302"]},
        {"community": {"contactName": "a", "fax": "b"}},
        {"headline": "a"},
    ],
)
def test_a_wrong_value_is_refused(http: requests.Session, server: PracticeServer, changes: dict[str, object]) -> None:
    """CAP words are case-sensitive, the text message has 138 characters, and nothing unknown is taken."""
    assert launch(http, server, nixle(**changes)).status_code == 400
    assert server.posts == []


def test_138_characters_are_taken(http: requests.Session, server: PracticeServer) -> None:
    """The longest text message goes."""
    assert launch(http, server, nixle(smsMessage="a" * 138)).status_code == 200


@pytest.mark.parametrize(
    "change", [{"type": "Polling"}, {"priority": "High"}, {"launchtype": "Later"}, {"message": {}}, {"extra": 1}]
)
def test_the_wrapper_is_judged_too(http: requests.Session, server: PracticeServer, change: dict[str, object]) -> None:
    """The notification around the Nixle message is as strict."""
    assert launch(http, server, {**nixle(), **change}).status_code == 400


def test_another_organisation_is_refused(http: requests.Session, server: PracticeServer) -> None:
    """Only the practice organisation may be used."""
    url = f"{server.url}/everbridge/rest/notifications/9999"
    assert http.post(url, json=nixle(), auth=BASIC, timeout=5).status_code == 403


def test_the_same_launch_twice_is_two_alerts(http: requests.Session, server: PracticeServer) -> None:
    """Everbridge drops no repeat: two identical launches are two alerts, listed newest first."""
    ids = [launch(http, server, nixle()).json()["id"] for _ in range(2)]
    told = http.get(f"{server.url}/everbridge/rest/notifications/8888?pageSize=10", auth=BASIC, timeout=5).json()
    assert [found["id"] for found in told["page"]["data"]] == ids[::-1]
    assert len(server.posts) == 2


def test_a_burst_is_refused_without_headers(http: requests.Session, server: PracticeServer, hands: Hands) -> None:
    """35 launches at once, then 429 without any header to go by; a second later 20 more go."""
    answers = [launch(http, server, nixle()) for _ in range(36)]
    assert [answer.status_code for answer in answers] == [200] * 35 + [429]
    assert not {name for name in answers[-1].headers if "retry" in name.lower() or "rate" in name.lower()}
    hands.pass_by(1)
    assert [launch(http, server, nixle()).status_code for _ in range(21)] == [200] * 20 + [429]


def test_regions_and_event_groups_can_be_looked_up(http: requests.Session, server: PracticeServer) -> None:
    """The look-ups answer the vendor's shapes."""
    rest = f"{server.url}/everbridge/rest"
    regions = http.get(f"{rest}/nixleRegionIds/8888", auth=BASIC, timeout=5).json()
    assert set(regions) == {"cities", "counties", "zipcodes"}
    assert set(regions["cities"][0]) == {"id", "name", "state"}
    groups = http.get(f"{rest}/nixleEventGroups/8888", auth=BASIC, timeout=5).json()
    assert set(groups[0]) == {"id", "group_name"}
