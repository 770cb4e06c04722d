"""The loop of `notify run`: each channel and each feed at its own speed, and an end in good order."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from notifier.channel import Capabilities, Delivered, Outcome, Prepared, Retry
from notifier.circuit import Terms
from notifier.clock import system_clock
from notifier.deliver import Deliverer, End, Route
from notifier.errors import StoreError
from notifier.publish import Request
from notifier.runner.chores import Chore
from notifier.runner.embedded import EmbeddedRunner
from notifier.store import Claim
from tests.fakes import Desk, ScriptedChannel
from tests.notifications import some_facts


class Shop(Desk):
    """A desk in real time, with a runner."""

    def __init__(self, folder: Path, *channels: ScriptedChannel, width: int = 8, url: str | None = None) -> None:
        super().__init__(folder, list(channels), clock=system_clock, url=url)  # type: ignore[arg-type]
        routes = {c.name: Route(c, c.capabilities, Terms(concurrency=width)) for c in channels}
        self.worker = Deliverer(self.store, routes, system_clock)

    def runner(self, *chores: Chore, worker: Deliverer | None = None) -> EmbeddedRunner:
        """A runner that delivers with all channels."""
        return EmbeddedRunner(self.store, worker or self.worker, list(chores), system_clock)

    def leave(self, **envelope: Any) -> str:
        """Store a notification for whoever delivers."""
        facts = some_facts("road-closure", now=system_clock(), street=envelope.pop("street", "Main Street"))
        request = Request(facts=facts, languages=("en",), author="pio", login="t", **envelope)
        plan = self.publisher.decide(request, self.targets())
        self.publisher.prepare(plan, deliver_here=None)
        return plan.notification.id


@contextmanager
def running(runner: Any) -> Iterator[threading.Thread]:
    """A runner at work; it is stopped in the end, and must end."""
    thread = threading.Thread(target=runner.forever, daemon=True)
    thread.start()
    try:
        yield thread
    finally:
        runner.stop()
        thread.join(20)
        assert not thread.is_alive()


def wait_until(true: Callable[[], bool], seconds: float = 10) -> float:
    """Wait until something is so; answers how long it took."""
    started = time.monotonic()
    while not true():
        assert time.monotonic() - started < seconds, "it did not happen"
        time.sleep(0.005)
    return time.monotonic() - started


def _ignored(_: object) -> None:
    """A chore answers nothing."""


class Gate:
    """A service that keeps everybody waiting until it is opened, and counts who waits."""

    def __init__(self) -> None:
        self.opened = threading.Event()
        self.waiting = 0
        self.most = 0
        self._lock = threading.Lock()

    def __call__(self, prepared: Prepared) -> Outcome:
        """Wait, then deliver."""
        with self._lock:
            self.waiting += 1
            self.most = max(self.most, self.waiting)
        self.opened.wait(20)
        with self._lock:
            self.waiting -= 1
        return Delivered()


def test_a_slow_channel_delays_no_other(tmp_path: Path) -> None:
    """While one service keeps silent, what comes in later reaches the others at once."""
    gate = Gate()
    shop = Shop(tmp_path, ScriptedChannel("hook", gate), ScriptedChannel("site"))
    shop.leave()
    with running(shop.runner()):
        wait_until(lambda: gate.waiting == 1)
        later = shop.leave(street="Oak Street")
        assert wait_until(lambda: shop.states(later)["site"] == "delivered") < 2
        assert gate.waiting >= 1
        gate.opened.set()
        wait_until(lambda: shop.states(later)["hook"] == "delivered")
    shop.close()


def test_a_slow_feed_delays_no_delivery_and_no_other_feed(tmp_path: Path) -> None:
    """A feed that hangs holds only itself."""
    hangs, polled = threading.Event(), threading.Event()
    slow = Chore("feed slow", timedelta(minutes=1), lambda: _ignored(hangs.wait(15)))
    quick = Chore("feed quick", timedelta(minutes=1), polled.set)
    shop = Shop(tmp_path, ScriptedChannel("site"))
    with running(shop.runner(slow, quick)):
        id_ = shop.leave()
        assert wait_until(lambda: shop.states(id_) == {"site": "delivered"}) < 2
        assert polled.wait(2)
        hangs.set()
    shop.close()


def test_no_more_are_under_way_than_an_account_allows(tmp_path: Path) -> None:
    """Three at once, however much is due, and the rest stays free for other processes."""
    gate = Gate()
    shop = Shop(tmp_path, ScriptedChannel("hook", gate), width=3)
    ids = [shop.leave(street=f"{n} Street") for n in range(10)]
    with running(shop.runner()):
        wait_until(lambda: gate.waiting == 3)
        time.sleep(0.7)
        states = [shop.states(id_)["hook"] for id_ in ids]
        assert (states.count("sending"), states.count("due")) == (3, 7)
        gate.opened.set()
        wait_until(lambda: all(shop.states(id_)["hook"] == "delivered" for id_ in ids))
    assert gate.most == 3
    shop.close()


def test_stopped_it_finishes_what_is_in_flight_and_leaves_the_rest(tmp_path: Path) -> None:
    """Nothing is cut, nothing stays claimed, nothing new is begun."""
    gate = Gate()
    shop = Shop(tmp_path, ScriptedChannel("hook", gate), width=2)
    ids = [shop.leave(street=f"{n} Street") for n in range(5)]
    runner = shop.runner()
    with running(runner) as thread:
        wait_until(lambda: gate.waiting == 2)
        runner.stop()
        time.sleep(0.3)
        assert thread.is_alive()
        gate.opened.set()
        thread.join(10)
    assert sorted(shop.states(id_)["hook"] for id_ in ids) == ["delivered"] * 2 + ["due"] * 3
    shop.close()


def test_a_signal_stops_it_at_any_instant(tmp_path: Path) -> None:
    """The handler that runs inside the loop's own wait never waits for the loop."""
    shop = Shop(tmp_path, ScriptedChannel("site"))
    before = signal.getsignal(signal.SIGUSR1)
    try:
        for pause in (0.0, 0.01, 0.05, 0.2, 0.6):
            runner = shop.runner()
            signal.signal(signal.SIGUSR1, lambda *_, stop=runner.stop: stop())
            timer = threading.Timer(pause, os.kill, (os.getpid(), signal.SIGUSR1))
            timer.start()
            started = time.monotonic()
            runner.forever()
            assert time.monotonic() - started < pause + 2
            timer.join()
    finally:
        signal.signal(signal.SIGUSR1, before)
    shop.close()


def test_what_is_for_later_goes_out_at_its_time(tmp_path: Path) -> None:
    """Not before, and within a moment after."""
    channel = ScriptedChannel("site")
    shop = Shop(tmp_path, channel)
    at = system_clock() + timedelta(seconds=1.2)
    id_ = shop.leave(release=at)
    with running(shop.runner()):
        wait_until(lambda: shop.states(id_) == {"site": "delivered"})
    row = shop.store.deliveries(id_)[0]
    late = row["attempted"] / 1_000_000 - at.timestamp()
    assert 0 <= late < 0.6
    shop.close()


def test_a_retry_goes_out_at_its_time(tmp_path: Path) -> None:
    """A service that was not available gets it a second later."""
    channel = ScriptedChannel("x", Retry("503"), Delivered())
    shop = Shop(tmp_path, channel)
    id_ = shop.leave()
    with running(shop.runner()):
        assert 0.9 < wait_until(lambda: shop.states(id_) == {"x": "delivered"}) < 3
    shop.close()


def test_the_pace_is_kept_while_others_go_on(tmp_path: Path) -> None:
    """Five a second to one account: the fifth is not there before four slots have passed; the other does not wait."""
    slow, quick = ScriptedChannel("x"), ScriptedChannel("site")
    shop = Shop(tmp_path, slow, quick)
    routes = {"x": Route(slow, slow.capabilities, Terms(pace=0.2)), "site": Route(quick, quick.capabilities)}
    worker = Deliverer(shop.store, routes, system_clock)
    ids = [shop.leave(street=f"{number} Street") for number in range(5)]
    started = time.monotonic()
    with running(shop.runner(worker=worker)):
        wait_until(lambda: len(slow.sent) == 5)
        assert time.monotonic() - started >= 0.8
    rows = {row["channel"]: row["attempted"] for row in shop.store.deliveries(ids[-1])}
    assert rows["x"] - rows["site"] > 400_000
    shop.close()


def test_a_chore_that_breaks_stops_nobody_and_is_done_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A programming error in one feed is told, and that feed and the others go on."""
    tries: list[str] = []

    def broken() -> None:
        tries.append("broken")
        raise ZeroDivisionError

    chores = [
        Chore("feed broken", timedelta(seconds=0.1), broken),
        Chore("feed well", timedelta(seconds=0.1), lambda: tries.append("well")),
    ]
    shop = Shop(tmp_path, ScriptedChannel("site"))
    with running(shop.runner(*chores)):
        wait_until(lambda: tries.count("broken") > 1 and tries.count("well") > 1)
    assert any("feed broken broke down" in line for line in caplog.messages)
    shop.close()


class BrokenDeliverer(Deliverer):
    """Cannot write what became of a delivery."""

    def begin(self, claims: Any, pool: Any, ended: Any) -> None:
        """Fail."""
        for claim in claims:
            ended(End(claim, failure=StoreError("the disk is full")))


def test_an_outcome_that_cannot_be_written_ends_the_process(tmp_path: Path) -> None:
    """Only a new process takes over what this one left half done; it says why it ends."""
    channel = ScriptedChannel("site")
    shop = Shop(tmp_path, channel)
    shop.leave()
    worker = BrokenDeliverer(shop.store, {"site": Route(channel, channel.capabilities)}, system_clock)
    with pytest.raises(StoreError, match="the disk is full"):
        shop.runner(worker=worker).forever()
    shop.close()


class StumblingDeliverer(Deliverer):
    """Finds the store locked, once."""

    stumbled = False

    def take_over(self) -> int:
        """Fail the first time."""
        if not self.stumbled:
            self.stumbled = True
            raise StoreError("the file is locked")
        return super().take_over()


def test_a_store_that_cannot_be_read_for_a_while_is_asked_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """With nothing in hand there is nothing to lose: it is told, and after some seconds all goes on."""
    channel = ScriptedChannel("site")
    shop = Shop(tmp_path, channel)
    id_ = shop.leave()
    worker = StumblingDeliverer(shop.store, {"site": Route(channel, channel.capabilities)}, system_clock)
    with running(shop.runner(worker=worker)):
        assert 4 < wait_until(lambda: shop.states(id_) == {"site": "delivered"}) < 8
    assert "the file is locked" in caplog.messages
    shop.close()


def test_each_turn_of_the_loop_beats(tmp_path: Path) -> None:
    """With nothing to do, and while the store cannot be read; a loop that hangs does not, whatever else lives."""
    hangs = threading.Event()
    beats: list[float] = []

    class Hanging(Deliverer):
        """Hangs at the second take-over, after a first that fails."""

        turns = 0

        def take_over(self) -> int:
            """Fail, then hang."""
            self.turns += 1
            if self.turns == 1:
                raise StoreError("the file is locked")
            hangs.wait(20)
            return super().take_over()

    shop = Shop(tmp_path, ScriptedChannel("site"))
    worker = Hanging(shop.store, {}, system_clock)
    runner = EmbeddedRunner(shop.store, worker, [], system_clock, lambda: beats.append(time.monotonic()))
    with running(runner):
        wait_until(lambda: worker.turns == 2, 20)
        assert len(beats) == 2
        time.sleep(1)
        assert len(beats) == 2
        hangs.set()
        wait_until(lambda: len(beats) > 4)
    shop.close()


def test_once_delivers_what_its_chores_bring(tmp_path: Path) -> None:
    """What was due before, and what a feed brings meanwhile; then it ends."""
    channel = ScriptedChannel("site")
    shop = Shop(tmp_path, channel)
    shop.leave()
    feed = Chore("feed", timedelta(minutes=1), lambda: _ignored(shop.leave(street="Oak Street")))
    assert shop.runner(feed).once() == 2
    assert len(channel.sent) == 2
    shop.close()


def test_once_takes_over_what_a_dead_process_left(tmp_path: Path) -> None:
    """Claimed by a process that died: sent now, without waiting for any lease."""
    shop = Shop(tmp_path, ScriptedChannel("site"))
    id_ = shop.leave()
    dying = shop.another_process()
    claims: list[Claim] = dying.claim({"site": Terms()})
    assert len(claims) == 1
    dying.die()
    assert shop.runner().once() == 1
    assert shop.states(id_) == {"site": "delivered"}
    shop.close()


def test_what_an_account_out_of_the_configuration_has_due_wakes_nobody(tmp_path: Path) -> None:
    """A row that this process can never send does not keep its loop turning."""
    shop = Shop(tmp_path, ScriptedChannel("gone"), ScriptedChannel("site"))
    shop.leave()
    asked: list[float] = []

    class Counting(Deliverer):
        """Counts the turns of the loop."""

        @property
        def terms(self) -> dict[str, Terms]:
            """Count."""
            asked.append(time.monotonic())
            return super().terms

    routes = {"site": Route(shop.channels[1], Capabilities("long"))}
    with running(shop.runner(worker=Counting(shop.store, routes, system_clock))):
        time.sleep(2)
    assert 2 <= len(asked) < 20  # twice a turn
    shop.close()


def test_a_clock_that_was_set_back_stops_no_chore() -> None:
    """An interval is counted anew."""
    now = system_clock()
    chore = Chore("feed", timedelta(minutes=1), lambda: None, last=now)
    assert not chore.due(now + timedelta(seconds=59))
    assert chore.due(now + timedelta(seconds=60))
    assert chore.due(now - timedelta(hours=1))
