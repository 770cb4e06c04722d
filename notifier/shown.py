"""What a channel will show: its texts, the pictures that it takes, what its network charges."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from notifier.channel import Capabilities, Form, Media, Price
from notifier.errors import Problem
from notifier.lengths import length, limit_for, sms_segments, to_gsm7, unit_words
from notifier.notification import BY_HAND, Notification
from notifier.rendering import Renderer, Text, Wish

if TYPE_CHECKING:
    from notifier.pictures import Workshop

_LINK = r"https?://|(?<![@\w])[\w-]+\.[a-z]{2,}(?![\w@])"
"""What a network takes for a link; a bare domain is one to X."""


@dataclass(frozen=True)
class Shown:
    """What a channel will show in one language: the text, its length in the network's unit, what was dropped."""

    channel: str
    type: str
    language: str
    text: Text
    beside: Mapping[Form, Text]
    capabilities: Capabilities
    pictures: tuple[Media, ...]
    pictures_left_out: int
    stands_by_for: str | None = None
    """The channel that it stands by for."""

    def length(self) -> int:
        """The text's length in the channel's own unit; characters where it has no limit."""
        limit = self.capabilities.limit
        return length(self.text.text, limit.unit) if limit else len(self.text.text)

    @property
    def posts(self) -> int:
        """In how many requests it goes out, one after another: an atomic thread in one."""
        return max(len(self.text.parts), 1) if self.capabilities.thread == "replies" else 1

    def price(self) -> tuple[Decimal, str] | None:
        """What the network charges for it, to all recipients, and in which currency; None where it charges nothing."""
        price = self.capabilities.price
        if price is None:
            return None
        posts = self.text.parts or (self.text.text,)
        each = sum((_price_of(price, post) for post in posts), Decimal())
        return each * max(len(self.capabilities.recipients), 1), price.currency

    @property
    def unit(self) -> str:
        """The network's unit, as people say it."""
        return unit_words(self.capabilities.limit)

    def unfit(self) -> Problem:
        """Say that what may not be dropped is too long."""
        return Problem(
            f"{self.channel} ({self.language})",
            f"the words that may not be dropped are {self.length()} {self.unit} long and {self.limit()} fit;"
            " shorten the fields, or leave this channel out with --skip-unfit",
        )

    def remarks(self) -> Iterator[str]:
        """Say what whoever approves a text should know of its channel."""
        if self.capabilities.by_hand:
            yield "a person posts it by hand: notify hand-off shows it ready to copy"
        if price := self.price():
            yield f"costs {_price_words(*price)}"
        if self.text.parts:
            yield f"a thread of {len(self.text.parts)} posts"

    def limit(self) -> int | None:
        """The most the channel takes of this text."""
        limit = self.capabilities.limit
        return limit_for(self.text.text, limit) if limit else None


class Renders:
    """Renders each form once for all channels that want the same."""

    def __init__(self, renderer: Renderer, notification: Notification) -> None:
        self._renderer = renderer
        self._notification = notification
        self._done: dict[tuple[object, ...], Text] = {}
        self._workshop: Workshop | None = None

    def text(self, form: Form, language: str, can: Capabilities | None = None) -> Text:
        """Render the text that a channel shows."""
        return self._render(form, language, Wish.of(can) if can else Wish())

    def beside(self, form: Form, language: str, can: Capabilities) -> Text:
        """Render what goes with a channel's text, within a limit where it has one."""
        limit = dict(can.within).get(form)
        wish = Wish(limit, can.gsm7 and limit is not None, links=can.links, live_signs=can.live_signs)
        return self._render(form, language, wish)

    def shown(self, channel: str, type_: str, can: Capabilities, language: str, media: tuple[Media, ...]) -> Shown:
        """Say what a channel will show in one language; media: all that is attached."""
        taken = tuple(self._fitted(one, can) for one in _together(media, can))[: _most(can)]
        beside = {form: text for form in can.beside if (text := self.beside(form, language, can)).fits}
        text = self.text(can.form, language, can)
        return Shown(channel, type_, language, text, beside, can, taken, len(media) - len(taken))

    def _fitted(self, media: Media, can: Capabilities) -> Media:
        """Make a picture fit a network: once a size, not once a channel."""
        if can.pictures is None or not media.media_type.startswith("image/"):
            return media
        if self._workshop is None:
            from notifier.pictures import Workshop

            self._workshop = Workshop()
        return self._workshop.fitted(media, can.pictures)

    def _render(self, form: Form, language: str, wish: Wish) -> Text:
        if self._notification.source == BY_HAND:  # what a person typed may come alive: they meant it
            wish = replace(wish, live_signs="")
        key = (form, language, wish)
        if key not in self._done:
            self._done[key] = self._renderer.render(self._notification, form, language, wish)
        return self._done[key]


def _takes(can: Capabilities, media: Media) -> bool:
    if media.media_type.startswith("image/"):
        return can.pictures is not None
    if media.media_type.startswith("video/"):
        return can.video is not None and len(media.data) <= can.video
    return can.papers


def _together(media: tuple[Media, ...], can: Capabilities) -> list[Media]:
    """What of all that is attached may stand in one post."""
    taken = [one for one in media if _takes(can, one)]
    if taken and can.alone and taken[0].media_type.startswith(can.alone):
        return taken[:1]
    return [one for one in taken if not (can.alone and one.media_type.startswith(can.alone))]


def _most(can: Capabilities) -> int | None:
    """How many attachments go with a post; papers are not counted."""
    return None if can.papers or can.pictures is None else can.pictures.most


def _price_words(amount: Decimal, currency: str) -> str:
    """Say what a post costs: `$0.20`, `0.15 EUR`."""
    shown = f"{amount:.3f}".removesuffix("0")
    return f"${shown}" if currency == "USD" else f"{shown} {currency}"


def _price_of(price: Price, post: str) -> Decimal:
    if price.a_segment:
        return price.post * sms_segments(to_gsm7(post)).segments
    return price.with_link if price.with_link is not None and re.search(_LINK, post) else price.post
