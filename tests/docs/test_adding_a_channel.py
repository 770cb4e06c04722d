"""The page on adding a channel: its files are written into a copy of the project, and pass the kit as they stand."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "adding-a-channel.md"


def files() -> dict[str, str]:
    """The files that the page shows, by their paths."""
    return dict(
        re.findall(r"^`([\w/.]+\.py)`:\n\n```python\n(.*?)^```", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the project with the page's files in it."""
    for name in ("notifier", "channels", "tests", "templates", "config"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for name, text in files().items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_the_page_builds_a_channel_that_passes_the_kit(copy: Path) -> None:
    """One file and one test; nothing else is touched, and the kit runs over the adapter."""
    assert sorted(files()) == ["channels/bulletin.py", "tests/channels/test_bulletin.py"]
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/channels", "-k", "bulletin"],
        cwd=copy,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(copy)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert ran.returncode == 0, ran.stdout[-3000:]
    passed = re.search(r"(\d+) passed", ran.stdout)
    assert passed is not None
    assert int(passed[1]) > 30, "the kit ran over it"


def test_what_the_page_shows_is_clean(copy: Path) -> None:
    """Whoever copies it keeps the house's own rules."""
    for command in (["ruff", "check"], ["ruff", "format", "--check"]):
        ran = subprocess.run(
            [sys.executable, "-m", *command, *files()], cwd=copy, capture_output=True, text=True, timeout=60
        )
        assert ran.returncode == 0, ran.stdout
