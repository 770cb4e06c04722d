"""What the contract's tests try an adapter with: the adapters of channels/, an account of each, and one attempt.

An adapter's own test module may offer `contract_account(url) -> dict`: settings for a service at `url`, each secret at
least 8 characters. Without it the account is made from the field types, so that a new adapter is tried before its
author has written a line of test. It may offer as well, each as a function without arguments that gives a dict:
`contract_state`, what the adapter keeps once it has signed in; `contract_saved`, what it has prepared;
`contract_receipt`, the receipt of a post of its own, which every adapter needs that can amend, reply or withdraw.
test_bad_input.py says what it may offer for its texts; bench/adapters.py measures it with the same account.
"""

import importlib
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import SecretStr, ValidationError

import channels
from notifier.channel import (
    Absent,
    AuthFailed,
    CannotTell,
    Channel,
    ChannelSettings,
    Delivered,
    Finding,
    Found,
    Message,
    Outcome,
    Prepared,
    Profile,
    Rejected,
    Retry,
    Unknown,
    Works,
    secret_fields,
)
from notifier.http_client import HttpClient
from tests.channels.messages import NOW, a_prepared
from tests.channels.wire import WireServer
from tests.notifications import some_media, some_video

FOLDER = Path(channels.__path__[0])
OUTCOMES = (Delivered, Rejected, AuthFailed, Retry, Unknown)
_SECRET = re.compile("token|jwt|session|cookie|password|secret|key")
FINDINGS = (Found, Absent, CannotTell)


def _names() -> list[str]:
    files = [path.stem for path in FOLDER.glob("*.py")]
    folders = [path.parent.name for path in FOLDER.glob("*/__init__.py")]
    return sorted(name for name in [*files, *folders] if not name.startswith("_"))


def adapter_of(name: str) -> type[Channel]:
    """Import an adapter by its name."""
    adapter: type[Channel] = importlib.import_module(f"channels.{name}").CHANNEL
    return adapter


def _speaks_http(name: str) -> bool:
    fields = adapter_of(name).Settings.model_fields
    # Every channel takes a base_url; one that speaks HTTP has a service of its own there, or demands it.
    return "url" in fields or fields["base_url"].default is not None


ADAPTERS = _names()
NETWORKED = [name for name in ADAPTERS if _speaks_http(name)]


# --- an account to try it with ----------------------------------------------------------------------------------------


def _account(name: str, url: str) -> dict[str, Any]:
    try:
        offered: Callable[[str], dict[str, Any]] = importlib.import_module(
            f"tests.channels.test_{name}"
        ).contract_account
    except (ModuleNotFoundError, AttributeError):
        return _guessed(adapter_of(name).Settings, name, url)
    return offered(url)


def _guessed(settings: type[ChannelSettings], name: str, url: str) -> dict[str, Any]:
    account: dict[str, Any] = {"type": name}
    for field, about in settings.model_fields.items():
        if field in ("base_url", "url", "public_url"):
            account[field] = url
        elif field in secret_fields(settings):
            account[field] = f"contract-secret-{field}"
        elif about.is_required() and field != "type":
            account[field] = "/nowhere/contract" if about.annotation is Path else "1"
    return account


def channel_of(name: str, url: str, timeout: float = 5.0) -> Channel:
    """Make a channel of an adapter for a service at this address; its clock stands."""
    kind = adapter_of(name)
    try:
        settings = kind.Settings.model_validate({**_account(name, url), "timeout": timeout})
    except ValidationError as wrong:
        raise AssertionError(
            f"no account of {name} can be guessed: offer contract_account(url) in its test module. {wrong}"
        ) from None
    return kind("contract", settings, HttpClient(timeout, clock=lambda: NOW))


def secrets_of(channel: Channel) -> list[str]:
    """Read the secrets of a channel's settings, and of what it keeps of its account."""
    found = [getattr(channel.settings, field) for field in secret_fields(channel.Settings)]
    kept = channel.state.read().items()
    own = [secret.get_secret_value() for secret in found if isinstance(secret, SecretStr)]
    return own + [value for name, value in kept if isinstance(value, str) and _SECRET.search(name)]


def offered(name: str, what: str) -> dict[str, Any]:
    """Ask an adapter's test module for a state, something prepared, or a receipt; empty where it offers none."""
    try:
        module = importlib.import_module(f"tests.channels.test_{name}")
    except ModuleNotFoundError:
        return {}
    found: dict[str, Any] = getattr(module, what, dict)()
    return found


def an_attempt(name: str, channel: Channel) -> Prepared:
    """Make what a channel is to send: to its first recipient, with what it needs, prepared as its author says."""
    can = channel.capabilities
    needed = {"picture": (some_media(),), "video": (some_video(),)}.get(can.needs or "", ())
    whole = a_prepared(recipient=next(iter(can.recipients), ""), media=needed)
    return replace(whole, saved=offered(name, "contract_saved"))


class Kit:
    """One adapter against one service: sends, and checks what holds for every attempt."""

    def __init__(self, name: str, server: WireServer, timeout: float = 5.0) -> None:
        self.channel = channel_of(name, server.url, timeout)
        self.name = name
        self.server = server
        self.prepared = an_attempt(name, self.channel)
        self.receipt = offered(name, "contract_receipt")
        can, message = self.channel.capabilities, self.prepared.message
        taken = [some_media()] * (can.pictures is not None) + [some_video()] * (can.video is not None)
        self.messages = [message, *(replace(message, media=(one,)) for one in taken)]
        """Messages that it is to prepare: as it needs them, and with whatever it takes."""

    def send(self) -> Outcome:
        """Send once: one of five outcomes, one publishing request at most, no secret told."""
        before = self._signed_in()
        outcome = self.channel.send(self.prepared)
        assert isinstance(outcome, OUTCOMES)
        assert len(self.server.posts) - before == 1, "send makes exactly one publishing request"
        self._tells_no_secret(outcome)
        return outcome

    def sign_in(self) -> Outcome | None:
        """Sign in anew: a session or an outcome, no secret told."""
        self.channel.state.change(**dict.fromkeys(self.channel.state.read()))
        outcome = self.channel.sign_in()
        assert outcome is None or isinstance(outcome, OUTCOMES)
        self._tells_no_secret(outcome)
        return outcome

    def prepare(self, message: Message) -> Prepared | Outcome:
        """Prepare once: what may be sent or an outcome, no secret in either."""
        prepared = self.channel.prepare(message, {})
        assert isinstance(prepared, (Prepared, *OUTCOMES))
        self._tells_no_secret(prepared.saved if isinstance(prepared, Prepared) else prepared)
        return prepared

    def later(self, operation: str) -> Outcome:
        """Amend, reply to or withdraw the post of the receipt, in one request at most."""
        before = self._signed_in()
        act = {
            "amend": lambda: self.channel.amend(self.receipt, self.prepared),
            "reply": lambda: self.channel.reply(self.receipt, self.prepared),
            "withdraw": lambda: self.channel.withdraw(self.receipt, self.prepared.message),
        }[operation]
        outcome = act()
        assert isinstance(outcome, OUTCOMES)
        assert len(self.server.posts) - before <= 1, f"{operation} makes one request that changes something, at most"
        self._tells_no_secret(outcome)
        return outcome

    def find(self) -> Finding:
        """Look up once: one of three findings, nothing published, no secret told."""
        before = self._signed_in()
        finding = self.channel.find(self.prepared, NOW - timedelta(minutes=5))
        assert isinstance(finding, FINDINGS)
        assert len(self.server.posts) == before, "a look-up publishes nothing"
        self._tells_no_secret(finding)
        return finding

    def check(self) -> Works | Outcome | None:
        """Try the credential: whether it works or an outcome, no secret told."""
        self._signed_in()
        outcome = self.channel.check()
        assert outcome is None or isinstance(outcome, (Works, *OUTCOMES))
        assert not isinstance(outcome, Delivered), "a check delivers nothing: it says Works"
        self._tells_no_secret(outcome)
        return outcome

    def profile(self) -> Profile | Outcome | CannotTell:
        """Read the page once: what it says or why it cannot be read, one request at most, nothing published."""
        self._signed_in()
        before = len(self.server.seen)
        found = self.channel.profile()
        assert isinstance(found, (Profile, CannotTell, *OUTCOMES))
        asked = self.server.seen[before:]
        assert [seen.method for seen in asked] in ([], ["GET"]), "a profile is read in one request"
        self._tells_no_secret(found)
        return found

    def _signed_in(self) -> int:
        """Let it keep what it has once it has signed in, whatever it was answered before; how much it posted by now."""
        self.channel.state.change(**offered(self.name, "contract_state"))
        return len(self.server.posts)

    def _tells_no_secret(self, told: object) -> None:
        for secret in secrets_of(self.channel):
            assert secret not in repr(told)
            assert not any(secret in seen.target for seen in self.server.seen), "a secret in an address is logged"
