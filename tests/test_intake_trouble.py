"""A feed that fails, an answer that is none, a process that dies: what was known stays, nothing is lost or doubled."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from notifier.errors import FeedUnavailable, StoreError
from notifier.inputs.fetching import Fetched
from notifier.publish import Publisher
from notifier.rendering import Renderer
from tests.fakes import Desk
from tests.inputs.samples import collection, properties, vtec
from tests.test_intake import FIRST, Newsroom


@pytest.fixture
def newsroom(tmp_path: Path) -> Iterator[Newsroom]:
    """A department with two channels and a feed."""
    room = Newsroom(tmp_path)
    yield room
    assert room.desk.store.verify()[1] == []
    room.desk.close()


def test_a_feed_that_fails_is_marked_and_forgets_nothing(newsroom: Newsroom) -> None:
    """The reason is on record once; what was known stays; the next success clears it."""
    newsroom.feed.says(FIRST, etag='"v1"')
    newsroom.intake.poll()
    newsroom.feed.answer = FeedUnavailable("feed.example fails (503)")
    for _ in range(3):
        newsroom.desk.clock.forward(minutes=1)
        with pytest.raises(FeedUnavailable, match="503"):
            newsroom.intake.poll()
    row = newsroom.desk.store.feeds.known("nws")
    assert row is not None
    assert (row["failure"], row["etag"]) == ("feed.example fails (503)", '"v1"')
    assert row["checked"] > row["succeeded"]
    assert newsroom.polls(FIRST) == []
    cleared = newsroom.desk.store.feeds.known("nws")
    assert cleared is not None
    assert cleared["failure"] is None
    types = [event["type"] for event in newsroom.desk.store.events("feed:nws")]
    assert types == ["decided", "unavailable", "available"]


def test_an_answer_that_is_no_feed_publishes_nothing(newsroom: Newsroom) -> None:
    """A login page, a cut answer, nothing at all: unavailable, with the reason, and asked anew the next time."""
    for body in (b"<html>Sign in</html>", collection(FIRST)[:200], b""):
        newsroom.feed.answer = Fetched(200, body, "text/html", etag='"bad"')
        with pytest.raises(FeedUnavailable):
            newsroom.intake.poll()
    assert newsroom.ids == []
    row = newsroom.desk.store.feeds.known("nws")
    assert row is not None
    assert row["etag"] is None
    assert newsroom.polls(FIRST) == ["publish"]


class Killed(BaseException):
    """Stands for the end of a process: nothing after it runs."""


class DyingPublisher(Publisher):
    """A publisher whose process dies at the n-th release, before the first byte or after the last."""

    def __init__(self, desk: Desk, dies_at: int, after: bool) -> None:
        super().__init__(desk.department, Renderer(desk.department), lambda: desk.store, desk.clock)
        self._left, self._after = dies_at, after

    def release(self, *arguments: Any, **options: Any) -> None:
        """Release, or die."""
        self._left -= 1
        if self._left == 0 and not self._after:
            raise Killed
        super().release(*arguments, **options)
        if self._left == 0:
            raise Killed


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("dies_at", [1, 2, 3])
def test_a_death_between_alerts_loses_and_doubles_nothing(tmp_path: Path, dies_at: int, after: bool) -> None:
    """Whenever the process dies, the next one brings every alert to every channel exactly once."""
    room = Newsroom(tmp_path)
    events = ("Winter Storm Warning", "High Wind Warning", "Flood Warning")
    alerts = [
        properties(id=f"a{n}", event=event, parameters={"VTEC": [vtec(number=n)]}) for n, event in enumerate(events)
    ]
    room.feed.says(*alerts, etag='"v1"')
    dying = replace(room.intake, publisher=DyingPublisher(room.desk, dies_at, after))
    with pytest.raises(Killed):
        dying.poll()
    room.desk.store.die()
    room.desk.store = room.desk.another_process()
    room.desk.deliverer().take_over()
    room.desk.due_again()
    again = replace(room.intake, store=room.desk.store)
    again.poll()
    assert room.feed.asked[-1]["etag"] is None, "an answer that was half carried out is asked for again"
    for channel in room.desk.channels:
        assert sorted(p.message.headline for p in channel.sent) == sorted({p.message.headline for p in channel.sent})
        assert len(channel.sent) == 3
    assert [len(again.poll()) for _ in range(2)] == [0, 0]
    room.desk.close()


def test_a_store_that_fails_leaves_the_answer_to_be_asked_again(newsroom: Newsroom) -> None:
    """When a decision cannot be written, nothing of it goes out, and the validators stay the old ones."""

    class Full(Publisher):
        """A publisher whose plans cannot be made, as when the store is full."""

        def decide(self, *arguments: Any, **options: Any) -> Any:
            """Fail."""
            raise StoreError("the disk is full")

    desk = newsroom.desk
    full = Full(desk.department, Renderer(desk.department), lambda: desk.store, desk.clock)
    newsroom.feed.says(FIRST, etag='"v1"')
    with pytest.raises(StoreError):
        replace(newsroom.intake, publisher=full).poll()
    assert newsroom.sent == []
    assert desk.store.feeds.known("nws") is None
    assert newsroom.polls(FIRST) == ["publish"]
