"""victim-identity (3.c.3; G.L. c.41 s.97D, c.265 s.24C): names no victim or person who died, nor makes one
recognisable by relationship, job, home, business or picture; the law protects some victims whoever permits it.

Stops: "The woman who was robbed is Winona Hartsell, who runs the flower shop." Lets through: "The victim, a 44-year-
old Harrowgate woman, is expected to recover."
"""

from collections.abc import Iterator

from notifier.policy.post import Hit, Post
from notifier.policy.wording import Clause


def find(post: Post, clause: Clause) -> Iterator[Hit]:
    """Yield each sentence that the readers hear so; `law` where they hear a victim whom the law protects."""
    yield from post.readings.graded(clause.label, "block", "law")
