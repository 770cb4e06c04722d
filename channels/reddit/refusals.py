"""What Reddit's refusals mean; those of a submission come with HTTP 200, as [CODE, words, field]."""

import re
from datetime import timedelta

from notifier.channel import AuthFailed, Outcome, Rejected, Retry, Unknown
from notifier.http_client import LONGEST_WAIT, HttpClient, Reply, service_words

_ACCOUNT = (
    "BAD_CAPTCHA",
    "USER_REQUIRED",
    "USER_BLOCKED",
    "VERIFIED_EMAIL_REQUIRED",
    "QUARANTINE_REQUIRES_VERIFICATION",
)
_MEANINGS = {
    "SUBREDDIT_NOEXIST": "there is no such subreddit; correct it in channels.toml",
    "SUBREDDIT_NOTALLOWED": "the account may not post in this subreddit; ask its moderators",
    "TOO_LONG": "it is too long for Reddit",
    "NO_SELFS": "the subreddit takes links alone; set links = true",
    "NO_LINKS": "the subreddit takes texts alone; set links = false",
    "SUBMIT_VALIDATION_FLAIR_REQUIRED": "the subreddit wants a flair; set flair_id",
    "DELETED_COMMENT": "the post that it answers is gone",
    "DELETED_LINK": "the post that it answers is gone",
    "THREAD_LOCKED": "the post that it answers is locked",
    "NOT_AUTHOR": "the post is not the account's own, or no text",
}
_UNITS = {"millisecond": 0.001, "second": 1, "minute": 60, "hour": 3600, "day": 86_400}


def error_of(reply: Reply) -> tuple[str, str]:
    """Read code and words of the first error; both empty where there is none."""
    told = reply.json().get("json")
    errors = told.get("errors") if isinstance(told, dict) else None
    first = errors[0] if isinstance(errors, list) and errors else None
    if not isinstance(first, list) or not first or not isinstance(first[0], str):
        return "", ""
    return first[0], first[1] if len(first) > 1 and isinstance(first[1], str) else ""


def refusal(reply: Reply, http: HttpClient, secrets: tuple[str, ...]) -> Outcome | None:
    """Say what an answer means that is not a yes; None where it is one."""
    if not reply.ok:
        says = service_words(reply.json().get("message"), *secrets)
        if reply.status == 403:
            return AuthFailed(f"Reddit lets this account or app do nothing here (403){f': {says}' if says else ''}")
        if reply.status == 503 and reply.publishes:
            return Unknown("Reddit failed (503); it may have published")
        return http.classify(reply, says=says)
    code, told = error_of(reply)
    if not code:
        return None
    says, shown = service_words(told, *secrets), service_words(code, *secrets)[:60]
    words = f" ({shown}){f': {says}' if says else ''}"
    if code == "RATELIMIT":
        return Retry(f"Reddit asks to take a break{words}", http.clock() + _break(reply, told))
    if code in _ACCOUNT:
        return AuthFailed(f"Reddit wants the account's owner: log in there and do what it asks{words}")
    return Rejected(f"{_MEANINGS.get(code, 'Reddit refuses it')}{words}")


def _break(reply: Reply, words: str) -> timedelta:
    """Read how long: in words, "Take a break for 9 minutes", or in seconds beside them."""
    found = re.search(r"(\d{1,6}) (millisecond|second|minute|hour|day)s?\b", words)
    told = reply.json().get("json")
    seconds = told.get("ratelimit") if isinstance(told, dict) else None
    given = float(seconds) if isinstance(seconds, int | float) and 0 < seconds < 10**6 else 0.0
    named = int(found[1]) * _UNITS[found[2]] if found else 0.0
    # "9 minutes" may be a little more or less; the longer of the two is safe.
    return min(timedelta(seconds=max(given, named, 1.0)), LONGEST_WAIT) if given or named else timedelta(minutes=10)
