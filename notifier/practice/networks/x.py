"""X as far as a department uses it: post, pictures, edit, delete, own timeline and account (API v2, OAuth 1.0a users).

Shapes: docs.x.com and its OpenAPI document 2.167. Links come back wrapped in t.co and & < > escaped, as X does, so that
whoever looks a post up must undo both.
"""

import itertools
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from notifier.practice.exchange import Answer, Refused, Request, Route, json_answer, route
from notifier.practice.networks.x_media import MOST_GIF, Media
from notifier.practice.networks.x_post import (
    MOST_EDITS,
    X_EPOCH_MS,
    as_tweet,
    edits_until,
    forbidden,
    history,
    invalid,
    with_pictures,
    wrong_parameters,
)
from notifier.practice.networks.x_user import ALWAYS, HANDLE, USER_FIELDS, USER_ID, as_pinned, as_user
from notifier.practice.oauth1 import Credentials, SignatureCheck
from notifier.practice.pictures import Picture
from notifier.practice.platform import MOST_BODY, Ground, Platform
from notifier.practice.public_record import Post
from notifier.practice.rates import Spent, Window

CREDENTIALS: Final = Credentials(
    "practice-consumer-key", "practice-consumer-secret", "practice-token", "practice-token-secret"
)

_WINDOW: Final = 15 * 60
_NOT_FOUND: Final = "https://api.twitter.com/2/problems/resource-not-found"
_TITLES: Final = {400: "Invalid Request", 401: "Unauthorized", 403: "Forbidden", 429: "Too Many Requests"}
_ALWAYS: Final = frozenset({"id", "text", "edit_history_tweet_ids"})
_TWEET_FIELDS: Final = _ALWAYS | {"created_at", "edit_controls", "entities", "author_id"}
_TIMELINE_PARAMETERS: Final = frozenset(
    {"max_results", "start_time", "end_time", "since_id", "pagination_token", "exclude", "tweet.fields"}
)


class X(Platform):
    """The practice account on X."""

    name = "x"
    label = "X"
    prefixes = ("/x/2/",)
    page = re.compile(r"/x/[^/]+/status/(\d+)")
    account = f"@{HANDLE}"
    colour = "#0f1419"
    tags = True
    profile = MappingProxyType(
        {
            "name": "Exampleton Police",
            "description": "Official page of the Exampleton Police Department. In an emergency call 911.",
            "location": "Exampleton",
            "url": "https://police.exampleton.example",
            "pinned": "",
            "premium": "",
        }
    )
    """`pinned` is the text of the pinned post; with any text in `premium`, the account may edit its posts."""
    most_body = MOST_GIF + MOST_BODY

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground)
        self._profiles, rates = ground.profiles, ground.rates
        self._signature = SignatureCheck(CREDENTIALS)
        self._posting = Window(rates.x_posts, _WINDOW)
        self._deleting = Window(rates.x_deletions, _WINDOW)
        self._reading = Window(rates.x_reads, _WINDOW)
        self._uploading = Window(rates.of("x.media", 500), _WINDOW)
        self._media = Media(self._record, self._clock)
        self._sequence = itertools.count()
        self.routes: tuple[Route, ...] = (
            route("POST", "/x/2/tweets", self._guarded(self._posting, self._post), publishes=True),
            route("DELETE", "/x/2/tweets/{tweet}", self._guarded(self._deleting, self._delete)),
            *self._media.routes(lambda act: self._guarded(self._uploading, act)),
            route("GET", "/x/2/users/me", self._guarded(self._reading, self._me)),
            route("GET", "/x/2/users/{user}/tweets", self._guarded(self._reading, self._timeline)),
        )

    def failure(self, status: int, sentence: str) -> Answer:
        """Answer with X's problem document."""
        problem = {"title": _TITLES.get(status, "Error"), "type": "about:blank", "status": status, "detail": sentence}
        return json_answer(problem, status, media_type="application/problem+json")

    def forget(self) -> None:
        """Forget used nonces and spent rates."""
        for window in (self._posting, self._deleting, self._reading, self._uploading):
            window.forget()
        self._media.forget()
        self._signature.forget()

    def _guarded(self, window: Window, act: Callable[..., Answer]) -> Callable[..., Answer]:
        """Check the signature, spend the rate, act, and tell the rate on every answer."""

        def guarded(request: Request, **parts: str) -> Answer:
            now = self._clock()
            if self._signature.problem(request, now) is not None:
                return self.failure(401, "Unauthorized")
            spent = window.spend(now)
            if spent is not None and spent.exceeded:
                return _with_rate(self.failure(429, "Too Many Requests"), spent)
            try:
                answer = act(request, **parts)
            except Refused as refused:
                answer = refused.answer or self.failure(refused.status, refused.sentence)
            return _with_rate(answer, spent)

        return guarded

    def _post(self, request: Request) -> Answer:
        body = request.json()
        wrong = wrong_parameters(body)
        if wrong:
            return invalid(wrong)
        text = body.get("text", "").strip()
        reason = forbidden(body, text)
        if reason:
            return self.failure(403, reason)
        replied = body.get("reply", {}).get("in_reply_to_tweet_id")
        with self._record.lock:
            if replied is not None and self._record.get("x", replied) is None:
                return self.failure(403, "You attempted to reply to a Tweet that is deleted or not visible to you.")
            if text and any(post.text == text for post in self._record.of("x")):
                return self.failure(403, "You are not allowed to create a Tweet with duplicate content.")
            pictures = self._media.pictures(body["media"]["media_ids"]) if "media" in body else ()
            if pictures is None:
                return invalid({"media.media_ids": (body["media"]["media_ids"], "Your media IDs are invalid.")})
            labels = {"in_reply_to": replied} if replied else {}
            if "edit_options" in body:
                labels |= self._replaced(body["edit_options"]["previous_post_id"])
            post = self._publish(body, text, request.key, labels, pictures)
        data = {"edit_history_tweet_ids": history(post), "id": post.id, "text": with_pictures(post)[0]}
        return json_answer({"data": data}, 201)

    def _replaced(self, previous: str) -> dict[str, str]:
        """Take the version away that an edit replaces; the label that names it. Refused where it may not be edited."""
        post = self._record.get("x", previous)
        allowed = post is not None and self._profiles.of("x")["premium"] and "in_reply_to" not in post.labels
        if post is None or not allowed or self._clock() >= edits_until(post) or len(history(post)) > MOST_EDITS:
            raise Refused(403, "You are not permitted to edit this Post.")
        self._record.remove("x", previous)
        return {"edit_of": " ".join(history(post))}

    def _publish(
        self, body: Mapping[str, Any], text: str, key: str, labels: dict[str, str], pictures: tuple[Picture, ...]
    ) -> Post:
        now = self._clock()
        # X's ids are snowflakes: milliseconds since its epoch, then a sequence number.
        number = str((int(now.timestamp() * 1000) - X_EPOCH_MS << 22) + next(self._sequence) % (1 << 22))
        path = f"/x/{HANDLE}/status/{number}"
        edited = now if "edit_of" in labels else None
        post = Post("x", number, path, text, now, key, labels=labels, edited=edited, sent=dict(body), pictures=pictures)
        self._record.add(post)
        return post

    def _delete(self, request: Request, tweet: str) -> Answer:
        _only(request, frozenset())
        if not self._record.remove("x", tweet):
            return _not_found(tweet, "tweet")
        return json_answer({"data": {"deleted": True}})

    def _me(self, request: Request) -> Answer:
        given = _only(request, frozenset({"user.fields", "expansions", "tweet.fields"}))
        wanted = _fields(given, "user.fields", USER_FIELDS) | ALWAYS
        expanded = _fields(given, "expansions", frozenset({"pinned_tweet_id"}))
        of_posts = _fields(given, "tweet.fields", _TWEET_FIELDS)
        texts = self._profiles.of("x")
        answer: dict[str, Any] = {"data": as_user(texts, wanted | expanded)}
        if expanded and texts["pinned"]:
            answer["includes"] = {"tweets": [as_pinned(texts["pinned"], of_posts)]}
        return json_answer(answer)

    def _timeline(self, request: Request, user: str) -> Answer:
        if user != USER_ID:
            return _not_found(user, "user")
        given = _only(request, _TIMELINE_PARAMETERS)
        most, since = _number(given, "max_results", 10, 5, 100), _number(given, "since_id", 0, 0, 1 << 63)
        fields = _fields(given, "tweet.fields", _TWEET_FIELDS) | _ALWAYS
        start, end = _time(given, "start_time"), _time(given, "end_time")
        before = _number({k: v.removeprefix("p") for k, v in given.items()}, "pagination_token", 1 << 63, 0, 1 << 63)
        no_replies = "replies" in _fields(given, "exclude", frozenset({"replies", "retweets"}))
        posts = [
            post
            for post in reversed(self._record.of("x"))
            if (start is None or post.created >= start)
            and (end is None or post.created < end)
            and since < int(post.id) < before
            and not (no_replies and "in_reply_to" in post.labels)
        ]
        if not posts:
            return json_answer({"meta": {"result_count": 0}})
        more = {"next_token": f"p{posts[most - 1].id}"} if len(posts) > most else {}
        posts = posts[:most]
        meta = {"result_count": len(posts), "newest_id": posts[0].id, "oldest_id": posts[-1].id, **more}
        return json_answer({"data": [as_tweet(post, fields, USER_ID) for post in posts], "meta": meta})


def _with_rate(answer: Answer, spent: Spent | None) -> Answer:
    if spent is None:
        return answer
    rate = {
        "x-rate-limit-limit": str(spent.limit),
        "x-rate-limit-remaining": str(spent.remaining),
        "x-rate-limit-reset": str(spent.reset),
    }
    return answer.with_headers(rate)


def _not_found(value: str, kind: str) -> Answer:
    sentence = f"Could not find {kind} with id: [{value}]."
    problem = {"title": "Not Found Error", "type": _NOT_FOUND, "status": 404, "detail": sentence, "value": value}
    return json_answer(problem, 404, media_type="application/problem+json")


# --- the query's parameters -------------------------------------------------------------------------------------------


def _refuse(name: str, value: str, wrong: str) -> Refused:
    sentence = f"The `{name}` query parameter value [{value}] {wrong}"
    return Refused(400, sentence, invalid({name: (value, sentence)}))


def _only(request: Request, known: frozenset[str]) -> dict[str, str]:
    given: dict[str, str] = {}
    for name, value in request.parameters():
        if name not in known or name in given:
            raise _refuse(name, value, "is unknown or given twice")
        given[name] = value
    return given


def _fields(given: Mapping[str, str], name: str, known: frozenset[str]) -> frozenset[str]:
    wanted = frozenset(given[name].split(",")) if name in given else frozenset()
    if wanted - known:
        raise _refuse(name, given[name], f"is not one of [{','.join(sorted(known))}]")
    return wanted


def _number(given: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    value = given.get(name, str(default))
    if not (value.isascii() and value.isdigit() and len(value) < 20 and least <= int(value) <= most):
        raise _refuse(name, value, f"is not between {least} and {most}")
    return int(value)


def _time(given: Mapping[str, str], name: str) -> datetime | None:
    if name not in given:
        return None
    try:
        moment = datetime.fromisoformat(given[name])
    except ValueError:
        raise _refuse(name, given[name], "is not RFC 3339") from None
    if moment.tzinfo is None:
        raise _refuse(name, given[name], "has no offset; write YYYY-MM-DDTHH:mm:ssZ")
    return moment


PLATFORM = X
