"""One entry onto the site, or what has expired off it: everything that follows, as one batch under one lock."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from channels.site import cap
from channels.site.contents import FILE, Contents, in_language, read_contents, read_entries
from channels.site.entry import Entry, Unpublishable
from channels.site.feeds import feeds
from channels.site.folder import Batch, SiteFolder
from channels.site.layout import Place
from channels.site.names import newest_name, revision_name
from channels.site.pages import entry_page, index_page
from channels.site.withdrawing import tombstone

_MEDIA = re.compile(rb"media/[0-9a-f]{64}\.[a-z0-9]+")


@dataclass(frozen=True)
class Site:
    """The folder that is written and the address under which the public reads it."""

    folder: SiteFolder
    public_url: str

    def publish(self, entry: Entry, media: Mapping[str, bytes], now: datetime) -> bool:
        """Put an entry on the site; False where the site already says this or something later.

        media: the bytes of its pictures by SHA-256. OSError where the folder cannot be written.
        """
        with self.folder.changing() as batch:
            contents = read_contents(self.folder)
            family = self._family(entry, contents)
            if _is_late(entry, family) or contents.holds(entry):
                return False
            self._put(batch, entry, media, contents, family, now)
        return True

    def withdraw(self, entry: Entry, now: datetime) -> bool:
        """Put an entry's tombstone in its place; False where nothing of it is on the site, or it is one already.

        OSError where the folder cannot be written.
        """
        with self.folder.changing() as batch:
            contents = read_contents(self.folder)
            family = self._family(entry, contents)
            is_one = any(other.language == entry.language and other.stage == "withdraw" for other in family)
            if is_one or not self.folder.names(f"{entry.id}.*html"):
                return False
            self._put(batch, tombstone(entry, family, now), {}, contents, family, now)
        return True

    def _put(
        self,
        batch: Batch,
        entry: Entry,
        media: Mapping[str, bytes],
        contents: Contents,
        family: Sequence[Entry],
        now: datetime,
    ) -> None:
        entry = entry.following(family)
        kept = [other for other in family if _stays_beside(entry, other)]
        lost = [other for other in family if other not in kept]
        contents = contents.without(other.key for other in lost).adding(entry)
        self._put_media(batch, entry, media)
        self._put_pages(batch, [entry, *kept], contents, now)
        self._put_cap(batch, entry, kept)
        contents = self._put_lists(batch, contents, [entry, *kept], now)
        unused = {picture.file for other in lost for picture in other.pictures}
        if entry.is_tombstone:
            unused |= self._bury(batch, entry, kept, contents, now)
        self._remove_media(batch, unused, [entry, *kept])
        # Last of all, the site's own memory: whatever cuts this short, the next attempt does it all again.
        batch.put(entry.file, entry.to_json())
        batch.put(FILE, contents.to_json())

    def drop_expired(self, now: datetime) -> bool:
        """Take what has expired off the index and the feeds; False where nothing has since they were written."""
        if self.folder.read(FILE) is None or not read_contents(self.folder).expired(now):
            return False
        with self.folder.changing() as batch:
            contents = self._put_lists(batch, read_contents(self.folder), [], now)
            batch.put(FILE, contents.to_json())
        return True

    def _family(self, entry: Entry, contents: Contents) -> list[Entry]:
        """Read what the site holds of the same notification, in every language."""
        languages = dict.fromkeys((entry.language, *entry.languages, *contents.languages))
        return read_entries(self.folder, [f"entries/{entry.id}.{language}.json" for language in languages])

    def _put_media(self, batch: Batch, entry: Entry, media: Mapping[str, bytes]) -> None:
        for picture in entry.pictures:
            if (self.folder.path / picture.file).is_file():
                continue
            digest = picture.file.removeprefix("media/").partition(".")[0]
            data = media.get(digest, b"")
            if sha256(data).hexdigest() != digest:
                raise Unpublishable(f'the picture "{picture.alt[:60]}" is damaged in the store; attach it again')
            batch.put(picture.file, data)

    def _put_pages(self, batch: Batch, family: Sequence[Entry], contents: Contents, now: datetime) -> None:
        for entry in family:
            page = entry_page(entry, family, contents.languages, self.public_url, now)
            for name in entry.pages:
                batch.put(name, page)

    def _put_cap(self, batch: Batch, entry: Entry, others: Sequence[Entry]) -> None:
        if any(other.revision > entry.revision for other in others):
            return
        same = [entry, *(other for other in others if other.revision == entry.revision)]
        same.sort(key=lambda one: (one.language != one.languages[0], one.language))
        document = cap.document(same, self.public_url)
        batch.put(revision_name(entry.id, entry.revision), document)
        batch.put(newest_name(entry.id), document)

    def _put_lists(self, batch: Batch, contents: Contents, known: Sequence[Entry], now: datetime) -> Contents:
        """Write the index and the feeds of every language, and mark the pages of what has expired since."""
        have = {entry.key for entry in known}
        files = [f"entries/{key}.json" for key in contents.listed if key not in have]
        entries = [*known, *read_entries(self.folder, files)]
        gone = {key.partition(".")[0] for key in contents.expired(now)}
        for id_ in gone:
            self._put_pages(batch, [entry for entry in entries if entry.id == id_], contents, now)
        contents = contents.without(contents.expired(now))
        current = [entry for entry in entries if entry.key in contents.listed]
        for language in contents.languages:
            self._put_list(batch, contents, in_language(current, language), language, now)
        return contents

    def _put_list(
        self, batch: Batch, contents: Contents, entries: Sequence[Entry], language: str, now: datetime
    ) -> None:
        if contents.speaker is None or contents.updated is None:
            return
        place = Place(language, contents.languages, self.public_url, contents.speaker)
        batch.put(place.index, index_page(entries, place, now))
        for name, data in feeds(place, entries, contents.updated).items():
            batch.put(name, data)

    def _bury(self, batch: Batch, entry: Entry, kept: Sequence[Entry], contents: Contents, now: datetime) -> set[str]:
        """Let nothing stand of what was said before, and name the files in media/ that showed it."""
        used: set[str] = set()
        said = (entry, *kept)
        stays = (
            {one.file for one in said} | {newest_name(entry.id)} | {revision_name(one.id, one.revision) for one in said}
        )
        for name in self.folder.names(f"entries/{entry.id}.*.json"):
            used |= {file.decode() for file in _MEDIA.findall(self.folder.read(name) or b"")}
            if name not in stays:
                batch.remove(name)
        for name in self.folder.names(f"cap/{entry.id}.*xml"):
            if name not in stays:
                batch.remove(name)
        pages = {name for one in said for name in one.pages}
        tombstone = entry_page(entry, said, contents.languages, self.public_url, now)
        for name in self.folder.names(f"{entry.id}.*html"):
            if name not in pages:
                batch.put(name, tombstone)
        return used

    def _remove_media(self, batch: Batch, unused: set[str], family: Iterable[Entry]) -> None:
        """Remove files that no entry shows any longer; the entries of every notification are looked at."""
        unused = unused - {picture.file for entry in family for picture in entry.pictures}
        changed = {entry.file for entry in family}
        for name in self.folder.names("entries/*.json") if unused else ():
            if name not in changed and not batch.touches(name):
                unused -= {file.decode() for file in _MEDIA.findall(self.folder.read(name) or b"")}
        for file in sorted(unused):
            batch.remove(file)


def _is_late(entry: Entry, family: Iterable[Entry]) -> bool:
    """Whether the site already says something later: in this language, or in any that the matter is over."""
    return any(
        other.revision > entry.revision and (other.language == entry.language or other.is_over) for other in family
    )


def _stays_beside(entry: Entry, other: Entry) -> bool:
    return other.language != entry.language and (not entry.is_tombstone or other.revision >= entry.revision)
