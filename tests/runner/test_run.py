"""`notify run` as processes: ended, killed, several at once, with feeds, and with nothing to do."""

import json
import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from notifier.practice.faults import Fault
from notifier.publish import Request as Wanted
from notifier.registry import route
from notifier.wiring import House
from tests.cli.console import CLOSURE, Office, kill, wait_until
from tests.inputs.samples import collection, properties
from tests.notifications import some_facts


@contextmanager
def worker(office: Office) -> "Iterator[subprocess.Popen[str]]":
    """A `notify run` that has begun; ended in the end."""
    process = office.start("run")
    assert process.stderr is not None
    assert "delivering what is due" in process.stderr.readline()
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)


def leave(office: Office, count: int) -> None:
    """Store this many different road closures for whoever delivers."""
    assert office.config is not None
    house = House(str(office.config), {"HOME": str(office.home)}, office.folder)
    targets = house.targets(route(house.settings, "road-closure"))
    for number in range(count):
        facts = some_facts("road-closure", now=house.clock(), street=f"{number + 1} Example Street")
        plan = house.publisher.decide(Wanted(facts=facts, languages=("en",), author="pio", login="t"), targets)
        house.publisher.prepare(plan, deliver_here=None)
    house.close()


def states(office: Office) -> Counter[str]:
    """How many deliveries are in each state."""
    return Counter(state for (state,) in office.rows("SELECT state FROM delivery"))


def posts_by_text(office: Office) -> Counter[tuple[str, str]]:
    """How often each text is public on each platform and path."""
    return Counter(
        (post.labels.get("receiver", post.platform), post.text.split(" Example Street")[0].split()[-1])
        for post in office.practice.posts
    )


# --- its end ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_asked_to_end_it_finishes_what_is_in_flight(office: Office, number: signal.Signals) -> None:
    """The post under way is recorded as delivered, what was not begun is due, nothing is left claimed."""
    office.channel("plain-hook", concurrency=1)
    office.only("plain-hook")
    office.fault(Fault(action="slow", seconds=1.5))
    leave(office, 3)
    with worker(office) as process:
        wait_until(lambda: states(office)["sending"] == 1, "the first request")
        process.send_signal(number)
        _, err = process.communicate(timeout=20)
    assert (process.returncode, "Traceback" in err) == (0, False), err
    assert states(office) == Counter(delivered=1, due=2)
    assert len(office.practice.posts) == 1


def test_a_killed_worker_is_replaced_within_seconds(office: Office) -> None:
    """Another one that lives takes over: what is idempotent goes out once, what nobody can know is unknown."""
    office.only("county-hook", "plain-hook")
    office.fault(Fault(action="slow", seconds=3, times=2))
    leave(office, 1)
    with worker(office) as first:
        wait_until(lambda: states(office)["sending"] == 2, "both requests")
        with worker(office):
            kill(first)
            office.fault()
            started = time.monotonic()
            wait_until(lambda: states(office) == Counter(delivered=1, unknown=1), "the take-over", 12)
            assert time.monotonic() - started < 9
    shown = posts_by_text(office)
    assert shown["/hook/county", "1"] == 1
    assert shown["/hook-plain/press", "1"] <= 1


def test_once_ends_when_nothing_is_due_now(office: Office) -> None:
    """It delivers all there is, tells how many, and leaves a later one for later."""
    leave(office, 3)
    later = office(*CLOSURE, "--at", "2h", "--json")
    assert later.document["state"] == "scheduled"
    ran = office("run", "--once")
    assert ran.code == 0
    assert f"deliveries attempted: {3 * len(office.channels)};" in ran.err
    assert states(office) == Counter(delivered=3 * len(office.channels), due=len(office.channels))


def test_a_scheduled_notification_goes_out_at_its_time(office: Office) -> None:
    """Published for a moment that comes while the worker lives, it goes out then."""
    office.only("county-hook")
    at = datetime.now(UTC) + timedelta(seconds=4)
    with worker(office):
        made = office.publish("--at", at.isoformat(timespec="seconds"))
        assert made.document["state"] == "scheduled"
        assert not office.practice.posts
        wait_until(lambda: len(office.practice.posts) == 1, "the post", 10)
        assert datetime.now(UTC) >= at.replace(microsecond=0)
        assert datetime.now(UTC) - at < timedelta(seconds=2)


# --- several ----------------------------------------------------------------------------------------------------------


def test_two_workers_send_everything_exactly_once(office: Office) -> None:
    """Two hundred deliveries, two processes, services that fail and dawdle: each is public once, or told as unknown."""
    count = 40
    office.only("site", "x", "facebook", "county-hook", "plain-hook")
    office.fault(
        Fault(action="status", status=503, rate=0.1, seed=3, retry_after="seconds:1"),
        Fault(action="slow", seconds=0.3, rate=0.1, seed=4),
    )
    leave(office, count)
    with worker(office), worker(office):
        wait_until(lambda: not states(office).keys() - {"delivered", "unknown"}, "the end of all deliveries", 60)
    rows = office.rows("SELECT channel, state, COUNT(*) FROM delivery GROUP BY channel, state")
    delivered = {channel: number for channel, state, number in rows if state == "delivered"}
    unknown = {channel: number for channel, state, number in rows if state == "unknown"}
    assert sum(delivered.values()) + sum(unknown.values()) == 5 * count
    assert "county-hook" not in unknown
    shown = posts_by_text(office)
    assert set(shown.values()) == {1}
    public = Counter(place for place, _ in shown)
    for channel, place in {"x": "x", "facebook": "facebook", "county-hook": "/hook/county"}.items():
        assert delivered[channel] <= public[place] <= delivered[channel] + unknown.get(channel, 0)
    assert len([page for page in office.pages() if not page.endswith(".en.html")]) == count
    owners = office.rows("SELECT COUNT(*) FROM delivery WHERE owner IS NOT NULL")
    assert owners == [(0,)]
    assert office("records", "verify").code == 0


# --- feeds ------------------------------------------------------------------------------------------------------------


class WeatherOffice:
    """A weather service over real HTTP: GeoJSON with an ETag."""

    def __init__(self, server: HTTPServer) -> None:
        self.alerts: list[dict[str, Any]] = []
        self.broken = False
        self.seen: list[tuple[str | None, int]] = []
        server.expect_request("/alerts/active").respond_with_handler(self._answer)
        self.url = server.url_for("/alerts/active?zone=MAZ014")

    def _answer(self, request: Request) -> Response:
        tag = f'"{len(self.alerts)}"'
        given = request.headers.get("If-None-Match")
        answer = Response(collection(*self.alerts), 200, {"ETag": tag}, content_type="application/geo+json")
        if self.broken:
            answer = Response("down", 503)
        elif given == tag:
            answer = Response(b"", 304, {"ETag": tag})
        self.seen.append((given, answer.status_code))
        return answer


def an_alert(name: str, **changed: Any) -> dict[str, Any]:
    """A Winter Storm Warning of now."""
    now = datetime.now(UTC).replace(microsecond=0)
    times = {
        "sent": now - timedelta(minutes=5),
        "effective": now - timedelta(minutes=5),
        "onset": now,
        "expires": now + timedelta(hours=4),
        "ends": now + timedelta(hours=9),
    }
    span = f"{now:%y%m%dT%H%MZ}-{now + timedelta(hours=9):%y%m%dT%H%MZ}"
    vtec = f"/O.{changed.pop('action', 'NEW')}.KXYZ.WS.W.0007.{span}/"
    own = {key: value.isoformat() for key, value in times.items()}
    return properties(**{"id": f"urn:oid:{name}", **own, "parameters": {"VTEC": [vtec]}, **changed})


@pytest.fixture
def weather(office: Office, httpserver: HTTPServer) -> WeatherOffice:
    """The office's feed."""
    service = WeatherOffice(httpserver)
    assert office.config is not None
    (office.config / "feeds.toml").write_text(
        f'[feeds.nws]\ntype = "nws"\nurl = "{service.url}"\nzones = ["MAZ014"]\nevery = "10s"\n'
    )
    return service


def test_a_weather_warning_reaches_the_public_over_real_http(office: Office, weather: WeatherOffice) -> None:
    """Polled by a command, it stands on every channel once; asked again with its ETag, nothing is new."""
    weather.alerts = [an_alert("1")]
    polled = office("feeds", "poll", "nws", "--json")
    assert polled.code == 0, polled.err
    assert [one["decision"] for one in polled.document["decisions"]] == ["publish"]
    again = office("feeds", "poll", "nws", "--json")
    assert again.document == {"decisions": []}
    once = office("run", "--once")
    assert once.code == 0
    assert weather.seen == [(None, 200), ('"1"', 304), ('"1"', 304)]
    assert states(office) == Counter(delivered=len(office.channels))
    assert Counter(post.platform for post in office.practice.posts) == Counter(
        {"x": 1, "facebook": 1, "everbridge": 1, "webhook": 2}
    )
    assert all("winter storm" in (post.text + post.title).lower() for post in office.practice.posts)


def test_what_a_feed_brings_stands_in_the_log(office: Office, weather: WeatherOffice) -> None:
    """The decision, and each delivery that the poll itself made; no headline makes two lines of one."""
    weather.alerts = [an_alert("1", headline="Winter Storm\nERROR \u2028 everything is lost")]
    ran = office("run", "--once", "--json")
    events = [json.loads(line) for line in ran.out.splitlines()]
    (decided,) = [one for one in events if one["event"] == "feed-decision"]
    assert (decided["feed"], decided["decision"], decided["source_id"]) == ("nws", "publish", "urn:oid:1")
    assert {one["channel"] for one in events if one["event"] == "delivery"} == office.channels.keys()


def test_a_worker_brings_a_warning_its_update_and_its_end(office: Office, weather: WeatherOffice) -> None:
    """With nobody typing: each poll of a worker's brings the next revision of the same notification."""
    office.only("county-hook")
    first = an_alert("1")
    reference = [{"identifier": "urn:oid:1", "sent": first["sent"]}]
    later = (datetime.now(UTC) - timedelta(minutes=1)).isoformat(timespec="seconds")
    steps = [
        [first],
        [first, an_alert("2", action="CON", messageType="Update", references=reference, sent=later)],
    ]
    for number, alerts in enumerate(steps, start=1):
        weather.alerts = alerts
        assert office("run", "--once").code == 0
        assert len(office.practice.posts) == number
    end = an_alert("3", action="CAN", messageType="Cancel", references=reference, sent=datetime.now(UTC).isoformat())
    weather.alerts = [*steps[1], end]
    assert office("run", "--once").code == 0
    sent = [post.sent for post in office.practice.posts]
    assert [one["stage"] for one in sorted(sent, key=lambda one: one["key"])] == ["issue", "update", "resolve"]
    assert len({one["id"] for one in sent}) == 1


def test_a_feed_in_trouble_is_told_and_comes_back(office: Office, weather: WeatherOffice) -> None:
    """The command says why and exits 1; the list shows it; the next success clears it."""
    weather.broken = True
    failed = office("feeds", "poll", "nws")
    assert failed.code == 1
    assert "503" in failed.err
    assert "unavailable" in office("feeds", "list", "--json").document[0]["state"]
    assert office("run", "--once").code == 0, "a feed in trouble stops no delivery"
    weather.broken = False
    assert office("feeds", "poll", "nws").code == 0
    assert office("feeds", "list", "--json").document[0]["failure"] is None


# --- nothing to do ----------------------------------------------------------------------------------------------------


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_an_idle_worker_costs_next_to_nothing(office: Office) -> None:
    """Under 3 % of a processor over five seconds, and its memory does not grow; also with work it cannot do."""
    leave(office, 2)
    office.only("county-hook")
    with worker(office) as process:
        wait_until(lambda: states(office)["delivered"] == 2, "the deliveries")
        time.sleep(0.5)
        before, memory = _cpu(process.pid), _memory(process.pid)
        time.sleep(5)
        assert _cpu(process.pid) - before < 0.15
        assert _memory(process.pid) - memory < 2_000_000
    assert states(office)["due"] == 2 * 5


def _memory(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_a_worker_is_seen_while_it_lives(office: Office) -> None:
    """The doctor sees a living worker, and sees that a killed one is dead."""

    def alive() -> bool:
        lines = json.loads(office("doctor", "--json").out)["lines"]
        return bool(next(line["well"] for line in lines if line["what"] == "notify run"))

    with worker(office) as process:
        assert alive()
        kill(process)
    assert not alive()
