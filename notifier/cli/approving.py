"""`notify pending`, `notify approve`, `notify reject`: what waits for a chief or a pio, and what they decide."""

import json
import sys
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from notifier.cli.documents import (
    approval_document,
    approval_words,
    document,
    exit_code,
    tell,
    tell_delivery,
    tell_findings,
    tell_idle_practice,
    tell_left,
)
from notifier.cli.pinning import prove
from notifier.cli.session import AsJson, AsUser, Config, actor, made, note, open_house, print_json
from notifier.clock import from_micros
from notifier.errors import WrongUsage
from notifier.plan import account_hold
from notifier.policy.approving import Approval, Move
from notifier.store.approvals import Decision
from notifier.wiring import House

Id = Annotated[str, typer.Argument(metavar="ID", help="A notification, or the end of its id")]
SHORTEST_HASH = 8
"""Digits by which the texts may be named."""


def pending(
    id_: Annotated[str | None, typer.Argument(metavar="ID", help="Show all that this one would publish")] = None,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """List what waits for approval, the most urgent first; with an ID, show every text that would go out."""
    with open_house(config) as house:
        store = house.store
        waiting = store.approvals.pending()
        if id_ is not None:
            row = store.notification(id_)
            waiting = [one for one in waiting if one.notification == row["id"]]
            if not waiting:
                raise WrongUsage(
                    f"{row['id']} does not wait for approval; notify show {row['id']} says where it stands"
                )
        shown = [_waiting(house, one, whole=id_ is not None) for one in waiting]
        if as_json:
            print_json(shown if id_ is None else shown[0])
            return
        for one in shown:
            _tell_waiting(one, house)
        if not shown:
            note("Nothing waits for approval.", "green")


def _waiting(house: House, approval: Approval, *, whole: bool) -> dict[str, Any]:
    row = house.store.notification(approval.notification)
    findings = json.loads(row["findings"])
    shown = {name: row[name] for name in ("id", "kind", "stage", "status", "headline", "source")}
    asked = approval_document(approval, findings)
    shown |= {
        name: asked[name] for name in ("revision", "reasons", "hash", "asked_by", "asked_login", "asked", "until")
    }
    shown |= {"release": from_micros(row["released"]).isoformat(timespec="seconds"), "findings": findings}
    return {**shown, "texts": _texts(house, approval)} if whole else shown


def _texts(house: House, approval: Approval) -> list[dict[str, Any]]:
    """What would go out, each text once; recipients: how many get it, where there are several."""
    texts: dict[str, dict[str, Any]] = {}
    for channel, operation, message in house.store.approvals.texts(approval):
        one = {
            "channel": channel,
            "operation": operation,
            "language": message.language,
            "part": message.part,
            "headline": message.headline,
            "text": message.text,
            "beside": dict(message.beside),
            "links": list(message.links),
            "pictures": [{"name": media.name, "alt": media.alt, "sha256": media.sha256} for media in message.media],
        }
        told = texts.setdefault(json.dumps(one), {**one, "recipients": 0})
        told["recipients"] += 1
    return list(texts.values())


def _tell_waiting(shown: Mapping[str, Any], house: House) -> None:
    drill = "DRILL " if shown["status"] == "exercise" else ""
    note(f"{drill}{shown['headline']}  [{shown['id']}, {shown['kind']}]", "bright_white")
    words = approval_words(
        {"id": shown["id"], "approval": {**shown, "state": "pending"}}, house.settings.department.zone
    )
    note(f"  {shown['asked_by']} asked; it {words}", "yellow")
    tell_findings(shown["findings"])
    _tell_texts(shown.get("texts", ()))


def _tell_texts(texts: Any) -> None:
    for one in texts:
        many = f", {one['recipients']} recipients" if one["recipients"] > 1 else ""
        note(f"{one['channel']} ({one['language']}{many})", "cyan")
        words = [one["text"], *(text for text in one["beside"].values() if text != one["text"])]
        for line in "\n".join(words).split("\n"):
            note(f"    {line}")
        for picture in one["pictures"]:
            note(f"    picture {picture['name']}: {picture['alt']}")
        for link in one["links"]:
            note(f"    link {link}")


def approve(
    id_: Id,
    reason: Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="Why it may go out")] = None,
    texts: Annotated[
        str | None, typer.Option("--hash", metavar="PREFIX", help="Only if the texts have this hash (notify pending)")
    ] = None,
    wait: Annotated[float, typer.Option("--wait", metavar="SECONDS", help="Seconds to wait for deliveries")] = 20.0,
    as_user: AsUser = None,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Approve what waits, exactly as it stands, and send it now; only a chief or pio who did not submit it may."""
    if texts is not None and len(texts) < SHORTEST_HASH:
        raise WrongUsage(f"--hash: give at least {SHORTEST_HASH} digits of the hash, as notify pending shows it")
    with open_house(config) as house:
        row = house.store.notification(id_)
        # All that may be wrong with the configuration is told before anything is decided.
        deliverer = house.deliverer(None if as_json else _progress)
        targets = house.targets(tuple(house.accounts), house.store.accounts())
        decision = _decision(house, row["id"], "approve", as_user, reason, as_json=as_json, texts=texts or "")
        holds = {target.name: account_hold(target) for target in targets}
        house.store.approvals.approve(row["id"], decision, holds, deliverer.terms)
        waits = from_micros(row["released"]) > house.clock()
        if not waits:
            house.publisher.release(row["id"], deliverer, wait)
        shown = document(house.store, row["id"])
        if as_json:
            print_json(shown)
        else:
            tell(shown, house.settings.department.zone, house.clock())
        tell_idle_practice(shown, [account.name for account in house.accounts.values() if not account.live])
        tell_left(house, row["id"])
        raise typer.Exit(exit_code(shown, queued=waits))


def reject(
    id_: Id,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why it may not go out (required)")],
    as_user: AsUser = None,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Refuse what waits for approval: nothing of it goes out. A chief or pio may, and whoever submitted it."""
    if not reason.strip():
        raise WrongUsage("--reason is empty; say why, for whoever submitted it and for the record")
    with open_house(config) as house:
        row = house.store.notification(id_)
        decision = _decision(house, row["id"], "reject", as_user, reason, as_json=as_json)
        house.store.approvals.reject(row["id"], decision)
        shown = document(house.store, row["id"])
        if as_json:
            print_json(shown)
        else:
            tell(shown, house.settings.department.zone, house.clock())


def _decision(
    house: House,
    id_: str,
    move: Move,
    as_user: str | None,
    reason: str | None,
    *,
    as_json: bool,
    texts: str = "",
) -> Decision:
    """Say what a person decides on, after they saw it at the terminal and proved who they are."""
    who = actor(as_user)
    member = house.settings.member(who.user)
    said = reason.strip() if reason and reason.strip() else None
    approval = house.store.approvals.allowed(id_, move, Decision(who, member.role, said, texts))
    if not as_json and sys.stderr.isatty():
        _tell_waiting(_waiting(house, approval, whole=True), house)
    pin = prove(house.store, id_, who, member, may_ask=not as_json)
    # From here on the decision is on these texts: another revision that comes between has another hash.
    return Decision(who, member.role, said, approval.hash, pin)


def _progress(claim: Any, following: Any) -> None:
    if following.state != "delivered":
        tell_delivery(claim.channel, following.state, following.detail or following.state)


def command(name: str) -> Any:
    """Make one of these commands."""
    return made({"pending": pending, "approve": approve, "reject": reject}[name], name)
