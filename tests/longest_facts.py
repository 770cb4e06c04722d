"""The longest facts that each kind takes, for the proof that what is mandatory fits every form (test_rendering.py).

Each strategy gives the fields of a kind as a person types them, and the words that every text of an issue must hold.
The letters are those that a street or a name is written with; a script outside GSM-7 halves a text message, and the
dispatcher is told so at the preview.
"""

import re
import string
from dataclasses import dataclass, field
from random import Random
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from notifier.kinds import (
    crime_tip_request,
    missing_person,
    outreach,
    road_closure,
    special_event,
    wanted_person,
    weather_emergency,
)

_LETTERS = string.ascii_letters + string.digits + "áéíóúñüÁÉÑçèà" + "'’-–/&#. "


@dataclass(frozen=True)
class When:
    """A time as typed, and how it must read in each language: in a text message, and in the longer forms."""

    typed: str
    sms: dict[str, str]
    clock: dict[str, str]
    start: dict[str, str]
    """A closure's start in a text message keeps its clock."""


_DAY = {"en": "12/23", "es": "23/12"}
OTHER_DAY = When("2026-12-23T12:30", _DAY, {"en": "12:30 PM", "es": "12:30 p.m."}, {"en": " 12:30PM", "es": " 12:30"})
"""In a text message the day must stand, and the clock may go."""
TODAY = When(
    "2026-11-22T22:45",
    {"en": "10:45PM", "es": "22:45"},
    {"en": "10:45 PM", "es": "10:45 p.m."},
    {"en": " 10:45PM", "es": " 22:45"},
)
LATER = When(
    "2026-12-30T12:45",
    {"en": "12/30", "es": "30/12"},
    {"en": "12:45 PM", "es": "12:45 p.m."},
    {"en": " 12:45PM", "es": " 12:45"},
)


SEEN_ANOTHER_DAY = When(
    "2026-10-23T12:30",
    {"en": "10/23", "es": "23/10"},
    {"en": "12:30 PM", "es": "12:30 p.m."},
    {"en": " 12:30PM", "es": " 12:30"},
)
"""When somebody was last seen has been."""
SEEN_TODAY = When(
    "2026-11-22T12:45",
    {"en": "12:45PM", "es": "12:45"},
    {"en": "12:45 PM", "es": "12:45 p.m."},
    {"en": " 12:45PM", "es": " 12:45"},
)


@dataclass
class Facts:
    """Fields at their greatest lengths, and what must stand in every text whatever is dropped."""

    fields: dict[str, Any]
    words: list[str]
    moment: When | None = None
    beyond_sms: list[str] = field(default_factory=list)
    """What must stand in `short` and `long`, and may go from `sms`."""


def exactly(length: int) -> SearchStrategy[str]:
    """Words of exactly so many characters; no full stop inside a word, for that may be a web address."""
    return st.integers(0, 2**32).map(lambda seed: _words(Random(seed), length))


def _words(random: Random, length: int) -> str:
    text = "".join(random.choices(_LETTERS, k=length))
    text = re.sub(r" {2,}", lambda gap: "x" * len(gap[0]), text)
    text = re.sub(r"\.(?!\s|$)", "x", text)
    inner = text[1:-1] if length > 2 else "x" * (length - 2)
    return ("A" + inner + "z")[:length]


def _shares(draw: DrawFn, together: int, most: tuple[int, ...]) -> list[str]:
    """Words for several fields that fill what they have together, each within its own length."""
    left, shares = together, []
    for place, longest in enumerate(most):
        rest = most[place + 1 :]
        least = max(1, left - sum(rest))
        share = draw(st.integers(least, min(longest, left - len(rest))))
        shares.append(draw(exactly(share)))
        left -= share
    return shares


def _maybe(draw: DrawFn, fields: dict[str, Any], **lengths: int) -> None:
    """Add optional fields, each at its greatest length or not at all."""
    for name, length in lengths.items():
        if draw(st.booleans()):
            fields[name] = draw(exactly(length))


def _common(draw: DrawFn, fields: dict[str, Any]) -> None:
    if draw(st.booleans()):
        fields["link"] = "https://city.example/" + "a" * draw(st.integers(1, 470))
    if draw(st.booleans()):
        fields["details"] = "Sidewalks stay open, and shops too. " * draw(st.integers(1, 130))


@st.composite
def closures(draw: DrawFn) -> Facts:
    """Road closures."""
    together = road_closure.STREET_NAMES_TOGETHER
    names = draw(st.sampled_from([["street"], ["street", "from"], ["street", "to"], ["street", "from", "to"]]))
    words = _shares(draw, min(together, 60) if len(names) == 1 else together, (60, 40, 40)[: len(names)])
    fields: dict[str, Any] = dict(zip(names, words, strict=True))
    fields["reason"] = draw(exactly(120))
    fields["lanes"] = draw(st.sampled_from(["all", "some"]))
    fields["direction"] = draw(st.sampled_from([None, "southbound", "both"]))
    moment = draw(st.sampled_from([None, OTHER_DAY, TODAY]))
    start = draw(st.booleans())
    if moment is not None:
        fields["starts" if start else "ends"] = moment.typed
        if start and draw(st.booleans()):
            fields["ends"] = LATER.typed
    _maybe(draw, fields, detour=200)
    _common(draw, fields)
    return Facts(fields, words, moment)


@st.composite
def events(draw: DrawFn) -> Facts:
    """Special events."""
    words = _shares(draw, special_event.NAME_AND_PLACE_TOGETHER, (50, 60))
    moment = draw(st.sampled_from([OTHER_DAY, TODAY]))
    fields: dict[str, Any] = {"name": words[0], "place": words[1], "starts": moment.typed}
    if draw(st.booleans()):
        fields["ends"] = LATER.typed
    if draw(st.booleans()):
        fields["streets"] = [draw(exactly(80))] * draw(st.integers(1, 20))
    _maybe(draw, fields, parking=200, organiser=80)
    _common(draw, fields)
    return Facts(fields, words, moment)


@st.composite
def weather(draw: DrawFn) -> Facts:
    """Weather emergencies."""
    event, place = draw(exactly(32)), draw(exactly(weather_emergency.LONGEST_PLACE))
    more = draw(st.sampled_from([0, 1, 12, 250]))
    area = "; ".join([place, *(["ab"] * more)])
    fields: dict[str, Any] = {"event": event, "area": area[:1000].rstrip("; ")}
    fields["severity"] = draw(st.sampled_from(["Extreme", "Severe", "Moderate", "Minor", "Unknown"]))
    moment = draw(st.sampled_from([None, OTHER_DAY, TODAY]))
    if moment is not None:
        fields[draw(st.sampled_from(["starts", "ends"]))] = moment.typed
        if "starts" in fields and draw(st.booleans()):
            fields["ends"] = LATER.typed
    _maybe(draw, fields, guidance=1500, source=60)
    _common(draw, fields)
    return Facts(fields, [event, place], moment)


@st.composite
def missing_people(draw: DrawFn) -> Facts:
    """Missing people."""
    words = _shares(draw, missing_person.NAME_AND_PLACE_TOGETHER, (40, 60))
    age = draw(st.sampled_from([0, 1, 14, 120]))
    fields: dict[str, Any] = {"name": words[0], "last_seen_place": words[1], "age": age}
    moment = draw(st.sampled_from([None, SEEN_ANOTHER_DAY, SEEN_TODAY]))
    if moment is not None:
        fields["last_seen_at"] = moment.typed
    fields["endangered"] = draw(st.booleans())
    fields["sex"] = draw(st.sampled_from([None, "female", "male", "other"]))
    call = draw(st.sampled_from([None, "Det. Example, 555-555-0123 x12"]))
    fields["call"] = call
    _maybe(draw, fields, height=30, description=300, clothing=200, vehicle=120, caution=200, case_number=20)
    _common(draw, fields)
    return Facts(fields, [*words, "911", *([str(age)] if age else [])], moment, [call] if call else [])


@st.composite
def programs(draw: DrawFn) -> Facts:
    """Community outreach."""
    fields: dict[str, Any] = {}
    if draw(st.booleans()):
        words = _shares(draw, outreach.TOPIC_AND_PLACE_TOGETHER, (60, 60))
        fields["where"] = words[1]
    else:
        words = [draw(exactly(60))]
    fields["topic"] = words[0]
    fields["body"] = draw(exactly(90)) + " and so on. " * draw(st.integers(0, 400))
    moment = draw(st.sampled_from([None, OTHER_DAY, TODAY]))
    if moment is not None:
        fields["when"] = moment.typed
    _common(draw, fields)
    return Facts(fields, words, moment)


@st.composite
def wanted_people(draw: DrawFn) -> Facts:
    """Wanted people, with a name and without one."""
    together = wanted_person.NAME_CHARGE_AND_CASE_TOGETHER
    words = _shares(draw, together, (56, 20, 36)) if draw(st.booleans()) else _shares(draw, 76, (56, 20))
    fields: dict[str, Any] = {"charge": words[0], "case_number": words[1], "name": words[2] if words[2:] else None}
    fields["age"] = draw(st.sampled_from([None, 18, 34, 120]))
    _maybe(draw, fields, caution=200, description=300)
    if fields["name"] is None:
        fields["description"] = draw(exactly(300))
    _common(draw, fields)
    return Facts(fields, ["911", *words[2:]], beyond_sms=words[:2])


@st.composite
def tip_requests(draw: DrawFn) -> Facts:
    """Requests for tips."""
    words = _shares(draw, crime_tip_request.ABOUT_AND_CASE_TOGETHER, (50, 20))
    fields: dict[str, Any] = dict(zip(("about", "case_number"), words, strict=True))
    _maybe(draw, fields, description=300)
    place = draw(st.sampled_from([None, draw(exactly(60))]))
    fields["where"] = place
    fields["when"] = draw(st.sampled_from([None, SEEN_ANOTHER_DAY.typed, SEEN_TODAY.typed]))
    _common(draw, fields)
    return Facts(fields, words, beyond_sms=[place] if place else [])


@st.composite
def tips(draw: DrawFn) -> Facts:
    """Crime prevention tips."""
    topic = draw(exactly(56))
    fields: dict[str, Any] = {"topic": topic}
    fields["body"] = draw(exactly(90)) + " and so on. " * draw(st.integers(0, 400))
    _common(draw, fields)
    return Facts(fields, [topic])


LONGEST: dict[str, SearchStrategy[Facts]] = {
    "road-closure": closures(),
    "special-event": events(),
    "weather-emergency": weather(),
    "missing-person": missing_people(),
    "outreach": programs(),
    "wanted-person": wanted_people(),
    "crime-tip-request": tip_requests(),
    "crime-prevention-tip": tips(),
}
