"""The power may fail at any instant: what was stored goes out once, and what nobody can know is said to be unknown."""

import random
import signal
import time
from collections import Counter

import pytest

from notifier.practice.faults import Fault
from tests.cli.console import CLOSURE, Office, kill, wait_until

PROMISES_NOTHING = {"x", "facebook", "nixle", "plain-hook"}
"""Channels where a repeat may be a second post: after a lost answer nobody sends again unlooked."""
ALL = {"site", "county-hook", *PROMISES_NOTHING}


def published(office: Office) -> Counter[str]:
    """How often each channel shows something to the public."""
    places = {"x": "x", "facebook": "facebook", "everbridge": "nixle"}
    receivers = {"/hook/county": "county-hook", "/hook-plain/press": "plain-hook"}
    seen = Counter(places.get(post.platform) or receivers[post.labels["receiver"]] for post in office.practice.posts)
    return seen + Counter({"site": sum(not page.endswith(".en.html") for page in office.pages())})


def states(office: Office) -> dict[str, str]:
    """The state of each channel's delivery, as it stands in the database."""
    return dict(office.rows("SELECT channel, state FROM delivery"))


def assert_once_or_unknown(office: Office) -> None:
    """Every channel has it exactly once, or is reported unknown where nobody can know; then at most once."""
    seen = published(office)
    for channel, state in states(office).items():
        if state == "unknown":
            assert channel in PROMISES_NOTHING
            assert seen[channel] <= 1, channel
        else:
            assert (channel, state, seen[channel]) == (channel, "delivered", 1)


def planned(office: Office) -> bool:
    """Whether the plan stands in the database."""
    return office.stored() == 1


@pytest.mark.parametrize("attempt", range(2))
def test_killed_right_after_its_plan_is_stored(office: Office, attempt: int) -> None:
    """The plan is on disk and no byte has left: run --once brings it to every channel once."""
    process = office.start(*CLOSURE, "--json")
    wait_until(lambda: planned(office), "the plan")
    with office.locked("BEGIN IMMEDIATE"):  # whoever has not yet recorded an intent cannot do it now
        kill(process)
    left = Counter(states(office).values())

    run = office("run", "--once")

    assert run.code == 0
    assert left.keys() <= {"claimed", "sending", "delivered"}
    assert states(office).keys() == ALL
    assert_once_or_unknown(office)
    unknown = sum(state == "unknown" for state in states(office).values())
    assert unknown <= left["sending"], f"round {attempt}: what never began is never unknown"


def test_killed_while_every_channel_waits_for_its_answer(office: Office) -> None:
    """Killed after all platforms acted and before any answered: nothing is posted twice, and every doubt is told."""
    office.fault(Fault(action="slow", seconds=30))
    process = office.start(*CLOSURE)
    wait_until(lambda: published(office).keys() >= ALL, "a post on every channel")
    kill(process)
    office.fault()

    run = office("run", "--once")
    status = office("status", "--json")

    assert run.code == 0
    assert states(office) == {
        **dict.fromkeys(PROMISES_NOTHING, "unknown"),
        "site": "delivered",
        "county-hook": "delivered",
    }
    assert published(office) == dict.fromkeys(ALL, 1)
    assert office.requests("webhook")["publishing"] == 3  # the county's twice, with one key
    (unfinished,) = status.document["unfinished"]
    plain = next(one for one in unfinished["deliveries"] if one["channel"] == "plain-hook")
    assert "died before the answer" in plain["detail"]
    assert "notify confirm" in plain["detail"]


def test_killed_before_a_platform_acted(office: Office) -> None:
    """Killed while a platform hangs: the idempotent receiver gets it on the next run, the other stays unknown."""
    office.only("county-hook", "plain-hook")
    office.fault(Fault(action="hang", platform="webhook", seconds=30))
    process = office.start(*CLOSURE)
    wait_until(lambda: office.requests("webhook")["publishing"] == 2, "both requests")
    kill(process)
    office.fault()

    office("run", "--once")

    assert states(office) == {"county-hook": "delivered", "plain-hook": "unknown"}
    assert published(office) == {"county-hook": 1}


@pytest.mark.parametrize("seed", range(4))
def test_killed_at_any_instant(office: Office, seed: int) -> None:
    """At whatever instant the command is killed after its plan is stored, nothing is lost and nothing is doubled."""
    dice = random.Random(seed)
    office.fault(Fault(action="slow", seconds=0.15, rate=0.5, seed=seed))
    process = office.start(*CLOSURE)
    wait_until(lambda: planned(office), "the plan")
    time.sleep(dice.uniform(0, 0.4))
    kill(process)

    runs = [office("run", "--once"), office("run", "--once")]

    assert [run.code for run in runs] == [0, 0]
    assert states(office).keys() == ALL
    assert_once_or_unknown(office)
    assert office("records", "verify").code == 0


def test_a_runner_that_is_killed_is_taken_over(office: Office) -> None:
    """`notify run` dies in the middle of a backlog; the next one finishes it, each notification once."""
    office.only("county-hook")
    for street in ("Elm Street", "Oak Street", "River Road"):
        office.publish("--street", street, "--no-wait")
    office.fault(Fault(action="slow", platform="webhook", seconds=30, nth=[2]))
    process = office.start("run")
    wait_until(lambda: len(office.posts("webhook")) >= 2, "the runner's posts")
    kill(process)
    office.fault()

    run = office("run", "--once")

    streets = Counter(word for post in office.posts("webhook") for word in ("Elm", "Oak", "River") if word in post.text)
    assert run.code == 0
    assert streets == {"Elm": 1, "Oak": 1, "River": 1}
    assert {state for (state,) in office.rows("SELECT state FROM delivery")} == {"delivered"}


def test_two_runners_at_once_share_a_backlog(office: Office) -> None:
    """Two processes deliver from one store at once: each notification once, also where nothing drops repeats."""
    office.only("plain-hook")
    streets = ["Elm Street", "Oak Street", "River Road", "Mill Lane"]
    for street in streets:
        office.publish("--street", street, "--no-wait")
    office.fault(Fault(action="slow", platform="webhook", seconds=0.2))

    processes = [office.start("run", "--once") for _ in range(2)]
    ends = [process.communicate() and process.returncode for process in processes]

    assert ends == [0, 0]
    assert len(office.posts("webhook")) == len({post.key for post in office.posts("webhook")}) == len(streets)
    assert {state for (state,) in office.rows("SELECT state FROM delivery")} == {"delivered"}


def test_commands_at_once_publish_each_their_own(office: Office) -> None:
    """Three commands at the same time on one new store: three notifications, each once on each channel, all 0."""
    office.only("site", "x", "plain-hook")
    streets = ["Elm Street", "Oak Street", "River Road"]

    processes = [office.start(*CLOSURE, "--street", street, "--json") for street in streets]
    ends = [(process.communicate()[1], process.returncode) for process in processes]

    assert [code for _, code in ends] == [0, 0, 0], ends
    assert office.stored() == 3
    assert published(office) == {"site": 3, "x": 3, "plain-hook": 3}
    assert office("records", "verify").code == 0


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_runner_stops_when_asked(office: Office, how: signal.Signals) -> None:
    """SIGTERM and Ctrl-C let notify run finish what is in flight and end with 0; while it lived, status said so."""
    office.only("plain-hook")
    office.publish("--no-wait")
    office.fault(Fault(action="slow", platform="webhook", seconds=0.5))
    process = office.start("run")
    wait_until(lambda: len(office.posts("webhook")) == 1, "the post")
    alive = office.rows("SELECT role FROM process")

    process.send_signal(how)
    _, said = process.communicate(timeout=20)

    assert alive == [("run",)]
    assert (process.returncode, states(office)) == (0, {"plain-hook": "delivered"})
    assert "stopped" in said
    assert office.rows("SELECT role FROM process") == []


def test_ctrl_c_at_the_console_loses_nothing(office: Office) -> None:
    """Ctrl-C while a command sends ends it with 130; what was under way is known or said to be unknown."""
    office.only("plain-hook", "county-hook")
    office.fault(Fault(action="slow", platform="webhook", seconds=0.5))
    process = office.start(*CLOSURE)
    wait_until(lambda: len(office.posts("webhook")) == 2, "the posts")

    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=20)
    office("run", "--once")

    assert process.returncode == 130
    assert "Traceback" not in said
    assert_once_or_unknown(office)


@pytest.mark.slow
def test_a_lost_reply_of_x_is_looked_up_and_found(office: Office) -> None:
    """A post on X whose reply was lost is looked up within --wait and found: delivered, exit 0, posted once."""
    office.only("x")
    office.fault(Fault(action="lose-reply", platform="x"))

    ran = office.publish()

    assert (ran.code, ran.states) == (0, {"x": "delivered"})
    assert "look-up found it" in ran.document["deliveries"][0]["detail"]
    assert (office.requests("x")["publishing"], len(office.posts("x"))) == (1, 1)
