"""`notify init`: ask what only the department knows, and write a configuration that works."""

import json
import re
import shutil
import sys
from datetime import date
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer

from notifier.channel import ChannelSettings, secret_fields
from notifier.cli.session import actor, made, note
from notifier.errors import WrongUsage
from notifier.project_files import EXAMPLE_CONFIG
from notifier.registry import channel_type, channel_types
from notifier.settings import LONGEST_SHORT_NAME, Department

_COMMON = set(ChannelSettings.model_fields)

_FEEDS = """\
# Weather alerts for your forecast zone and county (look them up at weather.gov). Remove the # to poll them.
# [feeds.nws]
# type = "nws"
# url = "https://api.weather.gov/alerts/active?zone=MAZ014"
# zones = ["MAZ014", "MAC017"]
# every = "60s"
# publish = "ask"
"""


def init(
    folder: Annotated[Path, typer.Option("--dir", help="Where config/ and .env are made")] = Path(),
    name: Annotated[str | None, typer.Option("--name", help="The department's full name")] = None,
    short_name: Annotated[str | None, typer.Option("--short-name", help="As it stands in a text message")] = None,
    website: Annotated[str | None, typer.Option("--website", help="The official website")] = None,
    phone: Annotated[str | None, typer.Option("--phone", help="The number the public calls")] = None,
    timezone: Annotated[str | None, typer.Option("--timezone", help="As America/New_York")] = None,
    channels: Annotated[str | None, typer.Option("--channels", help="Channel types, as site,x,facebook")] = None,
    approved_by: Annotated[
        str | None, typer.Option("--approved-by", help="Who approved the pages (order 2.b.1)")
    ] = None,
) -> None:
    """Make a configuration for your department: config/ and .env. Nothing that exists is overwritten."""
    config, env = folder / "config", folder / ".env"
    for path in (config / "department.toml", config / "channels.toml", env):
        if path.exists():
            raise WrongUsage(f"{path} is there already; change it with an editor, or give another --dir")
    department = {
        "name": name or _asked("--name", "The department's full name", "Exampleton Police Department"),
        "short_name": short_name
        or _asked("--short-name", f"Its short name (at most {LONGEST_SHORT_NAME} characters)", "Exampleton PD"),
        "website": website or _asked("--website", "Its official website", "https://police.exampleton.example"),
        "phone": phone or _asked("--phone", "The number the public calls", "555-555-0100"),
        "timezone": timezone or _asked("--timezone", "Its time zone", "America/New_York"),
    }
    _check(department)
    types = _types(channels or _asked("--channels", f"Its channels, of {', '.join(channel_types())}", "site"))
    chief = approved_by or _asked(
        "--approved-by", "The user who approved these pages (chief or designee)", actor(None).user
    )
    tables, variables = _channels(types, chief, department["website"])
    config.mkdir(parents=True, exist_ok=True)
    (config / "department.toml").write_text(_department_toml(department, chief), encoding="utf-8")
    (config / "channels.toml").write_text(tables, encoding="utf-8")
    (config / "feeds.toml").write_text(_FEEDS, encoding="utf-8")
    shutil.copyfile(EXAMPLE_CONFIG / "policy.toml", config / "policy.toml")
    env.touch(mode=0o600)
    env.write_text("".join(f"{variable}=\n" for variable in variables), encoding="utf-8")
    note(f"{config} is made. Next:", "green")
    if variables:
        note(f"  1. write the secrets into {env}: {', '.join(variables)}; until then their channels are held")
    note("  2. fill in what channels.toml marks, then run: notify config check")
    note('  3. try: notify preview road-closure --street "Main Street" --reason "water main break"')


def _asked(option: str, question: str, example: str) -> str:
    if not sys.stdin.isatty():
        raise WrongUsage(f'{option} is needed where nobody can be asked, as {option} "{example}"')
    answer: str = typer.prompt(question, default=example, err=True)
    return answer


def _check(department: dict[str, str]) -> None:
    from pydantic import ValidationError

    from notifier.errors import SettingsError
    from notifier.settings import section_problems

    try:
        Department.model_validate(department)
    except ValidationError as wrong:
        raise SettingsError(section_problems(wrong, "department.toml")) from None


def _types(text: str) -> list[str]:
    wanted = list(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    unknown = [one for one in wanted if one not in channel_types()]
    if unknown or not wanted:
        said = f'"{unknown[0]}" is not a type of channel' if unknown else "no channel was named"
        raise WrongUsage(f"{said}; the types are {', '.join(channel_types())}")
    return wanted


def _department_toml(department: dict[str, str], chief: str) -> str:
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in department.items()]
    lines += ['languages = ["en"]', "", "[store]", 'url = "sqlite:///var/notifier.sqlite3"', ""]
    lines += ["[[team]]", f"user = {json.dumps(chief)}", 'role = "chief"']
    lines += ['# pin = "$argon2id$..."  # asked for where approvals are given; make it with: notify config pin', ""]
    return "\n".join(lines)


def _channels(types: list[str], chief: str, website: str) -> tuple[str, list[str]]:
    """Write channels.toml, and name the environment variables of its secrets."""
    tables: list[str] = []
    variables: list[str] = []
    for type_ in types:
        settings = channel_type(type_).Settings
        secrets = secret_fields(settings)
        lines = [f"[channels.{type_}]", f'type = "{type_}"', f"approved_by = {json.dumps(chief)}"]
        lines.append(f"approved_on = {date.today().isoformat()}")  # noqa: DTZ011 (the day on this wall)
        for field, about in settings.model_fields.items():
            if field in _COMMON or not (about.is_required() or field in secrets or field == "to"):
                continue
            if field in secrets:
                variable = re.sub(r"\W", "_", f"{type_}_{field}").upper()
                variables.append(variable)
                mark = "" if about.is_required() else "# "
                lines.append(f'{mark}{field} = {{ env = "{variable}" }}')
            else:
                lines.append(f"{field} = {_first_value(type_, field, website)}  # {about.description or field}")
        tables.append("\n".join(lines))
    routes = f"[routes]\ndefault = {json.dumps(types)}"
    return "\n\n".join([*tables, routes]) + "\n", variables


def _first_value(type_: str, field: str, website: str) -> str:
    host = urlsplit(website).hostname or "police.example"
    known = {
        "folder": '"var/site"',
        "public_url": f'"https://alerts.{host.removeprefix("police.").removeprefix("www.")}"',
        "to": f'["list@{host}"]' if type_ == "smtp" else '["CHANGE-ME"]',
        "sender": f'"alerts@{host}"',
        "host": f'"mail.{host}"',
    }
    return known.get(field, '"CHANGE-ME"')


def command(name: str) -> Any:
    """Make the command."""
    return made(init, name)
