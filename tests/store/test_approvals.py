"""What waits for approval: who decides, once, on which texts, and what follows for its deliveries."""

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from notifier.channel import AuthFailed, Retry
from notifier.circuit import Terms
from notifier.errors import StoreError, WrongUsage
from notifier.policy.approving import Preapproval
from notifier.publish import Request
from notifier.store import Actor, Store
from notifier.store.approvals import MOST_WRONG_PINS
from notifier.store.archive import verify_record
from tests.fakes import ScriptedChannel
from tests.notifications import a_picture, some_facts
from tests.store.approving import FINDING, WaitingOffice, by
from tests.store.office import FAST, PIO, rows

ALL = [("facebook", 1), ("site", 1), ("x", 1)]


@pytest.fixture
def office(tmp_path: Path, store_url: str | None) -> Iterator[WaitingOffice]:
    """An office where road closures wait."""
    office = WaitingOffice(tmp_path, url=store_url)
    yield office
    office.close()


# --- what waits -------------------------------------------------------------------------------------------------------


def test_what_waits_goes_nowhere_by_itself(office: WaitingOffice) -> None:
    """Pending, held on every channel, due on none; it is listed with who asked and until when."""
    id_ = office.publish(claim=True)
    assert office.desk.due_again() == 0
    assert (office.state(id_), set(rows(office.store, id_).values()), office.sent()) == ("pending", {"held"}, [])
    (waiting,) = office.store.approvals.pending()
    assert (waiting.notification, waiting.asked_by, waiting.asked_login) == (id_, "pio", "tester")
    assert waiting.until == office.moment(hours=12)
    planned = office.store.events(id_)[0]["data"]["approval"]
    assert (planned["hash"], planned["reasons"], planned["state"]) == (waiting.hash, ["kind"], "pending")


def test_it_never_waits_longer_than_it_is_news(office: WaitingOffice) -> None:
    """The deadline is the notification's own end where that comes first."""
    id_ = office.publish(expires="2h")
    approval = office.store.approvals.of(id_)
    assert approval is not None
    assert approval.until == office.moment(hours=2)


def test_what_does_not_wait_has_no_approval(office: WaitingOffice) -> None:
    """A clean post of another kind is released at once; approving it is refused."""
    id_ = office.publish("outreach")
    assert (office.state(id_), office.store.approvals.of(id_)) == ("published", None)
    assert office.store.events(id_)[0]["data"]["approval"] is None
    with pytest.raises(WrongUsage, match="does not wait for approval"):
        office.approve(id_)


@pytest.mark.parametrize("act", ["retry", "restart", "restart_held"])
def test_nothing_but_an_approval_lets_it_go(office: WaitingOffice, act: str) -> None:
    """No retry of its deliveries, no start of its channel."""
    id_ = office.publish()
    ids = [row["id"] for row in office.store.deliveries(id_)]
    acts: dict[str, Callable[[], int]] = {
        "retry": lambda: office.store.retry(ids, PIO),
        "restart": lambda: office.store.restart("x", PIO, {"auth", "secret", "operator"}),
        "restart_held": lambda: office.store.restart_held("x", PIO, {"secret"}),
    }
    assert acts[act]() == 0
    assert set(rows(office.store, id_).values()) == {"held"}


def test_the_outbox_itself_refuses_what_is_not_approved(office: WaitingOffice) -> None:
    """Should the program err, the last gate holds: nothing is stored."""
    id_ = office.publish()
    with pytest.raises(AssertionError, match="held for approval"):
        office.store.restart("x", PIO, {"approval"})
    assert set(rows(office.store, id_).values()) == {"held"}


# --- approving --------------------------------------------------------------------------------------------------------


def test_what_is_approved_is_sent_exactly_as_it_stood(office: WaitingOffice) -> None:
    """Each channel gets its own frozen message, byte for byte, hours later."""
    id_ = office.publish()
    stored = {row["channel"]: row["message"] for row in office.store.deliveries(id_)}
    office.clock.forward(hours=3)
    office.approve(id_, by("chief", reason="The crew asked for it."))
    assert (office.sent(), office.state(id_)) == (ALL, "done")
    for channel in office.desk.channels:
        assert channel.sent[0].message.to_json().encode() == office.store.content(stored[channel.name])


def test_an_approval_is_on_record(office: WaitingOffice) -> None:
    """Who, at which login, in which role, when, why, which texts, and each finding that it permits."""
    plan = office.reviewed()
    office.store.record(plan, claim=False)
    id_ = plan.notification.id
    office.clock.forward(minutes=5)
    office.approve(id_, by("chief", reason="The family asked for it.", pin=True))
    (event,) = (event for event in office.store.events(id_) if event["type"] == "approved")
    approval = office.store.approvals.of(id_)
    assert approval is not None
    assert (event["actor"], event["login"]) == ("chief", "console")
    assert event["data"] == {
        "revision": 1,
        "hash": approval.hash,
        "reason": "The family asked for it.",
        "role": "chief",
        "pin": True,
        "same_login": False,
        "permitted": [FINDING.to_json()],
    }
    assert (approval.state, approval.decided_by, approval.decided) == ("approved", "chief", office.clock())
    assert office.store.verify()[1] == []
    assert verify_record(json.loads(json.dumps(office.store.record_of(id_))))[1] == []


def test_one_login_for_both_is_recorded(office: WaitingOffice) -> None:
    """A shared console may approve in another's name, and the record says that it was one login."""
    id_ = office.publish()
    office.approve(id_, replace(by("chief"), actor=Actor("chief", "tester")))
    assert office.store.events(id_)[1]["data"]["same_login"] is True


@pytest.mark.parametrize(
    ("user", "role", "words"),
    [
        ("pio", "pio", "nobody approves what they submitted"),
        ("dispatch", "dispatcher", '"dispatch" may not approve'),
        ("stranger", "dispatcher", '"stranger" may not approve'),
    ],
)
def test_who_may_not_approve_changes_nothing(office: WaitingOffice, user: str, role: Any, words: str) -> None:
    """Their own, or without the role: one sentence, and it waits on."""
    id_ = office.publish()
    before = office.events(id_)
    with pytest.raises(WrongUsage, match=words):
        office.approve(id_, by(user, role))
    assert (office.state(id_), office.events(id_), office.sent()) == ("pending", before, [])


def test_a_decision_is_made_once(office: WaitingOffice) -> None:
    """The second is told who was first; nothing is sent twice."""
    id_ = office.publish()
    office.approve(id_)
    with pytest.raises(WrongUsage, match="approved already, by chief"):
        office.approve(id_, by("ada"))
    with pytest.raises(WrongUsage, match="approved already, by chief"):
        office.store.approvals.reject(id_, by("ada"))
    assert office.sent() == ALL


def test_of_two_at_once_one_approves(office: WaitingOffice) -> None:
    """Many processes approve in the same moment: one wins, the others are told, each channel gets it once."""
    id_ = office.publish()
    stores = [office.desk.another_process() for _ in range(6)]
    gate, ends = threading.Barrier(len(stores)), list[str]()

    def one(store: Store) -> None:
        gate.wait()
        try:
            office.approve(id_, store=store)
            ends.append("approved")
        except WrongUsage as refused:
            ends.append(str(refused))

    threads = [threading.Thread(target=one, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(end == "approved" for end in ends) == [False] * 5 + [True]
    assert all("approved already" in end for end in ends if end != "approved")
    assert office.sent() == ALL
    assert office.events(id_).count("approved") == 1


def test_the_one_who_approves_delivers_it_in_the_same_commit(office: WaitingOffice) -> None:
    """Nobody else can claim it between the approval and the sending; what dies half-way is taken over."""
    id_ = office.publish()
    other = office.desk.another_process()
    other.approvals.approve(id_, by("chief"), {}, FAST)
    assert office.desk.due_again() == 0
    assert set(rows(office.store, id_).values()) == {"claimed"}
    other.die()
    office.desk.deliverer().take_over()
    assert office.desk.due_again() == 3
    assert office.sent() == ALL


def test_an_account_with_a_pace_takes_its_turn(office: WaitingOffice) -> None:
    """One that takes its turn goes out in its slot, not at the approval."""
    office.approve(office.publish(), terms={"x": Terms(pace=60.0)})
    id_ = office.publish()
    office.approve(id_, terms={**FAST, "x": Terms(pace=60.0)})
    assert rows(office.store, id_) == {"x": "due", "site": "delivered", "facebook": "delivered"}
    office.desk.clock.forward(seconds=60)
    assert len(office.store.claim({"x": Terms(pace=60.0)})) == 1


def test_what_holds_a_channel_otherwise_holds_it_still(office: WaitingOffice) -> None:
    """A missing secret keeps its delivery, with what to do; once it is there, the approved text goes."""
    id_ = office.publish()
    office.approve(id_, holds={"x": ("secret", "$X_KEY is not set"), "site": (None, None)})
    assert rows(office.store, id_) == {"x": "held", "site": "delivered", "facebook": "delivered"}
    assert next(row["detail"] for row in office.store.deliveries(id_) if row["channel"] == "x") == "$X_KEY is not set"
    assert office.store.restart_held("x", PIO, {"secret"}) == 1
    assert office.desk.due_again() == 1
    assert office.sent() == ALL


def test_a_channel_that_was_stopped_meanwhile_holds_it(office: WaitingOffice) -> None:
    """The credential died while it waited."""
    id_ = office.publish()
    office.desk.channels[0]._answers = [AuthFailed("revoked")]
    other = office.publish("outreach", claim=True)
    office.desk.deliverer().deliver(office.store.mine(other))
    assert list(office.store.stopped()) == ["x"]
    office.approve(id_)
    assert rows(office.store, id_) == {"x": "held", "site": "delivered", "facebook": "delivered"}
    assert office.state(id_) == "published"


def test_what_is_for_later_is_scheduled(office: WaitingOffice) -> None:
    """Approved before its time, it goes out at its time; after it, at once."""
    early, late = (office.publish(release=office.moment(hours=2), street=f"{name} Street") for name in ("Elm", "Oak"))
    office.approve(early)
    assert (office.state(early), set(rows(office.store, early).values())) == ("scheduled", {"due"})
    office.clock.forward(hours=2)
    assert office.desk.due_again() == 3
    office.clock.forward(minutes=1)
    office.approve(late)
    assert (office.state(early), office.state(late)) == ("done", "done")


def test_a_failed_attempt_after_the_approval_is_retried(office: WaitingOffice) -> None:
    """It is an ordinary delivery from then on."""
    office.desk.channels[0]._answers = [Retry("503"), *office.desk.channels[0]._answers]
    id_ = office.publish()
    office.approve(id_)
    office.clock.forward(seconds=5)
    assert office.desk.due_again() == 1
    assert office.state(id_) == "done"


# --- the texts --------------------------------------------------------------------------------------------------------


def test_an_approval_of_other_texts_is_refused(office: WaitingOffice) -> None:
    """The approver names the hash, or its beginning, and it must be of what is stored."""
    id_ = office.publish()
    approval = office.store.approvals.of(id_)
    assert approval is not None
    with pytest.raises(WrongUsage, match=f"begins with {approval.hash[:12]}"):
        office.approve(id_, by("chief", hash="0" * 64))
    office.approve(id_, by("chief", hash=approval.hash[:12].upper()))
    assert office.sent() == ALL


@pytest.mark.parametrize("what", ["text", "picture"])
@pytest.mark.of_sqlite
def test_texts_that_were_changed_in_the_file_are_not_approved(office: WaitingOffice, what: str, tmp_path: Path) -> None:
    """Somebody who can write the database changes what waits: it is noticed, and nothing goes out."""
    picture = {"file": str(a_picture(tmp_path)), "alt": "A map"}
    id_ = office.publish(attachments=[picture])
    media = "application/json" if what == "text" else "image/png"
    connection = sqlite3.connect(office.store.path)
    connection.execute("DROP TRIGGER content_stays")
    changed = connection.execute("UPDATE content SET body = body || ' ' WHERE media_type = ?", (media,)).rowcount
    connection.commit()
    connection.close()
    assert changed > 0
    with pytest.raises(StoreError, match="records verify"):
        office.approve(id_)
    assert (office.state(id_), office.sent()) == ("pending", [])


@pytest.mark.of_sqlite
def test_a_delivery_that_was_slipped_in_is_not_approved(office: WaitingOffice) -> None:
    """One more recipient in the outbox than was submitted: refused."""
    id_ = office.publish()
    connection = sqlite3.connect(office.store.path)
    names = [row[1] for row in connection.execute("PRAGMA table_info(delivery)") if row[1] != "id"]
    copied = ", ".join("'county'" if name == "channel" else name for name in names)
    connection.execute(f"INSERT INTO delivery ({', '.join(names)}) SELECT {copied} FROM delivery LIMIT 1")
    connection.commit()
    connection.close()
    with pytest.raises(StoreError, match="not those that were submitted"):
        office.approve(id_)
    assert office.sent() == []


# --- rejecting, taking back -------------------------------------------------------------------------------------------


def test_what_is_rejected_never_goes_out(office: WaitingOffice) -> None:
    """Its deliveries are cancelled; who and why are on record; it cannot be approved afterwards."""
    id_ = office.publish()
    office.store.approvals.reject(id_, by("chief", reason="Wrong street."))
    assert (office.state(id_), set(rows(office.store, id_).values())) == ("rejected", {"cancelled"})
    event = next(event for event in office.store.events(id_) if event["type"] == "rejected")
    assert (event["actor"], event["data"]["reason"]) == ("chief", "Wrong street.")
    with pytest.raises(WrongUsage, match=r"rejected by chief: Wrong street\."):
        office.approve(id_, by("ada"))
    assert office.sent() == []


def test_who_submitted_it_may_take_it_back(office: WaitingOffice) -> None:
    """Cancelling its deliveries ends its approval: nothing waits any more."""
    id_ = office.publish()
    ids = [row["id"] for row in office.store.deliveries(id_)]
    assert office.store.cancel(ids[:1], PIO) == 1
    assert office.state(id_) == "pending"
    assert office.store.cancel(ids[1:], PIO) == 2
    assert (office.state(id_), office.store.approvals.pending()) == ("withdrawn", [])
    with pytest.raises(WrongUsage, match="taken back by pio"):
        office.approve(id_)


def test_what_was_cancelled_on_one_channel_is_approved_for_the_others(office: WaitingOffice) -> None:
    """The hash is of what was submitted; what a person took away stays away."""
    id_ = office.publish()
    office.store.cancel([row["id"] for row in office.store.deliveries(id_) if row["channel"] == "x"], PIO)
    office.approve(id_)
    assert office.sent() == [("facebook", 1), ("site", 1)]


def test_a_rejected_post_is_not_named_as_identical(office: WaitingOffice) -> None:
    """To publish it again after a rejection is no accident."""
    id_ = office.publish()
    assert office.store.alike(office.plan()) == id_
    office.store.approvals.reject(id_, by("chief", reason="Not yet."))
    assert office.store.alike(office.plan()) is None


# --- time -------------------------------------------------------------------------------------------------------------


def test_what_nobody_approves_expires(office: WaitingOffice) -> None:
    """From its deadline on it is expired for everyone who looks, before that is recorded; then it is recorded, once."""
    id_ = office.publish()
    office.clock.forward(hours=12)
    assert (office.state(id_), office.store.approvals.pending()) == ("expired", [])
    assert [row["approve_until"] <= 0 for row in office.store.notifications()] == [False]
    with pytest.raises(WrongUsage, match="not approved in time"):
        office.approve(id_)
    assert office.store.approvals.expire() == [id_]
    assert office.store.approvals.expire() == []
    assert (office.state(id_), set(rows(office.store, id_).values())) == ("expired", {"expired"})
    assert office.events(id_).count("approval-expired") == 1
    with pytest.raises(WrongUsage, match="not approved in time"):
        office.approve(id_)
    assert office.sent() == []


def test_what_still_waits_does_not_expire(office: WaitingOffice) -> None:
    """A moment before its deadline it can be approved."""
    id_ = office.publish()
    office.clock.forward(hours=12, microseconds=-1)
    assert office.store.approvals.expire() == []
    office.approve(id_)
    assert office.sent() == ALL


# --- revisions --------------------------------------------------------------------------------------------------------


def test_an_edit_after_an_approval_waits_again(office: WaitingOffice) -> None:
    """The first revision was approved and went out; the second has texts of its own and waits."""
    id_ = office.publish()
    office.approve(id_)
    office.store.record(office.update(id_, office.store, details="Use Elm Street."), claim=FAST)
    assert (office.state(id_), office.sent()) == ("pending", ALL)
    office.approve(id_)
    assert office.sent() == sorted(ALL + [(name, 2) for name, _ in ALL])


def test_an_edit_of_what_waits_takes_its_place(office: WaitingOffice) -> None:
    """What nobody approved goes out never; only the newest texts can be approved, by whom has not edited them."""
    id_ = office.publish()
    first = office.store.approvals.of(id_)
    office.store.record(office.update(id_, office.store, details="Use Elm Street."), claim=False)
    assert first is not None
    with pytest.raises(WrongUsage, match="not those that you saw"):
        office.approve(id_, by("chief", hash=first.hash))
    assert len(office.store.approvals.pending()) == 1
    office.approve(id_)
    assert office.sent() == [(name, 2) for name, _ in ALL]
    assert "approval-superseded" in office.events(id_)


def test_a_rejected_edit_leaves_what_is_out(office: WaitingOffice) -> None:
    """The public still reads the first revision, and the notification stands as that does."""
    id_ = office.publish()
    office.approve(id_)
    office.store.record(office.update(id_, office.store, details="Use Elm Street."), claim=False)
    office.store.approvals.reject(id_, by("chief", reason="Elm Street is closed too."))
    approval = office.store.approvals.of(id_)
    assert approval is not None
    assert (office.state(id_), approval.state, office.sent()) == ("done", "rejected", ALL)


def test_that_it_is_over_is_told_at_once(office: WaitingOffice) -> None:
    """A resolve waits for nobody, and an update that waited is superseded by it."""
    id_ = office.publish()
    office.approve(id_)
    office.store.record(office.update(id_, office.store, details="Use Elm Street."), claim=False)
    facts = some_facts("road-closure", now=office.clock())
    request = Request(facts, ("en",), "dispatch", "console", stage="resolve", id=id_, revision=3)
    office.store.record(office.desk.publisher.decide(request, office.desk.targets()), claim=FAST)
    office.desk.deliverer().deliver(office.store.mine(id_))
    assert office.sent() == sorted(ALL + [(name, 3) for name, _ in ALL])
    assert office.store.approvals.pending() == []


# --- in advance -------------------------------------------------------------------------------------------------------


def test_what_was_approved_in_advance_goes_out_and_says_by_whom(office: WaitingOffice) -> None:
    """It is released at once; the permission stands on record with the name and the day."""
    given = Preapproval("chief", date(2026, 1, 15))
    facts = some_facts("road-closure", now=office.clock())
    request = Request(facts, ("en",), "feed:nws", "notifier", source="feed:nws", preapproval=given)
    plan = office.desk.publisher.decide(request, office.desk.targets())
    office.store.record(plan, claim=FAST)
    id_ = plan.notification.id
    office.desk.deliverer().deliver(office.store.mine(id_))
    assert office.sent() == ALL
    (event,) = (event for event in office.store.events(id_) if event["type"] == "preapproved")
    assert (event["data"]["preapproved_by"], event["data"]["preapproved_on"]) == ("chief", "2026-01-15")
    approval = office.store.approvals.of(id_)
    assert approval is not None
    assert (approval.state, approval.decided_by, office.store.approvals.pending()) == ("preapproved", "chief", [])
    with pytest.raises(WrongUsage, match="gave it in advance"):
        office.approve(id_)


# --- pins -------------------------------------------------------------------------------------------------------------

CHIEF = Actor("chief", "console")


def prove(office: WaitingOffice, id_: str, *, right: bool, actor: Actor = CHIEF) -> str:
    """Give a pin; answers what was said."""
    try:
        office.store.approvals.prove(id_, actor, lambda: right)
    except WrongUsage as refused:
        return str(refused)
    return "right"


def test_a_wrong_pin_is_on_record(office: WaitingOffice) -> None:
    """Who claimed to be whom, at which login; the pin stands nowhere, for it never reaches the store."""
    id_ = office.publish()
    assert prove(office, id_, right=False) == "that is not the pin of chief; nothing was decided"
    event = office.store.events(id_)[-1]
    assert (event["type"], event["actor"], event["login"]) == ("pin-wrong", "chief", "console")
    assert office.state(id_) == "pending"


def test_many_wrong_pins_stop_a_user_for_a_while(office: WaitingOffice) -> None:
    """After five within a quarter of an hour the right one is refused too, on any notification, until it is over."""
    first, second = office.publish(street="Elm Street"), office.publish(street="Oak Street")
    for _ in range(MOST_WRONG_PINS):
        assert "not the pin" in prove(office, first, right=False)
        office.clock.forward(minutes=1)
    assert prove(office, second, right=True) == "too many wrong pins for chief; try again in 10 min"
    assert prove(office, second, right=True, actor=Actor("ada", "console")) == "right"
    office.clock.forward(minutes=9, seconds=59)
    assert "try again in 1 min" in prove(office, second, right=True)
    office.clock.forward(seconds=1)
    assert prove(office, second, right=True) == "right"


def test_trying_many_pins_at_once_gains_nothing(office: WaitingOffice) -> None:
    """Twelve processes guess in the same moment: five guesses are looked at, no more."""
    id_ = office.publish()
    looked: list[int] = []
    stores = [office.desk.another_process() for _ in range(12)]

    def guess(store: Store) -> None:
        with pytest.raises(WrongUsage):
            store.approvals.prove(id_, CHIEF, lambda: bool(looked.append(1)))  # type: ignore[func-returns-value]

    threads = [threading.Thread(target=guess, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(looked) == MOST_WRONG_PINS
    assert office.events(id_).count("pin-wrong") == MOST_WRONG_PINS


# --- the last gate ----------------------------------------------------------------------------------------------------


def test_an_approved_exercise_never_reaches_an_account_that_became_live(tmp_path: Path) -> None:
    """It was planned for a practice account; that is live when it is approved: refused there, with the reason."""
    from notifier.deliver import Deliverer, Route

    channel = ScriptedChannel("x")
    office = WaitingOffice(tmp_path, channel)
    facts = some_facts("road-closure", now=office.clock())
    request = Request(facts, ("en",), "pio", "tester", status="exercise", release=office.clock() + timedelta(seconds=0))
    plan = office.desk.publisher.decide(request, office.desk.targets())
    office.store.record(plan, claim=False)
    id_ = plan.notification.id
    live = Deliverer(office.store, {"x": Route(channel, channel.capabilities, live=True)}, office.clock)
    office.store.approvals.approve(id_, by("chief"), {}, live.terms)
    live.deliver(office.store.mine(id_))
    (row,) = office.store.deliveries(id_)
    assert (row["state"], row["attempts"], channel.sent) == ("failed", 0, [])
    assert "live" in row["detail"]
    assert office.store.notification(id_)["status"] == "exercise"
    office.close()
