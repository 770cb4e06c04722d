"""The department's own pages are shown beside the practice platforms, and nothing else of the disk."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from notifier.practice.server import PracticeServer


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder of pages, with something hidden in it and something secret beside it."""
    folder = tmp_path / "site"
    (folder / "n").mkdir(parents=True)
    (tmp_path / "secret.html").write_text("secret")
    (folder / "index.html").write_text("the index")
    (folder / "n" / "index.html").write_text("notices")
    (folder / "feed.rss").write_text("<rss/>")
    (folder / "feed.json").write_text("{}")
    (folder / ".lock").write_text("secret")
    (folder / "way-out").symlink_to(tmp_path)
    return folder


@pytest.fixture
def showing(site: Path) -> Iterator[PracticeServer]:
    """A practice server that shows the pages."""
    with PracticeServer(site=site) as server:
        yield server


@pytest.mark.parametrize(
    ("path", "text", "media_type"),
    [
        ("/site", "the index", "text/html"),
        ("/site/", "the index", "text/html"),
        ("/site/index.html?again", "the index", "text/html"),
        ("/site/n/", "notices", "text/html"),
        ("/site/feed.rss", "<rss/>", "application/rss+xml"),
        ("/site/feed.json", "{}", "application/feed+json"),
    ],
)
def test_pages_and_feeds_are_shown(
    http: requests.Session, showing: PracticeServer, path: str, text: str, media_type: str
) -> None:
    """Each file is answered with its own media type, a folder with its index."""
    answer = http.get(showing.url + path, timeout=5)
    assert (answer.status_code, answer.text) == (200, text)
    assert answer.headers["Content-Type"].partition(";")[0] == media_type


@pytest.mark.parametrize(
    "path",
    [
        "/site/.lock",
        "/site/%2e%2e/secret.html",
        "/site/..%2fsecret.html",
        "/site/%2e%2e%2fsecret.html",
        "/site/..%5csecret.html",
        "/site/way-out/secret.html",
        "/site//etc/passwd",
        "/site/%00",
        "/site/none.html",
    ],
)
def test_nothing_else_of_the_disk_is_shown(http: requests.Session, showing: PracticeServer, path: str) -> None:
    """What is hidden, outside, behind a link or not there answers 404."""
    request = requests.Request("GET", showing.url).prepare()
    request.url = showing.url + path
    answer = http.send(request, timeout=5)
    assert answer.status_code == 404
    assert "secret" not in answer.text


def test_without_a_site_there_is_none(http: requests.Session, server: PracticeServer) -> None:
    """A server that was given no folder shows no site."""
    assert http.get(f"{server.url}/site/", timeout=5).status_code == 404
