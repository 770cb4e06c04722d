"""A crime prevention tip: its fields, and what CAP is told."""

from typing import Any

import pytest

from notifier.channel import FORMS
from notifier.errors import InvalidNotification
from notifier.kind import own_fields
from notifier.kinds.crime_prevention_tip import CrimePreventionTip
from notifier.policy import ShownText, judge, subject_of
from notifier.rendering import Renderer
from tests.notifications import a_department, a_full_notification, a_notification, some_facts

RENDERER = Renderer(a_department())


def tip(**fields: Any) -> CrimePreventionTip:
    """Advice on parked cars, changed or added to."""
    facts = some_facts("crime-prevention-tip", **fields)
    assert isinstance(facts, CrimePreventionTip)
    return facts


def test_the_fields_are_those_of_the_contract() -> None:
    """A topic and a body, and no more."""
    assert own_fields(CrimePreventionTip) == ["topic", "body"]


@pytest.mark.parametrize("field", ["topic", "body"])
def test_a_topic_and_a_body_are_required(field: str) -> None:
    """What it is about, and what is advised."""
    with pytest.raises(InvalidNotification, match=f"^{field}: is required; for example --{field}"):
        tip(**{field: None})


def test_a_body_keeps_its_paragraphs_and_has_an_end() -> None:
    """It is a text of at most 5,000 characters, not a line."""
    assert tip(body="Lock it.\n\nHide it.").body == "Lock it.\n\nHide it."
    assert len(tip(body="b" * 5_000).body) == 5_000
    with pytest.raises(InvalidNotification, match="is 5001 characters long; at most 5000 fit"):
        tip(body="b" * 5_001)


def test_the_first_sentence_stands_in_a_text_message() -> None:
    """The whole body stands where there is room."""
    notification = a_notification("crime-prevention-tip")
    sms = RENDERER.render(notification, "sms", "en").text
    assert sms == ("Exampleton PD: Safety tip: Lock your car. Take keys and valuables with you. Call 555-555-0100.")
    assert "Park under a light." in RENDERER.render(notification, "short", "en").text


@pytest.mark.parametrize("end", [".", "!", "?", ""])
def test_a_sentence_of_the_body_ends_as_it_was_typed(end: str) -> None:
    """One sign, never two."""
    notification = a_notification("crime-prevention-tip", body=f"Lock it{end}")
    assert f"Lock it{end or '.'} Call" in RENDERER.render(notification, "sms", "en").text


def test_its_own_words_say_nothing_that_the_order_forbids() -> None:
    """The texts of this kind pass every rule in both languages."""
    notification = a_full_notification("crime-prevention-tip")
    shown = [
        ShownText("site", form, language, RENDERER.render(notification, form, language).text)
        for form in FORMS
        for language in ("en", "es")
    ]
    assert judge(subject_of(notification, a_department(), shown)).findings == ()


def test_cap_is_told_that_nothing_is_dangerous() -> None:
    """Advice for everybody, whenever."""
    facts = tip().alert_facts()
    assert (facts.event, facts.severity, facts.area) == ("Crime Prevention Tip", "Minor", "the whole community")
