"""The webhook channel: the JSON, the key and the signature that receivers rely on."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from channels.webhook import Webhook, WebhookSettings
from notifier.channel import Delivered, Rejected, Retry, Unknown
from tests.channels.messages import NOW, a_channel, a_prepared
from tests.channels.wire import WireServer, answering, closing, writing

ANY_YES_IS_A_YES = True
"""Receivers are promised that only their status counts."""


def contract_account(url: str) -> dict[str, Any]:
    """Give the settings with which the contract's kit tries this channel."""
    return {"type": "webhook", "url": f"{url}/hook", "secret": "hook-secret-5f1c"}


@pytest.fixture
def server() -> Iterator[WireServer]:
    """Start a receiver."""
    with WireServer() as started:
        yield started


def test_send_posts_exactly_the_promised_fields(server: WireServer) -> None:
    """A receiver may rely on these names, and on no others being there."""
    prepared = a_prepared(links=("https://city.example/news",), headline="Cerrada: Calle Ñ")
    assert isinstance(a_channel(Webhook, contract_account(server.url)).send(prepared), Delivered)
    (seen,) = server.seen
    message = prepared.message
    assert json.loads(seen.body) == {
        "id": message.id,
        "key": message.key,
        "kind": "road-closure",
        "stage": "issue",
        "status": "actual",
        "language": "en",
        "headline": "Cerrada: Calle Ñ",
        "text": message.text,
        "links": ["https://city.example/news"],
        "sent": NOW.isoformat(),
    }
    assert (seen.method, seen.target, seen.headers["content-type"]) == ("POST", "/hook", "application/json")
    assert seen.headers["idempotency-key"] == message.key


def test_send_signs_the_body_with_the_secret(server: WireServer) -> None:
    """The receiver can tell that the body is the department's."""
    a_channel(Webhook, contract_account(server.url)).send(a_prepared())
    (seen,) = server.seen
    wanted = hmac.new(b"hook-secret-5f1c", seen.body, hashlib.sha256).hexdigest()
    assert seen.headers["x-notifier-signature"] == f"sha256={wanted}"


def test_send_without_a_secret_signs_nothing(server: WireServer) -> None:
    """No secret, no header that looks like one."""
    a_channel(Webhook, {"type": "webhook", "url": server.url}).send(a_prepared())
    assert "x-notifier-signature" not in server.seen[0].headers


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_is_delivered(server: WireServer, status: int) -> None:
    """A receiver says yes as it likes."""
    server.answer = answering(status)
    assert isinstance(a_channel(Webhook, contract_account(server.url)).send(a_prepared()), Delivered)


def test_a_yes_whose_body_breaks_off_is_delivered(server: WireServer) -> None:
    """The status is the promise; the body is a courtesy."""
    server.answer = writing(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{")
    assert isinstance(a_channel(Webhook, contract_account(server.url)).send(a_prepared()), Delivered)


@pytest.mark.parametrize(
    ("answer", "remote_id", "url"),
    [
        ({"id": "h-1", "url": "https://hooks.example/1"}, "h-1", "https://hooks.example/1"),
        ({"id": 17}, "17", None),
        ({"id": True, "url": "javascript:alert(1)"}, None, None),
        ({"id": "", "url": ["https://hooks.example/1"]}, None, None),
        ({"id": "x" * 201, "url": "https://hooks.example/" + "x" * 500}, None, None),
        ({"id": "a\x1b[2Jb", "url": "https://hooks.example/\u202e"}, None, None),
        (["h-1"], None, None),
    ],
)
def test_send_keeps_the_id_and_address_of_the_answer_where_they_are_sound(
    server: WireServer, answer: object, remote_id: str | None, url: str | None
) -> None:
    """What a receiver names is kept; what is no id or no web address is not."""
    server.answer = answering(200, json.dumps(answer).encode())
    outcome = a_channel(Webhook, contract_account(server.url)).send(a_prepared())
    assert outcome == Delivered(remote_id, url, {"remote_id": remote_id, "url": url})


def test_a_lost_answer_is_unknown_whatever_the_receiver_promises(server: WireServer) -> None:
    """Whether the key makes a repeat safe is for who retries to decide, from the capabilities."""
    server.answer = closing
    for idempotent, idempotency in ((True, "key"), (False, "none")):
        channel = a_channel(Webhook, contract_account(server.url), idempotent=idempotent)
        assert isinstance(channel.send(a_prepared()), Unknown)
        assert channel.capabilities.idempotency == idempotency


def test_refusals_are_read_by_their_status(server: WireServer) -> None:
    """No is no; busy is later."""
    channel = a_channel(Webhook, contract_account(server.url))
    server.answer = answering(422, b'{"error": "no"}')
    assert channel.send(a_prepared()) == Rejected("the service refused it (422)")
    server.answer = answering(503)
    assert isinstance(channel.send(a_prepared()), Retry)


@pytest.mark.parametrize("url", ["hooks.example", "https://user:word@hooks.example/", "file:///etc/passwd"])
def test_settings_refuse_an_address_that_is_none_or_holds_a_password(url: str) -> None:
    """The address is shown and logged."""
    with pytest.raises(ValidationError):
        WebhookSettings.model_validate({"type": "webhook", "url": url})
