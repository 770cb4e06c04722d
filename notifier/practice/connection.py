"""One client's connection: read each request whole, meet its fault or let its platform act, and answer.

Nothing that a client sends ends in a traceback: what is malformed is answered 400, and what breaks off is dropped.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from notifier.practice.exchange import Answer, Matched, Refused, Request, html_answer, json_answer, match
from notifier.practice.faults import Fault
from notifier.practice.platform import MOST_BODY, Platform
from notifier.practice.request_log import Asked

if TYPE_CHECKING:
    from notifier.practice.server import Host, PracticeServer

_MOST_DRAINED: Final = 64 * 1024 * 1024
_HOST_NAMES: Final = ("127.0.0.1", "localhost")
_PORTAL: Final = (
    "<!DOCTYPE html><html lang=en><title>Welcome</title><p>Please accept the terms to use this network.</html>"
)


@dataclass(frozen=True)
class _Cut:
    """Instead of an answer: end the connection, after so much of an answer."""

    after: bytes = b""
    reset: bool = True


class Connection(BaseHTTPRequestHandler):
    """A keep-alive connection, served by one thread."""

    protocol_version = "HTTP/1.1"
    server_version = "notifier-practice"
    sys_version = ""
    disable_nagle_algorithm = True
    timeout = 60
    server: "Host"

    def _serve(self) -> None:
        practice = self.server.practice
        body = self._read_body()
        if isinstance(body, Answer):
            self.close_connection = True
            self._send(body)
            return
        path, _, query = self.path.partition("?")
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, path, query, headers, body)
        answer = _stranger(request) or practice.control(request)
        if answer is not None:
            self._send(answer)
            return
        self._platform(request, practice)

    do_GET = do_POST = do_DELETE = do_PUT = do_PATCH = do_HEAD = do_OPTIONS = _serve  # noqa: N815 - http.server's names

    def _platform(self, request: Request, practice: "PracticeServer") -> None:
        platform = practice.platform_of(request.path)
        if platform is None:
            self._send(json_answer({"error": f"nothing is served at {request.path[:200]}"}, 404))
            return
        found = match(platform.routes, request.method, request.path)
        publishes = isinstance(found, Matched) and found.route.does_publish(request)
        practice.requests.count(platform.name, key=request.key if publishes else None)
        asked = practice.log.begin(platform.name, request, practice.clock()) if publishes else None
        fault = practice.faults.meet(platform.name, practice.clock(), publishes=publishes)
        if fault is not None:
            practice.requests.count_as(platform.name, "faulted")
        if asked is not None and fault is not None:
            asked.fault = fault.action
        result = self._with_fault(fault, platform, lambda: act(platform, found, request, practice, asked))
        if isinstance(result, _Cut):
            self._cut(result)
            return
        if asked is not None:
            asked.answer(result, practice.clock())
        self._send(result)

    def _with_fault(self, fault: Fault | None, platform: Platform, acts: Callable[[], Answer]) -> Answer | _Cut:
        """Do what the fault says, or just act."""
        practice = self.server.practice
        action = fault.action if fault else None
        if fault is None:
            return acts()
        if action in ("status", "down"):
            status = fault.status or 503
            answer = platform.failure(status, "Service Unavailable" if status == 503 else "Practice fault")
            return answer.with_headers(fault.retry_header(practice.clock()))
        if action == "auth":
            return platform.failure(401, "Unauthorized")
        if action == "html":
            return html_answer(_PORTAL)
        if action == "hang":
            practice.stopping.wait(fault.seconds)
            return _Cut()
        if action == "reset-before":
            return _Cut()
        answer = acts()
        if action == "slow":
            practice.stopping.wait(fault.seconds)
            return answer
        if action == "lose-reply":
            return _Cut(reset=False)
        head = self._head(answer)
        return _Cut(after=head + answer.body[: len(answer.body) // 2])

    # --- the wire -----------------------------------------------------------------------------------------------------

    def _read_body(self) -> bytes | Answer:
        """Read the body whole; or the answer to one that cannot be."""
        if "transfer-encoding" in self.headers:
            return json_answer({"error": "send the body with a Content-Length"}, 411)
        lengths = self.headers.get_all("content-length", ["0"])
        if len(lengths) != 1 or not (lengths[0].isascii() and lengths[0].isdigit()) or len(lengths[0]) > 15:
            return json_answer({"error": "the Content-Length is no number"}, 400)
        length = int(lengths[0])
        platform = self.server.practice.platform_of(self.path)
        most = platform.most_body if platform else MOST_BODY
        if length > most:
            self._drain(length)
            sentence = f"a request may have at most {most} bytes"
            return platform.failure(413, sentence) if platform else json_answer({"error": sentence}, 413)
        body = self.rfile.read(length)
        if len(body) < length:
            raise ConnectionResetError("the client left in the middle of its request")
        return body

    def _drain(self, length: int) -> None:
        # An answer while the client still writes would be lost with the reset connection.
        left = min(length, _MOST_DRAINED)
        while left > 0:
            chunk = self.rfile.read(min(left, 65_536))
            if not chunk:
                return
            left -= len(chunk)

    def _head(self, answer: Answer) -> bytes:
        lines = [f"HTTP/1.1 {answer.status} {self.responses.get(answer.status, ('Status', ''))[0]}"]
        lines += [f"Date: {self.date_time_string()}", f"Content-Length: {len(answer.body)}"]
        if answer.body:
            lines.append(f"Content-Type: {answer.media_type}")
        lines.append("X-Content-Type-Options: nosniff")
        lines += [f"{name}: {value}" for name, value in answer.headers.items()]
        if self.close_connection:
            lines.append("Connection: close")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def _send(self, answer: Answer) -> None:
        body = b"" if self.command == "HEAD" else answer.body
        self.wfile.write(self._head(answer) + body)

    def _cut(self, cut: _Cut) -> None:
        self.close_connection = True
        if cut.after:
            self.wfile.write(cut.after)
            # The client has to have read this much before the reset overtakes it.
            time.sleep(0.05)
        if cut.reset:
            self.server.reset_when_closed(self.connection)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer what is not even a request in the same form as the rest."""
        self.close_connection = True
        self._send(json_answer({"error": message or explain or "the request cannot be read"}, code))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the standard library's
        """Keep no access log."""


def act(
    platform: Platform, found: Matched | int, request: Request, practice: "PracticeServer", asked: Asked | None
) -> Answer:
    """Let a platform act on a request, and count what became of it."""
    try:
        if isinstance(found, int):
            sentence = "The method is not allowed here" if found == 405 else "There is nothing at this address"
            answer = platform.failure(found, sentence)
        else:
            answer = found.route.act(request, **found.parts)
    except Refused as refused:
        answer = refused.answer or platform.failure(refused.status, refused.sentence)
    practice.requests.count_as(platform.name, "accepted" if answer.accepts else "refused")
    if asked is not None:
        asked.accepted = answer.accepts
    return answer


def _stranger(request: Request) -> Answer | None:
    """Refuse what a web page elsewhere could make a browser send here."""
    host = urlsplit(f"//{request.headers.get('host', '')}")
    try:
        known = host.hostname in _HOST_NAMES and (host.port is None or host.port > 0)
    except ValueError:
        known = False
    if not known:
        return json_answer({"error": "this server answers only as 127.0.0.1 or localhost"}, 421)
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != host.netloc:
        return json_answer({"error": "requests of other web pages are refused"}, 403)
    return None
