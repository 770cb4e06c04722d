"""Our command and Apprise's, side by side: the same sink, turn by turn, medians and ratios."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

BIN = Path(sys.executable).parent
ENVIRONMENT = {**{k: v for k, v in os.environ.items() if not k.startswith("NOTIFY_")}, "NO_COLOR": "1"}

_DEPARTMENT = """\
name = "Exampleton Police Department"
short_name = "Exampleton PD"
website = "https://police.exampleton.example"
phone = "555-555-0100"
timezone = "America/New_York"
"""


def department(folder: Path, urls: Sequence[str], store: str | None = None) -> Path:
    """Write a department whose channels are webhooks to these addresses; answers its configuration's folder.

    store: the store's URL; None: the file that is used where the configuration names none.
    """
    config = folder / "config"
    config.mkdir(parents=True)
    (config / "department.toml").write_text(_DEPARTMENT + (f'[store]\nurl = "{store}"\n' if store else ""))
    hooks = [
        f'[channels.hook{n}]\ntype = "webhook"\napproved_by = "chief"\napproved_on = 2026-01-15\nurl = "{url}"\n'
        for n, url in enumerate(urls)
    ]
    (config / "channels.toml").write_text("\n".join(hooks))
    return config


def timed(command: Sequence[str], cwd: Path) -> float:
    """Run a command to its end; seconds of wall time. It must succeed."""
    start = time.perf_counter()
    subprocess.run(command, check=True, cwd=cwd, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start


def side_by_side(ours: Sequence[str], theirs: Sequence[str], rounds: int) -> tuple[float, float, float]:
    """Run both in turn after a warm-up; answers the median seconds of each, and the median of the pairs' ratios."""
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        timed(ours, here)
        timed(theirs, here)
        pairs = [(timed(ours, here), timed(theirs, here)) for _ in range(rounds)]
    median = statistics.median
    return median(a for a, _ in pairs), median(b for _, b in pairs), median(a / b for a, b in pairs)


def notify(*arguments: str) -> list[str]:
    """Our command, as it is installed beside this Python."""
    return [str(BIN / "notify"), *arguments]


def apprise(*arguments: str) -> list[str]:
    """Apprise's command, as it is installed beside this Python."""
    return [str(BIN / "apprise"), *arguments]


def machine() -> str:
    """Name the machine and the versions that the figures are of."""
    python = ".".join(str(part) for part in sys.version_info[:3])
    return (
        f"Python {python}, {os.cpu_count()} cores, notifier {version('police-notifier')}, apprise {version('apprise')}"
    )


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder on a disk: where /tmp is in memory, a commit would cost nothing."""
    on_disk = Path("/var/tmp")
    with tempfile.TemporaryDirectory(dir=on_disk if on_disk.is_dir() else None, ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def commit_cost(folder: Path) -> str:
    """How long this disk takes to make 4 kB safe, which every figure of ours depends on."""
    times = []
    with (folder / "commit-cost").open("wb", buffering=0) as file:
        for _ in range(50):
            file.write(bytes(4096))
            start = time.perf_counter()
            os.fsync(file.fileno())
            times.append(time.perf_counter() - start)
    return f"4 kB are on disk (fsync) after {statistics.median(times) * 1e6:.0f} µs"


def at_least(figure: float, aim: float) -> str:
    """Say whether a ratio is as high as it is to be."""
    return f"{figure:.2f} (aim: at least {aim}): {'met' if figure >= aim else 'NOT MET'}"


def verdict(figure: float, aim: float, unit: str = "") -> str:
    """Say whether a figure meets its aim; unit: "ms", with a space before it."""
    return f"{figure:.2f}{unit} (aim: at most {aim}{unit}): {'met' if figure <= aim else 'NOT MET'}"
