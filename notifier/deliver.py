"""Carry out what is due: record the intent, send once, record the outcome; each delivery alone, all at once."""

import json
import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from queue import SimpleQueue
from threading import Lock
from typing import Any, TypeVar

from notifier.channel import (
    Absent,
    CannotTell,
    Capabilities,
    Channel,
    Finding,
    Found,
    Message,
    NotReady,
    Outcome,
    Prepared,
    Rejected,
    Retry,
    Unknown,
)
from notifier.circuit import Terms
from notifier.clock import Clock
from notifier.errors import StoreError
from notifier.handing_over import handing_over
from notifier.retry import Next, after_attempt, after_look_up, in_doubt
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


@dataclass(frozen=True)
class Ready:
    """A claimed delivery with all done that comes before its request."""

    prepared: Prepared
    receipt: Mapping[str, Any] | None = None
    """Of the post that it acts on."""


@dataclass(frozen=True)
class End:
    """How the turn of a delivery ended: what follows, on disk; or why that could not be written."""

    claim: Claim
    following: Next | None = None
    """None: it was no longer this process's, and nothing was sent, or what was learned is on record only."""
    failure: BaseException | None = None


Ended = Callable[[End], None]


class LeftBehind(StoreError):
    """A delivery is in this process's hands, and the store cannot be told: only a new process takes it over."""


class Deliverer:
    """Delivers claimed deliveries of the accounts it knows, in parallel.

    on_result: called after each, from the thread that hears of it; the claim's attempts are those that were made by
    then. An outcome that the store cannot take is kept, and brought again for `patience` seconds.
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
        self._is_stopping = False

    def stop(self) -> None:
        """Begin nothing more: what is under way is finished, the rest stays claimed until the store is closed."""
        self._is_stopping = True

    @property
    def terms(self) -> dict[str, Terms]:
        """The accounts that this process may claim for, and on what terms."""
        return {name: route.terms for name, route in self._routes.items()}

    def deliver(self, claims: Iterable[Claim]) -> None:
        """Attempt every claim, and return when each has its outcome on disk."""
        waiting = list(claims)
        if not waiting:
            return
        ends: SimpleQueue[End] = SimpleQueue()
        with ThreadPoolExecutor(min(len(waiting), MOST_THREADS), thread_name_prefix="deliver") as pool:
            self.begin(waiting, pool, ends.put)
            for _ in waiting:
                self.hear(ends.get())

    def begin(self, claims: Iterable[Claim], pool: Executor, ended: Ended) -> None:
        """Begin to attempt every claim; `ended` is told of each, from any thread, once its outcome is on disk.

        Their intents are recorded together, but for those whose adapter must prepare something first.
        """
        waiting = list(claims)
        self._load({claim.channel for claim in waiting})
        at_once = []
        for claim in waiting:
            if claim.looking_up or claim.target is not None or self._routes[claim.channel].channel.prepares:
                pool.submit(self._alone, claim, ended)
            else:
                at_once.append(claim)
        if at_once:
            self._together(at_once, pool, ended)

    def hear(self, end: End) -> None:
        """Tell how a delivery ended; LeftBehind where the store could not be told."""
        if isinstance(end.failure, StoreError):
            raise LeftBehind(str(end.failure))
        if end.failure is not None:
            raise end.failure
        if end.following is not None:
            self._on_result(end.claim, end.following)

    def take_over(self) -> int:
        """Decide what becomes of the deliveries whose process died; answers how many."""
        taken = self._store.take_over()
        for claim, _ in taken:
            route = self._routes.get(claim.channel)
            capabilities = route.capabilities if route else Capabilities("long")
            lost = Unknown("the process that sent it died before the answer; it may have published")
            now = self._clock()
            can = capabilities.of(claim.operation)
            following = after_attempt(lost, can, claim.attempts, now, claim.expires, doubted=True)
            if following.state == "due":  # a process failed, not the service: nothing speaks for waiting
                following = replace(following, due=now)
            if self._held_to(self._writing(claim, lost, following, claim.saved, claim.attempts)):
                self._on_result(claim, following)
        return len(taken)

    def _load(self, channels: set[str]) -> None:
        new = channels - self._loaded
        if new:
            with _LOADING:
                for name in new:
                    self._routes[name].channel.load()
            self._loaded |= new

    # --- attempts -----------------------------------------------------------------------------------------------------

    def _together(self, claims: list[Claim], pool: Executor, ended: Ended) -> None:
        if self._is_stopping:
            for claim in claims:
                ended(End(claim))
            return
        ready = [(claim, made) for claim in claims if (made := self._ready(claim, ended)) is not None]
        intents = [(claim, _saved(one.prepared)) for claim, one in ready]
        try:
            going = self._held_to(lambda: self._store.intend_all(intents))
        except StoreError as failure:
            for claim, _ in ready:
                ended(End(claim, failure=failure))
            return
        for (claim, one), goes in zip(ready, going, strict=True):
            if goes:
                pool.submit(self._send, claim, one, ended)
            else:
                ended(End(claim))

    def _alone(self, claim: Claim, ended: Ended) -> None:
        try:
            if self._is_stopping:
                ended(End(claim))
            elif claim.looking_up:
                self._look_up(claim, ended)
            elif (ready := self._ready(claim, ended)) is not None:
                intents = [(claim, _saved(ready.prepared))]
                if self._held_to(lambda: self._store.intend_all(intents))[0]:
                    self._send(claim, ready, ended)
                else:  # cancelled, taken over, or its channel stopped or paused meanwhile
                    ended(End(claim))
        except BaseException as failure:  # told in the thread that waits for it
            ended(End(claim, failure=failure))

    def _ready(self, claim: Claim, ended: Ended) -> Ready | None:
        """Do all that comes before the request; None where that is the end of it for now."""
        route = self._routes[claim.channel]
        if claim.expires <= self._clock():
            old = Next("expired", None, "it was old news before it could go out")
            old = in_doubt(old) if claim.doubted else old
            self._record(claim, None, old, claim.saved, None, ended)
            return None
        message = self._held_to(lambda: self._store.message(claim))
        if route.live and message.status == "exercise":
            refused = Rejected("it is live now, and an exercise goes only to accounts with live = false")
            self._finish(claim, refused, claim.attempts, claim.saved, ended, is_sent=False)
            return None
        receipt = None if claim.target is None else self._held_to(lambda: self._store.receipt(claim.target or 0))
        if (by_hand := handing_over(claim, route.channel, route.capabilities, receipt, self._clock())) is not None:
            self._record(claim, None, by_hand, claim.saved, None, ended)
            return None
        if claim.doubted and self._key_is_forgotten(message, route.capabilities.of(claim.operation)):
            self._look_up(claim, ended)
            return None
        return self._prepared(claim, route.channel, message, receipt, ended)

    def _prepared(
        self, claim: Claim, channel: Channel, message: Message, receipt: Mapping[str, Any] | None, ended: Ended
    ) -> Ready | None:
        def prepare() -> Prepared | Outcome:
            failed = channel.sign_in()
            if failed is not None:
                return failed
            if claim.operation == "withdraw":
                return Prepared(message)
            make = channel.prepare if claim.operation == "publish" else channel.prepare_change
            return make(message, json.loads(claim.saved))

        prepared = self._guarded(prepare, Retry("it could not be prepared"))
        if isinstance(prepared, Prepared):
            return Ready(replace(prepared, attempt=claim.attempts + 1), receipt)
        # Nothing is published before the request, so that a lost answer here is no reason to look.
        failed = Retry(prepared.reason) if isinstance(prepared, Unknown) else prepared
        saved = _saved(Prepared(message, prepared.saved)) if isinstance(prepared, NotReady) else claim.saved
        self._finish(claim, failed, claim.attempts + 1, saved, ended, is_sent=False)
        return None

    def _key_is_forgotten(self, message: Message, capabilities: Capabilities) -> bool:
        """Whether the network may know the key of an earlier attempt no more: a repeat could be a second post."""
        lasts = capabilities.key_lasts
        return lasts is not None and self._clock() >= message.sent + lasts

    def _send(self, claim: Claim, ready: Ready, ended: Ended) -> None:
        channel, prepared = self._routes[claim.channel].channel, ready.prepared
        outcome = self._guarded(lambda: _act(channel, claim, ready), Unknown("sending broke down half-way"))
        sent = replace(claim, attempts=claim.attempts + 1)
        self._finish(sent, outcome, sent.attempts, _saved(prepared), ended, is_sent=True)

    def _guarded(self, act: Callable[[], Prepared | Outcome], failure: Outcome) -> Prepared | Outcome:
        """Keep one adapter's mistake from the others: it becomes an outcome, and its trace goes to the log."""
        try:
            return act()
        except Exception as error:  # the fan-out is the one place that catches all
            log.exception("an adapter failed: %s", type(error).__name__)
            return type(failure)(f"{failure.reason} ({type(error).__name__})")  # type: ignore[union-attr]

    def _finish(
        self, claim: Claim, outcome: Prepared | Outcome, attempts: int, saved: str, ended: Ended, *, is_sent: bool
    ) -> None:
        assert not isinstance(outcome, Prepared)  # noqa: S101 (send answers outcomes only)
        capabilities = self._routes[claim.channel].capabilities.of(claim.operation)
        now, doubted = self._clock(), claim.doubted
        following = after_attempt(outcome, capabilities, attempts, now, claim.expires, doubted=doubted)
        self._record(claim, outcome, following, saved, attempts if is_sent else None, ended)

    # --- look-ups -----------------------------------------------------------------------------------------------------

    def _look_up(self, claim: Claim, ended: Ended) -> None:
        route = self._routes[claim.channel]
        attempted = claim.attempted or self._clock()
        prepared = Prepared(self._held_to(lambda: self._store.message(claim)), json.loads(claim.saved))
        try:
            finding = _found(route.channel, prepared, attempted)
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
        self._record(claim, outcome, following, claim.saved, None, ended)

    def _absent(self, claim: Claim) -> Next:
        if claim.expires <= self._clock():
            return Next("expired", None, "a look-up proved that it did not go out, and it is old news now")
        return Next("due", self._clock(), "a look-up proved that it did not go out")

    # --- what became of it --------------------------------------------------------------------------------------------

    def _record(
        self, claim: Claim, outcome: Outcome | None, following: Next, saved: str, attempt: int | None, ended: Ended
    ) -> None:
        """Hand an outcome to the store, and go on: `ended` is told when it is on disk."""

        def done(counts: bool | None, failure: BaseException | None) -> None:
            if failure is None:
                ended(End(claim, following if counts else None))
            elif isinstance(failure, StoreError) and self.patience > 0:
                threading.Thread(target=bring_again, name="bring again", daemon=True).start()
            else:
                ended(End(claim, failure=failure))

        def bring_again() -> None:
            try:
                counts = self._held_to(self._writing(claim, outcome, following, saved, attempt))
            except BaseException as failure:  # told in the thread that waits for it
                ended(End(claim, failure=failure))
            else:
                ended(End(claim, following if counts else None))

        self._store.finish_later(claim, outcome, following, saved, attempt, done)

    def _writing(
        self, claim: Claim, outcome: Outcome | None, following: Next, saved: str, attempt: int | None
    ) -> Callable[[], bool]:
        return lambda: self._store.finish(claim, outcome, following, saved, attempt)

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


def _found(channel: Channel, prepared: Prepared, attempted: datetime) -> Finding:
    """Look a delivery up, with a session where the network has any."""
    failed = channel.sign_in()
    if failed is None:
        return channel.find(prepared, attempted)
    reason = getattr(failed, "reason", "it could not sign in")
    return CannotTell(f"it could not be looked up ({reason})", unreachable=True)


def _act(channel: Channel, claim: Claim, ready: Ready) -> Outcome:
    """Make the one request of a delivery: what its operation is, and for a part of a thread an answer to the last."""
    receipt = ready.receipt or {}
    match claim.operation:
        case "withdraw":
            return channel.withdraw(receipt, ready.prepared.message)
        case "amend":
            return channel.amend(receipt, ready.prepared)
        case "reply":
            return channel.reply(receipt, ready.prepared)
        case _:
            return channel.send(ready.prepared) if ready.receipt is None else channel.reply(receipt, ready.prepared)


def _saved(prepared: Prepared) -> str:
    return json.dumps(dict(prepared.saved), ensure_ascii=False, sort_keys=True) if prepared.saved else "{}"
