"""A Facebook Page as far as a department uses it: feed, post, photos, edit, delete, page, token (Graph API v26.0).

Shapes: Pages API guide, error-handling guide and rate-limit guide of Meta, as of 2026.
"""

import itertools
import re
from collections.abc import Callable, Mapping
from datetime import UTC
from types import MappingProxyType
from typing import Any, Final

from notifier.practice.exchange import Answer, Refused, Request, Route, json_answer, route, same
from notifier.practice.networks.facebook_photos import MOST_PHOTO, Photos, is_public, without_attached
from notifier.practice.networks.graph import (
    APP_ID,
    APP_SECRET,
    CREDENTIAL_FIELDS,
    PAGE_TOKEN,
    boolean,
    check_message,
    error,
    failure,
    moment,
    only,
    parameters,
    refused,
    token_json,
    token_problem,
    wanted,
    with_usage,
)
from notifier.practice.platform import DEPARTMENT, MOST_BODY, Ground, Platform
from notifier.practice.public_record import Post
from notifier.practice.rates import Window

PAGE_ID: Final = "100000000000001"

_HOUR: Final = 3_600
_VERSION: Final = re.compile(r"v2[0-6]\.0")
_PAGE_FIELDS: Final = (
    *("id", "name", "username", "about", "category", "link"),
    *("description", "emails", "phone", "website"),
)
_POST_FIELDS: Final = ("id", "message", "created_time", "updated_time", "permalink_url", "is_published", "from")
_DUPLICATE: Final = {
    "error_subcode": 1455006,
    "is_transient": False,
    "error_user_title": "Duplicate Status Update",
    "error_user_msg": "This status update is identical to the last one you posted.",
}


class Facebook(Platform):
    """The practice Page."""

    name = "facebook"
    label = "Facebook"
    prefixes = ("/facebook/v",)
    page = re.compile(r"/facebook/(\d+)/posts/(\d+)")
    colour = "#0b57c4"
    tags = True
    profile = MappingProxyType(
        {
            "name": DEPARTMENT,
            "about": f"Official page of the {DEPARTMENT}. Not watched day and night: call 911.",
            "description": f"News, road closures and safety notices of the {DEPARTMENT}.",
            "website": "https://police.exampleton.example",
            "phone": "555-555-0100",
            "emails": "police@exampleton.example",
            "token_expires_at": "",
        }
    )
    """`token_expires_at`: when the Page's token ends, in seconds since 1970; empty, never."""
    most_body = MOST_PHOTO + MOST_BODY

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground)
        self._profiles = ground.profiles
        self._calls = Window(ground.rates.facebook_calls, _HOUR)
        self._photos = Photos(self._record)
        self._numbers = itertools.count(122_100_000_000_000_001)
        feed, node = "/facebook/{version}/{page}/feed", "/facebook/{version}/{node}"
        self.routes: tuple[Route, ...] = (
            route("POST", feed, self._guarded(self._publish), publishes=True),
            route("GET", feed, self._guarded(self._feed)),
            route("POST", "/facebook/{version}/{page}/photos", self._guarded(self._photo), publishes=is_public),
            route("GET", "/facebook/{version}/debug_token", self._debug),
            route("POST", "/facebook/{version}/debug_token", self._debug),
            route("POST", "/facebook/{version}/{node}/comments", self._guarded(self._comment), publishes=True),
            route("GET", node, self._guarded(self._node)),
            route("POST", node, self._guarded(self._edit)),
            route("DELETE", node, self._guarded(self._delete)),
        )

    def failure(self, status: int, sentence: str) -> Answer:
        """Answer with Graph's error object."""
        return failure(status, sentence)

    def forget(self) -> None:
        """Forget the calls of the last hour, and the photos."""
        self._calls.forget()
        self._photos.forget()

    def _guarded(self, act: Callable[..., Answer]) -> Callable[..., Answer]:
        """Check version, token and proof, count the call, act, and tell the app's usage on every answer."""

        def guarded(request: Request, version: str, **parts: str) -> Answer:
            if not _VERSION.fullmatch(version):
                return error(2500, f"Unknown path components: /{version}")
            given = parameters(request)
            refusal = token_problem(request, given)
            if refusal:
                return refusal
            spent = self._calls.spend(self._clock())
            if spent is not None and spent.exceeded:
                return with_usage(error(80001, "There have been too many calls to this Page account."), spent)
            known = {name: value for name, value in given.items() if name not in CREDENTIAL_FIELDS}
            try:
                answer = act(request, known, **parts)
            except Refused as why:
                answer = why.answer or self.failure(why.status, why.sentence)
            return with_usage(answer, spent)

        return guarded

    def _publish(self, request: Request, given: Mapping[str, str], page: str) -> Answer:
        plain = without_attached(given)
        only(plain, "message", "link", "published", "fields")
        _is_page(page)
        message, link = given.get("message", ""), given.get("link", "")
        attached = len(plain) < len(given)
        if link and attached:
            # Not verified: Meta's guides show either, never both.
            raise refused(100, "(#100) Only one of link and attached_media can be given")
        check_message(message, link, attached=attached)
        public = boolean(given, "published")
        fields = wanted(given, ("id",), ("id", "permalink_url", "message", "created_time", "is_published"))
        with self._record.lock:
            last = next((post for post in reversed(self._posts()) if post.public), None)
            links = (link,) if link else ()
            if public and not attached and last is not None and (last.text, last.links) == (message, links):
                return error(506, "(#506) Duplicate status message", details=_DUPLICATE)
            pictures = self._photos.attach(given)
            post = self._add(request, given, message, links=links, public=public, pictures=pictures)
        return json_answer(_post_json(post, fields, request.server))

    def _comment(self, request: Request, given: Mapping[str, str], node: str) -> Answer:
        """Comment as the Page; pictures in comments are left out."""
        only(given, "message", "fields")
        fields = wanted(given, ("id",), ("id", "permalink_url", "message", "created_time"))
        check_message(given.get("message", ""), "")
        with self._record.lock:
            post = self._found(node)
            labels = {"in_reply_to": post.id}
            made = self._add(request, given, given["message"], of=post.id.rpartition("_")[2], labels=labels)
        return json_answer(_post_json(made, fields, request.server))

    def _add(self, request: Request, given: Mapping[str, str], text: str, of: str = PAGE_ID, **more: Any) -> Post:
        """Keep a post of the Page, or a comment on a post."""
        number = str(next(self._numbers))
        path = f"/facebook/{of}/posts/{number}"
        post = Post("facebook", f"{of}_{number}", path, text, self._clock(), request.key, sent=dict(given), **more)
        self._record.add(post)
        return post

    def _photo(self, request: Request, given: Mapping[str, str], page: str) -> Answer:
        only(given, "caption", "published", "alt_text_custom")
        _is_page(page)
        public, caption = boolean(given, "published"), given.get("caption", "")
        check_message(caption, "", attached=True)
        with self._record.lock:
            number, picture = self._photos.take(request, given, used=public)
            if not public:
                return json_answer({"id": number})
            post = self._add(request, given, caption, pictures=(picture,))
        return json_answer({"id": number, "post_id": post.id})

    def _debug(self, request: Request, version: str) -> Answer:
        """Tell of a token; asked with the app's own token, or (not verified of Page tokens) with the token itself."""
        given = parameters(request)
        if request.method == "POST" and given.pop("method", "post").lower() != "get":
            # Not verified: Meta's own libraries write method=get into a form so.
            return error(100, "Unsupported post request.")
        only(given, "input_token", "access_token", "appsecret_proof")
        if not _VERSION.fullmatch(version):
            return error(2500, f"Unknown path components: /{version}")
        app = same(given.get("access_token", ""), f"{APP_ID}|{APP_SECRET}")
        refusal = None if app else token_problem(request, given)
        if refusal:
            return refusal
        if "input_token" not in given:
            return error(100, "(#100) You must provide an input token")
        if not same(given["input_token"], PAGE_TOKEN):
            wrong = {"code": 190, "message": "Invalid OAuth access token - Cannot parse access token"}
            return json_answer({"data": {"error": wrong, "is_valid": False, "scopes": []}})
        return json_answer({"data": token_json(self._profiles.of("facebook")["token_expires_at"])})

    def _feed(self, request: Request, given: Mapping[str, str], page: str) -> Answer:
        only(given, "since", "until", "limit", "fields")
        _is_page(page)
        limit = given.get("limit", "25")
        if not (limit.isascii() and limit.isdigit() and 1 <= int(limit[:4]) <= 100):
            raise refused(100, "(#100) Param limit must be a number between 1 and 100")
        fields = wanted(given, ("created_time", "message", "id"), _POST_FIELDS)
        since, until = moment(given, "since"), moment(given, "until")
        posts = [
            post
            for post in reversed(self._posts())
            if post.public and (since is None or post.created >= since) and (until is None or post.created < until)
        ]
        data = [_post_json(post, (*fields, "id"), request.server) for post in posts[: int(limit)]]
        return json_answer({"data": data})

    def _node(self, request: Request, given: Mapping[str, str], node: str) -> Answer:
        only(given, "fields")
        if node in ("me", PAGE_ID):
            fields = wanted(given, ("id", "name"), _PAGE_FIELDS)
            return json_answer(_page_json(self._profiles.of("facebook"), (*fields, "id")))
        post = self._found(node)
        fields = wanted(given, ("created_time", "message", "id"), _POST_FIELDS)
        return json_answer(_post_json(post, (*fields, "id"), request.server))

    def _edit(self, _request: Request, given: Mapping[str, str], node: str) -> Answer:
        only(given, "message")
        post = self._found(node)
        message = given.get("message", "")
        check_message(message, "")
        self._record.edit(post, message, self._clock())
        return json_answer({"success": True})

    def _delete(self, _request: Request, given: Mapping[str, str], node: str) -> Answer:
        only(given)
        self._found(node)
        self._record.remove("facebook", node)
        return json_answer({"success": True})

    def _posts(self) -> list[Post]:
        """Give what stands on the Page itself, oldest first."""
        return [post for post in self._record.of("facebook") if "in_reply_to" not in post.labels]

    def _found(self, node: str) -> Post:
        post = self._record.get("facebook", node)
        if post is None:
            sentence = f"Unsupported request. Object with ID '{node[:60]}' does not exist or cannot be loaded."
            raise Refused(400, sentence, error(100, sentence, type="GraphMethodException", error_subcode=33))
        return post


def _post_json(post: Post, fields: tuple[str, ...], server: str) -> dict[str, Any]:
    whole = {
        "id": post.id,
        "message": post.text,
        "created_time": f"{post.created.astimezone(UTC):%Y-%m-%dT%H:%M:%S+0000}",
        "updated_time": f"{(post.edited or post.created).astimezone(UTC):%Y-%m-%dT%H:%M:%S+0000}",
        "permalink_url": server + post.path,
        "is_published": post.public,
        "from": {"name": DEPARTMENT, "id": PAGE_ID},
    }
    return {name: value for name, value in whole.items() if name in fields and value != ""}


def _page_json(texts: Mapping[str, str], fields: tuple[str, ...]) -> dict[str, Any]:
    """Write the Page with the fields that were asked for; Graph leaves out what is not filled in."""
    whole: dict[str, Any] = {
        **texts,
        "id": PAGE_ID,
        "username": "ExampletonPD",
        "category": "Police Station",
        "link": "https://www.facebook.com/ExampletonPD",
        "emails": texts["emails"].split(),
    }
    return {name: whole[name] for name in _PAGE_FIELDS if name in fields and whole[name]}


def _is_page(page: str) -> None:
    if page not in ("me", PAGE_ID):
        raise refused(100, f"(#100) Object with ID '{page[:60]}' does not exist or is not a Page of this token")


PLATFORM = Facebook
