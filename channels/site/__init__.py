"""The department's own pages: HTML, RSS, Atom, JSON Feed and CAP 1.2 in a folder that any web server shows.

It needs no account: what is written here is published.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from channels.site.entry import Entry, Unpublishable, is_web_address
from channels.site.folder import FolderBusy, SiteFolder
from channels.site.page_words import words_of_page
from channels.site.publishing import Site as Pages
from notifier.channel import (
    CannotTell,
    Capabilities,
    Channel,
    ChannelSettings,
    Delivered,
    Message,
    Outcome,
    Pictures,
    Prepared,
    Profile,
    Rejected,
    Retry,
    System,
    Works,
)
from notifier.errors import NotifierError
from notifier.http_client import profile_words

if TYPE_CHECKING:
    from notifier.http_client import HttpClient


_PICTURES = ("image/jpeg", "image/png", "image/gif", "image/webp")
_LARGEST = 20_000_000


def _system_clock() -> datetime:
    return datetime.now(UTC)


def _public_url(address: str) -> str:
    if not is_web_address(address) or urlsplit(address).query or urlsplit(address).fragment:
        raise ValueError(f'"{address}" is not a web address; write it whole, as "https://alerts.town.example"')
    return address.rstrip("/")


class SiteSettings(ChannelSettings):
    """Where the pages are written, and where the public reads them."""

    folder: Path = Field(description="folder that the web server shows; made when it is first needed")
    public_url: Annotated[str, AfterValidator(_public_url)] = Field(description="the address under which it is shown")


class Site(Channel):
    """The department's own pages, in a folder."""

    systems = (
        System(
            "The department's own site: pages, RSS, Atom, JSON Feed, CAP",
            "publishes",
            "Chromium, feedparser, OASIS's schema",
        ),
    )
    Settings: ClassVar[type[ChannelSettings]] = SiteSettings
    visitors_comment = False

    def __init__(
        self, name: str, settings: SiteSettings, http: "HttpClient", clock: Callable[[], datetime] = _system_clock
    ) -> None:
        super().__init__(name, settings, http)
        self._folder = SiteFolder(settings.folder, settings.timeout)
        self._pages = Pages(self._folder, settings.public_url)
        self._public_url = settings.public_url
        self._clock = clock

    @property
    def capabilities(self) -> Capabilities:
        """The whole text, a headline and a short one; pictures; the same message again changes nothing."""
        return Capabilities(
            form="long",
            beside=("headline", "short"),
            idempotency="key",
            pictures=Pictures(most=10, size=_LARGEST, side=2400, types=_PICTURES, alt=1000),
            video=_LARGEST,
            papers=True,
            can_amend=True,
            can_withdraw=True,
        )

    def load(self) -> None:
        """Import nothing: no request is made."""

    def send(self, prepared: Prepared) -> Outcome:
        """Write the page, its CAP document, the index and the feeds; none is seen unless all can be written."""
        media = {one.sha256: one.data for one in prepared.message.media}
        return self._changed(prepared.message, lambda entry: self._pages.publish(entry, media, self._clock()))

    def amend(self, receipt: Mapping[str, Any], prepared: Prepared) -> Outcome:
        """Write the later revision in the earlier one's place: the address stays."""
        return self.send(prepared)

    def withdraw(self, receipt: Mapping[str, Any], message: Message) -> Outcome:
        """Leave one line at the page's address, and nothing of it anywhere else."""
        return self._changed(message, lambda entry: self._pages.withdraw(entry, self._clock()))

    def _changed(self, message: Message, change: Callable[[Entry], bool]) -> Outcome:
        try:
            entry = Entry.from_message(message)
            change(entry)
        except Unpublishable as refused:
            return Rejected(str(refused))
        except FolderBusy as busy:
            return Retry(str(busy))
        except OSError as failure:
            return Retry(self._folder.explain(failure))
        url = f"{self._public_url}/{entry.page}"
        cap = f"{self._public_url}/cap/{entry.id}.xml"
        receipt = {"remote_id": entry.key, "url": url, "revision": entry.revision, "cap": cap}
        return Delivered(remote_id=entry.key, url=url, receipt=receipt)

    def check(self) -> Works | Outcome:
        """Try whether the folder can be written."""
        try:
            with self._folder.changing():
                return Works(said=f"{self._public_url}/index.html")
        except FolderBusy as busy:
            return Retry(str(busy))
        except OSError as failure:
            return Retry(self._folder.explain(failure))

    def profile(self) -> Profile | Outcome | CannotTell:
        """Read the words of the index page, as they stand in the folder."""
        try:
            index = self._folder.read("index.html")
        except OSError as failure:
            return Retry(self._folder.explain(failure))
        if index is None:
            return CannotTell("nothing is published on it yet; its first page will say what the order asks")
        return Profile({"index": profile_words(words_of_page(index))}, f"{self._public_url}/index.html")

    def upkeep(self, now: datetime) -> None:
        """Take what has expired off the index and the feeds; NotifierError where the folder cannot be written."""
        try:
            self._pages.drop_expired(now)
        except OSError as failure:
            raise NotifierError(self._folder.explain(failure)) from failure


CHANNEL = Site
