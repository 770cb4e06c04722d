"""Which database a URL means, and where its processes hold their locks."""

import hashlib
import os
import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from notifier.errors import StoreError
from notifier.store.database import Database


def open_database(url: str, department: str, follow: Callable[[datetime], None] | None = None) -> Database:
    """Open the database of a URL, sqlite:///ABSOLUTE or postgresql://…; StoreError says what is wrong with it.

    department: whose part of it is worked on. follow: told the time of the
    database's server, which all its machines go by.
    """
    if url.startswith("sqlite:///"):
        from notifier.store.sqlite import SqliteDatabase

        return SqliteDatabase(Path(url.removeprefix("sqlite:///")))
    if url.startswith(("postgresql://", "postgres://")):
        try:
            from notifier.store.postgres import PostgresDatabase
        except ImportError:
            raise StoreError(
                "the store is a PostgreSQL database, and what speaks to it is not installed:"
                ' pip install "police-notifier[postgres]"'
            ) from None
        return PostgresDatabase(url, department, follow)
    scheme = url.partition("://")[0]
    raise StoreError(
        f'the store is SQLite or PostgreSQL: write url = "sqlite:///PATH" or "postgresql://…", not "{scheme}"'
    )


def lock_folder(url: str) -> Path:
    """Where this machine's processes that work on a database hold their locks."""
    if url.startswith("sqlite:///"):
        path = Path(url.removeprefix("sqlite:///"))
        return path.with_name(path.name + ".owners")
    mark = hashlib.sha256(url.encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"notifier-{os.getuid()}" / mark
