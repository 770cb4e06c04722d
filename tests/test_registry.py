"""Kinds, channel types and feed types are found by their files; adding one edits no list."""

import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from notifier.channel import Channel
from notifier.errors import SettingsError, WrongUsage
from notifier.kind import Kind
from notifier.registry import (
    accounts,
    channel_type,
    channel_types,
    feed_types,
    kind,
    kind_slugs,
    route,
)
from notifier.settings import read_settings
from tests.test_settings import read

ROOT = Path(__file__).parents[1]
ROUTES = """
[channels.site]
type = "site"
folder = "var/site"
public_url = "https://a.example"
[channels.hook]
type = "webhook"
url = "http://127.0.0.1:9001/hook"
[routes]
default = ["site"]
road-closure = ["hook", "site", "hook"]
"""


def test_every_kind_can_be_called() -> None:
    """Each name is its class's own."""
    of_the_order = {"road-closure", "special-event", "weather-emergency", "missing-person", "outreach", "wanted-person"}
    assert of_the_order | {"crime-tip-request", "crime-prevention-tip"} <= set(kind_slugs())
    for slug in kind_slugs():
        assert issubclass(kind(slug), Kind)
        assert kind(slug).slug == slug


def test_an_old_name_of_a_kind_still_works() -> None:
    """Scripts say community-outreach."""
    assert kind("community-outreach") is kind("outreach")


def test_an_unknown_kind_names_those_there_are() -> None:
    """Wrong usage, with the choice."""
    with pytest.raises(WrongUsage, match='no kind "road-clsure"; the kinds are crime-prevention-tip, crime'):
        kind("road-clsure")


@pytest.mark.parametrize("name", ["../registry", "kind", "__init__", "", "os"])
def test_a_name_that_is_no_kind_imports_nothing(name: str) -> None:
    """What a command line says is looked up in the list of files, never imported as it comes."""
    with pytest.raises(WrongUsage):
        kind(name)
    with pytest.raises(WrongUsage):
        channel_type(name)


def test_every_channel_type_is_an_adapter() -> None:
    """Each file of channels/ gives one adapter with settings of its own."""
    assert {"site", "x", "facebook", "nixle", "smtp", "webhook", "console"} <= set(channel_types())
    for name in channel_types():
        adapter = channel_type(name)
        assert issubclass(adapter, Channel)
        assert adapter.Settings.model_config["extra"] == "forbid"


def test_feed_types_are_those_that_offer_a_feed() -> None:
    """Files of inputs/ that are no feed are none."""
    assert feed_types() == ["nws"]


# --- routes -----------------------------------------------------------------------------------------------------------


def test_a_kind_goes_by_its_route(tmp_path: Path) -> None:
    """Those asked for, else the kind's own, else the default; each once."""
    settings = read(tmp_path, channels=ROUTES)
    assert route(settings, "road-closure") == ("hook", "site")
    assert route(settings, "outreach") == ("site",)
    assert route(settings, "outreach", ("hook", "hook")) == ("hook",)


def test_without_routes_it_goes_everywhere(tmp_path: Path) -> None:
    """No [routes] at all: every channel."""
    settings = read(tmp_path, channels=ROUTES.partition("[routes]")[0])
    assert route(settings, "outreach") == ("site", "hook")


def test_an_unknown_channel_is_wrong_usage(tmp_path: Path) -> None:
    """The sentence names those there are."""
    with pytest.raises(WrongUsage, match=r'no channel "twitter" in channels\.toml; the channels are site, hook'):
        route(read(tmp_path, channels=ROUTES), "outreach", ("twitter",))


# --- adding one -------------------------------------------------------------------------------------------------------


def _in_a_copy(tmp_path: Path, program: str) -> str:
    """Run a program in a copy of the project to which a test may add files."""
    copy = tmp_path / "project"
    for name in ("notifier", "channels", "templates", "config"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
    ended = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], cwd=copy, capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.strip()


def test_a_new_channel_is_found_by_its_file(tmp_path: Path) -> None:
    """One file in channels/, nothing else, and it can be configured."""
    (tmp_path / "project" / "channels").mkdir(parents=True)
    (tmp_path / "project" / "channels" / "siren.py").write_text(
        textwrap.dedent(
            '''
            """A siren."""
            from notifier.channel import Capabilities, Channel, ChannelSettings

            class SirenSettings(ChannelSettings):
                """Its settings."""
                tone: str

            class Siren(Channel):
                """A siren."""
                Settings = SirenSettings
                capabilities = Capabilities("sms")

            CHANNEL = Siren
            '''
        )
    )
    config = tmp_path / "town" / "config"
    config.mkdir(parents=True)
    shutil.copy(ROOT / "config" / "department.toml", config)
    (config / "channels.toml").write_text('[channels.roof]\ntype = "siren"\ntone = "low"\n')
    out = _in_a_copy(
        tmp_path,
        f"""
        from pathlib import Path
        from notifier.registry import accounts, channel_types
        from notifier.settings import read_settings
        account = accounts(read_settings(Path({str(config)!r}), {{}}))["roof"]
        print("siren" in channel_types(), account.type, account.settings.tone)
        """,
    )
    assert out == "True siren low"


def test_a_new_kind_is_found_by_its_file(tmp_path: Path) -> None:
    """One file in kinds/, and the command line and its schema know it."""
    (tmp_path / "project" / "notifier" / "kinds").mkdir(parents=True)
    source = (ROOT / "notifier" / "kinds" / "outreach.py").read_text()
    added = source.replace('"outreach"', '"open-house"').replace("Outreach", "OpenHouse")
    (tmp_path / "project" / "notifier" / "kinds" / "open_house.py").write_text(added)
    out = _in_a_copy(tmp_path, "from notifier.registry import kind; print(kind('open-house').slug)")
    assert out == "open-house"


# --- a foreign package of the name ------------------------------------------------------------------------------------


def test_a_foreign_package_called_channels_is_refused(tmp_path: Path) -> None:
    """Where another distribution owns the name in this process, the sentence says where it stands."""
    (tmp_path / "channels").mkdir()
    (tmp_path / "channels" / "__init__.py").write_text("")
    program = f"""
        import sys
        sys.path.insert(0, {str(tmp_path)!r})
        import channels
        from notifier.errors import SettingsError
        from notifier.registry import channel_type
        try:
            channel_type("webhook")
        except SettingsError as refused:
            print(refused)
    """
    ended = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 0, ended.stderr
    assert f"another package of this name is in the way at {tmp_path / 'channels'}" in ended.stdout


def test_a_foreign_package_on_the_path_is_passed_over(tmp_path: Path) -> None:
    """One that is only installed does no harm: ours comes first."""
    (tmp_path / "channels").mkdir()
    (tmp_path / "channels" / "__init__.py").write_text("raise SystemExit('the foreign one was imported')")
    program = f"""
        import sys
        sys.path.insert(0, {str(tmp_path)!r})
        from notifier.registry import channel_type
        print(channel_type("webhook").__name__)
    """
    ended = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert (ended.returncode, ended.stdout.strip()) == (0, "Webhook"), ended.stderr


def test_the_example_department_is_right() -> None:
    """What the package carries can be read, and nobody's live account is in it."""
    settings = read_settings(None, {"XDG_STATE_HOME": "/nowhere"})
    made = accounts(settings)
    assert not any(account.live or account.missing for account in made.values())
    assert all(account.settings.approved_by for account in made.values())


def test_an_account_that_is_wrong_makes_none(tmp_path: Path) -> None:
    """All or nothing: no command runs with a part of its channels."""
    channels = ROUTES.replace('url = "http://127.0.0.1:9001/hook"', "")
    with pytest.raises(SettingsError, match=r"channels\.hook: url: is missing"):
        accounts(read(tmp_path, channels=channels))
