"""A picture's pixels: in the colours of screens, scaled, on white, encoded. They are told apart by Pillow's modes."""

import io
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from PIL.Image import Image

LARGEST_PROFILE = 50_000
"""Bytes of a colour profile that goes with a picture made anew; the pixels are translated instead of a larger one."""
_FORMATS: Final = {"image/jpeg": "JPEG", "image/png": "PNG", "image/gif": "GIF", "image/webp": "WEBP"}


def profile_of(image: "Image") -> bytes | None:
    """The colour profile (ICC.1) that is meant for such pixels; one that is for others would spoil the colours."""
    profile = image.info.get("icc_profile")
    if not isinstance(profile, bytes) or profile[36:40] != b"acsp":
        return None
    space = "GRAY" if image.mode in ("1", "L", "LA", "I;16", "I") else "CMYK" if image.mode == "CMYK" else "RGB "
    return profile if profile[16:20] == space.encode() else None


def in_screen_colours(image: "Image") -> "Image":
    """Translate colours into RGB (sRGB), by the picture's own profile where it has one; such as printers' inks."""
    profile = profile_of(image)
    if profile is None:
        return image.convert("RGB")
    from PIL import ImageCms

    mode = "RGBA" if image.mode == "RGBA" else "RGB"
    try:
        screen = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
        own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        translated = ImageCms.profileToProfile(image, own, screen, outputMode=mode)
    except (ImageCms.PyCMSError, ImportError, OSError):
        translated = None
    return translated or image.convert(mode)


def for_screens(image: "Image") -> "Image":
    """Give its first frame in 8 bits of grey, RGB or RGBA, with no more beside it than a colour profile."""
    if image.mode.startswith("I"):
        seen = image.convert("I").point(lambda value: value / 257).convert("L")
    elif image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        seen = image.convert("RGBA")
    elif image.mode == "CMYK":
        seen = in_screen_colours(image)
    else:
        mode = "L" if image.mode in ("1", "L") else "RGB"
        seen = image if image.mode == mode else image.convert(mode)
    seen.info = {"icc_profile": image.info.get("icc_profile")}
    profile = profile_of(seen)
    if profile is not None and len(profile) > LARGEST_PROFILE:
        seen, profile = in_screen_colours(seen), None
    seen.info = {"icc_profile": profile} if profile else {}
    return seen


def scaled(image: "Image", size: tuple[int, int]) -> "Image":
    """Make it smaller."""
    from PIL.Image import Resampling

    if image.size == size:
        return image
    smaller = image.resize(size, Resampling.LANCZOS, reducing_gap=3.0)
    smaller.info = dict(image.info)
    return smaller


def encoded(image: "Image", media_type: str, size: tuple[int, int], quality: int) -> bytes:
    """Write a file of such a type; white is added up to `size`, and beneath what is clear where the type knows none."""
    profile = image.info.get("icc_profile")
    if size != image.size or (media_type == "image/jpeg" and image.mode == "RGBA"):
        image = _on_white(image, size)
    options: dict[str, Any] = {"icc_profile": profile} if profile else {}
    if media_type == "image/jpeg":
        options |= {"quality": quality, "progressive": True, "optimize": True}
    elif media_type == "image/webp":
        options |= {"quality": quality}
    out = io.BytesIO()
    image.save(out, _FORMATS[media_type], **options)
    return out.getvalue()


def _on_white(image: "Image", size: tuple[int, int]) -> "Image":
    """Its whole in the middle of white."""
    from PIL import Image

    mode = "L" if image.mode == "L" else "RGB"
    whole = Image.new(mode, size, "white")
    place = ((size[0] - image.width) // 2, (size[1] - image.height) // 2)
    whole.paste(image, place, image.getchannel("A") if image.mode == "RGBA" else None)
    return whole
