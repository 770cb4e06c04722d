"""What the practice accounts say of themselves: as a department would have written it, and to be changed by a test."""

import threading
from collections.abc import Mapping
from typing import Final

from notifier.practice.exchange import Refused

_FIRST: Final[Mapping[str, Mapping[str, str]]] = {
    "x": {
        "name": "Exampleton Police",
        "description": "Official page of the Exampleton Police Department. In an emergency call 911.",
        "location": "Exampleton",
        "url": "https://police.exampleton.example",
        "pinned": "",
    },
    "facebook": {
        "name": "Exampleton Police Department",
        "about": "Official page of the Exampleton Police Department. Not watched day and night: call 911.",
        "description": "News, road closures and safety notices of the Exampleton Police Department.",
        "website": "https://police.exampleton.example",
        "phone": "555-555-0100",
        "emails": "police@exampleton.example",
    },
}
"""Platform -> field -> text; an empty one is as if it were not filled in. `pinned` is the text of the pinned post."""


class Profiles:
    """The profiles of every practice account, read by many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        """Write them as they were at first."""
        with self._lock:
            self._texts = {platform: dict(fields) for platform, fields in _FIRST.items()}

    def of(self, platform: str) -> dict[str, str]:
        """The texts of one platform's profile."""
        with self._lock:
            return dict(self._texts[platform])

    def change(self, platform: str, texts: Mapping[str, object]) -> None:
        """Write some texts anew; Refused where the platform has no such field, or the value is no text."""
        known = _FIRST.get(platform)
        if known is None:
            raise Refused(400, f"there is no profile of {platform[:60]}; write one of {', '.join(_FIRST)}")
        for field, text in texts.items():
            if field not in known or not isinstance(text, str):
                raise Refused(400, f"{platform} takes texts for {', '.join(known)}")
        with self._lock:
            self._texts[platform].update({field: str(text) for field, text in texts.items()})

    def to_json(self) -> dict[str, dict[str, str]]:
        """Every profile."""
        return {platform: self.of(platform) for platform in _FIRST}
