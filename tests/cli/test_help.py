"""What the console says of itself, and how little it loads to say it."""

import subprocess
import sys

import pytest

from notifier.registry import kind, kind_slugs
from tests.cli.console import CLOSURE, Console, Office

COMMANDS = (
    *("preview", "check", "measure", "status", "list", "show", "update", "retry", "cancel", "confirm", "run"),
    *("feeds", "channels", "records", "schema", "config", "init", "doctor", "practice"),
)
HEAVY = ("requests", "feedparser", "starlette", "jinja2", "babel", "PIL", "apsw", "twitter_text", "rich")


def loaded(console: Console, *arguments: str) -> set[str]:
    """The top-level modules that a command imports, as the interpreter itself reports them."""
    ran = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "notifier.cli.main", *arguments],
        capture_output=True,
        text=True,
        cwd=console.folder,
        env=console.environment(),
        timeout=60,
    )
    assert ran.returncode == 0, ran.stderr[-500:]
    lines = [line for line in ran.stderr.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip().partition(".")[0] for line in lines}


def test_help_names_every_command_and_kind(console: Console) -> None:
    """`notify --help` lists the kinds and the commands, each with a line, on stdout, exit 0."""
    ran = console("--help")

    assert (ran.code, ran.err) == (0, "")
    for name in (*COMMANDS, *kind_slugs()):
        assert f"\n  {name} " in ran.out, name


def test_notify_alone_shows_the_help(console: Console) -> None:
    """Without any argument the help is shown, and nothing is made anywhere."""
    ran = console()

    assert "Publish a notification" in ran.out + ran.err
    assert [path for path in console.folder.rglob("*") if path.is_file()] == []


def test_help_loads_little(console: Console) -> None:
    """`notify --help` imports no client, no feed reader, no web framework, no database, no templates."""
    assert loaded(console, "--help").isdisjoint(HEAVY)


def test_a_preview_loads_no_client_and_no_feed_reader(quiet_office: Office) -> None:
    """What does not send imports nothing that sends, and no feed reader."""
    found = loaded(quiet_office, "preview", *CLOSURE, "--config", str(quiet_office.config))

    assert found.isdisjoint({"requests", "feedparser", "starlette", "PIL"})


def test_publishing_loads_no_feed_reader(office: Office) -> None:
    """A command that publishes imports neither the feed reader nor what preview pages and retries need."""
    office.only("plain-hook")

    found = loaded(office, *CLOSURE, "--config", str(office.config))

    assert found.isdisjoint({"feedparser", "starlette", "tenacity", "defusedxml", "rich"})


def test_the_version_is_told(console: Console) -> None:
    """`notify --version` prints name and version."""
    ran = console("--version")

    assert ran.code == 0
    assert ran.out.startswith("notify ")


@pytest.mark.parametrize("slug", kind_slugs())
def test_a_kinds_help_names_its_fields(console: Console, slug: str) -> None:
    """`notify KIND --help` names every field that the schema has, and marks the required ones."""
    schema = kind(slug).model_json_schema(by_alias=True)

    ran = console(slug, "--help")

    words = " ".join(ran.out.split())
    assert ran.code == 0
    for name in schema["properties"].keys() - {"attachments"}:
        assert f"--{name.replace('_', '-')}" in words
    assert words.count("(required)") == len(schema["required"])


def test_every_command_explains_itself(console: Console) -> None:
    """`notify COMMAND --help` ends with 0 and starts with how it is used; asking makes no file."""
    helps = [(name, console.start(name, "--help")) for name in COMMANDS]

    for name, process in helps:
        said, _ = process.communicate(timeout=60)
        assert process.returncode == 0, name
        assert said.startswith(f"Usage: notify {name}")
    assert [path for path in console.folder.rglob("*") if path.is_file()] == []


# --- at a terminal ----------------------------------------------------------------------------------------------------


def test_a_terminal_is_asked_for_what_is_missing(office: Office) -> None:
    """At a terminal the required fields that are missing are asked for, one question each, and then it is published."""
    office.only("plain-hook")

    ran = office.at_terminal("road-closure", answers=("Main Street", "water main break"))

    assert ran.code == 0, ran.err
    assert "The street that is closed" in ran.err
    assert "Why" in ran.err
    assert "Main Street" in office.posts("webhook")[0].text


def test_a_terminal_is_never_asked_with_json(office: Office) -> None:
    """With --json nobody is asked, at a terminal either: what is missing is exit 3 and one document."""
    ran = office.at_terminal("road-closure", "--street", "Main Street", "--json")

    assert ran.code == 3
    assert ran.document["error"]["problems"][0]["where"] == "reason"
    assert office.stored() == 0


def test_nobody_is_asked_where_there_is_no_terminal(office: Office) -> None:
    """Without a terminal a missing field is exit 3 at once, even while stdin holds something."""
    ran = office("road-closure", "--street", "Main Street", stdin="water main break\n")

    assert ran.code == 3
    assert "reason" in ran.err
    assert office.stored() == 0
