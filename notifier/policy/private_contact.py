"""Whose telephone number or e-mail address it is: a private person's, or one that the public may use."""

from collections.abc import Sequence

from notifier.policy.post import Passage, Post
from notifier.policy.sentences import Sentence
from notifier.policy.wording import Clause

_TOLL_FREE = frozenset(["800", "833", "844", "855", "866", "877", "888"])
_FREE_MAIL = frozenset(
    [
        "gmail",
        "yahoo",
        "hotmail",
        "outlook",
        "icloud",
        "aol",
        "comcast",
        "verizon",
        "proton",
        "protonmail",
        "msn",
        "live",
        "me",
        "mail",
        "ymail",
    ]
)
_EVENTS = frozenset({"special-event", "outreach"})
_POSSESSIVE = frozenset(["his", "her", "their", "my", "'s", "su", "sus", "mi"])


def is_private_phone(post: Post, passage: Passage, sentence: Sentence, place: tuple[int, int], clause: Clause) -> bool:
    """Say whether a number is a private person's. place: the number, as words of its sentence.

    A number in a police post is an office's unless the words about it say otherwise: a cell, a relative, a name.
    """
    first, last = place
    texts, lexicon = sentence.texts, clause.lexicon
    digits = "".join(texts[first:last])
    if any(_same_number(digits, own) for own in post.subject.own_numbers) or digits.removeprefix("1")[:3] in _TOLL_FREE:
        return False
    before, after = texts[max(0, first - 10) : first], texts[last : last + 4]
    near = [*before[-6:], *after[:3]]
    if lexicon("office_phone").within(near):
        return False
    if lexicon("scam").within(texts) and not lexicon("relation").within(before):
        return False
    return (
        lexicon("private_phone").within(near)
        or _is_relatives(before, after, clause)
        or _is_named_persons(post, passage, sentence, first, clause)
    )


def _same_number(digits: str, own: str) -> bool:
    ours = "".join(char for char in own if char.isdigit())
    return len(digits) >= 7 and (ours.endswith(digits) or digits.endswith(ours))


def _is_relatives(before: Sequence[str], after: Sequence[str], clause: Clause) -> bool:
    relation, officer, reach = (clause.lexicon(name) for name in ("relation", "officer", "reach"))
    if relation.within(after[:2]):
        return True
    for place in range(len(before) - 1, -1, -1):
        if before[place] in officer:
            return False
        if before[place] not in relation:
            continue
        behind, between = before[max(0, place - 4) : place], before[place + 1 :]
        owned = any(word in _POSSESSIVE for word in behind[-1:]) and len(between) <= 5
        called = any(word in reach for word in behind) and len(between) <= 4
        bare = len(between) <= 1 and not any(word in reach and word not in ("at", "@") for word in between)
        return "for" not in behind[-2:] and (owned or called or bare)
    return False


def _is_named_persons(post: Post, passage: Passage, sentence: Sentence, first: int, clause: Clause) -> bool:
    """Whether the public is told to call a person by name, who is no officer and runs no event."""
    if post.subject.kind in _EVENTS:
        return False
    officer, reach = clause.lexicon("officer"), clause.lexicon("reach")
    words = sentence.words
    number = words[first].start if first < len(words) else sentence.end
    for start, end in post.people.names_between(passage.text, max(sentence.start, number - 60), number):
        if number - end <= 12:
            title = [word.text for word in words[max(0, first - 12) : first] if start - 25 <= word.start]
            return any(word in reach for word in title) and not any(word in officer for word in title)
    return False


def is_private_mail(mail: str, before: Sequence[str], clause: Clause, kind: str | None) -> bool:
    """Say whether an e-mail address is a private person's: at a free provider, or called his, hers, or a relative's."""
    local, _, domain = mail.partition("@")
    office = clause.lexicon("mail_office").triggers
    if (
        any(word in local for word in office if len(word) > 2)
        or ".gov" in domain
        or "police" in domain
        or "pd." in domain
    ):
        return False
    personal = clause.lexicon("private_mail").within(before)
    if domain.split(".")[0] in _FREE_MAIL:
        return personal or kind not in _EVENTS
    return personal
