"""`notify check`: judge a text against the department's order."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

import typer

from notifier.cli.documents import tell_findings
from notifier.cli.session import AsJson, Config, json_lines, made, note, open_house, print_json, read_text
from notifier.errors import WrongUsage
from notifier.policy import Judgement, ShownAttachment, Subject, judge, subject_of_text

_EXIT = {"pass": 0, "review": 5, "block": 4}


def check(
    file: Annotated[str | None, typer.Argument(metavar="FILE|-", help="The text; - or nothing is stdin")] = None,
    text: Annotated[str | None, typer.Option("--text", help="The text itself")] = None,
    kind: Annotated[str | None, typer.Option("--kind", help="What kind of notification it is")] = None,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="Read one object a line, answer a line each")] = False,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Judge a text against the order: which words, which clause, why, and how to mend it. Nothing is stored."""
    with open_house(config) as house:
        department = house.settings.department
        given = text if text is not None else read_text(file)
        if jsonl:
            for number, value in json_lines(given):
                item = _item(value, number)
                own = item.get("department") or department.name
                names = (department.short_name,) if own == department.name else ()
                judgement = judge(_subject(item, own, names, department.phone if names else None), house.wording)
                answer = {"id": item.get("id"), **_document(judgement)}
                typer.echo(json.dumps(answer, ensure_ascii=False))
            return
        item = {"text": given.removesuffix("\n"), "kind": kind}
        judgement = judge(_subject(item, department.name, (department.short_name,), department.phone), house.wording)
    if as_json:
        print_json(_document(judgement))
    else:
        tell_findings([finding.to_json() for finding in judgement.findings])
        colour = {"pass": "green", "review": "yellow", "block": "red"}[judgement.verdict]
        note(f"Verdict: {judgement.verdict}", colour)
    raise typer.Exit(_EXIT[judgement.verdict])


def _subject(item: Mapping[str, Any], department: str, names: tuple[str, ...], phone: str | None) -> Subject:
    attachments = tuple(
        ShownAttachment(str(one.get("name", "")), one.get("rights"), one.get("subject"))
        for one in item.get("attachments") or []
        if isinstance(one, Mapping)
    )
    subject = subject_of_text(
        str(item["text"]),
        kind=item.get("kind"),
        stage="draft" if item.get("stage") == "draft" else "final",
        department=department,
        attachments=attachments,
    )
    return replace(subject, names=names, own_numbers=(phone,) if phone else ())


def _document(judgement: Judgement) -> dict[str, Any]:
    return {"verdict": judgement.verdict, "findings": [finding.to_json() for finding in judgement.findings]}


_TYPES = {"kind": str, "stage": str, "department": str, "attachments": list}


def _item(value: object, number: int) -> dict[str, Any]:
    """Check one line's object; WrongUsage names the line, the key and what it should hold."""
    if not isinstance(value, dict) or not isinstance(value.get("text"), str):
        raise WrongUsage(f'line {number} has no "text"; write {{"id": "…", "text": "…"}}')
    for key, of in _TYPES.items():
        if value.get(key) is not None and not isinstance(value[key], of):
            raise WrongUsage(f'line {number}: "{key}" must be a {"list" if of is list else "text"}')
    return value


def command(name: str) -> Any:
    """Make the command."""
    return made(check, name)
