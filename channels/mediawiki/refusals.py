"""What the wiki's refusals mean (mediawiki.org: API:Errors and warnings); most of them come with HTTP 200."""

from collections.abc import Iterable

from pydantic import SecretStr

from notifier.channel import AuthFailed, Outcome, Rejected, Retry, Unknown
from notifier.http_client import HttpClient, Reply, retry_time, service_words

SESSION_ENDED = frozenset(
    {"assertuserfailed", "assertbotfailed", "badtoken", "mustbeloggedin", "notloggedin", "notoken"}
)
"""The session is over, or its token: both are made anew."""
GONE = frozenset({"missingtitle", "nosuchpageid", "filedelete-missing", "cantdelete-missing"})
"""There is no such page."""

_LATER = frozenset({"maxlag", "ratelimited", "readonly", "actionthrottledtext", "login-throttled"})
_NO_ACCOUNT = frozenset({"autoblocked", "blocked", "noapiwrite", "readapidenied", "systemblocked", "writeapidenied"})
_NO_RIGHT = frozenset(
    {"cantcreate", "cantcreate-anon", "noedit", "noedit-anon", "nocreate-loggedin", "permissiondenied"}
)
_PROTECTED = frozenset({"cascadeprotected", "protectednamespace", "protectedpage", "protectedtitle", "invalidtitle"})
_UPLOADS_ARE_OFF = frozenset({"uploaddisabled", "copyuploaddisabled"})
_FAILED = ("internal_api_error", "backend-fail", "stashfailed", "uploadstash", "unknownerror")
_MEANINGS: tuple[tuple[frozenset[str], type[AuthFailed | Rejected | Retry], str], ...] = (
    (SESSION_ENDED, Retry, "the wiki's session has ended; it signs in anew"),
    (_LATER, Retry, "the wiki asks to come back later"),
    (_NO_ACCOUNT, AuthFailed, "the wiki lets this account do nothing; ask its administrators"),
    (_NO_RIGHT, AuthFailed, "the account lacks a right; grant it to the bot password at Special:BotPasswords"),
    (_PROTECTED, Rejected, "the wiki does not let this page be written; correct `title` in channels.toml"),
    (_UPLOADS_ARE_OFF, Rejected, "the wiki takes no pictures; enable its uploads, or set pictures = false"),
)


def code_of(reply: Reply) -> str:
    """Read the code of an answer's first error; empty where it has none."""
    errors = reply.json().get("errors")
    first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
    return str(first.get("code") or "")


def words_of(reply: Reply, secrets: Iterable[SecretStr | str | None]) -> str:
    """Quote the first error's own words, without our secrets."""
    errors = reply.json().get("errors")
    first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
    return service_words(first.get("text"), *secrets)


def refusal(reply: Reply, http: HttpClient, secrets: Iterable[SecretStr | str | None]) -> Outcome | None:
    """Say what an error means; None where the answer is a yes."""
    secrets = tuple(secrets)
    code, says = code_of(reply), words_of(reply, secrets)
    if not code:
        return None if reply.ok else http.classify(reply, says=says)
    named = f" ({service_words(code, *secrets)[:60]}){f': {says}' if says else ''}"
    for codes, outcome, sentence in _MEANINGS:
        if code in codes:
            if outcome is Retry:
                return Retry(f"{sentence}{named}", retry_time(reply, http.clock()))
            return outcome(f"{sentence}{named}")
    if code.startswith(_FAILED) or reply.status >= 500:
        failed = f"the wiki failed{'; it may have acted' if reply.publishes else ''}{named}"
        return Unknown(failed) if reply.publishes else Retry(failed)
    if reply.status in (401, 425, 429):
        return http.classify(reply, says=says)
    return Rejected(f"the wiki refuses it{named}")
