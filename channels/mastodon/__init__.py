"""Mastodon: statuses of one account (API v1: statuses; v2: media, instance; docs.joinmastodon.org, source of 4.5).

For an hour the server knows our Idempotency-Key, so that the same request again is one status; after that the account's
statuses are read back. How long a text may be, and what pictures, each server says itself. An edit shows its history.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from channels.mastodon.account import Account, MastodonSettings
from channels.mastodon.limits import LIMITS_KEPT_AS, most_video, picture_limits, read_limits, text_limit
from channels.mastodon.media import media_of, prepared
from channels.mastodon.page import PARTS, read_page
from channels.mastodon.statuses import PAGE, Status, id_of, moment_of, read_statuses, says
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
    Message,
    Outcome,
    Prepared,
    Profile,
    Rate,
    Rejected,
    System,
    Unknown,
    Works,
)
from notifier.http_client import HttpClient, Reply, public_address, service_words

_CLOCKS_DIFFER = timedelta(seconds=60)
_INDEX_LAGS = timedelta(seconds=30)
"""A large server reads from copies of its database."""
_MOST_PAGES = 5
_LIMITS_HOLD = timedelta(days=1)
_NOBODY_KNOWS = "nobody knows the post's id any more"


class Mastodon(Channel):
    """One account."""

    Settings = MastodonSettings
    settings: MastodonSettings
    profile_parts = PARTS
    systems = (System("Mastodon", "publishes", "the package mastodon_mock, and the practice account"),)

    def __init__(self, name: str, settings: MastodonSettings, http: HttpClient) -> None:
        super().__init__(name, settings, http)
        self._account = Account(settings, http)

    @classmethod
    def limit(cls) -> Limit:
        """What a status takes on a server that was set to nothing else."""
        return text_limit({})

    @property
    def capabilities(self) -> Capabilities:
        """Short posts with pictures or a video, as long as the server says; threads are answers to the last part."""
        told = self.state.read()
        return Capabilities(
            "short",
            text_limit(told),
            idempotency="key",
            key_lasts=timedelta(hours=1),
            pictures=picture_limits(told),
            video=most_video(told),
            alone=("video/",),
            thread="replies",
            live_signs="@#",
            can_amend=True,
            can_withdraw=True,
            can_reply=True,
            rate=Rate(300, 3 * 3_600),
        )

    @property
    def hand_off(self) -> HandOff:
        """Where a person posts instead."""
        own = self.settings.base_url
        return HandOff("Mastodon", f"{own}/publish", (urlsplit(own).hostname or "",))

    def sign_in(self) -> Outcome | None:
        """Ask the server once what it takes; the token needs no session."""
        return None if LIMITS_KEPT_AS in self.state.read() else self._read_limits()

    def prepare(self, message: Message, saved: Mapping[str, Any]) -> Prepared | Outcome:
        """Upload pictures or a video with their descriptions, and wait until the server may show them."""
        return prepared(self._account, message, saved)

    def send(self, prepared: Prepared) -> Outcome:
        """Post a status."""
        return self._post(prepared, {})

    def reply(self, receipt: Mapping[str, Any], prepared: Prepared) -> Outcome:
        """Post a status that answers an earlier one."""
        status = id_of(receipt.get("remote_id"))
        return self._post(prepared, {"in_reply_to_id": status}) if status else Rejected(_NOBODY_KNOWS)

    def amend(self, receipt: Mapping[str, Any], prepared: Prepared) -> Outcome:
        """Change a status into this message; what it was stays in its history."""
        status = id_of(receipt.get("remote_id"))
        if status is None:
            return Rejected(_NOBODY_KNOWS)
        reply = self._account.ask("PUT", f"/v1/statuses/{status}", json_body=self._content(prepared))
        if isinstance(reply, Reply) and reply.status == 404:
            return Rejected("the post is not there any more; publish the correction as a new one")
        return self._answered(reply)

    def withdraw(self, receipt: Mapping[str, Any], message: Message) -> Outcome:
        """Delete the status; one that is not there is gone."""
        status = id_of(receipt.get("remote_id"))
        if status is None:
            return Rejected(f"{_NOBODY_KNOWS}; delete it by hand")
        reply = self._account.ask(
            "DELETE", f"/v1/statuses/{status}", params={"delete_media": "true"}, body_matters=False
        )
        if not isinstance(reply, Reply):
            return reply
        return Delivered() if reply.ok or reply.status == 404 else self._account.refused(reply)

    def find(self, prepared: Prepared, attempted: datetime) -> Finding:
        """Look for the text among the account's statuses since the first attempt can have been made."""
        whose = self._whose()
        number = id_of(whose.json().get("id")) if isinstance(whose, Reply) else None
        if number is None:
            return CannotTell("the server did not say whose token it is", unreachable=True)
        since = min(attempted, prepared.message.sent) - _CLOCKS_DIFFER
        question = {"limit": str(PAGE), "exclude_reblogs": "true"}
        for _ in range(_MOST_PAGES):
            reply = self._account.ask("GET", f"/v1/accounts/{number}/statuses", params=question)
            statuses = read_statuses(reply) if isinstance(reply, Reply) and reply.ok else None
            if statuses is None:
                return CannotTell("the account's posts could not be read", unreachable=True)
            for status in statuses:
                if (
                    says(status, prepared.message.text)
                    and _is_since(status, since)
                    and (made := self._delivered(status))
                ):
                    return Found(made)
            made_last = moment_of(statuses[-1]) if statuses else None
            if len(statuses) < PAGE or (made_last and made_last < since):
                return self._not_there(attempted)
            question["max_id"] = id_of(statuses[-1].get("id")) or ""
        return CannotTell("the account has many newer posts; look at it")

    def check(self) -> Works | Outcome:
        """Ask whose token it is, and what the server takes."""
        reply = self._whose()
        if not isinstance(reply, Reply):
            return reply
        self._read_limits()
        if reply.json().get("bot") is False:
            return Works(
                said='the profile does not say that it is automated; tick "This is an automated account" there'
            )
        return Works()

    def profile(self) -> Profile | Outcome:
        """Read what the account says of itself."""
        reply = self._whose()
        return read_page(reply.json(), self.settings.access_token) if isinstance(reply, Reply) else reply

    def upkeep(self, now: datetime) -> None:
        """Ask the server once a day what it takes."""
        if now.timestamp() >= self.state.read().get("limits_until", 0):
            self._read_limits()

    def _whose(self) -> Reply | Outcome:
        """Ask for the account that the token belongs to; an outcome where the server does not say, or it is another."""
        reply = self._account.ask("GET", "/v1/accounts/verify_credentials")
        if not isinstance(reply, Reply):
            return reply
        if not reply.ok:
            return self._account.refused(reply)
        name, own = reply.json().get("username"), (self.settings.handle or "").removeprefix("@")
        if not isinstance(name, str):
            return Rejected("the server answered something else than an account; correct base_url in channels.toml")
        if own and name.lower() != own.lower():
            shown = service_words(name, self.settings.access_token)
            return AuthFailed(f"the token belongs to @{shown}, not to @{own}; correct either")
        return reply

    def _read_limits(self) -> Outcome | None:
        """Keep what the server takes; one that does not say is asked again tomorrow."""
        reply = self._account.ask("GET", "/v2/instance")
        if not isinstance(reply, Reply):
            return reply
        known = self.state.read().get(LIMITS_KEPT_AS, {})
        until = (self.http.clock() + _LIMITS_HOLD).timestamp()
        self.state.change(limits=read_limits(reply.json()) if reply.ok else known, limits_until=until)
        return None

    # --- statuses -----------------------------------------------------------------------------------------------------

    def _content(self, prepared: Prepared) -> dict[str, Any]:
        message, media = prepared.message, media_of(prepared.saved)
        content: dict[str, Any] = {"status": message.text, "language": message.language}
        return {**content, "media_ids": media} if media else content

    def _post(self, prepared: Prepared, more: Mapping[str, str]) -> Outcome:
        content = {**self._content(prepared), "visibility": self.settings.visibility, **more}
        key = {"Idempotency-Key": hashlib.sha256(prepared.message.key.encode()).hexdigest()}
        return self._answered(self._account.ask("POST", "/v1/statuses", headers=key, json_body=content))

    def _answered(self, reply: Reply | Outcome) -> Outcome:
        if not isinstance(reply, Reply):
            return reply
        if not reply.ok:
            return self._account.refused(reply)
        return self._delivered(reply.json()) or Unknown(f"the server said yes ({reply.status}) and named no post")

    def _delivered(self, status: Status) -> Delivered | None:
        number = id_of(status.get("id"))
        if number is None:
            return None
        url = public_address(status.get("url"), self.settings.access_token)
        return Delivered(number, url, {"remote_id": number, "url": url})

    def _not_there(self, attempted: datetime) -> Finding:
        if self.http.clock() - attempted < _INDEX_LAGS:
            return CannotTell("the server does not show the post, which proves nothing within half a minute")
        return Absent()


def _is_since(status: Status, since: datetime) -> bool:
    moment = moment_of(status, "edited_at") or moment_of(status)
    return moment is not None and moment >= since


CHANNEL = Mastodon
