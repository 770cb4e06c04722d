"""guilt-or-innocence (2.c.1.c): no word on whether a suspect, an arrestee or a pictured person did the crime.

Stops: "The arsonist is behind bars.", "We have the burglar in our cells.", "Ned Flood, arrested today, is an innocent
man." Lets through: "Help us find the thief" (nobody knows who), "was arrested and charged with larceny", "innocent
until proven guilty", "The cookie thief was a raccoon".

What decides is whom the words speak of: the rule reads a sentence at a time, knowing from the whole post whether
somebody is in custody, pictured or named.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator

from notifier.policy.lexicon import Lexicon
from notifier.policy.people import SUSPECT_KINDS
from notifier.policy.post import Hit, Passage, Post
from notifier.policy.sentences import Sentence, words_of
from notifier.policy.wording import Clause

_TIP_KINDS = frozenset({"crime-prevention-tip", "outreach", "special-event"})
_LOOK_BACK = 4
"""Words (a determiner and its adjectives) that may stand before a noun."""
_WHO = frozenset(["who", "that", "que"])
_PASSIVE = frozenset(
    ["was", "were", "been", "being", "is", "are", "be", "got", "get", "getting", "gets", "'s", "'re", "fue", "fueron"]
)
_SHORT_COPULA = frozenset({"'s", "'re", "'m"})
_NEGATIONS = frozenset(["not", "never", "no", "'t"])
_IF = frozenset(["if", "whether", "unless", "si"])
_TRIGGERS = ("offender", "crime_verb", "deed", "insult", "settled", "closure", "guilty", "innocent", "no_crime", "mock")


def find(post: Post, clause: Clause) -> Iterator[Hit]:
    """Yield every assertion of guilt or innocence, by its form or as the readers hear it.

    Of an offender whom nobody knows anything may be said, so a request for tips must tell of somebody to be heard.
    """
    ruled = list(_ruled(post, clause))
    yield from ruled
    if post.people.identified or post.people.named or post.subject.kind != "crime-tip-request":
        heard = post.readings.beyond(clause.label, ruled)
        yield from (hit for hit in heard if not hit.says(clause.lexicon("attributed")))


def _ruled(post: Post, clause: Clause) -> Iterator[Hit]:
    triggers = clause.triggers(*_TRIGGERS)
    for passage in post.passages:
        if passage.vocabulary.isdisjoint(triggers):
            continue
        previous: Sentence | None = None
        for sentence in passage.sentences:
            if not sentence.vocabulary.isdisjoint(triggers):
                yield from _Reading(post, passage, sentence, previous, clause).hits()
            previous = sentence


class _Reading:
    """One sentence, read for what it says of a suspect."""

    def __init__(
        self, post: Post, passage: Passage, sentence: Sentence, previous: Sentence | None, clause: Clause
    ) -> None:
        self._people = post.people
        self._kind = post.subject.kind
        self._passage = passage
        self._sentence = sentence
        self._previous = previous
        self._words = sentence.texts
        self._clause = clause
        self._custody = post.people.custody_in(sentence)
        self._tip = self._kind in _TIP_KINDS and not post.people.in_custody
        self._is_advice = self._tip and self._kind != "outreach"

    def hits(self) -> Iterator[Hit]:
        """Yield what this sentence asserts."""
        if self._is_harmless():
            return
        for reader in (
            self._settled,
            self._offenders,
            self._acts,
            self._deeds,
            self._verdicts,
            self._mockery,
            self._closures,
        ):
            for first, last, reason in reader():
                if not self._is_quoted(first, last):
                    start, end = self._sentence.words[first].start, self._sentence.words[last - 1].end
                    yield Hit(self._passage, start, end, reason)

    # --- the readers: each yields (first word, after the last, reason) ------------------------------------------------

    def _settled(self) -> Iterator[tuple[int, int, str]]:
        """As in "We got our man"."""
        for first, last in self._finds("settled"):
            if not self._tip and not self._is_hypothetical(first):
                yield first, last, "closed"

    def _closures(self) -> Iterator[tuple[int, int, str]]:
        """As in "Case closed", "one less thief on the street": only where somebody is the suspect."""
        if self._people.identified and self._kind not in ("missing-person", *_TIP_KINDS):
            for first, last in self._finds("closure", "closure_idiom"):
                if not self._is_hypothetical(first):
                    yield first, last, "closed"

    def _offenders(self) -> Iterator[tuple[int, int, str]]:
        """As in "This arsonist", "the thief is in custody", "he is a burglar"."""
        for first, last in self._finds("offender", "not_offender"):
            start = self._phrase_start(first)
            if self._lexicon("hedge").within(self._words, max(0, first - 3), first) or self._is_hypothetical(first):
                continue
            if self._is_predicate(start) or self._points_at_suspect(start, first) or self._stands_by_name(start, last):
                yield start, last, "guilt"

    def _acts(self) -> Iterator[tuple[int, int, str]]:
        """As in "The man who robbed the store is in custody", "he robbed three stores"."""
        if not self._people.identified:
            return
        for first, last in self._finds("crime_verb", "not_crime"):
            start = self._subject_of(first)
            if start is not None and not self._is_attributed() and not self._is_hypothetical(first):
                yield start, self._clause_end(last), "guilt"

    def _deeds(self) -> Iterator[tuple[int, int, str]]:
        """As in "Knows what he did", "those responsible are in custody"."""
        for first, last in self._finds("deed"):
            if self._custody and not self._is_attributed() and not self._is_unknown():
                yield first, last, "guilt"
        for first, last in self._finds("insult"):
            if self._custody and last < len(self._words) and self._words[last] in _WHO and not self._is_attributed():
                yield self._phrase_start(first), self._clause_end(last), "guilt"

    def _verdicts(self) -> Iterator[tuple[int, int, str]]:
        """As in "He is guilty", "she is innocent", "he didn't do it"."""
        for name, idioms, reason in (("guilty", "guilty_idiom", "guilt"), ("innocent", "innocent_idiom", "innocence")):
            for first, last in self._finds(name, idioms):
                start = self._phrase_start(first)
                if not self._is_hypothetical(first) and self._is_said_of_suspect(start, first):
                    yield self._subject_start(start), last, reason
        if self._speaks_of_suspect():
            for first, last in self._finds("no_crime"):
                if not self._is_attributed() and not self._sentence.is_question:
                    yield self._subject_start(first), last, "innocence"

    def _mockery(self) -> Iterator[tuple[int, int, str]]:
        """As in "Allegedly (wink)", "innocent until proven guilty, but we all know"."""
        if not (self._people.identified or self._kind in SUSPECT_KINDS) or self._tip:
            return
        mocks = list(self._finds("mock"))
        hedges = list(self._finds("presumption"))
        if mocks and hedges:
            yield min(mocks[0][0], hedges[0][0]), max(mocks[-1][1], hedges[-1][1]), "mockery"
        elif mocks and self._previous and self._lexicon("presumption").within(self._previous.texts):
            yield mocks[0][0], mocks[-1][1], "mockery"
        for first, last in hedges:
            start, end = self._sentence.words[first].start, self._sentence.words[last - 1].end
            if (
                last - first == 1
                and start
                and self._passage.low[start - 1] == self._passage.low[end : end + 1] in ('"', "'")
            ):
                yield first, last, "mockery"

    # --- whom the words speak of --------------------------------------------------------------------------------------

    def _is_predicate(self, start: int) -> bool:
        """As in "He is a thief": a pronoun, a name or a definite person, a form of "to be", then the word."""
        place = start - 1
        while place >= 0 and self._words[place] in self._lexicon("adverb") and not self._is_copula(place):
            if self._words[place] in _NEGATIONS:
                return False
            place -= 1
        if place < 1 or not self._is_copula(place) or self._sentence.is_question:
            return False
        return (self._is_certain_person(place - 1) or self._is_surname(place - 1)) and not self._tip

    def _is_said_of_suspect(self, start: int, word: int) -> bool:
        if self._is_predicate(start) or self._is_predicate(word):
            return True
        return self._custody and start > 0 and self._is_copula(start - 1) and not self._is_attributed()

    def _is_copula(self, place: int) -> bool:
        return self._words[place] in _SHORT_COPULA or self._words[place] in self._lexicon("copula")

    def _is_certain_person(self, place: int) -> bool:
        """Whether a certain person's name, pronoun or definite noun ends here."""
        word = self._words[place]
        if word in self._lexicon("subject") or (word == "el" and self._written(place) == "él"):
            return True
        if word in self._lexicon("suspect"):
            before = self._words[max(0, place - 2) : place]
            return self._people.identified and self._lexicon("determiner").within(before)
        return self._name_ends(place)

    def _is_surname(self, place: int) -> bool:
        """A capitalised word inside a sentence that is no place, day or office."""
        word = self._sentence.words[place]
        written = self._passage.text[word.start : word.end]
        return place > 0 and written.istitle() and word.text not in self._people.lexicon("no_name")

    def _name_ends(self, place: int) -> bool:
        end = self._sentence.words[place].end
        names = self._people.names_between(self._passage.text, max(self._sentence.start, end - 60), end)
        return any(stop == end for _, stop in names)

    def _person_start(self, place: int) -> int:
        """Give the first word of the person that ends here: of a name, else of a noun's phrase."""
        end = self._sentence.words[place].end
        for start, stop in self._people.names_between(self._passage.text, max(self._sentence.start, end - 60), end):
            if stop == end:
                return bisect_left(self._sentence.words, start, key=lambda word: word.start)
        return self._phrase_start(place)

    def _points_at_suspect(self, start: int, noun: int) -> bool:
        """Whether the phrase is somebody held, pictured or named, and not an offender still to be found."""
        if self._is_unknown() and not self._people.pictured:
            return False
        if self._lexicon("we_have").within(self._words, start - 2, start) and not self._is_advice:
            return self._words[noun + 1 : noun + 2] != ["'s"]
        determiner = self._words[start] if start < noun else ""
        if determiner in self._lexicon("indefinite") and not self._custody:
            return False
        if self._custody:
            return not (self._tip or self._is_generic(start, noun))
        if determiner in self._lexicon("pointing"):
            return self._people.identified
        return determiner in self._lexicon("determiner") and self._people.identified and self._kind not in _TIP_KINDS

    def _is_generic(self, start: int, noun: int) -> bool:
        """As in "Thieves look for unlocked cars"."""
        return start == noun and self._words[noun].endswith("s") and self._kind in _TIP_KINDS

    def _is_unknown(self) -> bool:
        return self._lexicon("at_large").within(self._words)

    def _stands_by_name(self, start: int, last: int) -> bool:
        """As in "Serial burglar Jane Doe", "Jane Doe, 34, the burglar of Elm Street"."""
        if self._kind in _TIP_KINDS:
            return False
        begin, end = self._sentence.words[start].start, self._sentence.words[last - 1].end
        text, names = self._passage.text, self._people.names_between(self._passage.text, max(0, begin - 60), end + 3)
        if any(0 < first - end <= 2 for first, _ in names):
            return self._people.identified
        return any(0 < begin - stop <= 8 and text[stop : stop + 1] in ",:" for _, stop in names)

    def _subject_of(self, verb: int) -> int | None:
        """Give where the certain person begins who does this act, else None."""
        place = verb - 1
        while place >= 0 and self._words[place] in self._lexicon("adverb"):
            if self._words[place] in _NEGATIONS:
                return None
            place -= 1
        if place > 0 and self._words[place].isdigit():
            place -= 1  # "Jane Doe, 34, robbed"
        if place < 0 or self._words[place] in _PASSIVE:
            return None
        if self._words[place] in _WHO:
            return self._antecedent(place)
        if self._is_certain_person(place) and self._words[place] not in self._lexicon("anybody"):
            known = self._people.in_custody or self._people.named_suspect or self._name_ends(place)
            return self._person_start(place) if known or self._people.pictured else None
        return None

    def _antecedent(self, who: int) -> int | None:
        """As in "The man who …": somebody held, or a certain person who is no longer looked for."""
        if who == 0 or self._words[who - 1] in self._lexicon("anybody"):
            return None
        if not (
            self._words[who - 1] in self._lexicon("suspect")
            or self._lexicon("offender").within(self._words, who - 1, who)
        ) and not (self._custody or self._name_ends(who - 1)):
            return None
        start = self._phrase_start(who - 1)
        if self._custody and not self._is_unknown():
            return start
        pointed = self._words[start] in self._lexicon("determiner") and not self._is_unknown()
        return (
            start
            if (pointed and (self._people.in_custody or self._people.pictured)) or self._name_ends(who - 1)
            else None
        )

    def _speaks_of_suspect(self) -> bool:
        return self._people.identified or (self._kind in SUSPECT_KINDS and self._lexicon("subject").within(self._words))

    # --- how the sentence says it -------------------------------------------------------------------------------------

    def _phrase_start(self, noun: int) -> int:
        """Give where the noun's phrase begins: at its determiner, where one stands near."""
        determiner, article = self._lexicon("determiner"), self._lexicon("indefinite")
        for place in range(noun - 1, max(-1, noun - 1 - _LOOK_BACK), -1):
            between = self._passage.low[self._sentence.words[place].end : self._sentence.words[place + 1].start]
            if any(mark in between for mark in ",;:("):
                break
            if self._words[place] in determiner or self._words[place] in article:
                return place
            if self._is_copula(place) or self._words[place] in self._lexicon("subject"):
                break
        return noun

    def _subject_start(self, place: int) -> int:
        back = range(place - 1, max(-1, place - 5), -1)
        return next((p for p in back if self._words[p] in self._lexicon("subject")), place)

    def _clause_end(self, last: int) -> int:
        """Give the end of the act's clause: at a mark, or six words on."""
        for place in range(last, min(last + 6, len(self._words))):
            before = self._passage.low[self._sentence.words[place - 1].end : self._sentence.words[place].start]
            if any(mark in before for mark in ",;:()-") or self._is_copula(place):
                return place
        return min(last + 6, len(self._words))

    def _finds(self, name: str, idioms: str | None = None) -> Iterator[tuple[int, int]]:
        """Yield the phrases of a lexicon that are no part of an idiom."""
        found = list(self._lexicon(name).find(self._words))
        if found:
            spots = {i for a, b in self._lexicon(idioms).find(self._words) for i in range(a, b)} if idioms else set()
            for first, last in found:
                if self._written(first).endswith("ó") or not spots.intersection(range(first, last)):
                    yield first, last

    def _written(self, place: int) -> str:
        """Give a word as it was written: an accent tells "robó" (he robbed) from "robo" (a robbery)."""
        word = self._sentence.words[place]
        start, end = self._passage.normalised.span(word.start, word.end)
        return self._passage.normalised.original[start:end].lower()

    def _lexicon(self, name: str) -> Lexicon:
        return self._clause.lexicon(name)

    def _is_attributed(self) -> bool:
        return self._lexicon("attributed").within(self._words)

    def _is_hypothetical(self, place: int) -> bool:
        return any(word in _IF for word in self._words[max(0, place - 8) : place])

    def _is_harmless(self) -> bool:
        """A story, a game or an animal, and nobody before a court. A "dog thief" is a person."""
        if self._lexicon("harder").within(self._words):
            return False
        offender = self._lexicon("offender")
        return self._lexicon("fiction").within(self._words) or any(
            last >= len(self._words) or not offender.length_at(self._words, last)
            for _, last in self._lexicon("animal").find(self._words)
        )

    def _is_quoted(self, first: int, last: int) -> bool:
        """Inside another's words: a title, a scammer's line, a mother's cry. An officer's words are the post's own."""
        start, end = self._sentence.words[first].start, self._sentence.words[last - 1].end
        quotations = self._passage.quotations
        place = bisect_right(quotations, (start, len(self._passage.low))) - 1
        if place < 0 or quotations[place][1] < end:
            return False
        opening, closing = quotations[place]
        around = words_of(
            self._passage.low[max(0, opening - 60) : opening] + " " + self._passage.low[closing : closing + 60]
        )
        return self._lexicon("speech").within(around) and not self._lexicon("officer").within(around)
