"""What every adapter keeps, whoever wrote it: the five outcomes, one publishing request, no secret anywhere.

The adapters are found in channels/; contract_kit.py says how an account of each is had.
"""

import ast
import json
import logging
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from notifier.channel import (
    FORMS,
    AuthFailed,
    CannotTell,
    Channel,
    ChannelSettings,
    Delivered,
    Retry,
    Unknown,
    secret_fields,
)
from tests.channels.contract_kit import (
    ADAPTERS,
    FOLDER,
    NETWORKED,
    Kit,
    adapter_of,
    an_attempt,
    channel_of,
    offered,
    secrets_of,
)
from tests.channels.messages import NOW
from tests.channels.wire import WireServer, a_closed_port, answering, closing, resetting, response, writing

SHORT = 0.3
every_adapter = pytest.mark.parametrize("name", ADAPTERS)
every_networked = pytest.mark.parametrize("name", NETWORKED)


@pytest.fixture
def server() -> Iterator[WireServer]:
    """Start a service that answers as the test says."""
    with WireServer() as started:
        yield started


# --- what needs no network --------------------------------------------------------------------------------------------


def test_the_kit_finds_the_adapters() -> None:
    """The folder is read, so that a new adapter cannot be forgotten."""
    assert {"console", "facebook", "nixle", "smtp", "webhook", "x"} <= set(ADAPTERS)
    assert {"facebook", "nixle", "webhook", "x"} <= set(NETWORKED)


@every_adapter
def test_an_adapter_names_its_class_and_its_own_settings(name: str) -> None:
    """The registry needs CHANNEL, a Channel whose settings refuse what they do not know."""
    kind = adapter_of(name)
    assert issubclass(kind, Channel)
    assert issubclass(kind.Settings, ChannelSettings)
    assert kind.Settings is not ChannelSettings
    assert kind.Settings.model_config["extra"] == "forbid"
    assert kind.Settings.model_config["frozen"] is True


@every_adapter
def test_every_setting_is_described(name: str) -> None:
    """The documentation and `notify schema config` are made from the descriptions."""
    undescribed = [field for field, about in adapter_of(name).Settings.model_fields.items() if not about.description]
    assert undescribed == []


@every_adapter
def test_what_sounds_like_a_secret_is_one(name: str) -> None:
    """A password in a plain field would be printed with the settings."""
    settings = adapter_of(name).Settings
    sounding = {
        field
        for field in settings.model_fields
        if any(word in field for word in ("secret", "password", "token", "_key"))
    }
    assert sounding <= secret_fields(settings)


@every_adapter
def test_no_secret_is_in_a_repr(name: str) -> None:
    """Settings and channel may be printed or logged whole."""
    channel = channel_of(name, "http://127.0.0.1:9")
    shown = repr([channel, channel.settings, vars(channel), channel.settings.model_dump()])
    assert [secret for secret in secrets_of(channel) if secret in shown] == []


@every_adapter
def test_the_capabilities_are_sound_and_stay(name: str) -> None:
    """Rendering and planning decide by them."""
    channel = channel_of(name, "http://127.0.0.1:9")
    capabilities = channel.capabilities
    assert capabilities == channel.capabilities
    assert capabilities.form in FORMS
    assert set(capabilities.beside) <= set(FORMS) - {capabilities.form}
    assert capabilities.limit is None or capabilities.limit.amount > 0
    own_find = type(channel).find is not Channel.find
    assert own_find or capabilities.idempotency != "lookup", "who says `lookup` can look up"


@every_adapter
def test_an_adapter_imports_only_what_it_may(name: str) -> None:
    """An adapter knows the port, the client, the lengths, the errors and itself; never another adapter."""
    port = ("notifier.channel", "notifier.http_client", "notifier.lengths", "notifier.errors")
    may = (*port, "notifier.hosted_pictures", f"channels.{name}", "channels._containers")
    single = FOLDER / f"{name}.py"
    for path in [single] if single.is_file() else (FOLDER / name).glob("*.py"):
        house = [module for module in _imports(path) if module.partition(".")[0] in ("notifier", "channels")]
        assert [module for module in house if not module.startswith(may)] == [], path.name


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            yield node.module or ""
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def test_importing_every_adapter_loads_no_network_library() -> None:
    """The console starts fast because these are imported where they are used."""
    heavy = ["requests", "urllib3", "requests_oauthlib", "oauthlib", "smtplib", "http.client", "feedparser", "PIL"]
    names = [name for name in ADAPTERS if name != "site"]
    code = (
        f"import importlib, sys\nfor name in {names}: importlib.import_module('channels.' + name)\n"
        f"print([each for each in {heavy} if each in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=FOLDER.parent)
    assert done.stdout.strip() == "[]"


# --- every status -----------------------------------------------------------------------------------------------------


@every_networked
def test_every_error_status_is_one_of_the_outcomes(name: str, server: WireServer) -> None:
    """No status is a delivery; 401 stops the channel; a failure of the service's own is not tried again blindly."""
    kit = Kit(name, server)
    for status in range(400, 600):
        server.answer = answering(status, b"{}")
        outcome = kit.send()
        assert not isinstance(outcome, Delivered), status
        if status == 401:
            assert isinstance(outcome, AuthFailed | Retry), "dead, or a session that is made anew"
        elif status == 503:
            assert isinstance(outcome, Retry | Unknown)
        elif status >= 500 or status == 408:
            assert isinstance(outcome, Unknown), status


@every_networked
@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 307, 308])
def test_no_redirect_is_followed(name: str, server: WireServer, status: int) -> None:
    """Another host never sees the post or the credential."""
    with WireServer() as other:
        server.answer = answering(status, headers={"Location": f"{other.url}/elsewhere"})
        kit = Kit(name, server)
        assert not isinstance(kit.send(), Delivered)
        kit.find()
        kit.check()
        assert other.connections == 0


@every_networked
@pytest.mark.parametrize(
    ("header", "at"),
    [
        ("120", NOW + timedelta(seconds=120)),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), NOW + timedelta(seconds=90)),
        ("rubbish", None),
        ("9" * 400, NOW + timedelta(days=1)),
    ],
    ids=["seconds", "date", "rubbish", "huge"],
)
def test_a_429_waits_as_long_as_it_is_told(name: str, server: WireServer, header: str, at: datetime | None) -> None:
    """Retry-After wins over our own backoff, in both of its forms."""
    server.answer = answering(429, b"{}", {"Retry-After": header})
    outcome = Kit(name, server).send()
    assert isinstance(outcome, Retry)
    assert (outcome.at and outcome.at.replace(microsecond=0)) == (at and at.replace(microsecond=0))


# --- every way to lose an answer --------------------------------------------------------------------------------------


@every_networked
def test_a_lost_answer_is_unknown(name: str, server: WireServer) -> None:
    """Closed, reset, or cut inside its head: the post may stand."""
    kit = Kit(name, server)
    for answer in (closing, resetting, writing(b"HTTP/1.1 20"), writing(b"220 mail.example ESMTP\r\n")):
        server.answer = answer
        assert isinstance(kit.send(), Unknown)


@every_networked
def test_a_hung_service_is_unknown_in_time(name: str, server: WireServer) -> None:
    """An answer that never comes, or drips, ends with the account's timeout."""
    kit = Kit(name, server, SHORT)
    for answer in (server.hang, server.drip(response(400, b"x" * 200), every=SHORT / 5)):
        server.answer = answer
        started = time.monotonic()
        assert isinstance(kit.send(), Unknown)
        assert time.monotonic() - started < 3 * SHORT


@every_networked
def test_a_refused_connection_is_tried_again(name: str) -> None:
    """Nothing was sent."""
    channel = channel_of(name, f"http://127.0.0.1:{a_closed_port()}")
    channel.state.change(**offered(name, "contract_state"))
    attempt = an_attempt(name, channel)
    assert isinstance(channel.send(attempt), Retry)
    finding = channel.find(attempt, NOW - timedelta(minutes=5))
    assert isinstance(finding, CannotTell)


@every_networked
def test_a_broken_yes_is_a_delivery_or_unknown(name: str, server: WireServer) -> None:
    """A yes is never a refusal and never tried again, whatever its body is."""
    kit = Kit(name, server)
    for raw in (
        b"",
        b"{}",
        b"[]",
        b"null",
        b"<html>Sign in</html>",
        b"\xff",
        b"[" * 50_000,
        b'{"id": null, "data": []}',
    ):
        server.answer = answering(200, raw)
        assert isinstance(kit.send(), Delivered | Unknown)
    server.answer = writing(b'HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{"id": "1')
    assert isinstance(kit.send(), Delivered | Unknown)


# --- before and after a post ------------------------------------------------------------------------------------------

OPERATIONS = ("amend", "reply", "withdraw")
every_later = pytest.mark.parametrize(
    ("name", "operation"),
    [
        (name, op)
        for name in NETWORKED
        for op in OPERATIONS
        if getattr(adapter_of(name), op) is not getattr(Channel, op)
    ],
)
STATUSES = (300, 302, 400, 401, 402, 403, 404, 405, 408, 409, 410, 413, 422, 425, 429, 500, 502, 503, 504, 599)


@every_adapter
def test_what_it_says_it_can_it_has_a_way_for(name: str) -> None:
    """`notify withdraw` and the documentation go by the capabilities."""
    kind = adapter_of(name)
    can = channel_of(name, "http://127.0.0.1:9").capabilities
    for operation, able in zip(OPERATIONS, (can.can_amend, can.can_reply, can.can_withdraw), strict=True):
        own = getattr(kind, operation) is not getattr(Channel, operation)
        assert own or not able, f"who can {operation} has a method for it"
    assert can.thread != "replies" or can.can_reply, "the parts of a thread are replies"
    assert can.by_hand or kind.send is not Channel.send, "what no person posts is sent"
    assert kind.systems, "the documentation's table of channels needs `systems`"


@every_later
def test_a_later_request_is_one_of_the_outcomes(name: str, operation: str, server: WireServer) -> None:
    """To amend, reply or withdraw has the five outcomes of a post, whatever is answered."""
    kit = Kit(name, server)
    assert kit.receipt, f"offer contract_receipt() in tests/channels/test_{name}.py"
    for status in STATUSES:
        server.answer = answering(status, b"{}")
        outcome = kit.later(operation)
        assert operation == "withdraw" or not isinstance(outcome, Delivered), status
        if status == 401:
            assert isinstance(outcome, AuthFailed | Retry)
        if status >= 500 and status != 503:
            assert isinstance(outcome, Unknown | Retry), status
    for answer in (closing, resetting, writing(b"HTTP/1.1 20")):
        server.answer = answer
        assert isinstance(kit.later(operation), Unknown)
    for body in _misshapen():
        server.answer = answering(200, body)
        kit.later(operation)


@every_networked
def test_nothing_that_comes_before_a_post_raises(name: str, server: WireServer) -> None:
    """Signing in and uploading meet refusals, broken answers and other shapes than the service's own."""
    kit = Kit(name, server)
    answers = [
        *(answering(status, b"{}") for status in STATUSES),
        *(answering(200, body) for body in _misshapen()),
        *(closing, resetting, writing(b"HTTP/1.1 20")),
    ]
    for server.answer in answers:
        kit.sign_in()
        for message in kit.messages:
            kit.prepare(message)


# --- hostile answers --------------------------------------------------------------------------------------------------

_WRONG_SHAPES: tuple[object, ...] = (None, 7, "x", [], [1], {}, {"a": 1}, [[]], True)
_FIELDS = ("error", "errors", "detail", "title", "type", "message", "data", "meta", "page", "id", "url", "reason")


def _misshapen() -> Iterator[bytes]:
    for shape in _WRONG_SHAPES:
        yield json.dumps(dict.fromkeys(_FIELDS, shape)).encode()
        yield json.dumps({"error": {"code": shape, "message": shape, "is_transient": shape}}).encode()
        yield json.dumps({"meta": {"next_token": shape}, "data": [shape, {"text": shape, "id": shape}]}).encode()
        yield json.dumps({"page": {"data": [shape, {"message": {"title": shape}}]}, "errors": [shape]}).encode()
    yield b"<html><title>502</title></html>"
    yield b""


@every_networked
@pytest.mark.parametrize("status", [200, 400, 403, 429, 500])
def test_a_misshapen_answer_never_raises(name: str, server: WireServer, status: int) -> None:
    """A proxy's page or a changed API gives an outcome, never a crash."""
    kit = Kit(name, server)
    for body in _misshapen():
        server.answer = answering(status, body, {"X-Business-Use-Case-Usage": body.decode()})
        kit.send()
        kit.find()
        kit.check()


@every_networked
@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 429, 500])
def test_a_service_that_repeats_our_secrets_does_not_get_them_recorded(
    name: str, server: WireServer, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Some services quote the request in their errors; outcomes and logs, down to DEBUG, quote no secret."""
    caplog.set_level(logging.DEBUG)
    kit = Kit(name, server)
    secrets = secrets_of(kit.channel)
    server.answer = answering(200)
    kit.send()
    credential = server.seen[0].headers.get("authorization", "")
    server.answer = answering(status, _echo(" ".join([*secrets, credential])))
    told = repr([kit.send(), kit.find(), kit.check()])
    signed = credential.startswith("OAuth")
    assert signed or not credential or credential.split()[-1] not in told + caplog.text
    assert [secret for secret in secrets if secret in told + caplog.text] == []


def _echo(words: str) -> bytes:
    said = dict.fromkeys(("message", "detail", "title", "error_user_msg"), f"bad request: {words}")
    address = "http://a.example/?" + words.replace(" ", "+")
    named = {"id": words, "url": address, "permalink_url": address, "instanceUri": address}
    return json.dumps({**said, **named, "error": {**said, "code": 100}, "data": [named], "errors": [said]}).encode()


@every_networked
def test_a_repeat_is_the_same_bytes(name: str, server: WireServer) -> None:
    """A retry, by this process or the next, sends what was sent before: method, address, body and key."""
    sent = []
    for _ in range(3):
        Kit(name, server).send()
        seen = server.posts[-1]
        kept: Mapping[str, str] = {key: value for key, value in seen.headers.items() if key != "authorization"}
        sent.append((seen.method, seen.target, seen.body, kept))
    assert sent[0] == sent[1] == sent[2]
    assert sent[0][2], "a post has a body"
