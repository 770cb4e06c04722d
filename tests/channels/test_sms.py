"""Text messages through Twilio: the form, each refusal, what the list proves, and that nobody's number leaks."""

import base64
import json
import logging
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import ValidationError

from channels.sms import Sms, SmsSettings
from notifier.channel import (
    Absent,
    AuthFailed,
    CannotTell,
    Delivered,
    Found,
    Limit,
    Outcome,
    Price,
    Rejected,
    Retry,
    Unknown,
    Works,
)
from notifier.http_client import Reply
from notifier.lengths import fits, sms_segments, to_gsm7
from notifier.practice.networks import twilio
from notifier.practice.server import PracticeServer
from tests.channels.messages import LATER, NOW, a_channel, a_prepared
from tests.channels.wire import WireServer, a_closed_port, answering, closing
from tests.fakes import ManualClock

ACCOUNT = "AC" + "0123456789abcdef" * 2
SID = "SM" + "0123456789abcdef" * 2
NUMBER, OTHER = "+15555550123", "+15555550124"
TEXT = "Exampleton PD: Main Street is closed."


def contract_account(url: str) -> dict[str, Any]:
    """Give the settings with which the contract's kit tries this channel."""
    return {
        "type": "sms",
        "base_url": url,
        "account_sid": ACCOUNT,
        "key_sid": "SK" + "0123456789abcdef" * 2,
        "secret": "sms-secret-41d7",
        "sender": "+15555550100",
        "to": [NUMBER, OTHER],
    }


@pytest.fixture
def server() -> Iterator[WireServer]:
    """Start a service that answers as Twilio does."""
    with WireServer() as started:
        yield started


def sms(server: WireServer, **changes: Any) -> Any:
    """Make a channel for a server."""
    return a_channel(Sms, contract_account(server.url), **changes)


def send(channel: Any, **changes: Any) -> Outcome:
    """Send to NUMBER."""
    outcome: Outcome = channel.send(a_prepared(**{"recipient": NUMBER, "text": TEXT, **changes}))
    return outcome


def a_message(**changes: Any) -> dict[str, Any]:
    """Write a message as Twilio lists it, made when it was sent."""
    made = format_datetime(NOW)
    listed = {"sid": SID, "body": TEXT, "status": "sent", "date_created": made, "num_segments": "1", "error_code": None}
    return {**listed, **changes}


def listing(*messages: Any) -> bytes:
    """Write a page of Twilio's list."""
    return json.dumps({"messages": list(messages), "page_size": 50}).encode()


def failing(code: object, words: str = "words") -> bytes:
    """Write Twilio's error object."""
    return json.dumps({"code": code, "message": words, "more_info": "https://x.example", "status": 400}).encode()


# --- sending ----------------------------------------------------------------------------------------------------------


def test_send_hands_one_message_for_one_number_to_twilio(server: WireServer) -> None:
    """A form, the key in a header, and a life no longer than the news itself."""
    server.answer = answering(201, json.dumps({"sid": SID, "status": "queued", "num_segments": "2"}).encode())
    outcome = send(sms(server), text="Cerrada: Main & Elm ñ €")
    assert outcome == Delivered(SID, None, {"remote_id": SID, "segments": 2})
    (seen,) = server.seen
    assert (seen.method, seen.target) == ("POST", f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json")
    key = base64.b64decode(seen.headers["authorization"].removeprefix("Basic ")).decode()
    assert key == "SK" + "0123456789abcdef" * 2 + ":sms-secret-41d7"
    assert seen.headers["content-type"] == "application/x-www-form-urlencoded"
    assert parse_qs(seen.body.decode()) == {
        "To": [NUMBER],
        "From": ["+15555550100"],
        "Body": ["Cerrada: Main & Elm ñ €"],
        "ValidityPeriod": ["1800"],
    }


def test_a_messaging_service_sends_and_an_auth_token_signs_in_where_they_are_named(server: WireServer) -> None:
    """Without an API key the account's own token is the password; MG… is no number to come from."""
    service = "MG" + "0" * 32
    server.answer = answering(201, json.dumps({"sid": SID}).encode())
    assert isinstance(send(sms(server, sender=service, key_sid=None)), Delivered)
    seen = server.seen[0]
    assert parse_qs(seen.body.decode())["MessagingServiceSid"] == [service]
    assert "From" not in parse_qs(seen.body.decode())
    assert base64.b64decode(seen.headers["authorization"][6:]).decode() == f"{ACCOUNT}:sms-secret-41d7"


def test_a_message_does_not_outlive_its_news(server: WireServer) -> None:
    """An alert that Twilio hands over hours later is worse than none."""
    server.answer = answering(201, json.dumps({"sid": SID}).encode())
    for lasts in (timedelta(minutes=10), timedelta(days=3), timedelta(0)):
        send(sms(server, valid_for=36_000), expires=NOW + lasts)
    assert [parse_qs(seen.body.decode())["ValidityPeriod"] for seen in server.seen] == [["600"], ["36000"], ["60"]]


def test_what_is_no_number_is_never_sent(server: WireServer) -> None:
    """A list that was edited by hand may hold anything."""
    for wrong in ("", "5555550123", "+1 555 555 0123", "residents@town.example"):
        assert isinstance(send(sms(server), recipient=wrong), Rejected)
    assert server.connections == 0


@pytest.mark.parametrize("body", [b"{}", b'{"sid":"SMx"}', b'{"sid":null}', b'{"sid":7}', b"<html>", b"[]"])
def test_a_yes_that_names_no_message_is_unknown(server: WireServer, body: bytes) -> None:
    """Without a sid nobody knows what Twilio has."""
    server.answer = answering(201, body)
    assert isinstance(send(sms(server)), Unknown)


@pytest.mark.parametrize(
    ("code", "outcome", "said"),
    [
        (21610, Rejected, "STOP"),
        (21211, Rejected, "correct it"),
        (21614, Rejected, "correct it"),
        (21635, Rejected, "correct it"),
        (21408, Rejected, "country"),
        (21608, Rejected, "trial"),
        (21617, Rejected, "refused it (400)"),
        (21606, AuthFailed, "sender"),
        (21661, AuthFailed, "sender"),
        (30034, AuthFailed, "sender"),
        (20003, AuthFailed, "key"),
        (20005, AuthFailed, "account"),
        (20404, AuthFailed, "account"),
        (30002, AuthFailed, "account"),
        (20429, Retry, "slow down"),
        (21611, Retry, "slow down"),
        (30001, Retry, "slow down"),
        (99999, Rejected, "99999"),
        ("21610", Rejected, "STOP"),
        (True, Rejected, "refused it (400)"),
    ],
)
def test_send_reads_each_code(server: WireServer, code: object, outcome: type, said: str) -> None:
    """HTTP says 400 for nearly all: STOP is for one person, a sender that may not send stops the channel."""
    server.answer = answering(400, failing(code))
    told = send(sms(server))
    assert isinstance(told, outcome)
    assert isinstance(told, Rejected | AuthFailed | Retry)
    assert said in told.reason
    assert "words" in told.reason


def test_a_code_in_a_failure_of_twilios_own_proves_nothing(server: WireServer) -> None:
    """A 500 may have taken the message, whatever code it carries; 503 as well, for the list can tell."""
    for status in (500, 502, 503, 504):
        server.answer = answering(status, failing(21610))
        assert isinstance(send(sms(server)), Unknown)


def test_a_rate_limit_waits_as_long_as_twilio_says(server: WireServer) -> None:
    """429 with its own code, and Retry-After."""
    server.answer = answering(429, failing(20429), {"Retry-After": "7"})
    outcome = send(sms(server))
    assert isinstance(outcome, Retry)
    assert outcome.at == NOW + timedelta(seconds=7)


def test_a_message_that_twilio_gives_up_at_once_is_no_delivery(server: WireServer) -> None:
    """A 201 may carry a failure inside."""
    failed = {"sid": SID, "status": "failed", "error_code": 30034}
    server.answer = answering(201, json.dumps(failed).encode())
    assert isinstance(send(sms(server)), AuthFailed)
    server.answer = answering(201, json.dumps({**failed, "error_code": None}).encode())
    assert send(sms(server)) == Rejected("Twilio took it and gave it up at once (without a code)")


def test_no_number_stands_in_a_reason_or_a_log(server: WireServer, caplog: pytest.LogCaptureFixture) -> None:
    """Twilio quotes the number it refuses; a reason is shown, mailed and logged."""
    caplog.set_level(logging.DEBUG)
    for words in (f"The 'To' number {NUMBER} is not valid.", "(555) 555-0123 is a landline", "1 555 555 0123?"):
        server.answer = answering(400, failing(21211, words))
        outcome = send(sms(server))
        assert isinstance(outcome, Rejected)
        assert "0123" not in outcome.reason
        assert "a number" in outcome.reason
    assert "5550123" not in caplog.text


# --- looking up -------------------------------------------------------------------------------------------------------


def test_a_lost_answer_is_found_by_number_and_text(server: WireServer) -> None:
    """Also where a trial account wrote its words before it; other texts, and older ones, are others'."""
    channel, prepared = sms(server, now=LATER), a_prepared(recipient=NUMBER, text=TEXT)
    old = a_message(sid="SM" + "1" * 32, date_created=format_datetime(NOW - timedelta(hours=1)))
    trial = a_message(body=f"Sent from your Twilio trial account - {TEXT}", status="queued")
    server.answer = answering(200, listing("junk", a_message(body="another"), old, trial))
    assert channel.find(prepared, NOW) == Found(Delivered(SID, None, {"remote_id": SID, "segments": 1}))
    (seen,) = server.seen
    assert seen.method == "GET"
    assert parse_qs(urlsplit(seen.target).query) == {"To": [NUMBER], "PageSize": ["50"]}


@pytest.mark.parametrize("status", ["failed", "undelivered", "canceled"])
def test_a_message_that_failed_is_told_to_a_person(server: WireServer, status: str) -> None:
    """It went out and nobody need have got it: neither a delivery nor a reason to send again unasked."""
    server.answer = answering(200, listing(a_message(status=status, error_code=30003)))
    finding = sms(server, now=LATER).find(a_prepared(recipient=NUMBER, text=TEXT), NOW)
    assert isinstance(finding, CannotTell)
    assert (status in finding.reason, "30003" in finding.reason) == (True, True)


def test_absence_is_proved_by_a_list_that_goes_back_far_enough(server: WireServer) -> None:
    """Half a minute after the attempt, and with no room for it beyond the page."""
    prepared = a_prepared(recipient=NUMBER, text=TEXT)
    server.answer = answering(200, listing())
    assert sms(server, now=LATER).find(prepared, NOW) == Absent()
    soon = sms(server, now=NOW + timedelta(seconds=10)).find(prepared, NOW)
    assert isinstance(soon, CannotTell)
    server.answer = answering(200, listing(*(a_message(body="another") for _ in range(50))))
    full = sms(server, now=LATER).find(prepared, NOW)
    assert isinstance(full, CannotTell)
    before = a_message(body="another", date_created=format_datetime(NOW - timedelta(hours=1)))
    server.answer = answering(200, listing(*(a_message(body="another") for _ in range(49)), before))
    assert sms(server, now=LATER).find(prepared, NOW) == Absent()


def test_a_list_that_cannot_be_read_is_asked_again_later(server: WireServer) -> None:
    """It proves nothing."""
    prepared = a_prepared(recipient=NUMBER, text=TEXT)
    for answer in (answering(500), answering(200, b'{"messages": 7}'), closing):
        server.answer = answer
        finding = sms(server, now=LATER).find(prepared, NOW)
        assert isinstance(finding, CannotTell)
        assert finding.unreachable


# --- the account ------------------------------------------------------------------------------------------------------


def test_check_reads_the_list_and_tells_the_balance_where_the_key_may_see_it(server: WireServer) -> None:
    """A standard key may not read the account itself; the list it may."""
    balance = json.dumps({"balance": "12.5", "currency": "USD"}).encode()

    def answer(connection: Any, seen: Any) -> bool:
        is_list = "Messages.json" in seen.target
        connection.sendall(_whole(200, listing()) if is_list else _whole(*paid))
        return True

    server.answer, paid = answer, (200, balance)
    assert sms(server).check() == Works(said="12.5 USD left at Twilio")
    paid = (401, failing(20003))
    assert sms(server).check() == Works()
    server.answer = answering(401, failing(20003))
    assert isinstance(sms(server).check(), AuthFailed)
    server.answer = answering(200, b"<html>a wiki</html>")
    assert isinstance(sms(server).check(), Rejected)
    gone = a_channel(Sms, contract_account(f"http://127.0.0.1:{a_closed_port()}"))
    assert isinstance(gone.check(), Retry)
    assert {seen.method for seen in server.seen} == {"GET"}


def _whole(status: int, body: bytes) -> bytes:
    return f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


# --- what it takes ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("segments", "limit"), [(1, 160), (2, 305), (3, 457)])
def test_a_text_at_the_limit_keeps_its_segments_and_one_more_does_not_fit(
    server: WireServer, segments: int, limit: int
) -> None:
    """In GSM-7, in UCS-2, and where every sign takes two and none may be split."""
    can = sms(server, segments=segments).capabilities
    assert (can.limit, can.gsm7, can.form) == (Limit(limit, "sms"), True, "sms")
    for sign, costs in (("x", 1), ("€", 2), ("\u4e00", 1), ("\U0001f6a8", 2)):
        most = limit if sign in "x€" else limit * 70 // 160
        text = sign * (most // costs)
        assert fits(text, can.limit)
        assert sms_segments(text).segments <= segments, (sign, segments)
        assert not fits(text + sign, can.limit)


def test_a_text_is_written_so_that_it_stays_in_gsm_7() -> None:
    """One curly apostrophe would cost half of the text."""
    assert sms_segments(to_gsm7("It’s closed – use “Elm”…")).encoding == "GSM-7"


def test_each_segment_costs(server: WireServer) -> None:
    """A preview tells the price before it is approved."""
    assert sms(server).capabilities.price == Price(Decimal("0.0083"), a_segment=True)
    assert sms(server, price_a_segment="0.01").capabilities.price == Price(Decimal("0.01"), a_segment=True)


# --- who gets it ------------------------------------------------------------------------------------------------------


def test_recipients_come_from_the_settings_and_from_a_file_each_once(server: WireServer, tmp_path: Path) -> None:
    """Nobody gets the same alert twice for standing in both."""
    numbers = tmp_path / "numbers.txt"
    numbers.write_text(f"\ufeff# residents\n{OTHER}  # by the river\n\n+15555550125\n{NUMBER}\n", encoding="utf-8")
    channel = sms(server, to=[NUMBER], to_file=numbers)
    assert channel.capabilities.recipients == (NUMBER, OTHER, "+15555550125")


def test_wrong_lines_are_named_by_their_number_and_never_quoted(server: WireServer, tmp_path: Path) -> None:
    """Errors are shown and logged; whose number it is, the file says."""
    numbers = tmp_path / "numbers.txt"
    numbers.write_text(f"{NUMBER}\n555-555-0124\n+1 555 555 0125\n", encoding="utf-8")
    with pytest.raises(ValidationError) as wrong:
        sms(server, to_file=numbers)
    (told,) = wrong.value.errors()
    assert "numbers.txt, lines 2, 3: not a telephone number" in told["msg"]
    assert "012" not in told["msg"].replace("+15555550123", "")
    with pytest.raises(ValidationError) as wrong:
        sms(server, to=["555-555-0124"])
    assert "0124" not in wrong.value.errors()[0]["msg"]
    assert wrong.value.errors()[0]["loc"] == ("to", 0)


@pytest.mark.parametrize(
    "changes",
    [
        {"to": []},
        {"to_file": "/nowhere/numbers.txt", "to": []},
        {"account_sid": "SK" + "0" * 32},
        {"key_sid": "AC" + "0" * 32},
        {"sender": "555 555 0100"},
        {"sender": "Exampleton Police"},
        {"segments": 4},
        {"segments": 0},
        {"valid_for": 5},
        {"base_url": "api.twilio.com"},
    ],
)
def test_settings_refuse_what_would_reach_nobody(changes: dict[str, Any]) -> None:
    """Found when the configuration is read."""
    with pytest.raises(ValidationError):
        SmsSettings.model_validate({**contract_account("http://127.0.0.1:9"), **changes})


def test_a_list_alone_is_enough_and_stays_unsaid(server: WireServer, tmp_path: Path) -> None:
    """A resident's number stands in no repr of the settings."""
    numbers = tmp_path / "numbers.txt"
    numbers.write_text(f"{NUMBER}\n", encoding="utf-8")
    channel = sms(server, to=[], to_file=numbers)
    assert channel.capabilities.recipients == (NUMBER,)
    assert NUMBER not in repr(channel.settings) + str(channel.settings.model_dump())


def test_a_reply_of_any_shape_is_read(server: WireServer) -> None:
    """What Twilio never sends, a proxy may."""
    for body in (listing(None, 7, {"body": TEXT, "sid": 7}, {"body": TEXT, "status": ["failed"], "sid": None}),):
        server.answer = answering(200, body)
        assert sms(server, now=LATER).find(a_prepared(recipient=NUMBER, text=TEXT), NOW) == Absent()
    assert Reply(200, {}, b"[]").json() == {}


# --- the practice Twilio ----------------------------------------------------------------------------------------------


def test_it_publishes_through_the_practice_twilio() -> None:
    """Taken, found again while it waits and when it was delivered, refused by code, told when it came to nobody."""
    clock = ManualClock(NOW)
    with PracticeServer(clock=clock) as practice:
        account = {
            "type": "sms",
            "base_url": f"{practice.url}/twilio",
            "account_sid": twilio.ACCOUNT_SID,
            "key_sid": twilio.KEY_SID,
            "secret": twilio.KEY_SECRET,
            "sender": twilio.FROM,
            "to": [NUMBER],
        }
        channel = a_channel(Sms, account, now=LATER)
        assert channel.check() == Works()
        taken = send(channel)
        assert isinstance(taken, Delivered)
        for _ in range(2):
            assert channel.find(a_prepared(recipient=NUMBER, text=TEXT), NOW) == Found(taken)
            clock.forward(seconds=5)
        assert channel.find(a_prepared(recipient=OTHER, text=TEXT), NOW) == Absent()
        for number, (code, _) in twilio.REFUSED_NUMBERS.items():
            refused = send(channel, recipient=number)
            assert isinstance(refused, Rejected)
            assert str(code) in refused.reason
        for number, code in twilio.LOST_NUMBERS.items():
            assert isinstance(send(channel, recipient=number), Delivered)
            clock.forward(seconds=5)
            finding = channel.find(a_prepared(recipient=number, text=TEXT), NOW)
            assert isinstance(finding, CannotTell)
            assert str(code) in finding.reason
        assert isinstance(a_channel(Sms, account, secret="wrong-secret").check(), AuthFailed)
        assert isinstance(send(a_channel(Sms, account, sender="+15555550199")), AuthFailed)
