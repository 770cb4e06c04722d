"""A department at a console, for the acceptance tests of the command line."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from notifier.practice.server import PracticeServer
from tests.cli.console import Console, Office


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A department of its own, with practice platforms of its own."""
    with PracticeServer(site=tmp_path / "var" / "site") as practice:
        yield Office(tmp_path, practice)


@pytest.fixture(scope="module")
def shared_office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A department for all tests of a file."""
    folder = tmp_path_factory.mktemp("office")
    with PracticeServer(site=folder / "var" / "site") as practice:
        yield Office(folder, practice)


@pytest.fixture
def quiet_office(shared_office: Office) -> Iterator[Office]:
    """A department for a test that stores and sends nothing; were it to, the next test would not suffer."""
    yield shared_office
    shared_office.practice.reset()
    shutil.rmtree(shared_office.folder / "var", ignore_errors=True)


@pytest.fixture
def console(tmp_path: Path) -> Console:
    """A console in an empty folder, without a configuration."""
    return Console(tmp_path)
