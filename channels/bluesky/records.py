"""A message as records of app.bsky.feed.post: text, links by byte offset, pictures or a card, the parts of a thread."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from channels.bluesky.names import content_id, record_key
from notifier.channel import Message

COLLECTION = "app.bsky.feed.post"


class Post(NamedTuple):
    """A record, where it stands in the repository, and what names it."""

    key: str
    record: Mapping[str, Any]
    uri: str
    cid: str

    @property
    def name(self) -> dict[str, str]:
        """What a reply names it by."""
        return {"uri": self.uri, "cid": self.cid}


def posts_of(
    message: Message, did: str, blobs: Sequence[Mapping[str, Any]], parent: Mapping[str, Any] | None = None
) -> list[Post]:
    """Make a message's posts, the same for every attempt; blobs: its uploaded pictures.

    parent: the receipt of the post that the first of them answers.
    """
    posts: list[Post] = []
    for part, text in enumerate((message.text, *message.thread), start=1):
        record: dict[str, Any] = {
            "$type": COLLECTION,
            "text": text,
            "createdAt": _time(message.sent),
            "langs": [message.language],
        }
        if facets := _links(text, message.links):
            record["facets"] = facets
        if part == 1 and (embed := _embed(message, blobs)):
            record["embed"] = embed
        if posts or parent:
            root = parent["root"] if parent else posts[0].name
            before = posts[-1].name if posts else (parent or {})["last"]
            record["reply"] = {"root": dict(root), "parent": dict(before)}
        key = record_key(message.sent, message.key, part)
        posts.append(Post(key, record, f"at://{did}/{COLLECTION}/{key}", content_id(record)))
    return posts


def is_name(value: object) -> bool:
    """Whether it names a post."""
    return isinstance(value, dict) and isinstance(value.get("uri"), str) and isinstance(value.get("cid"), str)


def parent_of(record: object) -> Mapping[str, Any] | None:
    """Say what a published record answers, as the receipt of that post does; None where it answers nothing."""
    reply = record.get("reply") if isinstance(record, dict) else None
    if not isinstance(reply, dict) or not (is_name(reply.get("root")) and is_name(reply.get("parent"))):
        return None
    return {"root": reply["root"], "last": reply["parent"]}


def _time(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"


def _links(text: str, links: Sequence[str]) -> list[dict[str, Any]]:
    """Make the message's own links live, by their offsets in UTF-8; nothing else of the text comes alive."""
    found = []
    for link in dict.fromkeys(links):
        at = text.find(link)
        if at < 0:
            continue
        start = len(text[:at].encode())
        feature = {"$type": "app.bsky.richtext.facet#link", "uri": link}
        found.append({"index": {"byteStart": start, "byteEnd": start + len(link.encode())}, "features": [feature]})
    return sorted(found, key=lambda facet: facet["index"]["byteStart"])


def _embed(message: Message, blobs: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    pictures = [media for media in message.media if media.media_type.startswith("image/")]
    if blobs:
        images = [{"alt": media.alt or "", "image": blob} for media, blob in zip(pictures, blobs, strict=False)]
        return {"$type": "app.bsky.embed.images", "images": images}
    if message.links:
        card = {"uri": message.links[0], "title": message.headline, "description": message.department_name}
        return {"$type": "app.bsky.embed.external", "external": card}
    return None
