"""The connection to PostgreSQL is lost at any statement: each change is applied once, and its caller hears so."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import TypeVar

import pytest

from notifier.channel import Delivered, Retry
from notifier.errors import StoreError
from notifier.retry import Next
from notifier.store import Claim, Store
from tests.postgres_databases import Databases
from tests.store.cutting import WHERES, Where, Wire
from tests.store.office import FAST, Office, rows

T = TypeVar("T")
MANY = 60
"""More statements than any of these changes needs."""


class Site:
    """An office that reaches its database directly, and one process more whose wire is cut."""

    def __init__(self, office: Office, wire: Wire) -> None:
        self.office, self.wire = office, wire
        self.store = Store(wire.url, office.desk.department.slug, office.clock)
        assert self.store.owner  # its lock, and its beating, before anything is counted

    def claimed(self) -> list[Claim]:
        """A notification of which everything is in the hands of the process whose wire is cut."""
        plan = self.office.plan()
        return self.store.record(plan, claim=FAST)

    def events(self, id_: str) -> Counter[str]:
        """How often each type of event stands in a record."""
        return Counter(event["type"] for event in self.office.store.events(id_))

    def owners(self, id_: str) -> Counter[str | None]:
        """Whose a notification's deliveries are."""
        return Counter(row["owner"] for row in self.office.store.deliveries(id_))


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory, databases: Databases) -> Iterator[Site]:
    """An office with a wire to cut."""
    url = databases.new()
    office = Office(tmp_path_factory.mktemp("office"), url=url)
    with Wire(url) as wire:
        made = Site(office, wire)
        yield made
        wire.mend()
        made.store.close()
        office.close()


def _everywhere(site: Site, where: Where) -> Iterator[int]:
    """Cut at each statement in turn, until a change ends before it comes to be cut."""
    for number in range(1, MANY):
        site.wire.cut(number, where)
        yield number
        if not site.wire.mend():
            assert number > 4
            return
    raise AssertionError("a change has more statements than were tried")


@pytest.mark.parametrize("where", WHERES)
def test_a_plan_is_stored_once_and_its_claims_are_told(site: Site, where: Where) -> None:
    """Wherever the wire is cut: one notification, its deliveries, one event, and the claims that the store knows."""
    for _ in _everywhere(site, where):
        plan = site.office.plan()
        id_ = str(plan.notification.id)
        claims = site.store.record(plan, claim=FAST)
        assert len(claims) == 3
        assert site.owners(id_) == {site.store.owner: 3}
        assert sum(site.events(id_).values()) == 1
    assert site.office.store.verify()[1] == []


@pytest.mark.parametrize("where", WHERES)
def test_a_claim_is_made_once_and_told(site: Site, where: Where) -> None:
    """What the store says this process has, it knows that it has."""
    plans = iter([site.office.publish() for _ in range(MANY)])
    for _ in _everywhere(site, where):
        id_ = next(plans)
        claims = site.store.claim(FAST, id_)
        assert {claim.id for claim in claims} == {row["id"] for row in site.office.store.deliveries(id_)}
        assert site.owners(id_) == {site.store.owner: 3}


@pytest.mark.parametrize("where", WHERES)
def test_an_intent_is_recorded_once_and_may_go(site: Site, where: Where) -> None:
    """One attempt is counted and on record; the sender may send."""
    plans = iter([site.claimed()[0] for _ in range(MANY)])
    for _ in _everywhere(site, where):
        claim = next(plans)
        assert site.store.intend(claim, "{}") is True
        assert site.events(claim.notification)["attempt"] == 1
        row = next(r for r in site.office.store.deliveries(claim.notification) if r["id"] == claim.id)
        assert (row["state"], row["attempts"]) == ("sending", 1)


@pytest.mark.parametrize("where", WHERES)
def test_an_outcome_is_recorded_once(site: Site, where: Where) -> None:
    """One outcome is on record, and counts."""
    plans = iter([site.claimed()[0] for _ in range(MANY)])
    for _ in _everywhere(site, where):
        claim = next(plans)
        site.store.intend(claim, "{}")
        outcome, following = Delivered("1", "https://a.example/1"), Next("delivered", None, None)
        assert site.store.finish(claim, outcome, following, "{}", 1) is True
        assert site.events(claim.notification)["outcome"] == 1
        assert rows(site.office.store, claim.notification)[claim.channel] == "delivered"
    assert site.office.store.verify()[1] == []


@pytest.mark.parametrize("where", WHERES)
def test_a_look_is_repeated(site: Site, where: Where) -> None:
    """A read whose connection is lost is asked again."""
    id_ = site.office.publish()
    for number in range(1, 4):
        site.wire.cut(number, where)
        assert len(site.store.deliveries(id_)) == 3
        assert len(site.store.events(id_)) == 1
        site.wire.mend()


# --- lost for longer than anybody waits -------------------------------------------------------------------------------


def _commit_of(site: Site, act: object) -> int:
    """At which statement a change commits: the last one that it makes."""
    for number in range(1, MANY):
        site.wire.cut(number, "behind")
        act()  # type: ignore[operator]
        if not site.wire.mend():
            return number - 1
    raise AssertionError("a change has more statements than were tried")


def _lose_the_answer(site: Site, last: int, make: Callable[[], T], act: Callable[[T], object]) -> T:
    """Let an answer be lost at its commit; answers what was made for it. A change may make a statement more or less."""
    for number in (last, last, last + 1, last - 1):
        made = make()
        site.wire.cut(number, "after", stays=True)
        try:
            act(made)
        except StoreError as told:
            if "whether it was stored is not known" in str(told):
                return made
        site.wire.mend()
    raise AssertionError("no answer was lost")


def _impatient(site: Site) -> None:
    site.store._database.patience = 0.3  # type: ignore[attr-defined]


def test_a_claim_that_nobody_was_told_of_is_given_back(site: Site) -> None:
    """Its commit arrived, and the server stayed away: with the next change all of it is due again."""
    last = _commit_of(site, lambda: site.store.claim(FAST, site.office.publish()))
    _impatient(site)
    id_ = _lose_the_answer(site, last, site.office.publish, lambda id_: site.store.claim(FAST, id_))
    assert site.owners(id_) == {site.store.owner: 3}
    site.wire.mend()
    site.store.note("channel:x", "looked-at", {})
    assert set(rows(site.office.store, id_).values()) == {"due"}
    assert len(site.store.claim(FAST, id_)) == 3


def test_an_intent_that_nobody_was_told_of_is_taken_back(site: Site) -> None:
    """Nothing was sent after it: asked again the sender may not send, and the delivery is due."""
    claims = iter([site.claimed()[0] for _ in range(MANY)])
    last = _commit_of(site, lambda: site.store.intend(next(claims), "{}"))
    _impatient(site)
    claim = _lose_the_answer(site, last, lambda: site.claimed()[0], lambda one: site.store.intend(one, "{}"))
    assert rows(site.office.store, claim.notification)[claim.channel] == "sending"
    site.wire.mend()
    assert site.store.intend(claim, "{}") is False
    assert rows(site.office.store, claim.notification)[claim.channel] == "due"


def test_a_store_whose_server_is_gone_can_be_closed(site: Site) -> None:
    """What it had in its hands is taken over as from the dead; nobody is told of a second failure."""
    claim = site.claimed()[0]
    _impatient(site)
    site.wire.cut(1, "before", stays=True)
    site.store.close()
    assert rows(site.office.store, claim.notification)[claim.channel] == "claimed"
    site.office.clock.forward(seconds=91)  # to the others it is another machine: its wire is another address
    site.office.store.take_over()
    assert set(rows(site.office.store, claim.notification).values()) == {"due"}


@pytest.mark.parametrize("outcome", [Delivered("1", "https://a.example/1"), Retry("503")])
def test_an_outcome_that_is_brought_again_counts_once(site: Site, outcome: Delivered | Retry) -> None:
    """The deliverer keeps it and brings it until it is told that it is stored: there is one, and one failure."""
    now = site.office.clock()
    following = Next("delivered", None, None) if isinstance(outcome, Delivered) else Next("due", now, "503")

    def finish(claim: Claim) -> bool:
        return site.store.finish(claim, outcome, following, "{}", 1)

    sent = iter([site.claimed()[0] for _ in range(MANY)])
    for claim in (sending := [next(sent) for _ in range(MANY)]):
        site.store.intend(claim, "{}")
    ready = iter(sending)
    last = _commit_of(site, lambda: finish(next(ready)))
    claim = next(ready)
    failures = site.office.store.accounts()[claim.channel].circuit.failures
    _impatient(site)
    site.wire.cut(last, "after", stays=True)
    with pytest.raises(StoreError, match="whether it was stored is not known"):
        finish(claim)
    site.wire.mend()
    assert finish(claim) is True
    assert site.events(claim.notification)["outcome"] == 1
    assert site.events(claim.notification)["late-answer"] == 0
    after = site.office.store.accounts()[claim.channel].circuit.failures
    assert after - failures <= 1
