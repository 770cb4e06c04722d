"""Which database a URL means, and where its processes hold their locks."""

import hashlib
import os
import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from notifier.errors import StoreError
from notifier.store.database import Database

if TYPE_CHECKING:
    from notifier.store.moving import Moved


def open_database(
    url: str, department: str, follow: Callable[[datetime], None] | None = None, password: str | None = None
) -> Database:
    """Open the database of a URL, sqlite:///ABSOLUTE or postgresql://…; StoreError says what is wrong with it.

    department: whose part of it is worked on. follow: told the time of the database's server, which all its machines
    go by. password: the database's, where the URL has none.
    """
    if (file := file_of(url)) is not None:
        from notifier.store.sqlite import SqliteDatabase

        return SqliteDatabase(file)
    if is_postgres(url):
        postgres = _postgres()
        database: Database = postgres.PostgresDatabase(postgres.Address(url, password), department, follow)
        return database
    # A file's path, or a secret that stands in the wrong variable: neither is repeated.
    raise StoreError('the store is SQLite or PostgreSQL: write url = "sqlite:///PATH" or "postgresql://…"')


def file_of(url: str) -> Path | None:
    """The file that a URL names; None where it names none."""
    return Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite:///") else None


def is_postgres(url: str) -> bool:
    """Whether a URL names a PostgreSQL database."""
    return url.startswith(("postgresql://", "postgres://"))


def conninfo(url: str, password: str | None) -> str:
    """Write a PostgreSQL address with its password, as libpq reads it."""
    from psycopg.conninfo import make_conninfo

    return make_conninfo(url, password=password) if password else url


def upgrade_database(url: str, password: str | None = None) -> tuple[int, int]:
    """Make a PostgreSQL database's tables, or bring them to this version; answers from which (0: none) to which."""
    versions: tuple[int, int] = _postgres().upgrade(url, password)
    return versions


def move_file(source: Path, url: str, progress: Callable[[str, int, int], None]) -> "Moved":
    """Move a SQLite store to an empty PostgreSQL database; StoreError says why not.

    progress: told of a table, how many rows are copied, of how many.
    """
    address = _postgres().Address(url)
    from notifier.store.moving import move

    return move(source, address, progress)


def _postgres() -> ModuleType:
    """What speaks to PostgreSQL; imported only where it is needed, and not everywhere installed."""
    try:
        from notifier.store import postgres
    except ImportError:
        raise StoreError(
            "the store is a PostgreSQL database, and what speaks to it is not installed:"
            ' pip install "police-notifier[postgres]"'
        ) from None
    return postgres


def lock_folder(url: str, name: str) -> Path:
    """Where this machine's processes that work on a database hold their locks.

    name: the database's, as people know it: another password is no other database.
    """
    if (path := file_of(url)) is not None:
        return path.with_name(path.name + ".owners")
    ours = Path(tempfile.gettempdir()) / f"notifier-{os.getuid()}"
    ours.mkdir(mode=0o700, exist_ok=True)
    if ours.lstat().st_uid != os.getuid():  # whoever can take our locks away can make us look dead
        raise StoreError(f"{ours} is another user's; whoever keeps this machine must take it away")
    return ours / hashlib.sha256(name.encode()).hexdigest()[:12]
