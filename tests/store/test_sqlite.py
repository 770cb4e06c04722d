"""The one file: commits that are shared, and what a person is told when the disk or the file is in trouble."""

import subprocess
import sys
import textwrap
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import apsw
import pytest

from notifier.errors import NotifierError, StoreError
from notifier.store import Store
from notifier.store.sqlite import BUSY_TIMEOUT_MS, Session, SqliteDatabase
from tests.fakes import ManualClock
from tests.store.office import Office, rows

pytestmark = pytest.mark.of_sqlite

ROOT = Path(__file__).parents[2]


def _commits(path: Path) -> int:
    """How many pages the write-ahead log holds: each commit adds at least one."""
    return (path.with_name(path.name + "-wal").stat().st_size - 32) // (4096 + 24)


def _open_account(session: Session, name: str) -> int:
    return session.run("open_account", department="a.example", channel=name)


def test_what_is_written_together_shares_a_commit(tmp_path: Path) -> None:
    """While one commit is on its way, the changes that come in wait and go out in one."""
    database = SqliteDatabase(tmp_path / "store.sqlite3")
    begun, go_on = threading.Event(), threading.Event()

    def first(session: Session) -> None:
        begun.set()
        assert go_on.wait(10)
        _open_account(session, "first")

    with ThreadPoolExecutor(201) as pool:
        futures: list[Future[Any]] = [pool.submit(database.write, first)]
        assert begun.wait(10)
        futures += [pool.submit(database.write, lambda s, n=n: _open_account(s, f"c{n}")) for n in range(200)]
        while database.waiting < 200:
            time.sleep(0.01)
        before = _commits(database.path)
        go_on.set()
        assert all(future.result(10) in (None, 1) for future in futures)
    assert _commits(database.path) - before < 30
    assert len(database.query(lambda s: s.all("accounts", department="a.example"))) == 201
    database.close()


def test_a_change_that_fails_takes_no_other_with_it(tmp_path: Path) -> None:
    """Of many in one commit, one that fails is undone alone, and only its caller hears of it."""
    database = SqliteDatabase(tmp_path / "store.sqlite3")

    def one(session: Session, number: int) -> None:
        _open_account(session, f"c{number}")
        if number % 10 == 3:
            raise ZeroDivisionError(number)

    with ThreadPoolExecutor(50) as pool:
        futures = [pool.submit(database.write, lambda s, n=n: one(s, n)) for n in range(50)]
        failed = [number for number, future in enumerate(futures) if future.exception(10) is not None]
    kept = {row["channel"] for row in database.query(lambda s: s.all("accounts", department="a.example"))}
    assert failed == [3, 13, 23, 33, 43]
    assert kept == {f"c{n}" for n in range(50)} - {f"c{n}" for n in failed}
    database.close()


def test_what_is_written_is_on_disk_when_the_caller_goes_on(tmp_path: Path) -> None:
    """Another connection reads it at once."""
    database = SqliteDatabase(tmp_path / "store.sqlite3")
    database.write(lambda s: _open_account(s, "x"))
    other = SqliteDatabase(tmp_path / "store.sqlite3")
    assert len(other.query(lambda s: s.all("accounts", department="a.example"))) == 1
    other.close()
    database.close()


def test_a_database_that_was_closed_can_be_used_again(tmp_path: Path) -> None:
    """Closing twice, or writing after it, loses nothing."""
    database = SqliteDatabase(tmp_path / "store.sqlite3")
    database.write(lambda s: _open_account(s, "x"))
    database.close()
    database.close()
    assert database.write(lambda s: _open_account(s, "y")) == 1
    assert len(database.query(lambda s: s.all("accounts", department="a.example"))) == 2
    database.close()


# --- trouble ----------------------------------------------------------------------------------------------------------


def test_a_full_disk_stores_no_half_notification(tmp_path: Path) -> None:
    """The sentence says that the disk is full; nothing of the notification is there; with room again, it works."""
    program = f"""
        import resource, signal, sys
        from pathlib import Path
        from notifier.errors import StoreError
        from tests.store.office import Office
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        office = Office(Path({str(tmp_path)!r}))
        office.publish()
        path = Path(str(office.store.path) + "-wal")
        told = []
        for extra in (0, 2000, 9000, 17000, 30000):
            resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + extra, resource.RLIM_INFINITY))
            try:
                office.publish(claim=True)
            except StoreError as full:
                told.append(str(full))
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        office.publish(claim=True)
        counts = [len(office.store.deliveries(row["id"])) for row in office.store.notifications()]
        print(len(told), counts, office.store.verify()[1], *told, sep="\\n")
        office.close()
    """
    ended = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 0, ended.stderr
    refused, counts, faults, *told = ended.stdout.splitlines()
    assert int(refused) >= 3
    assert counts == str([3] * (7 - int(refused)))
    assert faults == "[]"
    assert all("store.sqlite3" in sentence and "disk" in sentence for sentence in told), told


def test_a_file_that_is_locked_too_long_is_told(tmp_path: Path) -> None:
    """Ten seconds are waited, then a sentence says what to do; when the lock is gone, it works."""
    path = tmp_path / "store.sqlite3"
    store = Store(f"sqlite:///{path}", "a.example", ManualClock())
    store.note("channel:x", "begun", {})
    other = apsw.Connection(str(path))
    other.execute("BEGIN IMMEDIATE")
    started = time.monotonic()
    with pytest.raises(StoreError, match="is locked by another program for over 10 seconds; close it"):
        store.note("channel:x", "looked-at", {})
    assert BUSY_TIMEOUT_MS / 1000 - 0.5 < time.monotonic() - started < 20
    other.execute("COMMIT")
    other.close()
    store.note("channel:x", "looked-at", {})
    assert [event["type"] for event in store.events("channel:x")] == ["begun", "looked-at"]
    store.close()


def test_a_short_lock_is_waited_for(tmp_path: Path) -> None:
    """Another process that is committing delays, and spoils nothing."""
    path = tmp_path / "store.sqlite3"
    store = Store(f"sqlite:///{path}", "a.example", ManualClock())
    other = apsw.Connection(str(path))
    other.execute("BEGIN IMMEDIATE")
    timer = threading.Timer(0.5, lambda: other.execute("COMMIT"))
    timer.start()
    store.note("channel:x", "looked-at", {})
    assert len(store.events("channel:x")) == 1
    timer.join()
    other.close()
    store.close()


@pytest.mark.parametrize("which", ["file", "folder"])
def test_what_this_login_may_not_write_is_told(tmp_path: Path, which: str) -> None:
    """A file or folder of someone else is one sentence that says so; nothing is half written."""
    folder = tmp_path / "var"
    office = Office(folder)
    office.publish()
    path = office.store.path
    office.close()
    path.chmod(0o444)
    if which == "folder":
        path.unlink()
    program = f"""
        import os
        from notifier.clock import system_clock
        from notifier.errors import StoreError
        from notifier.store import Store
        os.chmod({str(folder)!r}, 0o555)
        if os.geteuid() == 0:
            os.setgid(65534)
            os.setuid(65534)
        try:
            Store("sqlite:///{path}", "a.example", system_clock).note("channel:x", "looked-at", {{}})
        except StoreError as told:
            print(told)
    """
    for parent in (tmp_path, *tmp_path.parents[:2]):
        parent.chmod(0o755)
    ended = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    folder.chmod(0o755)
    assert ended.returncode == 0, ended.stderr
    assert str(path) in ended.stdout
    assert "cannot be" in ended.stdout


def test_a_store_that_only_lets_read_is_told(tmp_path: Path) -> None:
    """A database that refuses to be written says so in a sentence, and loses nothing."""
    path = tmp_path / "store.sqlite3"
    database = SqliteDatabase(path)

    def forbid(session: Session) -> None:
        session._connection.execute("PRAGMA query_only = 1")

    database.write(forbid)
    with pytest.raises(StoreError, match=r"store\.sqlite3 cannot be written; give this login the right"):
        database.write(lambda s: _open_account(s, "x"))
    database.close()


@pytest.mark.parametrize(
    "body", [b"this is a text, and no database at all\n" * 100, b"SQLite format 3\x00" + b"\xff" * 5000]
)
def test_a_file_that_is_no_database_is_told(tmp_path: Path, body: bytes) -> None:
    """It is not touched, and the sentence says what to do."""
    path = tmp_path / "store.sqlite3"
    path.write_bytes(body)
    with pytest.raises(StoreError, match=r"store\.sqlite3 is damaged or no database; keep it"):
        Store(f"sqlite:///{path}", "a.example", ManualClock())
    assert path.read_bytes() == body


def test_a_damaged_page_is_told(tmp_path: Path) -> None:
    """A file that was whole and is not any more is told as damaged by whoever opens or reads it."""
    office = Office(tmp_path)
    for _ in range(5):
        office.publish()
    path = office.store.path
    office.close()
    body = bytearray(path.read_bytes())
    body[4096 * 2 :] = b"\xab" * (len(body) - 4096 * 2)
    path.write_bytes(bytes(body))
    with pytest.raises(StoreError, match="is damaged"):
        Store(f"sqlite:///{path}", "police.exampleton.example", ManualClock()).notifications()


def test_a_newer_file_is_left_alone(tmp_path: Path) -> None:
    """A file of a newer version is not opened: the sentence says to install that, or to name another file."""
    path = tmp_path / "store.sqlite3"
    Store(f"sqlite:///{path}", "a.example", ManualClock()).close()
    connection = apsw.Connection(str(path))
    connection.pragma("user_version", 99)
    connection.close()
    with pytest.raises(StoreError, match=r"newer Notifier \(its version 99"):
        Store(f"sqlite:///{path}", "a.example", ManualClock())


def test_a_folder_in_place_of_the_file_is_told(tmp_path: Path) -> None:
    """A path that cannot be a file is one sentence."""
    (tmp_path / "store.sqlite3").mkdir()
    with pytest.raises(StoreError, match="cannot be opened"):
        Store(f"sqlite:///{tmp_path / 'store.sqlite3'}", "a.example", ManualClock())


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    """A file where the folder should be is one sentence."""
    (tmp_path / "var").write_text("in the way")
    with pytest.raises(StoreError, match="store"):
        Store(f"sqlite:///{tmp_path / 'var' / 'store.sqlite3'}", "a.example", ManualClock())


@pytest.mark.parametrize("url", ["mysql://x", "store.sqlite3"])
def test_another_kind_of_store_is_refused(url: str) -> None:
    """Only SQLite is here, and the sentence says how to write it."""
    with pytest.raises(NotifierError, match="sqlite:///PATH"):
        Store(url, "a.example", ManualClock())


def test_many_processes_may_open_a_new_file_at_once(tmp_path: Path) -> None:
    """Eight commands that come first all find one whole database, and each is on record."""
    path = tmp_path / "new" / "store.sqlite3"
    program = f"""
        import sys, time
        from notifier.clock import system_clock
        from notifier.store import Store
        time.sleep(max(0.0, float(sys.argv[2]) - time.time()))
        store = Store("sqlite:///{path}", "a.example", system_clock)
        store.note("channel:x", "opened", {{"by": sys.argv[1]}})
        store.close()
    """
    start = str(time.time() + 1.5)
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(program), str(number), start], cwd=ROOT, stderr=subprocess.PIPE
        )
        for number in range(8)
    ]
    errors = [process.communicate(timeout=60)[1].decode() for process in processes]
    assert [process.returncode for process in processes] == [0] * 8, errors
    store = Store(f"sqlite:///{path}", "a.example", ManualClock())
    assert sorted(event["data"]["by"] for event in store.events("channel:x")) == [str(n) for n in range(8)]
    assert store.verify() == (8, [])
    store.close()


def test_many_threads_read_and_write_one_store(office: Office) -> None:
    """Deliveries that end in many threads at once are all on record, and the chain holds."""
    id_ = office.publish()

    def work(number: int) -> None:
        office.store.note(id_, "looked-at", {"number": number})
        assert rows(office.store, id_)

    with ThreadPoolExecutor(32) as pool:
        list(pool.map(work, range(200)))
    count, faults = office.store.verify()
    assert (count, faults) == (201, [])


def test_a_whole_file_is_said_to_be_whole(office: Office) -> None:
    """`notify doctor` believes it."""
    office.publish()
    assert office.store.check() is None
