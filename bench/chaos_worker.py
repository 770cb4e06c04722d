"""`notify run` on a machine whose clock is wrong: it is set forth and back by up to an hour, or is ahead for good.

Where nothing guards the product against such a clock, it says so in its requests: nobody keeps a service's times then.
"""

import argparse
import random
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

WRONG_CLOCK = "wrong-clock"
HOUR = 3_600.0


class JumpingClock:
    """A machine's clock: right at first, then wrong by another amount every few seconds."""

    def __init__(self, seed: str) -> None:
        self._dice = random.Random(seed)
        self._off = timedelta(0)
        self._until = time.monotonic() + 1.5

    def __call__(self) -> datetime:
        if time.monotonic() >= self._until:
            self._until = time.monotonic() + self._dice.uniform(0.5, 3)
            self._off = timedelta(seconds=self._dice.choice((0.0, self._dice.uniform(-HOUR, HOUR))))
        return datetime.now(UTC) + self._off


def ahead(seconds: float) -> datetime:
    """The time of a clock that is ahead."""
    return datetime.now(UTC) + timedelta(seconds=seconds)


def main(given: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--jumping", metavar="SEED")
    parser.add_argument("--ahead", type=float, default=0.0)
    parser.add_argument("--config", required=True)
    own = parser.parse_args(given)
    sys.path.insert(0, str(Path(__file__).parents[1]))
    import notifier.cli.session as session
    import notifier.clock
    import notifier.http_client.client as client
    from notifier.cli.main import main as notify
    from notifier.wiring import House

    guard: Callable[..., Any] | None = getattr(notifier.clock, "SteadyClock", None)
    clock: Callable[[], datetime] = partial(ahead, own.ahead)
    if own.jumping:
        clock = guard(JumpingClock(own.jumping)) if guard else JumpingClock(own.jumping)
    if guard is None or not own.jumping:
        client.USER_AGENT = f"{client.USER_AGENT} {WRONG_CLOCK}"
    # The command itself, in another time: whatever `notify run` comes to be made of, this is it.
    vars(session)["House"] = partial(House, clock=clock)
    notify(["run", "--config", own.config])


if __name__ == "__main__":
    main()
