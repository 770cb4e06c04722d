"""`notify channels check`, `profile` and `audit`: what a page should say, what it lacks, and who approved it."""

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest

from notifier.practice.faults import Fault
from tests.cli.console import CLOSURE, PRACTICE_SECRETS, Console, Office, Ran

TERMS = "https://police.exampleton.example/social-media"


def with_terms(office: Office) -> None:
    """Give the department a page for its terms of use."""
    assert office.config is not None
    path = office.config / "department.toml"
    path.write_text(f'terms_of_use = "{TERMS}"\n{path.read_text("utf-8")}', encoding="utf-8")


def with_team(office: Office, *members: tuple[str, str]) -> None:
    """Give the department another team: user and role of each."""
    assert office.config is not None
    path = office.config / "department.toml"
    rest = path.read_text("utf-8").partition("[[team]]")[0]
    tables = [f'[[team]]\nuser = "{user}"\nrole = "{role}"\n' for user, role in members]
    path.write_text(rest + "".join(tables), encoding="utf-8")


def audit(office: Office, **environment: str) -> tuple[Ran, Mapping[str, Any]]:
    """Audit, with what was found by channel."""
    ran = office("channels", "audit", "--json", **environment)
    return ran, {one["channel"]: one for one in ran.document}


def write_into(office: Office, channel: str, places: Mapping[str, str]) -> None:
    """Put the profile that the command writes into the practice platform, as a person would.

    places: part of the profile -> field of the platform.
    """
    (page,) = office("channels", "profile", channel, "--language", "en", "--json").document["pages"]
    texts = {part["part"]: part["text"] for part in page["parts"]}
    office.practice.profiles.change(channel, {field: texts[part] for part, field in places.items()})


# --- profile ----------------------------------------------------------------------------------------------------------


def test_a_profile_is_written_for_each_part_and_language(office: Office) -> None:
    """Every text keeps its limit; what does not go into the bio stands in the terms for the department's page."""
    office.channel("x", audience="residents")
    with_terms(office)

    ran = office("channels", "profile", "x", "--json")

    assert ran.code == 0
    document = ran.document
    assert (document["name"], document["terms_of_use"]) == ("x", TERMS)
    assert [page["language"] for page in document["pages"]] == ["en", "es"]
    for page in document["pages"]:
        assert [part["part"] for part in page["parts"]] == ["name", "bio", "website", "pinned post"]
        assert all(part["fits"] and part["length"] <= part["limit"] for part in page["parts"])
    english = document["pages"][0]
    assert "for residents" in english["parts"][1]["text"]
    assert "police.exampleton.example/social-media" in english["parts"][1]["text"]
    assert "obscenities, off-topic comments and personal attacks" in english["terms_page"]


def test_a_profile_can_be_had_in_one_language_alone(office: Office) -> None:
    """--language es; one that the department does not publish in is wrong usage."""
    spanish = office("channels", "profile", "facebook", "--language", "es", "--json")
    french = office("channels", "profile", "facebook", "--language", "fr")

    (page,) = spanish.document["pages"]
    assert page["language"] == "es"
    assert page["terms_page"] is None, "the description has room for the terms"
    assert "fuera de tema" in page["parts"][2]["text"]
    assert (french.code, "choose from en, es" in french.err) == (2, True)


def test_the_texts_stand_on_stdout_unbroken(office: Office) -> None:
    """They are to be pasted: no line is broken, each is headed by its place and length; the advice is on stderr."""
    ran = office("channels", "profile", "x", "--language", "en")

    lines = ran.out.splitlines()
    bio = next(place for place, line in enumerate(lines) if line.startswith("── x, bio, in English: "))
    assert lines[bio + 1].startswith("Official page of Exampleton PD")
    assert len(lines[bio + 1]) <= 160
    assert "terms_of_use" in ran.err


def test_a_channel_without_a_profile_says_so(office: Office) -> None:
    """A webhook has nothing that a person writes."""
    ran = office("channels", "profile", "county-hook")
    as_json = office("channels", "profile", "county-hook", "--json")

    assert (ran.code, ran.out) == (0, "")
    assert "no profile" in ran.err
    assert as_json.document["pages"][0]["parts"] == []


def test_an_unknown_channel_names_those_there_are(office: Office) -> None:
    """Wrong usage, for each of the commands that take a name."""
    for command in ("profile", "check"):
        ran = office("channels", command, "digg")
        assert ran.code == 2
        assert "the channels are site, x, facebook" in ran.err


def test_a_department_s_own_template_is_used(office: Office) -> None:
    """config/templates comes first; a mistake in it is told with its line, and a text that cannot fit is exit 3."""
    assert office.config is not None
    own = office.config / "templates" / "profile" / "page.en.txt"
    own.parent.mkdir(parents=True)
    blocks = "{% block conduct %}Be kind.{% endblock %}{% block terms_page %}Terms.{% endblock %}"
    own.write_text("{% block statement %}" + "We publish. " * 20 + "{% endblock %}" + blocks)
    too_long = office("channels", "profile", "x", "--language", "en", "--json")
    own.write_text("{% block statement %}{{ departmnt.name }}{% endblock %}" + blocks)
    wrong = office("channels", "profile", "x", "--language", "en")

    texts = {part["part"]: part for part in too_long.document["pages"][0]["parts"]}
    assert (too_long.code, texts["bio"]["fits"], texts["pinned post"]["text"]) == (3, False, "Be kind.")
    assert wrong.code == 2
    assert "page.en.txt, line 1" in wrong.err


# --- audit ------------------------------------------------------------------------------------------------------------


def test_an_audit_says_what_each_page_lacks_and_how_to_mend_it(office: Office) -> None:
    """By clause, with the reason and the words to add; what cannot be read says why; a person has to act: 5."""
    office.only("site")
    office.publish()
    office = Office(office.folder, office.practice)
    office.channel("mail", type="smtp", host="mail.exampleton.example", sender="a@b.example", to=["c@d.example"])
    office.channel("mail", approved_by="chief", approved_on=None)
    with_terms(office)
    before = office.practice.posts

    ran, found = audit(office)

    assert ran.code == 5
    assert {name: one["state"] for name, one in found.items()} == {
        "site": "ok",
        "x": "lacks",
        "facebook": "lacks",
        "nixle": "unread",
        "county-hook": "unread",
        "plain-hook": "unread",
        "mail": "lacks",
    }
    assert {lack["clause"] for lack in found["x"]["lacks"]} == {"2.a.1", "2.b.2", "2.b.4", "2.b.4.a", "2.b.4.b"}
    assert {lack["add"] for lack in found["x"]["lacks"] if lack["clause"] > "2.b.3"} == {f"Terms of use: {TERMS}"}
    assert [lack["clause"] for lack in found["facebook"]["lacks"]] == ["2.b.4", "2.b.4.a", "2.b.4.b"]
    assert "Nixle" in found["nixle"]["reason"]
    assert "no page" in found["county-hook"]["reason"]
    assert found["x"]["parts"]["bio"].startswith("Official page")
    assert office.practice.posts == before, "an audit publishes nothing"


def test_what_the_profile_command_writes_passes_the_audit(office: Office) -> None:
    """Written where it belongs, with a page for the terms and without one: exit 0."""
    places = {"name": "name", "website": "website"}
    for _ in range(2):
        write_into(office, "x", {"name": "name", "bio": "description", "website": "url", "pinned post": "pinned"})
        write_into(office, "facebook", {**places, "about": "about", "description": "description", "phone": "phone"})
        ran, found = audit(office)
        assert (found["x"]["lacks"], found["facebook"]["lacks"]) == ([], [])
        assert ran.code == 0
        with_terms(office)


def test_an_audit_that_could_not_read_a_page_is_6(office: Office) -> None:
    """A dead credential, a missing secret, a service down: each says what to do, and what else lacks stays told."""
    office.fault(Fault(action="auth", platform="facebook"))
    office.channel("x", consumer_secret={"env": "X_CONSUMER_SECRET"})
    office.only("x", "facebook", "county-hook")

    ran, found = audit(office)

    assert ran.code == 6
    assert (found["facebook"]["state"], found["x"]["state"]) == ("failed", "failed")
    assert "renew the credential" in found["facebook"]["reason"]
    assert "X_CONSUMER_SECRET" in found["x"]["reason"]
    office.channel("x", consumer_secret="practice-consumer-secret", base_url="http://127.0.0.1:9/x")
    _, found = audit(office)
    assert "notify practice" in found["x"]["reason"]


def test_a_page_nobody_approved_lacks_its_approval(office: Office) -> None:
    """Order 2.b.1 holds for what cannot be read too."""
    office.only("county-hook")
    office.channel("county-hook", approved_by=None, approved_on=None)

    ran, found = audit(office)

    (lack,) = found["county-hook"]["lacks"]
    assert ran.code == 5
    assert (lack["clause"], lack["add"]) == ("2.b.1", "add approved_by and approved_on to channels.toml")


def test_an_audit_at_a_terminal_is_read_in_its_columns(office: Office) -> None:
    """Marks and colours, the clause before the reason, nothing wider than the terminal, no address broken."""
    office.only("facebook", "county-hook")
    with_terms(office)

    ran = office.at_terminal("channels", "audit", COLUMNS="80")

    assert ran.code == 5
    assert "✗ facebook" in ran.err
    assert "    2.b.4.a  nothing says that visitors' opinions do not reflect" in ran.err
    assert f"add:  Terms of use: {TERMS}" in ran.err
    assert "notify channels profile facebook" in ran.err
    assert "– county-hook" in ran.err
    lines = [line for line in ran.err.splitlines() if line.startswith("    ")]
    assert all(len(line) <= 80 for line in lines)


def test_a_hostile_page_does_no_harm(office: Office) -> None:
    """What a page says moves no cursor, fills no screen, and is told to nobody as ours."""
    hostile = "\x1b[2J\x1b]0;gone\x07" + "\u202e" + "official page " * 4_000
    office.practice.profiles.change("x", {"description": hostile, "location": hostile, "name": hostile})
    office.practice.profiles.change("facebook", {"about": hostile, "description": hostile})
    office.only("x", "facebook")

    plain, (as_json, found) = office("channels", "audit"), audit(office)

    assert (plain.code, as_json.code) == (5, 5)
    for said in (plain.out + plain.err, as_json.out + as_json.err, json.dumps(found, ensure_ascii=False)):
        assert "\x1b" not in said
        assert "\u202e" not in said
    assert len(plain.err) < 4_000


@pytest.mark.parametrize("fault", ["auth", "lose-reply", "reset-after-headers", "html", "status"])
def test_no_secret_is_told_by_an_audit(office: Office, fault: str) -> None:
    """Whatever fails, in debug mode."""
    office.fault(Fault(action=fault, status=400) if fault == "status" else Fault(action=fault))

    runs = [office("channels", command, NOTIFY_DEBUG="1") for command in ("audit", "check")]

    for ran in runs:
        assert ran.code in (0, 5, 6)
        assert "Traceback" not in ran.err
        assert not [secret for secret in PRACTICE_SECRETS if secret in ran.out + ran.err]


# --- approval of a page, and check ------------------------------------------------------------------------------------


def test_an_unapproved_channel_publishes_nothing_and_everyone_says_so(office: Office) -> None:
    """list, check, config check, doctor and the command itself name order 2.b.1; the other channels go out."""
    office.only("x", "plain-hook")
    office.channel("x", approved_by=None, approved_on=None)

    published = office.publish("--wait", "0")
    listed, checked = office("channels", "list"), office("channels", "check", "--json")
    config, doctor = office("config", "check"), office("doctor")

    assert (published.states, office.posts("x")) == ({"plain-hook": "delivered"}, [])
    assert "2.b.1" in published.document["refused"][0]["reason"]
    lines = {line["what"]: line for line in checked.document["lines"]}
    assert (checked.code, lines["channel x"]["well"], lines["channel plain-hook"]["well"]) == (5, False, True)
    assert office("config", "check", "--json").document["unapproved"].keys() == {"x"}
    for said in (listed.err, json.dumps(checked.document), config.err, doctor.err):
        assert "nobody approved it (order 2.b.1)" in said


def test_an_approval_without_its_day_is_told(office: Office) -> None:
    """It is approved, and goes out; what is missing of its record is named."""
    office.only("plain-hook")
    office.channel("plain-hook", approved_on=None)

    assert office.publish().states == {"plain-hook": "delivered"}
    assert "add approved_on" in office("channels", "check").err
    assert "add approved_on" in office("config", "check").err


@pytest.mark.parametrize(
    ("by", "wrong"),
    [("dispatch", True), ("mallory", True), ("", True), (" ", True), ("chief", False), ("pio", False)],
)
def test_only_the_chief_or_a_designee_approves_a_page(office: Office, by: str, wrong: bool) -> None:
    """A dispatcher, a stranger, nobody: exit 2 with one sentence, and nothing goes out anywhere."""
    office.only("plain-hook")
    office.channel("plain-hook", approved_by=by)
    with_team(office, ("chief", "chief"), ("pio", "pio"), ("dispatch", "dispatcher"))

    ran = office(*CLOSURE)

    assert ran.code == (2 if wrong else 0)
    if wrong:
        (line,) = ran.err.splitlines()
        assert re.match(r"notify: channels\.toml: channels\.plain-hook(\.|: )approved_by: ", line)
        assert office.posts("webhook") == []
    if by in ("dispatch", "mallory"):
        assert f'"{by}" is not a chief or pio of the team' in ran.err


def test_a_department_without_a_team_is_taken_at_its_word(office: Office) -> None:
    """Nobody's role is known there."""
    office.only("plain-hook")
    with_team(office)

    assert office(*CLOSURE).code == 0


def test_check_tries_one_channel_or_all(office: Office) -> None:
    """Well is 0; a dead credential is 5 and says what to do; nothing is posted."""
    office.fault(Fault(action="auth", platform="facebook"))

    one, all_ = office("channels", "check", "x"), office("channels", "check", "--json")

    assert one.code == 0
    assert one.err.count("channel ") == 1
    by_name = {line["what"]: line for line in all_.document["lines"]}
    assert (all_.code, all_.document["well"]) == (5, False)
    assert by_name.keys() == {f"channel {name}" for name in office.channels}
    assert "renew the credential" in by_name["channel facebook"]["words"]
    assert office.practice.posts == []


def test_the_example_department_can_be_audited(console: Console) -> None:
    """Without a configuration, and without its practice platforms: each line says what to do."""
    ran = console("channels", "audit")

    assert ran.code == 6
    assert "start them with notify practice" in ran.err
