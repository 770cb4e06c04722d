"""How the store stands is told truly, and costs what is open, not what was ever delivered."""

import os
from datetime import timedelta

import apsw
import pytest

from notifier.channel import AuthFailed, Delivered, Rejected, Retry, Unknown
from notifier.circuit import Terms
from notifier.retry import FINAL, MOVES, Next
from notifier.store.health import OPEN, FeedHealth
from notifier.store.statements import statements
from tests.fakes import ScriptedChannel
from tests.store.conftest import MakeOffice
from tests.store.office import FAST, PIO, Office


def test_an_empty_store_is_well(office: Office) -> None:
    """Nothing is open, overdue, unknown or stopped."""
    found = office.store.health()
    assert found.at == office.clock()
    assert (found.open, found.overdue, found.unknown, found.stopped, found.feeds) == ({}, {}, {}, {}, ())


def test_what_is_open_is_told_by_channel_and_state(make_office: MakeOffice) -> None:
    """What was delivered or failed is not told, however much it is."""
    office = make_office(ScriptedChannel("site"), ScriptedChannel("x", Rejected("no")), ScriptedChannel("facebook"))
    office.publish(claim=True)
    office.desk.deliverer().deliver(office.store.claim(FAST))
    office.publish()
    office.store.claim({"site": Terms()})
    assert office.store.health().open == {
        ("facebook", "claimed"): 1,
        ("facebook", "due"): 1,
        ("site", "claimed"): 2,
        ("x", "claimed"): 1,
        ("x", "due"): 1,
    }


def test_the_oldest_that_is_due_is_told_in_seconds(office: Office) -> None:
    """What is for later is not overdue, and what is claimed is in good hands."""
    office.publish()
    office.clock.forward(seconds=30)
    office.publish(street="Oak Street")
    office.publish(release=office.moment(hours=1), street="Mill Lane")
    office.store.claim({"x": Terms()}, most=4)
    office.clock.forward(seconds=10)
    assert office.store.health().overdue == {"facebook": 40.0, "site": 40.0}


def test_a_look_up_may_be_overdue_too(make_office: MakeOffice) -> None:
    """A lost answer that is to be looked up, and that nobody looks up."""
    office = make_office(ScriptedChannel("facebook", Unknown("cut"), idempotency="lookup"))
    id_ = office.publish()
    office.desk.deliverer().deliver(office.store.claim(FAST))
    (row,) = office.store.deliveries(id_)
    assert (row["state"], office.store.health().unknown) == ("unknown", {})
    office.clock.forward(minutes=5)
    late = office.store.health().overdue["facebook"]
    assert late == (office.clock() - timedelta(microseconds=row["due"])).timestamp()


def test_what_only_a_person_knows_is_counted(make_office: MakeOffice) -> None:
    """Unknown, with no look-up to come; settled, it is told no more."""
    office = make_office(ScriptedChannel("x", Unknown("cut"), Unknown("cut"), Delivered()))
    ids = [office.publish(street=f"{number} Street") for number in range(3)]
    office.desk.deliverer().deliver(office.store.claim(FAST))
    assert office.store.health().unknown == {"x": 2}
    rows = [row for id_ in ids for row in office.store.deliveries(id_) if row["state"] == "unknown"]
    office.store.settle([row["id"] for row in rows], Next("delivered", None, "seen"), PIO)
    assert (office.store.health().unknown, office.store.health().open) == ({}, {})


def test_a_stopped_channel_is_told_with_why(make_office: MakeOffice) -> None:
    """Until somebody starts it again."""
    office = make_office(
        ScriptedChannel("x", AuthFailed("the token was revoked")), ScriptedChannel("site", Retry("503"))
    )
    office.publish()
    office.desk.deliverer().deliver(office.store.claim(FAST))
    assert office.store.health().stopped == {"x": "the token was revoked"}
    office.store.restart("x", PIO, {"auth"})
    assert office.store.health().stopped == {}


def test_a_feed_has_the_age_of_its_last_success(office: Office) -> None:
    """A failure makes it no younger; one that was never read has no age."""
    office.store.feeds.checked("nws", etag=None, last_modified=None)
    office.clock.forward(seconds=90)
    office.store.feeds.checked("nws", etag=None, last_modified=None, failure="api.weather.gov answers 503")
    office.store.feeds.checked("river", etag=None, last_modified=None, failure="it cannot be reached")
    office.clock.forward(seconds=30)
    assert office.store.health().feeds == (
        FeedHealth("nws", 120.0, "api.weather.gov answers 503"),
        FeedHealth("river", None, "it cannot be reached"),
    )


def test_only_processes_that_live_are_told(office: Office) -> None:
    """One that died without a word is not there."""
    office.store.processes.register("run")
    dying = office.desk.another_process()
    dying.processes.register("run")
    assert len(office.store.health().processes) == 2
    dying.die()
    (process,) = office.store.health().processes
    assert (process.role, process.pid, process.started) == ("run", os.getpid(), office.clock())


def test_open_is_what_is_not_final() -> None:
    """A new state must be given its place."""
    assert {*OPEN} == MOVES.keys() - FINAL


@pytest.mark.of_sqlite
@pytest.mark.parametrize(
    ("statement", "index"),
    [("open_deliveries", "COVERING INDEX delivery_open"), ("all_feeds", "sqlite_autoindex_feed")],
)
def test_no_question_looks_at_what_is_done(office: Office, statement: str, index: str) -> None:
    """The plan names the index of what is open, scans no table and sorts nothing."""
    office.publish()
    connection = apsw.Connection(str(office.store.path))
    explained = connection.execute(f"EXPLAIN QUERY PLAN {statements()[statement]}", {"department": "d"})
    plan = [str(row[3]) for row in explained]
    connection.close()
    assert any(index in line for line in plan), plan
    assert not any(line.startswith(("SCAN", "USE TEMP B-TREE")) for line in plan), plan
