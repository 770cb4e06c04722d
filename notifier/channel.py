"""The port that channels/ fills: what an adapter declares, what it is handed, and the five outcomes of an attempt."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

from notifier.kind import AlertFacts
from notifier.outcome import (
    Absent,
    AuthFailed,
    CannotTell,
    Delivered,
    Finding,
    Found,
    Outcome,
    Rejected,
    Retry,
    Unknown,
)
from notifier.when import read_duration

if TYPE_CHECKING:
    from notifier.http_client import HttpClient

__all__ = [
    "FORMS",
    "Absent",
    "AuthFailed",
    "CannotTell",
    "Capabilities",
    "Channel",
    "ChannelSettings",
    "Delivered",
    "Finding",
    "Form",
    "Found",
    "Idempotency",
    "Limit",
    "Media",
    "Message",
    "Operation",
    "Outcome",
    "PartOf",
    "Prepared",
    "Profile",
    "ProfilePart",
    "Rejected",
    "Retry",
    "Unit",
    "Unknown",
    "message_fields",
    "secret_fields",
]

Form = Literal["headline", "sms", "short", "long"]
FORMS: tuple[Form, ...] = ("headline", "sms", "short", "long")

Unit = Literal["x", "graphemes", "sms", "bytes", "characters"]
"""How a network counts: `x` weighted, `graphemes` as a reader sees them, `sms` GSM-7 septets or UCS-2 units, UTF-8
`bytes`, Unicode `characters`."""

Operation = Literal["publish", "amend", "reply", "withdraw"]
Idempotency = Literal["key", "lookup", "none"]
"""`key`: the same request again is one post. `lookup`: `find` can tell. `none`: nobody can, but a person."""


@dataclass(frozen=True)
class Limit:
    """The most a network takes of a text, in its own unit."""

    amount: int
    unit: Unit


@dataclass(frozen=True)
class Capabilities:
    """What a channel takes and what it can do afterwards; rendering, planning and delivery decide by it."""

    form: Form
    limit: Limit | None = None
    beside: tuple[Form, ...] = ()
    """Further forms that go with the text, without a limit: a subject line, a body."""
    idempotency: Idempotency = "none"
    pictures: bool = False
    alt_text: bool = False
    can_amend: bool = False
    can_withdraw: bool = False
    can_reply: bool = False
    gsm7: bool = False
    """The text is written in GSM-7 where it can be: curly quotes and dashes become straight ones."""
    recipients: tuple[str, ...] = ()
    """One delivery for each; empty: the channel is one place."""
    lookups_after: tuple[float, ...] = (15.0, 60.0)
    """Seconds after an unknown attempt at which `find` is asked (an index may lag)."""


PartOf = Literal["name", "statement", "conduct", "terms", "website", "phone"]
"""What stands in a part of a profile: the department's name, its introductory statement in short, the rules for
comments in short, the statement with the whole terms of use, the department's website, its telephone number."""


@dataclass(frozen=True)
class ProfilePart:
    """A place of a network's profile where the department writes."""

    name: str
    """As the network calls it."""
    holds: PartOf
    limits: tuple[Limit, ...] = ()
    """A text must keep each; none: there is room for any."""


@dataclass(frozen=True)
class Profile:
    """What a live page says of itself."""

    parts: Mapping[str, str]
    """Each part's text by its name; those that ProfilePart does not name may stand here too."""
    url: str | None = None
    """Where people see it."""


@dataclass(frozen=True)
class Media:
    """A picture or paper of a message; its bytes stand in the store under their hash."""

    name: str
    media_type: str
    alt: str | None
    rights: str | None
    sha256: str
    data: bytes = field(default=b"", repr=False, compare=False)


@dataclass(frozen=True)
class Message:
    """What one channel is to publish, frozen: the same for every attempt."""

    id: str
    department: str
    department_name: str
    short_name: str
    website: str
    phone: str
    timezone: str
    kind: str
    stage: str
    status: str
    revision: int
    language: str
    languages: tuple[str, ...]
    part: int
    recipient: str
    key: str
    """Idempotency key: the same for every attempt at this delivery, different for every other."""
    headline: str
    text: str
    beside: Mapping[str, str]
    """The further forms that the channel's capabilities ask for."""
    links: tuple[str, ...]
    media: tuple[Media, ...]
    alert: AlertFacts
    created: datetime
    sent: datetime
    expires: datetime

    def to_json(self) -> str:
        """Write the message as canonical JSON, as the store keeps and hashes it; media by their hash only."""
        value = asdict(self)
        for media in value["media"]:
            del media["data"]
        return json.dumps(value, default=_plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str, media: Mapping[str, bytes] | None = None) -> Self:
        """Read what to_json wrote, with the bytes of its media by SHA-256."""
        value: dict[str, Any] = json.loads(text)
        for name in ("created", "sent", "expires"):
            value[name] = datetime.fromisoformat(value[name])
        alert = value["alert"]
        alert["onset"] = datetime.fromisoformat(alert["onset"]) if alert["onset"] else None
        value["alert"] = AlertFacts(**alert)
        value["media"] = tuple(Media(**m, data=(media or {}).get(m["sha256"], b"")) for m in value["media"])
        value["links"], value["languages"] = tuple(value["links"]), tuple(value["languages"])
        return cls(**value)


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in a message")


@dataclass(frozen=True)
class Prepared:
    """A message with all done that may be repeated without the public seeing anything (uploads, drafts, sign-in)."""

    message: Message
    saved: Mapping[str, Any] = field(default_factory=dict)
    """The adapter's own JSON; stored before the send, so that a retry starts from it."""
    attempt: int = 1
    """Which attempt this is: what a service says of a repeat means another thing when there was none."""


# --- the adapter ------------------------------------------------------------------------------------------------------


def _somebody(user: str) -> str:
    if not user.strip():
        raise ValueError("is empty; name the chief, or the pio, who approved the page (order 2.b.1)")
    return user


def _length(text: str) -> timedelta | None:
    seconds = re.fullmatch(r"(\d{1,5})\s*s(?:ec(?:ond)?s?)?", text.strip().lower())
    return timedelta(seconds=int(seconds[1])) if seconds else read_duration(text)


def _patience(value: object) -> object:
    length = _length(value) if isinstance(value, str) else value
    if not isinstance(length, timedelta) or not timedelta(seconds=1) <= length <= timedelta(days=1):
        raise ValueError('is not a length of time from 1s to 24h; write "10m"')
    return length


class ChannelSettings(BaseModel):
    """The settings that every channel takes; an adapter adds its own."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    type: str = Field(description="the type of channel: a file in channels/")
    approved_by: Annotated[str, AfterValidator(_somebody)] | None = Field(
        None, description="the chief, or the pio, who approved this page (order 2.b.1); without it, nothing is sent"
    )
    approved_on: date | None = Field(None, description="when it was approved")
    audience: str | None = Field(
        None, max_length=60, description='whom the page is for (order 2.a.3), as "residents"; its statement names them'
    )
    base_url: str | None = Field(None, description="another address of the service: a practice platform, a proxy")
    live: bool = Field(True, description="false: a practice account, the only kind an exercise goes to")
    timeout: float = Field(15.0, gt=0, le=300, description="seconds to wait for the service's answer")
    rate: float | None = Field(None, gt=0, description="posts a minute at most")
    concurrency: int = Field(8, ge=1, le=256, description="posts under way at once at most, by all processes together")
    fallback: str | None = Field(
        None, description="where its news goes while it stays down: another channel, or hand-off (a person posts it)"
    )
    fallback_after: Annotated[timedelta, BeforeValidator(_patience)] = Field(
        timedelta(minutes=10), description="how long its news waits for it while it is down, as 10m"
    )


class Channel:
    """One configured account; an adapter subclasses this and names its settings.

    An adapter makes no retry, sleeps nowhere and logs no secret. It is made once a process and used by many threads.
    """

    Settings: ClassVar[type[ChannelSettings]] = ChannelSettings
    profile_parts: ClassVar[tuple[ProfilePart, ...]] = ()
    """Where on its page the department writes of itself; none: there is no page, or the adapter writes all of it."""
    visitors_comment: ClassVar[bool] = True
    """Whether visitors may write on its page, so that the page needs terms of use."""

    def __init__(self, name: str, settings: Any, http: "HttpClient") -> None:
        self.name = name
        self.settings = settings
        self.http = http

    @property
    def capabilities(self) -> Capabilities:
        """What this account takes and can do."""
        raise NotImplementedError

    @property
    def prepares(self) -> bool:
        """Whether it does anything in `prepare`: what does not is sent without waiting for its turn to prepare."""
        return type(self).prepare is not Channel.prepare

    @classmethod
    def limit(cls) -> Limit | None:
        """The limit of this type where no account says otherwise; what `notify measure TYPE` counts against."""
        return None

    def load(self) -> None:
        """Import what sending needs; called in one thread before many send.

        A library imported by several threads at once, by different ways in, may be seen half made.
        """
        self.http.load()

    def prepare(self, message: Message, saved: Mapping[str, Any]) -> Prepared | Outcome:
        """Do all that may be repeated unseen; an outcome instead when that already failed."""
        return Prepared(message, saved)

    def send(self, prepared: Prepared) -> Outcome:
        """Make exactly one publishing request and say what is known of it."""
        raise NotImplementedError

    def find(self, prepared: Prepared, attempted: datetime) -> Finding:
        """Look whether an attempt whose answer was lost went out."""
        return CannotTell("this channel cannot be looked up")

    def check(self) -> Outcome | None:
        """Try the credential without posting: Delivered when it works; None where there is nothing to try."""
        return None

    def profile(self) -> Profile | Outcome | CannotTell:
        """Read what the live page says of itself, in one request; CannotTell where nothing lets it be read."""
        return CannotTell("it has no page of its own")

    def upkeep(self, now: datetime) -> None:
        """Do what must be done as time passes, seen from this channel alone (the site drops what has expired)."""


def secret_fields(settings: type[ChannelSettings]) -> frozenset[str]:
    """Name the settings of a channel that hold secrets."""
    return frozenset(
        name
        for name, about in settings.model_fields.items()
        if "SecretStr" in str(about.annotation) or about.annotation is SecretStr
    )


def message_fields() -> tuple[str, ...]:
    """Name the fields of a message, for the documentation."""
    return tuple(f.name for f in fields(Message))
