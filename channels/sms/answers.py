"""What Twilio's answers mean: its error codes, a message that it took, a message of its list.

The codes are those of twilio.com/docs/api/errors, where new ones split off old ones now and then: one that is not here
is read by its HTTP status.
"""

import re
from collections.abc import Collection, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from notifier.channel import AuthFailed, CannotTell, Delivered, Finding, Found, Outcome, Rejected, Retry, Unknown
from notifier.http_client import HttpClient, Reply, retry_time, service_words

FAILED = ("failed", "undelivered", "canceled")
"""States of a message that nobody need have got."""

_TRIAL = "Sent from your Twilio trial account - "
_OVERFLOWS = (20429, 21611, 30001)
_SENDER = "this sender may not send; correct `sender`, or register it in Twilio's console"
_MEANINGS: tuple[tuple[Collection[int], type[AuthFailed | Rejected], str], ...] = (
    ((21610,), Rejected, "this person has answered STOP and gets no more; take the number off the list"),
    ((21211, 21214, 21217, 21401, 21614, 21635), Rejected, "no text message reaches this number; correct it"),
    ((21408, 21612), Rejected, "no text may go to this number's country; allow it in Twilio's console"),
    ((21608,), Rejected, "a trial account reaches verified numbers only; verify it, or upgrade the account"),
    ((21212, 21603, 21606, 21659, 21660, 21661, 21701, 21703, 30032, 30034), AuthFailed, _SENDER),
    ((20003, 20006, 20008), AuthFailed, "Twilio refuses the key; correct `account_sid`, `key_sid` and `secret`"),
    ((20005, 20404, 30002), AuthFailed, "Twilio knows no such account, or has closed or suspended it"),
)


def refusal(reply: Reply, http: HttpClient, *secrets: str | None) -> Outcome:
    """Say what an answer that is not a yes means, by Twilio's own code where that says more than HTTP's."""
    told = reply.json()
    code = error_code(told.get("code"))
    # Twilio quotes numbers; whose they are is no matter of a reason, which is shown and logged.
    quoted = re.sub(r"\+?[0-9][0-9 ().-]{5,}[0-9]", "a number", str(told.get("message") or ""))
    says = service_words(quoted, *secrets)
    words = f": {says}" if says else ""
    if code in _OVERFLOWS or reply.status == 429:
        return Retry(f"Twilio asks to slow down ({code or reply.status}){words}", retry_time(reply, http.clock()))
    if reply.status < 500 and (known := meaning(code, words)):
        return known
    if reply.status == 404:
        return AuthFailed(f"Twilio knows no such account (404); correct `account_sid`{words}")
    if reply.status == 503 and reply.publishes:
        return Unknown(f"Twilio failed (503); it may have taken the message{words}")
    return http.classify(reply, says=f"{says} ({code})" if code and says else says)


def meaning(code: int, words: str = "") -> AuthFailed | Rejected | None:
    """Say what a code means; None where it says no more than the status does."""
    for codes, kind, said in _MEANINGS:
        if code in codes:
            return kind(f"{said} ({code}){words}")
    return None


def taken(told: Mapping[str, Any]) -> Delivered | None:
    """Read a message that Twilio took; None where it names none."""
    sid, segments = str(told.get("sid")), str(told.get("num_segments"))
    if not re.fullmatch(r"[SM]M[0-9a-fA-F]{32}", sid):
        return None
    counted = {"segments": int(segments)} if re.fullmatch(r"[1-9]", segments) else {}
    return Delivered(sid, None, {"remote_id": sid, **counted})


def proof(one: Mapping[str, Any], text: str, since: datetime) -> Finding | None:
    """Say what a listed message proves of a text sent since then; one that failed was taken, but nobody has it."""
    made = made_at(one)
    same = str(one.get("body")).removeprefix(_TRIAL).split() == text.split()
    if not same or (made is not None and made < since):
        return None
    if one.get("status") in FAILED:
        code = error_code(one.get("error_code"))
        return CannotTell(f"Twilio took it and has it as {one['status']} ({shown(code)}): nobody need have got it")
    delivered = taken(one)
    return Found(delivered) if delivered else None


def made_at(one: Mapping[str, Any]) -> datetime | None:
    """When a listed message was made, where Twilio says it."""
    try:
        made = parsedate_to_datetime(str(one.get("date_created")))
    except (ValueError, OverflowError):
        return None
    return made if made.tzinfo else None


def error_code(value: object) -> int:
    """Read an error code, which Twilio writes as a number here and as text there; 0: there is none."""
    return int(str(value)) if re.fullmatch(r"[0-9]{5}", str(value)) else 0


def shown(code: int) -> str:
    """Write a code as people look it up."""
    return f"code {code}" if code else "without a code"
