"""Run a command, and end its whole process group when the one who asked for it is gone, however that went.

Started by tests.servers.processes, with a pipe as standard input whose other end the tests hold: it closes when they
close it, and also when they are killed, which no exit handler would live to see. Usage: keeper.py PID_FILE COMMAND…
"""

import contextlib
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

PATIENCE = 10.0
"""Seconds between asking a server to stop and killing it."""


def main(pid_file: str, *command: str) -> int:
    """Run the command until it ends or nobody wants it any more."""
    try:
        kept = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
    except OSError as error:
        sys.stderr.write(f"{command[0]}: {error.strerror}\n")
        return 127
    for sign in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(sign, lambda *_: _end(kept))
    Path(pid_file).write_text(str(kept.pid))
    try:
        while kept.poll() is None:
            if select.select([sys.stdin], [], [], 0.05)[0] and not os.read(sys.stdin.fileno(), 1):
                break
    finally:
        _end(kept)
        Path(pid_file).unlink(missing_ok=True)
    return kept.returncode if kept.returncode >= 0 else 128 - kept.returncode


def _end(kept: "subprocess.Popen[bytes]") -> None:
    """Ask the group to stop; then kill what is left of it, workers that outlived their parent too."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(kept.pid, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        kept.wait(PATIENCE)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(kept.pid, signal.SIGKILL)
    kept.wait()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
