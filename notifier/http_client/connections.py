"""Our connections: urllib3's, with a deadline for the whole answer, an age, and a clear line before the first byte.

Imported with the first request, for it imports requests.
"""

import http.client
import io
import socket
import time
from collections.abc import Mapping
from functools import lru_cache, partial
from typing import Any
from urllib.parse import urlsplit

from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from requests.hooks import default_hooks
from requests.structures import CaseInsensitiveDict
from requests.utils import check_header_validity
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import NewConnectionError
from urllib3.response import HTTPResponse

LONGEST_IDLE = 4.0
"""Seconds after which a pooled connection is not used again: many servers close theirs after 5, and a request that
crosses with that closing would end as unknown."""
CONNECTIONS = 32
"""Connections that are kept open to a host at most."""


def new_adapter() -> HTTPAdapter:
    """Make the pool of one account.

    It stands without a Session: a proxy, a netrc or a cookie must neither see nor change the department's posts.
    """
    adapter = _Adapter(pool_connections=4, pool_maxsize=CONNECTIONS, max_retries=0)
    adapter.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecurePool}
    return adapter


class _Adapter(HTTPAdapter):
    """requests' adapter, which looks a host's pool up once, and keeps no cookies: half of what a request costs."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._pools: dict[str, Any] = {}

    def get_connection_with_tls_context(
        self, request: PreparedRequest, verify: Any, proxies: Any = None, cert: Any = None
    ) -> Any:
        """Answer the pool of a request's host."""
        host, _ = split_address(request.url or "")
        pool = self._pools.get(host)
        if pool is None:
            pool = super().get_connection_with_tls_context(request, verify, proxies, cert)
            self._pools[host] = pool
        return pool

    def close(self) -> None:
        """End every connection."""
        for pool in self._pools.values():
            pool.close()
        self._pools.clear()
        super().close()

    def request_url(self, request: PreparedRequest, proxies: Any) -> str:
        """Answer what stands in the request's first line; no proxy is asked for us."""
        return split_address(request.url or "")[1]

    def build_response(self, req: PreparedRequest, resp: Any) -> Response:
        """Answer what is read of an answer: its status, its headers, its body."""
        response = Response()
        response.status_code, response.headers, response.raw = resp.status, resp.headers, resp
        response.url, response.request = req.url or "", req
        return response


@lru_cache(maxsize=1024)
def split_address(url: str) -> tuple[str, str]:
    """Split a prepared address into what leads to its host, and what is asked there."""
    parts = urlsplit(url)
    path = parts.path or "/"
    return f"{parts.scheme}://{parts.netloc}", f"{path}?{parts.query}" if parts.query else path


@lru_cache(maxsize=1024)
def prepared_address(url: str) -> str:
    """Write an address as it is asked for; ValueError or RequestException where it is none."""
    request = PreparedRequest()
    request.prepare_url(url, None)
    return str(request.url)


def prepared_body(method: str, url: str, headers: Mapping[str, str], body: bytes) -> PreparedRequest:
    """Make a request whose body is bytes already, as requests does, without looking again at what it is."""
    request = PreparedRequest()
    request.method, request.url, request.body = method, prepared_address(url), body
    request.headers = CaseInsensitiveDict({**headers, "Content-Length": str(len(body))})
    request.hooks = default_hooks()
    check_header_validity_of(headers)
    return request


def check_header_validity_of(headers: Mapping[str, str]) -> None:
    """Refuse a header that would end before its end; RequestException."""
    for header in headers.items():
        check_header_validity(header)


class _Connection(HTTPConnection):
    _asked = 0.0

    @property
    def is_connected(self) -> bool:
        """Whether it may be used again; the pool asks this before it hands out an old connection."""
        return super().is_connected and time.monotonic() - self._asked < LONGEST_IDLE

    def connect(self) -> None:
        """Connect; whatever fails here, TLS included, is a NewConnectionError, so that it is known nothing was sent."""
        try:
            super().connect()
        except (OSError, ValueError) as failure:
            raise NewConnectionError(self, "no connection") from failure

    def getresponse(self) -> HTTPResponse:  # type: ignore[override]
        """Read the answer's head; head and body together have the timeout, however they drip in."""
        self._asked = time.monotonic()
        deadline = None if self.timeout is None else self._asked + self.timeout
        self.response_class = partial(_Answer, deadline)  # type: ignore[assignment]
        return super().getresponse()


class _SecureConnection(_Connection, HTTPSConnection):
    pass


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class _Answer(http.client.HTTPResponse):
    def __init__(self, deadline: float | None, sock: socket.socket, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        if deadline is not None:
            self.fp = io.BufferedReader(_UntilDeadline(self.fp.detach(), sock, deadline))


class _UntilDeadline(io.RawIOBase):
    """Reads a socket until a moment: a timeout of the socket's own begins anew with every byte that drips in."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, deadline: float) -> None:
        self._raw, self._sock, self._deadline = raw, sock, deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the answer took too long")
        self._sock.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()
