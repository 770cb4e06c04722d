"""A PostgreSQL server for a benchmark: the one that is named, or one of its own that is gone afterwards."""

import os
import pwd
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path


@contextmanager
def server(url: str | None, folder: Path) -> Iterator[str | None]:
    """The URL of a server's own database; a new server's where none is named, None where there can be none."""
    if find_spec("psycopg") is None:
        print("left out: everything on PostgreSQL (psycopg is not installed)")
        yield None
    elif url is not None:
        yield url
    elif shutil.which("initdb") is None or shutil.which("pg_ctl") is None:
        print(
            "left out: everything on PostgreSQL (initdb and pg_ctl are not on the path; name a server with --postgres)"
        )
        yield None
    else:
        with _own_server(folder / "postgres") as own:
            yield own


@contextmanager
def _own_server(folder: Path) -> Iterator[str]:
    """Start a server with its default settings, fsync included, on a free port of loopback."""
    user = _server_user()
    folder.mkdir()
    folder.parent.chmod(0o755)
    shutil.chown(folder, user)
    data, port = folder / "data", _free_port()
    _as(user, "initdb", "-D", data, "-U", "bench", "--auth=trust", "--encoding=UTF8")
    options = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories="
    _as(user, "pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options, "start")
    try:
        yield f"postgresql://bench@127.0.0.1:{port}/postgres"
    finally:
        _as(user, "pg_ctl", "-D", data, "-m", "immediate", "stop")


def _server_user() -> str:
    """The login that runs the server: PostgreSQL refuses to be root."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid()).pw_name
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


def _as(user: str, *command: str | Path) -> None:
    other = user if os.geteuid() == 0 else None
    subprocess.run(command, check=True, user=other, cwd="/", stdout=subprocess.DEVNULL)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def made(url: str, name: str) -> str:
    """Make a database anew beside a server's own; answers its URL."""
    _administer(url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)', f'CREATE DATABASE "{name}"')
    return sibling(url, name)


def copied(url: str, name: str) -> str:
    """Copy a database that nobody uses; answers the copy's URL."""
    kept = url.rpartition("/")[2]
    drop = f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'
    _administer(sibling(url, "postgres"), drop, f'CREATE DATABASE "{name}" TEMPLATE "{kept}"')
    return sibling(url, name)


def sibling(url: str, name: str) -> str:
    """The URL of another database of the same server."""
    return f"{url.rpartition('/')[0]}/{name}"


def _administer(url: str, *statements: str) -> None:
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())
