"""What the Data API's refusals mean: the reason in its error object, else the status (reference: Errors)."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from channels.youtube.account import Account
from notifier.channel import AuthFailed, Outcome, Rejected, Retry
from notifier.http_client import Reply, service_words

_A_DAY = timedelta(days=1)
_DEAD: Mapping[str, str] = {
    "youtubeSignupRequired": "the Google account has no YouTube channel; make one",
    "accessNotConfigured": "the project may not use the YouTube Data API; switch it on in Google's console",
    "insufficientPermissions": "the consent does not cover uploading; sign the channel's owner in anew",
    "forbidden": "the account may not do this; look at the channel's status at YouTube",
    "channelSuspended": "YouTube has suspended the channel",
    "channelClosed": "the channel is closed",
    "authenticatedUserAccountClosed": "the account is closed",
    "authenticatedUserAccountSuspended": "YouTube has suspended the account",
}


def reason_of(reply: Reply) -> str:
    """Read the reason of a refusal; empty where it gives none."""
    listed = _error(reply).get("errors")
    first = listed[0] if isinstance(listed, list) and listed and isinstance(listed[0], dict) else {}
    reason = first.get("reason")
    return reason if isinstance(reason, str) else ""


def refusal(account: Account, reply: Reply) -> Outcome:
    """Say what an answer means that is no yes."""
    reason, says = reason_of(reply), service_words(_error(reply).get("message"), *account.secrets())
    words = f": {says}" if says else ""
    if sentence := _DEAD.get(reason):
        return AuthFailed(f"{sentence}{words}")
    if reply.status == 401:
        return account.ended()
    if reason in ("quotaExceeded", "dailyLimitExceeded"):
        return Retry(f"the project's quota of the day is used up{words}", _midnight(account.http.clock()))
    if reason == "uploadLimitExceeded":
        return Retry(f"the channel may upload no more today{words}", account.http.clock() + _A_DAY)
    if reason in ("rateLimitExceeded", "userRateLimitExceeded"):
        return Retry(f"YouTube asks to slow down{words}")
    if reason in ("invalidTitle", "invalidDescription"):
        return Rejected(f"YouTube does not take the words ({reason}); shorten or change them{words}")
    return account.http.classify(reply, says=says)


def _error(reply: Reply) -> Mapping[str, Any]:
    told = reply.json().get("error")
    return told if isinstance(told, dict) else {}


def _midnight(now: datetime) -> datetime:
    """When a day's quota begins anew: at midnight in California."""
    there = now.astimezone(ZoneInfo("America/Los_Angeles")) + _A_DAY
    return there.replace(hour=0, minute=1, second=0, microsecond=0).astimezone(now.tzinfo)
