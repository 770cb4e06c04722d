"""Clean posts made by the product's own templates: what the readers must never stop."""

import random
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from posts import Post

from notifier.clock import iso
from notifier.field_types import Reading
from notifier.kind import read_kind
from notifier.notification import Notification, expiry
from notifier.registry import kind
from notifier.rendering import Renderer
from notifier.settings import Department

TOWNS = ("Ferncastle", "Oxbury", "Saltmere", "Quill Harbor", "North Tamsin", "Waltham", "Exampleton", "Bellfield")
STREETS = (
    "Elm Street",
    "Moody Street",
    "Route 117",
    "Beaver Street",
    "Cedar Ave",
    "Dock Road",
    "Kestrel Lane",
    "School St",
)
REASONS = (
    "a water main break",
    "road work",
    "a crash",
    "a fallen tree",
    "flooding",
    "a road race",
    "a gas leak",
    "a film shoot",
    "downed wires",
    "paving",
    "a parade",
    "police activity",
    "a disabled truck",
    "a sinkhole",
    "emergency repairs",
)
PLACES = (
    "City Common",
    "the public library",
    "Prospect Hill Park",
    "the high school gym",
    "Town Hall",
    "the senior center",
)
EVENTS = ("Founders Day Parade", "Harvest Festival", "Night Out", "Fun Run", "Tree Lighting", "Open House", "Book Sale")
NAMES = (
    "Robin Example",
    "Odalys Quint",
    "Tomasz Brell",
    "Imani Okafor-Lunde",
    "Wendell Arkady",
    "Marisol Teague",
    "Bao Thornley",
)
CLOTHES = ("a red jacket and jeans", "a gray hoodie", "a green coat and white sneakers", "a school uniform", "pajamas")
WARNINGS = (
    "Flood Warning",
    "Winter Storm Warning",
    "Heat Advisory",
    "High Wind Warning",
    "Tornado Watch",
    "Flash Flood Warning",
)
CHARGES = (
    "armed robbery",
    "larceny over $1,200",
    "assault and battery",
    "failure to appear",
    "breaking and entering",
    "arson",
)
CRIMES = (
    "a hit-and-run crash",
    "a break-in at a hardware store",
    "stolen bicycles",
    "graffiti at the skate park",
    "a stabbing",
)
TIPS = (
    ("Lock your car", "Take keys and valuables with you. Park under a light. Most thieves only try the handles."),
    ("Package theft", "Have parcels held at the shop, or ask a neighbor to take them in."),
    ("Phone scams", "Nobody from our department will ever ask you for gift cards. Hang up and call us."),
    ("Bike locks", "Lock the frame and a wheel, and write down the serial number."),
)
MEETINGS = (
    ("Coffee with a Cop", "Meet your patrol officers over a cup of coffee. No speeches, no agenda."),
    ("Child seat checks", "Certified technicians check your seat for free. Bring the manual and your child."),
    (
        "Crime figures for the spring",
        "Reports of theft from cars fell by a fifth; bicycle thefts rose. The chart shows each month.",
    ),
    ("Citizens' academy", "Eight evenings about what we do. Open to residents over 18, applications until Friday."),
)
FOLDER = Path(__file__).parents[1] / "var" / "none"


def rendered(count: int, seed: int = 0) -> Iterator[Post]:
    """Yield clean posts, each a form of a notification with fields chosen at random."""
    rng = random.Random(seed)
    forms = ("sms", "short", "long")
    while count > 0:
        town = rng.choice(TOWNS)
        department = Department(
            name=f"{town} Police Department",
            short_name=f"{town} PD"[:20],
            website="https://police.example",
            phone=f"{rng.choice(('781', '413', '508'))}-555-01{rng.randrange(100):02}",
            timezone="America/New_York",
            languages=("en", "es"),
        )
        slug, fields = rng.choice(_FIELDS)(rng)
        now = datetime(
            2026, rng.randrange(1, 13), rng.randrange(1, 28), rng.randrange(24), rng.randrange(60), tzinfo=UTC
        )
        of = kind(slug)
        facts = read_kind(of, fields, Reading(now, department.zone))
        stage = rng.choice(("issue", "issue", "issue", "update", "resolve"))
        language = rng.choice(("en", "en", "es"))
        notification = Notification(
            id="n-0",
            department=department.slug,
            facts=facts,
            stage=stage,
            status="actual",
            revision=1,
            created=now,
            revised=now,
            expires=expiry(facts, now),
            languages=(language,),
            author="a",
            login="a",
            source="console",
        )
        text = Renderer(department, FOLDER).render(notification, rng.choice(forms), language, None).text
        name = "community-outreach" if slug == "outreach" else slug
        yield Post("templates", name, "final", language, department.name, text)
        count -= 1


def _some(rng: random.Random, fields: dict[str, Any], share: float = 0.6) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if rng.random() < share}


def _when(rng: random.Random, day: int = 28) -> str:
    return iso(datetime(2027, 1, day, rng.randrange(24), rng.choice((0, 15, 30)), tzinfo=UTC))


def _closure(rng: random.Random) -> tuple[str, dict[str, Any]]:
    more = {"from": rng.choice(STREETS), "direction": "northbound", "lanes": "some", "detour": "Use River Road."}
    return "road-closure", {"street": rng.choice(STREETS), "reason": rng.choice(REASONS), **_some(rng, more)}


def _event(rng: random.Random) -> tuple[str, dict[str, Any]]:
    more = {
        "streets": [rng.choice(STREETS)],
        "parking": "Park at the high school.",
        "organiser": "Recreation Department",
    }
    return "special-event", {
        "name": rng.choice(EVENTS),
        "place": rng.choice(PLACES),
        "starts": _when(rng),
        **_some(rng, more),
    }


def _weather(rng: random.Random) -> tuple[str, dict[str, Any]]:
    more = {"guidance": "Stay off the roads.", "source": "National Weather Service", "severity": "Severe"}
    return "weather-emergency", {"event": rng.choice(WARNINGS), "area": "Middlesex County", **_some(rng, more)}


def _missing(rng: random.Random) -> tuple[str, dict[str, Any]]:
    more = {
        "sex": rng.choice(("female", "male")),
        "height": "5'4\"",
        "clothing": rng.choice(CLOTHES),
        "case_number": "26-004211",
        "description": rng.choice(("brown hair, glasses", "gray beard", "long black hair")),
        "vehicle": "a blue 2015 Honda Civic",
        "caution": rng.choice(("has dementia", "needs daily medication", "does not speak")),
    }
    return "missing-person", {
        "name": rng.choice(NAMES),
        "age": rng.randrange(4, 95),
        "last_seen_place": rng.choice(PLACES),
        **_some(rng, more),
    }


def _wanted(rng: random.Random) -> tuple[str, dict[str, Any]]:
    more = {"age": rng.randrange(19, 70), "description": "about 6 feet, short brown hair", "caution": "do not approach"}
    return "wanted-person", {
        "charge": rng.choice(CHARGES),
        "case_number": "26-004211",
        "name": rng.choice(NAMES),
        **_some(rng, more),
    }


def _request(rng: random.Random) -> tuple[str, dict[str, Any]]:
    more = {"where": rng.choice(STREETS), "when": "2025-11-21T21:30", "description": "Two people ran toward the river."}
    return "crime-tip-request", {"about": rng.choice(CRIMES), "case_number": "26-004300", **_some(rng, more)}


def _tip(rng: random.Random) -> tuple[str, dict[str, Any]]:
    topic, body = rng.choice(TIPS)
    return "crime-prevention-tip", {"topic": topic, "body": body}


def _outreach(rng: random.Random) -> tuple[str, dict[str, Any]]:
    topic, body = rng.choice(MEETINGS)
    return "outreach", {"topic": topic, "body": body, **_some(rng, {"where": rng.choice(PLACES)})}


_FIELDS = (_closure, _closure, _event, _weather, _missing, _wanted, _request, _tip, _outreach)
