"""Whatever people and time do in whatever order: nothing is sent that was not approved, and nothing twice."""

import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    rule,
    run_state_machine_as_test,
)

from notifier.channel import Delivered, Prepared, Retry
from notifier.errors import WrongUsage
from notifier.settings import Role
from notifier.store import Actor
from tests.fakes import ScriptedChannel
from tests.postgres_databases import Databases
from tests.store.approving import WaitingOffice, by
from tests.store.office import FAST

TEAM: dict[str, Role] = {"ada": "chief", "pio": "pio", "dispatch": "dispatcher"}
USERS = st.sampled_from(sorted(TEAM))


class Approvals(RuleBasedStateMachine):
    """An office with two channels, one of which is often busy."""

    url: str | None = None
    notifications = Bundle("notifications")

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        busy = ScriptedChannel("x", *[answer for _ in range(50) for answer in (Retry("503"), Delivered())])
        self.office = WaitingOffice(Path(self.folder.name), busy, ScriptedChannel("site"), url=self.url)
        self.approved: set[tuple[str, int]] = set()
        self.refused: set[tuple[str, int]] = set()
        self.count = 0

    def _revision(self, id_: str) -> tuple[str, int]:
        return id_, self.office.store.notification(id_)["revision"]

    @rule(target=notifications, later=st.booleans())
    def submit(self, later: bool) -> str:
        """The pio submits a road closure, for now or for later."""
        self.count += 1
        release = self.office.moment(hours=1) if later else None
        return self.office.publish(claim=True, street=f"{self.count} Street", release=release)

    @rule(id_=notifications, user=USERS)
    def approve(self, id_: str, user: str) -> None:
        """Somebody approves, whether or not they may."""
        approval = self.office.store.approvals.of(id_)
        try:
            self.office.approve(id_, by(user, TEAM[user]))
        except WrongUsage:
            return
        assert approval is not None
        assert (approval.state, user) == ("pending", "ada"), "pio submitted it, and dispatch may not"
        self.approved.add(self._revision(id_))

    @rule(id_=notifications, user=USERS)
    def reject(self, id_: str, user: str) -> None:
        """Somebody rejects."""
        with suppress(WrongUsage):
            self.office.store.approvals.reject(id_, by(user, TEAM[user], "no"))
            self.refused.add(self._revision(id_))

    @rule(id_=notifications, seconds=st.integers(1, 99))
    def edit(self, id_: str, seconds: int) -> None:
        """Somebody edits it: new texts, which nobody has approved."""
        store = self.office.store
        store.record(self.office.update(id_, store, details=f"Wait {seconds} seconds."), claim=FAST)

    @rule(id_=notifications)
    def retry(self, id_: str) -> None:
        """Somebody retries whatever there is."""
        ids = [row["id"] for row in self.office.store.deliveries(id_)]
        self.office.store.retry(ids, Actor("dispatch", "console"))

    @rule(channel=st.sampled_from(["x", "site"]))
    def restart(self, channel: str) -> None:
        """Somebody starts a channel again."""
        self.office.store.restart(channel, Actor("dispatch", "console"), {"auth", "secret", "operator"})

    @rule(id_=consumes(notifications))
    def cancel(self, id_: str) -> None:
        """Somebody cancels what has not gone out."""
        ids = [row["id"] for row in self.office.store.deliveries(id_)]
        self.office.store.cancel(ids, Actor("dispatch", "console"))

    @rule(minutes=st.sampled_from([1, 30, 400]))
    def pass_time(self, minutes: int) -> None:
        """Time passes; notify run does its round."""
        self.office.clock.forward(minutes=minutes)
        self.office.store.approvals.expire()

    @rule()
    def deliver(self) -> None:
        """Whoever delivers takes what is due, and what a dead process left."""
        deliverer = self.office.desk.deliverer()
        deliverer.take_over()
        deliverer.deliver(self.office.store.claim(FAST))

    def _sent(self) -> Iterable[Prepared]:
        return (prepared for channel in self.office.desk.channels for prepared in channel.sent)

    @invariant()
    def only_what_was_approved_is_sent(self) -> None:
        """Every attempt is at a revision that the chief approved, and at none that was refused."""
        sent = {(prepared.message.id, prepared.message.revision) for prepared in self._sent()}
        assert sent <= self.approved - self.refused

    @invariant()
    def what_waits_is_held_and_what_is_held_waits(self) -> None:
        """Exactly what pending approvals are of is held for approval, and none of it has an owner or a time."""
        store = self.office.store
        for row in store.notifications():
            approval = store.approvals.of(row["id"])
            held = {d["revision"] for d in store.deliveries(row["id"]) if d["hold"] == "approval"}
            assert approval is not None
            assert held <= {approval.revision}
            assert approval.state in ("pending", "expired") or not held
            assert (store.state_of(row, store.deliveries(row["id"])) == "pending") == (approval.state == "pending")
            for delivery in store.deliveries(row["id"]):
                waits = delivery["hold"] == "approval"
                assert not waits or (delivery["state"], delivery["due"], delivery["owner"]) == ("held", None, None)

    @invariant()
    def every_approval_is_on_record_once(self) -> None:
        """The archive tells the same story, and verifies."""
        ids = [row["id"] for row in self.office.store.notifications()]
        events = [event for id_ in ids for event in self.office.store.events(id_)]
        told = [(event["stream"], event["data"]["revision"]) for event in events if event["type"] == "approved"]
        assert len(told) == len(set(told))
        assert set(told) == self.approved

    def teardown(self) -> None:
        """Close it all."""
        assert self.office.store.verify()[1] == []
        self.office.close()
        self.folder.cleanup()


SETTINGS = settings(stateful_step_count=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def test_only_what_was_approved_ever_goes_out() -> None:
    """Whatever people and time do."""
    run_state_machine_as_test(Approvals, settings=settings(SETTINGS, max_examples=25))


def test_on_postgresql_too_only_what_was_approved_goes_out(databases: Databases) -> None:
    """The same on the other database."""

    class OnPostgres(Approvals):
        """Each story has a database of its own."""

        def __init__(self) -> None:
            self.url = databases.new()
            super().__init__()

    run_state_machine_as_test(OnPostgres, settings=settings(SETTINGS, max_examples=6))
