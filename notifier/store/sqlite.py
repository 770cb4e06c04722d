"""SQLite through APSW: how a file is opened, and the one thread that writes, which groups commits."""

import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import apsw

from notifier.errors import StoreError
from notifier.store.statements import schema, statements

T = TypeVar("T")
Row = Mapping[str, Any]
Value = None | int | float | str | bytes

SCHEMA_VERSION = 1
BUSY_TIMEOUT_MS = 10_000
MOST_GROUPED = 256
"""Pieces of work that share one commit at most."""


class Session:
    """Runs named statements on one connection; what it returns is drained, so that no read stays open."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def all(self, statement: str, /, **values: Value) -> list[Row]:
        """Run a named statement and answer all its rows."""
        cursor = self._connection.execute(statements()[statement], values)
        try:
            columns = [column[0] for column in cursor.getdescription()]
        except apsw.ExecutionCompleteError:
            return []
        return [dict(zip(columns, row, strict=True)) for row in cursor]

    def one(self, statement: str, /, **values: Value) -> Row | None:
        """Run a named statement and answer its first row."""
        rows = self.all(statement, **values)
        return rows[0] if rows else None

    def run(self, statement: str, /, **values: Value) -> int:
        """Run a named statement and answer how many rows it changed."""
        before = self._connection.total_changes()
        for _ in self._connection.execute(statements()[statement], values):
            pass
        return self._connection.total_changes() - before


class SqliteDatabase:
    """One SQLite file: a connection a thread for reading, one thread for writing.

    path: the file, made with its folder when it is not there. Errors: StoreError, in a sentence for the person.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = threading.local()
        self._work: queue.SimpleQueue[tuple[Callable[[Session], Any], Future[Any]] | None] = queue.SimpleQueue()
        self._writer: threading.Thread | None = None
        self._starting = threading.Lock()
        with _sentences(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._migrate()

    def read(self) -> Session:
        """Answer this thread's session for reading."""
        session: Session | None = getattr(self._local, "session", None)
        if session is None:
            with _sentences(self.path):
                session = self._local.session = Session(_connect(self.path))
        return session

    def query(self, ask: Callable[[Session], T]) -> T:
        """Read, with the database's failures told as sentences."""
        session = self.read()
        with _sentences(self.path):
            return ask(session)

    def write(self, change: Callable[[Session], T]) -> T:
        """Carry out a change; it is on disk when this returns, together with others that waited with it."""
        future: Future[T] = Future()
        self._ensure_writer()
        self._work.put((change, future))
        return future.result()

    def close(self) -> None:
        """Finish what is queued and stop the writer."""
        if self._writer is not None:
            self._work.put(None)
            self._writer.join()
            self._writer = None
        session: Session | None = getattr(self._local, "session", None)
        if session is not None:
            session.close()
            self._local.session = None

    def _ensure_writer(self) -> None:
        if self._writer is None:
            with self._starting:
                if self._writer is None:
                    self._writer = threading.Thread(target=self._write_groups, name="store-writer", daemon=True)
                    self._writer.start()

    def _write_groups(self) -> None:
        connection: apsw.Connection | None = None
        while (item := self._work.get()) is not None:
            group = [item]
            closing = False
            while len(group) < MOST_GROUPED and not self._work.empty():
                following = self._work.get()
                if following is None:
                    closing = True
                    break
                group.append(following)
            try:
                with _sentences(self.path):
                    connection = connection or _connect(self.path)
                    outcomes = _commit_group(connection, [change for change, _ in group])
            except BaseException as failure:  # the waiting callers must hear of it, whatever it is
                for _, future in group:
                    future.set_exception(failure)
            else:
                for (_, future), (result, error) in zip(group, outcomes, strict=True):
                    if error is not None:
                        future.set_exception(error)
                    else:
                        future.set_result(result)
            if closing:
                break
        if connection is not None:
            connection.close()

    def _migrate(self) -> None:
        connection = _connect(self.path)
        version = _version(connection)
        if version == 0:
            with _immediate(connection):
                if _version(connection) == 0:
                    for _ in connection.execute(schema()):
                        pass
                    connection.pragma("user_version", SCHEMA_VERSION)
        elif version > SCHEMA_VERSION:
            raise StoreError(
                f"{self.path} was written by a newer Notifier (its version {version}, this one knows {SCHEMA_VERSION});"
                " install the newer one, or name another file in department.toml"
            )
        self._local.session = Session(connection)


def _version(connection: apsw.Connection) -> int:
    value = connection.pragma("user_version")
    return value if isinstance(value, int) else 0


def _connect(path: Path) -> apsw.Connection:
    # These are APSW's recommended settings, made by hand: its bestpractice module takes as long to import as
    # pydantic does, and sets a busy timeout of 100 ms, too short for a second process that is committing.
    connection = apsw.Connection(str(path))
    connection.set_busy_timeout(BUSY_TIMEOUT_MS)
    connection.config(apsw.SQLITE_DBCONFIG_DQS_DML, 0)
    connection.config(apsw.SQLITE_DBCONFIG_DQS_DDL, 0)
    _write_ahead(connection)
    connection.pragma("synchronous", "FULL")
    connection.pragma("foreign_keys", "ON")
    connection.pragma("recursive_triggers", "ON")
    return connection


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
def _immediate(connection: apsw.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        # A commit that fails, as on a full disk, leaves its transaction open.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _commit_group(
    connection: apsw.Connection, changes: list[Callable[[Session], Any]]
) -> list[tuple[Any, Exception | None]]:
    """Carry out each change in a savepoint of its own, so that one that fails takes no other with it."""
    outcomes: list[tuple[Any, Exception | None]] = []
    session = Session(connection)
    with _immediate(connection):
        for change in changes:
            connection.execute("SAVEPOINT piece")
            try:
                outcomes.append((change(session), None))
            except (apsw.FullError, apsw.IOError, apsw.ReadOnlyError, apsw.CorruptError):
                raise  # the file itself is in trouble: nothing of the group may look done
            except Exception as error:  # handed to the caller that asked for the change
                connection.execute("ROLLBACK TO piece")
                outcomes.append((None, error))
            connection.execute("RELEASE piece")
    return outcomes


@contextmanager
def _sentences(path: Path) -> Iterator[None]:
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
