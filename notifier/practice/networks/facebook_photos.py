"""Photos of the Page: uploaded unpublished, then attached to a post; or published at once.

What is wrong with a photo is answered with code 324; that code is widely seen, its sub-codes are not given here.
"""

import itertools
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from notifier.practice.exchange import Request
from notifier.practice.networks.graph import boolean, parameters, refused
from notifier.practice.pictures import Picture
from notifier.practice.public_record import PublicRecord

MOST_PHOTO: Final = 10 * 1024 * 1024
MOST_KEPT: Final = 1_000
MOST_ALT: Final = 1_000
"""Not verified: no document of Meta names the longest alt_text_custom."""

_ATTACHED: Final = re.compile(r"attached_media\[(\d{1,2})\]")


@dataclass
class _Photo:
    picture: Picture
    used: bool


class Photos:
    """The photos that were uploaded, at most so many."""

    def __init__(self, record: PublicRecord) -> None:
        self._record = record
        self._numbers = itertools.count(122_200_000_000_000_001)
        self._photos: dict[str, _Photo] = {}

    def forget(self) -> None:
        """Forget every photo."""
        with self._record.lock:
            self._photos.clear()

    def take(self, request: Request, given: Mapping[str, str], *, used: bool) -> tuple[str, Picture]:
        """Keep an uploaded photo; its id and the picture."""
        alt = given.get("alt_text_custom", "")
        if len(alt) > MOST_ALT:
            raise refused(100, f"(#100) Param alt_text_custom must be at most {MOST_ALT} characters long")
        # A photo may be named by its url too; this server fetches nothing, so it must be sent.
        files = [file for file in request.fields()[1] if file.name == "source"]
        if len(files) != 1 or len(request.fields()[1]) != 1:
            raise refused(324, "(#324) Requires upload file")
        if len(files[0].content) > MOST_PHOTO:
            raise refused(324, "(#324) Your photos couldn't be uploaded. Photos should be smaller than 10 MB.")
        picture = self._record.pictures.keep(files[0].content, alt)
        if picture is None:
            raise refused(324, "(#324) Missing or invalid image file")
        with self._record.lock:
            while len(self._photos) >= MOST_KEPT:
                self._photos.pop(next(iter(self._photos)))
            number = str(next(self._numbers))
            self._photos[number] = _Photo(picture, used)
        return number, picture

    def attach(self, given: Mapping[str, str]) -> tuple[Picture, ...]:
        """Give the photos that attached_media[0], [1] … name, and mark them as used; the caller holds the lock."""
        places = {int(found[1]): value for name, value in given.items() if (found := _ATTACHED.fullmatch(name))}
        if sorted(places) != list(range(len(places))):
            raise refused(100, "(#100) Param attached_media must be numbered from 0 without a gap")
        photos = [self._named(places[place]) for place in range(len(places))]
        if len({id(photo) for photo in photos}) != len(photos) or any(photo.used for photo in photos):
            # Not verified in these words: a photo belongs to one post.
            raise refused(100, "(#100) A photo of attached_media has been published already")
        for photo in photos:
            photo.used = True
        return tuple(photo.picture for photo in photos)

    def _named(self, value: str) -> _Photo:
        try:
            told = json.loads(value)
        except (ValueError, RecursionError):
            told = None
        number = told.get("media_fbid") if isinstance(told, dict) and told.keys() == {"media_fbid"} else None
        photo = self._photos.get(str(number)) if isinstance(number, str | int) else None
        if photo is None:
            raise refused(100, '(#100) Param attached_media must be {"media_fbid": the id of an unpublished photo}')
        return photo


def without_attached(given: Mapping[str, str]) -> dict[str, str]:
    """Leave out attached_media[n]."""
    return {name: value for name, value in given.items() if not _ATTACHED.fullmatch(name)}


def is_public(request: Request) -> bool:
    """Say whether an upload publishes the photo at once, as it does unless published=false is given."""
    return boolean(parameters(request), "published")
