"""An office in a folder of its own; every store is closed in the end."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.fakes import ScriptedChannel
from tests.store.office import Office

MakeOffice = Callable[..., Office]


@pytest.fixture
def make_office(tmp_path: Path) -> Iterator[MakeOffice]:
    """Make an office with these channels."""
    made: list[Office] = []

    def make(*channels: ScriptedChannel) -> Office:
        made.append(Office(tmp_path / f"office{len(made)}", *channels))
        return made[-1]

    yield make
    for office in made:
        office.close()


@pytest.fixture
def office(make_office: MakeOffice) -> Office:
    """An office with the usual three channels."""
    return make_office()
