"""Moves a SQLite store to an empty PostgreSQL database: whole or not at all, and never so that both deliver.

Two databases cannot commit together. So the copy is committed first, under a mark (`notifier_arriving`) with which
nobody opens it; then the file is marked as moved; then the copy's mark goes. Broken off before the second step, the
file is as it was and the copy is nothing; after it, the file is closed and a second run opens the copy.
"""

import secrets
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apsw
import psycopg
from psycopg import sql

from notifier.errors import StoreError
from notifier.store.archive import verify_all
from notifier.store.connecting import LOCK_SPACE, TIMEOUTS, Address, Connection, connect, make_tables, sentence
from notifier.store.moved import Move, mark_moved, moved_error, moved_to, tables
from notifier.store.opening import lock_folder
from notifier.store.postgres_session import PostgresSession
from notifier.store.processes import living
from notifier.store.sqlite import SqliteDatabase, SqliteSession, connect_file, immediate, sentences

Progress = Callable[[str, int, int], None]
"""Told of a table, how many of its rows are copied, and how many there are."""
_PATIENT = {**TIMEOUTS, "statement_timeout": "0", "idle_in_transaction_session_timeout": "0"}
_BATCH = 1000
_OWN = ("commit_mark", "schema_version")
"""Tables of PostgreSQL alone."""
_EMPTY_SHELLS = ("account", "process")
"""What merely looking at a database leaves there."""


@dataclass(frozen=True)
class Moved:
    """What a move came to."""

    name: str
    rows: int
    """How many were copied; 0 where an earlier run had done it."""
    faults: int
    """What `notify records verify` finds, there as here."""
    was_done: bool = False
    """An earlier run had moved it, and this one only finished that."""


def move(source: Path, target: Address, progress: Progress) -> Moved:
    """Move a file's whole content; StoreError says why not, and nothing has happened then."""
    if not source.exists():
        raise StoreError(
            f"there is no {source}: nothing is to be moved; name the PostgreSQL database in department.toml"
        )
    with _told(source), _file(source) as file:
        earlier = moved_to(file)
        if earlier is not None:
            return _finish_earlier(source, earlier, target)
        SqliteDatabase(source).close()  # an older file is brought to this version
        following = Move(target.name, secrets.token_hex(8))
        with immediate(file):
            _refuse_the_living(source)
            with _server(target) as connection:
                rows, faults = _fill(file, connection, _named(source), following, progress)
            progress("closing the file", 1, 1)
            mark_moved(file, following)
        with _server(target) as connection:
            connection.execute("DROP TABLE notifier_arriving")
    return Moved(target.name, rows, faults)


@contextmanager
def _told(source: Path) -> Iterator[None]:
    """Tell the file's failures as sentences."""
    try:
        with sentences(source):
            yield
    except UnicodeDecodeError:
        raise StoreError(f"{source} holds bytes that are no text; notify records verify tells where") from None


@contextmanager
def _file(source: Path) -> Iterator[apsw.Connection]:
    file = connect_file(source)
    try:
        yield file
    finally:
        file.close()


@contextmanager
def _server(target: Address) -> Iterator[Connection]:
    """A connection for one piece of work; the server's failures are told as sentences."""
    try:
        connection, _ = connect(target, _PATIENT)
        with connection:
            yield connection
    except psycopg.Error as failure:
        raise StoreError(f"{sentence(failure, target.name)}; then run notify store migrate again") from None


def _named(source: Path) -> str:
    return f"{socket.gethostname()}:{source.resolve()}"


def _refuse_the_living(source: Path) -> None:
    """Refuse while a process works on the file: its deliveries are in its hands. It is asked under the file's lock."""
    alive = living(lock_folder(f"sqlite:///{source}", str(source)))
    if alive:
        numbers = ", ".join(str(pid) for pid in alive)
        raise StoreError(
            f"{source} is at work (process {numbers}): stop every notify run, let the commands end, then run this again"
        )


def _finish_earlier(source: Path, earlier: Move, target: Address) -> Moved:
    """Finish a move that was broken off after its file was marked, or say that it is long over."""
    if earlier.name != target.name:
        raise moved_error(source, earlier.name)
    with _server(target) as connection, connection.transaction():
        found = _arriving(connection)
        if found is not None and found["token"] != earlier.token:
            raise StoreError(f"{target.name} holds another store's move, from {found['source']}; finish that first")
        if found is not None:
            connection.execute("DROP TABLE notifier_arriving")
        elif _relation(connection, "schema_version") is None:
            raise StoreError(
                f"{source} was moved to {target.name}, and that has no tables any more; restore its last good copy"
            )
    return Moved(target.name, 0, 0, was_done=True)


# --- the target -------------------------------------------------------------------------------------------------------


def _relation(connection: Connection, name: str) -> object:
    row = connection.execute("SELECT to_regclass(%s) AS there", [name]).fetchone()
    return row["there"] if row else None


def _arriving(connection: Connection) -> dict[str, Any] | None:
    """Lock the database for this move, and read the mark of one that was broken off."""
    connection.execute("SELECT pg_advisory_xact_lock(%s, 0)", [LOCK_SPACE])
    if _relation(connection, "notifier_arriving") is None:
        return None
    return connection.execute("SELECT token, source FROM notifier_arriving").fetchone()


def _fill(
    file: apsw.Connection, connection: Connection, source: str, following: Move, progress: Progress
) -> tuple[int, int]:
    """Copy everything in one transaction, and commit it under the mark when it is whole; answers rows and faults."""
    names = tables(file)
    with connection.transaction():
        broken_off = _arriving(connection)
        if broken_off is not None and broken_off["source"] != source:
            told = f"holds the move of another store, {broken_off['source']}, that was broken off; finish that first"
            raise StoreError(f"{following.name} {told}")
        if broken_off is not None:
            _clear(connection, names)
        make_tables(connection, following.name)
        _refuse_filled(connection, names, following.name)
        rows = sum(_copy(file, connection, table, progress) for table in names)
        _set_sequences(connection)
        faults = _check(file, connection, names)
        connection.execute("CREATE TABLE notifier_arriving (token TEXT NOT NULL, source TEXT NOT NULL)")
        connection.execute("INSERT INTO notifier_arriving VALUES (%s, %s)", [following.token, source])
    return rows, faults


def _clear(connection: Connection, names: list[str]) -> None:
    """Take away what an earlier run left, which nobody could open."""
    for table in (*names, *_OWN, "notifier_arriving"):
        connection.execute(sql.SQL("DROP TABLE IF EXISTS {} CASCADE").format(sql.Identifier(table)))
    connection.execute("DROP FUNCTION IF EXISTS notifier_append_only() CASCADE")


def _refuse_filled(connection: Connection, names: list[str], name: str) -> None:
    for table in (one for one in names if one not in _EMPTY_SHELLS):
        if connection.execute(sql.SQL("SELECT 1 FROM {} LIMIT 1").format(sql.Identifier(table))).fetchone():
            raise StoreError(f"{name} is not empty ({table} has rows); a store is moved only to an empty database")
    for table in _EMPTY_SHELLS:
        connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))


def _copy(file: apsw.Connection, connection: Connection, table: str, progress: Progress) -> int:
    """Stream a table's rows, in their order; answers how many."""
    columns = [str(row[1]) for row in file.execute(f'PRAGMA table_info("{table}")')]
    bytes_at = {columns.index(name) for name in _bytes_columns(connection, table)}
    total, done = _count_here(file, table), 0
    head = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    listed = ", ".join(f'"{name}"' for name in columns)
    with connection.cursor() as cursor, cursor.copy(head) as copy:
        for row in file.execute(f'SELECT {listed} FROM "{table}"'):  # noqa: S608 (the file's own names)
            copy.write_row([_value(value, is_bytes=place in bytes_at) for place, value in enumerate(row)])
            done += 1
            if done % _BATCH == 0:
                progress(table, done, total)
    progress(table, done, total)
    return done


def _bytes_columns(connection: Connection, table: str) -> list[str]:
    found = connection.execute(
        "SELECT column_name FROM information_schema.columns"
        " WHERE table_schema = current_schema() AND table_name = %s AND data_type = 'bytea'",
        [table],
    )
    return [row["column_name"] for row in found]


def _value(value: Any, *, is_bytes: bool) -> Any:
    """A value as PostgreSQL takes it: no NUL within a text, and bytes where bytes belong."""
    if isinstance(value, str):
        return value.encode() if is_bytes else value.replace("\0", "\ufffd")
    return value


def _set_sequences(connection: Connection) -> None:
    """Let new rows be numbered after those that came."""
    identities = connection.execute(
        "SELECT table_name, column_name FROM information_schema.columns"
        " WHERE table_schema = current_schema() AND is_identity = 'YES'"
    ).fetchall()
    for row in identities:
        table, column = sql.Identifier(row["table_name"]), sql.Identifier(row["column_name"])
        connection.execute(
            sql.SQL(
                "SELECT setval(pg_get_serial_sequence({}, {}), COALESCE(MAX({}), 1), MAX({}) IS NOT NULL) FROM {}"
            ).format(sql.Literal(row["table_name"]), sql.Literal(row["column_name"]), column, column, table)
        )


def _count_here(file: apsw.Connection, table: str) -> int:
    count: int = next(iter(file.execute(f'SELECT COUNT(*) FROM "{table}"')))[0]  # noqa: S608 (the file's own name)
    return count


def _check(file: apsw.Connection, connection: Connection, names: list[str]) -> int:
    """See that the copy is whole, row by row and link by link; answers the faults that were there before."""
    for table in names:
        there = connection.execute(sql.SQL("SELECT COUNT(*) AS count FROM {}").format(sql.Identifier(table))).fetchone()
        if there is None or there["count"] != _count_here(file, table):
            raise StoreError(f"the copy of {table} is not whole; nothing was moved: run notify store migrate again")
    here, faults = verify_all(SqliteSession(file)), verify_all(PostgresSession(connection))
    if (here[0], set(here[1])) != (faults[0], set(faults[1])):
        raise StoreError("the copy of the record does not verify; nothing was moved: run notify records verify")
    return len(faults[1])
