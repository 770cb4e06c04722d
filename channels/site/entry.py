"""What the site keeps of one notification in one language: cleaned of what no page may hold, safely named."""

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from notifier.channel import Media, Message
from notifier.errors import NotifierError

# An id becomes the name of a file; `index` and `feed` are the site's own.
_ID = re.compile(r"(?!(?:index|feed)\Z)[a-z0-9][a-z0-9-]{0,79}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,2}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
# What XML 1.0 (2.2, Char) cannot hold, and the characters that reorder what a reader sees.
_UNFIT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_EXTENSIONS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/gif": "gif",
    "image/webp": "webp",
    "application/pdf": "pdf",
    "video/mp4": "mp4",
}
_MOMENTS = ("onset", "created", "issued", "sent", "expires")

_PERSONAL_KINDS = frozenset({"missing-person", "wanted-person", "crime-tip-request"})


class Unpublishable(NotifierError):
    """A message that the site can never show as it is; the sentence says what is wrong with it."""


@dataclass(frozen=True)
class Speaker:
    """The department that speaks, as its pages name it."""

    name: str
    short_name: str
    website: str
    phone: str
    timezone: str

    @property
    def host(self) -> str:
        """The host of its official website: its CAP sender."""
        return urlsplit(self.website).hostname or "department.invalid"


@dataclass(frozen=True)
class Picture:
    """A picture or paper of an entry, in media/ under its hash."""

    file: str
    """Path below the site's folder."""
    media_type: str
    alt: str
    rights: str
    size: int

    @property
    def is_image(self) -> bool:
        """Whether a page can show it in place."""
        return self.media_type.startswith("image/")


@dataclass(frozen=True)
class Entry:
    """One notification in one language at one revision; the alert's facts are CAP's own words."""

    id: str
    language: str
    languages: tuple[str, ...]
    kind: str
    stage: str
    status: str
    revision: int
    digest: str
    """SHA-256 of the message it was made from."""
    speaker: Speaker
    headline: str
    short: str
    text: str
    links: tuple[str, ...]
    pictures: tuple[Picture, ...]
    event: str
    category: str
    response: str
    urgency: str
    severity: str
    certainty: str
    area: str
    instruction: str | None
    onset: datetime | None
    created: datetime
    issued: datetime
    """When the first revision was sent."""
    sent: datetime
    """When this revision was first sent, in whichever language: a part of its CAP identity."""
    expires: datetime
    earlier: tuple[tuple[int, datetime], ...] = ()
    """The revisions before this one, with the `sent` of each."""

    @property
    def key(self) -> str:
        """The entry's name on the site: `<id>.<language>`."""
        return f"{self.id}.{self.language}"

    @property
    def file(self) -> str:
        """Where its data stands below the site's folder."""
        return f"entries/{self.key}.json"

    @property
    def page(self) -> str:
        """The page that it is linked by; the first language has the plain name."""
        return f"{self.id}.html" if self.language == self.languages[0] else f"{self.key}.html"

    @property
    def pages(self) -> tuple[str, ...]:
        """Every file that holds its page."""
        return tuple(dict.fromkeys((self.page, f"{self.key}.html")))

    @property
    def is_over(self) -> bool:
        """Whether it says that the matter is over."""
        return self.stage in ("resolve", "withdraw")

    @property
    def is_tombstone(self) -> bool:
        """Whether nothing of what was said before may remain on the site."""
        return self.stage == "withdraw" or (self.stage == "resolve" and self.is_personal)

    @property
    def is_personal(self) -> bool:
        """Whether it names a person who must not be found on the site once the matter is over."""
        return self.kind in _PERSONAL_KINDS

    @property
    def is_exercise(self) -> bool:
        """Whether it is a drill."""
        return self.status == "exercise"

    @property
    def title(self) -> str:
        """The headline as a list of titles shows it: a drill says so."""
        loud = self.is_exercise and not self.headline.startswith(("DRILL", "SIMULACRO"))
        mark = {"es": "SIMULACRO: "}.get(self.language, "DRILL: ") if loud else ""
        return mark + self.headline

    def following(self, family: Iterable["Entry"]) -> "Entry":
        """Give the entry its place after what the site already holds of its notification."""
        known = list(family)
        sent = next((e.sent for e in known if e.revision == self.revision), self.sent)
        before = dict(pair for e in known for pair in (*e.earlier, (e.revision, e.sent)))
        earlier = tuple(sorted((r, at) for r, at in before.items() if r < self.revision))
        return replace(self, sent=sent, earlier=earlier, issued=min([self.created, sent, *(at for _, at in earlier)]))

    def to_json(self) -> bytes:
        """Write the entry as the site keeps it."""
        return json.dumps(asdict(self), default=datetime.isoformat, ensure_ascii=False).encode()

    @classmethod
    def from_json(cls, data: bytes) -> Self:
        """Read what to_json wrote; ValueError where it is anything else."""
        try:
            value: dict[str, Any] = json.loads(data)
            for name in _MOMENTS:
                value[name] = datetime.fromisoformat(value[name]) if value[name] else None
            value["speaker"] = Speaker(**value["speaker"])
            value["pictures"] = tuple(Picture(**picture) for picture in value["pictures"])
            value["links"], value["languages"] = tuple(value["links"]), tuple(value["languages"])
            value["earlier"] = tuple((int(r), datetime.fromisoformat(at)) for r, at in value["earlier"])
            return cls(**value)
        except (KeyError, TypeError, AttributeError) as wrong:
            raise ValueError(f"not an entry of the site: {wrong}") from None

    @classmethod
    def from_message(cls, message: Message) -> Self:
        """Make the entry of a message; Unpublishable where the site cannot show it."""
        entry = cls(
            **_names(message),
            digest=hashlib.sha256(message.to_json().encode("utf-8", "surrogatepass")).hexdigest(),
            speaker=_speaker(message),
            headline=_line(message.headline),
            short=_line(message.beside.get("short", "") or message.headline),
            text=clean(message.text),
            links=tuple(link for link in message.links if is_web_address(link)),
            pictures=tuple(_picture(media) for media in message.media),
            **_alert(message),
            created=message.created,
            issued=message.created,
            sent=message.sent,
            expires=message.expires,
        )
        return entry.emptied() if entry.is_tombstone else entry

    def emptied(self) -> Self:
        """Leave nothing but what the last message itself says: a link or a place may lead to the person."""
        return replace(self, links=(), pictures=(), area="", instruction=None, onset=None)


def clean(text: str) -> str:
    """Take out of a text what no XML can hold and what reorders it before a reader's eyes."""
    return _UNFIT.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def is_web_address(address: str) -> bool:
    """Tell whether an address may become a link: http or https, to a host, without a password."""
    if re.search(r"[\s<>\"\\\x00-\x1f]", address):
        return False
    try:
        parts = urlsplit(address)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return False


def is_safe_name(id: str, language: str) -> bool:  # noqa: A002 (the notification's own word)
    """Tell whether an id and a language may become the name of a file."""
    return bool(_ID.fullmatch(id) and _LANGUAGE.fullmatch(language))


def _line(text: str) -> str:
    return " ".join(clean(text).split())


def _names(message: Message) -> dict[str, Any]:
    languages = message.languages or (message.language,)
    for language in (message.language, *languages):
        if not is_safe_name(message.id, language):
            shown = f'"{message.id[:40]!a}" in "{language[:20]!a}"'
            raise Unpublishable(f"the id or the language of {shown} cannot be the name of a page")
    if message.revision < 1:
        raise Unpublishable(f"revision {message.revision} is not a number from 1")
    return {
        "id": message.id,
        "language": message.language,
        "languages": languages,
        "kind": _line(message.kind),
        "stage": message.stage,
        "status": message.status,
        "revision": message.revision,
    }


def _speaker(message: Message) -> Speaker:
    try:
        ZoneInfo(message.timezone)
    except (ValueError, OSError, KeyError):
        raise Unpublishable(f'"{_line(message.timezone)[:60]}" is not a time zone; correct department.toml') from None
    website = message.website if is_web_address(message.website) else ""
    names = (_line(message.department_name), _line(message.short_name))
    return Speaker(*names, website, _line(message.phone), message.timezone)


def _picture(media: Media) -> Picture:
    extension = _EXTENSIONS.get(media.media_type)
    if extension is None or not _SHA256.fullmatch(media.sha256):
        raise Unpublishable(
            f'the attachment "{_line(media.name)[:60]}" is not a picture, a PDF or a video; leave it out'
        )
    alt, rights = _line(media.alt or ""), _line(media.rights or "")
    return Picture(f"media/{media.sha256}.{extension}", media.media_type, alt, rights, len(media.data))


def _alert(message: Message) -> dict[str, Any]:
    facts = asdict(message.alert)
    return {name: clean(fact) if isinstance(fact, str) else fact for name, fact in facts.items()}
