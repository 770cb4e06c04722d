"""What every notification has: problems told all at once, hostile text, attachments, times, ids."""

import unicodedata
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.attachment import LARGEST_ATTACHMENT
from notifier.errors import InvalidNotification, Problem
from notifier.kind import Kind, option_name, own_fields
from notifier.notification import expiry, new_id
from tests.notifications import NOW, ZONE, a_picture, all_kinds, png_bytes, some_facts


def problems(kind: str = "road-closure", **fields: Any) -> list[Problem]:
    """What is wrong with a notification, in the order it is told."""
    with pytest.raises(InvalidNotification) as told:
        some_facts(kind, **fields)
    return list(told.value.problems)


def problem(kind: str = "road-closure", **fields: Any) -> str:
    """The one thing that is wrong with a notification."""
    (only,) = problems(kind, **fields)
    return str(only)


# --- sentences --------------------------------------------------------------------------------------------------------


def test_every_problem_is_told_at_once() -> None:
    """Six wrong fields are six sentences, each under its own name as the dispatcher types it."""
    told = problems(street="  ", reason=None, lanes="most", starts="soon", speed="40", from_="x" * 41)
    assert sorted(found.where for found in told) == ["from", "lanes", "reason", "speed", "starts", "street"]
    assert all("\n" not in found.sentence for found in told)


def test_a_missing_field_is_named_with_an_example() -> None:
    """The sentence shows how to write it."""
    assert problem(street=None) == 'street: is required; for example --street "Main Street"'


@pytest.mark.parametrize("empty", ["", "   ", "\t\n", "\u200b", "\u200b \ufeff"])
def test_an_empty_field_is_refused(empty: str) -> None:
    """Nothing, blanks and characters that take no room are all nothing."""
    assert problem(street=empty) == 'street: is empty; write it or leave it out; for example --street "Main Street"'


def test_an_unknown_field_is_named_and_the_known_ones_are_listed() -> None:
    """A misspelt field is not passed over."""
    told = problem(strete="Elm Street")
    assert told.startswith("strete: a road-closure has no such field; its fields are ")
    assert "street, reason, from, to, direction" in told


def test_an_unknown_field_of_an_attachment_is_told_in_its_place(tmp_path: Path) -> None:
    """The list of a closure's fields would not help there."""
    picture = {"file": str(a_picture(tmp_path)), "alt": "A map", "altt": "A map"}
    assert problem(attachments=[picture]) == "attachments.0.altt: there is no such field; check its spelling"


def test_a_word_outside_the_list_is_refused_with_the_list() -> None:
    """The value is said back with what it may be."""
    assert problem(lanes="most") == "lanes: \"most\" is not one of 'all' or 'some'"


def test_a_text_that_is_too_long_says_by_how_much() -> None:
    """Its length and the most that fits."""
    assert problem(street="S" * 61) == "street: is 61 characters long; at most 60 fit, so say it shorter"


def test_details_take_five_thousand_characters_and_no_more() -> None:
    """The contract's limit, for details and for a body."""
    assert len(some_facts("road-closure", details="d" * 5_000).details or "") == 5_000
    assert "is 10000 characters long; at most 5000 fit" in problem(details="d" * 10_000)
    assert "is 5001 characters long; at most 5000 fit" in problem("outreach", body="b" * 5_001)


def test_a_value_of_the_wrong_sort_is_one_sentence() -> None:
    """A list for a street, words for an age: refused by name, not with a crash."""
    assert problem(street=["a", "b"]).startswith("street: ")
    told = problem("missing-person", age="fourteen")
    assert told.startswith('age: "fourteen" is not right: ')
    assert told.endswith("for example --age 14")


def test_what_is_said_back_is_short_and_printable() -> None:
    """A long or hostile value or name does not reach the terminal as it is."""
    told = problem(lanes="\x1b[31m" + "x" * 500)
    assert "\x1b" not in told
    assert len(told) < 200
    (unknown,) = problems(**{"a\u202eb\x1b" + "c" * 500: "x"})
    assert "\u202e" not in unknown.where
    assert "\x1b" not in unknown.where
    assert len(unknown.where) <= 60


# --- text -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "char",
    ["\x00", "\x07", "\x1b", "\x7f", "\x85", "\u202e", "\u2066", "\u200f", "\ufdd0", "\ue000", "\U000e0041", "\u206a"],
)
@pytest.mark.parametrize("field", ["street", "details"])
def test_characters_that_nobody_sees_are_refused(field: str, char: str) -> None:
    """Control characters, reordering marks, noncharacters, private use, hidden tags: named by number and place."""
    told = problem(**{field: f"Main{char}Street"})
    assert told == (
        f"{field}: contains the unprintable character U+{ord(char):04X} at position 5; type it again without it"
    )


def test_a_line_is_tidied_and_composed() -> None:
    """Blanks and line ends become one space, and an accent typed apart becomes one letter."""
    facts = some_facts("road-closure", street="  Cafe\u0301 \n\t Street ")
    assert getattr(facts, "street", "") == "Caf\u00e9 Street"


def test_details_keep_their_paragraphs() -> None:
    """Line ends stay, of whatever sort; more than one empty line becomes one."""
    facts = some_facts("road-closure", details=" One. \r\n\r\n\r\n\r\nTwo  is   here.\rThree. \n")
    assert facts.details == "One.\n\nTwo is here.\nThree."


@given(text=st.text(max_size=80))
def test_any_text_is_taken_or_refused_in_a_sentence(text: str) -> None:
    """No street crashes the reading; what is taken is one line without control characters."""
    street, told = "", []
    try:
        street = getattr(some_facts("road-closure", street=text, details=text), "street", "")
    except InvalidNotification as refused:
        told = [found.where for found in refused.problems]
    assert told in ([], ["details", "street"], ["street"])
    assert not any(unicodedata.category(char) in ("Cc", "Cs", "Co", "Cn", "Zl", "Zp") for char in street)


# --- links ------------------------------------------------------------------------------------------------------------


def test_several_links_are_taken_and_one_alone_is_a_list() -> None:
    """As the option may be repeated."""
    assert some_facts("road-closure", link="https://a.example/1").link == ("https://a.example/1",)
    assert some_facts("road-closure", link=["https://a.example", "http://b.example"]).link[1] == "http://b.example"
    assert problem(link=["https://a.example"] * 6) == "link: is given 6 times; at most 5 fit"


@pytest.mark.parametrize(
    "wrong",
    [
        "city.example",
        "ftp://city.example",
        "https://",
        "https://city",
        "javascript:alert(1)",
        "https://a.example/a b",
        'https://a.example/"x',
    ],
)
def test_what_is_no_web_address_is_refused_by_name(wrong: str) -> None:
    """The value and an example stand in the sentence."""
    assert problem(link=wrong) == (
        f'link.0: "{wrong}" is not a web address; write it whole, as "https://city.example/news"'
    )


# --- times ------------------------------------------------------------------------------------------------------------


def test_a_wrong_time_is_told_with_examples() -> None:
    """The words of the reader of times, under the field's name."""
    assert problem(starts="25:61").startswith('starts: "25:61" is not a time; write "14:30", "tomorrow 6am"')


@pytest.mark.parametrize("wrong", [14, 14.5, True, ["6pm"], datetime(2026, 11, 25, 9)])
def test_a_time_that_is_no_text_is_refused(wrong: object) -> None:
    """A number is no time, and neither is one without a zone."""
    assert problem(starts=wrong).startswith("starts: is not a time; write ")


def test_an_aware_time_is_taken_as_it_is() -> None:
    """A feed gives moments, not words."""
    moment = datetime(2026, 11, 25, 14, tzinfo=UTC)
    assert getattr(some_facts("road-closure", starts=moment), "starts", None) == moment


def test_an_end_before_its_start_is_refused_with_both() -> None:
    """Both times are said back."""
    told = problem(starts="2026-11-25T18:00", ends="2026-11-25T17:00")
    assert told.endswith("ends (Wed Nov 25 17:00) is not after starts (Wed Nov 25 18:00); give an end that comes later")
    assert problem(starts="2026-11-25T18:00", ends="2026-11-25T18:00")


def test_a_bare_end_follows_its_start() -> None:
    """From 22:00 until 6:00 is a night, not a mistake."""
    facts = some_facts("road-closure", starts="tomorrow 10pm", ends="6am")
    assert facts.ends_at() == datetime(2026, 11, 24, 6, tzinfo=ZONE)


def test_an_end_in_the_hour_that_comes_twice_follows_its_start() -> None:
    """1:45 in summer time is before 1:15 in winter time, whatever the digits say."""
    now = datetime(2026, 11, 1, 1, 45, tzinfo=ZONE)
    facts = some_facts("road-closure", now=now, starts="now", ends="30m")
    end = facts.ends_at()
    assert end is not None
    assert end.timestamp() - now.timestamp() == 1_800


def test_what_expires_in_the_past_is_refused() -> None:
    """Old news is not sent."""
    assert problem(expires="2026-11-22T14:00").startswith(
        'expires: "2026-11-22T14:00" is in the past; write a time to come'
    )
    assert problem(expires="0h").startswith('expires: "0h" is not a time')


def test_it_expires_as_given_else_at_its_end_else_after_a_while() -> None:
    """A length counts from now; a kind has a default."""
    assert expiry(some_facts("road-closure", expires="2h"), NOW) == NOW + timedelta(hours=2)
    assert expiry(some_facts("road-closure", expires="tomorrow noon"), NOW) == datetime(2026, 11, 23, 12, tzinfo=ZONE)
    assert expiry(some_facts("road-closure", ends="tomorrow 6am"), NOW) == datetime(2026, 11, 23, 6, tzinfo=ZONE)
    assert expiry(some_facts("road-closure"), NOW) == NOW + timedelta(hours=12)
    past = some_facts("outreach", when="2026-11-20T09:00")
    assert expiry(past, NOW) == NOW + timedelta(days=7)


# --- attachments ------------------------------------------------------------------------------------------------------


def attached(path: Path | str, **more: Any) -> dict[str, Any]:
    """An attachment as a form gives it."""
    return {"file": str(path), "alt": "A map of the closure", **more}


def test_a_picture_is_taken_with_its_words_and_rights(tmp_path: Path) -> None:
    """Its name and type are known from the file."""
    facts = some_facts("road-closure", attachments=[attached(a_picture(tmp_path), rights="City of Exampleton")])
    (picture,) = facts.pictures()
    assert (picture.name, picture.media_type, picture.rights) == ("map.png", "image/png", "City of Exampleton")


def test_a_picture_without_alt_text_is_refused(tmp_path: Path) -> None:
    """Who cannot see it must know what it shows."""
    told = problem(attachments=[{"file": str(a_picture(tmp_path))}])
    assert told == 'road-closure: "map.png" has no alt text; add --alt "what the picture shows"'


@pytest.mark.parametrize("name", ["none.png", "~nobody-of-this-name/a.png", "a" * 300 + ".png", "none.exe"])
def test_a_missing_file_is_refused_by_name(tmp_path: Path, name: str) -> None:
    """Also where the name itself cannot be one."""
    path = name if name.startswith("~") else str(tmp_path / name)
    told = problem(attachments=[attached(path)])
    assert told.startswith("attachments.0.file: ")
    assert "give the path of a picture" in told
    assert len(told) < 300


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    """A folder named like a picture is not one."""
    (tmp_path / "folder.png").mkdir()
    assert "there is no file" in problem(attachments=[attached(tmp_path / "folder.png")])


def test_a_file_of_another_type_is_refused(tmp_path: Path) -> None:
    """Only what the networks take."""
    (tmp_path / "run.exe").write_bytes(b"MZ")
    assert problem(attachments=[attached(tmp_path / "run.exe")]) == (
        'attachments.0.file: "run.exe" is not a jpg, png, gif, webp, pdf or mp4 file; save it as one of these'
    )


def test_a_file_that_is_too_large_is_refused(tmp_path: Path) -> None:
    """Twenty megabytes pass, one byte more does not."""
    large = tmp_path / "large.png"
    large.write_bytes(png_bytes())
    with large.open("r+b") as file:
        file.truncate(LARGEST_ATTACHMENT)
    assert some_facts("road-closure", attachments=[attached(large)])
    with large.open("r+b") as file:
        file.truncate(LARGEST_ATTACHMENT + 1)
    assert '"large.png" is larger than 20 MB' in problem(attachments=[attached(large)])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jpg", png_bytes()),
        ("a.png", b"\xff\xd8\xff\xe0"),
        ("a.png", b""),
        ("a.gif", b"<svg onload=alert(1)>"),
        ("a.webp", b"RIFF\x00\x00\x00\x00WAVEfmt "),
        ("a.mp4", b"\x00\x00\x00\x18moov"),
        ("a.pdf", b"MZ\x90\x00"),
    ],
)
def test_a_file_that_is_not_what_its_name_says_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    """Its first bytes are looked at, not its name alone."""
    (tmp_path / name).write_bytes(content)
    assert f'is not what its name says: "{name}" does not hold a' in problem(attachments=[attached(tmp_path / name)])


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("a.JPG", b"\xff\xd8\xff\xe0", "image/jpeg"),
        ("a.gif", b"GIF89a", "image/gif"),
        ("a.webp", b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        ("a.mp4", b"\x00\x00\x00\x18ftypmp42", "video/mp4"),
        ("a.pdf", b"%PDF-1.7", "application/pdf"),
    ],
)
def test_a_file_of_each_type_is_taken(tmp_path: Path, name: str, content: bytes, media_type: str) -> None:
    """By its first bytes and its name together."""
    (tmp_path / name).write_bytes(content)
    (taken,) = some_facts("road-closure", attachments=[attached(tmp_path / name)]).attachments
    assert taken.media_type == media_type


# --- ids and names ----------------------------------------------------------------------------------------------------


@given(
    first=st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(ZONE)),
    later=st.integers(1, 10**8),
)
def test_ids_sort_by_time(first: datetime, later: int) -> None:
    """A later id is the greater text, whatever zone the clock is in and whatever the clocks do."""
    assert new_id(first) < new_id(first.astimezone(UTC) + timedelta(seconds=later))


def test_ids_of_one_second_differ_and_can_be_read_out() -> None:
    """No letter looks like a digit or like another."""
    ids = {new_id(NOW) for _ in range(500)}
    assert len(ids) > 490
    assert all(made.startswith("n-20261122-195806-") and not set(made[18:]) & set("ilou") for made in ids)


@pytest.mark.parametrize("kind", list(all_kinds().values()), ids=list(all_kinds()))
def test_every_kind_is_described(kind: type[Kind]) -> None:
    """Each field has a description, each required one an example, and CAP is told what it wants to know."""
    assert kind.summary
    assert kind.lasts > timedelta()
    for name in own_fields(kind):
        field = kind.model_fields[name]
        assert field.description, name
        assert field.examples or not field.is_required(), name
        assert not option_name(kind, name).endswith("_")
    assert some_facts(kind.slug).alert_facts().event
