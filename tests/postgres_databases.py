"""Empty databases with our tables, on one real PostgreSQL server a process; each is a copy of the first, so quick."""

from pathlib import Path

from notifier.store.postgres import upgrade
from tests.postgres_server import LocalPostgres


class Databases:
    """A server, and the databases that are made on it."""

    def __init__(self, folder: Path) -> None:
        self.server = LocalPostgres(folder).start()
        upgrade(self.server.create("template"))
        self._made = 0

    def new(self) -> str:
        """Make a database with our tables; answers its address."""
        import psycopg

        self._made += 1
        name = f"d{self._made}"
        with psycopg.connect(self.server.url(), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE template'.encode())
        return self.server.url(name)

    def close(self) -> None:
        """Stop the server."""
        self.server.stop()
