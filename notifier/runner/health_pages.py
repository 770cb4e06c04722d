"""What each page for those who watch says: /healthz of the loop, /readyz of the store and of the end, /metrics."""

import json
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late
from threading import Lock
from typing import TYPE_CHECKING

from notifier.errors import StoreError
from notifier.runner.events_log import log
from notifier.runner.health_server import Page
from notifier.runner.pulse import Pulse

if TYPE_CHECKING:
    from notifier.runner.metrics import Metrics
    from notifier.store import Health

PATIENCE = 5.0
"""Seconds that the store has to say how it stands."""
FRESH = 1.0
"""Seconds for which an answer of the store serves everybody who asks."""
_UNREADABLE = "the store cannot be read; the runner's log says why"


class HealthReader:
    """Reads how the store stands, at most once a second and in one thread, however many ask at once.

    read: the store's `health`. A store that hangs keeps nobody waiting for longer than `patience` seconds. StoreError
    in words that name no place of the store, for whoever asks may be a stranger; the log is told the rest.
    """

    def __init__(self, read: "Callable[[], Health]", patience: float = PATIENCE) -> None:
        self._read = read
        self._patience = patience
        self._reading = ThreadPoolExecutor(1, thread_name_prefix="health")
        self._lock = Lock()
        self._known: tuple[float, Health] | None = None
        self._trouble: str | None = None

    def __call__(self) -> "Health":
        """Answer how the store stands now."""
        answer = self._reading.submit(self._fresh)
        try:
            return answer.result(self._patience)
        except Late:
            answer.cancel()
            self._note("the store has not said for seconds how it stands")
        except StoreError as failure:
            self._note(str(failure))
        raise StoreError(_UNREADABLE)

    def close(self) -> None:
        """Ask no more."""
        self._reading.shutdown(wait=False, cancel_futures=True)

    def _fresh(self) -> "Health":
        if self._known is None or time.monotonic() - self._known[0] > FRESH:
            self._known = None
            self._known = (time.monotonic(), self._read())
            self._note(None)
        return self._known[1]

    def _note(self, trouble: str | None) -> None:
        """Tell the log of a trouble when it begins, not each time that somebody asks."""
        with self._lock:
            is_new, self._trouble = trouble != self._trouble, trouble
        if is_new and trouble is not None:
            log.error("%s", trouble)


def pages(pulse: Pulse, health: "Callable[[], Health]", metrics: "Metrics") -> Mapping[str, Callable[[], Page]]:
    """Answer the pages by their paths. health: raises StoreError where the store cannot be read."""
    from notifier.runner.metrics import CONTENT_TYPE

    return {
        "/healthz": lambda: _healthz(pulse),
        "/readyz": lambda: _readyz(pulse, health),
        "/metrics": lambda: Page(metrics.page(), CONTENT_TYPE),
    }


def _healthz(pulse: Pulse) -> Page:
    """Say whether the loop turns: where it does not, the process is to be started anew."""
    if pulse.is_alive:
        return _json(200, {"alive": True, "silence_seconds": round(pulse.silence, 3)})
    problem = f"the runner's loop has not turned for {pulse.silence:.0f} seconds; start the process anew"
    return _json(503, {"alive": False, "silence_seconds": round(pulse.silence, 3), "problems": [problem]})


def _readyz(pulse: Pulse, health: "Callable[[], Health]") -> Page:
    """Say whether the runner can do its work; a stopped channel is a person's matter, and does not count here."""
    problems = []
    if pulse.is_stopping:
        problems.append("the runner is ending: it finishes what is in flight and begins nothing new")
    try:
        health()
    except StoreError as failure:
        problems.append(str(failure))
    return _json(503 if problems else 200, {"ready": not problems, "problems": problems})


def _json(status: int, document: object) -> Page:
    return Page((json.dumps(document) + "\n").encode(), "application/json", status)
