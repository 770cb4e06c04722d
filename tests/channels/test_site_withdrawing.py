"""What is taken back from the site: one line stays at its address, and nothing of what it said anywhere."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from channels.site import Site
from notifier.channel import Delivered, Rejected, Retry
from tests.channels.test_site import ID, URL, a_site, everything, sent
from tests.channels.test_site_cap import a_document, texts
from tests.notifications import NOW, a_message, some_facts, some_media

LATER = NOW + timedelta(hours=1)
WORDS: dict[str, Any] = {
    "headline": "Robin Example is wanted",
    "text": "Robin Example is wanted near Prospect Hill Park.\n\nhttps://police.exampleton.example/robin",
    "beside": {"short": "Robin Example is wanted."},
    "links": ("https://police.exampleton.example/robin",),
    "media": (some_media("robin.png", "Robin Example in a red jacket"),),
    "kind": "special-event",
    "alert": some_facts("special-event", name="Robin Example Day", place="Prospect Hill Park").alert_facts(),
}


def published(folder: Path, **changes: Any) -> dict[str, Any]:
    """Publish what will be taken back; its receipt."""
    outcome = sent(a_site(folder), **{**WORDS, **changes})
    assert isinstance(outcome, Delivered)
    return dict(outcome.receipt)


def withdrawn(folder: Path, **changes: Any) -> Any:
    """Take it back an hour later, by the message that was published."""
    message = a_message(**{**WORDS, **changes})
    return a_site(folder, LATER).withdraw({"remote_id": f"{message.id}.{message.language}"}, message)


def test_nothing_of_it_is_left_but_one_line_at_its_address(tmp_path: Path) -> None:
    """No word, place, link or picture stands anywhere; whoever follows the address reads that it was withdrawn."""
    published(tmp_path)
    sent(a_site(tmp_path), id="n-other", headline="Main Street is closed")
    outcome = withdrawn(tmp_path)
    assert isinstance(outcome, Delivered)
    assert outcome.url == f"{URL}/{ID}.html"
    left = everything(tmp_path)
    assert b"robin" not in left.lower()
    assert b"Prospect Hill" not in left
    assert list((tmp_path / "media").iterdir()) == []
    page = (tmp_path / f"{ID}.html").read_text(encoding="utf-8")
    assert "The Exampleton Police Department has withdrawn this notice." in page
    assert 'content="noindex, noarchive"' in page
    assert "valid until" not in page
    for name in ("index.html", "feed.rss", "feed.atom", "feed.json"):
        listing = (tmp_path / name).read_text(encoding="utf-8")
        assert ID not in listing
        assert "Main Street is closed" in listing


def test_its_cap_document_is_a_cancel_of_what_was_said(tmp_path: Path) -> None:
    """Programs that took the alert are told by its identifier; the alert itself is gone."""
    published(tmp_path)
    withdrawn(tmp_path)
    assert sorted(path.name for path in (tmp_path / "cap").iterdir()) == [f"{ID}.2.xml", f"{ID}.xml"]
    alert = a_document(tmp_path)
    assert texts(alert, "msgType") == ["Cancel"]
    assert texts(alert, "identifier") == [f"{ID}.2"]
    assert texts(alert, "references") == [f"police.exampleton.example,{ID}.1,2026-11-22T14:58:06-05:00"]
    assert texts(alert, "info/responseType") == ["None"]
    assert texts(alert, "info/event") == ["Special event"]


@pytest.mark.parametrize("order", [("en", "es"), ("es", "en")])
def test_each_language_says_it_in_its_own_words(tmp_path: Path, order: tuple[str, str]) -> None:
    """In whichever order they are taken back; after the first, nothing is left in the other either."""
    both = {"languages": ("en", "es")}
    published(tmp_path, **both)
    published(tmp_path, **both, language="es", headline="Se busca a Robin Example")
    withdrawn(tmp_path, **both, language=order[0])
    assert b"robin" not in everything(tmp_path).lower()
    withdrawn(tmp_path, **both, language=order[1])
    assert "Notice withdrawn" in (tmp_path / f"{ID}.html").read_text(encoding="utf-8")
    spanish = (tmp_path / f"{ID}.es.html").read_text(encoding="utf-8")
    assert "Este aviso fue retirado por Exampleton Police Department." in spanish
    assert sorted(path.name for path in (tmp_path / "cap").iterdir()) == [f"{ID}.2.xml", f"{ID}.xml"]
    assert texts(a_document(tmp_path), "info/language") == ["en", "es"]


def test_every_revision_is_taken_back_at_once(tmp_path: Path) -> None:
    """An update has a withdrawal of its own, which finds it done; a late repeat of either brings nothing back."""
    published(tmp_path)
    update = {"stage": "update", "revision": 2, "headline": "Robin Example is still wanted"}
    published(tmp_path, **update)
    withdrawn(tmp_path)
    before = everything(tmp_path)
    assert b"robin" not in before.lower()
    assert isinstance(withdrawn(tmp_path, **update), Delivered)
    published(tmp_path)
    published(tmp_path, **update)
    assert everything(tmp_path) == before


def test_what_comes_after_a_withdrawal_is_taken_back_as_well(tmp_path: Path) -> None:
    """An update whose answer was late is out, and then its own withdrawal comes."""
    published(tmp_path)
    withdrawn(tmp_path)
    late = {"stage": "update", "revision": 3, "headline": "Robin Example is still wanted"}
    published(tmp_path, **late)
    assert b"robin" in everything(tmp_path).lower()
    withdrawn(tmp_path, **late)
    assert b"robin" not in everything(tmp_path).lower()


def test_a_repeat_changes_nothing(tmp_path: Path) -> None:
    """It may be repeated: by this process or the next."""
    published(tmp_path)
    withdrawn(tmp_path)
    before = everything(tmp_path)
    assert isinstance(a_site(tmp_path, LATER + timedelta(hours=9)).withdraw({}, a_message(**WORDS)), Delivered)
    assert everything(tmp_path) == before


def test_what_is_not_there_is_gone(tmp_path: Path) -> None:
    """No page is made for it."""
    sent(a_site(tmp_path), id="n-other")
    assert isinstance(withdrawn(tmp_path), Delivered)
    assert not (tmp_path / f"{ID}.html").exists()


def test_a_damaged_entry_is_taken_back_too(tmp_path: Path) -> None:
    """What the site can no longer read is still found by its name and removed, with its picture."""
    published(tmp_path)
    entry = tmp_path / f"entries/{ID}.en.json"
    entry.write_bytes(entry.read_bytes()[:-5])
    withdrawn(tmp_path)
    assert b"robin" not in everything(tmp_path).lower()
    assert list((tmp_path / "media").iterdir()) == []


def test_what_has_expired_is_taken_back_too(tmp_path: Path) -> None:
    """Its page stands as a record until then, and does not say afterwards that it is kept."""
    published(tmp_path, expires=NOW + timedelta(minutes=5))
    site = a_site(tmp_path, LATER)
    site.upkeep(LATER)
    withdrawn(tmp_path, expires=NOW + timedelta(minutes=5))
    site.upkeep(LATER + timedelta(days=1))
    assert b"robin" not in everything(tmp_path).lower()
    assert "kept as a record" not in (tmp_path / f"{ID}.html").read_text(encoding="utf-8")
    assert json.loads((tmp_path / "feed.json").read_bytes())["items"] == []


def test_a_picture_that_another_notification_shows_stays(tmp_path: Path) -> None:
    """Only what nothing shows any more is removed."""
    published(tmp_path)
    sent(a_site(tmp_path), id="n-other", media=(some_media(),))
    withdrawn(tmp_path)
    assert [path.name for path in (tmp_path / "media").iterdir()] == [f"{some_media().sha256}.png"]


def test_a_folder_that_cannot_be_written_is_tried_again(tmp_path: Path) -> None:
    """And a name that no page can have is refused, as when it was to be published."""
    place = tmp_path / "site"
    place.write_text("no folder")
    assert isinstance(withdrawn(place), Retry)
    assert isinstance(withdrawn(tmp_path, id="../x"), Rejected)


def test_a_correction_takes_the_place_under_the_same_address(tmp_path: Path) -> None:
    """To amend is to publish the later revision."""
    receipt = published(tmp_path)
    site: Site = a_site(tmp_path, LATER)
    later = a_message(stage="correction", revision=2, headline="Main Street is open")
    outcome = site.amend(receipt, site.prepare(later, {}))  # type: ignore[arg-type]
    assert isinstance(outcome, Delivered)
    assert outcome.url == receipt["url"]
    page = (tmp_path / f"{ID}.html").read_text(encoding="utf-8")
    assert "Main Street is open" in page
    assert "Robin" not in page
