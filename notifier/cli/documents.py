"""A notification as the command line tells it: the JSON of the contract, the lines for a person, the exit code."""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from notifier.cli.session import note
from notifier.clock import from_micros, iso
from notifier.plan import Plan
from notifier.policy.approving import Approval
from notifier.retry import MARKS, NEEDS_PERSON, UNDER_WAY_MARK
from notifier.store import Store
from notifier.store.approvals import permitted
from notifier.store.outbox import STANDBY
from notifier.wiring import House

DONE, WAITING_FOR_PERSON, FAILED = 0, 5, 6
BLOCKED = 4
_SHORT = 12
"""Digits of a hash that a person is shown, and may name it by."""

_COLOURS = {"✓": "green", "✗": "red", "?": "yellow", "!": "yellow", "-": None, UNDER_WAY_MARK: "cyan"}


def document(store: Store, id_: str, *, whole: bool = False) -> dict[str, Any]:
    """Write a notification as the contract's JSON; `whole`: with its fields and its history."""
    row = store.notification(id_)
    deliveries = store.deliveries(row["id"])
    state, approval = store.state_of(row, deliveries), store.approvals.of(row["id"])
    shown: dict[str, Any] = {
        "id": row["id"],
        "kind": row["kind"],
        "stage": row["stage"],
        "status": row["status"],
        "state": state,
        "revision": row["revision"],
        "headline": row["headline"],
        "created": iso(from_micros(row["created"])),
        "expires": iso(from_micros(row["expires"])),
        "by": row["author"],
        "source": row["source"],
        "languages": json.loads(row["languages"]),
        "findings": json.loads(row["findings"]),
        "refused": json.loads(row["refused"]),
        "approval": None if approval is None else approval_document(approval, json.loads(row["findings"])),
        "deliveries": [_delivery(_overdue(delivery) if state == "expired" else delivery) for delivery in deliveries],
    }
    if whole:
        shown["fields"] = json.loads(row["fields"])
        shown["history"] = store.events(row["id"])
    return shown


def revision_document(store: Store, plan: Plan) -> dict[str, Any]:
    """Write a notification once a plan is stored; a blocked revision left it as it stood, and is told alone."""
    shown = document(store, plan.notification.id)
    if shown["revision"] == plan.notification.revision:
        return shown
    return {
        **shown,
        "stage": plan.notification.stage,
        "state": plan.state,
        "revision": plan.notification.revision,
        "headline": plan.headline,
        "findings": [finding.to_json() for finding in plan.judgement.findings],
        "refused": [asdict(refused) for refused in plan.refused],
        "approval": None,
        "deliveries": [],
    }


def approval_document(approval: Approval, findings: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Write a revision's approval as JSON: what asked for it, who submitted, who decided, and what that permits."""
    state = approval.state
    shown = {
        "state": state,
        "revision": approval.revision,
        "reasons": list(approval.reasons),
        "hash": approval.hash,
        "asked_by": approval.asked_by,
        "asked_login": approval.asked_login,
        "asked": iso(approval.asked),
        "until": None if state == "preapproved" else iso(approval.until),
        "decided_by": approval.decided_by,
        "decided_login": approval.decided_login,
        "decided": None if approval.decided is None else iso(approval.decided),
        "reason": approval.reason,
        "pin": approval.pin,
        "same_login": approval.same_login,
    }
    return {**shown, "permitted": permitted(findings) if state == "approved" else []}


def _overdue(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """A delivery that waited for an approval which expired, though nobody has recorded that yet."""
    return {**row, "state": "expired", "detail": "nobody approved it in time"} if row["hold"] == "approval" else row


def _delivery(row: Mapping[str, Any]) -> dict[str, Any]:
    names = [
        "channel",
        "revision",
        "operation",
        "language",
        "part",
        "recipient",
        "state",
        "attempts",
        "url",
        "remote_id",
        "detail",
        "identity",
    ]
    shown = {name: row[name] for name in names}
    shown["next_attempt"] = None if row["due"] is None else iso(from_micros(row["due"]))
    shown["hold"] = row["hold"] if row["state"] == "held" else None
    return shown


def summary(store: Store, row: Mapping[str, Any]) -> dict[str, Any]:
    """Write a notification as one entry of `notify list --json`."""
    names = ["id", "kind", "stage", "status", "headline", "source"]
    state = store.state_of(row, store.deliveries(row["id"]))
    return {**{name: row[name] for name in names}, "state": state, "created": iso(from_micros(row["created"]))}


def exit_code(shown: Mapping[str, Any], *, queued: bool = False) -> int:
    """Say how a command ends (contract): 4 blocked, 6 failed or still trying, 5 a person is needed, 0 done.

    queued: the command was asked not to wait, so work that is left is no failure.
    """
    if shown["state"] in ("blocked", "rejected"):
        return BLOCKED
    states = {delivery["state"] for delivery in shown["deliveries"] if not _stands_by(delivery)}
    if states & {"failed", "expired"} or (states & {"due", "claimed", "sending"} and not queued):
        return FAILED
    return WAITING_FOR_PERSON if shown["state"] == "pending" or states & NEEDS_PERSON else DONE


def _stands_by(delivery: Mapping[str, Any]) -> bool:
    """Whether a delivery goes out only if another channel stays down: it waits for nobody."""
    return delivery.get("hold") == STANDBY


def tell_delivery(channel: str, state: str, words: str) -> None:
    """Print the line of one delivery."""
    mark = MARKS.get(state, UNDER_WAY_MARK)
    note(f"  {mark} {channel:<14} {words}", _COLOURS[mark])


def delivery_name(delivery: Mapping[str, Any]) -> str:
    """Name a delivery's channel, and its language where that is not English."""
    return delivery["channel"] if delivery["language"] == "en" else f"{delivery['channel']} ({delivery['language']})"


def delivery_words(delivery: Mapping[str, Any], zone: ZoneInfo, now: datetime) -> str:
    """Say in words where one delivery stands."""
    tries = f" (attempt {delivery['attempts']})" if delivery["attempts"] > 1 else ""
    where = f" to {delivery['recipient']}" if delivery["recipient"] else ""
    if delivery["operation"] == "withdraw":
        return _withdrawal_words(delivery, where)
    match delivery["state"]:
        case "delivered":
            return f"{delivery['url'] or 'published'}{where}{tries}"
        case "due" if delivery["next_attempt"]:
            at = datetime.fromisoformat(delivery["next_attempt"]).astimezone(zone)
            when = (
                "now"
                if at <= now
                else f"at {at:%H:%M:%S}"
                if at.date() == now.astimezone(zone).date()
                else f"{at:%a %b %d %H:%M}"
            )
            return f"next attempt {when}{where}; {delivery['detail'] or 'queued'}"
        case "held" if _stands_by(delivery):
            return f"{delivery['detail']}{where}"
        case state:
            return f"{state.replace('_', ' ')}{where}: {delivery['detail'] or 'under way'}"


def _withdrawal_words(delivery: Mapping[str, Any], where: str) -> str:
    """Say in words whether a post was taken down, and where it stood."""
    where = f" {delivery['url']}{where}" if delivery["url"] else where
    if delivery["state"] == "delivered":
        return f"taken down{where}"
    detail = f": {delivery['detail']}" if delivery["detail"] else ""
    if delivery["state"] in ("failed", "cancelled", "expired"):
        return f"not taken down{where}{detail}"
    return f"to be taken down{where}{detail}"


def what_to_do(shown: Mapping[str, Any], identities: Mapping[str, str]) -> Iterable[str]:
    """Say what a person can do about each delivery that waits for one. identities: the accounts as configured now."""
    for one in shown["deliveries"]:
        name, id_ = one["channel"], shown["id"]
        match one["state"]:
            case "unknown" if one["next_attempt"] is None:
                yield (
                    f"{name}: look whether it is there; then notify confirm {id_} {name} --url URL, or --failed REASON"
                )
            case "unknown":
                yield f"{name}: it may have gone out, and is looked up by itself; nothing is sent again before that"
            case "awaiting_person" if one["operation"] == "withdraw":
                yield (
                    f"{name}: notify hand-off {id_} {name} says where it is; take it down, then notify confirm"
                    f" {id_} {name} --gone"
                )
            case "awaiting_person":
                posted = "--done" if (one["detail"] or "").endswith("--done") else "--url URL"
                yield f"{name}: notify hand-off {id_} {name} shows it; then notify confirm {id_} {name} {posted}"
            case "due" if one["identity"] is not None and one["identity"] != identities.get(name, one["identity"]):
                yield (
                    f"{name}: it was planned for another account of this name; notify retry {id_} sends it by the one"
                    " that is configured now"
                )
            case "due" if name not in identities:
                yield f"{name}: no such channel is configured any more; put it back, or notify cancel {id_}"


def tell_idle_practice(shown: Mapping[str, Any], practice: Collection[str]) -> None:
    """Say what to do where the practice platforms do not answer. practice: the channels that are not live."""
    refused = {one["channel"] for one in shown["deliveries"] if "refused the connection" in (one["detail"] or "")}
    if refused & {*practice}:
        note(
            "notify: the practice platforms are not running; start them in another terminal: notify practice", "yellow"
        )


def tell_left(house: House, id_: str) -> None:
    """Say so where work is left and nobody is there to do it; then nobody else tells the operator of alarms either."""
    if house.store.processes.alive("run"):
        return
    house.teller.tell()
    if house.store.unfinished(id_):
        note('notify: work is left and no "notify run" is alive; start one, or run "notify run --once" later', "yellow")


def tell(shown: Mapping[str, Any], zone: ZoneInfo, now: datetime, *, skip: Iterable[str] = ()) -> None:
    """Print a notification for a person: its headline, its findings, a line a delivery. skip: channels told before."""
    drill = "DRILL " if shown["status"] == "exercise" else ""
    note(f"{drill}{shown['headline']}  [{shown['id']}, {shown['state']}]", "bright_white")
    tell_findings(shown["findings"])
    if shown["approval"] is not None:
        note(f"  {approval_words(shown, zone)}", "yellow" if shown["state"] == "pending" else None)
    told = set(skip)
    posts = {_post(one): one for one in shown["deliveries"] if one["operation"] != "withdraw"}
    taken = {_post(one) for one in shown["deliveries"] if one["operation"] == "withdraw"}
    for delivery in shown["deliveries"]:
        if delivery["operation"] == "withdraw":
            delivery = {**delivery, "url": posts.get(_post(delivery), delivery)["url"]}
        elif delivery["state"] == "delivered" and _post(delivery) in taken:
            continue  # one line for a post: what becomes of it
        if delivery["channel"] not in told:
            name = delivery_name(delivery)
            state = "cancelled" if _stands_by(delivery) else delivery["state"]
            tell_delivery(name, state, delivery_words(delivery, zone, now))
    for refused in shown["refused"]:
        tell_delivery(refused["channel"], "cancelled", f"left out: {refused['reason']}")


def _post(delivery: Mapping[str, Any]) -> tuple[Any, ...]:
    """What names the post that a delivery is about, whatever it does there."""
    return tuple(delivery[name] for name in ("revision", "channel", "language", "part", "recipient"))


def approval_words(shown: Mapping[str, Any], zone: ZoneInfo) -> str:
    """Say in one line where the approval of a notification stands."""
    approval = shown["approval"]
    texts = f"texts {approval['hash'][:_SHORT]}"
    if approval["state"] == "pending":
        until = datetime.fromisoformat(approval["until"]).astimezone(zone)
        return f"waits for approval until {until:%a %b %d %H:%M}: notify approve {shown['id']} --as USER ({texts})"
    if approval["decided"] is None:
        return f"was not approved in time ({texts})"
    at = datetime.fromisoformat(approval["decided"]).astimezone(zone)
    why = f": {approval['reason']}" if approval["reason"] else ""
    return f"{approval['state']} by {approval['decided_by']}, {at:%a %b %d %H:%M}{why} ({texts})"


def tell_findings(findings: Iterable[Mapping[str, Any]]) -> None:
    """Print what the policy found: the words, the clause, why, and how to mend it."""
    for finding in findings:
        colour = "red" if finding["verdict"] == "block" else "yellow"
        place = (
            f" in {finding['field']}" if finding["field"] else f" on {finding['channel']}" if finding["channel"] else ""
        )
        words = f'"{finding["text"]}"{place}: ' if finding["text"] else ""
        note(f"  {finding['verdict'].upper()} {words}{finding['why']} (order {finding['clause']})", colour)
        note(f"        {finding['mend']}")
