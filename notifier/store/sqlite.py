"""SQLite through APSW: how a file is opened, read by many threads, and written in groups."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import apsw

from notifier.errors import StoreError
from notifier.store.database import SCHEMA_VERSION, GroupWriter, Result, Row, Session, Value, Work, Written, carry_out
from notifier.store.migrations import steps
from notifier.store.moved import is_refusal, moved_error, moved_to, refuse_moved
from notifier.store.statements import statements

T = TypeVar("T")

BUSY_TIMEOUT_MS = 10_000
_TROUBLE = (apsw.FullError, apsw.IOError, apsw.ReadOnlyError, apsw.CorruptError, apsw.BusyError)
"""The file itself is in trouble: no change of a group may look done."""

_COLUMNS: dict[str, tuple[str, ...]] = {}
"""The columns of each statement's rows, once it has answered one: a program knows one version of the tables."""


class SqliteSession:
    """Runs named statements on one connection."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def all(self, statement: str, /, **values: Value) -> list[Row]:
        """Run a named statement and answer all its rows."""
        return self._rows(statement, values)

    def one(self, statement: str, /, **values: Value) -> Row | None:
        """Run a named statement and answer its first row."""
        rows = self._rows(statement, values)
        return rows[0] if rows else None

    def run(self, statement: str, /, **values: Value) -> int:
        """Run a named statement and answer how many rows it changed."""
        before = self._connection.total_changes()
        for _ in self._connection.execute(statements()[statement], values):
            pass
        return self._connection.total_changes() - before

    def each(self, statement: str, values: Sequence[Mapping[str, Value]], /) -> list[list[Row]]:
        """Run a named statement once for each of many; answers the rows of each."""
        return [self._rows(statement, one) for one in values]

    def wake(self, department: str, channel: str, due: int) -> None:
        """Nobody needs to be woken: whoever delivers from a file looks at it."""

    def _rows(self, statement: str, values: Mapping[str, Value]) -> list[Row]:
        cursor = self._connection.execute(statements()[statement], values)
        columns = _COLUMNS.get(statement)
        if columns is None:
            try:
                columns = _COLUMNS[statement] = tuple(column[0] for column in cursor.getdescription())
            except apsw.ExecutionCompleteError:
                return []
        return [dict(zip(columns, row, strict=True)) for row in cursor]


class SqliteDatabase(Written):
    """One SQLite file: a few connections for reading, which threads share in turn, and one for the thread that writes.

    path: the file, made with its folder when it is not there, brought to this version when it is older. Errors:
    StoreError, in a sentence for the person.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = str(path)
        self._idle: list[SqliteSession] = []
        self._lending = threading.Lock()
        self._connection: apsw.Connection | None = None
        self._writer = GroupWriter(self._commit, self._end_writing)
        with sentences(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._idle.append(SqliteSession(_migrated(path)))

    def query(self, ask: Callable[[Session], T]) -> T:
        """Read, with the database's failures told as sentences."""
        with sentences(self.path):
            with self._lending:
                session = self._idle.pop() if self._idle else None
            session = session or SqliteSession(connect_file(self.path))
            try:
                return ask(session)
            finally:
                with self._lending:
                    self._idle.append(session)

    def version(self) -> int | None:
        """The version of its tables: always this program's, for an older file was brought there."""
        return SCHEMA_VERSION

    def check(self) -> str | None:
        """Look whether the file is whole; None when it is, else what to do."""

        def look(session: Session) -> Any:
            assert isinstance(session, SqliteSession)  # noqa: S101 (the only kind there is here)
            return session._connection.pragma("quick_check", 1)

        found = self.query(look)
        return None if found == "ok" else f"{self.path} is damaged ({found}); restore the last good copy"

    def close(self) -> None:
        """Finish what is queued, stop the writer and close every connection that nobody uses."""
        self._writer.close()
        with self._lending:
            idle, self._idle = self._idle, []
        for session in idle:
            session.close()

    def _commit(self, group: list[Work]) -> list[Result]:
        with sentences(self.path):
            self._connection = self._connection or connect_file(self.path)
            results = _commit_group(self._connection, group)
        return [(result, error and _told(self.path, error)) for result, error in results]

    def _end_writing(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _migrated(path: Path) -> apsw.Connection:
    """Open a file whose tables are of this version: they are made, or brought there step by step, in one commit."""
    connection = connect_file(path)
    try:
        refuse_moved(path, connection)
    except StoreError:
        connection.close()
        raise
    if _version(connection) < SCHEMA_VERSION:
        with immediate(connection):
            for script in steps(_version(connection), "sqlite"):  # asked again: another process may have been first
                for _ in connection.execute(script):
                    pass
            connection.pragma("user_version", SCHEMA_VERSION)
    elif (version := _version(connection)) > SCHEMA_VERSION:
        connection.close()
        raise StoreError(
            f"{path} was written by a newer Notifier (its version {version}, this one knows {SCHEMA_VERSION});"
            " install the newer one, or name another file in department.toml"
        )
    return connection


def _version(connection: apsw.Connection) -> int:
    value = connection.pragma("user_version")
    return value if isinstance(value, int) else 0


def connect_file(path: Path) -> apsw.Connection:
    """Open a file as it is, with our settings."""
    # These are APSW's recommended settings, made by hand: its bestpractice module takes as long to import as
    # pydantic does, and sets a busy timeout of 100 ms, too short for a second process that is committing.
    connection = apsw.Connection(str(path))
    connection.set_busy_handler(_Patience())
    connection.config(apsw.SQLITE_DBCONFIG_DQS_DML, 0)
    connection.config(apsw.SQLITE_DBCONFIG_DQS_DDL, 0)
    _write_ahead(connection)
    connection.pragma("synchronous", "FULL")
    connection.pragma("foreign_keys", "ON")
    connection.pragma("recursive_triggers", "ON")
    return connection


class _Patience:
    """Waits for another process's commit: SQLite's own waits grow to 100 ms, many times what a commit takes."""

    def __init__(self) -> None:
        self._deadline = 0.0

    def __call__(self, asked: int) -> bool:
        """Wait a little; False when it has been long enough. asked: how often it was asked for this lock before."""
        now = time.monotonic()
        if asked == 0:
            self._deadline = now + BUSY_TIMEOUT_MS / 1000
        time.sleep(0.0003 if asked < 30 else 0.002 if asked < 300 else 0.02)
        return now < self._deadline


def _write_ahead(connection: apsw.Connection) -> None:
    """Set the journal mode of a new file: SQLite does not wait for its locks there, whatever the busy timeout says."""
    deadline = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            if connection.pragma("journal_mode") != "wal":
                connection.pragma("journal_mode", "wal")
            return
        except apsw.BusyError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)


@contextmanager
def immediate(connection: apsw.Connection) -> Iterator[None]:
    """Hold the file's write lock for a transaction."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        # A commit that fails, as on a full disk, leaves its transaction open.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _commit_group(connection: apsw.Connection, group: list[Work]) -> list[Result]:
    """Commit a group as one; where one of its changes fails, each alone, so that none takes another with it."""
    session = SqliteSession(connection)
    try:
        with immediate(connection):
            results = carry_out(session, group)
        return [(result, None) for result in results]
    except _TROUBLE:
        raise
    except Exception as error:
        if len(group) == 1:
            return [(None, error)]
        return _each_alone(connection, group)


def _each_alone(connection: apsw.Connection, group: list[Work]) -> list[Result]:
    results: list[Result] = []
    for work in group:
        try:
            results += _commit_group(connection, [work])
        except _TROUBLE as trouble:  # those before it are stored
            results += [(None, trouble)] * (len(group) - len(results))
            break
    return results


def _told(path: Path, error: BaseException) -> BaseException:
    """Tell a failure of one piece of work: the database's own as a sentence, any other as it is."""
    if is_refusal(error):
        connection = connect_file(path)
        move = moved_to(connection)
        connection.close()
        return moved_error(path, move.name if move else "another database")
    try:
        with sentences(path):
            raise error
    except BaseException as told:
        return told


@contextmanager
def sentences(path: Path) -> Iterator[None]:
    """Tell the database's own failures as sentences that say what to do."""
    try:
        yield
    except apsw.FullError:
        raise StoreError(f"the disk that holds {path} is full; make room, then run the command again") from None
    except apsw.BusyError:
        raise StoreError(f"{path} is locked by another program for over 10 seconds; close it, then try again") from None
    except (apsw.ReadOnlyError, PermissionError):
        raise StoreError(f"{path} cannot be written; give this login the right to write it and its folder") from None
    except (apsw.NotADBError, apsw.CorruptError):
        raise StoreError(
            f"{path} is damaged or no database; keep it, restore the last good copy beside it, and name that in"
            " department.toml"
        ) from None
    except apsw.CantOpenError:
        raise StoreError(f"{path} cannot be opened; check that its folder exists and may be written") from None
    except (apsw.IOError, OSError) as failure:
        raise StoreError(f"{path} cannot be read or written ({failure}); check the disk") from None
