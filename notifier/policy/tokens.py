"""A text as the learned rules read it: words, numbers and marks, each with its sort of letters and where it stands.

What tells nothing of the matter is made alike: the department's own name, telephone numbers, clock times, numbers of as
many digits. The training program reads posts by this same code, so that both see the same.
"""

import re
from collections.abc import Collection
from typing import NamedTuple

from notifier.policy.normalising import normalise
from notifier.policy.sentences import words_of

LOWER, CAPITALISED, UPPER, NO_LETTERS = range(4)

_TOKEN = re.compile(
    r"(?P<phone>(?:\(?\d{3}\)?[ .-]{0,2})?\d{3}[-. ]\d{4}(?!\d))"
    r"|(?P<number>\$?\d[\d,.:/'-]{0,30}\d|\$?\d)"
    r"|(?P<word>[A-Za-z]+|'(?:s|t|re|ve|ll|d|m)\b)"
    r"|(?P<mark>[^\w\s])"
)
_CLOCK = re.compile(r"\d{1,2}:\d\d$")
_DATE = re.compile(r"\d{1,2}[/.-]\d{1,2}(?:[/.-]\d{2,4})?$")
_YEAR = re.compile(r"(?:19|20)\d\d$")


_OFFICE = frozenset({"police", "department", "pd", "of", "the", "town", "city"})


class Token(NamedTuple):
    """A word in small letters, or what stands for a number; its shape; its place in the plain text."""

    word: str
    shape: int
    start: int
    end: int


def tokens_of(text: str, own: Collection[str] = ()) -> list[Token]:
    """Give the tokens of a plain text, in time linear in its length.

    own: words of the department's name, in small letters, that tell it from others.
    """
    found = []
    for match in _TOKEN.finditer(text):
        written = match[0]
        match match.lastgroup:
            case "word":
                low = written.lower()
                found.append(Token("<own>" if low in own else low, _shape(written, low), *match.span()))
            case "number":
                found.append(Token(_number(written), NO_LETTERS, *match.span()))
            case "phone":
                found.append(Token("<phone>", NO_LETTERS, *match.span()))
            case _:
                found.append(Token(written, NO_LETTERS, *match.span()))
    return found


def own_words(department: str | None) -> frozenset[str]:
    """Give the words of a department's name that tell it from others, as tokens have them."""
    return frozenset(words_of(normalise(department or "").text.lower())) - _OFFICE


def _shape(written: str, low: str) -> int:
    if written == low:
        return LOWER
    return UPPER if len(written) > 1 and written.isupper() else CAPITALISED


def _number(written: str) -> str:
    if written[0] == "$":
        return "<money>"
    if _CLOCK.match(written):
        return "<clock>"
    if _YEAR.match(written):
        return "<year>"
    if _DATE.match(written):
        return "<date>"
    digits = sum(char.isdigit() for char in written)
    return f"<{digits}>" if digits < 9 and digits == len(written) else "<code>" if digits > 4 else "<number>"
