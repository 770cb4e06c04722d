"""Warnings of a feed where weather waits for approval: given in advance, or by a person, or no longer needed."""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from notifier.intake import Intake
from notifier.publish import Publisher
from notifier.rendering import Renderer
from notifier.settings import Approval
from tests.inputs.samples import SETTINGS
from tests.store.approving import by
from tests.test_intake import FIRST, FIRST_ID, Newsroom, cancel_of, update_of

MakeRoom = Callable[..., Newsroom]


@pytest.fixture
def make_room(tmp_path: Path) -> Iterator[MakeRoom]:
    """Make a department whose weather emergencies wait for approval; with further settings of its feed."""
    rooms: list[Newsroom] = []

    def make(**settings: Any) -> Newsroom:
        room = Newsroom(tmp_path)
        desk, rules = room.desk, Approval(kinds=("weather-emergency",))
        desk.publisher = Publisher(desk.department, Renderer(desk.department), lambda: desk.store, desk.clock, rules)
        changed = {"settings": SETTINGS.model_copy(update=settings), "publisher": desk.publisher}
        room.intake = Intake(**{**vars(room.intake), **changed})
        rooms.append(room)
        return room

    yield make
    for room in rooms:
        assert room.desk.store.verify()[1] == []
        room.desk.close()


def approve(room: Newsroom, id_: str) -> None:
    """The chief approves, and it is delivered."""
    deliverer = room.desk.deliverer()
    room.desk.store.approvals.approve(id_, by("chief"), {}, deliverer.terms)
    deliverer.deliver(room.desk.store.mine(id_))


def state(room: Newsroom) -> str:
    """What the newest notification is now."""
    row = room.desk.store.notifications()[0]
    return room.desk.store.state_of(row, room.desk.store.deliveries(row["id"]))


def test_a_warning_waits_for_approval(make_room: MakeRoom) -> None:
    """It is pending as the feed's, and goes out when the chief approves; polled again, it is not new."""
    room = make_room()
    assert room.polls(FIRST) == ["publish"]
    assert (state(room), room.sent) == ("pending", [])
    (waiting,) = room.desk.store.approvals.pending()
    assert waiting.asked_by == "feed:nws"
    approve(room, room.ids[0])
    assert room.polls(FIRST) == []
    assert (state(room), room.sent) == ("done", [(1, "issue")])


def test_a_warning_that_was_approved_in_advance_goes_straight_out(make_room: MakeRoom) -> None:
    """From the day on that feeds.toml says, and the record names who gave it."""
    room = make_room(preapproved_by="chief", preapproved_on=date(2026, 1, 20))
    room.polls(FIRST)
    assert (state(room), room.sent) == ("done", [(1, "issue")])
    events = room.desk.store.events(room.ids[0])
    assert [event["data"]["preapproved_by"] for event in events if event["type"] == "preapproved"] == ["chief"]


def test_what_is_approved_from_tomorrow_on_waits_today(make_room: MakeRoom) -> None:
    """The day counts in the department's own time zone."""
    room = make_room(preapproved_by="chief", preapproved_on=date(2026, 1, 21))
    room.polls(FIRST)
    assert (state(room), room.sent) == ("pending", [])


def test_an_update_of_what_waits_takes_its_place(make_room: MakeRoom) -> None:
    """The public has read nothing yet: the newest warning waits as the first that it will read."""
    room = make_room()
    room.polls(FIRST)
    assert room.polls(update_of(FIRST_ID, id="second")) == ["update"]
    assert (len(room.ids), len(room.desk.store.approvals.pending()), room.sent) == (1, 1, [])
    approve(room, room.ids[0])
    assert room.sent == [(2, "issue")]


def test_the_end_of_what_waits_is_told_to_nobody(make_room: MakeRoom) -> None:
    """A warning that nobody read is taken back, with the feed's reason; there is nothing left to approve."""
    room = make_room()
    room.polls(FIRST)
    assert room.polls(cancel_of(FIRST_ID, id="gone")) == ["end"]
    assert (state(room), room.sent, room.desk.store.approvals.pending()) == ("withdrawn", [], [])
    assert room.told()[0] == ("Winter Storm Warning", "end")
    assert room.desk.store.events(room.ids[0])[-1]["actor"] == "feed:nws"
    assert room.polls(cancel_of(FIRST_ID, id="gone")) == []


def test_the_end_of_what_went_out_waits_for_nobody(make_room: MakeRoom) -> None:
    """Though an update of it still waits: the public hears at once that it is over."""
    room = make_room()
    room.polls(FIRST)
    approve(room, room.ids[0])
    room.polls(update_of(FIRST_ID, id="second"))
    assert (state(room), room.sent) == ("pending", [(1, "issue")])
    assert room.polls(cancel_of(FIRST_ID, "second", id="gone")) == ["end"]
    assert room.sent == [(1, "issue"), (3, "resolve")]
    assert room.desk.store.approvals.pending() == []


def test_what_follows_a_rejected_warning_is_new(make_room: MakeRoom) -> None:
    """The chief rejected the first; its update is a warning of its own that waits, and its end is told to nobody."""
    room = make_room()
    room.polls(FIRST)
    room.desk.store.approvals.reject(room.ids[0], by("chief", reason="Not for us."))
    assert room.polls(update_of(FIRST_ID, id="second")) == ["update"]
    assert (len(room.ids), len(room.desk.store.approvals.pending())) == (2, 1)
    room.desk.store.approvals.reject(room.ids[0], by("chief", reason="Nor this."))
    assert room.polls(cancel_of(FIRST_ID, "second", id="gone")) == ["end"]
    assert (len(room.ids), room.sent) == (2, [])
