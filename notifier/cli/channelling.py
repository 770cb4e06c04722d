"""`notify channels list`."""

from typing import Any

import typer

from notifier.cli.session import AsJson, Config, group, note, open_house, print_json
from notifier.registry import Account


def list_(
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """List the configured channels: what each takes, and what it can do afterwards."""
    with open_house(config) as house:
        stopped = house.store.stopped()
        shown = [_document(account, stopped.get(account.name)) for account in house.accounts.values()]
        if as_json:
            print_json(shown)
            return
        for one in shown:
            limit = f"{one['limit']} {one['unit']}" if one["limit"] else "no limit"
            place = "live" if one["live"] else "practice"
            typer.echo(
                f"{one['name']:<14} {one['type']:<10} {place:<9} {one['form']:<6} {limit:<18} {one['idempotency']}"
            )
            for trouble in one["troubles"]:
                note(f"    {trouble}", "yellow")


def _document(account: Account, stopped: str | None) -> dict[str, Any]:
    capabilities = account.channel.capabilities
    limit = capabilities.limit
    troubles = [*account.missing]
    if stopped:
        troubles.append(f"stopped: {stopped}; mend it, then run notify retry --channel {account.name}")
    if account.settings.approved_by is None:
        troubles.append("nobody approved it (order 2.b.1): add approved_by and approved_on")
    return {
        "name": account.name,
        "type": account.type,
        "live": account.live,
        "approved_by": account.settings.approved_by,
        "form": capabilities.form,
        "limit": limit.amount if limit else None,
        "unit": limit.unit if limit else None,
        "idempotency": capabilities.idempotency,
        "pictures": capabilities.pictures,
        "alt_text": capabilities.alt_text,
        "can": [
            word
            for word, able in (
                ("amend", capabilities.can_amend),
                ("withdraw", capabilities.can_withdraw),
                ("reply", capabilities.can_reply),
            )
            if able
        ],
        "troubles": troubles,
    }


def command(name: str) -> Any:
    """Make the group."""
    return group({"list": list_}, "List the channels and what they can do.")
