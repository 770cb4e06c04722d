"""An office in a folder of its own, its store on either database; every store is closed in the end."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.fakes import ScriptedChannel
from tests.postgres_databases import Databases
from tests.store.office import Office

MakeOffice = Callable[..., Office]


@pytest.fixture(params=["sqlite", "postgres"])
def store_url(request: pytest.FixtureRequest) -> str | None:
    """The address of an empty store: None for a file of the office's own."""
    if request.param == "sqlite":
        return None
    databases: Databases = request.getfixturevalue("databases")
    return databases.new()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out, on PostgreSQL, what looks into the file."""
    items[:] = [item for item in items if not (item.get_closest_marker("of_sqlite") and "postgres" in item.name)]


@pytest.fixture
def make_office(tmp_path: Path, store_url: str | None) -> Iterator[MakeOffice]:
    """Make an office with these channels."""
    made: list[Office] = []

    def make(*channels: ScriptedChannel) -> Office:
        made.append(Office(tmp_path / f"office{len(made)}", *channels, url=store_url))
        return made[-1]

    yield make
    for office in made:
        office.close()


@pytest.fixture
def office(make_office: MakeOffice) -> Office:
    """An office with the usual three channels."""
    return make_office()
