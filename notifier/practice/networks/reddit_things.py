"""What Reddit takes in a submission, and how its API gives things back."""

import re
from collections.abc import Collection, Iterable, Mapping
from html import escape
from typing import Any, Final

from notifier.practice.exchange import Answer, json_answer
from notifier.practice.public_record import Post

USER: Final = "ExampletonPD"
SUBREDDIT: Final = "Exampleton"
MOST_TITLE: Final = 300
MOST_TEXT: Final = 40_000

Problem = tuple[str, str, str]
"""Code, sentence and field."""


def told(problems: Iterable[Problem], data: Mapping[str, Any] | None = None, **more: object) -> Answer:
    """Answer as api_type=json does: with HTTP 200, whatever is wrong."""
    inside: dict[str, Any] = {"errors": [list(problem) for problem in problems], **more}
    answer = json_answer({"json": inside if data is None else {**inside, "data": data}})
    return answer.as_refusal() if inside["errors"] else answer


def judged(given: Mapping[str, str], links: Collection[str]) -> Problem | None:
    """Say what a submission has wrong; links: that were submitted already."""
    title, text, url = given.get("title", ""), given.get("text", ""), given.get("url", "")
    if not given.get("sr"):
        return ("SUBREDDIT_REQUIRED", "you must specify a subreddit", "sr")
    if given["sr"].lower() != SUBREDDIT.lower():
        return ("SUBREDDIT_NOEXIST", "that subreddit doesn't exist", "sr")
    if given.get("kind") not in ("self", "link"):
        return ("INVALID_OPTION", "that option is not valid", "kind")
    if not title.strip():
        return ("NO_TEXT", "we need something here", "title")
    if len(title) > MOST_TITLE:
        return ("TOO_LONG", f"this is too long (max: {MOST_TITLE})", "title")
    if given["kind"] == "self":
        return ("TOO_LONG", f"this is too long (max: {MOST_TEXT})", "text") if len(text) > MOST_TEXT else None
    if not url:
        return ("NO_URL", "a url is required", "url")
    if not re.fullmatch(r"https?://[^\s/]+\.?[^\s/]*(/\S*)?", url):
        return ("BAD_URL", "you should check that url", "url")
    if url in links and given.get("resubmit") not in ("true", "1", "True"):
        return ("ALREADY_SUB", "that link has already been submitted", "url")
    return None


def submission_json(post: Post) -> dict[str, Any]:
    """Write a submission as a thing of kind t3."""
    data = {
        **_common(post, "t3"),
        "title": post.title,
        "selftext": post.text,
        "is_self": not post.links,
        "url": post.links[0] if post.links else f"https://www.reddit.com{post.path.removeprefix('/reddit')}",
        "link_flair_text": post.labels.get("flair") or None,
    }
    return {"kind": "t3", "data": data}


def comment_json(post: Post) -> dict[str, Any]:
    """Write a comment as a thing of kind t1."""
    return {"kind": "t1", "data": {**_common(post, "t1"), "body": post.text, "parent_id": post.labels["in_reply_to"]}}


def _common(post: Post, kind: str) -> dict[str, Any]:
    return {
        "id": post.id,
        "name": f"{kind}_{post.id}",
        "author": USER,
        "subreddit": SUBREDDIT,
        "permalink": post.path.removeprefix("/reddit"),
        "created_utc": float(int(post.created.timestamp())),
        "edited": float(int(post.edited.timestamp())) if post.edited else False,
    }


def listed(posts: Iterable[Post], *, raw: bool) -> dict[str, Any]:
    """Write a listing; without raw_json=1 the texts have & < > escaped, as Reddit does."""
    things = [submission_json(post) for post in posts]
    for thing in things:
        data = thing["data"]
        if not raw:
            data |= {name: escape(data[name], quote=False) for name in ("title", "selftext", "url")}
    return {"kind": "Listing", "data": {"after": None, "before": None, "dist": len(things), "children": things}}
