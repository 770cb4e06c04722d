"""One database: the archive (what happened) and the outbox (what is still to do), written together."""

from notifier.store.archive import Actor, Fault
from notifier.store.health import Health
from notifier.store.outbox import Claim
from notifier.store.store import Store

__all__ = ["Actor", "Claim", "Fault", "Health", "Store"]
