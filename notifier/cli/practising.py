"""`notify practice`: serve the practice platforms on this machine."""

import gc
from pathlib import Path
from typing import Annotated, Any

import typer

from notifier.cli.session import made


def practice(
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="The port on 127.0.0.1; 0: any")] = 8025,
    faults: Annotated[Path | None, typer.Option("--faults", metavar="FILE", help="Faults to play, as TOML")] = None,
    site: Annotated[Path | None, typer.Option("--site", metavar="FOLDER", help="Show this site at /site/ too")] = None,
    stop_after: Annotated[float | None, typer.Option("--stop-after", metavar="MINUTES", help="End by itself")] = None,
) -> None:
    """Serve what the networks serve, from X to a wiki, on this machine only; Ctrl-C ends it."""
    from notifier.practice.server import serve

    gc.enable()
    serve(port, faults, stop_after_seconds=None if stop_after is None else stop_after * 60, site=site)


def command(name: str) -> Any:
    """Make the command."""
    return made(practice, name)
