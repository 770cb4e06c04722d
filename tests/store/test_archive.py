"""The record: append-only, kept once, and whatever is changed in it is found and named."""

import copy
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifier.plan import Plan
from notifier.publish import Request
from notifier.store import Store
from notifier.store.archive import verify_record
from tests.notifications import a_picture, as_published, some_facts
from tests.store.office import FAST, PIO, Office

TRIGGERS = ("event_stays", "event_remains", "content_stays", "content_remains")


def story(office: Office) -> str:
    """A notification with a picture that was sent, and one moved by a person."""
    id_ = _published_with_picture(office)
    office.desk.deliverer().deliver(office.store.claim(FAST))
    other = office.publish("outreach")
    office.store.cancel([row["id"] for row in office.store.deliveries(other)], PIO)
    return id_


def _published_with_picture(office: Office) -> str:
    plan = _plan_with_picture(office, "Robin Example")
    office.store.record(plan, claim=False)
    return str(plan.notification.id)


def _plan_with_picture(office: Office, name: str, **fields: Any) -> Plan:
    office.desk.folder.mkdir(exist_ok=True)
    picture = a_picture(office.desk.folder)
    photo = {"file": str(picture), "alt": "Robin in a red jacket", "rights": "the family"}
    facts = some_facts("missing-person", now=office.clock(), name=name, photo=photo, **fields)
    request = Request(facts=facts, languages=("en",), author="pio", login="tester")
    return office.desk.publisher.decide(request, office.desk.targets())


def meddler(store: Store) -> apsw.Connection:
    """A second connection, from which the guards were taken."""
    connection = apsw.Connection(str(store.path))
    for trigger in TRIGGERS:
        connection.execute(f"DROP TRIGGER {trigger}")
    return connection


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE event SET actor = 'someone else'",
        "DELETE FROM event WHERE number = 1",
        "UPDATE content SET body = 'other words'",
        "DELETE FROM content",
        "REPLACE INTO content (sha256, media_type, body, created) SELECT sha256, media_type, 'x', 0 FROM content",
        "REPLACE INTO event SELECT department, stream, number, 0, type, actor, login, data, previous, hash FROM event",
    ],
)
@pytest.mark.of_sqlite
def test_the_database_refuses_to_change_the_record(office: Office, change: str) -> None:
    """No statement changes or takes away an event or a content."""
    story(office)
    connection = apsw.Connection(str(office.store.path))
    connection.pragma("recursive_triggers", True)
    with pytest.raises(apsw.ConstraintError, match="append-only"):
        connection.execute(change)
    connection.close()
    assert office.store.verify()[1] == []


SECOND = "number = 2 AND stream = (SELECT MIN(stream) FROM event)"
EVENT_COLUMNS = ["department", "stream", "number", "at", "type", "actor", "login", "data", "previous", "hash"]


def _changes() -> Iterator[tuple[str, str]]:
    for column in EVENT_COLUMNS:
        numeric = column in ("number", "at")
        value = f"{column} + 7" if numeric else f"{column} || ' '"
        yield column, f"UPDATE event SET {column} = {value} WHERE {SECOND}"
        yield f"{column} to bytes", f"UPDATE event SET {column} = x'80ff' WHERE {SECOND}"
        yield (
            f"{column} to no text",
            (f"UPDATE event SET {column} = CAST(x'80ff' AS TEXT) WHERE {SECOND}"),
        )
    yield "one letter of the data", "UPDATE event SET data = replace(data, 'publish', 'pubIish') WHERE number = 2"
    yield "an event taken away", "DELETE FROM event WHERE number = 2"
    yield "the first event taken away", "DELETE FROM event WHERE number = 1"
    yield (
        "two events exchanged",
        (
            "UPDATE event SET number = CASE number WHEN 2 THEN -3 ELSE -2 END WHERE number IN (2, 3);"
            "UPDATE event SET number = -number WHERE number < 0"
        ),
    )
    yield "a body", "UPDATE content SET body = replace(body, 'Robin', 'Robyn') WHERE media_type = 'application/json'"
    yield "a picture's bytes", "UPDATE content SET body = CAST(hex(body) AS BLOB) WHERE media_type = 'image/png'"
    yield "a body taken out", "UPDATE content SET body = NULL WHERE rowid = 1"
    yield "a body to a number", "UPDATE content SET body = 5 WHERE rowid = 1"
    yield "a content taken away", "DELETE FROM content WHERE rowid = 1"
    yield "a content's name", "UPDATE content SET sha256 = replace(sha256, substr(sha256, 1, 1), 'x') WHERE rowid = 1"
    yield "a picture's type", "UPDATE content SET media_type = 'image/jpeg' WHERE media_type = 'image/png'"
    yield "a message's type", "UPDATE content SET media_type = 'text/plain' WHERE media_type = 'application/json'"


@pytest.mark.of_sqlite
@pytest.mark.parametrize(("what", "change"), list(_changes()), ids=lambda value: value.split(" SET")[0][:30])
def test_what_was_changed_is_found(office: Office, what: str, change: str) -> None:
    """Verification finds every change, whatever it was made into, and says where."""
    story(office)
    assert office.store.verify()[1] == []
    connection = meddler(office.store)
    connection.pragma("foreign_keys", False)
    before = connection.total_changes()
    for part in change.split(";"):
        connection.execute(part)
    assert connection.total_changes() > before
    connection.close()
    _, faults = office.store.verify()
    assert faults, what
    assert all(fault.stream and fault.sentence for fault in faults)


@pytest.mark.of_sqlite
def test_a_fault_names_the_notification_and_the_event(office: Office) -> None:
    """The person who verifies learns which event of which notification was changed."""
    id_ = story(office)
    connection = meddler(office.store)
    connection.execute("UPDATE event SET login = 'root' WHERE stream = ? AND number = 3", (id_,))
    connection.close()
    assert [(fault.stream, fault.sentence.split(" (")[0]) for fault in office.store.verify()[1]] == [(id_, "event 3")]


@pytest.mark.of_sqlite
def test_contents_are_kept_once(office: Office) -> None:
    """The same picture in two notifications, on three channels, is one row."""
    first = _published_with_picture(office)
    _published_with_picture(office)
    picture = hashlib.sha256(as_published((office.desk.folder / "map.png").read_bytes())).hexdigest()
    reader = apsw.Connection(str(office.store.path), flags=apsw.SQLITE_OPEN_READONLY)
    kinds = reader.execute("SELECT media_type, COUNT(*) FROM content GROUP BY media_type ORDER BY 1").fetchall()
    reader.close()
    assert kinds == [("application/json", 6), ("image/png", 1)]
    assert picture in office.store.record_of(first)["contents"]


def test_a_blocked_notification_is_whole_on_record(office: Office) -> None:
    """What was refused is on record with its pictures, and verifies."""
    plan = _plan_with_picture(office, "Robin Example", details="John Smith is guilty of the murder.")
    assert plan.judgement.verdict == "block"
    office.store.record(plan, claim=FAST)
    assert office.store.deliveries(plan.notification.id) == []
    assert office.store.verify() == (1, [])
    assert len(office.store.record_of(plan.notification.id)["contents"]) == 4


# --- a record on its own ----------------------------------------------------------------------------------------------


def test_an_exported_record_verifies_without_the_store(office: Office) -> None:
    """The export alone, through JSON text, proves itself."""
    id_ = story(office)
    record = json.loads(json.dumps(office.store.record_of(id_)))
    count, faults = verify_record(record)
    assert (count, faults) == (len(office.store.events(id_)), [])


def _leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, (*path, key))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _leaves(inner, (*path, place))
    else:
        yield path


def _changed(value: Any) -> Any:
    match value:
        case bool():
            return not value
        case int() | float():
            return value + 1
        case str():
            return ("b" if value[:1] == "a" else "a") + value[1:]
        case _:
            return "something"


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A record as it stands in a file."""
    office = Office(tmp_path_factory.mktemp("record"))
    exported = json.loads(json.dumps(office.store.record_of(story(office))))
    office.close()
    assert isinstance(exported, dict)
    return exported


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_changed_record_does_not_verify(record: dict[str, Any], data: st.DataObject) -> None:
    """Any single value of an exported record that is changed is found."""
    changed = copy.deepcopy(record)
    path = data.draw(st.sampled_from(list(_leaves(record))))
    holder = changed
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = _changed(holder[path[-1]])
    assert _is_refused(changed), path


@pytest.mark.parametrize("place", ["event", "content", "last event", "all contents"])
def test_a_record_with_something_added_or_taken_does_not_verify(record: dict[str, Any], place: str) -> None:
    """Neither can anything be smuggled into a record, nor a middle event or a content be taken out."""
    changed = copy.deepcopy(record)
    match place:
        case "event":
            del changed["events"][1]
        case "content":
            changed["contents"][hashlib.sha256(b"x").hexdigest()] = {"media_type": "application/json", "text": "x"}
        case "last event":
            changed["events"][-1]["remark"] = "this never happened"
        case _:
            changed["contents"] = {}
    assert _is_refused(changed)


def _is_refused(record: dict[str, Any]) -> bool:
    try:
        return bool(verify_record(record)[1])
    except (ValueError, KeyError, TypeError, AttributeError):
        return True


def test_a_store_of_its_own_folder_needs_nothing(tmp_path: Path) -> None:
    """An empty store verifies: no events, no faults."""
    store = Store(f"sqlite:///{tmp_path / 'deep' / 'er' / 'store.sqlite3'}", "a.example", lambda: _never())
    assert store.verify() == (0, [])
    store.close()


def _never() -> Any:
    raise AssertionError("nobody asked for the time")
