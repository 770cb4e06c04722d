"""Texts that break careless programs, through every adapter that speaks HTTP, and what does not fit, at the plan.

An adapter's own test module may offer `contract_text(body) -> str | None`: what a request's body shows, its markup
undone, or None where it shows nothing. Without it the text is looked for among the values of a JSON or form body, as it
is, or as HTML or a backslash would escape it. It may say `ANY_YES_IS_A_YES = True`: the body of a yes does not matter.
"""

import html
import importlib
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

import pytest

from notifier.channel import Delivered, Limit, Prepared
from notifier.errors import DoesNotFit
from notifier.lengths import fits, length
from notifier.plan import Target, make_plan
from notifier.rendering import Renderer
from notifier.shown import Renders
from tests.channels.contract_kit import ADAPTERS, NETWORKED, OUTCOMES, Kit, channel_of, offered
from tests.channels.test_smtp import body, one_letter
from tests.channels.wire import WireServer, answering
from tests.notifications import FULL_FIELDS, a_department, a_full_notification

every_adapter = pytest.mark.parametrize("name", ADAPTERS)
every_networked = pytest.mark.parametrize("name", NETWORKED)
limited = pytest.mark.parametrize(
    "name", [name for name in ADAPTERS if channel_of(name, "http://127.0.0.1:9").capabilities.limit is not None]
)
every_kind = pytest.mark.parametrize("kind", sorted(FULL_FIELDS))

TEXTS = {
    "an emoji family": "Missing: 👨‍👩‍👧‍👦 🇺🇸 👍🏽 call 555-555-0100",
    "astral signs": "𝒜 🚓 𠜎 end",
    "Chinese, Japanese, Korean": "道路封鎖：主要街道。通行止め。도로 폐쇄",
    "right to left with vowel marks": "הרחוב סָגוּר (Main Street) والطريق مُغْلَق",
    "direction marks": "Main \u200fרחוב\u200e Street",
    "accents and a dash": "Café on Peña Street – Ç, ß, ø, 8 PM…",
    "HTML": '<b>Main</b> & <i>Elm</i> &amp; "Oak" <script>alert(1)</script> a < b > c',
    "quotes and backslashes": "Main 'St' \"Elm\" C:\\new\\table \\u0041 %41 %% {x} ${y} $$",
    "a form's own signs": "a=b&c=d+e%20f;g?h#",
    "lines": "Main Street is closed.\n\nUse River Road.",
}
every_text = pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
ANSWER = json.dumps({"id": "1", "data": {"id": "1"}, "ok": True}).encode()


@pytest.fixture
def server() -> Iterator[WireServer]:
    """Start a service that says yes."""
    with WireServer(answering(200, ANSWER)) as started:
        yield started


# --- through the wire -------------------------------------------------------------------------------------------------


def bodies(name: str, server: WireServer, text: str, **changes: Any) -> list[bytes]:
    """Prepare and send a text; answers every body that went out."""
    kit = Kit(name, server)
    message = replace(kit.prepared.message, text=text, **changes)
    prepared = kit.channel.prepare(message, {})
    ready = prepared if isinstance(prepared, Prepared) else replace(kit.prepared, message=message)
    kit.channel.state.change(**offered(name, "contract_state"))
    assert isinstance(kit.channel.send(ready), OUTCOMES)
    return [seen.body for seen in server.seen if seen.body]


def shows(name: str, sent: bytes, text: str) -> bool:
    """Whether a body shows exactly this text."""
    read = _offered(name, "contract_text")
    if read is not None:
        return text in (read(sent) or "")
    return any(text in written for value in _values(sent) for written in _unescaped(value))


def _offered(name: str, what: str) -> Any:
    try:
        return getattr(importlib.import_module(f"tests.channels.test_{name}"), what, None)
    except ModuleNotFoundError:
        return None


def _values(sent: bytes) -> Iterator[str]:
    try:
        yield from _strings(json.loads(sent))
    except ValueError:
        decoded = sent.decode("utf-8", "replace")
        yield from (value for _, value in parse_qsl(decoded, keep_blank_values=True))
        yield decoded.replace("\r\n", "\n")


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _strings(one)


def _unescaped(value: str) -> Iterator[str]:
    yield value
    yield html.unescape(re.sub(r"<br ?/?>\n?", "\n", value))
    yield re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", value)


@every_networked
@every_text
def test_a_text_arrives_as_it_is(name: str, server: WireServer, text: str) -> None:
    """In any script, and whatever it would be in a markup: it shows as text."""
    assert any(shows(name, sent, text) for sent in bodies(name, server, text))


@every_text
def test_a_text_arrives_as_it_is_by_mail(text: str) -> None:
    """In the plain body; the page shows the same, its markup written so that it is none."""
    letter = one_letter({"text": text})
    assert body(letter, "plain").replace("\r\n", "\n") == f"{text}\n"
    page = re.sub(r"<br>\n|</p>\n<p>", "\n", body(letter, "html").replace("\r\n", "\n"))
    assert re.sub(r"\s+", " ", text) in re.sub(r"\s+", " ", html.unescape(page))


@every_networked
def test_a_text_at_the_limit_arrives_whole(name: str, server: WireServer) -> None:
    """To the last sign that fits, of one byte and of four."""
    limit = channel_of(name, server.url).capabilities.limit
    for sign in ("x", "é", "道", "🚓"):
        text = filled("Exampleton PD: ", sign, limit)
        assert fits(text, limit)
        assert limit is None or not fits(text + sign, limit)
        assert any(shows(name, sent, text) for sent in bodies(name, server, text)), sign
        server.seen.clear()


@every_networked
def test_a_web_address_at_the_limit_arrives_whole(name: str, server: WireServer) -> None:
    """500 characters, as a person may type it; with what addresses hold."""
    url = "https://city.example/closures?a=1&b=%C3%B1#" + "x" * 456
    assert len(url) == 499
    limit = channel_of(name, server.url).capabilities.limit
    text = f"Main Street is closed. {url}"
    text = text if fits(text, limit) else "Main Street is closed."
    assert any(shows(name, sent, text) for sent in bodies(name, server, text, links=(url,)))


@every_networked
def test_an_error_inside_a_yes_is_no_delivery(name: str, server: WireServer) -> None:
    """Some services answer 200 and say no in the body."""
    if _offered(name, "ANY_YES_IS_A_YES"):
        pytest.skip("its receiver promises that any 2xx is a yes")
    kit = Kit(name, server)
    for inside in (
        {"error": {"code": 100, "message": "no"}},
        {"errors": [{"message": "no"}]},
        {"ok": False, "error": "no"},
        {"success": False},
        {"status": "error"},
    ):
        server.answer = answering(200, json.dumps(inside).encode())
        assert not isinstance(kit.send(), Delivered), inside


def filled(text: str, sign: str, limit: Limit | None) -> str:
    """Fill a text with a sign as far as the limit lets it, or to 5,000 characters."""
    most = 5_000 if limit is None else limit.amount
    few, many = 0, most
    while few < many:
        middle = (few + many + 1) // 2
        few, many = (middle, many) if fits(text + sign * middle, limit) else (few, middle - 1)
    return text + sign * few


# --- at the plan ------------------------------------------------------------------------------------------------------

DEPARTMENT = a_department()
RENDERER = Renderer(DEPARTMENT)
LONG_LINK = "https://city.example/" + "x" * 478


@every_adapter
@every_kind
def test_a_planned_text_fits_or_is_refused(name: str, kind: str) -> None:
    """Every kind with every field, in both languages, with the longest link: nothing is planned that does not fit."""
    can = channel_of(name, "http://127.0.0.1:9").capabilities
    renders = Renders(RENDERER, a_full_notification(kind, languages=("en", "es"), link=LONG_LINK))
    assert len(LONG_LINK) == 499
    for language in ("en", "es"):
        text = renders.shown(name, name, can, language, ()).text
        posts = text.parts or (text.text,)
        assert all(posts)
        assert text.fits == all(fits(post, can.limit) for post in posts)


@limited
@every_kind
def test_one_unit_too_many_is_refused_before_anything_is_stored(name: str, kind: str) -> None:
    """What may not be dropped fits to the last unit, and one less is DoesNotFit: nothing is ever cut."""
    can = replace(channel_of(name, "http://127.0.0.1:9").capabilities, thread=None, needs=None)
    assert can.limit is not None
    notification, unit = a_full_notification(kind), can.limit.unit
    renders = Renders(RENDERER, notification)
    bare = renders.shown(name, name, replace(can, limit=Limit(1, unit)), "en", ()).text.text
    least = length(bare, unit)
    fitting = renders.shown(name, name, replace(can, limit=Limit(least, unit)), "en", ()).text
    assert (fitting.text, fitting.fits) == (bare, True)
    too_small = Target(name, name, replace(can, limit=Limit(least - 1, unit)), live=False, approved_by="chief")
    with pytest.raises(DoesNotFit, match=f"{least} .* and {least - 1} fit"):
        make_plan(notification, DEPARTMENT, [too_small], RENDERER)
