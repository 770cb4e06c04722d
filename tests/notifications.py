"""Builders that many tests share: a department, a notification of any kind, a message, a picture.

Every builder gives something valid and complete; a test names only what it is about:
`a_notification("road-closure", street="Elm Street", stage="resolve")`.
"""

import hashlib
import importlib
import pkgutil
import struct
import zlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from notifier import kinds
from notifier.channel import Media, Message
from notifier.field_types import Reading
from notifier.kind import Kind, read_kind
from notifier.notification import Notification, Stage, Status, expiry
from notifier.pictures import clean
from notifier.settings import Department

ZONE = ZoneInfo("America/New_York")
NOW = datetime(2026, 11, 22, 14, 58, 6, tzinfo=ZONE).astimezone(UTC)
"""A Sunday afternoon in Exampleton: 2:58 PM EST."""

REQUIRED_FIELDS: Mapping[str, Mapping[str, Any]] = {
    "road-closure": {"street": "Main Street", "reason": "water main break"},
    "special-event": {"name": "Founders Day Parade", "place": "City Common", "starts": "2026-11-28T10:00"},
    "weather-emergency": {"event": "Flash Flood Warning", "area": "Southeast Middlesex"},
    "missing-person": {"name": "Robin Example", "age": 14, "last_seen_place": "Prospect Hill Park"},
    "outreach": {"topic": "Coffee with a Cop", "body": "Meet your patrol officers over a cup of coffee."},
    "wanted-person": {"charge": "armed robbery", "case_number": "26-004211", "name": "Robin Example"},
    "crime-tip-request": {"about": "a hit-and-run crash", "case_number": "26-004300"},
    "crime-prevention-tip": {"topic": "Lock your car", "body": "Take keys and valuables with you. Park under a light."},
}
"""The least that each kind takes."""

FULL_FIELDS: Mapping[str, Mapping[str, Any]] = {
    "road-closure": {
        **REQUIRED_FIELDS["road-closure"],
        "from": "Elm Street",
        "to": "Oak Street",
        "direction": "northbound",
        "lanes": "some",
        "starts": "2026-11-22T18:30",
        "ends": "2026-11-23T06:00",
        "detour": "Use River Road.",
        "details": "Sidewalks stay open.",
        "link": "https://city.example/closures",
    },
    "special-event": {
        **REQUIRED_FIELDS["special-event"],
        "ends": "2026-11-28T14:00",
        "streets": ["Elm Street", "Oak Street"],
        "parking": "Park at the high school.",
        "organiser": "Exampleton Rotary",
        "link": "https://city.example/parade",
    },
    "weather-emergency": {
        **REQUIRED_FIELDS["weather-emergency"],
        "area": "Southeast Middlesex; Norfolk; Suffolk",
        "severity": "Severe",
        "starts": "2026-11-22T18:00",
        "ends": "2026-11-23T01:00",
        "guidance": "Move to higher ground now. Do not drive through water.",
        "source": "NWS Boston",
        "link": "https://city.example/flood",
    },
    "missing-person": {
        **REQUIRED_FIELDS["missing-person"],
        "last_seen_at": "2026-11-22T11:00",
        "sex": "female",
        "height": "5 ft 4 in",
        "description": "Slim build, short brown hair, green eyes.",
        "clothing": "Red jacket, blue jeans, white sneakers.",
        "vehicle": "Silver bicycle.",
        "caution": "Needs daily medication.",
        "case_number": "26-004211",
        "call": "555-555-0123",
        "endangered": True,
        "link": "https://police.exampleton.example/robin",
    },
    "outreach": {
        **REQUIRED_FIELDS["outreach"],
        "when": "2026-11-25T09:00",
        "where": "Public Library",
        "link": "https://city.example/coffee",
    },
    "wanted-person": {
        **REQUIRED_FIELDS["wanted-person"],
        "age": 34,
        "description": "5 ft 9 in, slim build, short brown hair, grey coat.",
        "caution": "May be armed.",
        "link": "https://police.exampleton.example/wanted",
    },
    "crime-tip-request": {
        **REQUIRED_FIELDS["crime-tip-request"],
        "where": "Main Street at Elm Street",
        "when": "2026-11-21T21:30",
        "description": "A grey pickup truck with a damaged front bumper.",
        "link": "https://police.exampleton.example/tips",
    },
    "crime-prevention-tip": {
        **REQUIRED_FIELDS["crime-prevention-tip"],
        "link": "https://police.exampleton.example/prevention",
    },
}
"""Every field that each kind takes, but for pictures."""


def a_department(**changes: Any) -> Department:
    """Make the department of Exampleton; pass what is to differ, as `languages=("en",)`."""
    return Department(
        **{
            "name": "Exampleton Police Department",
            "short_name": "Exampleton PD",
            "website": "https://police.exampleton.example",
            "phone": "555-555-0100",
            "timezone": ZONE.key,
            "languages": ("en", "es"),
            **changes,
        }
    )


@cache
def all_kinds() -> Mapping[str, type[Kind]]:
    """Find every kind by its name on the command line."""
    modules = [
        importlib.import_module(f"notifier.kinds.{found.name}") for found in pkgutil.iter_modules(kinds.__path__)
    ]
    return {module.KIND.slug: module.KIND for module in modules}


def some_facts(kind: str, /, *, now: datetime = NOW, **fields: Any) -> Kind:
    """Read the facts of a kind as a person types them: its required fields, changed or added to; None leaves one out.

    `from_` stands for the field `from`. InvalidNotification where the fields are wrong.
    """
    given = {**REQUIRED_FIELDS[kind], **{name.rstrip("_"): value for name, value in fields.items()}}
    return read_kind(all_kinds()[kind], given, Reading(now, ZONE))


def a_notification(
    kind: str = "road-closure",
    /,
    *,
    stage: Stage = "issue",
    status: Status = "actual",
    revision: int = 1,
    created: datetime = NOW,
    languages: tuple[str, ...] = ("en",),
    id: str = "n-20261122-195806-k7f3q",  # noqa: A002 (the notification's own word)
    **fields: Any,
) -> Notification:
    """Make a notification of a kind; what is not of the envelope is a field of the kind, as a person types it."""
    facts = some_facts(kind, now=created, **fields)
    return Notification(
        id=id,
        department=a_department().slug,
        facts=facts,
        stage=stage,
        status=status,
        revision=revision,
        created=created,
        expires=expiry(facts, created),
        languages=languages,
        author="dispatcher",
        login="dispatch",
    )


def a_full_notification(kind: str = "road-closure", /, **changes: Any) -> Notification:
    """Make a notification that has every field of its kind but pictures; takes what a_notification takes."""
    return a_notification(kind, **{**FULL_FIELDS[kind], **changes})


def a_message(**changes: Any) -> Message:
    """Make the message of a road closure for one channel; pass what is to differ, as `text="…"`."""
    message = Message(
        id="n-20261122-195806-k7f3q",
        department="police.exampleton.example",
        department_name="Exampleton Police Department",
        short_name="Exampleton PD",
        website="https://police.exampleton.example",
        phone="555-555-0100",
        timezone=ZONE.key,
        kind="road-closure",
        stage="issue",
        status="actual",
        revision=1,
        language="en",
        languages=("en",),
        part=1,
        recipient="",
        key="police.exampleton.example/n-20261122-195806-k7f3q/1/publish/x/en/1",
        headline="Road closed: Main Street",
        text="Exampleton PD: Main Street is closed now, until further notice: water main break. Avoid the area.",
        beside={},
        links=(),
        media=(),
        alert=some_facts("road-closure").alert_facts(),
        created=NOW,
        sent=NOW,
        expires=expiry(some_facts("road-closure"), NOW),
    )
    return replace(message, **changes)


def png_bytes(width: int = 2, height: int = 2) -> bytes:
    """Make a small real PNG, all grey."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = b"".join(b"\x00" + b"\x80" * width for _ in range(height))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def as_published(data: bytes) -> bytes:
    """What is published of a PNG: its pixels, written anew."""
    return clean(Media("a.png", "image/png", None, None, "", data)).data


def a_picture(folder: Path, name: str = "map.png") -> Path:
    """Write a small real picture into a folder and give its path."""
    path = folder / name
    path.write_bytes(png_bytes())
    return path


def some_video(name: str = "appeal.mp4", alt: str | None = "The chief asks for help") -> Media:
    """Make a video as a message carries it: a file type box, and nothing that could be played."""
    data = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + bytes(range(256)) * 8
    return Media(name, "video/mp4", alt, "Exampleton PD", hashlib.sha256(data).hexdigest(), data)


def some_media(name: str = "map.png", alt: str | None = "A map of the closure") -> Media:
    """Make a picture as a message carries it, its bytes included."""
    data = png_bytes()
    return Media(name, "image/png", alt, "Exampleton PD", hashlib.sha256(data).hexdigest(), data)
