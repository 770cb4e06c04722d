"""duty-status (3.c.1, 3.c.2): not who is on or off duty, on leave or away; no shifts, staffing or gaps in cover; no
officer's presence at a call.

Stops: "We are down to two officers on the midnight shift this week.", "Officer Brandl is on vacation until Monday."
Lets through: "Detail officers will direct traffic.", "The records counter is open 9 to 3."
"""

from collections.abc import Iterator

from notifier.policy.post import Hit, Post
from notifier.policy.wording import Clause


def find(post: Post, clause: Clause) -> Iterator[Hit]:
    """Yield all that the readers hear so."""
    yield from post.readings.hits(clause.label)
