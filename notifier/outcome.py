"""What is known after an attempt: five outcomes and no more; and what a look-up can prove."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Delivered:
    """The service took it."""

    remote_id: str | None = None
    url: str | None = None
    receipt: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Rejected:
    """Permanent: the content or a permission is wrong. The reason says what to mend."""

    reason: str


@dataclass(frozen=True)
class AuthFailed:
    """The credential is dead: the whole channel stops until a person acts."""

    reason: str


@dataclass(frozen=True)
class Retry:
    """Known not to have acted; again at `at`, or when our own backoff says."""

    reason: str
    at: datetime | None = None


@dataclass(frozen=True)
class NotReady(Retry):
    """From `prepare` alone: the service still works on what was uploaded. Nothing failed, and `saved` is kept."""

    saved: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Unknown:
    """May have acted: the answer was lost."""

    reason: str


Outcome = Delivered | Rejected | AuthFailed | Retry | Unknown


def outcome_name(outcome: Outcome) -> str:
    """Name an outcome as the record, the log and the metrics do: delivered, rejected, auth, retry, unknown."""
    if isinstance(outcome, Retry):
        return "retry"
    return type(outcome).__name__.lower().replace("authfailed", "auth")


@dataclass(frozen=True)
class Works:
    """A credential was tried and works."""

    until: datetime | None = None
    """When it ends, where the service says so."""
    said: str | None = None
    """What else a person should know: whose account it is, that it was renewed, what it may not do."""


@dataclass(frozen=True)
class Found:
    """A look-up proved that the message is there."""

    delivered: Delivered


@dataclass(frozen=True)
class Absent:
    """A look-up proved that the message is not there: it may be sent again."""


@dataclass(frozen=True)
class CannotTell:
    """A look-up proved nothing; a person decides, unless it could not even be asked: then it is asked again later."""

    reason: str
    unreachable: bool = False


Finding = Found | Absent | CannotTell
