"""`notify status`, `notify list`, `notify show`."""

from typing import Annotated, Any

import typer

from notifier.cli.documents import document, exit_code, summary, tell
from notifier.cli.session import AsJson, Config, made, note, open_house, print_json
from notifier.clock import from_micros


def status(
    id_: Annotated[str | None, typer.Argument(metavar="ID", help="A notification, or the end of its id")] = None,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Show where a notification stands; without an ID, all that is unfinished or needs a person."""
    with open_house(config) as house:
        zone, now = house.settings.department.zone, house.clock()
        if id_ is not None:
            shown = document(house.store, id_)
            if as_json:
                print_json(shown)
            else:
                tell(shown, zone, now)
            raise typer.Exit(exit_code(shown))
        rows = house.store.notifications(200)
        unfinished = [d for d in (document(house.store, row["id"]) for row in rows) if _is_open(d)]
        stopped, alive = house.store.stopped(), house.store.processes.alive("run")
        if as_json:
            print_json({"unfinished": unfinished, "stopped_channels": stopped, "run_alive": alive})
            return
        for shown in unfinished:
            tell(shown, zone, now)
        for channel, reason in stopped.items():
            note(f"{channel} is stopped: {reason}; mend it, then run notify retry --channel {channel}", "red")
        if not unfinished:
            note("Nothing is unfinished.", "green")
        note("notify run is alive." if alive else "No notify run is alive: nothing is retried, no feed is polled.")


def _is_open(shown: dict[str, Any]) -> bool:
    return shown["state"] in ("pending", "published", "scheduled")


def list_(
    most: Annotated[int, typer.Option("--most", min=1, max=1000, help="How many at most")] = 20,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """List the latest notifications, the newest first."""
    with open_house(config) as house:
        zone = house.settings.department.zone
        rows = [(row, summary(house.store, row)) for row in house.store.notifications(most)]
        if as_json:
            print_json([shown for _, shown in rows])
            return
        for row, shown in rows:
            at = from_micros(row["created"]).astimezone(zone)
            drill = "DRILL " if shown["status"] == "exercise" else ""
            typer.echo(f"{shown['id']}  {at:%b %d %H:%M}  {shown['state']:<9}  {drill}{shown['headline']}")
        if not rows:
            note("No notification has been published yet.")


def show(
    id_: Annotated[str, typer.Argument(metavar="ID", help="A notification, or the end of its id")],
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Show a notification with its fields and its whole history."""
    with open_house(config) as house:
        shown = document(house.store, id_, whole=True)
        if as_json:
            print_json(shown)
            return
        zone = house.settings.department.zone
        tell(shown, zone, house.clock())
        note(f"  by {shown['by']}, {shown['source']}; expires {shown['expires']}")
        for name, value in shown["fields"].items():
            note(f"  {name}: {value}")
        for event in shown["history"]:
            at = from_micros(event["at"]).astimezone(zone)
            data = event["data"]
            what = " ".join(str(data[k]) for k in ("channel", "outcome", "state", "detail", "reason") if data.get(k))
            note(f"  {at:%b %d %H:%M:%S}  {event['actor']}  {event['type']}  {what}")


def command(name: str) -> Any:
    """Make one of these commands."""
    return made({"status": status, "list": list_, "show": show}[name], name)
