"""What was asked of the platforms: every request that publishes, with the answer it got and whether it was taken.

A service's own log, so to say: whoever audits a drill holds the department's record against it.
"""

import threading
from collections import deque
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Any

from notifier.practice.exchange import Answer, Request

MOST_REQUESTS = 5_000
_MOST_BODY = 4_000


@dataclass
class Asked:
    """One request that publishes; what is None has not come to pass."""

    number: int
    platform: str
    path: str
    key: str
    """Its Idempotency-Key, else the beginning of its body's hash."""
    agent: str
    body: str
    """The beginning of it, as it stood on the wire."""
    began: datetime
    """When it had been read whole."""
    fault: str | None = None
    """What was done to it on request."""
    accepted: bool = False
    """Whether the platform took it; a repeat of what stands already counts as taken."""
    status: int | None = None
    """Of the answer; None where there was none."""
    retry_after: str | None = None
    answered: datetime | None = None
    """When the answer was about to leave."""

    def answer(self, answer: Answer, now: datetime) -> None:
        """Keep what is answered."""
        self.status, self.answered = answer.status, now
        self.retry_after = answer.headers.get("Retry-After")

    def to_json(self) -> dict[str, Any]:
        """Write the request for whoever audits a drill."""
        times = {"began": self.began.isoformat(), "answered": self.answered.isoformat() if self.answered else None}
        return {**vars(self), **times}


class RequestLog:
    """The newest requests that publish, oldest first, at most `most`."""

    def __init__(self, most: int = MOST_REQUESTS) -> None:
        self._lock = threading.Lock()
        self._numbers = count(1)
        self._asked: deque[Asked] = deque(maxlen=most)

    def begin(self, platform: str, request: Request, now: datetime) -> Asked:
        """Write down a request before anything becomes of it."""
        agent, body = request.headers.get("user-agent", ""), request.body[:_MOST_BODY].decode("utf-8", "replace")
        with self._lock:
            asked = Asked(next(self._numbers), platform, request.path, request.key, agent, body, now)
            self._asked.append(asked)
        return asked

    def clear(self) -> None:
        """Forget every request."""
        with self._lock:
            self._asked.clear()

    def to_json(self, after: int = 0) -> list[dict[str, Any]]:
        """Write the requests with a number above `after`."""
        with self._lock:
            return [asked.to_json() for asked in self._asked if asked.number > after]
