"""A department with a console of its own: `notify` as a real process, a real database, real practice platforms.

Nothing of the caller's environment reaches the process: it has its own home, its own working folder, no colour.
"""

import json
import os
import pty
import select
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from notifier.practice.faults import Fault
from notifier.practice.public_record import Post
from notifier.practice.server import PracticeServer

PRACTICE_SECRETS = (
    "practice-consumer-secret",
    "practice-token-secret",
    "practice-page-token",
    "practice-app-secret",
    "practice-password",
    "practice-hook-secret",
)
CLOSURE = ("road-closure", "--street", "Main Street", "--reason", "water main break")
CHECKOUT = Path(__file__).parents[2]
PATIENCE = 60.0
"""Seconds after which a command that has not ended is a failure."""


@dataclass(frozen=True)
class Ran:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document that stands on stdout; anything else there fails."""
        return json.loads(self.out)

    @property
    def states(self) -> dict[str, str]:
        """The state of each channel's delivery, of a document of the contract."""
        return {delivery["channel"]: delivery["state"] for delivery in self.document["deliveries"]}


class Console:
    """Runs `notify` in a folder, with an environment of its own.

    folder: the working folder; home and state stand in it. config: passed as --config, None: found.
    """

    def __init__(self, folder: Path, config: Path | None = None) -> None:
        self.folder, self.config = folder, config
        self.home = folder / "home"
        self.home.mkdir(parents=True, exist_ok=True)

    def __call__(self, *arguments: str, stdin: str = "", through: tuple[str, ...] = (), **environment: str) -> Ran:
        """Run one command to its end; through: a program that starts it, with its options."""
        ended = subprocess.run(
            [*through, *self.command(*arguments)],
            input=stdin,
            capture_output=True,
            text=True,
            cwd=self.folder,
            env=self.environment(**environment),
            timeout=PATIENCE,
        )
        return Ran(ended.returncode, ended.stdout, ended.stderr)

    def command(self, *arguments: str) -> list[str]:
        """Write the command line of a process."""
        chosen = [] if self.config is None or not arguments else ["--config", str(self.config)]
        named = [*arguments, *chosen] if _takes_config(arguments) else [*arguments]
        return [sys.executable, "-m", "notifier.cli.main", *named]

    def environment(self, **more: str) -> dict[str, str]:
        """Write the variables of a process: nothing of the caller's but where programs are."""
        own = {"HOME": str(self.home), "XDG_STATE_HOME": str(self.home / "state"), "NO_COLOR": "1"}
        return {"PATH": os.environ.get("PATH", ""), "LANG": "C.UTF-8", "PYTHONPATH": str(CHECKOUT), **own, **more}

    def start(self, *arguments: str, **environment: str) -> "subprocess.Popen[str]":
        """Start a command in a process group of its own, and do not wait for it."""
        return subprocess.Popen(
            self.command(*arguments),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.folder,
            env=self.environment(**environment),
            start_new_session=True,
        )

    def at_terminal(self, *arguments: str, answers: tuple[str, ...] = (), **environment: str) -> Ran:
        """Run a command whose stdin and stderr are a terminal, where somebody types the answers.

        Each answer is typed when a question stands there; what the terminal showed is `err`.
        """
        outer, inner = pty.openpty()
        process = subprocess.Popen(
            self.command(*arguments),
            stdin=inner,
            stdout=subprocess.PIPE,
            stderr=inner,
            cwd=self.folder,
            env=self.environment(**environment),
            start_new_session=True,
        )
        os.close(inner)
        screen = _converse(outer, process, list(answers))
        out = process.stdout.read().decode() if process.stdout else ""
        code = process.wait(PATIENCE)
        if process.stdout:
            process.stdout.close()
        return Ran(code, out, screen)


def _takes_config(arguments: tuple[str, ...]) -> bool:
    return arguments[:1] not in {("measure",), ("schema",), ("init",), ("practice",)} and not {
        "--config",
        "--help",
        "--version",
    } & {*arguments}


def _converse(outer: int, process: "subprocess.Popen[bytes]", answers: list[str]) -> str:
    """Type each answer when a question (`: ` at the end) stands on the screen; answers all that was shown."""
    screen, since = b"", b""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        ready, _, _ = select.select([outer], [], [], 0.05)
        if ready:
            try:
                piece = os.read(outer, 4096)
            except OSError:  # the other end of a terminal that nobody holds any more
                break
            if not piece:
                break
            screen, since = screen + piece, since + piece
        elif process.poll() is not None:
            break
        elif since.rstrip(b" ").endswith(b":") and answers:
            since = b""
            os.write(outer, answers.pop(0).encode() + b"\n")
    os.close(outer)
    if process.poll() is None and time.monotonic() >= deadline:
        kill(process)
    return screen.decode(errors="replace").replace("\r\n", "\n")


def kill(process: "subprocess.Popen[Any]") -> None:
    """End a process as a power cut does, and collect it."""
    process.send_signal(signal.SIGKILL)
    process.communicate()


class Office(Console):
    """A department whose channels lead to a practice server, with its console."""

    def __init__(self, folder: Path, practice: PracticeServer) -> None:
        super().__init__(folder, folder / "config")
        self.practice = practice
        self.channels = _channels(practice.url)
        self.database = folder / "var" / "notifier.sqlite3"
        self.site = folder / "var" / "site"
        self.languages = ["en", "es"]
        self.alarms: str | None = None
        self.routed: list[str] | None = None
        """The default route; None: every channel but the operator's."""
        self.write()

    def write(self) -> None:
        """Write the configuration as it stands now."""
        assert self.config is not None
        self.config.mkdir(exist_ok=True)
        (self.config / "department.toml").write_text(_department(self.languages), encoding="utf-8")
        tables = [f"[channels.{name}]\n{_lines(table)}" for name, table in self.channels.items()]
        routed = self.routed or [name for name in self.channels if name != self.alarms]
        routes = f"[routes]\ndefault = {json.dumps(routed)}\n"
        alarms = f'[alarms]\nchannel = "{self.alarms}"\n' if self.alarms else ""
        (self.config / "channels.toml").write_text("\n".join([*tables, routes, alarms]), encoding="utf-8")

    def channel(self, name: str, /, **changes: Any) -> None:
        """Change a channel's settings, None taking one away; a new name is a new channel."""
        table = {**self.channels.get(name, {}), **changes}
        self.channels[name] = {key: value for key, value in table.items() if value is not None}
        self.write()

    def only(self, *names: str) -> None:
        """Keep these channels alone."""
        self.channels = {name: self.channels[name] for name in names}
        self.write()

    def fault(self, *rules: Fault) -> None:
        """Let the practice platforms fail so; without rules, no more."""
        self.practice.faults.replace(rules)

    def publish(self, *arguments: str, through: tuple[str, ...] = (), **environment: str) -> Ran:
        """Publish the road closure of the tests, with further arguments; as JSON."""
        return self(*CLOSURE, "--json", *arguments, through=through, **environment)

    # --- what became of it ---

    def posts(self, platform: str) -> list[Post]:
        """What the public sees on one platform."""
        return [post for post in self.practice.posts if post.platform == platform]

    def requests(self, platform: str) -> Mapping[str, int]:
        """How many requests a platform was sent, by `all`, `publishing`, `accepted`, `refused`, `faulted`."""
        return Counter(self.practice.requests.to_json().get(platform, {}))

    def sent_nothing(self) -> bool:
        """Whether no request at all reached any platform, and no page was written."""
        return self.practice.requests.to_json() == {} and not self.pages()

    def pages(self) -> list[str]:
        """The pages of notifications on the site."""
        return sorted(path.name for path in self.site.glob("n-*.html"))

    def stored(self) -> int:
        """How many notifications stand in the database; 0 where there is no database."""
        return len(self.rows("SELECT id FROM notification"))

    def rows(self, question: str) -> list[tuple[Any, ...]]:
        """Ask the database itself, beside whatever process writes it."""
        if not self.database.exists():
            return []
        connection = sqlite3.connect(f"{self.database.as_uri()}?mode=ro", uri=True, timeout=5)
        try:
            return connection.execute(question).fetchall()
        except sqlite3.OperationalError:  # its tables are not made yet
            return []
        finally:
            connection.close()

    @contextmanager
    def locked(self, how: str) -> Iterator[None]:
        """Hold the database as another program would (BEGIN IMMEDIATE, BEGIN EXCLUSIVE)."""
        connection = sqlite3.connect(self.database, timeout=5, isolation_level=None)
        try:
            connection.execute(how)
            yield
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            connection.close()


def wait_until(true: Callable[[], bool], what: str, seconds: float = 20.0) -> None:
    """Look every millisecond until something is so; fails, naming it, when it never is."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"{what} did not happen within {seconds:.0f} s"
        time.sleep(0.001)


def _channels(url: str) -> dict[str, dict[str, Any]]:
    approved = {"approved_by": "chief", "approved_on": date(2026, 1, 15), "live": False}
    return {
        "site": {"type": "site", **approved, "folder": "var/site", "public_url": f"{url}/site"},
        "x": {
            "type": "x",
            **approved,
            "base_url": f"{url}/x",
            "handle": "ExampletonPD",
            "consumer_key": "practice-consumer-key",
            "consumer_secret": "practice-consumer-secret",
            "access_token": "practice-token",
            "access_token_secret": "practice-token-secret",
        },
        "facebook": {
            "type": "facebook",
            **approved,
            "base_url": f"{url}/facebook",
            "page_id": "100000000000001",
            "access_token": "practice-page-token",
            "app_secret": "practice-app-secret",
        },
        "nixle": {
            "type": "nixle",
            **approved,
            "base_url": f"{url}/everbridge",
            "organization_id": "8888",
            "username": "practice-user",
            "password": "practice-password",
        },
        "county-hook": {
            "type": "webhook",
            **approved,
            "url": f"{url}/hook/county",
            "idempotent": True,
            "secret": "practice-hook-secret",
        },
        "plain-hook": {"type": "webhook", **approved, "url": f"{url}/hook-plain/press"},
    }


def _department(languages: list[str]) -> str:
    return f"""name = "Exampleton Police Department"
short_name = "Exampleton PD"
website = "https://police.exampleton.example"
phone = "555-555-0100"
timezone = "America/New_York"
languages = {json.dumps(languages)}
[store]
url = "sqlite:///var/notifier.sqlite3"
[[team]]
user = "chief"
role = "chief"
"""


def _lines(table: Mapping[str, Any]) -> str:
    return "".join(f"{key} = {_value(value)}\n" for key, value in table.items())


def _value(value: Any) -> str:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_value(inner)}" for key, inner in value.items()) + " }"
    return json.dumps(value)
