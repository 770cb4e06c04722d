"""Lists of words and phrases, found in a sentence in time linear in its length, with nothing to compile."""

from collections.abc import Iterable, Iterator, Sequence, Set

from notifier.policy.sentences import words_of

ANY = "*"
"""Stands in a phrase for any one word."""


class Lexicon:
    """Words and phrases, in small letters and without accents; `*` in a phrase is any one word (not its first)."""

    def __init__(self, phrases: Iterable[str]) -> None:
        self._by_first: dict[str, list[tuple[str, ...]]] = {}
        for phrase in phrases:
            words = tuple(word for part in phrase.split() for word in _parts(part))
            if words:
                self._by_first.setdefault(words[0], []).append(words)
        for known in self._by_first.values():
            known.sort(key=len, reverse=True)

    @property
    def triggers(self) -> Set[str]:
        """The first words: where a text has none of them, it has no phrase."""
        return self._by_first.keys()

    def __contains__(self, word: object) -> bool:
        return word in self._by_first and any(len(phrase) == 1 for phrase in self._by_first[str(word)])

    def length_at(self, words: Sequence[str], place: int) -> int:
        """Count the words of the longest phrase that begins at a place; 0 where none does."""
        for phrase in self._by_first.get(words[place], ()):
            if place + len(phrase) <= len(words) and all(
                ours in (ANY, theirs) for ours, theirs in zip(phrase, words[place:], strict=False)
            ):
                return len(phrase)
        return 0

    def find(self, words: Sequence[str], start: int = 0, end: int | None = None) -> Iterator[tuple[int, int]]:
        """Give the places (first word, after the last) of the phrases, the longest at each place."""
        place, stop = start, len(words) if end is None else min(end, len(words))
        while place < stop:
            length = self.length_at(words, place)
            if length:
                yield place, place + length
            place += length or 1

    def within(self, words: Sequence[str], start: int = 0, end: int | None = None) -> bool:
        """Say whether a phrase begins between two places."""
        return next(self.find(words, max(start, 0), end), None) is not None


def _parts(written: str) -> list[str]:
    """Split as a text is split; a contraction's tail ('s) may stand alone."""
    return [written] if written == ANY or written.startswith("'") else words_of(written)
