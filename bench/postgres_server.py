"""A real, private PostgreSQL: made in a folder, reached on loopback and a socket, gone in the end."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self


class NoPostgres(Exception):
    """No server can be had here; says why."""


class LocalPostgres:
    """One server with its data below a folder; a context manager. Raises NoPostgres where none can be started."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._user = _other_user() if os.getuid() == 0 else None
        self._home: Path | None = None
        self._port = 0

    def start(self) -> Self:
        """Make the data folder where there is none, and start."""
        for program in ("initdb", "pg_ctl"):
            if shutil.which(program) is None:
                raise NoPostgres(f"{program} is not on PATH")
        self._home = self._made()
        data = self._home / "data"
        if not data.exists():
            options = ("-D", str(data), "-U", "postgres", "--auth=trust", "-E", "UTF8", "--no-sync")
            self._run("initdb", *options)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = int(probe.getsockname()[1])
        self._ctl("start")
        return self

    def stop(self) -> None:
        """Stop it, and take its data away."""
        if self._home is not None:
            self._ctl("stop", "-m", "immediate")
            shutil.rmtree(self._home, ignore_errors=True)
            self._home = None

    def restart(self, *, immediate: bool = False) -> None:
        """Restart it, in good order or as after a crash."""
        self._ctl("stop", "-m", "immediate" if immediate else "fast")
        self._ctl("start")

    def url(self, database: str = "postgres") -> str:
        """The address of a database."""
        return f"postgresql://postgres@/{database}?host={self._home}&port={self._port}"

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

    def _made(self) -> Path:
        # A folder of root's own may stand where the other user cannot go, and a socket's path must be short.
        parent = None if self._user else self._folder
        self._folder.mkdir(parents=True, exist_ok=True)
        home = Path(tempfile.mkdtemp(prefix="pg-", dir=parent))
        if self._user:
            shutil.chown(home, self._user)
            home.chmod(0o755)
        return home

    def _ctl(self, act: str, *more: str) -> None:
        assert self._home is not None
        options = f"-p {self._port} -k {self._home} -c listen_addresses=127.0.0.1 -c max_connections=200"
        begin = ("-o", options, "-l", str(self._home / "log")) if act == "start" else ()
        self._run("pg_ctl", act, "-D", str(self._home / "data"), "-w", "-t", "60", *more, *begin)

    def _run(self, *command: str) -> None:
        through = ("runuser", "-u", self._user, "--") if self._user else ()
        ran = subprocess.run(
            [*through, *command],
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
        )
        if ran.returncode:
            raise NoPostgres(f"{command[0]} failed: {ran.stdout.decode(errors='replace')[-400:]}")


def _other_user() -> str:
    """PostgreSQL does not run as root."""
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    raise NoPostgres("this is root, and there is no other user to run the server as")
