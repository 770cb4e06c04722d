"""Common Alerting Protocol, versions 1.0 to 1.2, from bytes that may be hostile to alerts.

XML is parsed without DTD and entities, to a bounded depth and number of elements; pairs (`parameter`, `geocode`) keep
their order, for a name may come twice. OASIS CAP 1.2, and NWS's ways with it.
"""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from notifier.errors import FeedUnavailable
from notifier.inputs.alerts import (
    LONGEST_TEXT,
    MOST_BODY,
    MOST_PAIRS,
    SAME,
    UGC,
    Alert,
    Entry,
    Pair,
    Unclear,
    Unreadable,
    clean,
    clean_id,
    clean_line,
    clean_word,
    fingerprint,
    only_codes,
    parameter_time,
    parameter_vtec,
    read_moment,
)

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

NAMESPACES = (
    "urn:oasis:names:tc:emergency:cap:1.2",
    "urn:oasis:names:tc:emergency:cap:1.1",
    "http://www.incident.com/cap/1.0",
)
_DEEPEST = 40
_MOST_ELEMENTS = 400_000
_SAME_NAMES = ("SAME", "FIPS6")


# --- XML --------------------------------------------------------------------------------------------------------------


class _Bounded:
    """Builds a tree, and stops where it becomes deeper or larger than any feed is."""

    def __init__(self) -> None:
        from xml.etree.ElementTree import TreeBuilder

        self._builder = TreeBuilder()
        self._depth = 0
        self._left = _MOST_ELEMENTS

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        self._left -= 1
        if self._depth > _DEEPEST or self._left < 0:
            raise FeedUnavailable("the feed's XML is nested deeper or is larger than a feed is")
        self._builder.start(tag, attributes)

    def end(self, tag: str) -> None:
        self._depth -= 1
        self._builder.end(tag)

    def data(self, text: str) -> None:
        self._builder.data(text)

    def close(self) -> "Element":
        return self._builder.close()


def parse_xml(body: bytes) -> "Element":
    """Parse XML without DTD, entities or references outward; FeedUnavailable where it is not whole or not harmless."""
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import ParseError, XMLParser

    if len(body) > MOST_BODY:
        raise FeedUnavailable(f"the feed is larger than {MOST_BODY // 1024 // 1024} MB")
    parser = XMLParser(target=_Bounded(), forbid_dtd=True)
    try:
        parser.feed(body)
        root: Element = parser.close()
    except DefusedXmlException:
        raise FeedUnavailable("the feed's XML declares a document type or entities, which no alert needs") from None
    except ParseError as wrong:
        line, column = wrong.position
        raise FeedUnavailable(f"the feed is not whole XML: it breaks at line {line}, column {column}") from None
    except (LookupError, ValueError, AssertionError):
        raise FeedUnavailable("the feed's XML is in an encoding that cannot be read") from None
    return root


def split_tag(tag: str) -> Pair:
    """Split `{namespace}name`."""
    space, _, name = tag.rpartition("}")
    return space.removeprefix("{"), name


def text_of(element: "Element") -> str:
    """An element's own words, what stands in its children included."""
    return "".join(element.itertext())


# --- CAP --------------------------------------------------------------------------------------------------------------


def read_cap(body: bytes) -> list[Entry]:
    """Read one CAP message; FeedUnavailable where the body is no CAP at all."""
    return [read_alert_element(parse_xml(body))]


def read_alert_element(root: "Element") -> Entry:
    """Read an `alert` element, of its own or inside an Atom entry; what cannot be understood becomes Unreadable."""
    space, name = split_tag(root.tag)
    if name != "alert" or space not in NAMESPACES:
        raise FeedUnavailable("the feed is XML, but no CAP alert: its namespace or its first element is another")
    own = Words(root, space)
    infos = [Words(child, space) for child in root if child.tag == f"{{{space}}}info"]
    try:
        return read_words(own, _chosen(infos), others={})
    except Unclear as wrong:
        headline = infos[0].line("headline") if infos else ""
        event = infos[0].line("event") if infos else ""
        return Unreadable(clean_line(own.first("identifier"), 200), event, headline, str(wrong))


class Words:
    """The texts of an element's children of one namespace, by CAP's names."""

    def __init__(self, element: "Element", space: str) -> None:
        self.element = element
        self.space = space

    def children(self, name: str) -> "Iterator[Element]":
        """The children of a name, in order."""
        return self.element.iterfind(f"{{{self.space}}}{name}")

    def first(self, name: str) -> str:
        """The words of the first child of a name; empty where there is none."""
        found = self.element.find(f"{{{self.space}}}{name}")
        return "" if found is None else text_of(found)

    def line(self, name: str) -> str:
        """The first child's words, on one line."""
        return clean_line(self.first(name))

    def pairs(self, name: str) -> Iterator[Pair]:
        """The pairs of valueName and value; the old NWS index puts several of them into one element."""
        for child in self.children(name):
            value_name = ""
            for part in child:
                match split_tag(part.tag)[1]:
                    case "valueName":
                        value_name = text_of(part).strip()
                    case "value" if value_name:
                        yield clean_line(value_name, 200), clean_line(text_of(part), LONGEST_TEXT)

    def fingerprint(self) -> str:
        """A name for an alert without one."""
        from xml.etree.ElementTree import tostring

        return fingerprint(tostring(self.element))


def _chosen(infos: list[Words]) -> list[Words]:
    """The English infos, else those in the first one's language; CAP's default is en-US."""
    spoken = [info.line("language").lower() or "en-us" for info in infos]
    english = [info for info, language in zip(infos, spoken, strict=True) if language.startswith("en")]
    return english or [info for info, language in zip(infos, spoken, strict=True) if language == spoken[0]]


def read_words(own: Words, infos: list[Words], *, others: dict[str, str]) -> Alert:
    """Make an alert of an `alert` element and its infos, or (both the same) of the CAP elements of an Atom entry.

    others: what the envelope says, by the field's name, for where CAP's own word is missing. Raises Unclear.
    """
    info = infos[0] if infos else own
    areas = [area for one in infos for area in _areas(one)]
    geocodes = [pair for area in areas for pair in area.pairs("geocode")][:MOST_PAIRS]
    parameters = tuple(pair for one in infos for pair in one.pairs("parameter"))[:MOST_PAIRS]
    sent = read_moment(own.first("sent") or others.get("sent", ""), "sent")
    zones = only_codes((value for name, value in geocodes if name == "UGC"), UGC)
    same = only_codes((value for name, value in geocodes if name in _SAME_NAMES), SAME)
    return Alert(
        source_id=clean_id(own.first("identifier")) or others.get("source_id") or own.fingerprint(),
        sender=own.line("sender") or others.get("sender", ""),
        sender_name=info.line("senderName") or others.get("sender_name", ""),
        sent=sent,
        status=clean_word(own.first("status")),
        msg_type=clean_word(own.first("msgType")),
        scope=clean_word(own.first("scope")),
        event=info.line("event") or others.get("event", ""),
        urgency=clean_word(info.first("urgency")),
        severity=clean_word(info.first("severity")),
        certainty=clean_word(info.first("certainty")),
        response=tuple(clean_word(text_of(child)) for child in info.children("responseType"))[:20],
        headline=info.line("headline") or others.get("headline", ""),
        description=clean(info.first("description")) or others.get("description", ""),
        instruction=clean(info.first("instruction")),
        note=clean(own.first("note")),
        area_desc="; ".join(filter(None, (clean_line(area.first("areaDesc"), LONGEST_TEXT) for area in areas))),
        zones=zones,
        same=same,
        other_places=bool(geocodes) and not zones and not same,
        effective=read_moment(info.first("effective"), "effective"),
        onset=read_moment(info.first("onset"), "onset"),
        expires=read_moment(info.first("expires"), "expires"),
        ends=parameter_time(parameters, "eventEndingTime"),
        references=_references(own.first("references")),
        web=info.line("web"),
        parameters=parameters,
        vtec=parameter_vtec(parameters, sent),
        language=info.line("language"),
        infos=max(1, len(infos)),
    )


def _areas(info: Words) -> Iterable[Words]:
    """The areas of an info; an Atom entry has their elements itself."""
    areas = [Words(area, info.space) for area in info.children("area")]
    return areas or [info]


def _references(text: str) -> tuple[str, ...]:
    """The identifiers of `sender,identifier,sent` triples; one that is not a triple is taken whole."""
    found = []
    for triple in text.split()[:MOST_PAIRS]:
        parts = triple.split(",")
        found.append(clean_id(",".join(parts[1:-1]) if len(parts) >= 3 else triple))
    return tuple(dict.fromkeys(filter(None, found)))
