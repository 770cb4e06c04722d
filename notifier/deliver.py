"""Carry out what is due: record the intent, send once, record the outcome; each delivery alone, all at once."""

import json
import logging
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from datetime import datetime
from threading import BoundedSemaphore, Lock

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
from notifier.clock import Clock
from notifier.retry import Next, after_attempt, next_lookup
from notifier.store import Claim, Store

MOST_THREADS = 256
_LOADING = Lock()
"""Held while channels import what they send with; see Channel.load."""
log = logging.getLogger("notifier.deliver")


@dataclass(frozen=True)
class Route:
    """An account as delivery sees it: the adapter, and how fast and how wide it may be used."""

    channel: Channel
    capabilities: Capabilities
    pace: float | None = None
    """Seconds between two posts; None: no limit."""
    concurrency: int = 8
    live: bool = False
    """Whether the public reads it: no exercise goes there, whatever it was when the exercise was planned."""


Progress = Callable[[Claim, Next], None]


class Deliverer:
    """Delivers claimed deliveries of the accounts it knows, in parallel.

    on_result: called after each, from the delivering thread; the claim's attempts are those that were made by then.
    """

    def __init__(
        self, store: Store, routes: Mapping[str, Route], clock: Clock, on_result: Progress | None = None
    ) -> None:
        self._store = store
        self._routes = routes
        self._clock = clock
        self._on_result = on_result or (lambda claim, following: None)
        self._turns = {name: BoundedSemaphore(route.concurrency) for name, route in routes.items()}
        self._is_stopping = False

    def stop(self) -> None:
        """Begin nothing more: what is under way is finished, the rest stays claimed until the store is closed."""
        self._is_stopping = True

    @property
    def paces(self) -> dict[str, float | None]:
        """The accounts that this process may claim for, and their pace."""
        return {name: route.pace for name, route in self._routes.items()}

    def room(self, under_way: Mapping[str, int]) -> dict[str, int]:
        """How many more of each account may be under way beside these."""
        return {name: route.concurrency - under_way.get(name, 0) for name, route in self._routes.items()}

    def deliver(self, claims: Iterable[Claim]) -> None:
        """Attempt every claim, and return when each has its outcome on disk."""
        waiting = list(claims)
        with _LOADING:
            for name in {claim.channel for claim in waiting}:
                self._routes[name].channel.load()
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
            self._record(claim, lost, following, claim.saved)
        return len(taken)

    def _one(self, claim: Claim) -> None:
        route = self._routes[claim.channel]
        with self._turns[claim.channel]:
            if self._is_stopping:
                return
            if claim.looking_up:
                self._look_up(claim, route)
            else:
                self._attempt(claim, route)

    def _attempt(self, claim: Claim, route: Route) -> None:
        if claim.expires <= self._clock():
            old = Next("expired", None, "it was old news before it could go out")
            self._record(claim, None, old, claim.saved)
            return
        message = self._store.message(claim)
        if route.live and message.status == "exercise":
            refused = Rejected("it is live now, and an exercise goes only to accounts with live = false")
            self._finish(claim, refused, route.capabilities, claim.attempts, claim.saved)
            return
        prepared = self._guarded(
            lambda: route.channel.prepare(message, json.loads(claim.saved)), Retry("it could not be prepared")
        )
        if not isinstance(prepared, Prepared):
            self._finish(claim, prepared, route.capabilities, claim.attempts + 1, claim.saved)
            return
        prepared = replace(prepared, attempt=claim.attempts + 1)
        saved = json.dumps(dict(prepared.saved), ensure_ascii=False, sort_keys=True)
        if not self._store.intend(claim, saved):
            return  # cancelled, or taken over: it is no longer ours
        claim = replace(claim, attempts=claim.attempts + 1)
        outcome = self._guarded(lambda: route.channel.send(prepared), Unknown("sending broke down half-way"))
        self._finish(claim, outcome, route.capabilities, claim.attempts, saved)

    def _guarded(self, act: Callable[[], Prepared | Outcome], failure: Outcome) -> Prepared | Outcome:
        """Keep one adapter's mistake from the others: it becomes an outcome, and its trace goes to the log."""
        try:
            return act()
        except Exception as error:  # the fan-out is the one place that catches all
            log.exception("an adapter failed: %s", type(error).__name__)
            return type(failure)(f"{failure.reason} ({type(error).__name__})")  # type: ignore[union-attr]

    def _finish(
        self, claim: Claim, outcome: Prepared | Outcome, capabilities: Capabilities, attempts: int, saved: str
    ) -> None:
        assert not isinstance(outcome, Prepared)  # noqa: S101 (send answers outcomes only)
        following = after_attempt(outcome, capabilities, attempts, self._clock(), claim.expires)
        self._record(claim, outcome, following, saved)

    def _look_up(self, claim: Claim, route: Route) -> None:
        attempted = claim.attempted or self._clock()
        prepared = Prepared(self._store.message(claim), json.loads(claim.saved))
        try:
            finding = route.channel.find(prepared, attempted)
        except Exception as error:  # a look-up that breaks proves nothing
            log.exception("a look-up failed: %s", type(error).__name__)
            finding = CannotTell(f"the look-up failed ({type(error).__name__})")
        outcome: Outcome | None = None
        match finding:
            case Found(delivered):
                outcome, following = delivered, Next("delivered", None, "its answer was lost; a look-up found it")
            case Absent():
                following = self._absent(claim)
            case CannotTell(reason):
                following = self._cannot_tell(reason, route.capabilities, attempted)
        self._record(claim, outcome, following, claim.saved)

    def _absent(self, claim: Claim) -> Next:
        if claim.expires <= self._clock():
            return Next("expired", None, "a look-up proved that it did not go out, and it is old news now")
        return Next("due", self._clock(), "a look-up proved that it did not go out")

    def _cannot_tell(self, reason: str, capabilities: Capabilities, attempted: datetime) -> Next:
        again = next_lookup(capabilities, attempted, self._clock())
        if again is not None:
            return Next("unknown", again, f"{reason}; it will be looked up again")
        return Next("unknown", None, f"{reason}; look whether it is there, then run notify confirm")

    def _record(self, claim: Claim, outcome: Outcome | None, following: Next, saved: str) -> None:
        if self._store.finish(claim, outcome, following, saved):
            self._on_result(claim, following)
