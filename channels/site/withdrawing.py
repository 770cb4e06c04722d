"""The tombstone of a notification that was withdrawn: one line of the site's own, none of the notification's."""

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from channels.site.entry import Entry
from channels.site.words import words


def tombstone(entry: Entry, family: Iterable[Entry], now: datetime) -> Entry:
    """Make it, as a revision after all that the site holds of the notification.

    family: those entries, in every language; one that is withdrawn already gives its revision to the others.
    """
    known = list(family)
    latest = max([one.revision for one in known if one.stage != "withdraw"], default=entry.revision)
    said = [one.revision for one in known if one.stage == "withdraw" and one.revision > latest]
    own = words(entry.language)
    gone = replace(
        entry.emptied(),
        stage="withdraw",
        revision=max(said, default=latest + 1),
        headline=own["gone"],
        short=own["gone"],
        event="",
        text=own["gone_more"].format(name=entry.speaker.name),
        sent=now,
        digest="",
    )
    return replace(gone, digest=hashlib.sha256(gone.to_json()).hexdigest())
