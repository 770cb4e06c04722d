"""The feeds of what is current: RSS 2.0, Atom (RFC 4287) and JSON Feed 1.1, each with the same entries.

An entry's permalink is its id in all three and stays when the entry is updated; only `updated` changes.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from channels.site.entry import Entry, Speaker
from channels.site.pages import feed_name, index_name, paragraphs
from channels.site.words import iso_time, kind_in_words, rss_time, words

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MOST_ENTRIES = 100


@dataclass(frozen=True)
class Feed:
    """What the three feeds of a language say of themselves, and their entries, newest first."""

    speaker: Speaker
    language: str
    home: str
    """The department's first language: its feeds have the plain names."""
    public_url: str
    updated: datetime
    entries: Sequence[Entry]

    @property
    def title(self) -> str:
        """The feed's name."""
        return f"{self.speaker.name}: {words(self.language)['current']}"

    def files(self) -> dict[str, bytes]:
        """Write the three, by the name of their file."""
        writers = {"rss": _rss, "atom": _atom, "json": _json}
        return {feed_name(form, self.language, self.home): write(self, self._own(form)) for form, write in writers.items()}

    def _own(self, form: str) -> str:
        return f"{self.public_url}/{feed_name(form, self.language, self.home)}"

    @property
    def index(self) -> str:
        """The address of the page that says the same."""
        return f"{self.public_url}/{index_name(self.language, self.home)}"

    def time(self, moment: datetime) -> str:
        """A moment as Atom and JSON Feed want it (RFC 3339)."""
        return iso_time(moment, self.speaker.timezone)


def _rss(feed: Feed, own: str) -> bytes:
    from xml.etree.ElementTree import Element

    root = Element("rss", {"version": "2.0", "xmlns:atom": "http://www.w3.org/2005/Atom"})
    channel = _add(root, "channel")
    _add(channel, "title", feed.title)
    _add(channel, "link", feed.index)
    _add(channel, "description", feed.title)
    _add(channel, "language", feed.language)
    _add(channel, "lastBuildDate", rss_time(feed.updated, feed.speaker.timezone))
    _add(channel, "atom:link", href=own, rel="self", type="application/rss+xml")
    for entry in feed.entries:
        _rss_item(_add(channel, "item"), entry, feed)
    return _written(root)


def _rss_item(item: "Element", entry: Entry, feed: Feed) -> None:
    address = f"{feed.public_url}/{entry.page}"
    _add(item, "title", entry.title)
    _add(item, "link", address)
    _add(item, "guid", address, isPermaLink="true")
    _add(item, "pubDate", rss_time(entry.sent, entry.speaker.timezone))
    _add(item, "category", kind_in_words(entry.kind, entry.language))
    _add(item, "description", _html(entry))
    for picture in entry.pictures[:1]:
        url = f"{feed.public_url}/{picture.file}"
        _add(item, "enclosure", url=url, length=str(picture.size), type=picture.media_type)


def _atom(feed: Feed, own: str) -> bytes:
    from xml.etree.ElementTree import Element

    root = Element("feed", {"xmlns": "http://www.w3.org/2005/Atom", "xml:lang": feed.language})
    _add(root, "id", own)
    _add(root, "title", feed.title)
    _add(root, "updated", feed.time(feed.updated))
    _add(root, "link", rel="self", type="application/atom+xml", href=own)
    _add(root, "link", rel="alternate", type="text/html", href=feed.index)
    author = _add(root, "author")
    _add(author, "name", feed.speaker.name)
    if feed.speaker.website:
        _add(author, "uri", feed.speaker.website)
    for entry in feed.entries:
        _atom_entry(_add(root, "entry", **{"xml:lang": entry.language}), entry, feed)
    return _written(root)


def _atom_entry(element: "Element", entry: Entry, feed: Feed) -> None:
    address = f"{feed.public_url}/{entry.page}"
    _add(element, "id", address)
    _add(element, "title", entry.title)
    _add(element, "updated", feed.time(entry.sent))
    _add(element, "published", feed.time(entry.issued))
    _add(element, "link", rel="alternate", type="text/html", hreflang=entry.language, href=address)
    cap = f"{feed.public_url}/cap/{entry.id}.xml"
    _add(element, "link", rel="related", type="application/cap+xml", href=cap)
    for picture in entry.pictures:
        url = f"{feed.public_url}/{picture.file}"
        _add(element, "link", rel="enclosure", type=picture.media_type, length=str(picture.size), href=url)
    _add(element, "category", term=entry.kind, label=kind_in_words(entry.kind, entry.language))
    _add(element, "summary", entry.short)
    _add(element, "content", _html(entry), type="html")


def _json(feed: Feed, own: str) -> bytes:
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": feed.index,
        "feed_url": own,
        "language": feed.language,
        "authors": [_author(feed.speaker)],
        "items": [_json_item(entry, feed) for entry in feed.entries],
    }
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


def _author(speaker: Speaker) -> dict[str, str]:
    return {"name": speaker.name, **({"url": speaker.website} if speaker.website else {})}


def _json_item(entry: Entry, feed: Feed) -> dict[str, Any]:
    address = f"{feed.public_url}/{entry.page}"
    pictures = [(f"{feed.public_url}/{picture.file}", picture) for picture in entry.pictures]
    image = next((url for url, picture in pictures if picture.is_image), None)
    return {
        "id": address,
        "url": address,
        "title": entry.title,
        "summary": entry.short,
        "content_text": entry.text,
        "content_html": _html(entry),
        "date_published": feed.time(entry.issued),
        "date_modified": feed.time(entry.sent),
        "language": entry.language,
        "tags": [entry.kind],
        **({"image": image} if image else {}),
        "attachments": [
            {"url": url, "mime_type": picture.media_type, "size_in_bytes": picture.size} for url, picture in pictures
        ],
        "_notifier": {
            "id": entry.id,
            "kind": entry.kind,
            "stage": entry.stage,
            "status": entry.status,
            "revision": entry.revision,
            "severity": entry.severity,
            "expires": feed.time(entry.expires),
            "cap": f"{feed.public_url}/cap/{entry.id}.xml",
        },
    }


def _html(entry: Entry) -> str:
    return str(Markup("\n").join(Markup("<p>{}</p>").format(paragraph) for paragraph in paragraphs(entry.text)))


def _add(parent: "Element", tag: str, text: str | None = None, **attributes: str) -> "Element":
    from xml.etree.ElementTree import SubElement

    element = SubElement(parent, tag, attributes)
    element.text = text
    return element


def _written(root: "Element") -> bytes:
    from xml.etree.ElementTree import tostring

    data: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return data
