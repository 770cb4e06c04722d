"""What follows an attempt: pure, from the outcome, what the channel can, how often it was tried, and the time."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.channel import AuthFailed, Capabilities, Delivered, Idempotency, Outcome, Rejected, Retry, Unknown
from notifier.retry import FINAL, LONGEST_WAIT, MOVES, NEEDS_PERSON, after_attempt, backoff, next_lookup
from tests.fakes import START

LATER = START + timedelta(days=1)
OUTCOMES: tuple[Outcome, ...] = (
    Delivered("7"),
    Rejected("too long"),
    AuthFailed("revoked"),
    Retry("503"),
    Retry("429", START + timedelta(minutes=3)),
    Retry("429", LATER + timedelta(minutes=3)),
    Unknown("cut"),
)


@given(
    outcome=st.sampled_from(OUTCOMES),
    idempotency=st.sampled_from(("key", "lookup", "none")),
    attempts=st.integers(1, 500),
    lookups=st.sampled_from(((), (15.0, 60.0))),
)
def test_every_outcome_leads_where_the_table_allows(
    outcome: Outcome, idempotency: Idempotency, attempts: int, lookups: tuple[float, ...]
) -> None:
    """From `sending` only by an allowed move; a time stands exactly where something happens by itself."""
    able = Capabilities("long", idempotency=idempotency, lookups_after=lookups)
    following = after_attempt(outcome, able, attempts, START, LATER)
    assert following.state in MOVES["sending"]
    if following.state == "due":
        assert following.due is not None
        assert START < following.due < LATER
    if following.state in FINAL or following.state == "held":
        assert following.due is None
    assert following.state == "delivered" or following.detail


def test_nothing_is_sent_again_unlooked_where_it_may_be_there() -> None:
    """Only a channel that drops a repeated key is tried again after a lost answer."""
    states = {
        idempotency: after_attempt(Unknown("cut"), Capabilities("long", idempotency=idempotency), 1, START, LATER).state
        for idempotency in ("key", "lookup", "none")
    }
    assert states == {"key": "due", "lookup": "unknown", "none": "unknown"}


def test_a_channel_that_never_can_be_looked_up_leaves_it_to_a_person() -> None:
    """Without a time to look, the person is told what to run."""
    able = Capabilities("long", idempotency="lookup", lookups_after=())
    following = after_attempt(Unknown("cut"), able, 1, START, LATER)
    assert (following.state, following.due) == ("unknown", None)
    assert "notify confirm" in (following.detail or "")


def test_a_dead_credential_says_why_it_is_held() -> None:
    """Held for `auth`, with the service's reason."""
    following = after_attempt(AuthFailed("revoked"), Capabilities("long"), 1, START, LATER)
    assert (following.state, following.hold, following.detail) == ("held", "auth", "revoked")


@pytest.mark.parametrize(("attempts", "least"), [(1, 1), (2, 2), (3, 4), (5, 16), (9, 256), (10, 300), (400, 300)])
def test_waits_double_up_to_five_minutes(attempts: int, least: float) -> None:
    """1 s, 2 s, 4 s … at most 5 minutes, each with up to a quarter more."""
    waits = [backoff(attempts).total_seconds() for _ in range(30)]
    assert least <= min(waits)
    assert max(waits) <= least * 1.25


def test_waits_differ() -> None:
    """Many that fail together do not all come back together."""
    assert len({backoff(8) for _ in range(20)}) > 15


@given(seconds=st.floats(0, 3000))
def test_the_services_own_time_wins(seconds: float) -> None:
    """Whatever our own wait would be, Retry-After is kept."""
    at = START + timedelta(seconds=seconds)
    assert after_attempt(Retry("429", at), Capabilities("long"), 9, START, LATER).due == at


def test_news_that_would_be_old_is_not_put_off() -> None:
    """When the next attempt would come at or after the end of the news, it expires now."""
    expires = START + timedelta(minutes=3)
    following = after_attempt(Retry("429", expires), Capabilities("long"), 1, START, expires)
    assert (following.state, following.due) == ("expired", None)


@pytest.mark.parametrize(("passed", "at"), [(0, 15), (14, 15), (15, 60), (59, 60), (60, None), (9999, None)])
def test_look_ups_come_at_their_times(passed: float, at: float | None) -> None:
    """15 s and 60 s after the attempt, then no more."""
    found = next_lookup(Capabilities("long"), START, START + timedelta(seconds=passed))
    assert found == (None if at is None else START + timedelta(seconds=at))


def test_the_table_of_moves_is_whole() -> None:
    """Every state stands in it, final ones lead nowhere but a failure that a person retries, all can be reached."""
    assert {state for targets in MOVES.values() for state in targets} | {"due"} == set(MOVES)
    assert {state: set(MOVES[state]) for state in FINAL} == {
        "delivered": set(),
        "cancelled": set(),
        "expired": set(),
        "failed": {"due"},
    }
    assert not NEEDS_PERSON & FINAL
    assert timedelta(minutes=5) == LONGEST_WAIT
