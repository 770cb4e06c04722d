"""An office with a channel that something stands by for."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from notifier.channel import Outcome, Retry
from notifier.circuit import Terms
from notifier.plan import Plan, Target
from notifier.publish import Request
from notifier.retry import Next, after_attempt
from notifier.store import Claim, accounts
from notifier.store.archive import SYSTEM
from tests.notifications import some_facts
from tests.store.office import Office

BOTH = {"x": Terms(concurrency=64), "spare": Terms(concurrency=64)}
BUSY = Retry("503")
PATIENCE = timedelta(minutes=10)
DONE = Next("delivered", None, None)


class Fallback:
    """An office whose x has something that stands by for it."""

    def __init__(self, office: Office, by_hand: bool = False, missing: tuple[str, ...] = ()) -> None:
        self.office = office
        self.store, self.clock = office.store, office.clock
        self.by_hand = by_hand
        self.missing = missing

    def plan(self, **fields: Any) -> Plan:
        """A road closure for x."""
        envelope = {name: fields.pop(name) for name in ("id", "revision", "stage", "release") if name in fields}
        facts = some_facts("road-closure", now=self.clock(), expires="24h", **fields)
        request = Request(facts=facts, languages=("en",), author="pio", login="tester", **envelope)
        return self.office.desk.publisher.decide(request, [self.target()])

    def target(self) -> Target:
        """The channel x, as a plan sees it."""
        x, spare = self.office.desk.targets()
        known = self.store.accounts().get("x")
        cause = (known.cause if known else None) or "auth"
        return replace(x, cause=cause, missing=self.missing, fallback="hand-off" if self.by_hand else spare)

    def publish(self, **fields: Any) -> str:
        """Store one; answers its id."""
        plan = self.plan(**fields)
        self.store.record(plan)
        return str(plan.notification.id)

    def row(self, id_: str, channel: str) -> dict[str, Any]:
        """A channel's delivery."""
        (found,) = (dict(row) for row in self.store.deliveries(id_) if row["channel"] == channel)
        return found

    def attempt(self, *outcomes: Outcome, channel: str = "x") -> list[Claim]:
        """Claim what is due, as many as there are outcomes, and end each so."""
        claims = self.store.claim({channel: BOTH[channel]}, most=len(outcomes))
        assert len(claims) == len(outcomes)
        assert all(self.store.intend(claim, "{}") for claim in claims)
        for claim, outcome in zip(claims, outcomes, strict=True):
            able = self.office.desk.channels[0].capabilities
            following = after_attempt(outcome, able, claim.attempts + 1, self.clock(), claim.expires)
            assert self.store.finish(claim, outcome, following, "{}", claim.attempts + 1)
        return claims

    def break_down(self) -> None:
        """Let x fail until it counts as down."""
        now = self.clock()
        outcomes: dict[str, list[Outcome]] = {"x": [BUSY] * 5}
        self.store._database.write(lambda s: accounts.note_outcomes(s, self.store.department, outcomes, now))

    def stop(self) -> None:
        """Stop x for a dead credential, as another process finds it."""
        now = self.clock()
        self.store._database.write(
            lambda s: accounts.stop(s, self.store.department, "x", "auth", "revoked", SYSTEM, now)
        )

    def fail_until_down(self) -> None:
        """Let what is there fail until x counts as down."""
        while not self.store.accounts()["x"].circuit.opened:
            self.clock.forward(minutes=1)
            self.attempt(BUSY)

    def wait(self, length: timedelta = PATIENCE) -> int:
        """Let time pass, and do what it demands."""
        self.clock.now += length
        return self.store.tidy()
