"""Pictures for networks: upright, without what a camera wrote into them, small enough. Pure: bytes in, bytes out.

Pillow is imported where it is needed: most notifications have no picture.
"""

import hashlib
import io
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from notifier.capabilities import Pictures
from notifier.errors import InvalidNotification, Problem
from notifier.message import Media

if TYPE_CHECKING:
    from PIL.Image import Image

LARGEST = 100_000_000
"""Pixels of a picture; more is no photo, but an attempt to fill the memory."""
SIDES = (2048, 1600, 1280, 1024, 800, 640, 512, 400, 320, 240, 180, 128, 96, 64)
"""Pixels of the longest side that pictures are made with: networks that want nearly the same share one. None shows more
than the first, and a resident's telephone need not load more."""

_TOO_LARGE = f"has more than {LARGEST // 1_000_000} million pixels; make it smaller and attach it again"
_FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/gif": "GIF", "image/webp": "WEBP"}
_QUALITIES = (88, 75, 60)
_FAR = 4
"""What is so many times too large is not tried with a lower quality."""


def clean(media: Media) -> Media:
    """Give the picture as it may be published: upright, without EXIF (its GPS), XMP, comments and whatever follows it.

    Its colour profile stays, and its pixels up to SIDES[0] a side. What is no picture passes.
    InvalidNotification: it is broken, or too large to be one.
    """
    if media.media_type not in _FORMATS:
        return media
    image = _opened(media)
    if max(image.size) > SIDES[0] and getattr(image, "n_frames", 1) == 1:
        image = _scaled(image if image.mode in ("RGB", "L", "RGBA") else _deep(image), SIDES[0])
    data = _saved(image, media.media_type, _QUALITIES[0])
    return replace(media, data=data, sha256=hashlib.sha256(data).hexdigest())


class Workshop:
    """Makes each picture fit once for all networks that want the same of it."""

    def __init__(self) -> None:
        self._fits: dict[tuple[object, ...], tuple[str, bytes]] = {}
        self._made: dict[tuple[object, ...], bytes] = {}
        self.made = 0
        """How many pictures were encoded."""

    def fitted(self, media: Media, limits: Pictures) -> Media:
        """Give a cleaned picture as a network takes it; itself where that is so already."""
        alt = _shortened(media.alt, limits.alt)
        if media.media_type not in _FORMATS:
            return replace(media, alt=alt)
        key = (media.sha256, limits.size, limits.side, limits.types, limits.shape)
        if key not in self._fits:
            self._fits[key] = self._fit(media, limits)
        type_, data = self._fits[key]
        if data is media.data:
            return replace(media, alt=alt)
        sha256 = hashlib.sha256(data).hexdigest()
        return replace(media, media_type=type_, alt=alt, sha256=sha256, data=data, source=media.source or media.sha256)

    def _fit(self, media: Media, limits: Pictures) -> tuple[str, bytes]:
        if media.media_type in limits.types and len(media.data) <= limits.size and _has_shape(media, limits):
            return media.media_type, media.data
        image = _flat(_opened(media))
        shape = None if limits.shape is None or _is_between(image.size, limits.shape) else limits.shape
        if shape is not None:
            image = _padded(image, shape)
        type_ = _wanted(limits)
        for side in _sides(max(image.size), limits.side):
            smaller: Image | None = None
            for quality in _QUALITIES:
                work = (media.sha256, shape, type_, side, quality)
                if work not in self._made:
                    smaller = smaller or (image if side >= max(image.size) else _scaled(image, side))
                    self._made[work] = _saved(smaller, type_, quality)
                    self.made += 1
                if len(self._made[work]) <= limits.size:
                    return type_, self._made[work]
                if len(self._made[work]) > _FAR * limits.size or type_ not in ("image/jpeg", "image/webp"):
                    break
        raise _broken(media, f"cannot be made smaller than {limits.size} bytes; attach another")


def _sides(own: int, most: int | None) -> list[int]:
    """The sides that a picture is tried with, the largest first: its own where that may be, then the common ones."""
    most = min(own, most or own)
    return [*([own] if own <= most else []), *(side for side in SIDES if side < own and side <= most)] or [most]


def _opened(media: Media) -> "Image":
    """Decode a picture, upright and without what is no pixel but its colour profile."""
    import warnings

    from PIL import Image, ImageOps

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(media.data), formats=[_FORMATS[media.media_type]])
            if image.width * image.height > LARGEST:
                raise _broken(media, _TOO_LARGE)
            image.load()
            profile = image.info.get("icc_profile")
            upright = ImageOps.exif_transpose(image) if getattr(image, "n_frames", 1) == 1 else image
    except InvalidNotification:
        raise
    except Image.DecompressionBombError:
        raise _broken(media, _TOO_LARGE) from None
    except Exception:  # Pillow raises whatever the bytes make its decoders raise
        raise _broken(media, "cannot be read as a picture; open it, save it again and attach it") from None
    upright.info = {name: value for name, value in upright.info.items() if name in ("duration", "loop", "transparency")}
    upright.info |= {"icc_profile": profile} if profile else {}
    return upright


def _broken(media: Media, why: str) -> InvalidNotification:
    return InvalidNotification([Problem("attach", f'"{media.name}" {why}')])


def _has_shape(media: Media, limits: Pictures) -> bool:
    """Whether a cleaned picture is within a side and a shape; its pixels are not read for that."""
    from PIL import Image

    with Image.open(io.BytesIO(media.data)) as image:
        side = limits.side is None or max(image.size) <= limits.side
        return side and (limits.shape is None or _is_between(image.size, limits.shape))


def _is_between(size: tuple[int, int], shape: tuple[float, float]) -> bool:
    return shape[0] <= size[0] / size[1] <= shape[1]


def _wanted(limits: Pictures) -> str:
    """The type that a picture is made into: a photo is a JPEG, which every network takes."""
    return "image/jpeg" if "image/jpeg" in limits.types else limits.types[0]


def _scaled(image: "Image", side: int) -> "Image":
    from PIL import Image

    share = side / max(image.size)
    size = (max(round(image.width * share), 1), max(round(image.height * share), 1))
    scaled = image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    scaled.info = dict(image.info)
    return scaled


def _deep(image: "Image") -> "Image":
    """The picture in pixels that can be scaled."""
    if image.mode.startswith("I"):
        return _flat(image)
    deep = image.convert("RGBA") if "transparency" in image.info or "A" in image.mode else image.convert("RGB")
    deep.info = dict(image.info)
    return deep


def _flat(image: "Image") -> "Image":
    """The first frame in RGB, on white where it was transparent."""
    from PIL import Image

    profile = image.info.get("icc_profile") if image.mode == "RGB" else None
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        clear = image.convert("RGBA")
        flat = Image.new("RGB", image.size, "white")
        flat.paste(clear, mask=clear.getchannel("A"))
    elif image.mode.startswith("I"):
        flat = image.point(lambda value: value / 257).convert("L").convert("RGB")
    else:
        flat = image.convert("RGB")
    flat.info = {"icc_profile": profile} if profile else {}
    return flat


def _padded(image: "Image", shape: tuple[float, float]) -> "Image":
    """White at the sides or above and below: a face is never cut off."""
    from PIL import Image

    ratio = image.width / image.height
    width, height = image.size
    if ratio < shape[0]:
        width = -int(-image.height * shape[0] // 1)
    elif ratio > shape[1]:
        height = -int(-image.width / shape[1] // 1)
    if (width, height) == image.size:
        return image
    padded = Image.new("RGB", (width, height), "white")
    padded.paste(image, ((width - image.width) // 2, (height - image.height) // 2))
    padded.info = dict(image.info)
    return padded


def _saved(image: "Image", type_: str, quality: int) -> bytes:
    """Encode it; nothing but pixels, colour profile and, of an animation, its times is written."""
    out = io.BytesIO()
    options: dict[str, Any] = {"icc_profile": image.info.get("icc_profile")}
    if getattr(image, "n_frames", 1) > 1 and type_ in ("image/gif", "image/webp"):
        options |= {"save_all": True, "duration": image.info.get("duration", 100), "loop": image.info.get("loop", 0)}
    if type_ == "image/jpeg":
        image = image if image.mode in ("RGB", "L") else _flat(image)
        options |= {"quality": quality}
    elif type_ == "image/webp":
        options |= {"quality": quality}
    elif type_ == "image/gif":
        options |= {"comment": b""}
    image.save(out, _FORMATS[type_], **options)
    return out.getvalue()


def _shortened(alt: str | None, most: int | None) -> str | None:
    """The alt text within a limit: whole sentences, else whole words."""
    if alt is None or most is None or len(alt) <= most:
        return alt
    room = alt[: most - 1]
    end = max(room.rfind(". ") + 1, room.rfind("! ") + 1, room.rfind("? ") + 1)
    return f"{room[:end] if end > most // 2 else room.rsplit(' ', 1)[0]}…"
