"""What the stories of deliveries are told in: an office, three processes, who holds what, and what always holds."""

import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis.stateful import RuleBasedStateMachine, invariant

from notifier.channel import Absent, Delivered, Outcome, Unknown
from notifier.circuit import Terms
from notifier.plan import Target
from notifier.retry import FINAL, MOVES, Next, after_attempt
from notifier.store import Claim, Store
from tests.fakes import ScriptedChannel
from tests.store.office import Office

TERMS = {name: Terms(concurrency=64) for name in ("facebook", "site", "spare", "x")}
News = tuple[str, int]
"""A notification and its revision."""


class StandbyOffice(Office):
    """An office whose x has something that stands by for it, and whose facebook is posted by hand while it is down."""

    def __init__(self, folder: Path, url: str | None) -> None:
        super().__init__(
            folder,
            ScriptedChannel("x"),
            ScriptedChannel("site", idempotency="key"),
            ScriptedChannel("facebook", idempotency="lookup", finding=Absent()),
            ScriptedChannel("spare"),
            url=url,
        )

    def targets(self) -> list[Target]:
        """The channels as a plan sees them."""
        known = self.store.accounts()
        made = {target.name: target for target in self.desk.targets()}
        for name, account in known.items():
            if name in made:
                made[name] = replace(made[name], cause=account.cause or "auth")
        x, site, facebook = made["x"], made["site"], made["facebook"]
        return [replace(x, fallback=made["spare"]), site, replace(facebook, fallback="hand-off")]


class DeliveryWorld(RuleBasedStateMachine):
    """Three processes on one store, what each has in its hands, and what is known of each delivery."""

    url: str | None = None

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.office = StandbyOffice(Path(self.folder.name), self.url)
        self.watches: dict[Store, float] = {}
        self.stores: list[Store] = [self._watched(self.office.store), self._open(), self._open()]
        self.ids: list[str] = []
        self.hands: dict[int, tuple[int, Claim]] = {}
        self.sending: set[int] = set()
        self.lost: list[tuple[Store, Claim, bool]] = []
        """What was taken from a process that stood still and does not know it; True: it was sending."""
        self.sent: Counter[int] = Counter()
        self.settled: set[int] = set()
        self.unknown: set[int] = set()
        self.out: dict[News, set[str]] = {}
        """Where each may be read."""
        self.before: dict[int, str] = {}
        self.asked_again: set[int] = set()

    def _open(self) -> Store:
        return self._watched(self.office.desk.another_process())

    def _watched(self, store: Store) -> Store:
        self.watches[store] = 0.0
        store.processes.watch = lambda: self.watches[store]
        return store

    def teardown(self) -> None:
        """Every chain verifies at the end of any story."""
        _, faults = self.stores[0].verify()
        assert faults == []
        self.office.close()
        self.folder.cleanup()

    # --- looking ------------------------------------------------------------------------------------------------------

    def rows(self) -> list[Any]:
        """Every delivery."""
        return [row for id_ in self.ids for row in self.stores[0].deliveries(id_)]

    def row(self, id_: int, fresh: Store | None = None) -> Any:
        """One delivery, as a process sees it."""
        store = fresh or self.stores[0]
        return next(row for n in self.ids for row in store.deliveries(n) if row["id"] == id_)

    def state(self, id_: int, fresh: Store | None = None) -> str:
        """One delivery's state."""
        return str(self.row(id_, fresh)["state"])

    def in_hand(self, *, looking_up: bool) -> list[int]:
        """What some process holds: to be looked up, or to be sent."""
        return sorted(id_ for id_, (_, claim) in self.hands.items() if claim.looking_up == looking_up)

    # --- what a process does ------------------------------------------------------------------------------------------

    def take(self, process: int, claims: list[Claim]) -> None:
        """Put into a process's hands what it claimed: nothing that another holds, nothing out of turn."""
        for claim in claims:
            held = self.hands.get(claim.id)
            assert held is None or self.before.get(claim.id, "due") in FINAL, "it was claimed by two"
            self._comes_after_all_earlier(claim)
            self.hands[claim.id] = (process, claim)

    def _comes_after_all_earlier(self, claim: Claim) -> None:
        """An update never overtakes its issue, nor comes an issue after its update."""
        place = (claim.notification, claim.channel)
        same = [row for row in self.rows() if (row["notification"], row["channel"]) == place]
        assert all(row["state"] in FINAL for row in same if row["revision"] < claim.revision)
        assert not any(row["state"] == "delivered" for row in same if row["revision"] > claim.revision)

    def end(self, store: Store, claim: Claim, outcome: Outcome) -> bool:
        """Bring the outcome of an attempt that was made; answers whether it counted."""
        channel = next(c for c in self.office.desk.channels if c.name == claim.channel)
        now = self.office.clock()
        following = after_attempt(outcome, channel.capabilities, claim.attempts, now, claim.expires)
        counted = store.finish(claim, outcome, following, "{}", claim.attempts)
        self.note_out(claim, outcome)
        if counted:
            assert self.state(claim.id) == following.state
            self.unknown.discard(claim.id)
            if following.state == "delivered":
                self.settled.add(claim.id)
        return counted

    def note_out(self, claim: Claim, outcome: Outcome | None) -> None:
        """Note that the public may read it."""
        if isinstance(outcome, Delivered | Unknown):
            self.out.setdefault((claim.notification, claim.revision), set()).add(claim.channel)

    def taken_over(self, taker: Store, taken: list[Claim]) -> None:
        """Account for what a process took from others: what was being sent is decided, the rest is nobody's."""
        begun = {claim.id: claim for claim in taken}
        for id_, (process, claim) in sorted(self.hands.items()):
            store, row = self.stores[process], self.row(id_, taker)
            is_gone = row["owner"] != store.processes.name
            assert (id_ in begun) == (is_gone and id_ in self.sending)
            if is_gone:
                self.lost.append((store, claim, id_ in self.sending))
                del self.hands[id_]
                self.sending.discard(id_)
        for claim in taken:
            assert self.end(taker, claim, Unknown("its process stood still"))

    # --- what always holds --------------------------------------------------------------------------------------------

    @invariant()
    def every_move_is_allowed(self) -> None:
        """States change only as the table says, and a final one only because a person asks."""
        now = {row["id"]: row["state"] for row in self.rows()}
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
                state = row["state"]
                if state == "claimed":
                    state = "unknown" if row["hold"] == "lookup" else "due"
                assert told[row["revision"], row["channel"]] == state

    @invariant()
    def never_both(self) -> None:
        """What stood by for a channel is never read beside it."""
        assert not [news for news, channels in self.out.items() if channels >= {"x", "spare"}]

    @invariant()
    def what_stands_by_waits(self) -> None:
        """It has no time and no owner, and ends with what it stands by for."""
        states = {row["id"]: row["state"] for row in self.rows()}
        for row in self.rows():
            if row["hold"] == "standby":
                assert (row["state"], row["due"], row["owner"]) == ("held", None, None)
                assert states[row["standby_for"]] not in FINAL

    @invariant()
    def one_probe_at_a_time(self) -> None:
        """What is being sent to a channel that is down was sent before it went down, but for one."""
        probes = Counter(row["channel"] for row in self.rows() if row["hold"] == "probe" and row["owner"])
        assert all(count == 1 for count in probes.values())


def _states_told(events: list[dict[str, Any]]) -> dict[tuple[int, str], str]:
    states: dict[tuple[int, str], str] = {}
    for event in events:
        data = event["data"]
        if event["type"].endswith("-planned"):
            for one in data["deliveries"]:
                states[one["revision"], one["channel"]] = "held" if one["hold"] else "due"
        elif event["type"] == "attempt":
            states[data["revision"], data["channel"]] = "sending"
        elif "state" in data:
            states[data["revision"], data["channel"]] = data["state"]
    return states


def due_now(following: Next, now: Any) -> Next:
    """The same, due at once where it is due at all."""
    return replace(following, due=None if following.due is None else now)
