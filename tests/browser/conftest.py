"""A real browser, and a department that has published one notification of every kind to practice platforms."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from notifier.practice.server import PracticeServer
from notifier.project_files import EXAMPLE_CONFIG
from tests.browser.looking import SIZES, Seen, look
from tests.notifications import FULL_FIELDS, a_picture

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's chromium, without a window."""
    if not CHROMIUM.exists():
        pytest.skip(f"NO PAGE WAS LOOKED AT: there is no {CHROMIUM}; run apt-get install chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield chromium
        chromium.close()


@dataclass(frozen=True)
class Looker:
    """Opens a page at a width, and says what is to be seen there."""

    browser: Browser

    def __call__(self, address: str, width: int) -> Seen:
        """Open an address in a new window; the window is closed again."""
        page = self.browser.new_page(viewport={"width": width, "height": SIZES[width]})
        try:
            return look(page, address)
        finally:
            page.close()


@pytest.fixture
def looker(browser: Browser) -> Looker:
    """What opens pages."""
    return Looker(browser)


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of practice platforms and a site that show a notification of every kind, in both languages."""
    folder = tmp_path_factory.mktemp("department")
    site = folder / "var" / "site"
    with PracticeServer(site=site) as server:
        shutil.copytree(EXAMPLE_CONFIG, folder / "config")
        channels = folder / "config" / "channels.toml"
        channels.write_text(channels.read_text().replace("http://127.0.0.1:8025", server.url))
        for kind, fields in FULL_FIELDS.items():
            _publish(folder, kind, fields)
        yield server.url


def _publish(folder: Path, kind: str, fields: object) -> None:
    given = [
        word
        for name, value in dict(fields).items()  # type: ignore[call-overload]
        for one in (value if isinstance(value, list) else [value])
        for word in ([f"--{name.replace('_', '-')}"] if one is True else [f"--{name.replace('_', '-')}", str(one)])
    ]
    picture = a_picture(folder, f"{kind}.png")
    attached = ["--attach", str(picture), "--alt", "What the picture shows", "--rights", "Exampleton PD"]
    command = [sys.executable, "-m", "notifier.cli.main", kind, *given, *attached, "--language", "en,es", "--json"]
    done = subprocess.run(
        [*command, "--expires", "20d", "--config", str(folder / "config")],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "HOME": str(folder)},
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
