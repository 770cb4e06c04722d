"""The feeds of what is current: RSS 2.0, Atom (RFC 4287) and JSON Feed 1.1, each with the same entries.

An entry's permalink is its id in all three and stays when the entry is updated; only `updated` changes.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from channels.site.entry import Entry, Speaker
from channels.site.layout import Place, paragraphs
from channels.site.markup import Markup, element, joined, xml
from channels.site.names import newest_name
from channels.site.words import iso_time, kind_in_words, rss_time, words

MOST_ENTRIES = 100


def feeds(place: Place, entries: Sequence[Entry], updated: datetime) -> dict[str, bytes]:
    """Write the three feeds of a language, by the name of their file.

    entries: newest first; the newest hundred are listed. updated: when the site last said something new.
    """
    title = f"{place.speaker.name}: {words(place.language)['current']}"
    listed = entries[:MOST_ENTRIES]
    return {
        place.feed("rss"): _rss(place, title, listed, updated),
        place.feed("atom"): _atom(place, title, listed, updated),
        place.feed("json"): _json(place, title, listed),
    }


def _rss(place: Place, title: str, entries: Sequence[Entry], updated: datetime) -> bytes:
    own = f"{place.public_url}/{place.feed('rss')}"
    channel = element(
        "channel",
        {},
        element("title", {}, title),
        element("link", {}, f"{place.public_url}/{place.index}"),
        element("description", {}, title),
        element("language", {}, place.language),
        element("lastBuildDate", {}, rss_time(updated, place.speaker.timezone)),
        element("atom:link", {"href": own, "rel": "self", "type": "application/rss+xml"}),
        *(joined("\n", _rss_item(entry, place.public_url)) for entry in entries),
    )
    return xml(element("rss", {"version": "2.0", "xmlns:atom": "http://www.w3.org/2005/Atom"}, channel))


def _rss_item(entry: Entry, public_url: str) -> Markup:
    address = f"{public_url}/{entry.page}"
    return element(
        "item",
        {},
        element("title", {}, entry.title),
        element("link", {}, address),
        element("guid", {"isPermaLink": "true"}, address),
        element("pubDate", {}, rss_time(entry.sent, entry.speaker.timezone)),
        element("category", {}, kind_in_words(entry.kind, entry.language)),
        element("description", {}, _html(entry)),
        # RSS allows one enclosure an item.
        *(
            element("enclosure", {"url": f"{public_url}/{p.file}", "length": str(p.size), "type": p.media_type})
            for p in entry.pictures[:1]
        ),
    )


def _atom(place: Place, title: str, entries: Sequence[Entry], updated: datetime) -> bytes:
    own, speaker = f"{place.public_url}/{place.feed('atom')}", place.speaker
    uri = element("uri", {}, speaker.website) if speaker.website else ""
    return xml(
        element(
            "feed",
            {"xmlns": "http://www.w3.org/2005/Atom", "xml:lang": place.language},
            element("id", {}, own),
            element("title", {}, title),
            element("updated", {}, iso_time(updated, speaker.timezone)),
            element("link", {"rel": "self", "type": "application/atom+xml", "href": own}),
            element("link", {"rel": "alternate", "type": "text/html", "href": f"{place.public_url}/{place.index}"}),
            element("author", {}, element("name", {}, speaker.name), uri),
            *(joined("\n", _atom_entry(entry, place.public_url)) for entry in entries),
        )
    )


def _atom_entry(entry: Entry, public_url: str) -> Markup:
    address, zone = f"{public_url}/{entry.page}", entry.speaker.timezone
    cap = {"rel": "related", "type": "application/cap+xml", "href": f"{public_url}/{newest_name(entry.id)}"}
    return element(
        "entry",
        {"xml:lang": entry.language},
        element("id", {}, address),
        element("title", {}, entry.title),
        element("updated", {}, iso_time(entry.sent, zone)),
        element("published", {}, iso_time(entry.issued, zone)),
        element("link", {"rel": "alternate", "type": "text/html", "hreflang": entry.language, "href": address}),
        element("link", cap),
        *(_enclosure(f"{public_url}/{p.file}", p.media_type, p.size) for p in entry.pictures),
        element("category", {"term": entry.kind, "label": kind_in_words(entry.kind, entry.language)}),
        element("summary", {}, entry.short),
        element("content", {"type": "html"}, _html(entry)),
    )


def _enclosure(address: str, media_type: str, size: int) -> Markup:
    return element("link", {"rel": "enclosure", "type": media_type, "length": str(size), "href": address})


def _json(place: Place, title: str, entries: Sequence[Entry]) -> bytes:
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": title,
        "home_page_url": f"{place.public_url}/{place.index}",
        "feed_url": f"{place.public_url}/{place.feed('json')}",
        "language": place.language,
        "authors": [_author(place.speaker)],
        "items": [_json_item(entry, place.public_url) for entry in entries],
    }
    return json.dumps(document, ensure_ascii=False).encode()


def _author(speaker: Speaker) -> dict[str, str]:
    return {"name": speaker.name, **({"url": speaker.website} if speaker.website else {})}


def _json_item(entry: Entry, public_url: str) -> dict[str, Any]:
    address, zone = f"{public_url}/{entry.page}", entry.speaker.timezone
    image = next((f"{public_url}/{picture.file}" for picture in entry.pictures if picture.is_image), None)
    return {
        "id": address,
        "url": address,
        "title": entry.title,
        "summary": entry.short,
        "content_text": entry.text,
        "content_html": _html(entry),
        "date_published": iso_time(entry.issued, zone),
        "date_modified": iso_time(entry.sent, zone),
        "language": entry.language,
        "tags": [entry.kind],
        **({"image": image} if image else {}),
        "attachments": [
            {"url": f"{public_url}/{picture.file}", "mime_type": picture.media_type, "size_in_bytes": picture.size}
            for picture in entry.pictures
        ],
        "_notifier": _facts(entry, public_url),
    }


def _facts(entry: Entry, public_url: str) -> dict[str, Any]:
    """What a program wants to know and JSON Feed has no word for (its extensions begin with an underscore)."""
    return {
        "id": entry.id,
        "kind": entry.kind,
        "stage": entry.stage,
        "status": entry.status,
        "revision": entry.revision,
        "severity": entry.severity,
        "expires": iso_time(entry.expires, entry.speaker.timezone),
        "cap": f"{public_url}/{newest_name(entry.id)}",
    }


def _html(entry: Entry) -> str:
    """The text as HTML, as a plain text: in a feed it is escaped once more."""
    return str(paragraphs(entry.text))
