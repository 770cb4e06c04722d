"""PostgreSQL through psycopg: the same transactions as on SQLite, one at a time a department, on a network that breaks.

A department's writers take turns by an advisory lock, as SQLite's do by the file's: whatever is read in a transaction
is true when it commits. A connection that is lost at a commit leaves open whether that arrived; the mark which each
transaction leaves tells it, and only then is the work done again.
"""

import hashlib
import logging
import secrets
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, LiteralString, TypeVar, cast

import psycopg
from psycopg import conninfo, errors
from psycopg.rows import dict_row

from notifier.errors import StoreError
from notifier.store.database import (
    SCHEMA_VERSION,
    Bulk,
    Done,
    GroupWriter,
    Result,
    Row,
    Session,
    Value,
    Work,
    carry_out,
)
from notifier.store.migrations import steps
from notifier.store.statements import statements_for_psycopg

T = TypeVar("T")
I = TypeVar("I")  # noqa: E741 (one item of a bulk)
log = logging.getLogger("notifier.store")
Connection = psycopg.Connection[dict[str, Any]]

PATIENCE = 10.0
"""Seconds for which a lost server is asked again before that is told; as long as SQLite waits for a lock."""
MOST_READERS = 4
"""Connections of a process for reading; one more writes."""
_LOCK_SPACE = 0x6E6F7469
"""The first half of our advisory locks' keys ("noti"); the second is of the department."""
_TIMEOUTS = {
    "lock_timeout": "20s",
    "statement_timeout": "60s",
    "idle_in_transaction_session_timeout": "15s",
}
"""A process that stands still in a transaction must not hold the others for ever: the server ends its session."""
_AGAIN = (psycopg.OperationalError, psycopg.InterfaceError, errors.SerializationFailure, errors.DeadlockDetected)
"""The connection or the server is in trouble, not the work."""


class PostgresSession:
    """Runs named statements on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._cursor = connection.cursor()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def all(self, statement: str, /, **values: Value) -> list[Row]:
        """Run a named statement and answer all its rows."""
        cursor = self._cursor.execute(_text(statement), _plain(values))
        return cast(list[Row], cursor.fetchall()) if cursor.description else []

    def one(self, statement: str, /, **values: Value) -> Row | None:
        """Run a named statement and answer its first row."""
        rows = self.all(statement, **values)
        return rows[0] if rows else None

    def run(self, statement: str, /, **values: Value) -> int:
        """Run a named statement and answer how many rows it changed."""
        return self._cursor.execute(_text(statement), _plain(values)).rowcount

    def each(self, statement: str, values: Sequence[Mapping[str, Value]], /) -> list[list[Row]]:
        """Run a named statement once for each of many, in one round trip; answers the rows of each."""
        if not values:
            return []
        if len(values) == 1:
            return [self.all(statement, **values[0])]
        text = _text(statement)
        returns = text.lstrip().startswith("SELECT") or "RETURNING" in text
        self._cursor.executemany(text, [_plain(one) for one in values], returning=returns)
        if not returns:
            return [[] for _ in values]
        found: list[list[Row]] = []
        while True:
            found.append(cast(list[Row], self._cursor.fetchall()))
            if not self._cursor.nextset():
                return found


def _text(statement: str) -> LiteralString:
    # The statements are this program's own, read from its own file.
    return statements_for_psycopg()[statement]


def _plain(values: Mapping[str, Value]) -> dict[str, Value]:
    """PostgreSQL takes no NUL within a text, and no truth for a number."""
    return {
        name: value.replace("\0", "\ufffd")
        if isinstance(value, str)
        else int(value)
        if value is True or value is False
        else value
        for name, value in values.items()
    }


class PostgresDatabase:
    """One PostgreSQL database: a few connections for reading, which threads share in turn, and one that writes.

    url: postgresql://…, as libpq reads it; a password may be missing where libpq finds one. department: whose writers
    take turns. follow: told the server's
    time at each connection. Errors: StoreError, in a sentence for the person that names no secret.
    """

    def __init__(self, url: str, department: str = "", follow: Callable[[datetime], None] | None = None) -> None:
        self._url = url
        self._turn = int.from_bytes(hashlib.sha256(department.encode()).digest()[:4], signed=True)
        self._follow = follow or (lambda now: None)
        self.name = _shown(url)
        self._idle: list[PostgresSession] = []
        self._lending = threading.Lock()
        self._free_readers = threading.BoundedSemaphore(MOST_READERS)
        self._writing: PostgresSession | None = None
        self._mark_owner = secrets.token_hex(8)
        self._writer = GroupWriter(self._commit, self._end_writing)
        self.patience = PATIENCE
        self.query(lambda session: check_version(cast(PostgresSession, session)._connection, self.name))

    def query(self, ask: Callable[[Session], T]) -> T:
        """Read, with the database's failures told as sentences; a lost connection is made anew."""
        deadline = time.monotonic() + self.patience
        with self._free_readers:
            while True:
                try:
                    return self._ask(ask)
                except _AGAIN as failure:
                    if time.monotonic() >= deadline:
                        raise StoreError(self._sentence(failure)) from None
                time.sleep(0.1)

    def _ask(self, ask: Callable[[Session], T]) -> T:
        with self._lending:
            session = self._idle.pop() if self._idle else None
        session = session or PostgresSession(self._connect())
        try:
            answer = ask(session)
        except BaseException:
            session.close()
            raise
        with self._lending:
            self._idle.append(session)
        return answer

    def write(self, change: Callable[[Session], T]) -> T:
        """Carry out a change; it is on disk when this returns, together with others that waited with it."""
        result: T = self._writer.do(Work(change))
        return result

    def write_joined(self, bulk: Bulk[I, T], item: I) -> T:
        """Carry out one piece of work together with all of its kind that wait with it, as one bulk."""
        result: T = self._writer.do(Work(bulk, item, is_joined=True))
        return result

    def write_joined_later(self, bulk: Bulk[I, T], item: I, done: Done) -> None:
        """Hand over one piece of work of a bulk and go on; `done` is told when it is on disk."""
        self._writer.do_later(Work(bulk, item, is_joined=True, done=done))

    def check(self) -> str | None:
        """The server checks its own files; that it answers is all that can be seen from here."""
        self.query(lambda session: session.all("accounts", department=""))
        return None

    def close(self) -> None:
        """Finish what is queued, and close every connection."""
        self._writer.close()
        with self._lending:
            idle, self._idle = self._idle, []
        for session in idle:
            session.close()

    # --- writing ------------------------------------------------------------------------------------------------------

    def _commit(self, group: list[Work]) -> list[Result]:
        deadline = time.monotonic() + self.patience
        doubtful: tuple[str, list[Any]] | None = None
        while True:
            mark = secrets.token_hex(8)
            done: list[Any] | None = None
            try:
                session = self._writing = self._writing or PostgresSession(self._connect())
                with session._connection.transaction():
                    if self._take_turn(session) == (doubtful and doubtful[0]) and doubtful is not None:
                        return [(result, None) for result in doubtful[1]]
                    done = carry_out(session, group)
                    self._leave_mark(session, mark)
                return [(result, None) for result in done]
            except _AGAIN as failure:
                # Lost after all was done means lost at the commit: it may have arrived.
                doubtful = (mark, done) if done is not None else doubtful
                self._end_writing()
                if time.monotonic() >= deadline:
                    raise StoreError(self._sentence(failure, doubtful=doubtful is not None)) from None
                time.sleep(0.1)
            except StoreError:
                raise
            except psycopg.Error as failure:
                log.debug("PostgreSQL refused a statement", exc_info=True)
                return self._alone(group, StoreError(self._sentence(failure)))
            except Exception as failure:
                return self._alone(group, failure)

    def _alone(self, group: list[Work], failure: Exception) -> list[Result]:
        """Where one change of a group fails, each is done alone, so that none takes another with it."""
        if len(group) == 1:
            return [(None, failure)]
        return [self._commit([work])[0] for work in group]

    def _take_turn(self, session: PostgresSession) -> str | None:
        """Wait for the other writers; answers the mark of this process's last commit that arrived."""
        connection = session._connection
        connection.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK_SPACE, self._turn])
        found = connection.execute("SELECT mark FROM commit_mark WHERE owner = %s", [self._mark_owner]).fetchone()
        return found["mark"] if found else None

    def _leave_mark(self, session: PostgresSession, mark: str) -> None:
        session._connection.execute(
            "INSERT INTO commit_mark (owner, mark) VALUES (%s, %s)"
            " ON CONFLICT (owner) DO UPDATE SET mark = EXCLUDED.mark, at = now()",
            [self._mark_owner, mark],
        )

    def _end_writing(self) -> None:
        if self._writing is not None:
            self._writing.close()
            self._writing = None

    # --- connecting ---------------------------------------------------------------------------------------------------

    def _connect(self) -> Connection:
        connection = connect(self._url, self.name)
        now = connection.execute("SELECT clock_timestamp() AS now").fetchone()
        if now is not None:
            self._follow(now["now"])
        return connection

    def _sentence(self, failure: Exception, *, doubtful: bool = False) -> str:
        return sentence(failure, self.name) + (
            "; whether it was stored is not known: look with notify list before you try again" if doubtful else ""
        )


def connect(url: str, name: str) -> Connection:
    """Open a connection whose statements end in time; StoreError where trying again is of no use."""
    options = " ".join(f"-c {setting}={value}" for setting, value in _TIMEOUTS.items())
    try:
        return psycopg.Connection[dict[str, Any]].connect(
            url,
            autocommit=True,
            row_factory=dict_row,
            connect_timeout=5,
            options=options,
            application_name="notifier",
            keepalives_idle=10,
            keepalives_interval=5,
            keepalives_count=3,
            tcp_user_timeout=20_000,
        )
    except psycopg.OperationalError as failure:
        if any(words in str(failure) for words, _ in _HOPELESS):
            raise StoreError(sentence(failure, name)) from None
        raise


_HOPELESS = (
    ("password authentication failed", "{name} refuses the user's password; correct it where the URL takes it from"),
    ("no password supplied", '{name} asks for a password; give one with password = {{ env = "NAME" }} under [store]'),
    ("no pg_hba.conf entry", "{name} does not let this machine or user in; its pg_hba.conf says who may"),
    ('role "', "{name} knows no such user; correct the user in the store's url"),
    ('database "', "there is no such database at {name}; make it (createdb), then run notify store upgrade"),
)


def sentence(failure: Exception, name: str) -> str:
    """Say what a failure means and what to do, not in the server's own words: they may hold a secret."""
    said = str(failure)
    for words, told in _HOPELESS:
        if words in said:
            return told.format(name=name)
    match failure:
        case errors.DiskFull():
            return f"the disk of {name} is full; make room, then run the command again"
        case errors.LockNotAvailable() | errors.QueryCanceled():
            return f"{name} is kept busy by another session for too long; end that, then try again"
        case errors.ReadOnlySqlTransaction():
            return f"{name} takes no writes: it is a standby; name the primary in the store's url"
        case errors.InsufficientPrivilege():
            return f"the user of {name} may not read or write its tables; grant it the right, then try again"
        case errors.TooManyConnections():
            return f"{name} has no connection left; raise its max_connections, or run fewer processes"
        case psycopg.OperationalError() | psycopg.InterfaceError():
            return f"{name} cannot be reached or went away; see that the server runs, then try again"
        case _:
            return f"{name} refused what was asked ({type(failure).__name__}); run notify doctor"


def check_version(connection: Connection, name: str) -> None:
    """Refuse a database whose tables are not of this version; StoreError says how to bring them there."""
    version = stored_version(connection)
    if version is None:
        raise StoreError(f"{name} has no tables of Notifier yet; make them with: notify store upgrade")
    if version < SCHEMA_VERSION:
        raise StoreError(
            f"{name} was written by an older Notifier (its version {version}, this one needs {SCHEMA_VERSION});"
            " stop every notify run, then run: notify store upgrade"
        )
    if version > SCHEMA_VERSION:
        raise StoreError(
            f"{name} was written by a newer Notifier (its version {version}, this one knows {SCHEMA_VERSION});"
            " install the newer one, or name another database in department.toml"
        )


def stored_version(connection: Connection) -> int | None:
    """The version of the tables; None where there are none."""
    found = connection.execute("SELECT to_regclass('schema_version') AS there").fetchone()
    if found is None or found["there"] is None:
        return None
    row = connection.execute("SELECT version FROM schema_version").fetchone()
    return int(row["version"]) if row else None


def upgrade(url: str) -> tuple[int, int]:
    """Bring the tables of a database to this version, in one transaction; answers from which to which."""
    name = _shown(url)
    try:
        with connect(url, name) as connection, connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(%s, 0)", [_LOCK_SPACE])
            version = stored_version(connection) or 0
            if version > SCHEMA_VERSION:
                check_version(connection, name)
            for script in steps(version, "postgres"):
                connection.execute(script)
            connection.execute("DELETE FROM schema_version")
            connection.execute("INSERT INTO schema_version (version) VALUES (%s)", [SCHEMA_VERSION])
            return version, SCHEMA_VERSION
    except psycopg.Error as failure:
        raise StoreError(sentence(failure, name)) from None


def _shown(url: str) -> str:
    """Name a database without its user and password."""
    try:
        parts = conninfo.conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        raise StoreError(
            "the store's url is no PostgreSQL address; write it as postgresql://USER@HOST:5432/DATABASE"
        ) from None
    host = parts.get("host") or "localhost"
    port = f":{parts['port']}" if parts.get("port") else ""
    return f"postgresql://{host}{port}/{parts.get('dbname') or ''}"
