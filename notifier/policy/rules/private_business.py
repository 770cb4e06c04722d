"""private-business (2.c.1.d): no advertising, recommending or steering to a business, a product or somebody's own
trade.

Stops: "Sergeant Odell's wife sells the best alarms in town; mention this post for 10 percent off." Lets through:
"Thank you to the bakery for donating the rolls.", "Meet us at the hardware store's parking lot at 9."
"""

from collections.abc import Iterator

from notifier.policy.post import Hit, Post
from notifier.policy.wording import Clause


def find(post: Post, clause: Clause) -> Iterator[Hit]:
    """Yield all that the readers hear so."""
    yield from post.readings.hits(clause.label)
