"""copyright (2.c.2, 3.i.3): no photograph, article, book, song, film, map, character or mark without the right to it,
as the text or the rights of an attachment show.

Stops: "We grabbed this map off a news site before they put up the paywall." Lets through: "Photo by Harrowgate
Police.", "The movie is shown with a public performance license.", "Beware of e-mails that claim a copyright
violation."
"""

from collections.abc import Iterator

from notifier.policy.post import Hit, Passage, Post
from notifier.policy.wording import Clause


def find(post: Post, clause: Clause) -> Iterator[Hit]:
    """Yield each sentence that the readers hear so, and each attachment whose rights deny the use."""
    heard: set[str | None] = set()
    for hit in post.readings.hits(clause.label):
        heard.add(hit.passage.attachment)
        yield hit._replace(reason="rights") if hit.passage.attachment else hit
    for attachment in post.subject.attachments:
        rights = Passage(attachment.rights or "", attachment=attachment.name)
        denied = clause.lexicon("denied")
        if attachment.name not in heard and any(denied.within(sentence.texts) for sentence in rights.sentences):
            yield Hit(rights, 0, len(rights.text), "rights")
