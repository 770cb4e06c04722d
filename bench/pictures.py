"""What pictures cost: a photo of twelve megapixels for six networks, made once for all, beside once a channel.

Prints medians of the processor's time, which is all that pictures cost, and the most memory of a process that does it
once. Run it alone: python bench/pictures.py
"""

import hashlib
import io
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from commands import machine

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


def a_photo(turn: int = 1) -> Media:
    """A picture of twelve megapixels with the grain of a camera's, which lies on its side where `turn` is 6."""
    from PIL import Image

    grain = Image.effect_noise((4000, 3000), 20).convert("RGB")
    slope = Image.linear_gradient("L").resize((4000, 3000)).convert("RGB")
    noted = Image.Exif()
    noted[0x0112] = turn
    out = io.BytesIO()
    Image.blend(grain, slope, 0.6).save(out, "JPEG", quality=92, exif=noted)
    data = out.getvalue()
    return Media("photo.jpg", "image/jpeg", "A photo", None, hashlib.sha256(data).hexdigest(), data)


def only_cleaned(media: Media) -> int:
    """Take out what a camera wrote."""
    clean(media)
    return 0


def shared(media: Media) -> int:
    """Clean it once, and fit it to all networks in one workshop; answers how many pictures were encoded."""
    cleaned, workshop = clean(media), Workshop()
    for limits in NETWORKS.values():
        workshop.fitted(cleaned, limits)
    return workshop.made


def once_a_channel(media: Media) -> int:
    """Clean it and fit it for each network anew."""
    return sum(_alone(media, limits) for limits in NETWORKS.values())


def _alone(media: Media, limits: Pictures) -> int:
    workshop = Workshop()
    workshop.fitted(clean(media), limits)
    return workshop.made


def as_is_usual(media: Media) -> int:
    """Once a channel, as it is written everywhere: decode, turn, scale, and encode with ever less until it fits."""
    return sum(_usual(media.data, limits) for limits in NETWORKS.values())


def _usual(data: bytes, limits: Pictures) -> int:
    from PIL import Image, ImageOps

    side, made = limits.side or 4096, 0
    while True:
        image = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
        image.thumbnail((side, side), Image.Resampling.LANCZOS)
        for quality in (88, 80, 72, 64):
            out = io.BytesIO()
            image.save(out, "JPEG", quality=quality, progressive=True, optimize=True)
            made += 1
            if out.tell() <= limits.size:
                return made
        side = int(side * 0.8)


WAYS: dict[str, tuple[str, Callable[[Media], int]]] = {
    "cleaned": ("cleaned", only_cleaned),
    "shared": ("cleaned, and made once for all", shared),
    "alone": ("the same once a channel", once_a_channel),
    "usual": ("plain Pillow, once a channel", as_is_usual),
}


def timed(act: Callable[[Media], int], media: Media) -> float:
    """Milliseconds of the processor's time of one run."""
    started = time.process_time()
    act(media)
    return (time.process_time() - started) * 1000


def memory(way: str, photo: Path) -> str:
    """Megabytes that a process of its own had at most, with Python, Pillow and the file in it."""
    ran = subprocess.run([sys.executable, __file__, way, photo], check=True, capture_output=True, text=True)
    return ran.stdout.strip() or "?"


def one(way: str, photo: Path) -> None:
    """Do it once and say how many megabytes it took at most; Linux alone tells it of a process."""
    data = photo.read_bytes()
    WAYS[way][1](Media("photo.jpg", "image/jpeg", None, None, hashlib.sha256(data).hexdigest(), data))
    status = Path("/proc/self/status")
    peak = re.search(r"VmHWM:\s*(\d+) kB", status.read_text()) if status.exists() else None
    print(f"{int(peak[1]) / 1024:.0f}" if peak else "")


def main() -> None:
    """Print the figures."""
    import tempfile

    print(machine())
    photos = {"upright": a_photo(), "on its side": a_photo(6)}
    for name, photo in photos.items():
        mb = len(photo.data) / 1e6
        print(f"a photo of 12 megapixels, {name}, {mb:.1f} MB, for {len(NETWORKS)} networks; medians of {RUNS}")
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "photo.jpg"
            file.write_bytes(photo.data)
            for way, (said, act) in WAYS.items():
                made = act(photo)  # warm, and counted
                took = statistics.median(timed(act, photo) for _ in range(RUNS))
                print(f"  {said:32}{took:6.0f} ms, {made:2} encoded, at most {memory(way, file)} MB")
    print(f"  of which Python and Pillow alone: {idle()} MB")


def idle() -> str:
    """Megabytes of a process that opens a picture of one pixel."""
    import tempfile

    from PIL import Image

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "photo.jpg"
        Image.new("RGB", (1, 1)).save(file)
        return memory("cleaned", file)


if __name__ == "__main__":
    one(sys.argv[1], Path(sys.argv[2])) if len(sys.argv) == 3 else main()
