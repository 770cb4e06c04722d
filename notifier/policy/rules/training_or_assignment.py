"""training-or-assignment (2.c.1.c, 3.c.1, 3.c.4): no content, result or picture of police training; not who is posted
to which unit or task.

Stops: "Our officers spent the week learning how to breach a barricaded door.", "Officer Brandl is now working
undercover with the drug unit." Lets through: "Our free CPR class for residents is Saturday.", "Officer Brandl was
promoted to sergeant at Monday's ceremony."
"""

from collections.abc import Iterator

from notifier.policy.post import Hit, Post
from notifier.policy.wording import Clause


def find(post: Post, clause: Clause) -> Iterator[Hit]:
    """Yield all that the readers hear so."""
    yield from post.readings.hits(clause.label)
