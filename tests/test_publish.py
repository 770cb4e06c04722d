"""One notification through the whole flow: decided, stored, delivered, and what a command waits for."""

import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from notifier.channel import Delivered, Outcome, Prepared, Retry
from notifier.circuit import Terms
from notifier.clock import system_clock
from notifier.publish import Publisher, Request, read_media
from notifier.rendering import Renderer
from notifier.store import Store
from tests.conftest import MakeDesk
from tests.fakes import START, Desk, ScriptedChannel
from tests.notifications import a_picture, as_published, some_facts
from tests.store.office import FAST


class RealTimeDesk(Desk):
    """A desk whose clock is the system's, for what really waits."""

    def __init__(self, folder: Path, *channels: ScriptedChannel) -> None:
        super().__init__(folder, list(channels), clock=system_clock)  # type: ignore[arg-type]

    def release(self, wait: float, **envelope: Any) -> tuple[str, float]:
        """Publish and wait; answers the id and the seconds that it took."""
        facts = some_facts("road-closure", now=system_clock())
        plan = self.publisher.decide(
            Request(facts=facts, languages=("en",), author="pio", login="tester", **envelope), self.targets()
        )
        self.publisher.prepare(plan, deliver_here=self.deliverer())
        started = time.monotonic()
        self.publisher.release(plan.notification.id, self.deliverer(), wait)
        return plan.notification.id, time.monotonic() - started


def test_a_decision_leaves_no_trace(make_desk: MakeDesk) -> None:
    """A preview or a dry run needs no store: none is made for it."""
    desk = make_desk(ScriptedChannel("x"))

    def no_store() -> Store:
        raise AssertionError("the store was opened")

    publisher = Publisher(desk.department, Renderer(desk.department), no_store, desk.clock)
    facts = some_facts("road-closure", now=desk.clock())
    plan = publisher.decide(Request(facts=facts, languages=("en",), author="pio", login="t"), desk.targets())
    assert plan.deliveries


def test_what_is_blocked_is_recorded_and_never_delivered(make_desk: MakeDesk) -> None:
    """It stands on record with its findings; no delivery of it exists."""
    channel = ScriptedChannel("x")
    desk = make_desk(channel)
    plan = desk.plan(details="John Smith is guilty of the murder.")
    assert not desk.publisher.prepare(plan, deliver_here=desk.deliverer())
    desk.publisher.release(plan.notification.id, desk.deliverer(), 0)
    row = desk.store.notification(plan.notification.id)
    assert (row["state"], desk.store.deliveries(row["id"]), channel.sent) == ("blocked", [], [])
    assert "guilty" in str(desk.store.events(row["id"])[0]["data"]["findings"])


def test_a_command_waits_for_the_retries_that_fall_due(tmp_path: Path) -> None:
    """A service that is back after a second gets it within the wait."""
    channel = ScriptedChannel("x", Retry("503"), Delivered())
    desk = RealTimeDesk(tmp_path, channel)
    id_, took = desk.release(wait=5)
    assert desk.states(id_) == {"x": "delivered"}
    assert 0.9 < took < 4
    desk.close()


def test_a_command_waits_no_longer_than_it_was_told(tmp_path: Path) -> None:
    """A retry that comes after the wait is left for `notify run`, at once."""
    desk = RealTimeDesk(tmp_path, ScriptedChannel("x", Retry("429", datetime.now(UTC) + timedelta(minutes=2))))
    id_, took = desk.release(wait=5)
    assert desk.states(id_) == {"x": "due"}
    assert took < 1
    desk.close()


def test_an_update_that_waits_for_its_issue_ends_with_the_wait(tmp_path: Path) -> None:
    """While another process still sends the issue, the command of the update waits, and ends in time."""
    sending, go_on = threading.Event(), threading.Event()

    def slow(_: Prepared) -> Outcome:
        sending.set()
        go_on.wait(10)
        return Delivered()

    channel = ScriptedChannel("x", slow, Delivered())
    desk = RealTimeDesk(tmp_path, channel)
    other = desk.another_process()
    id_ = desk.publish(deliver=False)
    worker = threading.Thread(target=lambda: desk.deliverer().deliver(desk.store.mine(id_)))
    worker.start()
    assert sending.wait(5)
    facts = some_facts("road-closure", now=system_clock(), details="Use River Road.")
    plan = desk.publisher.decide(
        Request(facts=facts, languages=("en",), author="pio", login="t", stage="update", id=id_, revision=2),
        desk.targets(),
    )
    other.record(plan, claim=FAST)
    assert other.mine(id_) == []
    publisher = Publisher(desk.department, Renderer(desk.department), lambda: other, system_clock)
    started = time.monotonic()
    publisher.release(id_, desk.deliverer(other), 1.0)
    assert 0.9 < time.monotonic() - started < 3
    go_on.set()
    worker.join(10)
    publisher.release(id_, desk.deliverer(other), 1.0)
    assert [prepared.message.revision for prepared in channel.sent] == [1, 2]
    desk.close()


def test_a_paced_channel_takes_its_turn(tmp_path: Path) -> None:
    """At 120 a minute, three languages and commands go out half a second apart."""
    channel = ScriptedChannel("x")
    desk = RealTimeDesk(tmp_path, channel)
    from notifier.deliver import Deliverer, Route

    deliverer = Deliverer(desk.store, {"x": Route(channel, channel.capabilities, Terms(pace=0.5))}, system_clock)
    facts = some_facts("road-closure", now=system_clock())
    request = Request(facts=facts, languages=("en", "es"), author="pio", login="t")
    plan = desk.publisher.decide(request, desk.targets())
    started = time.monotonic()
    desk.publisher.prepare(plan, deliver_here=deliverer)
    desk.publisher.release(plan.notification.id, deliverer, 5)
    assert 0.45 < time.monotonic() - started < 3
    assert [prepared.message.language for prepared in channel.sent] == ["en", "es"]
    desk.close()


def test_what_is_for_later_waits_and_expires_after_it(make_desk: MakeDesk) -> None:
    """Scheduled, it is due at its time and not before; its end is counted from then."""
    channel = ScriptedChannel("x")
    desk = make_desk(channel)
    at = START + timedelta(days=3)
    facts = some_facts("outreach", now=desk.clock())
    request = Request(facts=facts, languages=("en",), author="pio", login="t", release=at)
    plan = desk.publisher.decide(request, desk.targets())
    assert desk.publisher.prepare(plan, deliver_here=desk.deliverer())
    desk.publisher.release(plan.notification.id, desk.deliverer(), 0)
    row = desk.store.notification(plan.notification.id)
    assert desk.store.state_of(row, desk.store.deliveries(row["id"])) == "scheduled"
    assert channel.sent == []
    assert plan.notification.expires > at
    desk.clock.now = at - timedelta(seconds=1)
    assert desk.due_again() == 0
    desk.clock.now = at
    assert desk.due_again() == 1
    assert desk.states(row["id"]) == {"x": "delivered"}


def test_a_plan_that_was_overtaken_is_refused(make_desk: MakeDesk) -> None:
    """Two who update the same revision: the second is told, and nothing of its is stored."""
    import pytest

    from notifier.errors import StoreError

    desk = make_desk(ScriptedChannel("x"))
    id_ = desk.publish()
    facts = some_facts("road-closure", now=desk.clock(), details="Use River Road.")
    request = Request(facts=facts, languages=("en",), author="pio", login="t", stage="update", id=id_, revision=2)
    first, second = (desk.publisher.decide(request, desk.targets()) for _ in range(2))
    desk.publisher.prepare(first, deliver_here=None)
    with pytest.raises(StoreError, match="revised by someone else"):
        desk.publisher.prepare(second, deliver_here=None)
    assert len(desk.store.deliveries(id_)) == 2
    assert desk.store.verify()[1] == []


def test_an_identical_notification_is_named(make_desk: MakeDesk) -> None:
    """Within ten minutes, the same facts again are told; other facts, or later, are not."""
    desk = make_desk(ScriptedChannel("x"))
    first = desk.publish(street="Main Street")
    assert desk.store.alike(desk.plan(street="Main Street")) == first
    assert desk.store.alike(desk.plan(street="Oak Street")) is None
    desk.clock.forward(minutes=11)
    assert desk.store.alike(desk.plan(street="Main Street")) is None


def test_pictures_are_read_once_with_their_hash(tmp_path: Path) -> None:
    """Name, alt text, rights and bytes go along, under the SHA-256 of the bytes."""
    import hashlib

    picture = a_picture(tmp_path)
    attachments = [{"file": str(picture), "alt": "A map", "rights": "Exampleton PD"}]
    media = read_media(some_facts("road-closure", attachments=attachments))
    data = as_published(picture.read_bytes())
    assert [(m.name, m.alt, m.sha256) for m in media] == [("map.png", "A map", hashlib.sha256(data).hexdigest())]
    assert media[0].data == data
