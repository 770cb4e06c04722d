"""How long it takes to decide, in-process: render, fit and judge one notification for eight channels."""

import statistics
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from commands import machine, verdict

from notifier.field_types import Reading
from notifier.http_client import HttpClient
from notifier.kind import read_kind
from notifier.notification import Notification, expiry
from notifier.plan import Plan, Target, make_plan
from notifier.registry import channel_type, kind
from notifier.rendering import Renderer
from notifier.settings import Department

ROUNDS = 300
AIM = 3.0
NOW = datetime(2026, 11, 22, 19, 58, tzinfo=UTC)
DEPARTMENT = Department(
    name="Exampleton Police Department",
    short_name="Exampleton PD",
    website="https://police.exampleton.example",
    phone="555-555-0100",
    timezone="America/New_York",
)
SETTINGS: dict[str, dict[str, Any]] = {
    "site": {"type": "site", "folder": "var/site", "public_url": "https://alerts.exampleton.example"},
    "x": {
        "type": "x",
        "handle": "ExampletonPD",
        "consumer_key": "practice-",
        "consumer_secret": "practice-",
        "access_token": "practice-",
        "access_token_secret": "practice-",
    },
    "facebook": {"type": "facebook", "page_id": "1", "access_token": "practice-"},
    "nixle": {"type": "nixle", "organization_id": "1", "username": "practice-", "password": "practice-"},
    "nixle-old": {
        "type": "nixle",
        "organization_id": "2",
        "username": "practice-",
        "password": "practice-",
        "sms_limit": 125,
    },
    "mail": {
        "type": "smtp",
        "host": "mail.exampleton.example",
        "sender": "alerts@exampleton.example",
        "to": ["list@exampleton.example"],
    },
    "county-hook": {"type": "webhook", "url": "http://127.0.0.1:9/hook"},
    "console": {"type": "console"},
}
"""Eight accounts: every type of channel there is, and a second Nixle with less room."""

FIELDS: dict[str, dict[str, Any]] = {
    "road-closure": {
        "street": "Main Street",
        "from": "Elm Street",
        "to": "Oak Street",
        "reason": "water main break",
        "ends": "8h",
        "detour": "use River Road",
        "details": "Sidewalks stay open. Buses 12 and 14 stop on River Road until the street is open again.",
    },
    "missing-person": {
        "name": "Robin Example",
        "age": 14,
        "last_seen_place": "Prospect Hill Park",
        "last_seen_at": "2026-11-22T11:00",
        "description": "Slim build, short brown hair, green eyes.",
        "clothing": "Red jacket, blue jeans, white sneakers.",
        "vehicle": "Silver bicycle",
        "caution": "needs daily medication",
        "case_number": "26-004211",
        "endangered": True,
        "link": "https://police.exampleton.example/robin",
    },
}


def main() -> None:
    print(machine())
    targets = [target(name, settings) for name, settings in SETTINGS.items()]
    renderer = Renderer(DEPARTMENT)
    for slug in FIELDS:
        times = [timed(slug, number, targets, renderer) for number in range(ROUNDS)]
        first, median = times[0], statistics.median(times[1:])
        print(
            f"{slug}: decide for {len(targets)} channels: {verdict(median, AIM, ' ms')}; the first took {first:.0f} ms"
        )


def target(name: str, settings: dict[str, Any]) -> Target:
    """An account, as a plan sees it."""
    adapter = channel_type(settings["type"])
    account = adapter(name, adapter.Settings.model_validate(settings), HttpClient())
    return Target(name, settings["type"], account.capabilities, False, "chief")


def timed(slug: str, number: int, targets: list[Target], renderer: Renderer) -> float:
    """Decide one notification, different from every other; milliseconds."""
    of = a_notification(slug, number)
    start = time.perf_counter()
    plan = make_plan(of, DEPARTMENT, targets, renderer)
    took = (time.perf_counter() - start) * 1000
    check(plan)
    return took


def a_notification(slug: str, number: int) -> Notification:
    """Make the notification of a round; its words are new, so that nothing that was kept can answer for it."""
    now = NOW + timedelta(minutes=number)
    given = {**FIELDS[slug], "details": f"Notice {number}. {FIELDS[slug].get('details', '')}"}
    facts = read_kind(kind(slug), given, Reading(now, ZoneInfo(DEPARTMENT.timezone)))
    return Notification(
        id=f"n-{number}",
        department=DEPARTMENT.slug,
        facts=facts,
        stage="issue",
        status="actual",
        revision=1,
        created=now,
        expires=expiry(facts, now),
        languages=("en",),
        author="bench",
        login="bench",
    )


def check(plan: Plan) -> None:
    """A figure counts only where the work was done: every channel shown, every text judged clean and within limits."""
    assert len(plan.shown) == len(SETTINGS)
    assert plan.judgement.verdict == "pass", plan.judgement.findings
    assert all(shown.text.fits for shown in plan.shown)


if __name__ == "__main__":
    main()
