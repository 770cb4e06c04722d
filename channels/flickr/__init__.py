"""Flickr: one photo with the notification as its description (flickr.com/services/api: upload, photos.search, setMeta).

Uploading publishes, and Flickr knows no idempotency key: so every photo carries a machine tag of its delivery, by which
it is found again. How soon its search finds it, Flickr does not say: what is not found may be there all the same. There
is no place for an alt text, which therefore ends the description.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from channels.flickr.account import Account, FlickrSettings, mark_of
from channels.flickr.answers import NOT_FOUND, read_answer, refusal
from notifier.channel import (
    CannotTell,
    Capabilities,
    Channel,
    Delivered,
    Finding,
    Found,
    HandOff,
    Message,
    Outcome,
    Pictures,
    Prepared,
    ProfilePart,
    Rate,
    Rejected,
    System,
    Unknown,
    Works,
)
from notifier.http_client import HttpClient, Reply, service_words

_TAG = "notifier:delivery"
_MOST_TITLE = 255


class Flickr(Channel):
    """One account."""

    systems = (System("Flickr", "publishes", "the practice account, which speaks Flickr's API"),)
    Settings = FlickrSettings
    settings: FlickrSettings
    # Flickr's pages on its API name no limit of a profile's description.
    profile_parts = (ProfilePart("description", "terms"),)

    def __init__(self, name: str, settings: FlickrSettings, http: HttpClient) -> None:
        super().__init__(name, settings, http)
        self._account = Account(settings, http)

    @property
    def capabilities(self) -> Capabilities:
        """One photo with the whole text below it, which can be rewritten and deleted; what is found again went out."""
        return Capabilities(
            "long",
            idempotency="lookup",
            lookups_after=(15.0, 60.0, 300.0),
            pictures=Pictures(most=1, size=20_000_000, types=("image/jpeg", "image/png", "image/gif"), alt=1000),
            needs="picture",
            can_amend=True,
            can_withdraw=True,
            rate=Rate(3_600, 3_600),
        )

    @property
    def hand_off(self) -> HandOff:
        """Whoever is signed in uploads it."""
        return HandOff("Flickr", "https://www.flickr.com/photos/upload/", ("flickr.com", "flic.kr"))

    def load(self) -> None:
        """Import the client, what signs, and what reads XML."""
        super().load()
        import defusedxml.ElementTree  # noqa: F401
        import requests_oauthlib  # noqa: F401

    def send(self, prepared: Prepared) -> Outcome:
        """Upload the photo, which publishes it."""
        message = prepared.message
        if not message.media:
            return Rejected("Flickr takes only what has a picture; attach one")
        mark = mark_of(message)
        fields = {**_meta(message), "tags": f"{_TAG}={mark}", "is_public": "1"}
        reply = self._account.upload(fields, message.media[0], mark)
        if not isinstance(reply, Reply):
            return reply
        told = read_answer(self._account, reply)
        if told is None or not told.ok:
            return refusal(self._account, reply, told, is_upload=True)
        return self._delivered(told.photo) or Unknown("Flickr said yes and named no photo")

    def amend(self, receipt: Mapping[str, Any], prepared: Prepared) -> Outcome:
        """Put another title and description below the photo, which stays."""
        photo = self._delivered(receipt.get("remote_id"))
        if photo is None:
            return Rejected("nobody knows the number of the photo; correct it by hand")
        return (
            self._acted("flickr.photos.setMeta", {"photo_id": photo.remote_id or "", **_meta(prepared.message)})
            or photo
        )

    def withdraw(self, receipt: Mapping[str, Any], message: Message) -> Outcome:
        """Delete the photo; what Flickr does not find is gone."""
        photo = self._delivered(receipt.get("remote_id"))
        if photo is None:
            return Rejected("nobody knows the number of the photo; delete it by hand")
        gone = self._acted("flickr.photos.delete", {"photo_id": photo.remote_id or ""}, done=(NOT_FOUND,))
        return gone or Delivered()

    def _acted(self, method: str, given: Mapping[str, str], done: tuple[int, ...] = ()) -> Outcome | None:
        """Change a photo; None where that was done. done: codes of a no that is as good as a yes."""
        reply = self._account.call("POST", method, given)
        if not isinstance(reply, Reply):
            return reply
        told = read_answer(self._account, reply)
        if told is not None and (told.ok or (reply.ok and told.code in done)):
            return None
        return refusal(self._account, reply, told)

    def find(self, prepared: Prepared, attempted: datetime) -> Finding:
        """Search for the photo's machine tag."""
        asked = {"user_id": "me", "machine_tags": f'{_TAG}="{mark_of(prepared.message)}"', "per_page": "10"}
        reply = self._account.call("GET", "flickr.photos.search", asked)
        told = read_answer(self._account, reply) if isinstance(reply, Reply) else None
        if not isinstance(reply, Reply) or told is None or not told.ok:
            return CannotTell("Flickr could not be searched; look at the photostream", unreachable=True)
        photos = reply.json().get("photos")
        listed = photos.get("photo") if isinstance(photos, dict) else None
        for photo in listed if isinstance(listed, list) else ():
            # A search that did not heed the tag would give every photo.
            is_ours = isinstance(photo, dict) and photo.get("title") == _meta(prepared.message)["title"]
            if is_ours and (delivered := self._delivered(photo.get("id"))):
                return Found(delivered)
        return CannotTell("Flickr's search does not find it, but may lag; look at the photostream")

    def check(self) -> Works | Outcome:
        """Ask whose keys these are."""
        reply = self._account.call("GET", "flickr.test.login", {})
        if not isinstance(reply, Reply):
            return reply
        told = read_answer(self._account, reply)
        if told is None or not told.ok:
            return refusal(self._account, reply, told)
        user = reply.json().get("user")
        name = user.get("username") if isinstance(user, dict) else None
        said = service_words(name.get("_content") if isinstance(name, dict) else None, *self._account.keys())
        return Works(said=said or None)

    def profile(self) -> CannotTell:
        """Say that the account's profile is not read."""
        return CannotTell("the profile at Flickr is not read by this program; look at it")

    def _delivered(self, number: object) -> Delivered | None:
        photo = str(number).strip()
        if not re.fullmatch(r"[0-9]{1,20}", photo):
            return None
        url = self._account.address(photo)
        return Delivered(photo, url, {"remote_id": photo, "url": url})


def _meta(message: Message) -> dict[str, str]:
    """Make title and description; what Flickr would read as HTML shows as it is."""
    alt = message.media[0].alt if message.media else None
    text = "\n\n".join(filter(None, (message.text, alt)))
    plain = re.sub(r"<(?=[A-Za-z/!?])", "<\N{ZERO WIDTH SPACE}", text)
    return {"title": message.headline[:_MOST_TITLE], "description": plain}


CHANNEL = Flickr
