"""A subject as the rules read it: passages of plain text, each from a field, a channel or an attachment."""

from typing import NamedTuple

from notifier.policy.passage import Hit, Passage
from notifier.policy.people import People
from notifier.policy.readings import Ask, Readings
from notifier.policy.subject import ShownAttachment, Subject
from notifier.policy.wording import Wording

__all__ = ["Hit", "Passage", "Post", "read_post"]


class Post(NamedTuple):
    """A subject, read: every distinct text once."""

    subject: Subject
    passages: tuple[Passage, ...]
    people: People
    readings: Readings

    @property
    def shown(self) -> tuple[Passage, ...]:
        """What channels show."""
        return tuple(passage for passage in self.passages if passage.form)


def read_post(subject: Subject, wording: Wording, ask: Ask = "doubt") -> Post:
    """Read a subject; a text that several channels show is one passage. ask: when the second reader is asked."""
    passages = [Passage(text, field=name) for name, text in subject.fields.items()]
    passages += [Passage(a.alt, attachment=a.name) for a in subject.attachments if a.alt]
    seen: set[str] = set()
    for shown in subject.texts:
        if shown.text not in seen:
            seen.add(shown.text)
            passages.append(Passage(shown.text, shown.language, form=shown.form))
    described = [_described(attachment) for attachment in subject.attachments]
    texts = [(passage.text, passage.low, passage.vocabulary) for passage in passages]
    return Post(
        subject,
        tuple(passages),
        People(subject, texts, described, wording.clause("_people")),
        Readings(subject, passages, ask),
    )


def _described(attachment: ShownAttachment) -> str:
    return f"{attachment.subject or ''} {attachment.alt or ''}".lower()
