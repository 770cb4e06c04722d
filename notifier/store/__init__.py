"""One database: the archive (what happened) and the outbox (what is still to do), written together."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from notifier.channel import Message, Outcome
from notifier.clock import Clock, from_micros, to_micros
from notifier.errors import StoreError, WrongUsage
from notifier.plan import Plan
from notifier.retry import FINAL, Next
from notifier.store import approvals, archive, feeds, notifications, outbox
from notifier.store.approvals import Approvals
from notifier.store.archive import Actor, Fault
from notifier.store.health import Health, health
from notifier.store.outbox import Claim
from notifier.store.owners import Owner, lives, sweep
from notifier.store.sqlite import Row, Session, SqliteDatabase

ALIKE_WITHIN = timedelta(minutes=10)

__all__ = ["Actor", "Claim", "Fault", "Health", "Store"]


class Store:
    """The department's part of one database.

    url: sqlite:///ABSOLUTE. department: the key that every row carries. Errors: StoreError.
    """

    def __init__(self, url: str, department: str, clock: Clock) -> None:
        if not url.startswith("sqlite:///"):
            raise StoreError(f'the store is SQLite here: write url = "sqlite:///PATH", not "{url.partition("://")[0]}"')
        path = Path(url.removeprefix("sqlite:///"))
        self.path = path
        self.department = department
        self._clock = clock
        self._database = SqliteDatabase(path)
        self._owners = path.with_name(path.name + ".owners")
        self._owner = Owner(self._owners)
        self._registered = False
        self.approvals = Approvals(self._database, department, clock, lambda: self.owner)
        """What waits for approval, and the decisions on it."""

    @property
    def owner(self) -> str:
        """This process's name as an owner of deliveries; asking for it takes the lock that says it lives."""
        self._owner.hold()
        return self._owner.name

    def close(self) -> None:
        """Give back what was claimed and never begun, and let go of the lock."""
        if self._owner.held:
            name = self._owner.name
            if self._database.query(lambda s: s.all("owned", department=self.department)):
                self._database.write(lambda s: outbox.give_back(s, name, self.department, self._clock()))
            if self._registered:
                self._database.write(lambda s: s.run("forget_process", owner=name))
            self._owner.let_go()
        self._database.close()

    def die(self) -> None:
        """End as a killed process ends: nothing is given back, only the lock goes."""
        self._owner.forget()
        self._database.close()

    # --- publishing ---------------------------------------------------------------------------------------------------

    def record(self, plan: Plan, *, claim: bool) -> None:
        """Store a plan with its archive events in one commit; `claim`: this process delivers it at once."""
        now = self._clock()
        owner = self.owner if claim else None
        lease = to_micros(now + outbox.LEASE) if claim else None
        self._database.write(lambda s: notifications.record(s, plan, now, owner=owner, lease=lease))

    def alike(self, plan: Plan) -> str | None:
        """Name an identical notification of the last ten minutes, if there is one."""
        since = to_micros(self._clock() - ALIKE_WITHIN)
        mark = notifications.fingerprint(plan.notification)
        found = self._database.query(
            lambda s: s.one("alike_since", department=self.department, fingerprint=mark, since=since)
        )
        return found["id"] if found else None

    # --- the outbox ---------------------------------------------------------------------------------------------------

    def mine(self, notification: str, paces: Mapping[str, float | None] | None = None) -> list[Claim]:
        """The deliveries of a notification that were claimed for this process when its plan was stored.

        paces: as `claim` takes them; what goes to an account with a pace is put back, to be claimed in its turn.
        """
        rows = [
            row
            for row in self.deliveries(notification)
            if row["owner"] == self._owner.name and row["state"] == "claimed"
        ]
        slow = [row for row in rows if (paces or {}).get(row["channel"]) is not None]
        if slow:
            now = self._clock()
            self._database.write(lambda s: [outbox.unclaim(s, row, now) for row in slow])
        return [Claim.of(row) for row in rows if row not in slow]

    def claim(
        self,
        paces: Mapping[str, float | None],
        notification: str | None = None,
        most: int = 64,
        room: Mapping[str, int] | None = None,
    ) -> list[Claim]:
        """Claim what is due on these accounts; paces: seconds between posts, None where nothing limits it.

        room: how many of each account can be taken now; default: no bound but `most`.
        """
        due = self.next_due(notification, paces)
        if due is None or due > self._clock():
            return []
        owner, now = self.owner, self._clock()
        return self._database.write(
            lambda s: outbox.claim(
                s, owner, now, paces, department=self.department, notification=notification, most=most, room=room
            )
        )

    def next_due(self, notification: str | None = None, accounts: Iterable[str] | None = None) -> datetime | None:
        """When the next delivery is due and its account's pace allows it; of these accounts, default of all."""
        channels = None if accounts is None else f",{','.join(accounts)},"
        row = self._database.query(
            lambda s: s.one("next_due", department=self.department, notification=notification, channels=channels)
        )
        return None if row is None or row["due"] is None else from_micros(row["due"])

    def intend(self, mine: Claim, saved: str) -> bool:
        """Record that the first byte is about to leave; False when the delivery is no longer ours."""
        owner, now = self.owner, self._clock()
        return self._database.write(lambda s: outbox.intend(s, mine, owner, now, saved))

    def finish(self, mine: Claim, outcome: Outcome | None, following: Next, saved: str) -> bool:
        """Record an outcome, or a look-up's result (outcome None), and what follows it."""
        owner, now = self.owner, self._clock()
        return self._database.write(lambda s: outbox.finish(s, mine, owner, outcome, following, now, saved))

    def take_over(self) -> list[tuple[Claim, bool]]:
        """Take over what dead processes left: claimed and never begun becomes due; the rest comes back to be decided.

        Answers the claims that were being sent (True) when their process died. A process of another machine counts as
        dead when its lease has run out.
        """
        now = self._clock()
        owners = self._database.query(lambda s: s.all("owners", department=self.department))
        dead = {row["owner"] for row in owners if self._is_dead(row, to_micros(now))}
        if not dead:
            return []
        owner = self.owner

        def change(session: Session) -> list[tuple[Claim, bool]]:
            taken = []
            for row in outbox.orphans(session, self.department, dead):
                if row["state"] == "claimed":
                    outbox.unclaim(session, row, now)
                elif outbox.adopt(session, row, owner, now):
                    taken.append((Claim.of(row), True))
            return taken

        return self._database.write(change)

    def _is_dead(self, row: Row, now: int) -> bool:
        if row["owner"] == self._owner.name:
            return False
        alive = lives(self._owners, row["owner"])
        return row["lease"] is not None and row["lease"] < now if alive is None else not alive

    def message(self, mine: Claim) -> Message:
        """Read the frozen message of a delivery, with the bytes of its media."""
        text = self.content(mine.message)
        message = Message.from_json(text.decode())
        if not message.media:
            return message
        return Message.from_json(text.decode(), {media.sha256: self.content(media.sha256) for media in message.media})

    # --- people -------------------------------------------------------------------------------------------------------

    def retry(self, ids: list[int], actor: Actor) -> int:
        """Make failed and held deliveries due again because a person asks; answers how many.

        What failed and was followed by an update on its account stays: it would come after its own update. What is held
        for approval stays: only that lets it go.
        """
        staying = self._database.query(lambda s: {id_ for id_ in ids if self._stays(s, id_)})
        wanted = [id_ for id_ in ids if id_ not in staying]
        return self._move(wanted, {"failed", "held"}, Next("due", self._clock(), None), actor)

    def _stays(self, session: Session, id_: int) -> bool:
        row = session.one("delivery", department=self.department, id=id_)
        if row is None or row["state"] != "failed":
            return row is not None and row["hold"] == outbox.APPROVAL
        place = {name: row[name] for name in ("department", "notification", "channel", "language", "recipient")}
        return session.one("later_revision", **place, revision=row["revision"]) is not None

    def cancel(self, ids: list[int], actor: Actor) -> int:
        """Cancel deliveries that have not gone out; answers how many. What nothing is left of waits no more."""
        states = {"due", "claimed", "held", "awaiting_person"}
        return self._move(ids, states, Next("cancelled", None, f"cancelled by {actor.user}"), actor)

    def settle(self, ids: list[int], following: Next, actor: Actor, url: str | None = None) -> int:
        """Settle deliveries that wait for a person's word: they are there (at url), or they are not."""
        return self._move(ids, {"unknown", "awaiting_person"}, following, actor, url)

    def _move(self, ids: list[int], states: set[str], following: Next, actor: Actor, url: str | None = None) -> int:
        now = self._clock()

        def change(session: Session) -> int:
            found = [session.one("delivery", department=self.department, id=id_) for id_ in ids]
            rows = [row for row in found if row is not None and row["state"] in states]
            count = sum(outbox.move(session, row, following, now, actor, url) for row in rows)
            held = {row["notification"] for row in rows if row["hold"] == outbox.APPROVAL}
            approvals.close_emptied(session, self.department, held, actor, now)
            return count

        return self._database.write(change)

    def restart(self, channel: str, actor: Actor, holds: set[str]) -> int:
        """Start a stopped channel again; what it held for these causes becomes due."""
        now = self._clock()
        return self._database.write(lambda s: outbox.restart(s, self.department, channel, actor, now, holds))

    def restart_held(self, channel: str, actor: Actor, holds: set[str]) -> int:
        """Make due what a channel held for these causes, without starting it where it is stopped."""
        held = self._database.query(lambda s: s.all("held", department=self.department, channel=channel))
        if not any(row["hold"] in holds for row in held):
            return 0
        now = self._clock()
        return self._database.write(lambda s: outbox.free(s, self.department, channel, actor, now, holds))

    def stopped(self) -> dict[str, str]:
        """The stopped channels, and why."""
        rows = self._database.query(lambda s: s.all("accounts", department=self.department))
        return {row["channel"]: row["stopped"] for row in rows if row["stopped"] is not None}

    # --- looking ------------------------------------------------------------------------------------------------------

    def notification(self, id_: str) -> Row:
        """Read a notification by its id or the end of it; WrongUsage says what is wrong with the id."""
        row = self._database.query(lambda s: s.one("notification", department=self.department, id=id_))
        if row is not None:
            return row
        clean = "".join(char for char in id_ if char.isalnum() or char == "-")
        like = self._database.query(
            lambda s: s.all("notifications_like", department=self.department, pattern=f"%{clean}")
        )
        if clean and len(like) == 1:
            return like[0]
        many = "more than one notification ends so" if clean and like else "there is no such notification"
        raise WrongUsage(f'"{id_[:60]}": {many}; "notify list" shows them')

    def notifications(self, most: int = 50) -> list[Row]:
        """The newest notifications first."""
        return self._database.query(lambda s: s.all("notifications", department=self.department, most=most))

    def deliveries(self, notification: str) -> list[Row]:
        """A notification's deliveries, by revision."""
        return self._database.query(
            lambda s: s.all("deliveries_of", department=self.department, notification=notification)
        )

    def state_of(self, row: Row, deliveries: list[Row]) -> str:
        """What a notification is now."""
        return notifications.notification_state(row, deliveries, self._clock())

    def unfinished(self, notification: str) -> bool:
        """Whether anything of a notification may still happen without a person."""
        return any(row["state"] not in FINAL and row["due"] is not None for row in self.deliveries(notification))

    def content(self, sha256: str) -> bytes:
        """Read a content by its hash."""
        row = self._database.query(lambda s: s.one("content", sha256=sha256))
        if row is None:
            raise StoreError(f"the record's content {sha256[:12]}… is missing; run notify records verify")
        body = row["body"]
        return body if isinstance(body, bytes) else str(body).encode()

    def check(self) -> str | None:
        """Look whether the database is whole and can be written; None when it is, else what to do."""
        self._database.write(lambda s: s.run("open_account", department=self.department, channel="doctor"))
        found = self._database.query(lambda s: s.one("quick_check"))
        if found is None or "ok" in found.values():
            return None
        return f"{self.path} is damaged ({next(iter(found.values()))}); restore the last good copy"

    def health(self) -> Health:
        """How the store stands now: what is open, overdue, unknown, stopped; the feeds; the processes that live."""
        found = self._database.query(lambda s: health(s, self.department, self._clock()))
        alive = tuple(one for one in found.processes if lives(self._owners, one.owner) is not False)
        return replace(found, processes=alive)

    # --- the record ---------------------------------------------------------------------------------------------------

    def events(self, stream: str) -> list[dict[str, Any]]:
        """A stream's events, as they are exported."""
        rows = self._database.query(lambda s: s.all("events_of", department=self.department, stream=stream))
        return [archive.exported(row) for row in rows]

    def verify(self) -> tuple[int, list[Fault]]:
        """Check every chain and content of the file, of all departments; answers how many events, and the faults."""
        return self._database.query(archive.verify_all)

    def record_of(self, stream: str) -> dict[str, Any]:
        """A stream's whole record, verifiable without the store."""
        return self._database.query(lambda s: archive.record_of(s, self.department, stream))

    def note(self, stream: str, type_: str, data: Mapping[str, Any], actor: Actor = archive.SYSTEM) -> None:
        """Append an event of its own to a stream."""
        now = self._clock()
        self._database.write(lambda s: archive.append(s, self.department, stream, type_, actor, now, data))

    # --- processes ----------------------------------------------------------------------------------------------------

    def register(self, role: str) -> None:
        """Say that this process carries out a role, for as long as it lives; forget those that died."""
        name, now = self.owner, to_micros(self._clock())
        dead = [row["owner"] for row in self._processes(role) if lives(self._owners, row["owner"]) is False]
        sweep(self._owners)

        def change(session: Session) -> None:
            for owner in dead:
                session.run("forget_process", owner=owner)
            session.run("register_process", owner=name, department=self.department, role=role, pid=os.getpid(), now=now)

        self._database.write(change)
        self._registered = True

    def alive(self, role: str) -> bool:
        """Whether a process of this role lives."""
        return any(lives(self._owners, row["owner"]) is not False for row in self._processes(role))

    def _processes(self, role: str) -> list[Row]:
        return self._database.query(lambda s: s.all("processes", department=self.department, role=role))

    # --- feeds --------------------------------------------------------------------------------------------------------

    def feed(self, name: str) -> Row | None:
        """What is known of a feed: its validators, when it was last read, why it failed."""
        return self._database.query(lambda s: s.one("feed", department=self.department, name=name))

    def feed_checked(
        self, name: str, *, etag: str | None, last_modified: str | None, failure: str | None = None
    ) -> None:
        """Record that a feed was asked, and with what success; a change between failing and not is an event."""
        now, said = self._clock(), {"etag": etag, "last_modified": last_modified, "failure": failure}
        self._database.write(lambda s: feeds.checked(s, self.department, name, now, **said))

    def told(self, feed: str, source_id: str) -> list[Row]:
        """What was decided of an alert of a feed before, for each event that it tells of."""
        return self._database.query(lambda s: s.all("told", department=self.department, feed=feed, source_id=source_id))

    def told_event(self, feed: str, event_key: str) -> Row | None:
        """The last notification that told of an event of a feed."""
        return self._database.query(
            lambda s: s.one("told_event", department=self.department, feed=feed, event_key=event_key)
        )

    def told_lately(self, feed: str, most: int = 50) -> list[Row]:
        """What was decided of a feed's alerts lately."""
        return self._database.query(lambda s: s.all("told_lately", department=self.department, feed=feed, most=most))

    def tell(self, feed: str, told: Mapping[str, Any], plan: Plan | None = None, *, claim: bool = False) -> None:
        """Record a decision on an alert, with the plan that follows from it, in one commit.

        told: source_id, event, event_keys, decision, reason, headline, notification.
        """
        now = self._clock()
        owner = self.owner if claim else None
        lease = to_micros(now + outbox.LEASE) if claim else None

        def change(session: Session) -> None:
            if plan is not None:
                notifications.record(session, plan, now, owner=owner, lease=lease)
            feeds.tell(session, self.department, feed, told, now)

        self._database.write(change)
