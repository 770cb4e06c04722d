"""The account's own posts as X's API shows them: how to ask for them, read them, and know a text again."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

MOST_POSTS = 100
"""Posts of one page, the most that X gives; each that is read costs, which is why `since` is given."""

_LONGEST_ADDRESS = 2_000

Post = Mapping[str, Any]


class Timeline(NamedTuple):
    """Posts, the newest first; complete: there are no others in the time that was asked for."""

    posts: tuple[Post, ...]
    complete: bool


def timeline_question(since: datetime | None) -> dict[str, str]:
    """Make the parameters of GET /2/users/:id/tweets."""
    asked = {"max_results": str(MOST_POSTS), "tweet.fields": "created_at,entities"}
    if since is not None:
        asked["start_time"] = f"{since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return asked


def read_timeline(answer: Mapping[str, Any], since: datetime | None) -> Timeline | str:
    """Read X's answer, or say that it is none; posts from before `since` are left out, whatever X gives."""
    meta, data = answer.get("meta"), answer.get("data", [])
    if not isinstance(meta, dict) or not isinstance(data, list):
        return "the account's posts could not be read: X answered something else"
    posts = tuple(post for post in data if isinstance(post, dict) and not _before(post, since))
    return Timeline(posts, complete=not meta.get("next_token") and not answer.get("errors"))


def _before(post: Post, since: datetime | None) -> bool:
    made = moment_of(post)
    return since is not None and made is not None and made < since


def moment_of(post: Post) -> datetime | None:
    """When a post was made, where X says it."""
    try:
        made = datetime.fromisoformat(str(post.get("created_at")))
    except ValueError:
        return None
    return made if made.tzinfo else None


def same_text(post: Post, text: str) -> bool:
    """Say whether a post shows a text."""
    return _bare(as_written(post.get("text"), post.get("entities"))) == _bare(text)


def as_written(text: object, entities: object) -> str:
    """Undo what X does to a text: it escapes three signs, and writes t.co for every web address."""
    shown = str(text).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    links = entities.get("urls") if isinstance(entities, dict) else None
    whole = {
        str(link.get("url")): str(link["expanded_url"])[:_LONGEST_ADDRESS]
        for link in (links if isinstance(links, list) else ())
        if isinstance(link, dict) and link.get("expanded_url")
    }
    return re.sub(r"https?://t\.co/\w+", lambda short: whole.get(short[0], short[0]), shown)


def _bare(text: str) -> str:
    """Take away what X may add to an address as typed: its scheme, and a slash at its end."""
    text = re.sub(r"https?://", "", unicodedata.normalize("NFC", text), flags=re.IGNORECASE)
    return " ".join(re.sub(r"/(?=[^\w\s/]*(?:\s|$))", "", text).split())
