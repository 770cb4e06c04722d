"""A SQLite store moves to PostgreSQL: whole or not at all, whenever it is killed, and only one of the two delivers."""

import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import apsw
import psycopg
import pytest

from notifier.channel import Delivered
from notifier.errors import StoreError
from notifier.retry import Next
from notifier.store import Store
from notifier.store.moving import Moved, move
from notifier.store.postgres import Address
from tests.fakes import ManualClock
from tests.postgres_databases import Databases
from tests.store.office import FAST, PIO, Office, rows
from tests.store.test_departments import other  # noqa: F401 (a fixture)

ROOT = Path(__file__).parents[2]
DEPARTMENT = "police.exampleton.example"
NewUrl = Callable[[], str]


@pytest.fixture
def office(tmp_path: Path) -> "Office":
    """An office whose store is a file, with something in every state."""
    office = Office(tmp_path / "office")
    first, second = office.publish(), office.publish(street="Far Street", lanes="all")
    for claim in office.store.claim(FAST, first):
        office.store.intend(claim, "{}")
        office.store.finish(claim, Delivered("1", "https://x.example/1"), Next("delivered", None, None), "{}", 1)
    office.store.hold("facebook", "the page moves", PIO)
    office.store.cancel([row["id"] for row in office.store.deliveries(second) if row["channel"] == "site"], PIO)
    told = {"source_id": "a", "event": "Flood", "event_keys": ["K"], "decision": "ask", "reason": "", "headline": "é"}
    office.store.tell("nws", {**told, "notification": first})
    office.store.feeds.checked("nws", etag='"1"', last_modified=None, failure="it cannot be reached")
    office.store.note("channel:x", "looked-at", {"word": 'naïve "quoted"\\path\t'})
    return office


@pytest.fixture
def empty(databases: Databases) -> NewUrl:
    """Make databases without tables."""

    def make() -> str:
        empty.made += 1  # type: ignore[attr-defined]
        return databases.server.create(f"empty{empty.made}")  # type: ignore[attr-defined]

    return make


empty.made = 0  # type: ignore[attr-defined]


def moved(office: Office, url: str) -> Moved:
    """Move an office's store, with every process of it ended."""
    office.close()
    return move(office.store.path or Path(), Address(url), lambda table, done, total: None)


def contents(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """All that a file holds, but its mark."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    names = [row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    found = {n: sorted(connection.execute(f'SELECT * FROM "{n}"'), key=repr) for n in names if n != "notifier_moved"}
    connection.close()
    return found


def contents_there(url: str) -> dict[str, list[tuple[object, ...]]]:
    """All that a PostgreSQL database holds of ours, but what it keeps for itself."""
    with psycopg.connect(url) as connection:
        tables = [
            row[0]
            for row in connection.execute(
                "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
            )
        ]
        return {
            table: sorted(connection.execute(f'SELECT * FROM "{table}"'.encode()).fetchall(), key=repr)
            for table in tables
            if table not in ("commit_mark", "schema_version") and not table.startswith("procrastinate_")
        }


def test_everything_is_there_and_the_file_stays_as_it_was(office: Office, other: Store, empty: NewUrl) -> None:  # noqa: F811
    """Every row of every table and department is the same there; what the file holds is not touched."""
    url, path = empty(), office.store.path
    office.close()
    other.close()
    before = contents(path)
    done = moved(office, url)
    assert contents_there(url) == before
    assert contents(path) == before
    assert (done.rows, done.faults) == (sum(len(one) for one in before.values()), 0)
    assert sum(bool(one) for one in before.values()) > 7


def test_what_was_open_goes_out_from_there_once(office: Office, empty: NewUrl) -> None:
    """The delivery that was due is claimed from the new store, and new ones are numbered after those that came."""
    url = empty()
    last = max(row["id"] for n in office.store.notifications() for row in office.store.deliveries(n["id"]))
    moved(office, url)
    there = Office(office.store.path.parent / "there", url=url)
    claims = there.store.claim(FAST)
    assert [claim.channel for claim in claims] == ["x"]
    assert there.store.intend(claims[0], "{}")
    new = there.publish(street="New Street")
    assert min(row["id"] for row in there.store.deliveries(new)) > last
    assert there.store.verify()[1] == []
    there.close()


def test_the_file_is_refused_afterwards(office: Office, empty: NewUrl) -> None:
    """Whoever goes on using it is told where it went, and nothing of it is sent from here."""
    url, path = empty(), office.store.path
    moved(office, url)
    with pytest.raises(StoreError, match=r"was moved to postgresql://127\.0\.0\.1:\d+/empty\d+ and is only kept; name"):
        Store(f"sqlite:///{path}", DEPARTMENT, ManualClock())


def test_a_command_that_opened_the_file_before_changes_nothing_in_it(office: Office, empty: NewUrl) -> None:
    """It has no lock yet, so the move does not see it; the file itself refuses whatever it wants to write."""
    url, path = empty(), office.store.path
    office.close()
    early = Store(f"sqlite:///{path}", DEPARTMENT, office.clock)
    moved(office, url)
    assert early.next_due(FAST) is not None
    with pytest.raises(StoreError, match="was moved to postgresql://"):
        early.claim(FAST)
    with pytest.raises(StoreError, match="was moved to postgresql://"):
        early.note("channel:x", "looked-at", {})
    early.close()


@pytest.mark.parametrize("what", ["claims", "runs"])
def test_a_living_process_is_not_moved_away_from(office: Office, empty: NewUrl, what: str) -> None:
    """While a command or `notify run` works on the file, nothing is moved, and the sentence names its number."""
    url, path = empty(), office.store.path
    before = contents(path)
    if what == "claims":
        assert office.store.claim(FAST)
    else:
        office.store.processes.register("run")
    with pytest.raises(StoreError, match=r"is at work \(process \d+\): stop every notify run"):
        move(path, Address(url), lambda table, done, total: None)
    assert contents_there(url) == {}
    office.store.note("channel:x", "looked-at", {})
    assert contents(path).keys() == before.keys()


def test_a_target_that_is_not_empty_is_refused(office: Office, databases: Databases) -> None:
    """What somebody else stored there is not touched, and the file goes on."""
    url = databases.new()
    there = Office(office.store.path.parent / "there", url=url)
    there.publish()
    there.close()
    before = contents_there(url)
    with pytest.raises(StoreError, match=r"is not empty \(\w+ has rows\)"):
        moved(office, url)
    assert contents_there(url) == before
    Store(f"sqlite:///{office.store.path}", DEPARTMENT, office.clock).close()


def test_tables_that_were_made_and_looked_at_are_empty(office: Office, databases: Databases) -> None:
    """`notify store upgrade` and `notify doctor` before the move do no harm."""
    url = databases.new()
    store = Store(url, DEPARTMENT, office.clock)
    assert store.check() is None
    store.close()
    assert moved(office, url).rows > 10


def test_a_second_run_says_that_it_is_done(office: Office, empty: NewUrl) -> None:
    """Moving twice to the same place is no failure; to another it is, and the sentence says where it is."""
    url = empty()
    moved(office, url)
    before = contents_there(url)
    assert moved(office, url).was_done
    assert contents_there(url) == before
    with pytest.raises(StoreError, match="was moved to postgresql://"):
        moved(office, empty())


def test_a_record_that_was_broken_before_moves_as_it_is(office: Office, empty: NewUrl) -> None:
    """An old fault keeps no department in its file: it is told, and is there as it was here."""
    office.close()
    connection = apsw.Connection(str(office.store.path))
    connection.execute("DROP TRIGGER event_stays")
    connection.execute("UPDATE event SET actor = 'x' WHERE stream = 'channel:x'")
    connection.close()
    assert moved(office, empty()).faults == 1


def test_a_text_that_postgresql_cannot_hold_moves_nothing(office: Office, empty: NewUrl) -> None:
    """A record that would not be the same there stays whole here."""
    office.store._database.write(
        lambda s: s.run("keep_content", sha256="0" * 64, media_type="a\0b", body=b"", created=1)
    )
    office.close()
    connection = apsw.Connection(str(office.store.path))
    connection.execute(
        "INSERT INTO event SELECT department, 'channel:nul' || char(0), 1, at, type, actor, login, data, previous, hash"
        " FROM event LIMIT 1"
    )
    connection.close()
    url = empty()
    with pytest.raises(StoreError, match="does not verify; nothing was moved"):
        moved(office, url)
    assert contents_there(url) == {}


# --- broken off -------------------------------------------------------------------------------------------------------

PROGRAM = """
    import sys
    from pathlib import Path
    from notifier.store import moving
    from notifier.store.postgres import Address
    path, url, stop = sys.argv[1:]
    def progress(table, done, total):
        if table == stop:
            print("here", flush=True)
            sys.stdin.readline()
    moving.move(Path(path), Address(url), progress)
"""


def _broken_off(path: Path, url: str, stop: str) -> None:
    """Move in a process of its own, and kill it at a place."""
    command = [sys.executable, "-c", textwrap.dedent(PROGRAM), str(path), url, stop]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"here\n"
    process.send_signal(signal.SIGKILL)
    process.communicate()


@pytest.mark.parametrize("stop", ["notification", "delivery", "event", "closing the file"])
def test_killed_on_the_way_nothing_has_happened(office: Office, empty: NewUrl, stop: str) -> None:
    """The file goes on as before; what may be in the database is opened by nobody, and a second run moves all."""
    url, path = empty(), office.store.path
    office.close()
    _broken_off(path, url, stop)
    with pytest.raises(StoreError, match=r"has no tables|was broken off before its end; run the same"):
        Store(url, DEPARTMENT, office.clock)
    store = Store(f"sqlite:///{path}", DEPARTMENT, office.clock)
    store.note("channel:x", "looked-at", {})
    store.close()
    before = contents(path)
    assert not moved(office, url).was_done
    assert contents_there(url) == before


def test_broken_off_after_the_file_was_closed_a_second_run_opens_the_copy(office: Office, empty: NewUrl) -> None:
    """Neither of the two delivers until then, and then only the new one."""
    url, path = empty(), office.store.path
    moved(office, url)
    connection = apsw.Connection(str(path))
    token = next(iter(connection.execute("SELECT token FROM notifier_moved")))[0]
    connection.close()
    with psycopg.connect(url) as there:  # as it was between the last two commits
        there.execute("CREATE TABLE notifier_arriving (token TEXT NOT NULL, source TEXT NOT NULL)")
        there.execute("INSERT INTO notifier_arriving VALUES (%s, 'here')", [token])
    for one in (url, f"sqlite:///{path}"):
        with pytest.raises(StoreError, match=r"was broken off before its end|was moved to"):
            Store(one, DEPARTMENT, office.clock)
    assert moved(office, url).was_done
    Store(url, DEPARTMENT, office.clock).close()


def test_another_stores_move_that_was_broken_off_is_not_thrown_away(
    office: Office, empty: NewUrl, tmp_path: Path
) -> None:
    """Its file may be closed already, and the copy the only one that is open to anybody."""
    url = empty()
    office.close()
    _broken_off(office.store.path, url, "closing the file")
    before = contents_there(url)
    neighbour = Office(tmp_path / "neighbour")
    with pytest.raises(StoreError, match="holds the move of another store"):
        moved(neighbour, url)
    assert contents_there(url) == before


def test_killed_at_any_time_it_is_one_or_the_other(office: Office, empty: NewUrl) -> None:
    """At whatever instant the process dies: one of the two opens at most, and a second run makes it whole."""
    office.close()
    path = office.store.path
    begun = time.monotonic()
    command = [sys.executable, "-c", textwrap.dedent(PROGRAM), str(path), empty(), "never"]
    assert subprocess.run(command, cwd=ROOT).returncode == 0
    length = time.monotonic() - begun
    for share in (0.6, 0.8, 0.9):
        fresh = Office(path.parent / f"f{share}")
        id_ = fresh.publish()
        fresh.close()
        url = empty()
        command = [sys.executable, "-c", textwrap.dedent(PROGRAM), str(fresh.store.path), url, "never"]
        process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE)
        time.sleep(length * share)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert _openable(fresh, f"sqlite:///{fresh.store.path}") + _openable(fresh, url) <= 1
        moved(fresh, url)
        there = Store(url, DEPARTMENT, fresh.clock)
        assert set(rows(there, id_).values()) == {"due"}
        there.close()


def _openable(office: Office, url: str) -> int:
    try:
        Store(url, DEPARTMENT, office.clock).close()
    except StoreError:
        return 0
    return 1
