"""The types that fields are made of: words free of what no reader sees, web addresses, times as people type them."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo
from pydantic_core import PydanticCustomError

from notifier.when import EXAMPLE, read_duration, read_past_time, read_time

MOST_DETAILS = 5_000
"""Characters that `details` and `body` take at most (contract)."""

_NEVER = {"Cc", "Cs", "Co", "Cn"}
# U+202A-202E and U+2066-2069 reorder what a reader sees; U+200E/F and U+061C nudge it. No dispatcher types them.
_BIDI = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")
# U+206A-206F are deprecated format controls, U+FFF9-FFFB hide a note, U+E0000-E007F hide whole words from the reader.
_HIDDEN = {chr(code) for code in (*range(0x206A, 0x2070), *range(0xFFF9, 0xFFFC), *range(0xE0000, 0xE0080))}


def _refuse_unseen(text: str, allowed: str) -> str:
    for position, char in enumerate(text):
        if char in allowed:
            continue
        if char in _BIDI or char in _HIDDEN or unicodedata.category(char) in _NEVER:
            raise PydanticCustomError(
                "unseen_character",
                "contains the unprintable character U+{code} at position {position}; type it again without it",
                {"code": f"{ord(char):04X}", "position": position + 1},
            )
    return text


def one_line(text: str) -> str:
    """Put words on one line, in NFC, refusing characters that no reader sees."""
    return unicodedata.normalize("NFC", " ".join(_refuse_unseen(text, "\t\n\r").split()))


def _paragraphs(text: str) -> str:
    clean = unicodedata.normalize("NFC", _refuse_unseen(text, "\t\n\r"))
    lines = [" ".join(line.split()) for line in clean.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _as_text(value: object) -> object:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _not_empty(text: str) -> str:
    # A zero-width space alone is as good as nothing.
    if not any(unicodedata.category(char)[0] in "LNPS" for char in text):
        raise PydanticCustomError("empty_text", "is empty")
    return text


Line = Annotated[str, BeforeValidator(_as_text), AfterValidator(one_line), AfterValidator(_not_empty)]
"""Words on one line; give each use its own `Field(max_length=…)`."""

Paragraphs = Annotated[str, AfterValidator(_paragraphs), AfterValidator(_not_empty)]
"""Words of several lines, at most MOST_DETAILS characters unless a field says otherwise."""


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _web_address(text: str) -> str:
    if len(text) > 500 or not re.fullmatch(r"https?://[^\s/?#@\"<>\\^`{|}]+\.[^\s\"<>\\^`{|}]+", text):
        raise PydanticCustomError(
            "web_address",
            '"{value}" is not a web address; write it whole, as "https://city.example/news"',
            {"value": shown(text)},
        )
    return text


WebAddress = Annotated[str, AfterValidator(one_line), AfterValidator(_web_address)]
WebAddresses = Annotated[tuple[WebAddress, ...], BeforeValidator(_as_list), Field(max_length=5)]
Lines = Annotated[tuple[Annotated[Line, Field(max_length=80)], ...], BeforeValidator(_as_list), Field(max_length=20)]


# --- times ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Reading:
    """What reading a dispatcher's words depends on: the moment, and the department's time zone."""

    now: datetime
    zone: ZoneInfo


def _reading(info: ValidationInfo) -> Reading:
    if not isinstance(info.context, Reading):
        raise TypeError("a kind is read with a Reading as its context")
    return info.context


def _read_moment(value: object, info: ValidationInfo) -> object:
    if not isinstance(value, str):
        if isinstance(value, datetime) and value.utcoffset() is not None:
            return value
        raise PydanticCustomError("time", "is not a time; write {example}", {"example": EXAMPLE})
    reading = _reading(info)
    after = info.data.get("starts") if info.field_name == "ends" else None
    try:
        return read_time(one_line(value), reading.now, reading.zone, after)
    except (ValueError, OverflowError) as wrong:
        raise PydanticCustomError("time", "{sentence}", {"sentence": str(wrong)}) from None


def _read_past(value: object, info: ValidationInfo) -> object:
    if not isinstance(value, str):
        return _read_moment(value, info)
    reading = _reading(info)
    try:
        return read_past_time(one_line(value), reading.now, reading.zone)
    except (ValueError, OverflowError) as wrong:
        raise PydanticCustomError("time", "{sentence}", {"sentence": str(wrong)}) from None


def _read_expiry(value: object, info: ValidationInfo) -> object:
    reading = _reading(info)
    if isinstance(value, str) and (length := read_duration(value)) is not None:
        return reading.now + length
    moment = _read_moment(value, info)
    if isinstance(moment, datetime) and moment.tzinfo and moment <= reading.now:
        raise PydanticCustomError(
            "expired",
            '"{value}" is in the past; write a time to come, as {example}',
            {"value": shown(value), "example": EXAMPLE},
        )
    return moment


Moment = Annotated[datetime, BeforeValidator(_read_moment, json_schema_input_type=str)]
PastMoment = Annotated[datetime, BeforeValidator(_read_past, json_schema_input_type=str)]
Expiry = Annotated[datetime, BeforeValidator(_read_expiry, json_schema_input_type=str)]


def shown(value: object) -> str:
    """A wrong value as it may stand in a sentence: short, printable."""
    text = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in str(value))
    return text if len(text) <= 60 else text[:57] + "..."
