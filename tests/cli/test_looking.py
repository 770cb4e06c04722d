"""What stands in the store, as status, list, show and records tell it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from notifier.practice.faults import Fault
from notifier.practice.server import PracticeServer
from tests.cli.console import Office


@dataclass(frozen=True)
class Past:
    """A department with three notifications: delivered, blocked, and one whose answer was lost."""

    office: Office
    done: str
    blocked: str
    unknown: str


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Past]:
    """A past for tests that only look at it."""
    folder = tmp_path_factory.mktemp("past")
    with PracticeServer(site=folder / "var" / "site") as practice:
        office = Office(folder, practice)
        office.only("site", "plain-hook")
        done = office.publish().document["id"]
        blocked = office.publish("--details", "Officers arrested the murderer.").document["id"]
        office.fault(Fault(action="lose-reply", platform="webhook"))
        unknown = office.publish("--street", "Elm Street", "--exercise").document["id"]
        office.fault()
        yield Past(office, done, blocked, unknown)


def test_list_is_an_array_newest_first(past: Past) -> None:
    """`list --json` is an array of objects with the promised keys, the newest first."""
    ran = past.office("list", "--json")

    assert ran.code == 0
    assert [one["id"] for one in ran.document] == [past.unknown, past.blocked, past.done]
    for one in ran.document:
        assert {"id", "kind", "stage", "status", "state", "created"} <= one.keys()
    assert [one["state"] for one in ran.document] == ["published", "blocked", "done"]
    assert [one["status"] for one in ran.document] == ["exercise", "actual", "actual"]


def test_list_shows_at_most_so_many(past: Past) -> None:
    """`--most 1` lists the newest alone, a line for a person on stdout, an exercise marked."""
    ran = past.office("list", "--most", "1")

    assert ran.code == 0
    (line,) = ran.out.splitlines()
    assert past.unknown in line
    assert "DRILL" in line
    assert "Elm Street" in line


def test_status_tells_what_needs_a_person(past: Past) -> None:
    """`status --json` holds what is unfinished, the stopped channels, and whether notify run lives."""
    ran = past.office("status", "--json")

    assert ran.code == 0
    assert [one["id"] for one in ran.document["unfinished"]] == [past.unknown]
    assert ran.document["stopped_channels"] == {}
    assert ran.document["run_alive"] is False


def test_status_of_one_ends_with_its_code(past: Past) -> None:
    """`status ID` ends as publishing did: 0, 4 or 5; the end of an id is enough."""
    codes = [past.office("status", id_[-9:]).code for id_ in (past.done, past.blocked, past.unknown)]

    assert codes == [0, 4, 5]


def test_show_has_fields_and_history(past: Past) -> None:
    """`show --json` is the contract's document with the typed fields and every event, in order."""
    shown = past.office("show", past.done, "--json").document

    assert (shown["fields"]["street"], shown["fields"]["reason"]) == ("Main Street", "water main break")
    assert [event["number"] for event in shown["history"]] == list(range(1, len(shown["history"]) + 1))
    assert shown["history"][0]["type"] == "issue-planned"
    assert [event["type"] for event in shown["history"]].count("attempt") == 2
    assert {delivery["channel"] for delivery in shown["deliveries"]} == {"site", "plain-hook"}


def test_show_tells_a_person_the_whole_history(past: Past) -> None:
    """`show` prints the fields, who published it, and what happened when, in the department's time."""
    ran = past.office("show", past.unknown)

    assert ran.code == 0
    assert "street: Elm Street" in ran.err
    assert "issue-planned" in ran.err
    assert "plain-hook unknown" in ran.err


def test_records_verify_the_whole_store(past: Past) -> None:
    """`records verify --json` counts the events and finds no fault; another command adds none by looking."""
    first = past.office("records", "verify", "--json")
    second = past.office("records", "verify", "--json")

    assert first.code == 0
    assert (first.document["verified"], first.document["faults"]) == (True, [])
    assert second.document["events"] == first.document["events"] > 6


def test_a_record_verifies_by_itself(past: Past) -> None:
    """What `records show --json` prints verifies from the file alone, where there is no database at all."""
    record = past.office("records", "show", past.done, "--json")
    file = past.office.folder / "record.json"
    file.write_text(record.out)

    ran = past.office("records", "verify", str(file), "--json", "--config", "/nonexistent")

    assert (ran.code, ran.document["verified"]) == (0, True)
    assert ran.document["events"] == len(record.document["events"])


def tampered(record: dict[str, Any], how: str) -> dict[str, Any]:
    """A record, falsified."""
    false: dict[str, Any] = json.loads(json.dumps(record))
    if how == "an event's words":
        false["events"][0]["data"]["fields"]["street"] = "Elm Street"
    elif how == "who did it":
        false["events"][0]["actor"] = "somebody else"
    elif how == "an event is gone":
        del false["events"][1]
    elif how == "two events change places":
        false["events"][1], false["events"][2] = false["events"][2], false["events"][1]
    elif how == "a content's words":
        sha = next(key for key, content in false["contents"].items() if "text" in content)
        false["contents"][sha]["text"] = false["contents"][sha]["text"].replace("Main", "Elm")
    elif how == "a content is gone":
        false["contents"].popitem()
    return false


@pytest.mark.parametrize(
    "how",
    [
        "an event's words",
        "who did it",
        "an event is gone",
        "two events change places",
        "a content's words",
        "a content is gone",
    ],
)
def test_a_falsified_record_is_found_out(past: Past, how: str) -> None:
    """Whatever is changed in an exported record, verify ends with 1 and says where."""
    record = past.office("records", "show", past.done, "--json").document
    file = past.office.folder / f"false {how}.json"
    file.write_text(json.dumps(tampered(record, how), ensure_ascii=False))

    ran = past.office("records", "verify", str(file), "--json")

    assert (ran.code, ran.document["verified"]) == (1, False)
    assert ran.document["faults"]


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"format": "notifier-record-1"}', "\x00\x01"])
def test_what_is_no_record_is_refused(past: Past, text: str) -> None:
    """A file that is no record is refused with 2 in a sentence that says how to write one."""
    file = past.office.folder / "no-record.json"
    file.write_text(text)

    ran = past.office("records", "verify", str(file))

    assert ran.code == 2
    assert "is not a record" in ran.err


def test_a_channel_has_a_record_of_its_own(office: Office) -> None:
    """`records show channel:NAME` tells when a channel was stopped and by whom it was started."""
    office.only("facebook")
    office.fault(Fault(action="auth", platform="facebook"))
    office.publish()
    office.fault()
    office("retry", "--channel", "facebook", "--as", "chief")

    record = office("records", "show", "channel:facebook", "--json").document

    assert [(event["type"], event["actor"]) for event in record["events"]] == [
        ("stopped", "notifier"),
        ("started", "chief"),
    ]


def test_an_empty_department_has_nothing_to_show(office: Office) -> None:
    """Before anything is published: an empty array, nothing unfinished, nothing to verify; all exit 0."""
    listed, status, verified = office("list", "--json"), office("status"), office("records", "verify", "--json")

    assert (listed.code, listed.document) == (0, [])
    assert (status.code, "Nothing is unfinished" in status.err) == (0, True)
    assert (verified.code, verified.document["events"]) == (0, 0)


def test_channels_list_tells_what_each_takes(office: Office) -> None:
    """`channels list --json` names every account with its type, limit and unit, and what is wrong with it."""
    office.channel("nixle", password={"env": "NIXLE_PASSWORD"})
    office.channel("x", approved_by=None, approved_on=None)

    ran = office("channels", "list", "--json")

    by_name = {one["name"]: one for one in ran.document}
    assert (ran.code, list(by_name)) == (0, list(office.channels))
    assert (by_name["x"]["limit"], by_name["x"]["unit"]) == (280, "x")
    assert "NIXLE_PASSWORD" in by_name["nixle"]["troubles"][0]
    assert "2.b.1" in by_name["x"]["troubles"][0]
    assert by_name["site"]["troubles"] == []


def test_feeds_without_any_are_an_empty_list(office: Office) -> None:
    """`feeds list --json` without feeds.toml is an empty array."""
    ran = office("feeds", "list", "--json")

    assert (ran.code, ran.document) == (0, [])
