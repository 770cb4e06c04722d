"""When a delivery goes into a person's hands: what to post, or take away, where no program may. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from notifier.channel import Capabilities, Channel, HandOff
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
            f" notify confirm {notification} {channel} --url URL"
        )
    deadline = (hand_off or HandOff(channel)).deadline
    return Next("awaiting_person", None, f"{because}: {words}" if because else words, remind=now + deadline)
