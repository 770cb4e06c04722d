"""Whether anything is lost or silently doubled while everything fails: kills, cuts, locks, full disks, wrong clocks.

Several workers and commands publish to practice platforms that fail as the seed says, and are killed all the while. In
the end what stands at the platforms is held against the record. Ends non-zero when anything is missing, silently
doubled, sent before it might be, or recorded other than it is.
"""

import argparse
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from chaos_books import Books, PostgresBooks, SqliteBooks
from chaos_platforms import Platforms
from chaos_report import figures, summary, write_log
from chaos_run import Run, Size, folder_for, notify
from chaos_world import Scale, World
from postgres_server import LocalPostgres, NoPostgres

STORES = {"sqlite": ("sqlite",), "postgres": ("postgres",), "both": ("sqlite", "postgres")}


def main() -> int:
    own = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    size = Size(own.seed, own.kills, own.notifications, own.workers, own.minutes)
    bad = 0
    for name in STORES[own.store]:
        try:
            bad += _one(name, size, own.keep)
        except NoPostgres as reason:
            print(f"{name}: not run, there is no PostgreSQL here: {reason}")
            bad += 1
    return 1 if bad else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--seed", type=int, required=True, help="draws faults and mischief; the machine still interleaves"
    )
    parser.add_argument("--kills", type=int, default=200, help="SIGKILLs at least, where the time suffices")
    parser.add_argument(
        "--notifications", type=int, default=2_000, help="how many are enqueued beside the commands' own"
    )
    parser.add_argument("--store", choices=STORES, default="sqlite")
    parser.add_argument("--workers", type=int, choices=(2, 3, 4), default=3)
    parser.add_argument("--minutes", type=float, default=7.0, help="the bound of each store's run, about")
    parser.add_argument(
        "--keep", type=Path, help="keep a log of what was found, and every process's own, in this folder"
    )
    return parser.parse_args()


def _one(name: str, size: Size, keep: Path | None) -> int:
    """Run against one store, and tell; answers how much is bad."""
    with _prepared(name, size) as run:
        run.torment()
        begun = time.monotonic()
        stubborn = run.drain()
        run.teller.say(f"at rest after {time.monotonic() - begun:.0f} s")
        cases, found = run.judge()
        lines = [
            f"seed {size.seed}, {run.mischief.kills} kills: {summary(found)}",
            *figures(cases, found),
            f"put off when the workers came to rest: {run.put_off}",
            "mischief: " + ", ".join(f"{what} {count}" for what, count in sorted(run.mischief.done.items())),
        ]
        if stubborn:
            lines.append(f"did not end when asked: {stubborn}")
        if tracebacks := run.crew.tracebacks():
            lines.append(f"errors that nobody foresaw, in the logs of {len(tracebacks)}: {', '.join(tracebacks[:8])}")
        print("\n".join(f"{name}: {line}" for line in lines), flush=True)
        folder = folder_for(keep, f"{name}-{size.seed}")
        if folder is not None:
            write_log(folder / "findings.log", cases, found, "\n".join(lines))
            for part in ("logs", "var"):
                if (run.crew.world.folder / part).exists():
                    shutil.copytree(run.crew.world.folder / part, folder / part, dirs_exist_ok=True)
            print(f"{name}: the log is {folder / 'findings.log'}")
    return len(found.findings)


@contextmanager
def _prepared(name: str, size: Size) -> Iterator[Run]:
    """A department, its platforms and its store; everything is gone in the end."""
    with ExitStack() as stack:
        folder = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="notifier-chaos-", ignore_cleanup_errors=True))
        )
        server = stack.enter_context(LocalPostgres(folder / "postgres")) if name == "postgres" else None
        url = server.create("notifier") if server else "sqlite:///var/notifier.sqlite3"
        platforms = {each: stack.enter_context(Platforms(each)) for each in ("calm", "rough")}
        world = World(folder, url, {each: one.url for each, one in platforms.items()}, Scale.of(size.minutes))
        if server:
            made = notify(world, "store", "upgrade")
            if made.returncode:
                raise NoPostgres(f"the store could not be made there: {made.stderr.strip() or made.stdout.strip()}")
        books: Books = PostgresBooks(url) if server else SqliteBooks(world.database)
        run = Run(name, size, world, books, platforms, server)
        stack.callback(run.crew.kill_all)
        yield run


if __name__ == "__main__":
    sys.exit(main())
