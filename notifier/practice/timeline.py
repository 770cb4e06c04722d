"""The timeline page: every post as its platform shows it, newest first; and a page for each post alone."""

import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import cached_property
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from notifier.practice import networks
from notifier.practice.exchange import Answer, Request, html_answer
from notifier.practice.networks import platforms
from notifier.practice.platform import Platform
from notifier.practice.public_record import Post, PublicRecord
from notifier.project_files import TEMPLATES

if TYPE_CHECKING:
    from jinja2 import Template
    from markupsafe import Markup

POSTS_A_PAGE: Final = 50
REFRESH_SECONDS: Final = 5

_MARKED: Final = re.compile(r"(?P<url>https?://[^\s<>\"]*[^\s<>\".,;:!?)\]'])|(?P<tag>(?<!\w)[#@][^\W\d]\w*)")
_SHOWN_URL: Final = 38


@dataclass(frozen=True)
class Shown:
    """A post as the page shows it."""

    post: Post
    platform: type[Platform]
    text: "Markup"
    instructions: "Markup"
    time: str
    day: str
    clock: str
    edited: bool
    cards: tuple[tuple[str, str], ...]
    """Links below the text: address and host name."""
    labels: dict[str, str]


class Timeline:
    """Answers the pages that a person opens."""

    def __init__(self, record: PublicRecord, zone: tzinfo | None = None) -> None:
        self._record, self._zone = record, zone

    def answer(self, request: Request) -> Answer | None:
        """Answer a page's address; None for any other."""
        if request.method not in ("GET", "HEAD"):
            return None
        if request.path == "/":
            return self._all(request)
        if request.path == "/favicon.ico":
            return Answer(204)
        for platform in platforms():
            found = platform.page.fullmatch(request.path) or platform.page.fullmatch(f"{request.path}?{request.query}")
            if found:
                return self._single(platform, "_".join(unquote(part) for part in found.groups()))
        return None

    def _all(self, request: Request) -> Answer:
        given = dict(request.parameters())
        chosen = given.get("platform") if given.get("platform") in networks.names().values() else None
        everything = self._record.posts()[::-1]
        posts = [post for post in everything if chosen in (None, post.platform)]
        pages = max(1, -(-len(posts) // POSTS_A_PAGE))
        asked = given.get("page", "1")
        page = min(int(asked), pages) if re.fullmatch(r"[1-9]\d{0,4}", asked) else 1
        start = (page - 1) * POSTS_A_PAGE
        html = self._template.render(
            shown=[show(post, self._zone) for post in posts[start : start + POSTS_A_PAGE]],
            single=False,
            filters=_filters(everything, chosen),
            chosen=chosen,
            page=page,
            pages=pages,
            refresh=REFRESH_SECONDS if given.get("refresh") == "1" else None,
        )
        return html_answer(html)

    def _single(self, platform: type[Platform], post_id: str) -> Answer:
        post = self._record.get(platform.name, post_id)
        public = post is not None and post.public
        html = self._template.render(
            shown=[show(post, self._zone)] if post is not None and public else [],
            single=True,
            filters=[],
            chosen=None,
            page=1,
            pages=1,
            refresh=None,
        )
        return html_answer(html, 200 if public else 404)

    @cached_property
    def _template(self) -> "Template":
        from jinja2 import Environment, FileSystemLoader, StrictUndefined

        environment = Environment(
            loader=FileSystemLoader(TEMPLATES / "web"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        return environment.get_template("practice.html")


def _filters(posts: list[Post], chosen: str | None) -> list[tuple[str | None, str, int]]:
    """List the platforms that have posts, and the one that is looked at, each with the number of its posts."""
    counts = Counter(post.platform for post in posts)
    shown = (kind for kind in platforms() if counts[kind.name] or kind.name == chosen)
    return [(None, "All", len(posts)), *((kind.name, kind.label, counts[kind.name]) for kind in shown)]


def show(post: Post, zone: tzinfo | None) -> Shown:
    """Prepare a post for the page, with its times in a zone; None is this machine's."""
    platform = next(kind for kind in platforms() if kind.name == post.platform)
    instructions = post.labels.get("instructions", "")
    return Shown(
        post=post,
        platform=platform,
        text=linked(platform.seen(post.text), tags=platform.tags),
        instructions=linked(instructions if instructions != post.text else "", tags=False),
        time=f"{_day(post.created, zone)}, {_clock(post.created, zone)}",
        day=_day(post.created, zone),
        clock=_clock(post.created, zone),
        edited=post.edited is not None,
        cards=tuple((link, _host(link)) for link in post.links if link.startswith(("http://", "https://"))),
        labels={name: value for name, value in post.labels.items() if value and not name.startswith("_")},
    )


def linked(text: str, *, tags: bool) -> "Markup":
    """Escape a text and make its web addresses links; tags: mark #words and @names too."""
    from markupsafe import Markup, escape

    parts, at = [], 0
    for found in _MARKED.finditer(text):
        parts.append(escape(text[at : found.start()]))
        at = found.end()
        whole = found[0]
        if found["url"]:
            parts.append(Markup('<a href="{}" rel="noopener noreferrer nofollow">{}</a>').format(whole, _short(whole)))
        elif tags:
            parts.append(Markup('<span class="tag">{}</span>').format(whole))
        else:
            parts.append(escape(whole))
    parts.append(escape(text[at:]))
    return Markup("").join(parts)


def _short(address: str) -> str:
    bare = address.partition("://")[2].removeprefix("www.").rstrip("/")
    return bare if len(bare) <= _SHOWN_URL else f"{bare[: _SHOWN_URL - 1]}…"


def _host(address: str) -> str:
    try:
        return (urlsplit(address).hostname or address).removeprefix("www.")
    except ValueError:
        return address


def _day(moment: datetime, zone: tzinfo | None) -> str:
    return f"{moment.astimezone(zone):%b %-d, %Y}"


def _clock(moment: datetime, zone: tzinfo | None) -> str:
    return f"{moment.astimezone(zone):%-I:%M %p %Z}"
