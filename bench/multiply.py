"""Fill a store with what years of use would leave: genuine delivered rows, copied with new ids and older times.

It knows which rows belong to a notification, and what names them; every other column is copied as it is found.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

TABLES = {
    # table: which of its rows are copied
    "notification": "id LIKE 'n-%'",
    "content": "TRUE",
    "delivery": "TRUE",
    "event": "stream LIKE 'n-%'",
}
"""In the order in which they refer to each other; a table that a store does not have is passed over."""
IDS = {("notification", "id"), ("delivery", "notification"), ("event", "stream")}
HASHES = {("content", "sha256"), ("delivery", "message"), ("event", "hash"), ("event", "previous")}
SCATTER = 2_654_435_761
"""Spreads the copies' hashes over all that there are, as genuine ones are: a number that is prime to 2 ** 32."""
OLDER = 60_000_000
"""Microseconds that lie between one copy and the next."""
A_TIME = 1_000_000_000_000_000
"""An integer above this is a time."""

Run = Callable[[str], list[Any]]


def multiply(store: str, copies: int) -> int:
    """Copy what stands in a store so often, in one transaction; answers how many delivered rows it has then.

    store: a file's path or a PostgreSQL URL; nothing else may use it meanwhile.
    """
    if store.startswith("postgresql://"):
        return _in_postgres(store, copies)
    return _in_sqlite(Path(store), copies)


def _in_sqlite(path: Path, copies: int) -> int:
    import apsw

    connection = apsw.Connection(str(path))

    def run(sql: str) -> list[Any]:
        return list(connection.execute(sql))

    def columns(table: str) -> list[tuple[str, str, bool]]:
        found = run(f"PRAGMA table_info({table})")
        alone = sum(row[5] > 0 for row in found) == 1  # an integer that is the whole key
        return [(row[1], row[2], alone and row[5] > 0) for row in found]

    # Nothing is lost if this breaks off, for the file is thrown away; a log of gigabytes would be written twice.
    for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -200000"):
        run(f"PRAGMA {pragma}")
    run("BEGIN")
    count = _copy(run, columns, copies)
    run("COMMIT")
    run("PRAGMA journal_mode = WAL")
    connection.close()
    return count


def _in_postgres(url: str, copies: int) -> int:
    import psycopg

    with psycopg.connect(url) as connection:

        def run(sql: str) -> list[Any]:
            cursor = connection.execute(sql.encode())
            return cursor.fetchall() if cursor.description else []

        def columns(table: str) -> list[tuple[str, str, bool]]:
            found = run(
                "SELECT column_name, data_type, is_identity = 'YES' OR column_default IS NOT NULL"
                f" FROM information_schema.columns WHERE table_name = '{table}' ORDER BY ordinal_position"
            )
            return [(str(name), str(kind), bool(given)) for name, kind, given in found]

        count = _copy(run, columns, copies)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(b"VACUUM ANALYZE")
    return count


def _copy(run: Run, columns: Callable[[str], list[tuple[str, str, bool]]], copies: int) -> int:
    """Copy each table's rows; columns: name, type, and whether the database can give it a value of its own."""
    known = {table: found for table in TABLES if (found := columns(table))}
    for table in known:
        run(f"CREATE TEMP TABLE original_{table} AS SELECT * FROM {table} WHERE {TABLES[table]}")
    for copy in range(1, copies + 1):
        for table, found in known.items():
            # An integer id is the database's to give.
            kept = [(name, type_) for name, type_, given in found if not (given and "int" in type_.lower())]
            names = ", ".join(name for name, _ in kept)
            values = ", ".join(_value(table, name, type_, copy) for name, type_ in kept)
            run(f"INSERT INTO {table} ({names}) SELECT {values} FROM original_{table}")
    return int(run("SELECT COUNT(*) FROM delivery WHERE state = 'delivered'")[0][0])


def _value(table: str, column: str, type_: str, copy: int) -> str:
    """What stands in a column of a copy: other names, other hashes, older times, else the same."""
    if (table, column) in IDS:
        return f"REPLACE({column}, 'n-', 'n-{10_000_000 + copy}-')"
    if (table, column) in HASHES:
        return f"'{copy * SCATTER % 2**32:08x}' || SUBSTR({column}, 9)"
    if "int" in type_.lower():
        return f"CASE WHEN {column} > {A_TIME} THEN {column} - {copy * OLDER} ELSE {column} END"
    return column
