"""The department's own blog: one post for each notification (WordPress 5.6 and later, REST API wp/v2).

Sources: developer.wordpress.org, REST API Handbook; tried against WordPress 6.1. The traps: a slug that is taken is
accepted, as `…-2`, so a draft with our slug is made first, and publishing that draft may be repeated; a wrong password
makes a visitor, who is told "status is forbidden" (400); publishing what is in the trash takes it out of there; media
outlive their post; a firewall answers in HTML.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from channels.wordpress.asking import is_number
from channels.wordpress.markup import own_name, slug_of, text_of, title_of
from channels.wordpress.posts import Posts, pictures_in
from notifier.channel import (
    Absent,
    AuthFailed,
    CannotTell,
    Capabilities,
    Delivered,
    Finding,
    Found,
    HandOff,
    Message,
    Outcome,
    Pictures,
    Prepared,
    Rejected,
    Retry,
    System,
    Works,
)
from notifier.http_client import Reply, public_address, service_words

_PICTURES = Pictures(
    most=4,
    size=2_000_000,  # PHP takes no larger file where nobody has told it to
    side=2048,
    types=("image/jpeg", "image/png", "image/gif", "image/webp"),
    alt=1_000,
)
_ENDINGS = {"image/jpeg": "jpg", "image/png": "png", "image/gif": "gif", "image/webp": "webp"}


class WordPress(Posts):
    """One account on one blog."""

    systems = (System("Blog (WordPress)", "publishes", "a real WordPress 6.1"),)

    @property
    def capabilities(self) -> Capabilities:
        """One post; its draft makes a repeat safe, and it can be changed and taken down."""
        return Capabilities(
            "long", beside=("short",), idempotency="key", pictures=_PICTURES, can_amend=True, can_withdraw=True
        )

    @property
    def hand_off(self) -> HandOff:
        """A person writes it in the blog's own editor."""
        base = self.settings.base_url
        return HandOff("Blog", f"{base}/wp-admin/post-new.php", (urlsplit(base).hostname or "",))

    # --- before the public sees it ------------------------------------------------------------------------------------

    def prepare(self, message: Message, saved: Mapping[str, Any]) -> Prepared | Outcome:
        """Upload the pictures and make the draft, or find those that an earlier attempt made."""
        ready = self.prepare_change(message, saved)
        if not isinstance(ready, Prepared):
            return ready
        found = self._post(message)
        if isinstance(found, str):
            return Rejected(found)
        if not isinstance(found, Mapping):
            return found
        number = int(found["id"]) if found else self._draft(message)
        return Prepared(message, {**ready.saved, "post": number}) if isinstance(number, int) else number

    def prepare_change(self, message: Message, saved: Mapping[str, Any]) -> Prepared | Outcome:
        """Upload the pictures alone: a change makes no draft."""
        pictures = pictures_in(saved)
        for number, picture in enumerate(message.media[len(pictures) :], len(pictures) + 1):
            name = f"notice-{own_name(message)}-{number}"
            there = self._list("media", {"slug": name, "context": "edit"})
            if not isinstance(there, list):
                return there
            uploaded = there[0] if there else self._upload(name, picture)
            if not isinstance(uploaded, Mapping):
                return uploaded
            address = public_address(uploaded.get("source_url"), *self._secrets())
            if not is_number(uploaded.get("id")) or address is None:
                return Retry("the blog took a picture, and did not say where it is")
            pictures.append((uploaded["id"], address))
        return Prepared(message, {"pictures": [list(one) for one in pictures]} if pictures else {})

    def _upload(self, name: str, picture: Any) -> Mapping[str, Any] | Outcome:
        form = {"slug": name, "alt_text": picture.alt or "", "description": text_of(picture.rights or "")}
        file = (f"{name}.{_ENDINGS.get(picture.media_type, 'png')}", picture.data, picture.media_type)
        reply = self._ask("POST", "media", data=form, files={"file": file})
        if not isinstance(reply, Reply):
            return reply
        return reply.json() if reply.ok else self._refused(reply)

    def _draft(self, message: Message) -> int | Outcome:
        body = {"title": title_of(message), "slug": slug_of(message), "status": "draft"}
        reply = self._ask("POST", "posts", json_body=body)
        if not isinstance(reply, Reply):
            return reply
        if not reply.ok:
            return self._refused(reply)
        number = reply.json().get("id")
        return int(number) if number is not None and is_number(number) else Retry("the blog named no draft")

    # --- a post's life ------------------------------------------------------------------------------------------------

    def send(self, prepared: Prepared) -> Outcome:
        """Publish the draft, with all that it shows; the same again changes nothing."""
        number = prepared.saved.get("post")
        if not is_number(number):
            return Retry("its draft is not made yet")
        own = self.settings
        body = {**self._shown(prepared), "slug": slug_of(prepared.message), "status": "publish"}
        body |= {"categories": list(own.categories)} if own.categories else {}
        body |= {"tags": list(own.tags)} if own.tags else {}
        body |= {} if own.comments is None else {"comment_status": "open" if own.comments else "closed"}
        reply = self._ask("POST", f"posts/{number}", json_body=body)
        if isinstance(reply, Reply) and reply.status == 404 and reply.json().get("code") == "rest_post_invalid_id":
            return Retry("somebody has deleted the draft; it is made anew")
        return self._written(reply, prepared, {})

    def find(self, prepared: Prepared, attempted: datetime) -> Finding:
        """Look for our slug among what the account sees."""
        found = self._post(prepared.message)
        if isinstance(found, str):
            return CannotTell(found)
        if not isinstance(found, Mapping):
            return CannotTell(str(getattr(found, "reason", "")), unreachable=True)
        if not found or found.get("status") == "draft":
            return Absent()
        if found.get("status") == "publish" and (delivered := self._delivered(found, prepared, {})):
            return Found(delivered)
        return CannotTell(f"the blog has the post as {service_words(found.get('status'))}, not published")

    def amend(self, receipt: Mapping[str, Any], prepared: Prepared) -> Outcome:
        """Write the post anew; its address stays."""
        number = str(receipt.get("remote_id"))
        if not (number.isascii() and number.isdigit()):
            return Rejected("nobody knows any more which post it is; change it on the blog by hand")
        reply = self._ask("POST", f"posts/{number}", json_body=self._shown(prepared))
        if isinstance(reply, Reply) and reply.status in (404, 410):
            return Rejected("the post is no longer on the blog; publish a new notification")
        return self._written(reply, prepared, receipt)

    def withdraw(self, receipt: Mapping[str, Any], message: Message) -> Outcome:
        """Put the post into the trash and delete its pictures, which would stay; all of that may be repeated."""
        number = str(receipt.get("remote_id"))
        if not (number.isascii() and number.isdigit()):
            return Rejected("nobody knows any more which post it is; take it down on the blog by hand")
        outcome = self._removed(f"posts/{number}", {})
        if isinstance(outcome, Reply):  # the blog has no trash
            outcome = self._removed(f"posts/{number}", {"force": "true"})
        for picture, _ in pictures_in(receipt):
            if isinstance(outcome, Delivered):
                outcome = self._removed(f"media/{picture}", {"force": "true"})
        return self._refused(outcome) if isinstance(outcome, Reply) else outcome

    def check(self) -> Works | Outcome:
        """Ask who the password belongs to, and what they may do."""
        reply = self._ask("GET", "users/me", {"context": "edit"})
        if not isinstance(reply, Reply):
            return reply
        if not reply.ok:
            return self._refused(reply)
        told = reply.json().get("capabilities")
        if not isinstance(told, dict):
            return Rejected("no WordPress answers there; correct base_url, or pretty_links, in channels.toml")
        if told.get("publish_posts") is not True:
            return AuthFailed("the account may not publish; give it the role of an author or editor")
        lacks = {"upload_files": "upload pictures", "delete_published_posts": "take posts down"}
        said = [f"it may not {words}" for right, words in lacks.items() if told.get(right) is not True]
        return Works(said="; ".join(said) or None)


CHANNEL = WordPress
