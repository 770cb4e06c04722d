"""Whatever else Apprise reaches (chats, push services, SMS gateways), by its addresses; to notify, no more.

Apprise says yes or no and nothing else: no id, no address, nothing to look up, change or take away. Its no does not say
whether the service has it, so that a person looks. One attempt is one call of one plugin, in its time: its repeats, its
splitting, its redirects, its waiting between calls and its own files are off, whatever an address asks for.
"""

import logging
import re
import threading
import warnings
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, Field, SecretStr

from notifier.channel import (
    AuthFailed,
    Capabilities,
    Channel,
    ChannelSettings,
    Delivered,
    Limit,
    Message,
    Outcome,
    Prepared,
    Rejected,
    System,
    Unknown,
    Works,
)
from notifier.http_client import service_words

if TYPE_CHECKING:
    from apprise import NotifyBase

_MISSING = 'apprise is not installed here; install it with: pip install "police-notifier[apprise]"'
_MOST_TITLE = 250


def _addresses(urls: SecretStr) -> tuple[str, ...]:
    lines = (line.strip() for line in urls.get_secret_value().splitlines())
    return tuple(url for line in lines if not line.startswith("#") for url in line.split())


def _readable(urls: SecretStr) -> SecretStr:
    for number, url in enumerate(_addresses(urls), 1):
        if not re.fullmatch(r"[A-Za-z0-9]{1,30}://[\x21-\x7e]{1,2000}", url):
            raise ValueError(f"number {number} is no address of Apprise's; write SCHEMA://… each, on a line of its own")
    return urls


class AppriseSettings(ChannelSettings):
    """Apprise's addresses, which hold tokens and passwords."""

    urls: Annotated[SecretStr, AfterValidator(_readable)] = Field(
        description="Apprise's addresses, one a line, # for a comment, each its own delivery; add new ones at the end"
    )
    limit: int = Field(
        1000,
        ge=50,
        le=30_000,
        description="the characters that a text may have; the least that any of its services takes",
    )


class Apprise(Channel):
    """Some of Apprise's addresses."""

    systems = (
        System(
            "Slack, Microsoft Teams, Discord, Telegram, ntfy and what else Apprise reaches",
            "notify-only",
            "Apprise's own json:// on loopback; each service as far as Apprise has it",
        ),
    )
    Settings = AppriseSettings
    settings: AppriseSettings
    visitors_comment = False

    @property
    def capabilities(self) -> Capabilities:
        """A text below a title, to each address; nobody but a person can tell what came of a no."""
        names = self._names()
        return Capabilities(
            "long",
            Limit(self.settings.limit, "characters"),
            beside=("headline",),
            live_signs="@#",
            recipients=tuple(names) if len(names) > 1 else (),
        )

    def load(self) -> None:
        """Import Apprise and all of its plugins, where it is installed."""
        if _library():
            from apprise import Apprise as Library

            Library.instantiate("json://localhost")

    def send(self, prepared: Prepared) -> Outcome:
        """Notify by one address, once."""
        message, names = prepared.message, self._names()
        name = message.recipient or (next(iter(names)) if len(names) == 1 else "")
        if name not in names:
            return Rejected("its address stands in `urls` no more, or in another place; publish again")
        plugin = self._plugin(name, names[name], message)
        if isinstance(plugin, AuthFailed):
            return plugin
        title = message.beside.get("headline", message.headline)[:_MOST_TITLE]
        if too_much := _too_much(plugin, title, message.text):
            return Rejected(f"{name} takes {too_much}; lower `limit`, or leave this channel out")
        return self._within(name, lambda: _notified(plugin, title, message.text))

    def check(self) -> Works | Outcome:
        """See whether Apprise understands each address; it has no way to try one without a notification."""
        told = []
        for name, url in self._names().items():
            plugin = self._plugin(name, url, None)
            if isinstance(plugin, AuthFailed):
                return plugin
            if (most := _most(plugin)) < self.settings.limit:
                return Rejected(f"{name} takes {most} characters; set `limit` to no more")
            told.append(f"{name}: {service_words(str(plugin.service_name))}")
        return Works(said=f"understood, but not tried: {', '.join(told)}")

    def _names(self) -> dict[str, str]:
        """Each address by a name that holds no secret: its place and its schema."""
        urls = _addresses(self.settings.urls)
        return {f"{number}-{url.partition('://')[0].lower()}": url for number, url in enumerate(urls, 1)}

    def _plugin(self, name: str, url: str, message: Message | None) -> "NotifyBase | AuthFailed":
        """Make what notifies by an address, with all switched off that would act behind the record's back."""
        if not _library():
            return AuthFailed(_MISSING)
        from apprise import Apprise as Library
        from apprise import AppriseAsset, PersistentStoreMode

        asset = AppriseAsset(
            app_id=message.department_name if message else "",
            app_desc=message.short_name if message else "",
            app_url=message.website if message else "",
            # Its own logos are on somebody else's server.
            image_url_mask="",
            image_url_logo="",
            async_mode=False,
            http_redirects=False,
            interpret_emojis=False,
            pgp_autogen=False,
            pem_autogen=False,
            plugin_paths=[],
            storage_mode=PersistentStoreMode.MEMORY,
        )
        plugin = Library.instantiate(url, asset=asset)
        if plugin is None:
            return AuthFailed(
                f"Apprise does not understand the address {name}, or lacks a library for it; correct `urls`"
            )
        plugin.redirects, plugin.optional, plugin.request_rate_per_sec = False, False, 0.0
        plugin.socket_connect_timeout = plugin.socket_read_timeout = self.settings.timeout / 2
        return plugin

    def _within(self, name: str, notify: Any) -> Outcome:
        """Wait for a plugin no longer than the timeout: its own begins anew with each byte that drips in."""
        answers: list[bool] = []
        thread = threading.Thread(target=lambda: answers.append(notify()), name="apprise", daemon=True)
        thread.start()
        thread.join(self.settings.timeout)
        if not answers:
            return Unknown(f"Apprise did not end in time at {name}; it may have notified")
        if not answers[0]:
            return Unknown(f"Apprise says no at {name}, and not whether the service has it")
        return Delivered(None, None, {"by": name})


def _library() -> bool:
    # One of its plugins imports what Python will drop, and is ready for that.
    warnings.filterwarnings("ignore", "'imghdr' is deprecated", DeprecationWarning)
    try:
        import apprise  # noqa: F401
    except ImportError:
        return False
    # Whatever the level, they write addresses with their tokens; what counts is told by the outcome.
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 10)
    logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)
    return True


def _notified(plugin: "NotifyBase", title: str, text: str) -> bool:
    try:
        return bool(plugin.notify(body=text, title=title, overflow="upstream", body_format="text"))
    except Exception:  # a plugin that breaks says no more than one that says no
        return False


def _most(plugin: "NotifyBase") -> int:
    # Where there is no title, it goes into the body, with a sign or two between.
    return max(0, int(plugin.body_maxlen) - (0 if plugin.title_maxlen > 0 else _MOST_TITLE + 10))


def _too_much(plugin: "NotifyBase", title: str, text: str) -> str | None:
    """Say what a plugin would cut away in silence; None where it takes all."""
    room = int(plugin.body_maxlen) - (0 if plugin.title_maxlen > 0 else len(title) + 10)
    if len(text) > room:
        return f"{max(room, 0)} characters of it"
    lines = int(plugin.body_max_line_count)
    return f"{lines} lines" if 0 < lines <= text.count("\n") else None


CHANNEL = Apprise
