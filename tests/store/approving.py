"""An office where road closures wait for approval, for the tests of approvals."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from notifier.plan import Plan
from notifier.policy import Finding, Judgement
from notifier.policy.approving import Need
from notifier.publish import Publisher
from notifier.rendering import Renderer
from notifier.settings import Approval, Role
from notifier.store import Actor, Store
from notifier.store.approvals import Decision
from tests.fakes import ScriptedChannel
from tests.store.office import FAST, Office

RULES = Approval(kinds=("road-closure",))
FINDING = Finding(
    "juvenile-identity", "2.c.1.c", "juvenile-identity", "review", "Robin", 0, 5, "It names a child.", "Leave it out."
)


def by(user: str, role: Role = "chief", reason: str | None = None, **more: Any) -> Decision:
    """A decision of a user."""
    return Decision(Actor(user, "console"), role, reason, **more)


class WaitingOffice(Office):
    """An office whose road closures wait for approval; `pio` at the login `tester` submits them."""

    def __init__(self, folder: Path, *channels: ScriptedChannel, url: str | None = None) -> None:
        super().__init__(folder, *channels, url=url)
        desk = self.desk
        desk.publisher = Publisher(desk.department, Renderer(desk.department), lambda: desk.store, desk.clock, RULES)

    def reviewed(self, kind: str = "outreach", **fields: Any) -> Plan:
        """A plan in which a finding says review."""
        made = self.plan(kind, **fields)
        held = tuple(replace(planned, hold="approval") for planned in made.deliveries)
        judgement = Judgement("review", (FINDING, replace(FINDING, verdict="pass", text="Main Street")))
        need = Need(("finding",), RULES.expires)
        return replace(made, judgement=judgement, deliveries=held, approval=need)

    def approve(self, id_: str, decision: Decision | None = None, store: Store | None = None, **more: Any) -> None:
        """Approve, as the chief does, and deliver what may go at once."""
        store = store or self.store
        deliverer = self.desk.deliverer(store)
        store.approvals.approve(id_, decision or by("chief"), more.get("holds", {}), more.get("terms", FAST))
        deliverer.deliver(store.mine(id_))

    def state(self, id_: str) -> str:
        """What a notification is now."""
        return self.store.state_of(self.store.notification(id_), self.store.deliveries(id_))

    def events(self, id_: str) -> list[str]:
        """The types of its events."""
        return [event["type"] for event in self.store.events(id_)]

    def sent(self) -> list[tuple[str, int]]:
        """Channel and revision of everything that was sent."""
        return sorted(
            (channel.name, prepared.message.revision) for channel in self.desk.channels for prepared in channel.sent
        )
