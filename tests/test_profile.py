"""The words of a page's profile: each network's lengths are kept, and what the order asks is in them."""

from typing import Any

import pytest

from notifier.channel import Limit, ProfilePart
from notifier.lengths import fits
from notifier.policy.pages import Page, lacking
from notifier.profile import ProfileWriter, Written
from notifier.registry import channel_type, channel_types
from notifier.rendering import Renderer
from notifier.settings import Department
from tests.notifications import a_department

TERMS = "https://police.exampleton.example/social-media"
LONGEST = {
    "name": "The Metropolitan Police Department of the Towns of Greater Exampleton and Harbor",
    "short_name": "Exampleton Harbor PD",
    "phone": "+1 (555) 555-0100 #2",
    "website": "https://www.police.greater-exampleton-harbor.example",
    "terms_of_use": "https://www.police.greater-exampleton-harbor.example/about-us/social-media/terms-of-use.html",
}
WITH_PROFILE = [name for name in channel_types() if channel_type(name).profile_parts]
every_type = pytest.mark.parametrize("type_", WITH_PROFILE)
every_language = pytest.mark.parametrize("language", ["en", "es"])


def written(type_: str, language: str, audience: str | None = None, **changes: Any) -> tuple[Written, ...]:
    """Write the profile of a type of channel."""
    return writer(a_department(**changes), language, audience).write(channel_type(type_).profile_parts)


def writer(department: Department, language: str = "en", audience: str | None = None) -> ProfileWriter:
    """Make a writer with the built-in templates."""
    return ProfileWriter(department, Renderer(department), language, audience)


def page(type_: str, parts: tuple[Written, ...]) -> Page:
    """Read a written profile as if the network gave it back."""
    adapter = channel_type(type_)
    return Page(
        words="\n".join(one.text for one in parts if one.part.holds != "name"),
        name="\n".join(one.text for one in parts if one.part.holds == "name"),
        room=any(part.holds == "terms" for part in adapter.profile_parts),
        visitors_comment=adapter.visitors_comment,
    )


def test_the_networks_declare_their_profiles() -> None:
    """Those with a page that a person writes."""
    assert {"x", "facebook", "nixle"} <= set(WITH_PROFILE)


@every_type
@every_language
@pytest.mark.parametrize("terms", [None, TERMS], ids=["no terms page", "terms page"])
@pytest.mark.parametrize("audience", [None, "residents", "youth"])
def test_a_profile_has_all_that_the_order_asks(
    type_: str, language: str, terms: str | None, audience: str | None
) -> None:
    """Whoever writes it into the network passes the audit, with or without a page for the terms."""
    parts = written(type_, language, audience, terms_of_use=terms)
    assert lacking(page(type_, parts), a_department(terms_of_use=terms)) == ()


@every_type
@every_language
def test_the_longest_department_still_fits(type_: str, language: str) -> None:
    """Every limit is kept; words go whole, and are named."""
    for one in written(type_, language, "young people who think of becoming officers", **LONGEST):
        assert one.fits, one.part.name
        assert all(fits(one.text, limit) for limit in one.part.limits)
        assert not any(words in one.text for words in one.dropped)


def test_x_s_bio_links_the_terms_and_leaves_them_to_the_pinned_post() -> None:
    """160 characters, however X counts a link; the rules stand in 280 weighted ones."""
    name, bio, website, pinned = written("x", "en", "residents", terms_of_use=TERMS)
    assert (name.text, website.text) == ("Exampleton Police Department", "https://police.exampleton.example")
    assert len(bio.text) <= 160
    assert bio.text.startswith("Official page of Exampleton PD: safety notices for residents")
    assert bio.text.endswith("Terms: police.exampleton.example/social-media")
    assert "call 911" in bio.text
    assert "off-topic" in pinned.text
    assert "off-topic" not in bio.text


def test_facebook_s_description_holds_the_terms_and_its_own_places_the_rest() -> None:
    """The short text repeats neither the number nor the website, which have places of their own."""
    _, about, description, website, phone = written("facebook", "en", terms_of_use=TERMS)
    assert "555-555-0100" not in about.text
    assert (website.text, phone.text) == ("https://police.exampleton.example", "555-555-0100")
    for words in ("obscenities", "off-topic", "personal attacks", "public records", "911", TERMS):
        assert words in description.text


def test_a_name_that_is_too_long_gives_way_to_the_short_one() -> None:
    """X takes 50."""
    name = written("x", "en", **LONGEST)[0]
    assert name.text == "Exampleton Harbor PD"


def test_an_audience_without_a_word_in_spanish_is_left_out() -> None:
    """No English word stands in a Spanish bio; a department that writes Spanish first is taken at its word."""
    strange = "night-shift commuters"
    assert strange in written("nixle", "en", strange)[0].text
    assert strange not in written("nixle", "es", strange)[0].text
    assert "quienes manejan" in written("nixle", "es", "quienes manejan", languages=("es", "en"))[0].text


def test_what_no_limit_can_hold_is_told() -> None:
    """A place for ten characters has no room for any department's name."""
    (one,) = writer(a_department()).write([ProfilePart("tag line", "statement", (Limit(10, "characters"),))])
    assert not one.fits
    (phone,) = writer(a_department()).write([ProfilePart("phone", "phone", (Limit(5, "characters"),))])
    assert (phone.text, phone.fits) == ("555-555-0100", False)


@every_language
def test_the_terms_page_says_all_of_the_terms(language: str) -> None:
    """Visitors' opinions, comments and their removal, records, and that nobody watches by night."""
    words = writer(a_department(terms_of_use=TERMS), language).terms_page()
    assert lacking(Page(words), a_department()) == ()
    assert "911" in words
    assert TERMS not in words
