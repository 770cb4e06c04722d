"""What the practice accounts say of themselves: as a department would have written it, and to be changed by a test."""

import threading
from collections.abc import Mapping

from notifier.practice.exchange import Refused


class Profiles:
    """The profiles of every practice account, read by many threads."""

    def __init__(self, first: Mapping[str, Mapping[str, str]]) -> None:
        self._first = first
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        """Write them as they were at first."""
        with self._lock:
            self._texts = {platform: dict(fields) for platform, fields in self._first.items()}

    def of(self, platform: str) -> dict[str, str]:
        """The texts of one platform's profile."""
        with self._lock:
            return dict(self._texts[platform])

    def change(self, platform: str, texts: Mapping[str, object]) -> None:
        """Write some texts anew; Refused where the platform has no such field, or the value is no text."""
        known = self._first.get(platform)
        if known is None:
            raise Refused(400, f"there is no profile of {platform[:60]}; write one of {', '.join(self._first)}")
        for field, text in texts.items():
            if field not in known or not isinstance(text, str):
                raise Refused(400, f"{platform} takes texts for {', '.join(known)}")
        with self._lock:
            self._texts[platform].update({field: str(text) for field, text in texts.items()})

    def to_json(self) -> dict[str, dict[str, str]]:
        """Every profile."""
        return {platform: self.of(platform) for platform in self._first}
