"""From a feed to the public: poll, judge each alert, publish what may go, update or end what went, keep the rest."""

import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from notifier.clock import Clock, from_micros
from notifier.deliver import Deliverer
from notifier.errors import FeedUnavailable, NotifierError, StoreError, WrongUsage
from notifier.field_types import Reading
from notifier.inputs.fetching import Fetched, fetch
from notifier.inputs.gate import Decision
from notifier.kind import Kind, read_kind
from notifier.notification import Stage
from notifier.plan import Plan, Target
from notifier.policy.approving import Preapproval
from notifier.publish import Publisher, Request
from notifier.settings import Department
from notifier.store import Actor, Store
from notifier.store.approvals import is_unseen

log = logging.getLogger("notifier.intake")


class Reader(Protocol):
    """A type of feed (inputs/): how its answers are read, judged and worded."""

    def read(self, body: bytes, content_type: str = "") -> Sequence[Any]:
        """Read an answer; FeedUnavailable where it cannot be."""

    def judge(self, entries: Sequence[Any], settings: Any, now: Any, zone: Any) -> list[Decision]:
        """Decide on every alert of an answer."""

    def facts(self, alert: Any, settings: Any, now: Any, zone: Any) -> dict[str, Any]:
        """Word an alert as the fields of its kind."""


Fetch = Callable[..., Fetched]


@dataclass(frozen=True)
class Intake:
    """Brings one feed's alerts to the public.

    settings: the feed's own, of its reader's type. kind: what its alerts become. targets: the kind's route now.
    """

    name: str
    reader: Reader
    settings: Any
    kind: type[Kind]
    department: Department
    store: Store
    publisher: Publisher
    targets: Callable[[], list[Target]]
    deliverer: Callable[[], Deliverer]
    clock: Clock
    fetch: Fetch = fetch

    def poll(self) -> list[Decision]:
        """Ask the feed once and carry out what is new in it; answers the new decisions.

        FeedUnavailable when it cannot be read: the reason is recorded, what was known stays, nothing is published.
        """
        before = self.store.feeds.known(self.name) or {}
        etag, modified = before.get("etag"), before.get("last_modified")
        try:
            fetched = self.fetch(
                self.settings.url,
                etag=etag,
                last_modified=modified,
                timeout=self.settings.timeout,
                contact=self.department.website,
            )
            new = [] if fetched.not_modified else self._carry_out(fetched)
        except FeedUnavailable as failure:
            self.store.feeds.checked(self.name, etag=etag, last_modified=modified, failure=str(failure))
            raise
        # Only now, when all of it is on disk: an answer that was half carried out is asked for again.
        self.store.feeds.checked(self.name, etag=fetched.etag or etag, last_modified=fetched.last_modified or modified)
        return new

    def _carry_out(self, fetched: Fetched) -> list[Decision]:
        entries = self.reader.read(fetched.body, fetched.content_type)
        decisions = self.judge(entries)
        for decision in decisions:
            if decision.alert is None:
                log.warning("feed %s: %s: %s", self.name, decision.source_id, decision.reason)
        new = [d for d in decisions if d.decision != "skip" and not self._is_told(d)]
        return [decision for decision in new if self._act(decision)]

    def _is_told(self, decision: Decision) -> bool:
        """Whether this alert was judged before, for this event: one message may tell of several."""
        return any(row["event"] == decision.event for row in self.store.feeds.told(self.name, decision.source_id))

    def judge(self, entries: Sequence[Any]) -> list[Decision]:
        """Decide on every alert of an answer, from the answer alone."""
        return self.reader.judge(entries, self.settings, self.clock(), self.department.zone)

    def _act(self, decision: Decision) -> bool:
        """Carry out one decision; False where the very same words went out before under another identifier."""
        earlier = self._earlier(decision)
        told = _told(decision)
        if earlier is not None and decision.decision == "publish" and not _has_vtec(decision):
            self.store.tell(self.name, {**told, "decision": "skip", "reason": f"{earlier['id']} says the same"})
            return False
        if decision.decision == "ask" or (decision.decision == "end" and earlier is None):
            self.store.tell(self.name, told)
            return True
        if earlier is not None and decision.decision == "end" and self._take_back(earlier, decision):
            self.store.tell(self.name, {**told, "notification": earlier["id"]})
            return True
        try:
            plan = self._plan(decision, earlier)
        except StoreError:
            raise  # asked again at the next poll: a store in trouble says nothing about the alert
        except NotifierError as wrong:
            # What cannot be published by itself is kept for a person, with the reason, and stops no other alert.
            self.store.tell(self.name, {**told, "decision": "ask", "reason": f"it cannot be published: {wrong}"[:500]})
            return True
        for problem in plan.unfit:
            log.warning("feed %s: left out of %s", self.name, problem)
        may_go = plan.state == "published"
        deliverer = self.deliverer()
        claim = deliverer.terms if may_go else None
        self.store.tell(self.name, {**told, "notification": plan.notification.id}, plan, claim=claim)
        if may_go:
            self.publisher.release(plan.notification.id, deliverer, wait=0)
        return True

    def _earlier(self, decision: Decision) -> Mapping[str, Any] | None:
        """The notification that told of this event before, if one did and it has not ended."""
        replaced = [row for source_id in decision.supersedes for row in self.store.feeds.told(self.name, source_id)]
        # A message may have told of several events; a warning may follow a watch, another event, by reference alone.
        replaced.sort(key=lambda row: row["event"] != decision.event)
        known = [*(self.store.feeds.told_event(self.name, key) for key in _keys(decision)), *replaced]
        id_ = next((row["notification"] for row in known if row is not None and row["notification"]), None)
        if id_ is None:
            return None
        row = self.store.notification(id_)
        is_over = row["stage"] == "resolve" or from_micros(row["expires"]) <= self.clock()
        return None if is_over or self._state(row) in _NEVER_OUT else row

    def _state(self, row: Mapping[str, Any]) -> str:
        return self.store.state_of(row, self.store.deliveries(row["id"]))

    def _is_unseen(self, row: Mapping[str, Any]) -> bool:
        """Whether a notification waits for approval, and the public has seen nothing of it."""
        return self._state(row) == "pending" and is_unseen(self.store.deliveries(row["id"]))

    def _take_back(self, earlier: Mapping[str, Any], decision: Decision) -> bool:
        """Take back what nobody approved and nobody read: its end is not told. False where it went out after all."""
        if not self._is_unseen(earlier):
            return False
        try:
            self.store.approvals.withdraw(earlier["id"], Actor(f"feed:{self.name}", "notifier"), decision.reason)
        except WrongUsage:  # somebody decided meanwhile
            return False
        return True

    def _preapproval(self) -> Preapproval | None:
        by, on = self.settings.preapproved_by, self.settings.preapproved_on
        today = self.clock().astimezone(self.department.zone).date()
        return Preapproval(by, on) if by is not None and on <= today else None

    def _plan(self, decision: Decision, earlier: Mapping[str, Any] | None) -> Plan:
        now = self.clock()
        data = self.reader.facts(decision.alert, self.settings, now, self.department.zone)
        facts = read_kind(self.kind, data, Reading(now, self.department.zone))
        is_new = earlier is None or self._is_unseen(earlier)
        stage: Stage = "issue" if is_new else "resolve" if decision.decision == "end" else "update"
        actor = Actor(f"feed:{self.name}", "notifier")
        request = Request(
            facts=facts,
            languages=self.department.languages[:1],
            author=actor.user,
            login=actor.login,
            source=f"feed:{self.name}",
            stage=stage,
            id=None if earlier is None else earlier["id"],
            revision=1 if earlier is None else earlier["revision"] + 1,
            created=None if earlier is None else from_micros(earlier["created"]),
            skip_unfit=True,
            preapproval=self._preapproval(),
        )
        return self.publisher.decide(request, self.targets())


_NEVER_OUT = {"blocked", "rejected", "withdrawn", "expired"}
"""States of a notification that told nobody of its event, or tells nobody any more: what follows tells of it anew."""


def _has_vtec(decision: Decision) -> bool:
    return decision.alert is not None and bool(decision.alert.event_keys)


def _keys(decision: Decision) -> tuple[str, ...]:
    """What all alerts about one event share: its VTEC keys; where it has none, its very words for its very places."""
    alert = decision.alert
    if alert is None or alert.event_keys:
        return alert.event_keys if alert else ()
    words = "\n".join((alert.event, alert.sender_name, alert.area_desc, alert.headline, alert.description))
    return (f"words:{hashlib.sha256(words.encode()).hexdigest()}",)


def _told(decision: Decision) -> dict[str, Any]:
    return {
        "source_id": decision.source_id,
        "event": decision.event,
        "event_keys": list(_keys(decision)),
        "decision": decision.decision,
        "reason": decision.reason,
        "headline": decision.headline[:300],
        "notification": None,
    }
