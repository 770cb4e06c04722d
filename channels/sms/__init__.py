"""Text messages through Twilio: one to each number (POST /2010-04-01/Accounts/{sid}/Messages.json).

Twilio knows no idempotency key; what it took is found again by number and text. Its list is asked without DateSent,
which a message that still waits has not. It takes a message before any operator does: "delivered" here is "taken by
Twilio", and what became of it at the phone stands in Twilio's own log.
"""

import base64
import re
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode

from pydantic import AfterValidator, Field, PrivateAttr, SecretStr, model_validator

from channels.sms.answers import FAILED, error_code, made_at, meaning, proof, refusal, shown, taken
from notifier.channel import (
    Absent,
    CannotTell,
    Capabilities,
    Channel,
    ChannelSettings,
    Finding,
    Limit,
    Outcome,
    Prepared,
    Price,
    Rejected,
    System,
    Unknown,
    Works,
    each_once,
    read_recipients,
)
from notifier.http_client import BaseAddress, Reply
from notifier.lengths import GSM7_PART, GSM7_SINGLE

_WHAT = "a telephone number; write +, the country and the number without spaces, as +15555550123"
_UNITS = (GSM7_SINGLE, 2 * GSM7_PART - 1, 3 * GSM7_PART - 2)
"""Septets that are sure to fit 1, 2, 3 segments: a sign that takes two is never split, so each border may cost one."""
_CLOCKS_DIFFER = timedelta(seconds=60)
_LIST_LAGS = timedelta(seconds=30)
_MOST_LISTED = 50


def _is_number(text: str) -> bool:
    return re.fullmatch(r"\+[1-9][0-9]{6,14}", text) is not None


def _number(text: str) -> str:
    if not _is_number(text):
        raise ValueError(f"is not {_WHAT}")  # unquoted: it is somebody's
    return text


class SmsSettings(ChannelSettings):
    """An account at Twilio, and who gets the messages."""

    base_url: BaseAddress = Field(
        "https://api.twilio.com", description="where Twilio's API is; another address for practice or a proxy"
    )
    account_sid: str = Field(pattern=r"^AC[0-9a-fA-F]{32}$", description="the account, AC and 32 digits")
    key_sid: str | None = Field(
        None,
        pattern=r"^SK[0-9a-fA-F]{32}$",
        description="an API key of the account, SK and 32 digits; without it `secret` is the account's auth token",
    )
    secret: SecretStr = Field(description="the API key's secret")
    sender: str = Field(
        pattern=r"^(\+[1-9][0-9]{6,14}|[0-9]{3,8}|MG[0-9a-fA-F]{32}|[A-Za-z][A-Za-z0-9 ]{0,10})$",
        description="who it comes from: a number of the account, a short code, a messaging service (MG…) or a name",
    )
    to: tuple[Annotated[str, AfterValidator(_number)], ...] = Field(
        (), description="the numbers that get it, as +15555550123, each a message of its own"
    )
    to_file: Path | None = Field(
        None, description="a file with more numbers, one a line, # for a comment; read when the program starts"
    )
    segments: int = Field(1, ge=1, le=3, description="the segments that a message may take; each is charged")
    valid_for: int = Field(
        1800, ge=60, le=36_000, description="seconds that Twilio may try to hand it over; after that it is dropped"
    )
    price_a_segment: Decimal = Field(Decimal("0.0083"), ge=0, description="what a segment costs, in USD; for previews")
    _listed: tuple[str, ...] = PrivateAttr(())

    @model_validator(mode="after")
    def _read_list(self) -> "SmsSettings":
        if self.to_file is not None:
            self._listed = read_recipients(self.to_file, _is_number, _WHAT)
        if not self.everyone:
            raise ValueError("names nobody; write numbers into `to`, or into the file of `to_file`")
        return self

    @property
    def everyone(self) -> tuple[str, ...]:
        """Who gets it."""
        return each_once((*self.to, *self._listed))


class Sms(Channel):
    """One account at Twilio, and its recipients."""

    systems = (System("Text messages (Twilio)", "publishes", "the practice account, which speaks Twilio's API"),)
    Settings = SmsSettings
    settings: SmsSettings
    visitors_comment = False

    @classmethod
    def limit(cls) -> Limit:
        """What one segment takes."""
        return Limit(GSM7_SINGLE, "sms")

    @property
    def capabilities(self) -> Capabilities:
        """A text of so many segments to each number; what went out can be looked up."""
        own = self.settings
        return Capabilities(
            "sms",
            Limit(_UNITS[own.segments - 1], "sms"),
            idempotency="lookup",
            gsm7=True,
            recipients=own.everyone,
            price=Price(own.price_a_segment, a_segment=True),
        )

    def send(self, prepared: Prepared) -> Outcome:
        """Hand one message for one number to Twilio."""
        own, message = self.settings, prepared.message
        if not _is_number(message.recipient):
            return Rejected("the recipient is no telephone number; correct `to` in channels.toml")
        form = {
            "To": message.recipient,
            "MessagingServiceSid" if own.sender.startswith("MG") else "From": own.sender,
            "Body": message.text,
            # From the message alone, so that a repeat is the same bytes.
            "ValidityPeriod": str(max(60, min(own.valid_for, int((message.expires - message.sent).total_seconds())))),
        }
        reply = self._ask("POST", "Messages.json", data=urlencode(form).encode())
        if not isinstance(reply, Reply):
            return reply
        if not reply.ok:
            return self._refused(reply, message.recipient)
        told = reply.json()
        if told.get("status") in FAILED:
            code = error_code(told.get("error_code"))
            return meaning(code) or Rejected(f"Twilio took it and gave it up at once ({shown(code)})")
        return taken(told) or Unknown(f"Twilio said yes ({reply.status}) and named no message")

    def find(self, prepared: Prepared, attempted: datetime) -> Finding:
        """Look for the text among the newest messages to this number."""
        message = prepared.message
        if not _is_number(message.recipient):
            return CannotTell("the recipient is no telephone number")
        asked = {"To": message.recipient, "PageSize": str(_MOST_LISTED)}
        reply = self._ask("GET", "Messages.json", params=asked)
        listed = reply.json().get("messages") if isinstance(reply, Reply) and reply.ok else None
        if not isinstance(listed, list):
            return CannotTell("Twilio's list of messages could not be read", unreachable=True)
        since = min(attempted, message.sent) - _CLOCKS_DIFFER
        messages = [one for one in listed if isinstance(one, dict)]
        for one in messages:
            if (found := proof(one, message.text, since)) is not None:
                return found
        goes_back = any((made := made_at(one)) and made < since for one in messages)
        if len(listed) >= _MOST_LISTED and not goes_back:
            return CannotTell("Twilio has sent more to this number since than one page of its list shows")
        if self.http.clock() - attempted < _LIST_LAGS:
            return CannotTell("Twilio does not list it, which proves nothing within half a minute of the attempt")
        return Absent()

    def check(self) -> Works | Outcome:
        """Read the list of messages, which every key may; then what credit is left, where the key may see it."""
        reply = self._ask("GET", "Messages.json", params={"PageSize": "1"})
        if not isinstance(reply, Reply):
            return reply
        if not reply.ok:
            return self._refused(reply)
        if not isinstance(reply.json().get("messages"), list):
            return Rejected("what answers is not Twilio; correct base_url in channels.toml")
        account = self._ask("GET", "Balance.json")
        told = account.json() if isinstance(account, Reply) and account.ok else {}
        balance, currency = str(told.get("balance")), str(told.get("currency"))
        whole = re.fullmatch(r"-?[0-9]{1,9}(\.[0-9]{1,6})?", balance) and re.fullmatch(r"[A-Z]{3}", currency)
        return Works(said=f"{balance} {currency} left at Twilio" if whole else None)

    def _ask(self, method: str, path: str, **request: Any) -> Reply | Outcome:
        url = f"{self.settings.base_url}/2010-04-01/Accounts/{self.settings.account_sid}/{path}"
        headers = {"Authorization": f"Basic {self._credential()}", "Accept": "application/json"}
        if "data" in request:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        return self.http.request(method, url, headers=headers, **request)

    def _credential(self) -> str:
        own = self.settings
        pair = f"{own.key_sid or own.account_sid}:{own.secret.get_secret_value()}"
        return base64.b64encode(pair.encode()).decode()

    def _refused(self, reply: Reply, recipient: str | None = None) -> Outcome:
        return refusal(reply, self.http, self.settings.secret.get_secret_value(), self._credential(), recipient)


CHANNEL = Sms
