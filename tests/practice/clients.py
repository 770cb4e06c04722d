"""Requests as a well-behaved client of each platform makes them."""

from typing import Any

import requests
from requests_oauthlib import OAuth1

from notifier.practice.server import PracticeServer

X_KEYS = ("practice-consumer-key", "practice-consumer-secret", "practice-token", "practice-token-secret")
PAGE = "100000000000001"
BASIC = ("practice-user", "practice-password")


def x(http: requests.Session, server: PracticeServer, method: str, path: str, **more: Any) -> requests.Response:
    """Make a signed request of X."""
    more.setdefault("auth", OAuth1(*X_KEYS))
    return http.request(method, f"{server.url}/x{path}", timeout=5, **more)


def tweet(http: requests.Session, server: PracticeServer, text: str, **fields: Any) -> requests.Response:
    """Post on X."""
    return x(http, server, "POST", "/2/tweets", json={"text": text, **fields})


def graph(http: requests.Session, server: PracticeServer, method: str, path: str, **given: Any) -> requests.Response:
    """Make a request of the Graph API with the Page's token."""
    given.setdefault("access_token", "practice-page-token")
    sent: dict[str, Any] = {"params" if method == "GET" else "data": given}
    return http.request(method, f"{server.url}/facebook/v26.0{path}", timeout=5, **sent)


def feed(http: requests.Session, server: PracticeServer, message: str, **given: Any) -> requests.Response:
    """Post on the Page."""
    return graph(http, server, "POST", f"/{PAGE}/feed", message=message, **given)


def nixle(**changes: Any) -> dict[str, Any]:
    """Write a launch that Everbridge takes, with changes to its Nixle message."""
    alert = {
        "event": "Road Closure",
        "urgency": "Immediate",
        "severity": "Moderate",
        "certainty": "Observed",
        "category": "Transport",
        "expire": "12",
        "smsMessage": "Exampleton PD: Main St closed at Oak St.",
        "instructions": "Avoid the area.",
        "action": "create",
        "type": 2,
        "eventGroups": [302],
        "community": {"contactName": "Exampleton PD", "contactPhone": "555-555-0100", "regionIds": [5001]},
        **changes,
    }
    return {
        "message": {"title": "Road closed: Main Street", "textMessage": "Main Street is closed at Oak Street."},
        "type": "Standard",
        "priority": "NonPriority",
        "launchtype": "SendNow",
        "publicMessages": {"nixleAlertMessage": {k: v for k, v in alert.items() if v is not None}},
    }


def launch(http: requests.Session, server: PracticeServer, body: Any, **more: Any) -> requests.Response:
    """Launch an Everbridge notification."""
    more.setdefault("auth", BASIC)
    return http.post(f"{server.url}/everbridge/rest/notifications/8888", json=body, timeout=5, **more)


def hook_body(key: str = "k-1", **changes: Any) -> dict[str, Any]:
    """Write the body of the webhook channel."""
    return {
        "id": "n-1",
        "key": key,
        "kind": "road-closure",
        "stage": "issue",
        "status": "actual",
        "language": "en",
        "headline": "Road closed: Main Street",
        "text": "Main Street is closed at Oak Street.",
        "links": ["https://police.exampleton.example/n/1"],
        "sent": "2026-11-22T14:00:00-05:00",
        **changes,
    }


def hook(
    http: requests.Session, server: PracticeServer, body: dict[str, Any], path: str = "/hook", **headers: str
) -> requests.Response:
    """Call the webhook receiver."""
    headers = {"Idempotency-Key": str(body.get("key")), **headers}
    return http.post(server.url + path, json=body, headers=headers, timeout=5)
