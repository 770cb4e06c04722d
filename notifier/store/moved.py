"""A SQLite file whose content was moved to another database: it is kept, and takes no change from anybody any more."""

from dataclasses import dataclass
from pathlib import Path

import apsw

from notifier.errors import StoreError

_REFUSAL = "notifier: this store was moved"
"""What the file itself answers to a change, also to a process, or a program, that knows of no move."""


@dataclass(frozen=True)
class Move:
    """Where a file's content went; token: drawn for this move, and known to both databases until it is over."""

    name: str
    token: str


def moved_to(connection: apsw.Connection) -> Move | None:
    """Where the content of a file went; None while it is here."""
    if not _has_mark(connection):
        return None
    name, token = next(iter(connection.execute("SELECT name, token FROM notifier_moved")))
    return Move(str(name), str(token))


def _has_mark(connection: apsw.Connection) -> bool:
    return any(connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'notifier_moved'"))


def tables(connection: apsw.Connection) -> list[str]:
    """The tables of a file, each after those that it refers to."""
    found = [
        str(row[0])
        for row in connection.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite~_%' ESCAPE '~' ORDER BY name"
        )
    ]
    refers = {
        table: {str(row[2]) for row in connection.execute(f"PRAGMA foreign_key_list({_quoted(table)})")} - {table}
        for table in found
    }
    ordered: list[str] = []
    while left := [table for table in found if table not in ordered]:
        ordered += [table for table in left if refers[table] <= {*ordered}] or left
    return ordered


def mark_moved(connection: apsw.Connection, move: Move) -> None:
    """Let a file take no change any more, within the caller's transaction."""
    for table in tables(connection):
        for act in ("INSERT", "UPDATE", "DELETE"):
            connection.execute(
                f"CREATE TRIGGER {_quoted(f'notifier_moved_{table}_{act.lower()}')} BEFORE {act} ON {_quoted(table)}"
                f" BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
            )
    connection.execute("CREATE TABLE notifier_moved (name TEXT NOT NULL, token TEXT NOT NULL)")
    connection.execute("INSERT INTO notifier_moved (name, token) VALUES (?, ?)", (move.name, move.token))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def refuse_moved(path: Path, connection: apsw.Connection) -> None:
    """Refuse a file whose content is elsewhere: what is still to do is done there, and must not be done twice."""
    move = moved_to(connection)
    if move is not None:
        raise moved_error(path, move.name)


def moved_error(path: Path, name: str) -> StoreError:
    """Say where the content of a file went."""
    return StoreError(
        f"{path} was moved to {name} and is only kept; name that in department.toml, as url under [store]"
    )


def is_refusal(failure: BaseException) -> bool:
    """Whether a file refused a change because it was moved."""
    return isinstance(failure, apsw.ConstraintError) and _REFUSAL in str(failure)
