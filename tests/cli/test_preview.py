"""What a PIO sees beforehand: each channel's text within its limit, without a trace in store or network."""

import html
import json
import re

import pytest

from notifier.lengths import length
from tests.cli.console import CLOSURE, Office
from tests.notifications import FULL_FIELDS, REQUIRED_FIELDS

UNITS = {"x": "x", "nixle": "sms"}
"""How the networks with a tight limit count."""


def fields_of(slug: str, *, full: bool) -> str:
    """The fields of a kind as --fields reads them."""
    return json.dumps((FULL_FIELDS if full else REQUIRED_FIELDS)[slug])


@pytest.mark.parametrize("slug", sorted(FULL_FIELDS))
def test_every_kind_fits_every_channel_in_both_languages(quiet_office: Office, slug: str) -> None:
    """With every field given, each channel's text fits in English and Spanish, counted here once more."""
    ran = quiet_office(
        "preview", slug, "--fields", "-", "--language", "en,es", "--json", stdin=fields_of(slug, full=True)
    )

    shown = ran.document["channels"]
    assert ran.code == 0
    assert {(one["channel"], one["language"]) for one in shown} == {
        (name, language) for name in quiet_office.channels for language in ("en", "es")
    }
    for one in shown:
        assert one["fits"]
        if one["channel"] in UNITS:
            assert one["unit"] == UNITS[one["channel"]]
            assert one["length"] == length(one["text"], one["unit"]) <= one["limit"]


def test_what_was_dropped_to_fit_is_named(quiet_office: Office) -> None:
    """A text message drops what is least important of a full closure, says what, and keeps the street."""
    ran = quiet_office("preview", "road-closure", "--fields", "-", "--json", stdin=fields_of("road-closure", full=True))

    nixle = next(one for one in ran.document["channels"] if one["channel"] == "nixle")
    assert nixle["dropped"]
    assert "Main Street" in nixle["text"] or "Main St" in nixle["text"]
    assert not any(words in nixle["text"] for words in nixle["dropped"])


@pytest.mark.parametrize("arguments", [("preview", *CLOSURE), (*CLOSURE, "--dry-run")])
def test_looking_leaves_no_trace(office: Office, arguments: tuple[str, ...]) -> None:
    """Neither preview nor --dry-run makes a database, a page or a request; both say that nothing was sent."""
    ran = office(*arguments)

    assert (ran.code, ran.out) == (0, "")
    assert "nothing was stored, nothing was sent" in ran.err
    assert "Main Street" in ran.err
    assert list(office.folder.rglob("*.sqlite3*")) == []
    assert not office.site.exists()
    assert office.sent_nothing()


def test_a_person_reads_length_and_limit_of_each_channel(quiet_office: Office) -> None:
    """The terminal shows every channel with its length against its limit in the network's own unit."""
    ran = quiet_office("preview", *CLOSURE)

    assert re.search(r"x \(x\)  \d+/280 weighted characters", ran.err)
    assert re.search(r"nixle \(nixle\)  \d+/138 SMS characters", ran.err)
    for name in quiet_office.channels:
        assert re.search(rf"^{name} \(", ran.err, re.MULTILINE)


def test_the_page_contains_every_text(quiet_office: Office) -> None:
    """--html writes one page that holds each channel's text, word for word, and fetches nothing from anywhere."""
    page = quiet_office.folder / "preview.html"
    arguments = ("--fields", "-", "--language", "en,es", "--html", str(page), "--json")

    ran = quiet_office("preview", "missing-person", *arguments, stdin=fields_of("missing-person", full=False))

    written = page.read_text(encoding="utf-8")
    words = _words(written)
    assert ran.code == 0
    assert "preview.html" in ran.err
    for one in ran.document["channels"]:
        for line in filter(None, one["text"].split("\n")):
            assert " ".join(line.split()) in words, one["channel"]
    assert "<script" not in written
    assert not re.search(r'(src|href)="(?!data:|#)', written)


def _words(page: str) -> str:
    body = re.sub(r"<style.*?</style>", " ", page, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", body)).split())


def test_a_page_that_cannot_be_written_is_told(quiet_office: Office) -> None:
    """--html into a folder that is not there: one sentence that names the file, exit 2."""
    ran = quiet_office("preview", *CLOSURE, "--html", "nowhere/preview.html")

    assert ran.code == 2
    assert "nowhere/preview.html" in ran.err
    assert "an error inside" not in ran.err


def test_a_hostile_text_is_harmless_on_the_page(quiet_office: Office) -> None:
    """Markup typed into a field stands on the page as the text that it is."""
    page = quiet_office.folder / "hostile.html"

    quiet_office("preview", *CLOSURE, "--details", "<script>alert(1)</script> & more", "--html", str(page))

    written = page.read_text(encoding="utf-8")
    assert "<script>alert" not in written
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in written


def test_findings_are_shown_before_anything_is_sent(quiet_office: Office) -> None:
    """A preview of a text that would be blocked shows the words and the clause, and ends with 4."""
    ran = quiet_office("preview", *CLOSURE, "--details", "Officers arrested the murderer.")

    assert ran.code == 4
    assert "BLOCK" in ran.err
    assert '"the murderer"' in ran.err
    assert quiet_office.stored() == 0


@pytest.mark.parametrize("slug", sorted(REQUIRED_FIELDS))
def test_an_exercise_says_so_in_every_text(quiet_office: Office, slug: str) -> None:
    """With --exercise each channel's text and headline is marked as a drill, in its own language."""
    arguments = ("--fields", "-", "--language", "en,es", "--exercise", "--json")

    ran = quiet_office("preview", slug, *arguments, stdin=fields_of(slug, full=False))

    assert ran.document["status"] == "exercise"
    for one in ran.document["channels"]:
        mark = "DRILL:" if one["language"] == "en" else "SIMULACRO:"
        # A text message has no room for the longer word; crews and public know DRILL in both languages.
        assert one["text"].startswith((mark, "DRILL:") if one["form"] == "sms" else mark)
        assert all(text.startswith(mark) for text in one["beside"].values())


def test_an_exercise_never_reaches_a_live_account(office: Office) -> None:
    """A live channel is left out of an exercise with the reason; the practice ones get it, marked as a drill."""
    office.only("x", "plain-hook")
    office.channel("x", live=True)

    ran = office.publish("--exercise")

    assert (ran.code, ran.states) == (0, {"plain-hook": "delivered"})
    assert [refused["channel"] for refused in ran.document["refused"]] == ["x"]
    assert "live" in ran.document["refused"][0]["reason"]
    assert office.requests("x")["all"] == 0
    assert [(post.labels["status"], post.text[:5]) for post in office.posts("webhook")] == [("exercise", "DRILL")]


def test_an_exercise_with_live_accounts_alone_goes_nowhere(office: Office) -> None:
    """When every channel is live, an exercise is refused with 3, before anything is stored or sent."""
    office.only("x", "plain-hook")
    for name in office.channels:
        office.channel(name, live=True)

    ran = office.publish("--exercise")

    assert ran.code == 3
    assert "an exercise" in ran.err
    assert office.stored() == 0
    assert office.sent_nothing()


def test_an_unapproved_page_gets_nothing(office: Office) -> None:
    """A channel that nobody approved is left out with the clause, and the others are served."""
    office.only("x", "plain-hook")
    office.channel("x", approved_by=None, approved_on=None)

    ran = office.publish()

    assert (ran.code, ran.states) == (0, {"plain-hook": "delivered"})
    assert "2.b.1" in ran.document["refused"][0]["reason"]
    assert office.requests("x")["all"] == 0


def test_a_text_that_cannot_fit_stops_the_command(office: Office) -> None:
    """Mandatory words over a channel's limit: exit 3 naming channel and lengths, nothing stored, nothing sent."""
    office.only("nixle", "plain-hook")
    office.channel("nixle", sms_limit=TIGHT)

    ran = office.publish(*LONG)

    assert ran.code == 3
    assert "nixle" in ran.err
    assert f"{TIGHT} fit" in ran.err
    assert "--skip-unfit" in ran.err
    assert office.stored() == 0
    assert office.sent_nothing()


def test_skip_unfit_leaves_that_channel_out(office: Office) -> None:
    """--skip-unfit publishes everywhere else and says which channel was left out."""
    office.only("nixle", "plain-hook")
    office.channel("nixle", sms_limit=TIGHT)

    ran = office.publish(*LONG, "--skip-unfit")

    assert (ran.code, ran.states) == (0, {"plain-hook": "delivered"})
    assert [refused["channel"] for refused in ran.document["refused"]] == ["nixle"]
    assert any("nixle" in warning for warning in ran.document["warnings"])
    assert office.requests("everbridge")["all"] == 0


TIGHT = 60
"""Characters of a text message: the least the channel may be set to, and less than the long street needs."""
LONG = ("--street", "Reverend Doctor Martin Luther King Junior Memorial Boulevard")
