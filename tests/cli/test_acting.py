"""What a person decides about deliveries: retry, cancel, confirm."""

import pytest

from notifier.practice.faults import Fault
from tests.cli.console import Office, Ran

SEEN = "https://press.example/closure"


def lost(office: Office) -> str:
    """Publish a closure whose answer is lost; answers its id."""
    office.only("plain-hook")
    office.fault(Fault(action="lose-reply", platform="webhook"))
    ran = office.publish()
    office.fault()
    assert ran.states == {"plain-hook": "unknown"}
    return str(ran.document["id"])


def the_delivery(ran: Ran) -> dict[str, object]:
    """The only delivery of a document."""
    (delivery,) = ran.document["deliveries"]
    return dict(delivery)


def test_what_a_person_saw_is_delivered(office: Office) -> None:
    """`confirm --url` settles an unknown as delivered with its address and who saw it; exit 0, done."""
    id_ = lost(office)

    ran = office("confirm", id_, "plain-hook", "--url", SEEN, "--as", "pio", "--json")

    assert (ran.code, ran.document["state"]) == (0, "done")
    assert (the_delivery(ran)["state"], the_delivery(ran)["url"]) == ("delivered", SEEN)
    moved = office("show", id_, "--json").document["history"][-1]
    assert (moved["actor"], moved["data"]["state"]) == ("pio", "delivered")
    assert office.requests("webhook")["publishing"] == 1


def test_what_a_person_missed_may_be_retried(office: Office) -> None:
    """`confirm --failed` settles an unknown as failed, exit 6; retry then sends it, because a person looked."""
    id_ = lost(office)

    confirmed = office("confirm", id_, "plain-hook", "--failed", "it is not on their page", "--json")
    retried = office("retry", id_, "--json")

    assert (confirmed.code, confirmed.states) == (6, {"plain-hook": "failed"})
    assert "it is not on their page" in str(the_delivery(confirmed)["detail"])
    assert (retried.code, retried.states) == (0, {"plain-hook": "delivered"})
    assert office.requests("webhook")["publishing"] == 2


def test_an_unknown_is_not_retried_by_a_command(office: Office) -> None:
    """`retry` leaves an unknown alone: nobody has looked yet; it still ends with 5."""
    id_ = lost(office)

    ran = office("retry", id_, "--json")

    assert (ran.code, ran.states) == (5, {"plain-hook": "unknown"})
    assert office.requests("webhook")["publishing"] == 1


@pytest.mark.parametrize("url", ["ftp://x.example/1", "press.example/closure", "javascript:alert(1)", ""])
def test_only_a_web_address_confirms(office: Office, url: str) -> None:
    """`confirm --url` takes a web address alone; anything else is 2, and the delivery stays unknown."""
    ran = office("confirm", "any", "plain-hook", "--url", url)

    assert ran.code == 2
    assert "web address" in ran.err


def test_what_is_settled_cannot_be_confirmed(office: Office) -> None:
    """`confirm` of a delivered post, or on a channel it never had, is 2 and changes nothing."""
    office.only("plain-hook")
    id_ = office.publish().document["id"]

    again = office("confirm", id_, "plain-hook", "--failed", "gone")
    elsewhere = office("confirm", id_, "radio", "--url", SEEN)

    assert (again.code, elsewhere.code) == (2, 2)
    assert "waits for a person" in again.err
    assert office("status", id_, "--json").states == {"plain-hook": "delivered"}


def test_cancel_stops_what_has_not_gone_out(office: Office) -> None:
    """`cancel` of a queued notification cancels its deliveries; run --once then sends nothing."""
    office.only("site", "plain-hook")
    id_ = office.publish("--no-wait").document["id"]

    ran = office("cancel", id_, "--as", "chief", "--json")
    office("run", "--once")

    assert ran.code == 0
    assert ran.states == {"site": "cancelled", "plain-hook": "cancelled"}
    assert "chief" in str(ran.document["deliveries"][0]["detail"])
    assert office.sent_nothing()


def test_cancel_leaves_what_went_out(office: Office) -> None:
    """What went out stays delivered; only the delivery that still retries is cancelled, and both are told."""
    office.only("site", "plain-hook")
    office.fault(Fault(action="status", status=503, platform="webhook"))
    id_ = office.publish("--wait", "0").document["id"]
    office.fault()

    ran = office("cancel", id_, "--json")

    assert ran.states == {"site": "delivered", "plain-hook": "cancelled"}
    assert "gone out already: 1" in ran.err
    assert office.posts("webhook") == []


def test_retry_sends_a_refused_post_again(office: Office) -> None:
    """A post that a platform refused for good is failed, exit 6, and goes out when a person retries it."""
    office.only("plain-hook")
    office.fault(Fault(action="status", status=422, platform="webhook"))
    refused = office.publish()
    office.fault()

    ran = office("retry", refused.document["id"], "--json")

    assert (refused.code, refused.states) == (6, {"plain-hook": "failed"})
    assert (ran.code, ran.states, the_delivery(ran)["attempts"]) == (0, {"plain-hook": "delivered"}, 2)


def test_retry_of_a_channel_prints_one_document(office: Office) -> None:
    """`retry --channel --json` prints what became of each delivery that the channel held."""
    office.only("facebook")
    office.fault(Fault(action="auth", platform="facebook"))
    id_ = office.publish().document["id"]
    office.fault()

    ran = office("retry", "--channel", "facebook", "--json")

    assert (ran.code, ran.document["channel"], ran.document["restarted"]) == (0, "facebook", 1)
    (told,) = ran.document["deliveries"]
    assert (told["notification"], told["channel"], told["state"]) == (id_, "facebook", "delivered")


def test_retry_of_a_channel_leaves_the_others_alone(office: Office) -> None:
    """Starting one channel again sends nothing on another, whatever is due there."""
    office.only("facebook", "plain-hook")
    office.publish("--no-wait")

    ran = office("retry", "--channel", "facebook")

    assert ran.code == 0
    assert (len(office.posts("facebook")), office.posts("webhook")) == (1, [])
