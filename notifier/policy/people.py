"""Whom a post speaks of: someone arrested or charged, someone in a picture, someone named; or an offender nobody knows.

Several clauses turn on it. It is asked of the whole post, for the person named in one sentence is "he" in the next.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import cached_property

from notifier.policy.lexicon import Lexicon
from notifier.policy.sentences import Sentence, words_of
from notifier.policy.subject import Subject
from notifier.policy.wording import Clause

_NAME = re.compile(
    r"\b[A-Z][a-z]+(?:-[A-Z][a-z]+)?(?: [A-Z]\.)?(?: (?:de |del |da |van |O')?[A-Z][a-z]+(?:-[A-Z][a-z]+)?){1,2}\b"
)
_PART = re.compile(r"[A-Z][A-Za-z-]+")
_AGE_FOLLOWS = re.compile(r"(?:,| \(|,? (?:age|aged|de)) ?\d{1,2}\b")
SUSPECT_KINDS = frozenset({"wanted-person", "crime-tip-request"})
_NEGATION_REACH = 4


class People:
    """The people of a post; each question is worked out once, when first asked."""

    def __init__(
        self,
        subject: Subject,
        texts: Sequence[tuple[str, str, frozenset[str]]],
        described: Sequence[str],
        clause: Clause,
    ) -> None:
        self._kind = subject.kind
        self._department = frozenset(words_of((subject.department or "").lower()))
        self._texts = texts
        self._described = described
        self._clause = clause
        self._names: dict[str, list[tuple[int, int]]] = {}

    def lexicon(self, name: str) -> Lexicon:
        """Give a shared list of phrases (wording/_people.toml)."""
        return self._clause.lexicon(name)

    @cached_property
    def in_custody(self) -> bool:
        """Whether somebody was arrested, charged or brought to court."""
        custody = self.lexicon("custody")
        return any(
            self._held(words_of(low))
            for _, low, vocabulary in self._texts
            if not vocabulary.isdisjoint(custody.triggers)
        )

    @cached_property
    def pictured(self) -> bool:
        """Whether a person is shown: by an attachment, or as the text says."""
        person, shown = self.lexicon("person"), self.lexicon("pictured")
        if any(person.within(words_of(words)) for words in self._described):
            return True
        return any(
            shown.within(words_of(low))
            for _, low, vocabulary in self._texts
            if not vocabulary.isdisjoint(shown.triggers)
        )

    @cached_property
    def named_suspect(self) -> bool:
        """Whether a post about a crime names an adult or child with an age."""
        return self._kind in SUSPECT_KINDS and self.named

    @cached_property
    def named(self) -> bool:
        """Whether a person is named."""
        return any(self.names(text) for text, _, _ in self._texts)

    @property
    def identified(self) -> bool:
        """Whether the post speaks of a certain person as its suspect."""
        return self.in_custody or self.pictured or self.named_suspect

    def names(self, text: str) -> list[tuple[int, int]]:
        """Give where names of people stand: capitalised words that are no place, day or office, or have an age."""
        known = self._names.get(text)
        if known is None:
            known = self._names[text] = list(self._find_names(text))
        return known

    def names_between(self, text: str, start: int, end: int) -> list[tuple[int, int]]:
        """Give the names that begin between two positions."""
        names = self.names(text)
        return names[bisect_left(names, (start, 0)) : bisect_left(names, (end, 0))]

    def _find_names(self, text: str) -> Iterator[tuple[int, int]]:
        places = self.lexicon("no_name")
        for match in _NAME.finditer(text):
            words = [(m[0].lower(), match.start() + m.start()) for m in _PART.finditer(match[0])]
            while len(words) > 2 and words[0][0] in places:
                del words[0]
            if len(words) < 2:
                continue
            place = any(word in places or word in self._department for word, _ in words)
            if not place or _AGE_FOLLOWS.match(text, match.end()):
                yield words[0][1], match.end()

    def custody_in(self, sentence: Sentence) -> bool:
        """Whether a sentence says that somebody was arrested, charged or is held."""
        return self._held(sentence.texts)

    def _held(self, words: Sequence[str]) -> bool:
        denied, foreign = self.lexicon("denied"), self.lexicon("no_custody")
        spots = [place for place, end in foreign.find(words) for place in range(place, end)]
        return any(
            place not in spots and not any(word in denied for word in words[max(0, place - _NEGATION_REACH) : place])
            for place, _ in self.lexicon("custody").find(words)
        )
