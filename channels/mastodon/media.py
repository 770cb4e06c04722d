"""Pictures and videos: uploaded with their descriptions before the post that shows them (POST /api/v2/media).

What the server still works on (202) is waited for without a worker. It deletes what no post shows after a day.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from channels.mastodon.account import Account
from channels.mastodon.statuses import id_of
from notifier.channel import Media, Message, NotReady, Outcome, Prepared, Rejected, Retry
from notifier.http_client import Reply

_LASTS = timedelta(hours=20)
_ASKED_AGAIN = timedelta(seconds=5)
_MOST_WAITS = 240
"""How often a server is asked for what it works on: it takes minutes for the longest videos."""


def prepared(account: Account, message: Message, saved: Mapping[str, Any]) -> Prepared | Outcome:
    """Upload what the message shows, unless that was done and still holds; then wait until all of it is ready."""
    if not message.media:
        return Prepared(message)
    now = account.http.clock()
    if (kept := _kept(saved, len(message.media), now)) is not None:
        return _waited_for(account, message, kept)
    uploads = []
    for media in message.media:
        uploaded = _upload(account, media)
        if not isinstance(uploaded, tuple):
            return uploaded
        uploads.append(uploaded)
    working = [number for number, is_ready in uploads if not is_ready]
    media_ids, until = [number for number, _ in uploads], (now + _LASTS).isoformat()
    return _prepared(account, message, {"media": media_ids, "until": until, "working": working, "waits": 0})


def media_of(saved: Mapping[str, Any]) -> list[str]:
    """Name the media of a post."""
    return _ids(saved.get("media"))


def _kept(saved: Mapping[str, Any], most: int, now: datetime) -> dict[str, Any] | None:
    """Read what an earlier attempt uploaded; None where it is gone by now."""
    media, waits = _ids(saved.get("media")), saved.get("waits")
    try:
        lasts = datetime.fromisoformat(str(saved.get("until"))) > now
    except (ValueError, TypeError):
        return None
    if not lasts or len(media) != most:
        return None
    working = [number for number in _ids(saved.get("working")) if number in media]
    return {**saved, "media": media, "working": working, "waits": waits if type(waits) is int else 0}


def _ids(given: object) -> list[str]:
    return [number for each in given if (number := id_of(each))] if isinstance(given, list) else []


def _upload(account: Account, media: Media) -> tuple[str, bool] | Outcome:
    """Upload one; answer its id, and whether it may be shown already."""
    files = {"file": (media.file_name, media.data, media.media_type)}
    reply = account.ask("POST", "/v2/media", data={"description": media.alt} if media.alt else None, files=files)
    if not isinstance(reply, Reply):
        return reply
    if not reply.ok:
        return _not_taken(account, reply)
    number = id_of(reply.json().get("id"))
    return (number, reply.status != 202) if number else Retry("the server took an attachment and gave it no id")


def _waited_for(account: Account, message: Message, kept: Mapping[str, Any]) -> Prepared | Outcome:
    """Ask for what the server works on."""
    working = []
    for number in kept["working"]:
        reply = account.ask("GET", f"/v1/media/{number}")
        if not isinstance(reply, Reply):
            return reply
        if reply.status == 404:
            return NotReady("the server has lost an attachment; it is uploaded anew")
        if not reply.ok:
            return _not_taken(account, reply)
        if reply.status == 206:
            working.append(number)
    return _prepared(account, message, {**kept, "working": working})


def _prepared(account: Account, message: Message, kept: Mapping[str, Any]) -> Prepared | Outcome:
    """Go on once all may be shown."""
    if not kept["working"]:
        return Prepared(message, {"media": kept["media"], "until": kept["until"]})
    if kept["waits"] >= _MOST_WAITS:
        return Rejected("the server cannot show an attachment; save it in another form, and attach it again")
    at = account.http.clock() + _ASKED_AGAIN
    return NotReady("the server still works on an attachment", at, {**kept, "waits": kept["waits"] + 1})


def _not_taken(account: Account, reply: Reply) -> Outcome:
    refused = account.refused(reply)
    return Rejected(f"an attachment: {refused.reason}") if isinstance(refused, Rejected) else refused
