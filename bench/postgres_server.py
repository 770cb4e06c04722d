"""The tests' own PostgreSQL server, for the benchmarks too: one program knows how one is started here."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.postgres_server import LocalPostgres, NoPostgres

__all__ = ["LocalPostgres", "NoPostgres"]
