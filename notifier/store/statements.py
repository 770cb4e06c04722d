"""The SQL, named: the same text serves every database; parameters are written :name."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path


@cache
def statements() -> Mapping[str, str]:
    """Read queries.sql: every statement by its name."""
    text = (Path(__file__).parent / "queries.sql").read_text(encoding="utf-8")
    parts = text.split("-- name: ")[1:]
    return {name.strip(): body.strip() for name, _, body in (part.partition("\n") for part in parts)}


def schema() -> str:
    """Read schema.sql, the whole of version 1."""
    return (Path(__file__).parent / "schema.sql").read_text(encoding="utf-8")
