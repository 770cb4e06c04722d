"""The preview as a page: each post as its channel would show it, with its length and what was dropped."""

import base64
from dataclasses import dataclass
from datetime import datetime

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from notifier.channel import Media
from notifier.plan import Plan, Shown
from notifier.project_files import TEMPLATES
from notifier.settings import Department

_LOOKS = {"x": "post", "facebook": "page", "nixle": "phone", "site": "notice", "smtp": "letter", "webhook": "data"}
"""How a type of channel is drawn; a type that is not here is drawn as plain text."""

_NAMES = {
    "x": "X",
    "facebook": "Facebook",
    "nixle": "Nixle text message",
    "site": "The department's site",
    "smtp": "E-mail",
    "webhook": "Webhook",
    "console": "Terminal",
}
_UNITS = {"x": "weighted characters", "sms": "text-message characters", "bytes": "bytes"}


@dataclass(frozen=True)
class Card:
    """One channel's post, as the page draws it."""

    channel: str
    name: str
    look: str
    language: str
    headline: str | None
    paragraphs: tuple[Markup, ...]
    length: int
    limit: int | None
    unit: str
    fits: bool
    dropped: tuple[str, ...]
    pictures: tuple[tuple[str, str], ...]
    """Each picture as a data: address, and its alt text."""
    left_out: int

    @property
    def share(self) -> int:
        """How much of the limit is used, in percent; 100 at most."""
        return min(100, round(100 * self.length / self.limit)) if self.limit else 0


def preview_page(plan: Plan, department: Department) -> str:
    """Draw a plan as one HTML page that needs nothing else: no script, no outside picture, readable on a phone."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES / "web"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    notification = plan.notification
    return environment.get_template("preview.html").render(
        plan=plan,
        department=department,
        notification=notification,
        findings=plan.judgement.findings,
        verdict=plan.judgement.verdict,
        cards=[_card(shown) for shown in plan.shown],
        release=_time(plan.release, department),
        expires=_time(notification.expires, department),
        handle="".join(department.short_name.split()),
        initials="".join(word[0] for word in department.short_name.split()[:2]).upper(),
    )


def _card(shown: Shown) -> Card:
    limit = shown.capabilities.limit
    headline = shown.beside.get("headline")
    return Card(
        shown.channel,
        _NAMES.get(shown.type, shown.type),
        _LOOKS.get(shown.type, "plain"),
        shown.language,
        headline.text if headline else None,
        _paragraphs(shown.text.text),
        shown.length(),
        shown.limit(),
        _UNITS.get(limit.unit, "characters") if limit else "characters",
        shown.text.fits,
        shown.text.dropped,
        tuple((_data_address(media), media.alt or "") for media in shown.pictures if media.media_type[:6] == "image/"),
        shown.pictures_left_out,
    )


def _paragraphs(text: str) -> tuple[Markup, ...]:
    return tuple(Markup("<br>").join(escape(line) for line in part.split("\n")) for part in text.split("\n\n"))


def _data_address(media: Media) -> str:
    return f"data:{media.media_type};base64,{base64.b64encode(media.data).decode()}"


def _time(moment: datetime, department: Department) -> str:
    return f"{moment.astimezone(department.zone):%a %b %d, %H:%M %Z}"
