"""Two departments in one file: neither sees, claims, moves or wakes what is the other's."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from notifier.channel import AuthFailed
from notifier.circuit import Terms
from notifier.errors import WrongUsage
from notifier.publish import Publisher, Request
from notifier.rendering import Renderer
from notifier.retry import Next
from notifier.store import Store
from notifier.store.archive import verify_record
from tests.notifications import a_department, some_facts
from tests.store.office import FAST, PIO, Office


@pytest.fixture
def other(office: Office) -> Iterator[Store]:
    """The neighbouring department's store, in the same file, with a road closure of its own that is due."""
    department = a_department(website="https://police.neighbour.example")
    store = Store(office.desk.url or f"sqlite:///{office.store.path}", department.slug, office.clock)
    publisher = Publisher(department, Renderer(department), lambda: store, office.clock)
    facts = some_facts("road-closure", now=office.clock(), street="Far Street")
    request = Request(facts=facts, languages=("en",), author="pio", login="tester")
    store.record(publisher.decide(request, office.desk.targets()), claim=False)
    yield store
    store.close()


def _id(store: Store) -> str:
    return str(store.notifications()[0]["id"])


def test_nothing_of_another_department_is_seen(office: Office, other: Store) -> None:
    """Lists, looks, events and records show only one's own."""
    theirs = _id(other)
    assert office.store.notifications() == []
    assert office.store.deliveries(theirs) == []
    assert office.store.events(theirs) == []
    assert office.store.record_of(theirs)["events"] == []
    with pytest.raises(WrongUsage, match="there is no such notification"):
        office.store.notification(theirs)


def test_nothing_of_another_department_is_claimed(office: Office, other: Store) -> None:
    """What is due for one department wakes and occupies no worker of the other."""
    assert office.store.next_due(FAST) is None
    assert office.store.claim(FAST) == []
    assert len(other.claim(FAST)) == 3


@pytest.mark.of_sqlite
def test_what_a_dead_process_left_is_taken_over_by_its_own_department(office: Office, other: Store) -> None:
    """A worker takes over only for its own department."""
    claim = other.claim(FAST)[0]
    other.intend(claim, "{}")
    other.die()
    assert office.store.take_over() == []
    again = Store(f"sqlite:///{office.store.path}", "police.neighbour.example", office.clock)
    assert [taken.id for taken, _ in again.take_over()] == [claim.id]
    again.close()


def test_nobody_moves_the_deliveries_of_another_department(office: Office, other: Store) -> None:
    """A number of another department's delivery is no delivery here."""
    ids = [row["id"] for row in other.deliveries(_id(other))]
    assert office.store.cancel(ids, PIO) == 0
    assert office.store.retry(ids, PIO) == 0
    assert office.store.settle(ids, Next("failed", None, "not there"), PIO) == 0
    assert {row["state"] for row in other.deliveries(_id(other))} == {"due"}


def test_a_channel_of_the_same_name_is_another_channel(office: Office, other: Store) -> None:
    """One department's stopped account, and its record, are its own."""
    claim = other.claim({"x": Terms()})[0]
    other.intend(claim, "{}")
    other.finish(claim, AuthFailed("revoked"), Next("held", None, "revoked", hold="auth"), "{}")
    assert (other.stopped(), office.store.stopped()) == ({"x": "revoked"}, {})
    assert [event["type"] for event in other.events("channel:x")] == ["stopped"]
    assert office.store.events("channel:x") == []
    office.store.note("channel:x", "looked-at", {})
    assert [event["type"] for event in office.store.events("channel:x")] == ["looked-at"]


def test_a_feed_of_the_same_name_is_another_feed(office: Office, other: Store) -> None:
    """What one department was told, the other was not."""
    told = {
        "source_id": "a",
        "event": "Flood Warning",
        "event_keys": ["K"],
        "decision": "ask",
        "reason": "",
        "headline": "",
    }
    other.tell("nws", {**told, "notification": _id(other)})
    other.feeds.checked("nws", etag='"1"', last_modified=None, failure="it cannot be reached")
    assert len(other.feeds.told("nws", "a")) == 1
    assert other.feeds.told_event("nws", "K") is not None
    assert office.store.feeds.told("nws", "a") == []
    assert office.store.feeds.told_event("nws", "K") is None
    assert office.store.feeds.told_lately("nws") == []
    assert office.store.feeds.known("nws") is None
    assert office.store.events("feed:nws") == []


def test_a_worker_of_another_department_is_no_worker_of_ours(office: Office, other: Store) -> None:
    """`notify run` of the neighbours delivers nothing of ours, so it does not count."""
    other.processes.register("run")
    assert (other.processes.alive("run"), office.store.processes.alive("run")) == (True, False)


@pytest.mark.of_sqlite
def test_verification_covers_every_department(office: Office, other: Store) -> None:
    """The file is verified whole, whoever asks; a record of each verifies alone."""
    office.publish()
    other.note("channel:x", "looked-at", {})
    assert office.store.verify() == (3, [])
    assert verify_record(other.record_of("channel:x")) == (1, [])
    import apsw

    connection = apsw.Connection(str(office.store.path))
    connection.execute("DROP TRIGGER event_stays")
    connection.execute("UPDATE event SET actor = 'x' WHERE stream = 'channel:x'")
    connection.close()
    assert [fault.stream for fault in office.store.verify()[1]] == ["channel:x of police.neighbour.example"]


def test_a_slow_account_of_one_department_slows_no_other(office: Office, other: Store) -> None:
    """Each department has its own pace on an account of the same name."""
    office.publish()
    assert len(other.claim({"x": Terms(pace=60.0)})) == 1
    assert len(office.store.claim({"x": Terms(pace=60.0)})) == 1


@pytest.mark.of_sqlite
def test_the_folder_is_the_same(office: Office, other: Store) -> None:
    """Both stores are one file."""
    assert Path(other.path) == office.store.path
