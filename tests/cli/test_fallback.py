"""What stands by for another channel, at the console: no reason to wait, told as what it is."""

import time

import pytest

from notifier.practice.faults import Fault
from tests.cli.console import CLOSURE, Office

SOON = ("--channel", "x")


@pytest.fixture
def standing_by(office: Office) -> Office:
    """An office whose Facebook page stands by for X."""
    office.only("x", "facebook")
    office.channel("x", fallback="facebook", fallback_after="1s")
    return office


def test_what_stands_by_is_no_reason_to_wait_for_a_person(standing_by: Office) -> None:
    """Queued, the command has done what was asked, though one of its deliveries is held."""
    ran = standing_by.publish(*SOON, "--no-wait")
    assert (ran.code, ran.states) == (0, {"x": "due", "facebook": "held"})
    (standby,) = (one for one in ran.document["deliveries"] if one["channel"] == "facebook")
    assert standby["detail"].startswith("stands by for x")
    assert (standby["hold"], standby["next_attempt"]) == ("standby", None)
    shown = standing_by("show", ran.document["id"])
    assert "- facebook       stands by for x" in shown.err
    assert "! facebook" not in shown.err


def test_when_the_first_is_out_nothing_is_unfinished(standing_by: Office) -> None:
    """It is done, and what stood by is not needed."""
    ran = standing_by.publish(*SOON)
    assert (ran.code, ran.document["state"]) == (0, "done")
    assert ran.states == {"x": "delivered", "facebook": "cancelled"}
    assert standing_by.posts("facebook") == []
    assert standing_by("status", "--json").document["unfinished"] == []


def test_what_fails_or_waits_still_says_so(standing_by: Office) -> None:
    """A first channel that is tried again is work left (6); one that lacks a secret needs a person (5)."""
    standing_by.fault(Fault(action="status", platform="x", status=429))
    assert standing_by.publish(*SOON, "--wait", "0").code == 6
    standing_by.fault()
    standing_by.channel("x", consumer_secret={"env": "X_MISSING"})
    ran = standing_by.publish(*SOON)
    assert (ran.code, ran.states) == (5, {"x": "held", "facebook": "held"})
    assert [one["hold"] for one in ran.document["deliveries"]] == ["secret", "standby"]


def test_what_stays_down_is_told_by_what_stands_by(standing_by: Office) -> None:
    """A channel without its secret: the worker sends the news where it stands by, once."""
    standing_by.channel("x", consumer_secret={"env": "X_MISSING"}, fallback_after="1s")
    ran = standing_by.publish(*SOON)
    time.sleep(1)  # as long as it may wait
    standing_by("run", "--once")
    shown = standing_by("show", ran.document["id"], "--json")
    assert (shown.code, shown.states) == (0, {"x": "cancelled", "facebook": "delivered"})
    assert len(standing_by.posts("facebook")) == 1
    assert standing_by.posts("x") == []


def test_an_update_goes_where_the_news_went(standing_by: Office) -> None:
    """What only stood by is no channel of the notification: it stands by again."""
    ran = standing_by.publish(*SOON)
    updated = standing_by("update", ran.document["id"], "--details", "It takes until noon.", "--json")
    latest = {one["channel"]: one["state"] for one in updated.document["deliveries"] if one["revision"] == 2}
    assert (updated.code, latest) == (0, {"x": "delivered", "facebook": "cancelled"})
    assert standing_by.posts("facebook") == []


def test_a_hand_off_waits_for_a_person_and_is_confirmed(office: Office) -> None:
    """Down for longer than it could wait, it is somebody's to post; their word settles it."""
    office.only("x")
    office.channel("x", fallback="hand-off", fallback_after="1s", consumer_secret={"env": "X_MISSING"})
    id_ = office.publish().document["id"]
    time.sleep(1)  # as long as it may wait
    office("run", "--once")
    waiting = office("status", id_, "--json")
    assert (waiting.code, waiting.states) == (5, {"x": "awaiting_person"})
    assert f"notify confirm {id_} x" in waiting.document["deliveries"][0]["detail"]
    confirmed = office("confirm", id_, "x", "--url", "https://x.com/ExampletonPD/status/1", "--json")
    assert (confirmed.code, confirmed.states) == (0, {"x": "delivered"})


def test_a_preview_says_what_stands_by(standing_by: Office) -> None:
    """On the screen, in JSON and on the page: its text is shown, and for whom it stands by."""
    said = "stands by for x"
    assert said in standing_by("preview", *CLOSURE, *SOON).err
    ran = standing_by("preview", *CLOSURE, *SOON, "--json", "--html", "page.html")
    told = {one["channel"]: one["stands_by_for"] for one in ran.document["channels"]}
    assert told == {"x": None, "facebook": "x"}
    page = (standing_by.folder / "page.html").read_text("utf-8")
    assert page.lower().count(said) == 1


def test_what_gets_it_anyhow_does_not_stand_by(standing_by: Office) -> None:
    """On both channels by its route: one post on each, and nothing that stands by."""
    ran = standing_by.publish()
    assert (ran.code, ran.states) == (0, {"x": "delivered", "facebook": "delivered"})
    assert len(ran.document["deliveries"]) == 2 * len({one["language"] for one in ran.document["deliveries"]})
