"""What the order asks of a page on a social network (2.a, 2.b), and which of it a page's own words have.

A page is read with good will: many wordings count, in English and in Spanish, and where a network has no room for the
terms of use a link to them does. What is told as lacking is to be looked at by a person, who knows the page.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal
from urllib.parse import urlsplit

from notifier.policy.normalising import normalise
from notifier.policy.page_words import (
    DISOWNED,
    EMAIL,
    LINK,
    MAINTAINED,
    MONITORED,
    NOT_MAINTAINED,
    NOT_MONITORED,
    NOT_OURS,
    NOT_PURPOSE,
    NOT_REMOVED,
    OPINION,
    PIECES,
    POLICE,
    PURPOSE,
    REMOVALS,
    REMOVED,
    TERMS,
    VISITOR,
)
from notifier.profile import ProfileWriter
from notifier.settings import Department

Asked = Literal["purpose", "website", "maintained", "contact", "terms", "opinions", "comments"]

CLAUSES: Mapping[Asked, tuple[str, str]] = {
    "purpose": ("2.a.1", "an introductory statement of the purpose and scope of the department's presence"),
    "website": ("2.a.2", "a link to the department's official website"),
    "maintained": ("2.b.2", "that the department maintains the page"),
    "contact": ("2.b.2", "the department's contact information"),
    "terms": ("2.b.4", "the terms of use"),
    "opinions": ("2.b.4.a", "that visitors' opinions do not reflect the department's"),
    "comments": (
        "2.b.4.b",
        "that comments are monitored, and obscenities, off-topic comments and personal attacks removed",
    ),
}
"""What the order asks, in its order: the clause, and what it asks for."""


@dataclass(frozen=True)
class Lack:
    """Something that the order asks of a page, and the page does not have."""

    asked: Asked
    clause: str
    asks: str
    why: str


@dataclass(frozen=True)
class Page:
    """A page as it was read.

    words: all that it says of itself, but its name. room: whether the network has room for the whole terms of use.
    visitors_comment: whether visitors may write on it.
    """

    words: str
    name: str = ""
    room: bool = True
    visitors_comment: bool = True


def lacking(page: Page, department: Department) -> tuple[Lack, ...]:
    """Say what of the order a page lacks, by clause."""
    reading = _Reading(page, department)
    checks: Mapping[Asked, Callable[[], str | None]] = {
        "purpose": reading.purpose,
        "website": reading.website,
        "maintained": reading.maintained,
        "contact": reading.contact,
        "terms": reading.terms,
        "opinions": reading.opinions,
        "comments": reading.comments,
    }
    found = ((asked, check()) for asked, check in checks.items() if page.visitors_comment or asked not in _FOR_VISITORS)
    return tuple(Lack(asked, *CLAUSES[asked], why) for asked, why in found if why)


def words_to_add(lack: Lack, page: Page, department: Department, writer: ProfileWriter) -> str:
    """Give words that a page lacks; where there is no room for the terms of use, their link or their gist."""
    if lack.asked not in _FOR_VISITORS:
        return writer.sentence(lack.asked)
    if department.terms_of_use is not None and (lack.asked == "terms" or not page.room):
        return writer.sentence("terms_link")
    if lack.asked == "terms":
        return writer.sentence("rules" if page.room else "conduct")
    return writer.sentence(lack.asked if page.room else "conduct")


_FOR_VISITORS = ("terms", "opinions", "comments")
_NEAR = 300
"""Characters after "terms of use" in which its link is looked for."""


class _Reading:
    """The words of one page, and what each clause looks for in them: None where it is there, else why it is not."""

    def __init__(self, page: Page, department: Department) -> None:
        self._page = page
        self._department = department
        self._low = normalise(page.words).text.lower()
        self._sentences = [one for piece in re.split(PIECES, self._low) if (one := " ".join(piece.split()))]

    def purpose(self) -> str | None:
        if self._any(PURPOSE, but=NOT_PURPOSE):
            return None
        return "nothing says what the page is for" if self._low else "the page says nothing of itself"

    def website(self) -> str | None:
        host = (urlsplit(self._department.website).hostname or "").removeprefix("www.")
        there = re.search(rf"(?<![\w.@-])(?:www\.)?{re.escape(host)}(?![\w-]|\.\w)", self._low)
        return None if there else f"nothing leads to {host}"

    def maintained(self) -> str | None:
        if re.search(DISOWNED, self._low) or not self._any(MAINTAINED, but=NOT_MAINTAINED):
            return "nothing says whose official page it is"
        own = (self._department.name, self._department.short_name)
        everything = f"{normalise(self._page.name).text.lower()}\n{self._low}"
        named = any(normalise(name).text.lower() in everything for name in own) or re.search(POLICE, everything)
        return None if named else "nothing names the department"

    def contact(self) -> str | None:
        spaced = r"[^0-9a-z]{0,3}".join(re.sub(r"[^0-9a-z]", "", self._department.phone.lower())[-10:])
        if re.search(rf"(?<![0-9a-z])1?{spaced}(?![0-9a-z])", self._low):
            return None
        if re.search(EMAIL, self._low):
            return None
        return f"neither {self._department.phone} nor an email address is there"

    def terms(self) -> str | None:
        if self._terms_linked or self._rules:
            return None
        named = "named, but " if self._any((TERMS,)) else ""
        return f"terms of use are {named}neither told nor linked"

    def opinions(self) -> str | None:
        if self._opinions or self._link_is_enough:
            return None
        return "nothing says that visitors' opinions do not reflect the department's"

    def comments(self) -> str | None:
        missing = [] if self._monitored else ["that comments are monitored"]
        if self._kept_comments:
            missing.append(f"that {_in_a_row(self._kept_comments)} are removed")
        return f"nothing says {' or '.join(missing)}" if missing and not self._link_is_enough else None

    @property
    def _link_is_enough(self) -> bool:
        return self._terms_linked and not self._page.room

    @cached_property
    def _rules(self) -> bool:
        """Whether the page tells at least a part of the terms, with the rest told as lacking."""
        return self._opinions or self._monitored or len(self._kept_comments) < len(REMOVALS)

    @cached_property
    def _opinions(self) -> bool:
        pairs = (" ".join(self._sentences[place : place + 2]) for place in range(len(self._sentences)))
        return any(_says(pair, NOT_OURS, OPINION, VISITOR) for pair in pairs)

    @cached_property
    def _terms_linked(self) -> bool:
        own = self._department.terms_of_use
        if own is not None and own != self._department.website and _bare(own) in self._low:
            return True
        lines = self._low.split("\n")
        following = zip(lines, [*lines[1:], ""], strict=True)
        return any(
            re.search(LINK, f"{line[found.end() : found.end() + _NEAR]} {after[:_NEAR]}")
            for line, after in following
            for found in re.finditer(TERMS, line)
        )

    @cached_property
    def _monitored(self) -> bool:
        return self._any(MONITORED, but=NOT_MONITORED)

    @cached_property
    def _kept_comments(self) -> list[str]:
        """Name what the order lets the department remove, and the page does not say that it removes."""
        removed = " ".join(self._of_removal())
        return [what for what, words in REMOVALS.items() if not re.search(words, removed)]

    def _of_removal(self) -> list[str]:
        """Give the sentences that speak of removing, with those around them: what is removed may be a list."""
        found: set[int] = set()
        for place, one in enumerate(self._sentences):
            if re.search(REMOVED, one) and not re.search(NOT_REMOVED, one):
                found.update(range(max(0, place - 3), min(place + 12, len(self._sentences))))
        return [self._sentences[place] for place in sorted(found)]

    def _any(self, patterns: Iterable[str], but: str = r"(?!)") -> bool:
        """Whether a sentence has one of these, and not what takes it back."""
        return any(
            any(re.search(pattern, one) for pattern in patterns) and not re.search(but, one) for one in self._sentences
        )


def _says(text: str, *patterns: str) -> bool:
    return all(re.search(pattern, text) for pattern in patterns)


def _bare(address: str) -> str:
    return re.sub(r"^https?://(?:www\.)?", "", address.lower()).rstrip("/")


def _in_a_row(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
