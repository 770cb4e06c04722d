"""Resumable uploads: a session for each video, whose address tells a repeat from a second video.

developers.google.com/youtube/v3/guides/using_resumable_upload_protocol. Whoever knows the address may send to it, so it
stands in the account's state and nowhere else. The video appears with its last byte, not before.
"""

import hashlib
import logging
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from channels.youtube.account import Account
from channels.youtube.refusals import refusal
from notifier.channel import Media, Message, Outcome, Retry
from notifier.http_client import Reply

_LONGEST_ADDRESS = 2_000
_LASTS = timedelta(days=6)
"""Google keeps a session for about a week."""
_PREFIX = "upload:"


class _Hidden(logging.Filter):
    """Keeps addresses of sessions out of the log: at DEBUG the HTTP library writes every address that is asked."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Say whether a record may be written."""
        return "upload_id=" not in record.getMessage()


_HIDDEN = _Hidden()


def hide_addresses() -> None:
    """Let no log hold a session's address."""
    logging.getLogger("urllib3.connectionpool").addFilter(_HIDDEN)  # the same filter is added once


class Arrived(NamedTuple):
    """What came of an upload: so many bytes of it, or the video that it became; neither: it is not known there."""

    bytes: int | None = None
    video: Reply | None = None


def begin(account: Account, message: Message, video: Media, about: Mapping[str, Any]) -> Outcome | None:
    """Open a session for a video, and keep its address; None where that was done."""
    url = f"{account.settings.base_url}/upload/youtube/v3/videos?uploadType=resumable&part=snippet,status"
    headers = {"X-Upload-Content-Length": str(len(video.data)), "X-Upload-Content-Type": video.media_type}
    reply = account.ask("POST", url, headers=headers, json_body=about)
    if not isinstance(reply, Reply):
        return reply
    if not reply.ok:
        return refusal(account, reply)
    address = _checked(account, reply.headers.get("Location", ""))
    if address is None:
        return Retry("YouTube opened no upload")
    kept = {"address": address, "begun": account.http.clock().isoformat()}
    account.state.change(**{_name(message): kept})
    return None


def is_open(account: Account, message: Message) -> bool:
    """Whether an earlier attempt opened a session that may last still."""
    return _address(account, message) is not None


def close(account: Account, message: Message) -> None:
    """Forget a session."""
    account.state.change(**{_name(message): None})


def close_old(account: Account, now: datetime) -> None:
    """Forget the sessions that Google has forgotten."""
    old = [name for name, kept in account.state.read().items() if name.startswith(_PREFIX) and not _lasts(kept, now)]
    if old:
        account.state.change(**dict.fromkeys(old))


def arrived(account: Account, message: Message, size: int) -> Arrived | Outcome:
    """Ask how much of a video has arrived; this publishes nothing."""
    address = _address(account, message)
    if address is None:
        return Arrived()
    reply = account.ask("PUT", address, headers={"Content-Range": f"bytes */{size}"}, data=b"")
    if not isinstance(reply, Reply):
        return reply
    if reply.ok:
        return Arrived(video=reply)
    if reply.status == 308:
        return Arrived(bytes=_held(reply))
    return Arrived() if reply.status in (404, 410) else refusal(account, reply)


def finish(account: Account, message: Message, video: Media, start: int) -> Reply | Outcome:
    """Send the bytes from `start` on, which publishes the video."""
    address = _address(account, message)
    if address is None:
        return Retry("the upload's session is gone; it is opened anew")
    size = len(video.data)
    headers = {"Content-Type": video.media_type, "Content-Range": f"bytes {start}-{size - 1}/{size}"}
    return account.ask("PUT", address, headers=headers, data=video.data[start:])


def _held(reply: Reply) -> int:
    """Read how many bytes the service has; it names the first and the last of them, and where it has none, neither."""
    found = re.fullmatch(r"bytes=0-([0-9]{1,12})", reply.headers.get("Range", "").strip())
    return int(found[1]) + 1 if found else 0


def _name(message: Message) -> str:
    return _PREFIX + hashlib.sha256(message.key.encode()).hexdigest()[:24]


def _address(account: Account, message: Message) -> str | None:
    kept = account.state.read().get(_name(message))
    if not isinstance(kept, dict) or not _lasts(kept, account.http.clock()):
        return None
    address = str(kept.get("address"))
    return account.settings.base_url + address if address.startswith("/") else address


def _lasts(kept: object, now: datetime) -> bool:
    try:
        return isinstance(kept, dict) and now - datetime.fromisoformat(str(kept.get("begun"))) < _LASTS
    except (ValueError, TypeError):
        return False


def _checked(account: Account, location: str) -> str | None:
    """Take a session's address: below the service's own, or at another host of Google's; else None."""
    own = account.settings.base_url
    if len(location) > _LONGEST_ADDRESS or not location.isascii() or not location.isprintable() or " " in location:
        return None
    if location.startswith(f"{own}/"):
        return location.removeprefix(own)
    try:
        parts = urlsplit(location)
        is_googles = parts.scheme == "https" and (parts.hostname or "").endswith(".googleapis.com") and not parts.port
    except ValueError:
        return None
    return location if account.is_real and is_googles and "@" not in parts.netloc else None
