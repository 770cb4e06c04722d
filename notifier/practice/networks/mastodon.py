"""A Mastodon server as far as a department uses it: statuses, media, its own account (API of Mastodon 4.5).

Shapes: docs.joinmastodon.org and the source (length, idempotency, rate headers). Not verified against a running server:
the exact words of each validation, and that an edit that names no media takes them away (so the source reads).
"""

import itertools
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from notifier.practice.exchange import Answer, Refused, Request, Route, json_answer, route, same
from notifier.practice.networks.mastodon_media import MOST_DESCRIPTION, MOST_FILE, Media
from notifier.practice.networks.mastodon_status import (
    ACCOUNT_ID,
    MOST_CHARACTERS,
    MOST_MEDIA,
    URL_LENGTH,
    USER,
    account_json,
    read_status,
    status_json,
)
from notifier.practice.pictures import Picture
from notifier.practice.platform import MOST_BODY, Ground, Platform
from notifier.practice.public_record import Post
from notifier.practice.rates import Spent, Window

TOKEN: Final = "practice-mastodon-token"  # noqa: S105 - opens nothing but this server

_KEPT: Final = timedelta(hours=1)
_NUMBER: Final = re.compile(r"\d{1,19}")


class Mastodon(Platform):
    """The practice account on a Mastodon server."""

    name = "mastodon"
    label = "Mastodon"
    prefixes = ("/mastodon/api/",)
    page = re.compile(rf"/mastodon/@{USER}/(\d+)")
    account = f"@{USER}@mastodon.practice.example"
    colour = "#563acc"
    tags = True
    profile = MappingProxyType(
        {
            "display_name": "Exampleton Police",
            "note": "Official account of the Exampleton Police Department. In an emergency call 911.",
            "website": "https://police.exampleton.example",
        }
    )
    most_body = MOST_FILE + MOST_BODY

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground)
        self._profiles, rates = ground.profiles, ground.rates
        self._asking = Window(rates.of("mastodon.requests", 300), 5 * 60)
        # The source's limit on statuses of one account; its own window beside that of all requests.
        self._posting = Window(rates.of("mastodon.statuses", 300), 3 * 3_600)
        self._deleting = Window(rates.of("mastodon.deletions", 30), 30 * 60)
        self._uploading = Window(rates.of("mastodon.media", 30), 30 * 60)
        self._media = Media(self._record, self._clock)
        self._sequence = itertools.count()
        self._keys: dict[str, tuple[str, datetime]] = {}
        one, medium = "/mastodon/api/v1/statuses/{status}", "/mastodon/api/v1/media/{medium}"
        self.routes: tuple[Route, ...] = (
            route("GET", "/mastodon/api/v2/instance", self._instance),
            route("POST", "/mastodon/api/v1/statuses", self._guarded(self._post, self._posting), publishes=True),
            route("GET", one, self._guarded(self._one)),
            route("PUT", one, self._guarded(self._edit, self._posting)),
            route("DELETE", one, self._guarded(self._delete, self._deleting)),
            route("GET", f"{one}/source", self._guarded(self._source)),
            route("POST", "/mastodon/api/v2/media", self._guarded(self._media.upload, self._uploading)),
            route("GET", medium, self._guarded(self._media.show)),
            route("PUT", medium, self._guarded(self._media.describe)),
            route("GET", "/mastodon/api/v1/accounts/verify_credentials", self._guarded(self._me)),
            route("GET", "/mastodon/api/v1/accounts/{account}/statuses", self._guarded(self._statuses)),
        )

    def failure(self, status: int, sentence: str) -> Answer:
        """Answer with Mastodon's error object."""
        told = {404: "Record not found", 429: "Too many requests"}.get(status, sentence)
        return json_answer({"error": "The access token is invalid" if status == 401 else told}, status)

    def forget(self) -> None:
        """Forget keys, media and spent rates."""
        for window in (self._asking, self._posting, self._deleting, self._uploading):
            window.forget()
        self._media.forget()
        with self._record.lock:
            self._keys.clear()

    def _guarded(self, act: Callable[..., Answer], window: Window | None = None) -> Callable[..., Answer]:
        """Check the token, spend the rates, act, and tell the narrower rate on every answer."""

        def guarded(request: Request, **parts: str) -> Answer:
            if not same(request.bearer, TOKEN):
                return self.failure(401, "")
            now = self._clock()
            spent = [given for one in (self._asking, window) if one is not None and (given := one.spend(now))]
            if any(given.exceeded for given in spent):
                return _with_rate(self.failure(429, ""), spent)
            try:
                answer = act(request, **parts)
            except Refused as refused:
                answer = refused.answer or self.failure(refused.status, refused.sentence)
            return _with_rate(answer, spent)

        return guarded

    # --- statuses -----------------------------------------------------------------------------------------------------

    def _post(self, request: Request) -> Answer:
        key = request.headers.get("idempotency-key", "")
        with self._record.lock:
            known, until = self._keys.get(key, ("", self._clock()))
            earlier = self._record.get("mastodon", known)
            if key and earlier is not None and self._clock() < until:
                return json_answer(status_json(earlier, request.server, self._profiles.of("mastodon")))
            given = read_status(request)
            replied = given.get("in_reply_to_id", "")
            if replied and self._record.get("mastodon", replied) is None:
                raise Refused(404, "", json_answer({"error": "The post you are replying to does not exist"}, 404))
            pictures = self._media.attach(given["media_ids"])
            post = self._add(request, given, pictures)
            if key:
                self._keys = {old: kept for old, kept in self._keys.items() if self._clock() < kept[1]}
                self._keys[key] = (post.id, self._clock() + _KEPT)
        return json_answer(status_json(post, request.server, self._profiles.of("mastodon")))

    def _add(self, request: Request, given: Mapping[str, Any], pictures: tuple[Picture, ...]) -> Post:
        now = self._clock()
        number = str((int(now.timestamp() * 1000) << 16) + next(self._sequence) % (1 << 16))
        labels = {
            "in_reply_to": given.get("in_reply_to_id", ""),
            "language": given.get("language", ""),
            "visibility": given["visibility"],
            "_media_ids": " ".join(given["media_ids"]),
        }
        post = Post(
            "mastodon",
            number,
            f"/mastodon/@{USER}/{number}",
            given["status"],
            now,
            request.key,
            title=given.get("spoiler_text", ""),
            labels={name: value for name, value in labels.items() if value},
            public=given["visibility"] in ("public", "unlisted"),
            sent=dict(given),
            pictures=pictures,
        )
        self._record.add(post)
        return post

    def _edit(self, request: Request, status: str) -> Answer:
        with self._record.lock:
            post = self._found(status)
            given = read_status(request)
            kept = post.labels.get("_media_ids", "").split()
            pictures = self._media.attach(given["media_ids"], also=kept)
            labels = {**post.labels, "_media_ids": " ".join(given["media_ids"])}
            self._record.edit(
                post,
                given["status"],
                self._clock(),
                title=given.get("spoiler_text", ""),
                pictures=pictures,
                labels=labels,
            )
            post = self._found(status)
        return json_answer(status_json(post, request.server, self._profiles.of("mastodon")))

    def _delete(self, request: Request, status: str) -> Answer:
        post = self._found(status)
        self._record.remove("mastodon", status)
        return json_answer({**status_json(post, request.server, self._profiles.of("mastodon")), "text": post.text})

    def _one(self, request: Request, status: str) -> Answer:
        return json_answer(status_json(self._found(status), request.server, self._profiles.of("mastodon")))

    def _source(self, _request: Request, status: str) -> Answer:
        post = self._found(status)
        return json_answer({"id": post.id, "text": post.text, "spoiler_text": post.title})

    def _found(self, status: str) -> Post:
        post = self._record.get("mastodon", status)
        if post is None:
            raise Refused(404, "")
        return post

    # --- the account and the server -----------------------------------------------------------------------------------

    def _me(self, request: Request) -> Answer:
        return json_answer(account_json(self._profiles.of("mastodon"), request.server, source=True))

    def _statuses(self, request: Request, account: str) -> Answer:
        if account != ACCOUNT_ID:
            raise Refused(404, "")
        given = dict(request.parameters())
        limit = given.get("limit", "20")
        least, most = given.get("since_id", given.get("min_id", "0")), given.get("max_id", "9" * 19)
        if not all(_NUMBER.fullmatch(value) for value in (limit, least, most)):
            raise Refused(422, "limit, since_id, min_id and max_id must be numbers")
        no_replies = given.get("exclude_replies") in ("true", "1")
        texts = self._profiles.of("mastodon")
        found = [
            status_json(post, request.server, texts)
            for post in reversed(self._record.of("mastodon"))
            if int(least) < int(post.id) < int(most) and not (no_replies and "in_reply_to" in post.labels)
        ]
        return json_answer(found[: max(1, min(int(limit), 40))])

    def _instance(self, _request: Request) -> Answer:
        statuses = {
            "max_characters": MOST_CHARACTERS,
            "max_media_attachments": MOST_MEDIA,
            "characters_reserved_per_url": URL_LENGTH,
        }
        media = {
            "supported_mime_types": ["image/jpeg", "image/png", "image/gif", "image/webp"],
            "description_limit": MOST_DESCRIPTION,
            "image_size_limit": MOST_FILE,
            "image_matrix_limit": 33_177_600,
        }
        told = {"domain": "mastodon.practice.example", "title": "Practice", "version": "4.5.0"}
        return json_answer({**told, "configuration": {"statuses": statuses, "media_attachments": media}})


def _with_rate(answer: Answer, spent: list[Spent]) -> Answer:
    """Tell the rate as Mastodon does: the reset is a moment in ISO 8601, and a 429 has no Retry-After."""
    if not spent:
        return answer
    tightest = min(spent, key=lambda given: (not given.exceeded, given.remaining))
    rate = {
        "X-RateLimit-Limit": str(tightest.limit),
        "X-RateLimit-Remaining": str(tightest.remaining),
        "X-RateLimit-Reset": f"{datetime.fromtimestamp(tightest.reset, UTC):%Y-%m-%dT%H:%M:%S.%fZ}",
    }
    return answer.with_headers(rate)


PLATFORM = Mastodon
