"""`notify hold`, `notify release`: a person stops a channel, and starts it again."""

from typing import Annotated, Any

import typer

from notifier.cli.acting import deliver_channel, tell_restarted
from notifier.cli.session import AsJson, AsUser, Config, actor, made, note, open_house, print_json
from notifier.errors import WrongUsage
from notifier.registry import route

Channel = Annotated[str, typer.Argument(metavar="CHANNEL", help="A channel of channels.toml")]


def hold(
    channel: Channel,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why, for the record")] = "held by a person",
    as_user: AsUser = None,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Stop a channel: nothing more goes out on it, what is due there is kept until it is released."""
    with open_house(config) as house:
        route(house.settings, "", (channel,))
        who = actor(as_user)
        house.store.hold(channel, f"{reason} ({who.user})", who)
        stopped = house.store.accounts()[channel].stopped
        if as_json:
            print_json({"channel": channel, "stopped": stopped})
        else:
            note(f"{channel} is held: {stopped}. To start it again: notify release {channel}", "yellow")


def release(
    channel: Channel,
    as_user: AsUser = None,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Start a channel that a person held, end a pause and forget that its service was down; deliver what it kept."""
    with open_house(config) as house:
        route(house.settings, "", (channel,))
        account = house.store.accounts().get(channel)
        if account is not None and account.cause == "auth":
            raise WrongUsage(
                f"{channel} was not held: its credential was refused ({account.stopped}); mend it, then run"
                f" notify retry --channel {channel}"
            )
        count = house.store.restart(channel, actor(as_user), {"operator"})
        note(f"notify: {channel} is released; deliveries that are due: {count}")
        raise typer.Exit(tell_restarted(channel, count, deliver_channel(house, channel), as_json=as_json))


def command(name: str) -> Any:
    """Make one of these commands."""
    return made({"hold": hold, "release": release}[name], name)
