"""The one HTTP client, and the one place that classifies a failure.

`requests` speaks; it never retries and never follows a redirect. Every failure of the wire becomes an outcome here, in
our own words: a library's error text may carry a URL with a secret in it.
"""

import json
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from notifier import __version__
from notifier.channel import AuthFailed, Outcome, Rejected, Retry, Unknown
from notifier.clock import Clock, system_clock

if TYPE_CHECKING:
    import requests

USER_AGENT = f"police-notifier/{__version__}"
MOST_REPLY = 1024 * 1024
"""Bytes of an answer that are read; no network's answer to a post is longer."""
CONNECT_TIMEOUT = 5.0
LONGEST_WAIT = timedelta(days=1)
"""A Retry-After beyond this is read as this: news is older than that by then."""


@dataclass(frozen=True)
class Reply:
    """An answer of a service, whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def ok(self) -> bool:
        """Whether the service said yes."""
        return 200 <= self.status < 300

    def json(self) -> dict[str, Any]:
        """The answer as a JSON object; an empty one when it is anything else."""
        try:
            value = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return value if isinstance(value, dict) else {}


class HttpClient:
    """A pooled client for one account.

    timeout: seconds for the whole answer. clock: what Retry-After is counted from.
    """

    def __init__(self, timeout: float = 15.0, clock: Clock = system_clock, most_reply: int = MOST_REPLY) -> None:
        self._timeout = timeout
        self._clock = clock
        self._most_reply = most_reply
        self._session: requests.Session | None = None

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        data: bytes | Mapping[str, str] | None = None,
        json_body: object = None,
        auth: Any = None,
        files: Any = None,
    ) -> Reply | Outcome:
        """Make one request; a Reply whatever its status, or the outcome when no whole answer came."""
        import requests

        try:
            # json.dumps by hand: the bytes of a retry must be the bytes of the first attempt.
            body = json.dumps(json_body, ensure_ascii=False).encode() if json_body is not None else data
            sent = {"User-Agent": USER_AGENT, **(headers or {})}
            if json_body is not None:
                sent.setdefault("Content-Type", "application/json")
            response = self._open().request(
                method,
                url,
                headers=sent,
                params=params,
                data=body,
                auth=auth,
                files=files,
                timeout=(min(CONNECT_TIMEOUT, self._timeout), self._timeout),
                allow_redirects=False,
                stream=True,
            )
        except requests.RequestException as failure:
            return _wire_failure(failure, url)
        return self._read(response, url)

    def _open(self) -> "requests.Session":
        if self._session is None:
            import requests

            session = requests.Session()
            # A proxy or netrc of the login that happens to run this must not see the department's posts.
            session.trust_env = False
            adapter = requests.adapters.HTTPAdapter(pool_connections=4, pool_maxsize=32, max_retries=0)
            session.mount("http://", adapter)
            session.mount("https://", adapter)
            self._session = session
        return self._session

    def _read(self, response: "requests.Response", url: str) -> Reply | Outcome:
        import requests

        deadline = time.monotonic() + self._timeout
        chunks: list[bytes] = []
        size = 0
        try:
            with response:
                for chunk in response.iter_content(64 * 1024):
                    chunks.append(chunk)
                    size += len(chunk)
                    if size > self._most_reply or time.monotonic() > deadline:
                        # The status line is an answer already; an endless body adds nothing to it.
                        break
        except requests.RequestException:
            if not 200 <= response.status_code < 300:
                return Reply(response.status_code, response.headers, b"")
            return Unknown(f"the answer of {_host(url)} broke off; it may have published")
        return Reply(response.status_code, response.headers, b"".join(chunks))

    def classify(self, reply: Reply, *, says: str = "") -> Outcome:
        """Say what an answer that is not a yes means, for a request that must not act twice.

        says: the service's own words, already free of secrets. 401: the credential. 429: later, by Retry-After or a
        reset header. 503: the service refused before it acted. Other 5xx: nobody knows. 3xx and 4xx: permanent.
        """
        words = f": {says}" if says else ""
        status = reply.status
        if status == 401:
            return AuthFailed(f"the credential was refused (401){words}")
        if status in (425, 429):
            return Retry(f"the service asks to slow down ({status}){words}", retry_time(reply, self._clock()))
        if status == 503:
            return Retry(f"the service is not available (503){words}", retry_time(reply, self._clock()))
        if status == 408 or status >= 500:
            return Unknown(f"the service failed ({status}); it may have published{words}")
        if 300 <= status < 400:
            return Rejected(f"the service redirects elsewhere ({status}); correct base_url in channels.toml")
        return Rejected(f"the service refused it ({status}){words}")

    def close(self) -> None:
        """Close the pooled connections."""
        if self._session is not None:
            self._session.close()


def retry_time(reply: Reply, now: datetime) -> datetime | None:
    """Read when a service wants to be asked again: Retry-After in seconds or as a date, or an epoch reset header."""
    given = reply.headers.get("Retry-After", "").strip()
    at: datetime | None = None
    if given.isdigit():
        at = now + timedelta(seconds=min(int(given), int(LONGEST_WAIT.total_seconds())))
    elif given:
        try:
            parsed = parsedate_to_datetime(given)
            at = parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
        except ValueError:
            at = None
    if at is None:
        reset = reply.headers.get("x-rate-limit-reset", "")
        if reset.isdigit() and len(reset) <= 11:
            at = datetime.fromtimestamp(int(reset), UTC)
    return None if at is None else max(now, min(at, now + LONGEST_WAIT))


def _host(url: str) -> str:
    return urlsplit(url).hostname or "the service"


def _wire_failure(failure: "requests.RequestException", url: str) -> Outcome:
    """Say what a failure of the wire means: before the request could have left, or after."""
    import requests
    from urllib3.exceptions import NameResolutionError, NewConnectionError, SSLError

    host = _host(url)
    causes = list(_causes(failure))
    if isinstance(failure, requests.exceptions.ConnectTimeout):
        return Retry(f"{host} did not take the connection in time")
    if any(isinstance(cause, NameResolutionError | socket.gaierror) for cause in causes):
        return Retry(f"the name {host} could not be looked up; check the network")
    if any(isinstance(cause, NewConnectionError | ConnectionRefusedError) for cause in causes):
        return Retry(f"{host} refused the connection")
    if isinstance(failure, requests.exceptions.SSLError) or any(isinstance(c, SSLError) for c in causes):
        return Retry(f"no secure connection to {host} could be made; check its certificate and this machine's clock")
    if isinstance(failure, requests.exceptions.Timeout):
        return Unknown(f"{host} did not answer in time; it may have published")
    if isinstance(failure, requests.exceptions.ConnectionError | requests.exceptions.ChunkedEncodingError):
        return Unknown(f"the connection to {host} was cut before its answer; it may have published")
    return Rejected(f"the address of {host} is not one that can be asked; correct base_url or url in channels.toml")


def _causes(failure: BaseException) -> "list[BaseException]":
    """Every exception inside a failure: its causes, its arguments, and urllib3's `reason`."""
    found: list[BaseException] = []
    waiting: list[object] = [failure]
    while waiting and len(found) < 20:
        current = waiting.pop()
        if not isinstance(current, BaseException) or current in found:
            continue
        found.append(current)
        waiting += [*current.args, current.__cause__, current.__context__, getattr(current, "reason", None)]
    return found


Sender = Callable[..., Reply | Outcome]
"""The shape of HttpClient.request, for what wraps it."""
