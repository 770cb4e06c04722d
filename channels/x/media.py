"""Pictures and videos for X: uploaded before the post that names them (docs.x.com: media/upload, media/metadata).

A picture goes whole. A video or a GIF goes in pieces, and then X works on it: that is waited for without a worker.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from channels.x.account import Account, data_of, number_of
from channels.x.refusals import refusal
from notifier.channel import Media, Message, NotReady, Outcome, Pictures, Prepared, Rejected, Retry
from notifier.http_client import Reply

PICTURES = Pictures(most=4, size=5_000_000, types=("image/jpeg", "image/png", "image/gif", "image/webp"), alt=1000)
MOST_VIDEO = 512_000_000
"""Bytes; X takes more of some accounts."""
ALONE = ("video/", "image/gif")
"""What X lets stand in a post only by itself."""

_PIECE = 4_000_000
_LASTS = timedelta(hours=24)
_IN_TIME = timedelta(minutes=10)
"""An upload that ends sooner is made anew."""
_SHORTEST_WAIT, _LONGEST_WAIT = 1, 60
"""Seconds until X is asked again for a video that it works on."""
_MOST_WAITS = 120
"""How often; X takes minutes for the longest."""


class Uploads:
    """What is uploaded of an account's posts."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def prepared(self, message: Message, saved: Mapping[str, Any]) -> Prepared | Outcome:
        """Upload what the message shows, unless that was done and still holds; then what the post needs is in saved."""
        kept = self._kept(saved, len(message.media))
        if kept and "waits" in saved:
            question = {"command": "STATUS", "media_id": kept[0]}
            return self._worked_on(message, saved, self._ask("GET", "/2/media/upload", params=question))
        if kept or not message.media:
            return Prepared(message, saved)
        first = message.media[0]
        if first.media_type.startswith(ALONE):
            return self._in_pieces(message, first)
        numbers = []
        for picture in message.media:
            number = self._picture(picture)
            if not isinstance(number, str):
                return number
            numbers.append(number)
        return Prepared(message, self._saving(numbers))

    def _kept(self, saved: Mapping[str, Any], most: int) -> list[str]:
        """Read the numbers of an earlier attempt's uploads; none where they may be gone by now."""
        given = saved.get("media")
        numbers = [number for each in given if (number := number_of(each))] if isinstance(given, list) else []
        try:
            lasts = datetime.fromisoformat(str(saved.get("until"))) - self._account.http.clock() > _IN_TIME
        except (ValueError, TypeError):
            return []
        return numbers if lasts and len(numbers) == most else []

    def _saving(self, numbers: list[str]) -> dict[str, Any]:
        return {"media": numbers, "until": (self._account.http.clock() + _LASTS).isoformat()}

    def _picture(self, picture: Media) -> str | Outcome:
        """Upload a picture, with its alt text; answer its number."""
        files = {"media": (picture.file_name, picture.data, picture.media_type)}
        told = self._ask("POST", "/2/media/upload", data={"media_category": "tweet_image"}, files=files)
        number = _named(told)
        return self._described(number, picture) if isinstance(number, str) else number

    def _described(self, number: str, picture: Media) -> str | Outcome:
        """Say for whoever cannot see it what a picture shows."""
        if not picture.alt:
            return number
        body = {"id": number, "metadata": {"alt_text": {"text": picture.alt}}}
        told = self._ask("POST", "/2/media/metadata", json_body=body)
        return number if isinstance(told, Mapping) else told

    # --- videos and GIFs ----------------------------------------------------------------------------------------------

    def _in_pieces(self, message: Message, media: Media) -> Prepared | Outcome:
        kind = "tweet_video" if media.media_type.startswith("video/") else "tweet_gif"
        about = {"media_type": media.media_type, "total_bytes": len(media.data), "media_category": kind}
        number = _named(self._ask("POST", "/2/media/upload/initialize", json_body=about))
        if not isinstance(number, str):
            return number
        path = f"/2/media/upload/{number}"
        for index, start in enumerate(range(0, len(media.data), _PIECE)):
            piece = {"media": (media.file_name, media.data[start : start + _PIECE], "application/octet-stream")}
            taken = self._ask("POST", f"{path}/append", data={"segment_index": str(index)}, files=piece)
            if not isinstance(taken, Mapping):
                return taken
        told = self._ask("POST", f"{path}/finalize")
        if isinstance(told, Mapping) and kind == "tweet_gif":  # X has no place for what a video shows
            described = self._described(number, media)
            told = told if isinstance(described, str) else described
        return self._worked_on(message, {**self._saving([number]), "waits": 0}, told)

    def _worked_on(
        self, message: Message, saved: Mapping[str, Any], told: Mapping[str, Any] | Outcome
    ) -> Prepared | Outcome:
        """Read whether X is done with a video."""
        if not isinstance(told, Mapping):
            return told
        given = told.get("processing_info")
        work: Mapping[str, Any] = given if isinstance(given, dict) else {}
        state, waits = work.get("state"), saved.get("waits")
        waited = waits if isinstance(waits, int) else 0
        if state == "failed" or waited >= _MOST_WAITS:
            return Rejected("X cannot show the video; save it as an MP4 with H.264 and AAC sound, and attach it again")
        if state in ("pending", "in_progress"):
            asked = work.get("check_after_secs")
            seconds = min(max(asked if isinstance(asked, int) else 0, _SHORTEST_WAIT), _LONGEST_WAIT)
            at = self._account.http.clock() + timedelta(seconds=seconds)
            return NotReady("X is still working on the video", at, {**saved, "waits": waited + 1})
        return Prepared(message, {name: value for name, value in saved.items() if name != "waits"})

    def _ask(self, method: str, path: str, **request: Any) -> Mapping[str, Any] | Outcome:
        account = self._account
        reply = account.ask(method, path, **request)
        if not isinstance(reply, Reply):
            return reply
        if reply.ok:
            return data_of(reply)
        refused = refusal(reply, account.http, account.keys())
        return Rejected(f"an attachment: {refused.reason}") if isinstance(refused, Rejected) else refused


def _named(told: Mapping[str, Any] | Outcome) -> str | Outcome:
    """Give the number of an upload."""
    if not isinstance(told, Mapping):
        return told
    return number_of(told.get("id")) or Retry("X took an attachment and gave it no number")
