"""The feed type `nws`: alerts of the National Weather Service, as GeoJSON, Atom or CAP."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from notifier.errors import FeedUnavailable
from notifier.inputs.alerts import Alert, Entry
from notifier.inputs.gate import Decision, judge_alerts
from notifier.inputs.nws_settings import NwsSettings


def read_feed(body: bytes, content_type: str = "") -> list[Entry]:
    """Read whatever a weather feed answered; the first character tells JSON from XML better than its content type.

    Raises FeedUnavailable with one sentence for what is empty, cut off, hostile or something else.
    """
    start = body[:200].lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n").replace(b"\x00", b"")
    if start[:1] in (b"{", b"["):
        from notifier.inputs.nws_json import read_geojson

        return read_geojson(body)
    if start[:1] == b"<":
        return _read_xml(body)
    if not start:
        raise FeedUnavailable("the feed's answer is empty")
    kind = re.sub(r"[^\w./+-]", "", content_type.partition(";")[0])[:60] or "of no named type"
    raise FeedUnavailable(f"the feed's answer is neither JSON nor XML (its type: {kind})")


def _read_xml(body: bytes) -> list[Entry]:
    from notifier.inputs.cap_xml import parse_xml, read_alert_element, split_tag
    from notifier.inputs.nws_atom import read_atom_feed

    root = parse_xml(body)
    match split_tag(root.tag)[1]:
        case "feed":
            return read_atom_feed(root, body)
        case "alert":
            return [read_alert_element(root)]
    raise FeedUnavailable("the feed is XML, but neither Atom nor a CAP alert")


class NwsFeed:
    """What the intake needs of a type of feed: its settings, how to read, judge and word what it gives."""

    Settings: ClassVar[type[NwsSettings]] = NwsSettings
    kind: ClassVar[str] = "weather-emergency"

    @staticmethod
    def read(body: bytes, content_type: str = "") -> list[Entry]:
        """Read an answer; FeedUnavailable where it cannot be."""
        return read_feed(body, content_type)

    @staticmethod
    def judge(entries: Sequence[Entry], settings: NwsSettings, now: datetime, zone: ZoneInfo) -> list[Decision]:
        """Decide on every alert of an answer."""
        return judge_alerts(entries, settings, now, zone)

    @staticmethod
    def facts(alert: Alert, settings: NwsSettings, now: datetime, zone: ZoneInfo) -> dict[str, Any]:
        """Word an alert as the fields of the kind."""
        from notifier.inputs.weather_facts import weather_facts

        return weather_facts(alert, settings, now, zone)


FEED = NwsFeed
