"""How a plan becomes rows: the notification, its contents, its deliveries and its first events, in one commit."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from notifier.clock import iso, micros_if, to_micros
from notifier.errors import StoreError
from notifier.notification import Notification
from notifier.plan import Plan, Planned
from notifier.retry import FINAL, Next
from notifier.store import approvals, outbox
from notifier.store.archive import JSON, Actor, append, canonical, keep
from notifier.store.database import Row, Session
from notifier.store.outbox import delivery_identity


def record(session: Session, plan: Plan, now: datetime) -> None:
    """Store a plan before its first byte is sent.

    A new revision takes the place of what has not gone out of the earlier ones; one that is blocked changes nothing but
    the record.
    """
    notification = plan.notification
    if plan.state == "blocked":
        _record_blocked(session, plan, now)
        return
    superseded = _supersedable(session, notification)
    approval = approvals.asked(plan, now)
    statement = "insert_notification" if notification.revision == 1 else "revise_notification"
    _write(session, statement, plan)
    data = {**_planned_event(plan), "approval": approval, "superseded": [delivery_identity(row) for row in superseded]}
    _append_planned(session, plan, now, data)
    approvals.ask(session, plan, now, approval)
    _supersede(session, notification, superseded, now)
    _insert_deliveries(session, plan, now)


def _record_blocked(session: Session, plan: Plan, now: datetime) -> None:
    """Keep what may not go out, with its findings; where it revises a notification, that stands as it stood."""
    if plan.notification.revision == 1:
        _write(session, "insert_notification", plan)
    _append_planned(session, plan, now, {**_planned_event(plan), "approval": None, "superseded": []})
    for planned in plan.deliveries:
        _keep_message(session, planned, now)


def _write(session: Session, statement: str, plan: Plan) -> None:
    if not session.run(statement, **_row(plan)):
        raise StoreError(f"{plan.notification.id} was revised by someone else meanwhile; look at it and try again")


def _append_planned(session: Session, plan: Plan, now: datetime, data: Mapping[str, Any]) -> None:
    notification = plan.notification
    actor = Actor(notification.author, notification.login)
    type_ = f"{notification.stage}-planned"
    append(session, notification.department, notification.id, type_, actor, now, dict(data))


NOT_GONE = frozenset({"due", "held"})
"""What of an earlier revision is known not to have gone out, and is in nobody's hands."""


def is_unread(deliveries: Iterable[Mapping[str, Any]]) -> bool:
    """Whether the public has read nothing of these, once what has not gone out is superseded."""
    return approvals.is_unseen(row for row in deliveries if row["state"] not in NOT_GONE)


def _supersedable(session: Session, notification: Notification) -> list[Row]:
    """The deliveries of earlier revisions that a new one takes the place of, wherever it goes itself."""
    if notification.revision == 1:
        return []
    rows = session.all("deliveries_of", department=notification.department, notification=notification.id)
    if notification.stage == "issue" and not is_unread(rows):
        # It was decided as the first that the public reads.
        raise StoreError(f"{notification.id} went out meanwhile; look at it and try again")
    return [row for row in rows if row["state"] in NOT_GONE]


def _supersede(session: Session, notification: Notification, rows: Iterable[Row], now: datetime) -> None:
    """Cancel what has not gone out of earlier revisions; what waited for approval was cancelled with its approval."""
    actor = Actor(notification.author, notification.login)
    following = Next("cancelled", None, f"superseded by revision {notification.revision}")
    for row in rows:
        if row["hold"] != outbox.APPROVAL:
            outbox.move(session, row, following, now, actor)


def fingerprint(notification: Notification) -> str:
    """Hash what makes two notifications alike: their kind, stage, status, languages and facts."""
    facts = notification.facts.model_dump_json(exclude={"expires"})
    alike = [notification.kind, notification.stage, notification.status, *notification.languages, facts]
    return hashlib.sha256(canonical(alike).encode()).hexdigest()


def fields_json(notification: Notification) -> str:
    """Write the typed facts as the kind's JSON."""
    return notification.facts.model_dump_json(by_alias=True, exclude_none=True)


def _row(plan: Plan) -> dict[str, Any]:
    notification = plan.notification
    row: dict[str, Any] = {
        "id": notification.id,
        "department": notification.department,
        "stage": notification.stage,
        "state": plan.state,
        "revision": notification.revision,
        "headline": plan.headline,
        "fields": fields_json(notification),
        "findings": canonical([finding.to_json() for finding in plan.judgement.findings]),
        "refused": canonical([asdict(refused) for refused in plan.refused]),
        "fingerprint": fingerprint(notification),
        "released": to_micros(plan.release),
        "expires": to_micros(notification.expires),
    }
    if notification.revision == 1:
        row |= {
            "kind": notification.kind,
            "status": notification.status,
            "languages": canonical(list(notification.languages)),
            "source": notification.source,
            "author": notification.author,
            "login": notification.login,
            "created": to_micros(notification.created),
        }
    return row


def _planned_event(plan: Plan) -> dict[str, Any]:
    notification = plan.notification
    return {
        "kind": notification.kind,
        "status": notification.status,
        "state": plan.state,
        "revision": notification.revision,
        "source": notification.source,
        "fields": json.loads(fields_json(notification)),
        "release": iso(plan.release),
        "expires": iso(notification.expires),
        "verdict": plan.judgement.verdict,
        "findings": [finding.to_json() for finding in plan.judgement.findings],
        "refused": [asdict(refused) for refused in plan.refused],
        "deliveries": [
            {
                **delivery_identity({**vars(planned), "revision": notification.revision}),
                "hold": planned.hold,
                "stands_by_for": planned.stands_by_for,
                "message_sha256": hashlib.sha256(planned.message.to_json().encode()).hexdigest(),
            }
            for planned in plan.deliveries
        ],
        "attachments": [
            {"name": media.name, "media_type": media.media_type, "rights": media.rights, "sha256": media.sha256}
            for media in {m.sha256: m for p in plan.deliveries for m in p.message.media}.values()
        ],
    }


def _insert_deliveries(session: Session, plan: Plan, now: datetime) -> None:
    """Store what is to be delivered: parts after one another, standbys beside what they stand by for."""
    _keep_sources(session, plan, now)
    values = [_delivery(session, plan, planned, now) for planned in plan.deliveries]
    ids = [rows[0]["id"] for rows in session.each("insert_delivery", values)]
    parts = {_part(planned, planned.part): id_ for planned, id_ in zip(plan.deliveries, ids, strict=True)}
    firsts: dict[tuple[str, str], int] = {}
    for planned, id_ in zip(plan.deliveries, ids, strict=True):
        firsts.setdefault((planned.channel, planned.language), id_)
    for planned, value, id_ in zip(plan.deliveries, values, ids, strict=True):
        before = _earlier(session, plan.notification, value)
        if (place := _part(planned, planned.part - 1)) in parts:
            before.append(parts[place])
            session.run("aim_delivery", id=id_, target=str(parts[place]))
        session.each("insert_after", [{"delivery": id_, "after": after} for after in before])
        if planned.stands_by_for is not None:
            session.run("stand_by", id=id_, standby_for=firsts[planned.stands_by_for, planned.language])


def _part(planned: Planned, part: int) -> tuple[str, str, str, str, int]:
    return planned.operation, planned.channel, planned.language, planned.recipient, part


def _delivery(session: Session, plan: Plan, planned: Planned, now: datetime) -> dict[str, Any]:
    notification = plan.notification
    return {
        "department": notification.department,
        "notification": notification.id,
        "channel": planned.channel,
        "language": planned.language,
        "recipient": planned.recipient,
        "revision": notification.revision,
        "operation": planned.operation,
        "part": planned.part,
        "state": "held" if planned.hold else "due",
        "due": None if planned.hold else to_micros(plan.release),
        "expires": to_micros(notification.expires),
        "priority": notification.facts.priority,
        "hold": planned.hold,
        "detail": planned.detail,
        "message": _keep_message(session, planned, now),
        "identity": planned.identity,
        "fallback": planned.fallback,
        "patience": micros_if(planned.patience),
        "now": to_micros(now),
    }


def _earlier(session: Session, notification: Notification, value: Mapping[str, Any]) -> list[int]:
    """What must be final first: an update never overtakes its issue."""
    if notification.revision == 1:
        return []
    names = ("department", "notification", "channel", "language", "recipient", "revision")
    rows = session.all("unfinished_on_channel", **{name: value[name] for name in names})
    return [row["id"] for row in rows]


def _keep_sources(session: Session, plan: Plan, now: datetime) -> None:
    """Keep the pictures that others were made from, to fit a network: a later revision begins with them."""
    made_from = {media.source for planned in plan.deliveries for media in planned.message.media}
    for media in plan.media:
        if media.sha256 in made_from:
            keep(session, media.data, media.media_type, now)


def _keep_message(session: Session, planned: Planned, now: datetime) -> str:
    """Keep a message with its media; answers the message's hash."""
    for media in planned.message.media:
        keep(session, media.data, media.media_type, now)
    return keep(session, planned.message.to_json().encode(), JSON, now)


def notification_state(row: Row, deliveries: Iterable[Mapping[str, Any]], now: datetime) -> str:
    """Say what a notification is now: by its deliveries and the time where it was released, else as it is stored."""
    if row["state"] == "pending" and row["approve_until"] <= to_micros(now):
        return "expired"  # whether or not that is recorded yet
    if row["state"] != "published":
        return str(row["state"])
    states = [delivery["state"] for delivery in deliveries if not outbox.never_called_on(delivery)]
    if states and all(state in FINAL for state in states):
        return "expired" if all(state == "expired" for state in states) else "done"
    if row["released"] is not None and row["released"] > to_micros(now):
        return "scheduled"
    return "published"
