"""A file of an older Notifier is upgraded when it is opened, by one process, and what was open goes out afterwards."""

import hashlib
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import apsw
import pytest

from notifier.errors import StoreError
from notifier.store import Store
from notifier.store.database import SCHEMA_VERSION
from tests.fakes import ManualClock
from tests.store.office import Office, rows

ROOT = Path(__file__).parents[2]
SCHEMA = ROOT / "notifier" / "store" / "schema"
DEPARTMENT = "police.exampleton.example"


def first_version(path: Path, id_: str = "n-20261122-0001") -> str:
    """Write a file as version 1 did: a road closure that is due on x and was delivered on the site; x is stopped."""
    donor = Office(path.parent / "donor")
    made = donor.publish()
    row = donor.store.notification(made)
    message = donor.store.content(donor.store.deliveries(made)[0]["message"])
    donor.close()
    connection = apsw.Connection(str(path))
    for name in ("0001.sql", "0001.sqlite.sql"):
        for _ in connection.execute((SCHEMA / name).read_text()):
            pass
    connection.pragma("user_version", 1)
    kept = [c[1] for c in connection.execute("PRAGMA table_info(notification)")]
    values = {**row, "id": id_}
    _insert(connection, "notification", {name: values[name] for name in kept})
    body = message.replace(made.encode(), id_.encode())
    sha256 = hashlib.sha256(body).hexdigest()
    content = {"sha256": sha256, "media_type": "application/json", "body": body, "created": row["created"]}
    _insert(connection, "content", content)
    common = {
        "department": DEPARTMENT, "notification": id_, "revision": 1, "operation": "publish", "language": "en",
        "part": 1, "recipient": "", "expires": row["expires"], "priority": 5, "message": sha256, "saved": "{}",
        "created": row["created"], "changed": row["created"],
    }  # fmt: skip
    _insert(connection, "delivery", {**common, "channel": "x", "state": "due", "attempts": 0, "due": row["created"]})
    _insert(connection, "delivery", {**common, "channel": "site", "state": "delivered", "attempts": 1, "due": None})
    _insert(connection, "account", {"department": DEPARTMENT, "channel": "facebook", "stopped": "gone", "state": "{}"})
    connection.close()
    return id_


def _insert(connection: apsw.Connection, table: str, values: dict[str, object]) -> None:
    names = ", ".join(values)
    places = ", ".join(f":{name}" for name in values)
    connection.execute(f"INSERT INTO {table} ({names}) VALUES ({places})", values)  # type: ignore[arg-type]


def test_an_old_file_is_upgraded_and_what_was_open_goes_out(tmp_path: Path) -> None:
    """What is due is delivered once, what is delivered stays so, what was stopped stays stopped."""
    (tmp_path / "office").mkdir()
    id_ = first_version(tmp_path / "office" / "store.sqlite3")
    office = Office(tmp_path / "office")
    assert office.store.accounts()["facebook"].cause == "auth"
    assert office.desk.due_again() == 1
    assert rows(office.store, id_) == {"x": "delivered", "site": "delivered"}
    assert [len(channel.sent) for channel in office.desk.channels] == [1, 0, 0]
    assert office.store.standing().version == SCHEMA_VERSION
    new = office.publish()
    assert set(rows(office.store, new)) == {"x", "site", "facebook"}
    office.close()


def test_many_processes_may_open_an_old_file_at_once(tmp_path: Path) -> None:
    """One of them upgrades it, the others find it upgraded; each is on record, and nothing of it is lost."""
    path = tmp_path / "store.sqlite3"
    id_ = first_version(path)
    program = f"""
        import sys, time
        from notifier.clock import system_clock
        from notifier.store import Store
        time.sleep(max(0.0, float(sys.argv[2]) - time.time()))
        store = Store("sqlite:///{path}", {DEPARTMENT!r}, system_clock)
        store.note("channel:x", "looked-at", {{"by": sys.argv[1]}})
        store.close()
    """
    at = str(time.time() + 1.5)
    processes = [
        subprocess.Popen([sys.executable, "-c", textwrap.dedent(program), str(n), at], cwd=ROOT, stderr=subprocess.PIPE)
        for n in range(4)
    ]
    errors = [process.communicate(timeout=60)[1].decode() for process in processes]
    assert [process.returncode for process in processes] == [0] * 4, errors
    store = Store(f"sqlite:///{path}", DEPARTMENT, ManualClock())
    assert len(store.events("channel:x")) == 4
    assert rows(store, id_) == {"x": "due", "site": "delivered"}
    store.close()


def test_an_upgrade_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    """As when it is killed half-way: the whole upgrade is one commit."""
    path = tmp_path / "store.sqlite3"
    first_version(path)
    connection = apsw.Connection(str(path))
    connection.execute("CREATE TABLE alarm (mine TEXT)")  # the last step's name is taken
    connection.close()
    with pytest.raises((StoreError, apsw.Error)):
        Store(f"sqlite:///{path}", DEPARTMENT, ManualClock())
    connection = apsw.Connection(str(path))
    assert connection.pragma("user_version") == 1
    assert "cause" not in [row[1] for row in connection.execute("PRAGMA table_info(account)")]
    connection.execute("DROP TABLE alarm")
    connection.close()
    Store(f"sqlite:///{path}", DEPARTMENT, ManualClock()).close()


def test_a_file_that_was_overwritten_is_told(tmp_path: Path) -> None:
    """A page in the middle is no page any more: opening or looking says so, and nobody is led to lose the rest."""
    office = Office(tmp_path / "office")
    for number in range(30):
        office.publish(street=f"{number} Main Street")
    office.close()
    path = office.store.path
    assert path is not None
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(size // 2 // 4096 * 4096)
        file.write(b"\xff" * 4096 * 4)
    assert "is damaged" in _trouble(path)


def _trouble(path: Path) -> str:
    """What is told of a file when it is opened, or looked at."""
    try:
        store = Store(f"sqlite:///{path}", DEPARTMENT, ManualClock())
    except StoreError as refused:
        return str(refused)
    try:
        return store.standing().trouble or ""
    except StoreError as refused:
        return str(refused)
    finally:
        store.close()


def test_a_newer_file_is_refused_and_stays_as_it_is(tmp_path: Path) -> None:
    """What this program does not know it does not touch."""
    path = tmp_path / "store.sqlite3"
    Store(f"sqlite:///{path}", DEPARTMENT, ManualClock()).close()
    connection = apsw.Connection(str(path))
    connection.pragma("user_version", 99)
    connection.close()
    with pytest.raises(StoreError, match=r"newer Notifier \(its version 99, this one knows"):
        Store(f"sqlite:///{path}", DEPARTMENT, ManualClock())
    connection = apsw.Connection(str(path))
    assert connection.pragma("user_version") == 99
    connection.close()
