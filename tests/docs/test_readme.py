"""Every command of the README is run as a newcomer runs it, in folders of their own."""

import os
import pty
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import requests

from notifier.practice.demo import CLOSURE
from tests.docs.pages import CHECKOUT, blocks, commands, printed

README = CHECKOUT / "README.md"
SERVICES = {"notify practice": "The practice platforms are at", "notify run": "notify run: delivering"}
"""Commands that serve until they are stopped, and what they say once they do."""

_CHANGING = (
    (r"n-\d{8}-\d{6}-\w{5}", "ID"),
    (r"http://127\.0\.0\.1:\d+", "PRACTICE"),
    (r"\bh-[\w-]+", "HOOK"),
    (r"\b\d{12,}\b", "NUMBER"),
)


@dataclass
class Newcomer:
    """Somebody in a folder, with the environment's commands and no variables of ours."""

    folder: Path
    variables: dict[str, str] = field(default_factory=dict)

    def environment(self) -> dict[str, str]:
        """What the commands see: a home in the folder, no colour."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("NOTIFY_", "XDG_"))}
        path = f"{Path(sys.executable).parent}{os.pathsep}{kept['PATH']}"
        return {**kept, "PATH": path, "HOME": str(self.folder), "NO_COLOR": "1", **self.variables}

    def run(self, command: list[str]) -> tuple[int, str]:
        """Run a command at a terminal, answering each question with Enter: its exit code, and what it printed."""
        master, terminal = pty.openpty()
        os.write(master, b"\n" * 20)
        try:
            done = subprocess.run(
                command,
                cwd=self.folder,
                env=self.environment(),
                stdin=terminal,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
                timeout=60,
            )
        finally:
            os.close(terminal)
            os.close(master)
        return done.returncode, done.stdout

    def serve(self, command: list[str], word: str) -> tuple[int, str]:
        """Start a service, wait until it says that it serves, stop it as Ctrl-C does."""
        log = self.folder / "service.log"
        with log.open("wb") as output:
            service = subprocess.Popen(
                command, cwd=self.folder, env=self.environment(), stdout=output, stderr=output, stdin=subprocess.DEVNULL
            )
        deadline = time.monotonic() + 20
        while word not in log.read_text("utf-8") and service.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        service.send_signal(signal.SIGINT)
        code = service.wait(20)
        told = log.read_text("utf-8")
        assert word in told, told
        return code, told


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def after_demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Newcomer, str]]:
    """Somebody who has just run the demo, in a folder with the example configuration; and what the demo printed."""
    newcomer = Newcomer(tmp_path_factory.mktemp("demo"))
    shutil.copytree(CHECKOUT / "config", newcomer.folder / "config")
    shutil.copy(README, newcomer.folder)
    demo = [sys.executable, "-m", "notifier.practice.demo", "--port", str(free_port())]
    code, told = newcomer.run(demo)
    assert code == 0, told
    said = re.search(r"export NOTIFY_CONFIG=(\S+)", told)
    assert said, told
    newcomer.variables["NOTIFY_CONFIG"] = said[1]
    yield newcomer, told
    assert newcomer.run([*demo, "--stop"]) == (0, "The practice platforms are stopped.\n")


def of_section(title: str, language: str) -> list[str]:
    """The lines of the README's `language` blocks under a heading."""
    text = README.read_text("utf-8")
    under = re.split(r"\n## ", text.partition(f"\n## {title}\n")[2])[0]
    here = [block for block in blocks(README) if block.language == language and block.text in under]
    return [line for block in here for line in block.text.splitlines()]


def wanted_code(line: str) -> int:
    """What a line's comment says the command ends with; 0 where it says nothing."""
    said = re.search(r"#.*\bexit (\d)", line)
    return int(said[1]) if said else 0


def run_lines(newcomer: Newcomer, lines: list[str]) -> list[str]:
    """Run the lines in order; what went otherwise than they say."""
    wrong = []
    for line in lines:
        command = shlex.split(line, comments=True)
        if not command or command[0] == ".":
            continue
        service = SERVICES.get(" ".join(command))
        if service:
            where = ["--port", "0"] if command[1] == "practice" else []
            code, told = newcomer.serve([*command, *where], service)
        else:
            code, told = newcomer.run(command)
        if code != wanted_code(line):
            wrong.append(f"{line}\n  ended with {code}: {told}")
    return wrong


def plain(text: str) -> list[str]:
    """Lines without what differs from run to run."""
    for pattern, word in _CHANGING:
        text = re.sub(pattern, word, text)
    return [line.rstrip() for line in text.splitlines() if line.strip()]


def test_what_you_see_is_what_it_prints(after_demo: tuple[Newcomer, str]) -> None:
    """The README's terminal sessions are, but for ids and ports, what the program prints."""
    newcomer, _ = after_demo
    sessions = [one for block in blocks(README) if block.language == "console" for one in printed(block)]
    assert len(sessions) >= 2
    for command, lines in sessions:
        code, told = newcomer.run(shlex.split(command))
        assert code == (4 if "BLOCK" in told else 0), told
        assert sorted(plain("\n".join(lines))) == sorted(plain(told))


def test_the_demo_can_be_run_again_and_its_addresses_open(after_demo: tuple[Newcomer, str]) -> None:
    """A second demo in the same folder finds its platforms running, and each address for a person shows a page."""
    newcomer, told = after_demo
    port = re.search(r"127\.0\.0\.1:(\d+)", told)
    assert port
    code, again = newcomer.run([sys.executable, "-m", "notifier.practice.demo", "--port", port[1]])
    assert code == 0, again
    assert "are running at" in again
    assert shlex.join(["notify", *CLOSURE]).replace("'", '"') in again
    assert again.count("✓") == 5
    addresses = set(re.findall(r"http://127\S+/\S*", again))
    opened = [address for address in addresses if "/rest/" not in address]
    assert len(opened) == len(addresses) - 1 == 7
    assert [address for address in opened if not requests.get(address, timeout=5).ok] == []


def test_a_second_checkout_takes_the_next_port(after_demo: tuple[Newcomer, str], tmp_path: Path) -> None:
    """Where another checkout's demo has the port, this one says so and takes the next; --stop ends its own only."""
    first, told = after_demo
    port = re.search(r"127\.0\.0\.1:(\d+)", told)
    assert port
    neighbour = Newcomer(tmp_path)
    shutil.copytree(CHECKOUT / "config", tmp_path / "config")
    demo = [sys.executable, "-m", "notifier.practice.demo", "--port", port[1]]
    code, theirs = neighbour.run(demo)
    assert code == 0, theirs
    assert f"Port {port[1]} belongs to another program" in theirs
    assert theirs.count("✓") == 5
    assert neighbour.run([*demo, "--stop"])[0] == 0
    assert neighbour.run([*demo, "--stop"]) == (0, "No practice platforms of this folder are running.\n")
    assert first.run(["notify", "channels", "list"])[0] == 0
    assert "are running at" in first.run(demo)[1]


def test_what_there_is_to_try_works(after_demo: tuple[Newcomer, str]) -> None:
    """Every command under "Try it" ends as the README says."""
    newcomer, _ = after_demo
    lines = of_section("Try it", "sh")
    assert len(lines) > 8
    assert run_lines(newcomer, lines) == []
    assert (newcomer.folder / "preview.html").read_text("utf-8").startswith("<!doctype html>")


def test_your_department_can_be_made(tmp_path: Path) -> None:
    """Every command under "Your department" ends as the README says, in an empty folder, answering with Enter."""
    lines = of_section("Your department", "sh")
    assert lines[0].startswith("notify init")
    assert run_lines(Newcomer(tmp_path), lines) == []
    made = {path.stem for path in (tmp_path / "config").iterdir()}
    assert {"department", "channels", "feeds", "policy"} <= made


def test_every_block_of_commands_is_run_by_a_test() -> None:
    """No block of the README is left out: each is a session, or stands in a section that a test here runs."""
    run = {"Try it", "Your department"}
    made = [command for block in blocks(README)[:1] for command in commands(block)]
    assert made == ["make demo", "make test"]
    tested = [line for title in run for line in of_section(title, "sh")]
    others = [block for block in blocks(README)[1:] if block.language == "sh"]
    assert sorted(tested) == sorted(line for block in others for line in block.text.splitlines())
