"""`notify update ID`: the parser is made from the kind of the notification, of which no field is required."""

from collections.abc import Mapping
from typing import Any

import typer
from typer.core import TyperGroup

from notifier import lifecycle
from notifier.cli.kinds import PUBLISH_OPTIONS, carry_out, given_fields, kind_function, option, release_time, show_plan
from notifier.cli.session import actor, made, open_house
from notifier.errors import InvalidNotification, Problem, WrongUsage
from notifier.field_types import Reading
from notifier.kind import Kind, option_name
from notifier.registry import kind, route
from notifier.wiring import House

_STAYS = {"language", "exercise", "channel"}
"""Options of a new notification that an update has not, or has in its own words."""
_OPTIONS = [
    option("clear", "--clear", list[str] | None, None, "Take this field away, as detour; repeat for more", "FIELD"),
    option("channel", "--channel", list[str] | None, None, "Only this channel; default: where it went before", "NAME"),
    *(one for one in PUBLISH_OPTIONS if one.name not in _STAYS),
]


class Updates(TyperGroup):
    """One command a notification: the ID comes first, and says which fields there are."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Name none: the notifications are no commands."""
        return []

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Read the notification, and make the command of its kind; WrongUsage where there is none to update."""
        house = ctx.with_resource(open_house(_config(args[1:])))
        standing = lifecycle.read_standing(house.store, args[0], house.clock())
        of = kind(standing.row["kind"])

        def act(of: type[Kind], given: dict[str, Any]) -> int:
            return _update(house, standing, of, given)

        command = made(kind_function(of, act, _OPTIONS, required=()), standing.id)
        command.name = standing.id
        command.help = f"Tell what changed of {standing.id} ({of.slug}); what you do not give stays as it is."
        return standing.id, command, args[1:]


def _config(args: list[str]) -> str | None:
    """The configuration's folder, which must be known before the parser is."""
    for place, word in enumerate(args):
        if word == "--config":
            return args[place + 1] if args[place + 1 :] else None
        if word.startswith("--config="):
            return word.partition("=")[2]
    return None


def _update(house: House, standing: lifecycle.Standing, of: type[Kind], given: Mapping[str, Any]) -> int:
    changes = {**given_fields(of, given), **dict.fromkeys(_cleared(of, given["clear"] or []))}
    if not changes and not given["channel"]:
        raise WrongUsage(f"say what changed of {standing.id}; notify update {standing.id} --help lists its fields")
    channels = _channels(house, standing, given["channel"] or [])
    request = lifecycle.update(
        standing,
        of,
        changes,
        actor(given["as_user"]),
        Reading(house.clock(), house.settings.department.zone),
        release=release_time(given["at"], house) if given["at"] else None,
        skip_unfit=given["skip_unfit"],
    )
    plan = house.publisher.decide(request, house.targets(channels, house.store.accounts()))
    if given["dry_run"]:
        return show_plan(plan, given)
    return carry_out(plan, given, house, [] if plan.state == "blocked" else _left_out(standing, channels))


def _cleared(of: type[Kind], names: list[str]) -> list[str]:
    known = {option_name(of, name).replace("_", "-"): option_name(of, name) for name in of.model_fields}
    for name in names:
        if name.replace("_", "-") not in known:
            raise InvalidNotification(
                [Problem("--clear", f'"{name[:60]}" is not a field of a {of.slug}; choose from {", ".join(known)}')]
            )
    return [known[name.replace("_", "-")] for name in names]


def _channels(house: House, standing: lifecycle.Standing, wanted: list[str]) -> tuple[str, ...]:
    """Where it goes: as asked, else where it went before and there still is a channel."""
    if wanted:
        return route(house.settings, standing.row["kind"], tuple(wanted))
    return tuple(name for name in standing.channels if name in house.accounts)


def _left_out(standing: lifecycle.Standing, channels: tuple[str, ...]) -> list[str]:
    """Warn of channels that had not got it yet and get it no more: old facts do not follow newer ones."""
    return [
        f"{name} had not got {standing.id} yet, and gets nothing of it now; add --channel {name} to send it there"
        for name in standing.waiting_channels
        if name not in channels
    ]


def command(name: str) -> Any:
    """Make `notify update`; only the kind of the notification is imported."""
    app = typer.Typer(
        cls=Updates,
        rich_markup_mode=None,
        no_args_is_help=True,
        subcommand_metavar="ID --FIELD VALUE …",
        pretty_exceptions_enable=False,
    )
    app.callback(
        help="Tell what changed of a notification, on the channels that it went to."
        ' "notify update ID --help" lists the fields of its kind; none is required, and what is not given stays.'
    )(lambda: None)
    return typer.main.get_command(app)
