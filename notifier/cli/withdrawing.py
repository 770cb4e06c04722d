"""`notify withdraw`: take a notification back from every channel that can, and say which cannot."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from notifier.cli.acting import Id
from notifier.cli.documents import DONE, WAITING_FOR_PERSON, document, exit_code, tell, tell_delivery, tell_left
from notifier.cli.session import AsJson, AsUser, Config, actor, made, note, open_house, print_json
from notifier.errors import WrongUsage
from notifier.registry import Account
from notifier.store.withdrawing import Means, Withdrawal


def withdraw(
    id_: Id,
    reason: Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="Why; for the record")] = None,
    wait: Annotated[float, typer.Option("--wait", metavar="SECONDS", help="Seconds to wait for the channels")] = 20.0,
    no_wait: Annotated[bool, typer.Option("--no-wait", help="Leave it to notify run")] = False,
    as_user: AsUser = None,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Take a notification down wherever that can be done, cancel what has not gone out, and name what stays."""
    with open_house(config) as house:
        row = house.store.notification(id_)
        if row["state"] in ("blocked", "rejected"):
            raise WrongUsage(f"{row['id']} was {row['state']} and never went out: there is nothing to take back")
        means = {name: by for name, account in house.accounts.items() if (by := means_of(account)) is not None}
        taken = house.store.withdraw(row["id"], means, actor(as_user), reason)
        if not no_wait:
            house.publisher.release(row["id"], house.deliverer(), wait)
        shown = {**document(house.store, row["id"]), "beyond_reach": _beyond_reach(taken)}
        if as_json:
            print_json(shown)
        else:
            tell(shown, house.settings.department.zone, house.clock())
            _tell_beyond_reach(shown["beyond_reach"])
        tell_left(house, row["id"])
        raise typer.Exit(_exit_code(shown, queued=no_wait))


def means_of(account: Account) -> Means | None:
    """Say who can take a post of an account away: the channel, a person at its page, or nobody."""
    if account.channel.capabilities.can_withdraw:
        return "program"
    return "person" if account.channel.hand_off is not None else None


def _beyond_reach(taken: Withdrawal) -> list[dict[str, Any]]:
    names = ("channel", "language", "part", "recipient", "url", "state")
    return [{name: row[name] for name in names} for row in taken.beyond_reach]


def _tell_beyond_reach(beyond: list[dict[str, Any]]) -> None:
    for one in beyond:
        to = f" to {one['recipient']}" if one["recipient"] else ""
        tell_delivery(one["channel"], "unknown", f"what it was told{to} cannot be taken back")
    if beyond:
        channels = " ".join(f"--channel {name}" for name in dict.fromkeys(one["channel"] for one in beyond))
        note(f"notify: tell those readers what was wrong: publish anew with {channels}", "yellow")


def _exit_code(shown: Mapping[str, Any], *, queued: bool) -> int:
    """How it ended: by what was to be taken down and what nobody knows of; what stays needs a person."""
    counted = [one for one in shown["deliveries"] if one["operation"] == "withdraw" or one["state"] == "unknown"]
    code = exit_code({**shown, "deliveries": counted}, queued=queued)
    return WAITING_FOR_PERSON if code == DONE and shown["beyond_reach"] else code


def command(name: str) -> Any:
    """Make the command."""
    return made(withdraw, name)
