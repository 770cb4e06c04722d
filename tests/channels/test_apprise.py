"""Apprise: what it is told by an address, that a no is unknown, and that nothing acts or speaks behind the record."""

import json
import logging
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from channels.apprise import Apprise, AppriseSettings
from notifier.channel import AuthFailed, Delivered, Limit, Outcome, Rejected, Unknown, Works
from tests.channels.messages import a_channel, a_prepared
from tests.channels.wire import WireServer, a_closed_port, answering, closing, resetting, response, writing

SHORT = 0.6
TOKEN, PASSWORD = "path-token-7d20", "url-password-7d20"


def contract_account(url: str) -> dict[str, Any]:
    """Give the settings with which the contract's kit tries this channel."""
    return {"type": "apprise", "urls": url.replace("http://", f"json://desk:{PASSWORD}@") + f"/{TOKEN}"}


@pytest.fixture
def server() -> Iterator[WireServer]:
    """Start a service that answers as the test says."""
    with WireServer() as started:
        yield started


def an_address(server: WireServer, query: str = "") -> str:
    """Write the server as an address of Apprise's."""
    return f"json://desk:{PASSWORD}@127.0.0.1:{server.port}/{TOKEN}{query}"


def notify(server: WireServer, query: str = "", timeout: float = 5.0, **changes: Any) -> Outcome:
    """Send a road closure by one address."""
    channel = a_channel(Apprise, {"type": "apprise", "urls": an_address(server, query)}, timeout=timeout)
    outcome: Outcome = channel.send(a_prepared(**changes))
    return outcome


def test_a_title_and_a_text_go_out_in_one_request(server: WireServer) -> None:
    """As they are, in any script; a yes has no id and no address."""
    text = "Cerrada: Calle Ñ <b>&amp; *not bold* 👨‍👩‍👧 你好 \u200fשלום\n\n@everyone"
    assert notify(server, text=text, beside={"headline": "Closed: Main"}) == Delivered(None, None, {"by": "1-json"})
    (seen,) = server.seen
    assert (seen.method, seen.target) == ("POST", f"/{TOKEN}")
    told = json.loads(seen.body)
    assert (told["title"], told["message"], told["type"]) == ("Closed: Main", text, "info")


@pytest.mark.parametrize("status", [204, 300, 302, 400, 401, 404, 429, 500, 503])
def test_a_no_is_unknown_whatever_it_was(server: WireServer, status: int) -> None:
    """Apprise does not say whether the service has it."""
    server.answer = answering(status, b"{}", {"Retry-After": "1"})
    assert isinstance(notify(server), Delivered if status == 204 else Unknown)


def test_every_way_to_lose_an_answer_is_unknown(server: WireServer) -> None:
    """A refused connection as well: Apprise tells none from another."""
    for answer in (closing, resetting, writing(b"HTTP/1.1 20"), writing(b"220 mail.example ESMTP\r\n")):
        server.answer = answer
        assert isinstance(notify(server), Unknown)
    gone = a_channel(Apprise, contract_account(f"http://127.0.0.1:{a_closed_port()}"))
    assert isinstance(gone.send(a_prepared()), Unknown)


def test_a_hostile_yes_is_a_yes(server: WireServer) -> None:
    """Whatever stands in it."""
    for body in (b"", b"[" * 50_000, b"<html>Sign in</html>", b"\xff", json.dumps({"error": TOKEN}).encode()):
        server.answer = answering(200, body)
        assert isinstance(notify(server), Delivered)


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
def test_a_hung_service_is_unknown_in_time(server: WireServer) -> None:
    """Also one that drips, for which Apprise would wait for ever."""
    for answer in (server.hang, server.drip(response(200, b"x" * 200), every=SHORT / 5)):
        server.answer = answer
        began = time.monotonic()
        assert isinstance(notify(server, timeout=SHORT), Unknown)
        assert time.monotonic() - began < 3 * SHORT


@pytest.mark.parametrize("query", ["?retry=3&wait=0", "?optional=yes", "?redirect=yes", "?overflow=split"])
def test_what_an_address_asks_for_changes_neither_the_number_of_requests_nor_their_outcome(
    server: WireServer, query: str
) -> None:
    """No repeat of its own, no no that is called a yes, no redirect, no second piece."""
    with WireServer() as other:
        server.answer = answering(302, headers={"Location": f"{other.url}/elsewhere"})
        assert isinstance(notify(server, query), Unknown)
        assert (len(server.seen), other.connections) == (1, 0)


def test_nothing_is_cut_or_split_in_silence(server: WireServer) -> None:
    """The plan keeps to `limit`; what an address takes less of is refused before it goes out."""
    assert a_channel(Apprise, contract_account(server.url), limit=500).capabilities.limit == Limit(500, "characters")
    for query in ("", "?overflow=split", "?overflow=truncate"):
        outcome = notify(server, query, text="x" * 32_769)
        assert isinstance(outcome, Rejected)
        assert "32768 characters" in outcome.reason
    assert server.seen == []
    assert isinstance(notify(server, "?overflow=truncate", text="x" * 32_768), Delivered)
    assert len(json.loads(server.seen[0].body)["message"]) == 32_768


def test_two_notifications_do_not_wait_for_each_other(server: WireServer) -> None:
    """Apprise would sleep for seconds between two calls of a plugin."""
    channel = a_channel(Apprise, {"type": "apprise", "urls": an_address(server)})
    began = time.monotonic()
    for _ in range(3):
        assert isinstance(channel.send(a_prepared()), Delivered)
    assert time.monotonic() - began < 2


def test_each_address_is_a_delivery_of_its_own(server: WireServer) -> None:
    """One that fails sends the others nothing twice; an address that is no longer there gets nothing."""
    urls = f"# the desk\n{an_address(server)}\n\nxml://127.0.0.1:{server.port}/{TOKEN}  # the county\n"
    with pytest.raises(ValidationError):
        a_channel(Apprise, {"type": "apprise", "urls": urls})
    channel = a_channel(Apprise, {"type": "apprise", "urls": urls.replace("  # the county", "")})
    assert channel.capabilities.recipients == ("1-json", "2-xml")
    assert isinstance(channel.send(a_prepared(recipient="2-xml")), Delivered)
    (seen,) = server.seen
    assert "xml" in seen.headers["content-type"]
    for wrong in ("", "3-json", "2-json", "1-xml"):
        assert isinstance(channel.send(a_prepared(recipient=wrong)), Rejected)


def test_no_secret_is_told_or_logged(server: WireServer, caplog: pytest.LogCaptureFixture) -> None:
    """Addresses hold tokens, and Apprise, requests and urllib3 write them at DEBUG."""
    caplog.set_level(1)
    logging.getLogger("apprise").setLevel(1)
    channel = a_channel(Apprise, {"type": "apprise", "urls": an_address(server)})
    channel.load()
    told = [repr(channel.check()), repr(channel.settings), repr(vars(channel))]
    for answer in (answering(200), answering(500, TOKEN.encode()), closing):
        server.answer = answer
        told.append(repr(channel.send(a_prepared())))
    wrong = a_channel(Apprise, {"type": "apprise", "urls": f"nonsense://{TOKEN}:{PASSWORD}@127.0.0.1"})
    told.append(repr(wrong.send(a_prepared())))
    for secret in (TOKEN, PASSWORD):
        assert secret not in " ".join(told) + caplog.text


def test_check_sees_whether_an_address_is_understood() -> None:
    """It tries none: that would be a notification."""
    assert a_channel(Apprise, contract_account("http://127.0.0.1:9")).check() == Works(
        said="understood, but not tried: 1-json: JSON"
    )
    wrong = a_channel(Apprise, {"type": "apprise", "urls": "slack://no"}).check()
    assert isinstance(wrong, AuthFailed)
    assert "1-slack" in wrong.reason
    too_long = a_channel(Apprise, {"type": "apprise", "urls": "discord://417421629/a-token-of-it"}, limit=3_000).check()
    assert isinstance(too_long, Rejected)
    assert "2000 characters" in too_long.reason


def test_the_services_that_are_named_are_understood() -> None:
    """Their addresses as Apprise's documentation writes them; no request is made."""
    urls = "\n".join(
        (
            f"slack://T00000000/A00000000/{'x' * 24}/#general",
            f"workflows://host.example/{'1' * 14}/{'x' * 17}/?ver=1",
            "discord://417421629/a-token-of-it",
            f"tgram://123456789:{'x' * 17}/12315544",
            "ntfy://topic",
        )
    )
    checked = a_channel(Apprise, {"type": "apprise", "urls": urls}, limit=700).check()
    assert isinstance(checked, Works)
    assert str(checked.said).count(":") == 6


@pytest.mark.parametrize("urls", ["json:/x", "127.0.0.1/x", "json://a\x00b", "json://", "slack://ok\nno address"])
def test_settings_refuse_what_is_no_address_and_do_not_quote_it(urls: str) -> None:
    """It may be a token that slipped."""
    with pytest.raises(ValidationError) as wrong:
        AppriseSettings.model_validate({"type": "apprise", "urls": urls})
    told = wrong.value.errors()[0]["msg"]
    assert "no address of Apprise's" in told
    assert urls not in told


def test_a_secret_that_is_missing_holds_the_channel_and_breaks_nothing() -> None:
    """The configuration is read with an empty text for it."""
    channel = a_channel(Apprise, {"type": "apprise", "urls": ""})
    assert channel.capabilities.recipients == ()
    assert isinstance(channel.send(a_prepared()), Rejected)


def test_without_the_library_the_channel_says_what_to_install() -> None:
    """And the module of this name in channels/ is not taken for it."""
    program = (
        "import sys\n"
        "sys.modules['apprise'] = None\n"
        "from channels.apprise import Apprise\n"
        "from tests.channels.messages import a_channel, a_prepared\n"
        "channel = a_channel(Apprise, {'type': 'apprise', 'urls': 'json://127.0.0.1:9'})\n"
        "channel.load()\n"
        "print(channel.send(a_prepared()), channel.check())\n"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert said.count("AuthFailed(reason='apprise is not installed here; install it with: pip install \"police") == 2
