"""A department with a store and plans of any kind, for the tests of the store."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from notifier.channel import Absent, Capabilities, Pictures
from notifier.circuit import Terms
from notifier.plan import Plan, Target
from notifier.publish import Request
from notifier.store import Actor, Claim, Store
from tests.fakes import Desk, ScriptedChannel
from tests.notifications import some_facts

PIO = Actor("pio", "tester")
FAST = {name: Terms(concurrency=64) for name in ("facebook", "site", "x")}
"""The terms of three accounts that nothing limits."""


class PicturedChannel(ScriptedChannel):
    """A scripted channel that takes pictures."""

    @property
    def capabilities(self) -> Capabilities:
        """What it takes."""
        return replace(super().capabilities, pictures=Pictures())


class Office:
    """A desk, and what a test asks of it.

    Its channels, unless others are given: `x` (nobody can look), `site` (the same key is one post) and `facebook` (a
    lost answer can be looked up).
    """

    def __init__(self, folder: Path, *channels: ScriptedChannel, url: str | None = None) -> None:
        own = (
            PicturedChannel("x"),
            PicturedChannel("site", idempotency="key"),
            PicturedChannel("facebook", idempotency="lookup", finding=Absent()),
        )
        self.desk = Desk(folder, list(channels or own), url=url)
        self.clock = self.desk.clock

    @property
    def store(self) -> Store:
        """The first process's store."""
        return self.desk.store

    def plan(self, kind: str = "road-closure", **fields: Any) -> Plan:
        """Decide a notification of a kind."""
        return self._decide(kind, **fields)

    def update(self, id_: str, store: Store, **fields: Any) -> Plan:
        """Decide the next revision of a notification."""
        row = store.notification(id_)
        revision = row["revision"] + 1
        return self._decide(row["kind"], id=id_, stage="update", revision=revision, **fields)

    def _decide(self, kind: str, **fields: Any) -> Plan:
        envelope = {name: fields.pop(name) for name in ("id", "stage", "revision", "release") if name in fields}
        facts = some_facts(kind, now=self.clock(), **fields)
        request = Request(facts=facts, languages=("en",), author="pio", login="tester", **envelope)
        return self.desk.publisher.decide(request, self.targets())

    def targets(self) -> list[Target]:
        """The channels as a plan sees them."""
        return self.desk.targets()

    def publish(self, kind: str = "road-closure", *, claim: bool = False, **fields: Any) -> str:
        """Store a notification; answers its id."""
        plan = self.plan(kind, **fields)
        self.store.record(plan, claim=FAST if claim else None)
        return str(plan.notification.id)

    def moment(self, **ahead: float) -> datetime:
        """A time from now."""
        return self.clock() + timedelta(**ahead)

    def close(self) -> None:
        """Close every store."""
        self.desk.close()


def rows(store: Store, id_: str) -> dict[str, str]:
    """The newest state of each channel's delivery."""
    return {row["channel"]: row["state"] for row in store.deliveries(id_)}


def names(claims: list[Claim]) -> list[tuple[str, str]]:
    """What was claimed: notification and channel."""
    return [(claim.notification, claim.channel) for claim in claims]
