"""Any order of moves by any number of processes, against a simple model of what a delivery's life may be."""

import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from notifier.channel import AuthFailed, Delivered, Outcome, Rejected, Retry, Unknown
from notifier.retry import FINAL, MOVES, Next, after_attempt
from notifier.store import Claim, Store
from tests.fakes import START
from tests.store.office import FAST, PIO, Office

OUTCOMES: tuple[Outcome, ...] = (
    Delivered("7", "https://x.example/7"),
    Rejected("it is too long"),
    AuthFailed("the token was revoked"),
    Retry("it is not available"),
    Unknown("the answer was lost"),
)
LOOKED_UP = (
    Next("delivered", None, "a look-up found it"),
    Next("due", START, "a look-up proved that it did not go out"),
    Next("unknown", START, "a look-up could not tell"),
    Next("unknown", None, "a look-up could not tell"),
)
KINDS = ("road-closure", "missing-person", "outreach")
PROCESSES = st.integers(0, 2)


class DeliveryLives(RuleBasedStateMachine):
    """Three processes on one file, a person, and the time."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.office = Office(Path(self.folder.name))
        self.stores: list[Store] = [self.office.store, self._open(), self._open()]
        self.ids: list[str] = []
        self.hands: dict[int, tuple[int, Claim]] = {}
        self.sending: set[int] = set()
        self.sent: Counter[int] = Counter()
        self.settled: set[int] = set()
        self.unknown: set[int] = set()
        self.before: dict[int, str] = {}
        self.asked_again: set[int] = set()

    def _open(self) -> Store:
        return self.office.desk.another_process()

    def teardown(self) -> None:
        """Every chain verifies at the end of any story."""
        _, faults = self.stores[0].verify()
        assert faults == []
        self.office.close()
        self.folder.cleanup()

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
        self.stores[process].record(plan, claim=FAST if at_once else None)
        self.ids.append(plan.notification.id)
        self._take(process, self.stores[process].mine(plan.notification.id))

    @precondition(lambda self: self.ids)
    @rule(process=PROCESSES, which=st.integers(0, 3), at_once=st.booleans())
    def update(self, process: int, which: int, at_once: bool) -> None:
        """Someone updates a notification."""
        id_ = self.ids[which % len(self.ids)]
        store = self.stores[process]
        if store.notification(id_)["revision"] < 4:
            known = {row["id"] for row in store.deliveries(id_)}
            store.record(self.office.update(id_, store, expires="2h"), claim=FAST if at_once else None)
            self._take(process, [claim for claim in store.mine(id_) if claim.id not in known])

    @rule(process=PROCESSES, most=st.integers(1, 5))
    def claim(self, process: int, most: int) -> None:
        """A worker claims: nothing that another holds, nothing old, the most urgent first."""
        claims = self.stores[process].claim(FAST, most=most)
        assert len(claims) <= most
        rank = {row["id"]: row["priority"] for row in self._rows()}
        assert [rank[claim.id] for claim in claims] == sorted(rank[claim.id] for claim in claims)
        assert all(claim.looking_up or claim.expires > self.office.clock() for claim in claims)
        self._take(process, claims)

    def _take(self, process: int, claims: list[Claim]) -> None:
        for claim in claims:
            held = self.hands.get(claim.id)
            assert held is None or self._state(claim.id, self.before) in FINAL, "it was claimed by two"
            self._comes_after_all_earlier(claim)
            self.hands[claim.id] = (process, claim)

    def _comes_after_all_earlier(self, claim: Claim) -> None:
        """An update never overtakes its issue, nor comes an issue after its update."""
        same = [
            row for row in self._rows() if (row["notification"], row["channel"]) == (claim.notification, claim.channel)
        ]
        assert all(row["state"] in FINAL for row in same if row["revision"] < claim.revision)
        assert not any(row["state"] == "delivered" for row in same if row["revision"] > claim.revision)

    @precondition(lambda self: self._in_hand(looking_up=True))
    @rule(which=st.integers(0, 20), following=st.sampled_from(LOOKED_UP))
    def look_up(self, which: int, following: Next) -> None:
        """A worker looks whether an attempt without an answer went out."""
        ids = self._in_hand(looking_up=True)
        id_ = ids[which % len(ids)]
        process, claim = self.hands.pop(id_)
        was = self._state(id_)
        outcome = Delivered("9") if following.state == "delivered" else None
        now = self.office.clock()
        following = Next(following.state, None if following.due is None else now, following.detail)
        assert self.stores[process].finish(claim, outcome, following, "{}") == (was == "claimed")
        if outcome is not None and was == "claimed":
            self.settled.add(id_)
        if following.state == "due":
            self.unknown.discard(id_)

    def _in_hand(self, *, looking_up: bool) -> list[int]:
        return sorted(id_ for id_, (_, claim) in self.hands.items() if claim.looking_up == looking_up)

    @precondition(lambda self: self._in_hand(looking_up=False))
    @rule(which=st.integers(0, 20))
    def intend(self, which: int) -> None:
        """A worker begins to send: only what is still its own, and never what was delivered or is unknown."""
        ids = self._in_hand(looking_up=False)
        id_ = ids[which % len(ids)]
        process, claim = self.hands[id_]
        state = self._state(id_)
        begun = self.stores[process].intend(claim, "{}")
        assert begun == (state == "claimed")
        if begun:
            assert id_ not in self.settled, "it was sent again after it was delivered"
            assert id_ not in self.unknown, "it was sent again though nobody looked"
            self.sending.add(id_)
            self.sent[id_] += 1
        elif id_ not in self.sending:
            del self.hands[id_]

    @precondition(lambda self: self.sending)
    @rule(which=st.integers(0, 20), outcome=st.sampled_from(OUTCOMES))
    def finish(self, which: int, outcome: Outcome) -> None:
        """A worker records an outcome."""
        id_ = sorted(self.sending)[which % len(self.sending)]
        process, claim = self.hands.pop(id_)
        self.sending.discard(id_)
        assert self._finish(self.stores[process], claim, outcome)

    def _finish(self, store: Store, claim: Claim, outcome: Outcome) -> bool:
        channel = next(c for c in self.office.desk.channels if c.name == claim.channel)
        now = self.office.clock()
        following = after_attempt(outcome, channel.capabilities, claim.attempts + 1, now, claim.expires)
        if following.state == "delivered":
            self.settled.add(claim.id)
        return store.finish(claim, outcome, following, "{}")

    @rule(process=PROCESSES)
    def end_in_order(self, process: int) -> None:
        """A process that is not sending ends, and gives back what it claimed."""
        mine = [id_ for id_, (holder, _) in self.hands.items() if holder == process]
        if not self.sending.intersection(mine):
            self.stores[process].close()
            for id_ in mine:
                del self.hands[id_]
                assert self._state(id_, fresh=self.stores[(process + 1) % 3]) != "claimed"
            self.stores[process] = self._open()

    @rule(process=PROCESSES)
    def die(self, process: int) -> None:
        """A process is killed; another takes over: begun is unknown or due again, not begun is due."""
        self.stores[process].die()
        other = self.stores[(process + 1) % 3]
        taken = {claim.id: claim for claim, _ in other.take_over()}
        mine = [id_ for id_, (holder, _) in self.hands.items() if holder == process]
        assert set(taken) == self.sending.intersection(mine)
        for id_ in mine:
            del self.hands[id_]
            self.sending.discard(id_)
        for claim in taken.values():
            assert self._finish(other, claim, Unknown("its process died"))
        self.stores[process] = self._open()

    # --- what a person and the time do --------------------------------------------------------------------------------

    @precondition(lambda self: self.ids)
    @rule(which=st.integers(0, 3))
    def retry(self, which: int) -> None:
        """A person asks again for what failed or is held."""
        ids = [row["id"] for row in self.stores[0].deliveries(self.ids[which % len(self.ids)])]
        failed = {id_ for id_ in ids if self._state(id_) == "failed"}
        self.stores[0].retry(ids, PIO)
        self.asked_again = {id_ for id_ in failed if self._state(id_) == "due"}

    @precondition(lambda self: self.ids)
    @rule(which=st.integers(0, 3))
    def cancel(self, which: int) -> None:
        """A person cancels what has not gone out."""
        ids = [row["id"] for row in self.stores[1].deliveries(self.ids[which % len(self.ids)])]
        before = {id_: self._state(id_) for id_ in ids}
        count = self.stores[1].cancel(ids, PIO)
        changed = [id_ for id_ in ids if before[id_] != self._state(id_)]
        assert count == len(changed)
        assert all(self._state(id_) == "cancelled" for id_ in changed)
        assert not any(before[id_] == "sending" for id_ in changed)

    @rule(is_there=st.booleans())
    def confirm(self, is_there: bool) -> None:
        """A person looked, and settles what is unknown."""
        unknown = [row["id"] for row in self._rows() if row["state"] == "unknown"]
        following = Next("delivered" if is_there else "failed", None, "a person looked")
        url = "https://x.example/8" if is_there else None
        assert self.stores[2].settle(unknown, following, PIO, url) == len(unknown)
        self.unknown.difference_update(unknown)
        if is_there:
            self.settled.update(unknown)

    @rule(channel=st.sampled_from(sorted(FAST)))
    def restart(self, channel: str) -> None:
        """A person starts a channel again."""
        self.stores[0].restart(channel, PIO, {"auth"})
        assert channel not in self.stores[1].stopped()

    @rule(seconds=st.sampled_from([0.5, 5, 400, 5000]))
    def wait(self, seconds: float) -> None:
        """Time passes."""
        self.office.clock.forward(seconds=seconds)

    # --- what always holds --------------------------------------------------------------------------------------------

    @invariant()
    def every_move_is_allowed(self) -> None:
        """States change only as the table says, and a final one only because a person asks."""
        now = {row["id"]: row["state"] for row in self._rows()}
        for id_, state in now.items():
            was = self.before.get(id_, state)
            assert state == was or state in MOVES[was], f"{was} became {state}"
            assert was == state or was not in FINAL or id_ in self.asked_again, f"{was} was left for {state}"
        self.before, self.asked_again = now, set()
        self.unknown |= {id_ for id_, state in now.items() if state == "unknown"}

    @invariant()
    def the_record_tells_every_state(self) -> None:
        """Whoever reads only the events knows each delivery's state."""
        for id_ in self.ids:
            told = _states_told(self.stores[0].events(id_))
            for row in self.stores[0].deliveries(id_):
                held = row["hold"] == "lookup"
                state = ("unknown" if held else "due") if row["state"] == "claimed" else row["state"]
                assert told[row["revision"], row["channel"]] == state

    def _rows(self) -> list[Any]:
        return [row for id_ in self.ids for row in self.stores[0].deliveries(id_)]

    def _state(self, id_: int, known: dict[int, str] | None = None, fresh: Store | None = None) -> str:
        if known is not None:
            return known.get(id_, "due")
        store = fresh or self.stores[0]
        return next(str(row["state"]) for n in self.ids for row in store.deliveries(n) if row["id"] == id_)


def _states_told(events: list[dict[str, Any]]) -> dict[tuple[int, str], str]:
    states: dict[tuple[int, str], str] = {}
    for event in events:
        data = event["data"]
        if event["type"].endswith("-planned"):
            for one in data["deliveries"]:
                states[one["revision"], one["channel"]] = "held" if one["hold"] else "due"
        elif event["type"] == "attempt":
            states[data["revision"], data["channel"]] = "sending"
        else:
            states[data["revision"], data["channel"]] = data["state"]
    return states


DeliveryLives.TestCase.settings = settings(
    max_examples=40, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
test_any_story_of_deliveries_keeps_its_promises = DeliveryLives.TestCase
"""No delivery is claimed by two, sent again after it was delivered, or moved where no table allows it."""
