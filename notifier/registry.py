"""Finds the kinds, the channel types and the feed types by their files, and makes the configured accounts.

Adding one is adding a file: no list is edited, and only what is called is imported.
"""

import hashlib
import pkgutil
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ValidationError

from notifier import kinds as kinds_package
from notifier.channel import HAND_OFF, Channel, ChannelSettings, secret_fields
from notifier.clock import Clock, system_clock
from notifier.errors import Problem, SettingsError, WrongUsage
from notifier.http_client import HttpClient
from notifier.kind import Kind
from notifier.policy.approving import WHO_APPROVES
from notifier.policy.wording import Wording, built_in
from notifier.project_files import PROJECT, make_channels_importable
from notifier.settings import PRACTICE_SECRET, Settings, fetch_secrets, section_problems

# `check` and older scripts say community-outreach for outreach (contract).
_ALIASES = {"community-outreach": "outreach"}


# --- kinds ------------------------------------------------------------------------------------------------------------


def kind_slugs() -> list[str]:
    """Name every kind, as the command line does."""
    return sorted(name.replace("_", "-") for name in _modules(Path(kinds_package.__path__[0])))


def kind(slug: str) -> type[Kind]:
    """Import one kind by its name; WrongUsage names those there are."""
    slug = _ALIASES.get(slug, slug)
    if slug not in kind_slugs():
        raise WrongUsage(f'there is no kind "{slug}"; the kinds are {", ".join(kind_slugs())}')
    found: type[Kind] = import_module(f"notifier.kinds.{slug.replace('-', '_')}").KIND
    return found


def _modules(folder: Path) -> list[str]:
    return sorted(module.name for module in pkgutil.iter_modules([str(folder)]) if not module.name.startswith("_"))


# --- channels ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Account:
    """A configured channel: its adapter, and the secrets that could not be fetched (they hold it)."""

    name: str
    type: str
    settings: ChannelSettings
    channel: Channel
    missing: tuple[str, ...] = ()

    @property
    def identity(self) -> str:
        """Tells this account from another of the same name: a hash of its settings that are no secret and no tuning."""
        common = set(ChannelSettings.model_fields) - {"type"}
        named = set(type(self.settings).model_fields) - common - secret_fields(type(self.settings))
        told = {name: str(getattr(self.settings, name)) for name in sorted(named)}
        host = urlsplit(self.settings.base_url or "").hostname
        return hashlib.sha256(repr((told, host)).encode()).hexdigest()[:16]

    @property
    def live(self) -> bool:
        """Whether the public reads it; an exercise never goes there."""
        return self.settings.live

    @property
    def approval_trouble(self) -> str | None:
        """What the approval of its page lacks (order 2.b.1), and what to do; without an approver nothing is sent."""
        if self.settings.approved_by is None:
            return "nobody approved it (order 2.b.1): add approved_by and approved_on to channels.toml"
        if self.settings.approved_on is None:
            by = self.settings.approved_by
            return f"nothing says when {by} approved it (order 2.b.1): add approved_on to channels.toml"
        return None


def channel_types() -> list[str]:
    """Name every type of channel there is a file for."""
    return _modules(PROJECT / "channels")


def channel_type(name: str) -> type[Channel]:
    """Import one type of channel."""
    found: type[Channel] = _channel_module(name).CHANNEL
    return found


def _channel_module(name: str) -> ModuleType:
    if name not in channel_types():
        raise WrongUsage(f'there is no type of channel "{name}"; the types are {", ".join(channel_types())}')
    make_channels_importable()
    where = Path(import_module("channels").__file__ or "").resolve().parent
    if where != (PROJECT / "channels").resolve():
        said = f"another package of this name is in the way at {where}; run notify on its own"
        raise SettingsError([Problem("channels", said)])
    return import_module(f"channels.{name}")


def accounts(settings: Settings, clock: Clock = system_clock) -> dict[str, Account]:
    """Make every configured account; SettingsError tells every problem of every channel and feed at once."""
    made, problems = _accounts(settings, clock)
    if problems:
        raise SettingsError([*problems, *_feeds(settings)[1]])
    return made


def further_problems(settings: Settings) -> list[Problem]:
    """Find what is wrong in the sections that the settings leave unvalidated: channels, routes, feeds, rules."""
    return [*_accounts(settings, system_clock)[1], *_feeds(settings)[1], *wording(settings)[1]]


def _accounts(settings: Settings, clock: Clock) -> tuple[dict[str, Account], list[Problem]]:
    made: dict[str, Account] = {}
    problems: list[Problem] = []
    for name, table in settings.channels.items():
        try:
            made[name] = _account(name, table, settings, clock)
        except SettingsError as wrong:
            problems += wrong.problems
    return made, problems + _route_problems(settings) + _approval_problems(settings) + _fallback_problems(
        made, settings
    )


def _fallback_problems(made: Mapping[str, Account], settings: Settings) -> list[Problem]:
    """What stands by must be another channel, and nothing that is read when the first is down too."""
    problems = []
    for name, account in made.items():
        spare, place = account.settings.fallback, f"channels.toml: channels.{name}.fallback"
        if spare is not None and spare != HAND_OFF and spare not in settings.channels:
            problems.append(Problem(place, f'there is no channel "{spare}"; name one, or write "{HAND_OFF}"'))
        elif spare == name:
            problems.append(Problem(place, f'name another channel than itself, or write "{HAND_OFF}"'))
        elif spare is not None and spare in made and account.live != made[spare].live:
            problems.append(Problem(place, f"{name} and {spare} must both be live, or neither"))
    return problems


def _approval_problems(settings: Settings) -> list[Problem]:
    known = kind_slugs()
    return [
        Problem("policy.toml: approval.kinds", f'"{name}" is not a kind; write some of {", ".join(known)}')
        for name in settings.policy.approval.kinds
        if name not in known
    ]


def _route_problems(settings: Settings) -> list[Problem]:
    kinds = kind_slugs()
    said = f"is not a kind; write default or one of {', '.join(kinds)}"
    wrong = [
        Problem(f"channels.toml: routes.{name}", said) for name in settings.routes if name not in ("default", *kinds)
    ]
    if settings.alarms is None:
        return wrong
    read_by_all = f"{settings.alarms} is the operator's, for alarms; name another channel"
    return wrong + [
        Problem(f"channels.toml: routes.{name}", read_by_all)
        for name, channels in settings.routes.items()
        if settings.alarms in channels
    ]


def _account(name: str, table: Mapping[str, Any], settings: Settings, clock: Clock) -> Account:
    place = f"channels.toml: channels.{name}"
    type_name = str(table.get("type", ""))
    if type_name not in channel_types():
        said = f'"{type_name}" is not a type of channel' if type_name else "type is missing"
        raise SettingsError([Problem(place, f"{said}; the types are {', '.join(channel_types())}")])
    adapter = channel_type(type_name)
    problems = _open_secrets(place, table, adapter)
    section = fetch_secrets(table, settings)
    validated = _validated(adapter.Settings, section.values, place, settings, problems)
    if problems or validated is None:
        raise SettingsError(problems)
    if wrong := _approver_problems(place, validated, settings):
        raise SettingsError(wrong)
    channel = adapter(name, validated, HttpClient(validated.timeout, clock))
    return Account(name, type_name, validated, channel, section.missing)


def _approver_problems(place: str, validated: ChannelSettings, settings: Settings) -> list[Problem]:
    """Only the chief or a designee approves a page (order 2.b.1); a department without a team says nobody's role."""
    by = validated.approved_by
    if by is None or not settings.department.team or settings.member(by).role in WHO_APPROVES:
        return []
    said = f'"{by}" is not a chief or pio of the team in department.toml; only they approve a page (order 2.b.1)'
    return [Problem(f"{place}.approved_by", said)]


def _open_secrets(place: str, table: Mapping[str, Any], adapter: type[Channel]) -> list[Problem]:
    return [
        Problem(f"{place}.{key}", 'a secret never stands here; write { env = "NAME" } or { file = "PATH" }')
        for key in secret_fields(adapter.Settings)
        if isinstance(table.get(key), str) and not str(table[key]).startswith(PRACTICE_SECRET)
    ]


def _validated(
    model: type[ChannelSettings], values: Mapping[str, Any], place: str, settings: Settings, problems: list[Problem]
) -> ChannelSettings | None:
    try:
        return model.model_validate(_with_paths(model, values, settings.base))
    except ValidationError as wrong:
        problems += section_problems(wrong, place)
        return None


def _with_paths(model: type[ChannelSettings], values: Mapping[str, Any], base: Path) -> dict[str, Any]:
    """Resolve relative paths of a channel as the store's path is, before its settings read what stands there."""
    paths = {
        name: base / value
        for name, about in model.model_fields.items()
        if about.annotation in (Path, Path | None)
        and isinstance(value := values.get(name, about.default), str | Path)
        and value != ""
    }
    return {**values, **paths}


def route(settings: Settings, kind_slug: str, wanted: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Say which channels a kind goes to: those asked for, else its route, else the default route, else all."""
    for name in wanted:
        if name not in settings.channels:
            known = ", ".join(settings.channels) or "none"
            raise WrongUsage(f'there is no channel "{name}" in channels.toml; the channels are {known}')
    if wanted:
        return tuple(dict.fromkeys(wanted))
    public = tuple(name for name in settings.channels if name != settings.alarms)
    return settings.routes.get(kind_slug) or settings.routes.get("default") or public


# --- the policy's wording ---------------------------------------------------------------------------------------------


def wording(settings: Settings) -> tuple[Wording, list[Problem]]:
    """Give the built-in wording with what the department adds to it, and what is wrong with that."""
    if not settings.policy.rules and not settings.policy.own:
        return built_in(), []
    from notifier.policy.department import read_wording

    return read_wording(settings)


# --- feeds ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Feed:
    """A configured feed: its type's module and its validated settings."""

    name: str
    type: str
    settings: Any
    reader: Any
    """The type's FEED: how to fetch, read and judge it."""


def feed_types() -> list[str]:
    """Name every type of feed: the modules of inputs/ that offer a FEED."""
    folder = Path(__file__).parent / "inputs"
    return [n for n in _modules(folder) if re.search(r"^FEED\b", (folder / f"{n}.py").read_text("utf-8"), re.MULTILINE)]


def feeds(settings: Settings) -> dict[str, Feed]:
    """Make every configured feed; SettingsError tells every problem of every channel and feed at once."""
    made, problems = _feeds(settings)
    if problems:
        raise SettingsError([*_accounts(settings, system_clock)[1], *problems])
    return made


def _feeds(settings: Settings) -> tuple[dict[str, Feed], list[Problem]]:
    made: dict[str, Feed] = {}
    problems: list[Problem] = []
    types = feed_types() if settings.feeds else []
    for name, table in settings.feeds.items():
        place = f"feeds.toml: feeds.{name}"
        type_name = str(table.get("type", ""))
        if type_name not in types:
            problems.append(Problem(place, f'"{type_name}" is not a type of feed; the types are {", ".join(types)}'))
            continue
        reader = import_module(f"notifier.inputs.{type_name}").FEED
        model: type[BaseModel] = reader.Settings
        try:
            validated = model.model_validate(dict(fetch_secrets(table, settings).values))
        except ValidationError as wrong:
            problems += section_problems(wrong, place)
            continue
        problems += _preapproval_problems(place, validated, settings)
        made[name] = Feed(name, type_name, validated, reader)
    return made, problems


def _preapproval_problems(place: str, validated: BaseModel, settings: Settings) -> list[Problem]:
    by = getattr(validated, "preapproved_by", None)
    is_known = bool(settings.department.name)  # where department.toml is wrong itself, nobody's role is known
    if by is None or not is_known or settings.member(by).role in WHO_APPROVES:
        return []
    return [Problem(f"{place}.preapproved_by", f'"{by}" is not a chief or pio of the team in department.toml')]
