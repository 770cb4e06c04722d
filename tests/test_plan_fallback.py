"""What stands by in a plan: its text is decided, judged and held with the first one's, and it never stands alone."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from notifier.channel import Capabilities, Limit
from notifier.plan import Plan, Planned
from notifier.settings import Approval
from tests.notifications import a_notification
from tests.test_plan import a_target, plan

SMALL = Capabilities("short", Limit(20, "characters"))
SPARE = a_target("spare")
X = a_target("x", fallback=SPARE, patience=timedelta(minutes=5))


def by_channel(made: Plan) -> dict[str, Planned]:
    """Each channel's first delivery."""
    return {planned.channel: planned for planned in reversed(made.deliveries)}


def test_a_standby_is_planned_beside_the_first() -> None:
    """Held, and said for whom; the first knows where it goes, and until when it waits; the preview shows both."""
    made = plan(X)
    first, standby = made.deliveries
    assert (first.channel, first.hold, first.fallback) == ("x", None, "spare")
    assert first.patience == made.release + timedelta(minutes=5)
    assert (standby.channel, standby.hold, standby.stands_by_for) == ("spare", "standby", "x")
    assert (standby.fallback, standby.patience) == (None, None)
    assert "stands by for x" in (standby.detail or "")
    assert [(shown.channel, shown.stands_by_for) for shown in made.shown] == [("x", None), ("spare", "x")]


def test_by_hand_needs_no_second_delivery() -> None:
    """Only the way it goes when its channel stays down."""
    (planned,) = plan(a_target("x", fallback="hand-off")).deliveries
    assert (planned.fallback, planned.stands_by_for) == ("hand-off", None)
    assert planned.patience is not None


def test_without_a_fallback_nothing_waits_for_patience() -> None:
    """An account is waited for until the news is old."""
    (planned,) = plan(a_target("x")).deliveries
    assert (planned.fallback, planned.patience) == (None, None)


def test_its_patience_begins_with_its_release() -> None:
    """What goes out in three hours waits from then."""
    notification = a_notification()
    at = notification.created + timedelta(hours=3)
    assert by_channel(plan(X, notification=notification, release=at))["x"].patience == at + timedelta(minutes=5)


def test_what_gets_it_anyhow_stands_by_for_nobody() -> None:
    """One post on each channel, whatever stands by for what."""
    made = plan(X, SPARE)
    assert [(planned.channel, planned.hold, planned.fallback) for planned in made.deliveries] == [
        ("x", None, None),
        ("spare", None, None),
    ]


def test_one_channel_stands_by_for_one() -> None:
    """Where two name the same, the first has it: it never publishes the same news twice."""
    made = plan(X, a_target("y", fallback=SPARE))
    assert [planned.channel for planned in made.deliveries].count("spare") == 1
    assert {name: planned.fallback for name, planned in by_channel(made).items()} == {
        "x": "spare",
        "y": None,
        "spare": None,
    }


def test_a_page_that_may_not_get_it_does_not_stand_by() -> None:
    """Nobody approved it, or an exercise would reach the public."""
    assert len(plan(replace(X, fallback=a_target("spare", approved_by=None))).deliveries) == 1
    drill = a_notification(status="exercise")
    assert len(plan(replace(X, fallback=a_target("spare", live=True)), notification=drill).deliveries) == 1
    assert len(plan(X, notification=drill).deliveries) == 2


def test_what_does_not_fit_where_it_would_stand_by_stops_nothing() -> None:
    """The first goes out without anything that stands by for it."""
    (planned,) = plan(replace(X, fallback=a_target("spare", able=SMALL))).deliveries
    assert (planned.channel, planned.fallback) == ("x", None)


def test_where_the_first_is_left_out_nothing_stands_by_for_it() -> None:
    """What does not fit on its channel is left out, and so is what would stand by for it."""
    made = plan(replace(X, capabilities=SMALL), a_target("site"), skip_unfit=True)
    assert [planned.channel for planned in made.deliveries] == ["site"]
    assert [shown.channel for shown in made.shown] == ["site"]


def test_an_approval_is_of_both() -> None:
    """Both are held for it, and the standby is still known as one."""
    made = plan(X, approval=Approval(kinds=("road-closure",)))
    assert [(p.channel, p.hold, p.stands_by_for) for p in made.deliveries] == [
        ("x", "approval", None),
        ("spare", "approval", "x"),
    ]


def test_what_a_standby_would_show_is_judged() -> None:
    """No text goes out unjudged because its channel was down."""
    made = plan(X, notification=a_notification(details="John Smith is guilty of the murder."))
    assert made.judgement.verdict == "block"
    assert {finding.channel for finding in made.judgement.findings} <= {None, "x", "spare"}


@pytest.mark.parametrize("languages", [("en",), ("en", "es")])
def test_a_standby_has_every_language_and_its_own_keys(languages: tuple[str, ...]) -> None:
    """One for each text of the first, and no key twice."""
    made = plan(X, notification=a_notification(languages=languages))
    places = [(planned.channel, planned.language) for planned in made.deliveries]
    assert sorted(places) == sorted((name, language) for name in ("x", "spare") for language in languages)
    assert len({planned.message.key for planned in made.deliveries}) == len(made.deliveries)


def test_a_standby_says_whose_account_it_is() -> None:
    """Each delivery is planned for the account of its channel."""
    made: Any = by_channel(plan(replace(X, identity="a", fallback=replace(SPARE, identity="b"))))
    assert (made["x"].identity, made["spare"].identity) == ("a", "b")
