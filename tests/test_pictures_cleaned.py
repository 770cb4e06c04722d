"""A cleaned picture: upright, its pixels as they were, and nothing of what a camera or a program wrote beside them."""

import io
import struct
import zipfile

import pytest
from PIL import Image, ImageChops

from notifier.channel import Media
from notifier.pictures import clean
from tests.drawn_pictures import (
    SECRET,
    SRGB,
    TYPES,
    XMP,
    a_deep_png,
    a_noisy_picture,
    a_picture,
    a_png_with_words,
    an_animation,
    an_exif,
    four_corners,
    made_of,
    pixels,
    png_of,
    saved,
    seen,
    segment,
)
from tests.notifications import some_video

CORNERS = [(1, 1), (-2, 1), (-2, -2), (1, -2)]


def a_telling_jpeg() -> Media:
    """A JPEG with all that telephones and programs add: EXIF, XMP, a comment, thumbnails, further pictures, a film."""
    plain = a_noisy_picture(80, 60).data
    first = plain.index(b"\xff\xdb")
    parts = [
        segment(0xE0, b"JFXX\0\x10" + a_picture(size=(8, 8), comment=SECRET).data),
        segment(0xE1, b"Exif\0\0" + an_exif().tobytes().removeprefix(b"Exif\0\0")),
        segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + XMP),
        segment(0xE2, b"MPF\0" + SECRET),
        segment(0xED, b"Photoshop 3.0\x008BIM\x04\x0c\0\0" + SECRET),
        segment(0xFE, SECRET),
    ]
    return made_of(plain[:first] + b"".join(parts) + plain[first:] + plain + b"ftypmp42" + SECRET)


def test_what_a_camera_wrote_is_gone() -> None:
    """GPS, serial numbers, comments, thumbnails, further pictures: neither read again nor among the bytes."""
    given = a_telling_jpeg()
    assert seen(given).getexif().get_ifd(0x8825)
    found = clean(given)
    marks = (SECRET, b"Exif", b"xmp", b"GPS", b"MPF", b"JFXX", b"8BIM", b"Photoshop", b"ftyp")
    assert not [mark for mark in marks if mark in found.data]
    assert dict(seen(found).getexif()) == {}
    assert seen(found).getexif().get_ifd(0x8825) == {}
    assert found.data.count(b"\xff\xd8") == 1
    assert pixels(seen(found)) == pixels(seen(given))


def test_the_small_picture_in_the_first_segment_is_gone() -> None:
    """JFIF's own thumbnail shows what was cropped away since; the resolution beside it stays."""
    plain = a_picture(dpi=(300, 300)).data
    end = 4 + struct.unpack(">H", plain[4:6])[0]
    small = plain[:2] + segment(0xE0, plain[6:18] + b"\x02\x01" + SECRET[:6]) + plain[end:]
    found = clean(made_of(small))
    assert SECRET[:6] not in found.data
    assert seen(found).info["dpi"] == (300, 300)


def test_what_a_png_says_beside_its_pixels_is_gone() -> None:
    """Text of all three kinds, EXIF, the time, XMP, a program's own chunks."""
    given = a_png_with_words()
    found = clean(given)
    chunks = (SECRET, b"tEXt", b"zTXt", b"iTXt", b"tIME", b"eXIf", b"prVt")
    assert not [chunk for chunk in chunks if chunk in found.data]
    assert seen(found).tobytes() == seen(given).tobytes()
    assert dict(seen(found).getexif()) == {}


def test_a_profile_has_no_name_of_its_own() -> None:
    """A PNG names its profile in words, which a program may choose."""
    profile = a_picture("PNG", icc_profile=SRGB).data
    at = profile.index(b"iCCP")
    body = profile[at + 4 : at + 4 + int.from_bytes(profile[at - 4 : at], "big")]
    data = seen(made_of(profile, "PNG")).convert("RGB")
    named = png_of((b"iCCP", SECRET + b"\0" + body.partition(b"\0")[2]))[8:]
    plain = saved(data, "PNG").data
    found = clean(made_of(plain[:33] + named + plain[33:], "PNG"))
    assert SECRET not in found.data
    assert seen(found).info["icc_profile"] == SRGB


def test_what_a_gif_says_is_gone_and_it_moves_as_before() -> None:
    """Comments and XMP go; frames, times and repetition stay."""
    given = an_animation(comment=SECRET)
    words = b"\x21\xff\x0bXMP DataXMP" + bytes([len(SECRET)]) + SECRET + b"\0"
    plain = b"\x21\x01\x0c" + bytes(12) + bytes([len(SECRET)]) + SECRET + b"\0"
    given = made_of(given.data[:-1] + words + plain + b"\0;", "GIF")
    found = clean(given)
    assert SECRET not in found.data
    assert b"XMP" not in found.data
    for frame in range(3):
        before, after = seen(given), seen(found)
        before.seek(frame)
        after.seek(frame)
        assert (pixels(after), after.info["duration"], after.info["loop"]) == (pixels(before), 200, 0)


@pytest.mark.parametrize("lossless", [True, False])
def test_what_a_webp_says_is_gone(lossless: bool) -> None:
    """EXIF and XMP go, and the marks that announce them; the profile stays."""
    given = saved(four_corners(), "WEBP", exif=an_exif(), xmp=XMP, icc_profile=SRGB, lossless=lossless)
    found = clean(given)
    assert not [mark for mark in (SECRET, b"EXIF", b"XMP ", b"GPS") if mark in found.data]
    assert found.data[20] & 0x0C == 0
    assert seen(found).info["icc_profile"] == SRGB
    assert pixels(seen(found)) == pixels(seen(given))


@pytest.mark.parametrize("form", ["PNG", "WEBP"])
def test_other_animations_move_as_before(form: str) -> None:
    """A moving PNG or WebP keeps its frames."""
    found = clean(an_animation(form))
    assert seen(found).n_frames == 3  # type: ignore[attr-defined]


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_its_colours_stay(form: str) -> None:
    """The colour profile is no secret, and faces look wrong without it; turned or not."""
    for turn in (1, 6):
        found = clean(saved(four_corners(), form, exif=an_exif(turn), icc_profile=SRGB))
        assert seen(found).info["icc_profile"] == SRGB


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("profile", [SECRET * 20, SRGB[:16] + b"CMYK" + SRGB[20:]], ids=["words", "of inks"])
def test_what_is_no_profile_of_its_colours_is_gone(form: str, profile: bytes) -> None:
    """A profile's place may hold anything; one for other colours would spoil these."""
    found = clean(saved(four_corners(), form, icc_profile=profile))
    assert "icc_profile" not in seen(found).info
    assert SECRET not in found.data
    assert pixels(seen(found)) == pixels(seen(saved(four_corners(), form)))


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("turn", range(1, 9))
def test_a_picture_is_turned_upright(form: str, turn: int) -> None:
    """A telephone held upright writes the picture lying, and a note that says so; the note goes."""
    upright = four_corners()
    lying = {
        1: upright,
        2: upright.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        3: upright.transpose(Image.Transpose.ROTATE_180),
        4: upright.transpose(Image.Transpose.FLIP_TOP_BOTTOM),
        5: upright.transpose(Image.Transpose.TRANSPOSE),
        6: upright.transpose(Image.Transpose.ROTATE_90),
        7: upright.transpose(Image.Transpose.TRANSVERSE),
        8: upright.transpose(Image.Transpose.ROTATE_270),
    }[turn]
    found = seen(clean(saved(lying, form, exif=an_exif(turn)))).convert("RGB")
    assert found.size == upright.size
    for x, y in CORNERS:
        place = (x % found.width, y % found.height)
        near = zip(found.getpixel(place), upright.getpixel(place), strict=True)  # type: ignore[arg-type]
        assert all(abs(one - other) < 40 for one, other in near), place


@pytest.mark.parametrize("saving", [{}, {"progressive": True}, {"subsampling": 0}, {"subsampling": 1}, {"quality": 98}])
def test_to_be_turned_costs_next_to_nothing(saving: dict[str, int]) -> None:
    """It is encoded with its own tables, turned as it is, and in the same kind of scans."""
    photo = Image.effect_noise((24, 16), 60).resize((96, 64)).convert("RGB")
    lying = saved(photo, exif=an_exif(6), **{"quality": 90, **saving})
    found = seen(clean(lying))
    before = seen(lying).transpose(Image.Transpose.ROTATE_270)
    worst = max(most for _, most in ImageChops.difference(found, before).getextrema())  # type: ignore[misc]
    assert worst <= 4
    assert bool(found.info.get("progressive")) is bool(saving.get("progressive"))


@pytest.mark.parametrize(
    "exif", [b"", b"II*\0", b"II*\0\x08\0\0\0\xff\xff", b"no exif at all", b"MM\0*\xff\xff\xff\xff"]
)
def test_a_broken_note_turns_nothing(exif: bytes) -> None:
    """What cannot be read of an EXIF is as if it were not there, and nobody is warned of it."""
    found = seen(clean(saved(four_corners(), exif=b"Exif\0\0" + exif)))
    assert found.size == (64, 32)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
def test_the_pixels_of_a_png_stay_as_they_are(mode: str) -> None:
    """Grey, palettes, transparency, sixteen bits: the very same."""
    image = four_corners().convert("RGBA" if mode == "RGBA" else mode if mode != "I;16" else "L")
    image = image.convert("I").point(lambda value: value * 200).convert("I;16") if mode == "I;16" else image
    given = saved(image, "PNG", **({"transparency": 0} if mode in ("P", "L") else {}))
    found = clean(given)
    assert (seen(found).mode, seen(found).tobytes()) == (seen(given).mode, seen(given).tobytes())
    assert seen(found).info.get("transparency") == seen(given).info.get("transparency")


def test_sixteen_bits_a_colour_stay_sixteen() -> None:
    """Though Pillow would show eight of them."""
    found = clean(made_of(a_deep_png(), "PNG"))
    assert SECRET not in found.data
    assert found.data[: found.data.index(b"IEND")] == a_deep_png()[: a_deep_png().index(b"tEXt") - 4] + bytes(4)


def test_a_palette_is_turned_with_what_is_clear_in_it() -> None:
    """The transparent colour of a drawing that lay on its side stays transparent."""
    image = four_corners().quantize(8)
    clear = image.getpixel((1, 1))
    found = seen(clean(saved(image, "PNG", transparency=clear, exif=an_exif(6)))).convert("RGBA")
    assert found.size == (32, 64)
    assert found.getpixel((30, 1))[3] == 0  # type: ignore[index]
    assert found.getpixel((1, 1))[3] == 255  # type: ignore[index]


def test_printers_inks_become_the_colours_of_screens() -> None:
    """Networks show CMYK wrong or not at all."""
    given = saved(Image.new("CMYK", (40, 40), (0, 255, 255, 0)))
    found = seen(clean(given))
    assert found.mode == "RGB"
    red, green, blue = found.getpixel((20, 20))  # type: ignore[misc]
    assert (red > 200, green < 60, blue < 60) == (True, True, True)


def test_inks_are_translated_though_their_profile_is_broken() -> None:
    """Its header is a profile's; no more of it is."""
    broken = SRGB[:16] + b"CMYK" + SRGB[20:128] + bytes(64)
    found = seen(clean(saved(Image.new("CMYK", (40, 40), (0, 255, 255, 0)), icc_profile=broken)))
    assert (found.mode, "icc_profile" in found.info) == ("RGB", False)


@pytest.mark.parametrize("form", TYPES)
def test_a_file_that_is_two_files_at_once_is_one_afterwards(form: str) -> None:
    """An archive behind a picture is gone."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as written:
        written.writestr("secret.txt", SECRET)
    found = clean(made_of(a_picture(form).data + archive.getvalue(), form))
    assert SECRET not in found.data
    assert not zipfile.is_zipfile(io.BytesIO(found.data))
    assert found == clean(a_picture(form))


@pytest.mark.parametrize("form", TYPES)
def test_to_clean_again_changes_nothing(form: str) -> None:
    """The same picture is the same bytes, and a cleaned one has nothing left to be taken out."""
    given = a_telling_jpeg() if form == "JPEG" else a_png_with_words() if form == "PNG" else an_animation(form)
    found = clean(given)
    assert clean(given).data == found.data
    assert clean(found) == found
    assert (found.name, found.alt, found.media_type, found.source) == (given.name, given.alt, given.media_type, None)


def test_what_is_no_picture_passes() -> None:
    """A video and a paper go as they are."""
    video = some_video()
    paper = Media("note.pdf", "application/pdf", None, None, "ab" * 32, b"%PDF-1.4 paper")
    assert clean(video) is video
    assert clean(paper) is paper
