"""`notify channels`: list, check; profile and audit stand in their own file."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Annotated, Any

import typer

from notifier.channel import Capabilities, Price
from notifier.cli.session import AsJson, Config, group, note, open_house, print_json
from notifier.registry import Account, route


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
            typer.echo(f"{one['name']:<16} {one['type']:<10} {place:<9} {one['form']:<6} {limit}")
            typer.echo(f"    {'; '.join(_abilities(one))}")
            for trouble in one["troubles"]:
                note(f"    {trouble}", "yellow")


def check(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="A channel; without it, all")] = None,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Try each channel's approval, secrets and credential; nothing is posted by it."""
    from notifier.cli.examining import channel_line, tell

    lines = []
    with open_house(config) as house:
        names = route(house.settings, "", (name,)) if name else tuple(house.accounts)
        stopped = house.store.stopped()
        for one in names:
            lines.append(channel_line(house.accounts[one], stopped.get(one), house.clock()))
            if not as_json:
                tell(lines[-1])
    well = all(line.well for line in lines)
    if as_json:
        print_json({"well": well, "lines": [asdict(line) for line in lines]})
    raise typer.Exit(0 if well else 5)


def _document(account: Account, stopped: str | None) -> dict[str, Any]:
    capabilities = account.channel.capabilities
    limit = capabilities.limit
    troubles = [*account.missing]
    if stopped:
        troubles.append(f"stopped: {stopped}; mend it, then run notify retry --channel {account.name}")
    if account.approval_trouble:
        troubles.append(account.approval_trouble)
    return {
        "name": account.name,
        "type": account.type,
        "live": account.live,
        "approved_by": account.settings.approved_by,
        "form": capabilities.form,
        "limit": limit.amount if limit else None,
        "unit": limit.unit if limit else None,
        "idempotency": capabilities.idempotency,
        "pictures": capabilities.pictures.most if capabilities.pictures else 0,
        "alt_text": capabilities.pictures.alt if capabilities.pictures else None,
        "video": capabilities.video,
        "needs": capabilities.needs,
        "thread": capabilities.thread,
        "by_hand": capabilities.by_hand,
        "hand_off": account.channel.hand_off.compose if account.channel.hand_off else None,
        "can": [operation for operation, able in _operations(capabilities) if able],
        "rate": asdict(capabilities.rate) if capabilities.rate else None,
        "price": _price(capabilities.price) if capabilities.price else None,
        "troubles": troubles,
    }


def _operations(can: Capabilities) -> tuple[tuple[str, bool], ...]:
    return ("amend", can.can_amend), ("withdraw", can.can_withdraw), ("reply", can.can_reply)


def _price(price: Price) -> dict[str, Any]:
    with_link = None if price.with_link is None else str(price.with_link)
    return {"post": str(price.post), "with_link": with_link, "a_segment": price.a_segment, "currency": price.currency}


_LOST = {
    "key": "a lost answer is sent again with its key",
    "lookup": "a lost answer is looked up",
    "none": "a lost answer is a person's to settle",
}


def _abilities(one: Mapping[str, Any]) -> Iterator[str]:
    """Say in words what a channel takes and what can be done afterwards."""
    if one["by_hand"]:
        yield "a person posts it"
        return
    if one["pictures"]:
        yield f"{one['pictures']} picture(s)" + (" with alt text" if one["alt_text"] else "")
    if one["video"]:
        yield "video"
    if one["needs"]:
        yield f"only with a {one['needs']}"
    if one["thread"]:
        yield "threads"
    yield f"can {', '.join(one['can'])}" if one["can"] else "cannot be taken back"
    yield _LOST[one["idempotency"]]
    if one["rate"]:
        yield f"{one['rate']['posts']} posts in {one['rate']['seconds']} s"
    if one["price"]:
        each = " a segment" if one["price"]["a_segment"] else ""
        link = f", with a link {one['price']['with_link']}" if one["price"]["with_link"] else ""
        yield f"{one['price']['currency']} {one['price']['post']}{each}{link}"


def command(name: str) -> Any:
    """Make the group."""
    from notifier.cli.auditing import audit, profile

    functions = {"list": list_, "check": check, "profile": profile, "audit": audit}
    return group(functions, "List and try the channels; write and audit what their pages say.")
