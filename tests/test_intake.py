"""From a feed to the public: each warning once, its changes on the same notification, nothing lost, nothing double."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from notifier.channel import Limit, Retry
from notifier.errors import FeedUnavailable
from notifier.inputs.fetching import Fetched
from notifier.inputs.nws import FEED
from notifier.intake import Intake
from notifier.store.archive import verify_record
from tests.fakes import Desk, ManualClock, ScriptedChannel
from tests.inputs.samples import NOW, SETTINGS, at, collection, properties, update_of, vtec
from tests.notifications import all_kinds

FIRST = properties()
FIRST_ID = str(FIRST["id"])


class FakeFeed:
    """Answers what a test says, and remembers what it was asked with."""

    def __init__(self) -> None:
        self.answer: Fetched | FeedUnavailable = Fetched(200, collection(), "application/geo+json")
        self.asked: list[dict[str, Any]] = []

    def __call__(self, url: str, **asked: Any) -> Fetched:
        """Answer."""
        self.asked.append({"url": url, **asked})
        if isinstance(self.answer, FeedUnavailable):
            raise self.answer
        return self.answer

    def says(self, *alerts: dict[str, Any], **more: Any) -> None:
        """Answer these alerts from now on."""
        self.answer = Fetched(200, collection(*alerts), "application/geo+json", **more)


class Newsroom:
    """A department with a feed, and what went out because of it."""

    def __init__(self, folder: Path, *channels: ScriptedChannel) -> None:
        self.desk = Desk(folder, list(channels or (ScriptedChannel("x"), ScriptedChannel("site"))), ManualClock(NOW))
        self.feed = FakeFeed()
        self.intake = Intake(
            "nws",
            FEED,
            SETTINGS,
            all_kinds()["weather-emergency"],
            self.desk.department,
            self.desk.store,
            self.desk.publisher,
            self.desk.targets,
            self.desk.deliverer,
            self.desk.clock,
            self.feed,
        )

    def polls(self, *alerts: dict[str, Any]) -> list[str]:
        """Poll with this answer, a minute later; answers what was decided anew."""
        self.desk.clock.forward(minutes=1)
        self.feed.says(*alerts)
        return [decision.decision for decision in self.intake.poll()]

    @property
    def sent(self) -> list[tuple[int, str]]:
        """Revision and stage of what the first channel sent."""
        return [(p.message.revision, p.message.stage) for p in self.desk.channels[0].sent]

    @property
    def ids(self) -> list[str]:
        """Every notification, the newest first."""
        return [str(row["id"]) for row in self.desk.store.notifications()]

    def told(self) -> list[tuple[str, str]]:
        """What is on record for each alert: event and decision, the newest first."""
        return [(row["event"], row["decision"]) for row in self.desk.store.feeds.told_lately("nws")]


@pytest.fixture
def newsroom(tmp_path: Path) -> Iterator[Newsroom]:
    """A department with two channels and a feed."""
    room = Newsroom(tmp_path)
    yield room
    _, faults = room.desk.store.verify()
    assert faults == []
    room.desk.close()


def cancel_of(*ids: str, **changed: Any) -> dict[str, Any]:
    """A Cancel of earlier alerts."""
    return update_of(*ids, **{"messageType": "Cancel", "parameters": {"VTEC": [vtec("CAN")]}, **changed})


# --- published once ---------------------------------------------------------------------------------------------------


def test_a_new_warning_goes_out_by_itself(newsroom: Newsroom) -> None:
    """On every channel of its route, with nobody typing, and on record as the feed's."""
    assert newsroom.polls(FIRST) == ["publish"]
    assert newsroom.sent == [(1, "issue")]
    row = newsroom.desk.store.notifications()[0]
    assert (row["kind"], row["source"], row["author"]) == ("weather-emergency", "feed:nws", "feed:nws")
    assert set(newsroom.desk.states(row["id"]).values()) == {"delivered"}
    assert "Winter Storm Warning" in newsroom.desk.channels[0].sent[0].message.text


def test_polled_again_it_is_not_new(newsroom: Newsroom) -> None:
    """However often it stands in the feed."""
    newsroom.polls(FIRST)
    assert [newsroom.polls(FIRST) for _ in range(3)] == [[], [], []]
    assert newsroom.sent == [(1, "issue")]
    assert len(newsroom.ids) == 1


def test_every_new_decision_is_on_record(newsroom: Newsroom) -> None:
    """The feed's own stream says what was decided, why, and what came of it; it verifies alone."""
    newsroom.polls(FIRST)
    events = newsroom.desk.store.events("feed:nws")
    assert [event["type"] for event in events] == ["decided"]
    assert events[0]["data"]["decision"] == "publish"
    assert events[0]["data"]["notification"] == newsroom.ids[0]
    assert verify_record(newsroom.desk.store.record_of("feed:nws"))[1] == []


def test_two_events_under_one_identifier_are_both_told(newsroom: Newsroom) -> None:
    """A message that tells of two events is told of both, once each."""
    wind = properties(
        event="High Wind Warning",
        description="* WHAT...Gusts to 60 mph.",
        parameters={"VTEC": [vtec(code="HW.W")]},
    )
    assert newsroom.polls(FIRST) == ["publish"]
    assert newsroom.polls(FIRST, wind) == ["publish"]
    assert newsroom.polls(FIRST, wind) == []
    assert len(newsroom.ids) == 2
    gone = cancel_of(FIRST_ID, id="c", event="High Wind Warning", parameters={"VTEC": [vtec("CAN", code="HW.W")]})
    assert newsroom.polls(FIRST, gone) == ["end"]
    stages = {row["headline"].split()[0]: row["stage"] for row in newsroom.desk.store.notifications()}
    assert sorted(stages.values()) == ["issue", "resolve"]
    assert "High Wind" in newsroom.desk.channels[0].sent[-1].message.text


def test_the_validators_are_kept_and_sent(newsroom: Newsroom) -> None:
    """ETag and Last-Modified of the last whole answer go with the next question; nothing changed is nothing new."""
    newsroom.feed.says(FIRST, etag='"v1"', last_modified="Tue, 20 Jan 2026 17:00:00 GMT")
    newsroom.intake.poll()
    newsroom.feed.answer = Fetched(304, b"", etag='"v1"', not_modified=True)
    assert newsroom.intake.poll() == []
    first, second = newsroom.feed.asked
    assert (first["etag"], first["last_modified"]) == (None, None)
    assert (second["etag"], second["last_modified"]) == ('"v1"', "Tue, 20 Jan 2026 17:00:00 GMT")
    assert newsroom.intake.poll() == []
    assert newsroom.feed.asked[2]["last_modified"] == "Tue, 20 Jan 2026 17:00:00 GMT"


# --- updates and ends -------------------------------------------------------------------------------------------------


def test_an_update_is_the_next_revision_of_the_same(newsroom: Newsroom) -> None:
    """It goes where the issue went, as an update of the same notification."""
    newsroom.polls(FIRST)
    assert newsroom.polls(update_of(FIRST_ID, id="b")) == ["update"]
    assert newsroom.sent == [(1, "issue"), (2, "update")]
    assert len(newsroom.ids) == 1
    rows = newsroom.desk.store.deliveries(newsroom.ids[0])
    assert [(row["channel"], row["revision"]) for row in rows] == [("x", 1), ("site", 1), ("x", 2), ("site", 2)]


def test_an_update_is_found_by_its_event_key(newsroom: Newsroom) -> None:
    """A continuing product that names no earlier message is still of the same event, as its VTEC says."""
    newsroom.polls(FIRST)
    assert newsroom.polls(properties(id="b", parameters={"VTEC": [vtec("CON")]})) == ["update"]
    assert newsroom.sent == [(1, "issue"), (2, "update")]


def test_every_key_of_a_message_is_remembered(newsroom: Newsroom) -> None:
    """A warning that replaces another event in the same product is found by its own key later."""
    both = [vtec("UPG", code="WW.Y"), vtec("NEW", code="WS.W")]
    newsroom.polls(properties(parameters={"VTEC": both}))
    newsroom.polls(properties(id="b", parameters={"VTEC": [vtec("CON", code="WS.W")]}))
    assert newsroom.sent == [(1, "issue"), (2, "update")]


def test_an_update_of_what_was_never_told_is_an_issue(newsroom: Newsroom) -> None:
    """Whoever begins to poll in the middle of an event tells the public all of it."""
    assert newsroom.polls(update_of("unknown", id="b")) == ["update"]
    assert newsroom.sent == [(1, "issue")]


def test_an_update_takes_the_place_of_an_issue_that_has_not_gone_out(tmp_path: Path) -> None:
    """Where the issue still waits for a channel, only the newer facts are told there."""
    slow = ScriptedChannel("x", Retry("503"))
    room = Newsroom(tmp_path, slow, ScriptedChannel("site"))
    room.polls(FIRST)
    room.polls(update_of(FIRST_ID, id="b"))
    states = {(r["channel"], r["revision"]): r["state"] for r in room.desk.store.deliveries(room.ids[0])}
    assert states == {("x", 1): "cancelled", ("site", 1): "delivered", ("x", 2): "due", ("site", 2): "delivered"}
    assert [p.message.revision for p in slow.sent] == [1, 2]
    room.desk.close()


def test_the_end_of_an_event_resolves_it(newsroom: Newsroom) -> None:
    """What went out is told to be over, once."""
    newsroom.polls(FIRST)
    assert newsroom.polls(cancel_of(FIRST_ID, id="c")) == ["end"]
    assert newsroom.polls(cancel_of(FIRST_ID, id="d", sent=at(minutes=2))) == ["end"]
    assert newsroom.sent == [(1, "issue"), (2, "resolve")]


def test_what_goes_on_after_its_end_is_new(newsroom: Newsroom) -> None:
    """An event that was told to be over and holds again is a new notification, not an update of an ended one."""
    newsroom.polls(FIRST)
    newsroom.polls(cancel_of(FIRST_ID, id="c"))
    newsroom.polls(properties(id="e", parameters={"VTEC": [vtec("EXT")]}, sent=at(minutes=3)))
    assert newsroom.sent == [(1, "issue"), (2, "resolve"), (1, "issue")]
    assert len(newsroom.ids) == 2


@pytest.mark.parametrize("parameters", [{}, {"VTEC": [vtec()]}])
def test_what_is_long_over_hides_nothing(newsroom: Newsroom, parameters: dict[str, Any]) -> None:
    """The same words, or the same event, after the first notification's end are a new warning to the public."""
    newsroom.polls(properties(parameters=parameters))
    newsroom.desk.clock.forward(days=2)
    again = {
        "sent": at(days=2),
        "effective": at(days=2),
        "onset": at(days=2),
        "expires": at(days=3),
        "ends": at(days=3),
    }
    assert newsroom.polls(properties(id="next", parameters=parameters, **again)) == ["publish"]
    assert newsroom.sent == [(1, "issue"), (1, "issue")]


def test_an_end_of_what_was_never_told_says_nothing(newsroom: Newsroom) -> None:
    """Nobody is told that something is over which they never heard of."""
    assert newsroom.polls(cancel_of("unknown", id="c")) == ["end"]
    assert (newsroom.sent, newsroom.ids) == ([], [])
    assert newsroom.told() == [("Winter Storm Warning", "end")]


@pytest.mark.parametrize("status", ["Test", "Exercise", "Draft", "System"])
def test_what_is_not_actual_is_never_published(newsroom: Newsroom, status: str) -> None:
    """A test of the service's is no warning of ours."""
    assert newsroom.polls({**FIRST, "status": status}) == []
    assert newsroom.ids == []


def test_a_cancel_is_never_published_as_an_alert(newsroom: Newsroom) -> None:
    """Even one that claims to be an Alert: its VTEC says that the event is over."""
    newsroom.polls(properties(parameters={"VTEC": [vtec("CAN")]}))
    newsroom.polls(cancel_of("unknown", id="c"))
    assert newsroom.ids == []


# --- what a person decides --------------------------------------------------------------------------------------------


def test_what_is_not_listed_is_kept_for_a_person(newsroom: Newsroom) -> None:
    """A watch is ours and not to go out by itself: it is on record with the reason, once."""
    watch = properties(event="Winter Storm Watch", parameters={})
    assert newsroom.polls(watch) == ["ask"]
    assert newsroom.polls(watch) == []
    assert newsroom.ids == []
    assert newsroom.desk.store.feeds.told_lately("nws")[0]["reason"].endswith("is not on the feed's list of events")


def test_what_cannot_be_worded_is_kept_for_a_person(tmp_path: Path) -> None:
    """When no channel can take it, it is on record with the reason, and the next alert still goes its way."""
    small = ScriptedChannel("x", limit=Limit(10, "characters"))
    room = Newsroom(tmp_path, small)
    other = properties(id="b", event="High Wind Warning", parameters={"VTEC": [vtec(code="HW.W")]})
    room.polls(FIRST, other)
    assert (room.ids, small.sent) == ([], [])
    assert {decision for _, decision in room.told()} == {"ask"}
    assert all("cannot be published" in row["reason"] for row in room.desk.store.feeds.told_lately("nws"))
    assert room.polls(FIRST, other) == []
    room.desk.close()


def test_a_channel_that_cannot_take_it_is_left_out(tmp_path: Path) -> None:
    """A feed has nobody to ask: the other channels go."""
    small = ScriptedChannel("sms", limit=Limit(10, "characters"))
    room = Newsroom(tmp_path, ScriptedChannel("site"), small)
    room.polls(FIRST)
    assert room.desk.states(room.ids[0]) == {"site": "delivered"}
    assert "sms" in room.desk.store.notifications()[0]["refused"]
    room.desk.close()


def test_what_the_policy_blocks_is_kept_with_its_findings(newsroom: Newsroom) -> None:
    """A feed's words are judged as a person's are: blocked, on record, never sent; its update is judged anew."""
    bad = "John Smith is guilty of the murder. Stay away from windows."
    assert newsroom.polls({**FIRST, "instruction": bad}) == ["publish"]
    row = newsroom.desk.store.notifications()[0]
    assert (row["state"], newsroom.sent) == ("blocked", [])
    assert "guilty" in row["findings"]
    newsroom.polls(update_of(FIRST_ID, id="b"))
    assert newsroom.sent == [(1, "issue")]


def test_an_alert_that_cannot_be_read_is_logged(newsroom: Newsroom, caplog: pytest.LogCaptureFixture) -> None:
    """It spoils no other, and whoever looks after the feed learns why."""
    with caplog.at_level(logging.WARNING, "notifier"):
        assert newsroom.polls({**FIRST, "id": "broken", "sent": "yesterday"}, FIRST) == ["publish"]
    assert any("broken" in line and "cannot be read" in line for line in caplog.messages)
