"""IPAWS: the alert's file is valid by FEMA's profile, says no more than it may, and only a person sends it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import import_module
from typing import Any
from xml.etree import ElementTree

import pytest
from pydantic import ValidationError

from channels.ipaws import CHANNEL, IpawsSettings
from notifier.channel import Message
from notifier.lengths import sms_segments
from tests.channels import cap_schemas
from tests.channels.messages import NOW, a_channel
from tests.channels.test_site_cap import CAP, TIME, texts
from tests.notifications import FULL_FIELDS, a_full_notification, a_message, a_notification
from tests.test_plan import a_target, plan

ACCOUNT: dict[str, Any] = {"type": "ipaws", "same": ["025017"]}
SQUARE = "42.38,-71.26 42.38,-71.21 42.35,-71.21 42.35,-71.26 42.38,-71.26"


def contract_account(_url: str) -> dict[str, Any]:
    """The least that an account has."""
    return ACCOUNT


@cache
def planned(kind: str = "road-closure", **changes: Any) -> tuple[Message, ...]:
    """The messages that a full notification of a kind has for this channel, in English and Spanish."""
    channel = a_channel(CHANNEL, ACCOUNT)
    notification = a_full_notification(kind, languages=("en", "es"), **changes)
    made = plan(a_target(able=channel.capabilities), notification=notification)
    return tuple(delivery.message for delivery in made.deliveries)


def the_file(message: Message, *others: Message, **settings: Any) -> bytes:
    """The one file that goes with a message, which must be valid by the profile's schema."""
    ((name, document),) = a_channel(CHANNEL, ACCOUNT, **settings).files(message, others).items()
    assert name == f"{message.id}-{message.revision}-ipaws.xml"
    cap_schemas.assert_valid(document, cap_schemas.IPAWS)
    cap_schemas.assert_valid(document, cap_schemas.CAP)
    return document


def an_alert(message: Message, *others: Message, **settings: Any) -> ElementTree.Element:
    """The file, read."""
    return ElementTree.fromstring(the_file(message, *others, **settings))


def values(root: ElementTree.Element, tag: str, name: str) -> list[str | None]:
    """The values of every pair of this name, in order."""
    return [
        pair.findtext(f"{CAP}value") for pair in root.iter(f"{CAP}{tag}") if pair.findtext(f"{CAP}valueName") == name
    ]


def test_the_schema_of_the_profile_was_at_hand() -> None:
    """The documents of these tests were held against it, and it refuses plain CAP."""
    schema = cap_schemas.skip_without(cap_schemas.IPAWS)
    plain = the_file(planned()[0]).replace(b"<code>IPAWSv1.0</code>\n", b"")
    assert not schema.validate(import_module("lxml.etree").fromstring(plain))


@pytest.mark.parametrize("kind", sorted(FULL_FIELDS))
@pytest.mark.parametrize("stage", ["issue", "update", "resolve"])
def test_every_kind_and_stage_makes_a_valid_file(kind: str, stage: str) -> None:
    """With every field filled, in both languages, in every stage; every time without Z and without fractions."""
    english, spanish = planned(kind, stage=stage, revision=1 if stage == "issue" else 2)
    before = [replace(each, stage="issue", revision=1) for each in (english, spanish) if stage != "issue"]
    root = an_alert(english, spanish, *before)
    assert texts(root, "info/language") == ["en-US", "es-US"]
    assert texts(root, "msgType") == [{"issue": "Alert", "resolve": "Cancel"}.get(stage, "Update")]
    times = [element.text for tag in ("sent", "effective", "onset", "expires") for element in root.iter(f"{CAP}{tag}")]
    assert all(TIME.fullmatch(time or "") for time in times)
    assert len(set(texts(root, "info/event"))) == len(set(values(root, "eventCode", "SAME"))) == 1


def test_it_is_the_same_file_from_either_language() -> None:
    """A person may begin with the Spanish text; two alerts for one event would ring twice."""
    english, spanish = planned()
    assert the_file(english, spanish) == the_file(spanish, english)


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("road-closure", "LAE"),
        ("weather-emergency", "CEM"),
        ("missing-person", "MEP"),
        ("wanted-person", "ADR"),
        ("special-event", "ADR"),
        ("outreach", "ADR"),
        ("crime-tip-request", "ADR"),
        ("crime-prevention-tip", "ADR"),
    ],
)
def test_each_kind_has_its_code_and_what_is_no_emergency_rings_nowhere(kind: str, code: str) -> None:
    """An Administrative Message never reaches telephones; radio and television only where the department says so."""
    english, spanish = planned(kind)
    root = an_alert(english, spanish)
    assert set(values(root, "eventCode", "SAME")) == {code}
    assert values(root, "parameter", "EAS-ORG") == ["CIV", "CIV"]
    quiet = ["CMAS"] if code == "ADR" else []
    assert values(root, "parameter", "BLOCKCHANNEL") == [*quiet, "EAS", "NWEM"] * 2
    assert bool(values(root, "parameter", "CMAMlongtext")) == (code != "ADR")


def test_a_person_who_is_missing_but_not_in_danger_is_no_alert() -> None:
    """MEP is for the endangered; the rest is an Administrative Message."""
    assert values(an_alert(*planned("missing-person", endangered=False)), "eventCode", "SAME") == ["ADR", "ADR"]


def test_a_department_may_choose_another_code_and_way() -> None:
    """A wanted person as a Law Enforcement Warning, by radio and television too."""
    root = an_alert(
        *planned("wanted-person"),
        event_codes={"wanted-person": "LEW"},
        pathways=["wea", "eas"],
        same=["025017", "025021"],
    )
    assert texts(root, "info/event") == ["Law Enforcement Warning"] * 2
    assert values(root, "parameter", "BLOCKCHANNEL") == ["NWEM"] * 2
    assert values(root, "geocode", "SAME") == ["025017", "025021"] * 2


@pytest.mark.parametrize("code", ["CAE", "TOR", "EAN", "lae"])
def test_codes_of_others_are_refused(code: str) -> None:
    """AMBER Alerts are the state police's, the weather's codes the National Weather Service's."""
    with pytest.raises(ValidationError):
        IpawsSettings.model_validate({**ACCOUNT, "event_codes": {"missing-person": code}})


def test_telephones_show_both_texts_in_both_languages() -> None:
    """90 and 360 characters in GSM-7, as in a real alert about closed roads."""
    root = an_alert(*planned())
    short, long = values(root, "parameter", "CMAMtext"), values(root, "parameter", "CMAMlongtext")
    assert (len(short), len(long)) == (2, 2)
    assert all(len(text or "") <= 90 for text in short)
    assert all(len(text or "") <= 360 for text in long)
    assert all(sms_segments(text or "").encoding == "GSM-7" for text in [*short, *long])
    assert "Main Street" in (short[0] or "")
    assert values(root, "parameter", "WEAHandling") == ["Public Safety"] * 2


def test_what_cannot_be_said_in_90_characters_is_left_to_the_tool() -> None:
    """A wanted person is presumed innocent in every text, which takes more room."""
    root = an_alert(*planned("wanted-person"), event_codes={"wanted-person": "LEW"})
    assert values(root, "parameter", "CMAMtext") == []
    assert len(values(root, "parameter", "CMAMlongtext")) == 2


def test_letters_that_telephones_have_not_are_left_to_the_tool() -> None:
    """Text in another script would be refused by the gateway, or shown as question marks."""
    root = an_alert(a_message(text="主要街道关闭 🚧", beside={"sms": "主要街道关闭"}))
    assert values(root, "parameter", "CMAMtext") == values(root, "parameter", "CMAMlongtext") == []
    assert texts(root, "info/description") == ["主要街道关闭 🚧"]


@pytest.mark.parametrize(
    ("severity", "urgency", "certainty", "handling"),
    [
        ("Severe", "Immediate", "Observed", "Imminent Threat"),
        ("Extreme", "Expected", "Likely", "Imminent Threat"),
        ("Moderate", "Immediate", "Observed", "Public Safety"),
        ("Severe", "Future", "Observed", "Public Safety"),
        ("Severe", "Immediate", "Possible", "Public Safety"),
    ],
)
def test_only_an_imminent_threat_is_called_one(severity: str, urgency: str, certainty: str, handling: str) -> None:
    """Urgency, severity and certainty decide it (47 CFR 10.400)."""
    message = planned()[0]
    facts: Any = replace(message.alert, severity=severity, urgency=urgency, certainty=certainty)
    root = an_alert(replace(message, alert=facts))
    assert values(root, "parameter", "WEAHandling") == [handling]


def test_an_exercise_says_so() -> None:
    """Its status is Exercise, never Actual, and its texts begin so."""
    root = an_alert(*planned(status="exercise"))
    assert texts(root, "status") == ["Exercise"]
    assert texts(root, "note") == ["This is an exercise. Nothing has happened."]
    assert all((text or "").startswith("DRILL: ") for text in values(root, "parameter", "CMAMtext"))
    assert texts(an_alert(*planned()), "status") == ["Actual"]


def test_an_update_names_what_it_replaces_and_the_end_cancels_it() -> None:
    """sender, identifier and time of each earlier revision once, whatever languages it had; a Cancel may go by wea."""
    first, update = planned(), planned(stage="update", revision=2)
    over = planned(stage="resolve", revision=3)
    root = an_alert(over[0], *over[1:], *first, *update)
    named = [f"police.exampleton.example,{first[0].id}.{n},2026-11-22T14:58:06-05:00" for n in (1, 2)]
    assert (texts(root, "msgType"), texts(root, "references")) == (["Cancel"], [" ".join(named)])
    assert "CMAS" not in values(root, "parameter", "BLOCKCHANNEL")
    assert texts(root, "info/responseType") == ["AllClear", "AllClear"]


def test_the_end_of_what_was_never_sent_rings_nowhere() -> None:
    """There is nothing to cancel, and nobody is woken because a road is open again."""
    root = an_alert(*planned(stage="resolve", revision=2), pathways=["wea", "eas", "nwem"])
    assert (texts(root, "msgType"), texts(root, "references")) == (["Alert"], [])
    assert values(root, "parameter", "BLOCKCHANNEL") == ["CMAS", "EAS", "NWEM"] * 2


def test_telephones_forget_after_a_day_and_radio_after_four() -> None:
    """A longer life is refused by the gateways."""
    message = replace(planned()[0], expires=NOW + timedelta(days=30))
    ways: list[tuple[list[str], timedelta]] = [
        (["wea", "eas"], timedelta(hours=24)),
        (["eas"], timedelta(hours=99, minutes=30)),
        (["nwem"], timedelta(days=30)),
    ]
    for pathways, lasts in ways:
        (expires,) = texts(an_alert(message, pathways=pathways), "info/expires")
        assert datetime.fromisoformat(expires).astimezone(UTC) == (NOW + lasts).replace(microsecond=0)


def test_what_is_read_on_the_air_is_not_cut() -> None:
    """Where the whole text has more than 1,800 characters, the short one is read instead."""
    message = replace(planned()[0], beside={"long": "word " * 400})
    assert texts(an_alert(message, pathways=["eas"]), "info/description") == [message.text]
    assert len(texts(an_alert(message), "info/description")[0]) == 2_000


def test_a_part_of_a_county_is_a_polygon() -> None:
    """Corners as CAP writes them, and the place in the department's words."""
    root = an_alert(*planned(), polygon=SQUARE, area="Exampleton")
    assert texts(root, "info/area/polygon") == [SQUARE] * 2
    assert texts(root, "info/area/areaDesc") == ["Exampleton"] * 2


@pytest.mark.parametrize(
    "wrong",
    [
        "42.38,-71.26",
        "42.38,-71.26 42.38,-71.21 42.35,-71.21 42.35,-71.26",
        "42.38 -71.26 42.38,-71.21 42.35,-71.21 42.38,-71.26",
        "98.38,-71.26 42.38,-71.21 42.35,-71.21 98.38,-71.26",
        "42.38,-71.26 42.35,-71.21 42.38,-71.21 42.35,-71.26 42.38,-71.26",
        " ".join(["42.38,-71.26"] * 101),
    ],
    ids=["one corner", "open", "no pairs", "beyond the pole", "crosses itself", "too many"],
)
def test_what_is_no_polygon_is_refused(wrong: str) -> None:
    """The gateway would refuse the whole alert, at the worst moment."""
    with pytest.raises(ValidationError, match=r"polygon|corners|crosses"):
        IpawsSettings.model_validate({**ACCOUNT, "polygon": wrong})


@pytest.mark.parametrize("same", [[], ["25017"], ["MAC017"], ["025017"] * 32])
def test_the_counties_are_same_codes(same: list[str]) -> None:
    """Six digits, at most 31, as the Emergency Alert System takes them."""
    with pytest.raises(ValidationError):
        IpawsSettings.model_validate({**ACCOUNT, "same": same})


def test_nothing_that_people_typed_becomes_markup() -> None:
    """Signs of XML are words, and what XML has no place for is left out."""
    message = replace(a_notification_message(), text="A <b>road</b> & 'more' ]]> \x0b\ufffe", headline="<!ENTITY x>")
    root = an_alert(message)
    assert texts(root, "info/description") == ["A <b>road</b> & 'more' ]]> "]
    assert texts(root, "info/headline") == ["<!ENTITY x>"]


def a_notification_message() -> Message:
    """A closure without a longer text."""
    return a_message(alert=a_notification().facts.alert_facts())


def test_a_person_sends_it_in_the_tool_that_is_named() -> None:
    """No request is made, there is no address to give back, and somebody is reminded soon."""
    channel = a_channel(CHANNEL, ACCOUNT, tool_name="AlertDesk", tool_url="https://tool.example/login")
    assert channel.capabilities.by_hand
    hand_off = channel.hand_off
    assert (hand_off.service, hand_off.compose) == ("AlertDesk (IPAWS)", "https://tool.example/login")
    assert (hand_off.hosts, hand_off.deadline) == ((), timedelta(minutes=15))
    assert "AlertDesk" in channel.check().said
