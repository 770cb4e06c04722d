"""X: one short post, signed with OAuth 1.0a (docs.x.com: POST /2/tweets, GET /2/users/:id/tweets).

X knows no idempotency key, but it refuses a text that the account already shows, and its timeline can be read back: so
an attempt whose answer was lost is looked up, and a refusal as a duplicate is evidence of one.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from channels.x.account import Account, XSettings, data_of, number_of
from channels.x.media import ALONE, MOST_VIDEO, PICTURES, Uploads
from channels.x.page import PARTS, QUESTION, read_page
from channels.x.refusals import is_duplicate, refusal, words_of
from channels.x.timeline import Timeline, moment_of, own_posts, same_text
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
    Price,
    Profile,
    Rate,
    Rejected,
    System,
    Unknown,
    Works,
)
from notifier.http_client import HttpClient, Reply, service_words
from notifier.lengths import X_LIMIT

_CLOCKS_DIFFER = timedelta(seconds=60)
_INDEX_LAGS = timedelta(seconds=30)
_PRICE = Price(Decimal("0.015"), with_link=Decimal("0.200"))
_RATE = Rate(100, 900)


class X(Channel):
    """One account on X."""

    systems = (System("X (Twitter)", "publishes", "the practice account, which speaks X's API"),)
    Settings = XSettings
    profile_parts = PARTS
    settings: XSettings

    def __init__(self, name: str, settings: XSettings, http: HttpClient) -> None:
        super().__init__(name, settings, http)
        self._account = Account(settings, http)
        self._uploads = Uploads(self._account)

    @classmethod
    def limit(cls) -> Limit:
        """What X takes of any account without a subscription."""
        return Limit(X_LIMIT, "x")

    @property
    def capabilities(self) -> Capabilities:
        """One short post of 280 as X counts; what went out can be looked up."""
        own = self.settings
        return Capabilities(
            "short",
            self.limit(),
            idempotency="lookup",
            pictures=PICTURES,
            video=MOST_VIDEO,
            alone=ALONE,
            thread="replies" if own.threads else None,
            links=own.links,
            live_signs="@#",
            can_amend=own.premium,
            can_reply=own.threads,
            can_withdraw=True,
            rate=_RATE,
            price=_PRICE,
        )

    @property
    def hand_off(self) -> HandOff:
        """Whoever is signed in posts it on X's own page."""
        return HandOff("X", "https://x.com/compose/post", ("x.com", "twitter.com"))

    def load(self) -> None:
        """Import the client, and what signs."""
        super().load()
        import requests_oauthlib  # noqa: F401

    def prepare(self, message: Message, saved: Mapping[str, Any]) -> Prepared | Outcome:
        """Upload its pictures or its video, with their alt texts."""
        return self._uploads.prepared(message, saved)

    def send(self, prepared: Prepared) -> Outcome:
        """Post the text; after a refusal as a duplicate, read which post X means."""
        return self._post(prepared)

    def reply(self, receipt: Mapping[str, Any], prepared: Prepared) -> Outcome:
        """Post the text as an answer, which X may not let every account do."""
        number = _post_of(receipt)
        if number is None:
            return Rejected("nobody knows the number of the post that it answers; post it by hand")
        return self._post(prepared, reply={"in_reply_to_tweet_id": number})

    def amend(self, receipt: Mapping[str, Any], prepared: Prepared) -> Outcome:
        """Put a version in a post's place, which has a number of its own; X lets an account with Premium do it."""
        number = _post_of(receipt)
        if number is None:
            return Rejected("nobody knows the number of the post; correct it by hand")
        return self._post(prepared, edit_options={"previous_post_id": number})

    def withdraw(self, receipt: Mapping[str, Any], message: Message) -> Outcome:
        """Delete the post; what X does not find is gone."""
        number = _post_of(receipt)
        if number is None:
            return Rejected("nobody knows the number of the post; delete it by hand")
        reply = self._account.ask("DELETE", f"/2/tweets/{number}")
        if not isinstance(reply, Reply):
            return reply
        if reply.status in (404, 410):
            return Delivered()
        if not reply.ok:
            return refusal(reply, self.http, self._account.keys())
        if data_of(reply).get("deleted") is True:
            return Delivered()
        # Not tried again and again: X charges for each.
        return Rejected(f"X did not say that it deleted the post ({reply.status}); look, and delete it by hand")

    def _post(self, prepared: Prepared, **more: Any) -> Outcome:
        body = {"text": prepared.message.text, **more}
        if numbers := prepared.saved.get("media"):
            body["media"] = {"media_ids": numbers}
        reply = self._account.ask("POST", "/2/tweets", json_body=body)
        if not isinstance(reply, Reply):
            return reply
        if is_duplicate(reply):
            return self._duplicate(prepared)
        if not reply.ok:
            return refusal(reply, self.http, self._account.keys())
        says = words_of(reply, self._account.keys())
        words = f": {says}" if says else ""
        return self._delivered(data_of(reply)) or Unknown(f"X said yes ({reply.status}) and named no post{words}")

    def find(self, prepared: Prepared, attempted: datetime) -> Finding:
        """Look for the text among the account's posts since the first attempt can have been made."""
        timeline = own_posts(self._account, min(attempted, prepared.message.sent) - _CLOCKS_DIFFER)
        if isinstance(timeline, CannotTell):
            return timeline
        for post in timeline.posts:
            if same_text(post, prepared.message.text) and (delivered := self._delivered(post)):
                return Found(delivered)
        if not timeline.complete:
            return CannotTell("X showed only a part of the account's posts")
        if self.http.clock() - attempted < _INDEX_LAGS:
            return CannotTell("X does not show the post, which proves nothing within half a minute of the attempt")
        return Absent()

    def check(self) -> Works | Outcome:
        """Ask whose keys these are."""
        reply = self._me()
        return Works() if isinstance(reply, Reply) else reply

    def profile(self) -> Profile | Outcome:
        """Read the account's name, bio, website and pinned post."""
        reply = self._me(QUESTION)
        return (
            read_page(reply.json(), self._account.address, self._account.keys()) if isinstance(reply, Reply) else reply
        )

    def _me(self, question: Mapping[str, str] | None = None) -> Reply | Outcome:
        """Ask for the account that the keys belong to; an outcome where X does not say, or it is another."""
        reply = self._account.ask("GET", "/2/users/me", params=question)
        if not isinstance(reply, Reply):
            return reply
        if not reply.ok:
            return refusal(reply, self.http, self._account.keys())
        name = str(data_of(reply).get("username", ""))
        if name.lower() != self._account.handle.lower():
            shown = service_words(name, *self._account.keys())
            return AuthFailed(f"the keys belong to @{shown}, not to @{self._account.handle}; correct either")
        return reply

    def _delivered(self, post: Mapping[str, Any]) -> Delivered | None:
        number = number_of(post.get("id"))
        if number is None:
            return None
        url = f"{self._account.address}/status/{number}"
        return Delivered(number, url, {"remote_id": number, "url": url})

    def _duplicate(self, prepared: Prepared) -> Outcome:
        if prepared.attempt == 1:
            return Rejected("X refuses it: the account already shows this very text; change a word, publish again")
        message = prepared.message
        timeline = own_posts(self._account, None)
        posts = timeline.posts if isinstance(timeline, Timeline) else ()
        for post in posts:
            made = moment_of(post) if same_text(post, message.text) else None
            if made and made < message.sent - _CLOCKS_DIFFER:
                return Rejected(f"X shows this very text since {made:%Y-%m-%d %H:%M} UTC; change a word, publish again")
            if made and (delivered := self._delivered(post)):
                return delivered
        return Unknown("X says that this account already has a post with this very text; it may be this one")


def _post_of(receipt: Mapping[str, Any]) -> str | None:
    """Read a post's number; of one that a person posted, from its address."""
    given = re.search(r"/status/([0-9]+)", str(receipt.get("url")))
    return number_of(receipt.get("remote_id")) or (number_of(given[1]) if given else None)


CHANNEL = X
