"""Who may approve what, and what exactly is approved."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any, get_args

import pytest

from notifier.channel import Message
from notifier.policy.approving import (
    MOVES,
    Approval,
    Move,
    Preapproval,
    State,
    need_for,
    refusal,
    team_warnings,
    texts_hash,
)
from notifier.settings import Approval as ApprovalSettings
from notifier.settings import Role, TeamMember
from tests.notifications import a_message, some_media

NOW = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)
CLOSURES = ApprovalSettings(kinds=("road-closure",))
PIN = "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$MTIzNDU2Nzg"

STATES: tuple[State, ...] = get_args(State)
ROLES: tuple[Role, ...] = get_args(Role)
EVERY_MOVE: tuple[Move, ...] = get_args(Move)


def an_approval(state: State = "pending", **changes: Any) -> Approval:
    """What a dispatcher asked for an hour ago, with eleven hours left."""
    asked = NOW - timedelta(hours=1)
    until = asked + timedelta(hours=12)
    approval = Approval("n-1", 1, state, ("kind",), "ab" * 32, "dispatch", "console", asked, until)
    if state not in ("pending", "expired"):
        approval = replace(approval, decided_by="chief", decided_login="console", decided=NOW, reason="it is so")
    return replace(approval, **changes)


# --- the table --------------------------------------------------------------------------------------------------------

MAY_MOVE: dict[tuple[Move, Role, bool], bool] = {
    ("approve", "chief", False): True,
    ("approve", "chief", True): False,
    ("approve", "pio", False): True,
    ("approve", "pio", True): False,
    ("approve", "dispatcher", False): False,
    ("approve", "dispatcher", True): False,
    ("reject", "chief", False): True,
    ("reject", "chief", True): True,
    ("reject", "pio", False): True,
    ("reject", "pio", True): True,
    ("reject", "dispatcher", False): False,
    ("reject", "dispatcher", True): True,
    ("withdraw", "chief", False): True,
    ("withdraw", "chief", True): True,
    ("withdraw", "pio", False): True,
    ("withdraw", "pio", True): True,
    ("withdraw", "dispatcher", False): True,
    ("withdraw", "dispatcher", True): True,
    ("supersede", "chief", False): True,
    ("supersede", "chief", True): True,
    ("supersede", "pio", False): True,
    ("supersede", "pio", True): True,
    ("supersede", "dispatcher", False): True,
    ("supersede", "dispatcher", True): True,
    ("expire", "chief", False): False,
    ("expire", "chief", True): False,
    ("expire", "pio", False): False,
    ("expire", "pio", True): False,
    ("expire", "dispatcher", False): False,
    ("expire", "dispatcher", True): False,
}
"""Move, role, whether it is their own: whether they may. Written out, so that the table is not proved by itself."""


@pytest.mark.parametrize(("move", "role", "own"), MAY_MOVE)
@pytest.mark.parametrize("state", STATES)
def test_every_state_role_and_move(state: State, move: Move, role: Role, own: bool) -> None:
    """Only what is pending can be moved, and only by whom the order lets; every refusal names the notification."""
    refused = refusal(an_approval(state), move, "dispatch" if own else "robin", role, NOW)
    assert (refused is None) == (state == "pending" and MAY_MOVE[move, role, own])
    assert refused is None or "n-1" in refused


def test_the_table_names_every_move_and_role() -> None:
    """Nothing is left out of the test above."""
    assert set(MAY_MOVE) == set(product(EVERY_MOVE, ROLES, (False, True)))


def test_a_decision_is_final() -> None:
    """Every move starts from pending, and none leads back to it."""
    assert {was for was, _ in MOVES} == {"pending"}
    assert "pending" not in MOVES.values()
    assert len(set(MOVES.values())) == len(EVERY_MOVE)


def test_nobody_becomes_another_by_capitals() -> None:
    """Who submitted as Chief does not approve as chief."""
    refused = refusal(an_approval(asked_by="Chief "), "approve", "chief", "chief", NOW)
    assert refused is not None
    assert "nobody approves what they submitted" in refused


def test_a_shared_console_can_approve() -> None:
    """One login for two people is no refusal, and it is seen afterwards."""
    assert refusal(an_approval(asked_login="console"), "approve", "chief", "chief", NOW) is None
    assert an_approval("approved").same_login
    assert not an_approval("approved", decided_login="chief").same_login
    assert not an_approval().same_login


@pytest.mark.parametrize("move", EVERY_MOVE)
def test_what_nobody_approved_in_time_has_expired(move: Move) -> None:
    """To the moment, whether or not it is recorded; then nobody moves it."""
    approval = an_approval()
    assert approval.state_at(approval.until - timedelta(microseconds=1)) == "pending"
    assert approval.state_at(approval.until) == "expired"
    assert "expired" in str(refusal(approval, move, "chief", "chief", approval.until))


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("approved", "approved already, by chief"),
        ("preapproved", "chief gave it in advance"),
        ("rejected", "rejected by chief: it is so"),
        ("expired", "was not approved in time"),
        ("withdrawn", "taken back by chief"),
        ("superseded", "taken back by chief"),
    ],
)
def test_who_comes_too_late_is_told_what_became_of_it(state: State, words: str) -> None:
    """One sentence, with the name and the reason."""
    assert words in str(refusal(an_approval(state), "approve", "pio", "pio", NOW))


# --- why it waits -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stage", ["issue", "update", "correction", "resolve", "withdraw"])
@pytest.mark.parametrize("verdict", ["pass", "review", "block"])
@pytest.mark.parametrize("kind", ["road-closure", "outreach"])
@pytest.mark.parametrize("given", [None, Preapproval("chief", date(2026, 1, 15))])
def test_what_asks_for_approval(stage: str, verdict: Any, kind: str, given: Preapproval | None) -> None:
    """A finding and the kind each ask; in advance, only the kind's can be given; what is over or blocked never asks."""
    need = need_for(kind, stage, verdict, CLOSURES, given)
    if stage == "resolve" or verdict == "block" or (kind == "outreach" and verdict == "pass"):
        assert need is None
        return
    assert need is not None
    assert ("kind" in need.reasons, "finding" in need.reasons) == (kind == "road-closure", verdict == "review")
    assert need.waits == (verdict == "review" or given is None)
    assert need.preapproval == (given if kind == "road-closure" else None)
    assert need.longest == timedelta(hours=12)


# --- the hash ---------------------------------------------------------------------------------------------------------


def hashed(*messages: Message, channel: str = "x", operation: str = "publish") -> str:
    """The hash of messages that all go to one channel."""
    return texts_hash((channel, operation, message) for message in messages)


CHANGES: dict[str, Callable[[Message], Message]] = {
    "text": lambda m: replace(m, text=m.text + "."),
    "headline": lambda m: replace(m, headline="Road open"),
    "a further form": lambda m: replace(m, beside={"headline": "Road open"}),
    "language": lambda m: replace(m, language="es"),
    "part": lambda m: replace(m, part=2),
    "recipient": lambda m: replace(m, recipient="list@county.example"),
    "link": lambda m: replace(m, links=("https://city.example/a",)),
    "picture": lambda m: replace(m, media=(some_media(),)),
    "exercise": lambda m: replace(m, status="exercise"),
    "instruction": lambda m: replace(m, alert=replace(m.alert, instruction="Run.")),
    "revision": lambda m: replace(m, revision=2),
    "another notification": lambda m: replace(m, id="n-2"),
    "its end": lambda m: replace(m, expires=m.expires + timedelta(hours=1)),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=[*CHANGES])
def test_any_change_of_what_is_said_is_another_hash(change: Callable[[Message], Message]) -> None:
    """Whatever the public would read differently was not approved."""
    assert hashed(change(a_message())) != hashed(a_message())


def test_a_picture_is_approved_with_its_words_and_its_bytes() -> None:
    """Another alt text, other bytes: another hash."""
    with_picture = a_message(media=(some_media(),))
    for change in ({"alt": "Nothing"}, {"sha256": "0" * 64}, {"rights": "a reader"}):
        changed = replace(with_picture, media=(replace(some_media(), **change),))
        assert hashed(changed) != hashed(with_picture)


def test_the_envelope_is_not_approved() -> None:
    """The key and the time of sending are settled at the release."""
    later = replace(a_message(), key="other", sent=NOW + timedelta(hours=3))
    assert hashed(later) == hashed(a_message())


def test_the_order_does_not_matter_and_every_delivery_counts() -> None:
    """One delivery more, fewer, or to another channel is another hash."""
    one, two = a_message(), a_message(language="es", text="Calle cerrada.")
    assert hashed(one, two) == hashed(two, one)
    assert len({hashed(one), hashed(one, one), hashed(one, two), hashed(one, channel="site"), hashed()}) == 5
    assert hashed(one, operation="amend") != hashed(one)


def test_no_text_can_be_moved_between_deliveries() -> None:
    """What is hashed is one value a delivery: where one ends and the next begins cannot be shifted."""
    assert hashed(a_message(text="a\n"), a_message(text="b")) != hashed(a_message(text="a"), a_message(text="\nb"))


# --- the team ---------------------------------------------------------------------------------------------------------


def member(user: str, role: Role, pin: str | None = PIN) -> TeamMember:
    """A member of the team."""
    return TeamMember(user=user, role=role, pin=pin)


def test_a_team_that_can_approve_is_not_warned() -> None:
    """Two who may, each with a pin; a dispatcher needs none."""
    assert team_warnings([member("ada", "chief"), member("bo", "pio"), member("cy", "dispatcher", None)]) == []


@pytest.mark.parametrize("team", [[], [member("cy", "dispatcher")]])
def test_a_team_with_nobody_who_can_approve_is_told(team: list[TeamMember]) -> None:
    """Before it matters."""
    (warning,) = team_warnings(team)
    assert "nobody could approve" in warning


def test_a_single_approver_is_told() -> None:
    """Who could not approve their own."""
    (warning,) = team_warnings([member("ada", "chief"), member("cy", "dispatcher")])
    assert "only ada could approve" in warning


def test_an_approver_without_a_pin_is_told() -> None:
    """By name, with what to run."""
    warnings = team_warnings([member("ada", "chief", None), member("bo", "pio")])
    assert [("ada" in one, "notify config pin" in one) for one in warnings] == [(True, True)]
