"""An answer of a service, and when it wants to be asked again."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

LONGEST_WAIT = timedelta(days=1)
"""A Retry-After beyond this is read as this: news is older than that by then."""


@dataclass(frozen=True)
class Reply:
    """An answer of a service."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    whole: bool = True
    """False: the answer went on beyond what is read, or broke off."""
    publishes: bool = True
    """False: the request only read, so that nothing it led to can have been published."""

    @property
    def ok(self) -> bool:
        """Whether the service said yes."""
        return 200 <= self.status < 300

    def json(self) -> dict[str, Any]:
        """The answer as a JSON object; an empty one when it is anything else."""
        try:
            value = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return value if isinstance(value, dict) else {}


def retry_time(reply: Reply, now: datetime) -> datetime | None:
    """Read when a service wants to be asked again: Retry-After in seconds or as a date, else a reset header.

    None where it does not say. Never before now, never later than LONGEST_WAIT from now.
    """
    at = _retry_after(reply.headers.get("Retry-After", "").strip(), now)
    if at is None:
        named = (reply.headers.get(name, "").strip() for name in _RESETS)
        at = next((moment for reset in named if reset and (moment := _reset(reset, now)) is not None), None)
    return None if at is None else max(now, min(at, now + LONGEST_WAIT))


_RESETS = ("x-rate-limit-reset", "ratelimit-reset", "x-ratelimit-reset")
_EPOCH = 1_000_000_000
"""A smaller number of seconds is counted from now (Reddit), a greater one from 1970 (X, Bluesky)."""


def _reset(given: str, now: datetime) -> datetime | None:
    if digits := re.fullmatch(r"([0-9]{1,11})(?:\.[0-9]*)?", given):
        seconds = int(digits[1])
        return datetime.fromtimestamp(seconds, UTC) if seconds > _EPOCH else now + timedelta(seconds=seconds)
    try:
        moment = datetime.fromisoformat(given)  # Mastodon
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _retry_after(given: str, now: datetime) -> datetime | None:
    # Not isdigit(), which takes signs that int() does not.
    if seconds := re.fullmatch(r"([0-9]+)(?:\.[0-9]*)?", given):
        digits = seconds[1].lstrip("0")[:9] or "0"
        return now + min(timedelta(seconds=int(digits) + ("." in given)), LONGEST_WAIT)
    try:
        date = parsedate_to_datetime(given)
    except (ValueError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
