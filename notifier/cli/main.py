"""`notify`: finds the called command, imports only its module, and turns errors into sentences and exit codes."""

import contextlib
import gc
import importlib
import json
import os
import sys
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from notifier import __version__
from notifier.errors import NotifierError, Problem

# name: (module of notifier.cli, one line of help). Kinds are not here: the registry finds them.
COMMANDS = {
    "preview": ("kinds", "Show what each channel would publish; sends nothing"),
    "check": ("judging", "Judge a text against the department's order"),
    "measure": ("measuring", "Count a text as a network counts it"),
    "status": ("looking", "Show where a notification stands, or all that is unfinished"),
    "list": ("looking", "List the latest notifications"),
    "show": ("looking", "Show a notification with its whole history"),
    "update": ("updating", "Tell what changed of a notification, on the channels that it went to"),
    "pending": ("approving", "List what waits for approval, or show all of one"),
    "approve": ("approving", "Approve what waits, exactly as it stands, and send it"),
    "reject": ("approving", "Refuse what waits for approval"),
    "retry": ("acting", "Try again what failed or was held"),
    "hold": ("stopping", "Stop a channel; what is due there is kept"),
    "release": ("stopping", "Start a channel again that was held"),
    "cancel": ("acting", "Cancel what has not gone out"),
    "withdraw": ("withdrawing", "Take a notification back from every channel that can"),
    "hand-off": ("handing", "Show what a person posts or takes down by hand, ready to copy"),
    "confirm": ("acting", "Say what became of a post that nobody knows of, or that was handed over"),
    "run": ("running", "Deliver what is due and poll the feeds, until stopped"),
    "feeds": ("feeding", "List, poll or test the feeds"),
    "channels": ("channelling", "List and try the channels; write and audit what their pages say"),
    "records": ("recording", "Show the record of a notification, and verify all records"),
    "store": ("storing", "Check the store, upgrade its tables, move it to PostgreSQL"),
    "schema": ("settling", "Print the JSON Schema of a kind, or of the configuration"),
    "config": ("settling", "Check the configuration; make the hash of a pin"),
    "init": ("starting", "Make a configuration for your department"),
    "doctor": ("examining", "Check that all is well, line by line"),
    "practice": ("practising", "Serve practice platforms on this machine"),
}


class Commands(TyperGroup):
    """The commands, each imported when it is called."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Name the kinds, then everything else."""
        from notifier.registry import kind_slugs

        return [*kind_slugs(), *COMMANDS]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Import one command; None when there is no such name."""
        if cmd_name in COMMANDS:
            module = importlib.import_module(f"notifier.cli.{COMMANDS[cmd_name][0]}")
            command = module.command(cmd_name)
        elif cmd_name.replace("-", "_").isidentifier():
            from notifier.registry import kind_slugs

            if cmd_name not in kind_slugs():
                return None
            from notifier.cli.kinds import publish_command

            command = publish_command(cmd_name)
        else:
            return None
        command.name = cmd_name
        return command

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """List the commands without importing them."""
        from notifier.registry import kind, kind_slugs

        with formatter.section("Publish a notification"):
            formatter.write_dl([(slug, kind(slug).summary) for slug in kind_slugs()])
        with formatter.section("Everything else"):
            formatter.write_dl([(name, about) for name, (_, about) in COMMANDS.items()])


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"notify {__version__}")
        raise typer.Exit


def _application() -> TyperCommand | TyperGroup:
    app = typer.Typer(
        cls=Commands, rich_markup_mode=None, add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False
    )

    @app.callback()
    def notify(
        version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Show the version"),
    ) -> None:
        """Publish a police department's notifications, judged against its order, everywhere at once.

        For example: notify road-closure --street "Main Street" --reason "water main break". Try any kind with
        "notify preview KIND …" first; "notify KIND --help" lists its fields.
        """

    return typer.main.get_command(app)  # type: ignore[return-value]


def main(arguments: list[str] | None = None) -> None:
    """Run one command and exit with its code (the contract's table)."""
    given = sys.argv[1:] if arguments is None else arguments
    # Looking for pydantic's plug-ins reads the metadata of every installed distribution: 15 ms of every command.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    try:
        code = _application().main(args=given, prog_name="notify", standalone_mode=False)
    except NotifierError as wrong:
        _tell(wrong, as_json="--json" in given)
        code = wrong.exit_code
    except BaseException as wrong:
        code = _usage(wrong, as_json="--json" in given)
    sys.exit(code if isinstance(code, int) else 0)


def console() -> None:
    """Run as a program of its own, which starts and ends quickly.

    A command that lives for half a second makes no garbage worth collecting, and taking apart some three hundred
    modules at the end is a tenth of its time: together a quarter. What lives longer collects (`notify run`).
    """
    gc.disable()
    try:
        main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


def _usage(wrong: BaseException, *, as_json: bool) -> int:
    """Show what typer refused (usage, an aborted question); anything else goes on."""
    show = getattr(wrong, "show", None)
    if show is not None:
        show()
        code = int(getattr(wrong, "exit_code", 2))
        if as_json:
            _print_error(code, wrong.format_message())  # type: ignore[attr-defined]
        return code
    if isinstance(wrong, typer.Exit):
        return int(wrong.exit_code)
    if isinstance(wrong, typer.Abort | KeyboardInterrupt):
        typer.echo("Stopped.", err=True)
        return 130
    if isinstance(wrong, BrokenPipeError):
        return 0
    if not isinstance(wrong, Exception) or os.environ.get("NOTIFY_DEBUG"):
        raise wrong
    # The message of an unforeseen error may hold anything, a secret too: only its type is shown.
    sentence = f"an error inside Notifier ({type(wrong).__name__}); what is stored is safe."
    typer.echo(f"notify: {sentence}", err=True)
    typer.echo("notify: set NOTIFY_DEBUG=1 and run it again to see where; please report it.", err=True)
    if as_json:
        _print_error(1, sentence)
    return 1


def _tell(wrong: NotifierError, *, as_json: bool) -> None:
    for line in str(wrong).splitlines() or [type(wrong).__name__]:
        typer.echo(f"notify: {line}", err=True)
    if as_json:
        _print_error(wrong.exit_code, str(wrong), getattr(wrong, "problems", ()))


def _print_error(code: int, message: str, problems: tuple[Problem, ...] = ()) -> None:
    """Print an error as the one JSON document of a command that was asked for one."""
    shown = [{"where": problem.where, "sentence": problem.sentence} for problem in problems]
    error = {"exit": code, "message": message, "problems": shown}
    typer.echo(json.dumps({"error": error}, ensure_ascii=False))


if __name__ == "__main__":
    console()
