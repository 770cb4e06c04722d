"""A department tunes the policy: told by `config check`, refused where it is broken, and judged by every command."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from notifier.practice.server import PracticeServer
from tests.cli.test_approving import Bureau, refused

POLICY = """
[rules.guilt-or-innocence]
verdict = "review"
words = ["our usual suspect"]
patterns = ['(?i)case \\d+ is solved']
"""
BODY = "Our usual suspect, Buddy the Bear, opens the library fair."
OUTREACH = ("outreach", "--topic", "Library fair", "--body", BODY)


@pytest.fixture
def bureau(tmp_path: Path) -> Iterator[Bureau]:
    """A department of its own that switched a rule to review and added to it."""
    with PracticeServer(site=tmp_path / "var" / "site") as practice:
        bureau = Bureau(tmp_path, practice)
        bureau.team["chief"] = ("chief", None)
        bureau.policy = POLICY
        bureau.write()
        yield bureau


# --- reviewed ---------------------------------------------------------------------------------------------------------


def test_a_finding_for_review_waits_is_approved_and_goes_out_as_it_stood(bureau: Bureau) -> None:
    """Exit 5; the dispatcher cannot approve it, the chief can; every channel shows the text that waited."""
    ran = bureau(*OUTREACH, "--as", "dispatch", "--json")
    (finding,) = ran.document["findings"]
    assert (ran.code, ran.document["state"]) == (5, "pending")
    assert (finding["rule"], finding["verdict"], finding["field"], finding["text"]) == (
        "guilt-or-innocence",
        "review",
        "body",
        "Our usual suspect",
    )
    assert bureau.sent_nothing()
    id_ = ran.document["id"]
    waiting = bureau("pending", id_, "--json").document
    assert [one["text"] for one in waiting["findings"]] == ["Our usual suspect"]
    assert refused(bureau("approve", id_, "--as", "dispatch"), "nobody approves what they submitted")
    assert bureau.sent_nothing()

    approved = bureau.approve(id_, user="chief")

    assert (approved.code, approved.document["state"], {*approved.states.values()}) == (0, "done", {"delivered"})
    x = next(text for text in waiting["texts"] if text["channel"] == "x")
    assert [post.text for post in bureau.posts("x")] == [x["text"]]
    shown = bureau("show", id_, "--json").document
    assert (shown["approval"]["decided_by"], shown["approval"]["hash"]) == ("chief", waiting["hash"])
    assert [one["text"] for one in shown["findings"]] == ["Our usual suspect"]


def test_an_edit_after_the_approval_needs_approval_again(bureau: Bureau) -> None:
    """The earlier approval is of the earlier texts; the new ones wait, with their findings, and then go out."""
    bureau.only("county-hook", "plain-hook")
    id_ = bureau(*OUTREACH, "--as", "dispatch", "--json").document["id"]
    assert bureau.approve(id_, user="chief").code == 0
    before = bureau.requests("webhook")["publishing"]
    edited = BODY.replace("opens", "closes")

    ran = bureau("update", id_, "--body", edited, "--as", "dispatch", "--json")

    assert (ran.code, ran.document["state"]) == (5, "pending"), ran.err
    assert [one["verdict"] for one in ran.document["findings"]] == ["review"]
    assert bureau.requests("webhook")["publishing"] == before
    assert refused(bureau("approve", id_, "--as", "dispatch"), "nobody approves what they submitted")
    assert bureau.approve(id_, user="chief").code == 0
    assert "closes" in bureau.posts("webhook")[-1].text


def test_a_clean_post_goes_straight_out_and_a_preview_says_what_waits(bureau: Bureau) -> None:
    """The switch concerns the rule's findings alone."""
    assert bureau("outreach", "--topic", "Fair", "--body", "Come and see the station.").code == 0
    preview = bureau("preview", *OUTREACH, "--json")
    assert (preview.code, preview.document["verdict"], preview.document["needs_approval"]) == (5, "review", True)
    checked = bureau("check", "--text", "Case 12 is solved. Exampleton PD", "--json")
    assert (checked.code, checked.document["findings"][0]["text"]) == (5, "Case 12 is solved")
    lines = bureau("check", "--jsonl", stdin=json.dumps({"id": "a", "text": BODY + " Exampleton PD"}) + "\n")
    assert json.loads(lines.out)["verdict"] == "review"


# --- told and refused -------------------------------------------------------------------------------------------------


def test_config_check_says_what_is_added(bureau: Bureau) -> None:
    """In one line for a person, in numbers as JSON; nothing where nothing is added."""
    rules = bureau.folder / "config" / "rules"
    rules.mkdir()
    mascot = 'clause = "1"\nverdict = "block"\nwhy = "w"\nwords = ["a", "b"]\n[mend]\nen = "m"\n'
    (rules / "mascot.toml").write_text(mascot, encoding="utf-8")
    bureau.policy += '[own.mascot]\nfile = "rules/mascot.toml"\n'
    bureau.write()
    told = bureau("config", "check")
    assert told.code == 0
    line = "3 phrases; 1 pattern; guilt-or-innocence switched to review; rules of its own: mascot."
    assert f"policy.toml adds to the rules of the order: {line}" in told.err.splitlines()
    added = bureau("config", "check", "--json").document["added"]
    assert added == {"words": 3, "patterns": 1, "review": ["guilt-or-innocence"], "own": ["mascot"]}
    bureau.policy = ""
    bureau.write()
    assert "policy.toml adds" not in bureau("config", "check").err


@pytest.mark.parametrize(
    "command",
    [("config", "check"), ("check", "--text", "x"), ("preview", *OUTREACH), OUTREACH, ("list",), ("run", "--once")],
)
def test_every_command_refuses_a_broken_pattern(bureau: Bureau, command: tuple[str, ...]) -> None:
    """Exit 2 with the file, the line and what is wrong; nothing stored, nothing sent."""
    bureau.policy = POLICY.replace("\\d+", "(\\d+")
    bureau.write()
    ran = bureau(*command)
    assert refused(ran, "policy.toml: rules.guilt-or-innocence.patterns, line 5:"), ran.err
    assert "is not a regular expression: missing ), unterminated subpattern, at its character 10" in ran.err
    assert (bureau.stored(), bureau.sent_nothing()) == (0, True)
