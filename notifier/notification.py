"""One notification: typed facts, and the envelope that says who, when, for how long and in which languages."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from notifier.kind import Kind

Stage = Literal["issue", "update", "correction", "resolve", "withdraw"]
Status = Literal["actual", "exercise"]
BY_HAND = "console"
"""The source of what a person wrote; every other is a program's."""
OVER: frozenset[Stage] = frozenset({"resolve", "withdraw"})
"""Stages that say it is over: pictures and links no longer go with them."""


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
    """When its first revision was made."""
    expires: datetime
    languages: tuple[str, ...]
    author: str
    """The user as claimed: `--as`, else $NOTIFY_USER, else the login."""
    login: str
    """The operating system's login, kept beside the claim."""
    revised: datetime | None = None
    """When this revision goes out, where that is not when the first was made."""
    source: str = BY_HAND
    """Where it came from: a person at the console, or a feed as `feed:nws`."""

    @property
    def issued(self) -> datetime:
        """When this revision goes out: the day that its texts call today."""
        return self.revised or self.created

    @property
    def is_over(self) -> bool:
        """Whether this revision says that it is over."""
        return self.stage in OVER

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
