"""OAuth 1.0a as the side that checks: HMAC-SHA1 signatures of RFC 5849, fresh and used once."""

import base64
import hashlib
import hmac
import re
import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, unquote

from notifier.practice.exchange import Request, same

FRESH_SECONDS = 300
MOST_NONCES = 20_000
_PARAMETER = re.compile(r'\s*([a-zA-Z_]+)="([^"]*)"\s*')
_REQUIRED = frozenset(
    {"oauth_consumer_key", "oauth_token", "oauth_signature_method", "oauth_signature", "oauth_timestamp", "oauth_nonce"}
)
_KNOWN = _REQUIRED | {"oauth_version", "realm"}


@dataclass(frozen=True)
class Credentials:
    """An app's consumer key and a user's access token, each with its secret."""

    consumer_key: str
    consumer_secret: str
    access_token: str
    access_token_secret: str


class SignatureCheck:
    """Checks signed requests of one account, and remembers their nonces as long as they are fresh.

    signs_parts: whether the fields of a multipart form are signed, files excepted; RFC 5849 leaves them out, Flickr
    does not.
    """

    def __init__(self, credentials: Credentials, *, signs_parts: bool = False) -> None:
        self._credentials, self._signs_parts = credentials, signs_parts
        self._lock = threading.Lock()
        self._nonces: OrderedDict[tuple[str, str], None] = OrderedDict()

    def problem(self, request: Request, now: datetime) -> str | None:
        """Say why a request is not properly signed; None when it is."""
        given = _authorization(request.headers.get("authorization", ""))
        if given is None:
            return "an OAuth Authorization header is required"
        missing = _REQUIRED - given.keys()
        if missing or given.keys() - _KNOWN:
            return "the OAuth parameters are incomplete or unknown"
        if given["oauth_signature_method"] != "HMAC-SHA1" or given.get("oauth_version", "1.0") != "1.0":
            return "the signature method must be HMAC-SHA1 of OAuth 1.0"
        if not same(given["oauth_consumer_key"], self._credentials.consumer_key):
            return "the consumer key is unknown"
        if not same(given["oauth_token"], self._credentials.access_token):
            return "the access token is unknown"
        if not same(given["oauth_signature"], self._signature(request, given)):
            return "the signature does not match"
        return self._staleness(given["oauth_timestamp"], given["oauth_nonce"], now)

    def forget(self) -> None:
        """Forget the nonces that were used."""
        with self._lock:
            self._nonces.clear()

    def _staleness(self, timestamp: str, nonce: str, now: datetime) -> str | None:
        if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
            return "the timestamp is not a number of seconds"
        if abs(int(timestamp) - now.timestamp()) > FRESH_SECONDS:
            return "the timestamp is out of bounds; check this machine's clock"
        with self._lock:
            if (timestamp, nonce) in self._nonces:
                return "the nonce was used before"
            self._nonces[timestamp, nonce] = None
            while len(self._nonces) > MOST_NONCES:
                self._nonces.popitem(last=False)
        return None

    def _signature(self, request: Request, given: dict[str, str]) -> str:
        """RFC 5849 3.4: the base string, keyed with both secrets."""
        pairs = [(name, value) for name, value in given.items() if name not in ("realm", "oauth_signature")]
        pairs += request.parameters()
        if request.media_type == "application/x-www-form-urlencoded":
            pairs += request.form()
        elif self._signs_parts and request.media_type == "multipart/form-data":
            pairs += request.fields()[0]
        encoded = sorted((_escape(name), _escape(value)) for name, value in pairs)
        normal = "&".join(f"{name}={value}" for name, value in encoded)
        address = f"{request.server.lower()}{request.path}"
        text = "&".join((request.method.upper(), _escape(address), _escape(normal)))
        secret = f"{_escape(self._credentials.consumer_secret)}&{_escape(self._credentials.access_token_secret)}"
        return base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha1).digest()).decode()


def _escape(text: str) -> str:
    return quote(text, safe="~")


def _authorization(header: str) -> dict[str, str] | None:
    """Read the parameters of an OAuth Authorization header; None when it is none, or names one twice."""
    scheme, _, rest = header.strip().partition(" ")
    if scheme.lower() != "oauth":
        return None
    found: dict[str, str] = {}
    for part in rest.split(","):
        parameter = _PARAMETER.fullmatch(part)
        if parameter is None or unquote(parameter[1]) in found:
            return None
        found[unquote(parameter[1])] = unquote(parameter[2])
    return found
