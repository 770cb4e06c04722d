"""The site's adapter and its pages; what the tests of its other files share."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from channels.site import CHANNEL, Site, SiteSettings
from notifier.channel import Delivered, Media, Outcome, Prepared, Rejected
from notifier.http_client import HttpClient
from tests.notifications import NOW, a_message, png_bytes, some_facts, some_media

URL = "https://alerts.exampleton.example"
ID = "n-20261122-195806-k7f3q"


def a_site(folder: Path, now: datetime = NOW, *, timeout: float = 15) -> Site:
    """Make the site's adapter on a folder, at a moment."""
    settings = SiteSettings(type="site", folder=folder, public_url=URL, timeout=timeout)
    return Site("site", settings, HttpClient(), clock=lambda: now)


def sent(site: Site, **changes: Any) -> Outcome:
    """Send a message that differs from the plain one by these fields."""
    return site.send(Prepared(a_message(**changes)))


def everything(folder: Path) -> bytes:
    """All that stands in a folder: names and contents of every file."""
    return b"\n".join(str(p).encode() + b"\n" + p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file())


class _Page(HTMLParser):
    """What a browser would find in a page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def test_a_notification_gets_its_page_cap_document_and_place_in_every_list(tmp_path: Path) -> None:
    """One send writes the page under both names, CAP, entry, index and feeds, and answers with the page's address."""
    outcome = sent(a_site(tmp_path / "new" / "site"))
    assert isinstance(outcome, Delivered)
    assert (outcome.remote_id, outcome.url) == (f"{ID}.en", f"{URL}/{ID}.html")
    assert outcome.receipt["remote_id"] == outcome.remote_id
    assert outcome.receipt["url"] == outcome.url
    for name in (f"{ID}.html", f"{ID}.en.html", f"cap/{ID}.1.xml", f"cap/{ID}.xml", f"entries/{ID}.en.json"):
        assert (tmp_path / "new" / "site" / name).stat().st_size > 0
    for name in ("index.html", "feed.rss", "feed.atom", "feed.json"):
        assert "Road closed: Main Street" in (tmp_path / "new" / "site" / name).read_text(encoding="utf-8")


def test_the_files_can_be_read_by_the_web_server(tmp_path: Path) -> None:
    """Published files are readable for other users, as the process's umask has it."""
    sent(a_site(tmp_path))
    reference = tmp_path / "reference"
    reference.write_text("as any file is made")
    assert (tmp_path / "index.html").stat().st_mode == reference.stat().st_mode


def test_the_same_message_again_changes_nothing(tmp_path: Path) -> None:
    """A repeat answers as the first did and leaves every byte as it was."""
    first = sent(a_site(tmp_path))
    before = everything(tmp_path)
    assert sent(a_site(tmp_path, NOW + timedelta(minutes=9))) == first
    assert everything(tmp_path) == before


def test_an_update_replaces_the_page_under_the_same_address(tmp_path: Path) -> None:
    """The newest revision is what the page, the index and the entry say, with the time of the first issue."""
    sent(a_site(tmp_path))
    later = NOW + timedelta(hours=1)
    outcome = sent(
        a_site(tmp_path, later), stage="update", revision=2, headline="Now also Elm Street", sent=later, created=later
    )
    assert isinstance(outcome, Delivered)
    page = (tmp_path / f"{ID}.html").read_text(encoding="utf-8")
    assert "Now also Elm Street" in page
    assert "Road closed: Main Street" not in page
    assert "2:58\xa0PM\xa0EST" in page
    assert "3:58\xa0PM\xa0EST" in page
    assert "Road closed: Main Street" not in (tmp_path / "index.html").read_text(encoding="utf-8")


def test_an_older_revision_that_comes_late_changes_nothing(tmp_path: Path) -> None:
    """What was overtaken counts as delivered and overwrites nothing."""
    site = a_site(tmp_path)
    sent(site, stage="update", revision=2, headline="The newer words")
    before = everything(tmp_path)
    assert isinstance(sent(site, revision=1), Delivered)
    assert everything(tmp_path) == before


def test_an_older_revision_in_another_language_is_not_published_after_the_end(tmp_path: Path) -> None:
    """Once the matter is over in one language, no earlier words appear in another."""
    site = a_site(tmp_path)
    both = ("en", "es")
    sent(site, languages=both, stage="resolve", revision=2, headline="Main Street is open")
    assert isinstance(sent(site, languages=both, language="es", headline="Calle cerrada"), Delivered)
    assert b"Calle cerrada" not in everything(tmp_path)


def test_languages_link_each_other_and_have_their_own_labels(tmp_path: Path) -> None:
    """Each language has its page and its index, says its language, and leads to the other."""
    site = a_site(tmp_path)
    sent(site, languages=("en", "es"))
    outcome = sent(site, languages=("en", "es"), language="es", headline="Calle cerrada: Main Street")
    assert isinstance(outcome, Delivered)
    assert outcome.url == f"{URL}/{ID}.es.html"
    english, spanish = _Page(tmp_path / f"{ID}.html"), _Page(tmp_path / f"{ID}.es.html")
    assert (english.all("html")[0]["lang"], spanish.all("html")[0]["lang"]) == ("en", "es")
    assert {"href": f"{ID}.es.html", "lang": "es", "hreflang": "es"} in english.all("a")
    assert {"href": f"{ID}.html", "lang": "en", "hreflang": "en"} in spanish.all("a")
    for label in ("Cierre de calle", "Evite la zona.", "Publicado", "En una emergencia, llame al 911."):
        assert label in spanish.words
    assert "Avoid the area." not in spanish.words.partition("Exampleton PD: Main Street")[0]
    assert "Avisos vigentes" in (tmp_path / "index.es.html").read_text(encoding="utf-8")
    assert "Road closed: Main Street" in (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "Calle cerrada" not in (tmp_path / "index.html").read_text(encoding="utf-8")


def test_a_page_whose_other_language_is_newer_says_so(tmp_path: Path) -> None:
    """While a translation waits, its page leads to the newer words."""
    site = a_site(tmp_path)
    both = ("en", "es")
    sent(site, languages=both)
    sent(site, languages=both, language="es", headline="Calle cerrada")
    sent(site, languages=both, stage="update", revision=2, headline="Newer")
    assert "Hay una versión más reciente" in (tmp_path / f"{ID}.es.html").read_text(encoding="utf-8")
    assert "Newer" in (tmp_path / "index.es.html").read_text(encoding="utf-8")


def test_what_a_resident_needs_first_stands_first(tmp_path: Path) -> None:
    """Hazard, place, guidance and times come in this order, before the long text, with machine-readable times."""
    facts = some_facts("weather-emergency", guidance="Move to higher ground now.", starts="2026-11-22T18:00")
    sent(
        a_site(tmp_path),
        kind="weather-emergency",
        alert=facts.alert_facts(),
        headline="Flash Flood Warning",
        text="The long text.",
    )
    page = _Page(tmp_path / f"{ID}.html")
    words = page.words[page.words.index("Weather emergency") :]
    order = [
        "Flash Flood Warning",
        "Southeast Middlesex",
        "6:00\xa0PM\xa0EST",
        "Move to higher ground now.",
        "The long text.",
        "call 911",
    ]
    places = [words.index(part) for part in order]
    assert places == sorted(places)
    assert {"datetime": "2026-11-22T18:00:00-05:00"} in page.all("time")
    assert "555-555-0100" in words


def test_a_page_is_accessible_and_loads_nothing(tmp_path: Path) -> None:
    """One h1, a skip link to the content, alt text, a viewport; no script, and nothing from elsewhere."""
    sent(a_site(tmp_path), media=(some_media(alt="A map of the closure"),))
    for name in (f"{ID}.html", "index.html"):
        page = _Page(tmp_path / name)
        assert len(page.all("h1")) == 1
        assert page.all("a")[0]["href"] == "#content"
        assert any(main.get("id") == "content" for main in page.all("main"))
        assert any(meta.get("name") == "viewport" for meta in page.all("meta"))
        assert not page.all("script")
        assert not [link for link in page.all("link") if link["rel"] not in ("alternate", "canonical")]
    image = _Page(tmp_path / f"{ID}.html").all("img")[0]
    assert image["alt"] == "A map of the closure"
    assert (tmp_path / str(image["src"])).read_bytes() == png_bytes()


def test_the_index_leads_to_the_feeds(tmp_path: Path) -> None:
    """A feed reader finds all three feeds from a page's head."""
    sent(a_site(tmp_path))
    links = [link for link in _Page(tmp_path / "index.html").all("link") if link["rel"] == "alternate"]
    assert [(link["type"], link["href"]) for link in links] == [
        ("application/rss+xml", f"{URL}/feed.rss"),
        ("application/atom+xml", f"{URL}/feed.atom"),
        ("application/feed+json", f"{URL}/feed.json"),
    ]


def test_the_style_is_allowed_by_the_page_s_own_policy(tmp_path: Path) -> None:
    """The hash in the content security policy is that of the style in the page, so the page is not bare."""
    import hashlib
    from base64 import b64encode

    sent(a_site(tmp_path))
    text = (tmp_path / "index.html").read_text(encoding="utf-8")
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)
    assert style is not None
    assert f"sha256-{b64encode(hashlib.sha256(style[1].encode()).digest()).decode()}" in text


def test_an_exercise_is_loud(tmp_path: Path) -> None:
    """A drill is marked on its page and in the index, in the page's language."""
    site = a_site(tmp_path)
    sent(site, status="exercise", languages=("en", "es"))
    sent(site, status="exercise", languages=("en", "es"), language="es")
    assert "DRILL – this is an exercise" in _Page(tmp_path / f"{ID}.html").words
    assert "DRILL – this is an exercise" in _Page(tmp_path / "index.html").words
    assert "SIMULACRO – esto es un ejercicio" in _Page(tmp_path / f"{ID}.es.html").words


@pytest.mark.parametrize("field", ["headline", "text", "department_name", "short_name", "phone", "kind"])
def test_markup_in_any_text_is_inert(tmp_path: Path, field: str) -> None:
    """What looks like markup is shown as it was typed."""
    attack = "</title></p><script>alert(1)</script><img src=x onerror=alert(1)>\"'"
    change: dict[str, Any] = {field: f"Police {attack}"}
    sent(a_site(tmp_path), beside={"short": attack}, **change)
    for name in (f"{ID}.html", "index.html"):
        page = _Page(tmp_path / name)
        assert not page.all("script")
        assert not page.all("img")
        assert not [1 for _, attributes in page.tags if any(key.startswith("on") for key in attributes)]


def test_markup_in_facts_and_alt_text_is_inert(tmp_path: Path) -> None:
    """The alert's facts and a picture's words are escaped as well."""
    forged: Any = 'x" onload="1'
    facts = replace(a_message().alert, area='"><script>1</script>', instruction="<b>run</b>", severity=forged)
    picture = replace(some_media(alt='"><script>1</script>'), rights="<script>", name="<script>.png")
    sent(a_site(tmp_path), alert=facts, media=(picture,))
    page = _Page(tmp_path / f"{ID}.html")
    assert not page.all("script")
    assert not page.all("b")
    assert page.all("img")[0]["alt"] == '"><script>1</script>'
    assert not [1 for _, attributes in page.tags if "onload" in attributes]


def test_only_web_addresses_become_links(tmp_path: Path) -> None:
    """http and https are linked, from the text and beside it; javascript, data and credentials are not."""
    links = ("javascript:alert(1)", "data:text/html,x", "https://user:pw@city.example/", "https://city.example/a")
    sent(
        a_site(tmp_path),
        links=links,
        text="See https://city.example/b. Not javascript:alert(2) nor https://u:p@evil.example/x",
    )
    targets = [str(link["href"]) for link in _Page(tmp_path / f"{ID}.html").all("a")]
    assert "https://city.example/a" in targets
    assert "https://city.example/b" in targets
    assert not [target for target in targets if "javascript" in target or "data:" in target or "@" in target]


def test_paragraphs_and_lines_are_kept(tmp_path: Path) -> None:
    """An empty line makes a paragraph, a line break stays one."""
    sent(a_site(tmp_path), text="First.\n\nSecond,\nwith two lines.")
    page = (tmp_path / f"{ID}.html").read_text(encoding="utf-8")
    assert "<p>First.</p><p>Second,<br/>\nwith two lines.</p>" in page


def test_characters_that_no_document_can_hold_are_left_out(tmp_path: Path) -> None:
    """Control characters, lone surrogates and bidi overrides disappear; the words stay."""
    outcome = sent(a_site(tmp_path), headline="Main\x00 Street\ud800 \u202eis\x0b closed\uffff")
    assert isinstance(outcome, Delivered)
    assert "Main Street is closed" in (tmp_path / f"cap/{ID}.xml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "change",
    [
        {"id": "../../etc/cron.d/x"},
        {"id": "index"},
        {"id": "feed"},
        {"id": ".hidden"},
        {"id": "n-1/../../x"},
        {"id": "n-1\n"},
        {"id": ""},
        {"language": "../en"},
        {"language": "e"},
        {"languages": ("en", "../../es")},
        {"revision": 0},
        {"timezone": "../../etc/passwd"},
    ],
)
def test_a_name_that_could_leave_the_folder_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    """An id, a language or a zone that is no plain name is rejected, and nothing is written anywhere."""
    outcome = sent(a_site(tmp_path / "site"), **change)
    assert isinstance(outcome, Rejected)
    assert list(tmp_path.iterdir()) == []


def test_a_picture_s_own_name_never_reaches_the_disk(tmp_path: Path) -> None:
    """A picture is stored under its hash and the extension of its checked type."""
    picture = replace(some_media(), name="../../index.html")
    sent(a_site(tmp_path), media=(picture,))
    assert [path.name for path in (tmp_path / "media").iterdir()] == [f"{picture.sha256}.png"]


@pytest.mark.parametrize(
    "change",
    [{"media_type": "text/html"}, {"sha256": "../../x"}, {"data": b"other bytes"}, {"data": b""}],
)
def test_a_picture_that_is_not_what_it_says_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    """An unknown type, a forged hash or lost bytes reject the message, and no page appears."""
    picture: Media = replace(some_media(), **change)
    assert isinstance(sent(a_site(tmp_path), media=(picture,)), Rejected)
    assert not (tmp_path / f"{ID}.html").exists()
    assert not (tmp_path / "index.html").exists()


def test_a_lost_list_of_contents_is_made_again(tmp_path: Path) -> None:
    """Without its memory of what is current, the site reads it from the entries."""
    site = a_site(tmp_path)
    sent(site, id="n-a", headline="First")
    (tmp_path / ".contents.json").write_text("{")
    sent(site, id="n-b", headline="Second")
    index = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "First" in index
    assert "Second" in index


@pytest.mark.parametrize("address", ["ftp://alerts.example", "alerts.example", "https://", "https://a.example/?x=1"])
def test_a_public_url_that_is_none_is_refused(tmp_path: Path, address: str) -> None:
    """The setting takes http and https addresses without a query, and says what to write."""
    with pytest.raises(ValidationError, match="is not a web address"):
        SiteSettings(type="site", folder=tmp_path, public_url=address)


def test_the_port_is_filled() -> None:
    """The registry finds the adapter, which asks for the long text, a headline and a short one, and keeps keys."""
    site: Callable[..., Site] = CHANNEL
    made = site("site", SiteSettings(type="site", folder=Path("/nowhere"), public_url=URL + "/"), HttpClient())
    assert made.capabilities.form == "long"
    assert made.capabilities.beside == ("headline", "short")
    assert made.capabilities.idempotency == "key"
    assert made.capabilities.limit is None
    assert made.settings.public_url == URL
