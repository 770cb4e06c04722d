"""The preview page: what it holds, and what it must not."""

import re
from dataclasses import replace
from decimal import Decimal
from html import unescape

import pytest
from lxml import html

from notifier.channel import Capabilities, Limit, Pictures, Price
from notifier.plan import Plan, Target, make_plan
from notifier.rendering import Renderer
from notifier.web.preview import preview_page
from tests.notifications import REQUIRED_FIELDS, a_department, a_full_notification, a_notification, some_media

DEPARTMENT = a_department()
X = Target("x", "x", Capabilities("short", Limit(280, "x")), False, "chief")
NIXLE = Target(
    "nixle", "nixle", Capabilities("sms", Limit(138, "sms"), ("headline", "long"), gsm7=True), False, "chief"
)
SITE = Target("site", "site", Capabilities("long", beside=("headline",), pictures=Pictures()), False, "chief")


def a_plan(*targets: Target, skip_unfit: bool = False, media: bool = False, **fields: object) -> Plan:
    """Decide an outreach post."""
    notification = a_notification("outreach", **fields)  # type: ignore[arg-type]
    pictures = (some_media(alt="Officers at a table"),) if media else ()
    return make_plan(
        notification, DEPARTMENT, targets or (SITE, X), Renderer(DEPARTMENT), skip_unfit=skip_unfit, media=pictures
    )


def words_of(page: str) -> str:
    """All words of a page, in one line."""
    return " ".join(html.fromstring(page).text_content().split())


@pytest.mark.parametrize("kind", sorted(REQUIRED_FIELDS))
def test_each_channel_shows_its_own_text(kind: str) -> None:
    """Every text that a channel would show stands on the page, whole, with its length."""
    plan = make_plan(a_full_notification(kind), DEPARTMENT, (SITE, X, NIXLE), Renderer(DEPARTMENT))
    words = words_of(preview_page(plan, DEPARTMENT))
    for shown in plan.shown:
        assert all(line in words for line in shown.text.text.split("\n") if line)
        assert str(shown.length()) in words


def test_what_was_dropped_is_told() -> None:
    """Words that did not fit a channel stand beside it, struck through."""
    plan = make_plan(a_full_notification("missing-person"), DEPARTMENT, (NIXLE,), Renderer(DEPARTMENT))
    assert plan.shown[0].text.dropped
    struck = [mark.text_content() for mark in html.fromstring(preview_page(plan, DEPARTMENT)).iter("del")]
    assert struck == list(plan.shown[0].text.dropped)


def test_words_that_a_rule_found_are_marked_in_every_post() -> None:
    """A finding's words are marked in the verdict and in each text that shows them."""
    plan = a_plan(topic="Arrest", body="We caught the thief who robbed Main Street Deli.")
    page = html.fromstring(preview_page(plan, DEPARTMENT))
    found = plan.judgement.findings[0].text
    assert [mark.text_content() for mark in page.iter("mark")] == [found] * 3
    assert "may not go out as it stands" in page.text_content()


def test_a_clean_post_has_no_marks() -> None:
    """Where no rule found anything, the page says so, and marks nothing."""
    page = html.fromstring(preview_page(a_plan(), DEPARTMENT))
    assert not list(page.iter("mark"))
    assert "Nothing in it is against the order" in page.text_content()


def test_markup_in_a_field_stays_words() -> None:
    """What a dispatcher or a feed wrote is shown as it is, never run."""
    plan = a_plan(body="<script>alert(1)</script> & <img src=x onerror=alert(1)>", topic='"><b>Bold</b>')
    page = preview_page(plan, DEPARTMENT)
    tree = html.fromstring(page)
    assert not list(tree.iter("script"))
    assert not list(tree.iter("img"))
    assert "<script>alert(1)</script>" in unescape(page)


def test_an_exercise_is_called_a_drill() -> None:
    """The page of an exercise says so before anything else."""
    page = preview_page(a_plan(status="exercise"), DEPARTMENT)
    assert words_of(page[page.index("<body") :]).startswith("DRILL: this is an exercise")


def test_a_picture_is_shown_with_its_alt_text_or_said_to_be_missing() -> None:
    """A channel that carries pictures shows them, within the page; another says that it does not."""
    page = html.fromstring(preview_page(a_plan(media=True), DEPARTMENT))
    (picture,) = page.iter("img")
    assert picture.get("alt") == "Officers at a table"
    assert picture.get("src").startswith("data:image/png;base64,")
    assert "1 attachment cannot go with it here" in page.text_content()


def test_a_channel_that_is_left_out_is_named_with_the_reason() -> None:
    """A text that cannot fit, and a page that nobody approved, are told on the page."""
    tiny = Target("pager", "webhook", Capabilities("short", Limit(20, "characters")), False, "chief")
    unapproved = Target("other", "x", X.capabilities, False, None)
    words = words_of(preview_page(a_plan(SITE, tiny, unapproved, skip_unfit=True), DEPARTMENT))
    assert "pager: its text does not fit" in words
    assert "other: nobody approved this page" in words


def test_an_account_is_called_by_its_public_name() -> None:
    """The handle of an account stands under the department's name, with one @."""
    page = preview_page(a_plan(X), DEPARTMENT, {"x": "@ExampletonPD"})
    assert re.findall(r"@+ExampletonPD", words_of(page)) == ["@ExampletonPD"]


def test_the_page_needs_nothing_from_outside() -> None:
    """No script, style, picture or font is asked for from any address."""
    tree = html.fromstring(preview_page(a_plan(media=True, link="https://city.example/x"), DEPARTMENT))
    assert not list(tree.iter("script", "link", "iframe", "object"))
    assert all(source.startswith("data:") for source in tree.xpath("//@src"))
    assert "url(" not in "".join(style.text for style in tree.iter("style"))


def test_what_a_post_costs_and_who_posts_it_is_told() -> None:
    """Whoever approves it sees the price and the thread before it goes out."""
    price = Price(Decimal("0.015"), with_link=Decimal("0.200"))
    costly = replace(SITE, name="paid", capabilities=Capabilities("short", Limit(280, "x"), price=price))
    by_hand = replace(SITE, name="board", capabilities=Capabilities("short", by_hand=True))
    plan = make_plan(a_notification(), DEPARTMENT, [costly, by_hand], Renderer(DEPARTMENT))
    words = words_of(preview_page(plan, DEPARTMENT))
    assert "Costs $0.015" in words
    assert "A person posts it by hand" in words
