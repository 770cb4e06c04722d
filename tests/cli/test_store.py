"""`notify store`: the console makes, checks and moves the store, and says no secret."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.console import CLOSURE, Office
from tests.postgres_databases import Databases


def _name_store(office: Office, lines: str) -> None:
    """Write another [store] into department.toml."""
    path = office.folder / "config" / "department.toml"
    text = path.read_text()
    before, after = text.split("[store]\n", 1)
    path.write_text(f"{before}[store]\n{lines}\n" + after[after.index("[[team]]") :])


def test_a_sqlite_store_is_checked(office: Office) -> None:
    """Whole, its version, nobody at work, what is open; as words and as JSON."""
    office.publish("--no-wait")
    ran, shown = office("store", "check"), office("store", "check", "--json").document
    assert ran.code == 0
    assert "It is whole" in ran.err
    assert "No notify run works on it." in ran.err
    assert (shown["whole"], shown["open"]) == (True, {"due": 6})


def test_a_sqlite_store_upgrades_itself(office: Office) -> None:
    """The command says so, and does no harm."""
    ran = office("store", "upgrade")
    assert ran.code == 0
    assert "made and upgraded by itself" in ran.err


def test_a_damaged_record_is_no_whole_store(office: Office) -> None:
    """The check ends with 1 and names the fault."""
    import apsw

    office.publish("--no-wait")
    connection = apsw.Connection(str(office.database))
    connection.execute("DROP TRIGGER event_stays")
    connection.execute("UPDATE event SET actor = 'x'")
    connection.close()
    ran = office("store", "check")
    assert ran.code == 1
    assert "was changed" in ran.err


def test_a_postgresql_store_is_made_published_from_and_checked(office: Office, databases: Databases) -> None:
    """Without tables the sentence names the command that makes them; then everything works as with a file."""
    url = databases.server.create("console")
    _name_store(office, 'url = { env = "STORE_URL" }')
    refused = office(*CLOSURE, STORE_URL=url)
    assert (refused.code, "make them with: notify store upgrade" in refused.err) == (1, True)
    made = office("store", "upgrade", STORE_URL=url)
    assert "The tables are made, version" in made.err
    assert office("store", "upgrade", "--json", STORE_URL=url).document["from"] > 0
    ran = office.publish(STORE_URL=url)
    assert set(ran.states.values()) == {"delivered"}
    shown = office("store", "check", "--json", STORE_URL=url).document
    assert (shown["whole"], shown["open"]) == (True, {})


def test_a_store_moves_at_the_console(office: Office, databases: Databases) -> None:
    """What was not yet sent goes out from the new store; the old one is refused with where it went."""
    url = databases.server.create("moved")
    office.publish("--no-wait")
    ran = office("store", "migrate", "--to", url)
    assert ran.code == 0, ran.err
    assert f'url = "{url}"' in ran.err
    refused = office(*CLOSURE)
    assert refused.code == 1
    assert "was moved to postgresql://" in refused.err
    assert office("store", "migrate", "--to", url).code == 0
    _name_store(office, f'url = "{url}"')
    assert office("run", "--once").code == 0
    assert len(office.posts("x")) == 1
    assert office("store", "check", "--json").document["open"] == {}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "say where to: --to postgresql://USER@HOST/DATABASE"),
        (("--to", "a", "--to-env", "B"), "say where to: --to"),
        (("--to", "sqlite:///x"), "moved to PostgreSQL only"),
        (("--to", "postgresql://u:hush-hush@127.0.0.1/x"), "everybody on this machine sees a password"),
        (("--to-env", "NOT_SET"), "$NOT_SET is not set"),
        (("--to-env", "HUSHED"), "is no PostgreSQL address"),
    ],
)
def test_a_wrong_target_is_one_sentence(office: Office, arguments: tuple[str, ...], said: str) -> None:
    """Nothing is moved, and no secret is said."""
    office.publish("--no-wait")
    ran = office("store", "migrate", *arguments, HUSHED="postgresql://u:hush-hush/7@127.0.0.1/x")
    assert ran.code in (1, 2)
    assert said in ran.err
    assert "hush" not in ran.out + ran.err
    assert office("store", "check").code == 0


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ('url = "postgresql://u:hush-hush@127.0.0.1/x"', "store.url: a password never stands here"),
        ('url = "postgresql://127.0.0.1/x?password=hush-hush"', "store.url: a password never stands here"),
        ('url = "postgresql://127.0.0.1/x"\npassword = "hush-hush"', "store.password: a secret never stands here"),
        ('url = { env = "NOT_SET" }', "store.url: $NOT_SET is not set"),
        ('url = { file = "none" }', "store.url: the secret's file none cannot be read"),
        ('url = "postgresql://127.0.0.1/x"\npassword = { env = "NOT_SET" }', "store.password: $NOT_SET is not set"),
        ('password = { env = "HUSHED" }', "store.password: a SQLite file has no password"),
        ("url = 3", "store.url: is not an address"),
        ('url = { env = "HUSHED" }', "the store is SQLite or PostgreSQL"),
    ],
)
def test_wrong_settings_are_one_sentence_without_the_secret(office: Office, lines: str, said: str) -> None:
    """The file, the key, what to do; never the password."""
    _name_store(office, lines)
    ran = office(*CLOSURE, "--json", HUSHED="hush-hush")
    assert ran.code in (1, 2)
    assert said in ran.err
    assert len(ran.err.strip().splitlines()) == 1
    assert "hush" not in ran.out + ran.err


def test_a_sqlite_store_imports_nothing_of_postgresql(office: Office) -> None:
    """A command that lives for half a second does not pay for a database that it does not use."""
    program = "import sys; from notifier.cli.main import main\ntry: main(sys.argv[1:])\nexcept SystemExit: pass\n"
    program += "print(sorted(name for name in sys.modules if 'psycopg' in name or 'postgres' in name))"
    command = [sys.executable, "-c", program, *CLOSURE, "--config", str(office.folder / "config"), "--no-wait"]
    ran = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **office.environment()})
    assert ran.stdout.splitlines()[-1] == "[]", ran.stderr
    assert office.stored() == 1
    assert Path(office.database).exists()
