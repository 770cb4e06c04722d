"""What a network takes, and what can be done with a post afterwards: rendering, planning and delivery obey it."""

from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Literal

Form = Literal["headline", "sms", "short", "long"]
FORMS: tuple[Form, ...] = ("headline", "sms", "short", "long")

Unit = Literal["x", "graphemes", "sms", "bytes", "characters", "mastodon", "threads"]
"""How a network counts: `x` weighted, `graphemes` as a reader sees them, `sms` GSM-7 septets or UCS-2 units, UTF-8
`bytes`, Unicode `characters`, `mastodon` graphemes with every address as 23, `threads` characters with emoji by their
bytes."""

Operation = Literal["publish", "amend", "reply", "withdraw"]
Idempotency = Literal["key", "lookup", "none"]
"""`key`: the same request again is one post. `lookup`: `find` can tell. `none`: nobody can, but a person."""


@dataclass(frozen=True)
class Limit:
    """The most a network takes of a text, in its own unit."""

    amount: int
    unit: Unit
    size: int | None = None
    """UTF-8 bytes that it must keep as well."""


@dataclass(frozen=True)
class Pictures:
    """What a network takes of pictures."""

    most: int = 4
    """Pictures of one post."""
    size: int = 5_000_000
    """Bytes of one."""
    side: int | None = None
    """Pixels of the longest side."""
    types: tuple[str, ...] = ("image/jpeg", "image/png")
    """MIME types that it takes."""
    alt: int | None = None
    """Characters of an alt text; None: the network has no place for one."""
    shape: tuple[float, float] | None = None
    """Least and greatest width by height."""


@dataclass(frozen=True)
class Price:
    """What the network charges for a post."""

    post: Decimal
    with_link: Decimal | None = None
    """For a post with a link in it, where that costs another price."""
    a_segment: bool = False
    """It is charged for each SMS segment."""
    currency: str = "USD"


@dataclass(frozen=True)
class Rate:
    """So many posts in so many seconds, as the network allows them."""

    posts: int
    seconds: int


@dataclass(frozen=True)
class Capabilities:
    """What a channel takes and what it can do afterwards; rendering, planning and delivery decide by it."""

    form: Form
    limit: Limit | None = None
    beside: tuple[Form, ...] = ()
    """Further forms that go with the text: a subject line, a body."""
    within: tuple[tuple[Form, Limit], ...] = ()
    """Limits of forms beside the text; one whose words that may not be dropped are longer is left out."""
    idempotency: Idempotency = "none"
    key_lasts: timedelta | None = None
    """How long the network knows an idempotency key; after that an attempt whose answer was lost is looked up."""
    pictures: Pictures | None = None
    video: int | None = None
    """Bytes of a video that it takes; None: it takes none."""
    alone: tuple[str, ...] = ()
    """Beginnings of the MIME types that share no post with anything, as "video/": what is attached first decides."""
    papers: bool = False
    """Whatever else is attached (PDF) goes with it."""
    needs: Literal["picture", "video"] | None = None
    """What a notification must have to go there at all."""
    thread: Literal["atomic", "replies"] | None = None
    """How a text goes out that is too long for one post: all parts in one request, or each as a reply to the last."""
    links: bool = True
    """Whether the text carries its link."""
    live_signs: str = ""
    """The signs that this network makes a mention or a topic of, as "@#"; in what a feed wrote they are made inert."""
    can_amend: bool = False
    can_withdraw: bool = False
    can_reply: bool = False
    by_hand: bool = False
    """No program may post there: a person does."""
    gsm7: bool = False
    """The text is written in GSM-7 where it can be: curly quotes and dashes become straight ones."""
    recipients: tuple[str, ...] = ()
    """One delivery for each; empty: the channel is one place."""
    lookups_after: tuple[float, ...] = (15.0, 60.0)
    """Seconds after an unknown attempt at which `find` is asked (an index may lag)."""
    rate: Rate | None = None
    price: Price | None = None

    def of(self, operation: str) -> "Capabilities":
        """What holds for an operation: to take back what is gone already changes nothing, so it may be repeated."""
        return replace(self, idempotency="key", key_lasts=None) if operation == "withdraw" else self
