"""What the pages say is there, is there; what is there, the pages tell."""

import importlib.util
import re
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

from notifier.channel import ChannelSettings
from notifier.cli.main import COMMANDS
from notifier.kind import Kind, option_name
from notifier.policy.judging import rules
from notifier.registry import channel_type, channel_types, feed_types, kind, kind_slugs
from tests.docs.pages import CHECKOUT, PAGES, files_named, links, name_of

REFERENCE = CHECKOUT / "docs" / "reference.md"
every_page = pytest.mark.parametrize("page", PAGES, ids=name_of)


def writer(name: str = "reference") -> ModuleType:
    """Import a program that writes a page."""
    spec = importlib.util.spec_from_file_location(name, CHECKOUT / "docs" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def section(title: str) -> str:
    """A section of the reference, from its heading to the next of the same rank."""
    mark = "#" * (len(title) - len(title.lstrip("#")))
    text = REFERENCE.read_text("utf-8")
    assert f"\n{title}\n" in text, f'docs/reference.md has no "{title}"; run: make docs'
    rest = text.partition(f"\n{title}\n")[2]
    return re.split(rf"\n#{{1,{len(mark)}}} ", rest)[0]


def test_the_reference_is_what_the_code_says() -> None:
    """docs/reference.md is exactly what docs/reference.py writes."""
    assert writer().page() == REFERENCE.read_text("utf-8"), "docs/reference.md is out of date; run: make docs"


def test_the_table_of_channels_is_what_the_code_says() -> None:
    """docs/channels.md is exactly what docs/channel_page.py writes."""
    told = (CHECKOUT / "docs" / "channels.md").read_text("utf-8")
    assert writer("channel_page").page() == told, "docs/channels.md is out of date; run: make docs"


@pytest.mark.parametrize(
    "system",
    [
        *(
            "X (Twitter)",
            "Facebook",
            "Nixle",
            "YouTube",
            "Flickr",
            "MediaWiki",
            "WordPress",
            "Reddit",
            "MySpace",
            "Digg",
        ),
        *("Bluesky", "Mastodon", "Instagram", "Threads", "Nextdoor", "Twilio", "Email", "MQTT", "Matrix", "IPAWS"),
        *("Slack", "Teams", "Discord", "Telegram", "ntfy", "Wikipedia", "RSS", "CAP"),
    ],
)
def test_every_system_of_the_order_and_of_the_public_has_a_row(system: str) -> None:
    """How it is reached and against what that was tried, or that a person posts there, and why."""
    table = (CHECKOUT / "docs" / "channels.md").read_text("utf-8").partition("| system |")[2]
    (first, *_) = [row for row in table.splitlines() if system in row.split("|")[1]]
    cells = [cell.strip() for cell in first.split("|")]
    assert cells[3] in ("publishes", "hand-off", "notify-only")
    assert len(cells[-2]) > 5, "against what it was tried, or why a person posts there"


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_is_told(name: str) -> None:
    """Each command has its place in the reference, with its line of help."""
    assert COMMANDS[name][1] in section(f"### notify {name}")


@pytest.mark.parametrize("slug", kind_slugs())
def test_every_kind_and_field_is_told(slug: str) -> None:
    """Each kind has its table, and each field of it a row with words; common fields stand in a table of their own."""
    of = kind(slug)
    own, common = section(f"### {slug}"), section("### Options of every kind")
    for name in of.model_fields:
        if name == "attachments":
            continue
        place = common if name in Kind.model_fields else own
        row = re.search(rf"^\| `--{option_name(of, name).replace('_', '-')}[ `].*$", place, re.MULTILINE)
        assert row, f"{slug} {name} is not in the reference"
        assert of.model_fields[name].description, f"{slug} {name} has no description"


@pytest.mark.parametrize("name", channel_types())
def test_every_channel_and_setting_is_told(name: str) -> None:
    """Each type of channel has its table, and each of its own settings a row with words."""
    of = channel_type(name).Settings
    told = section(f"### {name}")
    for setting, about in of.model_fields.items():
        if setting not in ChannelSettings.model_fields:
            assert f"| `{setting}` |" in told
            assert about.description, f"{name}.{setting} has no description"


@pytest.mark.parametrize("name", feed_types())
def test_every_feed_and_setting_is_told(name: str) -> None:
    """Each type of feed has its table, and each of its settings a row with words."""
    of = importlib.import_module(f"notifier.inputs.{name}").FEED.Settings
    told = section(f"### {name}")
    for setting, about in of.model_fields.items():
        assert f"| `{setting}` |" in told
        assert about.description, f"{name}.{setting} has no description"


@pytest.mark.parametrize("label", sorted(rules()))
def test_every_rule_is_told(label: str) -> None:
    """Each rule has its clause, an example that it stops and one that it lets through."""
    told = section(f"### {label}")
    assert all(word in told for word in ("Stops:", "Lets through:", "Its verdict is"))


@every_page
def test_every_file_that_a_page_names_exists(page: Path) -> None:
    """A path of this project in a page is a file or a folder of it."""
    made_later = {"config/templates", "notifier/_project", "channels/bulletin.py", "tests/channels/test_bulletin.py"}
    missing = [path for path in files_named(page) if not (CHECKOUT / path).exists()]
    assert [path for path in missing if path.rstrip("/") not in made_later] == []


@every_page
def test_every_link_leads_somewhere(page: Path) -> None:
    """A relative link of a page leads to a file or a folder."""
    assert [link for link in links(page) if not (page.parent / link).exists()] == []


def test_decisions_are_numbered_without_gaps() -> None:
    """Decisions are 0001, 0002 and so on and each begins with its number."""
    found = sorted((CHECKOUT / "docs" / "decisions").glob("*.md"))
    assert [int(page.name[:4]) for page in found] == list(range(1, len(found) + 1))
    for number, page in enumerate(found, 1):
        assert page.read_text("utf-8").startswith(f"# {number}. ")


def test_the_makefile_has_the_targets_that_pages_name() -> None:
    """Every `make target` that a page names is in the Makefile."""
    targets = set(re.findall(r"^([a-z-]+):", (CHECKOUT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = {
        target
        for page in PAGES
        for target in re.findall(r"`make ([a-z-]+)|^make ([a-z-]+)", page.read_text("utf-8"), re.MULTILINE)
        for target in target
        if target
    }
    assert named
    assert named <= targets


def test_the_pins_are_names_and_versions_only() -> None:
    """constraints.txt names a version for every library that pyproject.toml asks for, and no address."""
    pins = (CHECKOUT / "constraints.txt").read_text("utf-8").split()
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[\w.+!]+", pin) for pin in pins)
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))
    groups = project["dependency-groups"]
    asked = [
        *project["project"]["dependencies"],
        *groups["test"],
        *(one for one in groups["dev"] if isinstance(one, str)),
    ]
    plain = {re.sub(r"[-_.]+", "-", pin.partition("==")[0]).lower() for pin in pins}
    wanted = {re.sub(r"[-_.]+", "-", re.split(r"[<>=~! \[]", one)[0]).lower() for one in asked}
    assert wanted <= plain
    assert "pip" not in plain
