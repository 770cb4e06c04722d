"""YouTube: one video with the notification as its description (Data API v3: videos.insert, update, delete).

A video is uploaded in a session, which is asked after a lost answer whether the video is there: so nothing is uploaded
twice. What a project uploads that Google has not audited stays private, whatever was asked for: that is told as a
refusal, for the public does not see it. Nothing without a video can be published by a program.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from channels.youtube import upload
from channels.youtube.account import Account, YouTubeSettings
from channels.youtube.refusals import reason_of, refusal
from channels.youtube.words import MOST_DESCRIPTION, about
from notifier.channel import (
    Absent,
    AuthFailed,
    CannotTell,
    Capabilities,
    Channel,
    Delivered,
    Finding,
    Found,
    HandOff,
    Limit,
    Media,
    Message,
    Outcome,
    Prepared,
    Profile,
    ProfilePart,
    Rate,
    Rejected,
    Retry,
    System,
    Unknown,
    Works,
)
from notifier.http_client import Reply, profile_words, service_words

_MOST_VIDEO = 256_000_000_000
_LOCKED = (
    "YouTube keeps the video private, though it was to be {privacy}, as Google has not audited the project: have it"
    " audited, or publish the video in YouTube Studio"
)
_UNAUDITED = "until Google has audited the project, YouTube keeps its uploads private"


class YouTube(Channel):
    """One channel at YouTube."""

    systems = (System("YouTube", "publishes", "the practice channel, which speaks the Data API"),)
    Settings = YouTubeSettings
    settings: YouTubeSettings
    profile_parts = (
        ProfilePart("title", "name", (Limit(100, "characters"),)),
        # YouTube's help says 1,000; its API does not.
        ProfilePart("description", "terms", (Limit(1_000, "characters"),)),
    )

    @classmethod
    def limit(cls) -> Limit:
        """What a description takes."""
        return Limit(MOST_DESCRIPTION, "bytes")

    @property
    def capabilities(self) -> Capabilities:
        """One video with the whole text below it; what became of an upload can be asked."""
        return Capabilities(
            "long",
            self.limit(),
            idempotency="lookup",
            lookups_after=(5.0, 30.0, 120.0),
            video=_MOST_VIDEO,
            needs="video",
            live_signs="#@",
            can_amend=True,
            can_withdraw=True,
            rate=Rate(100, 86_400),
        )

    @property
    def hand_off(self) -> HandOff:
        """Whoever manages the channel uploads it in YouTube Studio."""
        return HandOff("YouTube", "https://studio.youtube.com/", ("youtube.com", "youtu.be"))

    def load(self) -> None:
        """Import the client, and keep its log from telling an upload's address."""
        super().load()
        upload.hide_addresses()

    def sign_in(self) -> Outcome | None:
        """Have a session with Google."""
        return self._account.sign_in()

    def prepare(self, message: Message, saved: Mapping[str, Any]) -> Prepared | Outcome:
        """Open the upload, or find out how much of an earlier attempt's has arrived."""
        video = _video_of(message)
        if video is None:
            return Rejected("YouTube takes only what has a video; attach one")
        account = self._account
        told = upload.arrived(account, message, len(video.data))
        if not isinstance(told, upload.Arrived):
            return told
        if told.video is not None:
            return self._outcome(message, told.video)
        if told.bytes is not None and told.bytes < len(video.data):
            return Prepared(message, {"from": told.bytes})
        failed = upload.begin(account, message, video, about(message, self.settings))
        return failed or Prepared(message, {"from": 0})

    def send(self, prepared: Prepared) -> Outcome:
        """Send the rest of the video: with its last byte it is published."""
        message, start = prepared.message, prepared.saved.get("from")
        video = _video_of(message)
        if video is None:
            return Rejected("YouTube takes only what has a video; attach one")
        reply = upload.finish(self._account, message, video, start if isinstance(start, int) else 0)
        return self._outcome(message, reply) if isinstance(reply, Reply) else reply

    def _outcome(self, message: Message, reply: Reply) -> Outcome:
        """Say what came of an upload."""
        if reply.status == 308:
            return Retry("YouTube has only a part of the video yet")
        if reply.status in (404, 410):
            upload.close(self._account, message)
            return Retry("the upload's session is gone; it is opened anew")
        if not reply.ok:
            return refusal(self._account, reply)
        told = reply.json()
        made = self._delivered(told.get("id"))
        if made is None:
            return Unknown(f"YouTube said yes ({reply.status}) and named no video")
        status = told.get("status")
        privacy = status.get("privacyStatus") if isinstance(status, dict) else None
        is_locked = privacy == "private" and self.settings.privacy != "private"
        self.state.change(locked=is_locked)
        if is_locked:
            return Rejected(f"{_LOCKED.format(privacy=self.settings.privacy)} ({made.url})")
        return made

    def find(self, prepared: Prepared, attempted: datetime) -> Finding:
        """Ask the session what it became; a video appears with its last byte, not before."""
        message = prepared.message
        video, failed = _video_of(message), self.sign_in()
        if failed is not None or video is None:
            return CannotTell("there is no session with Google to ask with; look at the channel", unreachable=True)
        told = upload.arrived(self._account, message, len(video.data))
        if not isinstance(told, upload.Arrived):
            return CannotTell("the upload could not be asked what became of it; look at the channel", unreachable=True)
        if told.video is not None:
            outcome = self._outcome(message, told.video)
            return Found(outcome) if isinstance(outcome, Delivered) else CannotTell(outcome.reason)
        if told.bytes is not None and told.bytes < len(video.data):
            return Absent()
        return CannotTell("YouTube does not know the upload any more; look at the channel")

    def amend(self, receipt: Mapping[str, Any], prepared: Prepared) -> Outcome:
        """Put another title and description below the video, which stays."""
        video = self._delivered(receipt.get("remote_id"))
        if video is None:
            return Rejected("nobody knows the video's id; correct it by hand")
        body = {"id": video.remote_id, "snippet": about(prepared.message, self.settings)["snippet"]}
        reply = self._account.ask("PUT", self._videos("part=snippet"), json_body=body)
        if not isinstance(reply, Reply):
            return reply
        if not reply.ok:
            return refusal(self._account, reply)
        return video if reply.json().get("id") == video.remote_id else Unknown("YouTube did not say that it changed it")

    def withdraw(self, receipt: Mapping[str, Any], message: Message) -> Outcome:
        """Delete the video; what YouTube does not find is gone."""
        video = self._delivered(receipt.get("remote_id"))
        if video is None:
            return Rejected("nobody knows the video's id; delete it by hand")
        reply = self._account.ask("DELETE", self._videos(f"id={video.remote_id}"))
        if not isinstance(reply, Reply):
            return reply
        is_gone = reply.status == 404 and reason_of(reply) in ("videoNotFound", "notFound")
        return Delivered() if reply.ok or is_gone or reply.status == 410 else refusal(self._account, reply)

    def check(self) -> Works | Outcome:
        """Ask which channel the consent is for."""
        told = self._own()
        if not isinstance(told, dict):
            return told
        locked = self.state.read().get("locked")
        title = service_words(told.get("title"), *self._account.secrets()) or "a channel without a name"
        said = {None: f"{title}; {_UNAUDITED}", True: f"{title}; the last upload was kept private: {_UNAUDITED}"}
        return Works(said=said.get(locked, title))

    def profile(self) -> Profile | Outcome:
        """Read the channel's title and description."""
        told = self._own()
        if not isinstance(told, dict):
            return told
        words = {part.name: profile_words(told.get(part.name), *self._account.secrets()) for part in self.profile_parts}
        return Profile({part: text for part, text in words.items() if text})

    def upkeep(self, now: datetime) -> None:
        """Forget uploads that can no longer be taken up."""
        upload.close_old(self._account, now)

    @property
    def _account(self) -> Account:
        return Account(self.settings, self.http, self.state)  # a channel is given its state after it was made

    def _own(self) -> dict[str, Any] | Outcome:
        failed = self.sign_in()
        if failed is not None:
            return failed
        url = f"{self.settings.base_url}/youtube/v3/channels?part=snippet&mine=true"
        reply = self._account.ask("GET", url)
        if not isinstance(reply, Reply):
            return reply
        if not reply.ok:
            return refusal(self._account, reply)
        items = reply.json().get("items")
        first = items[0] if isinstance(items, list) and items else None
        snippet = first.get("snippet") if isinstance(first, dict) else None
        return (
            snippet if isinstance(snippet, dict) else AuthFailed("the Google account has no YouTube channel; make one")
        )

    def _delivered(self, given: object) -> Delivered | None:
        number = str(given)
        if not re.fullmatch(r"[A-Za-z0-9_-]{11}", number):
            return None
        site = "https://www.youtube.com" if self._account.is_real else self.settings.base_url
        url = f"{site}/watch?v={number}"
        return Delivered(number, url, {"remote_id": number, "url": url})

    def _videos(self, query: str) -> str:
        return f"{self.settings.base_url}/youtube/v3/videos?{query}"


def _video_of(message: Message) -> Media | None:
    return next((one for one in message.media if one.media_type.startswith("video/") and one.data), None)


CHANNEL = YouTube
