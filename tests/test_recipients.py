"""Lists of recipients: what is read, and how wrong lines are told."""

from pathlib import Path

import pytest

from notifier.recipients import read_recipients


def a_list(folder: Path, text: str | bytes) -> Path:
    """Write a list."""
    path = folder / "list.txt"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def read(path: Path) -> tuple[str, ...]:
    """Read a list of letters."""
    return read_recipients(path, str.isalpha, "a word")


def test_each_line_is_one_and_comments_are_none(tmp_path: Path) -> None:
    """Windows' line ends and mark at the beginning too; each stands once."""
    assert read(a_list(tmp_path, "\ufeffann\r\n# all of them\r\n\r\n  ben # no comment\r\nann\r\n")) == ("ann", "ben")
    assert read(a_list(tmp_path, "")) == ()


def test_wrong_lines_are_named_and_not_quoted(tmp_path: Path) -> None:
    """Five at most; a person finds the rest by then."""
    with pytest.raises(ValueError, match=r"^list\.txt, line 2: not a word$"):
        read(a_list(tmp_path, "ann\n555\n"))
    with pytest.raises(ValueError, match=r"^list\.txt, lines 1, 2, 3, 4, 5 and 2 more: not a word$"):
        read(a_list(tmp_path, "5\n" * 7))


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    """Not there, a folder, no text."""
    with pytest.raises(ValueError, match=r"no file gone\.txt"):
        read(tmp_path / "gone.txt")
    with pytest.raises(ValueError, match="no file"):
        read(tmp_path)
    with pytest.raises(ValueError, match="UTF-8"):
        read(a_list(tmp_path, b"\xff\xfe\x00"))
