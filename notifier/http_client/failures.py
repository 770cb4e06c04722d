"""What a failure of the wire means: whether the request can have left.

Imported with the first request, for it imports requests.
"""

import socket
import ssl

import requests
from urllib3.exceptions import ClosedPoolError, ConnectTimeoutError, LocationParseError, NewConnectionError

from notifier.http_client.words import host_of
from notifier.outcome import Outcome, Rejected, Retry, Unknown

# urllib3's NewConnectionError, which stands for every failure to connect, is a ConnectTimeoutError.
_BEFORE_THE_FIRST_BYTE = (ConnectTimeoutError, ClosedPoolError, requests.exceptions.ConnectTimeout)


def cannot_ask(url: str) -> Outcome:
    """Say that no request can be made for an address or the settings that go with it."""
    return Rejected(f"no request can be made to {host_of(url)}; correct its settings in channels.toml")


def lost(what: str, *, publishes: bool) -> Outcome:
    """Say that an answer is lost: unknown where the request may have published."""
    return Unknown(f"{what}; it may have published") if publishes else Retry(what)


def wire_failure(failure: Exception, url: str, *, publishes: bool) -> Outcome:
    """Say what a failure means: retry where nothing can have been sent, else the answer is lost."""
    host = host_of(url)
    causes = _causes(failure)
    if any(isinstance(cause, _BEFORE_THE_FIRST_BYTE) for cause in causes):
        return _never_connected(causes, url)
    if isinstance(failure, requests.exceptions.InvalidURL):
        return cannot_ask(url)
    if isinstance(failure, requests.exceptions.Timeout):
        return lost(f"{host} did not answer in time", publishes=publishes)
    return lost(f"the connection to {host} was cut before its answer", publishes=publishes)


def _never_connected(causes: list[BaseException], url: str) -> Outcome:
    host = host_of(url)

    def any_of(*kinds: type[BaseException]) -> bool:
        return any(isinstance(cause, kinds) for cause in causes)

    if any_of(LocationParseError):
        return cannot_ask(url)
    if any_of(socket.gaierror):
        return Retry(f"the name {host} could not be looked up; check the network")
    if any_of(ConnectionRefusedError):
        return Retry(f"{host} refused the connection")
    if any_of(ssl.SSLError, ssl.CertificateError):
        return Retry(f"no secure connection to {host} could be made; check its certificate and this machine's clock")
    timed_out = any_of(TimeoutError) or not any_of(NewConnectionError, ClosedPoolError)
    return Retry(f"{host} did not take the connection in time" if timed_out else f"{host} could not be reached")


def _causes(failure: BaseException) -> list[BaseException]:
    """Every exception inside a failure: its causes, its arguments, and urllib3's `reason`."""
    found: list[BaseException] = []
    waiting: list[object] = [failure]
    while waiting and len(found) < 20:
        current = waiting.pop()
        if not isinstance(current, BaseException) or current in found:
            continue
        found.append(current)
        waiting += [*current.args, current.__cause__, current.__context__, getattr(current, "reason", None)]
    return found
