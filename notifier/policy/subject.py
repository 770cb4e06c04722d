"""What is judged: the texts that channels will show, the fields they came from, the attachments, and who speaks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from notifier.policy.sentences import words_of

if TYPE_CHECKING:
    from notifier.kind import Kind
    from notifier.notification import Notification
    from notifier.settings import Department

# These hold no words of a writer's own, or are judged as attachments.
_NOT_WORDS = frozenset({"attachments", "photo", "link", "expires"})
_SPANISH = frozenset(
    [
        "el",
        "la",
        "los",
        "las",
        "del",
        "que",
        "una",
        "por",
        "para",
        "con",
        "se",
        "su",
        "y",
        "esta",
        "este",
        "fue",
        "al",
        "policia",
    ]
)
_ENGLISH = frozenset(
    [
        "the",
        "of",
        "and",
        "to",
        "is",
        "was",
        "for",
        "on",
        "with",
        "this",
        "has",
        "been",
        "at",
        "police",
        "our",
        "we",
        "by",
    ]
)


@dataclass(frozen=True)
class ShownText:
    """What a channel will show. `channel` None: a free text; `form`: headline, sms, short, long, or text."""

    channel: str | None
    form: str
    language: str
    text: str


@dataclass(frozen=True)
class ShownAttachment:
    """A picture or paper: its file name, whose it is, what it shows (`subject`, as its maker says) and its alt text."""

    name: str
    rights: str | None = None
    subject: str | None = None
    alt: str | None = None


@dataclass(frozen=True)
class Subject:
    """All that a rule may know of a post."""

    kind: str | None = None
    stage: Literal["draft", "final"] = "final"
    department: str | None = None
    """The full name."""
    names: tuple[str, ...] = ()
    """Further names that identify the department, as its short name."""
    texts: tuple[ShownText, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)
    """Typed fields in words, by option name."""
    own_numbers: tuple[str, ...] = ()
    """The department's own telephone numbers."""
    attachments: tuple[ShownAttachment, ...] = ()


def subject_of(notification: "Notification", department: "Department", texts: Sequence[ShownText]) -> Subject:
    """Make the subject of a notification from its fields and from the texts rendered for its channels."""
    facts = notification.facts
    pictures = [ShownAttachment(a.name, a.rights, None, a.alt) for a in facts.pictures()]
    return Subject(
        kind=notification.kind,
        stage="final",
        department=department.name,
        names=(department.short_name,),
        texts=tuple(texts),
        fields=_fields_in_words(facts),
        own_numbers=(department.phone,),
        attachments=tuple(pictures),
    )


def subject_of_text(
    text: str,
    kind: str | None = None,
    stage: Literal["draft", "final"] = "final",
    department: str | None = None,
    attachments: Sequence[ShownAttachment] = (),
) -> Subject:
    """Make the subject of a free text, as `notify check` judges it. `community-outreach` is outreach."""
    kind = "outreach" if kind == "community-outreach" else kind
    shown = ShownText(None, "text", guess_language(text), text)
    return Subject(kind=kind, stage=stage, department=department, texts=(shown,), attachments=tuple(attachments))


def guess_language(text: str) -> str:
    """Tell Spanish from English by their smallest words; English where they do not tell."""
    words = words_of(text[:2_000].lower())
    return "es" if sum(w in _SPANISH for w in words) > sum(w in _ENGLISH for w in words) else "en"


def _fields_in_words(facts: "Kind") -> Mapping[str, str]:
    fields: dict[str, str] = {}
    for name, about in type(facts).model_fields.items():
        value = getattr(facts, name)
        if name in _NOT_WORDS:
            continue
        if isinstance(value, tuple) and value and all(isinstance(part, str) for part in value):
            value = "; ".join(value)
        if isinstance(value, str):
            fields[about.alias or name] = value
    return fields
