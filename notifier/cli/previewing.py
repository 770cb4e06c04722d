"""A plan for a person: each channel's text, its length against the limit, what was dropped."""

import shutil
import textwrap
from collections.abc import Iterator
from typing import Any

from notifier.cli.session import note
from notifier.clock import iso
from notifier.plan import Plan
from notifier.shown import Shown


def length_words(shown: Shown) -> str:
    """Say how long a text is against its limit: `139/280 weighted characters`."""
    limit = shown.limit()
    return f"{shown.length()}/{limit} {shown.unit}" if limit else f"{shown.length()} characters, no limit"


def plan_document(plan: Plan) -> dict[str, Any]:
    """Write a plan as JSON: what each channel would show, and the findings; nothing was stored or sent."""
    notification = plan.notification
    return {
        "kind": notification.kind,
        "stage": notification.stage,
        "status": notification.status,
        "state": "preview",
        "verdict": plan.judgement.verdict,
        "needs_approval": plan.state == "pending",
        "headline": plan.headline,
        "release": iso(plan.release),
        "expires": iso(notification.expires),
        "findings": [finding.to_json() for finding in plan.judgement.findings],
        "channels": [_shown_document(shown) for shown in plan.shown],
        "refused": [{"channel": refused.channel, "reason": refused.reason} for refused in plan.refused],
        "unfit": [{"where": problem.where, "sentence": problem.sentence} for problem in plan.unfit],
    }


def _shown_document(shown: Shown) -> dict[str, Any]:
    limit = shown.capabilities.limit
    return {
        "channel": shown.channel,
        "type": shown.type,
        "language": shown.language,
        "form": shown.text.form,
        "text": shown.text.text,
        "length": shown.length(),
        "limit": shown.limit(),
        "unit": limit.unit if limit else "characters",
        "fits": shown.text.fits,
        "dropped": list(shown.text.dropped),
        "beside": {form: text.text for form, text in shown.beside.items()},
        "pictures": [media.name for media in shown.pictures],
        "pictures_left_out": shown.pictures_left_out,
        "stands_by_for": shown.stands_by_for,
        "parts": list(shown.text.parts),
        "price": _price(shown),
        "by_hand": shown.capabilities.by_hand,
    }


def _price(shown: Shown) -> dict[str, str] | None:
    price = shown.price()
    return None if price is None else {"amount": str(price[0]), "currency": price[1]}


def _remarks(shown: Shown) -> Iterator[str]:
    """Say what whoever approves a text should know of its channel."""
    if shown.stands_by_for:
        yield f"stands by for {shown.stands_by_for}: it goes out only if that stays down"
    yield from shown.remarks()
    if shown.pictures_left_out:
        yield f"{shown.pictures_left_out} attachment(s) are not carried by this channel"


def tell_plan(plan: Plan) -> None:
    """Print a plan for a person: what each channel would show."""
    width = min(shutil.get_terminal_size((100, 24)).columns, 100)
    note(f"Preview: nothing was stored, nothing was sent.  {plan.headline}", "bright_white")
    for shown in plan.shown:
        note("")
        language = f", {shown.language}" if len(plan.notification.languages) > 1 else ""
        note(f"{shown.channel} ({shown.type}{language})  {length_words(shown)}", "cyan")
        for words in _remarks(shown):
            note(f"    {words}", "yellow")
        for line in "\n".join(shown.text.parts or (shown.text.text,)).split("\n"):
            for piece in textwrap.wrap(line, width - 4, break_on_hyphens=False, break_long_words=False) or [""]:
                note(f"    {piece}")
        for dropped in shown.text.dropped:
            note(f"    dropped to fit: {dropped}", "yellow")
    for refused in plan.refused:
        note(f"\n{refused.channel}: left out: {refused.reason}", "yellow")
    for problem in plan.unfit:
        note(f"\n{problem}", "red")
    if plan.state == "pending":
        note("\nIt would wait for approval by a chief or pio.", "yellow")
