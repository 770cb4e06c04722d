"""`notify doctor`: configuration, store, clock, channels, feeds, a living `notify run`; each line with what to do."""

import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import typer

from notifier.channel import AuthFailed, Outcome, Works
from notifier.cli.session import AsJson, Config, made, note, open_house, print_json
from notifier.clock import from_micros, iso
from notifier.errors import NotifierError
from notifier.registry import Account
from notifier.wiring import House

_LEAST_FREE = 200 * 1024 * 1024
_MINUTES = timedelta(minutes=5)
_ENDS_SOON = timedelta(days=7)
"""A token that ends sooner is told as trouble, so that somebody renews it in time."""


@dataclass(frozen=True)
class Line:
    """One thing that was looked at: whether it is well, and if not, what to do."""

    what: str
    well: bool
    words: str


def doctor(
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Check that all is well: each line says what was found, and what to do where it is not."""
    lines: list[Line] = []
    with open_house(config) as house:
        for line in _examine(house):
            lines.append(line)
            if not as_json:
                tell(line)
    well = all(line.well for line in lines)
    if as_json:
        print_json({"well": well, "lines": [asdict(line) for line in lines]})
    raise typer.Exit(0 if well else 5)


def tell(line: Line) -> None:
    """Say what was found, in its colour."""
    note(f"{'✓' if line.well else '✗'} {line.what:<22} {line.words}", "green" if line.well else "red")


def _examine(house: House) -> Iterator[Line]:
    try:
        settings = house.settings
        accounts = house.accounts
        feeds = house.feeds
    except NotifierError as wrong:
        for problem in str(wrong).splitlines():
            yield Line("configuration", False, problem)
        return
    kind = "the example department; make your own with notify init" if settings.is_example else str(settings.folder)
    yield Line("configuration", True, f"{kind}: {len(accounts)} channels, {len(feeds)} feeds")
    yield _policy()
    try:
        trouble, stopped = house.store.check(), house.store.stopped()
    except NotifierError as wrong:
        yield Line("store", False, str(wrong))
        yield from (channel_line(account, None, house.clock()) for account in accounts.values())
        return
    yield from _store(house, trouble)
    yield from (channel_line(account, stopped.get(account.name), house.clock()) for account in accounts.values())
    for name, feed in feeds.items():
        yield _feed(house, name, feed.settings.every)
    alive = house.store.processes.alive("run")
    yield Line(
        "notify run",
        alive,
        "is alive" if alive else "is not alive: nothing is retried and no feed is polled; start it as a service",
    )


def _policy() -> Line:
    from notifier.policy import second_reader

    if second_reader.there_is_one():
        return Line("policy", True, "both readers judge every text that is in doubt")
    words = "only the first of two readers judges; install the extra: pip install 'police-notifier[judge]'"
    return Line("policy", False, words)


def _store(house: House, trouble: str | None) -> Iterator[Line]:
    yield Line("store", trouble is None, trouble or f"{house.store.name} can be read and written")
    if house.store.path is not None:
        free = shutil.disk_usage(house.store.path.parent).free
        yield Line(
            "disk",
            free >= _LEAST_FREE,
            f"{free // (1024 * 1024)} MB are free" + ("" if free >= _LEAST_FREE else "; make room"),
        )
    newest = next(iter(house.store.notifications(1)), None)
    now = house.clock()
    behind = newest is not None and from_micros(newest["created"]) > now + _MINUTES
    local = now.astimezone(house.settings.department.zone)
    words = f"{iso(local)} in {house.settings.department.timezone}"
    if behind:
        words += " is before the newest record: set this machine's clock, and keep it by NTP"
    yield Line("clock", not behind, words)


def _ready_line(what: str, account: Account, works: Works, now: datetime) -> Line:
    """Say that an account works; one whose credential ends soon is no good news."""
    words = ["ready" if account.live else "ready (practice)", *([works.said] if works.said else [])]
    if works.until is None:
        return Line(what, True, "; ".join(words))
    days = (works.until - now) // timedelta(days=1)
    ends = f"its token ends on {works.until:%b %-d, %Y}"
    if works.until - now < _ENDS_SOON:
        return Line(what, False, "; ".join([*words, f"{ends}, in {max(days, 0)} days: renew it now"]))
    return Line(what, True, "; ".join([*words, ends]))


def channel_line(account: Account, stopped: str | None, now: datetime) -> Line:
    """Try one account; nothing is posted by it."""
    what = f"channel {account.name}"
    if account.approval_trouble is not None:
        return Line(what, False, account.approval_trouble)
    if account.missing:
        return Line(what, False, f"{'; '.join(account.missing)}: set it; until then the channel is held")
    if stopped is not None:
        return Line(what, False, f"is stopped: {stopped}; mend it, then run notify retry --channel {account.name}")
    outcome = account.channel.check()
    if outcome is None or isinstance(outcome, Works):
        return _ready_line(what, account, outcome or Works(), now)
    return Line(what, False, with_remedy(account, outcome))


def with_remedy(account: Account, outcome: Outcome) -> str:
    """Say why an account could not be reached, and what to do."""
    reason = getattr(outcome, "reason", "")
    mend = "renew the credential" if isinstance(outcome, AuthFailed) else "look at base_url and the network"
    if not account.live and "refused the connection" in reason:
        mend = "the practice platforms are not running; start them with notify practice"
    return f"{reason}; {mend}"


def _feed(house: House, name: str, every: timedelta) -> Line:
    row = house.store.feeds.known(name)
    what = f"feed {name}"
    if row is None:
        return Line(what, False, f"was never read; run notify feeds poll {name}, or start notify run")
    if row["failure"] is not None:
        return Line(what, False, f"cannot be read: {row['failure']}")
    age = house.clock() - from_micros(row["succeeded"] or 0)
    if age > 3 * every:
        return Line(what, False, f"was last read {int(age.total_seconds() // 60)} minutes ago; start notify run")
    return Line(what, True, f"was read {int(age.total_seconds())} seconds ago")


def command(name: str) -> Any:
    """Make the command."""
    return made(doctor, name)
