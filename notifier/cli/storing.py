"""`notify store check`, `notify store upgrade`, `notify store migrate`."""

import sys
from typing import Annotated, Any

import typer

from notifier.cli.session import AsJson, Config, group, note, open_house, print_json
from notifier.errors import WrongUsage
from notifier.settings import Settings
from notifier.store.opening import file_of, is_postgres, move_file, upgrade_database
from notifier.store.standing import Standing
from notifier.store_address import holds_password


def check(
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Say whether the store is whole, of which version, who works on it and how much is open; exit 1 if not whole."""
    with open_house(config) as house:
        standing = house.store.standing()
    if as_json:
        print_json(_document(standing))
    else:
        _tell(standing)
    raise typer.Exit(0 if standing.is_whole else 1)


def _document(standing: Standing) -> dict[str, Any]:
    return {
        "name": standing.name,
        "version": standing.version,
        "whole": standing.is_whole,
        "trouble": standing.trouble,
        "events": standing.events,
        "faults": [{"stream": fault.stream, "sentence": fault.sentence} for fault in standing.faults],
        "processes": [{"role": row["role"], "pid": row["pid"], "owner": row["owner"]} for row in standing.at_work],
        "open": standing.open,
        "pending": standing.pending,
    }


def _tell(standing: Standing) -> None:
    note(f"{standing.name}, version {standing.version}")
    if standing.trouble is not None:
        note(standing.trouble, "red")
    for fault in standing.faults:
        note(f"{fault.stream}: {fault.sentence}", "red")
    if standing.is_whole:
        note(f"It is whole: {standing.events} events verify.", "green")
    for row in standing.at_work:
        note(f"notify {row['role']} works on it (process {row['pid']}, {row['owner'].split(':')[0]})")
    if not standing.at_work:
        note("No notify run works on it.")
    counts = [f"{count} {state}" for state, count in standing.open.items()]
    counts += [f"{standing.pending} waiting for approval"] if standing.pending else []
    note(f"Open: {', '.join(counts)}." if counts else "Nothing is open.")


def upgrade(
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Make the tables of a PostgreSQL store, or bring them to this version; SQLite does it by itself."""
    with open_house(config) as house:
        settings = house.settings
        if not is_postgres(settings.store_url):
            version = house.store.standing().version
            before = version
        else:
            before, version = upgrade_database(settings.store_url, settings.database_password)
    if as_json:
        print_json({"from": before, "to": version})
    elif not is_postgres(settings.store_url):
        note(f"A SQLite store is made and upgraded by itself when it is opened; this one has version {version}.")
    elif before == 0:
        note(f"The tables are made, version {version}.", "green")
    elif before == version:
        note(f"The tables have version {version} already.")
    else:
        note(f"The tables are upgraded from version {before} to {version}.", "green")


def migrate(
    to: Annotated[str | None, typer.Option("--to", metavar="URL", help="postgresql://USER@HOST/DATABASE")] = None,
    to_env: Annotated[str | None, typer.Option("--to-env", metavar="NAME", help="A variable that holds it")] = None,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Move a SQLite store to an empty PostgreSQL database: whole, or not at all; nobody may work on it meanwhile."""
    with open_house(config) as house:
        settings = house.settings
        target = _target(to, to_env, settings)
        file = file_of(settings.store_url)
        if file is None:
            raise WrongUsage("the store is a PostgreSQL database already; pg_dump and pg_restore move one of those")
        moved = move_file(file, target, _progress)
    place = f'{{ env = "{to_env}" }}' if to_env else f'"{to}"'
    if as_json:
        print_json(
            {"to": moved.name, "rows": moved.rows, "faults": moved.faults, "was_done": moved.was_done, "url": place}
        )
        return
    if moved.was_done:
        note(f"It had been moved to {moved.name} before.", "green")
    else:
        note(f"Moved to {moved.name}: {moved.rows} rows, counted and verified there. The file is kept.", "green")
    if moved.faults:
        note(f"The record has {moved.faults} faults, there as it had here: notify records verify tells them.", "yellow")
    note(f"Now write in {settings.folder / 'department.toml'}:\n[store]\nurl = {place}")


def _target(to: str | None, to_env: str | None, settings: Settings) -> str:
    if (to is None) == (to_env is None):
        raise WrongUsage("say where to: --to postgresql://USER@HOST/DATABASE, or --to-env NAME")
    target = to if to is not None else settings.environment.get(str(to_env), "")
    if to is not None and holds_password(to):
        raise WrongUsage("everybody on this machine sees a password on the command line; use --to-env NAME")
    if not target:
        raise WrongUsage(f"${to_env} is not set; set it to postgresql://USER@HOST/DATABASE")
    if not is_postgres(target):
        raise WrongUsage("a store is moved to PostgreSQL only: write postgresql://USER@HOST/DATABASE")
    return target


def _progress(table: str, done: int, total: int) -> None:
    if sys.stderr.isatty():
        typer.echo(f"\r\x1b[K{table}: {done} of {total}" + ("\n" if done == total else ""), err=True, nl=False)


def command(name: str) -> Any:
    """Make the group."""
    about = "Check the store, upgrade its tables, or move it to PostgreSQL."
    return group({"check": check, "upgrade": upgrade, "migrate": migrate}, about)
