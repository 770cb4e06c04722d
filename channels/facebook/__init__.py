"""A Facebook Page: one post on its feed (Graph API: POST /{page-id}/feed, GET /{page-id}/feed).

The Graph API knows no idempotency key, and the feed that it reads back may leave posts out: what is found there is
there, but what is not found may be there all the same.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from channels.facebook.page import FacebookSettings, Page
from channels.facebook.photos import PICTURES, attached, prepared
from channels.facebook.refusals import is_not_there, refusal
from notifier.channel import (
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
    ProfilePart,
    Rejected,
    System,
    Unknown,
    Works,
)
from notifier.http_client import HttpClient, Reply, profile_words, public_address, service_words

_CLOCKS_DIFFER = timedelta(seconds=60)
_NUMBER = r"[0-9]{1,40}(_[0-9]{1,40})?"


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

    def __init__(self, name: str, settings: FacebookSettings, http: HttpClient) -> None:
        super().__init__(name, settings, http)
        self._page = Page(settings, http)

    @classmethod
    def limit(cls) -> Limit:
        """What a Page's post takes."""
        return Limit(63_206, "characters")

    @property
    def capabilities(self) -> Capabilities:
        """One long post with photos, which can be reworded, commented on and deleted; what is found again went out."""
        return Capabilities(
            "long",
            self.limit(),
            idempotency="lookup",
            pictures=PICTURES,
            live_signs="#@",
            can_amend=True,
            can_reply=True,
            can_withdraw=True,
        )

    @property
    def hand_off(self) -> HandOff:
        """Whoever may post on the Page does it there."""
        return HandOff("Facebook", f"https://www.facebook.com/{self.settings.page_id}", ("facebook.com", "fb.com"))

    def prepare(self, message: Message, saved: Mapping[str, Any]) -> Prepared | Outcome:
        """Upload its photos unpublished, with their alt texts."""
        return prepared(self._page, message, saved)

    def send(self, prepared: Prepared) -> Outcome:
        """Post the text with its photos; without one, its first link becomes the preview below it."""
        form = {"message": prepared.message.text, "fields": "id,permalink_url", **attached(prepared.saved)}
        if prepared.message.links and not prepared.saved.get("photos"):
            form["link"] = prepared.message.links[0]
        return self._published(f"{self.settings.page_id}/feed", form, first=prepared.attempt == 1)

    def reply(self, receipt: Mapping[str, Any], prepared: Prepared) -> Outcome:
        """Comment on the post, as the Page."""
        post = _post_of(receipt)
        if post is None:
            return Rejected("nobody knows the number of the post; comment on it by hand")
        form = {"message": prepared.message.text, "fields": "id,permalink_url"}
        return self._published(f"{post}/comments", form, first=prepared.attempt == 1)

    def amend(self, receipt: Mapping[str, Any], prepared: Prepared) -> Outcome:
        """Put other words in the post; its photos stay. Facebook lets an app change only what it posted itself."""
        post = _post_of(receipt)
        if post is None:
            return Rejected("nobody knows the number of the post; correct it by hand")
        reply = self._page.ask("POST", post, given={"message": prepared.message.text})
        if not isinstance(reply, Reply):
            return reply
        if not reply.ok:
            return refusal(self._page, reply)
        if reply.json().get("success") is not True:
            return Unknown(f"Facebook did not say that it changed the post ({reply.status})")
        return Delivered(post, public_address(receipt.get("url"), *self._page.secrets()), dict(receipt))

    def withdraw(self, receipt: Mapping[str, Any], message: Message) -> Outcome:
        """Delete the post; what is not there is gone."""
        post = _post_of(receipt)
        if post is None:
            return Rejected("nobody knows the number of the post; delete it by hand")
        reply = self._page.ask("DELETE", post, given={})
        if not isinstance(reply, Reply):
            return reply
        if is_not_there(reply):
            return self._gone(post)
        if not reply.ok:
            return refusal(self._page, reply)
        if reply.json().get("success") is True:
            return Delivered()
        return Unknown(f"Facebook did not say that it deleted the post ({reply.status})")

    def _gone(self, post: str) -> Outcome:
        """Make sure that a post is not there: what may not be deleted is answered alike."""
        reply = self._page.ask("GET", post, given={"fields": "id"})
        if not isinstance(reply, Reply):
            return reply
        if is_not_there(reply):
            return Delivered()
        if reply.ok:
            return Rejected("the post is there, and the token may not delete it; delete it by hand")
        return refusal(self._page, reply)

    def _published(self, path: str, form: Mapping[str, str], *, first: bool) -> Outcome:
        reply = self._page.ask("POST", path, given=form)
        if not isinstance(reply, Reply):
            return reply
        if not reply.ok:
            return refusal(self._page, reply, first=first)
        return self._delivered(reply.json()) or Unknown(f"Facebook said yes ({reply.status}) and named no post")

    def find(self, prepared: Prepared, attempted: datetime) -> Finding:
        """Look for the text on the Page's feed since the first attempt can have been made."""
        since = min(attempted, prepared.message.sent) - _CLOCKS_DIFFER
        question = {"fields": "id,message,created_time,permalink_url", "limit": "25"}
        asked = {**question, "since": str(int(since.timestamp()))}
        reply = self._page.ask("GET", f"{self.settings.page_id}/feed", given=asked)
        if not isinstance(reply, Reply) or not reply.ok:
            return CannotTell("the Page's feed could not be read; look at the Page", unreachable=True)
        posts = reply.json().get("data")
        for post in posts if isinstance(posts, list) else ():
            same = isinstance(post, dict) and _words(post.get("message")) == _words(prepared.message.text)
            if same and (delivered := self._delivered(post)):
                return Found(delivered)
        return CannotTell("Facebook's feed does not show the post, but may leave posts out; look at the Page")

    def check(self) -> Works | Outcome:
        """Ask for the Page's name with the token, then how long it lasts and what it may do."""
        reply = self._page.ask("GET", self.settings.page_id, given={"fields": "id,name"})
        if not isinstance(reply, Reply):
            return reply
        if not reply.ok:
            return refusal(self._page, reply)
        return self._page.token(
            service_words(reply.json().get("name"), *self._page.secrets()) or "a Page without a name"
        )

    def profile(self) -> Profile | Outcome:
        """Read what the Page says of itself."""
        parts = ("name", "about", "description", "website", "phone", "emails")
        reply = self._page.ask("GET", self.settings.page_id, given={"fields": ",".join((*parts, "link"))})
        if not isinstance(reply, Reply):
            return reply
        if not reply.ok:
            return refusal(self._page, reply)
        told = reply.json()
        if not isinstance(told.get("name"), str):
            return Rejected("Facebook answered something else than a Page; correct page_id in channels.toml")
        emails = told.get("emails")
        shown = {**told, "emails": " ".join(filter(_is_text, emails)) if isinstance(emails, list) else ""}
        words = {part: profile_words(shown.get(part), *self._page.secrets()) for part in parts}
        url = public_address(told.get("link"), *self._page.secrets())
        return Profile({part: text for part, text in words.items() if text}, url)

    def _delivered(self, post: Mapping[str, Any]) -> Delivered | None:
        number = str(post.get("id"))
        if not re.fullmatch(_NUMBER, number):
            return None
        url = public_address(post.get("permalink_url"), *self._page.secrets()) or f"https://www.facebook.com/{number}"
        return Delivered(number, url, {"remote_id": number, "url": url})


def _post_of(receipt: Mapping[str, Any]) -> str | None:
    """Read a post's number from its receipt."""
    number = str(receipt.get("remote_id"))
    return number if re.fullmatch(_NUMBER, number) else None


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _words(text: object) -> str:
    return " ".join(str(text).split())


CHANNEL = Facebook
