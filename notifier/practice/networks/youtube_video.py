"""A video's metadata: as YouTube takes it, and as its API gives it back."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from notifier.lengths import byte_length
from notifier.practice.exchange import Answer, Refused, json_answer
from notifier.practice.public_record import Post

CHANNEL_ID: Final = "UCpractice0exampleton0pd"
MOST_TITLE: Final = 100
MOST_DESCRIPTION: Final = 5_000
MOST_TAGS: Final = 500

_SNIPPET: Final = frozenset({"title", "description", "tags", "categoryId", "defaultLanguage", "defaultAudioLanguage"})
_STATUS: Final = frozenset(
    {
        *("privacyStatus", "publishAt", "license", "embeddable", "publicStatsViewable"),
        *("selfDeclaredMadeForKids", "containsSyntheticMedia"),
    }
)
_STATUSES: Final = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND"}


def error(status: int, reason: str, sentence: str, domain: str = "youtube.video") -> Answer:
    """Answer with Google's error object."""
    one = {"message": sentence, "domain": domain, "reason": reason}
    told = {"code": status, "message": sentence, "errors": [one], "status": _STATUSES.get(status, "INTERNAL")}
    return json_answer({"error": told}, status)


def wrong(reason: str, sentence: str) -> Refused:
    """Make the exception for metadata that YouTube does not take."""
    return Refused(400, sentence, error(400, reason, sentence))


def judged(body: Mapping[str, Any], parts: list[str], *, update: bool) -> tuple[dict[str, Any], dict[str, Any]]:
    """Judge metadata: its snippet and its status; raises Refused."""
    for name in body.keys() - {"id", "snippet", "status", "kind", "etag"}:
        raise wrong("badRequest", f'Invalid JSON payload received. Unknown name "{name[:60]}": Cannot find field.')
    snippet, status = _part(body, "snippet", _SNIPPET), _part(body, "status", _STATUS)
    if "snippet" in parts:
        _check_snippet(snippet, update=update)
    if "status" in parts:
        _check_status(status)
    return (snippet if "snippet" in parts else {}), (status if "status" in parts else {})


def _part(body: Mapping[str, Any], name: str, known: frozenset[str]) -> dict[str, Any]:
    part = body.get(name, {})
    if not isinstance(part, dict):
        raise wrong("badRequest", f"Invalid value at '{name}'")
    for unknown in part.keys() - known:
        sentence = f"Invalid JSON payload received. Unknown name \"{unknown[:60]}\" at '{name}': Cannot find field."
        raise wrong("badRequest", sentence)
    return part


def _check_snippet(snippet: Mapping[str, Any], *, update: bool) -> None:
    title, description = snippet.get("title"), snippet.get("description", "")
    tags, category = snippet.get("tags", []), snippet.get("categoryId", "22")
    if not isinstance(title, str) or not title.strip() or len(title) > MOST_TITLE or re.search("[<>]", title):
        raise wrong("invalidTitle", "The request metadata specifies an invalid or empty video title.")
    if (
        not isinstance(description, str)
        or byte_length(description) > MOST_DESCRIPTION
        or re.search("[<>]", description)
    ):
        raise wrong("invalidDescription", "The request metadata specifies an invalid video description.")
    # A tag with a space counts two more, for the quotation marks that it would stand in; a comma parts two tags.
    right = isinstance(tags, list) and all(isinstance(tag, str) and tag.strip() for tag in tags)
    if not right or sum(len(tag) + 2 * (" " in tag) + 1 for tag in tags) - 1 > MOST_TAGS:
        raise wrong("invalidTags", "The request metadata specifies invalid video keywords.")
    if (update and "categoryId" not in snippet) or not re.fullmatch(r"\d{1,2}", str(category)):
        raise wrong("invalidCategoryId", "The snippet.categoryId property specifies an invalid category ID.")


def _check_status(status: Mapping[str, Any]) -> None:
    privacy = status.get("privacyStatus", "public")
    if privacy not in ("public", "private", "unlisted"):
        raise wrong("invalidVideoMetadata", "status.privacyStatus must be public, private or unlisted")
    if not isinstance(status.get("selfDeclaredMadeForKids", False), bool):
        raise wrong("badRequest", "Invalid value at 'status.self_declared_made_for_kids' (TYPE_BOOL)")
    if "publishAt" in status:
        try:
            moment = datetime.fromisoformat(str(status["publishAt"]))
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None or privacy != "private":
            raise wrong("invalidPublishAt", "The request metadata specifies an invalid scheduled publishing time.")


def as_video(post: Post) -> dict[str, Any]:
    """Write a video as the API's resource."""
    sent = post.sent
    return {
        "kind": "youtube#video",
        "id": post.id,
        "snippet": {
            "publishedAt": f"{post.created:%Y-%m-%dT%H:%M:%SZ}",
            "channelId": CHANNEL_ID,
            "title": post.title,
            "description": post.text,
            "channelTitle": "Exampleton Police",
            "tags": list(sent["snippet"].get("tags", [])),
            "categoryId": sent["snippet"].get("categoryId", "22"),
        },
        "status": {
            "uploadStatus": "processed",
            "privacyStatus": post.labels["privacy"],
            **{
                name: sent["status"][name]
                for name in ("publishAt", "selfDeclaredMadeForKids")
                if name in sent["status"]
            },
        },
    }


def some(resource: Mapping[str, Any], parts: list[str]) -> dict[str, Any]:
    """Give the parts of a resource that were asked for."""
    return {name: value for name, value in resource.items() if name in ("kind", "id") or name in parts}
