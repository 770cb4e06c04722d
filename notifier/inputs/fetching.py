"""Fetch a feed: a conditional GET whose answer is bounded in bytes, in time and in hosts.

Not made with HttpClient: that one publishes, so a cut answer is an outcome there; here it must be an error, and a
server that sends a byte now and then must not hold the poller.
"""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from notifier import __version__
from notifier.errors import FeedUnavailable
from notifier.inputs.alerts import MOST_BODY

if TYPE_CHECKING:
    import requests

CONNECT_TIMEOUT = 5.0
ACCEPT = "application/geo+json, application/atom+xml;q=0.9, application/cap+xml;q=0.8, */*;q=0.1"
_MOST_REDIRECTS = 3
_CHUNK = 64 * 1024
_Watch = Callable[[socket.socket], None]


@dataclass(frozen=True)
class Fetched:
    """A feed's whole answer, or that nothing changed since the last one; with what to give `fetch` the next time."""

    status: int
    body: bytes
    content_type: str = ""
    etag: str | None = None
    last_modified: str | None = None
    not_modified: bool = False


def fetch(
    url: str,
    *,
    contact: str,
    etag: str | None = None,
    last_modified: str | None = None,
    timeout: float = 30.0,
    most: int = MOST_BODY,
) -> Fetched:
    """Ask a feed for what is new; FeedUnavailable with a sentence when no whole answer came.

    contact: who asks, an address or website; NWS refuses who does not say. timeout: seconds for everything.
    most: bytes, counted after decompression. Redirects are followed on the same host only.
    """
    headers = {"Accept": ACCEPT, "Accept-Encoding": "gzip", "User-Agent": _user_agent(contact)}
    if etag:
        headers["If-None-Match"] = etag
    if last_modified:
        headers["If-Modified-Since"] = last_modified
    with _Visit(timeout) as visit:
        for _ in range(_MOST_REDIRECTS + 1):
            with visit.ask(url, headers) as response:
                if response.status_code not in (301, 302, 303, 307, 308):
                    return _answer(visit, response, url, most, etag, last_modified)
                url = _next_address(url, response.headers.get("Location", ""))
    raise FeedUnavailable(f"{_host(url)} redirects in a circle; correct url in feeds.toml")


def _user_agent(contact: str) -> str:
    words = "".join(char for char in contact if char.isascii() and char.isprintable() and char not in "()\\")
    return f"police-notifier/{__version__} ({words.strip()[:200]})"


def _answer(
    visit: "_Visit", response: "requests.Response", url: str, most: int, etag: str | None, last_modified: str | None
) -> Fetched:
    status, host = response.status_code, _host(url)
    new_etag, new_modified = response.headers.get("ETag"), response.headers.get("Last-Modified")
    if status == 304 and (etag or last_modified):
        return Fetched(status, b"", "", new_etag or etag, new_modified or last_modified, not_modified=True)
    if status != 200:
        raise FeedUnavailable(f"{host} {_refusal(status)}")
    body = b"".join(visit.read(response, most))
    return Fetched(status, body, response.headers.get("Content-Type", ""), new_etag, new_modified)


def _refusal(status: int) -> str:
    if status == 403:
        return "refuses the request (403); it may want another contact, or asks less often"
    if status in (400, 404, 410):
        return f"has no such feed ({status}); correct url in feeds.toml"
    if status == 429:
        return 'asks to slow down (429); raise "every" in feeds.toml'
    if status >= 500:
        return f"fails ({status}); it is asked again at the next poll"
    return f"answers {status} instead of alerts"


def _next_address(url: str, location: str) -> str:
    try:
        target = urljoin(url, location)
        here, there = _place(url), _place(target)
    except ValueError:
        target, here, there = "", None, None
    secured = here is not None and there == ("https", here[1], 443) and here[0] == "http"
    if not location or here is None or (there != here and not secured):
        raise FeedUnavailable(f"{_host(url)} redirects to another host; if that is right, correct url in feeds.toml")
    return target


def _place(url: str) -> tuple[str, str | None, int | None]:
    """Scheme, host and port of an address; ValueError where it is none."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or "the feed"
    except ValueError:
        return "the feed"


class _Visit:
    """One fetch with a deadline: at its end the sockets are shut, whatever is being waited for.

    A read timeout alone begins anew with every byte that comes.
    """

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._deadline = time.monotonic() + timeout
        self._sockets: list[socket.socket] = []
        self._lock = threading.Lock()
        self._is_over = False
        self._alarm = threading.Timer(timeout, self._end)
        self._alarm.daemon = True
        self._session = _session(self._watch)

    def __enter__(self) -> "_Visit":
        self._alarm.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._alarm.cancel()
        self._session.close()
        with self._lock:
            for watched in self._sockets:
                watched.close()
            self._sockets.clear()

    def _watch(self, connected: socket.socket) -> None:
        with self._lock:
            # A second handle on the same connection: TLS takes the first one over.
            self._sockets.append(connected.dup())
        if self._is_over:
            self._end()

    def _end(self) -> None:
        self._is_over = True
        with self._lock:
            for watched in self._sockets:
                try:
                    watched.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue

    @contextmanager
    def ask(self, url: str, headers: dict[str, str]) -> "Iterator[requests.Response]":
        """Ask once; the answer's body is still to be read."""
        left = max(0.01, self._deadline - time.monotonic())
        with self._failures(url):
            response = self._session.get(
                url, headers=headers, timeout=(min(CONNECT_TIMEOUT, left), left), allow_redirects=False, stream=True
            )
        with response:
            yield response

    def read(self, response: "requests.Response", most: int) -> Iterator[bytes]:
        """Read a body piece by piece, decompressed, and stop at `most` bytes or at the deadline."""
        host = _host(response.url)
        size = 0
        with self._failures(response.url):
            for chunk in response.iter_content(_CHUNK):
                size += len(chunk)
                if size > most:
                    raise FeedUnavailable(f"{host} sends more than {most:,} bytes, which no feed of alerts is")
                if self._is_over:
                    break
                yield chunk
        if self._is_over:
            raise FeedUnavailable(self._too_slow(host))

    def _too_slow(self, host: str) -> str:
        return f"{host} did not send its whole answer within {self._timeout:g} seconds"

    @contextmanager
    def _failures(self, url: str) -> Iterator[None]:
        """Say what a failure of the wire was, in our own words: a library's may carry the address with a key in it."""
        import requests

        try:
            yield
        except (requests.RequestException, OSError, ValueError) as failure:
            raise FeedUnavailable(self._sentence(failure, _host(url))) from None

    def _sentence(self, failure: Exception, host: str) -> str:
        import requests

        if self._is_over or isinstance(failure, requests.exceptions.ReadTimeout):
            return self._too_slow(host)
        if isinstance(failure, requests.exceptions.ConnectTimeout):
            return f"{host} did not take the connection in time; check the network"
        if isinstance(failure, requests.exceptions.SSLError):
            return f"no secure connection to {host} could be made; check its certificate and this machine's clock"
        if isinstance(failure, requests.exceptions.ContentDecodingError):
            return f"{host} sent an answer that cannot be decompressed"
        if isinstance(failure, requests.exceptions.ChunkedEncodingError):
            return f"{host} broke its answer off"
        if isinstance(failure, requests.exceptions.ConnectionError):
            return f"{host} cannot be reached, or broke the connection; check the network and url in feeds.toml"
        return f"the address of {host} is not one that can be asked; correct url in feeds.toml"


def _session(watch: "_Watch") -> "requests.Session":
    import requests
    from requests.adapters import HTTPAdapter
    from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
    from urllib3.connection import HTTPConnection, HTTPSConnection

    class Connection(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            connected = super()._new_conn()
            watch(connected)
            return connected

    class SecureConnection(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            connected = super()._new_conn()
            watch(connected)
            return connected

    class Pool(HTTPConnectionPool):
        ConnectionCls = Connection

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = SecureConnection

    session = requests.Session()
    # A proxy or netrc of the login that happens to run this must not come between us and the feed.
    session.trust_env = False
    adapter = HTTPAdapter(max_retries=0)
    adapter.poolmanager.pool_classes_by_scheme = {"http": Pool, "https": SecurePool}
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session
