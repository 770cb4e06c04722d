"""The CAP 1.2 document of a revision: one alert, with an info for every language it was published in.

Source: OASIS Common Alerting Protocol 1.2, and its schema: the order of the elements is fixed, and a time has whole
seconds and an offset, never `Z`.
"""

from collections.abc import Iterable, Sequence

from channels.site.entry import Entry, Picture
from channels.site.markup import Markup, element, joined, xml
from channels.site.words import iso_time, kind_in_words, what_to_do, words

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"


def document(entries: Sequence[Entry], public_url: str) -> bytes:
    """Write the document of one revision.

    entries: the same revision in each language it was published in; the first gives what all have in common.
    """
    return xml(
        element(
            "alert",
            {"xmlns": NAMESPACE},
            _elements(_alert(entries[0])),
            *(element("info", {}, "\n", *_info(entry, public_url)) for entry in entries),
        )
    )


def _elements(values: Iterable[tuple[str, str | None]]) -> Markup:
    """Write elements one a line, in their order; one without words is left out."""
    return joined(*(joined(element(name, {}, value), "\n") for name, value in values if value))


def _alert(entry: Entry) -> list[tuple[str, str | None]]:
    sender, zone = entry.speaker.host, entry.speaker.timezone
    earlier = [f"{sender},{entry.id}.{revision},{iso_time(at, zone)}" for revision, at in entry.earlier]
    # An update of what this site never published has nothing to refer to, which CAP allows only an alert.
    kind = "Alert" if not earlier or entry.stage == "issue" else "Cancel" if entry.stage == "withdraw" else "Update"
    said = words(entry.language)
    return [
        ("identifier", f"{entry.id}.{entry.revision}"),
        ("sender", sender),
        ("sent", iso_time(entry.sent, zone)),
        ("status", "Exercise" if entry.is_exercise else "Actual"),
        ("msgType", kind),
        ("scope", "Public"),
        ("note", f"{said['drill']}. {said['drill_more']}" if entry.is_exercise else None),
        ("references", " ".join(earlier) if kind != "Alert" else None),
    ]


def _info(entry: Entry, public_url: str) -> list[Markup]:
    speaker = entry.speaker
    onset = entry.onset if entry.onset and not entry.is_over else None
    facts = [
        ("language", entry.language),
        ("category", entry.category),
        ("event", entry.event or kind_in_words(entry.kind, "en")),
        ("responseType", _response(entry)),
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
    area = [element("area", {}, element("areaDesc", {}, entry.area))] if entry.area else []
    return [_elements(facts), *(_resource(picture, entry.language, public_url) for picture in entry.pictures), *area]


def _response(entry: Entry) -> str:
    """What is to be done; of what was withdrawn nobody knows whether the place is safe."""
    if entry.stage == "withdraw":
        return "None"
    return "AllClear" if entry.is_over else entry.response


def _resource(picture: Picture, language: str, public_url: str) -> Markup:
    described = picture.alt or words(language)["photo" if picture.is_image else "document"]
    return element(
        "resource",
        {},
        element("resourceDesc", {}, described),
        element("mimeType", {}, picture.media_type),
        element("size", {}, str(picture.size)),
        element("uri", {}, f"{public_url}/{picture.file}"),
    )
