"""Reddit as far as a department uses it: submit, edit, delete, comment, own submissions (OAuth 2 script app).

Errors of a submission come with HTTP 200. Not verified, for the live service's keys need its approval: how often an
account may submit, how long a token lives, and what is answered to a request without api_type=json.
"""

import itertools
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from notifier.practice.exchange import Answer, Refused, Request, Route, json_answer, new_token, route, same
from notifier.practice.networks.reddit_things import (
    SUBREDDIT,
    USER,
    comment_json,
    judged,
    listed,
    submission_json,
    told,
)
from notifier.practice.platform import Ground, Platform
from notifier.practice.public_record import Post
from notifier.practice.rates import Spent, Window

CLIENT_ID: Final = "practice-reddit-client"
CLIENT_SECRET: Final = "practice-reddit-secret"  # noqa: S105 - opens nothing but this server
PASSWORD: Final = "practice-reddit-password"  # noqa: S105 - as above
REFRESH_TOKEN: Final = "practice-reddit-refresh"  # noqa: S105 - as above
TOKEN_SECONDS: Final = 86_400
MOST_TOKENS: Final = 1_000

_PERIOD: Final = 600
_USUAL_AGENTS: Final = ("python-requests/", "python-urllib", "curl/", "go-http-client", "mozilla/5.0 (compatible)")
_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"


class Reddit(Platform):
    """The practice account, with one subreddit."""

    name = "reddit"
    label = "Reddit"
    prefixes = ("/reddit/api/", "/reddit/user/")
    page = re.compile(r"/reddit/r/[^/]+/comments/(?:[0-9a-z]+/comment/)?([0-9a-z]+)(?:/\w*)?/?")
    account = f"u/{USER} in r/{SUBREDDIT}"
    colour = "#b83a00"
    profile = MappingProxyType({"public_description": "Official account of the Exampleton Police Department."})

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground)
        rates = ground.rates
        self._asking = Window(rates.of("reddit.requests", 1_000), _PERIOD)
        self._submitting = Window(rates.of("reddit.submissions", 10), _PERIOD)
        self._numbers = itertools.count(36**5)
        self._tokens: dict[str, datetime] = {}
        self.routes: tuple[Route, ...] = (
            route("POST", "/reddit/api/v1/access_token", self._token),
            route("POST", "/reddit/api/submit", self._guarded(self._submit), publishes=True),
            route("POST", "/reddit/api/comment", self._guarded(self._comment), publishes=True),
            route("POST", "/reddit/api/editusertext", self._guarded(self._edit)),
            route("POST", "/reddit/api/del", self._guarded(self._delete)),
            route("GET", "/reddit/api/v1/me", self._guarded(self._me)),
            route("GET", "/reddit/user/{user}/submitted", self._guarded(self._submitted)),
        )

    def failure(self, status: int, sentence: str) -> Answer:
        """Answer with Reddit's error object."""
        return json_answer({"message": sentence, "error": status}, status)

    def forget(self) -> None:
        """Forget tokens and spent rates."""
        self._asking.forget()
        self._submitting.forget()
        with self._record.lock:
            self._tokens.clear()

    # --- who asks -----------------------------------------------------------------------------------------------------

    def _token(self, request: Request) -> Answer:
        self._check_agent(request)
        if not same(request.basic, f"{CLIENT_ID}:{CLIENT_SECRET}"):
            return self.failure(401, "Unauthorized")
        given = dict(request.form())
        kind = given.get("grant_type")
        if kind == "password":
            right = same(f"{given.get('username')}:{given.get('password')}", f"{USER}:{PASSWORD}")
        elif kind == "refresh_token":
            right = same(given.get("refresh_token", ""), REFRESH_TOKEN)
        else:
            return json_answer({"error": "unsupported_grant_type"})
        if not right:
            return json_answer({"error": "invalid_grant"})
        token = new_token(40)
        with self._record.lock:
            while len(self._tokens) >= MOST_TOKENS:
                self._tokens.pop(next(iter(self._tokens)))
            self._tokens[token] = self._clock() + timedelta(seconds=TOKEN_SECONDS)
        return json_answer({"access_token": token, "token_type": "bearer", "expires_in": TOKEN_SECONDS, "scope": "*"})

    def _check_agent(self, request: Request) -> None:
        agent = request.headers.get("user-agent", "")
        if not agent.strip() or agent.lower().startswith(_USUAL_AGENTS):
            raise Refused(429, "Too Many Requests")

    def _guarded(self, act: Callable[..., Answer]) -> Callable[..., Answer]:
        """Check agent and token, spend the rate, act, and tell the rate on every answer."""

        def guarded(request: Request, **parts: str) -> Answer:
            self._check_agent(request)
            until = self._tokens.get(request.bearer)
            now = self._clock()
            if until is None or now >= until:
                return self.failure(401, "Unauthorized")
            spent = self._asking.spend(now)
            if spent is not None and spent.exceeded:
                return _with_rate(self.failure(429, "Too Many Requests"), spent, now)
            try:
                answer = act(request, **parts)
            except Refused as refused:
                answer = refused.answer or self.failure(refused.status, refused.sentence)
            return _with_rate(answer, spent, now)

        return guarded

    # --- what is submitted --------------------------------------------------------------------------------------------

    def _submit(self, request: Request) -> Answer:
        given = _form(request)
        links = {post.links[0] for post in self._record.of("reddit") if post.links}
        problem = judged(given, links)
        if problem:
            return told([problem])
        spent = self._submitting.spend(self._clock())
        if spent is not None and spent.exceeded:
            return self._too_often(spent)
        link = given["url"] if given["kind"] == "link" else ""
        number = self._new_number()
        slug = re.sub(r"\W+", "_", given["title"].lower()).strip("_")[:50]
        post = Post(
            "reddit",
            number,
            f"/reddit/r/{SUBREDDIT}/comments/{number}/{slug}/",
            "" if link else given.get("text", ""),
            self._clock(),
            request.key,
            title=given["title"],
            links=(link,) if link else (),
            labels={"flair": given.get("flair_text", "")},
            sent=given,
        )
        self._record.add(post)
        data = {"url": request.server + post.path, "drafts_count": 0, "id": number, "name": f"t3_{number}"}
        return told([], data)

    def _comment(self, request: Request) -> Answer:
        given = _form(request)
        parent = self._found(given.get("thing_id", ""))
        text = given.get("text", "")
        if parent is None:
            return told([("DELETED_COMMENT", "that comment has been deleted", "parent")])
        if not text.strip():
            return told([("NO_TEXT", "we need something here", "text")])
        if len(text) > 10_000:
            return told([("TOO_LONG", "this is too long (max: 10000)", "text")])
        number = self._new_number()
        path = f"/reddit/r/{SUBREDDIT}/comments/{parent.id}/comment/{number}/"
        labels = {"in_reply_to": given["thing_id"]}
        post = Post("reddit", number, path, text, self._clock(), request.key, labels=labels, sent=given)
        self._record.add(post)
        return told([], {"things": [comment_json(post)]})

    def _edit(self, request: Request) -> Answer:
        given = _form(request)
        post = self._found(given.get("thing_id", ""))
        text = given.get("text", "")
        if post is None or post.links:
            return told([("NOT_AUTHOR", "you can't do that", "thing_id")])
        if not text.strip() or len(text) > 40_000:
            return told([("TOO_LONG" if text.strip() else "NO_TEXT", "this is too long (max: 40000)", "text")])
        self._record.edit(post, text, self._clock())
        edited = self._found(given["thing_id"]) or post
        thing = comment_json if "in_reply_to" in post.labels else submission_json
        return told([], {"things": [thing(edited)]})

    def _delete(self, request: Request) -> Answer:
        post = self._found(dict(request.form()).get("id", ""))
        if post is not None:
            self._record.remove("reddit", post.id)
        return json_answer({})

    def _found(self, name: str) -> Post | None:
        kind, _, number = name.partition("_")
        post = self._record.get("reddit", number)
        return post if post is not None and kind == ("t1" if "in_reply_to" in post.labels else "t3") else None

    def _new_number(self) -> str:
        number, digits = next(self._numbers), ""
        while number:
            number, digit = divmod(number, 36)
            digits = _DIGITS[digit] + digits
        return digits

    def _too_often(self, spent: Spent) -> Answer:
        seconds = max(1, spent.reset - int(self._clock().timestamp()))
        minutes = -(-seconds // 60)
        rest = f"{minutes} minute{'s' if minutes != 1 else ''}"
        sentence = f"Looks like you've been doing that a lot. Take a break for {rest} before trying again."
        return told([("RATELIMIT", sentence, "ratelimit")], ratelimit=float(seconds))

    # --- reading ------------------------------------------------------------------------------------------------------

    def _me(self, _request: Request) -> Answer:
        about = {"public_description": self._ground.profiles.of("reddit")["public_description"]}
        return json_answer({"name": USER, "id": "practice1", "is_suspended": False, "subreddit": about})

    def _submitted(self, request: Request, user: str) -> Answer:
        if user not in (USER, "me"):
            return self.failure(404, "Not Found")
        given = dict(request.parameters())
        limit = given.get("limit", "25")
        if not (limit.isascii() and limit.isdigit()):
            raise Refused(400, "Bad Request")
        posts = [post for post in reversed(self._record.of("reddit")) if "in_reply_to" not in post.labels]
        raw = given.get("raw_json") == "1"
        return json_answer(listed(posts[: max(1, min(int(limit[:5]), 100))], raw=raw))


def _form(request: Request) -> dict[str, str]:
    given = dict(request.form())
    if given.get("api_type") != "json":
        # The real one acts, and answers what only its old web page could read: here it is told at once.
        raise Refused(400, "send api_type=json")
    return given


def _with_rate(answer: Answer, spent: Spent | None, now: datetime) -> Answer:
    if spent is None:
        return answer
    rate = {
        "X-Ratelimit-Used": str(spent.limit - spent.remaining),
        "X-Ratelimit-Remaining": f"{spent.remaining}.0",
        "X-Ratelimit-Reset": str(max(1, spent.reset - int(now.timestamp()))),
    }
    return answer.with_headers(rate)


PLATFORM = Reddit
