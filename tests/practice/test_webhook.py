"""The webhook's receiver holds its sender to the contract."""

import hashlib
import hmac
import json
from typing import Any

import pytest
import requests

from notifier.practice.server import PracticeServer
from tests.practice.clients import hook, hook_body


def test_a_repeated_key_is_dropped(http: requests.Session, server: PracticeServer) -> None:
    """/hook publishes once and answers the same id again; the page it names exists."""
    first, again = hook(http, server, hook_body()), hook(http, server, hook_body())
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert len(server.posts) == 1
    assert "Road closed: Main Street" in http.get(first.json()["url"], timeout=5).text


def test_the_plain_receiver_publishes_every_request(http: requests.Session, server: PracticeServer) -> None:
    """/hook-plain, at any path below it, publishes a repeat again and counts it by its key."""
    ids = {hook(http, server, hook_body(), "/hook-plain/town").json()["id"] for _ in range(2)}
    assert len(ids) == len(server.posts) == 2
    counts = http.get(f"{server.url}/practice/posts", timeout=5).json()["requests"]["webhook"]
    assert counts["by_key"] == {"k-1": 2}


@pytest.mark.parametrize("field", list(hook_body()))
def test_every_field_is_required(http: requests.Session, server: PracticeServer, field: str) -> None:
    """A body without one of the ten fields is refused, and the field named."""
    body = hook_body()
    del body[field]
    answer = hook(http, server, body, **{"Idempotency-Key": "k-1"})
    assert answer.status_code == 400
    assert field in answer.json()["error"]


@pytest.mark.parametrize(
    "changes",
    [
        {"extra": 1},
        {"stage": "begin"},
        {"status": "Actual"},
        {"links": "https://police.exampleton.example"},
        {"links": [1]},
        {"sent": "2026-11-22T14:00:00"},
        {"sent": 5},
        {"text": ""},
    ],
)
def test_a_wrong_value_is_refused(http: requests.Session, server: PracticeServer, changes: dict[str, Any]) -> None:
    """A value of the wrong type, an unknown word or field, and a time without offset are refused."""
    assert hook(http, server, hook_body(**changes)).status_code == 400
    assert server.posts == []


def test_the_header_must_be_the_key(http: requests.Session, server: PracticeServer) -> None:
    """An Idempotency-Key other than the body's key is refused."""
    assert hook(http, server, hook_body(), **{"Idempotency-Key": "other"}).status_code == 400


def test_a_signature_that_is_given_must_be_right(http: requests.Session, server: PracticeServer) -> None:
    """The signature is the HMAC-SHA256 of the very bytes; a wrong one answers 401."""
    body = json.dumps(hook_body()).encode()
    headers = {"Content-Type": "application/json", "Idempotency-Key": "k-1"}
    right = "sha256=" + hmac.new(b"practice-hook-secret", body, hashlib.sha256).hexdigest()
    url = f"{server.url}/hook"
    wrong = http.post(url, data=body + b" ", headers={**headers, "X-Notifier-Signature": right}, timeout=5)
    assert (wrong.status_code, server.posts) == (401, [])
    assert http.post(url, data=body, headers={**headers, "X-Notifier-Signature": right}, timeout=5).status_code == 201
