"""`notify channels profile` and `notify channels audit`: what a page should say (order 2.a, 2.b), and what it lacks."""

import shutil
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Annotated, Any, Literal

import typer

from notifier.channel import CannotTell, Limit, Profile
from notifier.cli.examining import with_remedy
from notifier.cli.session import AsJson, Config, coloured, note, open_house, print_json
from notifier.errors import WrongUsage
from notifier.lengths import length, limit_for
from notifier.policy.pages import Page, lacking, words_to_add
from notifier.profile import ProfileWriter, Written
from notifier.registry import Account, route
from notifier.wiring import House

_DOES_NOT_FIT = 3
_MEND, _NOT_READ = 5, 6
_LANGUAGES = {"en": "English", "es": "Spanish"}

State = Literal["ok", "lacks", "unread", "failed"]
_MARKS: Mapping[State, tuple[str, str | None]] = {
    "ok": ("✓", "green"),
    "lacks": ("✗", "red"),
    "unread": ("–", None),
    "failed": ("!", "yellow"),
}


# --- profile ----------------------------------------------------------------------------------------------------------


def profile(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A channel of channels.toml")],
    language: Annotated[
        str | None, typer.Option("--language", metavar="LANGUAGE", help="One language; default: all the department's")
    ] = None,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Write what the channel's page should say of itself, fitted to its profile; a person puts it there."""
    with open_house(config) as house:
        (name,) = route(house.settings, "", (name,))
        account = house.accounts[name]
        languages = _languages(language, house.settings.department.languages)
        writers = {one: _writer(house, account, one) for one in languages}
        pages = {one: writer.write(account.channel.profile_parts) for one, writer in writers.items()}
        beside = _needs_terms_page(account)
        terms = {one: writer.terms_page() for one, writer in writers.items()} if beside else {}
        address = house.settings.department.terms_of_use
    if as_json:
        print_json(_profile_document(account, pages, terms, address))
    else:
        _show_profile(account, pages, terms, address)
    raise typer.Exit(0 if all(one.fits for page in pages.values() for one in page) else _DOES_NOT_FIT)


def _languages(given: str | None, known: tuple[str, ...]) -> tuple[str, ...]:
    if given is None:
        return known
    if given not in known:
        raise WrongUsage(f'"{given}" is not a language of department.toml; choose from {", ".join(known)}')
    return (given,)


def _writer(house: House, account: Account, language: str) -> ProfileWriter:
    return ProfileWriter(house.settings.department, house.renderer, language, account.settings.audience)


def _has_room(account: Account) -> bool:
    return any(part.holds == "terms" for part in account.channel.profile_parts)


def _needs_terms_page(account: Account) -> bool:
    channel = account.channel
    return bool(channel.profile_parts) and channel.visitors_comment and not _has_room(account)


def _profile_document(
    account: Account, pages: Mapping[str, tuple[Written, ...]], terms: Mapping[str, str], address: str | None
) -> dict[str, Any]:
    return {
        "name": account.name,
        "type": account.type,
        "terms_of_use": address,
        "pages": [
            {"language": one, "parts": [_part_document(part) for part in page], "terms_page": terms.get(one)}
            for one, page in pages.items()
        ],
    }


def _part_document(written: Written) -> dict[str, Any]:
    limit = _tightest(written)
    return {
        "part": written.part.name,
        "holds": written.part.holds,
        "text": written.text,
        "length": length(written.text, limit.unit if limit else "characters"),
        "limit": limit_for(written.text, limit) if limit else None,
        "unit": limit.unit if limit else "characters",
        "fits": written.fits,
        "dropped": list(written.dropped),
    }


def _tightest(written: Written) -> Limit | None:
    limits = written.part.limits
    return max(limits, key=lambda one: length(written.text, one.unit) / one.amount) if limits else None


def _show_profile(
    account: Account, pages: Mapping[str, tuple[Written, ...]], terms: Mapping[str, str], address: str | None
) -> None:
    if not account.channel.profile_parts:
        note(f"{account.name} has no profile that a person writes: there is nothing to put anywhere.")
        return
    for language, page in pages.items():
        for one in page:
            _show_part(f"{account.name}, {one.part.name}, in {_LANGUAGES[language]}", one)
        if language in terms:
            where = address or "a page of the department's website"
            _heading(f"terms of use, in {_LANGUAGES[language]}: for {where}")
            typer.echo(f"{terms[language]}\n")
    if terms and address is None:
        said = "put the terms on the department's website, and its address into department.toml as terms_of_use"
        note(f"The profile has no room for the terms of use: {said}.", "yellow")


def _show_part(title: str, one: Written) -> None:
    told = _part_document(one)
    room = f" of {told['limit']}" if told["limit"] else ""
    left_out = f"; left out: {', '.join(words.strip(' ()') for words in one.dropped)}" if one.dropped else ""
    _heading(f"{title}: {told['length']}{room} characters{left_out}")
    typer.echo(f"{one.text}\n")
    if not one.fits:
        note(f"This does not fit {one.part.name}: shorten it by hand, or in a template of your own.", "red")


def _heading(words: str) -> None:
    # On stdout, with the texts: in a file they must be told apart. The texts stay unwrapped, for they are to be pasted.
    typer.echo(typer.style(f"── {words}", fg="cyan") if coloured() else f"── {words}")


# --- audit ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Lacking:
    """What the order asks and a channel does not have, and the words that would mend it."""

    clause: str
    asks: str
    why: str
    add: str


@dataclass(frozen=True)
class Audited:
    """What an audit found of one channel. url: where people see its page. parts: what was read there."""

    channel: str
    type: str
    live: bool
    state: State
    reason: str | None
    url: str | None
    parts: Mapping[str, str]
    lacks: tuple[Lacking, ...]


def audit(
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Read each channel's live page, and say what the order asks of it and it lacks; nothing is published."""
    audited: list[Audited] = []
    with open_house(config) as house:
        for account in house.accounts.values():
            audited.append(_audited(house, account))
            if not as_json:
                _show(audited[-1])
    if as_json:
        print_json([asdict(one) for one in audited])
    failed = any(one.state == "failed" for one in audited)
    raise typer.Exit(_NOT_READ if failed else _MEND if any(one.lacks for one in audited) else 0)


def _audited(house: House, account: Account) -> Audited:
    trouble = account.approval_trouble
    lacks = [Lacking("2.b.1", "the approval of the chief or a designee", *_apart(trouble))] if trouble else []
    state, reason, read = _read(account)
    if read is not None:
        lacks += _lacks(house, account, read)
    state = "lacks" if lacks and state != "failed" else state
    url, parts = (read.url, read.parts) if read else (None, {})
    return Audited(account.name, account.type, account.live, state, reason, url, parts, tuple(lacks))


def _apart(trouble: str) -> tuple[str, str]:
    why, _, mend = trouble.partition(": ")
    return why, mend


def _read(account: Account) -> tuple[State, str | None, Profile | None]:
    if account.missing:
        return "failed", f"{'; '.join(account.missing)}: set it, then it can be read", None
    found = account.channel.profile()
    if isinstance(found, Profile):
        return "ok", None, found
    if isinstance(found, CannotTell):
        return "unread", found.reason, None
    return "failed", with_remedy(account, found), None


def _lacks(house: House, account: Account, read: Profile) -> Iterator[Lacking]:
    department = house.settings.department
    names = {part.name for part in account.channel.profile_parts if part.holds == "name"}
    page = Page(
        words="\n".join(text for part, text in read.parts.items() if part not in names),
        name="\n".join(text for part, text in read.parts.items() if part in names),
        room=_has_room(account),
        visitors_comment=account.channel.visitors_comment,
    )
    writer = _writer(house, account, department.languages[0])
    for lack in lacking(page, department):
        yield Lacking(lack.clause, lack.asks, lack.why, words_to_add(lack, page, department, writer))


def _show(one: Audited) -> None:
    mark, colour = _MARKS[one.state]
    said = {
        "ok": "its page says what the order asks",
        "lacks": f"lacks {_things(len(one.lacks))} that the order asks",
        "unread": f"cannot be read: {one.reason}",
        "failed": f"was not read: {one.reason}",
    }[one.state]
    note(f"{mark} {one.channel:<14} {said}{f'  {one.url}' if one.url else ''}", colour)
    if one.state == "lacks" and one.reason:
        note(f"    its page cannot be read: {one.reason}")
    for add, lacks in groupby(one.lacks, key=lambda lack: lack.add):
        for lack in lacks:
            note(_wrapped(f"{lack.clause:<8}", lack.why))
        note(_wrapped("   add: ", add, green=True))
    if one.parts and one.lacks:
        note(_wrapped("   all: ", f"notify channels profile {one.channel}  writes the whole, fitted to its places"))


def _things(number: int) -> str:
    return "one thing" if number == 1 else f"{number} things"


def _wrapped(first: str, words: str, *, green: bool = False) -> str:
    """Put words into a column of their own, as wide as the terminal lets it be."""
    width = max(40, min(120, shutil.get_terminal_size().columns))
    start, after = f"    {first} ", " " * (len(first) + 5)
    lines = [line for part in words.split("\n") for line in _lines(part, width - len(after))]
    shown = f"\n{after}".join(lines).rstrip()
    return start + (typer.style(shown, fg="green") if green and coloured() else shown)


def _lines(words: str, width: int) -> list[str]:
    # An address that is broken cannot be copied.
    return textwrap.wrap(words, width, break_long_words=False, break_on_hyphens=False) or [""]
