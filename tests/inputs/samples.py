"""Alerts of an invented office, in each form that a feed may have."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from notifier.inputs.gate import Decision, judge_alerts
from notifier.inputs.nws_json import read_geojson
from notifier.inputs.nws_settings import NwsSettings

NOW = datetime(2026, 1, 20, 18, 0, tzinfo=UTC)
ZONE = ZoneInfo("America/New_York")
SETTINGS = NwsSettings(url="https://feed.example/alerts/active?zone=MAZ014", zones=("MAZ014", "MAC017"))


def at(**ahead: float) -> str:
    """A time some hours or minutes from NOW, as a feed writes it."""
    return (NOW + timedelta(**ahead)).isoformat()


def vtec(action: str = "NEW", *, code: str = "WS.W", number: int = 7, product_class: str = "O") -> str:
    """A P-VTEC string of the office KXYZ."""
    return f"/{product_class}.{action}.KXYZ.{code}.{number:04d}.260120T1700Z-260121T0300Z/"


def properties(**changed: Any) -> dict[str, Any]:
    """A Winter Storm Warning for MAZ014 that passes every rule, with some properties changed; None takes one out."""
    own: dict[str, Any] = {
        "id": "urn:oid:2.49.0.1.840.0.aaaa.001.1",
        "areaDesc": "Southeast Middlesex; Suffolk",
        "geocode": {"UGC": ["MAZ014", "MAZ015"], "SAME": ["025017", "025025"]},
        "affectedZones": ["https://feed.example/zones/forecast/MAZ014", "https://feed.example/zones/forecast/MAZ015"],
        "references": [],
        "sent": at(hours=-1),
        "effective": at(hours=-1),
        "onset": at(hours=1),
        "expires": at(hours=4),
        "ends": at(hours=9),
        "status": "Actual",
        "messageType": "Alert",
        "scope": "Public",
        "severity": "Severe",
        "certainty": "Likely",
        "urgency": "Expected",
        "event": "Winter Storm Warning",
        "sender": "w-nws.webmaster@noaa.gov",
        "senderName": "NWS Exampleton MA",
        "headline": "Winter Storm Warning issued January 20 at 12:00PM EST",
        "description": "* WHAT...Heavy snow of 8 to 12 inches.\n\n* WHERE...All of the county.",
        "instruction": "If you must travel, keep a flashlight\nand water in your car.",
        "response": "Prepare",
        "parameters": {"VTEC": [vtec()], "AWIPSidentifier": ["WSWXYZ"]},
    }
    own.update(changed)
    return {name: value for name, value in own.items() if value is not None}


def update_of(*ids: str, **changed: Any) -> dict[str, Any]:
    """An Update that refers to earlier alerts."""
    references = [{"@id": f"https://api.weather.gov/alerts/{i}", "identifier": i, "sent": at(hours=-2)} for i in ids]
    return properties(
        **{"messageType": "Update", "references": references, "parameters": {"VTEC": [vtec("CON")]}, **changed}
    )


def collection(*alerts: dict[str, Any]) -> bytes:
    """A GeoJSON answer with these alerts."""
    features = [{"id": "f", "type": "Feature", "geometry": None, "properties": one} for one in alerts]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def judge(*alerts: dict[str, Any], settings: NwsSettings = SETTINGS) -> list[Decision]:
    """Judge alerts as one capture, at NOW."""
    return judge_alerts(read_geojson(collection(*alerts)), settings, NOW, ZONE)


def cap(*infos: str, version: str = "urn:oasis:names:tc:emergency:cap:1.2", **changed: str) -> str:
    """A CAP message with these infos, and some elements of `alert` changed; an empty one is left out."""
    own = {
        "identifier": "XYZ-1",
        "sender": "w-nws.webmaster@noaa.gov",
        "sent": at(hours=-1),
        "status": "Actual",
        "msgType": "Alert",
        "scope": "Public",
        **changed,
    }
    elements = "".join(f"<{name}>{value}</{name}>" for name, value in own.items() if value)
    return f'<alert xmlns="{version}">{elements}{"".join(infos)}</alert>'


def info(language: str = "en-US", event: str = "High Wind Warning", more: str = "", **changed: str) -> str:
    """A CAP info for MAZ014."""
    own = {
        "language": language,
        "category": "Met",
        "event": event,
        "responseType": "Prepare",
        "urgency": "Expected",
        "severity": "Severe",
        "certainty": "Likely",
        "expires": at(hours=5),
        "senderName": "NWS Exampleton MA",
        "headline": f"{event} until evening",
        "description": "Gusts to 60 mph.",
        "instruction": "Stay inside.",
        **changed,
    }
    elements = "".join(f"<{name}>{value}</{name}>" for name, value in own.items() if value)
    area = f"<area><areaDesc>Southeast Middlesex</areaDesc>{geocode('UGC', 'MAZ014')}{geocode('SAME', '025017')}</area>"
    return f"<info>{elements}{more}{area}</info>"


def geocode(name: str, value: str) -> str:
    """A CAP geocode."""
    return f"<geocode><valueName>{name}</valueName><value>{value}</value></geocode>"


def parameter(name: str, value: str) -> str:
    """A CAP parameter."""
    return f"<parameter><valueName>{name}</valueName><value>{value}</value></parameter>"


def index_entry(identifier: str = "https://api.weather.gov/alerts/urn:oid:1.2.3", **changed: str) -> str:
    """An Atom entry with CAP's elements, as NWS writes its index: several pairs in one geocode."""
    own = {
        "event": "High Wind Warning",
        "effective": at(hours=-1),
        "expires": at(hours=5),
        "status": "Actual",
        "msgType": "Alert",
        "urgency": "Expected",
        "severity": "Severe",
        "certainty": "Likely",
        "areaDesc": "Southeast Middlesex; Suffolk",
        **changed,
    }
    elements = "".join(f"<cap:{name}>{value}</cap:{name}>" for name, value in own.items() if value)
    return f"""<entry><id>{identifier}</id><updated>{at(hours=-1)}</updated><published>{at(hours=-1)}</published>
      <author><name>w-nws.webmaster@noaa.gov</name></author><title>High Wind Warning issued today by NWS</title>
      <summary>...STRONG WINDS TONIGHT...</summary>{elements}
      <cap:geocode><valueName>FIPS6</valueName><value>025017 025025</value>
        <valueName>UGC</valueName><value>MAZ014 MAZ015</value></cap:geocode>
      <cap:parameter><valueName>VTEC</valueName><value>{vtec(code="HW.W")}</value></cap:parameter></entry>"""


def atom(*entries: str) -> bytes:
    """An Atom feed with these entries."""
    return (
        '<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom" '
        'xmlns:cap="urn:oasis:names:tc:emergency:cap:1.2"><id>https://feed.example/</id><title>Alerts</title>'
        f"<updated>{at(hours=-1)}</updated>{''.join(entries)}</feed>"
    ).encode()
