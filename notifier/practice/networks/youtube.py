"""YouTube as far as a department uses it: resumable upload, update, delete, own videos, token (Data API v3).

Shapes and quotas: the vendor's reference of 2026. Not verified: the longest description and signs refused in titles,
which its pages name in passing, and the words of each refusal.
"""

import itertools
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from types import MappingProxyType
from typing import Any, Final

from notifier.practice.exchange import Answer, Refused, Request, Route, json_answer, new_token, route, same
from notifier.practice.networks.youtube_upload import MOST_VIDEO, Uploads, is_last
from notifier.practice.networks.youtube_video import CHANNEL_ID, as_video, error, judged, some, wrong
from notifier.practice.platform import MOST_BODY, Ground, Platform
from notifier.practice.public_record import Post
from notifier.practice.rates import Window

CLIENT_ID: Final = "practice-youtube-client"
CLIENT_SECRET: Final = "practice-youtube-secret"  # noqa: S105 - opens nothing but this server
REFRESH_TOKEN: Final = "practice-youtube-refresh"  # noqa: S105 - as above
TOKEN_SECONDS: Final = 3_599
MOST_TOKENS: Final = 1_000
UPLOADS_LIST: Final = f"UU{CHANNEL_ID[2:]}"

_DAY: Final = 86_400
_UPLOAD: Final = "/youtube/upload/youtube/v3/videos"
_VIDEOS: Final = "/youtube/youtube/v3/videos"


class YouTube(Platform):
    """The practice channel."""

    name = "youtube"
    label = "YouTube"
    prefixes = ("/youtube/youtube/v3/", "/youtube/upload/", "/youtube/token")
    page = re.compile(r"/youtube/watch\?v=([\w-]{11})")
    account = "@ExampletonPD"
    colour = "#b30000"
    profile = MappingProxyType(
        {
            "title": "Exampleton Police",
            "description": "Official channel of the Exampleton Police Department. In an emergency call 911.",
            "audited": "yes",
        }
    )
    """With nothing in `audited`, the project has not passed Google's audit, and every upload is locked as private."""
    most_body = MOST_VIDEO + MOST_BODY

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground)
        rates = ground.rates
        self._inserts = Window(rates.of("youtube.uploads", 100), _DAY)
        self._units = Window(rates.of("youtube.units", 10_000), _DAY)
        self._uploads = Uploads(self._clock, self._publish)
        self._numbers = itertools.count(1)
        self._tokens: dict[str, datetime] = {}
        self.routes: tuple[Route, ...] = (
            route("POST", "/youtube/token", self._token),
            route("POST", _UPLOAD, self._guarded(self._begin)),
            route("PUT", _UPLOAD, self._put, publishes=is_last),
            route("GET", _VIDEOS, self._guarded(self._list, 1)),
            route("PUT", _VIDEOS, self._guarded(self._update, 50)),
            route("DELETE", _VIDEOS, self._guarded(self._delete, 50)),
            route("GET", "/youtube/youtube/v3/channels", self._guarded(self._channels, 1)),
            route("GET", "/youtube/youtube/v3/playlistItems", self._guarded(self._items, 1)),
        )

    def failure(self, status: int, sentence: str) -> Answer:
        """Answer with Google's error object."""
        reasons = {401: "authError", 404: "notFound", 429: "rateLimitExceeded"}
        return error(status, reasons.get(status, "backendError" if status >= 500 else "badRequest"), sentence, "global")

    def forget(self) -> None:
        """Forget tokens, sessions and spent quotas."""
        self._inserts.forget()
        self._units.forget()
        with self._record.lock:
            self._uploads.forget()
            self._tokens.clear()

    # --- who asks -----------------------------------------------------------------------------------------------------

    def _token(self, request: Request) -> Answer:
        given = dict(request.form())
        if given.get("grant_type") != "refresh_token":
            return _oauth("unsupported_grant_type", "Invalid grant_type: ", 400)
        if not same(f"{given.get('client_id')}:{given.get('client_secret')}", f"{CLIENT_ID}:{CLIENT_SECRET}"):
            return _oauth("invalid_client", "The OAuth client was not found.", 401)
        if not same(given.get("refresh_token", ""), REFRESH_TOKEN):
            return _oauth("invalid_grant", "Token has been expired or revoked.", 400)
        token = f"practice-{new_token(40)}"
        with self._record.lock:
            while len(self._tokens) >= MOST_TOKENS:
                self._tokens.pop(next(iter(self._tokens)))
            self._tokens[token] = self._clock() + timedelta(seconds=TOKEN_SECONDS)
        scope = "https://www.googleapis.com/auth/youtube"
        told = {"access_token": token, "expires_in": TOKEN_SECONDS, "scope": scope, "token_type": "Bearer"}
        return json_answer(told)

    def _guarded(self, act: Callable[..., Answer], units: int = 0) -> Callable[..., Answer]:
        """Check the token, spend the day's units, act."""

        def guarded(request: Request) -> Answer:
            until = self._tokens.get(request.bearer)
            if until is None or self._clock() >= until:
                return self.failure(401, "Request had invalid authentication credentials.")
            spent = [self._units.spend(self._clock()) for _ in range(units)]
            if spent and spent[-1] is not None and spent[-1].exceeded:
                return _quota()
            return act(request)

        return guarded

    # --- uploading ----------------------------------------------------------------------------------------------------

    def _begin(self, request: Request) -> Answer:
        given = dict(request.parameters())
        if given.get("uploadType") != "resumable":
            # The simple and the multipart upload cannot be taken up again; not practised here.
            return error(400, "badRequest", "uploadType must be resumable", "global")
        parts = _parts(given)
        snippet, status = judged(request.json(), parts, update=False)
        size = request.headers.get("x-upload-content-length", "1")
        if not (size.isascii() and size.isdigit()) or not 0 < int(size[:15]) <= MOST_VIDEO:
            return error(400, "badRequest", "X-Upload-Content-Length is no size that is taken", "global")
        spent = self._inserts.spend(self._clock())
        if spent is not None and spent.exceeded:
            return _quota()
        with self._record.lock:
            return self._uploads.begin(request, {"snippet": snippet, "status": status, "_parts": parts})

    def _put(self, request: Request) -> Answer:
        # Whoever knows the session's address may send: it is the credential.
        with self._record.lock:
            return self._uploads.put(request)

    def _publish(self, metadata: Mapping[str, Any], size: int, digest: str, key: str) -> dict[str, Any]:
        number = f"p{sha256(f'{digest}:{next(self._numbers)}'.encode()).hexdigest()[:10]}"
        snippet, status = metadata["snippet"], metadata["status"]
        audited = self._ground.profiles.of("youtube")["audited"]
        privacy = status.get("privacyStatus", "public") if audited else "private"
        post = Post(
            "youtube",
            number,
            f"/youtube/watch?v={number}",
            snippet.get("description", ""),
            self._clock(),
            key,
            title=snippet.get("title", "unknown"),
            labels={"privacy": privacy, "film": f"{size:,} bytes", "tags": ", ".join(snippet.get("tags", []))},
            public=privacy != "private",
            sent={"snippet": snippet, "status": status, "sha256": digest},
        )
        self._record.add(post)
        return some(as_video(post), metadata["_parts"])

    # --- videos -------------------------------------------------------------------------------------------------------

    def _update(self, request: Request) -> Answer:
        parts = _parts(dict(request.parameters()))
        body = request.json()
        post = self._found(body.get("id"))
        snippet, status = judged(body, parts, update=True)
        sent = dict(post.sent)
        # What a part leaves out is taken away, as the reference warns.
        title, text, privacy = post.title, post.text, post.labels["privacy"]
        if "snippet" in parts:
            sent["snippet"], title, text = snippet, snippet["title"], snippet.get("description", "")
        if "status" in parts:
            sent["status"], privacy = status, status.get("privacyStatus", privacy)
        labels = {**post.labels, "privacy": privacy, "tags": ", ".join(sent["snippet"].get("tags", []))}
        more = {"title": title, "labels": labels, "sent": sent, "public": privacy != "private"}
        self._record.edit(post, text, self._clock(), **more)
        return json_answer(some(as_video(self._found(post.id)), parts))

    def _delete(self, request: Request) -> Answer:
        post = self._found(dict(request.parameters()).get("id"))
        self._record.remove("youtube", post.id)
        return Answer(204)

    def _list(self, request: Request) -> Answer:
        given = dict(request.parameters())
        parts = _parts(given)
        posts = [self._record.get("youtube", number) for number in given.get("id", "").split(",")[:50]]
        items = [some(as_video(post), parts) for post in posts if post is not None]
        return json_answer({"kind": "youtube#videoListResponse", "items": items})

    def _channels(self, request: Request) -> Answer:
        given = dict(request.parameters())
        parts = _parts(given)
        if given.get("mine") != "true":
            return error(400, "missingRequiredParameter", "No filter selected; the practice server knows mine=true")
        texts = self._ground.profiles.of("youtube")
        channel = {
            "kind": "youtube#channel",
            "id": CHANNEL_ID,
            "snippet": {"title": texts["title"], "description": texts["description"], "customUrl": "@exampletonpd"},
            "contentDetails": {"relatedPlaylists": {"uploads": UPLOADS_LIST}},
        }
        return json_answer({"kind": "youtube#channelListResponse", "items": [some(channel, parts)]})

    def _items(self, request: Request) -> Answer:
        given = dict(request.parameters())
        parts = _parts(given)
        most = given.get("maxResults", "5")
        if given.get("playlistId") != UPLOADS_LIST or not re.fullmatch(r"[1-9]|[1-4]\d|50", most):
            return error(
                404, "playlistNotFound", "The playlist identified with the request's playlistId cannot be found."
            )
        items = [
            some(
                {
                    "kind": "youtube#playlistItem",
                    "id": post.id,
                    "snippet": {
                        **as_video(post)["snippet"],
                        "resourceId": {"kind": "youtube#video", "videoId": post.id},
                    },
                    "contentDetails": {"videoId": post.id},
                },
                parts,
            )
            for post in self._record.of("youtube")[::-1]
        ]
        return json_answer({"kind": "youtube#playlistItemListResponse", "items": items[: int(most)]})

    def _found(self, number: object) -> Post:
        post = self._record.get("youtube", number) if isinstance(number, str) else None
        if post is None:
            sentence = "The video that you are trying to change cannot be found."
            raise Refused(404, sentence, error(404, "videoNotFound", sentence))
        return post


def _parts(given: Mapping[str, str]) -> list[str]:
    parts = [part for part in given.get("part", "").split(",") if part]
    if not parts:
        raise wrong("missingRequiredParameter", "Required parameter: part")
    return parts


def _quota() -> Answer:
    sentence = "The request cannot be completed because you have exceeded your quota."
    return error(403, "quotaExceeded", sentence, "youtube.quota")


def _oauth(name: str, sentence: str, status: int) -> Answer:
    return json_answer({"error": name, "error_description": sentence}, status)


PLATFORM = YouTube
