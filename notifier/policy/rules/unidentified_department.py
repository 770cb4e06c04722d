"""unidentified-department (2.b.2, 2.c.1.b): a final text must say which department issued it.

Stops: "Lake Ave is closed. Call the PD." Lets through: "Lake Ave is closed. Call @HarrowgatePD." A draft is not
judged, its header is still to come; a headline is not a whole text.
"""

from collections.abc import Iterator, Sequence

from notifier.policy.lexicon import Lexicon
from notifier.policy.normalising import fold
from notifier.policy.post import Hit, Passage, Post
from notifier.policy.sentences import words_of
from notifier.policy.subject import Subject
from notifier.policy.wording import Clause

_REACH = 4
"""Small words that may stand between the place and its police ("Policía de la ciudad de Waltham")."""


def find(post: Post, clause: Clause) -> Iterator[Hit]:
    """Yield a hit for each text that no department signs: the vague words that stand in its place, else no words.

    A notification's texts are signed by their templates, so that there no typed words are to blame.
    """
    if post.subject.stage != "final":
        return
    for passage in post.shown:
        if passage.form != "headline" and passage.low.strip() and not _is_signed(passage, post.subject, clause):
            yield Hit(passage, 0, 0, "missing") if post.subject.fields else _vague(passage, clause)


def _vague(passage: Passage, clause: Clause) -> Hit:
    vague = clause.lexicon("vague")
    if not passage.vocabulary.isdisjoint(vague.triggers):
        for sentence in passage.sentences:
            for first, last in vague.find(sentence.texts):
                return Hit(passage, sentence.words[first].start, sentence.words[last - 1].end, "vague")
    return Hit(passage, 0, 0, "missing")


def _is_signed(passage: Passage, subject: Subject, clause: Clause) -> bool:
    if subject.department is None:
        return _names_any(passage, clause)
    names = [words_of(fold(name)) for name in (subject.department, *subject.names)]
    place = _place_of(subject.department, clause)
    if (
        passage.vocabulary.isdisjoint([place[0], *(name[0] for name in names if name)])
        and "".join(place) not in passage.low
    ):
        return False
    return any(
        any(_holds(sentence.texts, name) for name in names) or _names_place(sentence.texts, place, clause)
        for sentence in passage.sentences
    )


def _holds(words: Sequence[str], name: Sequence[str]) -> bool:
    """Whether a name stands in the text, written apart or as one word (a handle, a hashtag)."""
    joined, many = "".join(name), len(name)
    return any(
        word == joined or (word == name[0] and list(words[place : place + many]) == list(name))
        for place, word in enumerate(words)
        if name
    )


def _place_of(department: str, clause: Clause) -> list[str]:
    """Give the words of a department's name that tell it from every other: Pinnock Falls."""
    office = clause.lexicon("office")
    joining = clause.lexicon("joining")
    words = words_of(fold(department))
    return [word for word in words if word not in office and word not in joining] or words


def _names_place(words: Sequence[str], place: Sequence[str], clause: Clause) -> bool:
    agency, joining = clause.lexicon("agency"), clause.lexicon("joining")
    joined, many = "".join(place), len(place)
    for at, word in enumerate(words):
        if word.startswith(joined) and word[len(joined) :] in agency:
            return True
        whole = many if list(words[at : at + many]) == list(place) else int(word == joined)
        if whole and (
            _agency_near(words, at + whole, 1, agency, joining) or _agency_near(words, at - 1, -1, agency, joining)
        ):
            return True
    return False


def _agency_near(words: Sequence[str], at: int, step: int, agency: Lexicon, joining: Lexicon) -> bool:
    for place in range(at, at + step * (_REACH + 1), step):
        if not 0 <= place < len(words):
            return False
        if words[place] in agency or (step > 0 and agency.length_at(words, place)):
            return True
        if words[place] not in joining:
            return False
    return False


def _names_any(passage: Passage, clause: Clause) -> bool:
    """Whether any named department speaks, where it is not known which one should."""
    agency, joining, nameless = (clause.lexicon(name) for name in ("agency", "joining", "nameless"))
    for sentence in passage.sentences:
        words = sentence.words
        for at, word in enumerate(words):
            if not agency.length_at(sentence.texts, at):
                if any(
                    word.text.endswith(end) and len(word.text) > len(end) + 2 for end in ("pd", "police", "policia")
                ):
                    return True
                continue
            before = words[at - 2] if at > 1 and words[at - 1].text == "'s" else words[at - 1] if at else None
            after = at + agency.length_at(sentence.texts, at)
            while (
                after < len(words)
                and words[after].text in joining
                and words[after].text in ("de", "of", "la", "city", "town")
            ):
                after += 1
            named_after = after > at + 1 and after < len(words) and passage.text[words[after].start].isupper()
            named_before = before is not None and passage.text[before.start].isupper() and before.text not in nameless
            if named_before or (named_after and words[after].text not in nameless):
                return True
    return False
