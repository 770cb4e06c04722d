"""Twilio, as strict as Twilio."""

from datetime import timedelta
from typing import Any

import pytest
import requests

from notifier.practice.networks.twilio import ACCOUNT_SID, AUTH_TOKEN, FROM, KEY_SECRET, KEY_SID
from notifier.practice.server import PracticeServer
from tests.practice.conftest import Hands

TO = "+15555550123"


def ask(http: requests.Session, server: PracticeServer, method: str, path: str, **more: Any) -> requests.Response:
    """Make a request of the account."""
    more.setdefault("auth", (KEY_SID, KEY_SECRET))
    return http.request(method, f"{server.url}/twilio/2010-04-01/Accounts/{ACCOUNT_SID}{path}", timeout=5, **more)


def text(http: requests.Session, server: PracticeServer, body: str = "Closed.", **given: str) -> requests.Response:
    """Send a text message."""
    return ask(http, server, "POST", "/Messages.json", data={"To": TO, "From": FROM, "Body": body, **given})


def test_a_message_is_sent_and_its_fate_can_be_read(
    http: requests.Session, server: PracticeServer, hands: Hands
) -> None:
    """201 and queued, then sent, then delivered, or not."""
    answer = text(http, server, "\u2019" + "a" * 70)
    told = answer.json()
    assert (answer.status_code, told["status"], told["num_segments"], told["date_sent"]) == (201, "queued", "2", None)
    lost = text(http, server, To="+15555550003").json()
    hands.pass_by(1)
    assert ask(http, server, "GET", f"/Messages/{told['sid']}.json").json()["status"] == "sent"
    hands.pass_by(2)
    assert ask(http, server, "GET", f"/Messages/{told['sid']}.json").json()["status"] == "delivered"
    fate = ask(http, server, "GET", f"/Messages/{lost['sid']}.json").json()
    assert (fate["status"], fate["error_code"]) == ("undelivered", 30003)
    assert [post.labels["to"] for post in server.posts] == [TO, "+15555550003"]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"To": ""}, 21604),
        ({"To": "5550123"}, 21211),
        ({"To": "+15555550610"}, 21610),
        ({"To": "+15555550614"}, 21614),
        ({"To": "+15555550408"}, 21408),
        ({"From": ""}, 21603),
        ({"From": "+15555550199"}, 21606),
        ({"Body": " "}, 21602),
        ({"Body": "a" * 1_601}, 21617),
        ({"StatusCallback": "hook"}, 21609),
        ({"ValidityPeriod": "0"}, 20001),
        ({"SendAt": "2026-12-01T00:00:00Z"}, 20001),
    ],
)
def test_a_wrong_message_has_its_code(
    http: requests.Session, server: PracticeServer, given: dict[str, str], code: int
) -> None:
    """Each refusal is 400 with Twilio's own number."""
    answer = text(http, server, **{"body": given.pop("Body", "Closed."), **given})
    assert (answer.status_code, answer.json()["code"], answer.json()["status"]) == (400, code, 400)
    assert server.posts == []


def test_messages_are_found_by_whom_and_when(http: requests.Session, server: PracticeServer, hands: Hands) -> None:
    """To and DateSent>= choose; what is still queued has no date yet."""
    text(http, server)
    text(http, server, To="+15555550124")
    since = hands.now.isoformat()
    path = f"/Messages.json?To=%2B15555550123&DateSent%3E={since.replace('+00:00', 'Z')}"
    assert ask(http, server, "GET", path).json()["messages"] == []
    hands.pass_by(2)
    assert [found["body"] for found in ask(http, server, "GET", path).json()["messages"]] == ["Closed."]
    late = (hands.now + timedelta(minutes=1)).isoformat().replace("+00:00", "Z")
    assert ask(http, server, "GET", f"/Messages.json?DateSent%3E={late}").json()["messages"] == []
    assert len(ask(http, server, "GET", "/Messages.json").json()["messages"]) == 2
    assert ask(http, server, "GET", "/Messages.json?DateSent=now").status_code == 400


def test_only_the_record_of_a_message_can_be_deleted(http: requests.Session, server: PracticeServer) -> None:
    """After a deletion it is not found, and was received all the same."""
    sid = text(http, server).json()["sid"]
    assert ask(http, server, "DELETE", f"/Messages/{sid}.json").status_code == 204
    assert ask(http, server, "GET", f"/Messages/{sid}.json").json()["code"] == 20404
    assert len(server.posts) == 1


def test_the_account_is_checked(http: requests.Session, server: PracticeServer) -> None:
    """Both kinds of credential serve; a wrong one is 20003; one number sends at most 100 at once."""
    assert ask(http, server, "GET", ".json", auth=(ACCOUNT_SID, AUTH_TOKEN)).json()["status"] == "active"
    wrong = ask(http, server, "GET", ".json", auth=(ACCOUNT_SID, "wrong"))
    assert (wrong.status_code, wrong.json()["code"]) == (401, 20003)
    answers = [text(http, server) for _ in range(101)]
    assert (answers[-1].status_code, answers[-1].json()["code"]) == (429, 20429)
