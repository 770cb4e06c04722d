"""A post's record, judged as its lexicon says (app.bsky.feed.post and what may be embedded in it)."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from notifier.lengths import byte_length, grapheme_length
from notifier.practice.exchange import Answer, Refused, json_answer

POST: Final = "app.bsky.feed.post"
MOST_GRAPHEMES: Final = 300
MOST_BYTES: Final = 3_000
MOST_IMAGE: Final = 1_000_000
MOST_IMAGES: Final = 4

_DATETIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,20})?(Z|[+-]\d\d:\d\d)")
_URI: Final = re.compile(r"[a-z][a-z0-9+.-]*:\S+")
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{1,8})*")
_FEATURES: Final = {
    "app.bsky.richtext.facet#link": "uri",
    "app.bsky.richtext.facet#mention": "did",
    "app.bsky.richtext.facet#tag": "tag",
}

Blobs = Callable[[str], tuple[str, int] | None]
"""Finds an uploaded blob by its CID: its type and size."""


def refusal(name: str, sentence: str, status: int = 400) -> Answer:
    """Answer with an XRPC error."""
    return json_answer({"error": name, "message": sentence}, status)


def wrong(sentence: str, at: str = "record") -> Refused:
    """Make the exception for a record that its lexicon does not allow."""
    told = f"Invalid {POST} record: {sentence} at $.{at}"
    return Refused(400, told, refusal("InvalidRequest", told))


def check_post(record: Mapping[str, Any], blobs: Blobs) -> None:
    """Judge a post; raises Refused. Fields that the lexicon does not name are let be, as the protocol says."""
    if record.get("$type") != POST:
        raise wrong(f"$type must be {POST}", "record.$type")
    text = record.get("text")
    if not isinstance(text, str):
        raise wrong("text must be a string", "record.text")
    if byte_length(text) > MOST_BYTES:
        raise wrong(f"string too big (maximum {MOST_BYTES}, got {byte_length(text)})", "record.text")
    if grapheme_length(text) > MOST_GRAPHEMES:
        raise wrong(f"grapheme too big (maximum {MOST_GRAPHEMES}, got {grapheme_length(text)})", "record.text")
    _check_moment(record.get("createdAt"))
    langs = record.get("langs", [])
    if not isinstance(langs, list) or len(langs) > 3 or not all(_matches(_LANGUAGE, lang) for lang in langs):
        raise wrong("at most 3 language tags", "record.langs")
    for facet in _list(record, "facets"):
        _check_facet(facet, text)
    if "reply" in record:
        reply = record["reply"]
        if not isinstance(reply, dict) or not (_is_ref(reply.get("root")) and _is_ref(reply.get("parent"))):
            raise wrong("root and parent must each be a strong reference", "record.reply")
    if "embed" in record:
        _check_embed(record["embed"], blobs)


def _check_moment(value: object) -> None:
    try:
        right = _matches(_DATETIME, value) and bool(datetime.fromisoformat(str(value)))
    except ValueError:
        right = False
    if not right:
        raise wrong("must be a datetime as 2026-11-27T14:00:00.000Z", "record.createdAt")


def _matches(pattern: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _list(record: Mapping[str, Any], name: str) -> list[Any]:
    value = record.get(name, [])
    if not isinstance(value, list):
        raise wrong("must be an array", f"record.{name}")
    return value


def _check_facet(facet: Any, text: str) -> None:
    index = facet.get("index") if isinstance(facet, dict) else None
    start, end = (index.get("byteStart"), index.get("byteEnd")) if isinstance(index, dict) else (None, None)
    written = text.encode()
    # The real server lets a facet out of bounds be, and the app then does not show it: here it is told at once.
    if not (isinstance(start, int) and isinstance(end, int) and 0 <= start < end <= len(written)):
        raise wrong("byteStart and byteEnd must lie within the text", "record.facets")
    try:
        written[start:end].decode()
    except UnicodeDecodeError:
        raise wrong("a facet must not cut a character in two", "record.facets") from None
    features = facet.get("features")
    if not isinstance(features, list) or not features:
        raise wrong("a facet needs features", "record.facets")
    for feature in features:
        name = _FEATURES.get(str(feature.get("$type"))) if isinstance(feature, dict) else None
        value = feature.get(name) if name else None
        if not isinstance(value, str) or not value:
            raise wrong("a feature is a link with uri, a mention with did or a tag with tag", "record.facets")
        if (name == "uri" and not _URI.fullmatch(value)) or (name == "did" and not value.startswith("did:")):
            raise wrong(f"{name} is malformed", "record.facets")
        if name == "tag" and (grapheme_length(value) > 64 or value.startswith("#")):
            raise wrong("a tag has at most 64 graphemes, and no #", "record.facets")


def _is_ref(value: object) -> bool:
    if not isinstance(value, dict):
        return False
    uri, cid = value.get("uri"), value.get("cid")
    return isinstance(uri, str) and uri.startswith("at://") and isinstance(cid, str) and cid.startswith("b")


def _check_embed(embed: Any, blobs: Blobs) -> None:
    kind = embed.get("$type") if isinstance(embed, dict) else None
    if kind == "app.bsky.embed.images":
        images = embed.get("images")
        if not isinstance(images, list) or not 0 < len(images) <= MOST_IMAGES:
            raise wrong(f"1 to {MOST_IMAGES} images", "record.embed.images")
        for image in images:
            if not isinstance(image, dict) or not isinstance(image.get("alt"), str):
                raise wrong('Missing required key "alt"', "record.embed.images")
            _check_blob(image.get("image"), blobs, "record.embed.images")
    elif kind == "app.bsky.embed.external":
        card = embed.get("external")
        if not isinstance(card, dict) or not _matches(_URI, card.get("uri")):
            raise wrong("an external card needs a uri", "record.embed.external")
        if not all(isinstance(card.get(name), str) for name in ("title", "description")):
            raise wrong("an external card needs title and description", "record.embed.external")
        if "thumb" in card:
            _check_blob(card["thumb"], blobs, "record.embed.external.thumb")
    elif kind != "app.bsky.embed.record" or not _is_ref(embed.get("record")):
        # Films, and records with media, are not served here.
        raise wrong("embed images, an external card or a record", "record.embed")


def _check_blob(blob: Any, blobs: Blobs, at: str) -> None:
    ref = blob.get("ref") if isinstance(blob, dict) and blob.get("$type") == "blob" else None
    cid = ref.get("$link") if isinstance(ref, dict) else None
    if not isinstance(cid, str):
        raise wrong("must be a blob reference", at)
    size, media_type = blob.get("size"), blob.get("mimeType")
    if not isinstance(media_type, str) or not media_type.startswith("image/"):
        raise wrong("Invalid MIME type, expected image/*", at)
    known = blobs(cid)
    if known is None:
        raise Refused(400, "", refusal("BlobNotFound", f"Could not find blob: {cid[:80]}"))
    if known != (media_type, size):
        raise Refused(400, "", refusal("InvalidRequest", "Referenced blob does not match what was uploaded"))
    if known[1] > MOST_IMAGE:
        raise wrong(f"blob too big (maximum {MOST_IMAGE}, got {known[1]})", at)
