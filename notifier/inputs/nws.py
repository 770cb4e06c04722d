"""The feed type `nws`: alerts of the National Weather Service, as GeoJSON, Atom or CAP."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from notifier.errors import FeedUnavailable
from notifier.inputs.alerts import Alert, Entry
from notifier.inputs.gate import Decision, judge_alerts
from notifier.settings import read_every
from notifier.when import read_duration

DEFAULT_EVENTS = (
    "Blizzard Warning",
    "Coastal Flood Warning",
    "Dust Storm Warning",
    "Excessive Heat Warning",
    "Extreme Cold Warning",
    "Extreme Heat Warning",
    "Extreme Wind Warning",
    "Flash Flood Warning",
    "Flood Warning",
    "High Wind Warning",
    "Hurricane Warning",
    "Ice Storm Warning",
    "Lake Effect Snow Warning",
    "Lakeshore Flood Warning",
    "Severe Thunderstorm Warning",
    "Snow Squall Warning",
    "Storm Surge Warning",
    "Tornado Warning",
    "Tropical Storm Warning",
    "Wind Chill Warning",
    "Winter Storm Warning",
)
"""Warnings that go out by themselves. Watches and advisories, and what is no weather, wait for a person."""


def _address(text: str) -> str:
    try:
        parts = urlsplit(text)
        is_whole = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_whole = False
    if not is_whole or "@" in text or re.search(r"\s", text):
        raise ValueError('is not a web address; write it whole, as "https://api.weather.gov/alerts/active?zone=MAZ014"')
    return text


def _ugc(code: str) -> str:
    code = code.strip().upper()
    if not re.fullmatch(r"[A-Z]{2}[CZ]\d{3}", code, re.ASCII):
        raise ValueError(f'"{code[:40]}" is not a UGC code; write a zone as "MAZ014" or a county as "MAC017"')
    return code


def _same(code: str) -> str:
    code = code.strip().zfill(6)
    if not re.fullmatch(r"\d{6}", code, re.ASCII):
        raise ValueError(f'"{code[:40]}" is not a SAME code; write a county as "025017"')
    return code


def _interval(value: object) -> object:
    return read_every(value) if isinstance(value, str) else value


def _age(value: object) -> object:
    if not isinstance(value, str):
        return value
    length = read_duration(value)
    if length is None or length <= timedelta(0):
        raise ValueError(f'"{value[:40]}" is not a length of time; write "6h"')
    return length


class NwsSettings(BaseModel):
    """The settings of a feed of type `nws` in feeds.toml."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["nws"] = Field("nws", description="the type of feed: a file in notifier/inputs/")
    url: Annotated[str, AfterValidator(_address)] = Field(description="where the alerts are; GeoJSON, Atom or CAP")
    zones: tuple[Annotated[str, AfterValidator(_ugc)], ...] = Field(
        min_length=1, max_length=100, description="UGC codes of your forecast zone and your county; watch both"
    )
    same: tuple[Annotated[str, AfterValidator(_same)], ...] = Field(
        (), max_length=100, description="SAME codes of counties, where all that touches them is wanted"
    )
    every: Annotated[timedelta, BeforeValidator(_interval)] = Field(
        timedelta(seconds=60), description="how often to ask, as 60s"
    )
    publish: Literal["auto", "ask"] = Field(
        "auto", description="auto: what passes the gate goes out; ask: a person decides"
    )
    events: tuple[Annotated[str, Field(min_length=1, max_length=100)], ...] = Field(
        DEFAULT_EVENTS, description="events that may go out by themselves"
    )
    min_severity: Literal["Unknown", "Minor", "Moderate", "Severe", "Extreme"] = Field(
        "Moderate", description="below this severity a person decides"
    )
    max_age: Annotated[timedelta, BeforeValidator(_age)] = Field(
        timedelta(hours=6), description="sent longer ago than this, a person decides, as 6h"
    )
    ceiling: int = Field(
        6, ge=0, le=1000, description="new alerts that one answer may publish; a person decides on the rest"
    )
    timeout: float = Field(30.0, gt=0, le=300, description="seconds to wait for the whole answer")


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
