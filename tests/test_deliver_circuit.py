"""Delivery to a service that is down: it is left in peace, asked now and then, and all goes out when it is back."""

from datetime import timedelta

import pytest

from notifier.channel import AuthFailed, Delivered, Message, Outcome, Prepared, Rejected, Retry, Unknown
from notifier.deliver import Deliverer, Route
from notifier.store import Actor
from tests.conftest import MakeDesk
from tests.fakes import START, Desk, ScriptedChannel

PIO = Actor("pio", "tester")
BUSY = Retry("503")


def publish(desk: Desk, count: int) -> list[str]:
    """Publish some; answers their ids."""
    return [desk.publish(street=f"{number} Street", expires="24h") for number in range(count)]


def states(desk: Desk, ids: list[str]) -> list[str]:
    """The state of each on x."""
    return [desk.states(id_)["x"] for id_ in ids]


def wait(desk: Desk) -> timedelta:
    """Let the time come when something can go out; answers how long that was."""
    due = desk.store.next_due(desk.deliverer().terms)
    assert due is not None
    length = max(due - desk.clock(), timedelta())
    desk.clock.now += length
    return length


def test_a_service_that_is_down_is_asked_less_and_less_often(make_desk: MakeDesk) -> None:
    """Nine wait: after five failures it sees one request at a time, at 4 s, 8 s, 16 s, 32 s, then each minute."""
    x = ScriptedChannel("x", BUSY)
    desk = make_desk(x)
    publish(desk, 9)
    assert len(x.sent) == 5, "what came after the fifth failure was not even tried"
    waits = []
    for _ in range(7):
        waits.append(wait(desk).total_seconds())
        assert desk.due_again() == 1
    assert len(x.sent) == 12, waits
    least = (4, 8, 16, 32, 60, 60, 60)
    assert all(low <= one <= low * 1.25 for one, low in zip(waits, least, strict=True)), waits


def test_all_goes_out_when_it_is_back(make_desk: MakeDesk) -> None:
    """One probe succeeds, and the others follow at once; each is sent no more often than it must be."""
    x = ScriptedChannel("x", *[BUSY] * 7, Delivered("1"))
    desk = make_desk(x)
    ids = publish(desk, 9)
    for _ in range(3):
        wait(desk)
        desk.due_again()
    assert desk.due_again() == 8
    assert states(desk, ids) == ["delivered"] * 9
    assert len(x.sent) == 16
    assert desk.store.alarms.open() == []


@pytest.mark.parametrize("outcome", [Unknown("cut"), Rejected("no")])
def test_what_is_lost_or_refused_keeps_nobody_waiting(make_desk: MakeDesk, outcome: Outcome) -> None:
    """Each is sent once, however many before it were lost or refused."""
    x = ScriptedChannel("x", outcome)
    publish(make_desk(x), 9)
    assert len(x.sent) == 9


def test_a_pause_keeps_everything_from_going(make_desk: MakeDesk) -> None:
    """The service asks for a minute and a half: nothing is sent before, all of it then."""
    x = ScriptedChannel("x", Retry("slow down", START + timedelta(seconds=90)), Delivered("1"))
    desk = make_desk(x)
    ids = publish(desk, 4)
    assert len(x.sent) == 1
    assert wait(desk) == timedelta(seconds=90)
    assert desk.due_again() == 4
    assert states(desk, ids) == ["delivered"] * 4


def test_many_at_once_stop_when_the_service_says_so(make_desk: MakeDesk) -> None:
    """Of those that were claimed together, what had not begun when the pause came stays, and wears nothing out."""
    x = ScriptedChannel("x", Retry("slow down", START + timedelta(seconds=90)), Delivered("1"))
    desk = make_desk(x)
    routes = {"x": Route(x, x.capabilities)}
    ids = [desk.publish(deliver=False, street=f"{number} Street", expires="24h") for number in range(8)]
    deliverer = Deliverer(desk.store, routes, desk.clock)
    for id_ in ids:
        deliverer.deliver(desk.store.mine(id_))
    assert len(x.sent) == 1
    assert [row["attempts"] for id_ in ids for row in desk.store.deliveries(id_)] == [1, *[0] * 7]
    wait(desk)
    desk.due_again()
    assert states(desk, ids) == ["delivered"] * 8


def test_what_is_stopped_between_claim_and_first_byte_is_not_sent(make_desk: MakeDesk) -> None:
    """A person holds the channel while a process prepares: it is kept, and goes when they release it."""
    desk_of: list[Desk] = []

    class Held(ScriptedChannel):
        """A channel that a person holds while it uploads."""

        def prepare(self, message: Message, saved: object) -> Prepared | Outcome:
            """Upload, as the person decides."""
            desk_of[0].another_process().hold("x", "the page is being moved", PIO)
            return Prepared(message)

    x = Held("x")
    desk = make_desk(x)
    desk_of.append(desk)
    id_ = desk.publish()
    assert x.sent == []
    desk.due_again()
    assert desk.states(id_) == {"x": "held"}
    assert desk.store.restart("x", PIO, {"operator"}) == 1


def test_a_dead_credential_that_answers_a_probe_stops_the_channel(make_desk: MakeDesk) -> None:
    """It is back, and refuses: all is held for a person, and nothing is asked any more."""
    x = ScriptedChannel("x", *[BUSY] * 5, AuthFailed("revoked"))
    desk = make_desk(x)
    ids = publish(desk, 6)
    wait(desk)
    desk.due_again()
    desk.due_again()
    assert states(desk, ids) == ["held"] * 6
    assert len(x.sent) == 6
    desk.clock.forward(hours=1)
    assert desk.due_again() == 0
    assert [alarm.key for alarm in desk.store.alarms.open()] == ["stopped:x"]


def test_one_channel_that_is_down_slows_no_other(make_desk: MakeDesk) -> None:
    """Each account has its own circuit."""
    x, site = ScriptedChannel("x", BUSY), ScriptedChannel("site")
    desk = make_desk(x, site)
    ids = publish(desk, 9)
    assert {desk.states(id_)["site"] for id_ in ids} == {"delivered"}
    assert len(site.sent) == 9
