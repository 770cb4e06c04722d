"""Flickr as far as a department uses it: upload, find by machine tag, describe, delete (OAuth 1.0a).

Shapes: the vendor's API pages. Errors come with HTTP 200. Not verified: how soon a machine tag is found, the answer to
too many requests, and which size is refused. A photo has no alt text there; whoever reads a page aloud reads its title.
"""

import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from html import escape
from typing import Any, Final

from notifier.practice.exchange import Answer, Refused, Request, Route, json_answer, route
from notifier.practice.multipart import Part
from notifier.practice.oauth1 import Credentials, SignatureCheck
from notifier.practice.pictures import kind_of
from notifier.practice.platform import MOST_BODY, Ground, Platform
from notifier.practice.public_record import Post
from notifier.practice.rates import Window

CREDENTIALS: Final = Credentials(
    "practice-flickr-key", "practice-flickr-secret", "practice-flickr-token", "practice-flickr-token-secret"
)
USER_ID: Final = "200000001@N01"
MOST_PHOTO: Final = 20 * 1024 * 1024
"""The real one takes 200 MB."""
INDEX_SECONDS: Final = 2

_UPLOAD_FIELDS: Final = frozenset(
    {"title", "description", "tags", "is_public", "is_friend", "is_family", "safety_level", "content_type", "hidden"}
)
_TAG: Final = re.compile(r'"([^"]+)"|(\S+)')
_MACHINE_TAG: Final = re.compile(r"[a-z][a-z0-9_]*:[a-z][a-z0-9_]*=.+", re.IGNORECASE)


class Flickr(Platform):
    """The practice account."""

    name = "flickr"
    label = "Flickr"
    prefixes = ("/flickr/services/",)
    page = re.compile(r"/flickr/photos/[^/]+/(\d+)/?")
    account = "exampletonpd"
    colour = "#b5005f"
    most_body = MOST_PHOTO + MOST_BODY

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground)
        self._signature = SignatureCheck(CREDENTIALS, signs_parts=True)
        self._calls = Window(ground.rates.of("flickr.calls", 3_600), 3_600)
        self._numbers = itertools.count(55_000_000_001)
        self._methods: dict[str, Callable[[Mapping[str, str], str], dict[str, Any]]] = {
            "flickr.test.login": self._login,
            "flickr.photos.search": self._search,
            "flickr.photos.getInfo": self._info,
            "flickr.photos.setMeta": self._describe,
            "flickr.photos.delete": self._delete,
        }
        self.routes: tuple[Route, ...] = (
            route("POST", "/flickr/services/upload/", self._upload, publishes=True),
            route("GET", "/flickr/services/rest/", self._rest),
            route("POST", "/flickr/services/rest/", self._rest),
        )

    def failure(self, status: int, sentence: str) -> Answer:
        """Answer with stat=fail: with HTTP 200 for a dead token, else with the status, as a proxy before it would."""
        if status == 401:
            return _fail(98, "Invalid auth token")
        return json_answer({"stat": "fail", "code": 105, "message": sentence}, status)

    def forget(self) -> None:
        """Forget used nonces and spent rates."""
        self._signature.forget()
        self._calls.forget()

    def _refusal(self, request: Request) -> tuple[int, str] | None:
        """Check the signature and spend the rate."""
        now = self._clock()
        problem = self._signature.problem(request, now)
        if problem is not None:
            by_word = {"consumer key": (100, "Invalid API Key"), "access token": (98, "Invalid auth token")}
            by_word |= {"required": (97, "Missing signature"), "signature": (96, "Invalid signature")}
            return next((told for word, told in by_word.items() if word in problem), (98, problem))
        spent = self._calls.spend(now)
        if spent is not None and spent.exceeded:
            raise Refused(429, "Too many requests of this key")
        return None

    # --- uploading ----------------------------------------------------------------------------------------------------

    def _upload(self, request: Request) -> Answer:
        refusal = self._refusal(request)
        if refusal is not None:
            return _xml_fail(*refusal)
        fields, files = request.fields()
        given = dict(fields)
        problem = _problem(given, files)
        if problem is not None:
            return _xml_fail(*problem)
        picture = self._record.pictures.keep(files[0].content, given.get("title", ""))
        number = str(next(self._numbers))
        post = Post(
            "flickr",
            number,
            f"/flickr/photos/exampletonpd/{number}",
            given.get("description", ""),
            self._clock(),
            request.key,
            title=given.get("title", ""),
            labels={"tags": ", ".join(_tags(given.get("tags", "")))},
            public=given.get("is_public", "1") == "1",
            sent=given,
            pictures=(picture,) if picture else (),
        )
        self._record.add(post)
        return _xml(f'<rsp stat="ok">\n<photoid>{number}</photoid>\n</rsp>')

    # --- methods ------------------------------------------------------------------------------------------------------

    def _rest(self, request: Request) -> Answer:
        refusal = self._refusal(request)
        if refusal is not None:
            return _fail(*refusal)
        given = dict([*request.parameters(), *request.form()])
        if given.get("format") != "json" or given.get("nojsoncallback") != "1":
            return _fail(111, "Format not found: the practice server writes format=json with nojsoncallback=1")
        method = self._methods.get(given.get("method", ""))
        if method is None:
            return _fail(112, f'Method "{given.get("method", "")[:80]}" not found')
        try:
            return json_answer({**method(given, request.server), "stat": "ok"})
        except Refused as refused:
            return refused.answer or _fail(refused.status, refused.sentence)

    def _login(self, _given: Mapping[str, str], _server: str) -> dict[str, Any]:
        return {"user": {"id": USER_ID, "username": {"_content": "exampletonpd"}, "path_alias": "exampletonpd"}}

    def _search(self, given: Mapping[str, str], _server: str) -> dict[str, Any]:
        if given.get("user_id") not in ("me", USER_ID):
            raise Refused(2, "Unknown user")
        wanted = [tag.replace('"', "").lower() for tag in given.get("machine_tags", "").split(",") if tag]
        indexed = self._clock() - timedelta(seconds=INDEX_SECONDS)
        found = [
            post
            for post in reversed(self._record.of("flickr"))
            if post.created <= indexed
            and (not wanted or {tag.lower() for tag in _tags(post.sent.get("tags", ""))} & set(wanted))
        ]
        photos = [
            {"id": post.id, "owner": USER_ID, "title": post.title, "ispublic": int(post.public)} for post in found
        ]
        return {"photos": {"page": 1, "pages": 1, "perpage": 100, "total": len(photos), "photo": photos[:100]}}

    def _info(self, given: Mapping[str, str], server: str) -> dict[str, Any]:
        post = self._found(given)
        tags = [
            {"raw": tag, "machine_tag": bool(_MACHINE_TAG.fullmatch(tag))} for tag in _tags(post.sent.get("tags", ""))
        ]
        photo = {
            "id": post.id,
            "title": {"_content": post.title},
            "description": {"_content": post.text},
            "visibility": {"ispublic": int(post.public)},
            "dates": {"posted": str(int(post.created.timestamp()))},
            "tags": {"tag": tags},
            "urls": {"url": [{"type": "photopage", "_content": server + post.path}]},
        }
        return {"photo": photo}

    def _describe(self, given: Mapping[str, str], _server: str) -> dict[str, Any]:
        post = self._found(given)
        if not given.keys() & {"title", "description"}:
            raise Refused(3, "Missing required arguments")
        self._record.edit(post, given.get("description", ""), self._clock(), title=given.get("title", post.title))
        return {}

    def _delete(self, given: Mapping[str, str], _server: str) -> dict[str, Any]:
        self._record.remove("flickr", self._found(given).id)
        return {}

    def _found(self, given: Mapping[str, str]) -> Post:
        post = self._record.get("flickr", given.get("photo_id", ""))
        if post is None:
            raise Refused(1, "Photo not found")
        return post


def _problem(given: Mapping[str, str], files: Sequence[Part]) -> tuple[int, str] | None:
    """Say what is wrong with an upload: a code and a sentence."""
    if given.keys() - _UPLOAD_FIELDS or [file.name for file in files] != ["photo"]:
        # Whether the real one refuses an unknown field is not verified.
        return 2, "No photo specified, or an unknown field"
    if not files[0].content:
        return 4, "Filesize was zero"
    if len(files[0].content) > MOST_PHOTO:
        return 6, "User exceeded upload limit"
    return (5, "Filetype was not recognised") if kind_of(files[0].content) is None else None


def _tags(written: str) -> list[str]:
    return [quoted or plain for quoted, plain in _TAG.findall(written)]


def _fail(code: int, sentence: str) -> Answer:
    return json_answer({"stat": "fail", "code": code, "message": sentence}).as_refusal()


def _xml(inside: str) -> Answer:
    text = f'<?xml version="1.0" encoding="utf-8" ?>\n{inside}\n'
    return Answer(200, text.encode(), "text/xml; charset=utf-8")


def _xml_fail(code: int, sentence: str) -> Answer:
    return _xml(f'<rsp stat="fail">\n\t<err code="{code}" msg="{escape(sentence)}" />\n</rsp>').as_refusal()


PLATFORM = Flickr
