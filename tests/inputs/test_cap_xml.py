"""Reading CAP XML, also hostile."""

import time

import pytest

from notifier.errors import FeedUnavailable
from notifier.inputs.alerts import Alert, Unreadable
from notifier.inputs.cap_xml import read_cap
from tests.inputs.samples import NOW, at, cap, geocode, info, parameter, vtec


def read_one(text: str, encoding: str = "utf-8") -> Alert:
    """Read a message that is one readable alert."""
    [alert] = read_cap(text.encode(encoding))
    assert isinstance(alert, Alert)
    return alert


@pytest.mark.parametrize(
    "version",
    ["urn:oasis:names:tc:emergency:cap:1.2", "urn:oasis:names:tc:emergency:cap:1.1", "http://www.incident.com/cap/1.0"],
)
def test_reads_every_version(version: str) -> None:
    """CAP 1.0, 1.1 and 1.2 differ in their namespace."""
    alert = read_one(cap(info(), version=version))
    assert (alert.source_id, alert.event, alert.zones, alert.same) == (
        "XYZ-1",
        "High Wind Warning",
        ("MAZ014",),
        ("025017",),
    )
    assert (alert.severity, alert.response, alert.area_desc) == ("Severe", ("Prepare",), "Southeast Middlesex")


def test_reads_a_cancel_without_info() -> None:
    """A Cancel may say nothing but what it withdraws; references are triples of sender, identifier and time."""
    triples = f"office@noaa.gov,XYZ-0,{at(hours=-3)} office@noaa.gov,A,B,{at(hours=-2)} bare"
    alert = read_one(cap(msgType="Cancel", references=triples))
    assert alert.msg_type == "Cancel"
    assert alert.references == ("XYZ-0", "A,B", "bare")
    assert alert.event == ""


def test_prefers_the_english_info() -> None:
    """Of several languages the English one is read, wherever it stands."""
    alert = read_one(cap(info("es-US", "Aviso"), info("en-US", "High Wind Warning"), info("fr-CA", "Avis")))
    assert (alert.event, alert.language, alert.infos) == ("High Wind Warning", "en-US", 1)


def test_an_info_without_language_is_english() -> None:
    """CAP's default language is en-US."""
    assert read_one(cap(info("es-US", "Aviso"), info("", "Flood Warning"))).event == "Flood Warning"


def test_reads_the_first_language_where_none_is_english() -> None:
    """A feed without English is still read."""
    assert read_one(cap(info("es-US", "Aviso"), info("fr-CA", "Avis"))).event == "Aviso"


def test_counts_the_infos_of_its_language_and_takes_all_their_places() -> None:
    """Two English infos may be two hazards: the places of both count, and the gate is told."""
    second = info(event="Flood Warning").replace("MAZ014", "MAZ020")
    alert = read_one(cap(info(), second))
    assert (alert.infos, alert.zones) == (2, ("MAZ014", "MAZ020"))


def test_keeps_parameters_in_order_and_reads_vtec_and_end() -> None:
    """A name that comes twice keeps both values; NWS's end of the event stands in a parameter."""
    more = parameter("BLOCKCHANNEL", "EAS") + parameter("BLOCKCHANNEL", "CMAS")
    more += parameter("VTEC", vtec("EXT")) + parameter("eventEndingTime", at(hours=8))
    alert = read_one(cap(info(more=more)))
    assert alert.parameters[:2] == (("BLOCKCHANNEL", "EAS"), ("BLOCKCHANNEL", "CMAS"))
    assert [code.action for code in alert.vtec] == ["EXT"]
    assert alert.finish is not None
    assert alert.finish > NOW


def test_codes_of_another_country_are_places_but_none_of_ours() -> None:
    """An alert with geocodes of another profile names a place, so it cannot be taken for one that names none."""
    alert = read_one(
        cap(
            info()
            .replace(geocode("UGC", "MAZ014"), geocode("profile:CAP-CP:Location:0.3", "3537"))
            .replace(geocode("SAME", "025017"), "")
        )
    )
    assert (alert.zones, alert.same, alert.other_places) == ((), (), True)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_reads_encodings_with_and_without_bom(encoding: str) -> None:
    """A byte-order mark or UTF-16 is no obstacle."""
    assert read_one(cap(info(event="Cañon Flood")), encoding).event == "Cañon Flood"


def test_reads_latin_1_by_its_declaration() -> None:
    """The declared encoding holds."""
    declared = '<?xml version="1.0" encoding="ISO-8859-1"?>' + cap(info(headline="Usulután"))
    assert read_one(declared, "latin-1").headline == "Usulután"


def test_a_time_that_is_none_makes_the_message_unreadable() -> None:
    """What cannot be understood is told, not guessed."""
    [entry] = read_cap(cap(info(expires="soon")).encode())
    assert entry == Unreadable(
        "XYZ-1",
        "High Wind Warning",
        "High Wind Warning until evening",
        "expires is not a time with its offset from UTC",
    )


LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY l0 "ha">'
    + "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    + "]>"
    + cap(info(headline="&l9;"))
)


@pytest.mark.parametrize(
    "text",
    [
        LAUGHS,
        '<!DOCTYPE a SYSTEM "http://feed.example/a.dtd">' + cap(info()),
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + cap(info(headline="&x;")),
        cap(info(headline="&undeclared;")),
        cap(info())[:-20],
        "",
        "<alert>" + "<a>" * 200_000,
        cap("<x>" * 50 + "</x>" * 50),
        '<?xml version="1.0" encoding="bogus"?>' + cap(info()),
        '<?xml version="1.0" encoding="euc-kr"?>' + cap(info()),
        cap(info(), version="urn:oasis:names:tc:emergency:alerts:1.2"),
        "<html><body>Sorry</body></html>",
    ],
)
def test_what_is_hostile_cut_off_or_no_cap_is_unavailable_at_once(text: str) -> None:
    """A billion laughs, a DTD, a file entity, endless nesting: one sentence, quickly, and no word of theirs in it."""
    started = time.monotonic()
    with pytest.raises(FeedUnavailable, match="the feed") as refused:
        read_cap(text.encode())
    assert time.monotonic() - started < 2
    assert "passwd" not in str(refused.value)
    assert "\n" not in str(refused.value)


def test_more_elements_than_a_feed_has_are_unavailable() -> None:
    """Millions of tiny elements would fill the memory."""
    with pytest.raises(FeedUnavailable, match="larger than a feed"):
        read_cap(cap("<x/>" * 400_001).encode())
