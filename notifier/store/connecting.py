"""Connections to a PostgreSQL server: where it is, whose tables are there, and what a failure means to a person."""

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import psycopg
from psycopg import conninfo, errors
from psycopg.rows import dict_row

from notifier.errors import StoreError
from notifier.store import wake_ups
from notifier.store.database import SCHEMA_VERSION
from notifier.store.migrations import steps

Connection = psycopg.Connection[dict[str, Any]]

LOCK_SPACE = 0x6E6F7469
"""The first half of our advisory locks' keys ("noti"); the second is of the department, 0 of an upgrade."""
CONNECT_TIMEOUT = 5
"""Seconds."""
TIMEOUTS: Mapping[str, str] = {
    "lock_timeout": "20s",
    "statement_timeout": "60s",
    "idle_in_transaction_session_timeout": "15s",
}
"""A process that stands still in a transaction must not hold the others for ever: the server ends its session."""

# What fails is told by us; psycopg's own warnings (a rollback that did not arrive) would stand beside that.
logging.getLogger("psycopg").setLevel(logging.ERROR)


@dataclass(frozen=True)
class Address:
    """Where a database is, as libpq reads it, and its password where that stands apart; neither is shown."""

    url: str = field(repr=False)
    password: str | None = field(default=None, repr=False)
    name: str = field(init=False)
    """How a person knows it, without its user and password."""

    def __post_init__(self) -> None:
        """Refuse what is no address."""
        object.__setattr__(self, "name", _shown(self.url))


def _shown(url: str) -> str:
    try:
        parts = conninfo.conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        parts = {"host": "@"}
    host, port, database = (str(parts.get(name) or "") for name in ("host", "port", "dbname"))
    # An @ that is left over is the end of a password whose own signs were not written as %40 and the like.
    if "@" in host + port + database or not re.fullmatch(r"[\d,]*", port):
        raise StoreError(
            "the store's url is no PostgreSQL address; write it as postgresql://USER@HOST:5432/DATABASE, and in a"
            " password every sign but letters and digits as %40 is for @"
        )
    return f"postgresql://{host or 'localhost'}{f':{port}' if port else ''}/{database}"


def connect(address: Address, timeouts: Mapping[str, str] = TIMEOUTS) -> tuple[Connection, datetime]:
    """Open a connection whose statements end in time; answers it and the server's clock.

    Errors: StoreError where trying again is of no use; psycopg's own where it may help.
    """
    try:
        connection = psycopg.Connection[dict[str, Any]].connect(
            address.url,
            autocommit=True,
            row_factory=dict_row,
            connect_timeout=CONNECT_TIMEOUT,
            application_name="notifier",
            keepalives_idle=10,
            keepalives_interval=5,
            keepalives_count=3,
            tcp_user_timeout=20_000,
            password=address.password,
        )
    except psycopg.OperationalError as failure:
        if _hopeless(failure) is not None:
            raise StoreError(sentence(failure, address.name)) from None
        raise
    except (psycopg.Error, ValueError) as failure:  # a setting in the address that libpq does not take
        raise StoreError(sentence(failure, address.name)) from None
    return connection, _begin(connection, timeouts)


def _begin(connection: Connection, timeouts: Mapping[str, str]) -> datetime:
    """Set the session's timeouts, here and not at the start, where they would replace the address's own options."""
    settings = ", ".join("set_config(%s, %s, false)" for _ in timeouts)
    values = [part for setting in timeouts.items() for part in setting]
    try:
        row = connection.execute(f"SELECT {settings}, clock_timestamp() AS now".encode(), values).fetchone()
    except BaseException:
        connection.close()
        raise
    now: datetime = (row or {})["now"]
    return now


# --- failures ---------------------------------------------------------------------------------------------------------

_WHERE_IT_GOES = 'password = { env = "NAME" } under [store] of department.toml'
_HOPELESS: tuple[tuple[str, str], ...] = (
    (
        r"(password|\w+) authentication failed",
        "{name} refuses the user or the password; correct it where the store's address takes it from",
    ),
    (r"no password supplied|empty password", "{name} asks for a password; give one with " + _WHERE_IT_GOES),
    (r"pg_hba\.conf", "{name} does not let this machine or user in; the server's pg_hba.conf says who may"),
    (r'role ".*" (does not exist|is not permitted)', "{name} knows no such user; correct the user in the store's url"),
    (
        r'database ".*" does not exist',
        "there is no such database at {name}; make it (createdb), then run notify store upgrade",
    ),
    (
        r'database ".*" is not currently accepting|permission denied for database',
        "{name} lets nobody in, or not this user; whoever keeps the server must allow it (GRANT CONNECT)",
    ),
    (
        r"not support SSL|SSL was required|certificate",
        "{name} and this machine agree on no encryption; correct sslmode and the certificates in the store's url",
    ),
    (r"invalid (port|integer|connection|sslmode|URI)", "the store's url for {name} has a setting that is wrong"),
)
"""What the server, or libpq, says of a connection that it refuses for good: no code tells it."""
_FULL = re.compile(r"too many clients|remaining connection slots|too many connections")
_NO_HOST = re.compile(r"could not translate host name|failed to resolve host|resolution")


def _hopeless(failure: Exception) -> str | None:
    if getattr(failure, "sqlstate", None) is not None:  # said of a statement, whose words are not the server's alone
        return None
    said = str(failure)
    if _FULL.search(said):
        return None
    return next((told for pattern, told in _HOPELESS if re.search(pattern, said)), None)


def sentence(failure: Exception, name: str) -> str:
    """Say what a failure means and what to do, not in the server's own words: they may hold a secret."""
    if told := _hopeless(failure):
        return told.replace("{name}", name)
    match failure:
        case errors.DiskFull():
            return f"the disk of {name} is full; make room, then run the command again"
        case errors.LockNotAvailable() | errors.QueryCanceled():
            return f"{name} is kept busy by another session for too long; end that, then try again"
        case errors.ReadOnlySqlTransaction():
            return f"{name} takes no writes: it is a standby or read-only; name the primary in the store's url"
        case errors.InsufficientPrivilege():
            return f"the user of {name} may not read or write its tables; grant it the right, then try again"
        case errors.TooManyConnections():
            return _no_connection_left(name)
        case errors.UndefinedTable() | errors.UndefinedColumn():
            return f"{name} lacks tables of Notifier; make them with: notify store upgrade"
        case psycopg.OperationalError() | psycopg.InterfaceError():
            return _unreachable(failure, name)
        case _:
            return f"{name} refused what was asked ({type(failure).__name__}); run notify doctor"


def _unreachable(failure: Exception, name: str) -> str:
    if _FULL.search(str(failure)):
        return _no_connection_left(name)
    if _NO_HOST.search(str(failure)):
        return f"no machine has the name in {name}; correct the host in the store's url, or mend the name service"
    return f"{name} cannot be reached or went away; see that the server runs, then try again"


def _no_connection_left(name: str) -> str:
    return f"{name} has no connection left; raise its max_connections, or run fewer processes"


def is_of_server(failure: Exception) -> bool:
    """Whether a failure is of the server, not of the work: no other work would fare better now."""
    kinds = (
        errors.LockNotAvailable,
        errors.QueryCanceled,
        errors.DiskFull,
        errors.InsufficientPrivilege,
        errors.UndefinedTable,
        errors.UndefinedColumn,
    )
    return isinstance(failure, kinds)


def is_lost(failure: Exception, connection: Connection | None) -> bool:
    """Whether trying again, on a new connection, may help."""
    if is_of_server(failure):
        return False
    # A primary that became a standby: with several hosts in the address, another one takes writes now.
    if isinstance(failure, psycopg.OperationalError | psycopg.InterfaceError | errors.ReadOnlySqlTransaction):
        return True
    return isinstance(failure, psycopg.Error) and connection is not None and connection.broken


# --- the tables -------------------------------------------------------------------------------------------------------


def check_version(version: int | None, name: str) -> None:
    """Refuse a database whose tables are not of this version; StoreError says how to bring them there."""
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


def stored_version(connection: Connection, name: str) -> int | None:
    """The version of the tables; None where there are none. StoreError where a move into them did not end."""
    found = connection.execute(
        "SELECT to_regclass('schema_version') AS there, to_regclass('notifier_arriving') AS arriving"
    ).fetchone()
    if found is None or found["there"] is None:
        return None
    if found["arriving"] is not None:
        raise StoreError(
            f"the move of a store to {name} was broken off before its end; run the same notify store migrate again,"
            " with department.toml as it was then"
        )
    row = connection.execute("SELECT version FROM schema_version").fetchone()
    return int(row["version"]) if row else None


def upgrade(url: str, password: str | None = None) -> tuple[int, int]:
    """Bring the tables of a database to this version, in one transaction; answers from which (0: none) to which."""
    address = Address(url, password)
    try:
        connection, _ = connect(address)
        with connection, connection.transaction():
            return make_tables(connection, address.name), SCHEMA_VERSION
    except psycopg.Error as failure:
        raise StoreError(sentence(failure, address.name)) from None


def make_tables(connection: Connection, name: str) -> int:
    """Make the tables, or bring them to this version, within a transaction; answers the version that they had."""
    connection.execute("SELECT pg_advisory_xact_lock(%s, 0)", [LOCK_SPACE])
    version = stored_version(connection, name) or 0
    if version > SCHEMA_VERSION:
        check_version(version, name)
    if version < SCHEMA_VERSION:
        for script in steps(version, "postgres"):
            connection.execute(script.encode())
        connection.execute("DELETE FROM schema_version")
        connection.execute("INSERT INTO schema_version (version) VALUES (%s)", [SCHEMA_VERSION])
    _make_wake_ups(connection)
    return version


def _make_wake_ups(connection: Connection) -> None:
    """Make the tables of the workers' wake-ups, where there are none and Procrastinate is installed."""
    found = connection.execute("SELECT to_regclass('procrastinate_jobs') AS there").fetchone()
    script = wake_ups.tables() if found is not None and found["there"] is None else None
    if script is not None:
        connection.execute(script.encode())
