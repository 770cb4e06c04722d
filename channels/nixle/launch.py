"""The body of a launch: `publicMessages.nixleAlertMessage` of POST /notifications/{organizationId}, in CAP words."""

from datetime import timedelta
from typing import Any, NamedTuple

from notifier.channel import Message

ALERT, ADVISORY, COMMUNITY = 1, 2, 3
"""Nixle's kinds of message in the order of its own form; Everbridge documents the numbers, not their meaning."""
MOST_TITLE = 255
MOST_BODY = 2_500
"""Characters of a message's body, as Everbridge's own form takes them."""
MOST_HOURS = 9_999


class Audience(NamedTuple):
    """Who gets it, and whom they may ask."""

    event_groups: list[int]
    region_ids: list[int]
    contact_name: str | None
    contact_email: str | None
    contact_phone: str | None


def reference(message: Message) -> str:
    """Our own name for a launch, by which its title is known again."""
    return f"[{message.id} r{message.revision} {message.language}]"


def launch(message: Message, audience: Audience) -> dict[str, Any]:
    """Make the whole body: the long text for who reads on, the text message inside the Nixle part."""
    body = _at_most(message.beside.get("long") or message.text, message)
    return {
        "message": {"title": _title(message), "textMessage": body, "contentType": "Text"},
        "type": "Standard",
        "priority": "NonPriority",
        "launchtype": "SendNow",
        "publicMessages": {"nixleAlertMessage": _nixle(message, body, audience)},
    }


def _nixle(message: Message, body: str, audience: Audience) -> dict[str, Any]:
    facts = message.alert
    hours = -(-(message.expires - message.sent) // timedelta(hours=1))
    contact = {"contactEmail": audience.contact_email, "contactPhone": audience.contact_phone}
    return {
        "event": facts.event,
        "urgency": facts.urgency,
        "severity": facts.severity,
        "certainty": facts.certainty,
        "category": facts.category,
        "expire": str(min(max(hours, 1), MOST_HOURS)),
        "smsMessage": message.text,
        "instructions": body,
        "action": "create",
        "type": {"Immediate": ALERT, "Expected": ADVISORY}.get(facts.urgency, COMMUNITY),
        "applyZipCodeToEventGroups": False,
        "eventGroups": audience.event_groups,
        "community": {
            "contactName": audience.contact_name or message.department_name,
            **{name: value for name, value in contact.items() if value},
            "regionIds": audience.region_ids,
        },
    }


def _title(message: Message) -> str:
    own = reference(message)
    return f"{message.headline[: MOST_TITLE - len(own) - 1]} {own}"


def _at_most(text: str, message: Message) -> str:
    """Keep the first whole paragraphs that Everbridge takes, and say where the rest is."""
    if len(text) <= MOST_BODY:
        return text
    more = message.links[0] if message.links else message.website
    paragraphs = text.split("\n\n")
    while paragraphs and len("\n\n".join([*paragraphs, more])) > MOST_BODY:
        paragraphs.pop()
    return "\n\n".join([*(paragraphs or [message.text]), more])
