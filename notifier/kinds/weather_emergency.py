"""A weather emergency (order 2.d.3.c)."""

import re
from datetime import timedelta
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from notifier.field_types import Line, Moment
from notifier.kind import AlertFacts, Kind, Severity, Urgency, ends_after_start, pictures_have_alt

LONGEST_PLACE = 40
"""Characters of one place of the area; a text message names the first and counts the rest."""


class WeatherEmergency(Kind):
    """Dangerous weather, as the National Weather Service or the department warns of it."""

    slug: ClassVar[str] = "weather-emergency"
    summary: ClassVar[str] = "Dangerous weather: what, where, until when, what to do"
    lasts: ClassVar[timedelta] = timedelta(hours=6)
    priority: ClassVar[int] = 1

    event: Annotated[Line, Field(max_length=32)] = Field(
        description="the hazard", examples=['--event "Flash Flood Warning"']
    )
    area: Annotated[Line, Field(max_length=1000)] = Field(
        description="the places it is for", examples=['--area "Southeast Middlesex"']
    )
    severity: Severity = Field("Unknown", description="how severe, in CAP's words")
    starts: Moment | None = Field(None, description="when it begins; without it, now")
    ends: Moment | None = Field(None, description="when it is expected to end")
    guidance: Annotated[Line, Field(max_length=1500)] | None = Field(
        None, description="what people should do", examples=['--guidance "Move to higher ground now."']
    )
    source: Annotated[Line, Field(max_length=60)] | None = Field(
        None, description="who warns, where it is not the department", examples=['--source "NWS Boston"']
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.places():
            raise PydanticCustomError(
                "no_place", 'area: "{area}" names no place; write one, as "Southeast Middlesex"', {"area": self.area}
            )
        for place in self.places():
            if len(place) > LONGEST_PLACE:
                raise PydanticCustomError(
                    "together_too_long",
                    'area: "{place}" is {length} characters; separate places with a semicolon, each at most {most}',
                    {"place": place, "length": len(place), "most": LONGEST_PLACE},
                )
        ends_after_start(self.starts, self.ends)
        pictures_have_alt(self.pictures())
        return self

    def places(self) -> tuple[str, ...]:
        """The places of the area, one by one."""
        return tuple(part.strip() for part in re.split(r"[;,]", self.area) if part.strip())

    def alert_facts(self) -> AlertFacts:
        """The hazard in CAP's own words."""
        urgency: Urgency = "Expected" if self.starts else "Immediate"
        return AlertFacts(
            event=self.event,
            category="Met",
            response="Prepare" if self.starts else "Execute",
            urgency=urgency,
            severity=self.severity,
            certainty="Likely",
            area=self.area,
            instruction=self.guidance,
            onset=self.starts,
        )


KIND = WeatherEmergency
