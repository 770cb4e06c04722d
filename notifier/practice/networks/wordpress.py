"""A WordPress as far as a department's own blog needs it: posts, media, who asks (REST API wp/v2, version 6).

Shapes and refusals: a WordPress 6.1.9 that was tried. Pretty permalinks and `?rest_route=` both lead to it. Not
verified: which unknown parameters a plugin would refuse; here, as there, they are let be.
"""

import itertools
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import urlencode

from notifier.practice.exchange import Answer, Matched, Refused, Request, Route, json_answer, match, route, same
from notifier.practice.pictures import Picture
from notifier.practice.platform import MOST_BODY, Ground, Platform
from notifier.practice.public_record import Post

USER: Final = "exampletonpd"
PASSWORD: Final = "practice-wordpress-password"  # noqa: S105 - opens nothing but this server
MOST_FILE: Final = 8 * 1024 * 1024
MOST_MEDIA: Final = 1_000

_STATUSES: Final = ("publish", "draft", "pending", "private", "future")
_PUBLIC: Final = "publish"
_API: Final = "/wordpress/wp-json/wp/v2"
_TEXTS: Final = ("title", "content", "excerpt", "slug", "status")


class WordPress(Platform):
    """The department's practice blog."""

    name = "wordpress"
    label = "Blog"
    other_names = ("blog",)
    prefixes = ("/wordpress/wp-json/", "/wordpress/index.php")
    page = re.compile(r"/wordpress/\?p=(\d+)")
    colour = "#1f5a7a"
    profile = MappingProxyType({"name": "Exampleton Police Department", "description": "News and notices."})
    most_body = MOST_FILE + MOST_BODY

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground)
        self._numbers = itertools.count(11)
        self._media: dict[str, Picture] = {}
        self._slugs: dict[str, str] = {}
        one, media = f"{_API}/posts/{{post}}", f"{_API}/media"
        self._direct: tuple[Route, ...] = (
            route("GET", "/wordpress/wp-json/", self._root),
            route("POST", f"{_API}/posts", self._guarded(self._create), publishes=_publishes),
            route("GET", f"{_API}/posts", self._list),
            route("GET", one, self._one),
            route("POST", one, self._guarded(self._edit), publishes=_publishes),
            route("PUT", one, self._guarded(self._edit), publishes=_publishes),
            route("DELETE", one, self._guarded(self._delete)),
            route("POST", media, self._guarded(self._upload)),
            route("GET", media, self._guarded(self._list_media)),
            route("POST", f"{media}/{{medium}}", self._guarded(self._describe)),
            route("DELETE", f"{media}/{{medium}}", self._guarded(self._remove_medium)),
            route("GET", f"{_API}/users/me", self._guarded(self._me)),
        )
        by_query = tuple(
            route(method, "/wordpress/index.php", self._by_query, publishes=self._publishes_by_query)
            for method in ("GET", "POST", "PUT", "DELETE")
        )
        self.routes: tuple[Route, ...] = (*self._direct, *by_query)

    def failure(self, status: int, sentence: str) -> Answer:
        """Answer with WordPress's error object."""
        codes = {401: ("rest_cannot_create", "Sorry, you are not allowed to create posts as this user.")}
        codes[404] = ("rest_no_route", "No route was found matching the URL and request method.")
        return _error(status, *codes.get(status, ("internal_server_error", sentence)))

    def forget(self) -> None:
        """Forget the media."""
        with self._record.lock:
            self._media.clear()

    def _by_query(self, request: Request) -> Answer:
        """Serve ?rest_route=/wp/v2/…, as a blog without pretty permalinks does."""
        plain, found = self._rewritten(request)
        return self.failure(found, "") if isinstance(found, int) else found.route.act(plain, **found.parts)

    def _publishes_by_query(self, request: Request) -> bool:
        plain, found = self._rewritten(request)
        return isinstance(found, Matched) and found.route.does_publish(plain)

    def _rewritten(self, request: Request) -> tuple[Request, Matched | int]:
        given = dict(request.parameters())
        plain = replace(request, path=f"/wordpress/wp-json{given.pop('rest_route', '')}", query=urlencode(given))
        return plain, match(self._direct, plain.method, plain.path)

    def _known(self, request: Request) -> bool:
        # An application password may be written with spaces.
        return same(request.basic.replace(" ", ""), f"{USER}:{PASSWORD}")

    def _guarded(self, act: Callable[..., Answer]) -> Callable[..., Answer]:
        def guarded(request: Request, **parts: str) -> Answer:
            return act(request, **parts) if self._known(request) else self.failure(401, "")

        return guarded

    # --- posts --------------------------------------------------------------------------------------------------------

    def _create(self, request: Request) -> Answer:
        given = _given(request)
        if not (_plain(given.get("title", "")) or _plain(given.get("content", ""))):
            return _error(400, "empty_content", "Content, title, and excerpt are empty.")
        with self._record.lock:
            number = str(next(self._numbers))
            status = given.get("status", "draft")
            post = Post(
                "wordpress",
                number,
                f"/wordpress/?p={number}",
                _plain(given.get("content", "")),
                self._clock(),
                request.key,
                title=_plain(given.get("title", "")),
                labels={"_slug": self._free_slug(given, number), "_status": status},
                public=status == _PUBLIC,
                sent=given,
                pictures=self._featured(given),
            )
            self._record.add(post)
        told = _post_json(post, request.server, edits=True)
        return json_answer(told, 201, {"Location": f"{request.server}{_API}/posts/{number}"})

    def _edit(self, request: Request, post: str) -> Answer:
        given = _given(request)
        with self._record.lock:
            there = self._found(post)
            if there.labels["_status"] == "trash":
                raise _invalid_id()
            status = given.get("status", there.labels["_status"])
            labels = {**there.labels, "_status": status}
            if "slug" in given:
                labels["_slug"] = self._free_slug(given, post)
            text = _plain(given["content"]) if "content" in given else there.text
            more: dict[str, Any] = {"labels": labels, "public": status == _PUBLIC, "sent": {**there.sent, **given}}
            more["title"] = _plain(given["title"]) if "title" in given else there.title
            if "featured_media" in given:
                more["pictures"] = self._featured(given)
            first = not there.public and status == _PUBLIC
            self._record.edit(there, text, self._clock(), **more)
            if first:
                # What is published for the first time is new, not edited.
                self._record.add(replace(self._found(post), edited=None, created=self._clock(), key=request.key))
            return json_answer(_post_json(self._found(post), request.server, edits=True))

    def _delete(self, request: Request, post: str) -> Answer:
        with self._record.lock:
            there = self._found(post)
            if dict(request.parameters()).get("force") in ("true", "1"):
                self._record.remove("wordpress", post)
                return json_answer({"deleted": True, "previous": _post_json(there, request.server, edits=True)})
            if there.labels["_status"] == "trash":
                return _error(410, "rest_already_trashed", "The post has already been deleted.")
            labels = {**there.labels, "_status": "trash", "_slug": f"{there.labels['_slug']}__trashed"}
            self._record.edit(there, there.text, self._clock(), labels=labels, public=False)
            return json_answer(_post_json(self._found(post), request.server, edits=True))

    def _one(self, request: Request, post: str) -> Answer:
        there = self._found(post)
        if not there.public and not self._known(request):
            return _error(401, "rest_forbidden", "Sorry, you are not allowed to do that.")
        return json_answer(_post_json(there, request.server, edits=self._known(request)))

    def _list(self, request: Request) -> Answer:
        given = dict(request.parameters())
        statuses = given.get("status", _PUBLIC).split(",")
        for status in statuses:
            if status not in (*_STATUSES, "any", "trash"):
                return _invalid("status")
        if (statuses != [_PUBLIC] or given.get("context") == "edit") and not self._known(request):
            return _error(401, "rest_forbidden_context", "Sorry, you are not allowed to edit posts in this post type.")
        most, slugs = given.get("per_page", "10"), given.get("slug", "")
        if not re.fullmatch(r"[1-9]\d?|100", most):
            return _invalid("per_page")
        found = [
            post
            for post in reversed(self._record.of("wordpress"))
            if ("any" in statuses or post.labels["_status"] in statuses)
            and (not slugs or post.labels["_slug"] in slugs.split(","))
        ]
        told = [_post_json(post, request.server, edits=given.get("context") == "edit") for post in found[: int(most)]]
        return json_answer(told, headers={"X-WP-Total": str(len(found)), "X-WP-TotalPages": "1"})

    def _found(self, number: str) -> Post:
        post = self._record.get("wordpress", number)
        if post is None:
            raise _invalid_id()
        return post

    def _free_slug(self, given: Mapping[str, Any], number: str) -> str:
        """Give the slug that was asked for, with -2, -3 … where another post has it: it is accepted, not refused."""
        words = str(given.get("slug") or given.get("title", "")).lower()
        asked = re.sub(r"[^a-z0-9]+", "-", words).strip("-") or number
        taken = {post.labels["_slug"] for post in self._record.of("wordpress") if post.id != number}
        others = (f"{asked}-{n}" for n in itertools.count(2))
        return next(slug for slug in itertools.chain([asked], others) if slug not in taken)

    # --- media, and who asks ------------------------------------------------------------------------------------------

    def _upload(self, request: Request) -> Answer:
        if request.media_type == "multipart/form-data":
            return self._upload_form(request)
        named = re.search(r'filename="?([^";]+)"?', request.headers.get("content-disposition", ""))
        if named is None:
            return _error(400, "rest_upload_no_content_disposition", "No Content-Disposition supplied.")
        if not request.body:
            return _error(400, "rest_upload_no_data", "No data supplied.")
        picture = self._record.pictures.keep(request.body)
        if picture is None or picture.media_type != request.media_type:
            sentence = "Sorry, you are not allowed to upload this file type."
            return _error(500, "rest_upload_sideload_error", sentence)
        return self._kept(request, picture, "")

    def _upload_form(self, request: Request) -> Answer:
        pairs, files = request.fields()
        given = dict(pairs)
        file = next((file for file in files if file.name == "file"), None)
        picture = self._record.pictures.keep(file.content, given.get("alt_text", "")) if file else None
        if file is None or picture is None or picture.media_type != file.media_type:
            sentence = "Sorry, you are not allowed to upload this file type."
            return _error(500, "rest_upload_sideload_error", sentence)
        return self._kept(request, picture, given.get("slug", ""))

    def _kept(self, request: Request, picture: Picture, slug: str) -> Answer:
        with self._record.lock:
            while len(self._media) >= MOST_MEDIA:
                oldest = next(iter(self._media))
                del self._media[oldest]
                self._slugs.pop(oldest, None)
            number = str(next(self._numbers))
            self._media[number] = picture
            self._slugs[number] = slug
        return json_answer(_medium_json(number, picture, request.server), 201)

    def _list_media(self, request: Request) -> Answer:
        slugs = dict(request.parameters()).get("slug", "").split(",")
        with self._record.lock:
            found = [(number, one) for number, one in self._media.items() if self._slugs.get(number) in slugs]
        return json_answer([_medium_json(number, one, request.server) for number, one in found])

    def _remove_medium(self, request: Request, medium: str) -> Answer:
        if dict(request.parameters()).get("force") not in ("true", "1"):
            sentence = "The post does not support trashing. Set 'force=true' to delete."
            return _error(501, "rest_trash_not_supported", sentence)
        with self._record.lock:
            if self._media.pop(medium, None) is None:
                raise _invalid_id()
            self._slugs.pop(medium, None)
        return json_answer({"deleted": True})

    def _describe(self, request: Request, medium: str) -> Answer:
        given = request.json()
        with self._record.lock:
            picture = self._media.get(medium)
            if picture is None:
                raise _invalid_id()
            if not isinstance(given.get("alt_text", ""), str):
                return _invalid("alt_text")
            self._media[medium] = picture = replace(picture, alt=given.get("alt_text", picture.alt))
        return json_answer(_medium_json(medium, picture, request.server))

    def _featured(self, given: Mapping[str, Any]) -> tuple[Picture, ...]:
        number = given.get("featured_media", 0)
        if not number:
            return ()
        picture = self._media.get(str(number))
        if picture is None:
            raise Refused(400, "", _error(400, "rest_invalid_featured_media", "Invalid featured media ID."))
        return (picture,)

    def _me(self, _request: Request) -> Answer:
        may = dict.fromkeys(("publish_posts", "upload_files", "delete_published_posts"), True)
        return json_answer({"id": 1, "name": USER, "slug": USER, "capabilities": may})

    def _root(self, request: Request) -> Answer:
        texts = self._ground.profiles.of("wordpress")
        return json_answer({**texts, "url": f"{request.server}/wordpress", "namespaces": ["wp/v2"]})


def _given(request: Request) -> dict[str, Any]:
    """Read a post's fields, as JSON or as a form."""
    given: dict[str, Any] = request.json() if request.media_type == "application/json" else dict(request.form())
    for name in _TEXTS:
        value = given.get(name, "")
        if isinstance(value, dict) and set(value) == {"raw"}:
            given[name] = value = value["raw"]
        if not isinstance(value, str):
            raise Refused(400, "", _invalid(name))
    if given.get("status", "draft") not in _STATUSES:
        raise Refused(400, "", _invalid("status"))
    return given


def _post_json(post: Post, server: str, *, edits: bool) -> dict[str, Any]:
    def shown(text: str) -> dict[str, str]:
        return {"rendered": text, **({"raw": text} if edits else {})}

    written = post.sent.get("content", "")
    return {
        "id": int(post.id),
        "date_gmt": _moment(post.created),
        "modified_gmt": _moment(post.edited or post.created),
        "slug": post.labels["_slug"],
        "status": post.labels["_status"],
        "type": "post",
        "link": server + post.path,
        "title": shown(str(post.sent.get("title", ""))),
        "content": {**shown(str(written)), "protected": False},
        "featured_media": int(post.sent.get("featured_media") or 0),
    }


def _medium_json(number: str, picture: Picture, server: str) -> dict[str, Any]:
    told = {"alt_text": picture.alt, "mime_type": picture.media_type, "source_url": server + picture.path}
    return {"id": int(number), "type": "attachment", **told}


def _plain(html: object) -> str:
    """Write the text of a post's HTML as a reader sees it."""
    broken = re.sub(r"(?i)<br\s*/?>|</(?:p|li|h\d|div)>", "\n", str(html))
    return unescape(re.sub(r"<[^>]*>|<!--.*?-->", "", broken)).strip()


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}"


def _error(status: int, code: str, message: str) -> Answer:
    return json_answer({"code": code, "message": message, "data": {"status": status}}, status)


def _invalid(name: str) -> Answer:
    return _error(400, "rest_invalid_param", f"Invalid parameter(s): {name}")


def _invalid_id() -> Refused:
    return Refused(404, "", _error(404, "rest_post_invalid_id", "Invalid post ID."))


def _publishes(request: Request) -> bool:
    """Say whether a post is to stand in public; one that does already may be sent so again."""
    return bool(_given(request).get("status") == _PUBLIC)


PLATFORM = WordPress
