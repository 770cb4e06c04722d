"""Reading Atom feeds with CAP inside."""

import html

import pytest

from notifier.errors import FeedUnavailable
from notifier.inputs.alerts import Alert, Entry, Unreadable
from notifier.inputs.nws_atom import read_atom
from tests.inputs.samples import atom, cap, index_entry, info


def entry_with(content: str) -> str:
    """An Atom entry that holds no CAP elements of its own."""
    return f"<entry><id>https://feed.example/7</id><title>Wind</title>{content}</entry>"


def only(entries: list[Entry]) -> Alert:
    """The one alert of a feed."""
    [alert] = entries
    assert isinstance(alert, Alert)
    return alert


def test_reads_nws_index_with_all_pairs_of_a_geocode() -> None:
    """The index puts FIPS6 and UGC into one geocode; neither overwrites the other."""
    alert = only(read_atom(atom(index_entry())))
    assert alert.zones == ("MAZ014", "MAZ015")
    assert alert.same == ("025017", "025025")
    assert alert.event_keys == ("KXYZ.HW.W.0007.2026",)
    assert alert.area_desc == "Southeast Middlesex; Suffolk"


def test_takes_from_the_envelope_what_the_index_leaves_out() -> None:
    """Identifier, sender, time, headline and text stand in Atom's own elements."""
    alert = only(read_atom(atom(index_entry())))
    assert alert.source_id == "urn:oid:1.2.3"
    assert alert.sender == "w-nws.webmaster@noaa.gov"
    assert alert.sent is not None
    assert alert.headline == "High Wind Warning issued today by NWS"
    assert alert.description == "...STRONG WINDS TONIGHT..."


def test_takes_the_event_from_the_title_where_it_is_missing() -> None:
    """The oldest index has no event."""
    assert only(read_atom(atom(index_entry(event="")))).event == "High Wind Warning"


@pytest.mark.parametrize("type_", ["application/cap+xml", "text/xml"])
def test_reads_a_whole_alert_in_the_content(type_: str) -> None:
    """An entry may carry the CAP message itself."""
    alert = only(read_atom(atom(entry_with(f'<content type="{type_}">{cap(info())}</content>'))))
    assert (alert.source_id, alert.event, alert.instruction) == ("XYZ-1", "High Wind Warning", "Stay inside.")


def test_reads_a_whole_alert_that_is_escaped() -> None:
    """Some feeds escape the message, declaration and all."""
    escaped = html.escape('<?xml version="1.0" encoding="ISO-8859-1"?>' + cap(info(headline="Usulután")))
    assert only(read_atom(atom(entry_with(f'<content type="text">{escaped}</content>')))).headline == "Usulután"


def test_an_empty_index_has_no_alerts() -> None:
    """No entries is an answer: nothing is in force."""
    assert read_atom(atom()) == []


def test_an_alert_outside_an_entry_is_none() -> None:
    """Foreign markup of the feed is no entry."""
    assert read_atom(atom(cap(info()))) == []


def test_an_entry_without_an_alert_is_unreadable_and_the_others_stay() -> None:
    """What is no alert is told by its title; the entries around it are read."""
    entries = read_atom(atom(index_entry(), entry_with(""), entry_with("<content>words</content>"), index_entry("b")))
    assert [type(entry) for entry in entries] == [Alert, Unreadable, Unreadable, Alert]
    assert entries[1] == Unreadable("https://feed.example/7", "", "Wind", "the entry holds no alert")


def test_a_broken_entry_does_not_lose_the_others() -> None:
    """A wrong time or an escaped entity bomb breaks only its own entry."""
    bomb = html.escape('<!DOCTYPE a [<!ENTITY x "y">]>' + cap(info(headline="&x;")))
    entries = read_atom(
        atom(index_entry("a", expires="never"), entry_with(f"<content>{bomb}</content>"), index_entry("c"))
    )
    assert [type(entry) for entry in entries] == [Unreadable, Unreadable, Alert]


@pytest.mark.parametrize(
    "body",
    [
        atom(index_entry())[:-30],
        b'<!DOCTYPE feed [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + atom(index_entry()).partition(b"?>")[2],
        b'<rss version="2.0"><channel><item><title>Wind</title></item></channel></rss>',
        b"<feed><entry/></feed>",
        b"/etc/passwd",
        atom(*["<entry/>"] * 5001),
    ],
)
def test_what_is_no_whole_atom_is_unavailable(body: bytes) -> None:
    """Cut off, with a DTD, RSS, the name of a file, or endless: unavailable."""
    with pytest.raises(FeedUnavailable, match="the feed"):
        read_atom(body)
