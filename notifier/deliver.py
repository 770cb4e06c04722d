"""Carry out what is due: record the intent, send once, record the outcome; each delivery alone, all at once."""

import json
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from threading import BoundedSemaphore, Lock
from typing import TypeVar

from notifier.channel import (
    Absent,
    CannotTell,
    Capabilities,
    Channel,
    Found,
    Outcome,
    Prepared,
    Rejected,
    Retry,
    Unknown,
)
from notifier.circuit import Terms
from notifier.clock import Clock
from notifier.errors import StoreError
from notifier.retry import Next, after_attempt, after_look_up
from notifier.store import Claim, Store

T = TypeVar("T")
MOST_THREADS = 256
BETWEEN_TRIES = 1.0
"""Seconds until the store is asked again that was in trouble."""
_LOADING = Lock()
"""Held while channels import what they send with; see Channel.load."""
log = logging.getLogger("notifier.deliver")


@dataclass(frozen=True)
class Route:
    """An account as delivery sees it: the adapter, and on what terms it may be used."""

    channel: Channel
    capabilities: Capabilities
    terms: Terms = field(default_factory=Terms)
    live: bool = False
    """Whether the public reads it: no exercise goes there, whatever it was when the exercise was planned."""


Progress = Callable[[Claim, Next], None]


class Deliverer:
    """Delivers claimed deliveries of the accounts it knows, in parallel.

    on_result: called after each, from the delivering thread. An outcome that the store cannot take is kept, and brought
    again for `patience` seconds; nothing is sent meanwhile by its thread.
    """

    patience = 0.0

    def __init__(
        self, store: Store, routes: Mapping[str, Route], clock: Clock, on_result: Progress | None = None
    ) -> None:
        self._store = store
        self._routes = routes
        self._clock = clock
        self._on_result = on_result or (lambda claim, following: None)
        self._loaded: set[str] = set()
        self._turns = {name: BoundedSemaphore(route.terms.concurrency) for name, route in routes.items()}

    @property
    def terms(self) -> dict[str, Terms]:
        """The accounts that this process may claim for, and on what terms."""
        return {name: route.terms for name, route in self._routes.items()}

    def deliver(self, claims: Iterable[Claim]) -> None:
        """Attempt every claim, and return when each has its outcome on disk."""
        waiting = list(claims)
        if new := {claim.channel for claim in waiting} - self._loaded:
            with _LOADING:
                for name in new:
                    self._routes[name].channel.load()
            self._loaded |= new
        if len(waiting) == 1:
            self._one(waiting[0])
            return
        if not waiting:
            return
        with ThreadPoolExecutor(min(len(waiting), MOST_THREADS), thread_name_prefix="deliver") as pool:
            futures: list[Future[None]] = [pool.submit(self._one, claim) for claim in waiting]
            for future in as_completed(futures):
                future.result()

    def take_over(self) -> int:
        """Decide what becomes of the deliveries whose process died; answers how many."""
        taken = self._store.take_over()
        for claim, _ in taken:
            route = self._routes.get(claim.channel)
            capabilities = route.capabilities if route else Capabilities("long")
            lost = Unknown("the process that sent it died before the answer; it may have published")
            now = self._clock()
            following = after_attempt(lost, capabilities, claim.attempts, now, claim.expires)
            if following.state == "due":  # a process failed, not the service: nothing speaks for waiting
                following = replace(following, due=now)
            self._record(claim, lost, following, claim.saved, claim.attempts)
        return len(taken)

    def _one(self, claim: Claim) -> None:
        route = self._routes[claim.channel]
        with self._turns[claim.channel]:
            if claim.looking_up:
                self._look_up(claim, route)
            else:
                self._attempt(claim, route)

    def _attempt(self, claim: Claim, route: Route) -> None:
        if claim.expires <= self._clock():
            old = Next("expired", None, "it was old news before it could go out")
            self._record(claim, None, old, claim.saved)
            return
        message = self._held_to(lambda: self._store.message(claim))
        if route.live and message.status == "exercise":
            refused = Rejected("it is live now, and an exercise goes only to accounts with live = false")
            self._finish(claim, refused, route.capabilities, claim.attempts, claim.saved, is_sent=False)
            return
        prepared = self._guarded(
            lambda: route.channel.prepare(message, json.loads(claim.saved)), Retry("it could not be prepared")
        )
        if not isinstance(prepared, Prepared):
            self._finish(claim, prepared, route.capabilities, claim.attempts + 1, claim.saved, is_sent=False)
            return
        prepared = replace(prepared, attempt=claim.attempts + 1)
        saved = json.dumps(dict(prepared.saved), ensure_ascii=False, sort_keys=True)
        if not self._held_to(lambda: self._store.intend(claim, saved)):
            return  # cancelled, taken over, or its channel stopped or paused meanwhile: it is no longer ours
        outcome = self._guarded(lambda: route.channel.send(prepared), Unknown("sending broke down half-way"))
        self._finish(claim, outcome, route.capabilities, claim.attempts + 1, saved, is_sent=True)

    def _guarded(self, act: Callable[[], Prepared | Outcome], failure: Outcome) -> Prepared | Outcome:
        """Keep one adapter's mistake from the others: it becomes an outcome, and its trace goes to the log."""
        try:
            return act()
        except Exception as error:  # the fan-out is the one place that catches all
            log.exception("an adapter failed: %s", type(error).__name__)
            return type(failure)(f"{failure.reason} ({type(error).__name__})")  # type: ignore[union-attr]

    def _finish(
        self,
        claim: Claim,
        outcome: Prepared | Outcome,
        capabilities: Capabilities,
        attempts: int,
        saved: str,
        *,
        is_sent: bool,
    ) -> None:
        assert not isinstance(outcome, Prepared)  # noqa: S101 (send answers outcomes only)
        following = after_attempt(outcome, capabilities, attempts, self._clock(), claim.expires)
        self._record(claim, outcome, following, saved, attempts if is_sent else None)

    def _look_up(self, claim: Claim, route: Route) -> None:
        attempted = claim.attempted or self._clock()
        prepared = Prepared(self._held_to(lambda: self._store.message(claim)), json.loads(claim.saved))
        try:
            finding = route.channel.find(prepared, attempted)
        except Exception as error:  # a look-up that breaks proves nothing
            log.exception("a look-up failed: %s", type(error).__name__)
            finding = CannotTell(f"the look-up failed ({type(error).__name__})", unreachable=True)
        outcome: Outcome | None = None
        match finding:
            case Found(delivered):
                outcome, following = delivered, Next("delivered", None, "its answer was lost; a look-up found it")
            case Absent():
                following = self._absent(claim)
            case CannotTell():
                following = after_look_up(finding, route.capabilities, attempted, self._clock())
        self._record(claim, outcome, following, claim.saved)

    def _absent(self, claim: Claim) -> Next:
        if claim.expires <= self._clock():
            return Next("expired", None, "a look-up proved that it did not go out, and it is old news now")
        return Next("due", self._clock(), "a look-up proved that it did not go out")

    def _record(
        self, claim: Claim, outcome: Outcome | None, following: Next, saved: str, attempt: int | None = None
    ) -> None:
        if self._held_to(lambda: self._store.finish(claim, outcome, following, saved, attempt)):
            self._on_result(claim, following)

    def _held_to(self, act: Callable[[], T]) -> T:
        """Ask the store, again and again where it is in trouble: what is known must not be lost for a full disk."""
        deadline = time.monotonic() + self.patience
        while True:
            try:
                return act()
            except StoreError as failure:
                if time.monotonic() >= deadline:
                    raise
                log.warning("%s; it is tried again", failure)
            time.sleep(BETWEEN_TRIES)
