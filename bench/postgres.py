"""A PostgreSQL server for a benchmark: the one that is named, or one of its own that is gone afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from postgres_server import LocalPostgres, NoPostgres


@contextmanager
def server(url: str | None, folder: Path) -> Iterator[str | None]:
    """The URL of a server's own database; a new server's where none is named, None where there can be none."""
    if find_spec("psycopg") is None:
        print("left out: everything on PostgreSQL (psycopg is not installed)")
        yield None
    elif url is not None:
        yield url
    else:
        try:
            own = LocalPostgres(folder / "postgres", fsync=True).start()
        except NoPostgres as why:
            print(f"left out: everything on PostgreSQL ({why}; name a server with --postgres)")
            yield None
            return
        try:
            yield own.url()
        finally:
            own.stop()


def made(url: str, name: str) -> str:
    """Make a database anew beside a server's own; answers its URL."""
    _administer(url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)', f'CREATE DATABASE "{name}"')
    return sibling(url, name)


def copied(url: str, name: str) -> str:
    """Copy a database that nobody uses; answers the copy's URL."""
    kept = url.rpartition("/")[2]
    drop = f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'
    _administer(sibling(url, "postgres"), drop, f'CREATE DATABASE "{name}" TEMPLATE "{kept}"')
    return sibling(url, name)


def sibling(url: str, name: str) -> str:
    """The URL of another database of the same server."""
    return f"{url.rpartition('/')[0]}/{name}"


def _administer(url: str, *statements: str) -> None:
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())
