"""Two configurations of an account of one name: neither process sends what was planned for the other's account."""

from dataclasses import replace

from notifier.circuit import Terms
from tests.store.office import PIO, Office, rows

OURS, THEIRS = {"x": Terms(identity="ours")}, {"x": Terms(identity="theirs")}


def planned_for(office: Office, identity: str) -> str:
    """Store a notification whose deliveries were planned for an account."""
    plan = office.plan()
    deliveries = tuple(replace(one, identity=identity) for one in plan.deliveries)
    office.store.record(replace(plan, deliveries=deliveries))
    return str(plan.notification.id)


def test_each_claims_only_what_was_planned_for_its_own(office: Office) -> None:
    """Whichever asks first, of everything or of one notification."""
    other = office.desk.another_process()
    ours, theirs = planned_for(office, "ours"), planned_for(office, "theirs")
    assert other.claim(THEIRS, ours) == []
    assert other.next_due(THEIRS, ours) is None
    assert [claim.notification for claim in other.claim(THEIRS)] == [theirs]
    assert [claim.notification for claim in office.store.claim(OURS)] == [ours]
    assert other.next_due(THEIRS) is None


def test_what_a_person_tries_again_goes_by_the_account_of_now(office: Office) -> None:
    """Somebody who knows both says so; nobody else changes whose it is."""
    id_ = planned_for(office, "ours")
    held = [row["id"] for row in office.store.deliveries(id_) if row["channel"] == "x"]
    office.store.hold("x", "the account moves", PIO)
    assert office.store.claim(OURS) == []
    assert rows(office.store, id_)["x"] == "held"
    office.store.restart("x", PIO, {"nothing"})
    assert office.store.retry(held, PIO, {"x": "theirs"}) == 1
    office.store.restart("x", PIO, {"operator"})
    assert office.store.claim(OURS) == []
    assert [claim.id for claim in office.store.claim(THEIRS)] == held
