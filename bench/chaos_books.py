"""The department's own books, read beside whoever writes them, and locked as another program would: both engines."""

import json
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

import apsw

Row = tuple[Any, ...]

COUNTS = "SELECT state, COUNT(*), SUM(CASE WHEN due IS NULL THEN 0 ELSE 1 END) FROM delivery GROUP BY state"
DELIVERIES = """SELECT d.notification, n.fields, d.channel, d.state, d.attempts, d.detail, d.remote_id, d.due
FROM delivery AS d JOIN notification AS n ON n.id = d.notification ORDER BY d.id"""
EVENTS = "SELECT stream, number, at, type, data FROM event ORDER BY stream, number"
UNKNOWN = """SELECT d.notification, n.fields, d.channel
FROM delivery AS d JOIN notification AS n ON n.id = d.notification
WHERE d.state = 'unknown' AND d.due IS NULL ORDER BY d.id LIMIT 20"""
PUT_OFF = """SELECT channel, state, COUNT(*), MIN(due), MAX(due) FROM delivery
WHERE state IN ('due', 'claimed', 'sending') OR (state = 'unknown' AND due IS NOT NULL) GROUP BY channel, state"""
FAILED = "SELECT notification FROM delivery WHERE state = 'failed' ORDER BY id LIMIT 20"
_TERMINATE = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()"""


class Unreadable(Exception):
    """The store cannot be read just now."""


class Books(Protocol):
    """A store, as a stranger sees it."""

    def rows(self, question: str) -> list[Row]:
        """Ask; Unreadable where it does not answer now."""

    def lock(self, seconds: float) -> None:
        """Hold everyone off for so long."""


class SqliteBooks:
    """An SQLite file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def rows(self, question: str) -> list[Row]:
        if not self._path.exists():
            raise Unreadable
        try:
            connection = self._open()
            try:
                return [tuple(row) for row in connection.execute(question)]
            finally:
                connection.close()
        except apsw.Error as failure:
            raise Unreadable(str(failure)) from None

    def lock(self, seconds: float) -> None:
        with suppress(apsw.Error):
            connection = self._open()
            try:
                connection.execute("BEGIN IMMEDIATE")
                time.sleep(seconds)
                connection.execute("ROLLBACK")
            finally:
                connection.close()

    def _open(self) -> apsw.Connection:
        connection = apsw.Connection(str(self._path), flags=apsw.SQLITE_OPEN_READWRITE)
        connection.set_busy_timeout(2_000)
        return connection


class PostgresBooks:
    """A database of a PostgreSQL server."""

    def __init__(self, url: str) -> None:
        self._url = url

    def rows(self, question: str) -> list[Row]:
        return self._ask("SET lock_timeout = '2s'", question)

    def lock(self, seconds: float) -> None:
        with suppress(Unreadable):
            self._ask("LOCK TABLE delivery IN ACCESS EXCLUSIVE MODE", f"SELECT pg_sleep({seconds})")

    def terminate(self) -> None:
        """Cut every session but ours."""
        with suppress(Unreadable):
            self._ask(_TERMINATE)

    def _ask(self, *questions: str) -> list[Row]:
        import psycopg

        try:
            with psycopg.connect(self._url, connect_timeout=3) as connection:
                cursor = connection.cursor()
                for question in questions:
                    cursor.execute(question.encode())
                return list(cursor.fetchall())
        except psycopg.Error as failure:
            raise Unreadable(str(failure)) from None


def street_of(fields: str) -> str:
    """The street of a notification's fields."""
    told: Mapping[str, Any] = json.loads(fields)
    return str(told["street"]).removesuffix(" Street")
