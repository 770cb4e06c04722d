"""The settings of a feed of type `nws`: which zones, which events go out by themselves, what a person decides."""

import re
from datetime import date, timedelta
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

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
    preapproved_by: str | None = Field(
        None, description="the chief or pio who approved in advance what this feed brings; a finding waits all the same"
    )
    preapproved_on: date | None = Field(None, description="from which day on")

    @model_validator(mode="after")
    def _both_or_neither(self) -> Self:
        if (self.preapproved_by is None) != (self.preapproved_on is None):
            raise ValueError("preapproved_by and preapproved_on stand together: who approved this in advance, and when")
        return self
