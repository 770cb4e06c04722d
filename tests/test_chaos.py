"""The chaos program itself, small: nothing is missing, silently doubled, too early or recorded other than it is."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.postgres_server import LocalPostgres, NoPostgres

CHECKOUT = Path(__file__).parents[1]
SMALL = ("--seed", "7", "--kills", "10", "--notifications", "50", "--workers", "2", "--minutes", "0.4")


def torment(store: str, keep: Path) -> tuple[int, str]:
    """Run it; answers its exit code, and what it printed and found."""
    program = [sys.executable, str(CHECKOUT / "bench" / "chaos.py"), *SMALL, "--store", store, "--keep", str(keep)]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(CHECKOUT), "LANG": "C.UTF-8"}
    ran = subprocess.run(program, capture_output=True, text=True, env=environment, timeout=180)
    found = [log.read_text(encoding="utf-8") for log in keep.rglob("findings.log")]
    return ran.returncode, "\n".join([ran.stdout, ran.stderr, *found])


@pytest.mark.slow
def test_nothing_is_lost_or_doubled_on_sqlite(tmp_path: Path) -> None:
    """Killed, frozen, cut off and locked out, on SQLite."""
    code, told = torment("sqlite", tmp_path)

    assert code == 0, told
    assert "missing 0, silent duplicates 0, violations 0, disagreements 0" in told


@pytest.mark.slow
def test_nothing_is_lost_or_doubled_on_postgres(tmp_path: Path) -> None:
    """The same on PostgreSQL, whose sessions are cut and whose server crashes as well."""
    try:
        with LocalPostgres(tmp_path / "trial"):
            pass
    except NoPostgres as reason:
        pytest.skip(f"NOT TESTED, no PostgreSQL could be started here: {reason}")

    code, told = torment("postgres", tmp_path)

    assert code == 0, told
    assert "missing 0, silent duplicates 0, violations 0, disagreements 0" in told
