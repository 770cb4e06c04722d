"""How long one publish takes to many webhooks of 200 ms each: in-process by their number, and as a command.

`bench/fanout.py [--quick]`. Each number of webhooks is measured in fresh processes, after one publish to warm up; the
command stands beside Apprise's. (`--publish N --sink PORT` is one such process: it prints its figures as JSON.)
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time

from commands import ENVIRONMENT, apprise, commit_cost, department, machine, notify, scratch, side_by_side, verdict
from sink import Sink
from workers import a_request, house_of

LATENCY = 0.2
NUMBERS = (1, 10, 50, 200)
BEYOND, A_CHANNEL = 60.0, 2.0
"""Milliseconds that a publish may take beyond its slowest channel, and for each channel."""
MOST_MEMORY = 90.0
"""MB of the whole process at its highest."""
COMMAND_CHANNELS = 50


def main() -> None:
    asks = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asks.add_argument("--quick", action="store_true", help="3 rounds")
    asks.add_argument("--publish", type=int)
    asks.add_argument("--sink", type=int)
    told = asks.parse_args()
    if told.publish is not None:
        print(json.dumps(publish(told.publish, told.sink)))
        return
    print(machine())
    with scratch() as folder, Sink(LATENCY) as sink:
        print(commit_cost(folder))
        in_process(sink, 3 if told.quick else 9)
        as_command(sink, 3 if told.quick else 7)


def in_process(sink: Sink, rounds: int) -> None:
    """Measure each number of webhooks in turn, round by round."""
    sink.clear()
    found: dict[int, list[dict[str, float]]] = {number: [] for number in NUMBERS}
    for _ in range(rounds):
        for number, figures in found.items():
            figures.append(_fresh_process(number, sink))
    assert sink.count() == 2 * rounds * sum(NUMBERS), "the sink did not get every post"
    for number, figures in found.items():
        took = statistics.median(one["ms"] for one in figures)
        memory = max(one["mb"] for one in figures)
        aim = LATENCY * 1000 + BEYOND + A_CHANNEL * number
        print(f"publish to {number} webhooks of {LATENCY * 1000:.0f} ms: {verdict(took, aim, ' ms')}")
        print(f"  most memory {verdict(memory, MOST_MEMORY, ' MB')}")


def _fresh_process(number: int, sink: Sink) -> dict[str, float]:
    program = [sys.executable, __file__, "--publish", str(number), "--sink", str(sink.port)]
    run = subprocess.run(program, check=True, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True)
    figures: dict[str, float] = json.loads(run.stdout)
    return figures


def publish(number: int, port: int) -> dict[str, float]:
    """Publish twice to so many webhooks, the first time to warm up; the second's milliseconds, and the memory."""
    with scratch() as folder:
        urls = [f"http://127.0.0.1:{port}/hook{n}" for n in range(number)]
        house = house_of(department(folder, urls, f"sqlite:///{folder / 'store.sqlite3'}"))
        for turn in range(2):
            plan = house.publisher.decide(a_request(house, turn), house.targets(tuple(house.accounts)))
            start = time.perf_counter()
            deliverer = house.deliverer()
            house.publisher.prepare(plan, deliver_here=deliverer)
            house.publisher.release(plan.notification.id, deliverer, wait=10)
            took = (time.perf_counter() - start) * 1000
            states = {row["state"] for row in house.store.deliveries(plan.notification.id)}
            assert states == {"delivered"}, states
        house.close()
    return {"ms": took, "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def as_command(sink: Sink, rounds: int) -> None:
    """Measure the whole command beside Apprise's."""
    sink.clear()
    with scratch() as folder:
        config = department(folder, sink.urls(COMMAND_CHANNELS))
        ours = notify(
            "road-closure", "--street", "Main Street", "--reason", "water main break", "--config", str(config)
        )
        theirs = apprise("-b", "Main Street is closed: water main break.", *sink.urls(COMMAND_CHANNELS, "json"))
        mine, other, ratio = side_by_side(ours, theirs, rounds)
        assert sink.count() == 2 * COMMAND_CHANNELS * (rounds + 1), "the sink did not get every post"
    print(f"one command to {COMMAND_CHANNELS} webhooks of {LATENCY * 1000:.0f} ms: ", end="")
    print(f"notify {mine:.3f} s, apprise {other:.3f} s")
    print(f"  ratio {verdict(ratio, 0.45)}; our deliveries are on disk (full fsync) before and after each post")


if __name__ == "__main__":
    main()
