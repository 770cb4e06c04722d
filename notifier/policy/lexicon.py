"""Lists of words and phrases, found in a sentence in time linear in its length, with nothing to compile."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from notifier.policy.sentences import words_of

ANY = "*"
"""Stands in a phrase for any one word."""


class Lexicon:
    """Words and phrases, in small letters and without accents; `*` in a phrase is any one word (not its first)."""

    def __init__(self, phrases: Iterable[str]) -> None:
        # Only the first words are read now: most lexicons meet no text that needs the rest.
        self._written: dict[str, list[str]] = {}
        self._read: dict[str, list[tuple[str, ...]]] = {}
        for written in phrases:
            phrase = written.strip()
            first = phrase.partition(" ")[0]
            if first and not first.isalnum():
                first = next(iter(_parts(first)), "")
            if first:
                self._written.setdefault(first, []).append(phrase)

    @cached_property
    def triggers(self) -> frozenset[str]:
        """The longest word of each phrase: a text that has none of them has no phrase."""
        return frozenset(_longest(phrase) for phrases in self._written.values() for phrase in phrases)

    def __contains__(self, word: object) -> bool:
        return word in self._written and any(len(phrase) == 1 for phrase in self._phrases(str(word)))

    def _phrases(self, first: str) -> list[tuple[str, ...]]:
        """Give the phrases that begin with a word, the longest first."""
        known = self._read.get(first)
        if known is None:
            split = {
                tuple(word for part in written.split() for word in _parts(part)) for written in self._written[first]
            }
            known = self._read[first] = sorted(split, key=lambda phrase: (-len(phrase), phrase))
        return known

    def length_at(self, words: Sequence[str], place: int) -> int:
        """Count the words of the longest phrase that begins at a place; 0 where none does."""
        if words[place] not in self._written:
            return 0
        for phrase in self._phrases(words[place]):
            if place + len(phrase) <= len(words) and all(
                ours in (ANY, theirs) for ours, theirs in zip(phrase, words[place : place + len(phrase)], strict=True)
            ):
                return len(phrase)
        return 0

    def find(self, words: Sequence[str], start: int = 0, end: int | None = None) -> Iterator[tuple[int, int]]:
        """Give the places (first word, after the last) of the phrases, the longest at each place."""
        place, stop = start, len(words) if end is None else min(end, len(words))
        known = self._written
        while place < stop:
            length = self.length_at(words, place) if words[place] in known else 0
            if length:
                yield place, place + length
            place += length or 1

    def within(self, words: Sequence[str], start: int = 0, end: int | None = None) -> bool:
        """Say whether a phrase begins between two places."""
        return next(self.find(words, max(start, 0), end), None) is not None


def _longest(phrase: str) -> str:
    word = max(phrase.split(), key=len) if " " in phrase else phrase
    return word if word.isalnum() else max(_parts(word), key=len)


def _parts(written: str) -> list[str]:
    """Split as a text is split; a contraction's tail ('s) may stand alone."""
    return [written] if written == ANY or written.startswith("'") else words_of(written)
