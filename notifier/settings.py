"""The department's configuration: TOML files read once, checked whole, every problem told with its file and key.

Channels and feeds stay unvalidated here; the registry, which knows their types, validates them and tells their
problems together with these.
"""

import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError

from notifier.errors import Problem, SettingsError
from notifier.project_files import EXAMPLE_CONFIG
from notifier.store_address import SecretPlace, Store, address, fetch, whole_url
from notifier.when import read_duration

M = TypeVar("M", bound=BaseModel)
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
"""How channels, feeds and own rules may be named."""
NAME_RULE = "a name has small letters, digits and dashes, at most 32"
Role = Literal["chief", "pio", "dispatcher"]
LONGEST_SHORT_NAME = 20
"""Characters; the source must leave room for a closure in a text message."""

PRACTICE_SECRET = "practice-"  # noqa: S105 (it is none)
"""A literal value that begins so is no secret: only the practice platforms take it."""


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        raise ValueError(f'"{name}" is not a time zone; write one as "America/New_York"') from None
    return name


def _website(address: str) -> str:
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f'"{address}" is not a web address; write it whole, as "https://police.town.example"')
    return address.rstrip("/")


_ARGON2 = r"\$argon2(?:id|i|d)\$(?:v=\d+\$)?m=\d+,t=\d+,p=\d+\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+"


def _argon2(hashed: str) -> str:
    # The value stays unsaid: it may be the pin itself.
    if not re.fullmatch(_ARGON2, hashed):
        raise ValueError('is not an argon2 hash; a pin never stands here: write what "notify config pin" makes of it')
    return hashed


class TeamMember(_Section):
    """A member of the department's social-media team (order 2.b.1)."""

    user: str = Field(min_length=1, max_length=64, description="the login, or what --as and $NOTIFY_USER say")
    role: Role = Field(description="chief, pio or dispatcher")
    pin: Annotated[str, AfterValidator(_argon2)] | None = Field(
        None,
        repr=False,
        description="an argon2 hash (notify config pin); the pin is asked for where approvals are given",
    )


def _each_once(team: tuple[TeamMember, ...]) -> tuple[TeamMember, ...]:
    users = [member.user for member in team]
    twice = next((user for user in users if users.count(user) > 1), None)
    if twice is not None:
        raise ValueError(f'"{twice}" stands here twice; who may approve must be clear, so keep one')
    return team


class Department(_Section):
    """Who publishes: `department.toml`."""

    name: str = Field(min_length=1, max_length=80, description="the full name, as on the station")
    short_name: str = Field(
        min_length=1, max_length=LONGEST_SHORT_NAME, description="the name as it stands in a text message"
    )
    website: Annotated[str, AfterValidator(_website)] = Field(description="the department's official website")
    terms_of_use: Annotated[str, AfterValidator(_website)] | None = Field(
        None, description="the page of that website with the terms of use for comments (order 2.b.4)"
    )
    phone: str = Field(min_length=3, max_length=20, description="the number the public calls")
    timezone: Annotated[str, AfterValidator(_zone)] = Field(description="the IANA name of the time zone")
    languages: tuple[Literal["en", "es"], ...] = Field(
        ("en",), min_length=1, description="languages it publishes in; the first is the default"
    )
    store: Store = Store()
    team: Annotated[tuple[TeamMember, ...], AfterValidator(_each_once)] = ()

    @property
    def zone(self) -> ZoneInfo:
        """The time zone."""
        return ZoneInfo(self.timezone)

    @property
    def slug(self) -> str:
        """The department's key in the store, made from its website's host: it is one of a kind and stays."""
        return urlsplit(self.website).hostname or "department"


def _waiting_time(value: object) -> object:
    if isinstance(value, timedelta):
        return value
    length = read_duration(value) if isinstance(value, str) else None
    if length is None or not timedelta(minutes=1) <= length <= timedelta(days=30):
        raise ValueError('is not a length of time from 1m to 30d; write "12h"')
    return length


class Approval(_Section):
    """When a person must approve."""

    kinds: tuple[str, ...] = Field((), description="kinds that always wait for approval; what is over never waits")
    expires: Annotated[timedelta, BeforeValidator(_waiting_time)] = Field(
        timedelta(hours=12), description="how long it may wait, as 12h; then it goes out no more"
    )


def _only_review(verdict: object) -> object:
    if verdict != "review":
        raise ValueError('may only be "review"; what a statute forbids stays blocked, and no rule is switched off')
    return verdict


class AddedToRule(_Section):
    """What the department adds to a rule of the order."""

    verdict: Annotated[Literal["review"] | None, BeforeValidator(_only_review)] = Field(
        None, description='"review": the rule\'s findings wait for approval; what a statute forbids stays blocked'
    )
    words: tuple[str, ...] = Field((), description="further phrases that decide alone, whatever case and accents")
    patterns: tuple[str, ...] = Field((), description="further regular expressions that decide alone in a sentence")


class OwnRuleFile(_Section):
    """Where a rule of the department's own stands."""

    file: str = Field(min_length=1, description='its wording, relative to this file, as "rules/mascot.toml"')


class PolicySettings(_Section):
    """What the department adds to the built-in policy: `policy.toml`."""

    approval: Approval = Approval()
    rules: Mapping[str, AddedToRule] = {}
    own: Mapping[str, OwnRuleFile] = {}


class AlarmSettings(_Section):
    """Who hears of failures: `[alarms]` of channels.toml."""

    channel: str | None = Field(None, description="a channel of type smtp or webhook, for the operator alone")


@dataclass(frozen=True)
class Settings:
    """A whole configuration, its secrets not yet fetched."""

    folder: Path
    """The configuration's folder."""
    department: Department
    store_url: str = field(repr=False)
    """sqlite:///ABSOLUTE or postgresql://…; from a variable, it may hold a password."""
    channels: Mapping[str, Mapping[str, Any]]
    routes: Mapping[str, tuple[str, ...]]
    feeds: Mapping[str, Mapping[str, Any]]
    policy: PolicySettings
    alarms: str | None
    """The channel through which the operator hears of failures; it is in no route."""
    environment: Mapping[str, str] = field(repr=False)
    is_example: bool = False
    store_password: SecretStr | None = None
    """What joins the store's address when it is opened."""

    @property
    def base(self) -> Path:
        """What relative paths of the configuration are relative to."""
        return state_folder(self.environment) if self.is_example else self.folder.parent

    @property
    def database_password(self) -> str | None:
        """The password that joins the store's address, in the clear: for who opens it."""
        return self.store_password.get_secret_value() if self.store_password else None

    def member(self, user: str) -> TeamMember:
        """The team's member of this name; one outside the team counts as a dispatcher."""
        found = (member for member in self.department.team if member.user == user)
        return next(found, None) or TeamMember.model_construct(user=user, role="dispatcher", pin=None)


def state_folder(environment: Mapping[str, str]) -> Path:
    """Where the example department keeps its store and its site ($XDG_STATE_HOME/notifier)."""
    home = environment.get("XDG_STATE_HOME") or str(Path(environment.get("HOME", "~")).expanduser() / ".local/state")
    return Path(home) / "notifier"


def find_config(given: str | None, environment: Mapping[str, str], here: Path) -> Path | None:
    """Choose the configuration: --config, $NOTIFY_CONFIG, ./config, ~/.config/notifier; None: the example one."""
    if given is not None:
        return Path(given)
    if environment.get("NOTIFY_CONFIG"):
        return Path(environment["NOTIFY_CONFIG"])
    own = [here / "config", Path(environment.get("HOME", "~")).expanduser() / ".config" / "notifier"]
    return next((folder for folder in own if (folder / "department.toml").is_file()), None)


def read_settings(
    chosen: Path | None,
    environment: Mapping[str, str] | None = None,
    further: Callable[[Settings], list[Problem]] | None = None,
) -> Settings:
    """Read a configuration; SettingsError tells every problem of these files at once.

    chosen: its folder; None: the example department, whose store and site stand in the state folder. environment:
    $-variables, to which a `.env` beside the folder adds what is not set; default: this process's. further: finds what
    is wrong in the sections that stay unvalidated here; asked when something is wrong, to tell all of it together.
    """
    is_example = chosen is None
    folder = EXAMPLE_CONFIG if chosen is None else chosen
    problems: list[Problem] = []
    if not folder.is_dir():
        raise SettingsError([Problem(str(folder), 'there is no such folder; run "notify init" to make one')])
    variables = {**_dotenv(folder.parent / ".env"), **(os.environ if environment is None else environment)}
    department_toml = _read_toml(folder / "department.toml", problems, required=True)
    channels_toml = _read_toml(folder / "channels.toml", problems, required=True)
    feeds_toml = _read_toml(folder / "feeds.toml", problems)
    policy_toml = _read_toml(folder / "policy.toml", problems)
    department = _validate(Department, department_toml, "department.toml", problems)
    policy = _validate(PolicySettings, policy_toml, "policy.toml", problems)
    channels = _tables(channels_toml, "channels", "channels.toml", problems)
    feeds = _tables(feeds_toml, "feeds", "feeds.toml", problems)
    _unknown_keys(channels_toml, {"channels", "routes", "alarms"}, "channels.toml", problems)
    alarms = _validate(AlarmSettings, channels_toml.get("alarms", {}), "channels.toml: alarms", problems)
    if alarms is not None and alarms.channel is not None and alarms.channel not in channels:
        problems.append(Problem("channels.toml: alarms.channel", f'there is no channel "{alarms.channel}"'))
    _unknown_keys(feeds_toml, {"feeds"}, "feeds.toml", problems)
    routes = _routes(channels_toml, set(channels), problems)
    # What is wrong elsewhere can be told though nobody knows who the department is.
    known = department or Department.model_construct(name="", short_name="", website="", phone="", timezone="UTC")
    base = state_folder(variables) if is_example else folder.resolve().parent
    url, password = address(known.store, variables, folder, problems)
    settings = Settings(
        folder.resolve(),
        known,
        whole_url(url, base),
        channels,
        routes,
        feeds,
        policy or PolicySettings(),
        alarms.channel if alarms else None,
        variables,
        is_example,
        password,
    )
    if problems:
        raise SettingsError([*problems, *(further(settings) if further else ())])
    return settings


def _dotenv(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    from dotenv import dotenv_values

    return {name: value for name, value in dotenv_values(path).items() if value is not None}


def _read_toml(path: Path, problems: list[Problem], *, required: bool = False) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if required:
            problems.append(Problem(path.name, f'is missing from {path.parent}; run "notify init" to make it'))
    except tomllib.TOMLDecodeError as wrong:
        problems.append(Problem(path.name, f"is not TOML: {wrong}"))
    except (OSError, UnicodeDecodeError) as wrong:
        problems.append(Problem(path.name, f"cannot be read: {wrong}"))
    return {}


def _validate(model: type[M], table: dict[str, Any], file: str, problems: list[Problem]) -> M | None:
    if not table and any(p.where == file for p in problems):
        return None
    try:
        return model.model_validate(table)
    except ValidationError as wrong:
        problems += section_problems(wrong, file)
        return None


def section_problems(wrong: ValidationError, place: str) -> list[Problem]:
    """Turn a model's refusal of a section into sentences that name the file and the key."""
    problems = []
    for error in wrong.errors():
        key = ".".join(str(part) for part in error["loc"])
        match error["type"]:
            case "extra_forbidden":
                sentence = "is not a setting; check its spelling"
            case "missing":
                sentence = "is missing; add it"
            case _:
                sentence = error["msg"].removeprefix("Value error, ")
        problems.append(Problem(f"{place}: {key}" if key else place, sentence))
    return problems


def _tables(toml: dict[str, Any], name: str, file: str, problems: list[Problem]) -> dict[str, dict[str, Any]]:
    tables = toml.get(name, {})
    if not isinstance(tables, dict):
        problems.append(Problem(f"{file}: {name}", f"write each as a table, [{name}.NAME]"))
        return {}
    found = {}
    for key, table in tables.items():
        if not NAME.fullmatch(key):
            problems.append(Problem(f"{file}: {name}.{key}", NAME_RULE))
        elif not isinstance(table, dict):
            problems.append(Problem(f"{file}: {name}.{key}", f"write it as a table, [{name}.{key}]"))
        else:
            found[key] = table
    return found


def _unknown_keys(toml: dict[str, Any], known: set[str], file: str, problems: list[Problem]) -> None:
    problems += [
        Problem(f"{file}: {key}", f"is not a setting; this file has {', '.join(sorted(known))}")
        for key in toml
        if key not in known
    ]


def _routes(toml: dict[str, Any], channels: set[str], problems: list[Problem]) -> dict[str, tuple[str, ...]]:
    routes: dict[str, tuple[str, ...]] = {}
    tables = toml.get("routes", {})
    if not isinstance(tables, dict):
        problems.append(Problem("channels.toml: routes", "write it as a table, [routes]"))
        return {}
    for kind, names in tables.items():
        place = f"channels.toml: routes.{kind}"
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            problems.append(Problem(place, 'write a list of channels, as ["site", "x"]'))
            continue
        problems += [Problem(place, f'there is no channel "{name}"') for name in names if name not in channels]
        routes[kind] = tuple(dict.fromkeys(names))
    return routes


# --- secrets ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Section:
    """A channel's or feed's table with its secrets fetched, and the names of those that could not be."""

    values: Mapping[str, Any] = field(repr=False)
    missing: tuple[str, ...] = ()


def fetch_secrets(table: Mapping[str, Any], settings: Settings) -> Section:
    """Replace each `{ env = "NAME" }` and `{ file = "PATH" }` of a table by what it names.

    A missing one becomes an empty text and is named: it holds its channel and lets the others go.
    """
    values: dict[str, Any] = {}
    missing: list[str] = []
    for key, value in table.items():
        values[key] = value
        if isinstance(value, dict) and set(value) in ({"env"}, {"file"}):
            named = {one: None if value.get(one) is None else str(value[one]) for one in ("env", "file")}
            place = SecretPlace.model_construct(None, **named)
            values[key], lacks = fetch(place, settings.environment, settings.folder)
            missing += [lacks] if lacks else []
    return Section(values, tuple(missing))


def read_every(text: str) -> timedelta:
    """Read a feed's interval, `60s` or `5m`, between 10 seconds and a day."""
    match = re.fullmatch(r"(\d{1,5})\s*([smh])", text.strip())
    if match is None:
        raise ValueError(f'"{text}" is not an interval; write "60s" or "5m"')
    interval = timedelta(seconds=int(match[1]) * {"s": 1, "m": 60, "h": 3600}[match[2]])
    if not timedelta(seconds=10) <= interval <= timedelta(days=1):
        raise ValueError("an interval is between 10s and 24h")
    return interval
