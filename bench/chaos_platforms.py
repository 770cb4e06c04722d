"""The practice platforms in a process of their own, and what they know in the end: the truth that the audit goes by.

Run as a program it serves until its stdin closes; `Platforms` starts one.
"""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from chaos_world import CHECKOUT

MOST = 1_000_000


class Platforms:
    """One practice server, in a process of its own that ends with ours."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._process = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={"PYTHONPATH": str(CHECKOUT), "PATH": "/usr/bin:/bin"},
            start_new_session=True,
        )
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()

    def fault(self, rules: Sequence[dict[str, Any]]) -> None:
        """Put these faults in force; none: nothing fails."""
        self._ask("/practice/faults", {"fault": list(rules)})

    def posts(self) -> list[dict[str, Any]]:
        """Everything that the public sees."""
        return list(self._ask("/practice/posts")["posts"])

    def requests(self) -> list[dict[str, Any]]:
        """Every request that publishes, in order."""
        return list(self._ask("/practice/requests")["requests"])

    def _ask(self, path: str, body: object = None) -> dict[str, Any]:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        with _NO_PROXY.open(urllib.request.Request(self.url + path, data, headers), timeout=60) as answer:
            return dict(json.loads(answer.read()))

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


_NO_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def main() -> None:
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from notifier.practice.rates import Rates
    from notifier.practice.server import PracticeServer

    with PracticeServer(rates=Rates.unlimited(), most=MOST) as server:
        sys.stdout.write(f"{server.url}\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main()
