"""`notify records show` and `notify records verify`."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from notifier.cli.session import AsJson, Config, group, note, open_house, print_json
from notifier.clock import from_micros
from notifier.errors import WrongUsage


def show(
    id_: Annotated[str, typer.Argument(metavar="ID", help="A notification, channel:NAME or feed:NAME")],
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Show the whole record of a notification: every event with its hash, and every content it names."""
    with open_house(config) as house:
        stream = id_ if id_.startswith(("channel:", "feed:")) else str(house.store.notification(id_)["id"])
        record = house.store.record_of(stream)
        if as_json:
            print_json(record)
            return
        zone = house.settings.department.zone
        for event in record["events"]:
            at = from_micros(event["at"]).astimezone(zone)
            typer.echo(f"{event['number']:>3}  {at:%Y-%m-%d %H:%M:%S}  {event['actor']}  {event['type']}")
            typer.echo(f"     {json.dumps(event['data'], ensure_ascii=False)}")
            typer.echo(f"     hash {event['hash']}")
        note(f"{len(record['events'])} events, {len(record['contents'])} contents")


def verify(
    file: Annotated[Path | None, typer.Argument(help="A record written by records show --json")] = None,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Check that no event and no content was changed or taken away: of the store, or of a record in a file."""
    if file is not None:
        count, faults = _verify_file(file)
    else:
        with open_house(config) as house:
            count, faults = house.store.verify()
    if as_json:
        shown = [{"stream": fault.stream, "sentence": fault.sentence} for fault in faults]
        print_json({"verified": not faults, "events": count, "faults": shown})
    else:
        for fault in faults:
            note(f"{fault.stream}: {fault.sentence}", "red")
        if not faults:
            note(f"{count} events verify: none is missing, none was changed.", "green")
    raise typer.Exit(1 if faults else 0)


def _verify_file(file: Path) -> tuple[int, Any]:
    from notifier.store.archive import verify_record

    try:
        record = json.loads(file.read_text(encoding="utf-8"))
        return verify_record(record)
    except (OSError, UnicodeDecodeError) as wrong:
        raise WrongUsage(f"{file} cannot be read: {wrong}") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise WrongUsage(f"{file} is not a record; write one with notify records show ID --json") from None


def command(name: str) -> Any:
    """Make the group."""
    return group({"show": show, "verify": verify}, "Show the record of a notification, and verify all records.")
