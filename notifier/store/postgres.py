"""PostgreSQL through psycopg: the same transactions as on SQLite, one at a time a department, on a network that breaks.

A department's writers take turns by an advisory lock, as SQLite's do by the file's: whatever is read in a transaction
is true when it commits. A connection that is lost at a commit leaves open whether that arrived; the mark which each
transaction leaves tells it, and only then is the work done again.
"""

import hashlib
import logging
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar, cast

import psycopg

from notifier.errors import StoreError
from notifier.store import wake_ups
from notifier.store.connecting import (
    LOCK_SPACE,
    TIMEOUTS,
    Address,
    check_version,
    connect,
    is_lost,
    is_of_server,
    sentence,
    stored_version,
    upgrade,
)
from notifier.store.database import GroupWriter, Result, Session, Work, Written, carry_out
from notifier.store.postgres_session import PostgresSession, Readers, TooManyReaders

__all__ = ["Address", "PostgresDatabase", "PostgresSession", "upgrade"]

T = TypeVar("T")
log = logging.getLogger("notifier.store")

PATIENCE = 10.0
"""Seconds for which a lost server is asked again before that is told; as long as SQLite waits for a lock."""
BETWEEN_TRIES = 0.1
FOLLOW_EVERY = 60.0
"""Seconds between looks at the server's clock, by which all machines go."""


@dataclass
class _Attempt:
    """One try to commit a group; what is known of it decides what may be done after it failed."""

    group: list[Work]
    mark: str = field(default_factory=lambda: secrets.token_hex(8))
    has_turn: bool = False
    """It had the department's lock: whatever was in doubt before it is decided."""
    results: list[Any] | None = None
    """All was done but the commit: if that failed, it may have arrived."""


class _Retrying:
    """How long a lost server is asked again: from the first failure on, and at once where a connection was old."""

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._deadline: float | None = None

    @property
    def left(self) -> float:
        """Seconds for which it is tried again."""
        return self._patience if self._deadline is None else self._deadline - time.monotonic()

    def again(self, *, was_used: bool) -> bool:
        """Wait a little; False when the time is up."""
        if self._deadline is None:
            self._deadline = time.monotonic() + self._patience
        if was_used:  # the server may long be back: only a new connection tells
            return True
        time.sleep(BETWEEN_TRIES)
        return time.monotonic() < self._deadline


class PostgresDatabase(Written):
    """One PostgreSQL database: a few connections for reading, which threads share in turn, and one that writes.

    address: where it is. department: whose writers take turns. follow: told the server's time. timeouts: how long the
    server lets a session of this process stand still. patience: seconds for which a lost server is asked again.
    Errors: StoreError, in a sentence that names no secret.
    """

    def __init__(
        self,
        address: Address,
        department: str = "",
        follow: Callable[[datetime], None] | None = None,
        timeouts: Mapping[str, str] = TIMEOUTS,
        patience: float = PATIENCE,
    ) -> None:
        self._address = address
        self.name = address.name
        self._turn = int.from_bytes(hashlib.sha256(department.encode()).digest()[:4], signed=True)
        self._follow_clock = follow or (lambda now: None)
        self._followed = float("-inf")
        self._timeouts = {**TIMEOUTS, **timeouts}
        self._readers = Readers(self._open)
        self._writing: PostgresSession | None = None
        self._mark_owner = secrets.token_hex(8)
        self._has_marked = False
        self._doubts: list[_Attempt] = []
        """What its callers were told may not be stored; the next transaction will know."""
        self._writer = GroupWriter(self._commit, self._end_writing)
        self.patience = patience
        try:
            check_version(self.version(), self.name)
        except BaseException:
            self.close()
            raise

    def version(self) -> int | None:
        """The version of the tables; None where there are none."""
        return self.query(lambda session: stored_version(cast(PostgresSession, session).connection, self.name))

    def query(self, ask: Callable[[Session], T]) -> T:
        """Read, with the database's failures told as sentences; a lost connection is made anew."""
        retrying = _Retrying(self.patience)
        while True:
            session: PostgresSession | None = None
            try:
                with self._readers.lend(retrying.left) as session:
                    return ask(session)
            except TooManyReaders:
                raise StoreError(f"{self.name} answers too slowly; see what keeps its server busy") from None
            except psycopg.Error as failure:
                was_used = session is not None and session.is_used
                self._readers.close()  # the others are as old
                if not is_lost(failure, session.connection if session else None) or not retrying.again(
                    was_used=was_used
                ):
                    raise StoreError(sentence(failure, self.name)) from None

    def check(self) -> str | None:
        """The server checks its own files; that it answers is all that can be seen from here."""
        self.query(lambda session: session.all("accounts", department=""))
        return None

    def close(self) -> None:
        """Finish what is queued, and close every connection."""
        self._writer.close()
        self._readers.close()

    # --- writing ------------------------------------------------------------------------------------------------------

    def _commit(self, group: list[Work]) -> list[Result]:
        """Carry out a group and commit it, once, however often the connection is lost on the way."""
        retrying, doubt = _Retrying(self.patience), None
        while True:
            was_used = self._writing is not None
            attempt = _Attempt(group)
            try:
                return self._try(attempt, doubt)
            except psycopg.Error as failure:
                doubt = None if attempt.has_turn else doubt
                connection = self._writing.connection if self._writing else None
                if is_lost(failure, connection):
                    doubt = attempt if attempt.results is not None else doubt
                    self._end_writing()
                    if retrying.again(was_used=was_used):
                        continue
                elif attempt.has_turn and not is_of_server(failure):
                    log.debug("PostgreSQL refused a statement", exc_info=True)
                    return self._alone(group, StoreError(sentence(failure, self.name)))
                self._give_up(failure, doubt)
            except StoreError as failure:
                if not attempt.has_turn:  # said of the database, not by a change
                    self._end_writing()
                    raise
                return self._alone(group, failure)
            except Exception as failure:
                return self._alone(group, failure)

    def _give_up(self, failure: Exception, doubt: _Attempt | None) -> None:
        told = sentence(failure, self.name)
        if doubt is not None:
            self._doubts.append(doubt)
            told += "; whether it was stored is not known: look with notify list before you try again"
        raise StoreError(told) from None

    def _try(self, attempt: _Attempt, doubt: _Attempt | None) -> list[Result]:
        session = self._writing = self._writing or self._open()
        with session.connection.transaction():
            mark = self._take_turn(session)
            attempt.has_turn = True
            if doubt is not None and doubt.results is not None and mark == doubt.mark:
                results = doubt.results  # it had arrived
            else:
                session.wakes.clear()
                self._undo(session, mark)
                results = carry_out(session, attempt.group)
                if session.wakes:
                    wake_ups.put(session.connection, session.wakes)
                self._leave_mark(session, attempt.mark)
                attempt.results = results
        self._doubts.clear()
        return [(result, None) for result in results]

    def _alone(self, group: list[Work], failure: Exception) -> list[Result]:
        """Where one change of a group fails, each is done alone, so that none takes another with it."""
        if len(group) == 1:
            return [(None, failure)]
        results: list[Result] = []
        for work in group:
            try:
                results += self._commit([work])
            except StoreError as lost:  # those before it are stored; those after it need not wait as long
                results += [(None, lost)] * (len(group) - len(results))
                break
        return results

    def _take_turn(self, session: PostgresSession) -> str | None:
        """Wait for the other writers; answers the mark of this process's last commit that arrived."""
        connection = session.connection
        connection.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK_SPACE, self._turn])
        found = connection.execute(
            "SELECT clock_timestamp() AS now, (SELECT version FROM schema_version) AS version,"
            " (SELECT mark FROM commit_mark WHERE owner = %s) AS mark",
            [self._mark_owner],
        ).fetchone()
        assert found is not None  # noqa: S101 (it always answers one row)
        check_version(found["version"], self.name)  # it may have been upgraded while this process went on
        self._follow(found["now"])
        mark: str | None = found["mark"]
        return mark

    def _undo(self, session: PostgresSession, mark: str | None) -> None:
        """Undo what arrived after all, though its callers were told that it may not have."""
        for attempt in self._doubts:
            if attempt.mark == mark:
                for work, result in zip(attempt.group, attempt.results or (), strict=True):
                    if work.undo is not None:
                        work.undo(session, result)

    def _leave_mark(self, session: PostgresSession, mark: str) -> None:
        session.connection.execute(
            "INSERT INTO commit_mark (owner, mark) VALUES (%s, %s)"
            " ON CONFLICT (owner) DO UPDATE SET mark = EXCLUDED.mark, at = now()",
            [self._mark_owner, mark],
        )
        if not self._has_marked:  # once a process: what ended long ago will not ask for its mark
            session.connection.execute(
                "DELETE FROM commit_mark WHERE owner IN (SELECT owner FROM commit_mark"
                " WHERE at < now() - interval '30 days' LIMIT 1000 FOR UPDATE SKIP LOCKED)"
            )
            self._has_marked = True

    def _end_writing(self) -> None:
        if self._writing is not None:
            self._writing.close()
            self._writing = None

    def _open(self) -> PostgresSession:
        connection, now = connect(self._address, self._timeouts)
        self._follow(now)
        return PostgresSession(connection)

    def _follow(self, now: datetime) -> None:
        ticks = time.monotonic()
        if ticks - self._followed > FOLLOW_EVERY:
            self._followed = ticks
            self._follow_clock(now)
