"""A kind of notification: its typed facts, read from what a person, a form or a feed gave, each mistake a sentence."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import ErrorDetails, PydanticCustomError

from notifier.attachment import Attachment
from notifier.errors import InvalidNotification, Problem
from notifier.field_types import MOST_DETAILS, Expiry, Paragraphs, Reading, WebAddresses, shown

# CAP 1.2 words; the site's documents and Nixle both speak them.
Category = Literal["Met", "Safety", "Security", "Rescue", "Transport", "Other"]
Urgency = Literal["Immediate", "Expected", "Future", "Past", "Unknown"]
Severity = Literal["Extreme", "Severe", "Moderate", "Minor", "Unknown"]
Certainty = Literal["Observed", "Likely", "Possible", "Unlikely", "Unknown"]
Response = Literal["Shelter", "Evacuate", "Prepare", "Execute", "Avoid", "Monitor", "Assess", "AllClear", "None"]


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
    personal: ClassVar[bool] = False
    """Whether it tells of a private person, of whom nothing more is said once it is over."""

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
        photo: Attachment | None = getattr(self, "photo", None)
        return (photo, *self.attachments) if photo else self.attachments


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
    where = ".".join(shown(part) for part in place) or kind.slug
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
            sentence = f'"{shown(error["input"])}" is not one of {error["ctx"]["expected"]}'
        case kind_of_error:
            words = error["msg"]
            value = shown(error["input"])
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
    "nobody_described",
    "juvenile_shown",
}


def ends_after_start(starts: datetime | None, ends: datetime | None) -> None:
    """Refuse an end that is not after its start."""
    # By their moments: two times of one zone compare by their digits alone, wrong in the night the clocks change.
    if starts is not None and ends is not None and ends.timestamp() <= starts.timestamp():
        raise PydanticCustomError(
            "order_of_times",
            "ends ({ends}) is not after starts ({starts}); give an end that comes later",
            {"ends": f"{ends:%a %b %d %H:%M}", "starts": f"{starts:%a %b %d %H:%M}"},
        )


def together_at_most(most: int, place: str = "a text message", /, **words: str | None) -> None:
    """Refuse words that each fit their field and together leave no room in a text message, or another place."""
    together = sum(len(text or "") for text in words.values())
    if together > most:
        raise PydanticCustomError(
            "together_too_long",
            "{names} are {together} characters together, and {place} has room for {most}; shorten them",
            {"names": " and ".join(words), "together": together, "place": place, "most": most},
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
