"""A weather emergency: its fields, its places, and what CAP is told."""

from typing import Any

import pytest

from notifier.errors import InvalidNotification
from notifier.kind import own_fields
from notifier.kinds.weather_emergency import LONGEST_PLACE, WeatherEmergency
from tests.notifications import FULL_FIELDS, some_facts


def weather(**fields: Any) -> WeatherEmergency:
    """A flash flood warning for Southeast Middlesex, changed or added to."""
    facts = some_facts("weather-emergency", **fields)
    assert isinstance(facts, WeatherEmergency)
    return facts


def test_the_fields_are_those_of_the_contract() -> None:
    """In the words dispatchers use."""
    assert own_fields(WeatherEmergency) == ["event", "area", "severity", "starts", "ends", "guidance", "source"]
    assert weather(**FULL_FIELDS["weather-emergency"]).source == "NWS Boston"


@pytest.mark.parametrize("field", ["event", "area"])
def test_the_hazard_and_the_area_are_required(field: str) -> None:
    """A warning without one of them is none."""
    with pytest.raises(InvalidNotification, match=f"^{field}: is required; for example --{field}"):
        weather(**{field: None})


@pytest.mark.parametrize(
    ("area", "places"),
    [
        ("Southeast Middlesex", ("Southeast Middlesex",)),
        ("Norfolk; Suffolk, MA;;  Essex ;", ("Norfolk", "Suffolk", "MA", "Essex")),
    ],
)
def test_the_area_is_read_as_places(area: str, places: tuple[str, ...]) -> None:
    """Semicolons and commas part them; what is empty is no place."""
    assert weather(area=area).places() == places


@pytest.mark.parametrize("area", [";", " , ; ,"])
def test_an_area_of_signs_alone_is_refused(area: str) -> None:
    """It names no place."""
    with pytest.raises(InvalidNotification, match="names no place; write one"):
        weather(area=area)


def test_a_place_that_leaves_no_room_is_refused_by_name() -> None:
    """With how long it is, and how places are parted."""
    assert weather(area="P" * LONGEST_PLACE + "; Essex")
    with pytest.raises(InvalidNotification, match=r'area: "P{41}" is 41 characters; separate places with a semicolon'):
        weather(area="Essex; " + "P" * 41)


def test_severity_is_one_of_caps_words() -> None:
    """Unknown unless it is said."""
    assert weather().severity == "Unknown"
    with pytest.raises(InvalidNotification, match="severity: \"bad\" is not one of 'Extreme', 'Severe'"):
        weather(severity="bad")


def test_cap_is_told_the_hazard_in_its_own_words() -> None:
    """What is under way is to be acted on, what is to come is to be prepared for."""
    now = weather(severity="Extreme", guidance="Move to higher ground now.").alert_facts()
    assert (now.category, now.severity, now.urgency, now.response) == ("Met", "Extreme", "Immediate", "Execute")
    assert now.instruction == "Move to higher ground now."
    later = weather(starts="tomorrow 6am").alert_facts()
    assert (later.urgency, later.response) == ("Expected", "Prepare")


def test_an_end_before_the_start_is_refused() -> None:
    """A warning cannot end before it begins."""
    with pytest.raises(InvalidNotification, match="is not after starts"):
        weather(starts="2026-11-23T06:00", ends="2026-11-23T05:00")
