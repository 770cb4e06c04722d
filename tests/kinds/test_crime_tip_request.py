"""A request for tips about a crime: its fields, what it never promises, and what CAP is told."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from notifier.channel import FORMS
from notifier.errors import InvalidNotification
from notifier.kind import own_fields
from notifier.kinds.crime_tip_request import ABOUT_AND_CASE_TOGETHER, CrimeTipRequest
from notifier.notification import Stage
from notifier.policy import ShownText, judge, subject_of
from notifier.rendering import Renderer
from tests.notifications import FULL_FIELDS, ZONE, a_department, a_full_notification, a_picture, some_facts

RENDERER = Renderer(a_department())


def request(**fields: Any) -> CrimeTipRequest:
    """A crash whose driver is not known, changed or added to."""
    facts = some_facts("crime-tip-request", **fields)
    assert isinstance(facts, CrimeTipRequest)
    return facts


def texts(stage: Stage, **fields: Any) -> list[ShownText]:
    """Every form of a full request, in both languages."""
    notification = a_full_notification("crime-tip-request", stage=stage, **fields)
    return [
        ShownText("site", form, language, RENDERER.render(notification, form, language).text)
        for form in FORMS
        for language in ("en", "es")
    ]


def test_the_fields_are_those_of_the_contract() -> None:
    """In the words dispatchers use."""
    assert own_fields(CrimeTipRequest) == ["about", "case_number", "where", "when", "description", "photo"]
    assert request(**FULL_FIELDS["crime-tip-request"]).where == "Main Street at Elm Street"


@pytest.mark.parametrize("field", ["about", "case_number"])
def test_what_about_and_which_case_are_required(field: str) -> None:
    """Whoever calls can say which case it is."""
    with pytest.raises(InvalidNotification, match=f"^{field}: is required; for example --{field.replace('_', '-')}"):
        request(**{field: None})


def test_a_crime_has_been() -> None:
    """A clock time is the latest past one, and a time to come is refused."""
    assert request(when="yesterday 9pm").when == datetime(2026, 11, 21, 21, tzinfo=ZONE)
    with pytest.raises(InvalidNotification, match=r"^when: .*is still to come"):
        request(when="2026-12-24T09:00")


def test_words_that_leave_no_room_are_refused_together() -> None:
    """Each fits its field, and together they do not fit a text message."""
    assert request(about="A" * 34, case_number="1" * (ABOUT_AND_CASE_TOGETHER - 34))
    with pytest.raises(InvalidNotification, match="about and case_number are 60 characters together"):
        request(about="A" * 40, case_number="1" * 20)


def test_a_photo_needs_words(tmp_path: Path) -> None:
    """It is a picture as any other, and comes first."""
    photo, plan = a_picture(tmp_path, "bumper.png"), a_picture(tmp_path, "plan.png")
    facts = request(
        photo={"file": str(photo), "alt": "A grey pickup"}, attachments=[{"file": str(plan), "alt": "A plan"}]
    )
    assert [picture.name for picture in facts.pictures()] == ["bumper.png", "plan.png"]
    with pytest.raises(InvalidNotification, match=r'"bumper\.png" has no alt text; add --alt'):
        request(photo=str(photo))


@pytest.mark.parametrize("stage", ["issue", "update"])
def test_every_text_names_the_case_and_whom_to_call(stage: Stage) -> None:
    """The case number and the department's own number; only a crime under way is for 911."""
    for shown in texts(stage):
        if shown.form != "headline":
            assert "26-004300" in shown.text
            assert "555-555-0100" in shown.text


@pytest.mark.parametrize("stage", ["issue", "update", "resolve"])
def test_no_text_promises_what_the_facts_do_not(stage: Stage) -> None:
    """That a caller may stay unnamed, or is paid, stands there only where the details say so; no rule objects."""
    notification = a_full_notification("crime-tip-request", stage=stage)
    shown = texts(stage)
    promises = ("anonym", "anónim", "reward", "recompensa", "confiden")
    assert not [promise for promise in promises for one in shown if promise in one.text.lower()]
    assert judge(subject_of(notification, a_department(), shown)).findings == ()
    said = texts("issue", details="You may call without giving your name.")
    assert any("without giving your name" in one.text for one in said)


def test_a_resolve_repeats_no_description_place_or_link() -> None:
    """Somebody may have been described or shown: of them nothing more is said, nor how the case ended."""
    secret = "ZQXW in a grey coat"
    for shown in texts("resolve", where=secret, description=secret, details=secret, link="https://police.example/zqxw"):
        assert not [word for word in (secret, "http", "zqxw", "solved", "arrest") if word in shown.text]
    assert CrimeTipRequest.personal


def test_cap_is_told_a_question() -> None:
    """No danger: minor, in the future, where it happened."""
    facts = request(where="Main Street").alert_facts()
    assert (facts.event, facts.severity, facts.urgency) == ("Request for Information", "Minor", "Future")
    assert (facts.area, request().alert_facts().area) == ("Main Street", "the whole community")
