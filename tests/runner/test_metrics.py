"""What Prometheus is told: truly, from the start, and without a word that a stranger wrote."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from notifier.channel import Delivered, Retry
from notifier.errors import StoreError
from notifier.retry import Next
from notifier.runner.metrics import METRICS, Metrics
from notifier.runner.pulse import Pulse
from notifier.store import Health
from notifier.store.health import FeedHealth, Process
from tests.fakes import START, ManualClock
from tests.runner.test_events_log import NASTY, a_claim

WELL = Health(START, {}, {}, {}, {}, (), ())
ILL = Health(
    at=START,
    open={("x", "held"): 3, ("x", "unknown"): 2, ("county-hook", "due"): 7},
    overdue={"county-hook": 41.5},
    unknown={"x": 2},
    stopped={"x": f"401: the token abc123 was revoked {NASTY}"},
    feeds=(FeedHealth("nws", 125.0, "503"), FeedHealth("taken-out", 1e6, "404")),
    processes=(Process("m:1:a", "run", 1, START), Process("m:2:b", "run", 2, START)),
)


def told(metrics: Metrics) -> dict[tuple[str, ...], float]:
    """Every sample as Prometheus reads it: name and the labels' values."""
    families = text_string_to_metric_families(metrics.page().decode())
    return {(one.name, *one.labels.values()): one.value for family in families for one in family.samples}


def made(health: Health, **configured: Any) -> Metrics:
    """The metrics of a runner whose store stands so."""
    return Metrics(lambda: health, Pulse(ManualClock()), **configured)


def test_what_the_store_knows_is_told() -> None:
    """Open, overdue, unknown, stopped, the feeds, the processes."""
    samples = told(made(ILL, channels=["x", "county-hook", "site"], feeds=["nws", "river"]))
    assert samples["notifier_open_deliveries", "x", "held"] == 3
    assert samples["notifier_open_deliveries", "county-hook", "due"] == 7
    assert samples["notifier_oldest_due_seconds", "county-hook"] == 41.5
    assert samples["notifier_unknown_deliveries", "x"] == 2
    assert (samples["notifier_channel_stopped", "x"], samples["notifier_channel_stopped", "site"]) == (1, 0)
    assert samples["notifier_feed_age_seconds", "nws"] == 125
    assert samples["notifier_feed_age_seconds", "river"] == float("inf")
    assert (samples["notifier_feed_failing", "nws"], samples["notifier_feed_failing", "river"]) == (1, 0)
    assert samples["notifier_processes", "run"] == 2
    assert samples["notifier_store_readable",] == 1
    assert not any("taken-out" in key for key in samples)


def test_what_is_well_is_a_nought_and_no_gap() -> None:
    """Every configured channel is there from the start, in every state."""
    samples = told(made(WELL, channels=["site"], feeds=[]))
    assert samples["notifier_open_deliveries", "site", "due"] == 0
    assert samples["notifier_open_deliveries", "site", "awaiting_person"] == 0
    assert samples["notifier_oldest_due_seconds", "site"] == 0
    assert samples["notifier_channel_stopped", "site"] == 0
    assert samples["notifier_processes", "run"] == 0


def test_attempts_are_counted_by_channel_and_outcome() -> None:
    """A look-up is no attempt."""
    metrics = made(WELL)
    metrics.count(a_claim(), Next("delivered", None, None))
    metrics.count(a_claim(), Next("delivered", None, None), Delivered())
    metrics.count(a_claim(channel="x"), Next("due", START, "503"), Retry("503"))
    metrics.count(a_claim(channel="x"), Next("expired", None, "old"), Retry("503"))
    metrics.count(a_claim(channel="x", looking_up=True), Next("delivered", None, "found"))
    samples = told(metrics)
    assert samples["notifier_attempts_total", "county-hook", "delivered"] == 2
    assert samples["notifier_attempts_total", "x", "retry"] == 2
    assert samples["notifier_lookups_total", "x", "delivered"] == 1
    assert ("notifier_attempts_total", "x", "delivered") not in samples


def test_the_pulse_is_told() -> None:
    """When it started, and when its loop turned last."""
    clock = ManualClock()
    pulse = Pulse(clock)
    metrics = Metrics(lambda: WELL, pulse)
    clock.forward(seconds=7)
    pulse.beat()
    samples = told(metrics)
    assert samples["notifier_process_start_time_seconds",] == START.timestamp()
    assert samples["notifier_last_beat_time_seconds",] == (START + timedelta(seconds=7)).timestamp()


def test_a_store_that_cannot_be_read_is_told_as_that() -> None:
    """What this process knows by itself is told still, and of the store nothing."""

    def broken() -> Health:
        raise StoreError("the disk that holds /srv/store is full")

    metrics = Metrics(broken, Pulse(ManualClock()), channels=["x"])
    metrics.count(a_claim(), Next("delivered", None, None))
    samples = told(metrics)
    assert samples["notifier_store_readable",] == 0
    assert samples["notifier_attempts_total", "county-hook", "delivered"] == 1
    assert not any(key[0] == "notifier_open_deliveries" for key in samples)
    assert "/srv" not in metrics.page().decode()


def test_no_reason_and_no_text_is_told() -> None:
    """Why a channel is stopped or a feed fails is for the log and the person, never a label."""
    page = made(ILL, channels=["x"], feeds=["nws"]).page().decode()
    assert "abc123" not in page
    assert "503" not in page


def test_the_table_of_metrics_is_whole() -> None:
    """Everything that is told stands in it with its sort and its labels, and all that stands in it is told."""
    metrics = made(ILL, channels=["x"], feeds=["nws"])
    metrics.count(a_claim(), Next("delivered", None, None))
    metrics.count(a_claim(looking_up=True), Next("unknown", None, None))
    found: Mapping[str, tuple[str, tuple[str, ...]]] = {
        one.name: (family.type, tuple(one.labels))
        for family in text_string_to_metric_families(metrics.page().decode())
        for one in family.samples
    }
    assert found == {name: (about.sort, about.labels) for name, about in METRICS.items()}


def test_two_runners_share_nothing() -> None:
    """Each has a registry of its own."""
    one, other = made(WELL), made(replace(WELL, stopped={"x": "401"}))
    one.count(a_claim(), Next("delivered", None, None))
    names = [Counter(key[0] for key in told(each)) for each in (one, other)]
    assert [each["notifier_attempts_total"] for each in names] == [1, 0]


@pytest.mark.parametrize("name", METRICS)
def test_a_metric_has_a_good_name(name: str) -> None:
    """Of this program, with its unit, a counter by its ending."""
    assert name.startswith("notifier_")
    assert name.endswith("_total") == (METRICS[name].sort == "counter")
