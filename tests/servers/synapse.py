"""A real Matrix homeserver: Synapse from PyPI, in an environment of its own."""

import sys
import uuid
from dataclasses import dataclass
from pathlib import Path

import requests

from tests.servers.processes import free_port
from tests.servers.server import Server

_GENEROUS = "".join(
    f"{limit}: {{per_second: 1000, burst_count: 1000}}\n"
    for limit in ("rc_message", "rc_registration", "rc_admin_redaction")
) + (
    "rc_login:\n"
    "  address: {per_second: 1000, burst_count: 1000}\n"
    "  account: {per_second: 1000, burst_count: 1000}\n"
    "  failed_attempts: {per_second: 1000, burst_count: 1000}\n"
)

_SETTINGS = """
listeners:
  - port: {port}
    bind_addresses: ["127.0.0.1"]
    type: http
    resources: [{{names: [client]}}]
database: {{name: sqlite3, args: {{database: "{folder}/homeserver.db"}}}}
trusted_key_servers: []
enable_registration: true
enable_registration_without_verification: true
bcrypt_rounds: 4
"""


@dataclass(frozen=True)
class Room:
    """A room on a homeserver, and who may write in it."""

    url: str
    room_id: str
    user_id: str
    password: str
    access_token: str

    @property
    def headers(self) -> dict[str, str]:
        """What says who asks."""
        return {"Authorization": f"Bearer {self.access_token}"}


class Synapse(Server[Room]):
    """Synapse with SQLite, one user and one room.

    strict_rates: keep Synapse's own limits; about ten quick messages, then 429.
    """

    name = "synapse"
    recipe = "matrix-synapse 1.163.2 (PyPI, in its own environment)"

    def __init__(self, *, strict_rates: bool = False) -> None:
        super().__init__()
        self._strict_rates = strict_rates

    @classmethod
    def install_into(cls, folder: Path) -> None:
        """Make the environment."""
        cls.run([sys.executable, "-m", "venv", "venv"], folder, seconds=120)
        cls.run([cls._python(), "-m", "pip", "install", "--quiet", "matrix-synapse==1.163.2"], folder, seconds=900)

    @classmethod
    def _python(cls) -> str:
        return str(cls.folder() / "venv" / "bin" / "python")

    def begin(self) -> Room:
        """Start it, register a user and make a room."""
        port = free_port()
        homeserver = [self._python(), "-m", "synapse.app.homeserver", "--config-path", "homeserver.yaml"]
        generate = ["--server-name", "localhost", "--generate-config", "--report-stats=no"]
        self.run([*homeserver, *generate], self.run_folder)
        settings = _SETTINGS.format(port=port, folder=self.run_folder) + ("" if self._strict_rates else _GENEROUS)
        (self.run_folder / "ours.yaml").write_text(settings)
        url = f"http://127.0.0.1:{port}"
        self.keep([*homeserver, "--config-path", "ours.yaml"], "server").wait_until(lambda: _answers(f"{url}/health"))
        return _register(url)


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=2).ok
    except requests.RequestException:
        return False


def _register(url: str) -> Room:
    password = uuid.uuid4().hex
    asked = {"username": "publisher", "password": password, "auth": {"type": "m.login.dummy"}}
    user = requests.post(f"{url}/_matrix/client/v3/register", json=asked, timeout=10)
    user.raise_for_status()
    token, user_id = user.json()["access_token"], user.json()["user_id"]
    made = requests.post(
        f"{url}/_matrix/client/v3/createRoom",
        json={"name": "Alerts", "preset": "public_chat"},
        headers={"Authorization": f"Bearer {token}"},
        timeout=10,
    )
    made.raise_for_status()
    return Room(url=url, room_id=made.json()["room_id"], user_id=user_id, password=password, access_token=token)
