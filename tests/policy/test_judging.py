"""A whole notification judged: each finding once, where its words come from."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from notifier.field_types import Reading
from notifier.kind import Kind, read_kind
from notifier.kinds.missing_person import MissingPerson
from notifier.kinds.road_closure import RoadClosure
from notifier.kinds.special_event import SpecialEvent
from notifier.notification import Notification
from notifier.policy import ShownText, Subject, judge, subject_of, subject_of_text
from notifier.settings import Department

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DEPARTMENT = Department(
    name="Harrowgate Police Department",
    short_name="Harrowgate PD",
    website="https://police.harrowgate.example",
    phone="555-555-0100",
    timezone="America/New_York",
)


def _notification(kind: type[Kind], **fields: Any) -> Notification:
    facts = read_kind(kind, fields, Reading(NOW, ZoneInfo("America/New_York")))
    return Notification("n-1", "d", facts, "issue", "actual", 1, NOW, NOW, ("en",), "pio", "pio")


def _shown(**texts: str) -> list[ShownText]:
    return [ShownText(channel, "short", "en", text) for channel, text in texts.items()]


def test_words_of_a_field_are_reported_once_in_their_field() -> None:
    """Three channels repeat a field; the finding stands in the field, with the field's own positions."""
    details = "Update. The thief is in custody."
    notification = _notification(RoadClosure, street="Elm Street", reason="police activity", details=details)
    text = f"Harrowgate PD: Elm Street is closed: police activity. {details}"
    judged = judge(subject_of(notification, DEPARTMENT, _shown(x=text, site=text + " Call 911.", sms=text[:60])))
    (found,) = judged.findings
    assert (judged.verdict, found.field, found.channel) == ("block", "details", None)
    assert found.to_json() == {
        "rule": "guilt-or-innocence",
        "clause": "2.c.1.c",
        "label": "guilt-or-innocence",
        "verdict": "block",
        "channel": None,
        "field": "details",
        "start": 8,
        "end": 17,
        "text": "The thief",
        "why": found.why,
        "mend": found.mend,
    }


def test_a_field_is_known_by_its_option_name() -> None:
    """`from` is a word of Python; the finding says `from`, as the option does."""
    notification = _notification(RoadClosure, **{"street": "Elm Street", "reason": "r", "from": "thief, in custody"})
    subject = subject_of(notification, DEPARTMENT, _shown(x="Harrowgate PD: closed from thief, in custody"))
    assert [finding.field for finding in judge(subject).findings] == ["from"]


def test_words_of_a_template_name_the_channel_that_shows_them() -> None:
    """Words that no field holds are reported for their channel; for all channels, for none in particular."""
    notification = _notification(RoadClosure, street="Elm Street", reason="police activity")
    clean, guilty = "Harrowgate PD: Elm Street is closed.", "Harrowgate PD: Elm Street. The thief is in custody."
    one = judge(subject_of(notification, DEPARTMENT, _shown(site=clean, x=guilty))).findings
    every = judge(subject_of(notification, DEPARTMENT, _shown(site=guilty, x=guilty))).findings
    assert [(finding.channel, finding.text) for finding in one] == [("x", "The thief")]
    assert [(finding.channel, finding.text) for finding in every] == [(None, "The thief")]


def test_a_number_means_what_its_field_means() -> None:
    """A relative's number is fine as the number to call, and is stopped in the details."""
    texts = _shown(x="Harrowgate PD: Opal Reed, 44, is missing. Call her mother 555-555-0142.")
    person = {"name": "Opal Reed", "age": 44, "last_seen_place": "Pine Road"}
    to_call = _notification(MissingPerson, **person, call="mother 555-555-0142")
    in_details = _notification(MissingPerson, **person, details="Call her mother 555-555-0142.")
    assert judge(subject_of(to_call, DEPARTMENT, texts)).findings == ()
    assert [f.field for f in judge(subject_of(in_details, DEPARTMENT, texts)).findings] == ["details"]


def test_an_organiser_may_have_a_number() -> None:
    """Who holds an event may be called."""
    event = _notification(
        SpecialEvent,
        name="Pie social",
        place="12 Elm Street",
        starts="2026-03-07 10:00",
        organiser="Dana, cell 555-555-0155",
    )
    text = "Harrowgate PD: Pie social, 12 Elm Street, Dana, cell 555-555-0155"
    assert judge(subject_of(event, DEPARTMENT, _shown(x=text))).findings == ()


def test_a_sought_vehicle_keeps_its_plate() -> None:
    """The vehicle of a missing person carries its plate."""
    person = _notification(
        MissingPerson, name="Silas Reed", age=79, last_seen_place="Pine Road", vehicle="tan Buick, plate 3NN 482"
    )
    text = "Harrowgate PD: missing Silas Reed, 79, Pine Road. Vehicle: tan Buick, plate 3NN 482."
    assert judge(subject_of(person, DEPARTMENT, _shown(x=text))).verdict == "pass"


def test_the_departments_own_number_is_never_private() -> None:
    """Its own number may stand beside any word."""
    notification = _notification(RoadClosure, street="Elm Street", reason="r", details="Our cell is 555-555-0100.")
    assert judge(subject_of(notification, DEPARTMENT, _shown(x="Harrowgate PD: r"))).findings == ()


def test_every_unsigned_channel_is_found_and_a_headline_is_not() -> None:
    """The text message that lost its source is named; a headline is no whole text."""
    notification = _notification(RoadClosure, street="Elm Street", reason="r")
    texts = [*_shown(x="Harrowgate PD: Elm Street is closed.", sms="Elm Street is closed.")]
    texts.append(ShownText("site", "headline", "en", "Elm Street closed"))
    (found,) = judge(subject_of(notification, DEPARTMENT, texts)).findings
    assert (found.label, found.channel, found.start, found.end) == ("unidentified-department", "sms", 0, 0)


def test_findings_come_in_the_order_of_the_text() -> None:
    """Sorted by position, whatever rule found them."""
    text = "Call his wife at 555-555-0142. The thief is in custody; SSN 000-12-3456. The thief, again, in custody."
    text += " Harrowgate PD"
    found = judge(subject_of_text(text, "wanted-person", "final", "Harrowgate Police Department")).findings
    assert [f.start for f in found] == sorted(f.start for f in found)
    assert len({f.label for f in found}) == 2
    assert [f.text for f in found].count("The thief") == 2


def test_the_same_text_gets_the_same_findings() -> None:
    """Judging again, with anything judged in between, changes nothing."""
    subject = subject_of_text("The thief, Quentin Marsh, 41, is in custody. Call the PD.", "wanted-person")
    first = judge(subject)
    judge(subject_of_text("Something else. Harrowgate PD"))
    assert judge(subject) == first


def test_advice_is_in_the_language_of_the_text() -> None:
    """A Spanish text gets Spanish words to mend it with."""
    (found,) = judge(subject_of_text("El ladrón está bajo custodia. Policía de Harrowgate")).findings
    assert "presuntamente" in found.mend


def test_community_outreach_is_outreach() -> None:
    """The name that checks use for the kind."""
    assert subject_of_text("x", "community-outreach").kind == "outreach"


def test_an_empty_subject_passes() -> None:
    """Nothing to judge is nothing found."""
    assert judge(Subject()).findings == ()
    assert judge(subject_of_text("")).findings == ()
