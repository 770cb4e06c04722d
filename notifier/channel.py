"""The port that channels/ fills: what an adapter declares, what it is handed, and the five outcomes of an attempt."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

from notifier.account_state import AccountState
from notifier.capabilities import (
    FORMS,
    Capabilities,
    Form,
    Idempotency,
    Limit,
    Operation,
    Pictures,
    Price,
    Rate,
    Unit,
)
from notifier.message import Media, Message, Prepared, message_fields
from notifier.outcome import (
    Absent,
    AuthFailed,
    CannotTell,
    Delivered,
    Finding,
    Found,
    NotReady,
    Outcome,
    Rejected,
    Retry,
    Unknown,
    Works,
)
from notifier.recipients import each_once, read_recipients
from notifier.when import read_duration

if TYPE_CHECKING:
    from notifier.http_client import HttpClient

__all__ = [
    "FORMS",
    "HAND_OFF",
    "Absent",
    "AccountState",
    "AuthFailed",
    "CannotTell",
    "Capabilities",
    "Channel",
    "ChannelSettings",
    "Delivered",
    "Finding",
    "Form",
    "Found",
    "HandOff",
    "Idempotency",
    "Limit",
    "Media",
    "Message",
    "NotReady",
    "Operation",
    "Outcome",
    "PartOf",
    "Pictures",
    "Prepared",
    "Price",
    "Profile",
    "ProfilePart",
    "Rate",
    "Rejected",
    "Retry",
    "System",
    "Unit",
    "Unknown",
    "Works",
    "each_once",
    "message_fields",
    "patience",
    "read_recipients",
    "secret_fields",
]

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
    is_read: bool = True
    """Whether `profile` reads it back; what is pinned may be another request, and then nobody but a person looks."""


@dataclass(frozen=True)
class Profile:
    """What a live page says of itself."""

    parts: Mapping[str, str]
    """Each part's text by its name; those that ProfilePart does not name may stand here too."""
    url: str | None = None
    """Where people see it."""


# --- the adapter ------------------------------------------------------------------------------------------------------


def _somebody(user: str) -> str:
    if not user.strip():
        raise ValueError("is empty; name the chief, or the pio, who approved the page (order 2.b.1)")
    return user


def _length(text: str) -> timedelta | None:
    seconds = re.fullmatch(r"(\d{1,5})\s*s(?:ec(?:ond)?s?)?", text.strip().lower())
    return timedelta(seconds=int(seconds[1])) if seconds else read_duration(text)


def patience(value: object) -> object:
    """Read a length of time of a setting, from 1 s to a day."""
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
    fallback_after: Annotated[timedelta, BeforeValidator(patience)] = Field(
        timedelta(minutes=10), description="how long its news waits for it while it is down, as 10m"
    )


HAND_OFF: Final = "hand-off"
"""The fallback of a channel whose news a person posts by hand while it is down."""


@dataclass(frozen=True)
class HandOff:
    """How a person posts what no program may post there, or what a dead account could not."""

    service: str
    """As people call it."""
    compose: str | None = None
    """The page where a post is written; None: wherever its program is."""
    hosts: tuple[str, ...] = ()
    """Hosts at which the post is seen afterwards, their subdomains among them; none: it may have no address."""
    deadline: timedelta = timedelta(minutes=30)
    """How long after it was handed over somebody is reminded."""


@dataclass(frozen=True)
class System:
    """A system that an adapter reaches, for the table of the documentation."""

    name: str
    way: Literal["publishes", "hand-off", "notify-only"]
    proved: str
    """Against what it was tried, in a few words; for a hand-off, why there is no other way."""


class Channel:
    """One configured account; an adapter subclasses this and names its settings.

    An adapter makes no retry, sleeps nowhere and logs no secret. It is made once a process and used by many threads.
    What it must remember of its account between attempts and processes (a session, a renewed token, a limit that the
    server told) it keeps in `state`.
    """

    Settings: ClassVar[type[ChannelSettings]] = ChannelSettings
    systems: ClassVar[tuple[System, ...]] = ()
    """What it reaches, as the documentation tells it."""
    profile_parts: ClassVar[tuple[ProfilePart, ...]] = ()
    """Where on its page the department writes of itself; none: there is no page, or the adapter writes all of it."""
    visitors_comment: ClassVar[bool] = True
    """Whether visitors may write on its page, so that the page needs terms of use."""

    def __init__(self, name: str, settings: Any, http: "HttpClient") -> None:
        self.name = name
        self.settings = settings
        self.http = http
        self.state = AccountState()

    @property
    def capabilities(self) -> Capabilities:
        """What this account takes and can do."""
        raise NotImplementedError

    @property
    def prepares(self) -> bool:
        """Whether it does anything before it sends: what does not is sent without waiting for its turn to prepare."""
        return type(self).prepare is not Channel.prepare or type(self).sign_in is not Channel.sign_in

    @property
    def hand_off(self) -> HandOff | None:
        """How a person posts by hand what this channel cannot; None: nobody can."""
        return None

    @classmethod
    def limit(cls) -> Limit | None:
        """The limit of this type where no account says otherwise; what `notify measure TYPE` counts against."""
        return None

    def load(self) -> None:
        """Import what sending needs; called in one thread before many send.

        A library imported by several threads at once, by different ways in, may be seen half made.
        """
        self.http.load()

    def sign_in(self) -> Outcome | None:
        """Have a session that works in `state`, made or renewed where it must be; an outcome where that failed."""
        return None

    def prepare(self, message: Message, saved: Mapping[str, Any]) -> Prepared | Outcome:
        """Do all that may be repeated unseen (uploads, drafts); an outcome instead when that already failed.

        saved: what an earlier attempt prepared. What is prepared holds no secret. Nothing was published by it, so an
        Unknown from here is tried again like a Retry. NotReady: what was begun must be waited for.
        """
        return Prepared(message, saved)

    def prepare_change(self, message: Message, saved: Mapping[str, Any]) -> Prepared | Outcome:
        """Do the same before a change or an answer, where a draft made for a new post would be left over."""
        return self.prepare(message, saved)

    def send(self, prepared: Prepared) -> Outcome:
        """Make exactly one publishing request and say what is known of it."""
        raise NotImplementedError

    def reply(self, receipt: Mapping[str, Any], prepared: Prepared) -> Outcome:
        """Publish as an answer to an earlier post, by its receipt; else as send."""
        raise NotImplementedError

    def amend(self, receipt: Mapping[str, Any], prepared: Prepared) -> Outcome:
        """Change an earlier post, by its receipt, into this message; the post's receipt is told anew."""
        raise NotImplementedError

    def withdraw(self, receipt: Mapping[str, Any], message: Message) -> Outcome:
        """Take an earlier post away, by its receipt; Delivered too when it is gone already.

        message: what was published. It may be repeated.
        """
        raise NotImplementedError

    def files(self, message: Message, others: Sequence[Message] = ()) -> Mapping[str, bytes]:
        """Make the files, by name, that a person needs beside text and pictures to post it by hand.

        others: what else of the notification belongs there: its other languages, and its earlier revisions as posted.
        """
        return {}

    def find(self, prepared: Prepared, attempted: datetime) -> Finding:
        """Look whether an attempt whose answer was lost went out."""
        return CannotTell("this channel cannot be looked up")

    def check(self) -> Works | Outcome | None:
        """Try the credential without posting: Works when it does; None where there is nothing to try.

        One that ends soon and can be renewed is renewed by it.
        """
        return None

    def profile(self) -> Profile | Outcome | CannotTell:
        """Read what the live page says of itself, in one request; CannotTell where nothing lets it be read."""
        return CannotTell("it has no page of its own")

    def upkeep(self, now: datetime) -> None:
        """Do what must be done as time passes, seen from this channel alone: drop what has expired, renew a token."""


def secret_fields(settings: type[ChannelSettings]) -> frozenset[str]:
    """Name the settings of a channel that hold secrets."""
    return frozenset(
        name
        for name, about in settings.model_fields.items()
        if "SecretStr" in str(about.annotation) or about.annotation is SecretStr
    )
