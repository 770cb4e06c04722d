"""pending-prosecution (2.c.1.c): no comment on a case before a court: how strong its evidence is, who confessed or
kept silent, what was tested or refused, who will testify, pleas, bail, sentence, counsel, the judge, the choice of
charges.

Stops: "The defendant has already confessed, so the trial should be short.", "The judge let him out on bail again,
shame on her." Lets through: "He was arraigned on a charge of larceny; the next date is June 3.", "We do not comment on
open cases."
"""

from collections.abc import Iterator

from notifier.policy.post import Hit, Post
from notifier.policy.wording import Clause


def find(post: Post, clause: Clause) -> Iterator[Hit]:
    """Yield all that the readers hear so."""
    yield from post.readings.hits(clause.label)
