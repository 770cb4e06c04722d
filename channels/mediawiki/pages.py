"""The page of a notification, as it is written and known again."""

import hashlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from channels.mediawiki.asking import Asking, is_number, part
from channels.mediawiki.wikitext import marker, page, plain_words, title_of
from notifier.channel import Delivered, Message, Outcome, Prepared, Rejected, Retry, Unknown
from notifier.http_client import Reply, service_words


class Pages(Asking):
    """One account on one wiki, as far as it knows its pages."""

    def _title(self, message: Message) -> str:
        return title_of(self.settings.title, message)

    def _edit(self, which: Mapping[str, str], prepared: Prepared) -> Reply | Outcome:
        message = prepared.message
        text = page(message, names_in(prepared.saved), self.settings.category)
        summary = plain_words(f"{message.headline} ({message.id})")
        digest = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
        return self._change("edit", {**which, "text": text, "md5": digest, "summary": summary, "bot": "1"})

    def _edited(self, reply: Reply, prepared: Prepared, before: Mapping[str, Any]) -> Outcome:
        if (failed := self._refused(reply)) is not None:
            return failed
        edit = part(reply.json(), "edit")
        if edit.get("result") == "Failure":
            asks = "asks for a captcha; give the account the right skipcaptcha" if "captcha" in edit else "refuses it"
            says = service_words(edit.get("info") or edit.get("warning"), *self._secrets())
            return Rejected(f"the wiki {asks}{f': {says}' if says else ''}")
        return self._out(edit.get("pageid"), edit.get("newrevid"), prepared, before) or Unknown(
            f"the wiki said yes ({reply.status}) and named no page"
        )

    def _taken(self, prepared: Prepared) -> Outcome:
        """Say whether the page that has the title already is this one."""
        found = self._page({"titles": self._title(prepared.message)})
        if not isinstance(found, Mapping):
            return Unknown(f"the wiki has a page of that title; it may be this one ({_reason(found)})")
        if found.get("missing") is True:
            return Retry("the page that had the title is gone again")
        other = Rejected(f"another page has the title {self._title(prepared.message)}; rename it, or correct `title`")
        return self._marked(found, prepared, {}) or other

    def _marked(self, found: Mapping[str, Any], prepared: Prepared, before: Mapping[str, Any]) -> Delivered | None:
        """Take a page that was read for ours where our mark stands in it."""
        revisions = found.get("revisions")
        revision = revisions[0] if isinstance(revisions, list) and revisions else None
        held = part(part(revision, "slots"), "main").get("content")
        if not isinstance(held, str) or marker(prepared.message) not in held:
            return None
        return self._out(found.get("pageid"), part({"r": revision}, "r").get("revid"), prepared, before)

    def _out(self, number: object, revision: object, prepared: Prepared, before: Mapping[str, Any]) -> Delivered | None:
        if not is_number(number) or not is_number(revision):
            return None
        title = quote(self._title(prepared.message).replace(" ", "_"), safe="/:,()")
        url = before.get("url") or f"{self.settings.base_url}/index.php?title={title}"
        pictures = [*names_in(before), *(name for name in names_in(prepared.saved) if name not in names_in(before))]
        receipt = {"remote_id": str(number), "url": url, "revision": str(revision), "pictures": pictures}
        return Delivered(str(number), url, receipt)


def names_in(kept: Mapping[str, Any]) -> list[str]:
    """Read the names of the pictures that something saved tells of."""
    names = kept.get("pictures")
    return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []


def _reason(outcome: object) -> str:
    return str(getattr(outcome, "reason", "it could not be read"))
