"""The package mastodon_mock from PyPI: no Mastodon, but a server of its API that keeps its state and fails when told.

No server that is Mastodon can be had as a package. Where this one differs: an address counts whole and not as 23, a
family of emoji as its parts, an answer to a post that is gone is taken, and a rate limit ends at a number of seconds.
"""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from tests.servers.processes import free_port, port_open
from tests.servers.server import Server

_VERSION = "0.6.1"
_TOKEN = "mock_token"


@dataclass(frozen=True)
class Instance:
    """An account on the server."""

    url: str
    access_token: str
    username: str

    @property
    def headers(self) -> dict[str, str]:
        """What says who asks."""
        return {"Authorization": f"Bearer {self.access_token}"}

    def count(self) -> int:
        """How many statuses the account has."""
        return int(self._me()["statuses_count"])

    def statuses(self) -> list[dict[str, Any]]:
        """The account's newest statuses."""
        url = f"{self.url}/api/v1/accounts/{self._me()['id']}/statuses"
        found: list[dict[str, Any]] = requests.get(url, {"limit": "40"}, headers=self.headers, timeout=10).json()
        return found

    def _me(self) -> dict[str, Any]:
        url = f"{self.url}/api/v1/accounts/verify_credentials"
        me: dict[str, Any] = requests.get(url, headers=self.headers, timeout=10).json()
        return me

    def fail(self, **rule: Any) -> None:
        """Ask for a fault, or without a rule for none."""
        url = f"{self.url}/api/v1/_mock/faults"
        requests.delete(url, timeout=10).raise_for_status()
        if rule:
            requests.post(url, json=rule, timeout=10).raise_for_status()


class MastodonMock(Server[Instance]):
    """The mock with one account, in memory."""

    name = "mastodon_mock"
    recipe = f"mastodon_mock {_VERSION} (PyPI, in its own environment)"

    @classmethod
    def install_into(cls, folder: Path) -> None:
        """Make the environment."""
        cls.run([sys.executable, "-m", "venv", "venv"], folder, seconds=120)
        python = str(folder / "venv" / "bin" / "python")
        cls.run([python, "-m", "pip", "install", "--quiet", f"mastodon_mock=={_VERSION}"], folder, seconds=600)

    def begin(self) -> Instance:
        """Start it."""
        port = free_port()
        serve = [
            str(self.folder() / "venv" / "bin" / "mastodon_mock"),
            "serve",
            "--in-memory",
            "--log-level",
            "warning",
        ]
        place = ["--host", "127.0.0.1", "--port", str(port), "--domain", f"127.0.0.1:{port}"]
        self.keep([*serve, *place], "server").wait_until(lambda: port_open(port))
        return Instance(f"http://127.0.0.1:{port}", _TOKEN, "testuser")
