"""`notify run` as a service has it: systemd, JSON lines, health pages, and an end in good order."""

import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from notifier.practice.faults import Fault
from tests.cli.console import CHECKOUT, PRACTICE_SECRETS, Office, wait_until
from tests.runner.test_run import leave, states
from tests.runner.test_systemd import Systemd


class Running:
    """A `notify run --json`, and what it has said on stdout until now."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        self.lines: list[str] = []
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        self.lines.extend(iter(self.process.stdout.readline, ""))

    def events(self, name: str) -> list[dict[str, Any]]:
        """What it has told of one sort of event."""
        return [one for one in map(json.loads, [*self.lines]) if one.get("event") == name]

    def started(self) -> dict[str, Any]:
        """Wait until it works; what it said then."""
        wait_until(lambda: bool(self.events("started")), "the start")
        return self.events("started")[0]

    def end(self, *signals: signal.Signals) -> str:
        """Ask it to end, and wait until it has; what it said on stderr."""
        for number in signals:
            self.process.send_signal(number)
        self.process.wait(30)
        self._reading.join(10)
        assert self.process.stderr is not None
        return self.process.stderr.read()


@contextmanager
def running(office: Office, *arguments: str, **environment: str) -> Iterator[Running]:
    """A `notify run` that writes JSON; ended in the end."""
    process = office.start("run", "--json", *arguments, **environment)
    one = Running(process)
    try:
        yield one
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        for stream in (process.stdout, process.stderr):
            assert stream is not None
            stream.close()


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[Systemd]:
    """A service manager that listens."""
    listener = Systemd(str(tmp_path / "notify"))
    yield listener
    listener.close()


def heard_until(systemd: Systemd, word: str) -> list[str]:
    """Every datagram until one that begins with a word."""
    heard: list[str] = []
    while not heard or not heard[-1].startswith(word):
        heard.append(systemd.heard(20))
        assert heard[-1], heard
    return heard


def test_systemd_hears_that_it_is_ready_lives_and_ends(office: Office, systemd: Systemd) -> None:
    """READY=1 once it delivers, a ping while its loop turns, STOPPING=1 when it is asked to end."""
    with running(office, **systemd.environment(WATCHDOG_USEC="1000000")) as runner:
        (ready,) = heard_until(systemd, "READY=1")
        assert ready == "READY=1\nSTATUS=delivering what is due: 6 channels, 0 feeds"
        assert heard_until(systemd, "WATCHDOG=1") == ["WATCHDOG=1"]
        runner.end(signal.SIGTERM)
        assert "STOPPING=1\nSTATUS=finishing what is in flight" in heard_until(systemd, "STOPPING=1")
        assert runner.process.returncode == 0


def test_a_service_s_log_is_json_lines(office: Office) -> None:
    """One object a line on stdout, nothing else anywhere, with a line for each delivery; and no secret."""
    office.channel("x", access_token="practice-token-of-nobody")
    leave(office, 2)
    with running(office) as runner:
        total = 2 * len(office.channels)
        wait_until(lambda: len(runner.events("delivery")) >= total, "every delivery's line", 40)
        err = runner.end(signal.SIGTERM)
    events = [json.loads(line) for line in runner.lines]
    assert err == ""
    assert [events[0]["event"], events[-1]["event"]] == ["started", "stopped"]
    assert [one["event"] for one in events].count("stopping") == 1
    assert all({"time", "level", "event", "message"} <= one.keys() for one in events)
    delivered = Counter(one["channel"] for one in runner.events("delivery") if one["state"] == "delivered")
    assert delivered == dict.fromkeys(office.channels.keys() - {"x"}, 2)
    assert {one["attempts"] for one in runner.events("delivery") if one["state"] == "delivered"} == {1}
    refused = [one for one in runner.events("delivery") if one["channel"] == "x"]
    assert {(one["state"], one["level"]) for one in refused} <= {("held", "warning")}
    assert not [secret for secret in PRACTICE_SECRETS if secret in "".join(runner.lines)]


def test_attempts_are_those_that_the_store_counts(office: Office) -> None:
    """Of each line of a delivery that needs three."""
    office.only("county-hook")
    office.fault(Fault(action="status", status=503, times=2))
    leave(office, 1)
    with running(office) as runner:
        wait_until(lambda: states(office) == Counter(delivered=1), "the delivery", 30)
        runner.end(signal.SIGTERM)
    told = [(one["attempts"], one["state"], one["outcome"]) for one in runner.events("delivery")]
    assert told == [(1, "due", "retry"), (2, "due", "retry"), (3, "delivered", "delivered")]
    assert office.rows("SELECT attempts FROM delivery") == [(3,)]


def test_a_person_s_log_is_a_line_an_event(office: Office) -> None:
    """On stderr, each with its time; stdout is empty."""
    office.only("county-hook", "plain-hook")
    leave(office, 1)
    ran = office("run", "--once")
    assert (ran.code, ran.out) == (0, "")
    assert all(line[:4].isdigit() for line in ran.err.splitlines())
    assert sum("✓ county-hook n-" in line for line in ran.err.splitlines()) == 1


def test_once_as_json_ends_with_how_many(office: Office) -> None:
    """JSON lines too, the last with the number."""
    office.only("county-hook")
    leave(office, 2)
    ran = office("run", "--once", "--json")
    events = [json.loads(line) for line in ran.out.splitlines()]
    assert (ran.code, ran.err) == (0, "")
    assert [one["event"] for one in events] == ["delivery", "delivery", "done"]
    assert events[-1]["attempted"] == 2


# --- its pages --------------------------------------------------------------------------------------------------------


def test_its_pages_tell_how_it_is(office: Office) -> None:
    """Healthy and ready while it runs, its attempts in the metrics; its port is free when it has ended."""
    office.only("county-hook")
    leave(office, 3)
    with running(office, "--port", "0") as runner:
        address = runner.started()["address"]
        assert address.startswith("http://127.0.0.1:")
        wait_until(lambda: states(office) == Counter(delivered=3), "the deliveries")
        wait_until(lambda: len(runner.events("delivery")) == 3, "their lines")
        assert requests.get(f"{address}/healthz", timeout=10).json()["alive"] is True
        assert requests.get(f"{address}/readyz", timeout=10).json() == {"ready": True, "problems": []}
        page = requests.get(f"{address}/metrics", timeout=10).text
        assert 'notifier_attempts_total{channel="county-hook",outcome="delivered"} 3.0' in page
        assert 'notifier_open_deliveries{channel="county-hook",state="due"} 0.0' in page
        assert 'notifier_processes{role="run"} 1.0' in page
        runner.end(signal.SIGTERM)
        assert runner.process.returncode == 0
        with pytest.raises(requests.ConnectionError):
            requests.get(f"{address}/healthz", timeout=10)


def test_while_it_ends_it_is_not_ready(office: Office) -> None:
    """Healthy, for it finishes what is in flight."""
    office.only("plain-hook")
    office.fault(Fault(action="slow", seconds=4))
    leave(office, 1)
    with running(office, "--port", "0") as runner:
        address = runner.started()["address"]
        wait_until(lambda: states(office)["sending"] == 1, "the request")
        runner.process.send_signal(signal.SIGTERM)
        wait_until(lambda: bool(runner.events("stopping")), "the ending")
        ready = requests.get(f"{address}/readyz", timeout=10)
        assert (ready.status_code, ready.json()["ready"]) == (503, False)
        assert requests.get(f"{address}/healthz", timeout=10).status_code == 200
        runner.end()
    assert states(office) == Counter(delivered=1)


def test_a_port_in_use_ends_it_before_it_begins(office: Office) -> None:
    """One sentence, exit 2, nothing sent."""
    leave(office, 1)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ran = office("run", "--port", str(taken.getsockname()[1]))
    assert ran.code == 2
    assert "Address already in use" in ran.err
    assert "--port" in ran.err
    assert len(ran.err.splitlines()) == 1
    assert office.sent_nothing()


def test_an_error_that_ends_it_is_the_last_line(office: Office) -> None:
    """As JSON on stdout, as a sentence on stderr."""
    ran = office("run", "--json", "--port", "0", "--listen", "192.0.2.1")
    assert (ran.code, ran.document["error"]["exit"]) == (2, 2)
    assert ran.document["error"]["message"] in ran.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--listen", "0.0.0.0"), "give a --port too"),
        (("--once", "--port", "0"), "leave one of them out"),
        (("--port", "0", "--listen", "somewhere.example"), "is no IP address"),
    ],
)
def test_what_makes_no_sense_is_said(office: Office, arguments: tuple[str, ...], words: str) -> None:
    """One sentence, exit 2."""
    ran = office("run", *arguments)
    assert (ran.code, words in ran.err) == (2, True), ran.err


def test_metrics_cost_who_serves_none_nothing() -> None:
    """What only the pages need is imported only for them."""
    asked = "import sys, notifier.cli.running; print({'prometheus_client', 'http.server'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True, cwd=CHECKOUT)
    assert done.stdout.strip() == "set()"


# --- its end ----------------------------------------------------------------------------------------------------------

ASKED = [
    (signal.SIGTERM, signal.SIGTERM),
    (signal.SIGINT, signal.SIGINT),
    (signal.SIGINT, signal.SIGTERM, signal.SIGINT, signal.SIGTERM),
]


@pytest.mark.parametrize("asked", ASKED)
def test_asked_again_it_loses_nothing(office: Office, asked: tuple[signal.Signals, ...]) -> None:
    """Impatience cuts no request: what is in flight is finished, what was not begun is due."""
    office.channel("plain-hook", concurrency=1)
    office.only("plain-hook")
    office.fault(Fault(action="slow", seconds=2))
    leave(office, 3)
    with running(office) as runner:
        wait_until(lambda: states(office)["sending"] == 1, "the first request")
        for number in asked:
            runner.process.send_signal(number)
            time.sleep(0.2)
        err = runner.end()
    assert (runner.process.returncode, err) == (0, "")
    assert states(office) == Counter(delivered=1, due=2)
    assert len(office.posts("webhook")) == 1
    assert len(runner.events("stopping")) == 1
    assert office.rows("SELECT COUNT(*) FROM delivery WHERE owner IS NOT NULL") == [(0,)]
    assert office.rows("SELECT COUNT(*) FROM process") == [(0,)]


def test_once_gives_back_what_it_claimed_and_did_not_begin(office: Office) -> None:
    """It claims many at once; asked to end, it finishes those that have begun and no more."""
    office.channel("plain-hook", concurrency=2)
    office.only("plain-hook")
    office.fault(Fault(action="slow", seconds=2))
    leave(office, 12)
    with running(office, "--once") as runner:
        wait_until(lambda: states(office)["sending"] == 2, "the first requests")
        assert states(office)["due"] == 10
        runner.end(signal.SIGTERM)
    assert runner.process.returncode == 0
    assert states(office) == Counter(delivered=2, due=10)


def test_what_it_gave_back_goes_out_with_the_next(office: Office) -> None:
    """Once each, though the first was ended in the middle."""
    office.channel("plain-hook", concurrency=2)
    office.only("plain-hook")
    office.fault(Fault(action="slow", seconds=1, times=2))
    leave(office, 6)
    with running(office) as runner:
        wait_until(lambda: states(office)["sending"] == 2, "the first requests")
        runner.end(signal.SIGTERM)
    assert office("run", "--once").code == 0
    assert states(office) == Counter(delivered=6)
    assert len(office.posts("webhook")) == 6


def test_a_log_that_nobody_reads_any_more_stops_no_delivery(office: Office) -> None:
    """The reader of its stdout dies; it delivers on, and ends in good order."""
    office.only("county-hook")
    process = office.start("run", "--json")
    assert process.stdout is not None
    assert "started" in process.stdout.readline()
    process.stdout.close()
    leave(office, 3)
    wait_until(lambda: states(office) == Counter(delivered=3), "the deliveries")
    process.send_signal(signal.SIGTERM)
    assert process.stderr is not None
    assert process.stderr.read() == ""
    assert process.wait(20) == 0
    process.stderr.close()
