"""Any order of moves by any number of processes, against a simple model of what a delivery's life may be."""

from dataclasses import replace

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule, run_state_machine_as_test

from notifier.channel import AuthFailed, Delivered, Outcome, Rejected, Retry, Unknown
from notifier.clock import to_micros
from notifier.retry import FINAL, Next
from notifier.store import Claim
from notifier.store.accounts import note_outcomes
from tests.fakes import START
from tests.postgres_databases import Databases
from tests.store.delivery_world import TERMS, DeliveryWorld, due_now
from tests.store.office import PIO

BUSY = Retry("it is not available")
PAUSE: Outcome = Retry("slow down", START)
"""Stands for one that names a time two minutes from then."""
OUTCOMES: tuple[Outcome, ...] = (
    Delivered("7", "https://x.example/7"),
    Rejected("it is too long"),
    AuthFailed("the token was revoked"),
    BUSY,
    PAUSE,
    *[Unknown("the answer was lost")] * 2,
)
LOOKED_UP = (
    Next("delivered", None, "a look-up found it"),
    Next("due", START, "a look-up proved that it did not go out"),
    Next("unknown", START, "a look-up could not tell"),
    Next("unknown", None, "a look-up could not tell"),
)
KINDS = ("road-closure", "missing-person", "outreach")
PROCESSES = st.integers(0, 2)
CHANNELS = st.sampled_from(sorted(TERMS))


class DeliveryLives(DeliveryWorld):
    """What three processes, a person and the time do."""

    # --- what the processes do ----------------------------------------------------------------------------------------

    @initialize()
    def begin(self) -> None:
        """There is something to deliver."""
        self.publish(0, "road-closure", at_once=False)

    @precondition(lambda self: len(self.ids) < 4)
    @rule(process=PROCESSES, kind=st.sampled_from(KINDS), at_once=st.booleans())
    def publish(self, process: int, kind: str, at_once: bool) -> None:
        """A command stores a plan, to deliver it itself or to leave it."""
        plan = self.office.plan(kind, expires="2h")
        self.stores[process].record(plan, claim=TERMS if at_once else None)
        self.ids.append(plan.notification.id)
        self.take(process, self.stores[process].mine(plan.notification.id))

    @precondition(lambda self: self.ids)
    @rule(process=PROCESSES, which=st.integers(0, 3), at_once=st.booleans())
    def update(self, process: int, which: int, at_once: bool) -> None:
        """Someone updates a notification."""
        id_ = self.ids[which % len(self.ids)]
        store = self.stores[process]
        if store.notification(id_)["revision"] < 4:
            known = {row["id"] for row in store.deliveries(id_)}
            store.record(self.office.update(id_, store, expires="2h"), claim=TERMS if at_once else None)
            self.take(process, [claim for claim in store.mine(id_) if claim.id not in known])

    @rule(process=PROCESSES, most=st.integers(1, 5))
    def claim(self, process: int, most: int) -> None:
        """A worker claims: nothing that another holds, nothing old, nothing of a channel that takes nothing now."""
        accounts, now = self.stores[process].accounts(), self.office.clock()
        claims = self.stores[process].claim(TERMS, most=most)
        assert len(claims) <= most
        rank = {row["id"]: row["priority"] for row in self.rows()}
        assert [rank[claim.id] for claim in claims] == sorted(rank[claim.id] for claim in claims)
        assert all(claim.looking_up or claim.expires > now for claim in claims)
        for claim in claims:
            account = accounts.get(claim.channel)
            if account is not None:
                assert account.stopped is None
                assert account.circuit.paused_until is None or account.circuit.paused_until <= now
                assert claim.looking_up or claim.is_probe == (account.circuit.opened is not None)
        self.take(process, claims)

    @precondition(lambda self: self.in_hand(looking_up=True))
    @rule(which=st.integers(0, 20), following=st.sampled_from(LOOKED_UP))
    def look_up(self, which: int, following: Next) -> None:
        """A worker looks whether an attempt without an answer went out."""
        ids = self.in_hand(looking_up=True)
        self._look_up(ids[which % len(ids)], following)

    @rule(process=PROCESSES, following=st.sampled_from(LOOKED_UP))
    def look_up_all(self, process: int, following: Next) -> None:
        """After a while a worker looks up what it can."""
        self.wait(20)
        self.claim(process, 5)
        self.every_move_is_allowed()
        for id_ in self.in_hand(looking_up=True):
            self._look_up(id_, following)

    def _look_up(self, id_: int, following: Next) -> None:
        process, claim = self.hands.pop(id_)
        was = self.state(id_)
        outcome = Delivered("9") if following.state == "delivered" else None
        following = due_now(following, self.office.clock())
        assert self.stores[process].finish(claim, outcome, following, "{}") == (was == "claimed")
        if outcome is not None and was == "claimed":
            self.settled.add(id_)
        if following.state == "due" and was == "claimed":
            self.unknown.discard(id_)

    @precondition(lambda self: self.in_hand(looking_up=False))
    @rule(which=st.integers(0, 20))
    def intend(self, which: int) -> None:
        """A worker begins to send: what is its own still, where the channel takes it, and nothing unlooked or twice."""
        ids = self.in_hand(looking_up=False)
        self._intend(ids[which % len(ids)])

    def _intend(self, id_: int) -> None:
        if id_ in self.sending:
            return
        process, claim = self.hands[id_]
        account, was = self.stores[process].accounts()[claim.channel], self.state(id_)
        takes = account.stopped is None and account.circuit.lets_through(self.office.clock(), is_probe=claim.is_probe)
        begun = self.stores[process].intend(claim, "{}")
        assert begun == (was == "claimed" and takes)
        if begun:
            assert id_ not in self.settled, "it was sent again after it was delivered"
            assert id_ not in self.unknown, "it was sent again though nobody looked"
            self.sending.add(id_)
            self.sent[id_] += 1
            self.hands[id_] = (process, replace(claim, attempts=claim.attempts + 1))
        else:
            assert self.state(id_) == ("due" if was == "claimed" else was)
            del self.hands[id_]

    @precondition(lambda self: self.sending)
    @rule(which=st.integers(0, 20), outcome=st.sampled_from(OUTCOMES))
    def finish(self, which: int, outcome: Outcome) -> None:
        """A worker records an outcome."""
        self._finish(sorted(self.sending)[which % len(self.sending)], outcome)

    def _finish(self, id_: int, outcome: Outcome) -> None:
        process, claim = self.hands.pop(id_)
        self.sending.discard(id_)
        assert self.end(self.stores[process], claim, self._timed(outcome))

    @rule(process=PROCESSES)
    def begin_all(self, process: int) -> None:
        """A worker claims what is due and begins to send all of it."""
        self.claim(process, 5)
        self.every_move_is_allowed()
        for id_ in self.in_hand(looking_up=False):
            self._intend(id_)

    @rule(process=PROCESSES, outcome=st.sampled_from(OUTCOMES))
    def work(self, process: int, outcome: Outcome) -> None:
        """A worker claims what is due, and all of it that is being sent ends alike."""
        self.begin_all(process)
        self.every_move_is_allowed()
        for id_ in sorted(self.sending):
            self._finish(id_, outcome)

    @rule(channel=CHANNELS)
    def go_down(self, channel: str) -> None:
        """A service fails five times in a row, as other deliveries find."""
        now, outcomes = self.office.clock(), {channel: [BUSY] * 5}
        self.stores[0]._database.write(lambda s: note_outcomes(s, self.stores[0].department, outcomes, now))
        assert self.stores[1].accounts()[channel].circuit.opened is not None

    @rule(channel=st.sampled_from(["facebook", "x"]), process=PROCESSES)
    def stay_down(self, channel: str, process: int) -> None:
        """A service is down for longer than its news can wait, and a runner makes its round."""
        self.go_down(channel)
        self.wait(700)
        self.tidy(process)

    def _timed(self, outcome: Outcome) -> Outcome:
        return Retry("slow down", self.office.moment(minutes=2)) if outcome is PAUSE else outcome

    @rule(process=PROCESSES)
    def end_in_order(self, process: int) -> None:
        """A process that is not sending ends, and gives back what it claimed."""
        mine = [id_ for id_, (holder, _) in self.hands.items() if holder == process]
        if not self.sending.intersection(mine):
            self._forget(process)
            self.stores[process].close()
            for id_ in mine:
                del self.hands[id_]
                assert self.state(id_, fresh=self.stores[(process + 1) % 3]) != "claimed"
            self.stores[process] = self._open()

    @rule(process=PROCESSES)
    def die(self, process: int) -> None:
        """A process is killed; another takes over: begun is unknown or due again, not begun is due."""
        self._forget(process)
        self.stores[process].die()
        self._take_over((process + 1) % 3)
        mine = [id_ for id_, (holder, _) in self.hands.items() if holder == process]
        assert mine == []
        self.lost = [one for one in self.lost if one[0] is not self.stores[process]]
        self.stores[process] = self._open()

    @rule(process=PROCESSES)
    def stand_still(self, process: int) -> None:
        """All but one stand still for longer than a lease lasts; it takes over what they hold, and they do not know."""
        self._take_over(process)
        self.watches[self.stores[process]] += 91.0
        self._take_over(process)
        assert all(holder == process for holder, _ in self.hands.values())

    def _take_over(self, process: int) -> None:
        taken: list[Claim] = [claim for claim, _ in self.stores[process].take_over()]
        self.taken_over(self.stores[process], taken)

    def _forget(self, process: int) -> None:
        self.lost = [one for one in self.lost if one[0] is not self.stores[process]]

    @precondition(lambda self: self.lost)
    @rule(which=st.integers(0, 20), outcome=st.sampled_from(OUTCOMES))
    def wake_up(self, which: int, outcome: Outcome) -> None:
        """A process that had stood still goes on: it sends nothing that is not its own, and brings what it learned."""
        store, claim, was_sending = self.lost.pop(which % len(self.lost))
        row = self.row(claim.id)
        if row["owner"] == store.processes.name:
            return  # it has claimed it again meanwhile
        if not was_sending:
            assert claim.looking_up or not store.intend(claim, "{}")
            return
        is_again = row["attempts"] > claim.attempts
        if self.end(store, claim, self._timed(outcome)):
            assert not is_again, "another attempt was made meanwhile"
            assert row["state"] not in FINAL
            self.hands.pop(claim.id, None)
        assert self.state(claim.id) == row["state"] or not is_again

    # --- what a person and the time do --------------------------------------------------------------------------------

    @precondition(lambda self: self.ids)
    @rule(which=st.integers(0, 3))
    def retry(self, which: int) -> None:
        """A person asks again for what failed or is held."""
        ids = [row["id"] for row in self.stores[0].deliveries(self.ids[which % len(self.ids)])]
        failed = {id_ for id_ in ids if self.state(id_) == "failed"}
        self.stores[0].retry(ids, PIO)
        self.asked_again = {id_ for id_ in failed if self.state(id_) == "due"}

    @precondition(lambda self: self.ids)
    @rule(which=st.integers(0, 3), many=st.integers(1, 4))
    def cancel(self, which: int, many: int) -> None:
        """A person cancels what has not gone out, and with it what stood by for it."""
        ids = [row["id"] for row in self.stores[1].deliveries(self.ids[which % len(self.ids)])]
        before = {id_: self.state(id_) for id_ in ids}
        count = self.stores[1].cancel(ids[:many], PIO)
        changed = [id_ for id_ in ids if before[id_] != self.state(id_)]
        assert count <= len(changed)
        assert all(self.state(id_) == "cancelled" for id_ in changed)
        assert not any(before[id_] == "sending" for id_ in changed)
        assert not {self.state(id_) for id_ in ids[:many]} & {"due", "claimed", "held", "awaiting_person"}

    @rule(is_there=st.booleans())
    def confirm(self, is_there: bool) -> None:
        """A person looked, or posted it by hand, and settles what is unknown or was handed to them."""
        waiting = [row for row in self.rows() if row["state"] in ("unknown", "awaiting_person")]
        ids = [row["id"] for row in waiting]
        following = Next("delivered" if is_there else "failed", None, "a person looked")
        url = "https://x.example/8" if is_there else None
        assert self.stores[2].settle(ids, following, PIO, url) == len(ids)
        self.unknown.difference_update(ids)
        if is_there:
            self.settled.update(ids)

    @rule(channel=CHANNELS)
    def hold(self, channel: str) -> None:
        """A person stops a channel."""
        self.stores[1].hold(channel, "the page is being moved", PIO)
        assert self.stores[0].accounts()[channel].cause == "operator"

    @rule(channel=CHANNELS, causes=st.sampled_from([{"auth"}, {"operator"}, {"auth", "secret", "operator"}]))
    def restart(self, channel: str, causes: set[str]) -> None:
        """A person starts a channel again, for what they can answer for."""
        account = self.stores[1].accounts().get(channel)
        cause = account.cause if account else None
        self.stores[0].restart(channel, PIO, causes)
        assert (channel in self.stores[1].stopped()) == (cause is not None and cause not in causes)

    @rule(seconds=st.sampled_from([0.5, 5, 20, 130, 700, 700, 5000]))
    def wait(self, seconds: float) -> None:
        """Time passes."""
        self.office.clock.forward(seconds=seconds)

    @rule(process=PROCESSES)
    def tidy(self, process: int) -> None:
        """A runner's round: old news expires, and what waited too long for a channel that is down goes another way."""
        now = self.office.clock()
        before = {row["id"]: row for row in self.rows()}
        accounts = self.stores[process].accounts()
        self.stores[process].tidy()
        for row in self.rows():
            old = before[row["id"]]
            assert row["expires"] > to_micros(now) or row["state"] not in ("due", "held")
            if old["state"] != row["state"] and row["state"] == "awaiting_person":
                account = accounts[row["channel"]]
                assert account.circuit.opened is not None or account.cause == "auth"
                assert account.cause != "operator"


SETTINGS = settings(deadline=None, suppress_health_check=list(HealthCheck))


def test_any_story_of_deliveries_keeps_its_promises() -> None:
    """No delivery is claimed by two, sent again after it was delivered, or moved where no table allows it."""
    run_state_machine_as_test(DeliveryLives, settings=settings(SETTINGS, max_examples=60, stateful_step_count=50))


def test_any_story_on_postgresql_keeps_its_promises(databases: Databases) -> None:
    """The same on the other database."""

    class OnPostgres(DeliveryLives):
        """Each story has a database of its own."""

        def __init__(self) -> None:
            self.url = databases.new()
            super().__init__()

    run_state_machine_as_test(OnPostgres, settings=settings(SETTINGS, max_examples=8, stateful_step_count=40))
