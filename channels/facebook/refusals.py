"""What Graph's error codes mean (Meta's error-handling guide): HTTP says 400 for nearly all of them."""

import json
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from channels.facebook.page import Page
from notifier.channel import AuthFailed, Outcome, Rejected, Retry, Unknown
from notifier.http_client import Reply, retry_time, service_words

_SLOW_DOWN = (4, 17, 32, 341, 613, 80001)
_NOBODY_KNOWS = (-2, -1, 1, 2)
_DUPLICATE = 506
_MEANINGS: tuple[tuple[Collection[int], type[AuthFailed | Rejected | Unknown], str], ...] = (
    ((102, 104, 190), AuthFailed, "Facebook refuses the access token; make a new one"),
    ((3, 10, *range(200, 300)), AuthFailed, "the token lacks a permission; make one with pages_manage_posts"),
    ((368,), AuthFailed, "Facebook has blocked the Page for now; look at its Page quality"),
    ((_DUPLICATE,), Unknown, "Facebook says that the last post has this very text; it may be this one"),
    ((1609005,), Rejected, "Facebook cannot read the linked page; correct the link or leave it out"),
)


def is_not_there(reply: Reply) -> bool:
    """Whether Graph finds no such object; it says the same of one that the token may not see."""
    error = _error(reply)
    return error.get("code") == 100 and error.get("error_subcode") == 33


def refusal(page: Page, reply: Reply, *, first: bool = False) -> Outcome:
    """Say what an answer that is not a yes means; first: no attempt came before, so that no duplicate can be ours."""
    error = _error(reply)
    says = service_words(error.get("error_user_msg") or error.get("message"), *page.secrets())
    words = f": {says}" if says else ""
    given = error.get("code")
    code = given if isinstance(given, int) else 0
    if code == _DUPLICATE and first:
        return Rejected(f"the Page's last post has this very text; change a word, publish again (code {code}){words}")
    for codes, outcome, sentence in _MEANINGS:
        if code in codes:
            return outcome(f"{sentence} (code {code}){words}")
    if code in _SLOW_DOWN:
        return Retry(f"Facebook asks to slow down (code {code}){words}", _regained(reply, page.http.clock()))
    failed = code in _NOBODY_KNOWS or error.get("is_transient") is True or reply.status == 503
    if failed and reply.publishes:
        return Unknown(f"Facebook failed ({reply.status}); it may have published{words}")
    return page.http.classify(reply, says=says)


def _error(reply: Reply) -> Mapping[str, Any]:
    told = reply.json().get("error")
    return told if isinstance(told, dict) else {}


def _regained(reply: Reply, now: datetime) -> datetime | None:
    """Read the longest wait that Facebook names: in Retry-After, or in minutes in the usage header."""
    named = retry_time(reply, now)
    try:
        usage = json.loads(reply.headers.get("X-Business-Use-Case-Usage", ""))
        waits = [limit["estimated_time_to_regain_access"] for limits in usage.values() for limit in limits]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return named
    minutes = max((wait for wait in waits if isinstance(wait, int)), default=0)
    regained = now + timedelta(minutes=min(minutes, 24 * 60)) if minutes > 0 else None
    return max(filter(None, (named, regained)), default=None)
