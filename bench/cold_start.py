"""How long one cold command takes, to one webhook that answers at once, beside Apprise's; and `notify --help`."""

import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from commands import ENVIRONMENT, apprise, department, machine, notify, side_by_side, timed, verdict
from sink import Sink

ROUNDS = 15
CLOSURE = ("road-closure", "--street", "Main Street", "--reason", "water main break")
BODY = "Main Street is closed: water main break. Avoid the area."


def main() -> None:
    print(machine())
    with tempfile.TemporaryDirectory() as folder, Sink() as sink:
        config = department(Path(folder), [f"http://127.0.0.1:{sink.port}/hook"])
        ours = notify(*CLOSURE, "--config", str(config))
        theirs = apprise("-b", BODY, f"json://127.0.0.1:{sink.port}/hook")
        mine, other, ratio = side_by_side(ours, theirs, ROUNDS)
        assert sink.count() == 2 * (ROUNDS + 1), "the sink did not get every post"
        print(f"one command to one webhook, cold: notify {mine:.3f} s, apprise {other:.3f} s")
        print(f"  ratio {verdict(ratio, 0.9)}")
        help_ = statistics.median(timed(notify("--help"), Path(folder)) for _ in range(ROUNDS))
        print(f"notify --help: {verdict(help_, 0.35, ' s')}")
    print(f"  imported on that path: {heavy_imports_of_help() or 'none of requests, feedparser, starlette'}")


def heavy_imports_of_help() -> str:
    """Name the heavy libraries that `notify --help` imports; there must be none."""
    program = (
        "import sys\n"
        "from notifier.cli.main import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "print(' '.join(m for m in ('requests', 'feedparser', 'starlette') if m in sys.modules), file=sys.stderr)"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=ENVIRONMENT)
    return run.stderr.strip()


if __name__ == "__main__":
    main()
