"""What every page of the site has around its content: head, masthead, the department's numbers, the feeds."""

import hashlib
import re
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from pathlib import Path

from channels.site.entry import Speaker, is_web_address
from channels.site.markup import Markup, element, joined
from channels.site.names import feed_name, index_name
from channels.site.words import iso_time, time_in_words, words

_ADDRESS = re.compile(r"https?://[^\s<>\"]+")
_FEEDS = (
    ("rss", "application/rss+xml", "RSS"),
    ("atom", "application/atom+xml", "Atom"),
    ("json", "application/feed+json", "JSON"),
)


@dataclass(frozen=True)
class Place:
    """Where a page stands: its language among those of the site, its address, and who speaks."""

    language: str
    languages: tuple[str, ...]
    """Those in which the site has an index and feeds, the department's first."""
    public_url: str
    speaker: Speaker

    @property
    def index(self) -> str:
        """The index that this page's readers are led to."""
        return index_name(self._listed, self.languages[0])

    def feed(self, form: str) -> str:
        """The feed that this page's readers are led to."""
        return feed_name(form, self._listed, self.languages[0])

    def time(self, moment: datetime) -> Markup:
        """A moment in words, with its zone."""
        zone = self.speaker.timezone
        return element("time", {"datetime": iso_time(moment, zone)}, time_in_words(moment, zone, self.language))

    @property
    def _listed(self) -> str:
        return self.language if self.language in self.languages else self.languages[0]


def page(
    place: Place, title: str, head: Sequence[Markup], languages: Markup, content: Markup, also: Sequence[Markup] = ()
) -> bytes:
    """Write a whole page.

    head: what belongs to this page alone. languages: from language_links. also: ways to follow, beside the feeds.
    """
    said = words(place.language)
    name = element("p", {"class": "name"}, element("a", {"href": place.index}, place.speaker.name))
    body = (
        element("a", {"class": "skip", "href": "#content"}, said["skip"]),
        element("header", {"class": "masthead"}, name, languages),
        element("main", {"id": "content"}, content),
        _footer(place, also),
    )
    heads = joined(*_head(place), element("title", {}, f"{title} – {place.speaker.name}"), *head, _style())
    whole = element("html", {"lang": place.language}, element("head", {}, heads), "\n", element("body", {}, *body))
    return f"<!doctype html>\n{whole}\n".encode()


def language_links(place: Place, others: Sequence[tuple[str, str]]) -> Markup:
    """Link the same page in other languages; nothing where there is none.

    others: language and page of each.
    """
    if not others:
        return Markup()
    here = element("li", {}, element("span", {"aria-current": "page"}, words(place.language)["language"]))
    links = [element("li", {}, language_link(language, name)) for language, name in others]
    return element("nav", {"aria-label": words(place.language)["languages"]}, element("ul", {}, here, *links))


def language_link(language: str, name: str) -> Markup:
    """Link a page by the name of its language, in that language."""
    return element("a", {"href": name, "lang": language, "hreflang": language}, words(language)["language"])


def meta(name: str, content: str) -> Markup:
    """A named fact of a page's head."""
    return element("meta", {"property" if name.startswith("og:") else "name": name, "content": content})


@lru_cache(maxsize=512)
def paragraphs(text: str) -> Markup:
    """Write a text as HTML: a paragraph for each part between empty lines, lines kept, web addresses made links."""
    parts = [part.strip() for part in re.split(r"\n\s*\n", text) if part.strip()]
    return joined(*(element("p", {}, Markup("<br/>\n").join(map(_linked, part.split("\n")))) for part in parts))


def _linked(line: str) -> Markup:
    parts: list[str] = []
    end = 0
    for match in _ADDRESS.finditer(line):
        address = match[0].rstrip(".,;:!?)]}'’”")
        if is_web_address(address):
            parts += [line[end : match.start()], element("a", {"href": address}, address)]
            end = match.start() + len(address)
    return joined(*parts, line[end:])


def _head(place: Place) -> list[Markup]:
    policy = (
        f"default-src 'none'; img-src 'self'; style-src 'sha256-{_style_hash()}'; base-uri 'none'; form-action 'none'"
    )
    feeds = [
        element(
            "link",
            {
                "rel": "alternate",
                "type": media_type,
                "title": f"{form} – {place.speaker.name}",
                "href": f"{place.public_url}/{place.feed(name)}",
            },
        )
        for name, media_type, form in _FEEDS
    ]
    return [
        element("meta", {"charset": "utf-8"}),
        meta("viewport", "width=device-width, initial-scale=1"),
        element("meta", {"http-equiv": "Content-Security-Policy", "content": policy}),
        meta("referrer", "no-referrer"),
        meta("color-scheme", "light dark"),
        *feeds,
    ]


def _footer(place: Place, also: Sequence[Markup]) -> Markup:
    said, speaker = words(place.language), place.speaker
    phone = element("a", {"href": f"tel:{re.sub(r'[^0-9+*#-]', '', speaker.phone)}"}, speaker.phone)
    website = element("a", {"href": speaker.website}, speaker.website) if speaker.website else ""
    feeds = [element("a", {"href": place.feed(name)}, form) for name, _, form in _FEEDS]
    ways = [part for way in (*feeds, *also) for part in (", ", way)][1:]
    return element(
        "footer",
        {},
        element("p", {"class": "emergency"}, said["emergency"]),
        element("p", {}, said["about"].format(name=speaker.name)),
        element(
            "ul",
            {},
            element("li", {}, f"{said['call']}: ", phone),
            element("li", {}, f"{said['website']}: ", website) if website else "",
            element("li", {}, f"{said['follow']}: ", *ways),
        ),
    )


@cache
def _css() -> str:
    return (Path(__file__).parent / "site.css").read_text(encoding="utf-8")


def _style() -> Markup:
    return Markup(f"<style>{_css()}</style>")


@cache
def _style_hash() -> str:
    return b64encode(hashlib.sha256(_css().encode()).digest()).decode()
