"""Words and sentences of a text, with where they stand."""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import NamedTuple, Protocol, TypeVar

_WORD = re.compile(
    r"[a-z0-9]+|(?<=[a-z0-9])'(?:s|t|re|ve|ll|d|m)\b|[\U0001f609\U0001f644\U0001f60f\U0001f921\U0001f914]"
)
# A full stop ends a sentence where white space follows it and no abbreviation, initial or bare number stands before it.
_END = re.compile(r"[.!?]+[\"')\]]*(?=\s|$)|\n+")
_ABBREVIATIONS = frozenset(
    [
        "mr",
        "mrs",
        "ms",
        "dr",
        "st",
        "ave",
        "rd",
        "blvd",
        "ln",
        "ct",
        "sgt",
        "lt",
        "capt",
        "det",
        "ofc",
        "off",
        "officer",
        "cpl",
        "jr",
        "sr",
        "no",
        "vs",
        "approx",
        "apt",
        "dept",
        "mt",
        "rte",
        "sra",
        "dra",
        "av",
        "gral",
        "ext",
        "jan",
        "feb",
        "mar",
        "apr",
        "jun",
        "jul",
        "aug",
        "sept",
        "oct",
        "nov",
        "dec",
        "u.s",
        "p.d",
    ]
)
LONGEST = 600
"""Characters of a sentence."""
_QUOTED = re.compile(r'"[^"\n]{1,600}"')


class Word(NamedTuple):
    """A word in small letters; a contraction is two (`didn`, `'t`)."""

    text: str
    start: int
    end: int


class Sentence:
    """A sentence of a plain text, in small letters."""

    def __init__(self, low: str, start: int, end: int) -> None:
        self.low = low
        self.start = start
        self.end = end

    @cached_property
    def words(self) -> list[Word]:
        """The words, positions counted in the whole text."""
        return [Word(m[0], m.start(), m.end()) for m in _WORD.finditer(self.low, self.start, self.end)]

    @cached_property
    def texts(self) -> list[str]:
        """The words without their places."""
        return [word.text for word in self.words]

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """The words as a set."""
        return frozenset(self.texts)

    @property
    def is_question(self) -> bool:
        """Whether it asks."""
        return "?" in self.low[max(self.start, self.end - 3) : self.end]


def words_of(low: str) -> list[str]:
    """Give the words of a text in small letters."""
    return _WORD.findall(low)


def sentences_of(low: str) -> tuple[Sentence, ...]:
    """Split a text in small letters into sentences; a line that goes on in small letters is no new one."""
    found: list[Sentence] = []
    start = 0
    for match in _END.finditer(low):
        if match[0][0] == "\n" or not _goes_on(low, start, match):
            found += _bounded(low, start, match.end())
            start = match.end()
    return (*found, *_bounded(low, start, len(low)))


class _Placed(Protocol):
    @property
    def start(self) -> int: ...


P = TypeVar("P", bound=_Placed)


def by_sentence(sentences: Iterable[Sentence], parts: Sequence[P]) -> Iterator[tuple[Sentence, list[P]]]:
    """Deal the parts of a text (tokens, pieces), in their order, to its sentences; a sentence of none is left out."""
    place = 0
    for sentence in sentences:
        first = place
        while place < len(parts) and parts[place].start < sentence.end:
            place += 1
        if place > first:
            yield sentence, list(parts[first:place])


def _bounded(low: str, start: int, end: int) -> Iterator[Sentence]:
    """Yield a sentence, an endless one in pieces: rules look back and forth within a sentence."""
    while end - start > LONGEST:
        cut = low.rfind(" ", start + 1, start + LONGEST)
        cut = cut if cut > 0 else start + LONGEST
        yield Sentence(low, start, cut)
        start = cut
    if low[start:end].strip():
        yield Sentence(low, start, end)


def _goes_on(low: str, start: int, match: re.Match[str]) -> bool:
    if match[0] != ".":
        return False
    before = low[max(start, match.start() - 12) : match.start()].split()
    word = before[-1].strip("(\"'") if before else ""
    return word in _ABBREVIATIONS or (len(word) == 1 and word.isalpha())


def quotations(text: str) -> list[tuple[int, int]]:
    """Give the spans between double quotes."""
    return [match.span() for match in _QUOTED.finditer(text)] if text.count('"') > 1 else []
