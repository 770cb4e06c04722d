"""X: one short post, signed with OAuth 1.0a (docs.x.com: POST /2/tweets, GET /2/users/:id/tweets).

X knows no idempotency key, but it refuses a text that the account already shows, and its timeline can be read back: so
an attempt whose answer was lost is looked up, and a refusal as a duplicate is evidence of one.
"""

import logging
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from pydantic import Field, SecretStr

from channels.x.page import PARTS, QUESTION, read_page
from channels.x.refusals import is_duplicate, refusal, words_of
from channels.x.timeline import Timeline, moment_of, read_timeline, same_text, timeline_question
from notifier.channel import (
    Absent,
    AuthFailed,
    CannotTell,
    Capabilities,
    Channel,
    ChannelSettings,
    Delivered,
    Finding,
    Found,
    Limit,
    Outcome,
    Prepared,
    Profile,
    Rejected,
    System,
    Unknown,
    Works,
)
from notifier.http_client import BaseAddress, Reply, service_words
from notifier.lengths import X_LIMIT

_REAL = "https://api.x.com"
_CLOCKS_DIFFER = timedelta(seconds=60)
_INDEX_LAGS = timedelta(seconds=30)


class XSettings(ChannelSettings):
    """An account on X, and the four keys that an app of the developer portal has for it."""

    base_url: BaseAddress = Field(_REAL, description="where X's API is; another address for practice or a proxy")
    handle: str = Field(pattern=r"^@?[A-Za-z0-9_]{1,15}$", description="the account's name, as in x.com/NAME")
    consumer_key: SecretStr = Field(description="the app's API key")
    consumer_secret: SecretStr = Field(description="the app's API key secret")
    access_token: SecretStr = Field(description="the account's access token, with permission to write")
    access_token_secret: SecretStr = Field(description="the account's access token secret")
    user_id: str | None = Field(
        None, pattern=r"^[0-9]{1,20}$", description="the account's number; X is asked for it where it is not given"
    )


class X(Channel):
    """One account on X."""

    systems = (System("X (Twitter)", "publishes", "the practice account, which speaks X's API"),)
    Settings = XSettings
    profile_parts = PARTS
    settings: XSettings

    @classmethod
    def limit(cls) -> Limit:
        """What X takes of any account without a subscription."""
        return Limit(X_LIMIT, "x")

    @property
    def capabilities(self) -> Capabilities:
        """One short post of 280 as X counts; what went out can be looked up."""
        return Capabilities("short", self.limit(), idempotency="lookup")

    def load(self) -> None:
        """Import the client, and what signs."""
        super().load()
        import requests_oauthlib  # noqa: F401

    def send(self, prepared: Prepared) -> Outcome:
        """Post the text; after a refusal as a duplicate, read which post X means."""
        reply = self._ask("POST", "/2/tweets", json_body={"text": prepared.message.text})
        if not isinstance(reply, Reply):
            return reply
        if is_duplicate(reply):
            return self._duplicate(prepared)
        if not reply.ok:
            return refusal(reply, self.http, self._keys())
        made = self._delivered(_data(reply))
        says = words_of(reply, self._keys())
        return made or Unknown(f"X said yes ({reply.status}) and named no post{f': {says}' if says else ''}")

    def find(self, prepared: Prepared, attempted: datetime) -> Finding:
        """Look for the text among the account's posts since the first attempt can have been made."""
        timeline = self._timeline(min(attempted, prepared.message.sent) - _CLOCKS_DIFFER)
        if isinstance(timeline, str):
            return CannotTell(timeline)
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
        return read_page(reply.json(), self._address(), self._keys()) if isinstance(reply, Reply) else reply

    def _me(self, question: Mapping[str, str] | None = None) -> Reply | Outcome:
        """Ask for the account that the keys belong to; an outcome where X does not say, or it is another."""
        reply = self._ask("GET", "/2/users/me", params=question)
        if not isinstance(reply, Reply):
            return reply
        if not reply.ok:
            return refusal(reply, self.http, self._keys())
        name = str(_data(reply).get("username", ""))
        if name.lower() != self._handle.lower():
            shown = service_words(name, *self._keys())
            return AuthFailed(f"the keys belong to @{shown}, not to @{self._handle}; correct either")
        return reply

    @property
    def _handle(self) -> str:
        return self.settings.handle.removeprefix("@")

    def _address(self) -> str:
        site = "https://x.com" if self.settings.base_url == _REAL else self.settings.base_url
        return f"{site}/{self._handle}"

    def _keys(self) -> tuple[SecretStr, ...]:
        own = self.settings
        return own.consumer_key, own.consumer_secret, own.access_token, own.access_token_secret

    def _ask(self, method: str, path: str, **request: Any) -> Reply | Outcome:
        from requests_oauthlib import OAuth1

        for library in ("oauthlib", "requests_oauthlib"):
            # At DEBUG they write tokens and signed headers into the log.
            logging.getLogger(library).setLevel(logging.INFO)
        key, secret, token, token_secret = (each.get_secret_value() for each in self._keys())
        signature = OAuth1(key, secret, token, token_secret)
        return self.http.request(method, self.settings.base_url + path, auth=signature, **request)

    def _delivered(self, post: Mapping[str, Any]) -> Delivered | None:
        number = str(post.get("id"))
        if not re.fullmatch(r"[0-9]{1,25}", number):
            return None
        url = f"{self._address()}/status/{number}"
        return Delivered(number, url, {"remote_id": number, "url": url})

    def _duplicate(self, prepared: Prepared) -> Outcome:
        if prepared.attempt == 1:
            return Rejected("X refuses it: the account already shows this very text; change a word, publish again")
        message = prepared.message
        timeline = self._timeline(None)
        posts = timeline.posts if isinstance(timeline, Timeline) else ()
        for post in posts:
            made = moment_of(post) if same_text(post, message.text) else None
            if made and made < message.sent - _CLOCKS_DIFFER:
                return Rejected(f"X shows this very text since {made:%Y-%m-%d %H:%M} UTC; change a word, publish again")
            if made and (delivered := self._delivered(post)):
                return delivered
        return Unknown("X says that this account already has a post with this very text; it may be this one")

    def _timeline(self, since: datetime | None) -> Timeline | str:
        """Read the account's newest posts, or say why they cannot be read."""
        user = self.settings.user_id
        if user is None:
            whose = self._ask("GET", "/2/users/me")
            user = str(_data(whose).get("id")) if isinstance(whose, Reply) and whose.ok else ""
        if not re.fullmatch(r"[0-9]{1,20}", user):
            return "X did not say which account the keys belong to"
        reply = self._ask("GET", f"/2/users/{user}/tweets", params=timeline_question(since))
        if not isinstance(reply, Reply) or not reply.ok:
            why = f"({reply.status}) {words_of(reply, self._keys())}" if isinstance(reply, Reply) else "(no answer)"
            return f"the account's posts could not be read {why}".rstrip()
        return read_timeline(reply.json(), since)


def _data(reply: Reply) -> Mapping[str, Any]:
    data = reply.json().get("data")
    return data if isinstance(data, dict) else {}


CHANNEL = X
