"""docs/running.md: its unit, its events and its metrics are those of the code."""

import configparser
import inspect
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from notifier.cli.main import Commands
from notifier.cli.running import LOOPBACK
from notifier.runner import events_log, health_pages, health_server
from notifier.runner.embedded import LONGEST_END
from notifier.runner.metrics import METRICS
from notifier.runner.pulse import LONGEST_SILENCE
from tests.docs.pages import CHECKOUT, blocks

PAGE = CHECKOUT / "docs" / "running.md"
UNIT = CHECKOUT / "docs" / "notifier.service"


def told() -> dict[str, dict[str, list[str]]]:
    """The unit's sections, their keys, and each key's values."""
    reader = configparser.ConfigParser(strict=False, interpolation=None, comment_prefixes=("#",))
    reader.optionxform = str  # type: ignore[assignment, method-assign]
    reader.read_string(UNIT.read_text("utf-8"))
    return {name: {key: value.split() for key, value in section.items()} for name, section in reader.items()}


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_stands_in_the_page(name: str) -> None:
    """With its sort, its labels and what it tells."""
    about = METRICS[name]
    labels = ", ".join(f"`{label}`" for label in about.labels)
    assert f"| `{name}` | {about.sort} | {labels} | {about.tells} |" in PAGE.read_text("utf-8")


def test_the_page_knows_no_metric_that_is_not_there() -> None:
    """In its table and in its alarms."""
    assert set(re.findall(r"\bnotifier_\w+", PAGE.read_text("utf-8"))) - {"notifier_0"} == METRICS.keys()


def test_every_event_stands_in_the_page_with_its_fields() -> None:
    """Whatever the runner tells, found where it is told."""
    code = "\n".join(
        path.read_text("utf-8")
        for folder in ("runner", "cli")
        for path in (CHECKOUT / "notifier" / folder).glob("*.py")
    )
    events = set(re.findall(r'tell\(\s*logging\.\w+[^"]*?"([a-z-]+)"', code))
    rows = dict(re.findall(r"^\| `([a-z-]+)` \| (.*) \|$", PAGE.read_text("utf-8"), re.MULTILINE))
    assert {"started", "delivery", "feed-decision", "stopped"} <= events
    assert events | {"note"} <= rows.keys()
    fields = re.findall(r"^        (\w+)=", inspect.getsource(events_log.tell_result), re.MULTILINE)
    assert len(fields) > 10
    assert [field for field in fields if f"`{field}`" not in rows["delivery"]] == []


def test_every_mark_and_page_is_told() -> None:
    """What a delivery's line begins with; and what is served."""
    text = PAGE.read_text("utf-8")
    assert [mark for mark in {*events_log.MARKS.values()} - {"-"} if f"`{mark}`" not in text] == []
    served = re.findall(r'"(/\w+)":', inspect.getsource(health_pages.pages))
    assert len(served) == 3
    assert [page for page in served if f"| {page} |" not in text] == []
    assert LOOPBACK == health_server.LOOPBACK
    assert f"on {LOOPBACK} only" in text


def test_the_page_shows_the_unit() -> None:
    """As it stands beside it."""
    assert [block.text for block in blocks(PAGE) if block.language == "ini"] == [UNIT.read_text("utf-8")]


def test_the_unit_calls_what_is_there() -> None:
    """The command and the options of its ExecStart."""
    program, command, *options = told()["Service"]["ExecStart"]
    assert program.endswith("/bin/notify")
    known = {name for one in Commands().get_command(None, command).params for name in one.opts}
    assert {option for option in options if option.startswith("--")} <= known


def test_the_unit_waits_as_long_as_the_runner_needs() -> None:
    """The watchdog as long as a loop may be silent; the end longer than chores and requests take."""
    service = told()["Service"]
    assert service["WatchdogSec"] == [f"{LONGEST_SILENCE:.0f}"]
    assert int(service["TimeoutStopSec"][0]) > LONGEST_END + 60
    assert (service["Type"], service["Restart"]) == (["notify"], ["always"])


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd-analyze here")
def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    """No key is unknown, no value wrong; with a program that is there."""
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text("utf-8").replace("/opt/notifier/bin/notify", sys.executable), encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", str(unit)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
