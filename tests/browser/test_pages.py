"""Every page that a person looks at, in a real browser, as wide as a telephone and as a desk."""

import base64
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests

from notifier.plan import make_plan
from notifier.practice.networks import platforms
from notifier.practice.pictures import NamedPicture
from notifier.practice.public_record import Post
from notifier.practice.server import PracticeServer
from notifier.registry import accounts
from notifier.rendering import Renderer
from notifier.settings import read_settings
from notifier.web.preview import preview_page
from notifier.wiring import House
from tests.browser.conftest import Looker
from tests.browser.looking import SIZES, check
from tests.notifications import FULL_FIELDS, a_department, a_full_notification, a_notification, png_bytes, some_media

pytestmark = pytest.mark.slow
both_widths = pytest.mark.parametrize("width", sorted(SIZES))


def write_preview(folder: Path, kind: str, **changes: Any) -> str:
    """Write the preview of a kind for every channel of the example department; answers its address."""
    department = a_department()
    settings = read_settings(None, {})
    house = House(None, {"XDG_STATE_HOME": str(folder)}, folder)
    targets = house.targets(tuple(accounts(settings)))
    of = a_notification if "body" in changes else a_full_notification
    notification = of(kind, languages=("en", "es"), **changes)
    media = (some_media(),)
    plan = make_plan(notification, department, targets, Renderer(department), media=media, skip_unfit=True)
    page = folder / "preview.html"
    page.write_text(preview_page(plan, department, {"x": "ExampletonPD"}), encoding="utf-8")
    return page.as_uri()


@both_widths
@pytest.mark.parametrize("kind", sorted(FULL_FIELDS))
def test_a_preview_is_readable(looker: Looker, tmp_path: Path, kind: str, width: int) -> None:
    """The preview of each kind has no sideways scroll, enough contrast, alt texts, no script, and asks nobody."""
    address = write_preview(tmp_path, kind)
    seen = looker(address, width)
    check(seen, address)
    assert "Nothing in it is against the order" in seen.words()


@both_widths
def test_a_blocked_drill_is_readable(looker: Looker, tmp_path: Path, width: int) -> None:
    """The preview that a PIO most needs to read, findings on a drill, is as readable as the others."""
    body = "We caught the thief who robbed Main Street Deli. " + "LongWordWithoutAnyBreak" * 12
    address = write_preview(tmp_path, "outreach", topic="Arrest", body=body, status="exercise")
    seen = looker(address, width)
    check(seen, address)
    assert "may not go out as it stands" in seen.words()


@both_widths
def test_the_timeline_is_readable(looker: Looker, published: str, width: int) -> None:
    """The practice timeline shows each platform's posts, readable at both widths."""
    seen = looker(published + "/", width)
    check(seen, published)
    assert all(name in seen.words() for name in ("X", "Facebook", "Nixle", "Webhook", "Main Street"))


@both_widths
def test_every_post_has_a_readable_page(looker: Looker, published: str, width: int) -> None:
    """The address that a delivery answers with shows that post alone."""
    posts = requests.get(f"{published}/practice/posts", timeout=5).json()["posts"]
    for address in {post["platform"]: post["url"] for post in posts}.values():
        seen = looker(address, width)
        check(seen, published)
        assert "One post" in seen.words()


@both_widths
def test_pictures_of_every_platform_are_readable(looker: Looker, width: int) -> None:
    """Pictures, their alt texts or the lack of one, links and labels stand readable in the posts of every platform."""
    with PracticeServer() as server:
        picture = server.record.pictures.keep(png_bytes(900, 300), "A map: Main Street is closed at Oak Street.")
        assert picture is not None
        shown = {"pictures": (picture, replace(picture, alt="")), "links": ("https://police.example/n/1",)}
        named = (NamedPicture("https://police.example/media/a-long-name-of-a-map-that-has-to-break.jpg", ""),)
        for platform in platforms():
            labels = {"_media_ids": "1 2", "to": "+15555550123", "from": "+15555550100", "segments": "1"}
            labels |= dict.fromkeys(("kind", "event", "urgency", "severity", "hours"), "Alert")
            labels |= dict.fromkeys(("stage", "status", "language", "receiver"), "a")
            path, now = f"/?platform={platform.name}", server.clock()
            more = {"title": "Main Street", "labels": labels, "named_pictures": named, "edited": now, **shown}
            server.record.add(Post(platform.name, "1", path, "Closed. #Exampleton", now, "k", **more))
        seen = looker(server.url + "/", width)
        check(seen, server.url)
        words = seen.words()
        assert all(platform.label in words for platform in platforms())
        assert "Alt text: A map" in words
        assert "No alt text" in words


@both_widths
def test_an_empty_timeline_is_readable(looker: Looker, width: int) -> None:
    """Before anything was published, the timeline says what to do."""
    with PracticeServer() as server:
        seen = looker(server.url + "/", width)
        check(seen, server.url)
        assert "notify road-closure" in seen.words()


@both_widths
def test_the_site_is_readable(looker: Looker, published: str, width: int) -> None:
    """The department's index and each of its pages, readable at both widths, link to nothing that is not there."""
    index = requests.get(f"{published}/site/feed.json", timeout=5).json()
    pages = [item["url"] for item in index["items"]]
    assert len(pages) >= len(FULL_FIELDS)
    for address in [f"{published}/site/", *pages]:
        check(looker(address, width), published)


BAD_PAGES = {
    "pale": '<p style="color:#999">Pale</p>',
    "pale on a tinted ground": '<div style="background:rgba(0,0,0,.5)"><p style="color:#777">Pale</p></div>',
    "wide": '<p style="width:2000px">Wide</p>',
    "script": "<script>1</script>",
    "no alt text": f'<img src="data:image/png;base64,{base64.b64encode(png_bytes()).decode()}">',
    "another site": '<img alt="x" src="http://127.0.0.2:9/x.png">',
}


@pytest.mark.parametrize("fault", BAD_PAGES)
def test_a_bad_page_is_found_out(looker: Looker, tmp_path: Path, fault: str) -> None:
    """What these tests look for they also find: each fault by itself fails a page that is well without it."""
    page = tmp_path / "page.html"
    good = (
        '<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><title>A</title><h1>A</h1>'
    )
    page.write_text(good + "<p>Words</p>" * 6, encoding="utf-8")
    check(looker(page.as_uri(), 360), page.as_uri())
    page.write_text(good + "<p>Words</p>" * 6 + BAD_PAGES[fault], encoding="utf-8")
    with pytest.raises(AssertionError):
        check(looker(page.as_uri(), 360), page.as_uri())
