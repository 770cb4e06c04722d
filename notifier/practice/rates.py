"""How often a platform may be asked, as each of them counts."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Rates:
    """What the practice platforms allow; None means without limit.

    Sources: X's rate-limit page (posts, 15 minutes), Everbridge's Bronze tier (writes a second, burst), Meta's 4,800
    calls an hour for one engaged user.
    """

    x_posts: int | None = 100
    x_deletions: int | None = 50
    x_reads: int | None = 900
    everbridge_writes: int | None = 20
    everbridge_burst: int = 35
    facebook_calls: int | None = 4_800
    others: Mapping[str, int] = field(default_factory=dict)
    """Other limits, by the name that a platform's file gives them."""
    lifted: bool = False

    def of(self, name: str, usual: int) -> int | None:
        """Give a limit: the usual one, unless another was asked for or all are lifted."""
        return None if self.lifted else self.others.get(name, usual)

    @classmethod
    def unlimited(cls) -> "Rates":
        """Allow everything, for benchmarks."""
        return cls(None, None, None, None, 0, None, lifted=True)


@dataclass(frozen=True)
class Spent:
    """How a window stands after a request."""

    limit: int
    remaining: int
    reset: int
    """Seconds since 1970 at which the next window begins."""
    exceeded: bool


class Window:
    """At most `limit` requests in a window that begins with its first request."""

    def __init__(self, limit: int | None, seconds: int) -> None:
        self._limit, self._seconds = limit, seconds
        self._lock = threading.Lock()
        self._ends, self._used = 0.0, 0

    def spend(self, now: datetime) -> Spent | None:
        """Count a request; None where there is no limit."""
        if self._limit is None:
            return None
        moment = now.timestamp()
        with self._lock:
            if moment >= self._ends:
                self._ends, self._used = moment + self._seconds, 0
            exceeded = self._used >= self._limit
            self._used += not exceeded
            return Spent(self._limit, self._limit - self._used, int(self._ends) + 1, exceeded)

    def forget(self) -> None:
        """Begin a new window."""
        self._ends, self._used = 0.0, 0


class Bucket:
    """At most `burst` requests at once, refilled at `rate` a second."""

    def __init__(self, rate: int | None, burst: int) -> None:
        self._rate, self._burst = rate, burst
        self._lock = threading.Lock()
        self._left = float(burst)
        self._at: float | None = None

    def take(self, now: datetime) -> bool:
        """Count a request; False when there was none left."""
        if self._rate is None:
            return True
        moment = now.timestamp()
        with self._lock:
            if self._at is not None:
                self._left = min(self._burst, self._left + max(0.0, moment - self._at) * self._rate)
            self._at = moment
            if self._left < 1:
                return False
            self._left -= 1
            return True

    def forget(self) -> None:
        """Fill the bucket."""
        self._left, self._at = float(self._burst), None
