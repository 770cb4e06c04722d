"""What is asked often finds its rows by an index, and in few questions, however much is stored."""

from pathlib import Path

import apsw
import pytest

from notifier.store.sqlite import SqliteSession
from notifier.store.statements import statements
from tests.store.office import FAST, Office

pytestmark = pytest.mark.of_sqlite

VALUES = {
    "target": "1",
    "department": "police.exampleton.example",
    "notification": "n-1",
    "now": 1,
    "identity": "a",
    "key": "k",
    "most": 10,
    "channel": "x",
    "language": "en",
    "recipient": "",
    "revision": 2,
    "stream": "n-1",
    "sha256": "a",
    "id": 1,
    "feed": "nws",
    "source_id": "a",
    "event_key": "k",
    "fingerprint": "f",
    "since": 0,
    "owner": "o",
    "name": "nws",
}
OFTEN = {
    "claimable": "delivery_turn",
    "claimable_of": "(department=? AND notification=?)",
    "next_due_of": "(department=? AND notification=?)",
    "in_flight": "delivery_owned",
    "open_notifications": "delivery_unfinished",
    "old_news": "delivery_old",
    "out_of_patience": "delivery_patience",
    "standby_of": "delivery_standby",
    "acting_on": "delivery_target",
    "withdrawal_of": "delivery_target",
    "to_remind": "delivery_remind",
    "open_alarm": "alarm_open",
    "alarms_due": "alarm_due",
    "next_due": "delivery_due",
    "deliveries_of": "(department=? AND notification=?)",
    "unfinished_on_channel": "(department=? AND notification=? AND revision<?)",
    "later_revision": "(department=? AND notification=? AND revision>?)",
    "owned": "delivery_owned",
    "owners": "delivery_owned",
    "held": "delivery_held",
    "notifications": "notification_by_time",
    "alike_since": "notification_alike",
    "last_event": "sqlite_autoindex_event",
    "events_of": "sqlite_autoindex_event",
    "told": "sqlite_autoindex_told",
    "told_event": "sqlite_autoindex_told",
    "told_lately": "told_by_time",
    "content": "sqlite_autoindex_content",
    "delivery": "INTEGER PRIMARY KEY",
}


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that holds something of everything."""
    office = Office(tmp_path_factory.mktemp("filled"))
    for _ in range(5):
        office.publish()
    office.desk.deliverer().deliver(office.store.claim(FAST, most=6))
    office.close()
    return office.store.path


@pytest.mark.parametrize(("statement", "index"), OFTEN.items())
def test_what_is_asked_often_uses_its_index(filled: Path, statement: str, index: str) -> None:
    """The plan of each statement names its index, and scans no table."""
    connection = apsw.Connection(str(filled))
    sql = statements()[statement]
    plan = [str(row[3]) for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", VALUES)]
    connection.close()
    assert any(index in line for line in plan), plan
    assert not any(line.startswith("SCAN") for line in plan), plan


class _Counting(SqliteSession):
    """Counts what is asked."""

    asked = 0

    def _rows(self, statement: str, values: object) -> list:  # type: ignore[type-arg]
        type(self).asked += 1
        return super()._rows(statement, values)  # type: ignore[arg-type]


def test_a_claim_asks_little_for_each_delivery(filled: Path) -> None:
    """A claim costs a few questions for each delivery that it claims, not for each that is stored."""
    from datetime import timedelta

    from notifier.store.claiming import Asked, claim
    from tests.fakes import START

    connection = apsw.Connection(str(filled))
    session = _Counting(connection)
    with connection:
        claims = claim(session, Asked(str(VALUES["department"]), "me", FAST), START + timedelta(seconds=1))
    connection.close()
    assert len(claims) == 9
    assert _Counting.asked <= 2 + 2 * len(FAST) + len(claims)
