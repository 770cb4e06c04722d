"""Lists of recipients: who gets a channel's news, one a line of a file that people edit."""

from collections.abc import Callable, Iterable
from pathlib import Path

_MOST_NAMED = 5
"""Wrong lines that are named."""
_MOST_BYTES = 20_000_000


def read_recipients(file: Path, is_one: Callable[[str], bool], what: str) -> tuple[str, ...]:
    """Read who stands in a list: one a line, each once; "#" begins a comment; ValueError says what is wrong with it.

    what: what a line holds and how it is written. Wrong lines are named by their number and never quoted: they are
    people's addresses, and errors are shown and logged.
    """
    if not file.is_file():
        raise ValueError(f"there is no file {file.name}; make it, one recipient a line")
    try:
        if file.stat().st_size > _MOST_BYTES:
            raise ValueError(f"{file.name} is larger than {_MOST_BYTES // 1_000_000} MB, which is no list of people")
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError):
        raise ValueError(f"{file.name} cannot be read as text; check its rights and that it is UTF-8") from None
    found = {number: line.partition("#")[0].strip() for number, line in enumerate(lines, 1)}
    wrong = [number for number, entry in found.items() if entry and not is_one(entry)]
    if wrong:
        raise ValueError(f"{file.name}, {_lines(wrong)}: not {what}")
    return each_once(entry for entry in found.values() if entry)


def each_once(recipients: Iterable[str]) -> tuple[str, ...]:
    """Keep the first of each: nobody gets the same news twice for standing in two lists."""
    return tuple(dict.fromkeys(recipients))


def _lines(numbers: list[int]) -> str:
    named = ", ".join(str(number) for number in numbers[:_MOST_NAMED])
    more = f" and {len(numbers) - _MOST_NAMED} more" if len(numbers) > _MOST_NAMED else ""
    return f"line{'s' if len(numbers) > 1 else ''} {named}{more}"
