"""What an adapter adds to a post beyond the bare request: processor time, beside a request with a body of that size.

`bench/adapters.py [--rounds N]`. Every adapter that speaks HTTP is found and given an account by the tests' contract
kit, with what its test module offers (tests/channels/contract_kit.py): a new one is measured without a change here. It
ends with 1 where one adds more than the aim, or where an adapter that is not configured is imported by a command.
(`--serve` is the service: it answers everything alike, in a process of its own.)
"""

import argparse
import asyncio
import importlib
import json
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from commands import ENVIRONMENT, department, machine, scratch

from notifier.channel import Prepared
from notifier.http_client import HttpClient

sys.path.insert(0, str(Path(__file__).parents[1]))
kit: Any = importlib.import_module("tests.channels.contract_kit")
wire: Any = importlib.import_module("tests.channels.wire")

AIM = 2.0
"""Milliseconds of processor time that an adapter may add to a post."""
ROUNDS, WARM = 300, 30
ANSWER = json.dumps({"id": "1", "data": {"id": "1"}, "ok": True, "result": {"id": "1"}, "text": "x" * 900}).encode()
"""As long as most networks' answers; whether an adapter takes it for a yes does not matter to its cost."""

Asked = list[tuple[str, str, int]]
"""The requests of a post: method, path, bytes of the body."""


@dataclass(frozen=True)
class Cost:
    """Milliseconds of a post through an adapter and of the bare requests, medians; and of what it adds."""

    requests: int
    whole: float
    bare: float
    adds: float


def main() -> None:
    asks = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asks.add_argument("--rounds", type=int, default=ROUNDS)
    asks.add_argument("--serve", action="store_true")
    told = asks.parse_args()
    if told.serve:
        asyncio.run(serve())
        return
    print(machine())
    print(f"milliseconds of processor time a post, medians of {told.rounds}; aim: an adapter adds at most {AIM} ms")
    print(f"{'adapter':12} {'send':>8} {'bare':>8} {'adds':>8}   {'prepared':>8} {'bare':>8} {'adds':>8}  requests")
    with a_service() as url:
        slow = [name for name in kit.NETWORKED if not row(name, url, told.rounds)]
    print(f"adds more than {AIM} ms: {', '.join(slow) or 'none'}")
    strangers = imported_by_a_command()
    print(f"adapters that are not configured and imported by a command: {', '.join(strangers) or 'none'}")
    sys.exit(1 if slow or strangers else 0)


def row(name: str, url: str, rounds: int) -> bool:
    """Measure an adapter and print its row; answers whether it keeps the aim."""
    sent = measured(name, url, rounds, only_send)
    whole = measured(name, url, rounds, prepare_and_send)
    figures = (
        f"{sent.whole:8.3f} {sent.bare:8.3f} {sent.adds:8.3f}   {whole.whole:8.3f} {whole.bare:8.3f} {whole.adds:8.3f}"
    )
    keeps = max(sent.adds, whole.adds) <= AIM
    print(f"{name:12} {figures}  {whole.requests}{'' if keeps else '  NOT MET'}")
    return keeps


def only_send(channel: Any, attempt: Prepared) -> None:
    """Send what is prepared already."""
    channel.send(attempt)


def prepare_and_send(channel: Any, attempt: Prepared) -> None:
    """Do all that a delivery does: sign in, prepare from nothing, send; what is offered, where preparing fails."""
    channel.sign_in()
    prepared = channel.prepare(attempt.message, {})
    channel.send(prepared if isinstance(prepared, Prepared) else attempt)


def measured(name: str, url: str, rounds: int, act: Callable[[Any, Prepared], None]) -> Cost:
    """Measure an act of an adapter beside the bare requests that it comes to, turn by turn."""
    asked = requests_of(name, act)
    channel, attempt = an_account(name, url)
    client = HttpClient()
    pairs = []
    for turn in range(WARM + rounds):
        began = time.process_time()
        act(channel, attempt)
        between = time.process_time()
        for method, path, size in asked:
            client.request(method, url + path, data=b"x" * size if size else None)
        pairs.append((between - began, time.process_time() - between))
        if turn < WARM:
            pairs.clear()
    client.close()
    channel.http.close()
    whole, bare = (statistics.median(pair[part] for pair in pairs) * 1000 for part in (0, 1))
    return Cost(len(asked), whole, bare, statistics.median(one - other for one, other in pairs) * 1000)


def requests_of(name: str, act: Callable[[Any, Prepared], None]) -> Asked:
    """See which requests an act makes, once what is learned of a server is known."""
    with wire.WireServer(wire.answering(200, ANSWER)) as server:
        channel, attempt = an_account(name, server.url)
        act(channel, attempt)
        server.seen.clear()
        act(channel, attempt)
        channel.http.close()
        asked = [(seen.method, seen.target, len(seen.body)) for seen in server.seen]
    assert asked, f"{name} asked nothing; offer what it needs in tests/channels/test_{name}.py"
    return asked


def an_account(name: str, url: str) -> tuple[Any, Prepared]:
    """Make an account of an adapter and an attempt, with what its test module offers."""
    channel = kit.channel_of(name, url)
    channel.load()
    channel.state.change(**kit.offered(name, "contract_state"))
    return channel, kit.an_attempt(name, channel)


def imported_by_a_command() -> list[str]:
    """Name the adapters that a command imports though they are not configured; there must be none."""
    with scratch() as folder:
        config = department(folder, ["http://127.0.0.1:9/hook"])
        command = ["road-closure", "--street", "Main Street", "--reason", "flood", "--dry-run", "--config", str(config)]
        program = (
            "import sys\n"
            "from notifier.cli.main import main\n"
            f"try: main({command})\n"
            "except SystemExit: pass\n"
            "print(*(name for name in sys.modules if name.startswith('channels.')), file=sys.stderr)"
        )
        run = [sys.executable, "-c", program]
        done = subprocess.run(run, capture_output=True, text=True, check=True, env=ENVIRONMENT)
    imported = {name.split(".")[1] for name in done.stderr.split() if name.startswith("channels.")}
    assert "webhook" in imported, f"the command did not come as far as its channel: {done.stdout} {done.stderr}"
    return sorted(imported - {"webhook"})


# --- the service ------------------------------------------------------------------------------------------------------


@contextmanager
def a_service() -> Iterator[str]:
    """Start the service in a process of its own; gives its address."""
    process = subprocess.Popen([sys.executable, __file__, "--serve"], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.terminate()
        process.wait()


_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class _Connection(asyncio.Protocol):
    """Answers each request alike, and keeps the connection open."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport, self._read = transport, b""

    def data_received(self, data: bytes) -> None:
        self._read += data
        while (end := self._read.find(b"\r\n\r\n")) >= 0:
            length = _LENGTH.search(self._read[: end + 2])
            whole = end + 4 + (int(length[1]) if length else 0)
            if len(self._read) < whole:
                return
            self._read = self._read[whole:]
            head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(ANSWER)
            self._transport.write(head + ANSWER)


async def serve() -> None:
    """Answer on a free port, which is printed."""
    server = await asyncio.get_running_loop().create_server(_Connection, "127.0.0.1", 0, backlog=64)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    main()
