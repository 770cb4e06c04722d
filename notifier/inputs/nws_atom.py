"""Alerts in an Atom feed: NWS's index with CAP's elements in each entry, or a whole CAP alert in an entry's content.

feedparser reads the envelope (ids, authors, times); CAP's own elements are read beside it, as ordered pairs, because
feedparser keeps only the last of several values of a name, and so would lose the zones.
"""

import io
from typing import TYPE_CHECKING, Any

from notifier.errors import FeedUnavailable
from notifier.inputs.alerts import (
    MOST_ALERTS,
    Alert,
    Entry,
    Unclear,
    Unreadable,
    clean,
    clean_id,
    clean_line,
    fingerprint,
)
from notifier.inputs.cap_xml import NAMESPACES, Words, parse_xml, read_alert_element, read_words, split_tag, text_of

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

ATOM = "http://www.w3.org/2005/Atom"


def read_atom(body: bytes) -> list[Entry]:
    """Read an Atom feed; FeedUnavailable where it is not whole, not harmless or no Atom."""
    return read_atom_feed(parse_xml(body), body)


def read_atom_feed(root: "Element", body: bytes) -> list[Entry]:
    """Read a feed that is parsed already; feedparser needs the bytes all the same."""
    if root.tag != f"{{{ATOM}}}feed":
        raise FeedUnavailable("the feed is XML, but no Atom feed")
    elements = root.findall(f"{{{ATOM}}}entry")
    if len(elements) > MOST_ALERTS:
        raise FeedUnavailable(f"the feed has more than {MOST_ALERTS} alerts")
    envelopes = _envelopes(body)
    if len(envelopes) != len(elements):
        raise FeedUnavailable("the feed's entries are nested in a way that no feed's are")
    return [_read_entry(element, envelope) for element, envelope in zip(elements, envelopes, strict=True)]


def _envelopes(body: bytes) -> list[Any]:
    import feedparser

    # As a file: feedparser takes bytes for the name of a file or for an address first.
    parsed = feedparser.parse(
        io.BytesIO(body),
        response_headers={"content-type": "application/atom+xml"},
        sanitize_html=False,
        resolve_relative_uris=False,
    )
    wrong = parsed.get("bozo_exception")
    if parsed.bozo and not isinstance(wrong, feedparser.CharacterEncodingOverride):
        raise FeedUnavailable("the feed's entries cannot be told apart: it is not well-formed Atom")
    return list(parsed.entries)


def _read_entry(element: "Element", envelope: Any) -> Entry:
    name = clean_line(_said(envelope, "id"), 200)
    headline = clean_line(_said(envelope, "title"))
    try:
        whole = _whole_alert(element)
        if whole is not None:
            return read_alert_element(whole)
        space = next((space for child in element if (space := split_tag(child.tag)[0]) in NAMESPACES), None)
        if space is None:
            raise Unclear("the entry holds no alert")
        return _read_index_entry(Words(element, space), envelope)
    except (Unclear, FeedUnavailable) as wrong:
        return Unreadable(name or fingerprint(text_of(element).encode(errors="replace")), "", headline, str(wrong))


def _read_index_entry(own: Words, envelope: Any) -> Alert:
    author = clean_line(_said(envelope, "author"))
    others = {
        "source_id": clean_id(_said(envelope, "id")),
        "sent": _said(envelope, "published") or _said(envelope, "updated"),
        "headline": clean_line(_said(envelope, "title")),
        "description": clean(_said(envelope, "summary")),
        "sender" if "@" in author else "sender_name": author,
        "event": clean_line(_said(envelope, "title")).partition(" issued ")[0],
    }
    return read_words(own, [own], others=others)


def _said(envelope: Any, name: str) -> str:
    value = envelope.get(name, "")
    return value if isinstance(value, str) else ""


def _whole_alert(entry: "Element") -> "Element | None":
    """The CAP alert in an entry's content, as elements or as escaped text."""
    content = entry.find(f"{{{ATOM}}}content")
    if content is None:
        return None
    for space in NAMESPACES:
        found = content.find(f"{{{space}}}alert")
        if found is not None:
            return found
    words = (content.text or "").strip()
    if words.startswith("<") and "alert" in words:
        # A declaration of the outer encoding would be wrong for what is text by now.
        return parse_xml(words.partition("?>")[2].encode() if words.startswith("<?xml") else words.encode())
    return None
