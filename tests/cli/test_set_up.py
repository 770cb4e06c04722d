"""Making a configuration, checking it, and seeing whether all is well: init, config check, schema, doctor."""

import json
import stat
import tomllib
from pathlib import Path
from typing import Any

import pytest

from notifier.practice.faults import Fault
from tests.cli.console import CLOSURE, Console, Office
from tests.notifications import FULL_FIELDS

GIVEN = (
    *("--name", "Otherville Police Department", "--short-name", "Otherville PD"),
    *("--website", "https://police.otherville.example", "--phone", "555-555-0110"),
    *("--timezone", "America/Chicago", "--approved-by", "chief"),
)


def test_init_writes_a_configuration_to_fill_in(console: Console) -> None:
    """Nothing is asked when all is given; config check names what is marked, and is content once it is filled in."""
    made = console("init", *GIVEN, "--channels", "site,x,nixle,webhook,facebook,smtp")
    file = console.folder / "config" / "channels.toml"
    written = file.read_text()
    first = console("config", "check", "--json")
    for mark in ("Otherville", "8888", "alerts", "https://hooks.otherville.example/in", "100000000000001"):
        key = {"Otherville": "handle", "8888": "organization_id", "alerts": "username"}.get(mark)
        key = key or ("url" if mark.startswith("https") else "page_id")
        written = written.replace(f'{key} = "CHANGE-ME"', f'{key} = "{mark}"')
    file.write_text(written)

    second = console("config", "check", "--json")

    assert (made.code, made.out) == (0, "")
    assert first.code == 2
    places = {problem["where"] for problem in first.document["error"]["problems"]}
    assert places == {
        f"channels.toml: channels.{key}"
        for key in ("x: handle", "nixle: organization_id", "webhook: url", "facebook: page_id")
    }
    assert second.code == 0, second.err
    assert {"site", "smtp", "webhook"}.isdisjoint(second.document["missing"])
    assert {"x", "nixle", "facebook"} <= second.document["missing"].keys()


def test_init_with_the_site_alone_publishes_at_once(console: Console) -> None:
    """The embedded default needs no account: init with the site, then a closure stands on it."""
    console("init", *GIVEN, "--channels", "site")

    checked, ran = console("config", "check", "--json"), console(*CLOSURE, "--json")

    assert (checked.code, checked.document["missing"]) == (0, {})
    assert (ran.code, ran.states) == (0, {"site": "delivered"})
    assert (console.folder / "var" / "site" / "index.html").exists()


def test_init_keeps_secrets_apart(console: Console) -> None:
    """The secrets' names stand in .env, which only its owner reads; no secret's place is in TOML."""
    made = console("init", *GIVEN, "--channels", "nixle")

    env = console.folder / ".env"
    assert "NIXLE_PASSWORD=" in env.read_text()
    assert stat.S_IMODE(env.stat().st_mode) == 0o600
    assert '{ env = "NIXLE_PASSWORD" }' in (console.folder / "config" / "channels.toml").read_text()
    assert "NIXLE_PASSWORD" in made.err


def test_init_asks_at_a_terminal(console: Console) -> None:
    """At a terminal what was not given is asked for, Return takes what stands in brackets, and it says what is next."""
    answers = ("Otherville Police Department", "Otherville PD", "https://police.otherville.example", "555-555-0110")

    ran = console.at_terminal("init", answers=(*answers, "America/Denver", "", "chief"))

    department = tomllib.loads((console.folder / "config" / "department.toml").read_text())
    assert ran.code == 0, ran.err
    assert (department["name"], department["timezone"]) == ("Otherville Police Department", "America/Denver")
    assert "notify preview" in ran.err
    assert console("config", "check").code == 0


def test_init_where_nobody_can_be_asked_names_the_option(console: Console) -> None:
    """Without a terminal a missing answer is 2, naming the option; nothing is written."""
    ran = console("init", "--name", "Otherville Police Department")

    assert ran.code == 2
    assert "--short-name" in ran.err
    assert not (console.folder / "config").exists()


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--timezone", "Otherville", "time zone"),
        ("--website", "otherville", "web address"),
        ("--channels", "site,fax", "fax"),
        ("--channels", ",", "no channel"),
        ("--short-name", "The Otherville Police Department", "short_name"),
    ],
)
def test_init_refuses_what_cannot_work(console: Console, option: str, value: str, words: str) -> None:
    """A wrong answer is 2 with a sentence, and nothing is written."""
    given = dict(zip(GIVEN[::2], GIVEN[1::2], strict=True)) | {"--channels": "site"} | {option: value}

    ran = console("init", *(word for pair in given.items() for word in pair))

    assert ran.code == 2
    assert words in ran.err
    assert not (console.folder / "config").exists()


def test_init_overwrites_nothing(console: Console) -> None:
    """A second init is refused with 2 and leaves every file as it was."""
    console("init", *GIVEN, "--channels", "site")
    before = {path: path.read_bytes() for path in (console.folder / "config").iterdir()}

    ran = console("init", *GIVEN, "--channels", "x")

    assert ran.code == 2
    assert "is there already" in ran.err
    assert {path: path.read_bytes() for path in (console.folder / "config").iterdir()} == before


def test_config_check_tells_everything_at_once(office: Office) -> None:
    """Problems of several files come together, each with file and key, exit 2."""
    office.channel("x", handel="typo")
    assert office.config is not None
    (office.config / "feeds.toml").write_text('[feeds.radio]\ntype = "radio"\n')
    (office.config / "policy.toml").write_text("aproval = 1\n")

    ran = office("config", "check", "--json")

    places = " ".join(problem["where"] for problem in ran.document["error"]["problems"])
    assert ran.code == 2
    assert "policy.toml" in places


def test_config_check_names_missing_secrets(office: Office) -> None:
    """A secret that is not set is no error: exit 0, the channel is named as held until then."""
    office.channel("nixle", password={"env": "NIXLE_PASSWORD"})

    ran = office("config", "check", "--json")

    assert ran.code == 0
    assert ran.document["missing"] == {"nixle": ["$NIXLE_PASSWORD is not set"]}
    assert ran.document["channels"] == sorted(office.channels)


# --- schema -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("slug", sorted(FULL_FIELDS))
def test_a_schema_describes_what_fields_takes(quiet_office: Office, slug: str) -> None:
    """Everything the schema names is taken by --fields, with its own defaults; what it does not name is refused."""
    schema = quiet_office("schema", slug).document
    full = FULL_FIELDS[slug]
    defaults = {name: about["default"] for name, about in schema["properties"].items() if "default" in about}

    taken = quiet_office("preview", slug, "--fields", "-", "--json", stdin=json.dumps({**defaults, **full}))
    refused = quiet_office("preview", slug, "--fields", "-", "--json", stdin=json.dumps({**full, "zzz": 1}))

    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["additionalProperties"] is False
    assert full.keys() <= schema["properties"].keys()
    assert {*schema["required"]} <= full.keys()
    assert all(_resolves(reference, schema) for reference in _references(schema))
    assert (taken.code, refused.code) == (0, 3)


def _references(tree: Any) -> list[str]:
    if isinstance(tree, dict):
        own = [tree["$ref"]] if isinstance(tree.get("$ref"), str) else []
        return [*own, *(found for value in tree.values() for found in _references(value))]
    return [found for value in tree for found in _references(value)] if isinstance(tree, list) else []


def _resolves(reference: str, schema: dict[str, Any]) -> bool:
    found: Any = schema
    for step in reference.removeprefix("#/").split("/"):
        found = found.get(step, {})
    return bool(found)


def test_the_schema_without_a_required_field_matches_the_refusal(quiet_office: Office) -> None:
    """The required fields of the schema are those that the command asks for."""
    required = quiet_office("schema", "missing-person").document["required"]

    ran = quiet_office("missing-person", "--json")

    assert {problem["where"] for problem in ran.document["error"]["problems"]} == {*required}


def test_the_configuration_has_a_schema(console: Console) -> None:
    """`schema config` describes every file, with a table for each type of channel."""
    schema = console("schema", "config").document

    assert {"department.toml", "channels.toml", "feeds.toml", "policy.toml"} <= schema.keys()
    assert {"x", "site", "webhook", "nixle", "facebook", "smtp"} <= schema["channels.toml"].keys()


def test_an_unknown_kind_has_no_schema(console: Console) -> None:
    """`schema` of what does not exist is 2 and names the kinds."""
    ran = console("schema", "street-party")

    assert ran.code == 2
    assert "road-closure" in ran.err


# --- doctor -----------------------------------------------------------------------------------------------------------


def lines_of(document: Any) -> dict[str, dict[str, Any]]:
    """The doctor's lines by what they are about."""
    return {line["what"]: line for line in document["lines"]}


def test_the_doctor_looks_at_everything(office: Office) -> None:
    """A line each for configuration, store, disk, clock, every channel and notify run; nothing is posted by looking."""
    ran = office("doctor", "--json")

    lines = lines_of(ran.document)
    assert {"configuration", "store", "disk", "clock", "notify run"} <= lines.keys()
    assert {f"channel {name}" for name in office.channels} <= lines.keys()
    assert all(lines[f"channel {name}"]["well"] for name in office.channels), lines
    assert (ran.code, ran.document["well"], lines["notify run"]["well"]) == (5, False, False)
    assert office.practice.posts == []


def test_the_doctor_is_content_while_a_runner_lives(office: Office) -> None:
    """With notify run alive every line is well and the exit is 0."""
    office.only("site")
    process = office.start("run")
    try:
        while not office.rows("SELECT role FROM process"):
            assert process.poll() is None
        ran = office("doctor", "--json")
    finally:
        process.terminate()
        process.communicate()

    assert (ran.code, ran.document["well"]) == (0, True), ran.document


def test_the_doctor_says_what_to_do(office: Office) -> None:
    """A dead credential, a missing secret, an unapproved page and a dead service: each line says what to do."""
    office.fault(Fault(action="auth", platform="facebook"))
    office.channel("nixle", password={"env": "NIXLE_PASSWORD"})
    office.channel("plain-hook", approved_by=None)
    office.channel("x", base_url="http://127.0.0.1:9/x")

    ran = office("doctor")

    (facebook,) = [line for line in ran.err.splitlines() if "channel facebook" in line]
    (nixle,) = [line for line in ran.err.splitlines() if "channel nixle" in line]
    (hook,) = [line for line in ran.err.splitlines() if "channel plain-hook" in line]
    (x,) = [line for line in ran.err.splitlines() if "channel x" in line]
    assert ran.code == 5
    assert "renew the credential" in facebook
    assert "NIXLE_PASSWORD" in nixle
    assert "approved_by" in hook
    assert "notify practice" in x


def test_the_doctor_survives_what_is_ill(office: Office) -> None:
    """A broken configuration and a broken store are lines of their own, not an end with an error."""
    office.database.parent.mkdir()
    office.database.write_bytes(b"This is no database, but a text of some length. " * 100)
    ill_store = office("doctor", "--json")
    office.channel("x", handel="typo")
    ill_configuration = office("doctor", "--json")

    assert (ill_store.code, ill_configuration.code) == (5, 5)
    assert not lines_of(ill_store.document)["store"]["well"]
    assert "handel" in json.dumps(ill_configuration.document)


def test_the_configuration_is_found_where_it_should_be(office: Office) -> None:
    """$NOTIFY_CONFIG wins over ./config, and --config over both."""
    assert office.config is not None
    other = Path(office.folder / "elsewhere" / "config")
    other.mkdir(parents=True)
    for file in ("department.toml", "channels.toml"):
        text = (office.config / file).read_text()
        (other / file).write_text(text.replace("Exampleton", "Otherville"))
    given, office.config = office.config, None

    here = office("config", "check", "--json").document["folder"]
    by_variable = office("config", "check", "--json", NOTIFY_CONFIG=str(other)).document["folder"]
    by_option = office("config", "check", "--json", "--config", str(given), NOTIFY_CONFIG=str(other))

    assert (here, by_variable) == (str(given), str(other))
    assert by_option.document["folder"] == str(given)
