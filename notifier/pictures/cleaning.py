"""What is taken out of a picture before anybody sees it: where and when it was made, with what, what hides in it."""

import hashlib
import io
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from notifier.message import Media
from notifier.pictures.containers import PICTURES, bare, orientation
from notifier.pictures.opening import opened, told_in_a_sentence
from notifier.pictures.pixels import in_screen_colours, profile_of

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFile import ImageFile
    from PIL.JpegImagePlugin import JpegImageFile

_TURNED: dict[int, str] = {
    2: "FLIP_LEFT_RIGHT",
    3: "ROTATE_180",
    4: "FLIP_TOP_BOTTOM",
    5: "TRANSPOSE",
    6: "ROTATE_270",
    7: "TRANSVERSE",
    8: "ROTATE_90",
}
"""By EXIF's number, how Pillow turns such a picture upright."""
_ON_ITS_SIDE = (5, 6, 7, 8)


def clean(media: Media) -> Media:
    """Give the picture as it may be published: upright, without EXIF (its GPS), XMP, comments and whatever follows it.

    Its type, its pixels and its colour profile stay; only one that lies on its side, or is in printers' inks, is
    encoded anew. What is no picture passes. InvalidNotification: it is broken, or too large to be one.
    """
    if media.media_type not in PICTURES:
        return media
    with told_in_a_sentence(media):
        data = _cleaned(media)
    return replace(media, data=data, sha256=hashlib.sha256(data).hexdigest())


def _cleaned(media: Media) -> bytes:
    found = bare(media.data, media.media_type)
    image = opened(replace(media, data=found.data))
    if "icc_profile" in image.info and profile_of(image) is None:
        found = replace(found, data=bare(found.data, media.media_type, profile=False).data)
        image = opened(replace(media, data=found.data))
    moves = getattr(image, "n_frames", 1) > 1
    turn = 1 if moves else orientation(found.exif)
    if turn in _TURNED or image.mode == "CMYK":
        return _encoded_anew(image, media, turn)
    _look_at_every_pixel(image)
    return found.data


def _look_at_every_pixel(image: "ImageFile") -> None:
    """Decode it whole, though nobody looks: a file that ends too early is found now, not by the network."""
    image.draft(None, (1, 1))  # a JPEG at an eighth: its file is read as far, with a fraction of the memory
    for frame in range(getattr(image, "n_frames", 1)):
        image.seek(frame)
        image.load()


def _encoded_anew(image: "ImageFile", media: Media, turn: int) -> bytes:
    from PIL.Image import Transpose

    image.load()
    upright = image.transpose(Transpose[_TURNED[turn]]) if turn in _TURNED else image.copy()
    options: dict[str, Any] = {"icc_profile": profile_of(image)}
    if image.mode == "CMYK":
        upright = in_screen_colours(upright)
        options = {"quality": 92, "optimize": True}
    elif media.media_type == "image/jpeg":
        options |= _as_it_was_encoded(image, turn)
    elif media.media_type == "image/webp":
        options |= {"quality": 92, "exact": True, "lossless": b"VP8L" in media.data}
    if "transparency" in image.info:
        options["transparency"] = image.info["transparency"]
    form, upright.info = image.format, {}
    image.close()  # the pixels as they lay: as much memory again
    out = io.BytesIO()
    upright.save(out, form, **options)
    return out.getvalue()


def _as_it_was_encoded(image: "Image", turn: int) -> dict[str, Any]:
    """The options by which a JPEG loses next to nothing: its own tables, turned as it is, and its own kind of scans."""
    from PIL.JpegImagePlugin import get_sampling

    tables = [table for _, table in sorted(cast("JpegImageFile", image).quantization.items())]
    if turn in _ON_ITS_SIDE:
        tables = [[table[row * 8 + column] for column in range(8) for row in range(8)] for table in tables]
    sampling = get_sampling(image)
    return {
        "quality": 100,  # the tables as they are
        "qtables": tables,
        "subsampling": sampling if sampling in (0, 2) else 0,
        "progressive": bool(image.info.get("progressive")),
        "optimize": True,
    }
