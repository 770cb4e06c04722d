"""`notify schema`, `notify config check` and `notify config pin`."""

from typing import Annotated, Any

import typer

from notifier.cli.pinning import pin
from notifier.cli.session import AsJson, Config, group, made, note, open_house, print_json
from notifier.policy import Wording
from notifier.policy.approving import team_warnings
from notifier.registry import channel_type, channel_types, feed_types, kind
from notifier.settings import Department, PolicySettings


def schema(
    of: Annotated[str, typer.Argument(metavar="KIND|config", help="A kind, or config")],
    as_json: AsJson = True,
) -> None:
    """Print the JSON Schema of a kind's fields, or of the configuration files; it is JSON with or without --json."""
    if of == "config":
        print_json(_config_schema())
        return
    found = kind(of)
    shown = found.model_json_schema(by_alias=True, mode="validation")
    print_json({"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": f"notifier:{found.slug}", **shown})


def _config_schema() -> dict[str, Any]:
    from importlib import import_module

    return {
        "department.toml": Department.model_json_schema(),
        "channels.toml": {name: channel_type(name).Settings.model_json_schema() for name in channel_types()},
        "feeds.toml": {
            name: import_module(f"notifier.inputs.{name}").FEED.Settings.model_json_schema() for name in feed_types()
        },
        "policy.toml": PolicySettings.model_json_schema(),
    }


def check(
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Check every file of the configuration, and say everything that is wrong at once."""
    with open_house(config) as house:
        settings = house.settings
        warnings = team_warnings(settings.department.team)
        if not as_json:
            for warning in warnings:
                note(f"department.toml: {warning}", "yellow")
        missing = {account.name: list(account.missing) for account in house.accounts.values() if account.missing}
        feeds = sorted(house.feeds)
        added = _added(house.wording)
        unapproved = {a.name: a.approval_trouble for a in house.accounts.values() if a.approval_trouble}
        if as_json:
            shown = {"folder": str(settings.folder), "channels": sorted(house.accounts), "feeds": feeds, "added": added}
            print_json({**shown, "missing": missing, "unapproved": unapproved, "warnings": warnings})
        else:
            if told := _added_in_words(added):
                note(f"policy.toml adds to the rules of the order: {told}.")
            for name, trouble in unapproved.items():
                note(f"channels.{name}: {trouble}", "yellow")
            for name, secrets in missing.items():
                note(f"channels.{name}: {'; '.join(secrets)}; the channel is held until it is set", "yellow")
            well = "look at what is said above" if warnings or unapproved or missing else "all is well"
            note(f"{settings.folder}: {len(house.accounts)} channels and {len(feeds)} feeds; {well}.", "green")


def _added(wording: Wording) -> dict[str, Any]:
    """Count what the department adds to the rules, its own rules' words and patterns among it."""
    every = [*wording.added.values(), *(own.clause.added for own in wording.own if own.clause.added)]
    return {
        "words": sum(len(one.words) for one in every),
        "patterns": sum(len(one.patterns) for one in every),
        "review": [label for label, one in wording.added.items() if one.verdict],
        "own": [own.clause.rule for own in wording.own],
    }


def _added_in_words(added: dict[str, Any]) -> str:
    counts = ((added["words"], "phrase"), (added["patterns"], "pattern"))
    parts = [f"{count} {what}{'s' if count > 1 else ''}" for count, what in counts if count]
    parts += [f"{' and '.join(added['review'])} switched to review"] if added["review"] else []
    parts += [f"rules of its own: {', '.join(added['own'])}"] if added["own"] else []
    return "; ".join(parts)


def command(name: str) -> Any:
    """Make one of these commands."""
    if name == "schema":
        return made(schema, name)
    return group({"check": check, "pin": pin}, "Check the configuration; make the hash of a pin.")
