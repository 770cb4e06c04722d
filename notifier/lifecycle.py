"""What follows an issue: a later revision of the same notification, made from what is stored of it."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import PurePath
from typing import Any

from notifier.attachment import SUFFIXES, Attachment
from notifier.channel import Media, Message
from notifier.clock import from_micros
from notifier.errors import WrongUsage
from notifier.field_types import Reading
from notifier.kind import Kind, read_kind
from notifier.notification import OVER
from notifier.publish import Request, read_picture
from notifier.store import Actor, Store
from notifier.store.notifications import NOT_GONE, is_unread
from notifier.store.outbox import never_called_on

_NEVER_SENT = {"cancelled", "expired"}
_NEVER_OUT = {
    "blocked": "was blocked and never went out",
    "rejected": "was rejected and never went out",
    "withdrawn": "was withdrawn",
    "expired": "has expired and is old news",
}


@dataclass(frozen=True)
class Standing:
    """A notification as it stands: its newest revision that was not refused.

    fields: its facts as the kind's JSON. media: the pictures that went with it, with their bytes.
    """

    row: Mapping[str, Any]
    deliveries: tuple[Mapping[str, Any], ...]
    fields: Mapping[str, Any]
    media: tuple[Media, ...]

    @property
    def id(self) -> str:
        """Its id."""
        return str(self.row["id"])

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels that it went to or was to go to, whatever became of it there; not those that only stood by."""
        return tuple(dict.fromkeys(row["channel"] for row in self.deliveries if not never_called_on(row)))

    @property
    def waiting_channels(self) -> tuple[str, ...]:
        """The channels that have got nothing of it yet: a new revision takes the place of what waits for them."""
        states = {name: {row["state"] for row in self.deliveries if row["channel"] == name} for name in self.channels}
        return tuple(name for name, its in states.items() if its & NOT_GONE and its <= NOT_GONE | _NEVER_SENT)


def read_standing(store: Store, id_: str, now: datetime) -> Standing:
    """Read a notification that a new revision may follow; WrongUsage says why none may."""
    store.approvals.expire()
    row = store.notification(id_)
    deliveries = store.deliveries(row["id"])
    state = "expired" if from_micros(row["expires"]) <= now else store.state_of(row, deliveries)
    if row["stage"] in OVER:
        raise WrongUsage(f"{row['id']} is over, and the public was told so; publish a new notification")
    if state in _NEVER_OUT:
        raise WrongUsage(f"{row['id']} {_NEVER_OUT[state]}; publish a new notification")
    revision = _standing_revision(store, row, deliveries)
    fields = json.loads(row["fields"]) if revision == row["revision"] else _planned_fields(store, row["id"], revision)
    has_pictures = "photo" in fields or "attachments" in fields
    return Standing(row, tuple(deliveries), fields, _media(store, deliveries) if has_pictures else ())


def update(
    standing: Standing,
    of: type[Kind],
    changes: Mapping[str, Any],
    actor: Actor,
    reading: Reading,
    *,
    release: datetime | None = None,
    skip_unfit: bool = False,
) -> Request:
    """Ask for the next revision of a notification: its facts, changed.

    of: its kind. changes: values by option name, as a person types them; None takes a field away. actor: who asks.
    release: when it goes out; default: when the earlier revision was to, if that is still to come. What the public has
    not read is issued anew. InvalidNotification tells every field that is wrong.
    """
    facts, media = _changed(standing, of, changes, reading)
    row = standing.row
    planned = from_micros(row["released"])
    return Request(
        facts=facts,
        languages=tuple(json.loads(row["languages"])),
        author=actor.user,
        login=actor.login,
        status=row["status"],
        stage="issue" if is_unread(standing.deliveries) else "update",
        id=standing.id,
        revision=row["revision"] + 1,
        created=from_micros(row["created"]),
        release=release or (planned if planned > reading.now else None),
        skip_unfit=skip_unfit,
        media=media,
    )


def _standing_revision(store: Store, row: Mapping[str, Any], deliveries: Iterable[Mapping[str, Any]]) -> int:
    """The newest revision that nobody refused and that did not expire unapproved: whose facts hold."""
    approval = store.approvals.of(row["id"])
    if approval is None or approval.state in ("pending", "approved", "preapproved"):
        return int(row["revision"])
    held = [d["revision"] for d in deliveries if d["state"] not in ("cancelled", "expired")]
    return max(held, default=int(row["revision"]))


def _planned_fields(store: Store, id_: str, revision: int) -> dict[str, Any]:
    """The facts of an earlier revision, from the record."""
    planned = [event["data"] for event in store.events(id_) if event["type"].endswith("-planned")]
    found: dict[str, Any] = next(
        data["fields"] for data in planned if data["revision"] == revision and data["state"] != "blocked"
    )
    return found


def _media(store: Store, deliveries: Iterable[Mapping[str, Any]]) -> tuple[Media, ...]:
    """The pictures of all revisions with their bytes, each once, as the public was shown them."""
    texts = {delivery["message"]: None for delivery in deliveries}
    known: dict[tuple[str, str], Media] = {}
    for sha256 in texts:
        message = Message.from_json(store.content(sha256).decode())
        for media in map(_as_given, message.media):
            before = known.get((media.name, media.sha256))
            if before is None or len(media.alt or "") > len(before.alt or ""):
                known[media.name, media.sha256] = media
    return tuple(replace(media, data=store.content(media.sha256)) for media in known.values())


def _as_given(media: Media) -> Media:
    """The picture that one was made from, to fit a network."""
    if media.source is None:
        return media
    type_ = SUFFIXES.get(PurePath(media.name).suffix.lower(), media.media_type)
    return replace(media, sha256=media.source, source=None, media_type=type_)


def _changed(
    standing: Standing, of: type[Kind], changes: Mapping[str, Any], reading: Reading
) -> tuple[Kind, tuple[Media, ...]]:
    """Read the changed facts, with their pictures; those that are kept come from the record, not from a file.

    A file may have been moved or painted over since; what the public was shown is what it is shown again.
    """
    kept = {name: value for name, value in standing.fields.items() if name not in changes}
    shown: dict[Attachment, Media] = {}
    if "photo" in kept:
        kept["photo"] = _kept(kept["photo"], standing.media, shown)
    if "attachments" in kept:
        kept["attachments"] = [_kept(one, standing.media, shown) for one in kept["attachments"]]
    facts = read_kind(of, {**kept, **changes}, reading)
    return facts, tuple(shown.get(picture) or read_picture(picture) for picture in facts.pictures())


def _kept(stored: Mapping[str, Any], media: tuple[Media, ...], shown: dict[Attachment, Media]) -> Any:
    """A stored attachment: as it was checked once, where its bytes are on record, else to be read from its file."""
    attachment = Attachment.model_construct(**{"alt": None, "rights": None, **stored})
    found = [one for one in media if _is_of(one, attachment)]
    if not found:
        return stored
    shown[attachment] = replace(found[-1], alt=attachment.alt)
    return attachment


def _is_of(media: Media, attachment: Attachment) -> bool:
    """Whether a picture on record is an attachment's; a network may have had only the beginning of its alt text."""
    if (media.name, media.rights) != (attachment.name, attachment.rights):
        return False
    return media.alt == attachment.alt or (attachment.alt or "").startswith((media.alt or "\0").removesuffix("…"))
