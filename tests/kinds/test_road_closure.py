"""A road closure: its fields, its stretch of road, and what CAP is told."""

from datetime import datetime
from typing import Any

import pytest

from notifier.errors import InvalidNotification
from notifier.kind import option_name, own_fields
from notifier.kinds.road_closure import STREET_NAMES_TOGETHER, RoadClosure
from tests.notifications import FULL_FIELDS, NOW, ZONE, some_facts


def closure(**fields: Any) -> RoadClosure:
    """A closure of Main Street for a water main break, changed or added to."""
    facts = some_facts("road-closure", **fields)
    assert isinstance(facts, RoadClosure)
    return facts


def test_a_street_and_a_reason_are_enough() -> None:
    """Everything else has a default: all lanes, from now, until further notice."""
    facts = closure()
    assert (facts.lanes, facts.starts, facts.ends, facts.direction) == ("all", None, None, None)


def test_the_fields_are_those_of_the_contract() -> None:
    """In the words dispatchers use; `from` is spelt so, though Python needs another name."""
    names = [option_name(RoadClosure, name) for name in own_fields(RoadClosure)]
    assert names == ["street", "reason", "from", "to", "direction", "lanes", "starts", "ends", "detour"]
    assert closure(**FULL_FIELDS["road-closure"]).from_ == "Elm Street"


@pytest.mark.parametrize(
    ("cross", "area"),
    [
        ({}, "Main Street"),
        ({"from": "Elm Street"}, "Main Street at Elm Street"),
        ({"to": "Oak Street"}, "Main Street at Oak Street"),
        ({"from": "Elm Street", "to": "Oak Street"}, "Main Street, Elm Street to Oak Street"),
    ],
)
def test_the_stretch_of_road_in_words(cross: dict[str, str], area: str) -> None:
    """One cross street is a crossing, two are a stretch."""
    assert closure(**cross).area() == area
    assert closure(**cross).alert_facts().area == area


def test_street_names_that_leave_no_room_are_refused_together() -> None:
    """Each fits its field, and together they do not fit a text message."""
    assert closure(street="S" * 40, to="T" * (STREET_NAMES_TOGETHER - 40))
    with pytest.raises(InvalidNotification, match="street and from and to are 65 characters together") as told:
        closure(street="S" * 40, to="T" * 25)
    assert f"has room for {STREET_NAMES_TOGETHER}; shorten them" in str(told.value)


def test_a_closure_to_come_is_expected_and_one_under_way_is_immediate() -> None:
    """CAP's urgency and onset follow the start; the detour is part of the instruction."""
    assert closure().alert_facts().urgency == "Immediate"
    later = closure(starts="tomorrow 9am", detour="Use River Road.").alert_facts()
    assert (later.urgency, later.onset) == ("Expected", datetime(2026, 11, 23, 9, tzinfo=ZONE))
    assert later.instruction == "Avoid the area. Detour: Use River Road."


def test_the_end_is_known_to_what_decides_when_it_is_old_news() -> None:
    """`ends_at` is the end that was given."""
    assert closure().ends_at() is None
    assert closure(ends="2h").ends_at() == NOW.replace(hour=21)


def test_a_direction_is_one_of_five() -> None:
    """A misspelt direction is refused with the list."""
    with pytest.raises(InvalidNotification, match="direction: \"north\" is not one of 'northbound', 'southbound'"):
        closure(direction="north")
