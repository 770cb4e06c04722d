"""The CAP 1.2 document of a revision: one alert, with an info for every language it was published in.

Source: OASIS Common Alerting Protocol 1.2, and its schema: the order of the elements is fixed, and a time has whole
seconds and an offset, never `Z`.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from channels.site.entry import Entry
from channels.site.words import iso_time, kind_in_words, what_to_do, words

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"


def revision_file(entry: Entry) -> str:
    """Name the document of this revision."""
    return f"cap/{entry.id}.{entry.revision}.xml"


def newest_file(entry: Entry) -> str:
    """Name the document of whichever revision is the newest."""
    return f"cap/{entry.id}.xml"


def document(entries: Sequence[Entry], public_url: str) -> bytes:
    """Write the document of one revision.

    entries: the same revision in each language it was published in; the first gives what all have in common.
    """
    from xml.etree.ElementTree import Element, SubElement, indent, tostring

    first = entries[0]
    alert = Element("alert", xmlns=NAMESPACE)
    for name, value in _alert(first):
        SubElement(alert, name).text = value
    for entry in entries:
        info = SubElement(alert, "info")
        for name, text in _info(entry, public_url):
            if text:
                SubElement(info, name).text = text
        _resources(info, entry, public_url)
        if entry.area:
            SubElement(SubElement(info, "area"), "areaDesc").text = entry.area
    indent(alert)
    data: bytes = tostring(alert, encoding="utf-8", xml_declaration=True)
    return data


def _alert(entry: Entry) -> list[tuple[str, str]]:
    sender, zone = entry.speaker.host, entry.speaker.timezone
    earlier = [f"{sender},{entry.id}.{revision},{iso_time(at, zone)}" for revision, at in entry.earlier]
    # An update of what this site never published refers to nothing, which CAP allows only an alert to do.
    kind = "Alert" if not earlier or entry.stage == "issue" else "Cancel" if entry.stage == "withdraw" else "Update"
    parts = [
        ("identifier", f"{entry.id}.{entry.revision}"),
        ("sender", sender),
        ("sent", iso_time(entry.sent, zone)),
        ("status", "Exercise" if entry.is_exercise else "Actual"),
        ("msgType", kind),
        ("scope", "Public"),
    ]
    if entry.is_exercise:
        parts.append(("note", f"{words(entry.language)['drill']}. {words(entry.language)['drill_more']}"))
    if kind != "Alert":
        parts.append(("references", " ".join(earlier)))
    return parts


def _info(entry: Entry, public_url: str) -> list[tuple[str, str | None]]:
    speaker = entry.speaker
    onset = entry.onset if entry.onset and not entry.is_over else None
    return [
        ("language", entry.language),
        ("category", entry.category),
        ("event", entry.event or kind_in_words(entry.kind, "en")),
        ("responseType", "AllClear" if entry.is_over else entry.response),
        ("urgency", "Past" if entry.is_over else entry.urgency),
        ("severity", entry.severity),
        ("certainty", entry.certainty),
        ("effective", iso_time(entry.sent, speaker.timezone)),
        ("onset", iso_time(onset, speaker.timezone) if onset else None),
        ("expires", iso_time(entry.expires, speaker.timezone)),
        ("senderName", speaker.name),
        ("headline", entry.title),
        ("description", entry.text),
        ("instruction", what_to_do(entry)),
        ("web", f"{public_url}/{entry.page}"),
        ("contact", speaker.phone),
    ]


def _resources(info: "Element", entry: Entry, public_url: str) -> None:
    from xml.etree.ElementTree import SubElement

    for picture in entry.pictures:
        resource = SubElement(info, "resource")
        described = picture.alt or words(entry.language)["photo" if picture.is_image else "document"]
        SubElement(resource, "resourceDesc").text = described
        SubElement(resource, "mimeType").text = picture.media_type
        SubElement(resource, "size").text = str(picture.size)
        SubElement(resource, "uri").text = f"{public_url}/{picture.file}"
