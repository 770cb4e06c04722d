"""The HTTP client over real sockets: what each way to fail means, and that it ends in time."""

import gzip
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing as closing_at_end
from datetime import UTC, datetime

import pytest
import requests

from notifier.channel import Outcome, Rejected, Retry, Unknown
from notifier.http_client import (
    HttpClient,
    Reply,
)
from notifier.http_client.failures import wire_failure
from tests.channels.wire import (
    Seen,
    WireServer,
    a_closed_port,
    a_full_port,
    answering,
    closing,
    resetting,
    response,
    writing,
)

NOW = datetime(2026, 11, 22, 19, 58, 6, tzinfo=UTC)
SHORT = 0.4
"""Seconds that a client waits where the test is about waiting."""


@pytest.fixture
def server() -> Iterator[WireServer]:
    """Start a server whose answers the test writes."""
    with WireServer() as started:
        yield started


def a_client(timeout: float = 5.0, most_reply: int = 1024 * 1024) -> HttpClient:
    """Make a client whose clock stands."""
    return HttpClient(timeout, clock=lambda: NOW, most_reply=most_reply)


def post(server: WireServer, client: HttpClient | None = None) -> Reply | Outcome:
    """Post a little JSON."""
    return (client or a_client()).request("POST", f"{server.url}/post?x=1", json_body={"text": "Å"})


# --- what is sent -----------------------------------------------------------------------------------------------------


def test_request_sends_the_json_as_utf8_and_names_itself(server: WireServer) -> None:
    """The body is UTF-8 JSON, its type is said, and the User-Agent is ours."""
    reply = post(server)
    assert isinstance(reply, Reply)
    assert reply.ok
    (seen,) = server.seen
    assert (seen.method, seen.target, seen.body) == ("POST", "/post?x=1", '{"text": "Å"}'.encode())
    assert seen.headers["content-type"] == "application/json"
    assert seen.headers["user-agent"].startswith("police-notifier/")


def test_request_encodes_a_form_and_the_parameters(server: WireServer) -> None:
    """A mapping is sent as a form, parameters in the address."""
    a_client().request("POST", f"{server.url}/form", data={"message": "a&b ö"}, params={"q": "1 2"})
    assert (server.seen[0].target, server.seen[0].body) == ("/form?q=1+2", b"message=a%26b+%C3%B6")


def test_request_keeps_no_cookie(server: WireServer) -> None:
    """What a service wants remembered is not sent back: two attempts are the same."""
    server.answer = answering(200, headers={"Set-Cookie": "a=b; Path=/"})
    client = a_client()
    post(server, client)
    post(server, client)
    assert "cookie" not in server.seen[1].headers
    assert server.seen[0] == server.seen[1]


def test_request_asks_no_proxy_of_the_environment(server: WireServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that the login happens to have set does not see the department's posts."""
    monkeypatch.setenv("HTTP_PROXY", server.url)
    monkeypatch.setenv("http_proxy", server.url)
    outcome = a_client().request("POST", f"http://127.0.0.1:{a_closed_port()}/", json_body={})
    assert isinstance(outcome, Retry)
    assert server.seen == []


@pytest.mark.parametrize(
    "url",
    [
        "http://",
        "ftp://files.example/x",
        "http://[::1/x",
        "http://a.example:99999/",
        "nowhere",
        f"http://{'a' * 70}.example/",
    ],
)
def test_an_address_that_cannot_be_asked_is_rejected(url: str) -> None:
    """A wrong address is a permanent fault of the settings, not of the wire."""
    outcome = a_client().request("POST", url, json_body={})
    assert isinstance(outcome, Rejected)
    assert "channels.toml" in outcome.reason


def test_a_header_that_cannot_be_sent_is_rejected(server: WireServer) -> None:
    """A header with a line end or with signs beyond Latin-1 never reaches the wire."""
    for value in ("a\r\nX-Evil: 1", "€"):
        assert isinstance(a_client().request("POST", server.url, headers={"X-Key": value}), Rejected)
    assert server.seen == []


# --- before the connection stands: again later ------------------------------------------------------------------------


def test_a_refused_connection_may_be_retried() -> None:
    """Nothing was sent."""
    outcome = a_client().request("POST", f"http://127.0.0.1:{a_closed_port()}/", json_body={})
    assert outcome == Retry("127.0.0.1 refused the connection")


def test_a_name_that_does_not_exist_may_be_retried() -> None:
    """The network may be down for now."""
    outcome = a_client().request("POST", "http://no-such-host.invalid/", json_body={})
    assert outcome == Retry("the name no-such-host.invalid could not be looked up; check the network")


def test_a_connection_that_is_not_taken_in_time_may_be_retried() -> None:
    """A full queue answers nothing; nothing was sent."""
    with a_full_port() as port:
        started = time.monotonic()
        outcome = a_client(SHORT).request("POST", f"http://127.0.0.1:{port}/", json_body={})
    assert outcome == Retry("127.0.0.1 did not take the connection in time")
    assert time.monotonic() - started < SHORT + 1


def test_a_tls_handshake_that_fails_may_be_retried(server: WireServer) -> None:
    """No byte of a request goes out before the connection is secure, whichever way that fails."""
    server.answer = answering(200)
    outcome = a_client().request("POST", f"https://127.0.0.1:{_talking_nonsense(server)}/", json_body={})
    assert isinstance(outcome, Retry)
    assert "secure" in outcome.reason


def _talking_nonsense(server: WireServer) -> int:
    listener = socket.create_server(("127.0.0.1", 0))

    def talk() -> None:
        with listener, listener.accept()[0] as connection:
            connection.recv(10)
            connection.sendall(b"SSH-2.0-nothing of TLS\r\n" * 5)
            server.ending.wait(1)

    threading.Thread(target=talk, daemon=True).start()
    return int(listener.getsockname()[1])


def test_a_tls_handshake_that_hangs_may_be_retried() -> None:
    """A server that accepts and says nothing has got no request."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        outcome = a_client(SHORT).request("POST", f"https://127.0.0.1:{silent.getsockname()[1]}/", json_body={})
    assert outcome == Retry("127.0.0.1 did not take the connection in time")


# --- after the first byte: unknown ------------------------------------------------------------------------------------


def test_an_answer_that_is_lost_is_unknown(server: WireServer) -> None:
    """Closed or reset after the request: the service may have acted."""
    for answer in (closing, resetting):
        server.answer = answer
        outcome = post(server)
        assert isinstance(outcome, Unknown)
        assert "may have published" in outcome.reason
    assert len(server.seen) == 2


def test_an_answer_that_never_comes_is_unknown_in_time(server: WireServer) -> None:
    """A hung socket ends with the timeout."""
    server.answer = server.hang
    started = time.monotonic()
    assert post(server, a_client(SHORT)) == Unknown("127.0.0.1 did not answer in time; it may have published")
    assert time.monotonic() - started < SHORT + 0.5


@pytest.mark.parametrize("head", [response(200, b"x" * 500), b"HTTP/1.1 200 OK\r\nX-A: b" * 20])
def test_an_answer_that_drips_ends_with_the_timeout(server: WireServer, head: bytes) -> None:
    """Each byte comes in time and the whole does not: head or body, the timeout is for the whole."""
    server.answer = server.drip(head, every=SHORT / 10)
    started = time.monotonic()
    assert isinstance(post(server, a_client(SHORT)), Unknown)
    assert time.monotonic() - started < SHORT + 0.5


def test_endless_interim_answers_end_with_the_timeout(server: WireServer) -> None:
    """A server that says 100 Continue without end is bounded like any other."""
    server.answer = lambda connection, _seen: _forever(connection, b"HTTP/1.1 100 Continue\r\n\r\n", server)
    assert isinstance(post(server, a_client(SHORT)), Unknown)


def _forever(connection: socket.socket, raw: bytes, server: WireServer) -> None:
    while not server.ending.wait(0.005):
        connection.sendall(raw)


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope",
    ],
    ids=["length", "chunked", "gzip"],
)
def test_a_yes_that_breaks_off_is_unknown_unless_its_body_is_irrelevant(server: WireServer, raw: bytes) -> None:
    """Without its body a yes does not name the post; where only the status counts, it is a yes."""
    server.answer = writing(raw)
    assert isinstance(post(server), Unknown)
    reply = a_client().request("POST", server.url, json_body={}, body_matters=False)
    assert isinstance(reply, Reply)
    assert (reply.ok, reply.body, reply.whole) == (True, b"", False)


def test_a_no_that_breaks_off_stays_a_no(server: WireServer) -> None:
    """A refusal needs no reasons to be one."""
    server.answer = writing(b"HTTP/1.1 422 No\r\nContent-Length: 100\r\n\r\n{")
    reply = post(server)
    assert isinstance(reply, Reply)
    assert (reply.status, reply.whole) == (422, False)


@pytest.mark.parametrize(
    "raw",
    [
        b"220 mail.example ESMTP\r\n",
        b"HTTP/1.1 two hundred\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nabc",
    ],
    ids=["no http", "no status", "many headers", "long header", "two lengths"],
)
def test_an_answer_that_is_no_http_is_unknown(server: WireServer, raw: bytes) -> None:
    """The request was read; what came back proves nothing."""
    server.answer = writing(raw)
    assert isinstance(post(server), Unknown)


def test_an_answer_cut_inside_its_head_names_nothing(server: WireServer) -> None:
    """The status stands and the rest is lost: there is no body that could name a post."""
    server.answer = writing(b"HTTP/1.1 201 Created\r\nContent-Le")
    reply = post(server)
    assert isinstance(reply, Reply)
    assert (reply.status, reply.body) == (201, b"")


def test_a_secure_connection_that_breaks_after_the_request_is_unknown() -> None:
    """A TLS error outside the handshake comes after the request: trying again could post twice."""
    failure = requests.exceptions.SSLError("EOF occurred in violation of protocol")
    assert isinstance(wire_failure(failure, "https://a.example/", publishes=True), Unknown)


def test_a_question_that_gets_no_answer_may_be_asked_again(server: WireServer) -> None:
    """A GET publishes nothing, so nothing about it is unknown."""
    server.answer = closing
    assert a_client().request("GET", server.url) == Retry("the connection to 127.0.0.1 was cut before its answer")


def test_no_failure_quotes_the_address(server: WireServer) -> None:
    """An address may carry what must not be written down; only its host is named."""
    server.answer = closing
    outcomes = [
        a_client().request("POST", f"{server.url}/hidden-path?token=hidden", json_body={}),
        a_client().request("POST", f"http://127.0.0.1:{a_closed_port()}/hidden-path?token=hidden", json_body={}),
    ]
    assert "hidden" not in str(outcomes)


# --- answers ----------------------------------------------------------------------------------------------------------


def test_a_redirect_is_not_followed(server: WireServer) -> None:
    """The answer itself comes back, and nobody else is asked."""
    with WireServer() as other:
        server.answer = answering(307, headers={"Location": f"{other.url}/elsewhere"})
        reply = post(server)
        assert isinstance(reply, Reply)
        assert reply.status == 307
        assert other.connections == 0


def test_an_enormous_answer_is_read_in_part(server: WireServer) -> None:
    """10 MB are not taken into memory; the answer says that it is not whole."""
    server.answer = answering(200, b"x" * 10_000_000)
    reply = post(server, a_client(most_reply=100_000))
    assert isinstance(reply, Reply)
    assert not reply.whole
    assert 100_000 < len(reply.body) < 200_000


def test_a_compressed_answer_is_unpacked_no_further_than_allowed(server: WireServer) -> None:
    """A small answer that unpacks into 50 MB stops at the bound like any other."""
    packed = gzip.compress(b"0" * 50_000_000)
    server.answer = answering(200, packed, {"Content-Encoding": "gzip"})
    reply = post(server, a_client(most_reply=100_000))
    assert isinstance(reply, Reply)
    assert len(reply.body) < 400_000


# --- the pool ---------------------------------------------------------------------------------------------------------


def test_two_requests_share_a_connection(server: WireServer) -> None:
    """The second post of a burst waits for no new connection."""
    client = a_client()
    post(server, client)
    post(server, client)
    assert server.connections == 1


def test_a_connection_closed_while_idle_is_not_used_again(server: WireServer) -> None:
    """A server that closes after each answer without saying so costs a connection, never a lost answer."""
    server.answer = writing(response(200, b"{}"))
    client = a_client()
    for _ in range(3):
        assert isinstance(post(server, client), Reply)
        time.sleep(0.05)
    assert server.connections == 3


def test_a_connection_long_idle_is_not_used_again(server: WireServer) -> None:
    """A server is about to close it, or something between has forgotten it: the next request takes a new one."""
    from notifier.http_client import connections

    assert connections.LONGEST_IDLE < 5, "many servers close after 5 seconds"
    with closing_at_end(connections.new_adapter()) as adapter:
        pool = adapter.poolmanager.connection_from_url(server.url)
        pool.urlopen("GET", "/", retries=False)
        (idle,) = [each for each in list(pool.pool.queue) if each is not None]
        assert idle.is_connected
        idle._asked -= connections.LONGEST_IDLE
        assert not idle.is_connected


def test_many_threads_may_share_a_client(server: WireServer) -> None:
    """Fifty posts at once through one client are fifty answers."""
    client = a_client()
    replies: list[Reply | Outcome] = []
    threads = [threading.Thread(target=lambda: replies.append(post(server, client))) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(isinstance(reply, Reply) and reply.ok for reply in replies) == 50


def test_close_ends_the_connections(server: WireServer) -> None:
    """After close the server sees the end of the connection, and a later request opens a new one."""
    ended = threading.Event()

    def answer(connection: socket.socket, _seen: Seen) -> None:
        connection.sendall(response(200))
        if connection.recv(1) == b"":
            ended.set()

    server.answer = answer
    client = a_client()
    post(server, client)
    client.close()
    assert ended.wait(2)
    assert isinstance(post(server, client), Reply)
