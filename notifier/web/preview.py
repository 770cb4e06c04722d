"""The preview as a page: each post as its channel would show it, with its length and what was dropped."""

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from notifier.channel import Media
from notifier.plan import Plan
from notifier.policy import Finding
from notifier.project_files import TEMPLATES
from notifier.registry import channel_type, channel_types
from notifier.settings import Department
from notifier.shown import Shown

_LOOKS = {"x": "x", "facebook": "facebook", "nixle": "nixle", "site": "notice", "smtp": "letter", "webhook": "data"}
"""How a type of channel is drawn; a type that is not here is drawn as plain text."""

_NAMES = {
    "x": "X",
    "facebook": "Facebook",
    "nixle": "Nixle",
    "site": "The department's site",
    "smtp": "E-mail",
    "webhook": "Webhook",
    "console": "Terminal",
}
_FOUND = Markup("<mark>{}</mark>")
_LINK = Markup('<span class="link">{}</span>')
_LANGUAGES = {"en": "English", "es": "Spanish"}


@dataclass(frozen=True)
class Card:
    """One channel's post, as the page draws it."""

    account: str
    """The channel's name, where it says more than its type."""
    name: str
    look: str
    language: str
    handle: str
    headline: Markup | None
    paragraphs: tuple[Markup, ...]
    behind: tuple[Markup, ...]
    """The whole text, where the channel shows it behind a shorter one."""
    length: int
    limit: int | None
    unit: str
    fits: bool
    dropped: tuple[str, ...]
    pictures: tuple[tuple[str, str], ...]
    """Each picture as a data: address, and its alt text."""
    left_out: int
    remarks: tuple[str, ...]
    """What else whoever approves it should know: a price, that a person posts it."""
    stands_by_for: str | None
    """The channel that it stands by for."""

    @property
    def share(self) -> int:
        """How much of the limit is used, in percent; 100 at most."""
        return min(100, round(100 * self.length / self.limit)) if self.limit else 0

    @property
    def language_name(self) -> str:
        """The language, as the page's reader calls it."""
        return _LANGUAGES.get(self.language, self.language)


def preview_page(plan: Plan, department: Department, handles: Mapping[str, str] | None = None) -> str:
    """Draw a plan as one HTML page that needs nothing else: no script, no outside picture, readable on a phone.

    handles: the public name of an account, by channel, as "ExampletonPD"; where it is known.
    """
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES / "web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    notification, findings = plan.notification, plan.judgement.findings
    return environment.get_template("preview.html").render(
        plan=plan,
        department=department,
        notification=notification,
        findings=findings,
        verdict=plan.judgement.verdict,
        cards=[_card(shown, findings, (handles or {}).get(shown.channel, "")) for shown in plan.shown],
        release=_time(plan.release, department),
        clock=f"{plan.release.astimezone(department.zone):%-I:%M %p}",
        expires=_time(notification.expires, department),
        initials="".join(word[0] for word in department.short_name.split()[:2]).upper(),
    )


def _card(shown: Shown, findings: Sequence[Finding], handle: str) -> Card:
    headline, behind = shown.beside.get("headline"), shown.beside.get("long")
    marked = [finding.text for finding in findings if finding.text and finding.channel in (None, shown.channel)]
    return Card(
        shown.channel if shown.channel != shown.type else "",
        _name_of(shown.type),
        _LOOKS.get(shown.type, "nixle" if shown.text.form == "sms" else "plain"),
        shown.language,
        f"@{handle.removeprefix('@')}" if handle else "",
        _marked(headline.text, marked) if headline else None,
        _paragraphs("\n\n".join(shown.text.parts) or shown.text.text, marked),
        _paragraphs(behind.text, marked) if behind else (),
        shown.length(),
        shown.limit(),
        shown.unit,
        shown.text.fits,
        shown.text.dropped,
        tuple((_data_address(media), media.alt or "") for media in shown.pictures if media.media_type[:6] == "image/"),
        shown.pictures_left_out,
        tuple(shown.remarks()),
        shown.stands_by_for,
    )


def _name_of(type_: str) -> str:
    """What people call a type of channel."""
    systems = channel_type(type_).systems if type_ in channel_types() else ()
    return _NAMES.get(type_) or (systems[0].name if len(systems) == 1 else type_)


def _paragraphs(text: str, marked: Sequence[str]) -> tuple[Markup, ...]:
    return tuple(Markup("<br>").join(_marked(line, marked) for line in part.split("\n")) for part in text.split("\n\n"))


def _marked(line: str, words: Sequence[str]) -> Markup:
    """Show the words that a rule found, however they are written, and what a network draws as a link."""
    found = "|".join(re.escape(one).replace(r"\ ", r"\s+") for one in sorted(words, key=len, reverse=True))
    pattern = re.compile(f"(?P<found>{found or '(?!)'})|(?P<link>https?://\\S+)", re.IGNORECASE)
    parts, end = [], 0
    for hit in pattern.finditer(line):
        shown = _FOUND.format(hit[0]) if hit["found"] else _LINK.format(hit[0])
        parts += [escape(line[end : hit.start()]), shown]
        end = hit.end()
    return Markup("").join([*parts, escape(line[end:])])


def _data_address(media: Media) -> str:
    return f"data:{media.media_type};base64,{base64.b64encode(media.data).decode()}"


def _time(moment: datetime, department: Department) -> str:
    return f"{moment.astimezone(department.zone):%a %b %-d, %-I:%M %p %Z}"
