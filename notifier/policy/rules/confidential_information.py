"""confidential-information (2.c.1.c, 3.c.6, 2.b.3): nothing unreleased of operations, tactics, informants, evidence
held back, codes, gaps, inquiries, finances; reports of abuse or rape and criminal records are forbidden by law.

Stops: "We have had a camera hidden in the birdhouse at the depot since May.", "Our informant at the boatyard says the
next load comes Friday.", "The gate code at the impound lot is 4471." Lets through: "Your tip is confidential.",
"Officers searched the woods and found nothing; we have several leads."
"""

import re
from collections.abc import Iterator

from notifier.policy.post import Hit, Post
from notifier.policy.wording import Clause

_NUMBER = re.compile(r"(?<![\w-])\d{3,8}#?(?![\w-])")


def find(post: Post, clause: Clause) -> Iterator[Hit]:
    """Yield each code that opens something, and each sentence that the readers hear so.

    The reason is `law` where they hear what a statute keeps confidential.
    """
    yield from _codes(post, clause)
    yield from post.readings.graded(clause.label, "block", "law")


def _codes(post: Post, clause: Clause) -> Iterator[Hit]:
    code = clause.lexicon("code")
    for passage in post.passages:
        if passage.vocabulary.isdisjoint(code.triggers):
            continue
        for sentence in passage.sentences:
            for first, last in code.find(sentence.texts):
                number = _NUMBER.search(passage.low, sentence.words[last - 1].end, sentence.end)
                if number and not clause.lexicon("advice").within(sentence.texts):
                    yield Hit(passage, sentence.words[first].start, number.end(), "said")
