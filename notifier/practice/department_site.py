"""The department's own pages, shown beside the practice platforms as its web server would show them."""

from pathlib import Path
from typing import Final
from urllib.parse import unquote

from notifier.practice.exchange import Answer, Request, json_answer

PREFIX: Final = "/site/"
_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/feed+json; charset=utf-8",
    ".rss": "application/rss+xml; charset=utf-8",
    ".atom": "application/atom+xml; charset=utf-8",
    ".xml": "application/cap+xml; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".gif": "image/gif",
    ".webp": "image/webp",
}


class DepartmentSite:
    """Answers /site/… from one folder, of which nothing hidden and nothing outside is shown."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder

    def answer(self, request: Request) -> Answer | None:
        """Answer an address of the site; None for any other."""
        if self.folder is None or request.method not in ("GET", "HEAD"):
            return None
        if request.path == PREFIX.rstrip("/"):
            return Answer(301, headers={"Location": PREFIX})
        if not request.path.startswith(PREFIX):
            return None
        try:
            file = _inside(self.folder, unquote(request.path.removeprefix(PREFIX)))
            body = file.read_bytes() if file is not None else None
        except (OSError, ValueError):
            file = body = None
        if file is None or body is None:
            return json_answer({"error": "the site has no such page; publish something first"}, 404)
        return Answer(200, body, _media_type(file), {"Cache-Control": "no-cache"})


def _inside(folder: Path, name: str) -> Path | None:
    """Find a file of the folder; None when the name is hidden or leads out of it."""
    parts = [part for part in name.split("/") if part]
    if any(part.startswith(".") or "\\" in part for part in parts):
        return None
    root = folder.resolve()
    file = root.joinpath(*parts).resolve()
    if not file.is_relative_to(root):
        return None
    return file / "index.html" if file.is_dir() else file


def _media_type(file: Path) -> str:
    return _TYPES.get(file.suffix.lower(), "application/octet-stream")
