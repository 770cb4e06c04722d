"""A missing person: its fields, the photo, and what CAP is told."""

from pathlib import Path
from typing import Any

import pytest

from notifier.errors import InvalidNotification
from notifier.kind import own_fields
from notifier.kinds.missing_person import NAME_AND_PLACE_TOGETHER, MissingPerson
from tests.notifications import FULL_FIELDS, a_picture, some_facts


def missing(**fields: Any) -> MissingPerson:
    """A girl of fourteen, last seen at a park, changed or added to."""
    facts = some_facts("missing-person", **fields)
    assert isinstance(facts, MissingPerson)
    return facts


def test_the_fields_are_those_of_the_contract() -> None:
    """In the words dispatchers use."""
    expected = "name age last_seen_place last_seen_at sex height description clothing vehicle caution photo case_number"
    assert own_fields(MissingPerson) == [*expected.split(), "call", "endangered"]
    assert missing(**FULL_FIELDS["missing-person"]).case_number == "26-004211"


@pytest.mark.parametrize("field", ["name", "age", "last_seen_place"])
def test_who_how_old_and_where_are_required(field: str) -> None:
    """Nobody can look out for less."""
    with pytest.raises(InvalidNotification, match=f"^{field}: is required; for example --{field.replace('_', '-')}"):
        missing(**{field: None})


@pytest.mark.parametrize(("typed", "age"), [("14", 14), (0, 0), ("120", 120)])
def test_an_age_is_whole_years(typed: object, age: int) -> None:
    """Digits as typed, or a number."""
    assert missing(age=typed).age == age


@pytest.mark.parametrize("wrong", ["fourteen", -1, 121, "14.5", ""])
def test_an_age_that_is_none_is_refused_with_an_example(wrong: object) -> None:
    """One sentence under the field's name."""
    with pytest.raises(InvalidNotification, match=r"^age: .*for example --age 14$"):
        missing(age=wrong)


def test_a_photo_comes_first_among_the_pictures(tmp_path: Path) -> None:
    """The photo, then the attachments; a path alone is a photo without words."""
    photo, plan = a_picture(tmp_path, "robin.png"), a_picture(tmp_path, "plan.png")
    facts = missing(
        photo={"file": str(photo), "alt": "Robin in a red jacket", "rights": "family"},
        attachments=[{"file": str(plan), "alt": "A plan of the park"}],
    )
    assert [picture.name for picture in facts.pictures()] == ["robin.png", "plan.png"]
    with pytest.raises(InvalidNotification, match=r'"robin\.png" has no alt text; add --alt'):
        missing(photo=str(photo))


def test_a_missing_photo_file_is_told_under_its_field() -> None:
    """Where it stands in the notification."""
    with pytest.raises(InvalidNotification, match=r'^photo\.file: there is no file "none\.png"'):
        missing(photo={"file": "none.png", "alt": "Robin"})


def test_a_name_and_a_place_that_leave_no_room_are_refused_together() -> None:
    """Each fits its field, and together they do not fit a text message."""
    assert missing(name="N" * 30, last_seen_place="P" * (NAME_AND_PLACE_TOGETHER - 30))
    with pytest.raises(InvalidNotification, match="name and last_seen_place are 70 characters together"):
        missing(name="N" * 30, last_seen_place="P" * 40)


@pytest.mark.parametrize("flag", [True, "true", "yes"])
def test_endangered_makes_it_severe(flag: object) -> None:
    """CAP's event and severity follow; nothing else is claimed."""
    facts = missing(endangered=flag).alert_facts()
    assert (facts.event, facts.severity) == ("Missing and Endangered Person", "Severe")
    assert (missing().alert_facts().event, missing().alert_facts().severity) == ("Missing Person", "Moderate")
    assert facts.instruction == "If you see this person, call 911."
