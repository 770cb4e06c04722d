"""unsanctioned-purpose (2.c.1.a, 2.d): nothing that serves none of the order's uses: sports talk, birthdays, recipes,
feuds, preaching, private parties, parodies of alerts; and no AMBER or Silver Alert that the state did not activate.

Stops: "Grandma's meatballs: two pounds of beef, an egg, and patience.", "To the reporter who misspelled the Chief's
name: get a dictionary.", "AMBER ALERT: a girl of 9 was taken from the park." Lets through: "Come to our open house on
Saturday.", "AMBER Alert from the State Police: a gray sedan, plate 1ABC 23."
"""

from collections.abc import Iterator

from notifier.policy.post import Hit, Post
from notifier.policy.wording import Clause


def find(post: Post, clause: Clause) -> Iterator[Hit]:
    """Yield each sentence that is heard so, and each alert of a state programme without its activation."""
    yield from post.readings.hits(clause.label)
    programme, state = clause.lexicon("programme"), clause.lexicon("state")
    for passage in post.shown:
        if passage.vocabulary.isdisjoint(programme.triggers) or passage.form == "headline":
            continue
        if any(state.within(sentence.texts) for sentence in passage.sentences):
            continue
        for sentence in passage.sentences:
            for first, last in programme.find(sentence.texts):
                if not clause.lexicon("told_of").within(sentence.texts):
                    yield Hit(passage, sentence.words[first].start, sentence.words[last - 1].end, "programme")
