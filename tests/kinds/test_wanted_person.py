"""A wanted person: its fields, whom nobody may show, the presumption in every text, and what CAP is told."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DataObject

from notifier.channel import FORMS, Form, Limit
from notifier.errors import InvalidNotification
from notifier.kind import own_fields
from notifier.kinds.wanted_person import NAME_CHARGE_AND_CASE_TOGETHER, WantedPerson
from notifier.notification import Notification, Stage
from notifier.policy import ShownText, judge, subject_of
from notifier.rendering import Renderer, Wish
from tests.longest_facts import wanted_people
from tests.notifications import (
    FULL_FIELDS,
    a_department,
    a_full_notification,
    a_notification,
    a_picture,
    some_facts,
)

RENDERER = Renderer(a_department())
LIMITS: dict[Form, Limit | None] = {"headline": None, "sms": Limit(138, "sms"), "short": Limit(280, "x"), "long": None}
PRESUMED = {"en": "resumed innocent", "es": "e presume inocente"}
STAY_AWAY = {"en": "Do not approach", "es": "No se acerque"}
NOBODY = {"name": None, "photo": None, "description": None}


def wanted(**fields: Any) -> WantedPerson:
    """An adult of that name, changed or added to."""
    facts = some_facts("wanted-person", **fields)
    assert isinstance(facts, WantedPerson)
    return facts


def texts(notification: Notification) -> dict[tuple[str, Form], str]:
    """Every form in both languages, as the tightest channel of that form shows it."""
    return {
        (language, form): RENDERER.render(notification, form, language, Wish(LIMITS[form], gsm7=form == "sms")).text
        for language in ("en", "es")
        for form in FORMS
    }


def test_the_fields_are_those_of_the_contract() -> None:
    """In the words dispatchers use."""
    assert own_fields(WantedPerson) == ["charge", "case_number", "name", "age", "description", "photo", "caution"]
    assert wanted(**FULL_FIELDS["wanted-person"]).age == 34


@pytest.mark.parametrize("field", ["charge", "case_number"])
def test_a_charge_and_a_case_number_are_required(field: str) -> None:
    """Nobody is wanted without a warrant."""
    with pytest.raises(InvalidNotification, match=f"^{field}: is required; for example --{field.replace('_', '-')}"):
        wanted(**{field: None})


# --- whom it seeks ----------------------------------------------------------------------------------------------------


def test_somebody_of_whom_nothing_is_known_is_not_sought(tmp_path: Path) -> None:
    """A name, a photo or a description is enough; without any of them nobody could look out."""
    with pytest.raises(InvalidNotification, match="give at least one of name, photo and description"):
        wanted(**NOBODY, age=34, caution="May be armed.")
    assert wanted(**{**NOBODY, "description": "5 ft 9 in, grey coat"}).name is None
    photo = {"file": str(a_picture(tmp_path)), "alt": "A person in a grey coat"}
    assert wanted(**{**NOBODY, "photo": photo}).pictures()[0].alt == "A person in a grey coat"


def test_somebody_without_a_name_is_sought_by_case_number() -> None:
    """The headline and every form say which case it is."""
    said = texts(a_notification("wanted-person", **{**NOBODY, "description": "Grey coat"}))
    assert said["en", "headline"] == "Wanted on a warrant (presumed innocent): case 26-004211"
    assert "Person wanted on warrant" in said["en", "sms"]
    assert "A person is wanted on a warrant charging armed robbery." in said["en", "short"]
    assert "Se busca a una persona" in said["es", "sms"]
    assert all("26-004211" in text for text in said.values())


@pytest.mark.parametrize("age", [1, 17, "17"])
@pytest.mark.parametrize("shown", ["name", "photo", "attachments"])
def test_nobody_under_18_is_named_or_shown(tmp_path: Path, age: object, shown: str) -> None:
    """The sentence names the clause; a description alone is for the rules to judge."""
    picture = {"file": str(a_picture(tmp_path)), "alt": "A person"}
    given = {"name": "Robin Example", "photo": picture, "attachments": [picture]}[shown]
    fields = {**NOBODY, "description": "Grey coat", "age": age}
    assert wanted(**fields).age == int(str(age))
    with pytest.raises(InvalidNotification, match=r"neither named nor shown \(order 2\.b\.3; G\.L\. c\.119\)"):
        wanted(**{**fields, shown: given})


def test_an_adult_may_be_named_and_shown(tmp_path: Path) -> None:
    """From 18 on, and where the age is not known."""
    photo = {"file": str(a_picture(tmp_path)), "alt": "A person in a grey coat"}
    assert wanted(age=18, photo=photo).age == 18
    assert wanted(photo=photo).age is None


def test_facts_that_leave_no_room_are_refused_together() -> None:
    """Each fits its field, and together they do not fit a post."""
    assert wanted(name="N" * 30, charge="C" * 40, case_number="1" * (NAME_CHARGE_AND_CASE_TOGETHER - 70))
    sentence = "name and charge and case_number are 96 characters together, and a post has room for 86; shorten them"
    with pytest.raises(InvalidNotification, match=sentence):
        wanted(name="N" * 36, charge="C" * 40, case_number="1" * 20)


# --- what every text says ---------------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_every_form_presumes_innocence_and_says_to_stay_away(data: DataObject) -> None:
    """However long the facts, in a drill too: presumed innocent, and in every text do not approach, call 911."""
    facts = data.draw(wanted_people())
    status = data.draw(st.sampled_from(["actual", "exercise"]))
    stages: tuple[Stage, ...] = ("issue", "update")
    for stage in stages:
        said = texts(a_notification("wanted-person", stage=stage, status=status, **facts.fields))
        for (language, form), text in said.items():
            assert PRESUMED[language] in text
            assert form == "headline" or (STAY_AWAY[language] in text and "911" in text)


def test_the_charge_is_the_warrants_and_the_number_is_the_departments() -> None:
    """Wanted on a warrant charging it, presumed innocent unless proven guilty in court; whom to call, which case."""
    said = texts(a_full_notification("wanted-person"))
    for form in ("short", "long"):
        text = said["en", form]  # type: ignore[index]
        assert "on a warrant charging armed robbery" in text
        assert "resumed innocent unless proven guilty in court." in text
        assert "555-555-0100" in text
        assert "ase 26-004211" in text
    assert "se presume inocente mientras no se pruebe su culpabilidad ante un tribunal." in said["es", "long"]
    assert "llame al 911 o al 555-555-0100" in said["es", "short"]


def test_in_a_text_message_the_case_number_goes_last() -> None:
    """The link, the description and the caution go before the number to call, then the age, the charge, the case."""
    notification = a_full_notification("wanted-person")
    dropped = RENDERER.render(notification, "sms", "en", Wish(Limit(100, "sms"), gsm7=True)).dropped
    assert [words[:8] for words in dropped] == [
        "https://",
        "5 ft 9 i",
        "May be a",
        "or 555-5",
        ", 34",
        "charging",
        "Case 26-",
    ]


@pytest.mark.parametrize("stage", ["issue", "update", "resolve"])
def test_its_own_words_say_nothing_that_the_order_forbids(stage: Stage) -> None:
    """The texts of this kind pass every rule in both languages."""
    notification = a_full_notification("wanted-person", stage=stage, languages=("en", "es"))
    shown = [ShownText("site", form, language, text) for (language, form), text in texts(notification).items()]
    assert judge(subject_of(notification, a_department(), shown)).findings == ()


# --- when it is over --------------------------------------------------------------------------------------------------

SECRETS = st.text("ZQXWzqxw", min_size=6, max_size=30)


@given(name=SECRETS, charge=SECRETS, other=SECRETS)
@settings(max_examples=40, deadline=None)
def test_a_resolve_says_nothing_of_the_person(name: str, charge: str, other: str) -> None:
    """No longer sought, and nothing more: neither who, nor the charge, nor whether anybody was arrested."""
    notification = a_full_notification(
        "wanted-person",
        stage="resolve",
        name=name,
        charge=charge,
        **dict.fromkeys(("description", "caution", "details"), other),
        link=f"https://police.example/{name}",
    )
    for text in texts(notification).values():
        assert not [secret for secret in (name, charge, other, "34", "http") if secret in text]
        assert not [word for word in ("arrest", "guilt", "innocen", "culpab", "inocen", "caught") if word in text]
    assert "is no longer sought" in texts(notification)["en", "sms"]


def test_cap_is_told_whom_not_to_approach() -> None:
    """A wanted person; what to do, and nothing of who it is."""
    facts = wanted(name="Robin Example").alert_facts()
    assert (facts.event, facts.category, facts.response) == ("Wanted Person", "Security", "Monitor")
    assert facts.instruction == "Do not approach. If you see this person, call 911."
    assert WantedPerson.personal
