"""An office may send the very same words again under another identifier, with no VTEC to tell it by."""

from pathlib import Path
from typing import Any

from tests.inputs.samples import properties
from tests.test_intake import Newsroom


def without_vtec(number: int, **changed: Any) -> dict[str, Any]:
    """A warning that names no VTEC event."""
    return properties(id=f"urn:oid:2.49.0.1.840.0.{number}", parameters={}, **changed)


def test_the_same_words_under_another_identifier_go_out_once(tmp_path: Path) -> None:
    """What repeats in a later poll is not told again, and is on record as skipped."""
    room = Newsroom(tmp_path)
    assert room.polls(without_vtec(1)) == ["publish"]
    assert room.polls(without_vtec(2)) == []
    assert room.sent == [(1, "issue")]
    assert [decision for _, decision in room.told()] == ["skip", "publish"]
    room.desk.close()


def test_other_words_are_another_warning(tmp_path: Path) -> None:
    """A text that differs is never taken for a repeat: hiding a warning is worse than telling two."""
    room = Newsroom(tmp_path)
    room.polls(without_vtec(1))
    assert room.polls(without_vtec(2, description="Ice up to half an inch thick on every road.")) == ["publish"]
    assert len(room.ids) == 2
    room.desk.close()
