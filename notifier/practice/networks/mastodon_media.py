"""Media for Mastodon: uploaded with a description, processed, then named in a status."""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from notifier.clock import Clock
from notifier.practice.exchange import Answer, Refused, Request, json_answer
from notifier.practice.networks.mastodon_status import medium_json
from notifier.practice.pictures import Picture
from notifier.practice.public_record import PublicRecord

MOST_FILE: Final = 16 * 1024 * 1024
MOST_DESCRIPTION: Final = 1_500
MOST_KEPT: Final = 1_000
PROCESSING_SECONDS: Final = 2


@dataclass
class _Medium:
    picture: Picture
    ready: datetime
    used: bool = False


class Media:
    """The media that were uploaded, at most so many."""

    def __init__(self, record: PublicRecord, clock: Clock) -> None:
        self._record, self._clock = record, clock
        self._numbers = itertools.count(110_100_000_000_000_001)
        self._media: dict[str, _Medium] = {}

    def forget(self) -> None:
        """Forget every medium."""
        with self._record.lock:
            self._media.clear()

    def upload(self, request: Request) -> Answer:
        """Take a medium: 200 when it is ready, 202 while it is processed, as a GIF is, which becomes a film."""
        fields, files = request.fields()
        if [file.name for file in files] != ["file"]:
            raise Refused(422, "Validation failed: File can't be blank")
        description = _described(dict(fields))
        if len(files[0].content) > MOST_FILE:
            raise Refused(422, "Validation failed: File must be less than 16 MB")
        picture = self._record.pictures.keep(files[0].content, description)
        if picture is None:
            raise Refused(422, "Validation failed: File content type is invalid, File is invalid")
        with self._record.lock:
            while len(self._media) >= MOST_KEPT:
                self._media.pop(next(iter(self._media)))
            number = str(next(self._numbers))
            wait = PROCESSING_SECONDS if picture.media_type == "image/gif" else 0
            self._media[number] = _Medium(picture, self._clock() + timedelta(seconds=wait))
        return self._told(request, number, late=202)

    def show(self, request: Request, medium: str) -> Answer:
        """Tell of a medium: 206 while it is processed."""
        return self._told(request, medium, late=206)

    def describe(self, request: Request, medium: str) -> Answer:
        """Change the description of a medium that no status has yet."""
        fields, _ = request.fields()
        with self._record.lock:
            known = self._media.get(medium)
            if known is None or known.used:
                raise Refused(404, "")
            known.picture = replace(known.picture, alt=_described(dict(fields)))
        return self._told(request, medium, late=206)

    def attach(self, numbers: Iterable[str], also: Iterable[str] = ()) -> tuple[Picture, ...]:
        """Give the pictures of a status, and mark them as used; the caller holds the lock.

        also: those that the status has already.
        """
        media = [(number, self._media.get(number)) for number in numbers]
        missing = [number for number, known in media if known is None or (known.used and number not in also)]
        if missing:
            raise Refused(422, f"Validation failed: Media {', '.join(missing)[:200]} not found or already attached")
        known = [one for _, one in media if one is not None]
        if any(self._clock() < one.ready for one in known):
            raise Refused(422, "Cannot attach files that have not finished processing. Try again in a moment!")
        for one in known:
            one.used = True
        return tuple(one.picture for one in known)

    def _told(self, request: Request, number: str, late: int) -> Answer:
        known = self._media.get(number)
        if known is None:
            raise Refused(404, "")
        ready = self._clock() >= known.ready
        address = request.server + known.picture.path if ready else None
        return json_answer(medium_json(number, address, known.picture.alt), 200 if ready else late)


def _described(given: dict[str, str]) -> str:
    description = given.get("description", "")
    if len(description) > MOST_DESCRIPTION:
        raise Refused(422, f"Validation failed: Description is too long (maximum is {MOST_DESCRIPTION} characters)")
    return description
