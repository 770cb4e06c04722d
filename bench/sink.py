"""A receiver in a process of its own, and what it received: every POST, when, and by which key (bench/receiver.py)."""

import http.client
import json
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

RECEIVER = Path(__file__).with_name("receiver.py")


@dataclass
class Seen:
    """What a sink received since it was cleared; times in seconds of the machine's monotonic clock."""

    count: int = 0
    first: float = 0.0
    last: float = 0.0
    keys: Counter[str] | None = None
    """How often each Idempotency-Key came; None where it was not asked for."""

    @property
    def rate(self) -> float:
        """Posts a second, from the first arrival to the last."""
        return (self.count - 1) / (self.last - self.first) if self.count > 1 else 0.0


class Sink:
    """A sink in a process of its own. latency: seconds before each answer."""

    def __init__(self, latency: float = 0.0) -> None:
        arguments = [sys.executable, str(RECEIVER), "--latency", str(latency)]
        self._process = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())

    def count(self) -> int:
        """How many posts came."""
        return self.seen().count

    def seen(self, *, keys: bool = False) -> Seen:
        """What came since the sink was cleared."""
        found = self._ask("GET", "/keys" if keys else "/")
        return Seen(found["count"], found["first"], found["last"], Counter(found["keys"]) if keys else None)

    def clear(self) -> None:
        """Forget what came."""
        self._ask("DELETE", "/")

    def wait_for(self, count: int, within: float) -> Seen:
        """Wait until so many posts came; TimeoutError when they did not within these seconds."""
        deadline = time.monotonic() + within
        while (seen := self.seen()).count < count:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{seen.count} of {count} posts came in {within:.0f} s")
            time.sleep(0.05)
        return seen

    def urls(self, count: int, scheme: str = "http") -> list[str]:
        """So many addresses of this sink."""
        return [f"{scheme}://127.0.0.1:{self.port}/hook{n}" for n in range(count)]

    def _ask(self, method: str, path: str) -> dict[str, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        connection.request(method, path)
        found: dict[str, Any] = json.loads(connection.getresponse().read())
        connection.close()
        return found

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()
