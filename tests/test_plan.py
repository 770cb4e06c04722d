"""The plan: what goes where, and what does not and why; a value without network, clock or writes."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from notifier.channel import Capabilities, Limit, Pictures
from notifier.errors import DoesNotFit, InvalidNotification
from notifier.notification import Notification
from notifier.plan import Plan, Target, delivery_key, make_plan
from notifier.policy.approving import Preapproval
from notifier.rendering import Renderer
from notifier.settings import Approval
from tests.notifications import a_department, a_notification, some_media

DEPARTMENT = a_department()
RENDERER = Renderer(DEPARTMENT)
GUILTY = "John Smith is guilty of the murder."


def a_target(name: str = "x", **changes: Any) -> Target:
    """A practice account that takes any text."""
    able = changes.pop("able", Capabilities("long"))
    return replace(Target(name, "scripted", able, False, "chief"), **changes)


def plan(*targets: Target, notification: Notification | None = None, **options: Any) -> Plan:
    """The plan of a road closure, or of this notification."""
    return make_plan(notification or a_notification(), DEPARTMENT, targets, RENDERER, **options)


def test_an_exercise_never_goes_to_a_live_account() -> None:
    """The live one is refused with the reason; the practice one gets it, marked as an exercise."""
    made = plan(a_target("live", live=True), a_target("drill"), notification=a_notification(status="exercise"))
    assert [planned.channel for planned in made.deliveries] == ["drill"]
    assert {planned.message.status for planned in made.deliveries} == {"exercise"}
    assert [(r.channel, "exercise" in r.reason) for r in made.refused] == [("live", True)]


def test_an_exercise_with_nowhere_to_go_is_refused() -> None:
    """With live accounts only, nothing is planned, and the sentence names them."""
    with pytest.raises(InvalidNotification, match="live: it is live"):
        plan(a_target("live", live=True), notification=a_notification(status="exercise"))


def test_a_page_that_nobody_approved_gets_nothing() -> None:
    """Order 2.b.1: without approval nothing is sent there."""
    made = plan(a_target("wild", approved_by=None), a_target("x"))
    assert [planned.channel for planned in made.deliveries] == ["x"]
    assert "2.b.1" in made.refused[0].reason


def test_no_channel_at_all_is_a_sentence() -> None:
    """Whoever has no channel is told so."""
    with pytest.raises(InvalidNotification, match="no channel is configured"):
        plan()


def test_words_that_cannot_fit_stop_the_plan() -> None:
    """Every channel that cannot take the mandatory words is named, with both lengths."""
    small = Capabilities("short", Limit(20, "characters"))
    with pytest.raises(DoesNotFit) as refused:
        plan(a_target("a", able=small), a_target("b", able=small), a_target("c"))
    assert [problem.where.split()[0] for problem in refused.value.problems] == ["a", "b"]
    assert "20 fit" in str(refused.value)


def test_a_channel_that_cannot_fit_can_be_left_out() -> None:
    """With skip_unfit the others go, and the one is named with what is too long."""
    made = plan(a_target("a", able=Capabilities("short", Limit(20, "characters"))), a_target("c"), skip_unfit=True)
    assert [planned.channel for planned in made.deliveries] == ["c"]
    assert [refused.channel for refused in made.refused] == ["a"]
    assert len(made.unfit) == 1


def test_nothing_that_fits_is_refused_even_when_leaving_out() -> None:
    """When every channel is left out, there is nowhere to send to."""
    with pytest.raises(InvalidNotification, match="its text does not fit"):
        plan(a_target("a", able=Capabilities("short", Limit(20, "characters"))), skip_unfit=True)


def test_a_missing_secret_holds_its_channel_and_no_other() -> None:
    """The delivery is made, held, and says which secret is missing and what to run."""
    made = plan(a_target("x", missing=("$X_KEY is not set",)), a_target("site"))
    held, free = made.deliveries
    assert (held.hold, free.hold) == ("secret", None)
    assert held.detail is not None
    assert "$X_KEY" in held.detail
    assert "notify retry --channel x" in held.detail


def test_a_stopped_channel_holds_its_deliveries() -> None:
    """What a dead credential stopped stays held, with the reason."""
    made = plan(a_target("x", stopped="the token was revoked"))
    assert (made.deliveries[0].hold, made.deliveries[0].detail) == (
        "auth",
        "the channel is stopped: the token was revoked",
    )


TARGETS = (a_target("site"), a_target("x", missing=("$X_KEY is not set",)), a_target("y", stopped="revoked"))
CLOSURES = Approval(kinds=("road-closure",))


def test_what_must_be_approved_is_held_on_every_channel() -> None:
    """A delivery is held for approval, whatever else is the matter with its channel."""
    made = plan(*TARGETS, approval=CLOSURES)
    assert (made.state, [planned.hold for planned in made.deliveries]) == ("pending", ["approval"] * 3)
    assert all("approval" in str(planned.detail) for planned in made.deliveries)


def test_what_was_approved_in_advance_is_not_held() -> None:
    """The plan says who gave it; what else holds a channel holds it still."""
    made = plan(*TARGETS, approval=CLOSURES, preapproval=Preapproval("chief", date(2026, 1, 15)))
    assert (made.state, [planned.hold for planned in made.deliveries]) == ("published", [None, "secret", "auth"])
    assert made.approval is not None
    assert made.approval.preapproval == Preapproval("chief", date(2026, 1, 15))


def test_what_is_over_never_waits() -> None:
    """A resolve of a kind that always waits goes straight out."""
    assert plan(a_target("x"), notification=a_notification(stage="resolve"), approval=CLOSURES).state == "published"
    assert plan(a_target("x"), notification=a_notification(stage="update"), approval=CLOSURES).state == "pending"


def test_what_is_blocked_waits_for_nobody() -> None:
    """No approval lets out what the order never allows."""
    made = plan(a_target("x"), notification=a_notification(details=GUILTY), approval=CLOSURES)
    assert (made.state, made.approval) == ("blocked", None)


def test_a_blocked_text_is_planned_and_judged() -> None:
    """The plan of what may never go out tells its findings; the store keeps it from going out."""
    made = plan(a_target("x"), notification=a_notification(details=GUILTY))
    assert made.judgement.verdict == "block"
    assert any("guilty" in finding.text for finding in made.judgement.findings)


def test_one_delivery_for_each_recipient_and_language() -> None:
    """Two recipients in two languages are four deliveries, in that order, each with its own text and key."""
    able = Capabilities("long", recipients=("a@town.example", "b@town.example"))
    made = plan(a_target("mail", able=able), notification=a_notification(languages=("en", "es")))
    assert [(p.language, p.recipient) for p in made.deliveries] == [
        ("en", "a@town.example"),
        ("en", "b@town.example"),
        ("es", "a@town.example"),
        ("es", "b@town.example"),
    ]
    assert len({p.message.key for p in made.deliveries}) == 4
    assert len({p.message.text for p in made.deliveries}) == 2


def test_the_same_plan_has_the_same_keys() -> None:
    """Decided again, in another process, the identity and the words are the same."""
    targets = (a_target("x"), a_target("mail", able=Capabilities("long", recipients=("a@town.example",))))
    first, second = plan(*targets), plan(*targets)
    assert [p.message.key for p in first.deliveries] == [p.message.key for p in second.deliveries]
    assert [p.message.to_json() for p in first.deliveries] == [p.message.to_json() for p in second.deliveries]


def test_every_part_of_an_identity_makes_another_key() -> None:
    """Department, notification, revision, operation, channel, language, part and recipient each tell keys apart."""
    one = a_notification()
    base: tuple[Any, ...] = (one, "publish", "x", "en", 1, "")
    others: list[tuple[Any, ...]] = [
        (a_notification(id="n-20261122-195806-aaaaa"), *base[1:]),
        (a_notification(revision=2, stage="update"), *base[1:]),
        (replace(one, department="police.neighbour.example"), *base[1:]),
        (one, "amend", "x", "en", 1, ""),
        (one, "publish", "y", "en", 1, ""),
        (one, "publish", "x", "es", 1, ""),
        (one, "publish", "x", "en", 2, ""),
        (one, "publish", "x", "en", 1, "a@town.example"),
        (one, "publish", "x", "en", 1, "b@town.example"),
    ]
    keys = [delivery_key(*arguments) for arguments in (base, *others)]
    assert len(set(keys)) == len(keys)


def test_a_key_is_fit_for_headers_and_file_names() -> None:
    """Letters, digits, dots, dashes and nothing of the recipient's address."""
    key = delivery_key(a_notification(), "publish", "mail", "en", 1, "robin@town.example")
    assert all(char.isascii() and (char.isalnum() or char in ".-_") for char in key)
    assert "robin" not in key


def test_pictures_go_only_where_they_are_taken() -> None:
    """A channel without pictures gets the words, and the preview knows what was left out."""
    media = (some_media(),)
    made = plan(a_target("x", able=Capabilities("long", pictures=Pictures())), a_target("sms"), media=media)
    assert [len(planned.message.media) for planned in made.deliveries] == [1, 0]
    assert [shown.pictures_left_out for shown in made.shown] == [0, 1]


def test_the_release_is_the_time_that_readers_see() -> None:
    """A notification for later carries the time at which it goes out."""
    from datetime import timedelta

    notification = a_notification()
    at = notification.created + timedelta(hours=3)
    made = plan(a_target("x"), notification=notification, release=at)
    assert made.release == at
    assert {planned.message.sent for planned in made.deliveries} == {at}
