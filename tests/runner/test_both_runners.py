"""What every runner promises, on a file and on PostgreSQL: one machine's loop, and Procrastinate's many workers."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from notifier.channel import Delivered, Retry
from notifier.circuit import Terms
from notifier.clock import system_clock
from notifier.deliver import Deliverer, Route
from notifier.runner.chores import Chore
from notifier.runner.embedded import EmbeddedRunner
from notifier.runner.procrastinate import ProcrastinateRunner
from tests.fakes import ScriptedChannel
from tests.postgres_databases import Databases
from tests.runner.test_embedded import Gate, Shop, running, wait_until

Runner = EmbeddedRunner | ProcrastinateRunner


@dataclass
class Place:
    """A department's store on some database, and the kind of runner that works there."""

    folder: Path
    url: str | None
    is_woken: bool
    open: ExitStack = field(default_factory=ExitStack)

    def shop(self, *channels: ScriptedChannel) -> Shop:
        """A shop whose store stands here."""
        shop = Shop(self.folder, *channels, url=self.url)
        self.open.callback(shop.close)
        return shop

    def runner(self, shop: Shop, *chores: Chore, of: type[Deliverer] = Deliverer) -> Runner:
        """A runner of a process of its own; of: its deliverer's type."""
        store = shop.another_process()
        routes = {c.name: Route(c, c.capabilities, Terms()) for c in shop.channels}
        worker = of(store, routes, system_clock)
        worker.patience = 30
        if not self.is_woken:
            return EmbeddedRunner(store, worker, list(chores), system_clock)
        assert self.url is not None
        return ProcrastinateRunner(self.url, store, worker, list(chores), system_clock)


@pytest.fixture(params=["loop on a file", "loop on PostgreSQL", "Procrastinate"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """Each kind of runner, with an empty store."""
    kind: str = request.param
    databases: Databases | None = None if kind == "loop on a file" else request.getfixturevalue("databases")
    made = Place(tmp_path, databases.new() if databases else None, kind == "Procrastinate")
    with made.open:
        yield made


def test_a_backlog_goes_out_once(place: Place) -> None:
    """What waits when it starts is delivered, each once."""
    shop = place.shop(ScriptedChannel("x"), ScriptedChannel("site"))
    ids = [shop.leave(street=f"{number} Street") for number in range(12)]
    with running(place.runner(shop)):
        wait_until(lambda: all(set(shop.states(id_).values()) == {"delivered"} for id_ in ids), 20)
    for channel in shop.channels:
        assert Counter(prepared.message.id for prepared in channel.sent) == dict.fromkeys(ids, 1)


def test_what_another_process_stores_goes_out_at_once(place: Place) -> None:
    """It is woken, or looks often enough: nobody waits for a second tick."""
    shop = place.shop(ScriptedChannel("x"))
    with running(place.runner(shop)):
        first = shop.leave()
        wait_until(lambda: shop.states(first) == {"x": "delivered"}, 15)
        later = shop.leave(street="Oak Street")
        assert wait_until(lambda: shop.states(later) == {"x": "delivered"}) < 2.5


def test_what_was_put_off_goes_out_at_its_time(place: Place) -> None:
    """A retry comes when the service said, not before, and not much later."""
    at = system_clock() + timedelta(seconds=3)
    shop = place.shop(ScriptedChannel("x", Retry("429", at), Delivered("1")))
    id_ = shop.leave()
    with running(place.runner(shop)):
        wait_until(lambda: shop.states(id_) == {"x": "delivered"}, 20)
    assert timedelta(0) <= system_clock() - at < timedelta(seconds=8)
    assert len(shop.channels[0].sent) == 2


def test_what_is_for_later_waits(place: Place) -> None:
    """A release to come is kept to the second."""
    at = system_clock() + timedelta(seconds=2)
    shop = place.shop(ScriptedChannel("x"))
    id_ = shop.leave(release=at)
    with running(place.runner(shop)):
        wait_until(lambda: shop.states(id_) == {"x": "delivered"}, 15)
        assert system_clock() >= at


def test_what_a_dead_process_left_is_taken_over(place: Place) -> None:
    """Claimed and never begun is sent; begun is unknown where nobody can look, and sent again by nobody."""
    shop = place.shop(ScriptedChannel("x"))
    claimed, begun = shop.leave(), shop.leave(street="Oak Street")
    dying = shop.another_process()
    for claim in dying.claim({"x": Terms()}):
        if claim.notification == begun:
            dying.intend(claim, "{}")
    dying.die()
    with running(place.runner(shop)):
        wait_until(lambda: shop.states(claimed) == {"x": "delivered"}, 20)
        wait_until(lambda: shop.states(begun) == {"x": "unknown"}, 20)
    assert [prepared.message.id for prepared in shop.channels[0].sent] == [claimed]


def test_two_workers_share_the_work(place: Place) -> None:
    """Each notification goes out once, whoever takes it."""
    shop = place.shop(ScriptedChannel("x"), ScriptedChannel("site"))
    with running(place.runner(shop)), running(place.runner(shop)):
        ids = [shop.leave(street=f"{number} Street") for number in range(20)]
        wait_until(lambda: all(set(shop.states(id_).values()) == {"delivered"} for id_ in ids), 30)
    for channel in shop.channels:
        assert Counter(prepared.message.id for prepared in channel.sent) == dict.fromkeys(ids, 1)


def test_it_ends_when_what_is_in_flight_has_ended(place: Place) -> None:
    """Asked to stop it begins nothing more, and loses nothing that has begun."""
    gate = Gate()
    shop = place.shop(ScriptedChannel("x", gate))
    id_ = shop.leave()
    runner = place.runner(shop)
    with running(runner) as thread:
        wait_until(lambda: gate.waiting == 1, 15)
        runner.stop()
        threading.Timer(0.5, gate.opened.set).start()
        thread.join(20)
        assert shop.states(id_) == {"x": "delivered"}


def test_chores_are_done(place: Place) -> None:
    """Again and again, each at its interval; one that breaks down keeps no other from being done."""
    done = Counter[str]()

    def breaks() -> None:
        done["breaks"] += 1
        raise ZeroDivisionError

    counted: Callable[[str], Callable[[], None]] = lambda name: lambda: done.update([name])  # noqa: E731
    shop = place.shop(ScriptedChannel("x"))
    often = timedelta(seconds=5)
    with running(place.runner(shop, Chore("a", often, counted("a")), Chore("b", often, breaks))):
        wait_until(lambda: done["a"] >= 2 and done["breaks"] >= 2, 25)


def test_what_others_keep_it_from_claiming_does_not_keep_it_busy(place: Place) -> None:
    """Something is due, and a living process has all that the account allows: it looks now and then, no more often."""
    shop = place.shop(ScriptedChannel("x"))
    for number in range(Terms().concurrency + 1):
        shop.leave(street=f"{number} Street")
    holder = shop.another_process()
    assert len(holder.claim({"x": Terms()})) == Terms().concurrency
    asked: list[float] = []

    class Counting(Deliverer):
        """Counts how often the accounts are asked for."""

        @property
        def terms(self) -> dict[str, Terms]:
            """Count."""
            asked.append(time.monotonic())
            return super().terms

    with running(place.runner(shop, of=Counting)):
        wait_until(lambda: bool(asked), 15)
        time.sleep(4)
    assert len(asked) < 60


# --- many workers -----------------------------------------------------------------------------------------------------


def test_a_chore_is_done_once_however_many_workers_there_are(databases: Databases, tmp_path: Path) -> None:
    """Three workers, one poll at its time."""
    place = Place(tmp_path, databases.new(), is_woken=True)
    done: list[str] = []
    with place.open:
        shop = place.shop(ScriptedChannel("x"))
        chores = [Chore("feed nws", timedelta(seconds=5), lambda n=n: done.append(n)) for n in "abc"]
        with ExitStack() as workers:
            for chore in chores:
                workers.enter_context(running(place.runner(shop, chore)))
            wait_until(lambda: len(done) >= 1, 15)
            threading.Event().wait(5.5)
            assert 1 <= len(done) <= 3


def test_a_chore_of_a_worker_that_died_is_done_again(databases: Databases, tmp_path: Path) -> None:
    """A job that a dead worker left half done holds its lock for no longer than it takes to know that."""
    import psycopg

    place = Place(tmp_path, databases.new(), is_woken=True)
    done: list[str] = []
    with place.open:
        shop = place.shop(ScriptedChannel("x"))
        department = shop.department.slug
        lock = f"{department}/chore/feed nws"
        with psycopg.connect(str(place.url), autocommit=True) as connection:
            connection.execute(
                "INSERT INTO procrastinate_jobs (queue_name, task_name, lock, queueing_lock, args, status, attempts)"
                " VALUES (%s, 'notifier.chore', %s, NULL, '{}', 'doing', 0)",
                [f"notifier.{department}", lock],
            )
        chore = Chore("feed nws", timedelta(seconds=5), lambda: done.append("x"))
        with running(place.runner(shop, chore)):
            wait_until(lambda: bool(done), 20)


def test_workers_survive_a_restart_of_the_server(databases: Databases, tmp_path: Path) -> None:
    """The server crashes and comes back: what is stored afterwards goes out, by the same workers."""
    place = Place(tmp_path, databases.new(), is_woken=True)
    with place.open:
        shop = place.shop(ScriptedChannel("x"))
        with running(place.runner(shop)):
            before = shop.leave()
            wait_until(lambda: shop.states(before) == {"x": "delivered"}, 15)
            databases.server.restart(immediate=True)
            after = shop.leave(street="Oak Street")
            wait_until(lambda: shop.states(after) == {"x": "delivered"}, 40)
        assert len(shop.channels[0].sent) == 2


def test_a_wake_up_is_put_with_what_is_due(databases: Databases, tmp_path: Path) -> None:
    """In the same transaction, once for an account; what is claimed at once wakes nobody."""
    import psycopg

    place = Place(tmp_path, databases.new(), is_woken=True)
    with place.open:
        shop = place.shop(ScriptedChannel("x"), ScriptedChannel("site"))
        shop.leave()
        jobs = "SELECT args ->> 'channel' FROM procrastinate_jobs WHERE status = 'todo' ORDER BY 1"
        with psycopg.connect(str(place.url)) as connection:
            assert connection.execute(jobs).fetchall() == [("site",), ("x",)]
            shop.publish()
            assert len(connection.execute(jobs).fetchall()) == 2
