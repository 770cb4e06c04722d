"""What a person is told of a PostgreSQL that cannot be used: one sentence, what to do, and no secret."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from notifier.errors import StoreError
from notifier.store import Store
from notifier.store.connecting import SCHEMA_VERSION, sentence
from notifier.store.database import Session
from notifier.store.postgres import Address, PostgresDatabase, upgrade
from tests.fakes import ManualClock
from tests.postgres_databases import Databases
from tests.postgres_server import LocalPostgres

PASSWORD = "correct horse/battery@staple"
Do = Callable[..., None]


@pytest.fixture
def do(databases: Databases) -> Do:
    """Give the server an order, as whoever keeps it."""

    def order(statement: str, url: str | None = None) -> None:
        with psycopg.connect(url or databases.server.url(), autocommit=True) as connection:
            connection.execute(statement.encode())

    return order


@pytest.fixture
def locked(databases: Databases, do: Do) -> Iterator[str]:
    """The address of a database whose user has a password."""
    url = databases.new()
    do(f"CREATE ROLE locked SUPERUSER LOGIN PASSWORD '{PASSWORD}'")
    yield databases.server.url(url.rsplit("/", 1)[1], "locked")
    do("DROP ROLE locked")


@pytest.fixture
def clerk(databases: Databases, do: Do) -> Iterator[str]:
    """The address of a database of ours for a user without any right."""
    url = databases.new()
    do("CREATE ROLE clerk LOGIN")
    yield databases.server.url(url.rsplit("/", 1)[1], "clerk")
    do("DROP OWNED BY clerk", url)
    do("DROP ROLE clerk")


def refusal(url: str, password: str | None = None, patience: float = 0.3) -> str:
    """What is told of a database that cannot be opened; nothing of any password stands in it."""
    with pytest.raises(StoreError) as told:
        PostgresDatabase(Address(url, password), "a.example", patience=patience).close()
    for secret in ("horse", "wrong-one", "staple"):
        assert secret not in str(told.value)
        assert secret not in repr(told.value.__cause__)
    assert told.value.__context__ is None or told.value.__suppress_context__
    return str(told.value)


def add(session: Session) -> int:
    """A change."""
    return session.run("open_account", department="a.example", channel="x")


# --- what can be wrong with it ----------------------------------------------------------------------------------------


def test_a_password_joins_the_address_and_shows_nowhere(locked: str) -> None:
    """With the right one it opens; neither the address nor the store shows it."""
    store = Store(locked, "a.example", ManualClock(), PASSWORD)
    assert store.check() is None
    assert "horse" not in repr((Address(locked, PASSWORD), store.name, vars(store)))
    assert "locked" not in store.name
    store.close()


def test_a_wrong_password_is_told_at_once(locked: str) -> None:
    """Trying again is of no use, so nobody waits."""
    begun = time.monotonic()
    assert "refuses the user or the password" in refusal(locked, "wrong-one", patience=30)
    assert "refuses the user or the password" in refusal(locked.replace("locked@", "locked:wrong-one@"), patience=30)
    assert time.monotonic() - begun < 10


def test_a_missing_password_is_told(locked: str) -> None:
    """The sentence says where it goes."""
    assert 'password = { env = "NAME" } under [store]' in refusal(locked, patience=30)


@pytest.mark.parametrize(
    ("user", "database", "said"),
    [
        ("postgres", "none", "there is no such database at postgresql://127.0.0.1"),
        ("nobody", "postgres", "knows no such user"),
        ("pg_monitor", "postgres", "knows no such user"),
        ("stranger", "postgres", "does not let this machine or user in"),
        ("postgres", "template0", "lets nobody in"),
    ],
)
def test_what_is_wrong_for_good_is_told_at_once(databases: Databases, user: str, database: str, said: str) -> None:
    """The server's refusals, in our words."""
    begun = time.monotonic()
    assert said in refusal(databases.server.url(database, user), patience=30)
    assert time.monotonic() - begun < 10


def test_a_server_that_is_not_there_is_waited_for_and_told(databases: Databases) -> None:
    """It may be starting: it is asked again for as long as SQLite waits for a lock."""
    url = databases.server.url().replace(str(databases.server.port), "1")
    begun = time.monotonic()
    assert "cannot be reached or went away; see that the server runs" in refusal(url, patience=1.0)
    assert 1.0 <= time.monotonic() - begun < 5


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:horse/staple@127.0.0.1/x",
        "postgresql://u:wrong-one@127.0.0.1:port/x",
        "postgresql://u@127.0.0.1/x?nonsense=wrong-one",
        "postgresql://u:%zz@127.0.0.1/x",
    ],
)
def test_what_is_no_address_is_told_without_what_stands_in_it(url: str) -> None:
    """Part of a password that was not written as it must be is taken for a host."""
    assert "write it as postgresql://USER@HOST:5432/DATABASE" in refusal(url)


def test_a_database_without_tables_names_the_command_that_makes_them(databases: Databases) -> None:
    """And that makes them, once."""
    url = databases.server.create("bare")
    assert "make them with: notify store upgrade" in refusal(url)
    assert upgrade(url) == (0, SCHEMA_VERSION)
    assert upgrade(url) == (SCHEMA_VERSION, SCHEMA_VERSION)
    Store(url, "a.example", ManualClock()).close()


def test_another_version_is_refused_both_ways(databases: Databases, do: Do) -> None:
    """Older: what upgrades it; newer: the newer program; and the upgrade makes nothing older."""
    url = databases.new()
    do("UPDATE schema_version SET version = 99", url)
    assert "was written by a newer Notifier (its version 99" in refusal(url)
    with pytest.raises(StoreError, match="newer Notifier"):
        upgrade(url)
    do("UPDATE schema_version SET version = 1", url)
    assert "stop every notify run, then run: notify store upgrade" in refusal(url)


def test_tables_of_the_first_version_are_upgraded_with_what_is_in_them(databases: Databases, do: Do) -> None:
    """What was stopped stays stopped."""
    url = databases.server.create("first")
    folder = Path(__file__).parents[2] / "notifier" / "store" / "schema"
    first = (folder / "0001.sql").read_text()
    first = first.replace("INTEGER PRIMARY KEY", "BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY")
    do(first.replace("INTEGER", "BIGINT").replace("BLOB", "BYTEA"), url)
    do((folder / "0001.postgres.sql").read_text(), url)
    do("INSERT INTO schema_version (version) VALUES (1)", url)
    do("INSERT INTO account (department, channel, stopped, state) VALUES ('a.example', 'x', 'revoked', '{}')", url)
    assert "older Notifier" in refusal(url)
    assert upgrade(url) == (1, SCHEMA_VERSION)
    store = Store(url, "a.example", ManualClock())
    assert (store.accounts()["x"].stopped, store.accounts()["x"].cause) == ("revoked", "auth")
    store.close()


def test_an_upgrade_while_somebody_works_stops_him(databases: Databases, do: Do) -> None:
    """A process of the older program writes nothing into newer tables."""
    url = databases.new()
    store = Store(url, "a.example", ManualClock())
    store.note("channel:x", "looked-at", {})
    do("UPDATE schema_version SET version = 99", url)
    with pytest.raises(StoreError, match="newer Notifier"):
        store.note("channel:x", "looked-at", {})
    do(f"UPDATE schema_version SET version = {SCHEMA_VERSION}", url)
    store.note("channel:x", "looked-at", {})
    assert store.verify() == (2, [])
    store.close()


def test_a_read_only_database_is_told(databases: Databases, do: Do) -> None:
    """What is read still works."""
    url = databases.new()
    do(f'ALTER DATABASE "{url.rsplit("/", 1)[1]}" SET default_transaction_read_only = on')
    database = PostgresDatabase(Address(url), "a.example", patience=0.3)
    with pytest.raises(StoreError, match="takes no writes: it is a standby or read-only; name the primary"):
        database.write(add)
    assert database.query(lambda s: s.all("accounts", department="a.example")) == []
    database.close()


def test_a_standby_is_told(tmp_path: Path) -> None:
    """A real one: it answers, and takes no writes."""
    with LocalPostgres(tmp_path / "server") as server:
        url = server.create("d")
        upgrade(url)
        server.stand_by()
        database = PostgresDatabase(Address(url), "a.example", patience=0.3)
        with pytest.raises(StoreError, match="takes no writes"):
            database.write(add)
        with pytest.raises(StoreError, match="takes no writes"):
            upgrade(url.replace("/d", "/postgres"))
        database.close()


def test_a_user_without_rights_is_told(clerk: str) -> None:
    """Reading and making tables alike."""
    assert "may not read or write its tables; grant it the right" in refusal(clerk)


def test_a_server_without_a_free_connection_is_waited_for(clerk: str, do: Do, databases: Databases) -> None:
    """Told when none comes free in time; taken when one does."""
    own = databases.server.url(clerk.rsplit("/", 1)[1])
    do("GRANT ALL ON ALL TABLES IN SCHEMA public TO clerk", own)
    do("ALTER ROLE clerk CONNECTION LIMIT 1")
    with psycopg.connect(clerk):
        assert "has no connection left; raise its max_connections" in refusal(clerk)
    database = PostgresDatabase(Address(clerk), "a.example", patience=20)  # the one that it reads with
    do("ALTER ROLE clerk CONNECTION LIMIT 2")
    assert database.write(add) == 1
    database.close()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("connection failed: FATAL:  sorry, too many clients already", "no connection left"),
        (
            "FATAL:  remaining connection slots are reserved for roles with the SUPERUSER attribute",
            "no connection left",
        ),
        (
            "FATAL:  remaining connection slots are reserved for non-replication superuser connections",
            "no connection left",
        ),
        ('FATAL:  too many connections for database "d"', "no connection left"),
        ("failed to resolve host 'db.town.example': [Errno -2] Name or service not known", "no machine has the name"),
        ('could not translate host name "x" to address: Name or service not known', "no machine has the name"),
        ("FATAL:  the database system is starting up", "cannot be reached or went away"),
        ("FATAL:  the database system is not yet accepting connections", "cannot be reached or went away"),
        ("SSL connection has been closed unexpectedly", "cannot be reached or went away"),
        ("server does not support SSL, but SSL was required", "agree on no encryption"),
        ('root certificate file "/x" does not exist', "agree on no encryption"),
        ('FATAL:  LDAP authentication failed for user "u"', "refuses the user or the password"),
        ('FATAL:  pg_hba.conf rejects connection for host "h", user "u", database "d", no encryption', "pg_hba.conf"),
        ('FATAL:  no pg_hba.conf entry for host "h", user "u", database "d", SSL off', "pg_hba.conf"),
    ],
)
def test_the_words_of_other_versions_mean_the_same(words: str, said: str) -> None:
    """What servers and libraries from 12 to 18 say; no code stands beside it."""
    assert said in sentence(psycopg.OperationalError(words), "postgresql://h/d")


def test_the_words_of_a_row_are_not_taken_for_the_servers() -> None:
    """A statement's failure may quote what somebody typed."""
    failure = psycopg.errors.UniqueViolation('role "chief" does not exist; password authentication failed')
    assert sentence(failure, "postgresql://h/d").startswith("postgresql://h/d refused what was asked (UniqueViolation)")
