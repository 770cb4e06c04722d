"""Reading api.weather.gov's GeoJSON."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from notifier.errors import FeedUnavailable
from notifier.inputs.alerts import Alert, Unreadable
from notifier.inputs.nws_json import read_geojson
from tests.inputs.samples import NOW, collection, properties, vtec


def read_one(**changed: Any) -> Alert:
    """Read the sample warning with some properties changed."""
    [alert] = read_geojson(collection(properties(**changed)))
    assert isinstance(alert, Alert)
    return alert


def read_broken(**changed: Any) -> Unreadable:
    """Read the sample warning with properties that break it."""
    [entry] = read_geojson(collection(properties(**changed)))
    assert isinstance(entry, Unreadable)
    return entry


def test_reads_what_an_alert_says_in_caps_words() -> None:
    """Every property of an alert arrives under CAP's name for it."""
    alert = read_one()
    assert alert.source_id == "urn:oid:2.49.0.1.840.0.aaaa.001.1"
    assert (alert.status, alert.msg_type, alert.scope) == ("Actual", "Alert", "Public")
    assert (alert.urgency, alert.severity, alert.certainty) == ("Expected", "Severe", "Likely")
    assert alert.response == ("Prepare",)
    assert alert.zones == ("MAZ014", "MAZ015")
    assert alert.same == ("025017", "025025")
    assert alert.finish == datetime(2026, 1, 21, 3, 0, tzinfo=UTC)
    assert alert.event_keys == ("KXYZ.WS.W.0007.2026",)
    assert alert.identity == ("w-nws.webmaster@noaa.gov", alert.source_id, alert.sent)


def test_reads_one_feature() -> None:
    """The answer for a single alert is a Feature, not a collection."""
    [alert] = read_geojson(json.dumps({"type": "Feature", "properties": properties()}).encode())
    assert isinstance(alert, Alert)


def test_reads_an_alert_that_lacks_most_keys() -> None:
    """Older captures lack code, eventCode, scope, language and more."""
    [alert] = read_geojson(collection({"event": "Heat Advisory", "status": "Actual"}))
    assert isinstance(alert, Alert)
    assert (alert.event, alert.scope, alert.sent, alert.zones) == ("Heat Advisory", "", None, ())


def test_names_an_alert_without_id_by_its_content() -> None:
    """The same alert has the same name again, and another alert another name."""
    one, again, other = (read_geojson(collection({"event": e}))[0].source_id for e in ("Heat", "Heat", "Cold"))
    assert one == again != other


def test_an_id_is_the_same_as_an_address_and_as_a_name() -> None:
    """Atom gives the address of an alert where GeoJSON gives its URN; both are one identifier."""
    assert read_one(id="https://api.weather.gov/alerts/urn:oid:7").source_id == read_one(id="urn:oid:7").source_id


def test_takes_zones_from_addresses_where_the_codes_are_missing() -> None:
    """Some captures name zones only in affectedZones."""
    assert read_one(geocode={"UGC": []}).zones == ("MAZ014", "MAZ015")
    assert read_one(geocode=None, affectedZones=["https://feed.example/zones/county/MAC017", "bad"]).zones == (
        "MAC017",
    )


def test_keeps_parameters_as_ordered_pairs() -> None:
    """A parameter may have several values, and none is lost."""
    alert = read_one(parameters={"BLOCKCHANNEL": ["EAS", "NWEM"], "VTEC": [vtec(), vtec("CON")]})
    assert alert.parameters[:2] == (("BLOCKCHANNEL", "EAS"), ("BLOCKCHANNEL", "NWEM"))
    assert [code.action for code in alert.vtec] == ["NEW", "CON"]


def test_takes_the_end_from_a_parameter_where_ends_is_missing() -> None:
    """NWS repeats the event's end in eventEndingTime."""
    assert read_one(ends=None, parameters={"eventEndingTime": [NOW.isoformat()]}).ends == NOW


def test_the_year_of_an_event_is_the_year_of_its_end() -> None:
    """Later products write 000000T0000Z for the beginning; the key must stay the same."""
    new, later = "/O.NEW.KXYZ.WS.W.0001.251231T2000Z-260101T0600Z/", "/O.CON.KXYZ.WS.W.0001.000000T0000Z-260101T0600Z/"
    assert read_one(parameters={"VTEC": [new]}).event_keys == read_one(parameters={"VTEC": [later]}).event_keys
    until_further_notice = "/O.CON.KXYZ.FL.W.0009.000000T0000Z-000000T0000Z/"
    assert read_one(parameters={"VTEC": [until_further_notice]}).event_keys == ("KXYZ.FL.W.0009.2026",)


def test_takes_hidden_characters_out_of_every_text() -> None:
    """Control characters, bidi overrides, hidden tags and lone surrogates reach nobody."""
    alert = read_one(
        event="Flood\u202e\x00 Warning\ud800",
        description="a\x07b\u2066\n\nc\U000e0041\ufff9",
        areaDesc="Here\u200f; There",
    )
    assert (alert.event, alert.description, alert.area_desc) == ("Flood Warning", "ab\n\nc", "Here; There")
    assert read_one(event="\u00ad \u200d").event == ""


def test_bounds_the_length_of_a_text() -> None:
    """A description of a million characters is not kept whole."""
    assert len(read_one(description="x" * 1_000_000).description) == 20_000


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"sent": "yesterday"}, "sent is not a time"),
        ({"ends": "2026-01-20T18:00:00"}, "ends is not a time with its offset"),
        ({"ends": "0001-01-01T00:00:00+14:00"}, "ends is not a time"),
        ({"event": 7}, "event is not a text"),
        ({"references": "all"}, "references is not a list"),
        ({"references": [7]}, "references is not a list of identifiers"),
        ({"geocode": {"UGC": [1]}}, "geocode is not a list of texts"),
        ({"parameters": []}, "parameters is not a group"),
        ({"id": "x" * 501}, "identifier is too long"),
    ],
)
def test_an_alert_of_wrong_types_is_unreadable(changed: dict[str, Any], why: str) -> None:
    """A broken alert says what is broken, with its name and headline for the person who reads it."""
    entry = read_broken(**changed)
    assert why in entry.why
    assert entry.headline.startswith("Winter Storm Warning")


def test_a_broken_alert_does_not_lose_the_others() -> None:
    """One unreadable alert of three leaves two."""
    body = json.loads(collection(properties(id="a"), properties(id="b", sent=[]), properties(id="c")))
    body["features"].append("no feature")
    entries = read_geojson(json.dumps(body).encode())
    assert [type(entry) for entry in entries] == [Alert, Unreadable, Alert, Unreadable]
    assert entries[1].source_id == "b"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b'{"type": "FeatureCollection", "features": [',
        b'{"type": "FeatureCollection", "features": {}}',
        b'{"title": "Not Found", "status": 404}',
        b"[]",
        b"\xff\xfe\xfd",
        b"[" * 100_000,
        b'{"type":' + b"1" * 10_000 + b"}",
        b"[" * 2_000_001,
    ],
)
def test_what_is_no_collection_is_unavailable(body: bytes) -> None:
    """Cut off, hostile or something else: unavailable with a sentence, never an empty list."""
    with pytest.raises(FeedUnavailable, match="the feed"):
        read_geojson(body)


def test_too_many_alerts_are_unavailable() -> None:
    """Five thousand alerts are more than the country has."""
    with pytest.raises(FeedUnavailable, match="more than 5000"):
        read_geojson(b'{"type":"FeatureCollection","features":[' + b",".join([b"{}"] * 5001) + b"]}")


def test_too_many_bytes_are_unavailable() -> None:
    """A body above the bound is not even parsed."""
    with pytest.raises(FeedUnavailable, match="larger than 20 MB"):
        read_geojson(b" " * (20 * 1024 * 1024 + 1))
