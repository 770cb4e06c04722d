"""The site's CAP 1.2 documents, against a checker of our own and, where it is at hand, the schema of OASIS."""

import re
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.channels import cap_schemas
from tests.channels.test_site import ID, URL, a_site, sent
from tests.notifications import FULL_FIELDS, NOW, some_facts, some_media

CAP = "{urn:oasis:names:tc:emergency:cap:1.2}"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[-+]\d\d:\d\d")

# Name, whether required, whether repeatable; in the order of the schema.
ALERT = [
    *[(name, True, False) for name in ("identifier", "sender", "sent", "status", "msgType")],
    ("source", False, False),
    ("scope", True, False),
    ("restriction", False, False),
    ("addresses", False, False),
    ("code", False, True),
    ("note", False, False),
    ("references", False, False),
    ("incidents", False, False),
    ("info", False, True),
]
INFO = [
    ("language", False, False),
    ("category", True, True),
    ("event", True, False),
    ("responseType", False, True),
    ("urgency", True, False),
    ("severity", True, False),
    ("certainty", True, False),
    ("audience", False, False),
    ("eventCode", False, True),
    *[(name, False, False) for name in ("effective", "onset", "expires", "senderName", "headline", "description")],
    *[(name, False, False) for name in ("instruction", "web", "contact")],
    ("parameter", False, True),
    ("resource", False, True),
    ("area", False, True),
]
RESOURCE = [("resourceDesc", True, False), ("mimeType", True, False), *[(n, False, False) for n in ("size", "uri")]]
AREA = [("areaDesc", True, False)]
WORDS = {
    "status": "Actual Exercise System Test Draft",
    "msgType": "Alert Update Cancel Ack Error",
    "scope": "Public Restricted Private",
    "category": "Geo Met Safety Security Rescue Fire Health Env Transport Infra CBRNE Other",
    "responseType": "Shelter Evacuate Prepare Execute Avoid Monitor Assess AllClear None",
    "urgency": "Immediate Expected Future Past Unknown",
    "severity": "Extreme Severe Moderate Minor Unknown",
    "certainty": "Observed Likely Possible Unlikely Unknown",
}
INSIDE = {"alert": ALERT, "info": INFO, "resource": RESOURCE, "area": AREA}


def problems(element: ElementTree.Element) -> list[str]:
    """Say what is wrong with a CAP element and all inside it."""
    name = element.tag.removeprefix(CAP)
    found: list[str] = [] if element.tag.startswith(CAP) else [f"{name} is not in CAP's namespace"]
    if name not in INSIDE:
        return found + _wrong_words(name, element.text or "")
    children = [child.tag.removeprefix(CAP) for child in element]
    order = [known for known, _, _ in INSIDE[name]]
    found += [f"{name} holds the unknown {child}" for child in children if child not in order]
    known_children = [child for child in children if child in order]
    if known_children != sorted(known_children, key=order.index):
        found.append(f"{name} is out of order: {children}")
    for child, required, repeatable in INSIDE[name]:
        if required and child not in children:
            found.append(f"{name} lacks {child}")
        if not repeatable and children.count(child) > 1:
            found.append(f"{name} has {child} twice")
    return found + [problem for child in element for problem in problems(child)]


def _wrong_words(name: str, text: str) -> list[str]:
    if not text.strip():
        return [f"{name} is empty"]
    if name in WORDS and text not in WORDS[name].split():
        return [f"{name} is {text}"]
    if name in ("sent", "effective", "onset", "expires") and not TIME.fullmatch(text):
        return [f"{name} is no CAP time: {text}"]
    if name in ("identifier", "sender") and re.search(r"[\s,<&]", text):
        return [f"{name} holds what it may not: {text}"]
    if name == "references":
        return [f"{name} is wrong: {t}" for t in text.split() if not re.fullmatch(r"[^,]+,[^,]+," + TIME.pattern, t)]
    return []


def a_document(folder: Path, name: str = f"{ID}.xml") -> ElementTree.Element:
    """Read a document that must be valid CAP."""
    path = folder / "cap" / name
    root = ElementTree.parse(path).getroot()
    assert root.tag == f"{CAP}alert"
    assert problems(root) == []
    cap_schemas.assert_valid(path.read_bytes(), cap_schemas.CAP)
    return root


def texts(element: ElementTree.Element, path: str) -> list[str]:
    """The words of every element at a path of CAP names."""
    return [found.text or "" for found in element.iterfind("/".join(CAP + name for name in path.split("/")))]


@pytest.mark.parametrize("kind", sorted(FULL_FIELDS))
@pytest.mark.parametrize("stage", ["issue", "update", "correction", "resolve"])
def test_every_kind_and_stage_makes_a_valid_document(tmp_path: Path, kind: str, stage: str) -> None:
    """With every field filled and a picture, in every stage, the document is valid CAP 1.2."""
    facts = some_facts(kind, **{name: value for name, value in FULL_FIELDS[kind].items() if name != "link"})
    common: dict[str, Any] = {"kind": kind, "alert": facts.alert_facts(), "media": (some_media(),)}
    site = a_site(tmp_path)
    sent(site, **common)
    if stage != "issue":
        sent(site, **common, stage=stage, revision=2)
    root = a_document(tmp_path)
    assert texts(root, "msgType") == ["Alert" if stage == "issue" else "Update"]
    assert texts(root, "info/event") == [facts.alert_facts().event]


def test_the_schema_of_oasis_was_at_hand() -> None:
    """The documents of these tests were also held against the OASIS schema."""
    schema = cap_schemas.skip_without(cap_schemas.CAP)
    assert not schema.validate(import_module("lxml.etree").fromstring(b"<alert/>"))


def test_the_checker_finds_what_is_wrong() -> None:
    """The tests' own rules are no rubber stamp."""
    wrong = (
        f'<alert xmlns="{CAP[1:-1]}"><sender>a b</sender><identifier>x</identifier><sent>2026-11-22T19:58:06Z</sent>'
        "<status>Real</status><msgType>Alert</msgType><info><event/></info></alert>"
    )
    found = " ".join(problems(ElementTree.fromstring(wrong)))
    for part in ("out of order", "lacks scope", "lacks category", "no CAP time", "status is Real", "event is empty"):
        assert part in found
    assert "sender holds what it may not" in found


def test_the_facts_of_the_alert(tmp_path: Path) -> None:
    """The document says who, what, where, until when and what to do, with times in the department's zone."""
    sent(a_site(tmp_path))
    root = a_document(tmp_path)
    assert a_document(tmp_path, f"{ID}.1.xml").tag == root.tag
    expected = {
        "identifier": f"{ID}.1",
        "sender": "police.exampleton.example",
        "sent": "2026-11-22T14:58:06-05:00",
        "status": "Actual",
        "scope": "Public",
        "info/language": "en",
        "info/category": "Transport",
        "info/responseType": "Avoid",
        "info/expires": "2026-11-23T02:58:06-05:00",
        "info/senderName": "Exampleton Police Department",
        "info/headline": "Road closed: Main Street",
        "info/instruction": "Avoid the area.",
        "info/web": f"{URL}/{ID}.html",
        "info/contact": "555-555-0100",
        "info/area/areaDesc": "Main Street",
    }
    assert {name: texts(root, name) for name in expected} == {name: [value] for name, value in expected.items()}
    assert texts(root, "references") == []


def test_utc_and_fractions_of_seconds_become_cap_times(tmp_path: Path) -> None:
    """A moment with microseconds in UTC is written with whole seconds and an offset."""
    sent(a_site(tmp_path), timezone="UTC", sent=datetime(2026, 11, 22, 19, 58, 6, 999999, tzinfo=UTC))
    assert texts(a_document(tmp_path), "sent") == ["2026-11-22T19:58:06+00:00"]


def test_each_revision_refers_to_all_before_it(tmp_path: Path) -> None:
    """An update and a resolve name sender, identifier and sent of every earlier revision, and the last clears all."""
    for revision, stage in enumerate(("issue", "update", "resolve"), start=1):
        moment = NOW + timedelta(minutes=revision)
        sent(a_site(tmp_path, moment), stage=stage, revision=revision, sent=moment)
    first = f"police.exampleton.example,{ID}.1,2026-11-22T14:59:06-05:00"
    second = f"police.exampleton.example,{ID}.2,2026-11-22T15:00:06-05:00"
    assert texts(a_document(tmp_path, f"{ID}.2.xml"), "references") == [first]
    last = a_document(tmp_path)
    assert texts(last, "references") == [f"{first} {second}"]
    assert texts(last, "identifier") == [f"{ID}.3"]
    assert texts(last, "info/responseType") == ["AllClear"]
    assert texts(last, "info/urgency") == ["Past"]
    assert texts(last, "info/instruction") == []


def test_an_update_of_what_was_never_here_is_an_alert(tmp_path: Path) -> None:
    """Without an earlier document there is nothing to refer to, which only an alert may do."""
    sent(a_site(tmp_path), stage="update", revision=2)
    root = a_document(tmp_path)
    assert texts(root, "msgType") == ["Alert"]
    assert texts(root, "references") == []


def test_a_withdrawal_cancels(tmp_path: Path) -> None:
    """A withdrawal is a Cancel that refers to what it withdraws."""
    site = a_site(tmp_path)
    sent(site)
    sent(site, stage="withdraw", revision=2)
    root = a_document(tmp_path)
    assert texts(root, "msgType") == ["Cancel"]
    assert texts(root, "references") == [f"police.exampleton.example,{ID}.1,2026-11-22T14:58:06-05:00"]


def test_one_document_holds_every_language_under_one_identity(tmp_path: Path) -> None:
    """The second language adds its info; identifier and sent stay, though it was sent later."""
    site = a_site(tmp_path)
    both = ("en", "es")
    sent(site, languages=both, language="es", headline="Calle cerrada")
    sent(site, languages=both, sent=NOW + timedelta(seconds=7))
    root = a_document(tmp_path)
    assert texts(root, "sent") == ["2026-11-22T14:58:06-05:00"]
    assert texts(root, "info/language") == ["en", "es"]
    assert texts(root, "info/headline") == ["Road closed: Main Street", "Calle cerrada"]
    assert texts(root, "info/instruction") == ["Avoid the area.", "Evite la zona."]


def test_a_late_language_of_an_older_revision_leaves_the_newest_document(tmp_path: Path) -> None:
    """The newest document stays that of the newest revision."""
    site = a_site(tmp_path)
    both = ("en", "es")
    sent(site, languages=both)
    sent(site, languages=both, stage="update", revision=2)
    sent(site, languages=both, language="es", headline="Calle cerrada")
    assert texts(a_document(tmp_path), "identifier") == [f"{ID}.2"]


def test_an_exercise_is_no_actual_alert(tmp_path: Path) -> None:
    """A drill has the status Exercise, says so in its note and its headline."""
    sent(a_site(tmp_path), status="exercise")
    root = a_document(tmp_path)
    assert texts(root, "status") == ["Exercise"]
    assert "DRILL" in texts(root, "note")[0]
    assert texts(root, "info/headline") == ["DRILL: Road closed: Main Street"]


def test_markup_and_control_characters_stay_words(tmp_path: Path) -> None:
    """What looks like XML is a text, and what XML cannot hold is left out."""
    sent(a_site(tmp_path), headline="<info>&amp;]]>\x08", text="<!DOCTYPE x [<!ENTITY y 'z'>]>&y;")
    root = a_document(tmp_path)
    assert texts(root, "info/headline") == ["<info>&amp;]]>"]
    assert texts(root, "info/description") == ["<!DOCTYPE x [<!ENTITY y 'z'>]>&y;"]


def test_a_picture_is_a_resource(tmp_path: Path) -> None:
    """A picture is described by its alt text and reached at the site's address."""
    picture = some_media(alt="A map of the closure")
    sent(a_site(tmp_path), media=(picture,))
    root = a_document(tmp_path)
    assert texts(root, "info/resource/resourceDesc") == ["A map of the closure"]
    assert texts(root, "info/resource/uri") == [f"{URL}/media/{picture.sha256}.png"]
    assert texts(root, "info/resource/size") == [str(len(picture.data))]
