"""What the two readers hear in the sentences of a post, worked out once, when a rule first asks.

The first reader reads every sentence. Where it is sure that all is well, that is the end of it, as for most
notifications; else the second is asked, where it is installed, and both decide together. From which score a label is
told stands in readers.toml (policy/calibrate.py finds it).
"""

import tomllib
from collections.abc import Iterator, Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import Literal, NamedTuple

from notifier.policy.finding import Verdict
from notifier.policy.first_reader import first_reader
from notifier.policy.normalising import normalise
from notifier.policy.passage import Hit, Passage
from notifier.policy.second_reader import second_reader, there_is_one
from notifier.policy.sentences import Sentence, by_sentence
from notifier.policy.subject import ShownAttachment, Subject
from notifier.policy.tokens import NO_LETTERS, Token, own_words, tokens_of
from notifier.policy.wordpieces import Piece

RIGHTS, SHOWS = (Token(mark, NO_LETTERS, 0, 0) for mark in ("<rights>", "<subject>"))
"""What stands before the rights of an attachment, and before what it shows, where its words are read as a sentence."""


Ask = Literal["doubt", "always", "never"]


_CLEARLY = 1.0
"""How far above the threshold words must be heard whose label a rule of form looks for as well."""


class Weighing(NamedTuple):
    """How the readers' scores become a decision: `score * weight` of each, and the threshold of their sum."""

    doubt: float
    """The first reader's score from which the second is asked."""
    alone: float
    """The threshold where the first reader decides alone."""
    weights: tuple[float, float]
    together: float
    leaning: float
    """How much sooner a severity is told than its label."""


@cache
def weighing() -> Weighing:
    """Read readers.toml, once a process."""
    told = tomllib.loads(Path(__file__).with_name("readers.toml").read_text(encoding="utf-8"))
    return Weighing(told["doubt"], told["alone"], (told["first"], told["second"]), told["together"], told["leaning"])


class Reading(NamedTuple):
    """A sentence of a passage, or an attachment, with how sure each reader is of each label."""

    passage: Passage | None
    attachment: ShownAttachment | None
    start: int
    end: int
    first: tuple[float, ...]
    second: tuple[float, ...] | None = None
    """None: it was not asked."""
    spans: tuple[tuple[int, int], ...] | None = None
    """For each label the words that count most, as the second reader says."""

    def score(self, label: int, by: Weighing) -> float:
        """Weigh the readers' scores of a label; above zero it is told."""
        if self.second is None:
            return self.first[label] - by.alone
        return self.first[label] * by.weights[0] + self.second[label] * by.weights[1] - by.together


def introduction(kind: str | None, stage: str, department: str | None) -> str:
    """Say what the second reader is told before a text."""
    return f"{(kind or 'post').replace('-', ' ').removeprefix('community ')} {stage} {department or ''} :"


def attached_words(attachment: ShownAttachment) -> str:
    """Write an attachment as the second reader reads it."""
    told = normalise(attachment.rights or "").text, normalise(shows(attachment)).text
    return f" attachment rights {told[0]} shows {told[1]}"


def shows(attachment: ShownAttachment) -> str:
    """Say what an attachment shows, as its maker or its alt text says."""
    return attachment.subject or attachment.alt or ""


class Readings:
    """The sentences of a post with their scores.

    ask: when the second reader is asked: where the first is in doubt, always (to find the weighing), never.
    """

    def __init__(self, subject: Subject, passages: Sequence[Passage], ask: Ask = "doubt") -> None:
        self._subject = subject
        self._spoken = [p for p in passages if p.attachment is None and p.form != "headline"]
        self._own = own_words(subject.department)
        self._ask = ask

    def beyond(self, label: str, ruled: Sequence[Hit]) -> Iterator[Hit]:
        """Yield what is heard where a rule of form found nothing; what has a form must be heard the more clearly."""
        for hit in self.hits(label, _CLEARLY):
            if not any(_meet(hit, one) for one in ruled):
                yield hit

    def hits(self, label: str, least: float = 0.0) -> Iterator[Hit]:
        """Yield the words of each sentence, and each attachment, that are heard to break a label's clause.

        least: how far above the threshold.
        """
        place, by = first_reader().labels.index(label), weighing()
        for reading in self.all:
            if reading.score(place, by) <= least:
                continue
            if reading.passage is not None:
                start, end = reading.spans[place] if reading.spans else (reading.start, reading.end)
                yield Hit(reading.passage, start, end, "said")
            elif reading.attachment is not None:
                words = (reading.attachment.rights or "") if label == "copyright" else shows(reading.attachment)
                passage = Passage(words or reading.attachment.name, attachment=reading.attachment.name)
                yield Hit(passage, 0, len(passage.text), "said")

    def graded(self, label: str, verdict: Verdict, reason: str) -> Iterator[Hit]:
        """Yield the hits of a label, with this verdict and reason where they are heard to be of that severity."""
        place, by = first_reader().labels.index(f"{label}:{verdict}"), weighing()
        for hit in self.hits(label):
            leans = any(one.score(place, by) + by.leaning > 0 for one in self.all if _holds(one, hit))
            yield hit._replace(reason=reason, verdict=verdict) if leans else hit

    @cached_property
    def all(self) -> list[Reading]:
        """Every sentence and attachment, read."""
        sentences = [
            (passage, tokens)
            for passage in self._spoken
            for _, tokens in by_sentence(passage.sentences, tokens_of(passage.text, self._own))
        ]
        attachments = self._subject.attachments
        described = [
            [RIGHTS, *tokens_of(normalise(a.rights or "").text, self._own), SHOWS, *tokens_of(shows(a), self._own)]
            for a in attachments
        ]
        read = [tokens for _, tokens in sentences] + described
        draft = self._subject.stage == "draft"
        scores = first_reader().scores(read, self._subject.kind, draft=draft)
        found = [
            Reading(passage, None, tokens[0].start, tokens[-1].end, score)
            for (passage, tokens), score in zip(sentences, scores, strict=False)
        ]
        found += [Reading(None, a, 0, 0, s) for a, s in zip(attachments, scores[len(found) :], strict=True)]
        if not self._is_asked(found):
            return found
        heard = _SecondHearing(self._subject, self._spoken, found)
        return [heard.beside(one) for one in found]

    def _is_asked(self, found: Sequence[Reading]) -> bool:
        if self._ask == "never":
            return False
        doubt = weighing().doubt
        kinds = [place for place, label in enumerate(first_reader().labels) if ":" not in label]
        asked = self._ask == "always" or any(one.first[place] > doubt for one in found for place in kinds)
        return asked and there_is_one()


_MOST = 3_000
"""Pieces of one text that the second reader reads, some 12,000 letters; of a longer one, the doubtful sentences."""


class _SecondHearing:
    """What the second reader says of the passages; a passage of sentences that it has read is not read again."""

    def __init__(self, subject: Subject, passages: Sequence[Passage], found: Sequence[Reading]) -> None:
        self._doubt = {(id(one.passage), one.start): max(one.first) for one in found if one.passage is not None}
        self._reader = second_reader()
        self._before = self._reader.pieces(introduction(subject.kind, subject.stage, subject.department))
        self._attachments = subject.attachments
        self._known: dict[str, tuple[tuple[float, ...], tuple[tuple[int, int], ...]]] = {}
        self._attached: dict[str, tuple[float, ...]] = {}
        # Fields first, for what was typed must not be taken for the words of a template that stand around it.
        for passage in sorted(passages, key=lambda p: (p.form is not None, -len(p.text))):
            if not all(sentence.low[sentence.start : sentence.end] in self._known for sentence in passage.sentences):
                self._read(passage)

    def _read(self, passage: Passage) -> None:
        told = [] if self._attached else [(a, self._reader.pieces(attached_words(a))) for a in self._attachments]
        if passage.form is None:
            told = []
        chosen = self._chosen(passage)
        pieces = [piece for _, some in chosen for piece in some]
        scores = self._reader.read(self._before, [*pieces, *(piece for _, more in told for piece in more)])
        at = 0
        for sentence, some in chosen:
            words = sentence.low[sentence.start : sentence.end]
            self._known.setdefault(words, _strongest(some, scores[at : at + len(some)], sentence))
            at += len(some)
        for attachment, more in told:
            self._attached[attachment.name] = tuple(float(v) for v in scores[at : at + len(more)].max(0))
            at += len(more)

    def _chosen(self, passage: Passage) -> list[tuple[Sentence, list[Piece]]]:
        """Cut a passage by its sentences; of an endless one keep the most doubtful sentences, in their order."""
        pieces = self._reader.pieces(passage.text)
        cut = list(by_sentence(passage.sentences, pieces))
        if len(pieces) <= _MOST:
            return cut
        by_doubt = sorted(cut, key=lambda one: -self._doubt.get((id(passage), one[1][0].start), 0.0))
        kept, room = set(), _MOST
        for sentence, some in by_doubt:
            room -= len(some)
            if room < 0:
                break
            kept.add(sentence.start)
        return [one for one in cut if one[0].start in kept]

    def beside(self, one: Reading) -> Reading:
        """Put the second reader's scores beside the first's."""
        if one.passage is None:
            return one._replace(second=self._attached.get(one.attachment.name) if one.attachment else None)
        sentence = next(s for s in one.passage.sentences if s.start <= one.start < s.end)
        known = self._known.get(sentence.low[sentence.start : sentence.end])
        if known is None:
            return one
        return one._replace(second=known[0], spans=tuple((sentence.start + a, sentence.start + b) for a, b in known[1]))


_NEAR = 2.5
"""How far below the strongest piece another still belongs to the words that are told."""


def _strongest(
    pieces: Sequence[Piece], scores: "object", sentence: Sentence
) -> tuple[tuple[float, ...], tuple[tuple[int, int], ...]]:
    """Give each label's strongest score in a sentence, and from where to where the pieces come near it."""
    import numpy as np

    values = np.asarray(scores)
    top = values.max(0)
    near = values >= top - _NEAR
    firsts, lasts = near.argmax(0), len(pieces) - 1 - near[::-1].argmax(0)
    spans = tuple(
        (pieces[first].start - sentence.start, pieces[last].end - sentence.start)
        for first, last in zip(firsts, lasts, strict=True)
    )
    return tuple(float(value) for value in top), spans


def _meet(hit: Hit, other: Hit) -> bool:
    if hit.passage.attachment is not None:
        return hit.passage.attachment == other.passage.attachment
    return hit.overlaps(other)


def _holds(reading: Reading, hit: Hit) -> bool:
    if reading.passage is None:
        return reading.attachment is not None and reading.attachment.name == hit.passage.attachment
    return reading.passage is hit.passage and reading.start <= hit.start < reading.end
