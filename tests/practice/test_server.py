"""The practice server itself: loopback only, bounded, and calm whatever is sent to it."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from notifier.errors import SettingsError, WrongUsage
from notifier.practice.faults import Fault, Faults
from notifier.practice.public_record import Post, PublicRecord, RequestCounts
from notifier.practice.rates import Rates
from notifier.practice.server import PracticeServer, serve
from tests.practice.clients import feed, hook, hook_body, launch, nixle, tweet


def test_only_loopback_is_bound(server: PracticeServer) -> None:
    """The socket is bound to 127.0.0.1 and nothing answers on this machine's other loopback address."""
    assert server.url.startswith("http://127.0.0.1:")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", server.port), timeout=2)


def test_health_names_the_service(http: requests.Session, server: PracticeServer) -> None:
    """The health address says which service this is, and its process."""
    told = http.get(f"{server.url}/practice/health", timeout=5).json()
    assert (told["ok"], told["service"]) == (True, "notifier-practice")
    assert Path(f"/proc/{told['pid']}").exists()


def test_a_drill_can_be_read_back_and_reset(http: requests.Session, server: PracticeServer) -> None:
    """/practice/posts tells all that is public and every request by platform and key; reset forgets it all."""
    tweet(http, server, "a")
    tweet(http, server, "a")
    feed(http, server, "a")
    launch(http, server, nixle())
    hook(http, server, hook_body())
    told = http.get(f"{server.url}/practice/posts", timeout=5).json()
    assert [post["platform"] for post in told["posts"]] == ["x", "facebook", "everbridge", "webhook"]
    assert all(http.get(post["url"], timeout=5).status_code == 200 for post in told["posts"])
    counts = told["requests"]["x"]
    assert (counts["publishing"], counts["accepted"], counts["refused"]) == (2, 1, 1)
    assert list(counts["by_key"].values()) == [2]
    assert told["requests"]["webhook"]["by_key"] == {"k-1": 1}
    only = http.get(f"{server.url}/practice/posts?platform=x", timeout=5).json()["posts"]
    assert [post["text"] for post in only] == ["a"]
    http.post(f"{server.url}/practice/reset", timeout=5)
    assert http.get(f"{server.url}/practice/posts", timeout=5).json() == {"posts": [], "requests": {}}
    assert hook(http, server, hook_body()).status_code == 201


def test_reset_puts_the_first_faults_in_force_again(http: requests.Session) -> None:
    """The faults that a server was started with count from the start after a reset."""
    with PracticeServer(faults=Faults([Fault(action="html", times=1)])) as server:
        for _ in range(2):
            kinds = [hook(http, server, hook_body(key)).headers["Content-Type"] for key in ("a", "b")]
            assert [kind.partition(";")[0] for kind in kinds] == ["text/html", "application/json"]
            http.post(f"{server.url}/practice/reset", timeout=5)


def test_a_large_request_is_refused(http: requests.Session, server: PracticeServer) -> None:
    """More than a megabyte answers 413, on every address, and the server goes on."""
    answer = http.post(f"{server.url}/hook", data=b"a" * (1024 * 1024 + 1), timeout=5)
    assert answer.status_code == 413
    assert hook(http, server, hook_body()).status_code == 201


@contextmanager
def spoken_to(server: PracticeServer) -> Iterator[socket.socket]:
    """A bare connection to the server."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
        yield connection


HEAD = b"POST /hook HTTP/1.1\r\nHost: 127.0.0.1\r\n"


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"nonsense\r\n\r\n", b"400"),
        (b"GET / HTTP/9.9\r\n\r\n", b"505"),
        (b"BREW / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", b"501"),
        (HEAD + b"Content-Length: many\r\n\r\n", b"400"),
        (HEAD + b"Content-Length: -1\r\n\r\n", b"400"),
        (HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n", b"400"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"411"),
        (HEAD + b"Content-Length: 1\r\nContent-Type: application/json\r\n\r\n\xff", b"400"),
        (b"GET / HTTP/1.1\r\nHost: rebound.example\r\n\r\n", b"421"),
        (b"GET / HTTP/1.1\r\n\r\n", b"421"),
        (b"GET / HTTP/1.1\r\nHost: 127.0.0.1:port\r\n\r\n", b"421"),
        (b"GET /nowhere HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", b"404"),
        (b"GET /x/2/tweets/%zz\xff HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", b"405"),
        (b"POST /practice/reset HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: https://a.example\r\n\r\n", b"403"),
    ],
)
def test_a_malformed_request_gets_its_status_and_nothing_is_printed(
    server: PracticeServer, capfd: pytest.CaptureFixture[str], sent: bytes, status: bytes
) -> None:
    """What is malformed or forged is answered, without a word on stderr, and the server goes on."""
    with spoken_to(server) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        said = connection.makefile("rb").read()
    assert status in said.partition(b"\r\n")[0].partition(b"\n")[0]
    assert requests.get(f"{server.url}/practice/health", timeout=5).ok
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"text": "\\ud800"}',
        b'{"text": NaN}',
        b'{"text": ' + b"9" * 10_000 + b"}",
        b'"text"',
        b"\x00",
    ],
)
def test_hostile_json_is_refused(http: requests.Session, server: PracticeServer, body: bytes) -> None:
    """Deep, broken or impossible JSON answers 400."""
    headers = {"Content-Type": "application/json"}
    for path in ("/hook", "/practice/faults"):
        assert http.post(server.url + path, data=body, headers=headers, timeout=5).status_code == 400


def test_a_client_that_leaves_in_the_middle_is_dropped(
    server: PracticeServer, capfd: pytest.CaptureFixture[str]
) -> None:
    """Half a request publishes nothing and prints nothing."""
    with spoken_to(server) as connection:
        connection.sendall(HEAD + b"Content-Length: 100\r\n\r\n{")
    assert requests.get(f"{server.url}/practice/health", timeout=5).ok
    assert server.posts == []
    assert capfd.readouterr() == ("", "")


def test_stopping_ends_open_connections_and_frees_the_port(http: requests.Session) -> None:
    """A client that kept its connection meets a closed door after stop, and the port can be taken again."""
    server = PracticeServer().start()
    assert hook(http, server, hook_body()).status_code == 201
    server.stop()
    with pytest.raises(requests.ConnectionError):
        hook(http, server, hook_body("k-2"))
    assert len(server.posts) == 1
    with PracticeServer(server.port) as again:
        assert hook(http, again, hook_body("k-2")).status_code == 201


def test_stopping_wakes_a_hanging_request(http: requests.Session, server: PracticeServer) -> None:
    """A request that hangs for an hour does not keep a server from stopping."""
    server.faults.replace([Fault(action="hang", seconds=3600)])
    met: list[bool] = []

    def wait() -> None:
        try:
            hook(http, server, hook_body())
        except requests.ConnectionError:
            met.append(True)

    waiting = threading.Thread(target=wait)
    waiting.start()
    while not server.requests.to_json():
        time.sleep(0.01)
    server.stop()
    waiting.join(3)
    assert met == [True]


def test_a_taken_port_is_told(server: PracticeServer) -> None:
    """A port in use, and a number that is no port, are wrong usage."""
    with pytest.raises(WrongUsage, match=str(server.port)):
        PracticeServer(server.port).start()
    with pytest.raises(WrongUsage, match="70000"):
        PracticeServer(70_000).start()


def test_many_clients_at_once_lose_nothing(server: PracticeServer) -> None:
    """Forty clients that post together are all published, each once."""

    def post(number: int) -> None:
        with requests.Session() as session:
            for part in range(5):
                hook(session, server, hook_body(f"k-{number}-{part}"))

    threads = [threading.Thread(target=post, args=(number,)) for number in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({post.key for post in server.posts}) == len(server.posts) == 200


def test_rates_can_be_lifted(http: requests.Session) -> None:
    """A benchmark may post without limit, and then no rate is told."""
    with PracticeServer(rates=Rates.unlimited()) as server:
        answers = [launch(http, server, nixle()) for _ in range(40)]
        assert {answer.status_code for answer in answers} == {200}
        assert "x-rate-limit-limit" not in tweet(http, server, "a").headers


def test_serve_announces_its_address_and_ends_in_time(tmp_path: Path) -> None:
    """serve tells the address once it answers, and ends in time; a wrong faults file stops it before."""
    healthy: list[bool] = []

    def ask(url: str) -> None:
        healthy.append(requests.get(f"{url}/practice/health", timeout=5).ok)

    serve(0, stop_after_seconds=0.01, announce=ask)
    assert healthy == [True]
    with pytest.raises(SettingsError):
        serve(0, tmp_path / "none.toml", stop_after_seconds=0.01)


def test_the_record_is_bounded(server: PracticeServer) -> None:
    """The oldest post gives way when there are too many, and the oldest key too."""
    record, counts = PublicRecord(most=3), RequestCounts(most_keys=2)
    for number in range(5):
        record.add(Post("x", str(number), f"/{number}", "a", server.clock(), "k"))
        counts.count("x", key=str(number))
    assert [post.id for post in record.posts()] == ["2", "3", "4"]
    assert counts.to_json()["x"]["by_key"] == {"3": 1, "4": 1}


def test_serve_tells_its_address_by_itself(capfd: pytest.CaptureFixture[str]) -> None:
    """Without anybody to announce to, one line on stderr tells the address."""
    serve(0, stop_after_seconds=0.01)
    assert capfd.readouterr().err.startswith("The practice platforms are at http://127.0.0.1:")


def test_every_publishing_request_can_be_read_back(
    http: requests.Session, server: PracticeServer, faults: Callable[..., None]
) -> None:
    """/practice/requests tells each with its body, the fault it met, the answer it got and whether it was taken."""
    faults(
        {"action": "status", "status": 429, "retry_after": "seconds:7", "nth": [1]},
        {"action": "lose-reply", "nth": [2]},
    )
    assert hook(http, server, hook_body("a")).status_code == 429
    with pytest.raises(requests.ConnectionError):
        hook(http, server, hook_body("a"))
    hook(http, server, hook_body("b"))
    refused, lost, taken = http.get(f"{server.url}/practice/requests", timeout=5).json()["requests"]

    assert (refused["key"], refused["status"], refused["retry_after"], refused["accepted"]) == ("a", 429, "7", False)
    assert (lost["fault"], lost["status"], lost["answered"], lost["accepted"]) == ("lose-reply", None, None, True)
    assert (taken["platform"], taken["fault"], taken["status"], taken["accepted"]) == ("webhook", None, 201, True)
    assert '"key": "b"' in taken["body"]
    later = http.get(f"{server.url}/practice/requests?after=2", timeout=5).json()["requests"]
    assert later == [taken]
    assert http.get(f"{server.url}/practice/requests?after=x", timeout=5).status_code == 400
    http.post(f"{server.url}/practice/reset", timeout=5)
    assert http.get(f"{server.url}/practice/requests", timeout=5).json() == {"requests": []}
