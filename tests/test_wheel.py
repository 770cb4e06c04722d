"""The wheel, built, installed in an environment of its own and run from elsewhere."""

import json
import os
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[1]
pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Installed:
    """The command of the wheel, as a stranger has it: another folder, a home of its own, no variables of ours."""

    wheel: Path
    program: Path
    home: Path

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the command from /."""
        environment = {"HOME": str(self.home), "PATH": "/usr/bin:/bin", "NO_COLOR": "1"}
        return _ran([str(self.program), *arguments], Path("/"), environment)


def _ran(command: list[str], folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=300
    )


def _must(command: list[str], folder: Path) -> None:
    done = _ran(command, folder, dict(os.environ))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Build the wheel from the checkout and install it with the pins."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder / "dist"), "."]
    _must(build, CHECKOUT)
    (wheel,) = (folder / "dist").glob("*.whl")
    _must([sys.executable, "-m", "venv", str(folder / "venv")], folder)
    pip = [str(folder / "venv/bin/python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    _must([*pip, "--constraint", str(CHECKOUT / "constraints.txt"), str(wheel)], folder)
    home = folder / "home"
    home.mkdir()
    return Installed(wheel, folder / "venv/bin/notify", home)


def test_the_wheel_owns_one_name_and_carries_what_it_needs(installed: Installed) -> None:
    """Its only top-level name is `notifier`; templates, wording, configuration and channels are in it, no tests."""
    with zipfile.ZipFile(installed.wheel) as wheel:
        names = wheel.namelist()
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"notifier"}
    inside = {name.removeprefix("notifier/_project/") for name in names}
    for folder in ("channels", "templates", "config"):
        wanted = [
            str(path.relative_to(CHECKOUT))
            for path in (CHECKOUT / folder).rglob("*")
            if path.is_file() and path.suffix != ".pyc"
        ]
        assert wanted
        assert set(wanted) <= inside
    assert "notifier/policy/wording/personal-data.toml" in names
    assert "notifier/store/queries.sql" in names
    assert not [name for name in names if "test" in name.lower() or name.endswith((".pyc", ".env", ".sqlite3"))]


def test_it_runs_anywhere_with_the_example_department(installed: Installed) -> None:
    """From any folder, with nothing configured, it knows its version and lists the example department's channels."""
    assert installed.run("--version").stdout.startswith("notify ")
    listed = installed.run("channels", "list", "--json")
    assert listed.returncode == 0, listed.stderr
    assert "site" in json.dumps(json.loads(listed.stdout))


def test_it_previews_a_road_closure(installed: Installed) -> None:
    """A preview finds its templates, its policy and its channels, and fits every text."""
    shown = installed.run(
        "preview", "road-closure", "--street", "Main Street", "--reason", "water main break", "--json"
    )
    assert shown.returncode == 0, shown.stderr
    document = json.loads(shown.stdout)
    assert document["verdict"] == "pass"
    assert {one["channel"] for one in document["channels"]} == {"site", "x", "facebook", "nixle", "county-hook"}
    assert all(one["fits"] and "Main Street" in one["text"] for one in document["channels"])


def test_it_publishes_on_the_site_and_keeps_its_state_at_home(installed: Installed) -> None:
    """The example department's store and site stand in the state folder of whoever runs it, and nowhere else."""
    words = ("road-closure", "--street", "Main Street", "--reason", "water main break", "--channel", "site", "--json")
    done = installed.run(*words)
    assert done.returncode == 0, done.stderr
    page = installed.home / ".local/state/notifier/var/site" / f"{json.loads(done.stdout)['id']}.html"
    assert "Main Street" in page.read_text("utf-8")


def test_it_warns_of_nothing_while_it_counts(installed: Installed) -> None:
    """X's own way of counting, whose library uses one that warns whoever uses it, says nothing of that to a person."""
    text = installed.home / "post.txt"
    text.write_text("Road closed 👮 https://www.example.org/closures", encoding="utf-8")
    done = installed.run("measure", "x", str(text), "--json")
    assert json.loads(done.stdout)["length"] == 12 + 2 + 1 + 23
    assert done.stderr == ""
