"""Everbridge Suite as far as it publishes to Nixle: token, launch, list, look-ups (REST v1).

As the vendor says of the real one: no idempotency key, no rate headers, and a launch cannot be recalled. Its errors are
`{"message": …}`.
"""

import itertools
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from notifier.clock import to_micros
from notifier.practice.exchange import Answer, Refused, Request, Route, json_answer, new_token, route, same
from notifier.practice.networks.nixle_alert import KINDS, Launch, event_groups, read_launch, regions
from notifier.practice.platform import Ground, Platform
from notifier.practice.public_record import Post
from notifier.practice.rates import Bucket

ORGANIZATION: Final = "8888"
USER: Final = "practice-user"
PASSWORD: Final = "practice-password"  # noqa: S105 - opens nothing but this server
CLIENT_ID: Final = "practice-client"
CLIENT_SECRET: Final = "practice-client-secret"  # noqa: S105 - as above
TOKEN_SECONDS: Final = 28_800
MOST_TOKENS: Final = 1_000

_NOTIFICATIONS: Final = "/everbridge/rest/notifications"


class Everbridge(Platform):
    """The practice organisation at Everbridge, with a Nixle account."""

    name = "everbridge"
    label = "Nixle"
    other_names = ("nixle",)
    prefixes = ("/everbridge/rest/", "/everbridge/authorization/")
    page = re.compile(r"/(?:everbridge/)?nixle/(\d+)")
    colour = "#00635d"

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground)
        self._writes = Bucket(ground.rates.everbridge_writes, ground.rates.everbridge_burst)
        self._numbers = itertools.count(1_048_576_000_001)
        self._tokens: dict[str, datetime] = {}
        one = _NOTIFICATIONS + "/{organization}/{notification}"
        self.routes: tuple[Route, ...] = (
            route("POST", "/everbridge/authorization/v1/tokens", self._token),
            route("POST", _NOTIFICATIONS + "/{organization}", self._guarded(self._launch), publishes=True),
            route("GET", _NOTIFICATIONS + "/{organization}", self._guarded(self._list)),
            route("GET", one, self._one),
            route("GET", "/everbridge/rest/nixleRegionIds/{organization}", self._guarded(self._regions)),
            route("GET", "/everbridge/rest/nixleEventGroups/{organization}", self._guarded(self._groups)),
        )

    def failure(self, status: int, sentence: str) -> Answer:
        """Answer with Everbridge's error object."""
        return json_answer({"message": sentence}, status)

    def forget(self) -> None:
        """Forget tokens and spent rates."""
        self._writes.forget()
        with self._record.lock:
            self._tokens.clear()

    # --- who asks -----------------------------------------------------------------------------------------------------

    def _token(self, request: Request) -> Answer:
        pairs = request.json().items() if request.media_type == "application/json" else request.form()
        given = {name: str(value) for name, value in pairs}
        kind = given.get("grant_type")
        if kind == "client_credentials":
            right = _both(given, ("client_id", CLIENT_ID), ("client_secret", CLIENT_SECRET))
        elif kind == "password":
            right = _both(given, ("username", USER), ("password", PASSWORD))
        else:
            return self.failure(400, "grant_type must be client_credentials or password")
        if not right:
            return self.failure(401, "Invalid credentials")
        token = new_token(40)
        with self._record.lock:
            while len(self._tokens) >= MOST_TOKENS:
                self._tokens.pop(next(iter(self._tokens)))
            self._tokens[token] = self._clock() + timedelta(seconds=TOKEN_SECONDS)
        return json_answer({"access_token": token, "token_type": "Bearer", "expires_in": TOKEN_SECONDS})

    def _known(self, request: Request) -> bool:
        if request.basic:
            return same(request.basic, f"{USER}:{PASSWORD}")
        with self._record.lock:
            until = self._tokens.get(request.bearer)
        return until is not None and self._clock() < until

    def _guarded(self, act: Callable[..., Answer]) -> Callable[..., Answer]:
        def guarded(request: Request, organization: str, **parts: str) -> Answer:
            if not self._known(request):
                return self.failure(401, "Authentication failed")
            if organization != ORGANIZATION:
                return self.failure(403, f"No access to organization {organization[:40]}")
            return act(request, **parts)

        return guarded

    # --- notifications ------------------------------------------------------------------------------------------------

    def _launch(self, request: Request) -> Answer:
        if not self._writes.take(self._clock()):
            return self.failure(429, "Too many requests")
        body = request.json()
        launch = read_launch(body)
        if isinstance(launch, str):
            return self.failure(400, launch)
        number = str(next(self._numbers))
        self._record.add(self._post(launch, body, number, request.key))
        base = f"{request.server}{_NOTIFICATIONS}/{ORGANIZATION}"
        return json_answer({"message": "OK", "id": int(number), "baseUri": base, "instanceUri": f"{base}/{number}"})

    def _post(self, launch: Launch, body: dict[str, Any], number: str, key: str) -> Post:
        nixle = launch.public_messages.nixle_alert_message
        labels = {
            "kind": KINDS[nixle.type],
            "event": nixle.event,
            "category": nixle.category,
            "urgency": nixle.urgency,
            "severity": nixle.severity,
            "certainty": nixle.certainty,
            "hours": nixle.expire,
            "instructions": nixle.instructions,
        }
        return Post(
            "everbridge",
            number,
            f"/everbridge/nixle/{number}",
            launch.message.text_message,
            self._clock(),
            key,
            title=launch.message.title,
            sms=nixle.sms_message,
            labels=labels,
            sent=body,
        )

    def _list(self, request: Request) -> Answer:
        size, page = 10, 1
        for name, value in request.parameters():
            if name not in ("pageSize", "pageNumber") or not (value.isascii() and value.isdigit()):
                raise Refused(400, f"{name[:60]} is not a parameter of this list, or no number")
            number = max(1, int(value[:6]))
            size, page = (min(number, 100), page) if name == "pageSize" else (size, number)
        posts = self._record.of("everbridge")[::-1]
        start = (page - 1) * size
        found = {
            "pageSize": size,
            "start": start,
            "data": [_as_notification(post) for post in posts[start : start + size]],
            "totalCount": len(posts),
            "totalPageCount": -(-len(posts) // size),
            "currentPageNo": page,
        }
        uri = f"{request.server}{_NOTIFICATIONS}/{ORGANIZATION}?pageNumber=1&pageSize={size}"
        return json_answer({"message": "OK", "firstPageUri": uri, "lastPageUri": uri, "page": found})

    def _one(self, request: Request, organization: str, notification: str) -> Answer:
        post = self._record.get("everbridge", notification)
        browser = "text/html" in request.headers.get("accept", "") and "authorization" not in request.headers
        if browser and organization == ORGANIZATION and post is not None:
            # A person follows the address that the API returned: to the page that a person can read.
            return Answer(303, headers={"Location": post.path})
        return self._guarded(self._details)(request, organization, notification=notification)

    def _details(self, _request: Request, notification: str) -> Answer:
        post = self._record.get("everbridge", notification)
        if post is None:
            return self.failure(404, f"Notification {notification[:40]} was not found")
        return json_answer({"message": "OK", "result": _as_notification(post)})

    def _regions(self, _request: Request) -> Answer:
        return json_answer(regions())

    def _groups(self, _request: Request) -> Answer:
        return json_answer(event_groups())


def _both(given: dict[str, str], *wanted: tuple[str, str]) -> bool:
    return all(same(given.get(name, ""), value) for name, value in wanted)


def _as_notification(post: Post) -> dict[str, Any]:
    return {
        "id": int(post.id),
        "message": dict(post.sent["message"]),
        "type": post.sent["type"],
        "priority": post.sent["priority"],
        "launchtype": post.sent["launchtype"],
        "publicMessages": post.sent["publicMessages"],
        "organizationId": int(ORGANIZATION),
        "notificationStatus": "Inprogress",
        "createdDate": to_micros(post.created) // 1000,
    }


PLATFORM = Everbridge
