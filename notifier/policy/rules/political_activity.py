"""political-activity (2.c.1.d): nothing for or against a candidate, an officeholder, a party, a ballot question or a
bill.

Stops: "Vote yes on Question 2 and keep our officers safe.", "Remember in November which councilor cut our budget."
Lets through: "The polls are open 7 to 8; expect traffic on School Street.", "By order of the Governor, the ban begins
at noon."
"""

from collections.abc import Iterator

from notifier.policy.post import Hit, Post
from notifier.policy.wording import Clause


def find(post: Post, clause: Clause) -> Iterator[Hit]:
    """Yield all that the readers hear so."""
    yield from post.readings.hits(clause.label)
