"""`notify run` on PostgreSQL, on any number of machines: Procrastinate wakes the workers, the outbox stays the truth.

A job says that something is due on an account, or that a chore is to be done; its periodic task looks everything over,
once however many workers there are. A worker that is woken claims a batch after the other until nothing is due.
"""

import asyncio
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from typing import Any

import procrastinate
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.jobs import Status

from notifier.clock import Clock
from notifier.deliver import MOST_THREADS, Deliverer, LeftBehind
from notifier.errors import StoreError
from notifier.runner.chores import Chore, do
from notifier.runner.dispatch import LONGEST_END, Dispatch, nap
from notifier.store import Store
from notifier.store.wake_ups import WAKE, queue_of

TICK = 5
"""Seconds between two looks at everything: what dead processes left, old news, wake-ups that were lost, chores."""
SOON = 10.0
"""Seconds for which whoever serves waits for what is due next, instead of being woken for it."""
AFTER_FAILURE = 5.0
"""Seconds until the workers' queue is listened to again after its server went away."""
log = logging.getLogger("notifier.run")


class ProcrastinateRunner:
    """Delivers for one department's part of a PostgreSQL store, beside any number of others.

    conninfo: where the database is, as libpq reads it. chores, beat: as EmbeddedRunner takes them.
    """

    def __init__(
        self,
        conninfo: str,
        store: Store,
        deliverer: Deliverer,
        chores: list[Chore],
        clock: Clock,
        beat: Callable[[], None] = lambda: None,
    ) -> None:
        self._conninfo = conninfo
        self._store = store
        self._deliverer = deliverer
        self._chores = {chore.name: chore for chore in chores}
        self._clock = clock
        self._beat = beat
        self._is_stopping = False
        self._failure: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._worker: asyncio.Task[None] | None = None
        self._pool = ThreadPoolExecutor(MOST_THREADS, thread_name_prefix="deliver")
        self._dispatch = Dispatch(store, deliverer, self._pool, clock)
        self._serving = threading.Lock()
        self._is_woken = False

    def stop(self) -> None:
        """Finish what is in flight, then end; may be called from a signal's handler."""
        self._is_stopping = True
        self._dispatch.stop()
        if self._loop is not None:
            with suppress(RuntimeError):  # it has ended already
                self._loop.call_soon_threadsafe(self._cancel)

    def forever(self) -> None:
        """Deliver and do the chores until stopped; StoreError when an outcome could not be written."""
        with self._pool:
            asyncio.run(self._run())
        if self._failure is not None:
            raise self._failure

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._loop.set_default_executor(ThreadPoolExecutor(self._width + 4, thread_name_prefix="job"))
        beating = asyncio.create_task(self._keep_beating())
        try:
            while not self._is_stopping:
                await self._listen()
        finally:
            beating.cancel()

    @property
    def _width(self) -> int:
        """How many jobs are carried out at once: one for each account, and some for what is looked over."""
        return len(self._deliverer.terms) + 4

    async def _keep_beating(self) -> None:
        while True:
            self._beat()
            await asyncio.sleep(0.5)

    async def _listen(self) -> None:
        """Carry out jobs until stopped, or the server goes away."""
        app = self._app()
        try:
            async with app.open_async():
                self._worker = asyncio.create_task(self._work(app))
                if self._is_stopping:
                    self._cancel()
                await self._worker
        except asyncio.CancelledError:
            if not self._is_stopping:
                raise
        except Exception as failure:
            # Whatever it is, deliveries wait in the outbox, and the queue is listened to again.
            log.error("the workers' queue cannot be listened to (%s); it is tried again", type(failure).__name__)
            await asyncio.sleep(AFTER_FAILURE)

    async def _work(self, app: procrastinate.App) -> None:
        await app.run_worker_async(
            queues=[queue_of(self._store.department)],
            name=self._store.owner,
            concurrency=self._width,
            install_signal_handlers=False,
            delete_jobs="always",
            fetch_job_polling_interval=2.0,
            shutdown_graceful_timeout=LONGEST_END + 60,
        )

    def _cancel(self) -> None:
        if self._worker is not None:
            self._worker.cancel()

    # --- the jobs -----------------------------------------------------------------------------------------------------

    def _app(self) -> procrastinate.App:
        department, queue = self._store.department, queue_of(self._store.department)
        app = procrastinate.App(
            connector=procrastinate.PsycopgConnector(conninfo=self._conninfo, min_size=1, max_size=4, timeout=10)
        )

        @app.task(name=WAKE, queue=queue)
        def wake(department: str, channel: str) -> None:
            if channel in self._deliverer.terms:  # else another worker's tick finds it
                self._guarded(self._serve)

        @app.task(name="notifier.chore", queue=queue)
        def chore(name: str) -> None:
            if name in self._chores:
                do(self._chores[name])

        @app.periodic(cron=f"* * * * * */{TICK}", periodic_id=department)
        @app.task(name="notifier.tick", queue=queue, queueing_lock=f"tick/{department}", pass_context=False)
        async def tick(timestamp: int) -> None:
            await _end_stalled(app, queue)
            await asyncio.to_thread(self._guarded, self._look_over)
            for name in self._chores_of(timestamp):
                lock = f"{department}/chore/{name}"
                try:
                    await chore.configure(queueing_lock=lock, lock=lock).defer_async(name=name)
                except AlreadyEnqueued:
                    continue

        return app

    def _chores_of(self, timestamp: int) -> list[str]:
        """The chores whose time fell into the seconds before a tick."""
        seconds = {name: max(int(chore.every.total_seconds()), TICK) for name, chore in self._chores.items()}
        return [name for name, every in seconds.items() if timestamp // every > (timestamp - TICK) // every]

    def _look_over(self) -> None:
        self._dispatch.look_over()
        for channel in self._store.due_channels():
            if channel in self._deliverer.terms:
                self._store.wake(channel, self._clock())

    def _serve(self) -> None:
        """Deliver what is due on any account, batch after batch; whoever serves already is told to look again."""
        self._is_woken = True
        while self._is_woken and self._serving.acquire(blocking=False):
            try:
                while (self._is_woken or self._is_due_soon()) and not self._is_stopping:
                    self._is_woken = False
                    self._dispatch.serve(self._deliverer.terms, lambda: self._is_stopping)
            finally:
                self._serving.release()
            self._wake_later()
            if self._is_stopping:
                return
        self._dispatch.ring()

    def _is_due_soon(self) -> bool:
        """Wait for what is due in some seconds, a little at a time: a wake-up comes only so often, a pace is finer."""
        due_in = self._dispatch.due_in(self._deliverer.terms)
        if due_in is None or due_in > SOON:
            return False
        self._dispatch.rest(nap(due_in))
        return True

    def _wake_later(self) -> None:
        """Let a worker be woken for what is due later."""
        now = self._clock()
        for channel, terms in self._deliverer.terms.items():
            due = self._store.next_due({channel: terms})
            if due is not None and not self._is_stopping and due < now + timedelta(hours=1):
                self._store.wake(channel, max(due, now))

    def _guarded(self, act: Callable[[], Any]) -> None:
        """A store in trouble is asked again at the next tick; what it could not be told ends the process."""
        try:
            act()
        except LeftBehind as failure:
            self._failure = failure
            self.stop()
        except StoreError as failure:
            log.error("%s", failure)


async def _end_stalled(app: procrastinate.App, queue: str) -> None:
    """End the jobs of dead workers: what they were for is in the outbox, or is due again at the next tick.

    A chore's lock would keep that chore from ever being done again.
    """
    for job in await app.job_manager.get_stalled_jobs(queue=queue):
        if job.id is not None:
            await app.job_manager.finish_job_by_id_async(job_id=job.id, status=Status.FAILED, delete_job=True)
