"""The client itself: one request, one answer or one outcome."""

import json
import threading
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from notifier import __version__
from notifier.clock import Clock, system_clock
from notifier.http_client.reply import Reply, retry_time
from notifier.http_client.words import host_of
from notifier.outcome import AuthFailed, Outcome, Rejected, Retry, Unknown

if TYPE_CHECKING:
    import requests
    from requests.adapters import HTTPAdapter

USER_AGENT = f"police-notifier/{__version__}"
MOST_REPLY = 1024 * 1024
"""Bytes of an answer that are read; no network's answer to a post is longer."""
CONNECT_TIMEOUT = 5.0

_ONLY_READ = ("GET", "HEAD")
_PIECE = 64 * 1024


class HttpClient:
    """A pooled client for one account, for many threads.

    timeout: seconds for the whole answer, from the end of the request to the last byte read. clock: what Retry-After is
    counted from. most_reply: bytes that are read of an answer.
    """

    def __init__(self, timeout: float = 15.0, clock: Clock = system_clock, most_reply: int = MOST_REPLY) -> None:
        self.clock = clock
        self._timeout = timeout
        self._most_reply = most_reply
        self._adapter: HTTPAdapter | None = None
        self._opening = threading.Lock()

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        data: bytes | Mapping[str, str] | Sequence[tuple[str, str]] | None = None,
        json_body: object = None,
        auth: Any = None,
        files: Any = None,
        body_matters: bool = True,
    ) -> Reply | Outcome:
        """Make one request; a Reply whatever its status, or the outcome when no whole answer came.

        method: a GET or HEAD publishes nothing, so that whatever becomes of it may be tried again.
        body_matters: False where the status line alone says yes, so that a yes whose body breaks off stays one.
        """
        import requests
        from urllib3.exceptions import HTTPError

        from notifier.http_client.failures import cannot_ask, wire_failure

        try:
            request = _prepared(method, url, headers, params, data, json_body, auth, files)
        except (requests.RequestException, ValueError):
            return cannot_ask(url)
        timeout = (min(CONNECT_TIMEOUT, self._timeout), self._timeout)
        try:
            response = self._open().send(request, stream=True, timeout=timeout)
        except (requests.RequestException, HTTPError) as failure:
            return wire_failure(failure, url, publishes=method not in _ONLY_READ)
        return self._read(response, url, publishes=method not in _ONLY_READ, body_matters=body_matters)

    def load(self) -> None:
        """Import what a request needs, before many threads need it at once."""
        import notifier.http_client.connections
        import notifier.http_client.failures  # noqa: F401

    def _open(self) -> "HTTPAdapter":
        with self._opening:
            if self._adapter is None:
                from notifier.http_client.connections import new_adapter

                self._adapter = new_adapter()
            return self._adapter

    def _read(self, response: "requests.Response", url: str, *, publishes: bool, body_matters: bool) -> Reply | Outcome:
        from urllib3.exceptions import HTTPError

        from notifier.http_client.failures import lost

        chunks: list[bytes] = []
        size = 0
        status, headers = response.status_code, response.headers
        try:
            with response:
                while size <= self._most_reply and (chunk := response.raw.read(_PIECE, decode_content=True)):
                    chunks.append(chunk)
                    size += len(chunk)
        except (HTTPError, OSError):
            # The status line is an answer already: a no stays a no, whatever became of its reasons.
            if body_matters and 200 <= status < 300:
                return lost(f"the answer of {host_of(url)} broke off", publishes=publishes)
            return Reply(status, headers, b"", whole=False, publishes=publishes)
        return Reply(status, headers, b"".join(chunks), whole=size <= self._most_reply, publishes=publishes)

    def classify(self, reply: Reply, *, says: str = "") -> Outcome:
        """Say what an answer that is not a yes means, for a request that must not act twice.

        says: the service's own words, already free of secrets (service_words). 401: the credential. 425, 429: later, by
        Retry-After or a reset header. 503: the service refused before it acted. Other 5xx, 408: nobody knows. Other 3xx
        and 4xx: permanent.
        """
        words = f": {says}" if says else ""
        status = reply.status
        if status == 401:
            return AuthFailed(f"the credential was refused (401){words}")
        if status in (425, 429):
            return Retry(f"the service asks to slow down ({status}){words}", retry_time(reply, self.clock()))
        if status == 503:
            return Retry(f"the service is not available (503){words}", retry_time(reply, self.clock()))
        if status == 408 or status >= 500:
            may_have = "; it may have published" if reply.publishes else ""
            return (Unknown if reply.publishes else Retry)(f"the service failed ({status}){may_have}{words}")
        if 300 <= status < 400:
            return Rejected(f"the service redirects elsewhere ({status}); correct base_url or url in channels.toml")
        return Rejected(f"the service refused it ({status}){words}")

    def close(self) -> None:
        """Close the pooled connections."""
        with self._opening:
            if self._adapter is not None:
                self._adapter.close()


def _prepared(
    method: str,
    url: str,
    headers: Mapping[str, str] | None,
    params: Mapping[str, str] | None,
    data: bytes | Mapping[str, str] | Sequence[tuple[str, str]] | None,
    json_body: object,
    auth: Any,
    files: Any,
) -> "requests.PreparedRequest":
    """Make the bytes of a request; ValueError or RequestException where it cannot be made."""
    import requests

    sent = {"User-Agent": USER_AGENT, "Accept": "*/*", "Accept-Encoding": "gzip, deflate", **(headers or {})}
    body = data
    if json_body is not None:
        # json.dumps by hand: the bytes of a retry must be the bytes of the first attempt.
        body = json.dumps(json_body, ensure_ascii=False).encode()
        sent.setdefault("Content-Type", "application/json")
    for value in sent.values():
        value.encode("latin-1")
    if isinstance(body, bytes) and params is None and auth is None and files is None:
        from notifier.http_client.connections import prepared_body

        return prepared_body(method, url, sent, body)
    return requests.Request(method, url, headers=sent, params=params, data=body, auth=auth, files=files).prepare()
