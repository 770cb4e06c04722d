"""One entry onto the site, or what has expired off it: everything that follows, as one batch under one lock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from channels.site import cap
from channels.site.contents import FILE, Contents, in_language, read_contents, read_entries
from channels.site.entry import Entry, Unpublishable
from channels.site.feeds import MOST_ENTRIES, Feed
from channels.site.folder import Batch, SiteFolder
from channels.site.pages import entry_page, index_name, index_page


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
            entry = entry.following(family)
            relatives = [other for other in family if other.language != entry.language]
            forgotten = family if entry.is_tombstone else [other for other in family if other not in relatives]
            if entry.is_tombstone:
                relatives = [other for other in relatives if other.revision >= entry.revision]
            self._put_media(batch, entry, media)
            batch.put(entry.file, entry.to_json())
            self._put_cap(batch, entry, relatives)
            contents = contents.without(other.key for other in family if other.is_tombstone or entry.is_tombstone)
            for one in [entry, *relatives]:
                contents = contents.adding(one)
            self._put_pages(batch, [entry, *relatives], contents, now)
            if entry.is_tombstone:
                self._bury(batch, entry, family, contents, now)
            self._forget_media(batch, forgotten, [entry, *relatives])
            self._put_lists(batch, contents, [entry, *relatives], now)
        return True

    def drop_expired(self, now: datetime) -> bool:
        """Take what has expired off the index and the feeds; False where nothing has since they were written."""
        if self.folder.read(FILE) is None or not read_contents(self.folder).expired(now):
            return False
        with self.folder.changing() as batch:
            self._put_lists(batch, read_contents(self.folder), [], now)
        return True
