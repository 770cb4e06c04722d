"""`pending`, `approve`, `reject`: a dispatcher submits, a chief or a pio decides, and it goes out exactly so."""

import json
import os
import pwd
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher

from notifier.practice.faults import Fault
from notifier.practice.server import PracticeServer
from tests.cli.console import CLOSURE, Console, Office, Ran

PIN = "4711-secret"
HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PIN)
LOGIN = pwd.getpwuid(os.getuid()).pw_name
ALL = {"site", "x", "facebook", "nixle", "county-hook", "plain-hook"}


class Bureau(Office):
    """A department whose road closures wait for approval: a chief with a pin, a pio without one, a dispatcher."""

    def __init__(self, folder: Path, practice: PracticeServer) -> None:
        self.team = {"chief": ("chief", HASH), "pio": ("pio", None), "dispatch": ("dispatcher", None)}
        self.policy = '[approval]\nkinds = ["road-closure"]\n'
        super().__init__(folder, practice)

    def write(self) -> None:
        """Write the configuration with the team and what waits."""
        super().write()
        assert self.config is not None
        department = self.config / "department.toml"
        members = [
            f'[[team]]\nuser = "{user}"\nrole = "{role}"\n' + (f"pin = '{pin}'\n" if pin else "")
            for user, (role, pin) in self.team.items()
        ]
        own = department.read_text("utf-8").partition("[[team]]")[0]
        department.write_text(own + "\n".join(members), encoding="utf-8")
        (self.config / "policy.toml").write_text(self.policy, encoding="utf-8")

    def submit(self, *arguments: str) -> str:
        """A dispatcher submits the closure; answers its id."""
        ran = self.publish("--as", "dispatch", *arguments)
        assert (ran.code, ran.document["state"]) == (5, "pending"), ran.err
        return str(ran.document["id"])

    def approve(self, id_: str, *arguments: str, user: str = "pio", **environment: str) -> Ran:
        """Somebody approves, as JSON."""
        return self("approve", id_, "--as", user, "--json", *arguments, **environment)

    def state(self, id_: str) -> str:
        """What a notification is now."""
        return str(self("show", id_, "--json").document["state"])


@pytest.fixture
def bureau(tmp_path: Path) -> Iterator[Bureau]:
    """A department of its own, with practice platforms of its own."""
    with PracticeServer(site=tmp_path / "var" / "site") as practice:
        yield Bureau(tmp_path, practice)


def refused(ran: Ran, words: str) -> bool:
    """Whether a command ended with 2 and one sentence that says so."""
    return ran.code == 2 and words in ran.err and len(ran.err.strip().splitlines()) == 1


# --- the whole way ----------------------------------------------------------------------------------------------------


def test_a_closure_waits_is_approved_and_goes_out_as_it_stood(bureau: Bureau) -> None:
    """Exit 5 and nothing sent; the pio approves; every channel shows the text that waited; all of it is in `show`."""
    id_ = bureau.submit()
    assert bureau.sent_nothing()
    waiting = bureau("pending", id_, "--json").document

    ran = bureau.approve(id_, "--reason", "The crew asked for it.")

    assert (ran.code, ran.document["state"], {*ran.states.values()}) == (0, "done", {"delivered"})
    assert set(ran.states) == ALL
    x = next(text for text in waiting["texts"] if text["channel"] == "x")
    assert [post.text for post in bureau.posts("x")] == [x["text"]]
    approval = bureau("show", id_, "--json").document["approval"]
    wanted = {"state": "approved", "decided_by": "pio", "decided_login": LOGIN, "reason": "The crew asked for it."}
    wanted |= {"asked_by": "dispatch", "asked_login": LOGIN, "same_login": True, "hash": waiting["hash"]}
    assert wanted.items() <= approval.items()
    told = bureau("show", id_).err
    assert "approved by pio" in told
    assert "The crew asked for it." in told
    record = bureau("records", "show", id_, "--json").document
    assert [e["data"]["hash"] for e in record["events"] if e["type"] == "approved"] == [waiting["hash"]]
    file = bureau.folder / "record.json"
    file.write_text(json.dumps(record), encoding="utf-8")
    assert bureau("records", "verify", str(file)).code == 0


def test_what_waits_is_listed(bureau: Bureau) -> None:
    """What, who asked, when, until when, which texts; for a person in lines; nothing where nothing waits."""
    assert bureau("pending", "--json").document == []
    assert "Nothing waits" in bureau("pending").err
    id_ = bureau.submit()
    (one,) = bureau("pending", "--json").document
    assert (one["id"], one["kind"], one["asked_by"], one["findings"]) == (id_, "road-closure", "dispatch", [])
    waits = datetime.fromisoformat(one["until"]) - datetime.fromisoformat(one["asked"])
    assert abs(waits - timedelta(hours=12)) <= timedelta(seconds=1)  # both are told in whole seconds
    told = bureau("pending").err
    assert all(words in told for words in (id_, "Main Street", "dispatch", one["hash"][:12], "notify approve"))
    assert bureau.sent_nothing()


def test_who_submits_is_told_how_it_goes_on(bureau: Bureau) -> None:
    """Until when it waits, and the command that approves it."""
    ran = bureau(*CLOSURE, "--as", "dispatch")
    assert ran.code == 5
    assert "waits for approval until" in ran.err
    assert "notify approve n-" in ran.err


def test_a_preview_says_that_it_would_wait(bureau: Bureau) -> None:
    """Exit 5 as the real one, and one line more; `--dry-run` too."""
    for ran in (bureau("preview", *CLOSURE), bureau(*CLOSURE, "--dry-run")):
        assert (ran.code, "wait for approval" in ran.err) == (5, True)
    assert bureau.stored() == 0


def test_every_text_can_be_read_before_it_is_approved(bureau: Bureau) -> None:
    """`pending ID` shows each channel's text, for a person too."""
    id_ = bureau.submit("--link", "https://city.example/closure")
    shown = bureau("pending", id_, "--json").document
    assert {text["channel"] for text in shown["texts"]} == ALL
    assert all("Main Street" in text["text"] for text in shown["texts"])
    told = bureau("pending", id_).err
    assert all(channel in told for channel in ALL)
    assert "https://city.example/closure" in told


def test_what_is_over_and_what_is_of_another_kind_never_waits(bureau: Bureau) -> None:
    """Outreach is not among the kinds."""
    ran = bureau("outreach", "--topic", "Open day", "--body", "Come and see the station.", "--json")
    assert (ran.code, ran.document["approval"]) == (0, None)


# --- who may ----------------------------------------------------------------------------------------------------------


def test_who_may_not_approve_is_told_in_one_sentence(bureau: Bureau) -> None:
    """A dispatcher, a stranger, the one who submitted: exit 2, and it waits on."""
    id_ = bureau.submit()
    own = bureau.publish("--as", "pio").document["id"]
    assert refused(bureau("approve", id_, "--as", "dispatch"), "nobody approves what they submitted")
    assert refused(bureau("approve", id_, "--as", "stranger"), '"stranger" may not approve')
    assert refused(bureau("approve", id_), f'"{LOGIN}" may not approve')
    assert refused(bureau("approve", own, "--as", "pio"), "nobody approves what they submitted")
    assert refused(bureau("reject", id_, "--reason", "no", "--as", "stranger"), '"stranger" may not reject')
    assert bureau.state(id_) == "pending"
    assert bureau.sent_nothing()


def test_what_does_not_wait_cannot_be_approved(bureau: Bureau) -> None:
    """Unknown, blocked, clean, approved already: one sentence each, exit 2."""
    blocked = bureau.publish("--details", "John Smith is guilty of the murder.").document
    clean = bureau("outreach", "--topic", "Open day", "--body", "Come and see the station.", "--json").document
    done = bureau.submit()
    bureau.approve(done)
    assert blocked["state"] == "blocked"
    assert refused(bureau("approve", "n-nothing", "--as", "pio"), "there is no such notification")
    assert refused(bureau("approve", blocked["id"], "--as", "pio"), "does not wait for approval")
    assert refused(bureau("approve", clean["id"], "--as", "pio"), "does not wait for approval")
    assert refused(bureau("approve", done, "--as", "pio"), "approved already, by pio")
    assert refused(bureau("pending", done), "does not wait for approval")


def test_nothing_but_an_approval_sends_what_waits(bureau: Bureau) -> None:
    """Not `retry`, not a channel started again, not `confirm`, not `run`."""
    id_ = bureau.submit()
    bureau("retry", id_, "--as", "pio")
    bureau("retry", "--channel", "x", "--as", "pio")
    bureau("confirm", id_, "x", "--url", "https://x.example/1")
    bureau("run", "--once")
    assert bureau.state(id_) == "pending"
    assert bureau.sent_nothing()


# --- the texts --------------------------------------------------------------------------------------------------------


def test_the_texts_can_be_named_by_their_hash(bureau: Bureau) -> None:
    """Another hash, or too few digits, is refused; the right one approves."""
    id_ = bureau.submit()
    right = bureau("pending", "--json").document[0]["hash"]
    assert refused(bureau("approve", id_, "--as", "pio", "--hash", "0" * 12), "not those that you saw")
    assert refused(bureau("approve", id_, "--as", "pio", "--hash", right[:4]), "at least 8 digits")
    assert bureau.state(id_) == "pending"
    assert bureau.approve(id_, "--hash", right[:12]).code == 0


# --- pins -------------------------------------------------------------------------------------------------------------


def test_who_has_a_pin_must_give_it(bureau: Bureau) -> None:
    """Without it nothing is decided; the wrong one is on record, the right one approves; it stands nowhere."""
    id_ = bureau.submit()
    assert refused(bureau("approve", id_, "--as", "chief"), "the pin of chief is needed")
    assert refused(bureau("approve", id_, "--as", "chief", NOTIFY_PIN="4711"), "not the pin of chief")
    assert bureau.state(id_) == "pending"

    ran = bureau.approve(id_, user="chief", NOTIFY_PIN=PIN)

    assert (ran.code, ran.document["approval"]["pin"]) == (0, True)
    events = bureau("show", id_, "--json").document["history"]
    assert [(e["actor"], e["login"]) for e in events if e["type"] == "pin-wrong"] == [("chief", LOGIN)]
    everything = "".join(
        str(row) for table in ("event", "content", "approval") for row in bureau.rows(f"SELECT * FROM {table}")
    )
    assert PIN not in everything + ran.out + ran.err
    assert "argon2" not in everything


def test_a_pin_that_stands_in_a_file_proves_nothing(bureau: Bureau) -> None:
    """`.env` beside the configuration is read for secrets of channels, not for a person's pin."""
    id_ = bureau.submit()
    (bureau.folder / ".env").write_text(f"NOTIFY_PIN={PIN}\n", encoding="utf-8")
    assert refused(bureau("approve", id_, "--as", "chief"), "the pin of chief is needed")


def test_too_many_wrong_pins_stop_the_user(bureau: Bureau) -> None:
    """The sixth is not looked at, though it is right."""
    id_ = bureau.submit()
    for _ in range(5):
        bureau("approve", id_, "--as", "chief", NOTIFY_PIN="0000")
    assert refused(
        bureau("approve", id_, "--as", "chief", NOTIFY_PIN=PIN), "too many wrong pins for chief; try again in"
    )
    assert bureau.state(id_) == "pending"


def test_at_a_terminal_the_texts_are_shown_and_the_pin_is_asked_for(bureau: Bureau) -> None:
    """Unseen: what is typed does not stand on the screen."""
    id_ = bureau.submit()
    ran = bureau.at_terminal("approve", id_, "--as", "chief", answers=(PIN,))
    assert ran.code == 0, ran.err
    assert "Pin of chief:" in ran.err
    assert PIN not in ran.err
    before = ran.err.partition("Pin of chief:")[0]
    assert all(words in before for words in ("Main Street", "facebook", "dispatch asked"))
    assert bureau.state(id_) == "done"


def test_json_never_asks(bureau: Bureau) -> None:
    """At a terminal too: the pin comes from the environment, or not at all."""
    id_ = bureau.submit()
    ran = bureau.at_terminal("approve", id_, "--as", "chief", "--json")
    assert (ran.code, "is needed" in ran.err) == (2, True)


def test_a_pin_is_made_into_a_hash(bureau: Bureau) -> None:
    """`config pin` asks twice and prints what department.toml takes; two that differ, or a short one, are refused."""
    console = Console(bureau.folder)
    made = console.at_terminal("config", "pin", answers=("sesame-99", "sesame-99"))
    assert made.code == 0
    line = made.out.strip()
    assert line.startswith('pin = "$argon2id$')
    assert "sesame" not in made.err + made.out
    bureau.team["pio"] = ("pio", line.removeprefix('pin = "').rstrip('"'))
    bureau.write()
    id_ = bureau.submit()
    assert bureau.approve(id_, NOTIFY_PIN="sesame-99").code == 0
    assert console.at_terminal("config", "pin", answers=("sesame-99", "sesame-98")).code == 2
    assert refused(console("config", "pin", NOTIFY_PIN="123"), "shorter than 4")
    assert refused(console("config", "pin"), "the pin is missing")


# --- the team ---------------------------------------------------------------------------------------------------------


def test_the_configuration_says_who_could_approve(bureau: Bureau) -> None:
    """Whoever has no pin, a team with one approver, with none: told at `config check`, exit 0; a pin in clear is 2."""
    assert "pio (pio) has no pin" in bureau("config", "check").err
    bureau.team = {"chief": ("chief", HASH)}
    bureau.write()
    (warning,) = bureau("config", "check", "--json").document["warnings"]
    assert "only chief could approve" in warning
    bureau.team = {"dispatch": ("dispatcher", None)}
    bureau.write()
    # Nor is there anybody who could have approved the pages: that is wrong, and told beside it.
    alone = bureau("config", "check")
    assert (alone.code, "nobody could approve" in alone.err) == (2, True), alone.err
    bureau.only("site")
    bureau.channel("site", approved_by=None, approved_on=None)
    alone = bureau("config", "check")
    assert (alone.code, "nobody could approve" in alone.err) == (0, True), alone.err
    bureau.team = {"chief": ("chief", "4711-open")}
    bureau.write()
    clear = bureau("config", "check")
    assert (clear.code, "is not an argon2 hash" in clear.err, "4711-open" in clear.err) == (2, True, False)


# --- rejecting, taking back, time -------------------------------------------------------------------------------------


def test_what_is_rejected_is_told_with_the_reason(bureau: Bureau) -> None:
    """Exit 0 for who rejects; `status` then ends with 4, for nothing was sent; the reason is needed and kept."""
    id_ = bureau.submit()
    assert bureau("reject", id_, "--as", "pio").code == 2
    assert refused(bureau("reject", id_, "--as", "pio", "--reason", " "), "--reason is empty")
    ran = bureau("reject", id_, "--as", "pio", "--reason", "It is Elm Street.", "--json")
    assert (ran.code, ran.document["state"], {*ran.states.values()}) == (0, "rejected", {"cancelled"})
    status = bureau("status", id_)
    assert (status.code, "rejected by pio" in status.err, "It is Elm Street." in status.err) == (4, True, True)
    assert refused(bureau("approve", id_, "--as", "pio"), "was rejected by pio: It is Elm Street.")
    assert bureau.sent_nothing()


def test_who_submitted_it_takes_it_back(bureau: Bureau) -> None:
    """`reject` of their own, or `cancel`: either ends it."""
    one, two = bureau.submit(), bureau.submit()
    assert bureau("reject", one, "--as", "dispatch", "--reason", "Typed wrongly.").code == 0
    assert bureau("cancel", two, "--as", "dispatch").code == 0
    assert (bureau.state(one), bureau.state(two)) == ("rejected", "withdrawn")
    assert bureau("pending", "--json").document == []


def age(bureau: Bureau, id_: str, hours: int) -> None:
    """Make it some hours that a notification waits."""
    import sqlite3

    connection = sqlite3.connect(bureau.database)
    past = hours * 3_600_000_000
    connection.execute(
        "UPDATE approval SET asked = asked - ?, until = until - ? WHERE notification = ?", (past, past, id_)
    )
    connection.commit()
    connection.close()


def test_what_nobody_approves_expires(bureau: Bureau) -> None:
    """Seen by every command that looks; recorded by `notify run`; approved no more."""
    id_ = bureau.submit()
    age(bureau, id_, 13)
    shown = bureau("show", id_, "--json").document
    assert (shown["state"], shown["approval"]["state"]) == ("expired", "expired")
    assert {delivery["state"] for delivery in shown["deliveries"]} == {"expired"}
    assert bureau("status", id_).code == 6
    assert bureau("list", "--json").document[0]["state"] == "expired"
    assert bureau("pending", "--json").document == []
    assert refused(bureau("approve", id_, "--as", "pio"), "not approved in time")
    bureau("run", "--once")
    events = [event["type"] for event in bureau("show", id_, "--json").document["history"]]
    assert events.count("approval-expired") == 1
    assert bureau.rows("SELECT DISTINCT state FROM delivery") == [("expired",)]
    assert refused(bureau("approve", id_, "--as", "pio"), "not approved in time")
    assert bureau.sent_nothing()


def test_how_long_it_waits_is_a_setting(bureau: Bureau) -> None:
    """`[approval] expires`."""
    bureau.policy += 'expires = "45m"\n'
    bureau.write()
    bureau.submit()
    (one,) = bureau("pending", "--json").document
    assert datetime.fromisoformat(one["until"]) - datetime.fromisoformat(one["asked"]) == timedelta(minutes=45)


def test_what_is_for_later_is_scheduled_by_its_approval(bureau: Bureau) -> None:
    """Exit 0, nothing sent yet; the command says that nobody is there to send it."""
    id_ = bureau.submit("--at", "3h")
    ran = bureau.approve(id_)
    assert (ran.code, ran.document["state"], {*ran.states.values()}) == (0, "scheduled", {"due"})
    assert bureau.sent_nothing()
    assert "notify run" in ran.err


# --- what else may be the matter --------------------------------------------------------------------------------------


def test_two_who_approve_at_once_send_it_once(bureau: Bureau) -> None:
    """Two processes: one ends with 0, the other with 2, and each platform is asked once."""
    bureau.only("plain-hook", "x")
    id_ = bureau.submit()
    both = [bureau.start("approve", id_, "--as", "pio", "--json") for _ in range(3)]
    ends = sorted((process.wait(60), process.communicate())[0] for process in both)
    assert ends == [0, 2, 2]
    assert (bureau.requests("webhook")["publishing"], bureau.requests("x")["publishing"]) == (1, 1)


def test_a_missing_secret_holds_its_channel_after_the_approval(bureau: Bureau) -> None:
    """The others go; exit 5, for a person has to set it; then that one goes too."""
    bureau.only("x", "plain-hook")
    bureau.channel("x", access_token_secret={"env": "X_SECRET"})
    id_ = bureau.submit()
    ran = bureau.approve(id_)
    assert (ran.code, ran.states) == (5, {"x": "held", "plain-hook": "delivered"})
    later = bureau("retry", "--channel", "x", X_SECRET="practice-token-secret")
    assert (later.code, bureau.state(id_)) == (0, "done")


def test_a_failed_delivery_ends_the_approval_with_six(bureau: Bureau) -> None:
    """The approval stands; what a platform refused for good is told as by any command."""
    bureau.only("plain-hook", "x")
    id_ = bureau.submit()
    bureau.fault(Fault(action="status", status=400, platform="webhook"))
    ran = bureau.approve(id_)
    assert (ran.code, ran.states) == (6, {"plain-hook": "failed", "x": "delivered"})


def test_an_approved_exercise_stays_an_exercise(bureau: Bureau) -> None:
    """It goes to practice accounts alone, and to none that became live while it waited."""
    bureau.only("plain-hook", "county-hook")
    id_ = bureau.submit("--exercise")
    bureau.channel("plain-hook", live=True)
    ran = bureau.approve(id_)
    assert (ran.code, ran.document["status"]) == (6, "exercise")
    assert ran.states == {"plain-hook": "failed", "county-hook": "delivered"}
    assert bureau.requests("webhook")["publishing"] == 1
    assert "exercise" in str(bureau.posts("webhook")[0]).lower()


@pytest.mark.parametrize("command", [("approve",), ("reject", "--reason", "no")])
def test_a_mistake_is_json_where_json_was_asked_for(bureau: Bureau, command: tuple[str, ...]) -> None:
    """One document, with the sentence and the exit code."""
    ran = bureau(*command, "n-nothing", "--as", "pio", "--json")
    error: dict[str, Any] = ran.document["error"]
    assert (ran.code, error["exit"]) == (2, 2)
