"""How a notification ends on the site: expired, withdrawn, or over, and then without a trace of the person it named."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from channels.site import Site
from notifier.channel import Delivered, Outcome
from tests.channels.test_site import ID, a_site, everything, sent
from tests.notifications import NOW, some_facts, some_media


def test_what_has_expired_leaves_index_and_feeds(tmp_path: Path) -> None:
    """Upkeep drops the expired, says so on its page, and plainly says when nothing is left."""
    sent(a_site(tmp_path), expires=NOW + timedelta(hours=1))
    a_site(tmp_path).upkeep(NOW + timedelta(hours=2))
    index = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "There are no current notifications." in index
    assert "555-555-0100" in index
    assert json.loads((tmp_path / "feed.json").read_bytes())["items"] == []
    assert "This notification has expired" in (tmp_path / f"{ID}.html").read_text(encoding="utf-8")


def test_upkeep_writes_nothing_when_nothing_expired(tmp_path: Path) -> None:
    """Upkeep may be called at any time, also before the first notification."""
    site = a_site(tmp_path / "site")
    site.upkeep(NOW)
    assert list(tmp_path.iterdir()) == []
    sent(site)
    before = everything(tmp_path)
    site.upkeep(NOW + timedelta(minutes=1))
    assert everything(tmp_path) == before


def test_the_next_notification_drops_what_has_expired(tmp_path: Path) -> None:
    """The index is right after a send, even where no upkeep runs; the newest comes first."""
    sent(a_site(tmp_path), id="n-old", headline="Old news", expires=NOW + timedelta(hours=1))
    later = NOW + timedelta(hours=2)
    sent(a_site(tmp_path, later), id="n-a", headline="First of two", sent=later)
    sent(a_site(tmp_path, later), id="n-b", headline="Second of two", sent=later + timedelta(seconds=1))
    index = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "Old news" not in index
    assert index.index("Second of two") < index.index("First of two")


def missing_person(site: Site, language: str, headline: str) -> None:
    """Publish that a person is missing, with name, place, link and photo."""
    facts = some_facts("missing-person", name="Robin Example", endangered=True).alert_facts()
    outcome = sent(
        site,
        kind="missing-person",
        languages=("en", "es"),
        language=language,
        headline=headline,
        text=f"{headline}.\n\nhttps://police.exampleton.example/robin-example",
        alert=facts,
        links=("https://police.exampleton.example/robin-example",),
        media=(replace(some_media(), alt="Robin Example in a red jacket", rights="the Example family"),),
    )
    assert isinstance(outcome, Delivered)


def located(site: Site, language: str = "en", **changes: Any) -> Outcome:
    """Publish that the person was found, as a careless template would: with the old facts, link and photo."""
    return sent(
        site,
        **{
            "kind": "missing-person",
            "stage": "resolve",
            "revision": 2,
            "languages": ("en", "es"),
            "language": language,
            "headline": "The missing person has been located",
            "text": "The person has been located. Thank you.",
            "alert": some_facts("missing-person", name="Robin Example").alert_facts(),
            "links": ("https://police.exampleton.example/robin-example",),
            "media": (some_media(),),
            **changes,
        },
    )


def test_a_located_person_leaves_no_trace(tmp_path: Path) -> None:
    """After the first resolve, in whichever language, no name, place, link or photo is left anywhere in the folder."""
    site = a_site(tmp_path)
    missing_person(site, "en", "Missing: Robin Example, 14")
    missing_person(site, "es", "Desaparecida: Robin Example, 14")
    (tmp_path / ".staging" / "left").write_text("Robin Example")
    assert isinstance(located(site), Delivered)
    left = everything(tmp_path)
    assert b"robin" not in left.lower()
    assert b"Prospect Hill Park" not in left
    assert list((tmp_path / "media").iterdir()) == []
    assert b"has been located" in (tmp_path / f"{ID}.es.html").read_bytes()
    assert sorted(path.name for path in (tmp_path / "cap").iterdir()) == [f"{ID}.2.xml", f"{ID}.xml"]


def test_a_late_issue_does_not_bring_a_located_person_back(tmp_path: Path) -> None:
    """A retry of the issue that comes after the resolve is taken and shows nothing, in any language."""
    site = a_site(tmp_path)
    missing_person(site, "en", "Missing: Robin Example, 14")
    located(site)
    missing_person(site, "es", "Desaparecida: Robin Example, 14")
    missing_person(site, "en", "Missing: Robin Example, 14")
    assert b"robin" not in everything(tmp_path).lower()


def test_the_resolve_of_the_second_language_replaces_the_first_s_tombstone(tmp_path: Path) -> None:
    """Each language ends with its own words."""
    site = a_site(tmp_path)
    missing_person(site, "es", "Desaparecida: Robin Example, 14")
    located(site)
    located(site, "es", headline="La persona fue localizada", text="Gracias.")
    assert "La persona fue localizada" in (tmp_path / f"{ID}.es.html").read_text(encoding="utf-8")
    assert "has been located" in (tmp_path / f"{ID}.html").read_text(encoding="utf-8")


def test_a_damaged_entry_of_a_located_person_is_removed_too(tmp_path: Path) -> None:
    """What the site can no longer read is still found by its name and removed, with its photo."""
    site = a_site(tmp_path)
    missing_person(site, "es", "Desaparecida: Robin Example, 14")
    entry = tmp_path / f"entries/{ID}.es.json"
    entry.write_bytes(entry.read_bytes()[:-5])
    located(site)
    assert b"robin" not in everything(tmp_path).lower()
    assert list((tmp_path / "media").iterdir()) == []


def test_a_photo_that_another_notification_shows_stays(tmp_path: Path) -> None:
    """Only pictures that no entry shows are removed."""
    site = a_site(tmp_path)
    missing_person(site, "en", "Missing: Robin Example, 14")
    sent(site, id="n-other", media=(some_media(),))
    located(site)
    assert [path.name for path in (tmp_path / "media").iterdir()] == [f"{some_media().sha256}.png"]


def test_a_withdrawn_notification_leaves_the_lists(tmp_path: Path) -> None:
    """A withdrawal stands on the page alone: index and feeds no longer name it."""
    site = a_site(tmp_path)
    sent(site, text="Wrong words.")
    sent(site, stage="withdraw", revision=2, headline="Withdrawn", text="This was published by mistake.")
    assert b"Wrong words." not in everything(tmp_path)
    assert "published by mistake" in (tmp_path / f"{ID}.html").read_text(encoding="utf-8")
    assert json.loads((tmp_path / "feed.json").read_bytes())["items"] == []
