"""The SQL, named: the same text serves every database; parameters are written :name."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path


@cache
def statements() -> Mapping[str, str]:
    """Read queries.sql: every statement by its name."""
    text = (Path(__file__).parent / "queries.sql").read_text(encoding="utf-8")
    parts = text.split("-- name: ")[1:]
    named = [(name.strip(), body.strip()) for name, _, body in (part.partition("\n") for part in parts)]
    if len(dict(named)) < len(named):
        raise AssertionError("two statements of queries.sql have one name")
    return dict(named)


@cache
def statements_for_psycopg() -> Mapping[str, str]:
    """The same statements with their parameters written as psycopg does, %(name)s."""
    return {
        name: re.sub(r"(?<!:):([a-z][a-z0-9_]*)", r"%(\1)s", body.replace("%", "%%"))
        for name, body in statements().items()
    }
