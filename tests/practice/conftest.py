"""A practice server on a free port, and what a client of it needs."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
import requests

from notifier.practice.server import PracticeServer


class Hands:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        """Tell the time."""
        return self.now

    def pass_by(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def hands() -> Hands:
    """A clock that begins at the real time and then stands."""
    return Hands()


@pytest.fixture
def server(hands: Hands) -> Iterator[PracticeServer]:
    """A running practice server."""
    with PracticeServer(clock=hands) as running:
        yield running


@pytest.fixture
def http() -> Iterator[requests.Session]:
    """A client that no proxy of the environment touches."""
    with requests.Session() as session:
        session.trust_env = False
        yield session


@pytest.fixture
def faults(server: PracticeServer, http: requests.Session) -> Callable[..., None]:
    """Ask the server for faults: each rule as keywords of one call, or several as dicts."""

    def ask(*rules: dict[str, object]) -> None:
        answer = http.post(f"{server.url}/practice/faults", json={"fault": list(rules)}, timeout=5)
        assert answer.status_code == 200, answer.text

    return ask
