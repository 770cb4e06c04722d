"""PostgreSQL in trouble while deliveries are under way: restarted, sessions ended, tables locked, a peer frozen."""

import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from notifier.channel import Delivered, Outcome, Prepared
from notifier.clock import system_clock
from notifier.errors import StoreError
from notifier.store import Store
from notifier.store.database import Session
from notifier.store.postgres import Address, PostgresDatabase
from notifier.store.postgres_session import MOST_READERS
from tests.cli.console import wait_until
from tests.fakes import ScriptedChannel
from tests.postgres_databases import Databases
from tests.store.office import FAST, Office, rows

ROOT = Path(__file__).parents[2]
COUNT = 40


def slowly(prepared: Prepared) -> Outcome:
    """Answer after a moment, as a network does."""
    time.sleep(0.02)
    return Delivered("1", "https://a.example/1")


@pytest.fixture
def busy(tmp_path: Path, databases: Databases) -> Iterator[Office]:
    """An office with many deliveries that are due on one slow channel."""
    office = Office(tmp_path / "office", ScriptedChannel("x", slowly), url=databases.new())
    for number in range(COUNT):
        office.publish(street=f"{number} Main Street")
    yield office
    office.close()


def deliver_all(office: Office) -> None:
    """Deliver in several threads, as `notify run` does, until nothing is due."""
    deliverer = office.desk.deliverer()
    deliverer.patience = 60.0
    while claims := office.store.claim(FAST, most=8):
        deliverer.deliver(claims)


def assert_each_once(office: Office) -> None:
    """Every delivery went out once, and the record says so once."""
    sent = Counter(prepared.message.id for prepared in office.desk.channels[0].sent)
    ids = [row["id"] for row in office.store.notifications(COUNT + 10)]
    assert sent == dict.fromkeys(ids, 1)
    for id_ in ids:
        assert rows(office.store, id_) == {"x": "delivered"}
        types = Counter(event["type"] for event in office.store.events(id_))
        assert (types["attempt"], types["outcome"]) == (1, 1)
    assert office.store.verify()[1] == []


@pytest.mark.parametrize("immediate", [True, False])
def test_a_server_that_is_restarted_loses_and_doubles_nothing(
    busy: Office, databases: Databases, immediate: bool
) -> None:
    """As after a crash, and in good order, while threads deliver."""
    with ThreadPoolExecutor(1) as pool:
        delivering = pool.submit(deliver_all, busy)
        wait_until(lambda: len(busy.desk.channels[0].sent) > 4, "the first posts")
        databases.server.restart(immediate=immediate)
        delivering.result(60)
    assert_each_once(busy)


def test_sessions_that_an_administrator_ends_lose_and_double_nothing(busy: Office, databases: Databases) -> None:
    """Again and again in the middle of the work."""
    with ThreadPoolExecutor(1) as pool, psycopg.connect(databases.server.url(), autocommit=True) as keeper:
        delivering = pool.submit(deliver_all, busy)
        while not delivering.done():
            keeper.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'notifier'")
            time.sleep(0.05)
        delivering.result(60)
    assert_each_once(busy)


def test_a_table_that_another_session_locks_is_waited_for(busy: Office) -> None:
    """For some seconds, as for a backup or a change of the tables; nothing fails."""
    url = str(busy.desk.url)
    with ThreadPoolExecutor(1) as pool, psycopg.connect(url) as other:
        other.execute("LOCK TABLE delivery IN ACCESS EXCLUSIVE MODE")
        delivering = pool.submit(deliver_all, busy)
        time.sleep(2)
        assert not delivering.done()
        other.rollback()
        delivering.result(60)
    assert_each_once(busy)


def test_a_lock_that_is_held_too_long_is_told(databases: Databases) -> None:
    """Nobody waits for ever; the sentence says that another session is in the way, and then all is well."""
    url = databases.new()
    database = PostgresDatabase(Address(url), "a.example", timeouts={"lock_timeout": "500ms"})
    with psycopg.connect(url) as other:
        other.execute("LOCK TABLE account IN ACCESS EXCLUSIVE MODE")
        begun = time.monotonic()
        with pytest.raises(StoreError, match="is kept busy by another session for too long; end that"):
            database.write(lambda s: s.run("open_account", department="a.example", channel="x"))
        assert time.monotonic() - begun < 5
    assert database.write(lambda s: s.run("open_account", department="a.example", channel="x")) == 1
    database.close()


def test_a_process_that_is_frozen_in_a_transaction_holds_nobody_for_long(databases: Databases) -> None:
    """The server ends its session; the others go on, and when it wakes it does its work once, and is told so."""
    url = databases.new()
    program = f"""
        import time
        from notifier.store.postgres import Address, PostgresDatabase
        timeouts = {{"idle_in_transaction_session_timeout": "1s"}}
        database = PostgresDatabase(Address({url!r}), "a.example", timeouts=timeouts)
        tries = []
        def change(session):
            tries.append(1)
            session.run("open_account", department="a.example", channel="frozen")
            if len(tries) == 1:
                print("within", flush=True)
                time.sleep(0.3)
            return "done"
        print(database.write(change), len(tries), flush=True)
        database.close()
    """
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "within\n"
    process.send_signal(signal.SIGSTOP)
    database = PostgresDatabase(Address(url), "a.example")
    begun = time.monotonic()
    database.write(lambda s: s.run("open_account", department="a.example", channel="other"))
    assert time.monotonic() - begun < 5
    process.send_signal(signal.SIGCONT)
    assert process.communicate(timeout=30)[0] == "done 2\n"
    accounts = database.query(lambda s: s.all("accounts", department="a.example"))
    assert sorted(row["channel"] for row in accounts) == ["frozen", "other"]
    database.close()


def test_a_change_that_fails_takes_no_other_with_it(databases: Databases) -> None:
    """Of many in one commit only its own caller hears of it, whatever it raises."""
    database = PostgresDatabase(Address(databases.new()), "a.example")

    def one(session: Session, number: int) -> None:
        session.run("open_account", department="a.example", channel=f"c{number}")
        if number % 10 == 3:
            raise StoreError("this one alone") if number % 20 == 3 else ZeroDivisionError(number)
        if number % 10 == 7:
            session.run("insert_after", delivery=-1, after=-1)  # the server refuses it

    with ThreadPoolExecutor(50) as pool:
        futures = [pool.submit(database.write, lambda s, n=n: one(s, n)) for n in range(50)]
        failed = [number for number, future in enumerate(futures) if future.exception(20) is not None]
    assert failed == [n for n in range(50) if n % 10 in (3, 7)]
    kept = {row["channel"] for row in database.query(lambda s: s.all("accounts", department="a.example"))}
    assert kept == {f"c{n}" for n in range(50)} - {f"c{n}" for n in failed}
    database.close()


def test_many_threads_read_with_few_connections(databases: Databases) -> None:
    """A hundred at once; the server sees no more connections than are meant, and none when it is closed."""
    url = databases.new()
    database = PostgresDatabase(Address(url), "a.example")
    name = url.rsplit("/", 1)[1]
    most = [0]

    def count() -> int:
        with psycopg.connect(databases.server.url(), autocommit=True) as keeper:
            row = keeper.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = %s", [name]).fetchone()
        return int(row[0]) if row else 0

    def read(number: int) -> None:
        assert database.query(lambda s: s.all("accounts", department="a.example")) == []
        if number % 10 == 0:
            most[0] = max(most[0], count())

    with ThreadPoolExecutor(100) as pool:
        list(pool.map(read, range(400)))
    assert 0 < most[0] <= MOST_READERS
    database.close()
    deadline = time.monotonic() + 5
    while count() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert count() == 0


def test_many_who_read_wait_together_for_a_server_that_is_gone(databases: Databases) -> None:
    """Each is told when its own patience is over, not when those before it have lost theirs."""
    url = databases.new()
    database = PostgresDatabase(Address(url), "a.example", patience=1.0)
    database._address = Address(url.replace(str(databases.server.port), "1"))  # where nobody listens
    database.close()
    begun = time.monotonic()
    with ThreadPoolExecutor(40) as pool:
        futures = [pool.submit(database.query, lambda s: s.all("accounts", department="a.example")) for _ in range(40)]
        assert all(isinstance(future.exception(20), StoreError) for future in futures)
    assert time.monotonic() - begun < 5


def test_a_connection_that_is_away_when_all_are_closed_is_closed_when_it_comes_back(databases: Databases) -> None:
    """None stays open behind a store that was closed."""
    database = PostgresDatabase(Address(databases.new()), "a.example")
    away, go_on = threading.Event(), threading.Event()
    lent: list[Session] = []

    def ask(session: Session) -> None:
        lent.append(session)
        away.set()
        assert go_on.wait(10)

    thread = threading.Thread(target=lambda: database.query(ask))
    thread.start()
    assert away.wait(10)
    database.close()
    go_on.set()
    thread.join(10)
    assert lent[0]._connection.closed  # type: ignore[attr-defined]


def test_all_machines_go_by_the_servers_clock(databases: Databases) -> None:
    """It is told at the first connection, and not at every later one."""
    told: list[object] = []
    database = PostgresDatabase(Address(databases.new()), "a.example", told.append)
    for _ in range(3):
        database.write(lambda s: s.run("open_account", department="a.example", channel="x"))
    assert len(told) == 1
    database.close()


def test_marks_of_processes_that_ended_long_ago_are_taken_away(databases: Databases) -> None:
    """Every command leaves one; a department makes many thousands."""
    url = databases.new()
    with psycopg.connect(url, autocommit=True) as keeper:
        keeper.execute("INSERT INTO commit_mark VALUES ('old', 'm', now() - interval '40 days'), ('new', 'm', now())")
        database = PostgresDatabase(Address(url), "a.example")
        database.write(lambda s: s.run("open_account", department="a.example", channel="x"))
        database.close()
        owners = {row[0] for row in keeper.execute("SELECT owner FROM commit_mark")}
    assert "new" in owners
    assert len(owners) == 2


def test_a_store_is_the_same_for_whoever_writes_its_password_elsewhere(databases: Databases) -> None:
    """Two processes of one machine see each other's locks, wherever each has the password from."""
    url = databases.new()
    first = Store(url, "a.example", system_clock, "one")
    second = Store(url.replace("postgres@", "postgres:two@"), "a.example", system_clock)
    first.processes.register("run")
    assert second.processes.alive("run")
    first.die()
    assert not second.processes.alive("run")
    second.close()
