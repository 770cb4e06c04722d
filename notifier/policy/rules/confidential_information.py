"""confidential-information (2.c.1.c, 3.c.6, 2.b.3): nothing unreleased of operations, tactics, informants, evidence
held back, codes, gaps, inquiries, finances; reports of abuse or rape and criminal records are forbidden by law.

Stops: "Detectives will be watching the depot from the blue van all weekend.", "The gate code at the impound lot is
4471." Lets through: "Your tip is confidential.", "Officers searched the woods and found nothing; we have several
leads."
"""

from collections.abc import Iterator

from notifier.policy.post import Hit, Post
from notifier.policy.wording import Clause


def find(post: Post, clause: Clause) -> Iterator[Hit]:
    """Yield each sentence that the readers hear so; `law` where they hear what a statute keeps confidential."""
    for hit in post.readings.hits(clause.label):
        forbidden = post.readings.leans(hit, f"{clause.label}:block")
        yield hit._replace(reason="law", verdict="block") if forbidden else hit
