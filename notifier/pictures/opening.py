"""How a picture's file is opened: its size is looked at before its pixels, and whatever is wrong is one sentence."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from notifier.errors import InvalidNotification, Problem
from notifier.message import Media

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

LARGEST = 100_000_000
"""Pixels of a picture; more is no photo, but an attempt to fill the memory."""
LONGEST = 65_535
"""Pixels of a side, as a JPEG can have."""
LARGEST_IN_ALL = 200_000_000
"""Pixels of all frames of a moving picture."""

UNREADABLE = "cannot be read as a picture; open it, save it again and attach it"
TOO_LARGE = f"has more than {LARGEST // 1_000_000} million pixels; make it smaller and attach it again"
TOO_LONG = f"has a side of more than {LONGEST} pixels; make it smaller and attach it again"
TOO_MANY = (
    f"has more than {LARGEST_IN_ALL // 1_000_000} million pixels in its frames; make it shorter and attach it again"
)


def refused(media: Media, why: str) -> InvalidNotification:
    """Make the error for a picture that cannot be published."""
    return InvalidNotification([Problem("attach", f'"{media.name}" {why}')])


@contextmanager
def told_in_a_sentence(media: Media) -> Iterator[None]:
    """Let whatever goes wrong with a picture's bytes be one sentence that names its file."""
    from PIL.Image import DecompressionBombError

    try:
        yield
    except InvalidNotification:
        raise
    except DecompressionBombError:
        raise refused(media, TOO_LARGE) from None
    except Exception:  # Pillow raises whatever the bytes make its decoders raise
        raise refused(media, UNREADABLE) from None


def opened(media: Media) -> "ImageFile":
    """Read a picture's header; of its pixels, none. InvalidNotification: there are too many, or it is broken.

    The class of its type is called, not Image.open: that one only warns of what is too large, and takes a JPEG with
    further pictures in it for another type.
    """
    from PIL.GifImagePlugin import GifImageFile
    from PIL.JpegImagePlugin import JpegImageFile
    from PIL.PngImagePlugin import PngImageFile
    from PIL.WebPImagePlugin import WebPImageFile

    classes: dict[str, type[ImageFile]] = {
        "image/jpeg": JpegImageFile,
        "image/png": PngImageFile,
        "image/gif": GifImageFile,
        "image/webp": WebPImageFile,
    }
    image = classes[media.media_type](io.BytesIO(media.data))
    pixels = image.width * image.height
    if pixels > LARGEST:
        raise refused(media, TOO_LARGE)
    if max(image.size) > LONGEST:
        raise refused(media, TOO_LONG)
    if pixels * getattr(image, "n_frames", 1) > LARGEST_IN_ALL:
        raise refused(media, TOO_MANY)
    return image
