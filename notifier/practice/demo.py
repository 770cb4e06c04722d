"""`make demo`: start the practice platforms, publish a road closure everywhere, show where it went.

The platforms are left running, so that what was published can be looked at; they end by themselves after an hour.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

PORT = 8025
URL = f"http://127.0.0.1:{PORT}"
STOP_AFTER_MINUTES = 60
_START_WITHIN = 20.0

CLOSURE = [
    "road-closure",
    *("--street", "Main Street", "--from", "Elm Street", "--to", "Oak Street"),
    *("--reason", "water main break", "--ends", "8h", "--detour", "use River Road"),
]


def main() -> int:
    """Run the demo, or with --stop end the platforms that it left running."""
    parser = argparse.ArgumentParser(description="Publish a road closure to every practice channel.")
    parser.add_argument("--stop", action="store_true", help="end the practice platforms that a demo left running")
    if parser.parse_args().stop:
        return _stop()
    if not _start():
        return 1
    shown = " ".join(f'"{word}"' if " " in word else word for word in CLOSURE)
    _say(f"\n$ notify {shown}\n")
    published = subprocess.run(_notify(*CLOSURE), check=False, stdout=sys.stdout, stderr=sys.stdout)  # noqa: S603
    if published.returncode != 0:
        _say(f"\nThe command ended with {published.returncode}; the lines above say why.")
        return published.returncode
    _say(f"""
Look at it:
  {URL}/            the practice platforms: each post as X, Facebook, Nixle and the webhook show it
  {URL}/site/       the department's own pages, with RSS, Atom, JSON Feed and CAP
  .venv/bin/notify status        what became of it
  .venv/bin/notify list          all notifications
  .venv/bin/notify records verify

The practice platforms run until you say: make demo-stop (or for an hour).""")
    return 0


def _notify(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "notifier.cli.main", *arguments]


def _start() -> bool:
    health = _health()
    if health is not None:
        _say(f"The practice platforms are running at {URL}; what was posted there before is cleared.")
        urllib.request.urlopen(urllib.request.Request(f"{URL}/practice/reset", b"{}"), timeout=5).close()
        return True
    log = Path("var/practice.log")
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        # Nothing of this terminal goes along: a program that waits for the demo's output to end must not wait for it.
        platforms = subprocess.Popen(  # noqa: S603
            _notify("practice", "--port", str(PORT), "--site", "var/site", "--stop-after", str(STOP_AFTER_MINUTES)),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    deadline = time.monotonic() + _START_WITHIN
    while time.monotonic() < deadline and platforms.poll() is None:
        if _health() is not None:
            _say(f"The practice platforms are started at {URL}.")
            return True
        time.sleep(0.1)
    words = log.read_text(errors="replace").strip() or "no word from it"
    _say(f"The practice platforms did not start ({words}). Is port {PORT} taken by another program?")
    return False


def _stop() -> int:
    health = _health()
    if health is None:
        _say("No practice platforms are running.")
        return 0
    os.kill(int(str(health["pid"])), signal.SIGTERM)
    _say("The practice platforms are stopped.")
    return 0


def _health() -> dict[str, object] | None:
    try:
        with urllib.request.urlopen(f"{URL}/practice/health", timeout=2) as answer:
            found = json.loads(answer.read(10_000))
    except (OSError, ValueError, urllib.error.URLError):
        return None
    return found if isinstance(found, dict) and found.get("service") == "notifier-practice" else None


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
