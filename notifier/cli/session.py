"""What every command shares: the house it works in, who is asking, and how one document is printed."""

import json
import logging
import os
import pwd
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from notifier.errors import WrongUsage
from notifier.store.archive import Actor
from notifier.wiring import House

Config = Annotated[str | None, typer.Option("--config", metavar="DIR", help="The configuration's folder")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout, nothing else")]
AsUser = Annotated[str | None, typer.Option("--as", metavar="USER", help="Who is asking; default $NOTIFY_USER")]


@contextmanager
def open_house(config: str | None) -> Iterator[House]:
    """The house of a command; its store is closed in the end, whatever happens."""
    house = House(config, os.environ, Path.cwd())
    if not os.environ.get("NOTIFY_DEBUG"):
        # A trace is for whoever mends the program; the person at the console gets the sentence.
        logging.getLogger("notifier").addHandler(logging.NullHandler())
    try:
        yield house
    finally:
        house.close()


def actor(user: str | None) -> Actor:
    """Who is asking: as claimed, else $NOTIFY_USER, else the login; the login is kept beside the claim."""
    login = pwd.getpwuid(os.getuid()).pw_name
    return Actor(user or os.environ.get("NOTIFY_USER") or login, login)


def read_text(file: str | None) -> str:
    """Read a text from a file, or from stdin (`-` or None), as UTF-8 whatever the locale; WrongUsage when it is not."""
    try:
        raw = sys.stdin.buffer.read() if file in (None, "-") else Path(str(file)).read_bytes()
        return raw.decode("utf-8-sig").replace("\r\n", "\n")
    except OSError as wrong:
        raise WrongUsage(f"{file} cannot be read: {wrong.strerror}") from None
    except UnicodeDecodeError as wrong:
        raise WrongUsage(f"{file or 'stdin'} is not UTF-8 text (byte {wrong.start + 1}); save it as UTF-8") from None


def json_lines(text: str) -> Iterator[tuple[int, Any]]:
    """Read one JSON value a line, with the line's number from 1; WrongUsage names the line that is none."""
    # Only \n ends a line here: a JSON string may hold every other character that ends one elsewhere.
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                yield number, json.loads(line)
            except (ValueError, RecursionError):
                raise WrongUsage(f"line {number} is not JSON: {line[:60]}") from None


def print_json(document: Any) -> None:
    """Print the one JSON document of a command."""
    typer.echo(json.dumps(document, ensure_ascii=False, indent=2 if sys.stdout.isatty() else None))


def note(line: str, colour: str | None = None) -> None:
    """Say something to the person, on stderr, so that stdout holds only the document."""
    if colour is not None and coloured():
        typer.secho(line, err=True, fg=colour)
    else:
        typer.echo(line, err=True)


def coloured() -> bool:
    """Whether a person is looking who wants colour (NO_COLOR is honoured)."""
    return sys.stderr.isatty() and not os.environ.get("NO_COLOR")


def made(function: Any, name: str) -> Any:
    """Turn a typed function into a command."""
    app = typer.Typer(rich_markup_mode=None, add_completion=False, pretty_exceptions_enable=False)
    app.command(name)(function)
    return typer.main.get_command(app)


def group(functions: dict[str, Any], about: str) -> Any:
    """Turn typed functions into a command with subcommands."""
    app = typer.Typer(rich_markup_mode=None, add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)
    app.callback(help=about)(lambda: None)
    for name, function in functions.items():
        app.command(name)(function)
    return typer.main.get_command(app)
