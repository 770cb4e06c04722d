"""The site's feeds, as feed readers read them."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import feedparser
import pytest

from channels.site import Site
from tests.channels.test_site import ID, URL, a_site, sent
from tests.notifications import NOW, some_media


def read_feed(folder: Path, name: str) -> Any:
    """Parse an XML feed, which must be well-formed."""
    feed = feedparser.parse((folder / name).read_bytes())
    assert not feed.bozo, feed.get("bozo_exception")
    return feed


def read_json_feed(folder: Path, name: str = "feed.json") -> Any:
    """Parse the JSON Feed."""
    return json.loads((folder / name).read_bytes())


def two_notifications(site: Site) -> None:
    """Publish a road closure, and a minute later another with a picture."""
    sent(site)
    sent(site, id="n-2", headline="Second <b>& more</b>", sent=NOW + timedelta(minutes=1), media=(some_media(),))


def test_rss_lists_the_newest_first_with_permalinks(tmp_path: Path) -> None:
    """The RSS names itself, and each item has a permalink as its guid, a date, and the text."""
    two_notifications(a_site(tmp_path))
    feed = read_feed(tmp_path, "feed.rss")
    assert feed.version == "rss20"
    assert feed.feed.title == "Exampleton Police Department: Current notifications"
    assert {"rel": "self", "type": "application/rss+xml", "href": f"{URL}/feed.rss"} in feed.feed.links
    assert [item.id for item in feed.entries] == [f"{URL}/n-2.html", f"{URL}/{ID}.html"]
    assert [item.link for item in feed.entries] == [f"{URL}/n-2.html", f"{URL}/{ID}.html"]
    assert f'<guid isPermaLink="true">{URL}/n-2.html</guid>' in (tmp_path / "feed.rss").read_text(encoding="utf-8")
    assert feed.entries[1].published == "Sun, 22 Nov 2026 14:58:06 -0500"
    assert "Main Street is closed now" in feed.entries[1].summary
    assert feed.entries[0].enclosures[0].href == f"{URL}/media/{some_media().sha256}.png"


def test_atom_keeps_its_ids_and_tells_what_was_updated(tmp_path: Path) -> None:
    """After an update the entry has its old id and published time, and a new updated time."""
    site = a_site(tmp_path)
    sent(site)
    before = read_feed(tmp_path, "feed.atom")
    later = NOW + timedelta(hours=1)
    sent(a_site(tmp_path, later), stage="update", revision=2, headline="Updated", sent=later)
    feed = read_feed(tmp_path, "feed.atom")
    assert feed.version == "atom10"
    assert (before.feed.id, before.entries[0].id) == (feed.feed.id, feed.entries[0].id)
    assert feed.entries[0].title == "Updated"
    assert feed.entries[0].published == "2026-11-22T14:58:06-05:00"
    assert feed.entries[0].updated == feed.feed.updated == "2026-11-22T15:58:06-05:00"
    links = {link.rel: link.href for link in feed.entries[0].links}
    assert links == {"alternate": f"{URL}/{ID}.html", "related": f"{URL}/cap/{ID}.xml"}


def test_json_feed_has_the_fields_of_version_1_1(tmp_path: Path) -> None:
    """What JSON Feed 1.1 requires is there, and what a program needs besides stands in our extension."""
    two_notifications(a_site(tmp_path))
    feed = read_json_feed(tmp_path)
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["feed_url"] == f"{URL}/feed.json"
    assert feed["home_page_url"] == f"{URL}/index.html"
    newest, first = feed["items"]
    assert newest["image"] == newest["attachments"][0]["url"] == f"{URL}/media/{some_media().sha256}.png"
    assert first["id"] == first["url"] == f"{URL}/{ID}.html"
    assert first["content_text"].startswith("Exampleton PD: Main Street is closed")
    assert datetime.fromisoformat(first["date_published"]) == NOW.replace(microsecond=0)
    assert first["_notifier"]["expires"] == "2026-11-23T02:58:06-05:00"
    assert first["_notifier"]["status"] == "actual"


def test_markup_in_a_feed_is_inert_twice_over(tmp_path: Path) -> None:
    """Words that look like markup are words after the feed, and again after the HTML in it, are read."""
    sent(a_site(tmp_path), headline="<script>alert(1)</script>", text="]]><script>alert(2)</script>\x00")
    for name in ("feed.rss", "feed.atom"):
        raw = (tmp_path / name).read_text(encoding="utf-8")
        assert "<script" not in raw
        assert "&amp;lt;script&amp;gt;alert(2)" in raw
    assert (
        read_feed(tmp_path, "feed.atom").entries[0].content[0].value
        == "<p>]]&gt;&lt;script&gt;alert(2)&lt;/script&gt;</p>"
    )
    item = read_json_feed(tmp_path)["items"][0]
    assert item["content_html"] == "<p>]]&gt;&lt;script&gt;alert(2)&lt;/script&gt;</p>"


def test_each_notification_stands_once_in_the_feed_of_each_language(tmp_path: Path) -> None:
    """The feed of a language tells in it what was said in it, and the rest in the language it was said in."""
    site = a_site(tmp_path)
    both = ("en", "es")
    sent(site, languages=both)
    sent(site, languages=both, language="es", headline="Calle cerrada: Main Street")
    sent(site, id="n-2", headline="Only in English", sent=NOW + timedelta(minutes=1))
    english = [item.title for item in read_feed(tmp_path, "feed.rss").entries]
    spanish = [item.title for item in read_feed(tmp_path, "feed.es.rss").entries]
    assert english == ["Only in English", "Road closed: Main Street"]
    assert spanish == ["Only in English", "Calle cerrada: Main Street"]
    assert read_feed(tmp_path, "feed.es.atom").feed.title == "Exampleton Police Department: Avisos vigentes"
    assert [item["language"] for item in read_json_feed(tmp_path, "feed.es.json")["items"]] == ["en", "es"]


def test_one_notification_in_spanish_alone_does_not_turn_the_site_spanish(tmp_path: Path) -> None:
    """The department's first language keeps the plain names."""
    site = a_site(tmp_path)
    sent(site, languages=("en", "es"))
    sent(site, id="n-2", languages=("es",), language="es", headline="Solo en español")
    assert '<html lang="en">' in (tmp_path / "index.html").read_text(encoding="utf-8")
    assert len(read_feed(tmp_path, "feed.rss").entries) == 2


def test_an_exercise_says_so_in_every_title(tmp_path: Path) -> None:
    """A drill cannot be taken for news in a reader that shows titles only."""
    sent(a_site(tmp_path), status="exercise")
    assert read_feed(tmp_path, "feed.rss").entries[0].title == "DRILL: Road closed: Main Street"
    assert read_feed(tmp_path, "feed.atom").entries[0].title == "DRILL: Road closed: Main Street"
    assert read_json_feed(tmp_path)["items"][0]["title"] == "DRILL: Road closed: Main Street"


@pytest.mark.parametrize("name", ["feed.rss", "feed.atom"])
def test_a_feed_lists_the_hundred_newest(tmp_path: Path, name: str) -> None:
    """Beyond a hundred, the oldest fall out of the feeds."""
    site = a_site(tmp_path)
    for number in range(103):
        sent(site, id=f"n-{number}", sent=NOW + timedelta(seconds=number))
    entries = read_feed(tmp_path, name).entries
    assert len(entries) == 100
    assert (entries[0].link, entries[-1].link) == (f"{URL}/n-102.html", f"{URL}/n-3.html")
