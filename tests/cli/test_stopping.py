"""`notify hold`, `notify release`, and what `notify status` says of channels that do not send."""

import json

import pytest

from notifier.practice.faults import Fault
from tests.cli.console import Office


def test_what_is_held_waits_for_its_release(office: Office) -> None:
    """A person stops a channel: nothing goes out on it, the status says so, and the release sends what it kept."""
    office.only("county-hook", "plain-hook")
    held = office("hold", "plain-hook", "--reason", "wrong page", "--as", "chief")
    published = office.publish()
    status = office("status")
    released = office("release", "plain-hook", "--json")
    assert held.code == 0
    assert (published.code, published.states) == (5, {"county-hook": "delivered", "plain-hook": "held"})
    assert "plain-hook is held: wrong page (chief); to start it: notify release plain-hook" in status.err
    assert released.code == 0
    assert [one["state"] for one in released.document["deliveries"]] == ["delivered"]
    assert len(office.posts("webhook")) == 2


def test_a_hold_is_on_record(office: Office) -> None:
    """Who stopped it, why, and who started it again."""
    office.only("plain-hook")
    office("hold", "plain-hook", "--reason", "wrong page", "--as", "chief")
    office("release", "plain-hook", "--as", "pio")
    told = office.rows("SELECT type, actor, data FROM event WHERE stream = 'channel:plain-hook' ORDER BY number")
    assert [(type_, actor) for type_, actor, _ in told] == [("stopped", "chief"), ("started", "pio")]
    assert json.loads(told[0][2])["reason"] == "wrong page (chief)"


def test_a_dead_credential_is_no_hold(office: Office) -> None:
    """Each stop has its own way out, and says which."""
    office.only("x")
    office.fault(Fault(action="auth", platform="x"))
    office.publish()
    released = office("release", "x")
    office.fault()
    assert released.code == 2
    assert "notify retry --channel x" in released.err
    assert office("retry", "--channel", "x").code == 0


def test_what_a_person_held_no_retry_starts(office: Office) -> None:
    """Only a release does."""
    office.only("plain-hook")
    office("hold", "plain-hook")
    retried = office("retry", "--channel", "plain-hook")
    assert retried.code == 2
    assert "notify release plain-hook" in retried.err


@pytest.mark.parametrize("command", ["hold", "release"])
def test_a_channel_that_is_not_there(office: Office, command: str) -> None:
    """The sentence names those there are."""
    ran = office(command, "myspace")
    assert ran.code == 2
    assert "myspace" in ran.err
    assert "county-hook" in ran.err


def test_a_service_that_is_down_is_told(office: Office) -> None:
    """After five failures in a row the status says since when it is down, and an alarm is open."""
    office.only("county-hook")
    office.fault(Fault(action="status", platform="webhook", status=503))
    for number in range(5):
        office.publish("--street", f"Elm Street {number}", "--wait", "0")
    status = office("status", "--json").document
    assert list(status["down_channels"]) == ["county-hook"]
    assert "down:county-hook" in [alarm["key"] for alarm in status["alarms"]]
    assert "county-hook is down since" in office("status").err


def test_an_unknown_outcome_says_what_to_do(office: Office) -> None:
    """The status names the delivery, where to look and the command that settles it."""
    office.only("plain-hook")
    office.fault(Fault(action="lose-reply", platform="webhook"))
    ran = office.publish()
    id_ = ran.document["id"]
    status = office("status", id_)
    settled = office("confirm", id_, "plain-hook", "--url", "https://press.exampleton.example/1", "--json")
    assert (ran.code, ran.states) == (5, {"plain-hook": "unknown"})
    assert f"notify confirm {id_} plain-hook --url URL, or --failed REASON" in status.err
    assert (settled.code, settled.states) == (0, {"plain-hook": "delivered"})


def test_what_was_planned_for_another_account_waits(office: Office) -> None:
    """The channel leads elsewhere now: nothing is sent there unasked; a retry says to send it there."""
    office.only("plain-hook")
    office.fault(Fault(action="status", platform="webhook", status=503))
    id_ = office.publish("--wait", "0").document["id"]
    office.fault()
    office.channel("plain-hook", url=office.practice.url + "/hook-plain/elsewhere")
    ran = office("run", "--once")
    status = office("status", id_)
    retried = office("retry", id_, "--json")
    assert ran.code == 0
    assert "planned for another account of this name" in status.err
    assert retried.states == {"plain-hook": "delivered"}
    assert [post.labels["receiver"] for post in office.posts("webhook")] == ["/hook-plain/elsewhere"]


def test_alarms_reach_the_operator(office: Office) -> None:
    """A dead credential is told through the channel of [alarms], which no news goes to."""
    office.only("x", "county-hook")
    office.alarms = "county-hook"
    office.write()
    office.fault(Fault(action="auth", platform="x"))
    office.publish("--channel", "x", "--no-wait")
    office("run", "--once")
    (post,) = office.posts("webhook")
    assert "x is stopped" in post.title
    assert "notify retry --channel x" in post.text


def test_a_command_tells_alarms_where_no_runner_is_alive(office: Office) -> None:
    """At three in the morning nobody may have started one: the operator hears of it all the same."""
    office.only("x", "county-hook")
    office.alarms = "county-hook"
    office.write()
    office.fault(Fault(action="auth", platform="x"))
    office.publish("--channel", "x")
    assert [post.title for post in office.posts("webhook")] == ["Notifier: x is stopped: its credential was refused"]


def test_a_route_may_not_lead_to_the_operator(office: Office) -> None:
    """What is for the operator alone is in no route."""
    office.only("x", "county-hook")
    office.alarms, office.routed = "county-hook", ["x", "county-hook"]
    office.write()
    ran = office("config", "check")
    assert ran.code == 2
    assert "county-hook is the operator's" in ran.err
