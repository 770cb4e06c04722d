"""A notification and a template become one text for a form and a language, fitted to a channel's limit."""

import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined, TemplateError, TemplateNotFound, nodes
from jinja2.ext import Extension
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

from notifier import fitting
from notifier.channel import Form, Limit
from notifier.errors import Problem, SettingsError
from notifier.lengths import fits, to_gsm7
from notifier.notification import Notification, Stage
from notifier.project_files import TEMPLATES
from notifier.settings import Department

_DRILL = {"en": "DRILL: ", "es": "SIMULACRO: "}
"""What stands before every text of an exercise; `sms` takes the first, the shorter, in every language."""


@dataclass(frozen=True)
class Text:
    """What a channel of one form and language shows."""

    form: Form
    language: str
    text: str
    dropped: tuple[str, ...] = ()
    fits: bool = True


class _Optional(Extension):
    """`{% optional 2 %}…{% endoptional %}`: words that may be dropped; 1 goes first, 9 last."""

    tags = {"optional"}  # noqa: RUF012 (jinja2 reads a plain set)

    def parse(self, parser: Parser) -> list[nodes.Node]:
        line = next(parser.stream).lineno
        importance = parser.parse_expression()
        if not isinstance(importance, nodes.Const) or importance.value not in range(1, 10):
            parser.fail("optional takes an importance from 1 (dropped first) to 9", line)
        body = parser.parse_statements(("name:endoptional",), drop_needle=True)
        start = nodes.TemplateData(f"{fitting.OPEN}{importance.value}{fitting.MARK}")
        return [nodes.Output([start]), *body, nodes.Output([nodes.TemplateData(fitting.CLOSE)])]


class Renderer:
    """Renders notifications of one department; the department's own templates come before the built-in ones.

    department: who speaks. own_templates: a folder laid out as templates/, or None.
    """

    def __init__(self, department: Department, own_templates: Path | None = None) -> None:
        self._department = department
        folders = [folder for folder in (own_templates, TEMPLATES) if folder is not None and folder.is_dir()]
        self._environment = ImmutableSandboxedEnvironment(
            loader=FileSystemLoader(folders),
            undefined=StrictUndefined,
            extensions=[_Optional],
            autoescape=False,  # noqa: S701 (these are plain texts; pages are rendered elsewhere)
            trim_blocks=True,
            lstrip_blocks=True,
            finalize=_printable,
        )

    def render(
        self, notification: Notification, form: Form, language: str, limit: Limit | None = None, *, gsm7: bool = False
    ) -> Text:
        """Render one form in one language and fit it; a template's mistake is a SettingsError that names its line."""
        marked = self._marked(notification, form, language)
        if form != "headline" and form != "long":
            marked = marked.replace("\n", " ")
        if notification.status == "exercise":
            marked = (_DRILL["en"] if form == "sms" else _DRILL[language]) + marked
        if gsm7:
            marked = _with_marks_kept(marked, to_gsm7)
        fitted = fitting.fit(marked, lambda text: fits(text, limit))
        return Text(form, language, fitted.text, fitted.dropped, fitted.fits)

    def _marked(self, notification: Notification, form: Form, language: str) -> str:
        name = template_name(notification.kind, notification.stage, language)
        try:
            template = self._environment.get_template(name)
            block = template.blocks[form]
            words = _Words(self._department, notification, language)
            return "".join(block(template.new_context(words.variables())))
        except KeyError:
            raise SettingsError([Problem(f"templates/{name}", f'has no block "{form}"; add it')]) from None
        except TemplateNotFound:
            raise SettingsError([Problem(f"templates/{name}", "there is no such template; add it")]) from None
        except TemplateError as wrong:
            line = getattr(wrong, "lineno", None)
            place = f"templates/{name}, line {line}" if line else f"templates/{name}"
            raise SettingsError([Problem(place, f"{wrong.message}; correct the template")]) from None


def template_name(kind: str, stage: Stage, language: str) -> str:
    """Name the template file of a kind, stage and language, below templates/."""
    return f"notifications/{kind}/{stage}.{language}.txt"


def _with_marks_kept(marked: str, change: Callable[[str], str]) -> str:
    return "".join(
        f"{fitting.OPEN}{s.importance}{fitting.MARK}{change(s.words)}{fitting.CLOSE}" if s.importance else change(s.words)
        for s in fitting.stretches(marked)
    )


def _printable(value: object) -> object:
    """Keep a value from forging a mark, and an empty field from printing the word None."""
    if value is None:
        raise TemplateError("a field that is empty here was printed; guard it with {% if … %}")
    text = str(value)
    if any(mark in text for mark in (fitting.OPEN, fitting.MARK, fitting.CLOSE)):
        raise TemplateError("a value holds a noncharacter")
    return text


# --- what a template may use -------------------------------------------------------------------------------------------


class _Words:
    """The variables of a template: the kind's own fields, the department, times as people say them."""

    def __init__(self, department: Department, notification: Notification, language: str) -> None:
        self._department = department
        self._notification = notification
        self._language = language
        self._today = notification.created.astimezone(department.zone).date()

    def variables(self) -> dict[str, Any]:
        facts = self._notification.facts
        fields = {name: getattr(facts, name) for name in type(facts).model_fields}
        return {
            **fields,
            "department": self._department,
            "link": facts.link[0] if facts.link else None,
            "facts": facts,
            "revision": self._notification.revision,
            "issued": self._notification.created,
            "long_time": self.long_time,
            "short_time": self.short_time,
            "tiny_time": self.tiny_time,
            "in_words": self.in_words,
        }

    def long_time(self, moment: datetime) -> str:
        """`6:30 PM EST on Sunday, November 22`."""
        local = moment.astimezone(self._department.zone)
        if self._language == "es":
            return _format(local, "h:mm a z 'del' EEEE d 'de' MMMM", "es")
        return _format(local, "h:mm a z 'on' EEEE, MMMM d", "en_US")

    def short_time(self, moment: datetime) -> str:
        """`6:30 PM` today, else `Mon Nov 23, 6:30 PM`."""
        local = moment.astimezone(self._department.zone)
        day = "" if local.date() == self._today else {"en": "EEE MMM d, ", "es": "EEE d MMM, "}[self._language]
        return _format(local, f"{day}h:mm a", "es" if self._language == "es" else "en_US")

    def tiny_time(self, moment: datetime) -> str:
        """`6:30PM` today, else `11/23 6:30PM`; in Spanish `23/11 18:30`."""
        local = moment.astimezone(self._department.zone)
        today = local.date() == self._today
        if self._language == "es":
            return f"{local:%H:%M}" if today else f"{local.day}/{local.month} {local:%H:%M}"
        minutes = f":{local:%M}" if local.minute else ""
        clock = f"{local.hour % 12 or 12}{minutes}{'AM' if local.hour < 12 else 'PM'}"
        return clock if today else f"{local.month}/{local.day} {clock}"

    def in_words(self, value: str) -> str:
        """A word of the kind (a direction, a severity, a known hazard or reason) in this language, else as typed."""
        return phrases(self._language).get(value.lower(), value)


def _format(moment: datetime, pattern: str, locale: str) -> str:
    from babel.dates import format_datetime

    return format_datetime(moment, pattern, locale=locale).replace("\u202f", " ").replace("\xa0", " ")


@cache
def phrases(language: str) -> Mapping[str, str]:
    """Words that the department types again and again, in another language (templates/phrases.<language>.toml)."""
    path = TEMPLATES / f"phrases.{language}.toml"
    if not path.is_file():
        return {}
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    return {phrase.lower(): said for table in tables.values() for phrase, said in table.items()}


def stages_of(kind: str) -> Iterator[tuple[str, str]]:
    """The stages and languages that a kind has built-in templates for."""
    for path in sorted((TEMPLATES / "notifications" / kind).glob("*.txt")):
        stage, language, _ = path.name.split(".")
        yield stage, language
