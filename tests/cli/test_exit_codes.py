"""Each exit code of the contract, by the situation that a person would meet, and what is told of it."""

import pytest

from notifier.practice.faults import Fault
from tests.cli.console import CLOSURE, Office, Ran

GUILTY = ("--details", "Officers arrested the murderer.")


def detail(ran: Ran, channel: str) -> str:
    """What the document says of one channel."""
    return next(str(one["detail"]) for one in ran.document["deliveries"] if one["channel"] == channel)


def test_no_wait_stores_it_and_run_once_delivers(office: Office) -> None:
    """--no-wait ends with 0 before anything is sent; run --once delivers all, and the same id is done."""
    office.only("site", "x", "plain-hook")

    queued = office.publish("--no-wait")
    nothing_yet = office.sent_nothing()
    run = office("run", "--once")
    after = office("status", queued.document["id"], "--json")

    assert (queued.code, nothing_yet) == (0, True)
    assert set(queued.states.values()) == {"due"}
    assert '"notify run" is alive' in queued.err
    assert run.code == 0
    assert (after.code, set(after.states.values())) == (0, {"delivered"})
    assert (office.requests("x")["publishing"], len(office.posts("webhook"))) == (1, 1)


def test_a_wrong_configuration_ends_with_2(office: Office) -> None:
    """Every problem of every file is told at once with its file and key; nothing was attempted."""
    office.channel("x", handel="typo", approved_on="soon")
    office.channel("fax", type="fax")

    ran = office.publish()

    told = ran.document["error"]
    assert (ran.code, told["exit"]) == (2, 2)
    places = " ".join(problem["where"] for problem in told["problems"])
    assert "channels.x: handel" in places
    assert "channels.x: approved_on" in places
    assert "channels.fax" in places
    assert office.stored() == 0
    assert office.sent_nothing()


def test_an_open_secret_ends_with_2_and_is_not_repeated(office: Office) -> None:
    """A secret that stands in TOML is refused with what to write instead, and no word says it again."""
    office.channel("nixle", password="hunter2-hunter2")

    ran = office.publish()

    assert ran.code == 2
    assert "{ env =" in ran.err
    assert "hunter2" not in ran.out + ran.err


def test_an_invalid_notification_ends_with_3(office: Office) -> None:
    """A missing field is one sentence that names it with an example; nothing stored, nothing sent."""
    ran = office("road-closure", "--street", "Main Street", "--json")

    (problem,) = ran.document["error"]["problems"]
    assert ran.code == 3
    assert problem["where"] == "reason"
    assert "required" in problem["sentence"]
    assert "for example" in problem["sentence"]
    assert office.stored() == 0
    assert office.sent_nothing()


def test_what_the_order_blocks_ends_with_4_and_reaches_nobody(office: Office) -> None:
    """A text that pronounces guilt is recorded with its finding and its words, and no platform hears of it."""
    ran = office.publish(*GUILTY)

    document = ran.document
    finding = document["findings"][0]
    assert (ran.code, document["state"], document["deliveries"]) == (4, "blocked", [])
    assert (finding["verdict"], finding["label"]) == ("block", "guilt-or-innocence")
    assert (finding["text"], finding["field"]) == ("the murderer", "details")
    assert GUILTY[1][finding["start"] : finding["end"]] == "the murderer"
    assert finding["why"]
    assert finding["mend"]
    assert office.stored() == 1
    assert office.sent_nothing()


def test_a_person_is_shown_the_words_that_are_blocked(office: Office) -> None:
    """At the console a blocked text is told with its words, its clause and how to mend it."""
    ran = office(*CLOSURE, *GUILTY)

    assert ran.code == 4
    assert "BLOCK" in ran.err
    assert "order 2.c" in ran.err
    assert '"the murderer"' in ran.err


def test_blocked_stays_blocked(office: Office) -> None:
    """Neither run --once nor retry sends what was blocked; retry says that the sending is not what failed."""
    id_ = office.publish(*GUILTY).document["id"]

    run, retry = office("run", "--once"), office("retry", id_)

    assert (run.code, retry.code) == (0, 2)
    assert "blocked" in retry.err
    assert office.sent_nothing()


def test_a_lost_reply_ends_with_5_and_is_never_sent_again(office: Office) -> None:
    """A webhook that promises nothing and loses its reply is unknown: told to a person, not repeated by anyone."""
    office.only("plain-hook", "site")
    office.fault(Fault(action="lose-reply", platform="webhook"))

    ran = office.publish()
    office.fault()
    run = office("run", "--once")

    assert ran.code == 5
    assert ran.states == {"plain-hook": "unknown", "site": "delivered"}
    assert "notify confirm" in detail(ran, "plain-hook")
    assert run.code == 0
    assert office.requests("webhook")["publishing"] == len(office.posts("webhook")) == 1


def test_a_lost_reply_of_an_idempotent_webhook_is_sent_again(office: Office) -> None:
    """A receiver that drops repeated keys is asked again with the same key and shows one post: exit 0."""
    office.only("county-hook")
    office.fault(Fault(action="lose-reply", platform="webhook", times=1))

    ran = office.publish()

    assert (ran.code, ran.states) == (0, {"county-hook": "delivered"})
    assert ran.document["deliveries"][0]["attempts"] == 2
    assert (office.requests("webhook")["publishing"], len(office.posts("webhook"))) == (2, 1)


def test_a_service_down_beyond_the_wait_ends_with_6(office: Office) -> None:
    """503 beyond --wait: exit 6 with the next attempt's time; the rest went out; run --once delivers it later."""
    office.only("site", "plain-hook")
    office.fault(Fault(action="status", status=503, platform="webhook", retry_after="seconds:2"))

    ran = office.publish("--wait", "0.5")
    office.fault()
    alone = office.posts("webhook") == []
    due = ran.document["deliveries"][1]["next_attempt"]
    later = office("retry", ran.document["id"], "--json", "--wait", "5")

    assert (ran.code, alone) == (6, True)
    assert ran.states == {"site": "delivered", "plain-hook": "due"}
    assert due is not None
    assert (later.code, later.states["plain-hook"]) == (0, "delivered")
    assert len(office.posts("webhook")) == 1


def test_5_and_6_together_are_6(office: Office) -> None:
    """One channel unknown and another refused: the failure decides, and both are told."""
    office.only("plain-hook", "x")
    office.fault(
        Fault(action="lose-reply", platform="webhook"), Fault(action="status", status=400, platform="x", on="all")
    )

    ran = office.publish("--wait", "1")

    assert (ran.code, ran.states) == (6, {"plain-hook": "unknown", "x": "failed"})


@pytest.mark.parametrize("form", ["seconds:2", "date:2"])
def test_retry_after_is_honoured_within_the_wait(office: Office, form: str) -> None:
    """The second attempt comes no earlier than Retry-After says, in seconds or as a date, and is waited for."""
    office.only("county-hook")
    office.fault(Fault(action="status", status=429, platform="webhook", retry_after=form, times=1))

    ran = office.publish("--wait", "10")

    (first, second) = office.rows("SELECT at FROM event WHERE type = 'attempt' ORDER BY number")
    waited = (second[0] - first[0]) / 1_000_000
    assert (ran.code, ran.states) == (0, {"county-hook": "delivered"})
    assert 1.9 <= waited <= 5
    assert len(office.posts("webhook")) == 1


def test_a_dead_credential_holds_its_channel_until_a_person_mends_it(office: Office) -> None:
    """401 holds the channel and what follows on it; after the repair, retry --channel sends both, each once."""
    office.only("facebook", "plain-hook")
    office.fault(Fault(action="auth", platform="facebook"))
    first = office.publish()
    second = office.publish("--street", "Elm Street")
    asked_while_stopped = office.requests("facebook")["publishing"]
    office.fault()

    retry = office("retry", "--channel", "facebook", "--json")

    assert (first.code, first.states) == (5, {"facebook": "held", "plain-hook": "delivered"})
    assert (second.code, second.states["facebook"]) == (5, "held")
    assert "retry --channel facebook" in office("channels", "list").err or "stopped" in detail(second, "facebook")
    assert asked_while_stopped == 1
    assert retry.code == 0
    assert sorted("Elm Street" in post.text for post in office.posts("facebook")) == [False, True]


def test_a_dead_credential_still_dead_holds_again(office: Office) -> None:
    """Retrying a channel whose credential is still refused says so with 5, and holds it again."""
    office.only("facebook")
    office.fault(Fault(action="auth", platform="facebook"))
    office.publish()

    retry = office("retry", "--channel", "facebook")

    assert retry.code == 5
    assert "facebook" in retry.err
    assert office("status", "--json").document["stopped_channels"].keys() == {"facebook"}


def test_a_missing_secret_holds_that_channel_alone(office: Office) -> None:
    """A secret that is not set holds its channel and names the variable; once set, run --once sends it."""
    office.only("nixle", "plain-hook")
    office.channel("nixle", password={"env": "NIXLE_PASSWORD"})

    ran = office.publish()
    nobody_asked = office.requests("everbridge")["all"] == 0
    still_missing = office("retry", "--channel", "nixle")
    run = office("run", "--once", NIXLE_PASSWORD="practice-password")

    assert (ran.code, ran.states) == (5, {"nixle": "held", "plain-hook": "delivered"})
    assert "$NIXLE_PASSWORD is not set" in detail(ran, "nixle")
    assert nobody_asked
    assert (still_missing.code, "NIXLE_PASSWORD" in still_missing.err) == (2, True)
    assert run.code == 0
    assert len(office.posts("everbridge")) == 1


def test_a_secret_may_stand_in_dotenv(office: Office) -> None:
    """A secret in the .env beside the configuration's folder is found, and a real variable wins over it."""
    office.only("nixle")
    office.channel("nixle", password={"env": "NIXLE_PASSWORD"})
    (office.folder / ".env").write_text("NIXLE_PASSWORD=practice-password\n")

    found = office.publish()
    overruled = office.publish("--street", "Elm Street", NIXLE_PASSWORD="wrong")

    assert found.states == {"nixle": "delivered"}
    assert overruled.states == {"nixle": "held"}


def test_work_that_is_left_is_said_in_one_line(office: Office) -> None:
    """When a delivery is still due and no notify run lives, one line says so; a clean command says nothing of it."""
    office.only("plain-hook")
    clean = office(*CLOSURE)
    office.fault(Fault(action="status", status=503, platform="webhook"))

    left = office(*CLOSURE, "--street", "Elm Street", "--wait", "0")

    assert "notify run" not in clean.err
    assert sum("notify run" in line for line in left.err.splitlines()) == 1
