"""Pictures: what a camera wrote is gone, every network's limits are kept, and each size is made once."""

import hashlib
import io
import struct
import zlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from notifier.channel import Media, Pictures
from notifier.errors import InvalidNotification
from notifier.message import Message
from notifier.pictures import Workshop, clean
from tests.notifications import a_message, some_video

TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "GIF": "image/gif", "WEBP": "image/webp"}
BLUESKY = Pictures(4, 1_000_000, 2_000)
SECRET = b"camera-serial-4711"


def made_of(data: bytes, form: str = "JPEG", alt: str | None = "A map", name: str | None = None) -> Media:
    """Bytes as an attachment holds them."""
    name = name or f"photo.{form.lower().replace('jpeg', 'jpg')}"
    return Media(name, TYPES[form], alt, None, hashlib.sha256(data).hexdigest(), data)


def a_picture(form: str = "JPEG", mode: str = "RGB", size: tuple[int, int] = (60, 40), **saving: Any) -> Media:
    """A picture of one colour."""
    out = io.BytesIO()
    Image.new(mode, size, saving.pop("colour", 0)).save(out, form, **saving)
    return made_of(out.getvalue(), form)


def a_noisy_picture(width: int, height: int, quality: int = 90) -> Media:
    """A picture that hardly compresses, as a photo of gravel."""
    out = io.BytesIO()
    Image.effect_noise((width, height), 90).convert("RGB").save(out, "JPEG", quality=quality)
    return made_of(out.getvalue())


def seen(media: Media) -> Image.Image:
    """The picture as a viewer decodes it."""
    image = Image.open(io.BytesIO(media.data))
    image.load()
    return image


# --- clean ------------------------------------------------------------------------------------------------------------


def test_what_a_camera_wrote_is_gone() -> None:
    """GPS, serial numbers and comments of a JPEG: neither read again nor among the bytes."""
    exif = Image.Exif()
    exif[0x010F] = SECRET.decode()
    exif.get_ifd(0x8825).update({1: "N", 2: (42.0, 21.0, 30.0), 3: "W", 4: (71.0, 3.0, 25.0)})
    found = clean(a_picture(exif=exif, comment=SECRET, xmp=b"<x:xmpmeta>" + SECRET + b"</x:xmpmeta>"))
    assert SECRET not in found.data
    assert not any(mark in found.data for mark in (b"Exif", b"xmp", b"GPS"))
    assert dict(seen(found).getexif()) == {}


def test_what_a_png_says_beside_its_pixels_is_gone() -> None:
    """Text chunks, EXIF, time and XMP of a PNG."""
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", SECRET.decode())
    info.add_itxt("XML:com.adobe.xmp", SECRET.decode(), zip=False)
    info.add(b"tIME", b"\x07\xea\x0b\x16\x0f\x00\x00")
    exif = Image.Exif()
    exif[0x010F] = SECRET.decode()
    found = clean(a_picture("PNG", pnginfo=info, exif=exif))
    assert not any(chunk in found.data for chunk in (SECRET, b"tEXt", b"iTXt", b"tIME", b"eXIf"))


def test_a_comment_of_a_gif_and_what_follows_a_picture_are_gone() -> None:
    """A file that is two files at once is one afterwards."""
    assert SECRET not in clean(a_picture("GIF", mode="P", comment=SECRET)).data
    polyglot = a_picture()
    assert SECRET not in clean(made_of(polyglot.data + b"PK\x03\x04" + SECRET)).data


def test_a_picture_is_turned_upright() -> None:
    """A telephone held upright writes the picture lying, and a note that says so; the note goes."""
    exif = Image.Exif()
    exif[0x0112] = 6
    assert seen(clean(a_picture(size=(60, 40), exif=exif))).size == (40, 60)


def test_its_colours_stay() -> None:
    """The colour profile is no secret, and faces look wrong without it."""
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert seen(clean(a_picture(icc_profile=profile))).info["icc_profile"] == profile


@pytest.mark.parametrize(
    ("form", "mode"),
    [("JPEG", "CMYK"), ("JPEG", "L"), ("PNG", "I;16"), ("PNG", "P"), ("PNG", "LA"), ("PNG", "1"), ("WEBP", "RGBA")],
)
def test_every_kind_of_pixels_fits_a_network_of_jpegs(form: str, mode: str) -> None:
    """What a scanner or a printer made is shown as well."""
    fitted = Workshop().fitted(clean(a_picture(form, mode)), Pictures(types=("image/jpeg",)))
    assert (fitted.media_type, seen(fitted).mode in ("RGB", "L", "CMYK")) == ("image/jpeg", True)


def test_what_is_no_picture_passes() -> None:
    """A video goes as it is."""
    assert clean(some_video()) == some_video()


def a_png_of(width: int, height: int) -> bytes:
    """A PNG whose header promises that many pixels and whose body holds none."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"")), (b"IEND", b"")]
    written = (struct.pack(">I", len(d)) + n + d + struct.pack(">I", zlib.crc32(n + d)) for n, d in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(written)


@pytest.mark.parametrize(
    "broken",
    [
        made_of(a_picture().data[:-200]),
        made_of(b"\xff\xd8\xff" + bytes(500)),
        made_of(a_png_of(60, 60), "PNG"),
        made_of(a_picture("PNG").data, "JPEG"),
        made_of(b"", "GIF"),
    ],
    ids=["truncated", "no picture", "empty", "another type", "nothing"],
)
def test_a_broken_picture_is_one_sentence(broken: Media) -> None:
    """It names the file and says what to do."""
    with pytest.raises(InvalidNotification, match="cannot be read as a picture; open it, save it again"):
        clean(broken)


@pytest.mark.parametrize("side", [12_000, 100_000])
def test_a_picture_that_would_fill_the_memory_is_refused_unread(side: int) -> None:
    """Its header promises more pixels than any photo has."""
    with pytest.raises(InvalidNotification, match="more than 100 million pixels; make it smaller"):
        clean(made_of(a_png_of(side, side), "PNG"))


# --- fit --------------------------------------------------------------------------------------------------------------


def test_what_fits_already_is_the_same_for_all() -> None:
    """No picture is made worse without need."""
    media, workshop = clean(a_picture()), Workshop()
    assert [workshop.fitted(media, limits) for limits in (BLUESKY, Pictures(), Pictures(1, 8_000_000))] == [media] * 3
    assert workshop.made == 0


def test_a_large_photo_becomes_small_enough_and_stays_a_photo() -> None:
    """Five megabytes of noise, under one million bytes, wide enough to be recognised; it names what it came from."""
    media = clean(a_noisy_picture(2600, 2000, 95))
    fitted = Workshop().fitted(media, BLUESKY)
    assert len(fitted.data) <= 1_000_000
    assert 1_000 <= max(seen(fitted).size) <= 2_000
    assert (fitted.source, fitted.media_type) == (media.sha256, "image/jpeg")
    assert fitted.sha256 == hashlib.sha256(fitted.data).hexdigest()


def test_a_picture_is_made_once_a_size_not_once_a_channel() -> None:
    """Six networks, two sizes: no more is made for the last four than for the first two."""
    media, workshop = clean(a_noisy_picture(1200, 900, 95)), Workshop()
    small, tiny = Pictures(4, 300_000), Pictures(4, 100_000, 640)
    first = {workshop.fitted(media, limits).sha256 for limits in (small, tiny)}
    made = workshop.made
    for limits in (small, Pictures(10, 300_000), tiny, Pictures(1, 300_000, 4000)):
        assert workshop.fitted(media, limits).sha256 in first
    assert (len(first), workshop.made) == (2, made)


def test_the_same_picture_is_the_same_bytes() -> None:
    """A plan that is made again has the same hash."""
    media = a_noisy_picture(900, 700)
    assert clean(media).data == clean(media).data
    small = Pictures(4, 50_000)
    assert Workshop().fitted(clean(media), small) == Workshop().fitted(clean(media), small)


def test_what_was_transparent_is_white_as_a_jpeg() -> None:
    """Not black, which hides a drawing's lines."""
    fitted = Workshop().fitted(clean(a_picture("PNG", "RGBA", colour=(255, 0, 0, 0))), Pictures(types=("image/jpeg",)))
    assert seen(fitted).getpixel((5, 5)) == (255, 255, 255)
    assert fitted.file_name == "photo.jpg"


def test_an_animation_stays_where_it_is_taken() -> None:
    """Elsewhere its first frame is shown."""
    out = io.BytesIO()
    frames = [Image.new("RGB", (30, 20), colour) for colour in ("red", "green", "blue")]
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=200, loop=0)
    media = clean(made_of(out.getvalue(), "GIF"))
    assert seen(media).n_frames == 3  # type: ignore[attr-defined]
    assert Workshop().fitted(media, Pictures(types=("image/gif",))) == media
    assert Workshop().fitted(media, Pictures()).media_type == "image/jpeg"


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 700), st.integers(1, 700), st.sampled_from([(0.8, 1.91), (1.0, 1.0), (0.5, 2.0)]))
def test_a_shape_is_kept_by_adding_white(width: int, height: int, shape: tuple[float, float]) -> None:
    """Nothing is cropped: whatever the picture is, its pixels are all there, within the shape."""
    media = clean(a_picture(size=(width, height)))
    fitted = Workshop().fitted(media, Pictures(1, 1_000_000, shape=shape))
    made = seen(fitted).size
    assert shape[0] - 0.01 <= made[0] / made[1] <= shape[1] + 0.01
    assert made[0] >= width
    assert made[1] >= height


@settings(max_examples=25, deadline=None)
@given(st.integers(20, 900), st.integers(20, 900), st.integers(8_000, 60_000), st.integers(64, 500))
def test_every_limit_is_kept(width: int, height: int, size: int, side: int) -> None:
    """Bytes and sides."""
    fitted = Workshop().fitted(clean(a_noisy_picture(width, height)), Pictures(4, size, side))
    assert len(fitted.data) <= size
    assert max(seen(fitted).size) <= side


def test_an_alt_text_ends_with_a_sentence_or_a_word() -> None:
    """What a network has no room for is left out, and that is shown."""
    media = made_of(a_picture().data, alt="A map of Main Street. It is closed from Oak Avenue to the river, both ways.")
    short = Workshop().fitted(media, Pictures(alt=40)).alt
    assert short == "A map of Main Street.…"
    assert Workshop().fitted(media, Pictures(alt=15)).alt == "A map of Main…"
    assert Workshop().fitted(media, Pictures(alt=500)).alt == media.alt
    assert Workshop().fitted(media, Pictures(alt=None)).alt == media.alt


def test_a_message_of_before_is_read() -> None:
    """A stored message that knows no source, thread or other new word is read as it was."""
    old = a_message(media=(a_picture(),)).to_json().replace(',"source":null', "").replace('"thread":[],', "")
    assert "source" not in old
    assert Message.from_json(old).media[0].source is None
    assert Message.from_json(old).thread == ()
