"""Threads and Instagram publish in two steps: a container is made, and when it is finished, published.

Shapes: Meta's publishing guides of 2025 and 2026. Not verified: the codes of a container that is not ready, expired or
published already, and how long a picture takes; no document gives the whole list.
"""

import itertools
import re
from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Final

from notifier.practice.exchange import Answer, Refused, Request, Route, json_answer, route
from notifier.practice.networks.graph import (
    CREDENTIAL_FIELDS,
    error,
    failure,
    moment,
    only,
    parameters,
    refused,
    token_of,
    token_problem,
    wanted,
    with_usage,
)
from notifier.practice.pictures import NamedPicture
from notifier.practice.platform import Ground, Platform
from notifier.practice.public_record import Post
from notifier.practice.rates import Window

TOKEN_SECONDS: Final = 60 * 86_400
MOST_ALT: Final = 1_000
MOST_CONTAINERS: Final = 1_000

_DAY: Final = timedelta(days=1)
_PICTURE_SECONDS: Final = 1


@dataclass
class Container:
    """What is to be published."""

    text: str
    pictures: tuple[NamedPicture, ...]
    made: datetime
    sent: dict[str, str]
    replied: str = ""
    link: str = ""
    broken: str = ""
    """Why it can never be published."""
    part: bool = False
    """Whether it is only a part of a carousel."""
    published: str = ""
    """The id of what it became."""

    def status(self, now: datetime) -> str:
        """Tell how it stands."""
        if self.published:
            return "PUBLISHED"
        if self.broken:
            return "ERROR"
        if now >= self.made + _DAY:
            return "EXPIRED"
        waits = timedelta(seconds=_PICTURE_SECONDS if self.pictures else 0)
        return "FINISHED" if now >= self.made + waits else "IN_PROGRESS"


class ContainerNetwork(Platform):
    """An account that publishes containers."""

    base: ClassVar[str]
    versions: ClassVar[re.Pattern[str]]
    user_id: ClassVar[str]
    username: ClassVar[str]
    token: ClassVar[str]
    grant: ClassVar[str]
    edges: ClassVar[tuple[str, str, str]]
    """Where a container is made and what was published is listed, where it is published, where the limit is told."""
    status_field: ClassVar[str]
    text_field: ClassVar[str]
    most_a_day: ClassVar[int]
    most_containers_a_day: ClassVar[int]
    rate_code: ClassVar[int]

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground)
        rates = ground.rates
        self._publishing = Window(rates.of(f"{self.name}.posts", self.most_a_day), 86_400)
        self._making = Window(rates.of(f"{self.name}.containers", self.most_containers_a_day), 86_400)
        self._containers: dict[str, Container] = {}
        self._numbers = itertools.count(18_000_000_000_000_001)
        self._tokens: dict[str, datetime] = {}
        user = f"/{self.base}/{{version}}/{{user}}"
        make, publish, limit = self.edges
        self.routes: tuple[Route, ...] = (
            route("GET", f"/{self.base}/refresh_access_token", self._refresh),
            route("POST", f"{user}/{make}", self._guarded(self._make)),
            route("POST", f"{user}/{publish}", self._guarded(self._publish), publishes=True),
            route("GET", f"{user}/{limit}", self._guarded(self._limit)),
            route("GET", f"{user}/{make}", self._guarded(self._list)),
            route("GET", f"/{self.base}/{{version}}/{{node}}", self._guarded(self._node)),
            *self._more_routes(),
        )

    @abstractmethod
    def _read(self, given: Mapping[str, str]) -> Container:
        """Judge what a container is made of."""

    def _more_routes(self) -> tuple[Route, ...]:
        return ()

    def failure(self, status: int, sentence: str) -> Answer:
        """Answer with Graph's error object."""
        return failure(status, sentence)

    def forget(self) -> None:
        """Forget containers, new tokens and spent rates."""
        self._publishing.forget()
        self._making.forget()
        with self._record.lock:
            self._containers.clear()
            self._tokens.clear()

    def _guarded(self, act: Callable[..., Answer]) -> Callable[..., Answer]:
        def guarded(request: Request, version: str, **parts: str) -> Answer:
            if not self.versions.fullmatch(version):
                return error(2500, f"Unknown path components: /{version}")
            given = parameters(request)
            refusal = self._token_refusal(request, given)
            if refusal:
                return refusal
            if parts.get("user", "me") not in ("me", self.user_id):
                return error(100, f"Object with ID '{parts['user'][:60]}' does not exist", error_subcode=33)
            known = {name: value for name, value in given.items() if name not in CREDENTIAL_FIELDS}
            parts.pop("user", None)
            try:
                answer = act(request, known, **parts)
            except Refused as why:
                answer = why.answer or self.failure(why.status, why.sentence)
            return with_usage(answer, None)

        return guarded

    def _token_refusal(self, request: Request, given: Mapping[str, str]) -> Answer | None:
        with self._record.lock:
            tokens = dict(self._tokens)
        refusal = token_problem(request, given, self.token, *tokens)
        ends = tokens.get(token_of(request, given))
        if refusal is None and ends is not None and self._clock() >= ends:
            sentence = "Error validating access token: Session has expired"
            return error(190, sentence, status=401, error_subcode=463)
        return refusal

    def _refresh(self, request: Request) -> Answer:
        """Give a token for 60 more days; the first one of this server never ends."""
        given = parameters(request)
        only(given, "grant_type", "access_token")
        refusal = self._token_refusal(request, given)
        if refusal:
            return refusal
        if given.get("grant_type") != self.grant:
            return error(100, f"(#100) Param grant_type must be {self.grant}")
        with self._record.lock:
            token = f"{self.token}-{next(self._numbers)}"
            self._tokens[token] = self._clock() + timedelta(seconds=TOKEN_SECONDS)
            while len(self._tokens) > MOST_CONTAINERS:
                self._tokens.pop(next(iter(self._tokens)))
        return json_answer({"access_token": token, "token_type": "bearer", "expires_in": TOKEN_SECONDS})

    # --- the two steps ------------------------------------------------------------------------------------------------

    def _make(self, _request: Request, given: Mapping[str, str]) -> Answer:
        container = self._read(given)
        spent = self._making.spend(self._clock())
        if spent is not None and spent.exceeded:
            return error(self.rate_code, f"(#{self.rate_code}) There have been too many calls to this account.")
        with self._record.lock:
            while len(self._containers) >= MOST_CONTAINERS:
                self._containers.pop(next(iter(self._containers)))
            number = str(next(self._numbers))
            self._containers[number] = container
        return json_answer({"id": number})

    def parts(self, given: Mapping[str, str]) -> tuple[NamedPicture, ...]:
        """Give the pictures of a carousel, which names 2 to 20 containers."""
        numbers = given.get("children", "").split(",")
        children = [self._containers.get(number.strip()) for number in numbers]
        known = [child for child in children if child is not None and child.part and not child.published]
        if len(known) < len(numbers) or not 2 <= len(known) <= self.most_parts:
            raise refused(100, f"(#100) Param children must name 2 to {self.most_parts} carousel items")
        return tuple(picture for child in known for picture in child.pictures)

    most_parts: ClassVar[int] = 20

    def _publish(self, request: Request, given: Mapping[str, str]) -> Answer:
        only(given, "creation_id")
        with self._record.lock:
            container = self._containers.get(given.get("creation_id", ""))
            if container is None or container.part:
                return error(100, "(#100) Param creation_id must be a container", error_subcode=2207008)
            status = container.status(self._clock())
            if status != "FINISHED":
                told = f"The media is not ready to be published: {status}"
                return error(9007, told, error_subcode=2207027, error_user_title="Media not ready")
            spent = self._publishing.spend(self._clock())
            if spent is not None and spent.exceeded:
                sentence = "(#9) The account has reached its number of posts in 24 hours."
                return error(9, sentence, error_subcode=2207042)
            number = container.published = str(next(self._numbers))
            self._record.add(self._post(container, number, request.key))
        return json_answer({"id": number})

    def _post(self, container: Container, number: str, key: str) -> Post:
        return Post(
            self.name,
            number,
            self._path(number),
            container.text,
            self._clock(),
            key,
            links=(container.link,) if container.link else (),
            labels={"in_reply_to": container.replied} if container.replied else {},
            sent=container.sent,
            named_pictures=container.pictures,
        )

    @abstractmethod
    def _path(self, number: str) -> str:
        """Where a post's own page is."""

    # --- reading ------------------------------------------------------------------------------------------------------

    def _limit(self, _request: Request, given: Mapping[str, str]) -> Answer:
        only(given, "fields", "since")
        fields = wanted(given, ("quota_usage",), ("quota_usage", "config"))
        since = self._clock() - _DAY
        used = sum(post.created > since for post in self._record.of(self.name))
        whole = {"quota_usage": used, "config": {"quota_total": self.most_a_day, "quota_duration": 86_400}}
        return json_answer({"data": [{name: whole[name] for name in fields}]})

    def _node(self, request: Request, given: Mapping[str, str], node: str) -> Answer:
        only(given, "fields")
        if node in ("me", self.user_id):
            whole = {"id": self.user_id, "username": self.username, **self._ground.profiles.of(self.name)}
            fields = wanted(given, ("id",), tuple(whole))
            return json_answer({name: whole[name] for name in dict.fromkeys((*fields, "id")) if whole[name]})
        container = self._containers.get(node)
        if container is not None:
            told = {"id": node, self.status_field: container.status(self._clock())}
            about = "error_message" if self.status_field == "status" else "status"
            told[about] = container.broken or (told[self.status_field] if about == "status" else "")
            fields = wanted(given, ("id",), tuple(told))
            return json_answer({name: told[name] for name in dict.fromkeys((*fields, "id")) if told[name]})
        return json_answer(self._post_json(self._found(node), given, request.server, ("id",)))

    def _list(self, request: Request, given: Mapping[str, str]) -> Answer:
        only(given, "fields", "since", "until", "limit")
        limit = given.get("limit", "25")
        if not (limit.isascii() and limit.isdigit() and 1 <= int(limit[:4]) <= 100):
            raise refused(100, "(#100) Param limit must be a number between 1 and 100")
        since, until = moment(given, "since"), moment(given, "until")
        posts = [
            post
            for post in reversed(self._record.of(self.name))
            if (since is None or post.created >= since) and (until is None or post.created < until)
        ]
        page = [self._post_json(post, given, request.server, ("id",)) for post in posts[: int(limit)]]
        return json_answer({"data": page})

    def _found(self, node: str) -> Post:
        post = self._record.get(self.name, node)
        if post is None:
            sentence = f"Unsupported request. Object with ID '{node[:60]}' does not exist or cannot be loaded."
            raise Refused(400, sentence, error(100, sentence, type="GraphMethodException", error_subcode=33))
        return post

    def _post_json(self, post: Post, given: Mapping[str, str], server: str, default: tuple[str, ...]) -> dict[str, Any]:
        whole: dict[str, Any] = {
            "id": post.id,
            self.text_field: post.text,
            "permalink": server + post.path,
            "timestamp": f"{post.created.astimezone(UTC):%Y-%m-%dT%H:%M:%S+0000}",
            "username": self.username,
            "media_type": post.sent.get("media_type", "IMAGE"),
            "shortcode": post.id,
        }
        fields = wanted(given, default, tuple(whole))
        return {name: whole[name] for name in dict.fromkeys((*fields, "id")) if whole[name] != ""}


def alt_text(given: Mapping[str, str]) -> str:
    """Read what a picture shows."""
    alt = given.get("alt_text", "")
    if len(alt) > MOST_ALT:
        raise refused(100, f"(#100) Param alt_text must be at most {MOST_ALT} characters long")
    return alt
