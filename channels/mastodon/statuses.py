"""Statuses as Mastodon's API shows them: their ids, their text without its HTML, and whether one says a text."""

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime
from html import unescape
from typing import Any

from notifier.http_client import Reply

PAGE = 20
"""Statuses of one page: with their HTML and their account, no more are sure to fit into the answer that is read."""

Status = Mapping[str, Any]

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_ELSEWHERE = re.compile(r"(?<![\w/])(@\w+)@[\w.-]*\w")


def id_of(given: object) -> str | None:
    """Read an id: a number on Mastodon, letters among it on others that speak its API."""
    return given if isinstance(given, str) and _ID.fullmatch(given) else None


def read_statuses(reply: Reply) -> Sequence[Status] | None:
    """Read a list of statuses; None where the answer is none."""
    try:
        found = json.loads(reply.body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, list) or not all(isinstance(status, dict) for status in found):
        return None
    return found


def moment_of(status: Status, name: str = "created_at") -> datetime | None:
    """When a status was made, or last changed."""
    try:
        moment = datetime.fromisoformat(str(status.get(name)))
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def says(status: Status, text: str) -> bool:
    """Whether a status shows a text; Mastodon shows of `@name@server` only the name."""
    return _words(_without_html(str(status.get("content")))) == _words(text)


def _without_html(content: str) -> str:
    # No tag may hold a "<": however many begin and never end, the search stays short.
    return unescape(re.sub(r"<[^<>]*>", "", re.sub(r"<br[^<>]*>|</p>", "\n", content)))


def _words(text: str) -> str:
    # Some servers show an address without its scheme.
    bare = re.sub(r"https?://", "", unicodedata.normalize("NFC", text))
    return " ".join(_ELSEWHERE.sub(r"\1", bare).split())
