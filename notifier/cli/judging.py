"""`notify check`: judge a text against the department's order."""

import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from notifier.cli.documents import tell_findings
from notifier.cli.session import AsJson, Config, made, note, open_house, print_json
from notifier.errors import WrongUsage
from notifier.policy import Judgement, ShownAttachment, Subject, judge, subject_of_text

_EXIT = {"pass": 0, "review": 5, "block": 4}


def check(
    file: Annotated[str | None, typer.Argument(metavar="[FILE|-]", help="The text; - or nothing is stdin")] = None,
    text: Annotated[str | None, typer.Option("--text", help="The text itself")] = None,
    kind: Annotated[str | None, typer.Option("--kind", help="What kind of notification it is")] = None,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="Read one object a line, answer a line each")] = False,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Judge a text against the order: which words, which clause, why, and how to mend it. Nothing is stored."""
    with open_house(config) as house:
        department = house.settings.department
        given = text if text is not None else _read(file)
        if jsonl:
            for line in given.splitlines():
                if line.strip():
                    item = _item(line)
                    own = item.get("department") or department.name
                    names = (department.short_name,) if own == department.name else ()
                    judgement = judge(_subject(item, own, names, department.phone if names else None))
                    answer = {"id": item.get("id"), **_document(judgement)}
                    typer.echo(json.dumps(answer, ensure_ascii=False))
            return
        item = {"text": given.strip(), "kind": kind}
        judgement = judge(_subject(item, department.name, (department.short_name,), department.phone))
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


def _item(line: str) -> dict[str, Any]:
    try:
        item = json.loads(line)
    except (ValueError, RecursionError):
        raise WrongUsage(f"a line is not JSON: {line[:60]}") from None
    if not isinstance(item, dict) or not isinstance(item.get("text"), str):
        raise WrongUsage(f'a line has no "text": {line[:60]}')
    return item


def _read(file: str | None) -> str:
    try:
        return sys.stdin.read() if file in (None, "-") else Path(str(file)).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as wrong:
        raise WrongUsage(f"{file} cannot be read: {wrong}") from None


def command(name: str) -> Any:
    """Make the command."""
    return made(check, name)
