"""Pictures for networks that fetch them themselves: files in a folder that the department's web server shows.

Each is named by its SHA-256, so that who has not seen a picture cannot guess its address. A network fetches it within
minutes; after two days it is taken away.
"""

import contextlib
import os
import re
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

from notifier.message import Media
from notifier.outcome import Retry

LONGEST = timedelta(days=2)
"""How long a picture stays."""

_ENDINGS = {"image/jpeg": "jpg", "image/png": "png"}
_OURS = re.compile(r"[0-9a-f]{64}\.(?:jpg|png)|\.[0-9a-f]{32}\.part")


class HostedPictures:
    """A folder of pictures, and the address at which the web server shows it."""

    def __init__(self, folder: Path, url: str) -> None:
        self._folder = folder
        self._url = url.rstrip("/")

    def put(self, media: Media) -> str | Retry:
        """Put a picture there, whole or not at all, and give its address; Retry where it cannot be written."""
        path = self._folder / _name(media)
        part = self._folder / f".{uuid4().hex}.part"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with part.open("xb") as file:
                file.write(media.data)
                file.flush()
                os.fsync(file.fileno())
            part.chmod(0o644)  # the web server is another user
            part.replace(path)
        except OSError as wrong:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)
            return Retry(f"media_folder cannot be written ({wrong.strerror}); correct it in channels.toml")
        return f"{self._url}/{path.name}"

    def take_away(self, pictures: tuple[Media, ...]) -> None:
        """Take pictures away; what cannot be taken away now is when it is old."""
        for media in pictures:
            with contextlib.suppress(OSError):
                (self._folder / _name(media)).unlink(missing_ok=True)

    def tidy(self, now: datetime) -> None:
        """Take away what is old; nothing else of the folder is touched."""
        oldest = (now - LONGEST).timestamp()
        with contextlib.suppress(OSError):
            for path in self._folder.iterdir():
                if _OURS.fullmatch(path.name) and path.stat().st_mtime < oldest:
                    path.unlink(missing_ok=True)


def _name(media: Media) -> str:
    return f"{media.sha256}.{_ENDINGS.get(media.media_type, 'jpg')}"
