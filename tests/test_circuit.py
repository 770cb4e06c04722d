"""An account's circuit: when it opens, what it lets through, and when its service is asked again; pure values."""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.channel import AuthFailed, Delivered, NotReady, Outcome, Rejected, Retry, Unknown
from notifier.circuit import OPENS_AFTER, Circuit, Terms
from tests.fakes import START

BUSY = Retry("503")
LOST = Unknown("cut")
WORKING = NotReady("it works on the video", START + timedelta(minutes=2))
ANSWERS: tuple[Outcome, ...] = (Delivered("1"), Rejected("too long"), AuthFailed("revoked"), WORKING)
OUTCOMES: tuple[Outcome, ...] = (*ANSWERS, BUSY, Retry("429", START + timedelta(minutes=2)), LOST)
LATER = START + timedelta(hours=1)


def after(*outcomes: Outcome, circuit: Circuit | None = None, now: datetime = START) -> Circuit:
    """What a circuit is after some outcomes."""
    return reduce(lambda one, outcome: one.after(outcome, now), outcomes, circuit or Circuit())


OPEN = after(*[BUSY] * OPENS_AFTER)


def probe_time(circuit: Circuit) -> datetime:
    """When an open circuit asks again."""
    assert circuit.probe_at is not None
    return circuit.probe_at


def test_it_opens_after_five_failures_in_a_row() -> None:
    """Four leave it closed; the fifth opens it, and the service is asked again after a while."""
    four = after(*[BUSY] * 4)
    assert (OPENS_AFTER, four.failures, four.opened) == (5, 4, None)
    five = four.after(BUSY, START)
    assert five.opened == START
    assert timedelta(seconds=4) <= probe_time(five) - START <= timedelta(seconds=5)


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda one: type(one).__name__)
def test_any_answer_of_the_service_begins_the_count_anew(answer: Outcome) -> None:
    """Whoever answers is not down, whatever the answer is."""
    assert after(*[BUSY] * 4, answer, *[BUSY] * 4).opened is None
    assert after(answer, circuit=OPEN, now=LATER) == Circuit()


def test_a_lost_answer_neither_counts_nor_begins_anew() -> None:
    """What may have acted is no failure, and no sign of health."""
    assert after(*[LOST] * 50) == Circuit()
    assert after(*[BUSY] * 4, LOST).failures == 4
    assert after(*[BUSY] * 4, LOST, BUSY).opened == START


@given(st.lists(st.sampled_from(OUTCOMES), max_size=40))
def test_it_is_open_exactly_when_five_failures_came_last(outcomes: list[Outcome]) -> None:
    """Of the outcomes that say something, the last five are failures; nothing else opens it."""
    telling = [outcome for outcome in outcomes if not isinstance(outcome, Unknown)]
    last = telling[-OPENS_AFTER:]
    failed = len(last) == OPENS_AFTER and all(isinstance(one, Retry) and one != WORKING for one in last)
    assert (after(*outcomes).opened is not None) == failed


def test_each_failed_probe_puts_it_off_for_longer() -> None:
    """4 s, 8 s, 16 s … at most a minute, and it stays open since the first."""
    circuit, waits = OPEN, []
    for _ in range(8):
        now = probe_time(circuit)
        circuit = circuit.after(BUSY, now)
        waits.append((probe_time(circuit) - now).total_seconds())
    assert circuit.opened == START
    assert 8 <= waits[0] <= 10
    assert 16 <= waits[1] <= 20
    assert all(wait == 60 for wait in waits[3:])


def test_what_was_under_way_when_it_opened_puts_no_probe_off() -> None:
    """Many that fail together are one failure of the service: it is asked again as soon as after five."""
    assert after(*[BUSY] * 60, circuit=OPEN) == OPEN
    assert after(*[LOST] * 60, circuit=OPEN) == OPEN


def test_a_probe_whose_answer_was_lost_is_followed_by_another() -> None:
    """Nothing is known, so it stays open and is asked again after the same wait."""
    now = probe_time(OPEN)
    lost = OPEN.after(LOST, now)
    assert (lost.opened, lost.failures) == (OPEN.opened, OPEN.failures)
    assert timedelta(seconds=4) <= probe_time(lost) - now <= timedelta(seconds=5)


def test_a_probe_comes_no_earlier_than_the_service_asked() -> None:
    """Retry-After of the failure that opens it, or of a probe, is kept."""
    at = START + timedelta(minutes=20)
    assert after(*[BUSY] * 4, Retry("429", at)).probe_at == at
    assert OPEN.after(Retry("429", LATER + timedelta(minutes=20)), LATER).probe_at == LATER + timedelta(minutes=20)


# --- what is let through ----------------------------------------------------------------------------------------------


def test_a_closed_one_allows_what_there_is_room_for() -> None:
    """Its width, less what is in flight anywhere; never less than nothing."""
    assert [Circuit().allows(START, busy, Terms(concurrency=3), None) for busy in (0, 2, 3, 9)] == [3, 1, 0, 0]


def test_a_pace_allows_one_in_its_slot() -> None:
    """Before its slot none; in it one, where there is room."""
    slow = Terms(pace=6.0, concurrency=2)
    soon = START + timedelta(seconds=1)
    assert Circuit().allows(START, 0, slow, None) == 1
    assert Circuit().allows(START, 0, slow, START) == 1
    assert Circuit().allows(START, 2, slow, START) == 0
    assert Circuit().allows(START, 0, slow, soon) == 0
    assert Circuit().allows(START, 0, Terms(), soon) == 8, "a slot says nothing where there is no pace"


def test_an_open_one_allows_one_probe_when_its_time_has_come() -> None:
    """Not before, and not while anything is in flight."""
    due = probe_time(OPEN)
    assert OPEN.allows(due - timedelta(microseconds=1), 0, Terms(), None) == 0
    assert OPEN.allows(due, 0, Terms(), None) == 1
    assert OPEN.allows(due, 1, Terms(), None) == 0


def test_a_probe_keeps_the_pace() -> None:
    """A probe is a post like any other: no faster than the account may be used."""
    due = probe_time(OPEN)
    assert OPEN.allows(due, 0, Terms(pace=60.0), due + timedelta(seconds=1)) == 0
    assert OPEN.allows(due, 0, Terms(pace=60.0), due) == 1


def test_what_was_claimed_before_it_opened_is_not_sent() -> None:
    """Only the probe leaves while it is open."""
    assert Circuit().lets_through(START)
    assert not OPEN.lets_through(START)
    assert OPEN.lets_through(START, is_probe=True)


def test_a_pause_stops_all_of_it_until_its_end() -> None:
    """Nothing is allowed or let through, not even a probe, until the time that the service named."""
    at = START + timedelta(minutes=2)
    paused = after(Retry("429", at))
    assert paused.allows(at - timedelta(microseconds=1), 0, Terms(), None) == 0
    assert not paused.lets_through(START, is_probe=True)
    assert paused.allows(at, 0, Terms(), None) == 8
    assert paused.lets_through(at)


def test_the_latest_pause_counts_and_no_success_ends_it() -> None:
    """A shorter one after a longer changes nothing; what was under way and succeeds lifts nothing."""
    longer, shorter = START + timedelta(minutes=9), START + timedelta(minutes=1)
    circuit = after(Retry("429", longer), Retry("429", shorter), Delivered("1"))
    assert circuit == Circuit(paused_until=longer)


def test_a_pause_comes_also_from_what_was_under_way() -> None:
    """Though it puts off no probe by its failure, its Retry-After is kept."""
    at = START + timedelta(minutes=30)
    assert OPEN.after(Retry("429", at), START) == replace(OPEN, paused_until=at)


def test_it_says_when_what_is_due_can_go_out() -> None:
    """At its own time; not within a pause; not before the probe where it is open."""
    late = START + timedelta(minutes=9)
    assert Circuit().asks_again(START) == START
    assert Circuit(paused_until=late).asks_again(START) == late
    assert Circuit(probe_at=late).asks_again(START) == START
    assert OPEN.asks_again(START) == OPEN.probe_at
    assert OPEN.asks_again(LATER) == LATER
