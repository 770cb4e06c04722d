"""A real MQTT broker: Debian's mosquitto."""

from dataclasses import dataclass
from pathlib import Path

from tests.servers import debian
from tests.servers.processes import free_port, port_open, program
from tests.servers.server import Server

_SETTINGS = """
listener {port} 127.0.0.1
allow_anonymous false
password_file {passwords}
persistence false
"""


@dataclass(frozen=True)
class Broker:
    """A broker, and who may publish on it; it lets nobody else in."""

    host: str
    port: int
    user: str
    password: str


class Mosquitto(Server[Broker]):
    """Mosquitto with one user, without TLS."""

    name = "mosquitto"
    recipe = "Debian's mosquitto"

    @classmethod
    def on_machine(cls) -> bool:
        """Whether the broker is there."""
        return program("mosquitto") is not None and program("mosquitto_passwd") is not None

    @classmethod
    def install_into(cls, folder: Path) -> None:
        """Install Debian's package."""
        debian.ensure(cls.on_machine, "mosquitto")

    def __init__(self, rights: str = "") -> None:
        """rights: lines of an ACL file; without any, the user may do everything."""
        super().__init__()
        self._rights = rights

    def begin(self) -> Broker:
        """Start the broker."""
        broker = Broker("127.0.0.1", free_port(), "publisher", "let-me-publish")
        passwords = self.run_folder / "passwords"
        self.run(["mosquitto_passwd", "-b", "-c", str(passwords), broker.user, broker.password], self.run_folder)
        passwords.chmod(0o644)  # started by root, mosquitto reads it as a user without rights
        settings = self.run_folder / "mosquitto.conf"
        settings.write_text(_SETTINGS.format(port=broker.port, passwords=passwords) + self._access(broker))
        command = [program("mosquitto") or "mosquitto", "-c", str(settings)]
        self.keep(command, "server").wait_until(lambda: port_open(broker.port))
        return broker

    def _access(self, broker: Broker) -> str:
        if not self._rights:
            return ""
        rights = self.run_folder / "rights"
        rights.write_text(f"user {broker.user}\n{self._rights}\n")
        rights.chmod(0o644)
        return f"acl_file {rights}\n"
