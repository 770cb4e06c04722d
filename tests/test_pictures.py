"""Pictures for networks: every limit is kept, nothing is cropped, and each size is made once for all who want it."""

import hashlib
import json
import math
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from notifier.channel import Media, Pictures
from notifier.errors import InvalidNotification
from notifier.message import Message
from notifier.pictures import Workshop, clean
from tests.drawn_pictures import (
    SRGB,
    TYPES,
    a_noisy_picture,
    a_picture,
    an_animation,
    an_exif,
    four_corners,
    made_of,
    saved,
    seen,
)
from tests.notifications import a_message, some_video

BLUESKY = Pictures(4, 1_000_000, 2_000)
ONLY_JPEG = Pictures(types=("image/jpeg",))
SHAPES = [None, (0.8, 1.91), (1.0, 1.0), (0.5, 2.0), (1.91, 1.91), (0.4, 0.6)]


def fitted(media: Media, limits: Pictures) -> Media:
    """What one network gets."""
    return Workshop().fitted(media, limits)


# --- what is kept -----------------------------------------------------------------------------------------------------


def test_what_fits_already_is_the_same_for_all() -> None:
    """No picture is made worse without need."""
    media, workshop = clean(a_picture()), Workshop()
    for limits in (BLUESKY, Pictures(), Pictures(1, 8_000_000), Pictures(shape=(1.5, 1.5)), Pictures(side=60)):
        assert workshop.fitted(media, limits) is media
    assert workshop.made == 0


def test_what_is_no_picture_passes() -> None:
    """A video goes as it is, whatever is said of pictures; of its alt text, what there is room for."""
    video = some_video()
    assert fitted(video, Pictures(size=1)) is video
    assert fitted(Media("a.mp4", "video/mp4", "A street, closed", None, "ab" * 32), Pictures(alt=10)).alt == "A street…"


def test_a_large_photo_becomes_small_enough_and_stays_a_photo() -> None:
    """Five megabytes of noise, under one million bytes, wide enough to be recognised; it names what it came from."""
    media = clean(a_noisy_picture(3000, 2400, 95))
    assert len(media.data) > 5_000_000
    made = fitted(media, BLUESKY)
    assert len(made.data) <= 1_000_000
    assert 1_200 <= max(seen(made).size) <= 2_000
    assert (made.source, made.media_type, made.name) == (media.sha256, "image/jpeg", media.name)
    assert made.sha256 == hashlib.sha256(made.data).hexdigest()
    assert seen(made).info["progressive"]


def test_what_is_made_of_what_was_made_names_the_first() -> None:
    """A later revision finds the picture that all others came from."""
    media = clean(a_noisy_picture(300, 200))
    once = fitted(media, Pictures(side=100))
    assert fitted(once, Pictures(side=64)).source == media.sha256


@pytest.mark.parametrize("form", TYPES)
def test_the_same_picture_is_the_same_bytes(form: str) -> None:
    """A plan that is made again has the same hash, whatever was made before."""
    media = clean(saved(Image.effect_noise((900, 700), 60).convert("RGB"), form))
    small, other = Pictures(4, 50_000, types=("image/jpeg",)), Pictures(4, 400_000, 800, shape=(1, 1))
    workshop = Workshop()
    assert workshop.fitted(media, other) == fitted(media, other)
    assert workshop.fitted(media, small) == fitted(media, small)


@settings(max_examples=50, deadline=None)
@given(
    width=st.integers(1, 600),
    height=st.integers(1, 600),
    size=st.integers(8_000, 60_000),
    side=st.none() | st.integers(40, 500),
    shape=st.sampled_from(SHAPES),
    form=st.sampled_from(sorted(TYPES)),
    types=st.lists(st.sampled_from(sorted(TYPES.values())), min_size=1, unique=True),
)
def test_every_limit_is_kept(
    width: int,
    height: int,
    size: int,
    side: int | None,
    shape: tuple[float, float] | None,
    form: str,
    types: list[str],
) -> None:
    """Bytes, sides, types and shape; the shape to the pixel, where there are so many that it can be."""
    media = clean(saved(Image.effect_noise((width, height), 60).convert("RGB"), form))
    made = fitted(media, Pictures(4, size, side, tuple(types), shape=shape))
    assert len(made.data) <= size
    assert made.media_type in types
    across, down = seen(made).size
    assert max(across, down) <= (side or 5_000)
    if shape is not None:
        pixel = 1 / min(across, down) if shape[0] == shape[1] else 0
        assert shape[0] * (1 - pixel) <= across / down <= shape[1] * (1 + pixel)


@pytest.mark.parametrize("limits", [Pictures(size=200), Pictures(size=200, types=("image/png",))])
def test_what_cannot_be_made_small_enough_is_one_sentence(limits: Pictures) -> None:
    """Fewer bytes than any picture needs."""
    with pytest.raises(InvalidNotification, match=r'attach: "photo.jpg" cannot be made smaller than 200 bytes; attach'):
        fitted(a_noisy_picture(700, 500), limits)


def test_a_network_that_takes_none_of_our_types_is_one_sentence() -> None:
    """It is said which types it takes."""
    with pytest.raises(InvalidNotification, match="cannot be made into image/avif or image/jxl; attach a picture of"):
        fitted(a_picture(), Pictures(types=("image/avif", "image/jxl")))


# --- once for all -----------------------------------------------------------------------------------------------------


def test_a_picture_is_made_once_a_size_not_once_a_channel() -> None:
    """Six networks, two sizes: no more is made for the last four than for the first two."""
    media, workshop = clean(a_noisy_picture(1200, 900, 95)), Workshop()
    small, tiny = Pictures(4, 300_000), Pictures(4, 100_000, 640)
    first = {workshop.fitted(media, limits).sha256 for limits in (small, tiny)}
    made = workshop.made
    for limits in (small, Pictures(10, 300_000), tiny, Pictures(1, 300_000, 4000)):
        assert workshop.fitted(media, limits).sha256 in first
    assert (len(first), workshop.made) == (2, made)


def test_limits_that_differ_share_what_is_the_same_work() -> None:
    """Sides of 2048, 2400 and 3000, shapes that it has: one picture, encoded once."""
    media, workshop = clean(a_picture(size=(4000, 3000))), Workshop()
    limits = [Pictures(4, 900_000, side) for side in (2_048, 2_400, 3_000)]
    limits.append(Pictures(10, 800_000, 2_500, shape=(0.8, 1.91)))
    made = [workshop.fitted(media, one) for one in limits]
    assert {one.sha256 for one in made} == {made[0].sha256}
    assert (workshop.made, seen(made[0]).size) == (1, (2_000, 1_500))


def test_two_pictures_of_the_same_bytes_are_one_with_two_texts() -> None:
    """In another language, the same picture has another alt text."""
    media, workshop = a_noisy_picture(300, 200), Workshop()
    spanish = Media("mapa.jpg", media.media_type, "Un mapa", None, media.sha256, media.data)
    one, other = (workshop.fitted(given, Pictures(side=100)) for given in (media, spanish))
    assert (one.sha256, one.alt, other.alt, other.name) == (other.sha256, "A map", "Un mapa", "mapa.jpg")
    assert workshop.made == 1


def test_what_is_hopeless_is_not_tried() -> None:
    """A photo that is fifty times too large is not encoded in every quality and size on the way down."""
    media, workshop = a_noisy_picture(2000, 1500), Workshop()
    assert len(workshop.fitted(media, Pictures(4, 30_000)).data) <= 30_000
    assert workshop.made <= 8


# --- types and pixels -------------------------------------------------------------------------------------------------


def test_a_drawing_stays_sharp_while_there_is_room() -> None:
    """A map is no photo: made smaller, it is a PNG still."""
    made = fitted(saved(four_corners((1200, 800)), "PNG"), Pictures(side=700))
    assert (made.media_type, seen(made).size, made.file_name) == ("image/png", (640, 427), "photo.png")


def test_a_photo_in_a_png_becomes_a_jpeg() -> None:
    """Without loss it would have to be tiny."""
    noise = Image.effect_noise((600, 400), 60).convert("RGB")
    made = fitted(saved(noise, "PNG"), Pictures(size=200_000))
    assert (made.media_type, seen(made).size, made.file_name) == ("image/jpeg", (600, 400), "photo.jpg")


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_what_was_transparent_is_white_as_a_jpeg(mode: str) -> None:
    """Not black, which hides a drawing's lines."""
    if mode == "P":
        image = four_corners().quantize(8)
        given = saved(image, "PNG", transparency=image.getpixel((5, 5)))
    else:
        given = saved(Image.new("RGBA", (60, 40), (255, 0, 0, 0)).convert(mode), "PNG")
    assert min(seen(fitted(clean(given), ONLY_JPEG)).getpixel((5, 5))) >= 250  # type: ignore[arg-type]


def test_what_is_transparent_stays_so_where_it_can() -> None:
    """A PNG that is made smaller keeps its clear parts."""
    made = seen(fitted(a_picture("PNG", "RGBA", (600, 400), colour=(255, 0, 0, 0)), Pictures(side=100)))
    assert made.getpixel((5, 5))[3] == 0  # type: ignore[index]


@pytest.mark.parametrize(
    ("form", "mode"),
    [("JPEG", "CMYK"), ("JPEG", "L"), ("PNG", "I;16"), ("PNG", "P"), ("PNG", "LA"), ("PNG", "1"), ("WEBP", "RGBA")],
)
def test_every_kind_of_pixels_fits_a_network_of_jpegs(form: str, mode: str) -> None:
    """What a scanner or a printer made is shown as well."""
    made = fitted(clean(a_picture(form, mode)), ONLY_JPEG)
    assert made.media_type == "image/jpeg"
    assert seen(made).mode in ("RGB", "L")


@pytest.mark.parametrize(("deep", "seen_as"), [(0, 0), (32_896, 128), (65_535, 255)])
def test_sixteen_bits_of_grey_become_eight(deep: int, seen_as: int) -> None:
    """As light as it was."""
    image = Image.frombytes("I;16", (16, 16), struct.pack("<H", deep) * 256)
    made = seen(fitted(clean(saved(image, "PNG")), ONLY_JPEG))
    assert abs(made.getpixel((8, 8)) - seen_as) <= 1  # type: ignore[operator]


def test_a_colour_profile_goes_with_a_smaller_picture() -> None:
    """Unless it is larger than a picture: then its colours are translated."""
    made = fitted(saved(four_corners((300, 200)), icc_profile=SRGB), Pictures(side=100))
    assert seen(made).info["icc_profile"] == SRGB
    vast = SRGB + bytes(200_000)
    made = fitted(saved(four_corners((300, 200)), icc_profile=vast), Pictures(side=100, size=50_000))
    assert "icc_profile" not in seen(made).info
    near = zip(seen(made).getpixel((10, 10)), (255, 0, 0), strict=True)  # type: ignore[arg-type]
    assert all(abs(one - other) < 20 for one, other in near)


@pytest.mark.parametrize(("form", "type_"), [("GIF", "image/gif"), ("WEBP", "image/webp")])
def test_an_animation_stays_where_it_is_taken(form: str, type_: str) -> None:
    """Elsewhere, or where it is too large, its first frame is shown."""
    media = clean(an_animation(form))
    assert seen(media).n_frames == 3  # type: ignore[attr-defined]
    assert fitted(media, Pictures(types=(type_,))) is media
    for limits in (Pictures(), Pictures(types=(type_,), side=20)):
        still = seen(fitted(media, limits)).convert("RGB")
        red, green, blue = still.getpixel((5, 5))  # type: ignore[misc]
        assert (red > 240, green < 15, blue < 15) == (True, True, True)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 700), st.integers(1, 700), st.sampled_from(SHAPES[1:4]))
def test_a_shape_is_kept_by_adding_white(width: int, height: int, shape: tuple[float, float]) -> None:
    """Nothing is cropped: whatever the picture is, its pixels are all there, in the middle."""
    made = seen(fitted(clean(a_picture(size=(width, height))), Pictures(1, 1_000_000, shape=shape)))
    whole = min(1.0, max(made.size) / max(width, height, width / shape[1], height * shape[0]))
    dark = made.convert("L").point(lambda value: 255 if value < 128 else 0).getbbox()
    assert dark is not None
    for start, end, all_, of in zip(dark[:2], dark[2:], made.size, (width, height), strict=True):
        assert end - start >= math.floor(of * whole) - 1
        assert abs(start - (all_ - end)) <= 2


def test_a_picture_on_its_side_that_was_cleaned_is_fitted_upright() -> None:
    """Its frame is that of the picture as it is seen."""
    lying = saved(four_corners((400, 200)), exif=an_exif(6))
    assert seen(fitted(clean(lying), Pictures(side=100))).size == (48, 96)


# --- words ------------------------------------------------------------------------------------------------------------


def test_an_alt_text_ends_with_a_sentence_or_a_word() -> None:
    """What a network has no room for is left out, and that is shown."""
    media = made_of(a_picture().data, alt="A map of Main Street. It is closed from Oak Avenue to the river, both ways.")
    for room, alt in {
        40: "A map of Main Street.…",
        22: "A map of Main Street.…",
        21: "A map of Main…",
        6: "A map…",
    }.items():
        assert fitted(media, Pictures(alt=room)).alt == alt
    for enough in (500, len(media.alt or ""), None):
        assert fitted(media, Pictures(alt=enough)) is media
    assert fitted(media, Pictures(alt=40)).source is None


@settings(deadline=None)
@given(st.text(), st.integers(1, 40))
def test_an_alt_text_is_never_longer_than_it_may_be(alt: str, most: int) -> None:
    """And begins as it did: a later revision knows it by that."""
    short = fitted(made_of(a_picture().data, alt=alt), Pictures(alt=most)).alt
    assert short is not None
    assert len(short) <= most
    assert alt.startswith(short.removesuffix("…"))


@pytest.mark.parametrize(
    ("name", "type_", "file_name"),
    [
        ("map.PNG", "image/png", "map.PNG"),
        ("photo.jpeg", "image/jpeg", "photo.jpeg"),
        ("map.png", "image/jpeg", "map.jpg"),
        ("photo.jpg", "image/webp", "photo.webp"),
        ("note.pdf", "application/pdf", "note.pdf"),
        ("map", "image/gif", "map.gif"),
        ("film.mov", "video/quicktime", "film.mov"),
    ],
)
def test_a_file_is_named_as_its_type_is(name: str, type_: str, file_name: str) -> None:
    """A network that goes by names must not take a JPEG for a PNG; the same on every machine."""
    assert Media(name, type_, None, None, "ab" * 32).file_name == file_name


def test_a_message_of_before_is_read() -> None:
    """A stored message that knows no source, thread or other new word is read as it was."""
    old = json.loads(a_message(media=(a_picture(),)).to_json())
    del old["media"][0]["source"], old["thread"]
    assert Message.from_json(json.dumps(old)).media[0].source is None
    assert Message.from_json(json.dumps(old)).thread == ()


def test_a_message_names_what_its_picture_was_made_from() -> None:
    """The source is stored, and read again."""
    media = a_noisy_picture(300, 200)
    written = a_message(media=(fitted(media, Pictures(side=100)),)).to_json()
    assert Message.from_json(written).media[0].source == media.sha256
