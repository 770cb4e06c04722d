"""How long one command takes to 50 webhooks of 200 ms each, beside Apprise's."""

import tempfile
from pathlib import Path

from commands import apprise, department, machine, notify, side_by_side, verdict
from sink import Sink

CHANNELS = 50
LATENCY = 0.2
ROUNDS = 7


def main() -> None:
    print(machine())
    with tempfile.TemporaryDirectory() as folder, Sink(LATENCY) as sink:
        paths = [f"127.0.0.1:{sink.port}/hook{n}" for n in range(CHANNELS)]
        config = department(Path(folder), [f"http://{path}" for path in paths])
        ours = notify(
            "road-closure", "--street", "Main Street", "--reason", "water main break", "--config", str(config)
        )
        theirs = apprise("-b", "Main Street is closed: water main break.", *(f"json://{path}" for path in paths))
        mine, other, ratio = side_by_side(ours, theirs, ROUNDS)
        assert sink.count() == 2 * CHANNELS * (ROUNDS + 1), "the sink did not get every post"
    print(f"one command to {CHANNELS} webhooks of {LATENCY * 1000:.0f} ms: notify {mine:.3f} s, apprise {other:.3f} s")
    print(f"  ratio {verdict(ratio, 0.45)}; our deliveries are on disk (full fsync) before and after each post")


if __name__ == "__main__":
    main()
