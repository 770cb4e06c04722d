"""What an adapter keeps of its account between attempts and processes: sessions, new tokens, its server's limits."""

import threading
from collections.abc import Mapping
from typing import Any


class AccountState:
    """The adapter's own JSON object about its account; here in memory, in a running house in the store.

    It may hold tokens that the service gave: it is read by the adapter alone, and stands in no record, log or export.
    """

    def __init__(self) -> None:
        self._values: dict[str, Any] = {}
        self._lock = threading.Lock()

    def read(self) -> Mapping[str, Any]:
        """Read it as it is now, whoever changed it last; a copy."""
        with self._lock:
            return dict(self._values)

    def change(self, **values: Any) -> None:
        """Set some values at once, on disk when this returns; None takes one away."""
        with self._lock:
            self._values = changed(self._values, values)


def changed(before: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Say what a state is after a change."""
    return {name: value for name, value in {**before, **values}.items() if value is not None}
