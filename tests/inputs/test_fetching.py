"""Fetching a feed, over real sockets."""

import contextlib
import gzip
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from notifier.errors import FeedUnavailable
from notifier.inputs.alerts import MOST_BODY
from notifier.inputs.fetching import Fetched, fetch

CONTACT = "desk@police.exampleton.example"
Talk = Callable[[socket.socket], None]


@contextmanager
def raw_server(talk: Talk) -> Iterator[str]:
    """A server that takes one connection, reads the request and then talks as told."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with contextlib.suppress(OSError):
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                talk(connection)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/alerts?key=SECRET"
    finally:
        listener.close()
        thread.join(10)


def refusal(url: str, timeout: float = 10.0) -> str:
    """The one sentence that a fetch fails with, which must not show the address's key."""
    with pytest.raises(FeedUnavailable) as refused:
        fetch(url, contact=CONTACT, timeout=timeout)
    sentence = str(refused.value)
    assert "SECRET" not in sentence
    assert "\n" not in sentence
    return sentence


def test_fetches_a_feed_and_says_who_asks(httpserver: HTTPServer) -> None:
    """The answer comes with its validators and type; the request names the program and a contact."""
    seen: list[Request] = []

    def answer(request: Request) -> Response:
        seen.append(request)
        headers = {"ETag": '"v1"', "Last-Modified": "Tue, 20 Jan 2026 18:00:00 GMT"}
        return Response(b'{"a": 1}', content_type="application/geo+json", headers=headers)

    httpserver.expect_request("/alerts").respond_with_handler(answer)
    fetched = fetch(httpserver.url_for("/alerts"), contact=CONTACT)
    assert fetched == Fetched(200, b'{"a": 1}', "application/geo+json", '"v1"', "Tue, 20 Jan 2026 18:00:00 GMT")
    agent = seen[0].headers["User-Agent"]
    assert agent.startswith("police-notifier/")
    assert CONTACT in agent
    assert "If-None-Match" not in seen[0].headers


def test_asks_only_for_what_is_new(httpserver: HTTPServer) -> None:
    """With the validators of the last answer, 304 means that nothing changed."""
    headers = {"If-None-Match": '"v1"', "If-Modified-Since": "Tue, 20 Jan 2026 18:00:00 GMT"}
    httpserver.expect_request("/alerts", headers=headers).respond_with_data(status=304)
    fetched = fetch(
        httpserver.url_for("/alerts"), contact=CONTACT, etag='"v1"', last_modified="Tue, 20 Jan 2026 18:00:00 GMT"
    )
    assert (fetched.not_modified, fetched.status, fetched.body) == (True, 304, b"")
    assert (fetched.etag, fetched.last_modified) == ('"v1"', "Tue, 20 Jan 2026 18:00:00 GMT")


def test_a_contact_cannot_add_a_header(httpserver: HTTPServer) -> None:
    """A line break in the department's contact stays inside the user agent."""
    seen: list[Request] = []

    def answer(request: Request) -> Response:
        seen.append(request)
        return Response(b"x")

    httpserver.expect_request("/alerts").respond_with_handler(answer)
    fetch(httpserver.url_for("/alerts"), contact="desk\r\nX-Evil: 1 é")
    assert "X-Evil" not in seen[0].headers


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (304, "answers 304 instead of alerts"),
        (204, "answers 204"),
        (400, "has no such feed (400)"),
        (403, "refuses the request (403)"),
        (404, "correct url in feeds.toml"),
        (429, 'raise "every"'),
        (500, "fails (500)"),
        (503, "asked again at the next poll"),
    ],
)
def test_what_is_no_answer_is_unavailable(httpserver: HTTPServer, status: int, words: str) -> None:
    """Every status but 200 (and an asked-for 304) is an error with what to do: never no alerts."""
    httpserver.expect_request("/alerts").respond_with_data("[]", status=status)
    assert words in refusal(httpserver.url_for("/alerts"))


def test_reads_a_compressed_answer(httpserver: HTTPServer) -> None:
    """gzip is asked for and taken."""
    headers = {"Content-Encoding": "gzip"}
    httpserver.expect_request("/alerts").respond_with_data(gzip.compress(b"hello" * 1000), headers=headers)
    assert fetch(httpserver.url_for("/alerts"), contact=CONTACT).body == b"hello" * 1000


def test_a_bomb_is_cut_at_the_cap(httpserver: HTTPServer) -> None:
    """200 MB of zeros compress to 200 KB; bytes are counted after decompression."""
    bomb = gzip.compress(bytes(200 * 1024 * 1024), 1)
    assert len(bomb) < 2 * 1024 * 1024
    httpserver.expect_request("/alerts").respond_with_data(bomb, headers={"Content-Encoding": "gzip"})
    assert "sends more than 20,971,520 bytes" in refusal(httpserver.url_for("/alerts"), timeout=30)


def test_a_damaged_compression_is_unavailable(httpserver: HTTPServer) -> None:
    """What says gzip and is not."""
    httpserver.expect_request("/alerts").respond_with_data(b"plain", headers={"Content-Encoding": "gzip"})
    assert "cannot be decompressed" in refusal(httpserver.url_for("/alerts"))


@pytest.mark.parametrize("length", ["", "Content-Length: 209715200\r\n"])
def test_an_endless_body_is_cut_at_the_cap(length: str) -> None:
    """A server that sends 200 MB, or for ever, is left soon after 20 MB."""
    sent = [0]

    def talk(connection: socket.socket) -> None:
        connection.sendall(f"HTTP/1.1 200 OK\r\n{length}\r\n".encode())
        block = b" " * 262_144
        with contextlib.suppress(OSError):
            while sent[0] < 209_715_200:
                connection.sendall(block)
                sent[0] += len(block)

    with raw_server(talk) as url:
        assert "which no feed of alerts is" in refusal(url, timeout=60)
    assert MOST_BODY <= sent[0] < 3 * MOST_BODY


@pytest.mark.parametrize("start", [b"HTTP/1.1 200 OK\r\n\r\n[", b"HTTP/1.1 200 OK\r\nX-", b"HTTP/1.1 2", b""])
def test_a_server_that_trickles_is_left_at_the_deadline(start: bytes) -> None:
    """A byte now and then keeps every read alive; the deadline is for the whole answer, headers included."""
    over = threading.Event()

    def talk(connection: socket.socket) -> None:
        connection.sendall(start)
        with contextlib.suppress(OSError):
            while not over.wait(0.1):
                if start:
                    connection.sendall(b"a")

    with raw_server(talk) as url:
        began = time.monotonic()
        sentence = refusal(url, timeout=0.8)
        lasted = time.monotonic() - began
        over.set()
    assert "did not send its whole answer within 0.8 seconds" in sentence
    assert 0.7 < lasted < 5


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[1,2",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n[1,2",
        b"",
        b"hello\r\n\r\n",
    ],
)
def test_an_answer_that_breaks_off_is_unavailable(answer: bytes) -> None:
    """Half an answer is none."""
    with raw_server(lambda connection: connection.sendall(answer)) as url:
        sentence = refusal(url)
    assert "127.0.0.1" in sentence


def test_a_server_that_is_not_there_is_unavailable() -> None:
    """A refused connection says that the host cannot be reached."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert "cannot be reached" in refusal(f"http://127.0.0.1:{port}/?key=SECRET")


@pytest.mark.parametrize("url", ["ftp://feed.example/?key=SECRET", "http://", "nonsense", "http://[::1/?key=SECRET"])
def test_an_address_that_cannot_be_asked_is_unavailable(url: str) -> None:
    """A wrong address is told as such."""
    with pytest.raises(FeedUnavailable, match="address"):
        fetch(url, contact=CONTACT)


def test_follows_a_redirect_on_the_same_host(httpserver: HTTPServer) -> None:
    """A feed that moved within its host is found."""
    httpserver.expect_request("/old").respond_with_data(status=301, headers={"Location": "/new?zone=MAZ014"})
    httpserver.expect_request("/new").respond_with_data(b"found")
    assert fetch(httpserver.url_for("/old"), contact=CONTACT).body == b"found"


@pytest.mark.parametrize(
    "location",
    [
        "http://elsewhere.example/",
        "//elsewhere.example/",
        "file:///etc/passwd",
        "http://127.0.0.1:1/",
        "http://127.0.0.1:x/",
        "https://127.0.0.1:1/",
        "",
    ],
)
def test_does_not_follow_a_redirect_elsewhere(location: str) -> None:
    """Another host, port or scheme is a person's decision."""
    answer = f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode()
    with raw_server(lambda connection: connection.sendall(answer)) as url:
        assert "redirects to another host" in refusal(url)


def test_does_not_follow_redirects_for_ever(httpserver: HTTPServer) -> None:
    """A circle ends."""
    httpserver.expect_request("/old").respond_with_data(status=302, headers={"Location": "/old"})
    assert "redirects in a circle" in refusal(httpserver.url_for("/old"))
