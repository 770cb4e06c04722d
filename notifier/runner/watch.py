"""What one `notify run` is watched by: its log, systemd with its watchdog, and health pages where a port is given."""

import logging
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, Self

from notifier.channel import Outcome
from notifier.clock import Clock
from notifier.retry import Next
from notifier.runner.events_log import tell, tell_result
from notifier.runner.pulse import Pulse
from notifier.runner.systemd import ServiceManager, Watchdog
from notifier.store import Claim, Health

if TYPE_CHECKING:
    from notifier.runner.metrics import Metrics

DELIVERING = "notify run: delivering what is due"


class Watch:
    """Tells those who watch what the runner does; a context manager, entered before anything is delivered.

    environment: what systemd gives. Its `pulse` wants a `beat` at every turn of the runner's loop, whichever runner it
    is; `result` is the hook of its deliverers, `stopping` is called when it is asked to end.
    """

    def __init__(self, environment: Mapping[str, str], clock: Clock) -> None:
        self.pulse = Pulse(clock)
        self.address: str | None = None
        self._manager = ServiceManager(environment)
        self._metrics: Metrics | None = None
        self._open = ExitStack()

    def __enter__(self) -> Self:
        self._open.enter_context(Watchdog(self._manager, self.pulse))
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def serve(
        self, port: int, listen: str, health: Callable[[], Health], *, channels: Iterable[str], feeds: Iterable[str]
    ) -> None:
        """Serve the health pages; WrongUsage where the port or the address cannot be had.

        health: the store's. channels, feeds: the configured ones.
        """
        from notifier.runner.health_pages import HealthReader, pages
        from notifier.runner.health_server import HealthServer
        from notifier.runner.metrics import Metrics

        reader = HealthReader(health)
        self._open.callback(reader.close)
        self._metrics = Metrics(reader, self.pulse, channels, feeds)
        server = HealthServer(pages(self.pulse, reader, self._metrics), port, listen)
        self.address = self._open.enter_context(server).address

    def result(self, claim: Claim, following: Next, outcome: Outcome | None = None) -> None:
        """Tell what became of a delivery; called from any thread."""
        if self._metrics is not None:
            self._metrics.count(claim, following, outcome)
        tell_result(claim, following, outcome)

    def ready(self, channels: int, feeds: int) -> None:
        """Tell that the runner does its work from here on; nothing where it was asked to end before it began."""
        if self.pulse.is_stopping:
            return
        self._manager.ready(f"delivering what is due: {channels} channels, {feeds} feeds")
        where = "" if self.address is None else f" Health pages: {self.address}/healthz"
        words = f"{DELIVERING}. Stop it with Ctrl-C.{where}"
        tell(logging.INFO, "started", words, channels=channels, feeds=feeds, address=self.address)

    def stopping(self) -> None:
        """Tell that the runner was asked to end; may be called from a signal's handler, and more than once."""
        is_first = not self.pulse.is_stopping
        self.pulse.stop()
        self._manager.stopping()
        if is_first:
            # Every lock of the log is reentrant, so that a handler which interrupts a line of it waits for nobody.
            tell(logging.INFO, "stopping", "notify run: ending; what is in flight is finished first")

    def stopped(self) -> None:
        """Tell that the runner has ended in good order."""
        tell(logging.INFO, "stopped", "notify run: stopped; what was in flight is finished.")
