"""What the site lists now: which entries are current, in which languages, and who speaks when there are none."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any, Self

from channels.site.entry import Entry, Speaker
from channels.site.folder import SiteFolder

FILE = ".contents.json"


@dataclass(frozen=True)
class Listed:
    """A current entry, as far as it can be judged without reading it."""

    digest: str
    expires: datetime


@dataclass(frozen=True)
class Contents:
    """The list of current entries, written last of all: what it holds has its page, its index and its feeds."""

    speaker: Speaker | None = None
    languages: tuple[str, ...] = ()
    """Every language that was ever published, the department's first language first."""
    updated: datetime | None = None
    """When the newest entry was sent."""
    listed: Mapping[str, Listed] = field(default_factory=dict)
    """Current entries by `<id>.<language>`."""

    def holds(self, entry: Entry) -> bool:
        """Whether this very message is already published, whole."""
        return self.listed.get(entry.key) == Listed(entry.digest, entry.expires)

    def expired(self, now: datetime) -> list[str]:
        """Name the entries that are no longer news."""
        return [key for key, one in self.listed.items() if one.expires <= now]

    def adding(self, entry: Entry) -> Self:
        """Add an entry, or put it in the place of its earlier revision."""
        fuller = set(entry.languages) > set(self.languages)
        languages = entry.languages if fuller else tuple(dict.fromkeys((*self.languages, *entry.languages)))
        return replace(
            self,
            speaker=entry.speaker,
            languages=languages,
            updated=max(entry.sent, self.updated or entry.sent),
            listed={**self.listed, entry.key: Listed(entry.digest, entry.expires)},
        )

    def without(self, keys: Iterable[str]) -> Self:
        """Take entries off the list."""
        gone = set(keys)
        return replace(self, listed={key: one for key, one in self.listed.items() if key not in gone})

    def to_json(self) -> bytes:
        """Write the list as the site keeps it."""
        value = {
            "speaker": asdict(self.speaker) if self.speaker else None,
            "languages": self.languages,
            "updated": self.updated,
            "listed": {key: {"digest": one.digest, "expires": one.expires} for key, one in self.listed.items()},
        }
        return json.dumps(value, default=datetime.isoformat, ensure_ascii=False).encode()

    @classmethod
    def from_json(cls, data: bytes) -> Self:
        """Read what to_json wrote; ValueError where it is anything else."""
        try:
            value: dict[str, Any] = json.loads(data)
            listed = value["listed"].items()
            return cls(
                Speaker(**value["speaker"]) if value["speaker"] else None,
                tuple(value["languages"]),
                datetime.fromisoformat(value["updated"]) if value["updated"] else None,
                {key: Listed(one["digest"], datetime.fromisoformat(one["expires"])) for key, one in listed},
            )
        except (KeyError, TypeError, AttributeError) as wrong:
            raise ValueError(f"not a list of contents: {wrong}") from None


def read_contents(folder: SiteFolder) -> Contents:
    """Read the list; one that is lost or damaged is made again from the entries, as if none had its pages yet."""
    data = folder.read(FILE)
    try:
        if data is not None:
            return Contents.from_json(data)
    except ValueError:
        pass
    contents = Contents()
    for entry in read_entries(folder, folder.names("entries/*.json")):
        contents = contents.adding(replace(entry, digest=""))
    return contents


def read_entries(folder: SiteFolder, files: Iterable[str]) -> list[Entry]:
    """Read entries; one that is missing or damaged is left out, and comes back with its next revision."""
    entries = []
    for file in files:
        data = folder.read(file)
        try:
            if data is not None:
                entries.append(Entry.from_json(data))
        except ValueError:
            continue
    return entries


def in_language(entries: Iterable[Entry], language: str) -> list[Entry]:
    """Choose one entry for each notification, newest first: the latest word, in this language where it was said."""
    best: dict[str, Entry] = {}
    for entry in entries:
        if entry.stage == "withdraw":
            continue
        known = best.get(entry.id)
        if known is None or _preference(entry, language) > _preference(known, language):
            best[entry.id] = entry
    return sorted(best.values(), key=lambda entry: (entry.sent, entry.id), reverse=True)


def _preference(entry: Entry, language: str) -> tuple[int, bool, int]:
    order = entry.languages.index(entry.language) if entry.language in entry.languages else len(entry.languages)
    return entry.revision, entry.language == language, -order
