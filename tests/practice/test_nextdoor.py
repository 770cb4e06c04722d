"""Nextdoor, as strict as is known of it."""

from typing import Any

import pytest
import requests

from notifier.practice.networks.nextdoor import CLIENT_ID, CLIENT_SECRET, PROFILE_ID, REFRESH_TOKEN, TOKEN
from notifier.practice.server import PracticeServer
from tests.practice.conftest import Hands


def ask(
    http: requests.Session, server: PracticeServer, method: str, path: str, token: str = TOKEN, **more: Any
) -> requests.Response:
    """Make a request with the account's token."""
    address = f"{server.url}/nextdoor/external/api/partner/v1{path}"
    return http.request(method, address, headers={"Authorization": f"Bearer {token}"}, timeout=5, **more)


def post(http: requests.Session, server: PracticeServer, text: str = "Closed.", **fields: Any) -> requests.Response:
    """Post to the neighbourhood."""
    return ask(http, server, "POST", "/post/create/", json={"body_text": text, **fields})


def listed(http: requests.Session, server: PracticeServer) -> list[Any]:
    """List the account's own posts."""
    found: list[Any] = ask(http, server, "GET", "/post/", params={"secure_profile_id": PROFILE_ID}).json()["posts"]
    return found


def test_a_post_is_shown_listed_edited_and_deleted(http: requests.Session, server: PracticeServer) -> None:
    """The link opens; the id, which stands in the list alone, is what an edit and a deletion want."""
    told = post(http, server, media_attachments=["https://a.example/map.jpg"], group_ids=[101]).json()
    assert told["result"] == "success"
    assert "No alt text" in http.get(told["share_link"], timeout=5).text
    (mine,) = listed(http, server)
    assert mine["share_link"] == told["share_link"]
    edit = {"id": mine["id"], "body_text": "Open."}
    assert ask(http, server, "POST", "/post/edit/", json=edit).json()["result"] == "success"
    assert [(shown.text, shown.edited is not None) for shown in server.posts] == [("Open.", True)]
    assert ask(http, server, "DELETE", "/post/", params={"id": mine["id"]}).status_code == 200
    assert ask(http, server, "DELETE", "/post/", params={"id": mine["id"]}).status_code == 400
    assert listed(http, server) == []


@pytest.mark.parametrize(
    "fields",
    [
        {"text": " "},
        {"text": "ä" * 4_097},
        {"media_attachments": ["https://a.example/a.jpg"] * 11},
        {"media_attachments": ["map.jpg"]},
        {"smartlink_url": "police.exampleton.example"},
        {"hashtag": "two words"},
        {"group_ids": [9]},
        {"title": "a"},
    ],
)
def test_a_wrong_post_is_refused(http: requests.Session, server: PracticeServer, fields: dict[str, Any]) -> None:
    """Too long, not public, unknown: 400, and nothing is published."""
    assert post(http, server, **fields).status_code == 400
    assert server.posts == []


def test_token_and_profile_are_checked(http: requests.Session, server: PracticeServer, hands: Hands) -> None:
    """A refreshed token lasts a year; another's profile is 403."""
    assert ask(http, server, "GET", "/me/", token="another").status_code == 401
    assert post(http, server, secure_profile_id="another").status_code == 403
    form = {"grant_type": "refresh_token", "refresh_token": REFRESH_TOKEN}
    address = f"{server.url}/nextdoor/v2/token"
    assert http.post(address, data=form, auth=("a", "b"), timeout=5).status_code == 401
    new = http.post(address, data=form, auth=(CLIENT_ID, CLIENT_SECRET), timeout=5).json()
    assert ask(http, server, "GET", "/me/", token=new["access_token"]).json()["verified"] is True
    hands.pass_by(new["expires_in"] + 1)
    assert ask(http, server, "GET", "/me/", token=new["access_token"]).status_code == 401
