"""`notify practice` as a process: it serves, plays faults, and ends when asked."""

import json
import signal
import socket
import subprocess
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest

from tests.cli.console import CLOSURE, Console, Office, kill, wait_until


def free_port() -> int:
    """A port that nobody uses at this moment."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def answers(port: int) -> Callable[[], bool]:
    """Whether the platforms answer on a port."""

    def look() -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/practice/health", timeout=1) as answer:
                return bool(json.load(answer)["ok"])
        except OSError:
            return False

    return look


def served(console: Console, *arguments: str) -> "tuple[subprocess.Popen[str], int]":
    """Start the practice platforms on a free port, and wait until they answer."""
    port = free_port()
    process = console.start("practice", "--port", str(port), *arguments)
    try:
        wait_until(answers(port), "an answer of the practice platforms")
    except AssertionError:
        kill(process)
        raise
    return process, port


def at(office: Office, port: int) -> None:
    """Let the department's channels lead to another port."""
    before = office.practice.url
    for name, table in office.channels.items():
        moved: dict[str, Any] = {
            key: value.replace(before, f"http://127.0.0.1:{port}")
            for key, value in table.items()
            if isinstance(value, str)
        }
        office.channel(name, **moved)


def test_a_department_publishes_to_platforms_in_another_process(office: Office) -> None:
    """The platforms of `notify practice` take a closure, show it as a timeline, and end with Ctrl-C."""
    process, port = served(office)
    try:
        at(office, port)
        ran = office.publish()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
            page = answer.read().decode()
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=20)
    finally:
        if process.poll() is None:
            kill(process)

    assert ran.code == 0
    assert page.count("Main Street") >= 4
    assert f"http://127.0.0.1:{port}" in said
    assert "Traceback" not in said
    assert process.returncode in (0, 130)


def test_faults_are_played_from_a_file(office: Office) -> None:
    """`--faults FILE` makes the platforms fail as it says: unknown there, delivered elsewhere."""
    faults = office.folder / "faults.toml"
    faults.write_text('[[fault]]\naction = "lose-reply"\nplatform = "webhook"\n')
    office.only("x", "plain-hook")
    process, port = served(office, "--faults", str(faults))
    try:
        at(office, port)
        ran = office.publish()
    finally:
        process.terminate()
        process.communicate()

    assert (ran.code, ran.states) == (5, {"x": "delivered", "plain-hook": "unknown"})


def test_a_platform_that_is_not_there_is_a_failure_that_says_so(office: Office) -> None:
    """Where nothing listens the delivery stays due, exit 6; it is said that the platforms do not run and what to do."""
    office.only("site", "plain-hook")
    at(office, free_port())

    ran = office(*CLOSURE, "--wait", "0")

    assert ran.code == 6
    assert "refused the connection" in ran.err
    assert "start them in another terminal: notify practice" in ran.err
    assert "✓ site" in ran.err


def test_a_taken_port_is_told(office: Office) -> None:
    """A port that another program holds is 2 with what to do; the program there is left alone."""
    ran = office("practice", "--port", str(office.practice.port))

    assert ran.code == 2
    assert "--port" in ran.err
    assert answers(office.practice.port)()


@pytest.mark.parametrize(
    ("text", "words"),
    [('[[fault]]\naction = "explode"\n', "fault 1"), ("[[fault]\n", "TOML"), ('colour = "red"\n', "colour")],
)
def test_a_wrong_faults_file_is_told(console: Console, text: str, words: str) -> None:
    """A faults file that is wrong is 2, naming the file and the rule; nothing is served."""
    (console.folder / "faults.toml").write_text(text)

    ran = console("practice", "--port", "0", "--faults", "faults.toml")

    assert ran.code == 2
    assert "faults.toml" in ran.err
    assert words in ran.err


def test_it_ends_by_itself_when_told_so(console: Console) -> None:
    """`--stop-after` ends it without anybody's help, with 0."""
    ran = console("practice", "--port", "0", "--stop-after", "0.005")

    assert ran.code == 0
