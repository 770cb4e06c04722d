"""A picture made to fit each network: every size and quality once, whoever asks for it."""

import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from notifier.capabilities import Pictures
from notifier.message import Media
from notifier.pictures.containers import PICTURES
from notifier.pictures.framing import LARGEST_SIDE, Frame, Shape, Size, framed, has_shape, sides
from notifier.pictures.opening import opened, refused, told_in_a_sentence
from notifier.pictures.pixels import encoded, for_screens, scaled

if TYPE_CHECKING:
    from PIL.Image import Image

_QUALITIES: Final = {88: 1.0, 80: 0.7, 72: 0.55, 64: 0.45}
"""Those that are tried, each with the share of the first one's bytes that it can be expected to need at least."""
_INSTEAD: Final = {
    "image/jpeg": ("image/jpeg", "image/webp", "image/png", "image/gif"),
    "image/png": ("image/png", "image/jpeg", "image/webp", "image/gif"),
    "image/gif": ("image/png", "image/jpeg", "image/webp", "image/gif"),
    "image/webp": ("image/webp", "image/jpeg", "image/png", "image/gif"),
}
"""By its type, what a picture is made into, the best first; a drawing stays sharp while there is room."""
_LOSSY: Final = ("image/jpeg", "image/webp")


@dataclass(frozen=True)
class _Work:
    """What is to be made of a picture, without what of a network's limits changes nothing."""

    sha256: str
    types: tuple[str, ...]
    size: int
    side: int
    shape: Shape | None


class Workshop:
    """Makes each picture fit once for all networks that want the same of it; for one thread."""

    def __init__(self) -> None:
        self.made = 0
        """How many pictures were made."""
        self.encoded = 0
        """How often pixels were encoded for them."""
        self._sizes: dict[str, Size] = {}
        self._done: dict[_Work, tuple[str, bytes]] = {}
        self._tried: dict[tuple[object, ...], bytes] = {}
        self._decoded: tuple[tuple[str, Size], Image] | None = None
        self._scaled: tuple[tuple[str, Size], Image] | None = None

    def fitted(self, media: Media, limits: Pictures) -> Media:
        """Give a cleaned picture as a network takes it; the same where that is so already.

        What is made names the picture that it was made from in `source`. An alt text that is too long ends with "…".
        InvalidNotification: it is broken, or cannot be made small enough.
        """
        alt = _shortened(media.alt, limits.alt)
        if media.media_type not in PICTURES:
            return media if alt == media.alt else replace(media, alt=alt)
        with told_in_a_sentence(media):
            type_, data = self._fit(media, limits)
        if data is media.data:
            return media if alt == media.alt else replace(media, alt=alt)
        sha256 = hashlib.sha256(data).hexdigest()
        return replace(media, media_type=type_, alt=alt, sha256=sha256, data=data, source=media.source or media.sha256)

    def _fit(self, media: Media, limits: Pictures) -> tuple[str, bytes]:
        size = self._size(media)
        shaped = has_shape(size, limits.shape)
        taken = media.media_type in limits.types and len(media.data) <= limits.size
        if taken and shaped and max(size) <= (limits.side or max(size)):
            return media.media_type, media.data
        types = tuple(type_ for type_ in _INSTEAD[media.media_type] if type_ in limits.types)
        side = min(limits.side or LARGEST_SIDE, LARGEST_SIDE)
        if shaped:
            side = min(side, max(size))
        work = _Work(media.sha256, types, limits.size, side, None if shaped else limits.shape)
        if work not in self._done:
            self._done[work] = self._make(media, work)
            self.made += 1
        return self._done[work]

    def _size(self, media: Media) -> Size:
        if media.sha256 not in self._sizes:
            self._sizes[media.sha256] = opened(media).size
        return self._sizes[media.sha256]

    def _make(self, media: Media, work: _Work) -> tuple[str, bytes]:
        for type_, data in self._tries(media, work):
            if len(data) <= work.size:
                return type_, data
        raise refused(media, f"cannot be made smaller than {work.size} bytes; attach another")

    def _tries(self, media: Media, work: _Work) -> Iterator[tuple[str, bytes]]:
        """What may be small enough, the best first: without loss at full size, then with ever more loss."""
        lossy = next((type_ for type_ in work.types if type_ in _LOSSY), None)
        for type_ in work.types[:1]:
            if type_ != lossy:
                yield from ((type_, data) for data in self._lossless(media, type_, work, once=lossy is not None))
        if lossy is not None:
            yield from ((lossy, data) for data in self._lossy(media, lossy, work))

    def _lossless(self, media: Media, type_: str, work: _Work, *, once: bool) -> Iterator[bytes]:
        size = self._size(media)
        for side in sides(work.side):
            frame = framed(size, side, work.shape)
            share = frame.inner[0] * frame.inner[1] / (size[0] * size[1])
            if once and len(media.data) * share > 2 * work.size:
                return  # a photo: it is hopeless, and costs a second
            yield self._encode(media, type_, frame, 100)
            if once:
                return

    def _lossy(self, media: Media, type_: str, work: _Work) -> Iterator[bytes]:
        longest: float = work.side
        for side in sides(work.side):
            if side > longest:
                continue
            frame = framed(self._size(media), side, work.shape)
            needed = 0
            for quality, share in _QUALITIES.items():
                if needed * share <= work.size:
                    data = self._encode(media, type_, frame, quality)
                    needed = needed or len(data)
                    yield data
            longest = side * math.sqrt(work.size / (needed * min(_QUALITIES.values())))

    def _encode(self, media: Media, type_: str, frame: Frame, quality: int) -> bytes:
        key = (media.sha256, type_, frame, quality)
        if key not in self._tried:
            self._tried[key] = encoded(self._scale(media, frame), type_, frame.outer, quality)
            self.encoded += 1
        return self._tried[key]

    def _scale(self, media: Media, frame: Frame) -> "Image":
        """The picture in its frame's size; the last one is kept, for it is encoded in several qualities."""
        key = (media.sha256, frame.inner)
        if self._scaled is None or self._scaled[0] != key:
            self._scaled = key, scaled(self._decode(media, frame.inner), frame.inner)
        return self._scaled[1]

    def _decode(self, media: Media, least: Size) -> "Image":
        """The picture's pixels; the last ones are kept, for other networks want them in other sizes.

        A JPEG is decoded at a half, a quarter or an eighth where that is enough. It is never another fraction because
        of what was made before: the same picture is the same bytes, whatever networks there are.
        """
        image = opened(media)
        image.draft(None, least)
        key = (media.sha256, image.size)
        if self._decoded is None or self._decoded[0] != key:
            self._decoded = self._scaled = None
            image.load()
            self._decoded = key, for_screens(image)
        return self._decoded[1]


def _shortened(alt: str | None, most: int | None) -> str | None:
    """The alt text within a limit: whole sentences, else whole words."""
    if alt is None or most is None or len(alt) <= most:
        return alt
    room = alt[: most - 1]
    end = max(alt.rfind(sign, 0, most) for sign in (". ", "! ", "? ")) + 1
    if end > most // 2:
        return f"{room[:end]}…"
    word = room if alt[most - 1].isspace() else room.rsplit(" ", 1)[0]
    return f"{word.rstrip(' ,;:')}…"
