"""How Graph answers and what it reads, whatever the object: errors, usage, token, parameters.

Shapes: the Graph API's error-handling, secure-requests and rate-limit guides.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from notifier.practice.exchange import Answer, Refused, Request, json_answer, new_token, same
from notifier.practice.rates import Spent

PAGE_TOKEN: Final = "practice-page-token"  # noqa: S105 - opens nothing but this server
APP_ID: Final = "200000000000003"
APP_SECRET: Final = "practice-app-secret"  # noqa: S105 - as above
MOST_CHARACTERS: Final = 63_206
CREDENTIAL_FIELDS: Final = frozenset({"access_token", "appsecret_proof"})


def error(
    code: int, message: str, *, status: int = 400, details: Mapping[str, object] | None = None, **more: object
) -> Answer:
    """Answer with Graph's error object."""
    told = {
        "message": message,
        "type": "OAuthException",
        "code": code,
        **(details or {}),
        **more,
        "fbtrace_id": f"A{new_token()}",
    }
    return json_answer({"error": told}, status)


def refused(code: int, message: str) -> Refused:
    """Make the exception that answers with an error object."""
    return Refused(400, message, error(code, message))


def failure(status: int, sentence: str) -> Answer:
    """Answer with an error object: code 190 for a dead token, 4 for too many calls, 2 where a service is down."""
    if status == 401:
        return error(190, "Error validating access token: the session has been invalidated.", error_subcode=460)
    code = {404: 2500, 429: 4}.get(status, 2 if status >= 500 else 100)
    return error(code, sentence, status=status, is_transient=status >= 500)


def with_usage(answer: Answer, spent: Spent | None) -> Answer:
    """Tell how much of the hour's calls is used, in percent, as X-App-Usage does."""
    percent = 0 if spent is None else 100 - spent.remaining * 100 // spent.limit
    usage = json.dumps({"call_count": percent, "total_cputime": 0, "total_time": 0})
    return answer.with_headers({"X-App-Usage": usage})


# --- what is given ----------------------------------------------------------------------------------------------------


def parameters(request: Request) -> dict[str, str]:
    """Read query and form, of either kind, together, as Graph does; a name given twice is refused."""
    given: dict[str, str] = {}
    for name, value in [*request.parameters(), *request.fields()[0]]:
        if name in given:
            raise refused(100, f"(#100) Param {name[:60]} must not be given twice")
        given[name] = value
    return given


def token_of(request: Request, given: Mapping[str, str]) -> str:
    """Find the token: a parameter, or a header."""
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    return given.get("access_token") or (bearer.strip() if scheme.lower() in ("bearer", "oauth") else "")


def token_problem(request: Request, given: Mapping[str, str], *right: str) -> Answer | None:
    """Check the token, and its proof where one is given; the refusal, or None.

    right: the tokens that are; without any, the Page's.
    """
    token = token_of(request, given)
    if not token:
        return error(104, "An access token is required to request this resource.", status=401)
    if not any(same(token, known) for known in right or (PAGE_TOKEN,)):
        return error(190, "Invalid OAuth access token - Cannot parse access token", status=401)
    proof = hmac.new(APP_SECRET.encode(), token.encode(), hashlib.sha256).hexdigest()
    if "appsecret_proof" in given and not same(given["appsecret_proof"], proof):
        return error(100, "Invalid appsecret_proof provided in the API argument", type="GraphMethodException")
    return None


def only(given: Mapping[str, str], *known: str) -> None:
    """Refuse a parameter that the request does not have."""
    for name in given:
        if name not in known:
            raise refused(100, f"(#100) Param {name[:60]} is not a known parameter of this request")


def web_address(given: Mapping[str, str], name: str) -> str:
    """Read an address that the network would fetch from, which must be there and of the web."""
    value = given.get(name, "")
    if not re.fullmatch(r"https?://[^\s/]+\S*", value):
        raise refused(100, f"(#100) Param {name} must be a URL that starts with http:// or https://")
    return value


def token_json(expires: str) -> dict[str, object]:
    """Tell of the Page's token, as debug_token does; expires: seconds since 1970, or empty for never."""
    return {
        "app_id": APP_ID,
        "type": "PAGE",
        "application": "Notifier",
        "data_access_expires_at": 0,
        "expires_at": int(expires) if expires.isascii() and expires.isdigit() else 0,
        "is_valid": True,
        "scopes": ["pages_show_list", "pages_read_engagement", "pages_manage_posts"],
    }


def check_message(message: str, link: str, *, attached: bool = False) -> None:
    """Refuse a post that is empty or too long, or whose link is none."""
    if not message.strip() and not link and not attached:
        raise refused(100, "(#100) Missing message or attachment")
    if len(message) > MOST_CHARACTERS:
        raise refused(100, f"(#100) Param message must be at most {MOST_CHARACTERS} characters long")
    if link and not re.fullmatch(r"https?://[^\s/]+\S*", link):
        raise refused(100, "(#100) Param link must be a valid URL")


def boolean(given: Mapping[str, str], name: str) -> bool:
    """Read a boolean; true when it is not given."""
    value = given.get(name, "true").lower()
    if value not in ("true", "false", "1", "0"):
        raise refused(100, f"(#100) Param {name} must be a boolean")
    return value in ("true", "1")


def wanted(given: Mapping[str, str], default: tuple[str, ...], known: tuple[str, ...]) -> tuple[str, ...]:
    """Read `fields`."""
    if "fields" not in given:
        return default
    asked = tuple(name.strip() for name in given["fields"].split(","))
    for name in asked:
        if name not in known:
            raise refused(100, f"(#100) Tried accessing nonexisting field ({name[:60]})")
    return asked


def moment(given: Mapping[str, str], name: str) -> datetime | None:
    """Read seconds since 1970, or ISO 8601."""
    value = given.get(name)
    if value is None:
        return None
    try:
        if value.isascii() and value.isdigit() and len(value) <= 11:
            return datetime.fromtimestamp(int(value), UTC)
        when = datetime.fromisoformat(value)
    except ValueError:
        raise refused(100, f"(#100) Param {name} must be a valid time") from None
    return when if when.tzinfo else when.replace(tzinfo=UTC)
