"""Wrong input is refused with one clear sentence and the right exit code; nothing is stored, nothing is sent."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.console import CLOSURE, Office, Ran

TOO_LARGE = 20 * 1024 * 1024 + 1
PNG_START = b"\x89PNG\r\n\x1a\n" + bytes(16)

INVALID: dict[str, tuple[tuple[str, ...], str, str]] = {
    # what is wrong: the arguments after those of a good closure, the field that is named, words of the sentence
    "empty street": (("--street", ""), "street", "empty"),
    "blank street": (("--street", "   "), "street", "empty"),
    "bad time": (("--starts", "half past never"), "starts", "half past never"),
    "no such day": (("--starts", "2026-02-30T10:00"), "starts", "2026-02-30"),
    "end before start": (
        ("--starts", "2027-03-01T10:00", "--ends", "2027-03-01T09:00"),
        "road-closure",
        "is not after starts",
    ),
    "already over": (("--expires", "2020-01-01T00:00"), "expires", "past"),
    "long details": (("--details", "x" * 10_000), "details", "10000 characters"),
    "control character": (("--details", "now\x07here"), "details", "U+0007"),
    "escape sequence": (("--street", "Main\x1b[31m Street"), "street", "U+001B"),
    "bidi override": (("--street", "Main \u202eteertS"), "street", "U+202E"),
    "bidi isolate": (("--details", "a\u2066b"), "details", "U+2066"),
    "not one of": (("--lanes", "most"), "lanes", "most"),
    "no web address": (("--link", "javascript:alert(1)"), "link", "web address"),
    "missing picture": (("--attach", "nowhere.png", "--alt", "A map"), "attachments", "nowhere.png"),
    "folder as picture": (("--attach", ".", "--alt", "A map"), "attachments", "no file"),
    "unknown type": (("--attach", "notes.docx", "--alt", "Notes"), "attachments", "notes.docx"),
    "other content": (("--attach", "fake.png", "--alt", "A map"), "attachments", "not what its name says"),
    "too large": (("--attach", "large.png", "--alt", "A map"), "attachments", "20 MB"),
    "no alt text": (("--attach", "map.png"), "road-closure", "--alt"),
    "alt without picture": (("--alt", "A map"), "--alt", "attach"),
    "unknown language": (("--language", "tlh"), "--language", "tlh"),
    "bad release time": (("--at", "whenever"), "--at", "whenever"),
}


@pytest.fixture(scope="module")
def files(shared_office: Office) -> Path:
    """A folder with a good picture and several bad ones: the office's own."""
    folder = shared_office.folder
    (folder / "map.png").write_bytes(PNG_START)
    (folder / "fake.png").write_bytes(b"MZ this is a program")
    (folder / "notes.docx").write_bytes(b"PK")
    with (folder / "large.png").open("wb") as file:
        file.write(PNG_START)
        file.truncate(TOO_LARGE)
    return folder


def assert_refused(office: Office, ran: Ran, code: int) -> None:
    """Check that a command was refused with an exit code, in sentences, without a trace."""
    assert ran.code == code, ran.err
    assert ran.document["error"]["exit"] == code
    assert "Traceback" not in ran.err
    assert "an error inside" not in ran.err
    assert office.stored() == 0
    assert office.sent_nothing()


@pytest.mark.parametrize("name", INVALID)
@pytest.mark.usefixtures("files")
def test_an_invalid_field_is_one_sentence_and_3(quiet_office: Office, name: str) -> None:
    """A wrong value is one sentence that names its field and its value; exit 3; one JSON document."""
    arguments, field, words = INVALID[name]

    ran = quiet_office.publish(*arguments)

    assert_refused(quiet_office, ran, 3)
    (problem,) = ran.document["error"]["problems"]
    assert problem["where"].startswith(field)
    assert words in problem["sentence"]
    assert len(ran.err.splitlines()) == 1
    assert ran.err.isprintable() or ran.err.strip().isprintable()


def test_all_mistakes_are_told_at_once(quiet_office: Office) -> None:
    """Three wrong fields are three sentences of one answer."""
    ran = quiet_office.publish("--street", "", "--lanes", "most", "--starts", "never")

    assert_refused(quiet_office, ran, 3)
    assert {problem["where"] for problem in ran.document["error"]["problems"]} == {"street", "lanes", "starts"}


FIELDS_FILES = {
    "no JSON": ("{street: Main}", "JSON"),
    "a list": ('["Main Street"]', "object"),
    "an unknown field": ('{"street": "Main Street", "reason": "flood", "stret": "x"}', "stret"),
    "a field of another kind": ('{"street": "Main Street", "reason": "flood", "age": 14}', "age"),
    "a nested value": ('{"street": {"name": "Main"}, "reason": "flood"}', "street"),
    "too deep": ("[" * 100_000, "JSON"),
    "nothing": ("", "JSON"),
}


@pytest.mark.parametrize("name", FIELDS_FILES)
def test_a_bad_fields_file_is_refused_with_3(quiet_office: Office, name: str) -> None:
    """What --fields reads is judged like options: the sentence names what is wrong."""
    text, words = FIELDS_FILES[name]

    ran = quiet_office("road-closure", "--fields", "-", "--json", stdin=text)

    assert_refused(quiet_office, ran, 3)
    assert words in ran.err


def test_a_fields_file_that_is_not_there_is_named(quiet_office: Office) -> None:
    """--fields with a path that does not exist names the path."""
    ran = quiet_office("road-closure", "--fields", "nowhere.json", "--json")

    assert_refused(quiet_office, ran, 3)
    assert "nowhere.json" in ran.err


USAGE = {
    "an unknown option": ((*CLOSURE, "--colour", "red"), "--colour"),
    "an unknown kind": (("street-party", "--street", "Main Street"), "street-party"),
    "an unknown command": (("publsh",), "publsh"),
    "an unknown channel": ((*CLOSURE, "--channel", "fax"), "fax"),
    "an argument that is missing": (("show",), "ID"),
    "a number that is none": ((*CLOSURE, "--wait", "soon"), "--wait"),
    "an unknown id": (("show", "n-20200101-000000-nope1"), "n-20200101-000000-nope1"),
    "an id of nothing": (("status", "%"), "no such notification"),
    "an unknown channel to retry": (("retry", "--channel", "fax"), "fax"),
    "nothing to retry": (("retry",), "say what to retry"),
    "an unknown id to cancel": (("cancel", "nope"), "nope"),
    "a confirmation that says nothing": (("confirm", "nope", "x"), "say what you found"),
    "an unknown feed": (("feeds", "poll", "radio"), "radio"),
    "an unknown id of a record": (("records", "show", "nope"), "nope"),
    "a capture that is not there": (("records", "verify", "nowhere.json"), "nowhere.json"),
}


@pytest.mark.parametrize("name", USAGE)
def test_wrong_usage_is_2_with_one_json_document(quiet_office: Office, name: str) -> None:
    """What does not exist is named, with exit 2; with --json the error is one document on stdout."""
    arguments, words = USAGE[name]

    ran = quiet_office(*arguments, "--json")

    assert_refused(quiet_office, ran, 2)
    assert words in ran.err
    assert words in ran.document["error"]["message"]


def test_a_missing_configuration_says_how_to_make_one(quiet_office: Office) -> None:
    """--config with a folder that is not there: exit 2, and `notify init` is named."""
    ran = quiet_office(*CLOSURE, "--json", "--config", "nowhere")

    assert_refused(quiet_office, ran, 2)
    assert "notify init" in ran.err


def test_a_time_that_does_not_exist_or_exists_twice_is_taken_or_told(quiet_office: Office) -> None:
    """In the hour that the clocks skip, the command answers with a preview or a sentence, never with a trace."""
    ran = quiet_office("preview", *CLOSURE, "--starts", "2027-03-14T02:30", "--json")

    assert ran.code in (0, 3)
    assert "an error inside" not in ran.err


# --- the store --------------------------------------------------------------------------------------------------------


def damage(path: Path) -> None:
    """Put something in the database's place that is none."""
    path.write_bytes(b"This is no database, but a text of some length. " * 100)


def from_the_future(path: Path) -> None:
    """Make a database of a version that is yet to come."""
    import sqlite3

    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 9999")
    connection.commit()
    connection.close()


def a_folder(path: Path) -> None:
    """Put a folder in the database's place."""
    path.mkdir()


@pytest.mark.parametrize(
    ("spoil", "words"), [(damage, "no database"), (from_the_future, "newer Notifier"), (a_folder, "cannot be opened")]
)
def test_a_spoilt_database_is_1_with_what_to_do(office: Office, spoil: Callable[[Path], None], words: str) -> None:
    """A file that is no database, or one of a newer version: exit 1, its path and what to do; nothing is sent."""
    office.database.parent.mkdir()
    spoil(office.database)

    ran = office.publish()

    assert ran.code == 1
    assert words in ran.err
    assert str(office.database) in ran.err
    assert "an error inside" not in ran.err
    assert office.sent_nothing()


def test_a_read_only_folder_is_1_with_what_to_do(office: Office) -> None:
    """Where the database's folder may not be written: exit 1, in a sentence; nothing is sent."""
    office.database.parent.mkdir()
    office.database.parent.chmod(0o555)

    ran = run_bound(office, *CLOSURE, "--json")

    assert ran.code == 1
    assert str(office.database) in ran.err
    assert "right to write" in ran.err or "may be written" in ran.err
    assert office.sent_nothing()


def test_a_database_that_became_read_only_is_1(office: Office) -> None:
    """A database that may be read and not written: exit 1, the second notification is not there by half."""
    office.only("plain-hook")
    office.publish()
    for path in (*office.database.parent.rglob("*"), office.database.parent):
        path.chmod(0o555 if path.is_dir() else 0o444)

    ran = run_bound(office, *CLOSURE, "--street", "Elm Street", "--json")

    office.database.parent.chmod(0o755)
    assert ran.code == 1
    assert str(office.database) in ran.err
    assert "an error inside" not in ran.err
    assert len(office.posts("webhook")) == 1
    assert office.stored() == 1


def run_bound(office: Office, *arguments: str) -> Ran:
    """Run a command for which the rights of files count: as root, without the right to pass over them."""
    return office(*arguments, through=without_privilege())


def without_privilege() -> tuple[str, ...]:
    """The program that takes root's privilege over files away; nothing where nobody has it."""
    if os.geteuid() != 0:
        return ()
    import shutil

    setpriv = shutil.which("setpriv")
    if setpriv is None:
        pytest.skip("run by root without setpriv (util-linux): no file is read-only for root")
    return (setpriv, "--bounding-set=-dac_override,-dac_read_search")


@pytest.mark.slow
def test_a_locked_database_is_given_up_after_ten_seconds(office: Office) -> None:
    """Another program holds the database: the command waits 10 s, then exit 1 with what to do; nothing is sent."""
    office.only("plain-hook")
    office.publish()

    with office.locked("BEGIN EXCLUSIVE"):
        ran = office.publish("--street", "Elm Street")

    assert ran.code == 1
    assert "locked by another program" in ran.err
    assert office.stored() == 1
    assert len(office.posts("webhook")) == 1


@pytest.mark.parametrize("kilobytes", [64, 150, 180])
def test_a_full_disk_never_leaves_half_a_notification(office: Office, kilobytes: int) -> None:
    """Where files may not grow any more, the command ends with 1 and what to do, and stores all or nothing.

    A limit on the size of files stands for the full disk: a disk of its own needs rights that a test has not.
    """
    import shutil

    prlimit = shutil.which("prlimit")
    if prlimit is None:
        pytest.skip("prlimit (util-linux) is not here: the size of files cannot be limited")
    office.only("plain-hook")

    ran = office.publish("--no-wait", through=(prlimit, f"--fsize={kilobytes * 1024}"))

    whole = office("list", "--json")
    assert ran.code in (0, 1)
    assert "an error inside" not in ran.err
    assert (ran.code == 0) == (len(whole.document) == 1)
    assert len(office.rows("SELECT id FROM delivery")) == len(whole.document)
    assert ran.code == 0 or str(office.database) in ran.err
    assert office("records", "verify").code == 0
    assert json.loads(ran.out)


def test_a_disk_that_fills_up_keeps_what_was_stored(office: Office) -> None:
    """When the disk is full, the next command is 1 before anything is sent; the earlier notification still verifies."""
    import shutil

    prlimit = shutil.which("prlimit")
    if prlimit is None:
        pytest.skip("prlimit (util-linux) is not here: the size of files cannot be limited")
    office.only("plain-hook")
    office.publish()

    ran = office.publish("--street", "Elm Street", through=(prlimit, "--fsize=40960"))

    assert ran.code == 1
    assert str(office.database) in ran.err
    assert "disk" in ran.err
    assert (office.stored(), len(office.posts("webhook"))) == (1, 1)
    assert office("records", "verify").code == 0
