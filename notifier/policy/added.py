"""What a department adds to a rule: phrases and patterns that decide alone, and the switch to `review`."""

from collections.abc import Iterable, Iterator
from functools import cached_property

from notifier.policy.finding import Verdict
from notifier.policy.lexicon import Lexicon
from notifier.policy.normalising import fold
from notifier.policy.passage import Hit, Passage
from notifier.policy.patterns import Pattern
from notifier.policy.post import Post

REASON = "added"


class Added:
    """Phrases and patterns of a department; each is found wherever a post has it, whoever is spoken of.

    words: as a person writes them; `*` is any one word. verdict: what the rule's findings become; None: what its clause
    says.
    """

    def __init__(
        self, words: Iterable[str] = (), patterns: Iterable[Pattern] = (), verdict: Verdict | None = None
    ) -> None:
        self.words = tuple(words)
        self.patterns = tuple(patterns)
        self.verdict = verdict

    @cached_property
    def _lexicon(self) -> Lexicon:
        return Lexicon(fold(phrase) for phrase in self.words)

    def hits(self, post: Post) -> Iterator[Hit]:
        """Yield every place of a post that has one of them."""
        for passage in post.passages:
            if self.words:
                yield from self._phrases(passage)
            for pattern in self.patterns:
                yield from (Hit(passage, start, end, REASON) for start, end in pattern.find(passage))

    def _phrases(self, passage: Passage) -> Iterator[Hit]:
        if passage.vocabulary.isdisjoint(self._lexicon.triggers):
            return
        for sentence in passage.sentences:
            for first, last in self._lexicon.find(sentence.texts):
                yield Hit(passage, sentence.words[first].start, sentence.words[last - 1].end, REASON)
