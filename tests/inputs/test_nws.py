"""The feed type nws: its settings, and reading whatever an answer is."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from notifier.errors import FeedUnavailable
from notifier.inputs.alerts import Alert, Unreadable
from notifier.inputs.nws import FEED, read_feed
from notifier.inputs.nws_settings import NwsSettings
from tests.inputs.samples import NOW, SETTINGS, ZONE, atom, cap, collection, index_entry, info, properties, update_of

GIVEN: dict[str, Any] = {
    "type": "nws",
    "url": "https://api.weather.gov/alerts/active?zone=MAZ014",
    "zones": ["MAZ014", "mac017"],
    "every": "60s",
    "publish": "auto",
}


def test_reads_the_settings_of_the_contract() -> None:
    """The table of feeds.toml is taken as it stands; codes may be typed small."""
    own = NwsSettings.model_validate(GIVEN)
    assert own.zones == ("MAZ014", "MAC017")
    assert own.every == timedelta(seconds=60)
    assert (own.max_age, own.ceiling) == (timedelta(hours=6), 6)
    assert "Tornado Warning" in own.events


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"zones": ["Waltham"]}, '"WALTHAM" is not a UGC code; write a zone as "MAZ014"'),
        ({"zones": []}, "at least 1"),
        ({"url": "api.weather.gov"}, "is not a web address"),
        ({"url": "file:///etc/passwd"}, "is not a web address"),
        ({"url": "http://[::1/"}, "is not a web address"),
        ({"url": "https://feed.example:x/"}, "is not a web address"),
        ({"every": "1s"}, "between 10s and 24h"),
        ({"max_age": "soon"}, "is not a length of time"),
        ({"same": ["Middlesex"]}, "is not a SAME code"),
        ({"publish": "always"}, "'auto' or 'ask'"),
        ({"zone": "MAZ014"}, "not permitted"),
        ({"min_severity": "severe"}, "'Severe'"),
    ],
)
def test_refuses_wrong_settings_with_a_sentence(changed: dict[str, Any], why: str) -> None:
    """A wrong value says what to write."""
    with pytest.raises(ValidationError, match=why):
        NwsSettings.model_validate({**GIVEN, **changed})


def test_a_same_code_may_lack_its_first_zero() -> None:
    """FIPS writes 25017, SAME 025017."""
    assert NwsSettings.model_validate({**GIVEN, "same": ["25017"]}).same == ("025017",)


@pytest.mark.parametrize(
    "body",
    [
        collection(properties()),
        b"\xef\xbb\xbf  \n" + collection(properties()),
        collection(properties()).decode().encode("utf-16"),
        atom(index_entry()),
        cap(info()).encode(),
        b"\xef\xbb\xbf" + cap(info()).encode(),
        cap(info()).encode("utf-16"),
    ],
)
@pytest.mark.parametrize("content_type", ["", "text/plain", "application/octet-stream"])
def test_tells_the_format_by_the_content(body: bytes, content_type: str) -> None:
    """A server that names the wrong type is read all the same."""
    [alert] = FEED.read(body, content_type)
    assert isinstance(alert, Alert)
    assert "MAZ014" in alert.zones


@pytest.mark.parametrize(
    "body",
    [b"", b"   \n", b"<!doctype html><title>Sorry</title>", b"Service Unavailable", b"<rss/>", b"\x1f\x8b\x08", b"{}"],
)
def test_what_is_no_feed_is_unavailable(body: bytes) -> None:
    """Something else than alerts is unavailable: never an empty list, which would mean that nothing is in force."""
    with pytest.raises(FeedUnavailable, match="the feed"):
        read_feed(body, "text/html; charset=utf-8")


def test_the_type_of_an_answer_cannot_forge_the_sentence() -> None:
    """A content type is named in the error without what does not belong there."""
    with pytest.raises(FeedUnavailable) as refused:
        read_feed(b"hello", "text/x\x1b[31m\nnot an error: all is well")
    assert "\x1b" not in str(refused.value)
    assert "\n" not in str(refused.value)


SEEDS = [
    collection(properties(), update_of("a", "b")),
    atom(index_entry(), f"<entry><id>x</id><content>{cap(info())}</content></entry>"),
    cap(info(), info("es-US")).encode(),
]


@settings(max_examples=300, deadline=None)
@given(
    seed=st.sampled_from(SEEDS),
    edits=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 40), st.binary(max_size=12)), min_size=1, max_size=6),
)
def test_a_mutated_answer_is_read_or_unavailable(seed: bytes, edits: list[tuple[float, int, bytes]]) -> None:
    """Whatever happens to the bytes, the only error is FeedUnavailable, and what was read can be judged."""
    body = seed
    for where, cut, put in edits:
        start = int(where * len(body))
        body = body[:start] + put + body[start + cut :]
    try:
        entries = read_feed(body)
    except FeedUnavailable:
        return
    assert all(isinstance(entry, Alert | Unreadable) for entry in entries)
    assert len(FEED.judge(entries, SETTINGS, NOW, ZONE)) == len(entries)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(changed=st.dictionaries(st.sampled_from(sorted(properties())), JSON, max_size=5))
def test_any_value_of_any_property_is_read_or_told_unreadable(changed: dict[str, Any]) -> None:
    """A property of a wrong type never breaks the feed."""
    [entry] = read_feed(collection({**properties(), **changed}))
    assert len(FEED.judge([entry], SETTINGS, NOW, ZONE)) == 1
