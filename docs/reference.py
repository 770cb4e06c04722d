"""Writes docs/reference.md from the code: kinds and their fields, channels and feeds and their settings, rules.

Run it with `make docs`; a test holds the page to what it writes.
"""

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from notifier.channel import ChannelSettings, secret_fields
from notifier.cli.kinds import in_order
from notifier.cli.main import COMMANDS
from notifier.kind import Kind, option_name
from notifier.policy import rules
from notifier.registry import channel_type, channel_types, feed_types, kind, kind_slugs
from notifier.settings import Department, PolicySettings, Store, TeamMember

PAGE = Path(__file__).parent / "reference.md"


def page() -> str:
    """Write the whole page."""
    parts = [
        "# Reference\n\nWritten from the code by `make docs`; a test keeps it so.",
        "## Commands\n",
        _table(["command", "what it does"], [[f"`notify {name}`", about] for name, (_, about) in COMMANDS.items()]),
        "## Kinds\n",
        *(_kind(kind(slug)) for slug in kind_slugs()),
        "## Channels\n\nEvery channel takes these settings in channels.toml:\n",
        _settings(ChannelSettings.model_fields, frozenset()),
        *(_channel(name) for name in channel_types()),
        "## Feeds\n",
        *(_feed(name) for name in feed_types()),
        "## Department\n\ndepartment.toml:\n",
        _settings(Department.model_fields, frozenset()),
        "`[store]`:\n",
        _settings(Store.model_fields, frozenset()),
        "`[[team]]`:\n",
        _settings(TeamMember.model_fields, frozenset()),
        "policy.toml:\n",
        _settings(PolicySettings.model_fields, frozenset()),
        "## Rules of the order\n",
        *(_rule(module) for module in rules()),
    ]
    return "\n".join(parts) + "\n"


def _kind(of: type[Kind]) -> str:
    rows = []
    for name in in_order(of):
        about = of.model_fields[name]
        example = str(about.examples[0]) if about.examples else ""
        needed = "required" if about.is_required() else ""
        rows.append([f"`--{option_name(of, name).replace('_', '-')}`", needed, about.description or "", f"{example}"])
    return f"### {of.slug}\n\n{of.summary}.\n\n{_table(['option', '', 'what', 'example'], rows)}"


def _channel(name: str) -> str:
    adapter = channel_type(name)
    own = {n: f for n, f in adapter.Settings.model_fields.items() if n not in ChannelSettings.model_fields}
    about = _first_sentence(adapter.__doc__ or sys.modules[adapter.__module__].__doc__ or "")
    return f"### {name}\n\n{about}\n\n{_settings(own, secret_fields(adapter.Settings))}"


def _feed(name: str) -> str:
    reader = import_module(f"notifier.inputs.{name}").FEED
    settings = _settings(reader.Settings.model_fields, frozenset())
    return f"### {name}\n\n{_first_sentence(reader.__doc__ or '')}\n\n{settings}"


def _settings(fields: Any, secrets: frozenset[str]) -> str:
    rows = []
    for name, about in fields.items():
        what = (about.description or "") + (' (a secret: `{ env = "NAME" }`)' if name in secrets else "")
        default = "required" if about.is_required() else _shown(about.get_default())
        rows.append([f"`{name}`", default, what])
    return _table(["setting", "default", "what"], rows) if rows else "No settings of its own.\n"


def _shown(value: object) -> str:
    if value is None or value == () or value == []:
        return ""
    if isinstance(value, tuple) and len(value) > 4:
        return f"{len(value)} of them"
    try:
        return f"`{json.dumps(value, ensure_ascii=False)}`"
    except TypeError:
        return f"`{value}`" if len(str(value)) < 40 else ""


def _rule(module: Any) -> str:
    return f"### {module.__name__.rpartition('.')[2].replace('_', '-')}\n\n{(module.__doc__ or '').strip()}\n"


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
