"""juvenile-identity (3.c.3, 2.b.3; G.L. c.41 s.98F, c.119): no one under 18 who is an offender, a suspect, a victim or
was rescued is named or made recognisable; no child is shown in outreach without a recorded release. A child who is
missing now may be.

Stops: "The boy we pulled from the pond is Tobiah Vance, the principal's son." Lets through: "The 9-year-old boy we
pulled from the pond is doing well.", "A 15-year-old was summonsed to juvenile court."
"""

from collections.abc import Iterator

from notifier.policy.post import Hit, Passage, Post
from notifier.policy.wording import Clause


def find(post: Post, clause: Clause) -> Iterator[Hit]:
    """Yield each sentence that the readers hear so, and each picture of children whose rights say: no release."""
    yield from post.readings.graded(clause.label, "review", "release")
    for attachment in post.subject.attachments:
        rights = Passage(attachment.rights or "")
        shown = Passage(attachment.subject or attachment.alt or "", attachment=attachment.name)
        if _has(rights, clause, "no_release") and _has(shown, clause, "child"):
            yield Hit(shown, 0, len(shown.text), "shown", "review")


def _has(passage: Passage, clause: Clause, name: str) -> bool:
    lexicon = clause.lexicon(name)
    return not passage.vocabulary.isdisjoint(lexicon.triggers) and any(
        lexicon.within(sentence.texts) for sentence in passage.sentences
    )
