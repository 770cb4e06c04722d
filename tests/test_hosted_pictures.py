"""Pictures that networks fetch themselves: whole, readable for the web server, unguessable, taken away again."""

import os
from datetime import timedelta
from pathlib import Path

from notifier.hosted_pictures import HostedPictures
from notifier.outcome import Retry
from tests.notifications import NOW, some_media

URL = "https://town.example/media/"


def test_a_picture_stands_there_whole_and_readable(tmp_path: Path) -> None:
    """Its name is its hash; the web server, another user, may read it; putting it twice is one file."""
    hosted, media = HostedPictures(tmp_path / "media", URL), some_media()
    address = hosted.put(media)
    assert address == hosted.put(media) == f"https://town.example/media/{media.sha256}.png"
    (path,) = (tmp_path / "media").iterdir()
    assert path.read_bytes() == media.data
    assert path.stat().st_mode & 0o777 == 0o644


def test_it_is_taken_away_when_the_post_is(tmp_path: Path) -> None:
    """Also when it is not there any more."""
    hosted, media = HostedPictures(tmp_path, URL), some_media()
    hosted.put(media)
    hosted.take_away((media,))
    hosted.take_away((media,))
    assert list(tmp_path.iterdir()) == []


def test_what_is_old_goes_and_what_is_not_ours_stays(tmp_path: Path) -> None:
    """Two days; the folder may hold the department's own files."""
    hosted, media = HostedPictures(tmp_path, URL), some_media()
    hosted.put(media)
    for name in ("index.html", "." + "0" * 32 + ".part", "a" * 63 + ".png"):
        (tmp_path / name).touch()
    old = (NOW - timedelta(days=2, seconds=1)).timestamp()
    for path in tmp_path.iterdir():
        os.utime(path, (old, old))
    new = HostedPictures(tmp_path, URL)
    new.tidy(NOW - timedelta(seconds=2))
    assert len(list(tmp_path.iterdir())) == 4
    new.tidy(NOW)
    assert {path.name for path in tmp_path.iterdir()} == {"index.html", "a" * 63 + ".png"}
    HostedPictures(tmp_path / "nowhere", URL).tidy(NOW)


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """The delivery waits, and says what to correct."""
    (tmp_path / "file").touch()
    outcome = HostedPictures(tmp_path / "file", URL).put(some_media())
    assert isinstance(outcome, Retry)
    assert "media_folder" in outcome.reason
