"""What Prometheus may know of the runner: its attempts, what is open in the store, its pulse. No text, no secret.

Nothing is kept in a library's global registry, and what the store knows is read when somebody asks. The library is
imported with this module, which is imported only where metrics are served.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any, Literal

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from notifier.channel import Outcome
from notifier.errors import StoreError
from notifier.retry import Next
from notifier.runner.events_log import attempt_name
from notifier.runner.pulse import Pulse
from notifier.store import Claim, Health
from notifier.store.health import OPEN

CONTENT_TYPE = CONTENT_TYPE_LATEST


@dataclass(frozen=True)
class About:
    """A metric: its sort, its labels, and what it tells."""

    sort: Literal["counter", "gauge"]
    labels: tuple[str, ...]
    tells: str


METRICS = {
    "notifier_attempts_total": About("counter", ("channel", "outcome"), "Attempts of this process that ended so"),
    "notifier_lookups_total": About("counter", ("channel", "state"), "Look-ups of lost answers, by what they left"),
    "notifier_open_deliveries": About("gauge", ("channel", "state"), "Deliveries that are not final"),
    "notifier_oldest_due_seconds": About("gauge", ("channel",), "How long the oldest due delivery is overdue; 0: none"),
    "notifier_unknown_deliveries": About(
        "gauge", ("channel",), "Deliveries of which only a person can say what became"
    ),
    "notifier_channel_stopped": About("gauge", ("channel",), "1: stopped until a person acts"),
    "notifier_feed_age_seconds": About("gauge", ("feed",), "Since the feed was last read; +Inf: never"),
    "notifier_feed_failing": About("gauge", ("feed",), "1: its last poll failed"),
    "notifier_processes": About("gauge", ("role",), "Processes that live, of this store and department"),
    "notifier_store_readable": About("gauge", (), "0: the store cannot be read, and nothing of it is told"),
    "notifier_process_start_time_seconds": About("gauge", (), "When this process started, since 1970"),
    "notifier_last_beat_time_seconds": About("gauge", (), "When the runner's loop turned last, since 1970"),
}
"""Every metric; docs/running.md tells each."""


class Metrics(Collector):
    """The metrics of one runner.

    health: reads how the store stands; it may raise StoreError. channels, feeds: the configured ones, told from the
    start, so that what is well is a 0 and not a gap.
    """

    def __init__(
        self, health: Callable[[], Health], pulse: Pulse, channels: Iterable[str] = (), feeds: Iterable[str] = ()
    ) -> None:
        self._health = health
        self._pulse = pulse
        self._channels, self._feeds = tuple(channels), tuple(feeds)
        self._counts: Counter[tuple[str, str, str]] = Counter()
        self._lock = Lock()
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)

    def count(self, claim: Claim, following: Next, outcome: Outcome | None = None) -> None:
        """Count what became of a delivery: the hook of a deliverer, called from any of its threads."""
        if claim.looking_up:
            name, ended = "notifier_lookups_total", str(following.state)
        else:
            name, ended = "notifier_attempts_total", attempt_name(claim, following, outcome)
        with self._lock:
            self._counts[name, claim.channel, ended] += 1

    def page(self) -> bytes:
        """Write all of them in Prometheus's text format (CONTENT_TYPE)."""
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        """Answer every family, as the registry asks for them."""
        with self._lock:
            counts = dict(self._counts)
        for name in ("notifier_attempts_total", "notifier_lookups_total"):
            counter = CounterMetricFamily(name, METRICS[name].tells, labels=METRICS[name].labels)
            for (counted, *labels), number in sorted(counts.items()):
                if counted == name:
                    counter.add_metric(labels, number)
            yield counter
        yield _gauge("notifier_process_start_time_seconds", {(): self._pulse.started.timestamp()})
        yield _gauge("notifier_last_beat_time_seconds", {(): self._pulse.last.timestamp()})
        try:
            health = self._health()
        except StoreError:
            yield _gauge("notifier_store_readable", {(): 0})
            return
        yield _gauge("notifier_store_readable", {(): 1})
        yield from self._of_deliveries(health)
        yield from self._of_feeds(health)
        roles = Counter((process.role,) for process in health.processes)
        yield _gauge("notifier_processes", {("run",): 0, **roles})

    def _of_deliveries(self, health: Health) -> Iterator[Metric]:
        known = {*self._channels, *health.stopped, *(channel for channel, _ in health.open)}
        channels = sorted(known)
        nothing = {(channel, state): 0 for channel in channels for state in OPEN}
        yield _gauge("notifier_open_deliveries", {**nothing, **health.open})
        yield _gauge("notifier_oldest_due_seconds", {(name,): health.overdue.get(name, 0) for name in channels})
        yield _gauge("notifier_unknown_deliveries", {(name,): health.unknown.get(name, 0) for name in channels})
        yield _gauge("notifier_channel_stopped", {(name,): int(name in health.stopped) for name in channels})

    def _of_feeds(self, health: Health) -> Iterator[Metric]:
        # A feed that was taken out of the configuration is still known to the store, and must not alarm for ever.
        found = {feed.name: feed for feed in health.feeds if feed.name in self._feeds}
        ages = {name: found[name].age if name in found else None for name in self._feeds}
        failing = {(name,): int(name in found and found[name].failure is not None) for name in self._feeds}
        never = float("inf")
        yield _gauge(
            "notifier_feed_age_seconds", {(name,): never if age is None else age for name, age in ages.items()}
        )
        yield _gauge("notifier_feed_failing", failing)


def _gauge(name: str, values: Mapping[Any, float]) -> Metric:
    """Make a family of the values by their labels' values, as tuples."""
    family = GaugeMetricFamily(name, METRICS[name].tells, labels=METRICS[name].labels)
    for labels, value in values.items():
        family.add_metric(labels, value)
    return family
