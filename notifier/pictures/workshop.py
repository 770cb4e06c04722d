"""A picture made to fit each network: every size and quality once, whoever asks for it."""

import hashlib
import math
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from notifier.capabilities import Pictures
from notifier.message import Media
from notifier.pictures.containers import PICTURES
from notifier.pictures.framing import Frame, Size, common, framed, has_shape, sides
from notifier.pictures.opening import opened, refused, told_in_a_sentence
from notifier.pictures.pixels import encoded, for_screens, scaled

if TYPE_CHECKING:
    from PIL.Image import Image

_QUALITIES: Final = {88: 1.0, 80: 0.7, 72: 0.55, 64: 0.45}
"""Those that are tried, each with the share of the first one's bytes that it needs at least."""
_INSTEAD: Final = {
    "image/jpeg": ("image/jpeg", "image/webp", "image/png", "image/gif"),
    "image/png": ("image/png", "image/jpeg", "image/webp", "image/gif"),
    "image/gif": ("image/png", "image/jpeg", "image/webp", "image/gif"),
    "image/webp": ("image/webp", "image/jpeg", "image/png", "image/gif"),
}
"""By its type, what a picture is made into, the best first; a drawing stays sharp while there is room."""
_LOSSY: Final = ("image/jpeg", "image/webp")


class Workshop:
    """Makes each picture fit once for all networks that want the same of it; for one thread."""

    def __init__(self) -> None:
        self.made = 0
        """How many pictures were encoded."""
        self._sizes: dict[str, Size] = {}
        self._decoded: dict[str, Image] = {}
        self._scaled: tuple[tuple[str, Size], Image] | None = None
        self._encoded: dict[tuple[object, ...], bytes] = {}

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
        taken = media.media_type in limits.types and len(media.data) <= limits.size
        if taken and max(size) <= (limits.side or max(size)) and has_shape(size, limits.shape):
            return media.media_type, media.data
        for type_, data in self._tries(media, limits):
            if len(data) <= limits.size:
                return type_, data
        raise refused(media, f"cannot be made smaller than {limits.size} bytes; attach another")

    def _size(self, media: Media) -> Size:
        if media.sha256 not in self._sizes:
            self._sizes[media.sha256] = opened(media).size
        return self._sizes[media.sha256]

    def _tries(self, media: Media, limits: Pictures) -> Iterator[tuple[str, bytes]]:
        """What may be small enough, the best first: without loss at full size, then with ever more loss."""
        types = [type_ for type_ in _INSTEAD[media.media_type] if type_ in limits.types]
        if not types:
            raise refused(media, f"cannot be made into {' or '.join(limits.types)}; attach a picture of that type")
        size = common(self._size(media))
        frames = [framed(size, side, limits.shape) for side in sides(size, limits.side, limits.shape)]
        lossy = next((type_ for type_ in types if type_ in _LOSSY), None)
        if lossy is None:
            yield from ((types[0], self._encode(media, types[0], frame, 100)) for frame in frames)
            return
        if types[0] != lossy and self._is_worth_trying(media, frames[0], limits.size):
            yield types[0], self._encode(media, types[0], frames[0], 100)
        yield from ((lossy, data) for data in self._lossy(media, lossy, frames, limits.size))

    def _is_worth_trying(self, media: Media, frame: Frame, most: int) -> bool:
        """Whether it may be small enough without loss; to try that with a large photo costs a second."""
        share = math.prod(frame.inner) / math.prod(self._size(media))
        return len(media.data) * share <= 2 * most

    def _lossy(self, media: Media, type_: str, frames: list[Frame], most: int) -> Iterator[bytes]:
        """Every quality in every size, but for those that are hopeless by what the last size needed."""
        longest = math.inf
        for frame in frames:
            if max(frame.outer) > longest:
                continue
            needed = 0
            for quality, share in _QUALITIES.items():
                if needed * share <= most:
                    data = self._encode(media, type_, frame, quality)
                    needed = needed or len(data)
                    yield data
            longest = max(frame.outer) * math.sqrt(most / (needed * min(_QUALITIES.values())))

    def _encode(self, media: Media, type_: str, frame: Frame, quality: int) -> bytes:
        key = (media.sha256, type_, frame, quality)
        if key not in self._encoded:
            self._encoded[key] = encoded(self._scale(media, frame.inner), type_, frame.outer, quality)
            self.made += 1
        return self._encoded[key]

    def _scale(self, media: Media, size: Size) -> "Image":
        """The picture in a size; the last one is kept, for it is encoded in several qualities."""
        key = (media.sha256, size)
        if self._scaled is None or self._scaled[0] != key:
            self._scaled = key, scaled(self._decode(media), size)
        return self._scaled[1]

    def _decode(self, media: Media) -> "Image":
        """The picture's pixels, once, in the largest size that any network is made one of.

        What is made is made from these: the same picture is the same bytes, whatever was made of it before.
        """
        if media.sha256 not in self._decoded:
            image, size = opened(media), common(self._size(media))
            image.draft(None, size)
            image.load()
            self._decoded[media.sha256] = scaled(for_screens(image), size)
        return self._decoded[media.sha256]


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
