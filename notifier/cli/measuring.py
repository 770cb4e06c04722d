"""`notify measure`: count a text as a network counts it; it counts, never judges."""

import json
from typing import Annotated, Any, get_args

import typer

from notifier.channel import Limit, Unit
from notifier.cli.session import AsJson, json_lines, made, print_json, read_text
from notifier.errors import WrongUsage
from notifier.lengths import fits, length, limit_for, sms_segments, to_gsm7, unit_limit


def measure(
    unit: Annotated[str, typer.Argument(metavar="UNIT|CHANNEL", help="x, graphemes, sms, bytes, or a channel type")],
    file: Annotated[str | None, typer.Argument(metavar="FILE|-", help="The text; - or nothing is stdin")] = None,
    jsonl: Annotated[bool, typer.Option("--jsonl", help='Read {"text"} a line, answer a line each')] = False,
    as_json: AsJson = False,
) -> None:
    """Count a text as a network counts it, against its limit."""
    counted, limit = _unit(unit)
    text = read_text(file)
    if jsonl:
        for number, value in json_lines(text):
            typer.echo(json.dumps(count(_text_of(value, number), counted, limit), ensure_ascii=False))
        return
    found = count(text.removesuffix("\n"), counted, limit)
    if as_json:
        print_json(found)
        return
    against = f" of {found['limit']}" if found["limit"] is not None else ""
    over = "" if found["fits"] else ": too long"
    segments = f", {found['segments']} segment(s) in {found['encoding']}" if "segments" in found else ""
    typer.echo(f"{found['length']}{against} {counted}{segments}{over}")


def count(text: str, unit: Unit, limit: Limit | None) -> dict[str, Any]:
    """Count one text: length, limit, unit, fits; for text messages also the encoding and the segments."""
    found: dict[str, Any] = {"length": length(text, unit), "limit": None, "unit": unit, "fits": True}
    if limit is not None:
        found["limit"] = limit_for(text, limit)
        found["fits"] = fits(text, limit)
    if unit == "sms":
        segments = sms_segments(to_gsm7(text))
        found |= {"encoding": segments.encoding, "segments": segments.segments}
    return found


def _unit(name: str) -> tuple[Unit, Limit | None]:
    for unit in get_args(Unit):
        if name == unit:
            return unit, unit_limit(unit)
    from notifier.registry import channel_type, channel_types

    if name not in channel_types():
        raise WrongUsage(
            f'"{name}" is not a unit ({", ".join(get_args(Unit))}) nor a channel type ({", ".join(channel_types())})'
        )
    limit = channel_type(name).limit()
    return (limit.unit, limit) if limit else ("characters", None)


def _text_of(value: object, number: int) -> str:
    text = value.get("text") if isinstance(value, dict) else None
    if not isinstance(text, str):
        raise WrongUsage(f'line {number} has no "text"; write {{"text": "…"}}')
    return text


def command(name: str) -> Any:
    """Make the command."""
    return made(measure, name)
