"""Fixtures that many tests share."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.fakes import Desk, ScriptedChannel
from tests.postgres_databases import Databases
from tests.postgres_server import NoPostgres

MakeDesk = Callable[..., Desk]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a run ask for the real servers of tests/servers."""
    parser.addoption("--servers", action="store_true", help="install and start real servers, and run tests/servers")


@pytest.fixture
def make_desk(tmp_path: Path) -> Iterator[MakeDesk]:
    """Make a department with these channels and a store of its own; all is closed in the end."""
    made: list[Desk] = []

    def make(*channels: ScriptedChannel) -> Desk:
        made.append(Desk(tmp_path / f"desk{len(made)}", list(channels)))
        return made[-1]

    yield make
    for desk in made:
        desk.close()


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    """Databases on a real PostgreSQL; where none can be had, what needs one is skipped, but never in CI."""
    try:
        made = Databases(tmp_path_factory.mktemp("postgres"))
    except NoPostgres as why:
        if os.environ.get("CI"):
            pytest.fail(f"CI must have a PostgreSQL: {why}")
        pytest.skip(f"NOTHING WAS TRIED ON POSTGRESQL: {why}")
    yield made
    made.close()
