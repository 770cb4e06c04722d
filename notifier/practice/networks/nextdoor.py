"""Nextdoor as far as an agency uses it: post, own posts, edit, delete, token (Publish API, partner v1).

Sources: pages of developer.nextdoor.com as other programs quote them; the API is opened to approved partners alone. Not
verified: the names in the list of own posts, the path and the body of an edit, the words and the shape of an error, and
whether 8,192 counts bytes or characters (here bytes, the stricter).
"""

import itertools
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from notifier.practice.exchange import Answer, Refused, Request, Route, json_answer, new_token, route, same
from notifier.practice.pictures import NamedPicture
from notifier.practice.platform import Ground, Platform
from notifier.practice.public_record import Post

TOKEN: Final = "practice-nextdoor-token"  # noqa: S105 - opens nothing but this server
CLIENT_ID: Final = "practice-nextdoor-client"
CLIENT_SECRET: Final = "practice-nextdoor-secret"  # noqa: S105 - as above
REFRESH_TOKEN: Final = "practice-nextdoor-refresh"  # noqa: S105 - as above
PROFILE_ID: Final = "practice-nextdoor-profile"
TOKEN_SECONDS: Final = 31_536_000
MOST_TEXT: Final = 8_192
MOST_MEDIA: Final = 10
MOST_LISTED: Final = 10
MOST_TOKENS: Final = 100
GROUPS: Final = {101: "Exampleton North", 102: "Exampleton South"}
"""The agency's boundaries, which a post may be limited to."""

_API: Final = "/nextdoor/external/api/partner/v1"
_FIELDS: Final = frozenset(
    {"body_text", "media_attachments", "smartlink_url", "hashtag", "lat", "lon", "secure_profile_id", "group_ids"}
)


class Nextdoor(Platform):
    """The practice agency's account."""

    name = "nextdoor"
    label = "Nextdoor"
    prefixes = ("/nextdoor/external/", "/nextdoor/v2/")
    page = re.compile(r"/nextdoor/p/([\w-]+)/?")
    account = "Public agency · Exampleton"
    colour = "#1d6b34"

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground)
        self._numbers = itertools.count(390_000_001)
        self._tokens: dict[str, datetime] = {}
        self.routes: tuple[Route, ...] = (
            route("POST", "/nextdoor/v2/token", self._token),
            route("POST", f"{_API}/post/create/", self._guarded(self._create), publishes=True),
            route("POST", f"{_API}/post/edit/", self._guarded(self._edit)),
            route("GET", f"{_API}/post/", self._guarded(self._list)),
            route("DELETE", f"{_API}/post/", self._guarded(self._delete)),
            route("GET", f"{_API}/me/", self._guarded(self._me)),
            route("GET", f"{_API}/agency/boundaries/", self._guarded(self._boundaries)),
        )

    def failure(self, status: int, sentence: str) -> Answer:
        """Answer with an error object."""
        return json_answer({"message": sentence}, status)

    def forget(self) -> None:
        """Forget the tokens that were given out."""
        with self._record.lock:
            self._tokens.clear()

    # --- who asks -----------------------------------------------------------------------------------------------------

    def _token(self, request: Request) -> Answer:
        if not same(request.basic, f"{CLIENT_ID}:{CLIENT_SECRET}"):
            return json_answer({"error": "invalid_client"}, 401)
        given = dict(request.form())
        if given.get("grant_type") != "refresh_token":
            # The code of a person's consent is exchanged once, in a browser; not practised here.
            return json_answer({"error": "unsupported_grant_type"}, 400)
        if not same(given.get("refresh_token", ""), REFRESH_TOKEN):
            return json_answer({"error": "invalid_grant"}, 400)
        token = f"practice-{new_token(30)}"
        with self._record.lock:
            while len(self._tokens) >= MOST_TOKENS:
                self._tokens.pop(next(iter(self._tokens)))
            self._tokens[token] = self._clock() + timedelta(seconds=TOKEN_SECONDS)
        told = {"access_token": token, "token_type": "Bearer", "refresh_token": REFRESH_TOKEN}
        return json_answer({**told, "expires_in": TOKEN_SECONDS, "scope": "openid post:write post:read"})

    def _guarded(self, act: Callable[..., Answer]) -> Callable[..., Answer]:
        def guarded(request: Request) -> Answer:
            until = self._tokens.get(request.bearer)
            if not same(request.bearer, TOKEN) and (until is None or self._clock() >= until):
                return self.failure(401, "Authentication credentials were not provided or are invalid.")
            return act(request)

        return guarded

    # --- posts --------------------------------------------------------------------------------------------------------

    def _create(self, request: Request) -> Answer:
        body = request.json()
        pictures = _judged(body)
        share = new_token(12)
        link = body.get("smartlink_url", "")
        labels = {
            "_id": str(next(self._numbers)),
            "hashtag": body.get("hashtag", ""),
            "boundaries": ", ".join(GROUPS[group] for group in body.get("group_ids", [])),
        }
        post = Post(
            "nextdoor",
            share,
            f"/nextdoor/p/{share}",
            body["body_text"],
            self._clock(),
            request.key,
            links=(link,) if link else (),
            labels=labels,
            sent=body,
            named_pictures=pictures,
        )
        self._record.add(post)
        return json_answer({"result": "success", "share_link": request.server + post.path})

    def _edit(self, request: Request) -> Answer:
        body = request.json()
        post = self._found(str(body.get("id", "")))
        _judged({name: value for name, value in body.items() if name != "id"})
        self._record.edit(post, body["body_text"], self._clock())
        return json_answer({"result": "success", "share_link": request.server + post.path})

    def _delete(self, request: Request) -> Answer:
        given = dict(request.parameters())
        post = self._found(given.get("id", ""))
        _check_profile(given.get("secure_profile_id", PROFILE_ID))
        self._record.remove("nextdoor", post.id)
        return json_answer({"message": "Post deleted successfully"})

    def _list(self, request: Request) -> Answer:
        given = dict(request.parameters())
        _check_profile(given.get("secure_profile_id", PROFILE_ID))
        posts = self._record.of("nextdoor")[::-1][:MOST_LISTED]
        return json_answer({"posts": [_post_json(post, request.server) for post in posts]})

    def _found(self, number: str) -> Post:
        """Find a post by its id, which is not what its link ends with."""
        post = next((post for post in self._record.of("nextdoor") if post.labels["_id"] == number), None)
        if post is None:
            raise Refused(400, "No post matches the id.")
        return post

    def _me(self, _request: Request) -> Answer:
        return json_answer({"id": PROFILE_ID, "first_name": "Exampleton PD", "status": "active", "verified": True})

    def _boundaries(self, _request: Request) -> Answer:
        groups = [{"group_id": number, "name": name} for number, name in GROUPS.items()]
        return json_answer({"result": groups})


def _post_json(post: Post, server: str) -> dict[str, Any]:
    return {
        "id": post.labels["_id"],
        "body_text": post.text,
        "share_link": server + post.path,
        "created_at": post.created.isoformat(),
        "view_count": 0,
    }


def _check_profile(profile: object) -> None:
    if profile != PROFILE_ID:
        raise Refused(403, "This profile does not belong to the account.")


def _judged(body: dict[str, Any]) -> tuple[NamedPicture, ...]:
    """Judge a post; its pictures, which have no alt text here, for the API takes none. Refused with 400."""
    unknown = sorted(body.keys() - _FIELDS)
    text, media = body.get("body_text"), body.get("media_attachments", [])
    if unknown:
        # Whether the real one refuses them is not verified.
        raise Refused(400, f"Unknown field: {unknown[0][:60]}")
    if not isinstance(text, str) or not text.strip():
        raise Refused(400, "body_text: This field is required.")
    if len(text.encode()) > MOST_TEXT:
        raise Refused(400, f"body_text: Ensure this field has no more than {MOST_TEXT} characters.")
    if not isinstance(media, list) or len(media) > MOST_MEDIA:
        raise Refused(400, f"media_attachments: The limit is {MOST_MEDIA} attachments.")
    for address in [*media, *([body["smartlink_url"]] if "smartlink_url" in body else [])]:
        if not isinstance(address, str) or not re.fullmatch(r"https?://[^\s/]+\S*", address):
            raise Refused(400, "media_attachments and smartlink_url must be public web addresses.")
    if not re.fullmatch(r"\w*", str(body.get("hashtag", ""))):
        raise Refused(400, "hashtag: must not hold spaces or #.")
    groups = body.get("group_ids", [])
    if not isinstance(groups, list) or not all(isinstance(group, int) and group in GROUPS for group in groups):
        raise Refused(400, "group_ids: must be boundaries of the agency.")
    _check_profile(body.get("secure_profile_id", PROFILE_ID))
    return tuple(NamedPicture(address, "") for address in media)


PLATFORM = Nextdoor
