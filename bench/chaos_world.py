"""The department that the chaos program torments: its accounts, its configuration, and how long things last there."""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).parents[1]
COMMANDS_FROM = 150_000
"""Numbers below are the enqueuer's notifications, those from here on the commands'."""

_CONSONANTS, _VOWELS = "bdfgklmnprtvz", "aeiou"
_SYLLABLES = [c + v for c in _CONSONANTS for v in _VOWELS]
_STREET = re.compile(r"Quo(?:[bdfgklmnprtvz][aeiou]){3}")


def street(number: int) -> str:
    """Name the street of a notification: a word that stands in every text of it and of no other."""
    first, rest = divmod(number, len(_SYLLABLES) ** 2)
    second, third = divmod(rest, len(_SYLLABLES))
    return f"Quo{_SYLLABLES[first]}{_SYLLABLES[second]}{_SYLLABLES[third]}"


def street_in(text: str) -> str | None:
    """Find the street that a text or a request speaks of."""
    found = _STREET.search(text)
    return found[0] if found else None


@dataclass(frozen=True)
class Place:
    """An account: on which of the two practice servers it is, what posts there look like, whether it drops repeats."""

    server: str
    platform: str
    path: str
    idempotent: bool = False


PLACES: Mapping[str, Place] = {
    "x": Place("calm", "x", "/x/"),
    "facebook": Place("calm", "facebook", "/facebook/"),
    "nixle": Place("calm", "everbridge", "/everbridge/"),
    "county-hook": Place("calm", "webhook", "/hook/county", idempotent=True),
    "press-hook": Place("calm", "webhook", "/hook-plain/press"),
    "town-hook": Place("rough", "webhook", "/hook/town", idempotent=True),
    "paper-hook": Place("rough", "webhook", "/hook-plain/paper"),
}


def channel_at(server: str, platform: str, path: str) -> str:
    """Name the account that a request to this path is of."""
    for name, place in PLACES.items():
        if (place.server, place.platform) == (server, platform) and path.startswith(place.path):
            return name
    return f"nobody's ({platform} {path})"


@dataclass(frozen=True)
class Scale:
    """How long things last, in seconds; a short run has everything shorter."""

    timeout: float
    hang: float
    down: float
    frozen: float
    locked: float
    phase: float
    retry_after: int

    @classmethod
    def of(cls, minutes: float) -> "Scale":
        """Fit a run of so many minutes."""
        if minutes < 1.5:
            return cls(timeout=1, hang=1.6, down=3, frozen=1.5, locked=1.5, phase=4, retry_after=2)
        return cls(timeout=2, hang=3, down=min(60, minutes * 10), frozen=5, locked=6, phase=15, retry_after=4)


class World:
    """A folder with a configuration, and how a process of this department is started in it.

    store: its URL. urls: of the practice servers, by their names.
    """

    def __init__(self, folder: Path, store: str, urls: Mapping[str, str], scale: Scale) -> None:
        self.folder, self.store = folder, store
        self.config = folder / "config"
        self.config.mkdir(parents=True, exist_ok=True)
        for name in ("home", "tmp"):
            (folder / name).mkdir(exist_ok=True)
        (self.config / "department.toml").write_text(_department(store), encoding="utf-8")
        tables = [f"[channels.{name}]\n{_lines(table)}" for name, table in _channels(urls, scale).items()]
        routes = f"[routes]\ndefault = {json.dumps(list(PLACES))}\n"
        (self.config / "channels.toml").write_text("\n".join([*tables, routes]), encoding="utf-8")

    @property
    def database(self) -> Path:
        """The file of an SQLite store."""
        return self.folder / "var" / "notifier.sqlite3"

    def environment(self) -> dict[str, str]:
        """The variables of every process: nothing of the caller's but where programs are."""
        home = self.folder / "home"
        own = {
            "HOME": str(home),
            "TMPDIR": str(self.folder / "tmp"),
            "XDG_STATE_HOME": str(home / "state"),
            "NO_COLOR": "1",
            "NOTIFY_USER": "chief",
        }
        return {"PATH": os.environ.get("PATH", ""), "LANG": "C.UTF-8", "PYTHONPATH": str(CHECKOUT), **own}


def _department(store: str) -> str:
    return f"""name = "Exampleton Police Department"
short_name = "Exampleton PD"
website = "https://police.exampleton.example"
phone = "555-555-0100"
timezone = "America/New_York"
languages = ["en"]
[store]
url = {json.dumps(store)}
[[team]]
user = "chief"
role = "chief"
"""


def _channels(urls: Mapping[str, str], scale: Scale) -> dict[str, dict[str, Any]]:
    special: dict[str, dict[str, Any]] = {
        "x": {
            "handle": "ExampletonPD",
            "consumer_key": "practice-consumer-key",
            "consumer_secret": "practice-consumer-secret",
            "access_token": "practice-token",
            "access_token_secret": "practice-token-secret",
            "rate": 60_000,  # X's own, a hundred in a quarter of an hour, would outlast the run by hours
        },
        "facebook": {
            "page_id": "100000000000001",
            "access_token": "practice-page-token",
            "app_secret": "practice-app-secret",
        },
        "nixle": {
            "organization_id": "8888",
            "username": "practice-user",
            "password": "practice-password",
            "rate": 900,
            "concurrency": 2,
        },
        "county-hook": {"secret": "practice-hook-secret"},
        "town-hook": {"concurrency": 4},
    }
    return {name: {**_account(name, place, urls, scale), **special.get(name, {})} for name, place in PLACES.items()}


def _account(name: str, place: Place, urls: Mapping[str, str], scale: Scale) -> dict[str, Any]:
    common = {"approved_by": "chief", "live": False, "timeout": scale.timeout}
    if place.platform == "webhook":
        url = urls[place.server] + place.path
        return {"type": "webhook", **common, "url": url, "idempotent": place.idempotent}
    return {"type": name, **common, "base_url": urls[place.server] + place.path.rstrip("/")}


def _lines(table: Mapping[str, Any]) -> str:
    return "approved_on = 2026-01-15\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in table.items())
