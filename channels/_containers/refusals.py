"""What the Graph API's refusals mean for a container (error codes of Threads and Instagram)."""

from collections.abc import Collection
from typing import Any, Final

from notifier.channel import AuthFailed, Outcome, Retry, Unknown
from notifier.http_client import HttpClient, Reply, retry_time, service_words

_DEAD: Final = (102, 104, 190)
_FORBIDDEN: Final = (3, 10, *range(200, 300))
_SLOW_DOWN: Final = (4, 9, 17, 32, 341, 613, 80002, 80016)
"""9 with a subcode of its own: the day's posts are used up."""
_NOT_YET: Final = (9007,)
_NOBODY_KNOWS: Final = (-2, -1, 1, 2)
_MADE_ANEW: Final = (2207008, 2207020, 2207032)
"""Subcodes: the container is not known any more, or could not be made."""


def refusal(reply: Reply, http: HttpClient, network: str, secrets: Collection[str]) -> Outcome:
    """Say what an answer that is not a yes means."""
    told = reply.json().get("error")
    error: dict[str, Any] = told if isinstance(told, dict) else {}
    says = service_words(error.get("error_user_msg") or error.get("message"), *secrets)
    words = f": {says}" if says else ""
    code = error["code"] if isinstance(error.get("code"), int) else 0
    if code in _DEAD:
        return AuthFailed(f"{network} refuses the access token; make a new one (code {code}){words}")
    if code in _FORBIDDEN:
        return AuthFailed(f"the token lacks a permission to publish (code {code}){words}")
    if code == 368:
        return AuthFailed(f"{network} has blocked the account for now; look at its status (code 368){words}")
    if code in _NOT_YET or error.get("error_subcode") in _MADE_ANEW:
        return Retry(f"{network} cannot publish what was uploaded yet (code {code}){words}")
    if code in _SLOW_DOWN:
        return Retry(f"{network} asks to slow down (code {code}){words}", retry_time(reply, http.clock()))
    if (code in _NOBODY_KNOWS or error.get("is_transient") is True or reply.status == 503) and reply.publishes:
        return Unknown(f"{network} failed ({reply.status}); it may have published{words}")
    return http.classify(reply, says=says)


def before_publishing(outcome: Outcome) -> Outcome:
    """Say what a failure means where nothing can have been published: whatever nobody knows is tried again."""
    return Retry(outcome.reason) if isinstance(outcome, Unknown) else outcome
