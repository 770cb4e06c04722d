"""A road closure typed at the console is everywhere, once, and its document says where."""

import json
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree

import pytest

from notifier.practice.server import PracticeServer
from tests.cli.console import CLOSURE, Console, Office, Ran
from tests.notifications import as_published

CHANNELS = ["site", "x", "facebook", "nixle", "county-hook", "plain-hook"]
PLATFORMS = ["x", "facebook", "everbridge"]

NOTIFICATION_KEYS = {
    "id": str,
    "kind": str,
    "stage": str,
    "status": str,
    "state": str,
    "findings": list,
    "deliveries": list,
}
DELIVERY_KEYS = {
    "channel": str,
    "revision": int,
    "operation": str,
    "language": str,
    "part": int,
    "state": str,
    "attempts": int,
    "url": str,
    "remote_id": str,
    "detail": type(None),
    "next_attempt": type(None),
}


@dataclass(frozen=True)
class Published:
    """A department that has published one closure, and how the command ended."""

    office: Office
    ran: Ran


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Published]:
    """A closure published once, for the tests that only look at it."""
    folder = tmp_path_factory.mktemp("published")
    with PracticeServer(site=folder / "var" / "site") as practice:
        office = Office(folder, practice)
        yield Published(office, office.publish())


def test_a_closure_ends_with_0_and_the_document_of_the_contract(published: Published) -> None:
    """The one document on stdout has the promised keys and types, and every channel is delivered at once."""
    document = published.ran.document

    assert published.ran.code == 0
    assert {key: type(document[key]) for key in NOTIFICATION_KEYS} == NOTIFICATION_KEYS
    assert [delivery["channel"] for delivery in document["deliveries"]] == CHANNELS
    for delivery in document["deliveries"]:
        assert {key: type(delivery[key]) for key in DELIVERY_KEYS} == DELIVERY_KEYS
        assert (delivery["state"], delivery["attempts"], delivery["operation"]) == ("delivered", 1, "publish")
    assert (document["kind"], document["stage"], document["status"]) == ("road-closure", "issue", "actual")
    assert (document["state"], document["findings"], document["warnings"]) == ("done", [], [])


def test_the_document_is_all_of_stdout(published: Published) -> None:
    """Nothing stands on stdout before or after the document, and it is one line where nobody reads along."""
    assert published.ran.out.startswith("{")
    assert published.ran.out.endswith("}\n")
    assert published.ran.out.count("\n") == 1


def test_every_address_of_the_document_shows_the_post(published: Published) -> None:
    """Each delivery's URL answers a browser with 200, and what stands there tells of the closure."""
    for delivery in published.ran.document["deliveries"]:
        in_a_browser = urllib.request.Request(delivery["url"], headers={"Accept": "text/html"})
        with urllib.request.urlopen(in_a_browser, timeout=5) as answer:
            page = answer.read().decode()
        assert "Main Street" in page, delivery["channel"]


def test_each_platform_was_asked_once(published: Published) -> None:
    """One publishing request a channel, and none was refused."""
    for platform in PLATFORMS:
        assert published.office.requests(platform)["publishing"] == 1
        assert len(published.office.posts(platform)) == 1
    assert published.office.requests("webhook")["publishing"] == 2


def test_the_site_tells_of_it_in_every_form(published: Published) -> None:
    """The page, the three feeds and the CAP document of the department's own site hold the closure."""
    site, id_ = published.office.site, published.ran.document["id"]

    feed = json.loads((site / "feed.json").read_text())
    rss = ElementTree.parse(site / "feed.rss")
    atom = ElementTree.parse(site / "feed.atom")
    cap = ElementTree.parse(site / "cap" / f"{id_}.xml")

    assert [id_ in item["url"] for item in feed["items"]] == [True]
    assert id_ in (rss.findtext("channel/item/link") or "")
    assert len(atom.findall("{http://www.w3.org/2005/Atom}entry")) == 1
    assert cap.findtext(".//{*}status") == "Actual"
    assert "Main Street" in (site / f"{id_}.html").read_text()
    assert id_ in (site / "index.html").read_text()


def test_a_person_reads_where_it_went_and_stdout_stays_empty(office: Office) -> None:
    """Without --json the lines stand on stderr: the headline, each channel with its address, no colour codes."""
    ran = office(*CLOSURE)

    assert (ran.code, ran.out) == (0, "")
    assert "Road closed: Main Street" in ran.err
    for channel in CHANNELS:
        assert f"✓ {channel} " in ran.err
    assert ran.err.count("http://127.0.0.1") == len(CHANNELS)
    assert "\x1b" not in ran.err


def test_a_terminal_gets_colour_unless_it_asks_for_none(office: Office) -> None:
    """At a terminal the lines are coloured; with NO_COLOR they are the same lines without."""
    office.only("site")

    coloured = office.at_terminal(*CLOSURE, NO_COLOR="")
    plain = office.at_terminal(*CLOSURE, NO_COLOR="1")

    assert "\x1b[" in coloured.err
    assert "\x1b" not in plain.err
    assert "✓ site" in plain.err


def test_an_identical_notification_is_sent_again_with_a_warning(office: Office) -> None:
    """A second identical command is a second notification that names the first; X refuses the very same text."""
    first = office.publish().document["id"]

    ran = office.publish()

    assert ran.code == 6
    assert ran.document["id"] != first
    assert any(first in warning for warning in ran.document["warnings"])
    assert first in ran.err
    assert ran.states["x"] == "failed"
    assert "change a word" in next(d["detail"] for d in ran.document["deliveries"] if d["channel"] == "x")
    assert {ran.states[name] for name in ("site", "nixle", "county-hook", "plain-hook")} == {"delivered"}
    assert [len(office.posts(name)) for name in ("x", "everbridge", "webhook")] == [1, 2, 4]
    assert office.stored() == 2


def test_a_retry_sends_nothing_that_went_out(office: Office) -> None:
    """`notify retry` of a delivered notification makes no request and ends as it stood: all done."""
    office.only("site", "x", "plain-hook")
    id_ = office.publish().document["id"]
    before = office.practice.requests.to_json()

    ran = office("retry", id_, "--json")

    assert ran.code == 0
    assert set(ran.states.values()) == {"delivered"}
    assert {delivery["attempts"] for delivery in ran.document["deliveries"]} == {1}
    assert office.practice.requests.to_json() == before


def test_two_languages_are_two_deliveries_a_channel(office: Office) -> None:
    """`--language en,es` publishes each channel in both, and each text is in its language."""
    office.only("x", "plain-hook")

    ran = office.publish("--language", "en,es")

    told = [(d["channel"], d["language"], d["state"]) for d in ran.document["deliveries"]]
    assert sorted(told) == [(c, lang, "delivered") for c in ("plain-hook", "x") for lang in ("en", "es")]
    assert {post.labels["language"] for post in office.posts("webhook")} == {"en", "es"}
    english, spanish = sorted(office.posts("x"), key=lambda post: "cierre" in post.text)
    assert "is closed" in english.text
    assert "Hay un cierre en Main Street" in spanish.text


def test_only_the_named_channels_are_used(office: Office) -> None:
    """`--channel` replaces the route: the others see nothing."""
    ran = office.publish("--channel", "county-hook", "--channel", "site")

    assert ran.code == 0
    assert sorted(ran.states) == ["county-hook", "site"]
    assert office.requests("x")["all"] == office.requests("everbridge")["all"] == 0


def test_fields_from_json_publish_the_same_facts(office: Office) -> None:
    """`--fields -` reads the fields from stdin; an option beside it wins."""
    office.only("plain-hook")
    fields = {"street": "Main Street", "reason": "water main break", "from": "Elm Street", "to": "Oak Street"}

    ran = office("road-closure", "--fields", "-", "--street", "River Road", "--json", stdin=json.dumps(fields))

    assert ran.code == 0
    text = office.posts("webhook")[0].text
    assert "River Road" in text
    assert "Elm Street" in text
    assert "Main Street" not in text


def test_a_picture_stands_on_the_page_with_its_alt_text(office: Office) -> None:
    """An attached picture is published pixel for pixel on the site, with its alternative text beside it."""
    office.only("site")
    picture = office.folder / "map.png"
    picture.write_bytes(PNG)

    ran = office.publish("--attach", "map.png", "--alt", "Map of the detour", "--rights", "City of Exampleton")

    page = (office.site / f"{ran.document['id']}.html").read_text()
    assert ran.code == 0
    assert 'alt="Map of the detour"' in page
    assert [path.read_bytes() for path in (office.site / "media").iterdir() if path.suffix == ".png"] == [
        as_published(PNG)
    ]


def test_what_is_published_later_waits_for_its_time(office: Office) -> None:
    """`--at` stores a scheduled notification, exit 0, and nothing leaves before its time, not even with run --once."""
    office.only("plain-hook")

    ran = office.publish("--at", "2h")
    run = office("run", "--once")

    assert (ran.code, ran.document["state"]) == (0, "scheduled")
    assert ran.states == {"plain-hook": "due"}
    assert run.code == 0
    assert office.posts("webhook") == []


def test_the_record_says_who_published_it(office: Office) -> None:
    """`--as` is the claimed user, the login stands beside it, and $NOTIFY_USER serves where --as is not given."""
    office.only("site")

    claimed = office.publish("--as", "pio", NOTIFY_USER="dispatch").document
    by_variable = office.publish("--street", "Elm Street", NOTIFY_USER="dispatch").document

    assert (claimed["by"], by_variable["by"]) == ("pio", "dispatch")
    assert {login for (login,) in office.rows("SELECT login FROM notification")} != {"pio", "dispatch"}


def test_the_example_department_is_what_runs_without_a_configuration(console: Console) -> None:
    """Without any configuration a dry run shows the example department's five channels and makes no database."""
    ran = console("road-closure", "--street", "Main Street", "--reason", "flooding", "--dry-run", "--json")

    assert ran.code == 0
    shown = {one["channel"] for one in ran.document["channels"]}
    assert shown == {"site", "x", "facebook", "nixle", "county-hook"}
    assert list(console.folder.rglob("*.sqlite3*")) == []


PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
    "0000000d49444154789c63606060f80f00010401005fe5c34b0000000049454e44ae426082"
)
