"""How X's API gives an account: links wrapped in t.co as in a post, the pinned post as an expansion."""

from collections.abc import Mapping
from typing import Any, Final

from notifier.practice.networks.x_post import link, returned

USER_ID: Final = "1585841080431321088"
HANDLE: Final = "ExampletonPD"
PINNED_ID: Final = "1585841080431321500"

USER_FIELDS: Final = frozenset(
    {
        *("id", "name", "username", "created_at", "description", "entities", "location"),
        *("pinned_tweet_id", "protected", "url", "verified"),
    }
)
ALWAYS: Final = frozenset({"id", "name", "username"})
PINNED_FIELDS: Final = frozenset({"id", "text", "edit_history_tweet_ids"})


def as_user(texts: Mapping[str, str], fields: frozenset[str]) -> dict[str, Any]:
    """Write the account as the API's User object with the fields that were asked for; what is empty is left out."""
    bio, in_bio = returned(texts["description"])
    in_url = [link(texts["url"])] if texts["url"] else []
    entities = {part: {"urls": links} for part, links in (("url", in_url), ("description", in_bio)) if links}
    whole: dict[str, Any] = {
        "id": USER_ID,
        "name": texts["name"],
        "username": HANDLE,
        "created_at": "2022-10-28T03:47:19.000Z",
        "description": bio,
        "location": texts["location"],
        "pinned_tweet_id": PINNED_ID if texts["pinned"] else "",
        "protected": False,
        "url": in_url[0]["url"] if in_url else "",
        "verified": False,
        "entities": entities,
    }
    kept = {name: value for name, value in whole.items() if name in fields or name in ALWAYS}
    return {name: value for name, value in kept.items() if value not in ("", {}) or name == "description"}


def as_pinned(text: str, fields: frozenset[str]) -> dict[str, Any]:
    """Write the pinned post with the fields that were asked for."""
    shown, links = returned(text)
    whole: dict[str, Any] = {"id": PINNED_ID, "text": shown, "edit_history_tweet_ids": [PINNED_ID]}
    if links:
        whole["entities"] = {"urls": links}
    return {name: value for name, value in whole.items() if name in fields | PINNED_FIELDS}
