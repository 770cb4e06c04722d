"""`notify run`: deliver what is due, poll the feeds, keep the site, until stopped."""

import gc
import logging
import os
import signal
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, Union, cast

import typer

from notifier.cli.session import Config, actor, made, open_house
from notifier.deliver import Deliverer, Progress
from notifier.errors import NotifierError, WrongUsage
from notifier.registry import Account, Feed
from notifier.runner.chores import UPKEEP_EVERY, Chore
from notifier.runner.embedded import EmbeddedRunner
from notifier.runner.events_log import tell, write_events
from notifier.runner.watch import Watch
from notifier.store.opening import conninfo, is_postgres
from notifier.wiring import House

if TYPE_CHECKING:
    from notifier.runner.procrastinate import ProcrastinateRunner

LOOPBACK = "127.0.0.1"
ALARMS_EVERY = timedelta(seconds=5)
PATIENCE = 600.0
"""Seconds for which an outcome that the store cannot take is kept and brought again."""
Runner = Union[EmbeddedRunner, "ProcrastinateRunner"]


def run(
    once: Annotated[bool, typer.Option("--once", help="Take over, poll, deliver what is due now, then end")] = False,
    port: Annotated[
        int | None,
        typer.Option("--port", min=0, max=65535, help="Serve /healthz, /readyz and /metrics on this port; 0: any"),
    ] = None,
    listen: Annotated[
        str | None, typer.Option("--listen", metavar="ADDRESS", help=f"Where --port listens; default {LOOPBACK}")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Write the log as JSON on stdout, one object a line, until it ends")
    ] = False,
    config: Config = None,
) -> None:
    """Deliver what is due, poll the feeds, keep the site up to date; stop with Ctrl-C or SIGTERM."""
    if port is None and listen is not None:
        raise WrongUsage("--listen says where --port listens; give a --port too")
    if once and port is not None:
        raise WrongUsage(
            "--port is served while notify run runs; with --once it ends at once, so leave one of them out"
        )
    gc.enable()
    write_events(os.environ, as_json=as_json)
    with open_house(config) as house, Watch(os.environ, house.clock) as watch:
        if port is not None:
            watch.serve(port, listen or LOOPBACK, house.store.health, channels=house.accounts, feeds=house.feeds)
        deliverer = house.deliverer(watch.result)
        todo = chores(house, watch.result)
        deliverer.patience = PATIENCE
        runner = _runner(house, deliverer, todo, watch, once=once)
        _stop_on_signals(runner, watch)
        house.store.processes.register("run")
        _set_free(house)
        if once:
            count = cast(EmbeddedRunner, runner).once()
            words = f"notify: deliveries attempted: {count}; nothing more is due now"
            tell(logging.INFO, "done", words, attempted=count)
            return
        watch.ready(len(house.accounts), len(house.feeds))
        runner.forever()
        watch.stopped()


def _runner(house: House, deliverer: Deliverer, todo: list[Chore], watch: Watch, *, once: bool) -> Runner:
    """On one machine a small loop; on PostgreSQL a worker beside any number of others."""
    settings, beat = house.settings, watch.pulse.beat
    if once or not is_postgres(settings.store_url):
        return EmbeddedRunner(house.store, deliverer, todo, house.clock, beat)
    from notifier.runner.procrastinate import ProcrastinateRunner

    where = conninfo(settings.store_url, settings.database_password)
    return ProcrastinateRunner(where, house.store, deliverer, todo, house.clock, beat)


def _stop_on_signals(runner: Runner, watch: Watch) -> None:
    """Let SIGTERM and Ctrl-C end the runner in good order; the second says the same as the first."""

    def stop(*_: object) -> None:
        runner.stop()
        watch.stopping()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)


def chores(house: House, on_result: Progress | None = None) -> list[Chore]:
    """What is done again and again: each feed at its own interval, each channel that keeps itself, old approvals."""
    feeds = [_feed_chore(house, feed, on_result) for feed in house.feeds.values()]
    keeps = [_upkeep_chore(house, account) for account in house.accounts.values()]
    return [*feeds, *keeps, _expiry_chore(house), _alarm_chore(house)]


def _feed_chore(house: House, feed: Feed, on_result: Progress | None) -> Chore:
    def poll() -> None:
        for one in house.intake(feed, on_result).poll():
            words = f"feed {feed.name}: {one.decision} {one.headline} ({one.reason})"
            facts = {"source_id": one.source_id, "decision": one.decision, "reason": one.reason}
            tell(logging.INFO, "feed-decision", words, feed=feed.name, headline=one.headline, **facts)

    return Chore(f"feed {feed.name}", feed.settings.every, _survived(f"feed {feed.name}", poll))


def _upkeep_chore(house: House, account: Account) -> Chore:
    def keep() -> None:
        account.channel.upkeep(house.clock())

    return Chore(f"upkeep {account.name}", UPKEEP_EVERY, _survived(f"channel {account.name}", keep))


def _expiry_chore(house: House) -> Chore:
    def expire() -> None:
        for id_ in house.store.approvals.expire():
            words = f"{id_} was not approved in time and has expired"
            tell(logging.WARNING, "approval-expired", words, notification=id_)

    return Chore("approvals", UPKEEP_EVERY, _survived("approvals", expire))


def _alarm_chore(house: House) -> Chore:
    def alarm() -> None:
        house.teller.tell()

    return Chore("alarms", ALARMS_EVERY, _survived("alarms", alarm))


def _survived(what: str, act: Callable[[], None]) -> Callable[[], None]:
    """Tell a failure of one chore and go on with the others."""

    def guarded() -> None:
        try:
            act()
        except (NotifierError, OSError) as failure:
            tell(logging.WARNING, "trouble", f"{what}: {failure}", what=what, detail=str(failure))

    return guarded


def _set_free(house: House) -> None:
    """Make due what was held for a secret that is there now."""
    for account in house.accounts.values():
        if not account.missing:
            house.store.restart_held(account.name, actor(None), {"secret"})


def command(name: str) -> Any:
    """Make the command."""
    return made(run, name)
