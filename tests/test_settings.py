"""The configuration: where it is found, read whole, and every problem of every file told at once."""

import json
import subprocess
import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from notifier.errors import SettingsError
from notifier.policy.wording import built_in
from notifier.registry import accounts, feeds, further_problems
from notifier.settings import Settings, fetch_secrets, find_config, read_every, read_settings
from notifier.wiring import House

DEPARTMENT = """
name = "Exampleton Police Department"
short_name = "Exampleton PD"
website = "https://police.exampleton.example"
phone = "555-555-0100"
timezone = "America/New_York"
"""
HOOK = """
[channels.hook]
type = "webhook"
url = "http://127.0.0.1:9001/hook"
"""


TEAM = "\n[[team]]\nuser = 'ada'\nrole = 'chief'\n"
NWS = '[feeds.nws]\ntype = "nws"\nurl = "https://w.example"\nzones = ["MAZ014"]\n'


def write(folder: Path, **files: str) -> Path:
    """Write a configuration; what is not given is right, None-like empty text leaves a file out."""
    config = folder / "config"
    config.mkdir(parents=True, exist_ok=True)
    for name, text in {"department": DEPARTMENT, "channels": HOOK, **files}.items():
        if text:
            (config / f"{name}.toml").write_text(text, encoding="utf-8")
    return config


def read(folder: Path, environment: Mapping[str, str] | None = None, **files: str) -> Settings:
    """Read a configuration that stands in these files."""
    return read_settings(write(folder, **files), environment or {}, further_problems)


def problems(folder: Path, **files: str) -> list[str]:
    """All that is told of a wrong configuration, whichever step finds it."""

    def use() -> None:
        settings = read(folder, None, **files)
        accounts(settings)
        feeds(settings)

    with pytest.raises(SettingsError) as wrong:
        use()
    assert wrong.value.exit_code == 2
    return str(wrong.value).splitlines()


# --- wrong ones -------------------------------------------------------------------------------------------------------


def test_every_problem_of_every_file_is_told_at_once(tmp_path: Path) -> None:
    """Four wrong files, nine mistakes: each is one line with its file and key."""
    told = problems(
        tmp_path,
        department='name = "A"\nshort_nam = "A"\nwebsite = "nowhere"\nphone = "555"\ntimezone = "Mars/Base"',
        channels='[channels.hook]\ntype = "webhook"\nurl = "http://h.example"\ntimout = 3\n[channels.y]\ntype = "why"\n'
        '[routes]\ndefault = ["hook", "nope"]\nroad-closre = ["hook"]',
        feeds='[feeds.nws]\ntype = "nws"\nurl = "https://w.example"\nzonez = ["MAZ014"]',
        policy="[aproval]\nkinds = []",
    )
    wanted = (
        "department.toml: short_name: is missing",
        "department.toml: short_nam: is not a setting",
        'department.toml: website: "nowhere" is not a web address',
        'department.toml: timezone: "Mars/Base" is not a time zone',
        "channels.toml: channels.hook: timout: is not a setting",
        'channels.toml: channels.y: "why" is not a type of channel; the types are',
        'channels.toml: routes.default: there is no channel "nope"',
        "channels.toml: routes.road-closre: is not a kind",
        "feeds.toml: feeds.nws: zonez: is not a setting",
        "feeds.toml: feeds.nws: zones: is missing",
        "policy.toml: aproval: is not a setting",
    )
    assert [line for line in wanted if not any(one.startswith(line) for one in told)] == []
    assert len(told) == len(wanted), told


def test_channels_and_feeds_are_told_together(tmp_path: Path) -> None:
    """Also when the four files are right in themselves."""
    told = problems(tmp_path, channels='[channels.y]\ntype = "why"', feeds='[feeds.z]\ntype = "zed"')
    assert [line.split(":")[1].strip() for line in told] == ["channels.y", "feeds.z"]


@pytest.mark.parametrize(
    ("file", "text", "sentence"),
    [
        ("department", "name = ", "department.toml: is not TOML"),
        ("department", DEPARTMENT + 'languages = ["en", "tlh"]', "department.toml: languages.1"),
        ("department", DEPARTMENT + "languages = []", "department.toml: languages"),
        ("department", DEPARTMENT + "[store]\nfile = 'x'", "department.toml: store.file: is not a setting"),
        ("department", DEPARTMENT + "[[team]]\nuser = 'a'\nrole = 'boss'", "department.toml: team.0.role"),
        ("channels", "channels = 3", "channels.toml: channels: write each as a table"),
        ("channels", "[channels]\nx = 3", "channels.toml: channels.x: write it as a table"),
        ("channels", '[channels."Big Name"]\ntype = "x"', "channels.toml: channels.Big Name: a name has small letters"),
        ("channels", "[channels.x]\nhandle = 'a'", "channels.toml: channels.x: type is missing; the types are"),
        ("channels", HOOK + "[more]\na = 1", "channels.toml: more: is not a setting"),
        ("channels", "routes = 3\n" + HOOK, "channels.toml: routes: write it as a table"),
        ("channels", HOOK + "[routes]\ndefault = 'hook'", "channels.toml: routes.default: write a list"),
        ("channels", HOOK + "rate = 0", "channels.toml: channels.hook: rate"),
        ("channels", HOOK + "concurrency = 1000", "channels.toml: channels.hook: concurrency"),
        ("feeds", '[feeds.nws]\ntype = "nws"\nurl = "w"\nzones = ["MAZ014"]', "feeds.toml: feeds.nws: url"),
        (
            "feeds",
            '[feeds.nws]\ntype = "nws"\nurl = "https://w.example"\nzones = ["MAZ014"]\nevery = "1s"',
            "feeds.toml: feeds.nws: every: an interval is between 10s and 24h",
        ),
        ("policy", "[approval]\nkind = []", "policy.toml: approval.kind: is not a setting"),
        ("policy", "[approval]\nkinds = ['outreach', 'parade']", 'policy.toml: approval.kinds: "parade" is not a kind'),
        ("policy", "[approval]\nexpires = 'soon'", "policy.toml: approval.expires: is not a length of time"),
        ("policy", "[approval]\nexpires = '90d'", "policy.toml: approval.expires: is not a length of time"),
        ("policy", "[approval]\nexpires = 12", "policy.toml: approval.expires: is not a length of time"),
        ("policy", "[rules.copyright]\nverdict = 'pass'", 'policy.toml: rules.copyright.verdict: may only be "review"'),
        (
            "policy",
            "[rules.copyright]\nverdict = 'block'",
            'policy.toml: rules.copyright.verdict: may only be "review"',
        ),
        ("policy", "[rules.copyright]\nword = ['a']", "policy.toml: rules.copyright.word: is not a setting"),
        ("policy", "[rules.copyright]\nwords = 'a'", "policy.toml: rules.copyright.words: "),
        ("policy", "[own.mascot]", "policy.toml: own.mascot.file: is missing"),
        ("policy", "[own.mascot]\nfile = ''", "policy.toml: own.mascot.file: "),
        ("department", DEPARTMENT + TEAM + "pin = '4711'", "department.toml: team.0.pin: is not an argon2 hash"),
        ("department", DEPARTMENT + TEAM + TEAM, 'department.toml: team: "ada" stands here twice'),
        ("feeds", NWS + "preapproved_by = 'ada'", "feeds.toml: feeds.nws: preapproved_by and preapproved_on stand"),
        (
            "feeds",
            NWS + "preapproved_on = 2026-01-15",
            "feeds.toml: feeds.nws: preapproved_by and preapproved_on stand",
        ),
        (
            "feeds",
            NWS + "preapproved_by = 'eve'\npreapproved_on = 2026-01-15",
            'feeds.toml: feeds.nws.preapproved_by: "eve" is not a chief or pio of the team',
        ),
    ],
)
def test_each_mistake_is_one_sentence_with_its_place(tmp_path: Path, file: str, text: str, sentence: str) -> None:
    """The file, the key, and what is wrong there."""
    told = problems(tmp_path, **{file: text})
    assert len(told) == 1
    assert told[0].startswith(sentence)


def test_a_pin_that_stands_where_its_hash_should_is_not_told(tmp_path: Path) -> None:
    """The mistake is told without the pin."""
    (told,) = problems(tmp_path, department=DEPARTMENT + TEAM + "pin = 'sesame-4711'")
    assert "sesame" not in told


def test_approvals_are_settings(tmp_path: Path) -> None:
    """Which kinds wait, how long, and who approved a feed in advance; what is not said has its default."""
    feed = NWS + "preapproved_by = 'ada'\npreapproved_on = 2026-01-15"
    policy = "[approval]\nkinds = ['missing-person']\nexpires = '90 min'"
    settings = read(tmp_path, department=DEPARTMENT + TEAM, feeds=feed, policy=policy)
    approval = settings.policy.approval
    assert (approval.kinds, approval.expires) == (("missing-person",), timedelta(minutes=90))
    assert feeds(settings)["nws"].settings.preapproved_by == "ada"
    assert read(tmp_path, policy="[approval]").policy.approval.expires == timedelta(hours=12)


@pytest.mark.parametrize("file", ["department", "channels"])
def test_a_file_that_must_be_there_is_named(tmp_path: Path, file: str) -> None:
    """Only these two are required; the sentence says what makes them."""
    told = problems(tmp_path, **{file: ""})
    assert told == [f'{file}.toml: is missing from {tmp_path / "config"}; run "notify init" to make it']


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    """Bytes that are no UTF-8 are a sentence, not a trace."""
    config = write(tmp_path)
    (config / "feeds.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match=r"feeds\.toml: cannot be read"):
        read_settings(config, {})


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    """--config with a wrong path says so, and what makes one."""
    with pytest.raises(SettingsError, match="there is no such folder; run"):
        read_settings(tmp_path / "nowhere", {})


# --- where it is ------------------------------------------------------------------------------------------------------


def test_the_order_in_which_a_configuration_is_looked_for(tmp_path: Path) -> None:
    """--config, $NOTIFY_CONFIG, ./config, ~/.config/notifier, and at last the example."""
    here, home = tmp_path / "here", tmp_path / "home"
    here.mkdir()
    environment = {"HOME": str(home)}
    assert find_config(None, environment, here) is None
    write(home / ".config")
    (home / ".config" / "config").rename(home / ".config" / "notifier")
    assert find_config(None, environment, here) == home / ".config" / "notifier"
    write(here)
    assert find_config(None, environment, here) == here / "config"
    named = {**environment, "NOTIFY_CONFIG": str(tmp_path / "named")}
    assert find_config(None, named, here) == tmp_path / "named"
    assert find_config("given", named, here) == Path("given")


def test_a_folder_called_config_of_something_else_is_passed_over(tmp_path: Path) -> None:
    """./config counts only when it is a department's."""
    (tmp_path / "config").mkdir()
    assert find_config(None, {"HOME": str(tmp_path / "home")}, tmp_path) is None


def test_the_example_keeps_its_store_in_the_state_folder(tmp_path: Path) -> None:
    """Without a configuration nothing is written beside the program."""
    settings = read_settings(None, {"XDG_STATE_HOME": str(tmp_path), "HOME": "/nowhere"})
    assert settings.is_example
    assert settings.store_url == f"sqlite:///{tmp_path}/notifier/var/notifier.sqlite3"
    assert all(account.live is False for account in accounts(settings).values())


def test_paths_are_relative_to_the_folder_above_config(tmp_path: Path) -> None:
    """The store, a site's folder and a secret's file are found wherever the command was started."""
    site = '[channels.site]\ntype = "site"\nfolder = "var/site"\npublic_url = "https://a.example"'
    settings = read(tmp_path, channels=site, department=DEPARTMENT + '[store]\nurl = "sqlite:///data/s.db"')
    assert settings.store_url == f"sqlite:///{tmp_path}/data/s.db"
    assert accounts(settings)["site"].settings.folder == tmp_path / "var" / "site"  # type: ignore[attr-defined]


def test_a_list_of_recipients_is_found_there_too(tmp_path: Path) -> None:
    """It is read while the settings are, and its wrong lines are told as every other mistake."""
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "numbers.txt").write_text("+15555550123\n")
    sms = (
        f'[channels.sms]\ntype = "sms"\naccount_sid = "AC{"0" * 32}"\nsecret = "practice-secret"\n'
        'sender = "+15555550100"\nto_file = "lists/numbers.txt"'
    )
    settings = read(tmp_path, channels=sms)
    assert accounts(settings)["sms"].channel.capabilities.recipients == ("+15555550123",)
    (tmp_path / "lists" / "numbers.txt").write_text("+15555550123\n0124\n")
    with pytest.raises(SettingsError, match=r"channels\.sms: .*numbers\.txt, line 2"):
        accounts(settings)


def test_absolute_paths_stay(tmp_path: Path) -> None:
    """sqlite://// is absolute."""
    settings = read(tmp_path, department=DEPARTMENT + f'[store]\nurl = "sqlite:///{tmp_path}/elsewhere.db"')
    assert settings.store_url == f"sqlite:///{tmp_path}/elsewhere.db"


# --- secrets ----------------------------------------------------------------------------------------------------------

SMTP = """
[channels.hook]
type = "webhook"
url = "http://127.0.0.1:9001/hook"
secret = {}
"""


def _secret(settings: Settings) -> str:
    return str(accounts(settings)["hook"].settings.secret.get_secret_value())  # type: ignore[attr-defined]


def test_a_secret_comes_from_the_environment(tmp_path: Path) -> None:
    """{ env = "NAME" } is that variable."""
    settings = read(tmp_path, {"HOOK_SECRET": "hush"}, channels=SMTP.format('{ env = "HOOK_SECRET" }'))
    assert _secret(settings) == "hush"


def test_a_secret_comes_from_a_file(tmp_path: Path) -> None:
    """{ file = "PATH" } is its content without the line's end."""
    write(tmp_path)
    (tmp_path / "config" / "hook.key").write_text("hush\n")
    assert _secret(read(tmp_path, channels=SMTP.format('{ file = "hook.key" }'))) == "hush"


def test_a_secret_comes_from_dotenv_beside_the_folder(tmp_path: Path) -> None:
    """.env adds what is not set, and never overrules what is."""
    write(tmp_path)
    (tmp_path / ".env").write_text('HOOK_SECRET="from the file"\n')
    channels = SMTP.format('{ env = "HOOK_SECRET" }')
    assert _secret(read(tmp_path, channels=channels)) == "from the file"
    assert _secret(read(tmp_path, {"HOOK_SECRET": "set"}, channels=channels)) == "set"


def test_an_open_secret_is_refused_and_not_repeated(tmp_path: Path) -> None:
    """A literal secret is a problem; the sentence does not say it."""
    told = problems(tmp_path, channels=SMTP.format('"hunter2"'))
    assert told == [
        'channels.toml: channels.hook.secret: a secret never stands here; write { env = "NAME" } or { file = "PATH" }'
    ]


def test_a_practice_secret_may_stand_open(tmp_path: Path) -> None:
    """What begins with practice- opens nothing."""
    assert _secret(read(tmp_path, channels=SMTP.format('"practice-hook-secret"'))) == "practice-hook-secret"


@pytest.mark.parametrize(
    ("secret", "said"),
    [('{ env = "HOOK_SECRET" }', "$HOOK_SECRET is not set"), ('{ file = "none.key" }', "none.key cannot be read")],
)
def test_a_missing_secret_holds_its_channel_alone(tmp_path: Path, secret: str, said: str) -> None:
    """The configuration is right; the account knows what it lacks."""
    account = accounts(read(tmp_path, channels=SMTP.format(secret)))["hook"]
    assert any(said in one for one in account.missing)


def test_the_stores_address_and_password_come_from_where_secrets_are(tmp_path: Path) -> None:
    """From a variable, from a file beside the settings, or from .env; neither shows when the settings are printed."""
    write(tmp_path)
    (tmp_path / "config" / "store.key").write_text("hush-hush\n")
    (tmp_path / ".env").write_text("STORE_URL=postgresql://u:hush-hush@db.example/n\n")
    store = '[store]\nurl = { env = "STORE_URL" }\npassword = { file = "store.key" }'
    settings = read(tmp_path, department=DEPARTMENT + store)
    assert settings.store_url == "postgresql://u:hush-hush@db.example/n"
    assert settings.store_password is not None
    assert settings.store_password.get_secret_value() == "hush-hush"
    assert "hush" not in repr(settings)
    assert "hush" not in repr(settings.department)


def test_a_file_in_a_variable_is_relative_to_the_folder_above_config(tmp_path: Path) -> None:
    """As one that stands in department.toml."""
    settings = read(
        tmp_path, {"STORE": "sqlite:///data/s.db"}, department=DEPARTMENT + '[store]\nurl = { env = "STORE" }'
    )
    assert settings.store_url == f"sqlite:///{tmp_path}/data/s.db"


@pytest.mark.parametrize(
    ("store", "sentence"),
    [
        ('url = "postgresql://u:hush@h/d"', "store.url: a password never stands here; take it out of the address"),
        ('url = "postgresql://u:hu@sh/x@h/d"', "store.url: a password never stands here"),
        ('url = "postgresql://h/d?pass%77ord=hush"', "store.url: a password never stands here"),
        ('password = "hush"', 'store.password: a secret never stands here; write { env = "NAME" }'),
        ('password = { env = "A", file = "b" }', "store.password: a secret never stands here"),
        ("url = { env = 3 }", "store.url: a secret never stands here"),
        ('url = { env = "UNSET" }', "store.url: $UNSET is not set; set it to the store's address"),
        ('url = "postgresql://h/d"\npassword = { file = "none" }', "store.password: the secret's file none cannot be"),
    ],
)
def test_a_wrong_store_is_one_sentence_without_the_secret(tmp_path: Path, store: str, sentence: str) -> None:
    """The file, the key, what to do."""
    (told,) = problems(tmp_path, department=f"{DEPARTMENT}[store]\n{store}")
    assert told.startswith(f"department.toml: {sentence}")
    assert "hush" not in told


def test_secrets_show_nowhere(tmp_path: Path) -> None:
    """Neither the settings nor an account nor a section shows a secret when it is printed."""
    settings = read(tmp_path, {"HOOK_SECRET": "hush-hush"}, channels=SMTP.format('{ env = "HOOK_SECRET" }'))
    account = accounts(settings)["hook"]
    section = fetch_secrets(settings.channels["hook"], settings)
    assert "hush-hush" not in repr((settings, account, account.settings, section))


# --- small things -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "length"), [("60s", 60), ("5m", 300), ("2 h", 7200), ("10s", 10), ("24h", 86400)])
def test_an_interval_is_read(text: str, length: int) -> None:
    """Seconds, minutes, hours."""
    assert read_every(text) == timedelta(seconds=length)


@pytest.mark.parametrize("text", ["", "60", "9s", "25h", "1d", "99999999999s", "-5m", "5m5m"])
def test_what_is_no_interval_is_refused(text: str) -> None:
    """Anything else is a sentence."""
    with pytest.raises(ValueError, match="interval"):
        read_every(text)


def test_roles_are_the_teams(tmp_path: Path) -> None:
    """One outside the team counts as a dispatcher."""
    settings = read(tmp_path, department=DEPARTMENT + '[[team]]\nuser = "ada"\nrole = "chief"')
    assert (settings.member("ada").role, settings.member("eve").role) == ("chief", "dispatcher")


def test_a_house_tells_all_its_problems(tmp_path: Path) -> None:
    """The command line's own way in tells the channels' problems beside the department's."""
    write(tmp_path, department="name = 3", channels='[channels.y]\ntype = "why"')
    house = House(str(tmp_path / "config"), {}, tmp_path)
    with pytest.raises(SettingsError) as wrong:
        _ = house.settings
    assert {"department.toml", "channels.toml"} <= {problem.where.split(":")[0] for problem in wrong.value.problems}


def test_a_house_refuses_a_broken_rule_with_all_else_that_is_wrong(tmp_path: Path) -> None:
    """A pattern and an own rule beside the problems of the channels and feeds; nothing can be asked of such a house."""
    policy = "[rules.guilt]\n[rules.copyright]\npatterns = ['(']\n[own.mascot]\nfile = 'mascot.toml'"
    others = {"channels": '[channels.y]\ntype = "why"', "feeds": '[feeds.z]\ntype = "zed"', "policy": policy}
    write(tmp_path, **others)
    with pytest.raises(SettingsError) as wrong:
        _ = House(str(tmp_path / "config"), {}, tmp_path).settings
    places = ["channels.toml: channels.y", "feeds.toml: feeds.z", "policy.toml: rules.guilt"]
    places += ["policy.toml: rules.copyright.patterns, line 3", "policy.toml: own.mascot.file"]
    assert [problem.where for problem in wrong.value.problems] == places
    write(tmp_path, department="name = 3", **others)
    with pytest.raises(SettingsError) as wrong:
        _ = House(str(tmp_path / "config"), {}, tmp_path).settings
    assert {"department.toml: name", *places} <= {problem.where for problem in wrong.value.problems}


def test_a_house_has_the_wording_that_its_department_adds_to(tmp_path: Path) -> None:
    """What policy.toml says; the built-in wording itself where it says nothing."""
    write(tmp_path, policy="[rules.copyright]\nverdict = 'review'\nwords = ['a bear']")
    assert House(str(tmp_path / "config"), {}, tmp_path).wording.clause("copyright").verdict == "review"
    (tmp_path / "config" / "policy.toml").unlink()
    assert House(str(tmp_path / "config"), {}, tmp_path).wording is built_in()


def test_nothing_is_read_at_import() -> None:
    """Importing the settings reads neither the environment nor a file of ours."""
    program = "import json, notifier.settings, sys; print(json.dumps(sorted(sys.modules)))"
    ended = subprocess.run(
        [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(Path(__file__).parents[1])!r}); {program}"],
        capture_output=True,
        text=True,
        timeout=60,
        env={},
    )
    loaded = set(json.loads(ended.stdout))
    assert not loaded & {"dotenv", "requests", "jinja2", "apsw"}
