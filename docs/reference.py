"""Writes docs/reference.md from the code: commands, kinds, channels, feeds, settings and rules.

Run it with `make docs`; a test holds the page to what it writes.
"""

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel

from notifier.channel import ChannelSettings, secret_fields
from notifier.cli.kinds import in_order
from notifier.cli.main import COMMANDS, Commands
from notifier.kind import Kind, option_name, own_fields
from notifier.policy.judging import rules
from notifier.policy.wording import built_in
from notifier.registry import channel_type, channel_types, feed_types, kind, kind_slugs
from notifier.settings import Department, PolicySettings, TeamMember
from notifier.store_address import Store

_VALUES: dict[Any, str] = {int: "NUMBER", float: "NUMBER", Path: "FILE"}

PAGE = Path(__file__).parent / "reference.md"


def page() -> str:
    """Write the whole page."""
    parts = [
        "# Reference\n\nWritten from the code by `make docs`; a test keeps it so.\n",
        "## Commands\n",
        *(_command(name, about) for name, (_, about) in COMMANDS.items()),
        "## Kinds\n\n`notify KIND` publishes one. These options are its fields; the same names, with `_` for `-`, are"
        " the keys of `--fields` and of `notify schema KIND`.\n",
        *(_kind(kind(slug)) for slug in kind_slugs()),
        "### Options of every kind\n",
        _every_kind(),
        "## Channels\n\nEvery channel takes these settings in channels.toml:\n",
        _settings(ChannelSettings.model_fields),
        *(_channel(name) for name in channel_types()),
        "## Feeds\n",
        *(_feed(name) for name in feed_types()),
        "## Department\n\ndepartment.toml:\n",
        _settings({n: f for n, f in Department.model_fields.items() if n not in ("store", "team")}),
        "`[store]`:\n",
        _settings(Store.model_fields),
        "`[[team]]`:\n",
        _settings(TeamMember.model_fields),
        "## Policy\n\npolicy.toml:\n",
        *(f"`[{name}]`:\n\n{_settings(section.model_fields)}" for name, section in _sections(PolicySettings)),
        "## Rules of the order\n",
        *(_rule(label) for label in rules()),
    ]
    return "\n".join(parts)


def _command(name: str, about: str) -> str:
    command: Any = Commands().get_command(None, name)
    subcommands = getattr(command, "commands", {})
    parts = [f"### notify {name}\n\n{about}.\n"]
    if not subcommands:
        parts.append(_options(name, command))
    for sub, one in subcommands.items():
        parts += [f"**notify {name} {sub}**: {_first_sentence(one.help or '')}\n", _options(f"{name} {sub}", one)]
    return "\n".join(part for part in parts if part)


def _options(called: str, command: Any) -> str:
    """Tell what a command takes; what a kind's command takes is told with the kinds."""
    if called == "preview":
        return "`notify preview KIND` takes what the kind takes, and `--html FILE`.\n"
    if called == "update":
        return (
            "`notify update ID` takes what the notification's kind takes, nothing of it required, but `--language` and"
            " `--exercise`, which stay; and `--clear FIELD`, which takes a field away.\n"
        )
    rows = [[f"`{_usage(one)}`", (one.help or "").strip()] for one in command.params]
    return _table(["it takes", "what"], rows) if rows else ""


def _usage(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return str(parameter.metavar or parameter.name.upper()).strip("[]")
    value = "" if parameter.is_flag else f" {parameter.metavar or _VALUES.get(parameter.bare_type(), 'TEXT')}"
    return "/".join(parameter.opts) + value


def _kind(of: type[Kind]) -> str:
    rows = [_field(of, name) for name in in_order(of) if name in own_fields(of)]
    return f"### {of.slug}\n\n{of.summary}.\n\n{_table(['option', '', 'what', 'example'], rows)}"


def _field(of: type[Kind], name: str) -> list[str]:
    about = of.model_fields[name]
    example = str(about.examples[0]) if about.examples else ""
    needed = "required" if about.is_required() else ""
    return [f"`--{option_name(of, name).replace('_', '-')}`", needed, about.description or "", example]


def _every_kind() -> str:
    """Tell the options of a kind's command that are no fields of its own."""
    of = kind(kind_slugs()[0])
    command: Any = Commands().get_command(None, of.slug)
    own = {f"--{option_name(of, name).replace('_', '-')}" for name in own_fields(of)}
    given = [one for one in command.params if not own & set(one.opts)]
    return _table(["option", "what"], [[f"`{_usage(one)}`", (one.help or "").strip()] for one in given])


def _channel(name: str) -> str:
    adapter = channel_type(name)
    own = {n: f for n, f in adapter.Settings.model_fields.items() if n not in ChannelSettings.model_fields}
    about = _first_sentence(sys.modules[adapter.__module__].__doc__ or "")
    return f"### {name}\n\n{about}\n\n{_settings(own, secret_fields(adapter.Settings))}"


def _feed(name: str) -> str:
    module = import_module(f"notifier.inputs.{name}")
    settings = _settings(module.FEED.Settings.model_fields)
    return f"### {name}\n\n{_first_sentence(module.__doc__ or '')}\n\n{settings}"


def _settings(fields: Any, secrets: frozenset[str] = frozenset()) -> str:
    rows = []
    for name, about in fields.items():
        what = (about.description or "") + (' (a secret: `{ env = "NAME" }`)' if name in secrets else "")
        default = "required" if about.is_required() else _shown(about.get_default())
        rows.append([f"`{name}`", default, what])
    return _table(["setting", "default", "what"], rows) if rows else "No settings of its own.\n"


def _sections(of: type[BaseModel]) -> list[tuple[str, Any]]:
    """Name each section of a file; of a section that has a table for each name, tell what such a table holds."""
    found: list[tuple[str, Any]] = []
    for name, about in of.model_fields.items():
        many = get_args(about.annotation)
        found.append((f"{name}.NAME", many[1]) if many else (name, about.annotation))
    return found


def _shown(value: object) -> str:
    if value is None or value == () or value == []:
        return ""
    if isinstance(value, tuple) and len(value) > 4:
        return f"{len(value)} of them"
    try:
        return f"`{json.dumps(value, ensure_ascii=False)}`"
    except TypeError:
        return f"`{value}`" if len(str(value)) < 40 else ""


def _rule(label: str) -> str:
    clause = built_in().clause(label)
    about = (sys.modules[rules()[label].__module__].__doc__ or "").strip().removeprefix(f"{label} ")
    return f"### {label}\n\n{about}\n\nIts verdict is `{clause.verdict}`.\n"


def _first_sentence(text: str) -> str:
    return " ".join(text.strip().split("\n\n")[0].split())


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [
        head,
        ["---"] * len(head),
        *([cell.replace("|", "\\|").replace("\n", " ") for cell in row] for row in rows),
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
