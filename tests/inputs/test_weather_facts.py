"""Wording an alert as the fields of a weather-emergency."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifier.field_types import Reading
from notifier.inputs.alerts import Alert, clean, clean_line
from notifier.inputs.nws_json import read_geojson
from notifier.inputs.weather_facts import shorten, unwrap, weather_facts, whole_sentences
from notifier.kind import read_kind
from notifier.kinds.weather_emergency import LONGEST_PLACE, WeatherEmergency
from tests.inputs.samples import NOW, SETTINGS, ZONE, collection, properties

READING = Reading(NOW, ZONE)


def sample(**changed: Any) -> Alert:
    """The sample warning as an alert, with some of its fields changed."""
    [alert] = read_geojson(collection(properties()))
    assert isinstance(alert, Alert)
    return replace(alert, **changed)


def facts(**changed: Any) -> dict[str, Any]:
    """The sample warning's facts, proved to be taken by the kind."""
    found = weather_facts(sample(**changed), SETTINGS, NOW, ZONE)
    read_kind(WeatherEmergency, found, READING)
    return found


def test_words_a_warning_for_our_place_only() -> None:
    """The fields are filled from the alert; of two places only ours is named, and lines are joined."""
    assert facts() == {
        "event": "Winter Storm Warning",
        "area": "Southeast Middlesex",
        "severity": "Severe",
        "starts": NOW + timedelta(hours=1),
        "ends": NOW + timedelta(hours=9),
        "guidance": "If you must travel, keep a flashlight and water in your car.",
        "source": "NWS Exampleton MA",
        "details": "* WHAT...Heavy snow of 8 to 12 inches.\n\n* WHERE...All of the county.",
    }


def test_times_are_in_the_departments_zone() -> None:
    """A reader sees local time."""
    assert str(facts()["starts"].tzinfo) == "America/New_York"


def test_names_all_places_where_names_and_codes_do_not_pair() -> None:
    """Three names for two codes cannot be told apart."""
    assert facts(area_desc="Here; There; Elsewhere")["area"] == "Here; There; Elsewhere"


def test_names_our_codes_where_no_place_has_a_name() -> None:
    """Without words for the place, its code is better than nothing."""
    assert facts(area_desc="")["area"] == "MAZ014"
    assert facts(area_desc=" ; ", zones=(), same=())["area"] == "MAZ014; MAC017"


def test_a_county_keeps_its_state() -> None:
    """`Middlesex, MA` is one place, not two."""
    assert facts(area_desc="Middlesex, MA; Suffolk, MA")["area"] == "Middlesex MA"


def test_an_over_long_place_is_shortened_at_a_word() -> None:
    """A place has 40 characters, and ends in no small word."""
    assert (
        facts(area_desc="Patapsco River and the Harbor and the Bay Beyond; X")["area"]
        == "Patapsco River and the Harbor"
    )
    assert facts(area_desc="X" * 99 + "; Y")["area"] == "X" * LONGEST_PLACE


def test_many_places_are_counted_where_they_do_not_fit() -> None:
    """The area takes 1,000 characters; what is left out is counted."""
    area = facts(area_desc="; ".join(f"Place number {n}" for n in range(200)))["area"]
    assert area.startswith("Place number 0; Place number 1;")
    assert area.endswith("more places")
    assert len(area) <= 1000


@pytest.mark.parametrize(
    ("event", "worded"),
    [
        ("Arroyo and Small Stream Flood Advisory", "Small Stream Flood Advisory"),
        ("Severe Thunderstorm Warning", "Severe Thunderstorm Warning"),
        ("X" * 50, "X" * 32),
        ("", "Weather Alert"),
    ],
)
def test_a_long_event_keeps_its_end(event: str, worded: str) -> None:
    """The hazard and its level stand last in the names of NWS."""
    assert facts(event=event)["event"] == worded


def test_a_beginning_that_has_passed_is_left_out() -> None:
    """Without a beginning the notification says: now."""
    assert "starts" not in facts(onset=NOW - timedelta(hours=1))
    assert "starts" not in facts(onset=None)


def test_an_expiry_before_the_beginning_is_no_end() -> None:
    """A product may be refreshed before its event begins."""
    found = facts(ends=None, expires=NOW + timedelta(minutes=30))
    assert found["starts"] == NOW + timedelta(hours=1)
    assert "ends" not in found


def test_expires_is_the_end_where_there_is_no_other() -> None:
    """As for the gate: `ends` wins, `expires` stands in."""
    assert facts(ends=None)["ends"] == NOW + timedelta(hours=4)


def test_names_the_weather_service_where_the_office_is_not_named() -> None:
    """The old index has only the address of the sender; an unknown sender is not dressed up."""
    assert facts(sender_name="")["source"] == "National Weather Service"
    assert "source" not in facts(sender="someone@county.example", sender_name="")


def test_an_unknown_severity_is_unknown() -> None:
    """A word that CAP does not have is not passed on."""
    assert facts(severity="Purple")["severity"] == "Unknown"


def test_guidance_ends_with_a_whole_sentence() -> None:
    """What does not fit goes from the end, by sentences."""
    guidance = facts(instruction="Move to higher ground now! " * 100)["guidance"]
    assert guidance.endswith("now!")
    assert 1400 < len(guidance) <= 1500


def test_details_end_with_a_whole_sentence() -> None:
    """A description of 20,000 characters is bounded at 5,000, and its ellipses are no sentence's end."""
    details = facts(description="* WHAT...Heavy snow of 8 to 12 inches.\n\n" * 500)["details"]
    assert details.endswith("inches.")
    assert 4900 < len(details) <= 5000


def test_a_sentence_too_long_by_itself_is_cut_at_a_word_and_marked() -> None:
    """Nothing is lost silently."""
    cut = whole_sentences("water " * 400, 1500)
    assert cut.endswith("water …")
    assert len(cut) <= 1500
    assert len(whole_sentences("x" * 2000, 1500)) <= 1500


def test_an_abbreviation_ends_no_sentence() -> None:
    """A text is not cut after `U.S.` or `6 p.m.`."""
    assert whole_sentences("Snow comes. From 6 p.m. on, avoid U.S. 20 and the Turnpike.", 50) == "Snow comes."


def test_lines_of_a_paragraph_are_joined() -> None:
    """The feed breaks its lines at 69 characters; paragraphs stay."""
    assert unwrap("Heavy\nsnow.\n\n \nMore\n  later.") == "Heavy snow.\n\nMore later."


def test_a_short_name_stays_as_it_is() -> None:
    """Only what is too long is touched."""
    assert shorten("North of the", 40) == "North of the"


TEXT = st.text(max_size=120) | st.sampled_from(
    ["A" * 60 + "; B", "é" * 900, "a, b; c,d ;,", "e\u0301" * 50, "\ufb01" * 80]
)
LONG = st.builds(lambda piece, times: piece * times, TEXT, st.integers(1, 200))
MOMENT = st.none() | st.datetimes(datetime(1971, 1, 1), datetime(2198, 1, 1), timezones=st.just(UTC))


@settings(max_examples=300, deadline=None)
@given(
    event=TEXT,
    area=LONG,
    severity=st.sampled_from(["Extreme", "Severe", "", "None", "Purple"]),
    instruction=LONG,
    description=LONG,
    sender_name=TEXT,
    times=st.tuples(MOMENT, MOMENT, MOMENT),
    zones=st.sampled_from([(), ("MAZ014",), ("MAZ014", "MAZ015"), ("CAZ001", "MAC017")]),
)
def test_whatever_a_feed_says_the_kind_takes_it(
    event: str,
    area: str,
    severity: str,
    instruction: str,
    description: str,
    sender_name: str,
    times: tuple[datetime | None, datetime | None, datetime | None],
    zones: tuple[str, ...],
) -> None:
    """The facts of any cleaned alert are valid: an input by machine has nobody who could type it again."""
    facts(
        event=clean_line(event),
        area_desc=clean_line(area, 20_000),
        severity=severity,
        instruction=clean(instruction),
        description=clean(description),
        sender_name=clean_line(sender_name),
        onset=times[0],
        ends=times[1],
        expires=times[2],
        zones=zones,
    )
