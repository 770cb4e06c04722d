"""A notification and a template become one text for a form and a language, fitted to a channel's limit."""

import contextlib
import os
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from types import CodeType
from typing import Any, NamedTuple

from jinja2 import (
    FileSystemBytecodeCache,
    FileSystemLoader,
    StrictUndefined,
    Template,
    TemplateError,
    TemplateNotFound,
    TemplateSyntaxError,
    nodes,
    pass_context,
)
from jinja2.ext import Extension
from jinja2.parser import Parser
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from notifier import __version__, fitting
from notifier.channel import Capabilities, Form, Limit
from notifier.errors import Problem, SettingsError
from notifier.lengths import fits, to_gsm7
from notifier.notification import BY_HAND, Notification, Stage
from notifier.parts import in_parts
from notifier.project_files import TEMPLATES
from notifier.sentence import first_sentence, sentence
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
    parts: tuple[str, ...] = ()
    """The posts of a thread that it goes out in, where it is too long for one."""


@dataclass(frozen=True)
class Wish:
    """How a channel wants a text: its limit, in GSM-7, with its link, in parts; the signs that come alive there."""

    limit: Limit | None = None
    gsm7: bool = False
    links: bool = True
    thread: bool = False
    live_signs: str = ""

    @classmethod
    def of(cls, can: Capabilities) -> "Wish":
        """Read it from what a channel can."""
        return cls(can.limit, can.gsm7, can.links, can.thread is not None, can.live_signs)


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


Block = Callable[[Context], Iterator[str]]

_MISTAKES = (TemplateError, TypeError, ValueError, AttributeError, LookupError, ArithmeticError)
"""What a wrong template raises: jinja2's own errors, and Python's where it adds None to a word."""


class _Sheet(NamedTuple):
    """A template, with each block's versions: its own, then those of the templates it extends."""

    template: Template
    blocks: dict[str, list[Block]]


class Renderer:
    """Renders notifications of one department; the department's own templates come before the built-in ones.

    department: who speaks. own_templates: a folder laid out as templates/, or None. compiled: a folder of this login
    alone where compiled templates are kept, made when the folder above it is there; compiling one takes 10 to 20 ms.
    """

    def __init__(self, department: Department, own_templates: Path | None = None, compiled: Path | None = None) -> None:
        self._department = department
        self._compiled = _bytecode_cache(compiled)
        folders = [folder for folder in (own_templates, TEMPLATES) if folder is not None and folder.is_dir()]
        self._sheets: dict[str, _Sheet] = {}
        self._loader = FileSystemLoader(folders)
        self._environment = ImmutableSandboxedEnvironment(
            loader=self._loader,
            undefined=StrictUndefined,
            extensions=[_Optional],
            autoescape=False,  # plain texts; pages are rendered elsewhere
            trim_blocks=True,
            lstrip_blocks=True,
            finalize=_printable,
        )

    def render(self, notification: Notification, form: Form, language: str, wish: "Wish | None" = None) -> Text:
        """Render one form in one language and fit it; a template's mistake is a SettingsError that names its line."""
        wish = wish or Wish()
        words = _Words(self._department, notification, language)
        inert = wish.live_signs if notification.source != BY_HAND else ""
        variables = {**words.variables(), "inert": inert} | ({} if wish.links else {"link": None})
        marked = self._block(template_name(notification.kind, notification.stage, language), form, variables)
        if form != "headline" and form != "long":
            marked = marked.replace("\n", " ")
        drill = (_DRILL["en"] if form == "sms" else _DRILL[language]) if notification.status == "exercise" else ""
        marked = drill + marked
        if wish.gsm7:
            marked = _with_marks_kept(marked, to_gsm7)
        fitted = fitting.fit(marked, lambda text: fits(text, wish.limit))
        parts: tuple[str, ...] = ()
        if wish.thread and not fitted.fits:
            parts = in_parts(fitted.text, lambda text: fits(text, wish.limit), drill)
        return Text(form, language, fitted.text, fitted.dropped, fitted.fits or bool(parts), parts)

    def render_page(self, block: str, language: str, limits: tuple[Limit, ...] = (), **facts: object) -> fitting.Fitted:
        """Render a block of the department's profile and fit it to every limit; facts: what the template asks for."""
        marked = self._block(f"profile/page.{language}.txt", block, {"department": self._department, **facts})
        return fitting.fit(marked, lambda text: all(fits(text, limit) for limit in limits))

    def _block(self, name: str, block: str, variables: dict[str, Any]) -> str:
        """Render one block of a template, its optional stretches marked."""
        try:
            sheet = self._sheet(name)
            if block not in sheet.blocks:
                raise TemplateError(f'it has no block "{block}"')
            context = sheet.template.new_context(variables)
            context.blocks = sheet.blocks
            return "".join(sheet.blocks[block][0](context))
        except TemplateNotFound as missing:
            raise SettingsError([Problem(f"templates/{missing.name}", "there is no such template; add it")]) from None
        except _MISTAKES as wrong:
            raise SettingsError([Problem(_place_of(wrong, name), f"{wrong}; correct the template")]) from None

    def _sheet(self, name: str, extended_by: tuple[str, ...] = ()) -> _Sheet:
        """Compile a template with those that it extends.

        jinja2 knows the extended blocks only once the whole template has run, and we run one block alone.
        """
        if name in self._sheets:
            return self._sheets[name]
        if name in extended_by:
            raise TemplateError(f"{name} extends itself")
        environment = self._environment
        source, path, _ = self._loader.get_source(environment, name)
        code = self._code(source, name, path)
        template = Template.from_code(environment, code, environment.make_globals(None))
        blocks: dict[str, list[Block]] = {block: [code] for block, code in template.blocks.items()}
        extends = _EXTENDS.search(source)
        if extends is not None:
            for block, codes in self._sheet(extends[1], (*extended_by, name)).blocks.items():
                blocks[block] = [*blocks.get(block, []), *codes]
        self._sheets[name] = _Sheet(template, blocks)
        return self._sheets[name]

    def _code(self, source: str, name: str, path: str | None) -> CodeType:
        if self._compiled is None:
            return self._environment.compile(source, name, path)
        bucket = self._compiled.get_bucket(self._environment, name, path, source)
        if bucket.code is None:
            bucket.code = self._environment.compile(source, name, path)
            # What cannot be kept is compiled again the next time.
            with contextlib.suppress(OSError):
                self._compiled.set_bucket(bucket)
        return bucket.code


_COMPILED = 2
"""Changed when a compiled template calls anything of ours in another way."""
_EXTENDS = re.compile(r"""\{%[-+]?\s*extends\s+["']([^"']+)["']""")


def _bytecode_cache(folder: Path | None) -> FileSystemBytecodeCache | None:
    """Keep compiled templates where only this login may write: whoever writes them decides what runs."""
    if folder is None or not folder.parent.is_dir():
        return None
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        about = folder.stat()
    except OSError:
        return None
    if about.st_uid != os.getuid() or about.st_mode & 0o022:
        return None
    return FileSystemBytecodeCache(str(folder), f"{__version__}-{_COMPILED}-%s.cache")


def _place_of(wrong: BaseException, name: str) -> str:
    """Say in which template and line something went wrong; it may be one that `name` extends."""
    line = getattr(wrong, "lineno", None)
    trace = wrong.__traceback__
    while trace is not None:
        template = trace.tb_frame.f_globals.get("__jinja_template__")
        if isinstance(template, Template):
            name, line = template.name or name, template.get_corresponding_lineno(trace.tb_lineno)
        trace = trace.tb_next
    name = getattr(wrong, "name", None) or name if isinstance(wrong, TemplateSyntaxError) else name
    return f"templates/{name}, line {line}" if line else f"templates/{name}"


def template_name(kind: str, stage: Stage, language: str) -> str:
    """Name the template file of a kind, stage and language, below templates/."""
    return f"notifications/{kind}/{stage}.{language}.txt"


def _with_marks_kept(marked: str, change: Callable[[str], str]) -> str:
    return "".join(
        f"{fitting.OPEN}{s.importance}{fitting.MARK}{change(s.words)}{fitting.CLOSE}"
        if s.importance
        else change(s.words)
        for s in fitting.stretches(marked)
    )


_ALIVE = r"https?://\S+|(?<!\w)([{signs}])(?=\w)"


def _made_inert(text: str, signs: str) -> str:
    """Keep a mention or a topic in what a feed wrote from coming alive: a space of no width follows its sign."""
    pattern = _ALIVE.format(signs=re.escape(signs))
    return re.sub(pattern, lambda found: f"{found[0]}\u200b" if found[1] else found[0], text)


@pass_context
def _printable(context: Context, value: object) -> object:
    """Keep a value from forging a mark, an empty field from printing None, and a feed's words from coming alive."""
    if value is None:
        raise TemplateError("a field that is empty here was printed; guard it with {% if … %}")
    text = str(value)
    if any(mark in text for mark in (fitting.OPEN, fitting.MARK, fitting.CLOSE)):
        raise TemplateError("a value holds a noncharacter")
    signs = context.get("inert")
    return _made_inert(text, signs) if signs and any(sign in text for sign in signs) else text


# --- what a template may use ------------------------------------------------------------------------------------------


class _Words:
    """The variables of a template: the kind's own fields, the department, times as people say them."""

    def __init__(self, department: Department, notification: Notification, language: str) -> None:
        self._department = department
        self._notification = notification
        self._language = language
        self._today = notification.issued.astimezone(department.zone).date()

    def variables(self) -> dict[str, Any]:
        facts = self._notification.facts
        fields = {name: getattr(facts, name) for name in type(facts).model_fields}
        return {
            **fields,
            "department": self._department,
            "link": facts.link[0] if facts.link else None,
            "facts": facts,
            "revision": self._notification.revision,
            "languages": self._notification.languages,
            "issued": self._notification.issued,
            "reported": self._notification.created,
            "long_time": self.long_time,
            "long_day": self.long_day,
            "short_time": self.short_time,
            "tiny_time": self.tiny_time,
            "tiny_day": self.tiny_day,
            "tiny_clock": self.tiny_clock,
            "in_words": self.in_words,
            "sentence": sentence,
            "first_sentence": first_sentence,
        }

    def long_time(self, moment: datetime, since: datetime | None = None) -> str:
        """`6:30 PM EST on Sunday, November 22`; `las 6:30 p.m. EST del domingo 22 de noviembre`.

        since: the start that was named before; on the same day the clock alone is said. So in all three lengths.
        """
        local = moment.astimezone(self._department.zone)
        same = since is not None and local.date() == self._date(since)
        if self._language == "es":
            pattern = "h:mm a" if same else "h:mm a z 'del' EEEE d 'de' MMMM"
            return f"{_article(local)} " + _format(local, pattern, "es_US")
        return _format(local, "h:mm a" if same else "h:mm a z 'on' EEEE, MMMM d", "en_US")

    def long_day(self, moment: datetime) -> str:
        """`November 22`; `22 de noviembre`."""
        local = moment.astimezone(self._department.zone)
        return _format(local, "d 'de' MMMM", "es_US") if self._language == "es" else _format(local, "MMMM d", "en_US")

    def short_time(self, moment: datetime, since: datetime | None = None) -> str:
        """`6:30 PM` today, else `Mon Nov 23, 6:30 PM`; `las 6:30 p.m.`, else `el lun 23 nov a las 6:30 p.m.`."""
        local = moment.astimezone(self._department.zone)
        same = local.date() == (self._date(since) if since else self._today)
        if self._language == "es":
            day = "" if same else _format(local, "'el' EEE d MMM 'a' ", "es_US")
            return f"{day}{_article(local)} " + _format(local, "h:mm a", "es_US")
        return _format(local, "h:mm a" if same else "EEE MMM d, h:mm a", "en_US")

    def tiny_time(self, moment: datetime, since: datetime | None = None) -> str:
        """`6:30PM` today, else `11/23 6:30PM`; in Spanish `23/11 18:30`."""
        return f"{self.tiny_day(moment, since)} {self.tiny_clock(moment)}".lstrip()

    def tiny_day(self, moment: datetime, since: datetime | None = None) -> str:
        """Nothing today, else `11/23`; in Spanish `23/11`."""
        date = self._date(moment)
        if date == (self._date(since) if since else self._today):
            return ""
        return f"{date.day}/{date.month}" if self._language == "es" else f"{date.month}/{date.day}"

    def _date(self, moment: datetime) -> date:
        return moment.astimezone(self._department.zone).date()

    def tiny_clock(self, moment: datetime) -> str:
        """`6:30PM`, `6PM`; in Spanish `18:30`."""
        local = moment.astimezone(self._department.zone)
        if self._language == "es":
            return f"{local:%H:%M}"
        minutes = f":{local:%M}" if local.minute else ""
        return f"{local.hour % 12 or 12}{minutes}{'AM' if local.hour < 12 else 'PM'}"

    def in_words(self, value: str) -> str:
        """A word of the kind (a direction, a severity, a known hazard or reason) in this language, else as typed."""
        return phrases(self._language).get(value.lower(), value)


def _article(local: datetime) -> str:
    return "la" if local.hour in (1, 13) else "las"


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
