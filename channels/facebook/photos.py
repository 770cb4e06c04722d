"""Photos: uploaded unpublished, each with its alt text, before the post that shows them (POST /{page-id}/photos)."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from channels.facebook.page import Page
from channels.facebook.refusals import refusal
from notifier.channel import Media, Message, Outcome, Pictures, Prepared, Rejected, Retry
from notifier.http_client import Reply

PICTURES = Pictures(most=10, size=9_500_000, types=("image/jpeg", "image/png"), alt=1000)
"""Facebook takes photos of less than 10 MB; no document of its names the longest alt text."""

_LAST = timedelta(hours=20)
"""Facebook drops an unpublished photo that no post shows; when, it does not say, but a day is reported."""


def prepared(page: Page, message: Message, saved: Mapping[str, Any]) -> Prepared | Outcome:
    """Upload what the message shows, unless that was done and still holds."""
    if _kept(saved, len(message.media), page.http.clock()):
        return Prepared(message, saved)
    numbers = []
    for picture in message.media:
        number = _upload(page, picture)
        if not isinstance(number, str):
            return number
        numbers.append(number)
    if not numbers:
        return Prepared(message)
    return Prepared(message, {"photos": numbers, "until": (page.http.clock() + _LAST).isoformat()})


def attached(saved: Mapping[str, Any]) -> dict[str, str]:
    """Name the photos in a post's form."""
    return {f"attached_media[{n}]": json.dumps({"media_fbid": id_}) for n, id_ in enumerate(saved.get("photos", ()))}


def number_of(given: object) -> str | None:
    """Read the number of a photo."""
    number = str(given)
    return number if number.isascii() and number.isdigit() and len(number) <= 40 else None


def _kept(saved: Mapping[str, Any], most: int, now: datetime) -> bool:
    numbers = saved.get("photos")
    try:
        lasts = datetime.fromisoformat(str(saved.get("until"))) > now
    except (ValueError, TypeError):
        return False
    return (
        lasts
        and isinstance(numbers, list)
        and [number_of(each) for each in numbers] == numbers
        and len(numbers) == most
    )


def _upload(page: Page, picture: Media) -> str | Outcome:
    given = {"published": "false", **({"alt_text_custom": picture.alt} if picture.alt else {})}
    files = {"source": (picture.file_name, picture.data, picture.media_type)}
    reply = page.ask("POST", f"{page.name}/photos", given=given, files=files)
    if not isinstance(reply, Reply):
        return reply
    if not reply.ok:
        refused = refusal(page, reply)
        return Rejected(f"a picture: {refused.reason}") if isinstance(refused, Rejected) else refused
    return number_of(reply.json().get("id")) or Retry("Facebook took a picture and gave it no number")
