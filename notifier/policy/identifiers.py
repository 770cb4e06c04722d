"""Shapes of what identifies a person: telephone numbers, dates, plates, addresses, e-mail, identity and bank numbers.

A shape alone is no fault; personal_data.py decides whose it is. Every pattern is compiled when a text first has what it
needs, and none can repeat a choice inside a repetition: all run in linear time.
"""

import re
from collections.abc import Iterator
from functools import cache

Span = tuple[int, int]

_MONTHS = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    "|nov(?:ember)?|dec(?:ember)?|enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre"
    "|janeiro|fevereiro|marco|maio|junho|julho|setembro|outubro|novembro|dezembro"
)
_STREET_KINDS = (
    "st|street|ave|avenue|rd|road|ln|lane|dr|drive|ct|court|pl|place|blvd|boulevard|ter|terrace|cir|circle|pkwy|parkway"
    "|way|row|sq|square|hwy|highway"
)
_PATTERNS = {
    "phone": r"(?<![\w$#/-])(?:\+?1[-. ]{1,2})?(?:\(\d{3}\)[-. ]{0,2}|\d{3}[-. /]{1,2})\d{3}[-. ]{1,2}\d{4}(?![\w-])"
    r"|(?<![\w.$#-])\+?1?\d{10}(?!\w)|(?<![\w.$#/-])\d{3}-\d{4}(?![\w-])",
    "ssn": r"(?<![\w-])(?:\d{3}|[x*]{3})([- .])(?:\d{2}|[x*]{2})\1\d{4}(?![\w-])",
    "cpf": r"(?<!\w)\d{3}\.\d{3}\.\d{3}-\d{2}(?!\w)",
    "date": r"(?<![\w/.-])(?:\d{1,2}([/.-])\d{1,2}\1(?:19|20)?\d{2}|(?:19|20)\d{2}-\d{2}-\d{2})(?![\w/])"
    rf"|\b(?:{_MONTHS})\.? \d{{1,2}}(?:st|nd|rd|th)?,? (?:19|20)\d{{2}}\b"
    rf"|\b\d{{1,2}}(?: de |[ -])(?:{_MONTHS})(?: del? |,? |-)(?:19|20)?\d{{2}}\b",
    "email": r"(?<![\w.+-])[a-z0-9][a-z0-9._%+-]{0,63}@[a-z0-9](?:[a-z0-9-]{0,62})(?:\.[a-z0-9-]{1,63}){1,4}",
    "number": r"\b[a-z]{0,3}\d[\d -]{2,22}\d(?!\w)",
    "address": r"(?<![\w.,/:$#-])\d{1,5}[a-d]? (?:(?:n|s|e|w|north|south|east|west|old)\.? )?"
    r"(?:(?!of |and |at |on |in )[a-z][a-z'.-]{1,20} ){1,3}"
    rf"(?:{_STREET_KINDS})\b(?:,? (?:apt|apartment|unit|#) ?#?\w{{1,5}})?"
    r"|\b(?:calle|avenida|av\.|rua|carrera) (?:[a-z][a-z'.]{1,20} ){1,3}?"
    r"(?:,? ?(?:no\.?|num\.?|numero|n\.|#) ?)?\d{1,5}\b",
}
_PLATE_SHAPE = (
    r"(?<![\w$#/.:-])(?:\d[A-Z]{2,3} ?\d{2,3}|\d{3} ?[A-Z]{2,3}\d?|[A-Z]{3}[ -]?\d{3,4}"
    r"|\d{2}[A-Z]{1,2} ?[A-Z]?\d{2}|\d{3}[- ]?[A-Z]{3})(?![\w:])"
)
_PLATE_VALUE = r"[ :#\"']{1,3}((?=[A-Z0-9 -]{0,6}\d)[A-Z0-9]{1,7}(?:[ -][A-Z0-9]{1,5})?)(?![\w])"


@cache
def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(_PATTERNS[name])


@cache
def _plates() -> tuple[re.Pattern[str], re.Pattern[str]]:
    return re.compile(_PLATE_SHAPE), re.compile(_PLATE_VALUE)


def shapes(name: str, low: str) -> Iterator[Span]:
    """Yield where a text in small letters has a shape: phone, ssn, cpf, date, email or address."""
    for match in _pattern(name).finditer(low):
        yield match.span()


def plate_shapes(text: str) -> Iterator[Span]:
    """Yield what looks like a registration plate, in capitals as it is written."""
    for match in _plates()[0].finditer(text):
        yield match.span()


def plate_after(text: str, position: int) -> Span | None:
    """Give the plate that stands right after the word for it."""
    match = _plates()[1].match(text, position)
    return match.span(1) if match else None


def number_after(low: str, position: int, end: int, fewest: int) -> Span | None:
    """Give the number of at least so many digits that begins within 30 characters after a label."""
    match = _pattern("number").search(low, position, min(end, position + 50))
    if match is None or match.start() - position > 30 or sum(char.isdigit() for char in match[0]) < fewest:
        return None
    return match.span()
