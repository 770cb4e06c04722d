"""`notify retry`, `notify cancel`, `notify confirm`: what a person decides about deliveries."""

from typing import Annotated, Any
from urllib.parse import urlsplit

import typer

from notifier.cli.documents import document, exit_code, tell, tell_delivery
from notifier.cli.session import AsJson, AsUser, Config, actor, made, note, open_house, print_json
from notifier.clock import iso
from notifier.errors import WrongUsage
from notifier.handing_over import posted_option, wrong_host
from notifier.registry import route
from notifier.retry import Next
from notifier.store import Claim
from notifier.wiring import House

Id = Annotated[str, typer.Argument(metavar="ID", help="A notification, or the end of its id")]


def retry(
    id_: Annotated[str | None, typer.Argument(metavar="ID", help="A notification, or the end of its id")] = None,
    channel: Annotated[str | None, typer.Option("--channel", metavar="NAME", help="Start this channel again")] = None,
    wait: Annotated[float, typer.Option("--wait", metavar="SECONDS", help="Seconds to wait for deliveries")] = 20.0,
    as_user: AsUser = None,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Try again what failed or was held: of a notification, or of a channel that was stopped."""
    if (id_ is None) == (channel is None):
        raise WrongUsage("say what to retry: notify retry ID, or notify retry --channel NAME")
    with open_house(config) as house:
        if channel is not None:
            raise typer.Exit(_restart(house, channel, as_user, as_json=as_json))
        row = house.store.notification(str(id_))
        if row["state"] in ("pending", "blocked"):
            raise WrongUsage(f"{row['id']} is {row['state']}: it is not the sending that failed")
        ids = [d["id"] for d in house.store.deliveries(row["id"]) if d["hold"] not in ("approval", "standby")]
        count = house.store.retry(ids, actor(as_user), house.identities)
        note(f"notify: deliveries that are due again: {count}")
        house.publisher.release(row["id"], house.deliverer(), wait)
        _end(house, row["id"], as_json=as_json)


def _restart(house: House, channel: str, as_user: str | None, *, as_json: bool) -> int:
    """Start a channel again and deliver what it held; answers the command's exit code."""
    route(house.settings, "", (channel,))
    account = house.accounts[channel]
    if account.missing:
        raise WrongUsage(f"{channel} still lacks a secret: {'; '.join(account.missing)}")
    if (known := house.store.accounts().get(channel)) is not None and known.cause == "operator":
        raise WrongUsage(f"{channel} is held by a person ({known.stopped}); to start it: notify release {channel}")
    count = house.store.restart(channel, actor(as_user), {"auth", "secret"})
    note(f"notify: {channel} is started again; deliveries that are due: {count}")
    return tell_restarted(channel, count, deliver_channel(house, channel), as_json=as_json)


Ended = list[tuple[Claim, Next]]


def deliver_channel(house: House, channel: str) -> Ended:
    """Deliver what is due on a channel; answers what became of it."""
    ended: dict[int, tuple[Claim, Next]] = {}
    deliverer = house.deliverer(lambda claim, following: ended.update({claim.id: (claim, following)}))
    while claims := house.store.claim({channel: deliverer.terms[channel]}):
        deliverer.deliver(claims)
    return list(ended.values())


def tell_restarted(channel: str, count: int, ended: Ended, *, as_json: bool) -> int:
    """Tell what became of what a channel had kept; answers the command's exit code."""
    if as_json:
        shown = [_restarted(claim, following) for claim, following in ended]
        print_json({"channel": channel, "restarted": count, "deliveries": shown})
    else:
        for claim, following in ended:
            tell_delivery(channel, following.state, f"{claim.notification} {following.detail or following.state}")
    states = {following.state for _, following in ended}
    return exit_code({"state": "published", "deliveries": [{"state": state} for state in states]})


def _restarted(claim: Claim, following: Next) -> dict[str, Any]:
    return {
        "notification": claim.notification,
        **claim.identity(),
        "state": following.state,
        "detail": following.detail,
        "next_attempt": None if following.due is None else iso(following.due),
    }


def cancel(
    id_: Id,
    as_user: AsUser = None,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Cancel what has not gone out of a notification; what went out stays out."""
    with open_house(config) as house:
        row = house.store.notification(id_)
        deliveries = house.store.deliveries(row["id"])
        ids = [delivery["id"] for delivery in deliveries if delivery["operation"] != "withdraw"]
        count = house.store.cancel(ids, actor(as_user))
        gone = sum(delivery["state"] == "delivered" for delivery in deliveries)
        note(f"notify: deliveries that are cancelled: {count}" + (f"; gone out already: {gone}" if gone else ""))
        _end(house, row["id"], as_json=as_json)


def confirm(
    id_: Id,
    channel: Annotated[str, typer.Argument(metavar="CHANNEL", help="The channel you looked at")],
    url: Annotated[str | None, typer.Option("--url", help="It is there: its address")] = None,
    failed: Annotated[
        str | None, typer.Option("--failed", metavar="REASON", help="It is not there, or was not done: why")
    ] = None,
    gone: Annotated[bool, typer.Option("--gone", help="It was taken down, as it was asked")] = False,
    done: Annotated[bool, typer.Option("--done", help="It was posted where a post has no address")] = False,
    as_user: AsUser = None,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Settle a delivery whose answer was lost or that a person did: it is there, it was taken down, or it is not."""
    if [url is not None, failed is not None, gone, done].count(True) != 1:
        raise WrongUsage(
            "say what you found: --url URL when it is there (--done where a post has no address), --gone when it was"
            " taken down, --failed REASON when it is not"
        )
    if url is not None and (urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname):
        raise WrongUsage(f'--url: "{url[:80]}" is not a web address; copy it from the browser')
    with open_house(config) as house:
        row = house.store.notification(id_)
        if url is not None:
            _check_host(house, channel, url)
        if done:
            _check_has_none(house, channel)
        meant = [delivery for delivery in house.store.deliveries(row["id"]) if delivery["channel"] == channel]
        ids = [one["id"] for one in meant if failed is not None or (one["operation"] == "withdraw") == gone]
        who = actor(as_user)
        if house.store.settle(ids, _found(who.user, url, failed, done=done), who, url) == 0:
            what = "to be taken down" if gone else "for a person's word"
            raise WrongUsage(f"nothing of {row['id']} on {channel} waits {what}")
        _end(house, row["id"], as_json=as_json)


def _found(user: str, url: str | None, failed: str | None, *, done: bool) -> Next:
    if failed is not None:
        return Next("failed", None, f"not there, says {user}: {failed}")
    if done:
        return Next("delivered", None, f"posted, says {user}")
    return Next("delivered", None, f"seen by {user} at {url}" if url else f"taken down, says {user}")


def _check_host(house: House, channel: str, url: str) -> None:
    """Refuse an address at which the channel shows no posts: it would stand in the record for ever."""
    account = house.accounts.get(channel)
    if account is None:
        return
    wrong = wrong_host(url, account.channel.hand_off, account.settings.base_url, live=account.live)
    if wrong is not None:
        raise WrongUsage(f"--url: {wrong}")


def _check_has_none(house: House, channel: str) -> None:
    """Refuse a word without an address where posts have one: the address is what proves it."""
    account = house.accounts.get(channel)
    option = posted_option(account.channel.hand_off if account else None)
    if option != "--done":
        raise WrongUsage(f"--done: a post on {channel} has an address; give it with --url")


def _end(house: House, id_: str, *, as_json: bool) -> None:
    shown = document(house.store, id_)
    if as_json:
        print_json(shown)
    else:
        tell(shown, house.settings.department.zone, house.clock())
    raise typer.Exit(exit_code(shown))


def command(name: str) -> Any:
    """Make one of these commands."""
    return made({"retry": retry, "cancel": cancel, "confirm": confirm}[name], name)
