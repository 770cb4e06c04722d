"""The account's own submissions as Reddit lists them: how far back they go, and how one is known again."""

import html
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from channels.reddit.markdown import NO_SPACE

MOST_POSTS = 100
"""Submissions of one page, the most that Reddit gives."""


@dataclass(frozen=True)
class Submissions:
    """The newest submissions; those that could not be read are only counted."""

    posts: tuple[Mapping[str, Any], ...]
    listed: int

    def reach_back_to(self, moment: datetime) -> bool:
        """Whether every submission since a moment is among them."""
        is_whole = self.listed < MOST_POSTS or any(made(post) < moment for post in self.posts)
        return is_whole and len(self.posts) == self.listed


def submissions(answer: Mapping[str, Any]) -> Submissions | None:
    """Read a listing; None where it is none."""
    listing = answer.get("data")
    children = listing.get("children") if isinstance(listing, dict) else None
    if not isinstance(children, list):
        return None
    posts = (thing["data"] for thing in children if isinstance(thing, dict) and isinstance(thing.get("data"), dict))
    return Submissions(tuple(posts), len(children))


def made(post: Mapping[str, Any]) -> datetime:
    """When a submission was made; the end of time where it does not say."""
    given = post.get("created_utc")
    known = isinstance(given, int | float) and 0 < given < 10**11
    return datetime.fromtimestamp(given, UTC) if known else datetime.max.replace(tzinfo=UTC)  # type: ignore[arg-type]


def same_post(thing: Mapping[str, Any], title: str, text: str, link: str) -> bool:
    """Say whether a submission of the account is this one."""
    if _bare(thing.get("title")) != _bare(title):
        return False
    return thing.get("url") == link if link else _bare(thing.get("selftext")) == _bare(text)


def _bare(text: object) -> str:
    """Take away what Reddit may change of a text: its blanks, and entities where it escapes them."""
    return " ".join(html.unescape(str(text)).replace(NO_SPACE, "").split())
