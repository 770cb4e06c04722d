"""The post of a notification, as it is written, found and known again."""

from collections.abc import Mapping, Sequence
from typing import Any

from channels.wordpress.asking import ANY_STATUS, Asking, is_number, listed
from channels.wordpress.markup import content_of, slug_of, text_of, title_of
from notifier.channel import Delivered, Message, Outcome, Prepared, Rejected, Retry, Unknown
from notifier.http_client import Reply, public_address

_IN_TRASH = "somebody has put the post into the blog's trash; restore it there, or publish a new notification"


class Posts(Asking):
    """One account on one blog, as far as it knows its posts."""

    def _shown(self, prepared: Prepared) -> dict[str, Any]:
        message, pictures = prepared.message, pictures_in(prepared.saved)
        short = message.beside.get("short", "")
        shown = {"title": title_of(message), "content": content_of(message, pictures), "excerpt": text_of(short)}
        return {**shown, "featured_media": pictures[0][0]} if pictures and self.settings.featured else shown

    def _list(self, path: str, question: Mapping[str, str]) -> list[Mapping[str, Any]] | Outcome:
        reply = self._ask("GET", path, question)
        if not isinstance(reply, Reply):
            return reply
        if not reply.ok:
            return self._refused(reply)
        found = listed(reply)
        return Retry("the blog answered something else than a list") if found is None else found

    def _post(self, message: Message) -> Mapping[str, Any] | str | Outcome:
        """Find our post, whatever its state; an empty one where there is none, a sentence where it is in the trash."""
        slug = slug_of(message)
        question = {"slug": f"{slug},{slug}__trashed", "status": ANY_STATUS, "context": "edit"}
        found = self._list("posts", question)
        if not isinstance(found, list):
            return found
        if any(not is_number(post.get("id")) for post in found):
            return Retry("the blog answered something else than posts")
        kept = sorted(found, key=lambda post: post.get("status") == "trash")
        if kept and kept[0].get("status") == "trash":
            return _IN_TRASH
        return kept[0] if kept else {}

    def _written(self, reply: Reply | Outcome, prepared: Prepared, before: Mapping[str, Any]) -> Outcome:
        if not isinstance(reply, Reply):
            return reply
        if not reply.ok:
            return self._refused(reply)
        told, status = reply.json(), reply.json().get("status")
        if status == "trash":
            return Rejected(_IN_TRASH)
        if status in ("pending", "draft", "future", "private"):
            return Rejected(f"the blog keeps the post as {status}; let the account publish, and look at its plugins")
        made = self._delivered(told, prepared, before) if status == "publish" else None
        return made or Unknown(f"the blog said yes ({reply.status}) and named no post")

    def _delivered(self, post: Mapping[str, Any], prepared: Prepared, before: Mapping[str, Any]) -> Delivered | None:
        if not is_number(post.get("id")):
            return None
        number = str(post["id"])
        url = public_address(post.get("link"), *self._secrets()) or f"{self.settings.base_url}/?p={number}"
        pictures = dict([*pictures_in(before), *pictures_in(prepared.saved)])
        kept = [list(one) for one in pictures.items()]
        return Delivered(number, url, {"remote_id": number, "url": url, "pictures": kept})

    def _removed(self, path: str, question: Mapping[str, str]) -> Reply | Outcome:
        """Delete; the answer itself where the blog has no trash to put it into."""
        reply = self._ask("DELETE", path, question)
        if not isinstance(reply, Reply):
            return reply
        gone = reply.status == 410 or (reply.status == 404 and reply.json().get("code") == "rest_post_invalid_id")
        if gone or (reply.ok and ("id" in reply.json() or reply.json().get("deleted") is True)):
            return Delivered()
        if reply.ok:
            return Unknown(f"the blog said yes ({reply.status}) and named nothing that it deleted")
        return reply if reply.json().get("code") == "rest_trash_not_supported" else self._refused(reply)


def pictures_in(kept: Mapping[str, Any]) -> list[tuple[int, str]]:
    """Read the pictures that something saved tells of: number and address."""
    told = kept.get("pictures")
    pairs: Sequence[Any] = told if isinstance(told, list | tuple) else ()
    return [(pair[0], str(pair[1])) for pair in pairs if isinstance(pair, list | tuple) and len(pair) == 2]
