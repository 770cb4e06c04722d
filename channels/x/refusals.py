"""What X's refusals mean (problem documents: docs.x.com, response codes and errors)."""

from collections.abc import Iterable

from pydantic import SecretStr

from notifier.channel import AuthFailed, Outcome, Rejected, Unknown
from notifier.http_client import HttpClient, Reply, service_words

_DEAD_CREDENTIALS = ("client-forbidden", "oauth1-permissions", "unsupported-authentication")


def is_duplicate(reply: Reply) -> bool:
    """Whether X refuses a text because the account shows it already."""
    return reply.status == 403 and "duplicate" in str(reply.json().get("detail")).lower()


def words_of(reply: Reply, keys: Iterable[SecretStr]) -> str:
    """Quote X's own reason, without our keys; empty where it gives none."""
    told = reply.json()
    errors = told.get("errors")
    first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
    return service_words(first.get("message") or first.get("detail") or told.get("detail") or told.get("title"), *keys)


def may_not_reply(reply: Reply) -> bool:
    """Whether X refuses an answer to a post, which it lets accounts of the self-serve tier give only if asked."""
    return reply.status == 403 and "reply" in str(reply.json().get("detail")).lower()


def refusal(reply: Reply, http: HttpClient, keys: Iterable[SecretStr]) -> Outcome:
    """Say what an answer that is not a yes means for a post."""
    problem, says = str(reply.json().get("type")), words_of(reply, keys)
    words = f": {says}" if says else ""
    if reply.status == 402 or problem.endswith("usage-capped"):
        # Comes as 429 as well, but no waiting cures it.
        return AuthFailed(f"the posts that are paid for are used up; buy credits in X's developer portal{words}")
    if reply.status == 403 and problem.endswith(_DEAD_CREDENTIALS):
        return AuthFailed(f"these keys may not post; correct the app's permissions in X's developer portal{words}")
    if may_not_reply(reply):
        return Rejected(f"X lets this account answer no post; set threads = false in channels.toml{words}")
    if reply.status == 503 and reply.publishes:
        return Unknown(f"X failed (503); it may have published{words}")
    return http.classify(reply, says=says)
