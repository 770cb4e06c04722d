"""`notify status`, `notify list`, `notify show`."""

from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from notifier.cli.documents import document, exit_code, summary, tell, what_to_do
from notifier.cli.session import AsJson, Config, made, note, open_house, print_json
from notifier.clock import from_micros, iso
from notifier.store.accounts import Account


def status(
    id_: Annotated[str | None, typer.Argument(metavar="ID", help="A notification, or the end of its id")] = None,
    most: Annotated[int, typer.Option("--most", min=1, max=10_000, help="Unfinished ones to show at most")] = 50,
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
                for line in what_to_do(shown, house.identities):
                    note(f"    {line}", "yellow")
            raise typer.Exit(exit_code(shown))
        open_ = house.store.open_notifications()
        unfinished = [document(house.store, one) for one in open_[:most]]
        accounts, alive = house.store.accounts(), house.store.processes.alive("run")
        stopped = {name: account.stopped for name, account in accounts.items() if account.stopped is not None}
        alarms = house.store.alarms.open()
        if as_json:
            told = {"unfinished": unfinished, "unfinished_count": len(open_), "stopped_channels": stopped}
            down = {name: _down(account) for name, account in accounts.items() if account.circuit.opened is not None}
            shown_alarms = [{"key": a.key, "subject": a.subject, "raised": iso(a.raised)} for a in alarms]
            print_json({**told, "down_channels": down, "alarms": shown_alarms, "run_alive": alive})
            return
        for shown in unfinished:
            tell(shown, zone, now)
            for line in what_to_do(shown, house.identities):
                note(f"    {line}", "yellow")
        if len(open_) > len(unfinished):
            note(f"and {len(open_) - len(unfinished)} more; see them with --most {len(open_)}")
        for account in accounts.values():
            if words := _account_words(account, zone):
                note(words, "red")
        if not unfinished:
            note("Nothing is unfinished.", "green")
        note("notify run is alive." if alive else "No notify run is alive: nothing is retried, no feed is polled.")


def _down(account: Account) -> dict[str, Any]:
    circuit = account.circuit
    asked = circuit.asks_again(circuit.opened) if circuit.opened else None
    return {"since": iso(circuit.opened) if circuit.opened else None, "asked_again": iso(asked) if asked else None}


def _account_words(account: Account, zone: ZoneInfo) -> str | None:
    """Say what keeps a channel from sending, and what to do; None where nothing does."""
    name, circuit = account.channel, account.circuit
    if account.stopped is not None and account.cause == "operator":
        return f"{name} is held: {account.stopped}; to start it: notify release {name}"
    if account.stopped is not None:
        return f"{name} is stopped: {account.stopped}; mend it, then run notify retry --channel {name}"
    if circuit.opened is not None:
        again = circuit.asks_again(circuit.opened).astimezone(zone)
        return f"{name} is down since {circuit.opened.astimezone(zone):%H:%M}; it is asked again at {again:%H:%M:%S}"
    return None


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
