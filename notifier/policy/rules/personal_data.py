"""personal-data (3.i.1, 3.c.3, 2.b.3): no identity number, date of birth, private telephone, plate, home address, bank
detail or medical detail of a private person.

Stops: "Text his wife at 555-555-0176", "lives at 12 Elm Street". Lets through: "Harrowgate PD, 555-555-0133", "Open
house at 12 Elm Street", "100 block of Elm Street", the plate of a car the public is asked to look for, "has dementia".
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from functools import cached_property

from notifier.policy.identifiers import number_after, plate_after, plate_shapes, shapes
from notifier.policy.post import Hit, Passage, Post
from notifier.policy.private_contact import is_private_mail, is_private_phone
from notifier.policy.sentences import Sentence, words_of
from notifier.policy.wording import Clause

# What a field is for: a number to call is no private number there, a place no home, a sought car's plate no intrusion.
_TO_CALL = frozenset({"call", "organiser", "source"})
_PLACES = frozenset(
    {"place", "where", "street", "streets", "from", "to", "parking", "area", "last_seen_place", "organiser"}
)
_SEEKING_KINDS = frozenset({"missing-person", "wanted-person", "crime-tip-request"})
_DATA_KINDS = frozenset({"outreach", "crime-prevention-tip", "crime-tip-request"})
_PUBLIC_KINDS = frozenset({"special-event", "outreach", "crime-prevention-tip"})

_LAST_CENTURY = re.compile(r"19\d\d")
_DIGIT = re.compile("[0-9]")


def find(post: Post, clause: Clause) -> Iterator[Hit]:
    """Yield every personal datum of every passage, and what pictures are said to show; then what the readers hear."""
    ruled = list(_ruled(post, clause))
    yield from ruled
    for hit in post.readings.beyond(clause.label, ruled):
        if not (post.subject.kind in _SEEKING_KINDS and hit.says(clause.lexicon("vehicle"))):
            yield hit


def _ruled(post: Post, clause: Clause) -> Iterator[Hit]:
    for attachment in post.subject.attachments:
        yield from _shown(Passage(attachment.subject or attachment.alt or "", attachment=attachment.name), clause)
    for passage in post.passages:
        look = _Look(post, passage, clause)
        if digits := len(_DIGIT.findall(passage.low)):
            yield from look.numbers(digits)
        if "@" in passage.low and passage.field not in _TO_CALL:
            yield from look.mails()
        yield from look.conditions()


def _shown(passage: Passage, clause: Clause) -> Iterator[Hit]:
    for sentence in passage.sentences:
        for first, last in clause.lexicon("in_picture").find(sentence.texts):
            yield Hit(passage, sentence.words[first].start, sentence.words[last - 1].end, "shown")


class _Look:
    """One passage, looked at for personal data."""

    def __init__(self, post: Post, passage: Passage, clause: Clause) -> None:
        self._post = post
        self._passage = passage
        self._clause = clause
        self._starts = [sentence.start for sentence in passage.sentences]

    def _said(self, name: str) -> bool:
        """Whether the passage may hold a phrase of a lexicon at all."""
        return not self._passage.vocabulary.isdisjoint(self._clause.lexicon(name).triggers)

    def _around(self, start: int, end: int) -> tuple[Sentence, int, int]:
        """Give the sentence of a span, and the span as places of words."""
        sentence = self._passage.sentences[max(bisect_right(self._starts, start) - 1, 0)]
        words = sentence.words
        return (
            sentence,
            bisect_left(words, start, key=lambda w: w.start),
            bisect_left(words, end, key=lambda w: w.start),
        )

    def _labelled(self, name: str) -> Iterator[tuple[Sentence, int, int]]:
        """Yield each phrase of a lexicon with its sentence."""
        if self._said(name):
            for sentence in self._passage.sentences:
                for first, last in self._clause.lexicon(name).find(sentence.texts):
                    yield sentence, first, last

    def numbers(self, digits: int) -> Iterator[Hit]:
        """Yield the faults that have digits in them."""
        if digits >= 7:
            yield from self._phones()
        if digits >= 4:
            yield from self._identities()
            yield from self._births()
        said = self._said("home") or self._said("strong_home") or " of " in self._passage.low or self._may_map
        if said and self._passage.field not in _PLACES:
            yield from self._homes()
        if digits >= 3 and self._passage.field != "vehicle":
            yield from self._plates()

    def mails(self) -> Iterator[Hit]:
        """Yield private e-mail addresses."""
        for start, end in shapes("email", self._passage.low):
            sentence, first, _ = self._around(start, end)
            mail = self._passage.low[start:end]
            if is_private_mail(mail, sentence.texts[max(0, first - 6) : first], self._clause, self._post.subject.kind):
                yield Hit(self._passage, start, end, "email")

    def _phones(self) -> Iterator[Hit]:
        if self._passage.field in _TO_CALL:
            return
        for start, end in shapes("phone", self._passage.low):
            sentence, first, last = self._around(start, end)
            if is_private_phone(self._post, self._passage, sentence, (first, last), self._clause):
                yield Hit(self._passage, start, end, "phone")

    def _identities(self) -> Iterator[Hit]:
        low = self._passage.low
        for name in ("ssn", "cpf"):
            if "-" in low or "." in low or name == "ssn":
                for start, end in shapes(name, low):
                    if not self._clause.lexicon("id_not").within(words_of(low[max(0, start - 25) : start])):
                        yield Hit(self._passage, start, end, name)
        for reason, fewest in (("id", 6), ("bank", 4), ("vin", 6)):
            for sentence, first, last in self._labelled(reason):
                number = number_after(low, sentence.words[last - 1].end, sentence.end, fewest)
                if number and not self._is_other_number(sentence, first, last, number):
                    yield Hit(
                        self._passage, sentence.words[first].start, number[1], "id" if reason == "vin" else reason
                    )

    def _is_other_number(self, sentence: Sentence, first: int, last: int, number: tuple[int, int]) -> bool:
        _, place, _ = self._around(*number)
        other = self._clause.lexicon("id_not")
        if other.within(sentence.texts, first - 1, first) or other.within(sentence.texts, last, place):
            return True
        stretch = self._passage.low[number[0] : number[1] + 5]
        return any(start == 0 for name in ("phone", "date") for start, _ in shapes(name, stretch))

    def _births(self) -> Iterator[Hit]:
        seeking = self._post.subject.kind in _SEEKING_KINDS
        if not seeking and not self._said("birth"):
            return
        dates = list(shapes("date", self._passage.low))
        for start, end in dates:
            # "Jane Doe, 5/6/1990": a date of the last century right after a name is no date of an event.
            if seeking and _LAST_CENTURY.search(self._passage.low, start, end) and self._follows_name(start, 3):
                yield Hit(self._passage, start, end, "birth")
        for sentence, first, last in self._labelled("birth"):
            start, end = sentence.words[first].start, sentence.words[last - 1].end
            for date in dates[bisect_left(dates, (start - 40, 0)) : bisect_right(dates, (end + 20, 0))]:
                if date[0] >= end:
                    yield Hit(self._passage, start, date[1], "birth")
                elif 0 <= start - date[1] <= 3:
                    yield Hit(self._passage, date[0], end, "birth")

    # --- homes --------------------------------------------------------------------------------------------------------

    def _homes(self) -> Iterator[Hit]:
        for start, end in shapes("address", self._passage.low):
            sentence, first, last = self._around(start, end)
            if self._is_home(sentence, first, last, start):
                yield Hit(self._passage, start, end, "home")

    def _is_home(self, sentence: Sentence, first: int, last: int, start: int) -> bool:
        texts, lexicon = sentence.texts, self._clause.lexicon
        if "block" in texts[max(0, first - 1) : first + 4]:
            return False
        if self._passage.low[max(0, start - 4) : start] == " of " and self._follows_name(start):
            return True
        before, inside = texts[max(0, first - 8) : first], texts[first:last]
        if lexicon("strong_home").within([*before[-6:], *inside]):
            return not lexicon("not_home").within(before)
        near = [*before[-5:], *texts[last : last + 4]]
        if lexicon("not_home").within([*before, *near]) or lexicon("venue").within(
            [*before[-4:], *texts[last : last + 3]]
        ):
            return False
        return lexicon("home").within(near) or (self._may_map and self._maps(sentence))

    @property
    def _may_map(self) -> bool:
        """Crime data tell of blocks, never of houses: not in a picture's words, nor beside an offence."""
        return self._passage.attachment is not None or (
            self._post.subject.kind in _DATA_KINDS and self._said("offence")
        )

    def _maps(self, sentence: Sentence) -> bool:
        return self._passage.attachment is not None or self._clause.lexicon("offence").within(sentence.texts)

    def _follows_name(self, start: int, near: int = 12) -> bool:
        """Whether a name stands before, as in "Jane Doe, 34, of "."""
        names = self._post.people.names_between(self._passage.text, max(0, start - 60), start)
        return any(start - end <= near for _, end in names)

    # --- plates -------------------------------------------------------------------------------------------------------

    def _plates(self) -> Iterator[Hit]:
        text = self._passage.text
        for sentence, _, last in self._labelled("plate"):
            plate = plate_after(text, sentence.words[last - 1].end)
            if plate and not self._is_sought(sentence):
                yield Hit(self._passage, *plate, "plate")
        if text.isupper() or not self._said("vehicle"):
            return
        vehicle = self._clause.lexicon("vehicle")
        for start, end in plate_shapes(text):
            sentence, _, _ = self._around(start, end)
            if (
                not self._is_model(text[start:end].lower())
                and vehicle.within(sentence.texts)
                and not self._is_sought(sentence)
            ):
                yield Hit(self._passage, start, end, "plate")

    def _is_model(self, shape: str) -> bool:
        """A make, a model's year, a time or a route has the shape of a plate too."""
        vehicle, other = self._clause.lexicon("vehicle"), self._clause.lexicon("not_plate")
        return any(word in vehicle or word in other for word in words_of(shape)) or shape[-4:-2] in ("19", "20")

    def _is_sought(self, sentence: Sentence) -> bool:
        """Whether the public is asked to look for this vehicle."""
        if self._clause.lexicon("others").within(sentence.texts):
            return False
        return self._seeks

    @cached_property
    def _seeks(self) -> bool:
        sought = self._clause.lexicon("sought")
        return self._post.subject.kind in _SEEKING_KINDS or any(
            sought.within(sentence.texts) for passage in self._post.passages for sentence in passage.sentences
        )

    # --- conditions ---------------------------------------------------------------------------------------------------

    def conditions(self) -> Iterator[Hit]:
        """Yield medical details of a private person."""
        yield from self._medical("medical")
        if self._post.subject.kind != "missing-person":
            yield from self._medical("condition_elsewhere")

    def _medical(self, name: str) -> Iterator[Hit]:
        for sentence, first, last in self._labelled(name):
            if self._is_about_someone(sentence):
                yield Hit(self._passage, sentence.words[first].start, sentence.words[last - 1].end, "medical")

    def _is_about_someone(self, sentence: Sentence) -> bool:
        """Whether a certain private person is spoken of, not people in general."""
        kind, people = self._post.subject.kind, self._post.people
        pronoun = self._clause.lexicon("person").within(sentence.texts)
        named = bool(people.names_between(self._passage.text, sentence.start, sentence.end))
        if self._clause.lexicon("generic").within(sentence.texts) and not pronoun:
            return False
        if kind == "missing-person":
            return pronoun or named or people.named
        if kind in _PUBLIC_KINDS:
            return pronoun and people.named
        return (pronoun or named) and people.named
