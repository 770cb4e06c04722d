"""`notify hand-off`: what a person posts or takes down by hand, ready to copy."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from notifier.cli.acting import Id
from notifier.cli.session import AsJson, Config, made, note, open_house, print_json
from notifier.clock import iso
from notifier.errors import WrongUsage
from notifier.handing_over import FORM_NAMES, Sheet, sheet
from notifier.wiring import House


def hand_off(
    id_: Id,
    channel: Annotated[
        str | None, typer.Argument(metavar="[CHANNEL]", help="Only this channel: its text alone")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Write pictures and files here")] = None,
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write a page to copy from")] = None,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Show what waits to be posted or taken down by hand: text, pictures, place and deadline."""
    with open_house(config) as house:
        row = house.store.notification(id_)
        sheets = _sheets(house, row["id"], channel)
        if not sheets:
            where = f" on {channel}" if channel else ""
            raise WrongUsage(
                f"nothing of {row['id']}{where} waits to be done by hand; notify status {row['id']} says why"
            )
        if out is not None:
            _write_files(sheets, out)
        if html is not None:
            from notifier.web.hand_off import hand_off_page

            html.write_text(hand_off_page(sheets, house.settings.department), encoding="utf-8")
            note(f"notify: {html} has it ready to copy")
        if as_json:
            print_json([_document(one) for one in sheets])
        else:
            _tell(sheets, house, alone=channel is not None)


def _sheets(house: House, id_: str, channel: str | None) -> list[Sheet]:
    rows = {row["id"]: row for row in house.store.deliveries(id_)}
    sheets = []
    for row in rows.values():
        if row["state"] != "awaiting_person" or channel not in (None, row["channel"]):
            continue
        if row["channel"] not in house.accounts:
            raise WrongUsage(f"{row['channel']} is in channels.toml no more; put it back, or notify cancel {id_}")
        message = house.store.message_of(row["message"])
        post = rows.get(int(row["target"])) if row["target"] else None
        others = [house.store.message_of(other["message"]) for other in rows.values() if _belongs(other, row)]
        adapter = house.accounts[row["channel"]].channel
        sheets.append(sheet(row, message, adapter, post["url"] if post else None, others))
    return sheets


def _belongs(other: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    """Whether another delivery tells the same in another language, or told an earlier revision of it."""
    if other["channel"] != row["channel"] or other["operation"] == "withdraw":
        return False
    if other["revision"] == row["revision"]:
        return bool(other["language"] != row["language"] and other["part"] == row["part"])
    return bool(other["revision"] < row["revision"] and other["state"] == "delivered")


def _files(one: Sheet) -> Iterable[tuple[str, bytes]]:
    yield from ((media.file_name, media.data) for media in one.pictures)
    yield from one.files.items()


def _write_files(sheets: list[Sheet], out: Path) -> None:
    """Write what goes with the texts, each channel's in a folder of its own where there are several."""
    for one in sheets:
        folder = out / one.channel if len(sheets) > 1 else out
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in _files(one):
            path = folder / Path(name).name
            path.write_bytes(data)
            note(f"notify: {path}")


def _tell(sheets: list[Sheet], house: House, *, alone: bool) -> None:
    """Tell a person: the text alone on stdout, so that it can be handed to a clipboard; the rest beside it."""
    for one in sheets:
        note(f"{one.channel} ({one.service}): {_what(one)}", "bright_white")
        if one.operation != "withdraw":
            limit = f" of {one.limit}" if one.limit else ""
            note(f"  {one.length}{limit} {one.unit}; write it at {one.compose or 'the page of ' + one.service}")
            if alone:
                typer.echo(one.text)
            else:
                note(f"\n{one.text}\n")
            for form, words in one.beside.items():
                note(f"  {FORM_NAMES[form]}: {words}" if "\n" not in words else f"  {FORM_NAMES[form]}:\n\n{words}\n")
        for media in one.pictures:
            note(f"  picture {media.file_name}; alt text: {media.alt or '(none)'}")
        for name in one.files:
            note(f"  file {name} (--out DIR writes it)")
        zone = house.settings.department.zone
        if one.deadline is None:
            note("  its deadline has passed", "red")
        else:
            note(f"  to be done by {one.deadline.astimezone(zone):%a %b %-d, %-I:%M %p}", "yellow")
        done, failed = one.commands
        note(f"  then: {done}   (or: {failed})")


def _what(one: Sheet) -> str:
    if one.operation == "withdraw":
        return f"take the post down{': ' + one.post if one.post else ''}"
    return "post this by hand" + (f", part {one.part}" if one.part > 1 else "")


def _document(one: Sheet) -> Mapping[str, Any]:
    names = "notification channel operation language part service headline text beside length limit unit compose post"
    return {
        **{name: getattr(one, name) for name in names.split()},
        "pictures": [{"name": media.file_name, "alt": media.alt, "sha256": media.sha256} for media in one.pictures],
        "files": sorted(one.files),
        "deadline": iso(one.deadline) if one.deadline else None,
        "commands": list(one.commands),
    }


def command(name: str) -> Any:
    """Make the command."""
    return made(hand_off, name)
