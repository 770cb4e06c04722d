"""Pictures drawn for a test, in every format, with what cameras and programs write into them."""

import hashlib
import io
import struct
import zlib
from typing import Any

from PIL import Image, ImageCms, PngImagePlugin
from PIL.JpegImagePlugin import JpegImageFile

from notifier.channel import Media

TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "GIF": "image/gif", "WEBP": "image/webp"}
SECRET = b"camera-serial-4711"
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/">' + SECRET + b"</x:xmpmeta>"
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def made_of(data: bytes, form: str = "JPEG", alt: str | None = "A map", name: str | None = None) -> Media:
    """Bytes as an attachment holds them."""
    name = name or f"photo.{form.lower().replace('jpeg', 'jpg')}"
    return Media(name, TYPES[form], alt, None, hashlib.sha256(data).hexdigest(), data)


def saved(image: Image.Image, form: str = "JPEG", **saving: Any) -> Media:
    """An image as a file of a format."""
    out = io.BytesIO()
    image.save(out, form, **saving)
    return made_of(out.getvalue(), form)


def a_picture(form: str = "JPEG", mode: str = "RGB", size: tuple[int, int] = (60, 40), **saving: Any) -> Media:
    """A picture of one colour."""
    return saved(Image.new(mode, size, saving.pop("colour", 0)), form, **saving)


def a_noisy_picture(width: int, height: int, quality: int = 90) -> Media:
    """A picture that hardly compresses, as a photo of gravel."""
    return saved(Image.effect_noise((width, height), 90).convert("RGB"), quality=quality)


def four_corners(size: tuple[int, int] = (64, 32)) -> Image.Image:
    """Red, green, blue and white, from the upper left clockwise: any turn of it is told."""
    image = Image.new("RGB", size, "white")
    width, height = size[0] // 2, size[1] // 2
    image.paste("red", (0, 0, width, height))
    image.paste("lime", (width, 0, size[0], height))
    image.paste("blue", (width, height, size[0], size[1]))
    return image


def an_animation(form: str = "GIF", **saving: Any) -> Media:
    """Three frames of a fifth of a second."""
    frames = [Image.new("RGB", (30, 20), colour) for colour in ("red", "lime", "blue")]
    return saved(frames[0], form, save_all=True, append_images=frames[1:], duration=200, loop=0, **saving)


def an_exif(turn: int = 1) -> Image.Exif:
    """What a telephone notes: where, with what, which way up, and a thumbnail of it."""
    exif = Image.Exif()
    exif[0x0112] = turn
    exif[0x010F] = SECRET.decode()
    exif[0x8825] = {1: "N", 2: (42.0, 21.0, 30.0), 3: "W", 4: (71.0, 3.0, 25.0)}
    return exif


def a_png_with_words(**saving: Any) -> Media:
    """A PNG with every chunk that can hold words, a time and EXIF."""
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", SECRET.decode())
    info.add_text("Author", SECRET.decode(), zip=True)
    info.add_itxt("XML:com.adobe.xmp", XMP.decode(), zip=False)
    info.add(b"tIME", b"\x07\xea\x0b\x16\x0f\x00\x00")
    info.add(b"prVt", SECRET)
    return saved(four_corners(), "PNG", pnginfo=info, exif=an_exif(), **saving)


def png_of(*chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG of such chunks, with their sums."""
    written = (struct.pack(">I", len(d)) + n + d + struct.pack(">I", zlib.crc32(n + d)) for n, d in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(written)


def png_header(width: int, height: int, depth: int = 8, colour: int = 2) -> tuple[bytes, bytes]:
    """The first chunk of a PNG; colour 2 is RGB."""
    return b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)


def a_deep_png() -> bytes:
    """A PNG of 16 bits a colour, which Pillow can only show in 8."""
    rows = b"".join(b"\0" + struct.pack(">6H", *(257 * row + column for column in range(6))) for row in range(2))
    return png_of(png_header(2, 2, 16), (b"IDAT", zlib.compress(rows)), (b"tEXt", b"a\0" + SECRET), (b"IEND", b""))


def segment(marker: int, body: bytes) -> bytes:
    """A segment of a JPEG."""
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def seen(media: Media) -> Image.Image:
    """The picture as a viewer decodes it."""
    data = io.BytesIO(media.data)
    image = JpegImageFile(data) if media.media_type == "image/jpeg" else Image.open(data)  # not its further pictures
    image.load()
    return image


def pixels(image: Image.Image) -> bytes:
    """The picture's pixels, whatever stands beside them."""
    return image.convert("RGBA").tobytes()
