"""defamation-or-private-facts (3.i, 3.h): does not say or hint that somebody who is not charged did wrong; tells no
private life.

Stops: "Everybody in town knows the owner of Kestrel Auto cheats his customers.", "Yes, the selectman left his wife
for the librarian; that is why he moved out." Lets through: "Somebody is selling fake tickets; if you bought one, call
us."
"""

from collections.abc import Iterator

from notifier.policy.post import Hit, Post
from notifier.policy.wording import Clause


def find(post: Post, clause: Clause) -> Iterator[Hit]:
    """Yield all that the readers hear so."""
    yield from post.readings.hits(clause.label)
