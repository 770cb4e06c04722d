"""The pages that residents read: one for each notification and language, and the index of what is current."""

import hashlib
import re
from base64 import b64encode
from collections.abc import Iterable
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from channels.site.contents import Contents
from channels.site.entry import Entry, Speaker, is_web_address
from channels.site.words import iso_time, kind_in_words, time_in_words, what_to_do, words

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

_HERE = Path(__file__).parent
_ADDRESS = re.compile(r"https?://[^\s<>\"]+")
_SHOWN_SEVERITIES = ("Extreme", "Severe", "Moderate")


def index_name(language: str, home: str) -> str:
    """Name the index page of a language; the department's first language has the plain name."""
    return "index.html" if language == home else f"index.{language}.html"


def feed_name(form: str, language: str, home: str) -> str:
    """Name a feed (`rss`, `atom`, `json`) of a language; the department's first language has the plain name."""
    return f"feed.{form}" if language == home else f"feed.{language}.{form}"


def entry_page(entry: Entry, family: Iterable[Entry], contents: Contents, public_url: str, now: datetime) -> bytes:
    """Write the page of an entry.

    family: the entries of the same notification in every language, this one among them.
    """
    others = [other for other in family if other.language != entry.language]
    newer = max((o for o in others if o.revision > entry.revision), key=lambda o: o.revision, default=None)
    return _render(
        "page.html",
        entry.language,
        entry.speaker,
        contents,
        public_url=public_url,
        entry=entry,
        others=others,
        newer=newer,
        expired=entry.expires <= now,
        todo=what_to_do(entry),
        paragraphs=paragraphs(entry.text),
        links=[link for link in entry.links if link not in entry.text],
        severity=_shown_severity(entry),
        kind=kind_in_words(entry.kind, entry.language),
    )


def index_page(entries: Iterable[Entry], contents: Contents, language: str, public_url: str, now: datetime) -> bytes:
    """Write the index of a language: what is current, newest first."""
    assert contents.speaker is not None  # noqa: S101 (an index is only written for a site that has published)
    rows = [(entry, kind_in_words(entry.kind, language), _shown_severity(entry)) for entry in entries]
    return _render("index.html", language, contents.speaker, contents, public_url=public_url, rows=rows, now=now)


def paragraphs(text: str) -> "list[Markup]":
    """Split a text at its empty lines, each part as HTML: escaped, its lines kept, its web addresses made links."""
    from markupsafe import Markup

    parts = [part for part in re.split(r"\n\s*\n", text) if part.strip()]
    return [Markup("<br>\n").join(_linked(line) for line in part.strip().split("\n")) for part in parts]


def _linked(line: str) -> "Markup":
    from markupsafe import Markup

    html, end = Markup(""), 0
    for match in _ADDRESS.finditer(line):
        address = match[0].rstrip(".,;:!?)]}'’”")
        if is_web_address(address):
            html += Markup("{}<a href=\"{}\">{}</a>").format(line[end : match.start()], address, address)
            end = match.start() + len(address)
    return html + line[end:]


def _shown_severity(entry: Entry) -> str | None:
    return None if entry.is_over or entry.severity not in _SHOWN_SEVERITIES else words(entry.language)[entry.severity]


def _render(template: str, language: str, speaker: Speaker, contents: Contents, **values: Any) -> bytes:
    home = contents.languages[0] if contents.languages else language

    def when(moment: datetime) -> "Markup":
        from markupsafe import Markup

        shown = time_in_words(moment, speaker.timezone, language)
        return Markup('<time datetime="{}">{}</time>').format(iso_time(moment, speaker.timezone), shown)

    return (
        _environment()
        .get_template(template)
        .render(
            language=language,
            speaker=speaker,
            words=words(language),
            words_of=words,
            home=home if language not in contents.languages else language,
            home_languages=contents.languages,
            index_name=lambda of: index_name(of, home),
            feed_name=lambda form: feed_name(form, language if language in contents.languages else home, home),
            when=when,
            style=_style(),
            style_hash=_style_hash(),
            **values,
        )
        .encode()
    )


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


@cache
def _style() -> "Markup":
    from markupsafe import Markup

    return Markup((_HERE / "site.css").read_text(encoding="utf-8"))  # noqa: S704 (our own file)


@cache
def _style_hash() -> str:
    return b64encode(hashlib.sha256(_style().encode()).digest()).decode()
