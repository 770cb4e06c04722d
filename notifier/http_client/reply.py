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
    """Read when a service wants to be asked again: Retry-After in seconds or as a date, or an epoch reset header.

    None where it does not say. Never before now, never later than LONGEST_WAIT from now.
    """
    at = _retry_after(reply.headers.get("Retry-After", "").strip(), now)
    reset = reply.headers.get("x-rate-limit-reset", "").strip()
    if at is None and re.fullmatch(r"[0-9]{1,11}", reset):
        at = datetime.fromtimestamp(int(reset), UTC)
    return None if at is None else max(now, min(at, now + LONGEST_WAIT))


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
