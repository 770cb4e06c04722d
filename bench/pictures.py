"""What pictures cost: a photo of twelve megapixels for six networks, made once a size, beside once a channel.

Prints medians of several runs in one process; run it alone: PYTHONPATH=. python bench/pictures.py
"""

import hashlib
import io
import statistics
import time
from collections.abc import Callable

from notifier.capabilities import Pictures
from notifier.message import Media
from notifier.pictures import Workshop, clean

RUNS = 5
NETWORKS = {
    "bluesky": Pictures(4, 1_000_000, 2_000),
    "x": Pictures(4, 5_000_000, 4_096),
    "facebook": Pictures(10, 4_000_000, 2_048),
    "mastodon": Pictures(4, 16_000_000, 3_840),
    "site": Pictures(10, 20_000_000, 2_400),
    "mail": Pictures(10, 2_000_000, 1_600),
}


def a_photo() -> Media:
    """A picture of twelve megapixels with the grain of a camera's."""
    from PIL import Image

    grain = Image.effect_noise((4000, 3000), 20).convert("RGB")
    slope = Image.linear_gradient("L").resize((4000, 3000)).convert("RGB")
    out = io.BytesIO()
    Image.blend(grain, slope, 0.6).save(out, "JPEG", quality=92)
    data = out.getvalue()
    return Media("photo.jpg", "image/jpeg", "A photo", None, hashlib.sha256(data).hexdigest(), data)


def shared(media: Media) -> int:
    """One workshop for all: how many pictures it made."""
    workshop = Workshop()
    for limits in NETWORKS.values():
        workshop.fitted(media, limits)
    return workshop.made


def alone(media: Media) -> int:
    """A workshop for each network."""
    return sum(_made(media, limits) for limits in NETWORKS.values())


def _made(media: Media, limits: Pictures) -> int:
    workshop = Workshop()
    workshop.fitted(media, limits)
    return workshop.made


def timed(act: Callable[[], object]) -> float:
    """Milliseconds of one run."""
    started = time.perf_counter()
    act()
    return (time.perf_counter() - started) * 1000


def main() -> None:
    """Print the figures."""
    photo = a_photo()
    cleaned = clean(photo)
    three = [cleaned] * 3
    print(f"a photo of 12 megapixels, {len(photo.data) / 1e6:.1f} MB, for {len(NETWORKS)} networks; medians of {RUNS}")
    first = statistics.median(timed(lambda: clean(photo)) for _ in range(RUNS))
    print(f"  cleaned once a notification:       {first:6.0f} ms")
    times = [(timed(lambda: shared(cleaned)), timed(lambda: alone(cleaned))) for _ in range(RUNS)]
    once, each = (statistics.median(column) for column in zip(*times, strict=True))
    print(f"  made once a size ({shared(cleaned)} pictures):     {once:6.0f} ms")
    print(f"  made once a channel ({alone(cleaned)} pictures):  {each:6.0f} ms; ratio {once / each:.2f}")
    twice = Workshop()
    for media in three:
        for limits in NETWORKS.values():
            twice.fitted(media, limits)
    print(f"  the same photo in three languages: {twice.made} pictures made")


if __name__ == "__main__":
    main()
