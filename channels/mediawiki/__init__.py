"""The department's own wiki: one page for each notification (MediaWiki 1.31 and later: api.php, with a bot password).

Sources: mediawiki.org, API:Edit, API:Login, API:Upload, API:Delete; tried against MediaWiki 1.39. The traps: errors
come with HTTP 200; without `assert` an edit whose session has ended is made by nobody in particular; a page of that
title may be another's, so that a comment with our key tells ours; what was deleted since the notification went out is
not made again (starttimestamp). Wikimedia's wikis are no place for a program's notices: they are refused.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from channels.mediawiki.asking import is_number, part
from channels.mediawiki.pages import Pages, names_in
from channels.mediawiki.refusals import GONE, SESSION_ENDED, code_of
from channels.mediawiki.wikitext import file_names, file_page, plain_words
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
    Pictures,
    Prepared,
    Rejected,
    Retry,
    System,
    Unknown,
    Works,
)
from notifier.http_client import Reply

_PICTURES = Pictures(
    most=4,
    size=2_000_000,  # PHP takes no larger file where nobody has told it to
    side=2048,
    types=("image/jpeg", "image/png", "image/gif"),
    alt=1_000,
)
_NEEDED = {"edit": "edit pages", "createpage": "create pages"}
_WANTED = {"delete": "delete, so nothing can be withdrawn", "upload": "upload, so set pictures = false"}


class MediaWiki(Pages):
    """One account on one wiki."""

    systems = (System("Wiki (MediaWiki)", "publishes", "a real MediaWiki 1.39"),)

    @classmethod
    def limit(cls) -> Limit:
        """What fits a page of 2 MiB, were each sign of it a line of its own."""
        return Limit(100_000, "bytes")

    @property
    def capabilities(self) -> Capabilities:
        """One page; its title makes a repeat safe, and it can be changed and deleted."""
        pictures = _PICTURES if self.settings.pictures else None
        return Capabilities(
            "long", self.limit(), idempotency="key", pictures=pictures, can_amend=True, can_withdraw=True
        )

    @property
    def hand_off(self) -> HandOff:
        """A person searches for the title, and the wiki offers to make the page."""
        compose = f"{self.settings.base_url}/index.php?title=Special:Search"
        return HandOff("Wiki", compose, (urlsplit(self.settings.base_url).hostname or "",))

    # --- before a page is written -------------------------------------------------------------------------------------

    def prepare(self, message: Message, saved: Mapping[str, Any]) -> Prepared | Outcome:
        """Upload the pictures; one that is there already is the same one, as it has this delivery's own name."""
        names = file_names(message) if self.settings.pictures else []
        done = [name for name in names if name in (saved.get("pictures") or ())]
        for name, picture in zip(names, message.media, strict=False):
            if name in done:
                continue
            form = {"filename": name, "comment": plain_words(message.headline), "text": file_page(picture)}
            file = {"file": (name, picture.data, picture.media_type)}
            reply = self._change("upload", {**form, "ignorewarnings": "1"}, files=file)
            if not isinstance(reply, Reply):
                return reply
            # A bot password may write no file over; the name is this delivery's own, so it is the same picture.
            there = code_of(reply) in ("fileexists-no-change", "fileexists-forbidden")
            if not there and (failed := self._refused(reply)) is not None:
                return failed
            if not there and part(reply.json(), "upload").get("result") != "Success":
                return Retry("the wiki said yes to a picture, and named no upload")
        return Prepared(message, {"pictures": names} if names else {})

    # --- a page's life ------------------------------------------------------------------------------------------------

    def send(self, prepared: Prepared) -> Outcome:
        """Create the page; where the title is taken, read whether that page is this one."""
        message = prepared.message
        since = f"{message.sent.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        form = {"title": self._title(message), "createonly": "1", "starttimestamp": since}
        reply = self._edit(form, prepared)
        if not isinstance(reply, Reply):
            return reply
        if code_of(reply) == "articleexists":
            return self._taken(prepared)
        if code_of(reply) == "pagedeleted":
            return Rejected("somebody has deleted this page on the wiki since; restore it there, or publish anew")
        return self._edited(reply, prepared, {})

    def find(self, prepared: Prepared, attempted: datetime) -> Finding:
        """Read the page of that title; ours has our key in it."""
        found = self._page({"titles": self._title(prepared.message)})
        if not isinstance(found, Mapping):
            return CannotTell(getattr(found, "reason", "the wiki's page could not be read"), unreachable=True)
        if found.get("missing") is True:
            return Absent()
        if (delivered := self._marked(found, prepared, {})) is not None:
            return Found(delivered)
        return CannotTell("the page is there, without the mark of this notification")

    def amend(self, receipt: Mapping[str, Any], prepared: Prepared) -> Outcome:
        """Write the page anew, unless somebody has changed it since."""
        number, revision = str(receipt.get("remote_id")), str(receipt.get("revision"))
        if not is_number(number) or not is_number(revision):
            return Rejected("nobody knows any more which page it is; change it on the wiki by hand")
        reply = self._edit({"pageid": number, "baserevid": revision, "nocreate": "1"}, prepared)
        if not isinstance(reply, Reply):
            return reply
        if code_of(reply) in GONE:
            return Rejected("the page is no longer on the wiki; publish a new notification")
        if code_of(reply) == "editconflict" or part(reply.json(), "edit").get("nochange") is True:
            # An earlier attempt, whose answer was lost, or somebody else: the page has the key of the last of us.
            found = self._page({"pageids": number})
            if not isinstance(found, Mapping):
                return found
            changed = Rejected(f"somebody has changed {receipt.get('url')} since; change it there by hand")
            return self._marked(found, prepared, receipt) or changed
        return self._edited(reply, prepared, receipt)

    def withdraw(self, receipt: Mapping[str, Any], message: Message) -> Outcome:
        """Delete the page, and after it its pictures; all of that may be repeated."""
        number, names = str(receipt.get("remote_id")), names_in(receipt)
        if not is_number(number):
            return Rejected("nobody knows any more which page it is; delete it on the wiki by hand")
        for which in ({"pageid": number}, *({"title": f"File:{name}"} for name in names)):
            # Without a reason the wiki quotes what the page held, where everybody can read it.
            reply = self._change("delete", {**which, "reason": f"withdrawn ({message.id})"})
            if not isinstance(reply, Reply):
                return reply
            if code_of(reply) == "permissiondenied":
                what = ", ".join((str(receipt.get("url")), *(f"File:{name}" for name in names)))
                return Rejected(
                    "the account may not delete on the wiki; grant it that at Special:BotPasswords and retry it,"
                    f" or have an administrator delete {what}"
                )
            if code_of(reply) not in GONE and (failed := self._refused(reply)) is not None:
                return failed
            if code_of(reply) not in GONE and not part(reply.json(), "delete"):
                return Unknown(f"the wiki said yes ({reply.status}) and deleted nothing")
        return Delivered()

    def check(self) -> Works | Outcome:
        """Sign in, and ask what the account may do."""
        if (failed := self.sign_in()) is not None:
            return failed
        asked = {"meta": "userinfo|siteinfo", "uiprop": "rights|blockinfo", "siprop": "general"}
        reply = self._read(asked)
        if isinstance(reply, Reply) and code_of(reply) in SESSION_ENDED:
            # It ended some time ago, and nobody has published since.
            reply = self.sign_in() or self._read(asked)
        if not isinstance(reply, Reply):
            return reply
        if (refused := self._refused(reply)) is not None:
            return refused
        user, site = part(part(reply.json(), "query"), "userinfo"), part(part(reply.json(), "query"), "general")
        rights = user.get("rights")
        if not isinstance(rights, list):
            return Retry("the wiki did not say what the account may do")
        return _standing(user, rights, site, pictures=self.settings.pictures)


def _standing(
    user: Mapping[str, Any], rights: list[Any], site: Mapping[str, Any], *, pictures: bool
) -> Works | Outcome:
    """Say what the account may do, as a person must know it."""
    if "blockid" in user:
        return AuthFailed("the wiki has blocked the account; ask its administrators")
    lacking = [words for right, words in _NEEDED.items() if right not in rights]
    if lacking:
        return AuthFailed(f"the bot password may not {' or '.join(lacking)}; grant it that at Special:BotPasswords")
    said = [
        f"it may not {words}"
        for right, words in _WANTED.items()
        if right not in rights and (pictures or right == "delete")
    ]
    if pictures and site.get("uploadsenabled") is False:
        said.append("the wiki takes no uploads: set pictures = false")
    if site.get("readonly") is True:
        said.append("the wiki is read-only for now")
    return Works(said="; ".join(said) or None)


CHANNEL = MediaWiki
