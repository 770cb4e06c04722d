"""Twilio as far as it sends text messages: send, look up, list, account (API 2010-04-01).

Shapes: the vendor's OpenAPI document of April 2026. Not verified: the list of error codes, their words, and whether a
message that is still queued is found by its DateSent. No callback is made; what becomes of a message is read.
"""

import re
import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from notifier.lengths import sms_segments
from notifier.practice.exchange import Answer, Refused, Request, Route, json_answer, route, same
from notifier.practice.platform import Ground, Platform
from notifier.practice.public_record import Post
from notifier.practice.rates import Bucket

ACCOUNT_SID: Final = "AC00000000000000000000000000000001"
AUTH_TOKEN: Final = "practice-twilio-token"  # noqa: S105 - opens nothing but this server
KEY_SID: Final = "SK00000000000000000000000000000001"
KEY_SECRET: Final = "practice-twilio-secret"  # noqa: S105 - as above
FROM: Final = "+15555550100"
SERVICE_SID: Final = "MG00000000000000000000000000000001"
MOST_BODY: Final = 1_600

REFUSED_NUMBERS: Final = {
    "+15555550610": (21610, "Attempt to send to unsubscribed recipient"),
    "+15555550614": (21614, "'To' number is not a valid mobile number"),
    "+15555550408": (21408, "Permission to send an SMS has not been enabled for the region"),
}
"""Who gets nothing: by the last digits of the code."""
LOST_NUMBERS: Final = {"+15555550003": 30003, "+15555550007": 30007}
"""To whom a message is taken and then not delivered: unreachable, filtered."""

_MESSAGES: Final = "/twilio/2010-04-01/Accounts/{account}/Messages"
_NUMBER: Final = re.compile(r"\+[1-9]\d{6,14}")
_SENT_AFTER, _DELIVERED_AFTER = timedelta(seconds=1), timedelta(seconds=3)


class Twilio(Platform):
    """The practice account, with one number."""

    name = "twilio"
    label = "SMS"
    other_names = ("sms",)
    prefixes = ("/twilio/2010-04-01/",)
    page = re.compile(r"/twilio/messages/(SM[0-9a-f]{32})")
    colour = "#a3153a"

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground)
        most = ground.rates.of("twilio.messages", 100)
        self._sending = Bucket(most, most or 0)
        self.routes: tuple[Route, ...] = (
            route("POST", f"{_MESSAGES}.json", self._guarded(self._send), publishes=True),
            route("GET", f"{_MESSAGES}.json", self._guarded(self._list)),
            route("GET", f"{_MESSAGES}/{{message}}.json", self._guarded(self._one)),
            route("DELETE", f"{_MESSAGES}/{{message}}.json", self._guarded(self._delete)),
            route("GET", "/twilio/2010-04-01/Accounts/{account}.json", self._guarded(self._account)),
        )

    def failure(self, status: int, sentence: str) -> Answer:
        """Answer with Twilio's error object."""
        codes = {401: (20003, "Authenticate"), 404: (20404, sentence), 429: (20429, "Too Many Requests")}
        code, words = codes.get(status, (20500 if status >= 500 else 20001, sentence))
        return _error(code, words, status)

    def forget(self) -> None:
        """Forget spent rates."""
        self._sending.forget()

    def _guarded(self, act: Callable[..., Answer]) -> Callable[..., Answer]:
        def guarded(request: Request, account: str, **parts: str) -> Answer:
            pairs = (f"{ACCOUNT_SID}:{AUTH_TOKEN}", f"{KEY_SID}:{KEY_SECRET}")
            if not any(same(request.basic, pair) for pair in pairs) or account != ACCOUNT_SID:
                return self.failure(401, "")
            return act(request, **parts)

        return guarded

    def _send(self, request: Request) -> Answer:
        if not self._sending.take(self._clock()):
            return self.failure(429, "")
        given = dict(request.form())
        problem = _problem(given)
        if problem is not None:
            return _error(*problem)
        number = f"SM{secrets.token_hex(16)}"
        post = Post(
            "twilio",
            number,
            f"/twilio/messages/{number}",
            given["Body"],
            self._clock(),
            request.key,
            labels={"to": given["To"], "from": FROM, "segments": str(sms_segments(given["Body"]).segments)},
            sent=given,
        )
        self._record.add(post)
        return json_answer(self._message_json(post), 201)

    def _list(self, request: Request) -> Answer:
        given = dict(request.parameters())
        size = given.get("PageSize", "50")
        if not (size.isascii() and size.isdigit() and 1 <= int(size[:5]) <= 1_000):
            raise Refused(400, "PageSize must be from 1 to 1000")
        wanted: dict[str, datetime] = {
            name: _moment(given[name], name) for name in ("DateSent", "DateSent>", "DateSent<") if name in given
        }
        posts = [
            post
            for post in reversed(self._record.of("twilio"))
            if "_deleted" not in post.labels
            and given.get("To", post.labels["to"]) == post.labels["to"]
            and given.get("From", FROM) == FROM
            and (not wanted or self._was_sent(post, wanted))
        ]
        messages = [self._message_json(post) for post in posts[: int(size)]]
        return json_answer({"messages": messages, "page": 0, "page_size": int(size), "next_page_uri": None})

    def _was_sent(self, post: Post, wanted: Mapping[str, datetime]) -> bool:
        sent = (post.created + _SENT_AFTER).astimezone(UTC)
        if self._clock() < sent:
            return False
        day = wanted.get("DateSent", sent).astimezone(UTC).date()
        return wanted.get("DateSent>", sent) <= sent <= wanted.get("DateSent<", sent) and day == sent.date()

    def _one(self, _request: Request, message: str) -> Answer:
        return json_answer(self._message_json(self._found(message)))

    def _delete(self, _request: Request, message: str) -> Answer:
        # Only the record of it goes: nobody can take a text message back.
        post = self._found(message)
        self._record.edit(post, post.text, post.created, labels={**post.labels, "_deleted": "yes"})
        return Answer(204)

    def _account(self, _request: Request) -> Answer:
        return json_answer({"sid": ACCOUNT_SID, "friendly_name": "Exampleton PD", "status": "active", "type": "Full"})

    def _found(self, message: str) -> Post:
        post = self._record.get("twilio", message)
        if post is None or "_deleted" in post.labels:
            raise Refused(404, f"The requested resource /Messages/{message[:40]}.json was not found")
        return post

    def _message_json(self, post: Post) -> dict[str, Any]:
        age = self._clock() - post.created
        code = LOST_NUMBERS.get(post.labels["to"]) if age >= _DELIVERED_AFTER else None
        done = "undelivered" if code else "delivered"
        status = "queued" if age < _SENT_AFTER else "sent" if age < _DELIVERED_AFTER else done
        sent = post.created + _SENT_AFTER
        return {
            "sid": post.id,
            "account_sid": ACCOUNT_SID,
            "api_version": "2010-04-01",
            "body": post.text,
            "date_created": _written(post.created),
            "date_sent": None if status == "queued" else _written(sent),
            "date_updated": _written(min(self._clock(), post.created + _DELIVERED_AFTER)),
            "direction": "outbound-api",
            "error_code": code,
            "error_message": None,
            "from": FROM,
            "messaging_service_sid": post.sent.get("MessagingServiceSid"),
            "num_media": "0",
            "num_segments": post.labels["segments"],
            "price": None,
            "price_unit": "USD",
            "status": status,
            "to": post.labels["to"],
            "uri": f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages/{post.id}.json",
        }


def _problem(given: Mapping[str, str]) -> tuple[int, str] | None:
    """Say what a message has wrong; parameters that Twilio does not know it does not look at."""
    to, body = given.get("To", ""), given.get("Body", "")
    if not to:
        return 21604, "A 'To' phone number is required."
    if not _NUMBER.fullmatch(to):
        return 21211, f"Invalid 'To' Phone Number: {to[:20]}"
    if to in REFUSED_NUMBERS:
        return REFUSED_NUMBERS[to]
    if not given.get("From") and not given.get("MessagingServiceSid"):
        return 21603, "A 'From' phone number is required."
    if given.get("From", FROM) != FROM or given.get("MessagingServiceSid", SERVICE_SID) != SERVICE_SID:
        return 21606, "The 'From' phone number provided is not a valid message-capable Twilio phone number"
    if "MediaUrl" in given or "SendAt" in given or "ScheduleType" in given:
        return 20001, "The practice server sends neither pictures nor anything later"
    if not body.strip():
        return 21602, "Message body is required."
    if len(body) > MOST_BODY:
        return 21617, f"The concatenated message body exceeds the {MOST_BODY} character limit"
    if not re.fullmatch(r"https?://\S+", given.get("StatusCallback", "http://a")):
        return 21609, "The 'StatusCallback' URL is not a valid URL."
    period = given.get("ValidityPeriod", "1")
    if not (period.isascii() and period.isdigit() and 1 <= int(period[:6]) <= 36_000):
        return 20001, "ValidityPeriod must be from 1 to 36000 seconds"
    return None


def _error(code: int, sentence: str, status: int = 400) -> Answer:
    info = f"https://www.twilio.com/docs/errors/{code}"
    return json_answer({"code": code, "message": sentence, "more_info": info, "status": status}, status)


def _moment(value: str, name: str) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise Refused(400, f"{name} must be YYYY-MM-DD or ISO 8601") from None


def _written(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%a, %d %b %Y %H:%M:%S +0000}"


PLATFORM = Twilio
