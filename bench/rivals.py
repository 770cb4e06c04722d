"""One rival in a process of its own: `rivals.py NAME --sink PORT --payload FILE --deliveries N [--store PLACE]`.

Each first stores all that it has to send, where it stores at all, and then sends it as fast as it goes, one post a job.
What keeps a connection keeps it here: every engine posts through a Session a thread.
"""

import argparse
import asyncio
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

CHANNELS = 8
WIDTH = 8
ENVELOPE = 88
"""Bytes that Apprise's json:// puts around a text."""


@dataclass
class Work:
    """What a rival has to do: post this body so often to these addresses, in turn."""

    port: int
    body: bytes
    deliveries: int
    store: str
    _sessions: threading.local = field(default_factory=threading.local)

    def urls(self, scheme: str = "http") -> list[str]:
        """The addresses of the eight channels."""
        return [f"{scheme}://127.0.0.1:{self.port}/hook{n}" for n in range(CHANNELS)]

    @cached_property
    def addresses(self) -> list[str]:
        """Where each post goes."""
        return [self.urls()[n % CHANNELS] for n in range(self.deliveries)]

    def post(self, url: str) -> None:
        """Post through this thread's Session; anything but a yes is an error."""
        session = getattr(self._sessions, "session", None)
        if session is None:
            import requests

            session = self._sessions.session = requests.Session()
        session.post(url, data=self.body, headers={"Content-Type": "application/json"}, timeout=15).raise_for_status()


def apprise(work: Work) -> None:
    """One Apprise object of eight addresses, with its default settings: it sends to all at once, in its threads."""
    from apprise import Apprise

    theirs = Apprise()
    for url in work.urls("json"):
        theirs.add(url)
    text = work.body.decode()[: len(work.body) - ENVELOPE]
    for _ in range(work.deliveries // CHANNELS):
        assert theirs.notify(body=text)


def requests_post(work: Work) -> None:
    """`requests.post` in a loop: a connection a post."""
    import requests

    for url in work.addresses:
        requests.post(url, data=work.body, headers={"Content-Type": "application/json"}, timeout=15).raise_for_status()


def requests_session(work: Work) -> None:
    """One Session in a loop: its connection stays open."""
    for url in work.addresses:
        work.post(url)


def requests_threads(work: Work) -> None:
    """A Session in each of eight threads."""
    with ThreadPoolExecutor(WIDTH) as pool:
        for _ in pool.map(work.post, work.addresses):
            pass


def huey(work: Work) -> None:
    """SqliteHuey with its default settings, which do not wait for the disk; eight threads."""
    from huey import SqliteHuey

    queue = SqliteHuey("bench", filename=work.store, results=False)
    left = threading.Semaphore(0)

    @queue.task()  # type: ignore[untyped-decorator]
    def deliver(url: str) -> None:
        work.post(url)
        left.release()

    for url in work.addresses:
        deliver(url)
    consumer = queue.create_consumer(workers=WIDTH, worker_type="thread", periodic=False)
    consumer.start()
    for _ in work.addresses:
        left.acquire()
    consumer.stop(graceful=True)


def procrastinate(work: Work) -> None:
    """A Procrastinate worker of concurrency eight, which ends when nothing is left."""
    from procrastinate import App, PsycopgConnector

    app = App(connector=PsycopgConnector(conninfo=work.store, min_size=WIDTH, max_size=WIDTH + 4))

    @app.task(name="deliver")  # type: ignore[untyped-decorator]
    def deliver(url: str) -> None:
        work.post(url)

    async def whole() -> None:
        async with app.open_async():
            await app.schema_manager.apply_schema_async()
            await deliver.batch_defer_async(*[{"url": url} for url in work.addresses])
            await app.run_worker_async(concurrency=WIDTH, wait=False, install_signal_handlers=False)

    asyncio.run(whole())


def dbos(work: Work) -> None:
    """DBOS: a durable workflow of one step a post, taken from a queue without a limit of its own."""
    from dbos import DBOS

    enqueued = threading.Event()
    DBOS(config={"name": "bench", "system_database_url": work.store, "log_level": "ERROR", "executor_id": "bench"})

    @DBOS.step()  # type: ignore[untyped-decorator]
    def post(url: str) -> None:
        enqueued.wait()
        work.post(url)

    @DBOS.workflow()  # type: ignore[untyped-decorator]
    def deliver(url: str) -> None:
        post(url)

    DBOS.launch()
    queue = DBOS.register_queue("posts", worker_concurrency=DBOS_WIDTH, polling_interval_sec=0.05)
    handles = [queue.enqueue(deliver, url) for url in work.addresses]
    enqueued.set()
    while any(handle.get_status().status != "SUCCESS" for handle in handles[-WIDTH:]):
        time.sleep(0.2)
    DBOS.destroy()


DBOS_WIDTH = 32
"""DBOS is quicker with more than eight at once, for it looks at its queue 20 times a second."""

RIVALS: dict[str, Callable[[Work], Any]] = {
    "apprise": apprise,
    "requests.post": requests_post,
    "requests.Session": requests_session,
    "requests.Session, 8 threads": requests_threads,
    "huey": huey,
    "procrastinate": procrastinate,
    "dbos": dbos,
}


def main() -> None:
    asks = argparse.ArgumentParser(description=__doc__)
    asks.add_argument("name", choices=RIVALS)
    asks.add_argument("--sink", type=int, required=True)
    asks.add_argument("--payload", type=Path, required=True)
    asks.add_argument("--deliveries", type=int, required=True)
    asks.add_argument("--store", default="")
    told = asks.parse_args()
    logging.disable(logging.WARNING)
    RIVALS[told.name](Work(told.sink, told.payload.read_bytes(), told.deliveries, told.store))


if __name__ == "__main__":
    main()
