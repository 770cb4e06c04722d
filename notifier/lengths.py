"""How long a text is, as each network counts it."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from notifier.channel import Limit, Unit

# GSM 03.38: the basic set costs one septet a character, the extension two (escape and character).
_GSM7_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM7_EXTENSION: Final = frozenset("^{}\\[~]|€\f")
_NOT_BASIC: Final = f"[^{re.escape(''.join(sorted(_GSM7_BASIC)))}]"
_EXTENDED: Final = f"[{re.escape(''.join(sorted(_GSM7_EXTENSION)))}]"
_NOT_GSM7: Final = f"[^{re.escape(''.join(sorted(_GSM7_BASIC | _GSM7_EXTENSION)))}]"

GSM7_SINGLE, GSM7_PART = 160, 153
UCS2_SINGLE, UCS2_PART = 70, 67
X_LIMIT = 280

_PLAIN_SIGNS: Final = {
    "\u2018": "'",
    "\u2019": "'",
    "\u201a": "'",
    "\u201b": "'",
    "\u2032": "'",
    "\u201c": '"',
    "\u201d": '"',
    "\u201e": '"',
    "\u2033": '"',
    "\u00ab": '"',
    "\u00bb": '"',
    "\u2010": "-",
    "\u2011": "-",
    "\u2012": "-",
    "\u2013": "-",
    "\u2014": "-",
    "\u2015": "-",
    "\u2212": "-",
    "\u2026": "...",
    "\u2022": "*",
    "\u00a0": " ",
    "\u2009": " ",
    "\u202f": " ",
    "\u00b7": "-",
    "\u00ba": "o",
    "\u00aa": "a",
    "\u00b0": " deg",
}


@dataclass(frozen=True)
class Segments:
    """A text message as the operator bills it."""

    encoding: str
    units: int
    """GSM-7 septets, or UTF-16 units in UCS-2."""
    single: int
    """Units that fit one segment."""
    segments: int


def to_gsm7(text: str) -> str:
    """Write a text in GSM-7 where that loses no meaning: curly quotes, dashes and accents GSM-7 lacks become plain.

    One curly apostrophe would switch a whole message to UCS-2 and more than halve it. What has no plain twin stays.
    """
    if not re.search(_NOT_BASIC, text):
        return text
    return "".join(char if char in _GSM7_BASIC or char in _GSM7_EXTENSION else _plain_twin(char) for char in text)


def _plain_twin(char: str) -> str:
    if char in _PLAIN_SIGNS:
        return _PLAIN_SIGNS[char]
    bare = unicodedata.normalize("NFD", char)[0]
    return bare if bare in _GSM7_BASIC else char


def sms_segments(text: str) -> Segments:
    """Count a text message: GSM-7 septets (extension characters cost two) or UTF-16 units, and its segments."""
    if not re.search(_NOT_GSM7, text):
        if not re.search(_EXTENDED, text):
            parts = 1 if len(text) <= GSM7_SINGLE else -(-len(text) // GSM7_PART)
            return Segments("GSM-7", len(text), GSM7_SINGLE, parts)
        costs = [2 if char in _GSM7_EXTENSION else 1 for char in text]
        return Segments("GSM-7", sum(costs), GSM7_SINGLE, _parts(costs, GSM7_SINGLE, GSM7_PART))
    costs = [2 if ord(char) > 0xFFFF else 1 for char in text]
    return Segments("UCS-2", sum(costs), UCS2_SINGLE, _parts(costs, UCS2_SINGLE, UCS2_PART))


def _parts(costs: list[int], single: int, part: int) -> int:
    """Count the segments; a character that costs two is never split between two of them."""
    if sum(costs) <= single:
        return 1
    segments, used = 1, 0
    for cost in costs:
        if used + cost > part:
            segments, used = segments + 1, 0
        used += cost
    return segments


# Patterns stand as text: `re` compiles and keeps one when it is first used, and most commands use few.

# Where X finds no address and no emoji, what is counted is what stands there: a full stop before two letters may be a
# bare domain (no top-level domain is shorter), 0-9 * # may begin a keycap. Such a text needs the parser, which takes a
# quarter of a second to import.
_X_DOUBLE: Final = "[^\u0000-\u10ff\u2000-\u200d\u2010-\u201f\u2032-\u2037]"
_X_MAY_BE_DOMAIN: Final = r"\.[^\W\d_]{2}"
_X_MAY_BE_EMOJI: Final = "[\u00a9\u00ae\u203c-\u3299\ufe0f\u200d]|[^\u0000-\uffff]"
_X_URL_COST: Final = 23
_X_PLAIN: Final = "!-\\-/-~\u00a1-\u00a8\u00aa-\u00ad\u00af-\u02ff\u2010-\u201f"
_X_PLAIN_WORD: Final = rf"(?<!\S)(?:[{_X_PLAIN}]|\.(?![^\W\d_]{{2}}))+(?!\S)|[ \n]"


def x_length(text: str) -> int:
    """Count as X does: most characters 1, others 2, every web address 23, every emoji 2, after NFC (config v3)."""
    if not re.search(_X_MAY_BE_DOMAIN, text) and not re.search(_X_MAY_BE_EMOJI, text):
        return _x_characters(unicodedata.normalize("NFC", text).replace("\r\n", "\n"))
    return int(_tweet_parser()(text).weightedLength)


@cache
def _tweet_parser() -> Callable[[str], Any]:
    import warnings

    # It reads its data through pkg_resources, of which newer versions warn whoever runs the program.
    warnings.filterwarnings("ignore", "pkg_resources is deprecated")
    from twitter_text import parse_tweet

    parser: Callable[[str], Any] = parse_tweet
    return parser


def _x_characters(text: str) -> int:
    return len(text) if text.isascii() else len(text) + len(re.findall(_X_DOUBLE, text))


def x_at_most(text: str) -> int:
    """Bound X's count from above without its parser: every character, and 23 for each full stop inside a word."""
    if text.isascii():
        return len(text) + len(re.findall(_X_MAY_BE_DOMAIN, text)) * _X_URL_COST
    composed = unicodedata.normalize("NFC", text)
    signs = composed.count("\u00a9") + composed.count("\u00ae")
    return _x_characters(composed) + len(re.findall(_X_MAY_BE_DOMAIN, composed)) * _X_URL_COST + signs


def x_at_least(text: str) -> int:
    """Bound X's count from below without its parser: the characters of plain words, no part of an address."""
    return sum(len(word) for word in re.findall(_X_PLAIN_WORD, text))


def grapheme_length(text: str) -> int:
    """Count characters as a reader sees them (extended grapheme clusters, UAX 29)."""
    if text.isascii() and "\r" not in text:
        return len(text)
    import regex

    return len(regex.findall(r"\X", text))


_ADDRESS: Final = r"https?://\S*[^\s.,;:!?\"'()\[\]<>]"
_MASTODON_COST: Final = 23
_ELSEWHERE: Final = r"(?<![\w/])(@\w+(?:[\w.-]*\w)?)@[\w.-]+\w"


def mastodon_length(text: str) -> int:
    """Count as Mastodon does: graphemes, every web address with its scheme 23, `@user@server` as `@user`.

    Source: StatusLengthValidator of Mastodon 4. A server may count addresses otherwise; its default is 23.
    """
    bare, addresses = re.subn(_ADDRESS, "", text)
    return grapheme_length(re.sub(_ELSEWHERE, r"\1", bare)) + addresses * _MASTODON_COST


def mastodon_at_most(text: str) -> int:
    """Bound Mastodon's count from above: no address costs more than its own length and 23."""
    return len(text) + text.count("://") * _MASTODON_COST


def threads_length(text: str) -> int:
    """Count as Threads does: characters, but an emoji as the bytes of its UTF-8."""
    if text.isascii():
        return len(text)
    import regex

    return sum(
        byte_length(cluster)
        if regex.search(r"\p{Emoji_Presentation}|\p{Extended_Pictographic}|\ufe0f|\u20e3", cluster)
        else len(cluster)
        for cluster in regex.findall(r"\X", text)
    )


def byte_length(text: str) -> int:
    """Count UTF-8 bytes."""
    return len(text.encode())


def sms_length(text: str) -> int:
    """Count the units of a text message, as written for GSM-7 where it can be."""
    return sms_segments(to_gsm7(text)).units


_COUNTS: Final[dict[Unit, Callable[[str], int]]] = {
    "x": x_length,
    "graphemes": grapheme_length,
    "sms": sms_length,
    "bytes": byte_length,
    "characters": len,
    "mastodon": mastodon_length,
    "threads": threads_length,
}
_UPPER: Final[dict[Unit, Callable[[str], int]]] = {
    "x": x_at_most,
    "graphemes": len,
    "mastodon": mastodon_at_most,
    "threads": byte_length,
}
_LOWER: Final[dict[Unit, Callable[[str], int]]] = {"x": x_at_least}


def length(text: str, unit: Unit) -> int:
    """Count a text in a network's own unit."""
    return _COUNTS[unit](text)


def fits(text: str, limit: Limit | None) -> bool:
    """Say whether a text is within a limit; exact, but counts exactly only where cheap bounds do not decide."""
    if limit is None:
        return True
    if limit.size is not None and byte_length(text) > limit.size:
        return False
    most = limit_for(text, limit)
    if limit.unit in _UPPER and _UPPER[limit.unit](text) <= most:
        return True
    if limit.unit in _LOWER and _LOWER[limit.unit](text) > most:
        return False
    return length(text, limit.unit) <= most


def limit_for(text: str, limit: Limit) -> int:
    """Give the limit that holds for this text: a text message with a character outside GSM-7 has fewer units."""
    if limit.unit != "sms" or sms_segments(to_gsm7(text)).encoding == "GSM-7":
        return limit.amount
    return limit.amount * UCS2_SINGLE // GSM7_SINGLE


_WORDS: Final[dict[Unit, str]] = {"x": "weighted characters", "sms": "SMS characters", "bytes": "bytes"}


def unit_words(limit: Limit | None) -> str:
    """Name the unit of a limit as people say it."""
    return _WORDS.get(limit.unit, "characters") if limit else "characters"


def unit_limit(unit: Unit) -> Limit | None:
    """Give the limit that a bare unit stands for, where it stands for one: one post of a network, one text message."""
    amounts: dict[Unit, int] = {"x": X_LIMIT, "sms": GSM7_SINGLE, "mastodon": 500, "threads": 500}
    return Limit(amounts[unit], unit) if unit in amounts else None
