"""What the learned rules hear in the sentences of a post, worked out once, when a rule first asks."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

from notifier.policy.learned import learned
from notifier.policy.normalising import normalise
from notifier.policy.passage import Hit, Passage
from notifier.policy.subject import ShownAttachment, Subject
from notifier.policy.tokens import Token, own_words, tokens_of

RIGHTS, SHOWS = (Token(mark, 3, 0, 0) for mark in ("<rights>", "<subject>"))
"""What stands before the rights of an attachment, and before what it shows, where its words are read as a sentence."""


class _Reading(NamedTuple):
    passage: Passage
    start: int
    end: int
    attachment: ShownAttachment | None
    scores: tuple[float, ...]


class Readings:
    """The sentences of a post with their scores."""

    def __init__(self, subject: Subject, passages: Sequence[Passage]) -> None:
        self._subject = subject
        self._passages = passages
        self._own = own_words(subject.department)

    def hits(self, label: str) -> Iterator[Hit]:
        """Yield each sentence, and each attachment, that is heard to break a label's clause."""
        place = learned().labels.index(label)
        for reading in self._all:
            if reading.scores[place] <= 0:
                continue
            if reading.attachment is None:
                yield Hit(reading.passage, reading.start, reading.end, "said")
                continue
            words = reading.attachment.rights if label == "copyright" else _shows(reading.attachment)
            passage = Passage(words or reading.attachment.name, attachment=reading.attachment.name)
            yield Hit(passage, 0, len(passage.text), "said")

    def leans(self, hit: Hit, severity: str) -> bool:
        """Say whether a sentence that was heard is more or less severe than its label's verdict (`label:block`)."""
        place = learned().labels.index(severity)
        return any(
            reading.scores[place] > 0
            for reading in self._all
            if (reading.passage is hit.passage and reading.start == hit.start)
            or (reading.attachment is not None and reading.attachment.name == hit.passage.attachment)
        )

    @cached_property
    def _all(self) -> list[_Reading]:
        spoken = [p for p in self._passages if p.attachment is None and p.form != "headline"]
        places = [(p, sentence) for p in spoken for sentence in _sentences(p, self._own)]
        texts = [tokens for _, tokens in places]
        pictures = [(a, _described(a, self._own)) for a in self._subject.attachments]
        scores = learned().scores(
            [*texts, *(tokens for _, tokens in pictures)], self._subject.kind, draft=self._subject.stage == "draft"
        )
        found = [
            _Reading(passage, tokens[0].start, tokens[-1].end, None, score)
            for (passage, tokens), score in zip(places, scores, strict=False)
        ]
        if pictures and self._passages:
            told = self._passages[0]
            shown = zip(pictures, scores[len(texts) :], strict=True)
            found += [_Reading(told, 0, 0, attachment, score) for (attachment, _), score in shown]
        return found


def _sentences(passage: Passage, own: frozenset[str]) -> Iterator[list[Token]]:
    tokens = tokens_of(passage.text, own)
    place = 0
    for sentence in passage.sentences:
        first = place
        while place < len(tokens) and tokens[place].start < sentence.end:
            place += 1
        if place > first:
            yield tokens[first:place]


def _shows(attachment: ShownAttachment) -> str:
    return attachment.subject or attachment.alt or ""


def _described(attachment: ShownAttachment, own: frozenset[str]) -> list[Token]:
    rights, shows = normalise(attachment.rights or "").text, normalise(_shows(attachment)).text
    return [RIGHTS, *tokens_of(rights, own), SHOWS, *tokens_of(shows, own)]
