"""`notify update`: what changed, on the channels that it went to, and nothing old after it."""

import json
from pathlib import Path

import pytest

from notifier.practice.faults import Fault
from tests.cli.console import CLOSURE, Console, Office
from tests.notifications import a_picture

GUILTY = "John Smith is guilty of the murder."


def test_an_update_goes_where_the_issue_went(office: Office) -> None:
    """One changed field: every channel of the issue and no other gets all facts, said to be an update."""
    id_ = office.publish("--channel", "x", "--channel", "plain-hook", "--ends", "8h").document["id"]

    ran = office("update", id_, "--detour", "use River Road", "--json")

    newest = {one["channel"]: one for one in ran.document["deliveries"] if one["revision"] == 2}
    assert (ran.code, ran.document["stage"], ran.document["state"], ran.document["revision"]) == (
        0,
        "update",
        "done",
        2,
    )
    assert {channel: one["state"] for channel, one in newest.items()} == {"x": "delivered", "plain-hook": "delivered"}
    (text,) = [post.text for post in office.posts("x") if "update" in post.text]
    assert "Main Street" in text
    assert "River Road" in text
    assert office.posts("facebook") == []


def test_its_own_kind_says_which_options_there_are(office: Office) -> None:
    """The help of an ID lists the fields of its kind, none required; another kind's option is a usage error."""
    id_ = office.publish("--channel", "x").document["id"]

    helped, wrong = office("update", id_, "--help"), office("update", id_, "--age", "14")

    assert (helped.code, wrong.code) == (0, 2)
    assert "--street" in helped.out
    assert "--clear" in helped.out
    assert "(required)" not in helped.out
    assert not {"--language", "--exercise"} & {*helped.out.split()}
    assert office.stored() == 1


def test_the_end_of_an_id_is_enough(office: Office) -> None:
    """As everywhere, the last characters name a notification; an unknown one is 2."""
    id_ = office.publish("--channel", "x").document["id"]

    assert office("update", id_[-5:], "--details", "Sidewalks stay open.").code == 0
    unknown = office("update", "n-20200101-000000-aaaaa", "--details", "Nothing.")
    assert (unknown.code, "there is no such notification" in unknown.err) == (2, True)


@pytest.mark.parametrize("arguments", [(), ("--json",), ("--wait", "0")])
def test_nothing_to_change_is_a_usage_error(office: Office, arguments: tuple[str, ...]) -> None:
    """Without a field, the sentence says how to see them; nothing is stored."""
    id_ = office.publish("--channel", "x").document["id"]

    ran = office("update", id_, *arguments)

    assert ran.code == 2
    assert f"say what changed of {id_}" in ran.err
    assert office("show", id_, "--json").document["revision"] == 1


def test_a_field_is_taken_away(office: Office) -> None:
    """`--clear detour`, and null in `--fields`; a name that is no field is 3 and lists them."""
    id_ = office.publish("--channel", "x", "--detour", "use River Road", "--ends", "8h").document["id"]

    cleared = office("update", id_, "--clear", "detour", "--json")
    nulled = office("update", id_, "--fields", "-", "--json", stdin='{"ends": null}')
    wrong = office("update", id_, "--clear", "colour")

    assert (cleared.code, nulled.code, wrong.code) == (0, 0, 3)
    assert office("show", id_, "--json").document["fields"] == {
        "street": "Main Street",
        "reason": "water main break",
        "lanes": "all",
        "link": [],
        "attachments": [],
    }
    assert '"colour" is not a field of a road-closure' in wrong.err


def test_a_wrong_value_stores_nothing(office: Office) -> None:
    """The kind's own sentence, exit 3."""
    id_ = office.publish("--channel", "x").document["id"]

    ran = office("update", id_, "--ends", "soonish")

    assert (ran.code, "ends:" in ran.err) == (3, True)
    assert office("show", id_, "--json").document["revision"] == 1


def test_a_dry_run_stores_nothing(office: Office) -> None:
    """It shows the texts of the update, and sends nothing."""
    id_ = office.publish("--channel", "x").document["id"]

    ran = office("update", id_, "--details", "Sidewalks stay open.", "--dry-run", "--json")

    (shown,) = ran.document["channels"]
    assert (ran.code, ran.document["stage"], shown["channel"]) == (0, "update", "x")
    assert "Sidewalks stay open." in shown["text"]
    assert len(office.posts("x")) == 1
    assert office("show", id_, "--json").document["revision"] == 1


def test_an_update_that_the_order_forbids_leaves_what_stands(office: Office) -> None:
    """Exit 4 with the findings; recorded, nothing sent; the notification stands and can be updated again."""
    id_ = office.publish("--channel", "x").document["id"]

    blocked = office("update", id_, "--details", GUILTY, "--json")
    shown = office("show", id_, "--json").document
    again = office("update", id_, "--details", "Sidewalks stay open.", "--json")

    assert (blocked.code, blocked.document["state"], blocked.document["deliveries"]) == (4, "blocked", [])
    assert blocked.document["findings"][0]["field"] == "details"
    assert (shown["state"], shown["revision"], shown["findings"]) == ("done", 1, [])
    tried = shown["history"][-1]
    assert (tried["type"], tried["data"]["state"]) == ("update-planned", "blocked")
    assert (again.code, again.document["revision"]) == (0, 2)
    assert [GUILTY in post.text for post in office.posts("x")] == [False, False]


def test_what_a_channel_has_not_got_yet_is_superseded(office: Office) -> None:
    """The issue that still retries is cancelled in the commit of its update; the channel reads the newer facts."""
    office.only("site", "plain-hook")
    office.fault(Fault(action="status", status=503, platform="webhook"))
    id_ = office.publish("--wait", "0").document["id"]
    office.fault()

    ran = office("update", id_, "--detour", "use River Road", "--json")

    states = {(one["channel"], one["revision"]): one["state"] for one in ran.document["deliveries"]}
    assert (ran.code, states["plain-hook", 1], states["plain-hook", 2]) == (0, "cancelled", "delivered")
    assert len(office.posts("webhook")) == 1
    history = office("show", id_, "--json").document["history"]
    (planned,) = (event for event in history if event["type"] == "update-planned")
    assert [one["channel"] for one in planned["data"]["superseded"]] == ["plain-hook"]


def test_a_channel_that_now_gets_nothing_is_named(office: Office) -> None:
    """Who updates only one channel is told which other had not got it yet."""
    office.only("site", "plain-hook")
    id_ = office.publish("--no-wait").document["id"]

    ran = office("update", id_, "--detour", "use River Road", "--channel", "site", "--json")

    assert "plain-hook had not got" in ran.document["warnings"][0]
    assert "--channel plain-hook" in ran.err
    office("run", "--once")
    assert office.posts("webhook") == []


def test_what_nobody_has_read_is_no_update_to_a_reader(office: Office) -> None:
    """A queued notice that is corrected in time goes out once, as the issue it is."""
    office.only("plain-hook")
    id_ = office.publish("--no-wait").document["id"]

    ran = office("update", id_, "--street", "Elm Street", "--json")

    (post,) = office.posts("webhook")
    assert (ran.code, ran.document["stage"], ran.document["revision"]) == (0, "issue", 2)
    assert "Elm Street" in post.text
    assert "update" not in post.text.lower()


def test_what_waits_for_approval_is_replaced(office: Office) -> None:
    """The edit takes the place of what waited: its texts wait, the former are cancelled, nothing was sent."""
    assert office.config is not None
    (office.config / "policy.toml").write_text('[approval]\nkinds = ["road-closure"]\n', encoding="utf-8")
    office.only("plain-hook")
    id_ = office.publish("--as", "dispatch").document["id"]

    ran = office("update", id_, "--street", "Elm Street", "--as", "dispatch", "--json")
    approved = office("approve", id_, "--as", "chief", "--json")

    states = [(one["revision"], one["state"]) for one in ran.document["deliveries"]]
    assert (ran.code, ran.document["state"], states) == (5, "pending", [(1, "cancelled"), (2, "held")])
    assert approved.code == 0
    (post,) = office.posts("webhook")
    assert "Elm Street" in post.text


def test_what_may_not_be_updated_says_why(office: Office) -> None:
    """One sentence that says what became of it and what to do, exit 2."""
    id_ = office.publish("--channel", "x", "--details", GUILTY).document["id"]

    ran = office("update", id_, "--details", "Sidewalks stay open.")

    assert ran.code == 2
    assert f"{id_} was blocked and never went out; publish a new notification" in ran.err


def test_an_exercise_stays_an_exercise(office: Office) -> None:
    """What was made as a drill is updated as one."""
    id_ = office.publish("--exercise", "--channel", "x").document["id"]

    ran = office("update", id_, "--details", "Sidewalks stay open.", "--json")

    assert (ran.code, ran.document["status"]) == (0, "exercise")
    assert all(post.text.startswith("DRILL: ") for post in office.posts("x"))


def test_a_picture_stays_though_its_file_is_gone(office: Office, tmp_path: Path) -> None:
    """The bytes that were shown are on record; the update shows them again."""
    picture = a_picture(tmp_path, "closure.png")
    about = ("--attach", str(picture), "--alt", "A map of the closure", "--rights", "Exampleton PD")
    id_ = office.publish("--channel", "site", *about).document["id"]
    picture.unlink()

    ran = office("update", id_, "--detour", "use River Road", "--json")

    assert ran.code == 0
    planned = [e for e in office("show", id_, "--json").document["history"] if e["type"].endswith("-planned")]
    assert planned[0]["data"]["attachments"] == planned[1]["data"]["attachments"] != []


def test_a_channel_that_is_no_more_is_left_out(office: Office) -> None:
    """What was published to a channel that was taken out of the configuration is updated on the others."""
    id_ = office.publish("--channel", "x", "--channel", "plain-hook").document["id"]
    office.only("plain-hook")

    ran = office("update", id_, "--detour", "use River Road", "--json")

    assert ran.code == 0
    assert [one["channel"] for one in ran.document["deliveries"] if one["revision"] == 2] == ["plain-hook"]


def test_the_exit_code_is_of_the_update_alone(office: Office) -> None:
    """An issue that was refused for good does not make its delivered update a failure."""
    office.only("plain-hook")
    office.fault(Fault(action="status", status=422, platform="webhook"))
    refused = office.publish()
    office.fault()

    ran = office("update", refused.document["id"], "--detour", "use River Road", "--json")

    assert (refused.code, ran.code) == (6, 0)


def test_the_help_needs_no_configuration(console: Console) -> None:
    """`notify update --help` says how it is called."""
    ran = console("update", "--help")

    assert ran.code == 0
    assert "ID --FIELD VALUE" in ran.out


def test_the_configuration_is_found_before_the_fields(office: Office) -> None:
    """`--config DIR` and `--config=DIR`, wherever they stand after the ID."""
    id_ = office.publish("--channel", "x").document["id"]
    bare = Console(office.folder)

    spaced = bare("update", id_, "--config", str(office.config), "--details", "One.", "--json")
    joined = bare("update", id_, "--details", "Two.", f"--config={office.config}", "--json")

    assert (spaced.code, joined.code, json.loads(joined.out)["revision"]) == (0, 0, 3)
    assert CLOSURE[0] == joined.document["kind"]
