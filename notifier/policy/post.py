"""A subject as the rules read it: passages of plain text, each from a field, a channel or an attachment."""

from functools import cached_property
from typing import NamedTuple

from notifier.policy.normalising import Normalised, normalise
from notifier.policy.people import People
from notifier.policy.sentences import Sentence, quotations, sentences_of, words_of
from notifier.policy.subject import ShownAttachment, Subject
from notifier.policy.wording import Wording


class Passage:
    """One text, and where it stands: exactly one of field, attachment and `shown` says so."""

    def __init__(
        self,
        original: str,
        language: str | None = None,
        *,
        field: str | None = None,
        attachment: str | None = None,
        form: str | None = None,
    ) -> None:
        self.language = language
        self.field = field
        self.attachment = attachment
        self.form = form
        self.normalised: Normalised = normalise(original)
        self.text = self.normalised.text
        self.low = self.text.lower()

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """Every word once: what a rule asks first, for most passages hold nothing for it."""
        return frozenset(words_of(self.low))

    @cached_property
    def sentences(self) -> tuple[Sentence, ...]:
        """The sentences, in small letters."""
        return sentences_of(self.low)

    @cached_property
    def quotations(self) -> list[tuple[int, int]]:
        """What stands between quotation marks."""
        return quotations(self.text)


class Hit(NamedTuple):
    """What a rule found: the passage, the words (positions in its plain text), and which of the clause's reasons."""

    passage: Passage
    start: int
    end: int
    reason: str


class Post(NamedTuple):
    """A subject, read: every distinct text once."""

    subject: Subject
    passages: tuple[Passage, ...]
    people: People

    @property
    def shown(self) -> tuple[Passage, ...]:
        """What channels show."""
        return tuple(passage for passage in self.passages if passage.form)


def read_post(subject: Subject, wording: Wording) -> Post:
    """Read a subject; a text that several channels show is one passage."""
    passages = [Passage(text, field=name) for name, text in subject.fields.items()]
    passages += [Passage(a.alt, attachment=a.name) for a in subject.attachments if a.alt]
    seen: set[str] = set()
    for shown in subject.texts:
        if shown.text not in seen:
            seen.add(shown.text)
            passages.append(Passage(shown.text, shown.language, form=shown.form))
    described = [_described(attachment) for attachment in subject.attachments]
    texts = [(passage.text, passage.low, passage.vocabulary) for passage in passages]
    return Post(subject, tuple(passages), People(subject, texts, described, wording.clause("_people")))


def _described(attachment: ShownAttachment) -> str:
    return f"{attachment.subject or ''} {attachment.alt or ''}".lower()
