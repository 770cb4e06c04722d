"""A receiver of Notifier's own webhook: it checks every field, key and signature of the contract.

`/hook` drops a repeated key, `/hook-plain` publishes every request; any path may follow either.
"""

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from notifier.practice.exchange import Answer, Refused, Request, Route, json_answer, new_token, same
from notifier.practice.platform import Ground, Platform
from notifier.practice.public_record import Post

SECRET: Final = "practice-hook-secret"  # noqa: S105 - opens nothing but this server
SIGNATURE_HEADER: Final = "x-notifier-signature"
FIELDS: Final = ("id", "key", "kind", "stage", "status", "language", "headline", "text", "links", "sent")

_REQUIRED_WORDS: Final = ("id", "key", "kind", "language", "headline", "text")
_CHOICES: Final = {
    "stage": ("issue", "update", "correction", "resolve", "withdraw"),
    "status": ("actual", "exercise"),
}


class Webhook(Platform):
    """The practice receiver."""

    name = "webhook"
    label = "Webhook"
    other_names = ("hook",)
    prefixes = ("/hook",)
    page = re.compile(r"/hook/posts/([\w-]+)")
    colour = "#5b3a8c"

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground)
        self._ids: dict[str, str] = {}
        self.routes: tuple[Route, ...] = (
            _any_below("/hook", self._once),
            _any_below("/hook-plain", self._every),
        )

    def failure(self, status: int, sentence: str) -> Answer:
        """Answer with an error object."""
        return json_answer({"error": sentence}, status)

    def forget(self) -> None:
        """Forget the keys that were seen."""
        with self._record.lock:
            self._ids.clear()

    def _once(self, request: Request) -> Answer:
        body = _checked(request)
        with self._record.lock:
            earlier = self._record.get("webhook", self._ids.get(body["key"], ""))
            if earlier is not None:
                return _receipt(request, earlier, 200)
            if len(self._ids) > 2 * self._record.most:
                self._ids = {key: known for key, known in self._ids.items() if self._record.get("webhook", known)}
            post = self._publish(request, body)
            self._ids[body["key"]] = post.id
        return _receipt(request, post, 201)

    def _every(self, request: Request) -> Answer:
        return _receipt(request, self._publish(request, _checked(request)), 201)

    def _publish(self, request: Request, body: Mapping[str, Any]) -> Post:
        number = f"h-{new_token(12)}"
        labels = {name: body[name] for name in ("id", "kind", "stage", "status", "language", "sent")}
        post = Post(
            "webhook",
            number,
            f"/hook/posts/{number}",
            body["text"],
            self._clock(),
            request.key,
            title=body["headline"],
            links=tuple(body["links"]),
            labels={**labels, "receiver": request.path},
            sent=body,
        )
        self._record.add(post)
        return post


def _any_below(path: str, act: Callable[..., Answer]) -> Route:
    return Route("POST", re.compile(rf"{path}(?:/.*)?"), act, publishes=True)


def _receipt(request: Request, post: Post, status: int) -> Answer:
    return json_answer({"id": post.id, "url": request.server + post.path}, status)


def _checked(request: Request) -> dict[str, Any]:
    """Read a request of the webhook channel; raises Refused, 401 for a wrong signature and 400 for the rest."""
    signature = request.headers.get(SIGNATURE_HEADER)
    wanted = hmac.new(SECRET.encode(), request.body, hashlib.sha256).hexdigest()
    if signature is not None and not same(signature, f"sha256={wanted}"):
        raise Refused(401, "the signature does not match the body")
    body = request.json()
    if body.keys() != set(FIELDS):
        missing, unknown = sorted(set(FIELDS) - body.keys()), sorted(body.keys() - set(FIELDS))
        raise Refused(400, f"missing fields: {missing}; unknown fields: {unknown}")
    for name in _REQUIRED_WORDS:
        if not isinstance(body[name], str) or not body[name].strip():
            raise Refused(400, f"{name} must be a string that is not empty")
    for name, choices in _CHOICES.items():
        if body[name] not in choices:
            raise Refused(400, f"{name} must be one of {', '.join(choices)}")
    if not isinstance(body["links"], list) or not all(isinstance(link, str) for link in body["links"]):
        raise Refused(400, "links must be a list of strings")
    _check_sent(body["sent"])
    if request.headers.get("idempotency-key") != body["key"]:
        raise Refused(400, "the Idempotency-Key header must be the body's key")
    return body


def _check_sent(sent: object) -> None:
    try:
        moment = datetime.fromisoformat(sent) if isinstance(sent, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise Refused(400, "sent must be ISO 8601 with an offset")


PLATFORM = Webhook
