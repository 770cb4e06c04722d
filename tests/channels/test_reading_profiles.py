"""What each adapter reads of its own page, from practice platforms and from the site's folder."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from channels.console import Console
from channels.facebook import Facebook
from channels.nixle import Nixle
from channels.x import X
from notifier.channel import AuthFailed, CannotTell, Profile, Rejected, Retry
from notifier.practice.server import PracticeServer
from tests.channels.messages import a_channel
from tests.channels.test_facebook import contract_account as facebook_account
from tests.channels.test_nixle import contract_account as nixle_account
from tests.channels.test_site import URL, a_site, sent
from tests.channels.test_x import contract_account as x_account
from tests.channels.wire import WireServer, answering


@pytest.fixture
def practice() -> Iterator[PracticeServer]:
    """Start the practice platforms."""
    with PracticeServer() as running:
        yield running


def x_of(practice: PracticeServer, **changes: str) -> X:
    """Make the channel of the practice account on X."""
    keys = {
        "consumer_key": "practice-consumer-key",
        "consumer_secret": "practice-consumer-secret",
        "access_token": "practice-token",
        "access_token_secret": "practice-token-secret",
    }
    account = {"type": "x", "base_url": f"{practice.url}/x", "handle": "@ExampletonPD", **keys}
    channel: X = a_channel(X, account, now=practice.clock(), **changes)
    return channel


def page_of(practice: PracticeServer, **changes: str) -> Facebook:
    """Make the channel of the practice Page."""
    account = {
        **facebook_account(f"{practice.url}/facebook"),
        "access_token": "practice-page-token",
        "app_secret": "practice-app-secret",
    }
    channel: Facebook = a_channel(Facebook, account, **changes)
    return channel


def test_x_is_read_as_people_see_it(practice: PracticeServer) -> None:
    """Links are whole again, signs are signs, and the pinned post is there."""
    bio = "Official page of Exampleton PD & friends: news <daily>. Terms: https://police.example.org/terms"
    practice.profiles.change(
        "x", {"description": bio, "pinned": "Comments are monitored: https://police.example.org/c"}
    )
    found = x_of(practice).profile()
    assert found == Profile(
        {
            "name": "Exampleton Police",
            "bio": bio,
            "website": "https://police.exampleton.example",
            "location": "Exampleton",
            "pinned post": "Comments are monitored: https://police.example.org/c",
        },
        f"{practice.url}/x/ExampletonPD",
    )
    assert practice.posts == []


def test_x_of_another_account_is_not_read(practice: PracticeServer) -> None:
    """Keys of another account would have another page audited."""
    found = x_of(practice, handle="OtherPD").profile()
    assert isinstance(found, AuthFailed)
    assert "@ExampletonPD, not to @OtherPD" in found.reason


def test_x_s_own_refusal_is_quoted(practice: PracticeServer) -> None:
    """A key that is wrong is told, without the key."""
    found = x_of(practice, access_token="practice-wrong").profile()
    assert isinstance(found, AuthFailed)
    assert "Unauthorized" in found.reason
    assert "practice-wrong" not in found.reason


def test_links_that_lead_to_links_are_not_followed() -> None:
    """What X says that a link stands for is put in once, however often it names itself."""
    links = [{"url": f"https://t.co/a{n}", "expanded_url": f"https://t.co/a{n + 1} " * 9} for n in range(50)]
    user = {"username": "ExampletonPD", "description": "https://t.co/a0", "entities": {"description": {"urls": links}}}
    with WireServer(answering(200, json.dumps({"data": user}).encode())) as server:
        found = a_channel(X, x_account(server.url)).profile()
    assert found.parts["bio"] == ("https://t.co/a1 " * 9).strip()


def test_a_page_is_read_with_every_place_that_is_filled(practice: PracticeServer) -> None:
    """about, description, website, phone and email addresses, and where the Page is."""
    found = page_of(practice).profile()
    assert isinstance(found, Profile)
    assert found.url == "https://www.facebook.com/ExampletonPD"
    assert found.parts["emails"] == "police@exampleton.example"
    assert found.parts.keys() == {"name", "about", "description", "website", "phone", "emails"}
    practice.profiles.change("facebook", {"about": "", "phone": ""})
    less = page_of(practice).profile()
    assert isinstance(less, Profile)
    assert less.parts.keys() == {"name", "description", "website", "emails"}


def test_another_page_is_refused_in_facebook_s_words(practice: PracticeServer) -> None:
    """A wrong number is no Page of this token."""
    found = page_of(practice, page_id="999").profile()
    assert isinstance(found, Rejected)
    assert "999" in found.reason


def test_a_token_without_permission_says_what_it_lacks() -> None:
    """Graph's codes 10 and 200 are about the token, whatever the status."""
    body = json.dumps({"error": {"message": "(#10) needs pages_read_engagement", "code": 10}}).encode()
    with WireServer(answering(403, body)) as server:
        found = a_channel(Facebook, facebook_account(server.url)).profile()
    assert isinstance(found, AuthFailed)
    assert "pages_read_engagement" in found.reason


def test_the_site_reads_its_own_index(tmp_path: Path) -> None:
    """The words of the page, its department's number and website among them, no style and no markup."""
    site = a_site(tmp_path)
    assert isinstance(site.profile(), CannotTell)
    sent(site)
    found = site.profile()
    assert isinstance(found, Profile)
    assert found.url == f"{URL}/index.html"
    words = found.parts["index"]
    assert "This is the official page of the Exampleton Police Department" in words
    assert "https://police.exampleton.example" in words
    assert "555-555-0100" in words
    assert "color" not in words
    assert "<" not in words


def test_a_site_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    """A file where its folder should be."""
    (tmp_path / "site").write_text("not a folder")
    found = a_site(tmp_path / "site").profile()
    assert isinstance(found, Retry)
    assert "is no folder" in found.reason


def test_what_has_no_page_says_so() -> None:
    """Nixle's page is out of reach; a terminal has none."""
    nixle = a_channel(Nixle, nixle_account("http://127.0.0.1:9")).profile()
    console = a_channel(Console, {"type": "console"}).profile()
    assert (type(nixle), type(console)) == (CannotTell, CannotTell)
    assert "Nixle" in nixle.reason
    assert "no page" in console.reason
