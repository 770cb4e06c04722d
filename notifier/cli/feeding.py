"""`notify feeds list`, `notify feeds poll`, `notify feeds test`."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from notifier.cli.session import AsJson, Config, group, note, open_house, print_json
from notifier.clock import from_micros, iso
from notifier.errors import WrongUsage
from notifier.inputs.gate import Decision
from notifier.registry import Feed
from notifier.when import read_time
from notifier.wiring import House

Name = Annotated[str, typer.Argument(metavar="NAME", help="A feed of feeds.toml")]


def list_(
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """List the feeds: when each was last read, and whether it can be read now."""
    with open_house(config) as house:
        shown = [_feed_document(house, feed) for feed in house.feeds.values()]
        if as_json:
            print_json(shown)
            return
        for one in shown:
            note(f"{one['name']:<12} {one['type']:<6} {one['state']}", None if one["failure"] is None else "red")
        if not shown:
            note("No feed is configured; feeds.toml shows how.")


def _feed_document(house: House, feed: Feed) -> dict[str, Any]:
    row = house.store.feeds.known(feed.name)
    failure = row["failure"] if row else None
    succeeded = from_micros(row["succeeded"]) if row and row["succeeded"] is not None else None
    if failure is not None:
        state = f"unavailable: {failure}"
    elif succeeded is None:
        state = "never read yet"
    else:
        late = house.clock() - succeeded > 3 * feed.settings.every
        state = f"{'stale: last ' if late else ''}read at {iso(succeeded.astimezone(house.settings.department.zone))}"
    return {
        "name": feed.name,
        "type": feed.type,
        "url": feed.settings.url,
        "state": state,
        "succeeded": iso(succeeded) if succeeded else None,
        "failure": failure,
    }


def poll(
    name: Name,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Ask a feed once, and publish, update or end what it brings; skipped alerts are not listed."""
    with open_house(config) as house:
        decisions = house.intake(_feed(house, name)).poll()
        _tell(decisions, as_json=as_json)


def judge_capture(
    name: Name,
    file: Annotated[Path, typer.Option("--file", metavar="CAPTURE", help="A captured response of the feed")],
    now: Annotated[str | None, typer.Option("--now", metavar="TIME", help="Pretend that it is this time")] = None,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Run a captured response through the feed's gate: one decision for each alert; nothing is stored or sent."""
    with open_house(config) as house:
        feed = _feed(house, name)
        zone = house.settings.department.zone
        moment = _moment(now, house.clock(), house)
        try:
            body = file.read_bytes()
        except OSError as wrong:
            raise WrongUsage(f"{file} cannot be read: {wrong}") from None
        entries = feed.reader.read(body, "")
        _tell(feed.reader.judge(entries, feed.settings, moment, zone), as_json=as_json)


def _moment(text: str | None, now: datetime, house: House) -> datetime:
    if text is None:
        return now
    try:
        return read_time(text, now, house.settings.department.zone)
    except (ValueError, OverflowError) as wrong:
        raise WrongUsage(f"--now: {wrong}") from None


def _feed(house: House, name: str) -> Feed:
    if name not in house.feeds:
        known = ", ".join(house.feeds) or "none is configured"
        raise WrongUsage(f'there is no feed "{name}" in feeds.toml; the feeds: {known}')
    return house.feeds[name]


def _tell(decisions: list[Decision], *, as_json: bool) -> None:
    if as_json:
        print_json({"decisions": [decision.to_json() for decision in decisions]})
        return
    colours = {"publish": "green", "update": "green", "end": "cyan", "ask": "yellow"}
    for decision in decisions:
        line = f"{decision.decision:<8} {decision.headline or decision.event or decision.source_id}"
        note(line, colours.get(decision.decision))
        note(f"         {decision.reason}")
    if not decisions:
        note("Nothing new.")


def command(name: str) -> Any:
    """Make the group."""
    return group({"list": list_, "poll": poll, "test": judge_capture}, "List, poll or test the feeds.")
