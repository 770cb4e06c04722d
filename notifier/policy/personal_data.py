"""personal-data (3.i.1, 3.c.3, 2.b.3): no identity number, date of birth, private telephone, plate, home address, bank
detail or medical detail of a private person.

Stops: "Text his wife at 413-555-0176", "lives at 12 Elm Street". Lets through: "Ottermere PD, 413-555-0133", "Open house
at 12 Elm Street", "100 block of Elm Street", the plate of a car the public is asked to look for, "has dementia".
"""

from collections.abc import Iterator

from notifier.policy.identifiers import number_after, plate_after, plate_shapes, shapes
from notifier.policy.lexicon import Lexicon
from notifier.policy.post import Hit, Passage, Post
from notifier.policy.sentences import Sentence, words_of
from notifier.policy.wording import Clause

# What a field is for: a number to call is no private number there, a place no home, a sought car's plate no intrusion.
_TO_CALL = frozenset({"call", "organiser", "source"})
_PLACES = frozenset({"place", "where", "street", "streets", "from", "to", "parking", "area", "last-seen-place", "organiser"})
_PLATES = frozenset({"vehicle"})
_CONDITIONS = frozenset({"caution"})
_SEEKING_KINDS = frozenset({"missing-person", "wanted-person", "crime-tip-request"})


def find(post: Post, clause: Clause) -> Iterator[Hit]:
    """Yield every personal datum of every passage, and what pictures are said to show."""
    yield from _shown_in_pictures(post, clause)
    for passage in post.passages:
        has_digits = any(char.isdigit() for char in passage.low)
        for sentence in passage.sentences:
            look = _Look(post, passage, sentence, clause)
            if has_digits:
                yield from look.numbers()
            if "@" in passage.low:
                yield from look.mails()
            yield from look.conditions()


def _shown_in_pictures(post: Post, clause: Clause) -> Iterator[Hit]:
    for attachment in post.subject.attachments:
        if attachment.subject:
            passage = Passage(attachment.subject, attachment=attachment.name)
            words = [word for sentence in passage.sentences for word in sentence.words]
            for first, last in clause.lexicon("in_picture").find([word.text for word in words]):
                yield Hit(passage, words[first].start, words[last - 1].end, "shown")


class _Look:
    """One sentence, looked at for personal data."""

    def __init__(self, post: Post, passage: Passage, sentence: Sentence, clause: Clause) -> None:
        self.post = post
        self.passage = passage
        self.sentence = sentence
        self.clause = clause
        self.low = passage.low[: sentence.end]

    def hit(self, start: int, end: int, reason: str) -> Hit:
        return Hit(self.passage, start, end, reason)
