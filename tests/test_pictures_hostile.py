"""Pictures made to do harm, or cut short on the way: one sentence to the person, no memory filled, no time lost."""

import io
import struct
import time
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from notifier.channel import Pictures
from notifier.errors import InvalidNotification
from notifier.pictures import Workshop, clean
from tests.drawn_pictures import (
    SECRET,
    TYPES,
    a_noisy_picture,
    a_picture,
    an_animation,
    an_exif,
    four_corners,
    made_of,
    png_header,
    png_of,
    saved,
    seen,
    segment,
)

BROKEN = r'^attach: "photo\.\w+" cannot be read as a picture; open it, save it again and attach it$'
TOO_LARGE = r'^attach: "photo\.\w+" has more than 100 million pixels; make it smaller and attach it again$'
SMALL = Pictures(4, 20_000, 500, ("image/jpeg",), shape=(0.8, 1.91))

WHOLE = {
    "JPEG": saved(four_corners((48, 32)), exif=an_exif(6), comment=SECRET).data,
    "JPEG, progressive": saved(four_corners((48, 32)), progressive=True).data,
    "PNG": saved(four_corners((48, 32)), "PNG", exif=an_exif(3)).data,
    "PNG, palette": saved(four_corners((48, 32)).quantize(8), "PNG", transparency=b"\x00\x80").data,
    "PNG, moving": an_animation("PNG").data,
    "GIF": an_animation("GIF", comment=SECRET).data,
    "WEBP": saved(four_corners((48, 32)), "WEBP", exif=an_exif(8)).data,
    "WEBP, moving": an_animation("WEBP").data,
}


@pytest.mark.parametrize("kind", WHOLE)
def test_a_picture_that_was_cut_short_is_refused(kind: str) -> None:
    """Wherever it ends: half a face must not be published, and the network would say less of what is wrong."""
    whole = clean(made_of(WHOLE[kind], kind.partition(",")[0])).data
    for end in {*range(0, len(whole), 7), len(whole) - 1}:
        with pytest.raises(InvalidNotification, match=BROKEN):
            clean(made_of(whole[:end], kind.partition(",")[0]))


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_whatever_the_bytes_are_it_is_a_picture_or_a_sentence(data: st.DataObject) -> None:
    """No other error, no warning: bytes are changed, doubled and left out."""
    kind = data.draw(st.sampled_from(sorted(WHOLE)))
    hurt = bytearray(WHOLE[kind])
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(hurt) - 1))
        hurt[at : at + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=3))
    try:
        found = clean(made_of(bytes(hurt), kind.partition(",")[0]))
        fitted = Workshop().fitted(found, SMALL)
    except InvalidNotification as refused:
        assert "photo." in str(refused)  # noqa: PT017
    else:
        assert len(fitted.data) <= SMALL.size


@pytest.mark.parametrize(
    "broken",
    [
        made_of(b"\xff\xd8\xff" + bytes(500)),
        made_of(png_of(png_header(60, 60), (b"IDAT", zlib.compress(b"")), (b"IEND", b"")), "PNG"),
        made_of(a_picture("PNG").data, "JPEG"),
        made_of(b"", "GIF"),
        made_of(png_of((b"IEND", b"")), "PNG"),
        made_of(png_of(png_header(0, 5), (b"IDAT", zlib.compress(b"")), (b"IEND", b"")), "PNG"),
        made_of(a_picture("PNG").data.replace(b"IDAT", b"IDAt"), "PNG"),
        made_of(b"RIFF\xff\xff\xff\x7fWEBPVP8 ", "WEBP"),
    ],
    ids=[
        "no picture",
        "empty",
        "another type",
        "nothing",
        "no header",
        "no width",
        "a wrong sum",
        "a lie of its length",
    ],
)
def test_a_broken_picture_is_one_sentence(broken: object) -> None:
    """It names the file and says what to do."""
    with pytest.raises(InvalidNotification, match=BROKEN):
        clean(broken)  # type: ignore[arg-type]


def _of_size(form: str, width: int, height: int) -> bytes:
    """A small file whose header promises so many pixels."""
    data = a_picture(form, size=(16, 16)).data
    if form == "PNG":
        return png_of(png_header(width, height), (b"IDAT", zlib.compress(b"")), (b"IEND", b""))
    if form == "GIF":
        return data[:6] + struct.pack("<HH", width, height) + data[10:]
    if form == "WEBP":
        canvas = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
        chunks = b"VP8X" + struct.pack("<IB3x", 10, 0) + canvas + data[12:]
        return b"RIFF" + struct.pack("<I", len(chunks) + 4) + b"WEBP" + chunks
    at = data.index(b"\xff\xc0") + 5
    return data[:at] + struct.pack(">HH", height, width) + data[at + 4 :]


@pytest.mark.parametrize(("form", "side"), [(form, side) for form in TYPES for side in (10_001, 15_000, 60_000)])
def test_a_picture_that_would_fill_the_memory_is_refused_unread(form: str, side: int) -> None:
    """Its header promises more pixels than any photo has; no warning of Pillow's is seen."""
    started = time.perf_counter()
    said = f"{TOO_LARGE}|{BROKEN}" if form == "WEBP" else TOO_LARGE  # its library may see first that it is a lie
    with pytest.raises(InvalidNotification, match=said):
        clean(made_of(_of_size(form, side, side), form))
    assert time.perf_counter() - started < 2


@pytest.mark.parametrize("size", [(70_000, 1), (1, 70_000)])
def test_a_picture_that_is_a_line_is_refused(size: tuple[int, int]) -> None:
    """Few pixels, but longer than any network shows and any program is tried with."""
    with pytest.raises(InvalidNotification, match="has a side of more than 65535 pixels; make it smaller"):
        clean(a_picture("PNG", "L", size))


def test_a_frame_beyond_the_screen_is_refused() -> None:
    """A GIF may say that it is small, and have a frame that is not."""
    data = a_picture("GIF").data
    at = data.index(b",", 13 + 3 * 2 ** ((data[10] & 7) + 1))
    large = data[:at] + struct.pack("<BHHHH", 0x2C, 0, 0, 60_000, 60_000) + data[at + 9 :]
    with pytest.raises(InvalidNotification, match=BROKEN):
        clean(made_of(large, "GIF"))


def test_a_moving_picture_may_not_last_for_ever() -> None:
    """Few bytes a frame, millions of pixels each."""
    data = a_picture("GIF", mode="P", size=(2_000, 2_000)).data
    at = 13 + 3 * 2 ** ((data[10] & 7) + 1)
    with pytest.raises(InvalidNotification, match="more than 200 million pixels in its frames; make it shorter"):
        clean(made_of(data[:at] + data[at:-1] * 80 + b";", "GIF"))


def test_a_moving_png_of_uncounted_frames_is_refused() -> None:
    """A count of none or of billions, or two counts: Pillow would warn, and show another picture than browsers."""
    whole = an_animation("PNG").data
    at = whole.index(b"acTL") - 4
    body = [struct.pack(">II", frames, 0) for frames in (0, 2**32 - 1)]
    chunks = [png_of((b"acTL", count))[8:] for count in body] + [whole[at : at + 20] * 2]
    for chunk in chunks:
        with pytest.raises(InvalidNotification, match=BROKEN):
            clean(made_of(whole[:at] + chunk + whole[at + 20 :], "PNG"))


def test_a_jpeg_of_endless_scans_is_refused() -> None:
    """Each scan is a pass over all pixels; a file of some megabytes could hold hours of them."""
    whole = saved(four_corners(), progressive=True).data
    scan = whole[whole.rindex(b"\xff\xda") : -2]
    with pytest.raises(InvalidNotification, match=BROKEN):
        clean(made_of(whole[:-2] + scan * 200 + whole[-2:]))


def test_a_text_that_would_unfold_to_gigabytes_is_left_out_unread() -> None:
    """A compressed text of a PNG goes without being unfolded, and its picture is published."""
    bomb = b"Comment\0\0" + zlib.compress(bytes(50_000_000), 9)
    idat = zlib.compress(b"\0\x80\x80\x80" * 1)
    found = clean(made_of(png_of(png_header(1, 1), (b"zTXt", bomb), (b"IDAT", idat), (b"IEND", b"")), "PNG"))
    assert len(found.data) < 100
    assert seen(found).getpixel((0, 0)) == (128, 128, 128)


def test_a_profile_that_would_unfold_to_gigabytes_is_refused() -> None:
    """No colour profile is that large."""
    bomb = b"icc\0\0" + zlib.compress(bytes(50_000_000), 9)
    idat = zlib.compress(b"\0\x80\x80\x80" * 1)
    with pytest.raises(InvalidNotification, match=BROKEN):
        clean(made_of(png_of(png_header(1, 1), (b"iCCP", bomb), (b"IDAT", idat), (b"IEND", b"")), "PNG"))


@pytest.mark.parametrize("form", ["JPEG", "GIF", "PNG"])
def test_a_header_that_promises_less_than_there_is_shows_that_much(form: str) -> None:
    """What is beyond the promised pixels is seen by nobody."""
    data = a_noisy_picture(32, 32).data if form == "JPEG" else saved(four_corners((32, 32)), form).data
    if form == "JPEG":
        at = data.index(b"\xff\xc0") + 5
        lying = data[:at] + struct.pack(">HH", 8, 8) + data[at + 4 :]
    elif form == "GIF":
        lying = data[:6] + struct.pack("<HH", 8, 8) + data[10:]
    else:
        rows = b"".join(b"\0" + bytes(96) for _ in range(32))
        lying = png_of(png_header(32, 8), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    try:
        found = Workshop().fitted(clean(made_of(lying, form)), SMALL)
    except InvalidNotification:
        return
    assert max(Image.open(io.BytesIO(found.data)).size) <= 60


def test_a_comment_between_two_scans_is_found() -> None:
    """A JPEG may have its comments anywhere."""
    whole = saved(four_corners(), progressive=True).data
    at = whole.rindex(b"\xff\xda")
    found = clean(made_of(whole[:at] + segment(0xFE, SECRET) + whole[at:]))
    assert SECRET not in found.data
    assert found == clean(made_of(whole))
