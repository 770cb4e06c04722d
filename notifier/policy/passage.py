"""One text of a post as the rules read it, and what a rule found in it."""

from functools import cached_property
from typing import NamedTuple

from notifier.policy.finding import Verdict
from notifier.policy.lexicon import Lexicon
from notifier.policy.normalising import Normalised, normalise
from notifier.policy.sentences import Sentence, quotations, sentences_of, words_of


class Passage:
    """One text, and where it stands: exactly one of field, attachment and `shown` says so."""

    def __init__(
        self,
        original: str,
        language: str | None = None,
        *,
        field: str | None = None,
        attachment: str | None = None,
        form: str | None = None,
    ) -> None:
        self.language = language
        self.field = field
        self.attachment = attachment
        self.form = form
        self.normalised: Normalised = normalise(original)
        self.text = self.normalised.text
        self.low = self.text.lower()

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """Every word once: what a rule asks first, for most passages hold nothing for it."""
        return frozenset(words_of(self.low))

    @cached_property
    def sentences(self) -> tuple[Sentence, ...]:
        """The sentences, in small letters."""
        return sentences_of(self.low)

    @cached_property
    def quotations(self) -> list[tuple[int, int]]:
        """What stands between quotation marks."""
        return quotations(self.text)


class Hit(NamedTuple):
    """What a rule found: the passage, the words (positions in its plain text), and which of the clause's reasons."""

    passage: Passage
    start: int
    end: int
    reason: str
    verdict: Verdict | None = None
    """How severe it is; None: as its clause says."""

    def overlaps(self, other: "Hit") -> bool:
        """Say whether another hit has words of the same passage in common."""
        return self.passage is other.passage and self.start < other.end and other.start < self.end

    def says(self, phrases: Lexicon) -> bool:
        """Say whether a phrase of a lexicon stands in the words."""
        return phrases.within(words_of(self.passage.low[self.start : self.end]))
