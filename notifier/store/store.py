"""The department's part of one database, as the rest of the house sees it."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from notifier.channel import Message, Outcome
from notifier.circuit import Terms
from notifier.clock import Clock, to_micros
from notifier.errors import StoreError
from notifier.plan import Plan
from notifier.retry import Next
from notifier.store import (
    accounts,
    approvals,
    archive,
    attempts,
    claiming,
    fallback,
    feeds,
    notifications,
    outbox,
    withdrawing,
)
from notifier.store.alarms import Alarms
from notifier.store.approvals import Approvals
from notifier.store.archive import Actor
from notifier.store.claiming import MOST_AT_ONCE, Asked
from notifier.store.database import Done, Session, Value
from notifier.store.feeds import FeedMemory
from notifier.store.health import Health, health
from notifier.store.kept_state import KeptState
from notifier.store.looking import Looking
from notifier.store.opening import file_of, lock_folder, open_database
from notifier.store.outbox import Claim
from notifier.store.processes import Processes
from notifier.store.standing import Standing, look
from notifier.store.withdrawing import Means, Withdrawal

ALIKE_WITHIN = timedelta(minutes=10)


class Store(Looking):
    """The department's part of one database.

    url: sqlite:///ABSOLUTE or postgresql://…. department: the key that every row carries. password: the database's,
    where it stands apart from the URL. Errors: StoreError.
    """

    def __init__(self, url: str, department: str, clock: Clock, password: str | None = None) -> None:
        self.department = department
        self._clock = clock
        self._database = open_database(url, department, getattr(clock, "follow", None), password)
        self.name = self._database.name
        self.path = file_of(url)
        self.processes = Processes(self._database, department, clock, lock_folder(url, self.name))
        """The processes that work on it, and this one among them."""
        self.approvals = Approvals(self._database, department, clock, lambda: self.owner)
        """What waits for approval, and the decisions on it."""
        self.feeds = FeedMemory(self._database, department, clock)
        """What is known of the feeds."""
        self.alarms = Alarms(self._database, department, clock)
        """What somebody must hear of."""

    @property
    def owner(self) -> str:
        """This process's name as an owner of deliveries; asking for it takes the lock that says it lives."""
        return self.processes.owner

    def close(self) -> None:
        """Give back what was claimed and never begun, and let go of the lock.

        Where the database is in trouble it is left as a dead process leaves it, and others take over.
        """
        try:
            if self.processes.has_lock:
                name = self.processes.name
                if self._database.query(lambda s: s.all("owned", department=self.department)):
                    self._database.write(lambda s: claiming.give_back(s, name, self.department, self._clock()))
                self.processes.end()
        except StoreError:  # what the caller has to say is more than that
            self.processes.die()
        self._database.close()

    def die(self) -> None:
        """End as a killed process ends: nothing is given back, only the lock goes."""
        self.processes.die()
        self._database.close()

    # --- publishing ---------------------------------------------------------------------------------------------------

    def record(self, plan: Plan, *, claim: Mapping[str, Terms] | None = None) -> list[Claim]:
        """Store a plan with its archive events in one commit; claim: the accounts that this process serves at once."""
        return self._record(plan, claim, lambda session: None)

    def tell(
        self, feed: str, told: Mapping[str, Any], plan: Plan | None = None, *, claim: Mapping[str, Terms] | None = None
    ) -> list[Claim]:
        """Record a decision on an alert, with the plan that follows from it, in one commit.

        told: source_id, event, event_keys, decision, reason, headline, notification.
        """
        now = self._clock()
        return self._record(plan, claim, lambda session: feeds.tell(session, self.department, feed, told, now))

    def _record(
        self, plan: Plan | None, claim: Mapping[str, Terms] | None, further: Callable[[Session], None]
    ) -> list[Claim]:
        now = self._clock()
        asked = None
        if claim and plan is not None and plan.state == "published":
            id_ = plan.notification.id
            asked = Asked(self.department, self.owner, claim, id_, most=len(plan.deliveries))

        def change(session: Session) -> list[Claim]:
            if plan is not None:
                notifications.record(session, plan, now)
            further(session)
            claims = claiming.claim(session, asked, now) if asked else []
            left = {planned.channel for planned in plan.deliveries if planned.hold is None} if plan else set()
            if plan is not None and plan.state == "published":
                for channel in left - {claim.channel for claim in claims}:
                    session.wake(self.department, channel, to_micros(plan.release))
            return claims

        return self._database.write(change, self._put_back)

    def _put_back(self, session: Session, claims: list[Claim]) -> None:
        """Give back claims of which nobody here heard, because the connection was lost when they were stored."""
        for claim in claims:
            row = session.one("delivery", department=self.department, id=claim.id)
            if row is not None and row["owner"] == self.processes.name and row["state"] == "claimed":
                claiming.unclaim(session, row, self._clock())

    def alike(self, plan: Plan) -> str | None:
        """Name an identical notification of the last ten minutes, if there is one."""
        since = to_micros(self._clock() - ALIKE_WITHIN)
        mark = notifications.fingerprint(plan.notification)
        found = self._database.query(
            lambda s: s.one("alike_since", department=self.department, fingerprint=mark, since=since)
        )
        return found["id"] if found else None

    # --- the outbox ---------------------------------------------------------------------------------------------------

    def mine(self, notification: str) -> list[Claim]:
        """The deliveries of a notification that are claimed for this process and not begun."""
        name = self.processes.name
        rows = self.deliveries(notification)
        return [Claim.of(row) for row in rows if row["owner"] == name and row["state"] == "claimed"]

    def claim(
        self,
        terms: Mapping[str, Terms],
        notification: str | None = None,
        most: int = MOST_AT_ONCE,
    ) -> list[Claim]:
        """Claim what is due on these accounts, by their terms."""
        due = self.next_due(terms, notification)
        if due is None or due > self._clock():
            return []
        asked = Asked(self.department, self.owner, terms, notification, most)
        now = self._clock()
        return self._database.write(lambda s: claiming.claim(s, asked, now), self._put_back)

    def next_due(self, terms: Mapping[str, Terms], notification: str | None = None) -> datetime | None:
        """When the next delivery of these accounts is due, and its account can take it."""
        return self._database.query(lambda s: claiming.next_due(s, self.department, terms, notification))

    def intend(self, mine: Claim, saved: str) -> bool:
        """Record that the first byte is about to leave; False when it may not, or the delivery is no longer ours."""
        return self.intend_all([(mine, saved)])[0]

    def intend_all(self, mine: Sequence[tuple[Claim, str]]) -> list[bool]:
        """Record in one commit that first bytes are about to leave; saved: what each adapter prepared."""
        now, owner = self._clock(), self.owner
        intents = [attempts.Intent(claim, owner, now, saved) for claim, saved in mine]

        def take_back(session: Session, gone: list[bool]) -> None:
            for intent, is_gone in zip(intents, gone, strict=True):
                attempts.unsay(session, intent, is_gone)

        return self._database.write(lambda s: attempts.intend(s, intents), take_back) if intents else []

    def finish(
        self, mine: Claim, outcome: Outcome | None, following: Next, saved: str, attempt: int | None = None
    ) -> bool:
        """Record an outcome, or a look-up's result (outcome None), and what follows it; attempt: its number.

        Answers whether it counts: nobody else has taken the delivery and tried again.
        """
        return self._database.write_joined(attempts.finish, self._finish(mine, outcome, following, saved, attempt))

    def finish_later(
        self, mine: Claim, outcome: Outcome | None, following: Next, saved: str, attempt: int | None, done: Done
    ) -> None:
        """Hand over an outcome as `finish` does, and go on; `done` is told whether it counts once it is on disk."""
        finish = self._finish(mine, outcome, following, saved, attempt)
        self._database.write_joined_later(attempts.finish, finish, done)

    def _finish(
        self, mine: Claim, outcome: Outcome | None, following: Next, saved: str, attempt: int | None
    ) -> attempts.Finish:
        return attempts.Finish(mine, self.owner, self._clock(), outcome, following, saved, attempt)

    def wake(self, channel: str, at: datetime) -> None:
        """Let whoever delivers be woken for an account at a time."""
        self._database.write(lambda s: s.wake(self.department, channel, to_micros(at)))

    def due_channels(self) -> list[str]:
        """The channels on which something is due now."""
        at: dict[str, Value] = {"department": self.department, "now": to_micros(self._clock())}
        return [row["channel"] for row in self._database.query(lambda s: s.all("due_channels", **at))]

    def take_over(self) -> list[tuple[Claim, bool]]:
        """Take over what dead processes left: claimed and never begun becomes due; the rest comes back to be decided.

        Answers the claims that were being sent (True) when their process died. A process of another machine counts as
        dead when its lease has run out.
        """
        now = self._clock()
        owners = self._database.query(lambda s: s.all("owners", department=self.department))
        dead = self.processes.dead(owners, to_micros(now))
        if not dead:
            return []
        owner = self.owner

        def change(session: Session) -> list[tuple[Claim, bool]]:
            taken = []
            for row in claiming.orphans(session, self.department, dead):
                if row["state"] == "claimed":
                    claiming.unclaim(session, row, now)
                elif claiming.adopt(session, row, owner, now):
                    taken.append((Claim.of(row), True))
            return taken

        return self._database.write(change)

    def tidy(self) -> int:
        """Let old news expire, news go by its fallback whose channel stays down, and remind of hand-offs; how many."""
        now = self._clock()

        def look(session: Session) -> bool:
            at: dict[str, Value] = {"department": self.department, "now": to_micros(now)}
            return any(session.all(what, **at) for what in ("old_news", "out_of_patience", "to_remind"))

        def change(session: Session) -> int:
            tidied = (outbox.expire_old, fallback.fall_back, outbox.remind)
            return sum(act(session, self.department, now) for act in tidied)

        return self._database.write(change) if self._database.query(look) else 0

    def receipt(self, delivery: int) -> Mapping[str, Any]:
        """Read what a service gave for the post of a delivery; empty where none is known."""
        row = self._database.query(lambda s: s.one("delivery", department=self.department, id=delivery))
        return {} if row is None or row["receipt"] is None else json.loads(row["receipt"])

    def account_state(self, channel: str, identity: str | None) -> KeptState:
        """What an adapter keeps of its account, in this store."""
        return KeptState(self._database, self.department, channel, identity)

    def message(self, mine: Claim) -> Message:
        """Read the frozen message of a delivery, with the bytes of its media."""
        return self.message_of(mine.message, mine.text)

    # --- people -------------------------------------------------------------------------------------------------------

    def retry(self, ids: list[int], actor: Actor, identities: Mapping[str, str | None] | None = None) -> int:
        """Make failed and held deliveries due again because a person asks; answers how many.

        What failed and was followed by an update on its account stays: it would come after its own update. What is held
        for approval stays: only that lets it go. identities: the accounts as they are configured now, by channel; what
        was planned for another account of the name goes out by this one, because a person says so.
        """
        staying = self._database.query(lambda s: {id_ for id_ in ids if outbox.stays(s, self.department, id_)})
        wanted = [id_ for id_ in ids if id_ not in staying]
        if identities is not None:
            now = self._clock()
            self._database.write(lambda s: outbox.adopt_identities(s, self.department, wanted, identities, actor, now))
        return self._move(wanted, {"failed", "held"}, Next("due", self._clock(), None), actor)

    def cancel(self, ids: list[int], actor: Actor) -> int:
        """Cancel deliveries that have not gone out; answers how many. What nothing is left of waits no more."""
        states = {"due", "claimed", "held", "awaiting_person"}
        return self._move(ids, states, Next("cancelled", None, f"cancelled by {actor.user}"), actor)

    def withdraw(self, notification: str, means: Mapping[str, Means], actor: Actor, reason: str | None) -> Withdrawal:
        """Take a notification back: what has not gone out is cancelled, what did or may have is to be taken down.

        means: how each configured channel can take a post away. What nobody can take back is named.
        """
        now = self._clock()
        return self._database.write(
            lambda s: withdrawing.withdraw(s, self.department, notification, means, actor, reason, now)
        )

    def settle(self, ids: list[int], following: Next, actor: Actor, url: str | None = None) -> int:
        """Settle deliveries that wait for a person's word: they are there (at url), or they are not."""
        return self._move(ids, {"unknown", "awaiting_person"}, following, actor, url)

    def _move(self, ids: list[int], states: set[str], following: Next, actor: Actor, url: str | None = None) -> int:
        now = self._clock()

        def change(session: Session) -> int:
            count, held = 0, set()
            for id_ in ids:  # read one by one: a move may have ended what stood by for it
                row = session.one("delivery", department=self.department, id=id_)
                if row is not None and row["state"] in states:
                    count += outbox.move(session, row, following, now, actor, url)
                    held |= {row["notification"]} if row["hold"] == outbox.APPROVAL else set()
            approvals.close_emptied(session, self.department, held, actor, now)
            return count

        return self._database.write(change)

    def hold(self, channel: str, reason: str, actor: Actor) -> None:
        """Stop a channel because a person wants it; what is due there is kept."""
        now = self._clock()
        self._database.write(lambda s: accounts.stop(s, self.department, channel, "operator", reason, actor, now))

    def restart(self, channel: str, actor: Actor, holds: set[str]) -> int:
        """Start a channel that was stopped for one of these causes; what it held for them becomes due."""
        now = self._clock()

        def change(session: Session) -> int:
            accounts.start(session, self.department, channel, holds, actor, now)
            return outbox.free(session, self.department, channel, actor, now, holds)

        return self._database.write(change)

    def restart_held(self, channel: str, actor: Actor, holds: set[str]) -> int:
        """Make due what a channel held for these causes, without starting it where it is stopped."""
        held = self._database.query(lambda s: s.all("held", department=self.department, channel=channel))
        if not any(row["hold"] in holds for row in held):
            return 0
        now = self._clock()
        return self._database.write(lambda s: outbox.free(s, self.department, channel, actor, now, holds))

    def accounts(self) -> dict[str, accounts.Account]:
        """What is known of each account that the store has met."""
        rows = self._database.query(lambda s: s.all("accounts", department=self.department))
        return {row["channel"]: accounts.Account.of(row) for row in rows}

    def stopped(self) -> dict[str, str]:
        """The stopped channels, and why."""
        return {name: account.stopped for name, account in self.accounts().items() if account.stopped is not None}

    # --- its own health -----------------------------------------------------------------------------------------------

    def check(self) -> str | None:
        """Look whether the database is whole and can be written; None when it is, else what to do."""
        self._database.write(lambda s: s.run("open_account", department=self.department, channel="doctor"))
        return self._database.check()

    def standing(self) -> Standing:
        """Look how it stands: whether it is whole, who works on it, how much is open."""
        return look(self._database, self.department, self.processes)

    def health(self) -> Health:
        """How the store stands now: what is open, overdue, unknown, stopped; the feeds; the processes that live."""
        at_work = self.processes.at_work()
        return self._database.query(lambda s: health(s, self.department, self._clock(), at_work))

    def note(self, stream: str, type_: str, data: Mapping[str, Any], actor: Actor = archive.SYSTEM) -> None:
        """Append an event of its own to a stream."""
        now = self._clock()
        self._database.write(lambda s: archive.append(s, self.department, stream, type_, actor, now, data))
