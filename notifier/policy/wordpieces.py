"""Words cut into the pieces that the second reader knows, with where each stands.

The cutting is WordPiece's: small letters, every mark alone, then the longest known beginning of what is left of a word.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

UNKNOWN, BEGIN, END = "[UNK]", "[CLS]", "[SEP]"
_WORD = re.compile(r"[^\W_]+|[^\s\w]|_")
_LONGEST = 100


class Piece(NamedTuple):
    """A piece's number, and the words of the text it stands for."""

    number: int
    start: int
    end: int


def pieces_of(text: str, vocabulary: Mapping[str, int]) -> list[Piece]:
    """Cut a plain text; time is linear in its length, for a word is at most 100 characters long."""
    found: list[Piece] = []
    for match in _WORD.finditer(text.lower()):
        found += _cut(match[0], match.start(), vocabulary)
    return found


def _cut(word: str, at: int, vocabulary: Mapping[str, int]) -> list[Piece]:
    unknown = [Piece(vocabulary[UNKNOWN], at, at + len(word))]
    if len(word) > _LONGEST:
        return unknown
    found: list[Piece] = []
    start = 0
    while start < len(word):
        for end in range(len(word), start, -1):
            number = vocabulary.get(word[start:end] if start == 0 else f"##{word[start:end]}")
            if number is not None:
                found.append(Piece(number, at + start, at + end))
                start = end
                break
        else:
            return unknown
    return found
