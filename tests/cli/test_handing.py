"""What a person posts or takes down by hand, at the console: ready to copy, settled, never shown complete before."""

from datetime import date

import pytest

from tests.cli.console import Office
from tests.notifications import png_bytes

BOARD = {
    "type": "handoff",
    "service": "other",
    "name": "Town board",
    "form": "short",
    "limit": 400,
    "hosts": ["board.example"],
    "compose_url": "https://board.example/new",
    "approved_by": "chief",
    "approved_on": date(2026, 1, 15),
    "live": False,
}


@pytest.fixture
def posted(office: Office) -> tuple[Office, str]:
    """A closure with a map: on the webhook, and waiting for somebody who posts it on the board."""
    office.only("plain-hook")
    office.channel("board", **BOARD)
    (office.folder / "map.png").write_bytes(png_bytes(30, 20))
    ran = office.publish("--attach", "map.png", "--alt", "A map of the detour")
    assert (ran.code, ran.states) == (5, {"plain-hook": "delivered", "board": "awaiting_person"})
    assert ran.document["state"] == "published", "it is not done while somebody must post it"
    return office, ran.document["id"]


def test_it_is_ready_to_copy(posted: tuple[Office, str]) -> None:
    """The text alone on stdout; place, pictures, deadline and what to say then beside it."""
    office, id_ = posted
    ran = office("hand-off", id_, "board", "--out", "out")
    assert ran.code == 0
    assert ran.out.startswith("Exampleton PD: ")
    assert ran.out.count("\n") == 1
    for words in (
        "Town board",
        "of 400 characters",
        "https://board.example/new",
        "A map of the detour",
        "to be done by",
        f"notify confirm {id_} board --url URL",
    ):
        assert words in ran.err, words
    assert (office.folder / "out" / "map.png").read_bytes()[:4] == b"\x89PNG"
    (told,) = office("hand-off", id_, "--json").document
    assert (told["text"], told["limit"]) == (ran.out.rstrip("\n"), 400)
    assert told["pictures"][0]["alt"] == "A map of the detour"


def test_the_page_needs_nothing_from_outside(posted: tuple[Office, str]) -> None:
    """Everything is in one file, and what people typed is words in it."""
    office, id_ = posted
    assert office("hand-off", id_, "--html", "page.html").code == 0
    page = (office.folder / "page.html").read_text()
    assert "default-src 'none'" in page
    assert 'src="data:image/png;base64,' in page
    assert page.count("<textarea readonly") == 3, "the text, its title, the alt text"
    assert "http://" not in page.replace("http-equiv", "")


def test_only_an_address_of_that_service_settles_it(posted: tuple[Office, str]) -> None:
    """The wrong host is one sentence, and changes nothing; the right one ends it."""
    office, id_ = posted
    wrong = office("confirm", id_, "board", "--url", "https://elsewhere.example/7")
    assert wrong.code == 2
    assert "elsewhere.example is not where Town board shows posts (board.example)" in wrong.err
    right = office("confirm", id_, "board", "--url", "https://www.board.example/7", "--json")
    assert (right.code, right.states["board"], right.document["state"]) == (0, "delivered", "done")
    assert office("hand-off", id_).code == 2


def test_what_could_not_be_posted_says_why(posted: tuple[Office, str]) -> None:
    """The reason is on record, and the command ends as after any failure."""
    office, id_ = posted
    ran = office("confirm", id_, "board", "--failed", "the board is full", "--json")
    assert (ran.code, ran.states["board"]) == (6, "failed")
    assert "the board is full" in office("show", id_).err


def test_it_is_taken_down_by_hand_too(posted: tuple[Office, str]) -> None:
    """The withdrawal says where the post stands; `--gone` ends it; what nobody can take back is named."""
    office, id_ = posted
    office("confirm", id_, "board", "--url", "https://board.example/7")
    taken = office("withdraw", id_, "--reason", "wrong street", "--json")
    assert taken.code == 5
    assert taken.document["state"] == "withdrawn"
    assert [one["channel"] for one in taken.document["beyond_reach"]] == ["plain-hook"]
    assert "https://board.example/7" in office("hand-off", id_).err
    assert f"notify confirm {id_} board --gone" in office("status", id_).err
    assert office("confirm", id_, "board", "--url", "https://board.example/8").code == 2
    assert office("confirm", id_, "board", "--gone").code == 0
    assert "taken down" in office("status", id_).err


def test_an_alert_is_a_file_for_the_certified_tool(office: Office) -> None:
    """Both languages in one file; it has no address, so that a person's word alone settles it."""
    office.only("plain-hook")
    office.channel(
        "ipaws",
        type="ipaws",
        same=["025017"],
        tool_name="AlertDesk",
        approved_by="chief",
        approved_on=date(2026, 1, 15),
        live=False,
    )
    ran = office.publish("--language", "en,es", "--channel", "ipaws")
    assert (ran.code, {one["state"] for one in ran.document["deliveries"]}) == (5, {"awaiting_person"})
    id_ = ran.document["id"]
    told = office("hand-off", id_, "--json", "--out", "out").document
    assert [(one["language"], one["files"]) for one in told] == [
        (lang, [f"{id_}-1-ipaws.xml"]) for lang in ("en", "es")
    ]
    alert = (office.folder / "out" / "ipaws" / f"{id_}-1-ipaws.xml").read_text()
    assert "<language>en-US</language>" in alert
    assert "<language>es-US</language>" in alert
    assert all(len(one["beside"]["sms"]) <= 90 for one in told)
    assert f"notify confirm {id_} ipaws --done" in office("status", id_).err
    assert f"notify confirm {id_} ipaws --done" in office("hand-off", id_).err
    done = office("confirm", id_, "ipaws", "--done", "--json")
    assert (done.code, done.document["state"]) == (0, "done")
    assert "posted, says" in office("show", id_).err


def test_where_posts_have_an_address_it_must_be_given(posted: tuple[Office, str]) -> None:
    """A word alone proves nothing where an address would."""
    office, id_ = posted
    ran = office("confirm", id_, "board", "--done")
    assert ran.code == 2
    assert "give it with --url" in ran.err


def test_what_waits_is_not_posted_once_it_is_taken_back(posted: tuple[Office, str]) -> None:
    """Nobody posts by hand what was withdrawn."""
    office, id_ = posted
    office("withdraw", id_)
    assert office("hand-off", id_).code == 2
    assert "cancelled" in office("status", id_).err


def test_a_blocked_notification_cannot_be_taken_back(office: Office) -> None:
    """It never went out."""
    office.only("plain-hook")
    ran = office("outreach", "--topic", "Arrest", "--body", "We arrested the thief who robbed the bank.", "--json")
    assert ran.code == 4
    assert "nothing to take back" in office("withdraw", ran.document["id"]).err


def test_a_dead_account_hands_over_to_a_person(office: Office) -> None:
    """An account whose key is gone for longer than its news can wait: the same page, the same command."""
    import time

    office.only("facebook")
    office.channel("facebook", access_token={"env": "FB_MISSING"}, fallback="hand-off", fallback_after="1s")
    ran = office.publish()
    assert (ran.code, ran.states) == (5, {"facebook": "held"})
    time.sleep(1.1)
    office("run", "--once")
    shown = office("hand-off", ran.document["id"], "facebook")
    assert shown.code == 0
    assert "Main Street" in shown.out
