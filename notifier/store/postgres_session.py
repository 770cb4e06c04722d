"""One PostgreSQL connection as the store's functions see it, and the few of a process that read."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import LiteralString, cast

from notifier.store.connecting import Connection
from notifier.store.database import Row, Value
from notifier.store.statements import statements_for_psycopg

MOST_READERS = 4
"""Connections of a process for reading; one more writes."""


class PostgresSession:
    """Runs named statements on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.is_used = False
        """Whether it has answered before: then its server may have gone meanwhile."""
        self._cursor = connection.cursor()
        self.wakes: dict[tuple[str, str], int] = {}
        """What became due in this transaction, by department and channel."""

    @property
    def connection(self) -> Connection:
        """What it runs on."""
        return self._connection

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

    def wake(self, department: str, channel: str, due: int) -> None:
        """Let a worker be woken when this is committed; the earliest of an account is enough."""
        known = self.wakes.get((department, channel))
        self.wakes[department, channel] = due if known is None else min(due, known)


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


class TooManyReaders(Exception):
    """No connection for reading came free in time."""


class Readers:
    """The connections of a process that read; threads share them in turn.

    open_: opens one.
    """

    def __init__(self, open_: Callable[[], PostgresSession]) -> None:
        self._open = open_
        self._free = threading.BoundedSemaphore(MOST_READERS)
        self._lending = threading.Lock()
        self._idle: list[PostgresSession] = []
        self._times_closed = 0

    @contextmanager
    def lend(self, patience: float) -> Iterator[PostgresSession]:
        """Lend a connection; after a failure it is closed. TooManyReaders when none comes free within the patience."""
        if not self._free.acquire(timeout=max(patience, 0.0)):
            raise TooManyReaders
        try:
            with self._lending:
                session = self._idle.pop() if self._idle else None
                times_closed = self._times_closed
            session = session or self._open()
            try:
                yield session
            except BaseException:
                session.close()
                raise
            session.is_used = True
            self._take_back(session, times_closed)
        finally:
            self._free.release()

    def _take_back(self, session: PostgresSession, times_closed: int) -> None:
        with self._lending:
            if times_closed == self._times_closed:
                self._idle.append(session)
                return
        session.close()  # all were closed while this one was away

    def close(self) -> None:
        """Close every connection that nobody uses, and the others when they come back."""
        with self._lending:
            idle, self._idle = self._idle, []
            self._times_closed += 1
        for session in idle:
            session.close()
