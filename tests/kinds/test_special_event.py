"""A special event: its fields, its end, and what CAP is told."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from notifier.errors import InvalidNotification
from notifier.kind import own_fields
from notifier.kinds.special_event import NAME_AND_PLACE_TOGETHER, SpecialEvent
from tests.notifications import FULL_FIELDS, ZONE, some_facts


def event(**fields: Any) -> SpecialEvent:
    """The Founders Day Parade, changed or added to."""
    facts = some_facts("special-event", **fields)
    assert isinstance(facts, SpecialEvent)
    return facts


def test_the_fields_are_those_of_the_contract() -> None:
    """In the words dispatchers use."""
    assert own_fields(SpecialEvent) == ["name", "place", "starts", "ends", "streets", "parking", "organiser"]
    assert event(**FULL_FIELDS["special-event"]).organiser == "Exampleton Rotary"


@pytest.mark.parametrize("field", ["name", "place", "starts"])
def test_name_place_and_start_are_required(field: str) -> None:
    """An event without one of them tells the public too little."""
    with pytest.raises(InvalidNotification, match=f"^{field}: is required; for example --{field}"):
        event(**{field: None})


def test_streets_may_be_several() -> None:
    """One street is a list of one; an empty one among them is told with its place."""
    assert event(streets="Elm Street").streets == ("Elm Street",)
    assert event(streets=["Elm Street", "Oak Street"]).alert_facts().area == "City Common, Elm Street, Oak Street"
    with pytest.raises(InvalidNotification, match=r"^streets\.1: is empty"):
        event(streets=["Elm Street", " "])
    with pytest.raises(InvalidNotification, match=r"^streets: is given 21 times; at most 20 fit"):
        event(streets=["Elm Street"] * 21)


def test_it_is_over_at_its_end_else_half_a_day_after_its_start() -> None:
    """Without an end, some hours are assumed."""
    start = datetime(2026, 11, 28, 10, tzinfo=ZONE)
    assert event().ends_at() == start + timedelta(hours=12)
    assert event(ends="2pm").ends_at() == start + timedelta(hours=4)


def test_an_end_before_the_start_is_refused() -> None:
    """Both times are said back."""
    with pytest.raises(
        InvalidNotification, match=r"ends \(Fri Nov 27 10:00\) is not after starts \(Sat Nov 28 10:00\)"
    ):
        event(ends="2026-11-27T10:00")


def test_a_name_and_a_place_that_leave_no_room_are_refused_together() -> None:
    """Each fits its field, and together they do not fit a text message."""
    assert event(name="N" * 40, place="P" * (NAME_AND_PLACE_TOGETHER - 40))
    with pytest.raises(InvalidNotification, match="name and place are 80 characters together"):
        event(name="N" * 40, place="P" * 40)


def test_cap_is_told_to_prepare() -> None:
    """An event is no danger; where to park is the instruction, else to plan."""
    facts = event(parking="Park at the high school.").alert_facts()
    assert (facts.event, facts.urgency, facts.response) == ("Founders Day Parade", "Future", "Prepare")
    assert facts.instruction == "Park at the high school."
    assert event().alert_facts().instruction == "Plan for traffic delays."
