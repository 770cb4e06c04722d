"""discriminatory-or-harassing (3.f, 2.c.1.a): nothing that disparages, excludes, ridicules or suspects people for what
they are.

Stops: "You know how those people are; keep an eye on your bikes when they are around." Lets through: "He is a Hispanic
man, about 30, with a red cap and a limp.", "Happy Diwali to all who celebrate."
"""

from collections.abc import Iterator

from notifier.policy.post import Hit, Post
from notifier.policy.wording import Clause


def find(post: Post, clause: Clause) -> Iterator[Hit]:
    """Yield all that the readers hear so."""
    yield from post.readings.hits(clause.label)
