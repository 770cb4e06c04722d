"""A request and its answer, as every practice platform sees them, and the routes between the two."""

import base64
import binascii
import json
import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any, NamedTuple, Protocol
from urllib.parse import parse_qsl

from notifier.practice.multipart import NotMultipart, Part, boundary_of, parts_of


@dataclass(frozen=True)
class Request:
    """One request, read whole.

    path and query are as they stood on the wire, still percent-encoded, for a signature covers them so; header names
    are lower case.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def server(self) -> str:
        """The address that the client used for this server, without a path."""
        return f"http://{self.headers.get('host', '127.0.0.1')}"

    @property
    def media_type(self) -> str:
        """The type of the body, lower case and without parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def basic(self) -> str:
        """The `user:password` of its Basic credential; empty when there is none."""
        try:
            return base64.b64decode(self._credential("basic"), validate=True).decode()
        except (binascii.Error, ValueError):
            return ""

    @property
    def bearer(self) -> str:
        """Its Bearer token; empty when there is none."""
        return self._credential("bearer")

    def _credential(self, wanted: str) -> str:
        scheme, _, given = self.headers.get("authorization", "").partition(" ")
        return given.strip() if scheme.lower() == wanted else ""

    @property
    def key(self) -> str:
        """What tells a repeat from another request: its Idempotency-Key, else the beginning of its body's SHA-256.

        The boundary of a form is no part of what is said: a client draws another one each time.
        """
        given = self.headers.get("idempotency-key", "")
        return given[:200] if given else sha256(self._said()).hexdigest()[:16]

    def _said(self) -> bytes:
        try:
            return self.body.replace(boundary_of(self.headers.get("content-type", "")), b"")
        except NotMultipart:
            return self.body

    def parameters(self) -> list[tuple[str, str]]:
        """The query's parameters in order, decoded."""
        return _pairs(self.query)

    def form(self) -> list[tuple[str, str]]:
        """The body's form fields in order, decoded.

        Raises Refused with 400 when the body is no form.
        """
        if not self.body:
            return []
        if self.media_type != "application/x-www-form-urlencoded":
            raise Refused(400, "the body must be application/x-www-form-urlencoded")
        try:
            return _pairs(self.body.decode("ascii"))
        except UnicodeDecodeError:
            raise Refused(400, "the form must be percent-encoded ASCII") from None

    def parts(self) -> tuple[Part, ...]:
        """The parts of a multipart/form-data body, in order.

        Raises Refused with 400 when it is none.
        """
        try:
            return parts_of(self.headers.get("content-type", ""), self.body)
        except NotMultipart as wrong:
            raise Refused(400, str(wrong)) from None

    def fields(self) -> tuple[list[tuple[str, str]], list[Part]]:
        """The fields of either kind of form, in order, and its files.

        Raises Refused with 400 when the body is no form.
        """
        if self.media_type != "multipart/form-data":
            return self.form(), []
        parts = self.parts()
        try:
            return [(part.name, part.text) for part in parts if part.filename is None], [
                part for part in parts if part.filename is not None
            ]
        except NotMultipart as wrong:
            raise Refused(400, str(wrong)) from None

    def json(self) -> dict[str, Any]:
        """The body as a JSON object.

        Raises Refused: 415 for another content type, 400 for what is no JSON object.
        """
        if self.media_type != "application/json":
            raise Refused(415, "the Content-Type must be application/json")
        try:
            value = json.loads(self.body.decode("utf-8"), parse_constant=_no_constant)
        except (ValueError, RecursionError):
            raise Refused(400, "the body is not JSON") from None
        if not isinstance(value, dict):
            raise Refused(400, "the body must be a JSON object")
        if has_lone_surrogate(value):
            raise Refused(400, "the body holds half of a surrogate pair, which is no character")
        return value


def _pairs(encoded: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(encoded, keep_blank_values=True, max_num_fields=200, errors="strict")
    except ValueError:
        raise Refused(400, "the parameters must be percent-encoded UTF-8, at most 200 of them") from None


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def has_lone_surrogate(value: object) -> bool:
    """Say whether a JSON value holds half a surrogate pair, which no answer could be written with."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    return False


class Refused(Exception):
    """A platform refuses a request.

    answer: in the platform's own words; without it, the platform's `failure` puts the sentence in its form.
    """

    def __init__(self, status: int, sentence: str, answer: "Answer | None" = None) -> None:
        self.status, self.sentence, self.answer = status, sentence, answer
        super().__init__(sentence)


@dataclass(frozen=True)
class Answer:
    """What a platform answers."""

    status: int
    body: bytes = b""
    media_type: str = "application/json; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)
    refuses: bool = False
    """Whether it says no although its status says yes."""

    @property
    def accepts(self) -> bool:
        """Whether it says that the request was taken."""
        return self.status < 400 and not self.refuses

    def with_headers(self, headers: Mapping[str, str]) -> "Answer":
        """Say the same with more headers."""
        return replace(self, headers={**self.headers, **headers})

    def as_refusal(self) -> "Answer":
        """Say the same, as a no."""
        return replace(self, refuses=True)


def json_answer(
    value: object, status: int = 200, headers: Mapping[str, str] | None = None, media_type: str = "application/json"
) -> Answer:
    """Answer with a JSON value."""
    body = json.dumps(value, ensure_ascii=False).encode()
    return Answer(status, body, f"{media_type}; charset=utf-8", headers or {})


def html_answer(page: str, status: int = 200) -> Answer:
    """Answer with a page that may load nothing but this server's pictures and run no script."""
    rules = (
        "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )
    headers = {"Content-Security-Policy": rules, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return Answer(status, page.encode(), "text/html; charset=utf-8", headers)


class Act(Protocol):
    """What a route does: it is handed the request and the named parts of the path."""

    def __call__(self, request: Request, **parts: str) -> Answer:
        """Answer a request."""


@dataclass(frozen=True)
class Route:
    """One operation of a platform."""

    method: str
    pattern: re.Pattern[str]
    act: Callable[..., Answer]
    publishes: "Publishes" = False
    """Whether it puts something before the public; where one address does many things, told by the request."""

    def does_publish(self, request: Request) -> bool:
        """Say whether a request, if taken, puts something before the public; one that cannot be read does not."""
        try:
            return self.publishes if isinstance(self.publishes, bool) else self.publishes(request)
        except Refused:
            return False


Publishes = bool | Callable[[Request], bool]


def route(method: str, path: str, act: Callable[..., Answer], *, publishes: Publishes = False) -> Route:
    """Make a route; `{name}` in the path stands for one segment of it."""
    pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(path))
    return Route(method, re.compile(pattern), act, publishes)


class Matched(NamedTuple):
    """A route that takes a request, and the named parts of its path."""

    route: Route
    parts: dict[str, str]


def match(routes: Iterable[Route], method: str, path: str) -> Matched | int:
    """Find the route of a request; else the status that says why there is none, 404 or 405."""
    status = 404
    for candidate in routes:
        found = candidate.pattern.fullmatch(path)
        if found and candidate.method == method:
            return Matched(candidate, found.groupdict())
        if found:
            status = 405
    return status


def new_token(length: int = 22) -> str:
    """Make a random token of letters, digits, - and _."""
    return secrets.token_urlsafe(length)[:length]


def same(given: str, wanted: str) -> bool:
    """Compare two secrets in constant time."""
    return secrets.compare_digest(given.encode("utf-8", "surrogateescape"), wanted.encode())
