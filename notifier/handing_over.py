"""When a delivery goes into a person's hands: what to post, or take away, where no program may. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import urlsplit

from notifier.channel import Capabilities, Channel, HandOff, Media, Message
from notifier.clock import moment_if
from notifier.lengths import length, limit_for, unit_words
from notifier.retry import Next


class Delivery(Protocol):
    """What is asked of a delivery here."""

    @property
    def notification(self) -> str:
        """Whose it is."""

    @property
    def channel(self) -> str:
        """Where it goes."""

    @property
    def operation(self) -> str:
        """What it does there."""


def handing_over(
    delivery: Delivery, channel: Channel, can: Capabilities, receipt: Mapping[str, Any] | None, now: datetime
) -> Next | None:
    """Say what follows where a person must act; None where the program does.

    receipt: of the post that the delivery acts on; empty where only a person knows of it.
    """
    withdraws = delivery.operation == "withdraw"
    if withdraws and (not receipt or not can.can_withdraw):
        return by_hand(delivery.notification, delivery.channel, channel.hand_off, now, withdraws=True)
    if not withdraws and can.by_hand:
        return by_hand(delivery.notification, delivery.channel, channel.hand_off, now)
    return None


def by_hand(
    notification: str,
    channel: str,
    hand_off: HandOff | None,
    now: datetime,
    *,
    withdraws: bool = False,
    because: str | None = None,
) -> Next:
    """Wait for a person, who is reminded when the deadline has passed. because: what begins the sentence."""
    if withdraws:
        words = f"take it down by hand; then run notify confirm {notification} {channel} --gone"
    else:
        words = (
            f"post it by hand (notify hand-off {notification} {channel} has the text); then run"
            f" notify confirm {notification} {channel} {posted_option(hand_off)}"
        )
    deadline = (hand_off or HandOff(channel)).deadline
    return Next("awaiting_person", None, f"{because}: {words}" if because else words, remind=now + deadline)


def posted_option(hand_off: HandOff | None) -> str:
    """Name the option of `notify confirm` that says a post is there: its address, where posts have one."""
    return "--done" if hand_off is not None and not hand_off.hosts else "--url URL"


# --- what that person needs -------------------------------------------------------------------------------------------


FORM_NAMES = {"headline": "title", "sms": "shortest text", "short": "short text", "long": "whole text"}
"""What a person calls each form of a text."""


@dataclass(frozen=True)
class Sheet:
    """What a person needs to post one delivery by hand, or to take one down."""

    notification: str
    channel: str
    operation: str
    language: str
    part: int
    service: str
    headline: str
    text: str
    beside: Mapping[str, str]
    """What else is written there: a title, a shorter text, by its form."""
    length: int
    limit: int | None
    unit: str
    pictures: tuple[Media, ...]
    files: Mapping[str, bytes]
    """What else goes with it, by name."""
    compose: str | None
    """The page where a post is written."""
    post: str | None
    """The address of the post that is to be taken down."""
    deadline: datetime | None
    """When somebody is reminded; None: that was done."""
    posted: str = "--url URL"
    """The option of `notify confirm` that says it is posted."""

    @property
    def commands(self) -> tuple[str, ...]:
        """What settles it."""
        begin = f"notify confirm {self.notification} {self.channel}"
        done = "--gone" if self.operation == "withdraw" else self.posted
        return f"{begin} {done}", f"{begin} --failed REASON"


def sheet(
    delivery: Mapping[str, Any], message: Message, channel: Channel, post: str | None, others: Sequence[Message] = ()
) -> Sheet:
    """Write what a person needs for a delivery that waits for one.

    post: the address of what it takes down. others: what else of the notification belongs there (Channel.files).
    """
    limit, hand_off = channel.capabilities.limit, channel.hand_off
    withdraws = delivery["operation"] == "withdraw"
    return Sheet(
        delivery["notification"],
        delivery["channel"],
        delivery["operation"],
        delivery["language"],
        delivery["part"],
        hand_off.service if hand_off else delivery["channel"],
        message.headline,
        message.text,
        {} if withdraws else dict(message.beside),
        length(message.text, limit.unit) if limit else len(message.text),
        limit_for(message.text, limit) if limit else None,
        unit_words(limit),
        () if withdraws else message.media,
        {} if withdraws else channel.files(message, others),
        hand_off.compose if hand_off else None,
        post,
        moment_if(delivery["remind"]),
        posted_option(hand_off),
    )


def wrong_host(url: str, hand_off: HandOff | None, base_url: str | None, *, live: bool) -> str | None:
    """Say why an address cannot be that of a post there; None where it can.

    base_url: where a practice account is, which shows its posts itself.
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    hosts = hand_off.hosts if hand_off else ()
    own = urlsplit(base_url or "").hostname if not live else None
    if not hosts or (own is not None and host == own):
        return None
    if any(host == each or host.endswith(f".{each}") for each in hosts):
        return None
    service = hand_off.service if hand_off else "it"
    return f"{host or url[:60]} is not where {service} shows posts ({', '.join(hosts)}); copy the post's own address"
