"""The account's own posts as X's API shows them: how to ask for them, read them, and know a text again."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from channels.x.account import Account, data_of
from channels.x.refusals import words_of
from notifier.channel import CannotTell
from notifier.http_client import Reply

MOST_POSTS = 100
"""Posts of one page, the most that X gives; each that is read costs, which is why `since` is given."""

_LONGEST_ADDRESS = 2_000

Post = Mapping[str, Any]


class Timeline(NamedTuple):
    """Posts, the newest first; complete: there are no others in the time that was asked for."""

    posts: tuple[Post, ...]
    complete: bool


def own_posts(account: Account, since: datetime | None) -> Timeline | CannotTell:
    """Read the account's newest posts, or say why they cannot be read."""
    user = account.settings.user_id
    if user is None:
        whose = account.ask("GET", "/2/users/me")
        user = str(data_of(whose).get("id")) if isinstance(whose, Reply) and whose.ok else ""
    if not re.fullmatch(r"[0-9]{1,20}", user):
        return CannotTell("X did not say which account the keys belong to", unreachable=True)
    reply = account.ask("GET", f"/2/users/{user}/tweets", params=_question(since))
    if not isinstance(reply, Reply) or not reply.ok:
        why = f"({reply.status}) {words_of(reply, account.keys())}" if isinstance(reply, Reply) else "(no answer)"
        return CannotTell(f"the account's posts could not be read {why}".rstrip(), unreachable=True)
    timeline = _read(reply.json(), since)
    return (
        CannotTell("the account's posts could not be read: X answered something else") if timeline is None else timeline
    )


def _question(since: datetime | None) -> dict[str, str]:
    asked = {"max_results": str(MOST_POSTS), "tweet.fields": "created_at,entities"}
    if since is not None:
        asked["start_time"] = f"{since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return asked


def _read(answer: Mapping[str, Any], since: datetime | None) -> Timeline | None:
    """Read X's answer; None where it is none. Posts from before `since` are left out, whatever X gives."""
    meta, data = answer.get("meta"), answer.get("data", [])
    if not isinstance(meta, dict) or not isinstance(data, list):
        return None
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
    """Undo what X does to a text: it escapes three signs, writes t.co for every web address, and adds its pictures'."""
    shown = str(text).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    links = entities.get("urls") if isinstance(entities, dict) else None
    whole = {
        str(link.get("url")): "" if _is_picture(link) else str(link["expanded_url"])[:_LONGEST_ADDRESS]
        for link in (links if isinstance(links, list) else ())
        if isinstance(link, dict) and link.get("expanded_url")
    }
    return re.sub(r"https?://t\.co/\w+", lambda short: whole.get(short[0], short[0]), shown)


def _is_picture(link: Mapping[str, Any]) -> bool:
    """Whether X added a link of its own, to what a post shows."""
    own = re.fullmatch(r"https://(x|twitter)\.com/\w+/status/[0-9]+/(photo|video)/[0-9]+", str(link["expanded_url"]))
    return own is not None or "media_key" in link


def _bare(text: str) -> str:
    """Take away what X may add to an address as typed: its scheme, and a slash at its end."""
    text = re.sub(r"https?://", "", unicodedata.normalize("NFC", text), flags=re.IGNORECASE)
    return " ".join(re.sub(r"/(?=[^\w\s/]*(?:\s|$))", "", text).split())
