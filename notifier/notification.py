"""What every notification has, whatever its kind: its typed facts, and the envelope that says who, when, how long."""

import re
import secrets
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, ValidationInfo
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import ErrorDetails, PydanticCustomError

from notifier.errors import InvalidNotification, Problem
from notifier.when import EXAMPLE, read_duration, read_time

Stage = Literal["issue", "update", "correction", "resolve", "withdraw"]
Status = Literal["actual", "exercise"]

# CAP 1.2 words; the site's documents and Nixle both speak them.
Category = Literal["Met", "Safety", "Security", "Rescue", "Transport", "Other"]
Urgency = Literal["Immediate", "Expected", "Future", "Past", "Unknown"]
Severity = Literal["Extreme", "Severe", "Moderate", "Minor", "Unknown"]
Certainty = Literal["Observed", "Likely", "Possible", "Unlikely", "Unknown"]
Response = Literal["Shelter", "Evacuate", "Prepare", "Execute", "Avoid", "Monitor", "Assess", "AllClear", "None"]

MOST_DETAILS = 5_000
"""Characters that `details` and `body` take at most (contract)."""


# --- words ------------------------------------------------------------------------------------------------------------

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


def _one_line(text: str) -> str:
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


Line = Annotated[str, BeforeValidator(_as_text), AfterValidator(_one_line), AfterValidator(_not_empty)]
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
            {"value": _shown(text)},
        )
    return text


WebAddress = Annotated[str, AfterValidator(_one_line), AfterValidator(_web_address)]
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
        return read_time(_one_line(value), reading.now, reading.zone, after)
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
            {"value": _shown(value), "example": EXAMPLE},
        )
    return moment


Moment = Annotated[datetime, BeforeValidator(_read_moment, json_schema_input_type=str)]
Expiry = Annotated[datetime, BeforeValidator(_read_expiry, json_schema_input_type=str)]


# --- pictures and papers ----------------------------------------------------------------------------------------------

LARGEST_ATTACHMENT = 20 * 1024 * 1024
"""Bytes; larger than any network of the order takes for a picture."""

_SIGNATURES: dict[str, tuple[bytes, ...]] = {
    "image/jpeg": (b"\xff\xd8\xff",),
    "image/png": (b"\x89PNG\r\n\x1a\n",),
    "image/gif": (b"GIF87a", b"GIF89a"),
    "image/webp": (b"RIFF",),
    "application/pdf": (b"%PDF-",),
    "video/mp4": (b"\x00\x00\x00",),
}
_INNER_SIGNATURES: dict[str, tuple[int, bytes]] = {"image/webp": (8, b"WEBP"), "video/mp4": (4, b"ftyp")}
"""What must stand further in, where the first bytes say too little."""

_SUFFIXES = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".pdf": "application/pdf",
    ".mp4": "video/mp4",
}


def _existing_file(text: str) -> str:
    path = Path(text)
    expected = _SUFFIXES.get(path.suffix.lower())
    try:
        path = path.expanduser()
        if not path.is_file():
            raise PydanticCustomError(
                "no_file", 'there is no file "{path}"; give the path of a picture', {"path": _shown(text)}
            )
        size = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(16)
    except (OSError, RuntimeError) as wrong:
        why = wrong.strerror if isinstance(wrong, OSError) and wrong.strerror else str(wrong)
        raise PydanticCustomError(
            "no_file",
            '"{path}" cannot be read ({why}); give the path of a picture',
            {"path": _shown(text), "why": why},
        ) from None
    name = {"name": _shown(path.name), "kind": expected}
    if expected is None:
        raise PydanticCustomError(
            "file_type", '"{name}" is not a jpg, png, gif, webp, pdf or mp4 file; save it as one of these', name
        )
    if size > LARGEST_ATTACHMENT:
        raise PydanticCustomError(
            "file_size", '"{name}" is larger than 20 MB; make it smaller and attach it again', name
        )
    offset, inner = _INNER_SIGNATURES.get(expected, (0, b""))
    if not start.startswith(_SIGNATURES[expected]) or not start.startswith(inner, offset):
        raise PydanticCustomError(
            "file_content",
            'is not what its name says: "{name}" does not hold a {kind}; open it, save it again and attach it',
            name,
        )
    return str(path)


FilePath = Annotated[str, AfterValidator(_one_line), AfterValidator(_existing_file)]


class Attachment(BaseModel):
    """A picture or paper that goes with a notification, with what stands in its place for who cannot see it."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    file: FilePath = Field(description="path of a jpg, png, gif, webp, pdf or mp4 file", examples=["map.png"])
    alt: Annotated[Line, Field(max_length=1000)] | None = Field(
        None, description="what the picture shows, for people who cannot see it"
    )
    rights: Annotated[Line, Field(max_length=300)] | None = Field(
        None, description="who holds the rights, or by whose permission it is used"
    )

    @property
    def name(self) -> str:
        """The file's own name, without its folder."""
        return Path(self.file).name

    @property
    def media_type(self) -> str:
        """The MIME type that the name says and the content was checked against."""
        return _SUFFIXES[Path(self.file).suffix.lower()]


# --- a kind -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class AlertFacts:
    """What CAP wants to know of a notification (CAP 1.2, info and area)."""

    event: str
    category: Category
    response: Response
    urgency: Urgency
    severity: Severity
    certainty: Certainty
    area: str
    instruction: str | None = None
    onset: datetime | None = None


class Kind(BaseModel):
    """The typed facts of one kind of notification, in the words dispatchers use.

    The command, its help, its JSON Schema and its validation are all made from a subclass of this. A subclass names
    its own fields first; these common ones follow.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", validate_by_name=True, validate_by_alias=True, defer_build=True
    )

    slug: ClassVar[str]
    """The kind's name on the command line and in JSON."""
    summary: ClassVar[str]
    """One line for the list of commands."""
    lasts: ClassVar[timedelta]
    """How long after its end, else after its issue, the news is still news."""
    priority: ClassVar[int] = 5
    """0 overtakes all, 9 waits for all."""
    resolved_words: ClassVar[str] = "is over"

    details: Annotated[Paragraphs, Field(max_length=MOST_DETAILS)] | None = Field(
        None, description="anything else the public needs to know", examples=["Sidewalks stay open."]
    )
    link: WebAddresses = Field((), description="a web address with more", examples=["https://city.example/news"])
    attachments: Annotated[tuple[Attachment, ...], Field(max_length=10)] = Field((), description="pictures and papers")
    expires: Expiry | SkipJsonSchema[None] = Field(
        None, description="when this is no longer news: a time, or a length such as 2h"
    )

    def ends_at(self) -> datetime | None:
        """When what is announced ends, where the kind knows it."""
        return getattr(self, "ends", None)

    def alert_facts(self) -> AlertFacts:
        """What CAP wants to know of this notification."""
        raise NotImplementedError(f"{type(self).__name__} says nothing for CAP")

    def pictures(self) -> tuple[Attachment, ...]:
        """The attachments, a kind's own `photo` first."""
        return self.attachments


def own_fields(kind: type[Kind]) -> list[str]:
    """Name the fields of a kind that are not common to all, in the order of the class."""
    return [name for name in kind.model_fields if name not in Kind.model_fields]


def option_name(kind: type[Kind], field: str) -> str:
    """Name a field as the command line and the JSON spell it (`from`, though Python needs `from_`)."""
    return kind.model_fields[field].alias or field


def read_kind(kind: type[Kind], data: Mapping[str, Any], reading: Reading) -> Kind:
    """Read typed facts from what a person, a form or a feed gave; InvalidNotification tells every problem at once."""
    given = {name: value for name, value in data.items() if value is not None}
    try:
        return kind.model_validate(given, context=reading)
    except ValidationError as wrong:
        # A field that may be left out is told of as two: what is wrong with it, and that it is not None.
        errors = [error for error in wrong.errors() if error["type"] != "none_required"]
        raise InvalidNotification([_problem(kind, error) for error in errors]) from None


def _problem(kind: type[Kind], error: ErrorDetails) -> Problem:
    place = [str(part) for part in error["loc"] if not str(part).startswith(("tuple[", "function-"))]
    where = ".".join(_shown(part) for part in place) or kind.slug
    field = next((f for name, f in kind.model_fields.items() if place and place[0] in (name, f.alias)), None)
    example = f"; for example {field.examples[0]}" if field is not None and field.examples else ""
    match error["type"]:
        case "missing":
            sentence = f"is required{example}"
        case "empty_text":
            sentence = f"is empty; write it or leave it out{example}"
        case "extra_forbidden" if len(place) > 1:
            sentence = "there is no such field; check its spelling"
        case "extra_forbidden":
            names = ", ".join(option_name(kind, name) for name in kind.model_fields)
            sentence = f"a {kind.slug} has no such field; its fields are {names}"
        case "string_too_long" | "too_long" if isinstance(error["input"], str):
            longest = error["ctx"]["max_length"]
            sentence = f"is {len(error['input'])} characters long; at most {longest} fit, so say it shorter"
        case "too_long":
            sentence = f"is given {error['ctx']['actual_length']} times; at most {error['ctx']['max_length']} fit"
        case "literal_error":
            sentence = f'"{_shown(error["input"])}" is not one of {error["ctx"]["expected"]}'
        case kind_of_error:
            words = error["msg"]
            value = _shown(error["input"])
            if kind_of_error in _OWN_SENTENCES:
                sentence = words
            elif not value:
                sentence = f"is empty; write it or leave it out{example}"
            else:
                sentence = f'"{value}" is not right: {words[:1].lower()}{words[1:]}{example}'
    return Problem(where, sentence)


_OWN_SENTENCES = {
    "unseen_character",
    "time",
    "expired",
    "web_address",
    "no_file",
    "file_type",
    "file_size",
    "file_content",
    "order_of_times",
    "together_too_long",
    "no_alt_text",
    "no_place",
}


def _shown(value: object) -> str:
    """A wrong value as it may stand in a sentence: short, printable."""
    text = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in str(value))
    return text if len(text) <= 60 else text[:57] + "..."


def ends_after_start(starts: datetime | None, ends: datetime | None) -> None:
    """Refuse an end that is not after its start."""
    # By their moments: two times of one zone compare by their digits alone, wrong in the night the clocks change.
    if starts is not None and ends is not None and ends.timestamp() <= starts.timestamp():
        raise PydanticCustomError(
            "order_of_times",
            "ends ({ends}) is not after starts ({starts}); give an end that comes later",
            {"ends": f"{ends:%a %b %d %H:%M}", "starts": f"{starts:%a %b %d %H:%M}"},
        )


def together_at_most(most: int, **words: str | None) -> None:
    """Refuse words that each fit their field and together leave no room in a text message."""
    together = sum(len(text or "") for text in words.values())
    if together > most:
        raise PydanticCustomError(
            "together_too_long",
            "{names} are {together} characters together, and a text message has room for {most}; shorten them",
            {"names": " and ".join(words), "together": together, "most": most},
        )


def pictures_have_alt(attachments: tuple[Attachment, ...]) -> None:
    """Refuse a picture that nothing stands for where it cannot be seen (WCAG 2.1, 1.1.1)."""
    for attachment in attachments:
        if attachment.alt is None:
            raise PydanticCustomError(
                "no_alt_text",
                '"{name}" has no alt text; add --alt "what the picture shows"',
                {"name": attachment.name},
            )


# --- the envelope -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Notification:
    """One notification at one revision: typed facts, and who issued them, when, for how long, in which languages."""

    id: str
    department: str
    facts: Kind
    stage: Stage
    status: Status
    revision: int
    created: datetime
    expires: datetime
    languages: tuple[str, ...]
    author: str
    """The user as claimed: `--as`, else $NOTIFY_USER, else the login."""
    login: str
    """The operating system's login, kept beside the claim."""
    source: str = "console"
    """Where it came from: `console`, or a feed as `feed:nws`."""

    @property
    def kind(self) -> str:
        """The kind's name."""
        return self.facts.slug


def expiry(facts: Kind, now: datetime) -> datetime:
    """Say when a notification is no longer news: as given, else some time after its end or its issue."""
    if facts.expires is not None:
        return facts.expires
    end = facts.ends_at()
    return end if end is not None and end > now else now + facts.lasts


_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def new_id(now: datetime) -> str:
    """Make an id that sorts by time and can be read over the radio: n-20261122-145806-k7f3q (UTC)."""
    tail = "".join(secrets.choice(_ALPHABET) for _ in range(5))
    return f"n-{now.astimezone(UTC):%Y%m%d-%H%M%S}-{tail}"
