"""A status of Mastodon: as it is given, counted, and given back."""

import re
from collections.abc import Mapping
from html import escape
from typing import Any, Final

from notifier.lengths import grapheme_length
from notifier.practice.exchange import Refused, Request
from notifier.practice.public_record import Post

USER: Final = "ExampletonPD"
ACCOUNT_ID: Final = "110000000000000001"
MOST_CHARACTERS: Final = 500
MOST_MEDIA: Final = 4
URL_LENGTH: Final = 23

_VISIBILITIES: Final = ("public", "unlisted", "private", "direct")
_URL: Final = re.compile(r"https?://[^\s<>\"]*[^\s<>\".,;:!?)\]'\u2019]")
_MENTION: Final = re.compile(r"(?<![\w/])@(\w+)@[\w.-]+\w")
_TEXTS: Final = ("status", "spoiler_text", "in_reply_to_id", "language", "visibility")


def read_status(request: Request) -> dict[str, Any]:
    """Read and judge a status; parameters that Mastodon does not know it does not look at.

    Raises Refused with 422.
    """
    given, media = _given(request)
    given.setdefault("status", "")
    given.setdefault("visibility", "public")
    if given["visibility"] not in _VISIBILITIES:
        raise Refused(422, "Validation failed: Visibility is not included in the list")
    if not given["status"].strip() and not media:
        raise Refused(422, "Validation failed: Text can't be blank")
    if length(given.get("spoiler_text", "") + given["status"]) > MOST_CHARACTERS:
        raise Refused(422, f"Validation failed: Text character limit of {MOST_CHARACTERS} exceeded")
    if len(media) > MOST_MEDIA:
        raise Refused(422, "Validation failed: Cannot attach more than 4 files")
    return {**given, "media_ids": media}


def length(text: str) -> int:
    """Count as Mastodon does: graphemes, each web address as 23, of a mention only the name."""
    plain = _URL.sub("x" * URL_LENGTH, text)
    return grapheme_length(_MENTION.sub(r"@\1", plain))


def _given(request: Request) -> tuple[dict[str, str], list[str]]:
    """Read a form of either kind, or JSON: the texts, and the media's ids."""
    if request.media_type == "application/json":
        body = request.json()
        media = body.get("media_ids") or []
        if not isinstance(media, list) or not all(isinstance(body.get(name, ""), str | None) for name in _TEXTS):
            raise Refused(422, "Validation failed: a parameter has the wrong type")
        pairs = [(name, body[name]) for name in _TEXTS if body.get(name)]
        media, later = [str(one) for one in media], "scheduled_at" in body or "poll" in body
    else:
        fields, _ = request.fields()
        media = [value for name, value in fields if name in ("media_ids[]", "media_ids")]
        pairs = [(name, value) for name, value in fields if name in _TEXTS]
        later = any(name == "scheduled_at" or name.startswith("poll") for name, _ in fields)
    if later:
        raise Refused(422, "the practice server takes neither polls nor statuses for later")
    return dict(pairs), media


def status_json(post: Post, server: str, texts: Mapping[str, str]) -> dict[str, Any]:
    """Write a status as the API's Status entity."""
    media = [
        medium_json(number, server + picture.path, picture.alt)
        for number, picture in zip(post.labels.get("_media_ids", "").split(), post.pictures, strict=True)
    ]
    return {
        "id": post.id,
        "created_at": _moment(post.created),
        "edited_at": _moment(post.edited) if post.edited else None,
        "in_reply_to_id": post.labels.get("in_reply_to"),
        "sensitive": bool(post.title),
        "spoiler_text": post.title,
        "visibility": post.labels["visibility"],
        "language": post.labels.get("language"),
        "uri": f"{server}/mastodon/users/{USER}/statuses/{post.id}",
        "url": server + post.path,
        "content": as_html(post.text),
        "reblog": None,
        "media_attachments": media,
        "account": account_json(texts, server, source=False),
    }


def medium_json(number: str, address: str | None, description: str) -> dict[str, Any]:
    """Write a medium as the API's MediaAttachment entity; without an address it is still being processed."""
    told = {"url": address, "preview_url": address, "remote_url": None, "description": description or None}
    return {"id": number, "type": "image", **told, "meta": {}}


def account_json(texts: Mapping[str, str], server: str, *, source: bool) -> dict[str, Any]:
    """Write the account as the API's Account entity; source: with the texts as they were written."""
    website = texts["website"]
    fields = [{"name": "Website", "value": as_html(website)[3:-4], "verified_at": None}] if website else []
    told = {
        "id": ACCOUNT_ID,
        "username": USER,
        "acct": USER,
        "display_name": texts["display_name"],
        "locked": False,
        "bot": True,
        "note": as_html(texts["note"]) if texts["note"] else "",
        "url": f"{server}/mastodon/@{USER}",
        "fields": fields,
    }
    plain = [{"name": "Website", "value": website, "verified_at": None}] if website else []
    return {**told, "source": {"note": texts["note"], "fields": plain, "privacy": "public"}} if source else told


def as_html(text: str) -> str:
    """Write a text as Mastodon does: paragraphs, line breaks and links."""

    def linked(plain: str) -> str:
        parts, at = [], 0
        for found in _URL.finditer(plain):
            shown = found[0].partition("://")[2]
            parts.append(escape(plain[at : found.start()]))
            parts.append(f'<a href="{escape(found[0])}" rel="nofollow noopener" target="_blank">{escape(shown)}</a>')
            at = found.end()
        return "".join([*parts, escape(plain[at:])]).replace("\n", "<br />")

    return "".join(f"<p>{linked(part)}</p>" for part in re.split(r"\n{2,}", text))


def _moment(when: Any) -> str:
    return f"{when:%Y-%m-%dT%H:%M:%S}.{when.microsecond // 1000:03}Z"
