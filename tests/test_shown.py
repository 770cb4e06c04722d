"""What a channel is shown and charged: links, threads, live signs, prices, what it needs."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from notifier.channel import Capabilities, Limit, Pictures, Price
from notifier.errors import InvalidNotification
from notifier.plan import Plan
from tests.notifications import a_notification, some_media, some_video
from tests.test_plan import a_target, plan

LINK = "https://police.exampleton.example/closures/7"
FED = "Call @MayorOfExampleton #emergency now, see https://a.example/#map"


def from_a_feed(**facts: Any) -> Any:
    """A notification that a feed wrote."""
    return replace(a_notification(**facts), source="feed:county")


def one(made: Plan) -> str:
    """The only text."""
    assert len(made.deliveries) == 1
    return made.deliveries[0].message.text


def test_a_channel_without_links_gets_the_words_alone() -> None:
    """Neither the text nor the message carries the link: a post with one may cost thirteen times as much."""
    can = Capabilities("short", Limit(280, "x"), links=False)
    made = plan(a_target(able=can), notification=a_notification(link=LINK))
    assert "http" not in one(made)
    assert made.deliveries[0].message.links == ()


def test_the_price_is_that_of_what_the_text_holds() -> None:
    """With a link one price, without it another; a text message by its segments and recipients."""
    price = Price(Decimal("0.015"), with_link=Decimal("0.200"))
    can = Capabilities("short", Limit(280, "x"), price=price)
    linked = plan(a_target(able=can), notification=a_notification(link=LINK)).shown[0]
    bare = plan(a_target(able=replace(can, links=False)), notification=a_notification(link=LINK)).shown[0]
    assert linked.price() == (Decimal("0.200"), "USD")
    assert bare.price() == (Decimal("0.015"), "USD")
    sms = Capabilities("sms", Limit(160, "sms"), price=Price(Decimal("0.01"), a_segment=True), recipients=("1", "2"))
    assert plan(a_target(able=sms)).shown[0].price() == (Decimal("0.02"), "USD")
    assert plan(a_target(able=Capabilities("long"))).shown[0].price() is None


def a_thread(thread: str) -> Plan:
    """A closure whose words do not fit one post."""
    can = Capabilities("long", Limit(110, "characters"), thread=thread, can_reply=True)  # type: ignore[arg-type]
    media = (some_media(),)
    return plan(a_target(able=replace(can, pictures=Pictures())), notification=a_notification(link=LINK), media=media)


def test_a_thread_of_replies_is_a_delivery_for_each_part() -> None:
    """Each has its own number, key and text, within the limit; the first carries the picture."""
    made = a_thread("replies")
    parts = [(planned.part, planned.message.part) for planned in made.deliveries]
    assert len(parts) > 1
    assert parts == [(n, n) for n in range(1, len(parts) + 1)]
    assert len({planned.message.key for planned in made.deliveries}) == len(parts)
    assert all(len(planned.message.text) <= 110 for planned in made.deliveries)
    assert [len(planned.message.media) for planned in made.deliveries] == [1] + [0] * (len(parts) - 1)


def test_an_atomic_thread_is_one_delivery_with_all_parts() -> None:
    """The network takes them in one request, or none."""
    made = a_thread("atomic")
    assert (one(made), *made.deliveries[0].message.thread) == made.shown[0].text.parts
    assert len(made.shown[0].text.parts) > 1


def test_every_part_of_a_thread_is_judged() -> None:
    """What the order forbids is found whichever part it stands in."""
    can = Capabilities("long", Limit(110, "characters"), thread="atomic")
    made = plan(a_target(able=can), notification=a_notification(reason="Robin Roe is guilty of murder."))
    assert made.state == "blocked"


def test_what_a_feed_wrote_comes_not_alive() -> None:
    """A mention or a topic in a feed's words is broken by a space of no width; an address stays as it is."""
    can = Capabilities("long", live_signs="@#")
    text = one(plan(a_target(able=can), notification=from_a_feed(details=FED)))
    assert "@\u200bMayorOfExampleton #\u200bemergency" in text
    assert "https://a.example/#map" in text


def test_what_a_person_typed_may_come_alive() -> None:
    """They meant it."""
    can = Capabilities("long", live_signs="@#")
    assert "@MayorOfExampleton" in one(plan(a_target(able=can), notification=a_notification(details=FED)))


def test_where_nothing_comes_alive_nothing_is_changed() -> None:
    """The site shows a feed's words as they are."""
    assert "@MayorOfExampleton #emergency" in one(plan(a_target(), notification=from_a_feed(details=FED)))


def test_what_needs_a_picture_is_left_out_without_one() -> None:
    """The reason says what to attach; with one it goes there."""
    can = Capabilities("long", pictures=Pictures(), needs="picture")
    made = plan(a_target("photos", able=can), a_target("x"))
    assert [planned.channel for planned in made.deliveries] == ["x"]
    assert "has a picture" in made.refused[0].reason
    assert plan(a_target("photos", able=can), media=(some_media(),)).deliveries
    with pytest.raises(InvalidNotification, match="has a video"):
        plan(a_target("tube", able=replace(can, needs="video")), media=(some_media(),))
    film = Capabilities("long", video=10_000_000, needs="video")
    assert plan(a_target("tube", able=film), media=(some_video(),)).deliveries[0].message.media


def test_what_shares_no_post_goes_alone_or_stays_behind() -> None:
    """What is attached first decides, and what is left out is counted, so that the preview says it."""
    can = Capabilities("long", pictures=Pictures(most=4), video=10_000_000, alone=("video/",))
    map_, photo, film = some_media("map.png"), some_media("photo.png"), some_video("film.mp4")
    for media, shown in (((map_, photo, film), "map.png photo.png"), ((film, map_), "film.mp4"), ((film,), "film.mp4")):
        made = plan(a_target(able=can), media=media)
        assert [one.name for one in made.deliveries[0].message.media] == shown.split()
        assert made.shown[0].pictures_left_out == len(media) - len(shown.split())


def test_a_text_beside_that_cannot_keep_its_limit_is_left_out() -> None:
    """The channel goes without it; one that fits is fitted as any text."""
    can = Capabilities("short", beside=("headline", "sms"), within=(("sms", Limit(90, "characters")),), gsm7=True)
    (message,) = [one.message for one in plan(a_target(able=can), notification=a_notification(link=LINK)).deliveries]
    assert len(message.beside["sms"]) <= 90
    long = a_notification(
        **{"street": "Old Street of a long Name", "from": "The first Corner of it", "to": "The other Corner"}
    )
    (message,) = [one.message for one in plan(a_target(able=can), notification=long).deliveries]
    assert message.beside.keys() == {"headline"}
