"""What X takes in a post, and how its API gives one back."""

import html
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from notifier.lengths import X_LIMIT, x_length
from notifier.practice.exchange import Answer, json_answer
from notifier.practice.public_record import Post

X_EPOCH_MS: Final = 1_288_834_974_657
_INVALID: Final = "https://api.twitter.com/2/problems/invalid-request"
_CASHTAG: Final = re.compile(r"(?<![\w$])\$[A-Za-z]{1,6}(?:[._][A-Za-z]{1,2})?(?![\w$])")
_MAY_HOLD_URL: Final = re.compile(r"\S\.\S")
_FORBIDDEN_CHARACTERS: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f\ufffe\ufeff\uffff]")
_FIELDS: Final = frozenset(
    {"text", "reply", "reply_settings", "made_with_ai", "media", "quote_tweet_id", "edit_options"}
)
_REPLY_SETTINGS: Final = ("following", "mentionedUsers", "subscribers", "verified")
MOST_EDITS: Final = 5
_EDIT_WINDOW: Final = timedelta(minutes=30)
"""X's changelog of October 2025 says an hour, its page on editing 30 minutes and 5 edits: the shorter holds here."""
_BASE62: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

Wrong = Mapping[str, tuple[object, str]]
"""Parameters that are wrong: name -> its value and X's sentence."""


def invalid(wrong: Wrong) -> Answer:
    """Answer 400 with a problem document that names every wrong parameter in errors[]."""
    errors = [{"parameters": {name: [str(value)[:200]]}, "message": said} for name, (value, said) in wrong.items()]
    problem = {
        "errors": errors,
        "title": "Invalid Request",
        "detail": "One or more parameters to your request was invalid.",
        "type": _INVALID,
        "status": 400,
    }
    return json_answer(problem, 400, media_type="application/problem+json")


def wrong_parameters(body: Mapping[str, Any]) -> Wrong:
    """Name what the shape of a post's body has wrong; empty when nothing is."""
    wrong: dict[str, tuple[object, str]] = {
        name: (
            body[name],
            f"$.{name}: is not defined in the schema and the schema does not allow additional properties",
        )
        for name in body.keys() - _FIELDS
    }
    text = body.get("text", "" if "media" in body else None)
    if not isinstance(text, str) or not (text.strip() or "media" in body):
        wrong["text"] = (text, "$.text: is missing, empty or not a string")
    if "made_with_ai" in body and not isinstance(body["made_with_ai"], bool):
        wrong["made_with_ai"] = (body["made_with_ai"], "$.made_with_ai: boolean expected")
    if "reply_settings" in body and body["reply_settings"] not in _REPLY_SETTINGS:
        wrong["reply_settings"] = (body["reply_settings"], f"$.reply_settings: must be one of {list(_REPLY_SETTINGS)}")
    if "reply" in body and not _is_reply(body["reply"]):
        wrong["reply"] = (body["reply"], "$.reply: must hold in_reply_to_tweet_id, a string of digits")
    if "media" in body and not (isinstance(body["media"], dict) and body["media"].keys() == {"media_ids"}):
        wrong["media"] = (body["media"], "$.media: must hold media_ids, from 1 to 4 of them")
    if "edit_options" in body and not _is_edit(body["edit_options"]):
        wrong["edit_options"] = (body["edit_options"], "$.edit_options: must hold previous_post_id, a string of digits")
    return wrong


def _is_edit(options: object) -> bool:
    previous = options.get("previous_post_id") if isinstance(options, dict) and len(options) == 1 else None
    return isinstance(previous, str) and previous.isascii() and previous.isdigit()


def _is_reply(reply: object) -> bool:
    replied = reply.get("in_reply_to_tweet_id") if isinstance(reply, dict) and len(reply) == 1 else None
    return isinstance(replied, str) and replied.isascii() and replied.isdigit()


def forbidden(body: Mapping[str, Any], text: str) -> str | None:
    """Say why the account may not post this; None when it may."""
    if "quote_tweet_id" in body:
        return "Quoting a Post is not available on this access tier."
    if _FORBIDDEN_CHARACTERS.search(text):
        return "Your Tweet contains invalid characters."
    if len(text) > 25_000 or x_length(text) > X_LIMIT:
        return "Your Tweet text is too long."
    if len(_CASHTAG.findall(text)) > 1:
        return "Your Tweet contains more than one cashtag."
    return None


def history(post: Post) -> list[str]:
    """Give the ids of a post's versions, the oldest first; the last is its own."""
    return [*post.labels.get("edit_of", "").split(), post.id]


def edits_until(post: Post) -> datetime:
    """Say until when a post may be edited: counted from its first version, whose id tells the time."""
    first = datetime.fromtimestamp(((int(history(post)[0]) >> 22) + X_EPOCH_MS) / 1000, UTC)
    return first + _EDIT_WINDOW


def returned(text: str) -> tuple[str, list[dict[str, Any]]]:
    """Write a text as the API gives it back: links wrapped in t.co, & < > escaped; and the entities of its links."""
    wrapped, entities, at = "", [], 0
    for found in _links(text):
        start, end = found["indices"]
        wrapped += text[at:start]
        entities.append(link(found["url"], len(wrapped)))
        wrapped, at = wrapped + entities[-1]["url"], end
    wrapped += text[at:]
    return wrapped.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"), entities


def link(address: str, start: int = 0) -> dict[str, Any]:
    """Write the entity of a web address: wrapped in t.co at this position of its text."""
    whole = address if "://" in address else f"http://{address}"
    short = f"https://t.co/{_slug(whole)}"
    shown = whole.partition("://")[2].removeprefix("www.")
    return {
        "start": start,
        "end": start + len(short),
        "url": short,
        "expanded_url": whole,
        "display_url": shown if len(shown) <= 26 else f"{shown[:26]}…",
    }


def _links(text: str) -> list[dict[str, Any]]:
    if not _MAY_HOLD_URL.search(text):
        return []
    from twitter_text import extract_urls_with_indices

    found: list[dict[str, Any]] = extract_urls_with_indices(text)
    return found


def _slug(address: str) -> str:
    number = int.from_bytes(sha256(address.encode()).digest()[:8], "big")
    return "".join(_BASE62[number // 62**place % 62] for place in range(10))


def with_pictures(post: Post) -> tuple[str, list[dict[str, Any]]]:
    """Write a post's text as the API gives it back: a post with pictures ends in a link to them, which X adds."""
    text, links = returned(post.text)
    if not post.pictures:
        return text, links
    bare = html.unescape(text)
    start = len(bare) + 1 if bare else 0
    address = f"https://x.com{post.path.removeprefix('/x')}/photo/1"
    short = f"https://t.co/{_slug(address)}"
    entity = {**link(address, start), "display_url": f"pic.x.com/{_slug(address)}"}
    return f"{text} {short}".strip(), [*links, {**entity, "media_key": f"3_{post.id}"}]


def as_tweet(post: Post, fields: frozenset[str], author: str) -> dict[str, Any]:
    """Write a post as the API's Post object with the fields that were asked for."""
    text, links = with_pictures(post)
    until = edits_until(post)
    whole: dict[str, Any] = {
        "id": post.id,
        "text": text,
        "edit_history_tweet_ids": history(post),
        "edit_controls": {
            "edits_remaining": MOST_EDITS + 1 - len(history(post)),
            "is_edit_eligible": "in_reply_to" not in post.labels,
            "editable_until": f"{until:%Y-%m-%dT%H:%M:%S}.000Z",
        },
        "author_id": author,
        "created_at": f"{post.created:%Y-%m-%dT%H:%M:%S}.{post.created.microsecond // 1000:03}Z",
    }
    if links:
        whole["entities"] = {"urls": links}
    return {name: value for name, value in whole.items() if name in fields}
