"""The account's profile as X's API shows it: where the department writes, how to ask for it, and how to read it.

docs.x.com: GET /2/users/me with user.fields, and the pinned post as an expansion.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import SecretStr

from channels.x.timeline import as_written
from notifier.channel import Limit, Profile, ProfilePart
from notifier.http_client import profile_words
from notifier.lengths import X_LIMIT

NAME, BIO, WEBSITE, PINNED = "name", "bio", "website", "pinned post"

PARTS = (
    ProfilePart(NAME, "name", (Limit(50, "x"),)),
    # X does not say whether a link in a bio counts whole or as 23: the bio fits either way.
    ProfilePart(BIO, "statement", (Limit(160, "x"), Limit(160, "characters"))),
    ProfilePart(WEBSITE, "website", (Limit(100, "characters"),)),
    ProfilePart(PINNED, "conduct", (Limit(X_LIMIT, "x"),)),
)
QUESTION: Mapping[str, str] = {
    "user.fields": "description,entities,location,name,pinned_tweet_id,url,username",
    "expansions": "pinned_tweet_id",
    "tweet.fields": "entities",
}


def read_page(answer: Mapping[str, Any], url: str, keys: tuple[SecretStr, ...]) -> Profile:
    """Read X's answer; parts that are empty are left out."""
    user = _object(answer.get("data"))
    entities = _object(user.get("entities"))
    shown = {
        NAME: user.get("name"),
        BIO: as_written(user.get("description") or "", entities.get("description")),
        WEBSITE: as_written(user.get("url") or "", entities.get("url")),
        "location": user.get("location"),
        PINNED: _pinned(answer, user),
    }
    words = {part: profile_words(text, *keys) for part, text in shown.items()}
    return Profile({part: text for part, text in words.items() if text}, url)


def _pinned(answer: Mapping[str, Any], user: Mapping[str, Any]) -> str:
    posts = _object(answer.get("includes")).get("tweets")
    for post in posts if isinstance(posts, list) else ():
        if isinstance(post, dict) and post.get("id") == user.get("pinned_tweet_id"):
            return as_written(post.get("text"), post.get("entities"))
    return ""


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
