"""A Facebook Page: one post on its feed (Graph API: POST /{page-id}/feed, GET /{page-id}/feed).

The Graph API knows no idempotency key, and the feed that it reads back may leave posts out: what is found there is
there, but what is not found may be there all the same.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from pydantic import Field, SecretStr

from notifier.channel import (
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
    ProfilePart,
    Rejected,
    Retry,
    System,
    Unknown,
    Works,
)
from notifier.http_client import BaseAddress, Reply, profile_words, public_address, retry_time, service_words

_CLOCKS_DIFFER = timedelta(seconds=60)
_SLOW_DOWN = (4, 17, 32, 341, 613, 80001)
_NOBODY_KNOWS = (-2, -1, 1, 2)
_DUPLICATE = 506
_MEANINGS: tuple[tuple[Collection[int], type[AuthFailed | Rejected | Unknown], str], ...] = (
    ((102, 104, 190), AuthFailed, "Facebook refuses the access token; make a new one"),
    ((3, 10, *range(200, 300)), AuthFailed, "the token lacks a permission; make one with pages_manage_posts"),
    ((368,), AuthFailed, "Facebook has blocked the Page for now; look at its Page quality"),
    ((_DUPLICATE,), Unknown, "Facebook says that the last post has this very text; it may be this one"),
    ((1609005,), Rejected, "Facebook cannot read the linked page; correct the link or leave it out"),
)


class FacebookSettings(ChannelSettings):
    """A Page, and the token that may post on it."""

    base_url: BaseAddress = Field(
        "https://graph.facebook.com", description="where the Graph API is; another address for practice or a proxy"
    )
    version: str = Field("v26.0", pattern=r"^v[0-9]{1,3}\.[0-9]{1,2}$", description="the version of the Graph API")
    page_id: str = Field(pattern=r"^[A-Za-z0-9.]{1,60}$", description="the Page's number")
    access_token: SecretStr = Field(description="the Page's access token, with pages_manage_posts")
    app_secret: SecretStr | None = Field(
        None, description="the app's secret; proves each call, which the app's settings may demand"
    )


class Facebook(Channel):
    """One Page."""

    systems = (System("Facebook", "publishes", "the practice Page, which speaks the Graph API"),)
    Settings = FacebookSettings
    settings: FacebookSettings
    profile_parts = (
        ProfilePart("name", "name", (Limit(75, "characters"),)),
        # What people report goes from 100 to 255 and from 1,000 up: the least is taken everywhere.
        ProfilePart("about", "statement", (Limit(100, "characters"),)),
        ProfilePart("description", "terms", (Limit(1_000, "characters"),)),
        ProfilePart("website", "website"),
        ProfilePart("phone", "phone"),
    )

    @classmethod
    def limit(cls) -> Limit:
        """What a Page's post takes."""
        return Limit(63_206, "characters")

    @property
    def capabilities(self) -> Capabilities:
        """One long post; what is found again went out."""
        return Capabilities("long", self.limit(), idempotency="lookup")

    def send(self, prepared: Prepared) -> Outcome:
        """Post the text; its first link becomes the preview below it."""
        form = {"message": prepared.message.text, "fields": "id,permalink_url"}
        if prepared.message.links:
            form["link"] = prepared.message.links[0]
        reply = self._ask("POST", f"{self.settings.page_id}/feed", data={**form, **self._proof()})
        if not isinstance(reply, Reply):
            return reply
        if not reply.ok:
            return self._refused(reply, first=prepared.attempt == 1)
        return self._delivered(reply.json()) or Unknown(f"Facebook said yes ({reply.status}) and named no post")

    def find(self, prepared: Prepared, attempted: datetime) -> Finding:
        """Look for the text on the Page's feed since the first attempt can have been made."""
        since = min(attempted, prepared.message.sent) - _CLOCKS_DIFFER
        question = {"fields": "id,message,created_time,permalink_url", "limit": "25"}
        asked = {**question, "since": str(int(since.timestamp())), **self._proof()}
        reply = self._ask("GET", f"{self.settings.page_id}/feed", params=asked)
        if not isinstance(reply, Reply) or not reply.ok:
            return CannotTell("the Page's feed could not be read; look at the Page")
        posts = reply.json().get("data")
        for post in posts if isinstance(posts, list) else ():
            same = isinstance(post, dict) and _words(post.get("message")) == _words(prepared.message.text)
            if same and (delivered := self._delivered(post)):
                return Found(delivered)
        return CannotTell("Facebook's feed does not show the post, but may leave posts out; look at the Page")

    def check(self) -> Works | Outcome:
        """Ask for the Page's name with the token."""
        reply = self._ask("GET", self.settings.page_id, params={"fields": "id,name", **self._proof()})
        if not isinstance(reply, Reply):
            return reply
        return Works() if reply.ok else self._refused(reply)

    def profile(self) -> Profile | Outcome:
        """Read what the Page says of itself."""
        parts = ("name", "about", "description", "website", "phone", "emails")
        asked = {"fields": ",".join((*parts, "link")), **self._proof()}
        reply = self._ask("GET", self.settings.page_id, params=asked)
        if not isinstance(reply, Reply):
            return reply
        if not reply.ok:
            return self._refused(reply)
        told = reply.json()
        if not isinstance(told.get("name"), str):
            return Rejected("Facebook answered something else than a Page; correct page_id in channels.toml")
        emails = told.get("emails")
        shown = {**told, "emails": " ".join(filter(_is_text, emails)) if isinstance(emails, list) else ""}
        words = {part: profile_words(shown.get(part), *self._secrets()) for part in parts}
        url = public_address(told.get("link"), *self._secrets())
        return Profile({part: text for part, text in words.items() if text}, url)

    def _ask(self, method: str, path: str, **request: Any) -> Reply | Outcome:
        url = f"{self.settings.base_url}/{self.settings.version}/{path}"
        # The token goes into a header, never into the address: addresses are logged on the way.
        headers = {"Authorization": f"Bearer {self.settings.access_token.get_secret_value()}"}
        return self.http.request(method, url, headers=headers, **request)

    def _proof(self) -> dict[str, str]:
        if self.settings.app_secret is None or not self.settings.app_secret.get_secret_value():
            return {}
        secret, token = (s.get_secret_value().encode() for s in (self.settings.app_secret, self.settings.access_token))
        return {"appsecret_proof": hmac.new(secret, token, hashlib.sha256).hexdigest()}

    def _secrets(self) -> tuple[SecretStr | str | None, ...]:
        return self.settings.access_token, self.settings.app_secret, *self._proof().values()

    def _delivered(self, post: Mapping[str, Any]) -> Delivered | None:
        number = str(post.get("id"))
        if not re.fullmatch(r"[0-9]{1,40}(_[0-9]{1,40})?", number):
            return None
        url = public_address(post.get("permalink_url"), *self._secrets()) or f"https://www.facebook.com/{number}"
        return Delivered(number, url, {"remote_id": number, "url": url})

    def _refused(self, reply: Reply, *, first: bool = False) -> Outcome:
        told = reply.json().get("error")
        error: Mapping[str, Any] = told if isinstance(told, dict) else {}
        says = service_words(error.get("error_user_msg") or error.get("message"), *self._secrets())
        words = f": {says}" if says else ""
        given = error.get("code")
        code = given if isinstance(given, int) else 0
        if code == _DUPLICATE and first:
            return Rejected(
                f"the Page's last post has this very text; change a word, publish again (code {code}){words}"
            )
        for codes, outcome, sentence in _MEANINGS:
            if code in codes:
                return outcome(f"{sentence} (code {code}){words}")
        if code in _SLOW_DOWN:
            return Retry(f"Facebook asks to slow down (code {code}){words}", self._regained(reply))
        failed = code in _NOBODY_KNOWS or error.get("is_transient") is True or reply.status == 503
        if failed and reply.publishes:
            return Unknown(f"Facebook failed ({reply.status}); it may have published{words}")
        return self.http.classify(reply, says=says)

    def _regained(self, reply: Reply) -> datetime | None:
        """Read the longest wait that Facebook names: in Retry-After, or in minutes in the usage header."""
        named = retry_time(reply, self.http.clock())
        try:
            usage = json.loads(reply.headers.get("X-Business-Use-Case-Usage", ""))
            waits = [limit["estimated_time_to_regain_access"] for limits in usage.values() for limit in limits]
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return named
        minutes = max((wait for wait in waits if isinstance(wait, int)), default=0)
        regained = self.http.clock() + timedelta(minutes=min(minutes, 24 * 60)) if minutes > 0 else None
        return max(filter(None, (named, regained)), default=None)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _words(text: object) -> str:
    return " ".join(str(text).split())


CHANNEL = Facebook
