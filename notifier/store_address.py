"""Where the store is, and where a secret is found: what department.toml says of them, and what that comes to."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated
from urllib.parse import unquote

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

from notifier.errors import Problem


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class SecretPlace(_Section):
    """Where a secret is to be found: in a variable, or in a file."""

    env: str | None = Field(None, min_length=1, description="the variable's name")
    file: str | None = Field(None, min_length=1, description="the file's path, relative to this file")


def _secret_place(value: object) -> object:
    is_place = isinstance(value, Mapping) and len(value) == 1 and not value.keys() - {"env", "file"}
    if is_place and isinstance(value, Mapping) and all(isinstance(one, str) and one for one in value.values()):
        return SecretPlace.model_validate(value)
    if isinstance(value, SecretPlace):
        return value
    raise ValueError('a secret never stands here; write { env = "NAME" } or { file = "PATH" }')


def holds_password(url: str) -> bool:
    """Whether an address has what may be a password, also where it is written wrongly."""
    is_file = url.startswith("sqlite:")
    return not is_file and re.search(r"://.*:.*@|[?&](ssl)?password=", unquote(url), re.DOTALL) is not None


def _store_place(value: object) -> object:
    if isinstance(value, Mapping | SecretPlace):
        return _secret_place(value)
    if not isinstance(value, str):
        raise ValueError('is not an address; write "sqlite:///PATH" or "postgresql://USER@HOST/DATABASE"')
    if holds_password(value):
        raise ValueError(
            "a password never stands here; take it out of the address, and write"
            ' password = { env = "NAME" } or { file = "PATH" } beside it'
        )
    return value


class Store(_Section):
    """Where the database is."""

    url: Annotated[str | SecretPlace, BeforeValidator(_store_place)] = Field(
        "sqlite:///var/notifier.sqlite3",
        description="sqlite:///PATH, relative to the folder above config, or postgresql://USER@HOST/DATABASE; "
        'also { env = "NAME" } or { file = "PATH" }',
    )
    password: Annotated[SecretPlace | None, BeforeValidator(_secret_place)] = Field(
        None, description='the database\'s, as { env = "NAME" } or { file = "PATH" }; libpq\'s own places serve as well'
    )


def fetch(place: SecretPlace, environment: Mapping[str, str], folder: Path) -> tuple[str, str | None]:
    """Fetch one secret; answers an empty text, and what is missing, where it is not there."""
    if place.env is not None:
        found = environment.get(place.env, "")
        return found, None if found else f"${place.env} is not set"
    try:
        found = (folder / str(place.file)).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError, ValueError):
        found = ""
    return found, None if found else f"the secret's file {place.file} cannot be read"


def address(
    store: Store, environment: Mapping[str, str], folder: Path, problems: list[Problem]
) -> tuple[str, SecretStr | None]:
    """The store's address and its password, fetched from where they are."""
    url, password = store.url, None
    if isinstance(url, SecretPlace):
        url, lacks = fetch(url, environment, folder)
        if lacks:
            problems.append(Problem("department.toml: store.url", f"{lacks}; set it to the store's address"))
    if store.password is not None:
        found, lacks = fetch(store.password, environment, folder)
        password = SecretStr(found)
        if lacks:
            problems.append(Problem("department.toml: store.password", f"{lacks}; set it to the database's password"))
        elif url.startswith("sqlite:"):
            told = "a SQLite file has no password; take this away, or name a PostgreSQL database in url"
            problems.append(Problem("department.toml: store.password", told))
    return url, password


def whole_url(url: str, base: Path) -> str:
    """Make a file's path absolute; base: what it is relative to."""
    if not url.startswith("sqlite:///"):
        return url
    path = url.removeprefix("sqlite:///")
    return f"sqlite:///{path if path.startswith('/') else (base / path).resolve()}"
