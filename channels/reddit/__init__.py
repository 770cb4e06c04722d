"""Reddit: a text, or a link, in one subreddit (OAuth 2: /api/submit, comment, editusertext, del, user/NAME/submitted).

Sources: reddit.com/dev/api, github.com/reddit-archive/reddit. Not tried against Reddit itself: keys are given to those
alone whom Reddit approves. The traps: errors come with HTTP 200; nothing makes a repeat safe, so that a lost answer is
looked up; a usual User-Agent is refused; a title cannot be changed; what is deleted twice is told nothing.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from channels.reddit.asking import REAL, Asking
from channels.reddit.markdown import text_of, title_of
from channels.reddit.refusals import error_of, refusal
from channels.reddit.submissions import MOST_POSTS, made, same_post, submissions
from notifier.channel import (
    Absent,
    AuthFailed,
    CannotTell,
    Capabilities,
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
    Retry,
    System,
    Unknown,
    Works,
)
from notifier.http_client import Reply, profile_words, public_address, service_words

_ME = "/api/v1/me"
_RAW = {"raw_json": "1"}
_CLOCKS_DIFFER = timedelta(seconds=60)
_INDEX_LAGS = timedelta(seconds=60)


class Reddit(Asking):
    """One account in one subreddit."""

    systems = (System("Reddit", "publishes", "the practice account; Reddit itself gives keys to those it approves"),)
    profile_parts = (
        ProfilePart("about", "statement", (Limit(200, "characters"),)),
        # Written for the department to pin in its profile; it is not read back.
        ProfilePart("pinned post", "conduct", (Limit(10_000, "characters"),), is_read=False),
    )

    @classmethod
    def limit(cls) -> Limit:
        """What surely fits Reddit's 40,000 once each sign is written so that it means nothing."""
        return Limit(13_000, "characters")

    @property
    def capabilities(self) -> Capabilities:
        """A title and a long text; what went out can be looked up, answered, changed and deleted."""
        return Capabilities(
            "long",
            self.limit(),
            beside=("headline",),
            idempotency="lookup",
            lookups_after=(15.0, 60.0, 180.0),
            can_reply=True,
            can_amend=not self.settings.links,
            can_withdraw=True,
        )

    @property
    def hand_off(self) -> HandOff:
        """A person submits it at the subreddit's own page."""
        compose = f"https://www.reddit.com/r/{self.settings.subreddit}/submit"
        return HandOff("Reddit", compose, ("reddit.com", "redd.it"))

    # --- publishing ---------------------------------------------------------------------------------------------------

    def send(self, prepared: Prepared) -> Outcome:
        """Submit it."""
        message, own, link = prepared.message, self.settings, self._link(prepared.message)
        what = (
            {"kind": "link", "url": link, "resubmit": "false"} if link else {"kind": "self", "text": text_of(message)}
        )
        form = {"sr": own.subreddit, "title": title_of(message), "sendreplies": "true", **what}
        form |= {"flair_id": own.flair_id} if own.flair_id else {}
        reply = self._act("submit", form)
        if isinstance(reply, Reply) and error_of(reply)[0] == "ALREADY_SUB":
            if prepared.attempt == 1:
                return Rejected("the subreddit has this very link already; publish without it, or set links = false")
            return Unknown("Reddit says that this link was submitted already; it may be this post")
        told = self._part(reply, "data")
        return told if not isinstance(told, Mapping) else self._delivered(told, title_of(message)) or _no_name()

    def reply(self, receipt: Mapping[str, Any], prepared: Prepared) -> Outcome:
        """Comment on an earlier post."""
        if not (name := _name(receipt)):
            return Rejected("nobody knows any more which post it answers; publish it as one of its own")
        told = self._part(self._act("comment", {"thing_id": name, "text": text_of(prepared.message)}), "data")
        if not isinstance(told, Mapping):
            return told
        things = told.get("things")
        thing = things[0] if isinstance(things, list) and things and isinstance(things[0], dict) else {}
        data = thing.get("data")
        return (self._delivered(data, "") if isinstance(data, dict) else None) or _no_name()

    def amend(self, receipt: Mapping[str, Any], prepared: Prepared) -> Outcome:
        """Write the text anew; Reddit lets no title be changed, so that a new headline stands above the text."""
        if not (name := _name(receipt)):
            return Rejected("nobody knows any more which post it is; change it on Reddit by hand")
        title, message = receipt.get("title"), prepared.message
        heading = "" if title in ("", title_of(message)) else message.headline
        told = self._part(self._act("editusertext", {"thing_id": name, "text": text_of(message, heading)}), "data")
        return Delivered(name, receipt.get("url"), dict(receipt)) if isinstance(told, Mapping) else told

    def withdraw(self, receipt: Mapping[str, Any], message: Message) -> Outcome:
        """Delete it; Reddit says yes as well where it is gone already."""
        if not (name := _name(receipt)):
            return Rejected("nobody knows any more which post it is; delete it on Reddit by hand")
        reply = self._act("del", {"id": name})
        if not isinstance(reply, Reply):
            return reply
        return refusal(reply, self.http, self._secrets()) or Delivered()

    # --- reading ------------------------------------------------------------------------------------------------------

    def find(self, prepared: Prepared, attempted: datetime) -> Finding:
        """Look among the account's newest submissions, since the first attempt can have been made."""
        if ".reply." in prepared.message.key:
            return CannotTell("a comment cannot be looked up among the submissions")
        question = {"sort": "new", "limit": str(MOST_POSTS), "raw_json": "1"}
        reply = self._ask("GET", f"/user/{self.settings.username}/submitted", params=question)
        listed = submissions(reply.json()) if isinstance(reply, Reply) and reply.ok else None
        if listed is None:
            return CannotTell("the account's submissions could not be read", unreachable=True)
        since, message = min(attempted, prepared.message.sent) - _CLOCKS_DIFFER, prepared.message
        for post in listed.posts:
            same = same_post(post, title_of(message), text_of(message), self._link(message))
            if same and made(post) >= since and (delivered := self._delivered(post, title_of(message))):
                return Found(delivered)
        if not listed.reach_back_to(since):
            return CannotTell("Reddit showed only a part of the account's submissions")
        if self.http.clock() - attempted < _INDEX_LAGS:
            return CannotTell("Reddit does not show the post, which proves nothing within a minute of the attempt")
        return Absent()

    def check(self) -> Works | Outcome:
        """Ask whose token it is."""
        told = self.sign_in() or self._me(self._ask("GET", _ME, params=_RAW))
        if not isinstance(told, Mapping):
            return told
        name = str(told.get("name"))
        if name.lower() != self.settings.username.lower():
            return AuthFailed(f"the token belongs to u/{service_words(name, *self._secrets())}; correct username")
        if told.get("is_suspended") is True:
            return AuthFailed("Reddit has suspended the account; log in there and appeal")
        return Works(said=f"u/{self.settings.username} in r/{self.settings.subreddit}")

    def profile(self) -> Profile | Outcome | CannotTell:
        """Read what the account says of itself."""
        if not self.state.read().get("token"):
            return CannotTell("it has no token yet; run notify channels check")
        told = self._me(self._request("GET", _ME, params=_RAW))
        if not isinstance(told, Mapping):
            return told
        about = told.get("subreddit")
        words = profile_words(about.get("public_description") if isinstance(about, dict) else "", *self._secrets())
        return Profile({"about": words} if words else {}, self._address(f"/user/{self.settings.username}"))

    # --- asking -------------------------------------------------------------------------------------------------------

    def _act(self, name: str, form: Mapping[str, str]) -> Reply | Outcome:
        return self._ask("POST", f"/api/{name}", data={"api_type": "json", **form})

    def _part(self, reply: Reply | Outcome, name: str) -> Mapping[str, Any] | Outcome:
        """Read what a yes tells; an outcome where it is none."""
        if not isinstance(reply, Reply):
            return reply
        if (refused := refusal(reply, self.http, self._secrets())) is not None:
            return refused
        told = reply.json().get("json")
        data = told.get(name) if isinstance(told, dict) else None
        return data if isinstance(data, dict) else _no_name()

    def _me(self, reply: Reply | Outcome) -> Mapping[str, Any] | Outcome:
        if not isinstance(reply, Reply):
            return reply
        if (refused := refusal(reply, self.http, self._secrets())) is not None:
            return refused
        told = reply.json()
        return told if isinstance(told.get("name"), str) else Retry("Reddit did not say whose token it is")

    def _link(self, message: Message) -> str:
        """The link that is submitted; empty where the text is."""
        return message.links[0] if self.settings.links and message.links else ""

    def _delivered(self, thing: Mapping[str, Any], title: str) -> Delivered | None:
        name = str(thing.get("name"))
        if not re.fullmatch(r"t[13]_[0-9a-z]{1,13}", name):
            return None
        path = str(thing.get("permalink"))
        url = self._address(path) if re.fullmatch(r"/[\w/-]{1,300}", path, re.ASCII) else None
        url = url or public_address(thing.get("url"), *self._secrets())
        return Delivered(name, url, {"remote_id": name, "url": url, "title": title})

    def _address(self, path: str) -> str:
        base = self.settings.base_url
        return f"{'https://www.reddit.com' if base == REAL else base}{path}"


def _no_name() -> Unknown:
    return Unknown("Reddit said yes and named no post")


def _name(receipt: Mapping[str, Any]) -> str:
    name = str(receipt.get("remote_id"))
    return name if re.fullmatch(r"t[13]_[0-9a-z]{1,13}", name) else ""


CHANNEL = Reddit
