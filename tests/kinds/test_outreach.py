"""Community outreach: its fields, its end, and what CAP is told."""

from datetime import datetime
from typing import Any

import pytest

from notifier.errors import InvalidNotification
from notifier.kind import own_fields
from notifier.kinds.outreach import TOPIC_AND_PLACE_TOGETHER, Outreach
from tests.notifications import FULL_FIELDS, ZONE, some_facts


def program(**fields: Any) -> Outreach:
    """Coffee with a Cop, changed or added to."""
    facts = some_facts("outreach", **fields)
    assert isinstance(facts, Outreach)
    return facts


def test_the_fields_are_those_of_the_contract() -> None:
    """In the words dispatchers use."""
    assert own_fields(Outreach) == ["topic", "body", "when", "where"]
    assert program(**FULL_FIELDS["outreach"]).where == "Public Library"


@pytest.mark.parametrize("field", ["topic", "body"])
def test_a_topic_and_a_body_are_required(field: str) -> None:
    """What it is about, and what is said."""
    with pytest.raises(InvalidNotification, match=f"^{field}: is required; for example --{field}"):
        program(**{field: None})


def test_a_body_keeps_its_paragraphs() -> None:
    """It is a text, not a line."""
    assert program(body="Come.\n\nBring a friend.").body == "Come.\n\nBring a friend."


def test_it_is_over_some_hours_after_it_took_place() -> None:
    """Without a time, nothing says when it ends."""
    assert program().ends_at() is None
    assert program(when="2026-11-25T09:00").ends_at() == datetime(2026, 11, 25, 13, tzinfo=ZONE)


def test_a_topic_and_a_place_that_leave_no_room_are_refused_together() -> None:
    """Each fits its field, and together they do not fit a text message."""
    assert program(topic="T" * 60, where="W" * (TOPIC_AND_PLACE_TOGETHER - 60))
    with pytest.raises(InvalidNotification, match="topic and where are 90 characters together"):
        program(topic="T" * 45, where="W" * 45)


def test_cap_is_told_that_nothing_is_dangerous() -> None:
    """An invitation: minor, in the future, for the whole community unless a place is named."""
    facts = program().alert_facts()
    assert (facts.severity, facts.urgency, facts.area) == ("Minor", "Future", "the whole community")
    assert program(where="Public Library").alert_facts().area == "Public Library"
