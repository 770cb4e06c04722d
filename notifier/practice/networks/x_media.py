"""Pictures for X: uploaded whole or in pieces, described, then named in a post (API v2).

Shapes: the OpenAPI document 2.167. Not verified: the words of the refusals, and the errors' parameters.
"""

import itertools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from notifier.clock import Clock
from notifier.practice.exchange import Answer, Refused, Request, Route, json_answer, route
from notifier.practice.multipart import Part
from notifier.practice.networks.x_post import invalid
from notifier.practice.pictures import Picture, kind_of
from notifier.practice.public_record import PublicRecord

MOST_IMAGE: Final = 5 * 1024 * 1024
MOST_GIF: Final = 15 * 1024 * 1024
MOST_ALT: Final = 1_000
MOST_IMAGES: Final = 4
MOST_KEPT: Final = 500

_EXPIRES: Final = 86_400
_CATEGORIES: Final = ("tweet_image", "tweet_gif")
_TYPES: Final = ("image/jpeg", "image/png", "image/gif", "image/webp")
_INDEX: Final = re.compile(r"0|[1-9]\d{0,2}")


@dataclass
class _Upload:
    """A picture on its way, or ready; the pieces by their index."""

    total: int
    until: datetime
    pieces: dict[int, bytes] = field(default_factory=dict)
    picture: Picture | None = None


def _wrong(name: str, value: object, sentence: str) -> Refused:
    return Refused(400, sentence, invalid({name: (value, sentence)}))


class Media:
    """The pictures that were uploaded, each for a day, at most so many."""

    def __init__(self, record: PublicRecord, clock: Clock) -> None:
        self._record, self._clock = record, clock
        self._numbers = itertools.count(1_990_000_000_000_000_001)
        self._uploads: dict[str, _Upload] = {}

    def routes(self, guarded: Callable[[Callable[..., Answer]], Callable[..., Answer]]) -> tuple[Route, ...]:
        """Give the operations on media, each behind the account's guard."""
        whole, one = "/x/2/media/upload", "/x/2/media/upload/{media}"
        return (
            route("POST", whole, guarded(self._upload)),
            route("GET", whole, guarded(self._status)),
            route("POST", f"{whole}/initialize", guarded(self._initialize)),
            route("POST", f"{one}/append", guarded(self._append)),
            route("POST", f"{one}/finalize", guarded(self._finalize)),
            route("POST", "/x/2/media/metadata", guarded(self._describe)),
        )

    def forget(self) -> None:
        """Forget every upload."""
        with self._record.lock:
            self._uploads.clear()

    def pictures(self, numbers: object) -> tuple[Picture, ...] | None:
        """Give the pictures of a post's media_ids; None when they are not valid. The caller holds the lock."""
        if not isinstance(numbers, list) or not 1 <= len(numbers) <= MOST_IMAGES:
            return None
        uploads = [self._uploads.get(number) if isinstance(number, str) else None for number in numbers]
        now = self._clock()
        pictures = [upload.picture for upload in uploads if upload is not None and now < upload.until]
        ready = tuple(picture for picture in pictures if picture is not None)
        with_gif = any(picture.media_type == "image/gif" for picture in ready)
        if len(ready) < len(numbers) or len(set(numbers)) < len(numbers) or (with_gif and len(ready) > 1):
            return None
        return ready

    # --- the operations -----------------------------------------------------------------------------------------------

    def _upload(self, request: Request) -> Answer:
        # A JSON body with base64 is described too; nobody here sends one.
        given, content = _form(request, {"media_category", "media_type"})
        _check_category(given.get("media_category"))
        number, upload = self._new(len(content))
        upload.pieces[0] = content
        return self._finish(number, upload)

    def _initialize(self, request: Request) -> Answer:
        body = request.json()
        for name in body.keys() - {"media_type", "total_bytes", "media_category", "shared", "additional_owners"}:
            raise _wrong(name, body[name], f"$.{name}: is not defined in the schema")
        total = body.get("total_bytes")
        if not isinstance(total, int) or isinstance(total, bool) or not 0 < total <= MOST_GIF:
            raise _wrong("total_bytes", total, f"$.total_bytes: must be from 1 to {MOST_GIF}")
        if body.get("media_type") not in _TYPES:
            raise _wrong("media_type", body.get("media_type"), f"$.media_type: must be one of {list(_TYPES)}")
        _check_category(body.get("media_category"))
        number, _ = self._new(total)
        return self._told(number, size=None)

    def _append(self, request: Request, media: str) -> Answer:
        given, content = _form(request, {"segment_index"})
        index = given.get("segment_index", "")
        if not _INDEX.fullmatch(index):
            raise _wrong("segment_index", index, "$.segment_index: must be from 0 to 999")
        with self._record.lock:
            upload = self._known(media)
            held = sum(len(piece) for place, piece in upload.pieces.items() if place != int(index))
            if upload.picture is not None or held + len(content) > upload.total:
                raise _wrong("media", media, "The pieces are more than total_bytes, or the media is finalized.")
            upload.pieces[int(index)] = content
            return json_answer({"data": {"expires_at": int(upload.until.timestamp())}})

    def _finalize(self, _request: Request, media: str) -> Answer:
        with self._record.lock:
            return self._finish(media, self._known(media))

    def _status(self, request: Request) -> Answer:
        given = dict(request.parameters())
        if given.keys() - {"media_id", "command"} or given.get("command", "STATUS") != "STATUS":
            raise _wrong("command", given.get("command"), "Only media_id and command=STATUS are known.")
        with self._record.lock:
            self._known(given.get("media_id", ""))
        return self._told(given["media_id"], size=None)

    def _describe(self, request: Request) -> Answer:
        body = request.json()
        number, metadata = body.get("id"), body.get("metadata")
        alt = metadata.get("alt_text") if isinstance(metadata, dict) and metadata.keys() == {"alt_text"} else None
        text = alt.get("text") if isinstance(alt, dict) and alt.keys() == {"text"} else None
        if body.keys() != {"id", "metadata"} or not isinstance(text, str) or not 0 < len(text) <= MOST_ALT:
            raise _wrong("metadata", metadata, f"$.metadata.alt_text.text: must have 1 to {MOST_ALT} characters")
        with self._record.lock:
            upload = self._known(number if isinstance(number, str) else "")
            if upload.picture is None:
                raise _wrong("id", number, "The media is not finalized.")
            upload.picture = Picture(upload.picture.sha256, upload.picture.media_type, text)
        return json_answer({"data": {"id": number, "associated_metadata": {"alt_text": {"text": text}}}})

    # --- what they share ----------------------------------------------------------------------------------------------

    def _new(self, total: int) -> tuple[str, _Upload]:
        with self._record.lock:
            while len(self._uploads) >= MOST_KEPT:
                self._uploads.pop(next(iter(self._uploads)))
            number = str(next(self._numbers))
            upload = self._uploads[number] = _Upload(total, self._clock() + timedelta(seconds=_EXPIRES))
        return number, upload

    def _known(self, number: str) -> _Upload:
        upload = self._uploads.get(number)
        if upload is None or self._clock() >= upload.until:
            raise _wrong("media_id", number, "The media id is not known.")
        return upload

    def _finish(self, number: str, upload: _Upload) -> Answer:
        whole = b"".join(upload.pieces[place] for place in sorted(upload.pieces))
        if upload.picture is None:
            kind = kind_of(whole)
            most = MOST_GIF if kind == "image/gif" else MOST_IMAGE
            if kind is None or len(whole) > most:
                raise _wrong("media", number, f"The media is no picture, or has more than {most} bytes.")
            if len(whole) != upload.total or sorted(upload.pieces) != list(range(len(upload.pieces))):
                raise _wrong("media", number, "The pieces are not all there.")
            upload.picture = self._record.pictures.keep(whole)
            upload.pieces = {0: b""}
            return self._told(number, size=len(whole))
        return self._told(number, size=None)

    def _told(self, number: str, size: int | None) -> Answer:
        data = {"id": number, "media_key": f"3_{number}", "expires_after_secs": _EXPIRES}
        return json_answer({"data": data if size is None else {**data, "size": size}})


def _form(request: Request, known: set[str]) -> tuple[Mapping[str, str], bytes]:
    """Read the fields of an upload, and its one file."""
    fields, files = request.fields()
    given = dict(fields)
    if given.keys() - known or len(fields) > len(given):
        raise _wrong(",".join(given.keys() - known), "", "The form has unknown fields, or one twice.")
    if [file.name for file in files] != ["media"]:
        raise _wrong("media", "", "$.media: is missing")
    only: Part = files[0]
    return given, only.content


def _check_category(category: Any) -> None:
    if category not in _CATEGORIES:
        raise _wrong("media_category", category, f"$.media_category: must be one of {list(_CATEGORIES)}")
