"""Small stand-ins that tests pass in: a clock that is told the time, a channel that is told its answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Any

from notifier.channel import (
    Capabilities,
    Channel,
    ChannelSettings,
    Delivered,
    Finding,
    Idempotency,
    Limit,
    Message,
    Outcome,
    Prepared,
)
from notifier.deliver import Deliverer, Route
from notifier.http_client import HttpClient
from notifier.plan import Target
from notifier.publish import Publisher, Request
from notifier.rendering import Renderer
from notifier.store import Store
from tests.notifications import a_department, some_facts

START = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)


class ManualClock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now

    def __call__(self) -> datetime:
        """Tell the time."""
        return self.now

    def forward(self, **length: float) -> None:
        """Move the time on."""
        self.now += timedelta(**length)


Answer = Outcome | Callable[[Prepared], Outcome]


class ScriptedChannel(Channel):
    """A channel that answers what a test says, in order, the last answer for ever; it remembers what was sent."""

    def __init__(
        self,
        name: str,
        *answers: Answer,
        idempotency: Idempotency = "none",
        finding: Finding | None = None,
        recipients: tuple[str, ...] = (),
        limit: Limit | None = None,
        can: Capabilities | None = None,
    ) -> None:
        super().__init__(name, ChannelSettings(type="scripted"), HttpClient())
        self._answers: list[Answer] = list(answers) or [Delivered("1", f"https://{name}.example/1")]
        self._finding = finding
        self._idempotency = idempotency
        self._recipients = recipients
        self._limit = limit
        self._can = can
        self._lock = Lock()
        self.sent: list[Prepared] = []
        self.looked_up: list[Prepared] = []
        self.replied: list[tuple[Mapping[str, Any], Prepared]] = []
        self.withdrawn: list[Mapping[str, Any]] = []
        self.taking_down: list[Outcome] = [Delivered()]
        """What it answers when a post is to be taken down, in order, the last for ever."""
        self.saved: Mapping[str, Any] = {}

    @property
    def capabilities(self) -> Capabilities:
        """What the test says it can do."""
        return self._can or Capabilities(
            "long", self._limit, ("headline",), idempotency=self._idempotency, recipients=self._recipients
        )

    def prepare(self, message: Message, saved: Mapping[str, Any]) -> Prepared | Outcome:
        """Keep what was saved, and add what the test wants saved."""
        return Prepared(message, {**saved, **self.saved})

    def send(self, prepared: Prepared) -> Outcome:
        """Remember it and give the next answer."""
        with self._lock:
            self.sent.append(prepared)
            answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        return answer(prepared) if callable(answer) else answer

    def reply(self, receipt: Mapping[str, Any], prepared: Prepared) -> Outcome:
        """Remember what was answered to, and send."""
        self.replied.append((receipt, prepared))
        return self.send(prepared)

    def withdraw(self, receipt: Mapping[str, Any], message: Message) -> Outcome:
        """Remember it and give the next answer."""
        self.withdrawn.append(receipt)
        return self.taking_down.pop(0) if len(self.taking_down) > 1 else self.taking_down[0]

    def find(self, prepared: Prepared, attempted: datetime) -> Finding:
        """Remember it and say what the test says."""
        self.looked_up.append(prepared)
        assert self._finding is not None
        return self._finding


@dataclass
class Desk:
    """A department with scripted channels, a real store in a folder, and a clock of its own."""

    folder: Path
    channels: list[ScriptedChannel]
    clock: ManualClock = field(default_factory=ManualClock)
    missing: tuple[str, ...] = ()
    url: str | None = None
    """The store's; None: a file in the folder."""
    stores: list[Store] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.department = a_department()
        self.store = self.another_process()
        self.publisher = Publisher(self.department, Renderer(self.department), lambda: self.store, self.clock)

    def another_process(self) -> Store:
        """The same store as another process opens it."""
        url = self.url or f"sqlite:///{self.folder / 'store.sqlite3'}"
        self.stores.append(Store(url, self.department.slug, self.clock))
        return self.stores[-1]

    def close(self) -> None:
        """Close every store that was opened."""
        for store in self.stores:
            store.close()

    def targets(self) -> list[Target]:
        """The channels as a plan sees them."""
        known = self.store.accounts()
        return [
            Target(
                c.name,
                "scripted",
                c.capabilities,
                False,
                "chief",
                self.missing,
                known[c.name].stopped if c.name in known else None,
            )
            for c in self.channels
        ]

    def deliverer(self, store: Store | None = None) -> Deliverer:
        """A deliverer over these channels."""
        routes = {channel.name: Route(channel, channel.capabilities) for channel in self.channels}
        return Deliverer(store or self.store, routes, self.clock)

    def plan(self, **fields: Any) -> Any:
        """A road closure, decided."""
        request = Request(
            facts=some_facts("road-closure", now=self.clock(), **fields),
            languages=("en",),
            author="pio",
            login="tester",
        )
        return self.publisher.decide(request, self.targets())

    def publish(self, *, deliver: bool = True, **fields: Any) -> str:
        """Publish a road closure; answers its id."""
        plan = self.plan(**fields)
        self.publisher.prepare(plan, deliver_here=self.deliverer())
        if deliver:
            self.deliverer().deliver(self.store.mine(plan.notification.id))
        return str(plan.notification.id)

    def states(self, id_: str) -> dict[str, str]:
        """The state of each channel's delivery."""
        return {row["channel"]: row["state"] for row in self.store.deliveries(id_)}

    def due_again(self) -> int:
        """Deliver what is due now; answers how many were claimed."""
        deliverer = self.deliverer()
        claims = self.store.claim(deliverer.terms)
        deliverer.deliver(claims)
        return len(claims)
