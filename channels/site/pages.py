"""The pages that residents read: one for each notification and language, and the index of what is current.

What a resident needs first stands first: the hazard, the place, the time, what to do.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from channels.site.entry import Entry, Picture
from channels.site.layout import Place, language_link, language_links, meta, page, paragraphs
from channels.site.markup import Markup, element, joined
from channels.site.names import index_name, newest_name
from channels.site.words import kind_in_words, what_to_do, words

_SHOWN_SEVERITIES = ("Extreme", "Severe", "Moderate")


def entry_page(
    entry: Entry, family: Iterable[Entry], languages: tuple[str, ...], public_url: str, now: datetime
) -> bytes:
    """Write the page of an entry.

    family: the entries of the same notification in every language, this one among them. languages: those of the site.
    """
    place = Place(entry.language, languages, public_url, entry.speaker)
    others = [other for other in family if other.language != entry.language]
    article = element(
        "article",
        {},
        *_notices(entry, others, now),
        _band(entry),
        element("h1", {}, entry.headline),
        _facts(entry, place),
        *(_figure(picture, entry.language) for picture in entry.pictures if picture.is_image),
        element("div", {"class": "text"}, paragraphs(entry.text)),
        *_more(entry),
    )
    back = element("p", {"class": "back"}, element("a", {"href": place.index}, words(entry.language)["all"]))
    links = language_links(place, [(other.language, other.page) for other in others])
    cap = element("a", {"href": newest_name(entry.id)}, "CAP")
    return page(place, entry.title, _entry_head(entry, others, public_url), links, joined(article, back), [cap])


def index_page(entries: Iterable[Entry], place: Place, now: datetime) -> bytes:
    """Write the index of a language: what is current, newest first."""
    said, home = words(place.language), place.languages[0]
    others = [(other, index_name(other, home)) for other in place.languages if other != place.language]
    items = [_item(entry, place) for entry in entries]
    content = joined(
        element("h1", {}, said["current"]),
        element("p", {"class": "none"}, said["none"]) if not items else "",
        element("p", {"class": "as-of"}, f"{said['as_of']} ", place.time(now)),
        *items,
    )
    head = [
        element("link", {"rel": "canonical", "href": f"{place.public_url}/{place.index}"}),
        *_alternates(others, place.public_url),
    ]
    return page(place, said["current"], head, language_links(place, others), content)


def _entry_head(entry: Entry, others: Sequence[Entry], public_url: str) -> list[Markup]:
    address = f"{public_url}/{entry.page}"
    # A search engine's copy of a missing person's page would outlive its removal here.
    robots = "noindex, noarchive" if entry.is_tombstone else "noarchive" if entry.is_personal else None
    cap = {"rel": "alternate", "type": "application/cap+xml", "title": "CAP 1.2"}
    return [
        meta("description", entry.short),
        *([meta("robots", robots)] if robots else []),
        meta("og:type", "article"),
        meta("og:site_name", entry.speaker.name),
        meta("og:title", entry.title),
        meta("og:description", entry.short),
        meta("og:url", address),
        element("link", {"rel": "canonical", "href": address}),
        *_alternates([(other.language, other.page) for other in others], public_url),
        element("link", {**cap, "href": f"{public_url}/{newest_name(entry.id)}"}),
    ]


def _alternates(others: Iterable[tuple[str, str]], public_url: str) -> list[Markup]:
    return [
        element("link", {"rel": "alternate", "hreflang": language, "href": f"{public_url}/{name}"})
        for language, name in others
    ]


def _notices(entry: Entry, others: Sequence[Entry], now: datetime) -> list[Markup]:
    said = words(entry.language)
    notices = []
    if entry.is_exercise:
        notices.append(element("p", {"class": "drill"}, element("strong", {}, said["drill"]), f" {said['drill_more']}"))
    if entry.expires <= now and entry.stage != "withdraw":
        notices.append(element("p", {"class": "notice"}, said["expired"]))
    newer = max(
        (other for other in others if other.revision > entry.revision), key=lambda one: one.revision, default=None
    )
    if newer is not None:
        link = language_link(newer.language, newer.page)
        notices.append(element("p", {"class": "notice"}, f"{said['newer']} ", link, "."))
    return notices


def _band(entry: Entry) -> Markup:
    return element("p", {"class": f"band {_colour(entry)}"}, *_labels(entry, entry.language))


def _labels(entry: Entry, language: str) -> list[Markup]:
    said = words(language)
    labels = [element("strong", {}, said[entry.stage])] if entry.stage != "issue" and entry.stage in said else []
    labels.append(element("span", {}, kind_in_words(entry.kind, language)))
    if not entry.is_over and entry.severity in _SHOWN_SEVERITIES:
        labels.append(element("span", {}, f"{said['severity']}: {said[entry.severity]}"))
    return labels


def _colour(entry: Entry) -> str:
    return "over" if entry.is_over else entry.severity.lower()


def _facts(entry: Entry, place: Place) -> Markup:
    said = words(entry.language)
    first: list[tuple[str, str | None]] = [
        ("where", entry.area),
        ("starts", place.time(entry.onset) if entry.onset and not entry.is_over else None),
        ("todo", what_to_do(entry)),
    ]
    then: list[tuple[str, str | None]] = [
        ("issued", place.time(entry.issued)),
        ("updated", place.time(entry.sent) if entry.revision > 1 else None),
        ("until", place.time(entry.expires) if entry.stage != "withdraw" else None),
    ]
    rows = [("first", name, fact) for name, fact in first] + [(None, name, fact) for name, fact in then]
    return element(
        "dl",
        {},
        *(
            element("div", {"class": group}, element("dt", {}, said[name]), element("dd", {}, fact))
            for group, name, fact in rows
            if fact
        ),
    )


def _figure(picture: Picture, language: str) -> Markup:
    said = words(language)
    image = element("img", {"src": picture.file, "alt": picture.alt or said["photo"]})
    caption = element("figcaption", {}, f"{said['rights']}: {picture.rights}") if picture.rights else ""
    return element("figure", {}, image, caption)


def _more(entry: Entry) -> list[Markup]:
    """Link what the text does not link already, and the papers that go with it."""
    said = words(entry.language)
    links = [element("a", {"href": link}, link) for link in entry.links if link not in entry.text]
    papers = [
        element("a", {"href": paper.file, "type": paper.media_type}, paper.alt or said["document"])
        for paper in entry.pictures
        if not paper.is_image
    ]
    return [
        joined(element("h2", {}, said[name]), element("ul", {}, *(element("li", {}, link) for link in found)))
        for name, found in (("more", links), ("attached", papers))
        if found
    ]


def _item(entry: Entry, place: Place) -> Markup:
    said = words(place.language)
    foreign = {"lang": entry.language if entry.language != place.language else None}
    label, moment = (said["issued"], entry.issued) if entry.revision == 1 else (said["updated"], entry.sent)
    return element(
        "article",
        {"class": f"item {_colour(entry)}"},
        element("p", {"class": "drill"}, element("strong", {}, said["drill"])) if entry.is_exercise else "",
        element("p", {"class": "label"}, *_labels(entry, place.language)),
        element("h2", foreign, element("a", {"href": entry.page}, entry.headline)),
        element("p", foreign, entry.short) if entry.short != entry.headline else "",
        element("p", {"class": "when"}, f"{label}: ", place.time(moment)),
    )
