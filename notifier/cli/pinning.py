"""A person's pin: asked for where nobody sees it, checked, and made into the hash that department.toml keeps."""

import getpass
import os
import sys

import typer

from notifier.cli.session import AsJson, note, print_json
from notifier.errors import WrongUsage
from notifier.policy.pins import SHORTEST_PIN, hash_of, is_pin
from notifier.settings import TeamMember
from notifier.store import Actor, Store

VARIABLE = "NOTIFY_PIN"


def prove(store: Store, notification: str, actor: Actor, member: TeamMember, *, may_ask: bool) -> bool:
    """Have a member prove with their pin who they are; False where they have none. WrongUsage: it is wrong or missing.

    may_ask: whether it may be asked for at the terminal, where $NOTIFY_PIN does not say it.
    """
    if member.pin is None:
        return False
    hashed, given = member.pin, _given(f"Pin of {member.user}: ", may_ask=may_ask)
    if not given:
        raise WrongUsage(f"the pin of {member.user} is needed: type it at a terminal, or set {VARIABLE}")
    store.approvals.prove(notification, actor, lambda: is_pin(given, hashed))
    return True


def _given(question: str, *, may_ask: bool) -> str:
    # Of this process's own environment alone: in a file, as .env, a pin would prove nothing.
    given = os.environ.get(VARIABLE, "")
    if given or not may_ask or not sys.stdin.isatty():
        return given
    return getpass.getpass(question, stream=sys.stderr)


def pin(
    as_json: AsJson = False,
) -> None:
    """Make the hash of a pin, for `pin` of [[team]] in department.toml; the pin is asked for twice and kept nowhere."""
    first = _given("New pin: ", may_ask=not as_json)
    if len(first) < SHORTEST_PIN:
        said = (
            f"is shorter than {SHORTEST_PIN} characters"
            if first
            else f"is missing; type it at a terminal, or set {VARIABLE}"
        )
        raise WrongUsage(f"the pin {said}")
    if _given("The same again: ", may_ask=not as_json) != first:
        raise WrongUsage("the two pins are not the same; nothing was made")
    hashed = hash_of(first)
    if as_json:
        print_json({"pin": hashed})
    else:
        note("notify: write this into department.toml, under the user's role:", "green")
        typer.echo(f'pin = "{hashed}"')
