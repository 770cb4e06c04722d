"""A department with practice platforms, whose commands and workers are real processes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from notifier.practice.server import PracticeServer
from tests.cli.console import Office


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A department of its own, with practice platforms of its own."""
    with PracticeServer(site=tmp_path / "var" / "site") as practice:
        yield Office(tmp_path, practice)
