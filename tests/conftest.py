"""Fixtures that many tests share."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.fakes import Desk, ScriptedChannel

MakeDesk = Callable[..., Desk]


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
