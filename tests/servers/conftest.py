"""Fixtures that are real servers; only `make test-servers`, or pytest with --servers, runs what asks for one."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.servers.arrivals import Arrivals
from tests.servers.bluesky_pds import Account, BlueskyPds
from tests.servers.mail import Mailbox, MailServer
from tests.servers.mastodon import Instance, MastodonMock
from tests.servers.mediawiki import MediaWiki, Wiki
from tests.servers.mosquitto import Broker, Mosquitto
from tests.servers.server import Server
from tests.servers.synapse import Room, Synapse
from tests.servers.wordpress import Blog, WordPress

SERVERS: dict[str, type[Server[Any]]] = {
    server.name: server for server in (Synapse, Mosquitto, MailServer, MediaWiki, BlueskyPds, WordPress, MastodonMock)
}
"""Each by the name of its fixture."""

_HERE = Path(__file__).parent
_arrivals = pytest.StashKey[Arrivals]()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what is here, and leave it out of a run that did not ask for servers."""
    here = [item for item in items if item.path.is_relative_to(_HERE)]
    for item in here:
        item.add_marker(pytest.mark.servers)
    if not config.getoption("servers"):
        config.hook.pytest_deselected(items=here)
        items[:] = [item for item in items if item not in here]


def pytest_collection_finish(session: pytest.Session) -> None:
    """Begin to install, side by side, what the chosen tests will ask for."""
    if session.config.getoption("servers") and not session.config.getoption("collectonly"):
        asked = {name for item in session.items for name in getattr(item, "fixturenames", ())}
        _of(session.config).send_for(server for name, server in SERVERS.items() if name in asked)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say which servers there were, and what could not be had."""
    if config.getoption("servers"):
        terminalreporter.section("real servers")
        for line in sorted(_of(config).lines):
            terminalreporter.write_line(line)


def _of(config: pytest.Config) -> Arrivals:
    if _arrivals not in config.stash:
        # Duplicated while nothing is captured: installations end while tests run, and their lines must be seen then.
        terminal = os.dup(1)
        config.add_cleanup(lambda: os.close(terminal))
        config.stash[_arrivals] = Arrivals(lambda line: _write(terminal, line))
    return config.stash[_arrivals]


def _write(terminal: int, line: str) -> None:
    with contextlib.suppress(OSError):  # the run is over before an installation was
        os.write(terminal, f"\n{line}\n".encode())


@pytest.fixture(scope="session")
def arrivals(request: pytest.FixtureRequest) -> Arrivals:
    """The servers of this session: `arrivals.running(Synapse(strict_rates=True))` is one of your own."""
    return _of(request.config)


@pytest.fixture(scope="session")
def synapse(arrivals: Arrivals) -> Iterator[Room]:
    """A room on a Matrix homeserver."""
    yield from arrivals.running(Synapse())


@pytest.fixture(scope="session")
def mosquitto(arrivals: Arrivals) -> Iterator[Broker]:
    """An MQTT broker."""
    yield from arrivals.running(Mosquitto())


@pytest.fixture(scope="session")
def mail_server(arrivals: Arrivals) -> Iterator[Mailbox]:
    """A mail server, and what it has taken."""
    yield from arrivals.running(MailServer())


@pytest.fixture(scope="session")
def mediawiki(arrivals: Arrivals) -> Iterator[Wiki]:
    """A wiki."""
    yield from arrivals.running(MediaWiki())


@pytest.fixture(scope="session")
def bluesky_pds(arrivals: Arrivals) -> Iterator[Account]:
    """An account on a Bluesky PDS."""
    yield from arrivals.running(BlueskyPds())


@pytest.fixture(scope="session")
def wordpress(arrivals: Arrivals) -> Iterator[Blog]:
    """A blog."""
    yield from arrivals.running(WordPress())


@pytest.fixture(scope="session")
def mastodon(arrivals: Arrivals) -> Iterator[Instance]:
    """An account on a server that speaks Mastodon's API."""
    yield from arrivals.running(MastodonMock())
