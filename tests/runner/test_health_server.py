"""The pages for those who watch: what they say, and that no client can hold, break or read more than them."""

import contextlib
import json
import logging
import socket
import threading
import time
from collections.abc import Iterator

import pytest
import requests

from notifier.clock import system_clock
from notifier.errors import StoreError, WrongUsage
from notifier.runner.health_pages import FRESH, HealthReader, pages
from notifier.runner.health_server import MOST_CONNECTIONS, HealthServer, Page
from notifier.runner.metrics import Metrics
from notifier.runner.pulse import LONGEST_SILENCE, Pulse
from notifier.store import Health
from tests.fakes import START
from tests.runner.test_systemd import Steady

WELL = Health(START, {}, {}, {}, {}, (), ())


class Watched:
    """A runner that is watched: its pulse, its store, and the server."""

    def __init__(self) -> None:
        self.steady = Steady()
        self.pulse = Pulse(system_clock, self.steady)
        self.trouble: StoreError | None = None
        served = pages(self.pulse, self.health, Metrics(self.health, self.pulse, ["x"]))
        self.server = HealthServer({**served, "/broken": self.broken}, port=0, seconds=2)

    def health(self) -> Health:
        """How the store stands."""
        if self.trouble:
            raise self.trouble
        return WELL

    def broken(self) -> Page:
        """A page with a mistake."""
        raise ZeroDivisionError

    def get(self, path: str, method: str = "GET") -> requests.Response:
        """Ask for a page."""
        return requests.request(method, f"{self.server.address}{path}", timeout=10)

    def raw(self, request: bytes) -> bytes:
        """Send bytes, and answer all that comes."""
        with self.connection() as visiting:
            visiting.sendall(request)
            answer = b""
            while piece := visiting.recv(4096):
                answer += piece
        return answer

    def connection(self) -> socket.socket:
        """A connection of its own."""
        host, _, port = self.server.address.removeprefix("http://").rpartition(":")
        return socket.create_connection((host, int(port)), timeout=20)


@pytest.fixture
def watched() -> Iterator[Watched]:
    """A watched runner, on a port of its own."""
    runner = Watched()
    with runner.server:
        yield runner


def test_it_is_healthy_while_its_loop_turns(watched: Watched) -> None:
    """And not when the loop hangs, whatever else lives; the body says what to do."""
    assert (watched.get("/healthz").status_code, watched.get("/healthz").json()["alive"]) == (200, True)
    watched.steady.now += LONGEST_SILENCE + 5
    hangs = watched.get("/healthz")
    assert (hangs.status_code, hangs.json()["alive"]) == (503, False)
    assert hangs.json()["problems"] == ["the runner's loop has not turned for 35 seconds; start the process anew"]
    watched.pulse.beat()
    assert watched.get("/healthz").status_code == 200


def test_it_is_ready_while_the_store_can_be_read(watched: Watched) -> None:
    """The body says in a sentence what is wrong."""
    ready = watched.get("/readyz")
    assert (ready.status_code, ready.json()) == (200, {"ready": True, "problems": []})
    assert ready.headers["Content-Type"] == "application/json"
    watched.trouble = StoreError("the disk is full")
    assert watched.get("/readyz").status_code == 503
    assert watched.get("/readyz").json() == {"ready": False, "problems": ["the disk is full"]}


def test_one_that_is_ending_is_healthy_and_not_ready(watched: Watched) -> None:
    """Nobody must kill it while it finishes, and nobody should count on it."""
    watched.pulse.stop()
    watched.steady.now += LONGEST_SILENCE + 5
    assert watched.get("/healthz").status_code == 200
    ending = watched.get("/readyz")
    assert ending.status_code == 503
    assert "ending" in ending.json()["problems"][0]


def test_metrics_are_served_as_prometheus_reads_them(watched: Watched) -> None:
    """With its content type."""
    page = watched.get("/metrics")
    assert page.status_code == 200
    assert page.headers["Content-Type"].startswith("text/plain; version=")
    assert 'notifier_channel_stopped{channel="x"} 0.0' in page.text


def test_head_is_answered_without_a_body(watched: Watched) -> None:
    """As GET is, with the length of what GET would say."""
    head, whole = watched.get("/readyz", "HEAD"), watched.get("/readyz")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Length"] == str(len(whole.content))


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "<script>"])
def test_nothing_else_is_answered(watched: Watched, method: str) -> None:
    """And the method is not repeated."""
    answer = watched.raw(f"{method} /readyz HTTP/1.1\r\nHost: a\r\n\r\n".encode())
    assert b" 405 " in answer.splitlines()[0]
    assert b"Allow: GET, HEAD" in answer
    assert method.encode() not in answer


@pytest.mark.parametrize(
    "request_",
    [
        b"GET /<script>secret HTTP/1.1\r\n\r\n",
        b"GET /../../etc/secret HTTP/1.1\r\n\r\n",
        b"GET //secret/healthz HTTP/1.1\r\n\r\n",
        b"GET /%68ealthz?secret HTTP/1.1\r\n\r\n",
        b"GET /healthz\x00secret HTTP/1.1\r\n\r\n",
        b"secret\r\n\r\n",
        b"GET /secret HTTP/9.9\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nsecret\r\n\r\n",
        b"\x16\x03\x01secret\r\n\r\n",
        b"GET /" + b"secret" * 20_000 + b" HTTP/1.1\r\n\r\n",
        b"GET /secret HTTP/1.1\r\n" + b"A: secret\r\n" * 200 + b"\r\n",
    ],
)
def test_what_is_no_request_for_a_page_is_refused_in_our_own_words(watched: Watched, request_: bytes) -> None:
    """Nothing of it comes back, and the server goes on."""
    try:
        answer = watched.raw(request_)
    except ConnectionError:  # it had read enough and closed
        answer = b""
    assert b"secret" not in answer
    assert b"script" not in answer
    assert watched.get("/healthz").status_code == 200


def test_a_page_with_a_mistake_breaks_no_other(watched: Watched, caplog: pytest.LogCaptureFixture) -> None:
    """The client is dropped, the log is told, the next is answered."""
    with pytest.raises(requests.ConnectionError):
        watched.get("/broken")
    assert watched.get("/healthz").status_code == 200
    assert [record.exc_info[0] for record in caplog.records if record.exc_info] == [ZeroDivisionError]


def test_those_who_say_nothing_keep_nobody_out(watched: Watched) -> None:
    """Connections that only hold a place go, the oldest first; who asks in earnest is answered at once."""
    silent = [watched.connection() for _ in range(2 * MOST_CONNECTIONS)]
    started = time.monotonic()
    assert watched.get("/healthz").status_code == 200
    assert time.monotonic() - started < 4
    assert silent[0].recv(1) == b""
    for visiting in silent:
        visiting.close()


def test_who_dawdles_is_ended(watched: Watched) -> None:
    """A byte now and then keeps no connection beyond its time."""
    started = time.monotonic()
    with watched.connection() as visiting, contextlib.suppress(OSError):  # in the end: a reset or a broken pipe
        visiting.sendall(b"GET /healthz HTTP/1.1\r\n")
        while time.monotonic() - started < 30:
            visiting.sendall(b"A: b\r\n")
            time.sleep(0.1)
    assert time.monotonic() - started < 20


def test_a_port_in_use_is_one_sentence(watched: Watched) -> None:
    """It names the port, and what to do."""
    port = int(watched.server.address.rpartition(":")[2])
    with pytest.raises(WrongUsage, match=rf"127\.0\.0\.1 port {port} \(Address already in use\); give another"):
        HealthServer({}, port)


@pytest.mark.parametrize(("listen", "words"), [("somewhere.example", "no IP address"), ("192.0.2.1", "cannot be")])
def test_an_address_that_is_not_this_machine_s_is_one_sentence(listen: str, words: str) -> None:
    """Neither looked up nor waited for."""
    with pytest.raises(WrongUsage, match=words):
        HealthServer({}, 0, listen)


@pytest.mark.parametrize("listen", ["127.0.0.1", "localhost", "::1"])
def test_it_listens_on_either_loopback(listen: str) -> None:
    """IPv6 too, where the machine has it."""
    if listen == "::1" and not _has_ipv6():
        pytest.skip("this machine has no IPv6 loopback")
    with HealthServer({"/a": lambda: Page(b"well")}, 0, listen) as server:
        assert requests.get(f"{server.address}/a", timeout=10).text == "well"


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


def test_it_ends_at_once_with_clients_connected(watched: Watched) -> None:
    """A client that holds its connection open delays no stop."""
    held = watched.connection()
    started = time.monotonic()
    watched.server.__exit__()
    assert time.monotonic() - started < 4
    held.close()


# --- reading the store ------------------------------------------------------------------------------------------------


def test_the_store_is_asked_once_however_many_ask() -> None:
    """An answer serves everybody for a second."""
    asked: list[float] = []

    def counting() -> Health:
        asked.append(time.monotonic())
        return WELL

    reader = HealthReader(counting)
    assert [reader() for _ in range(50)] == [WELL] * 50
    assert len(asked) <= 1 + (time.monotonic() - asked[0]) / FRESH
    reader.close()


def test_a_store_that_hangs_keeps_nobody_waiting(caplog: pytest.LogCaptureFixture) -> None:
    """After some seconds it counts as one that cannot be read; once it answers, all is well again."""
    answers = threading.Event()

    def hanging() -> Health:
        answers.wait(30)
        return WELL

    reader = HealthReader(hanging, patience=0.2)
    for _ in range(3):
        with pytest.raises(StoreError, match="cannot be read"):
            reader()
    assert caplog.messages == ["the store has not said for seconds how it stands"]
    answers.set()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            assert reader() == WELL
            break
        except StoreError:
            continue
    reader.close()


def test_where_the_store_stands_is_told_to_the_log_alone(caplog: pytest.LogCaptureFixture) -> None:
    """Whoever asks may be a stranger; the log hears it once, not with each question."""

    def broken() -> Health:
        raise StoreError("/srv/notifier/store.sqlite3 cannot be opened")

    reader = HealthReader(broken)
    for _ in range(3):
        with pytest.raises(StoreError) as told:
            reader()
        assert str(told.value) == "the store cannot be read; the runner's log says why"
    assert caplog.messages == ["/srv/notifier/store.sqlite3 cannot be opened"]
    assert caplog.records[0].levelno == logging.ERROR
    reader.close()


def test_bodies_are_one_json_document(watched: Watched) -> None:
    """For scripts."""
    assert all(isinstance(json.loads(watched.get(path).text), dict) for path in ("/healthz", "/readyz"))
