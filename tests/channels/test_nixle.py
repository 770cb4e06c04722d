"""The Nixle channel: the launch at Everbridge, its refusals, and how a lost launch is found again."""

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from channels.nixle import Nixle
from notifier.channel import AuthFailed, CannotTell, Delivered, Found, Limit, Rejected, Retry, Unknown, Works
from notifier.kind import Urgency
from tests.channels.messages import NOW, a_channel, a_prepared
from tests.channels.wire import WireServer, answering

REFERENCE = "[n-20261122-195806-k7f3q r1 en]"
Refusal = AuthFailed | Rejected | Retry | Unknown


def contract_account(url: str) -> dict[str, Any]:
    """Give the settings with which the contract's kit tries this channel."""
    return {
        "type": "nixle",
        "base_url": url,
        "organization_id": "8888",
        "username": "service-account",
        "password": "everbridge-wörd-40c2",
        "event_groups": [301],
        "region_ids": [5001, 6001],
    }


@pytest.fixture
def server() -> Iterator[WireServer]:
    """Start a service that answers as Everbridge does."""
    with WireServer(answering(200, launched(17))) as started:
        yield started


def launched(number: object) -> bytes:
    """Write the answer to a launch."""
    base = "https://api.everbridge.example/rest/notifications/8888"
    return json.dumps({"message": "OK", "id": number, "baseUri": base, "instanceUri": f"{base}/{number}"}).encode()


def nixle_part(server: WireServer) -> dict[str, Any]:
    """Read what went to Nixle in the newest launch."""
    part: dict[str, Any] = json.loads(server.posts[-1].body)["publicMessages"]["nixleAlertMessage"]
    return part


def test_send_launches_one_notification(server: WireServer) -> None:
    """The text message, the whole text, CAP's words, the audience, and our reference in the title."""
    prepared = a_prepared(
        text="EPD: Main St closed",
        beside={"headline": "x", "long": "Main Street is closed."},
        expires=NOW + timedelta(hours=24),
    )
    outcome = a_channel(Nixle, contract_account(server.url), contact_phone="555-555-0123").send(prepared)
    url = "https://api.everbridge.example/rest/notifications/8888/17"
    assert outcome == Delivered("17", url, {"remote_id": "17", "url": url})
    (seen,) = server.seen
    basic = base64.b64encode("service-account:everbridge-wörd-40c2".encode()).decode()
    assert (seen.method, seen.target) == ("POST", "/rest/notifications/8888")
    assert seen.headers["authorization"] == f"Basic {basic}"
    facts = prepared.message.alert
    assert json.loads(seen.body) == {
        "message": {
            "title": f"Road closed: Main Street {REFERENCE}",
            "textMessage": "Main Street is closed.",
            "contentType": "Text",
        },
        "type": "Standard",
        "priority": "NonPriority",
        "launchtype": "SendNow",
        "publicMessages": {
            "nixleAlertMessage": {
                "event": facts.event,
                "urgency": facts.urgency,
                "severity": facts.severity,
                "certainty": facts.certainty,
                "category": facts.category,
                "expire": "24",
                "smsMessage": "EPD: Main St closed",
                "instructions": "Main Street is closed.",
                "action": "create",
                "type": 1,
                "applyZipCodeToEventGroups": False,
                "eventGroups": [301],
                "community": {
                    "contactName": "Exampleton Police Department",
                    "contactPhone": "555-555-0123",
                    "regionIds": [5001, 6001],
                },
            }
        },
    }


@pytest.mark.parametrize(
    ("urgency", "kind"), [("Immediate", 1), ("Expected", 2), ("Future", 3), ("Past", 3), ("Unknown", 3)]
)
def test_the_kind_of_message_follows_the_urgency(server: WireServer, urgency: Urgency, kind: int) -> None:
    """Only what cannot wait is an Alert; by default a resident gets no Community message."""
    alert = replace(a_prepared().message.alert, urgency=urgency)
    a_channel(Nixle, contract_account(server.url)).send(a_prepared(alert=alert))
    assert nixle_part(server)["type"] == kind


@pytest.mark.parametrize(
    ("lasts", "hours"), [(timedelta(minutes=5), "1"), (timedelta(minutes=61), "2"), (timedelta(0), "1")]
)
def test_it_expires_after_whole_hours(server: WireServer, lasts: timedelta, hours: str) -> None:
    """Everbridge counts hours; a started one counts."""
    a_channel(Nixle, contract_account(server.url)).send(a_prepared(expires=NOW + lasts))
    assert nixle_part(server)["expire"] == hours


def test_a_text_too_long_for_everbridge_keeps_whole_paragraphs(server: WireServer) -> None:
    """No sentence is cut, and the reader learns where the rest is."""
    paragraphs = [f"{number} " + "word " * 160 for number in range(5)]
    long = "\n\n".join(part.strip() for part in paragraphs)
    a_channel(Nixle, contract_account(server.url)).send(a_prepared(beside={"long": long}))
    told = nixle_part(server)["instructions"]
    assert len(told) <= 2_500
    assert told == long[: len(told) - len("https://police.exampleton.example")] + "https://police.exampleton.example"
    a_channel(Nixle, contract_account(server.url)).send(a_prepared(text="EPD: short", beside={"long": "x" * 9_000}))
    assert nixle_part(server)["instructions"] == "EPD: short\n\nhttps://police.exampleton.example"


def test_a_long_headline_leaves_room_for_the_reference(server: WireServer) -> None:
    """Without the whole reference a lost launch is never found."""
    a_channel(Nixle, contract_account(server.url)).send(a_prepared(headline="x" * 400))
    title = json.loads(server.posts[0].body)["message"]["title"]
    assert len(title) == 255
    assert title.endswith(f"x {REFERENCE}")


def test_the_capabilities_follow_the_accounts_limit(server: WireServer) -> None:
    """Older accounts take less than 138."""
    capabilities = a_channel(Nixle, contract_account(server.url), sms_limit=110).capabilities
    assert capabilities.limit == Limit(110, "sms")
    assert capabilities.gsm7
    assert capabilities.beside == ("headline", "long")


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (400, Rejected),
        (401, AuthFailed),
        (403, AuthFailed),
        (429, Retry),
        (500, Unknown),
        (502, Unknown),
        (503, Unknown),
    ],
)
def test_send_reads_each_refusal(server: WireServer, status: int, outcome: type[Refusal]) -> None:
    """Everbridge says why in `message`; whatever it fails at itself may have gone to telephones."""
    server.answer = answering(status, b'{"message":"event group 9 is unknown"}')
    told = a_channel(Nixle, contract_account(server.url)).send(a_prepared())
    assert isinstance(told, outcome)
    assert "event group 9 is unknown" in told.reason


@pytest.mark.parametrize("body", [b"{}", launched(None), launched("x/y"), launched("²"), b"<html>"])
def test_a_yes_that_names_no_notification_is_unknown(server: WireServer, body: bytes) -> None:
    """Without its number nobody knows whether it was launched."""
    server.answer = answering(200, body)
    assert isinstance(a_channel(Nixle, contract_account(server.url)).send(a_prepared()), Unknown)


def test_find_knows_our_reference_in_a_title(server: WireServer) -> None:
    """The reference of this notification, revision and language, and no other."""
    others = ["Road closed: Main Street", REFERENCE.replace("r1", "r2"), REFERENCE.replace("en", "es"), None]
    listed = [{"id": number, "message": {"title": title}} for number, title in enumerate(others)]
    page = {"message": "OK", "page": {"data": [*listed, {"id": 17, "message": {"title": f"Closed {REFERENCE}"}}]}}
    server.answer = answering(200, json.dumps(page).encode())
    finding = a_channel(Nixle, contract_account(server.url)).find(a_prepared(), NOW)
    assert isinstance(finding, Found)
    assert finding.delivered.remote_id == "17"
    assert finding.delivered.url == f"{server.url}/rest/notifications/8888/17"


@pytest.mark.parametrize(("status", "body"), [(200, b'{"page":{"data":[]}}'), (200, b"{}"), (401, b"{}"), (500, b"")])
def test_find_never_proves_absence(server: WireServer, status: int, body: bytes) -> None:
    """It rings telephones: a person looks before it goes out again."""
    server.answer = answering(status, body)
    finding = a_channel(Nixle, contract_account(server.url)).find(a_prepared(), NOW - timedelta(hours=1))
    assert isinstance(finding, CannotTell)
    assert "Manager Portal" in finding.reason


def test_check_lists_and_launches_nothing(server: WireServer) -> None:
    """The account may see the organization's notifications."""
    channel = a_channel(Nixle, contract_account(server.url))
    server.answer = answering(200, b'{"message":"OK","page":{"data":[]}}')
    assert channel.check() == Works()
    server.answer = answering(401, b'{"message":"Authentication failed"}')
    assert isinstance(channel.check(), AuthFailed)
    assert {seen.method for seen in server.seen} == {"GET"}


def test_a_person_publishes_at_the_agencys_login() -> None:
    """Where the account at Everbridge is dead, and where a launch is to be taken down."""
    hand_off = a_channel(Nixle, contract_account("http://127.0.0.1:9")).hand_off
    assert (hand_off.service, hand_off.compose) == ("Nixle", "https://agency.nixle.com/login/")
    assert hand_off.hosts == ("nixle.us", "local.nixle.com")
