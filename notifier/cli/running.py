"""`notify run`: deliver what is due, poll the feeds, keep the site, until stopped."""

import gc
import logging
import signal
import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer

from notifier.cli.documents import tell_delivery
from notifier.cli.session import Config, made, note, open_house
from notifier.errors import NotifierError
from notifier.registry import Account, Feed
from notifier.runner.chores import UPKEEP_EVERY, Chore
from notifier.runner.embedded import EmbeddedRunner
from notifier.wiring import House

log = logging.getLogger("notifier.run")


def run(
    once: Annotated[bool, typer.Option("--once", help="Take over, poll, deliver what is due now, then end")] = False,
    config: Config = None,
) -> None:
    """Deliver what is due, poll the feeds, keep the site up to date; stop with Ctrl-C or SIGTERM."""
    gc.enable()
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(message)s")
    with open_house(config) as house:
        runner = EmbeddedRunner(house.store, house.deliverer(_progress), chores(house), house.clock)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: runner.stop())
        house.store.processes.register("run")
        _set_free(house)
        if once:
            count = runner.once()
            note(f"notify: deliveries attempted: {count}; nothing more is due now")
            return
        note("notify run: delivering what is due. Stop it with Ctrl-C.")
        runner.forever()
        note("notify run: stopped; what was in flight is finished.")


def chores(house: House) -> list[Chore]:
    """What is done again and again: each feed at its own interval, each channel that keeps itself, old approvals."""
    feeds = [_feed_chore(house, feed) for feed in house.feeds.values()]
    keeps = [_upkeep_chore(house, account) for account in house.accounts.values()]
    return [*feeds, *keeps, _expiry_chore(house)]


def _feed_chore(house: House, feed: Feed) -> Chore:
    def poll() -> None:
        for decision in house.intake(feed).poll():
            log.info("feed %s: %s %s (%s)", feed.name, decision.decision, decision.headline, decision.reason)

    return Chore(f"feed {feed.name}", feed.settings.every, _survived(f"feed {feed.name}", poll))


def _upkeep_chore(house: House, account: Account) -> Chore:
    def keep() -> None:
        account.channel.upkeep(house.clock())

    return Chore(f"upkeep {account.name}", UPKEEP_EVERY, _survived(f"channel {account.name}", keep))


def _expiry_chore(house: House) -> Chore:
    def expire() -> None:
        for id_ in house.store.approvals.expire():
            log.warning("%s was not approved in time and has expired", id_)

    return Chore("approvals", UPKEEP_EVERY, _survived("approvals", expire))


def _survived(what: str, act: Callable[[], None]) -> Callable[[], None]:
    """Tell a failure of one chore and go on with the others."""

    def guarded() -> None:
        try:
            act()
        except (NotifierError, OSError) as failure:
            log.warning("%s: %s", what, failure)

    return guarded


def _set_free(house: House) -> None:
    """Make due what was held for a secret that is there now."""
    from notifier.cli.session import actor

    for account in house.accounts.values():
        if not account.missing:
            house.store.restart_held(account.name, actor(None), {"secret"})


def _progress(claim: Any, following: Any) -> None:
    tell_delivery(claim.channel, following.state, f"{claim.notification} {following.detail or following.state}")


def command(name: str) -> Any:
    """Make the command."""
    return made(run, name)
