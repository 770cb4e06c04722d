"""`make demo`: start the practice platforms, publish a road closure everywhere, show where it went.

The platforms are left running, so that what was published can be looked at; they end by themselves after an hour. Where
their port belongs to another program, or to the demo of another checkout, the next free port is used, with a copy of
the configuration that says so.
"""

import argparse
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PORT = 8025
PORTS_TRIED = 20
STOP_AFTER_MINUTES = 60
_START_WITHIN = 20.0

CLOSURE = [
    "road-closure",
    *("--street", "Main Street", "--from", "Elm Street", "--to", "Oak Street"),
    *("--reason", "water main break", "--ends", "8h", "--detour", "use River Road"),
]


@dataclass(frozen=True)
class Place:
    """Where a demo runs: the port of its platforms, and the folder that holds its config/ and var/."""

    port: int
    folder: Path

    @property
    def url(self) -> str:
        """The address of the practice platforms."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def site(self) -> Path:
        """The folder of the department's own pages."""
        return self.folder / "var" / "site"

    def health(self) -> dict[str, object] | None:
        """What the practice platforms on this port say of themselves; None when there are none."""
        try:
            found = json.loads(self.ask("GET", "/practice/health"))
        except (OSError, http.client.HTTPException, ValueError):
            return None
        return found if isinstance(found, dict) and found.get("service") == "notifier-practice" else None

    def ask(self, method: str, path: str) -> bytes:
        """Ask the practice platforms, and read at most 1 MB of the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            connection.request(method, path)
            return connection.getresponse().read(1_000_000)
        finally:
            connection.close()

    def is_ours(self) -> bool:
        """Whether the platforms of this port are those that a demo of this folder started."""
        health = self.health()
        return health is not None and health.get("site") == str(self.site.resolve())

    def is_free(self) -> bool:
        """Whether nothing listens on this port."""
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", self.port))
            except OSError:
                return False
        return True


def main() -> int:
    """Run the demo, or with --stop end the platforms that it left running."""
    parser = argparse.ArgumentParser(description="Publish a road closure to every practice channel.")
    parser.add_argument("--stop", action="store_true", help="end the practice platforms that a demo left running")
    parser.add_argument("--port", type=int, default=PORT, help="the first port to try (default: %(default)s)")
    given = parser.parse_args()
    places = list(_places(given.port))
    running = next((place for place in places if place.is_ours()), None)
    if given.stop:
        return _stop(running)
    place = running or next((place for place in places if place.is_free()), None)
    if place is None:
        _say(f"No port from {given.port} to {places[-1].port} is free; give another: make demo DEMO_PORT=9025")
        return 1
    if not (_cleared(place) if running else _started(place, given.port)):
        return 1
    return _publish(place)


def _places(first: int) -> Iterator[Place]:
    """The configured port with the configuration as it is, then others, with a copy of it."""
    for port in range(first, min(first + PORTS_TRIED, 65_536)):
        yield Place(port, Path() if port == PORT else Path("var") / f"demo-{port}")


def _publish(place: Place) -> int:
    shown = " ".join(f'"{word}"' if " " in word else word for word in CLOSURE)
    _say(f"\n$ notify {shown}\n")
    config = str(place.folder / "config")
    published = subprocess.run(_notify(*CLOSURE, "--config", config), check=False, stdout=sys.stdout, stderr=sys.stdout)  # noqa: S603
    if published.returncode != 0:
        _say(f"\nThe command ended with {published.returncode}; the lines above say why.")
        return published.returncode
    if place.port != PORT:
        _say(f"\nThese platforms have a configuration of their own: first say   export NOTIFY_CONFIG={config}")
    _say(f"""
Look at it:
  {place.url}/         every post, as X, Facebook, Nixle and the webhook's receiver show it
  {place.url}/site/    the department's own pages, with RSS, Atom, JSON Feed and CAP
  {_nixle_page(place)}    the Nixle message (the address above is Everbridge's, and asks for its password)
  .venv/bin/notify status          what became of it
  .venv/bin/notify list            all notifications
  .venv/bin/notify records verify  the record of it all, checked

The practice platforms run until you say make demo-stop, or for an hour.""")
    return 0


def _nixle_page(place: Place) -> str:
    posts = json.loads(place.ask("GET", "/practice/posts?platform=everbridge"))["posts"]
    return str(posts[-1]["url"])


def _notify(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "notifier.cli.main", *arguments]


def _cleared(place: Place) -> bool:
    _say(f"The practice platforms are running at {place.url}; what was posted there before is cleared.")
    place.ask("POST", "/practice/reset")
    return True


def _started(place: Place, wanted: int) -> bool:
    """Start the platforms on a free port, and wait until they answer."""
    if place.port != wanted:
        _say(f"Port {wanted} belongs to another program, so this demo takes {place.port}.")
    if place.port != PORT:
        _copy_config(place)
    place.site.mkdir(parents=True, exist_ok=True)
    log = place.folder / "var" / "practice.log"
    with log.open("wb") as output:
        # Nothing of this terminal goes along: a program that waits for the demo's output to end must not wait for it.
        platforms = subprocess.Popen(  # noqa: S603
            _notify(
                *("practice", "--port", str(place.port), "--site", str(place.site)),
                *("--stop-after", str(STOP_AFTER_MINUTES)),
            ),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    deadline = time.monotonic() + _START_WITHIN
    while time.monotonic() < deadline and platforms.poll() is None:
        if place.is_ours():
            _say(f"The practice platforms are started at {place.url}.")
            return True
        time.sleep(0.1)
    words = log.read_text(errors="replace").strip() or "no word from them"
    _say(f"The practice platforms did not start: {words}")
    return False


def _copy_config(place: Place) -> None:
    """Write the example department's configuration for another port; its store and site are its own too."""
    config = place.folder / "config"
    shutil.copytree("config", config, dirs_exist_ok=True)
    channels = config / "channels.toml"
    channels.write_text(channels.read_text("utf-8").replace(f"127.0.0.1:{PORT}", f"127.0.0.1:{place.port}"), "utf-8")


def _stop(running: Place | None) -> int:
    health = running.health() if running else None
    if health is None:
        _say("No practice platforms of this folder are running.")
        return 0
    os.kill(int(str(health["pid"])), signal.SIGTERM)
    _say("The practice platforms are stopped.")
    return 0


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
