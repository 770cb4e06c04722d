"""A road closure (order 2.d.3.a)."""

from datetime import timedelta
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from notifier.field_types import Line, Moment
from notifier.kind import AlertFacts, Kind, ends_after_start, pictures_have_alt, together_at_most

STREET_NAMES_TOGETHER = 64
"""Characters of street and cross streets together: with the source, the time and the guidance they fill a text message
of 138 (tests/test_rendering.py proves it)."""


class RoadClosure(Kind):
    """A street or part of it is closed to traffic."""

    slug: ClassVar[str] = "road-closure"
    summary: ClassVar[str] = "A street, or part of it, is closed"
    lasts: ClassVar[timedelta] = timedelta(hours=12)
    priority: ClassVar[int] = 3

    street: Annotated[Line, Field(max_length=60)] = Field(
        description="the street that is closed", examples=['--street "Main Street"']
    )
    reason: Annotated[Line, Field(max_length=120)] = Field(
        description="why, in a few words", examples=['--reason "water main break"']
    )
    from_: Annotated[Line, Field(max_length=40)] | None = Field(
        None, alias="from", description="the cross street where the closure begins", examples=['--from "Elm Street"']
    )
    to: Annotated[Line, Field(max_length=40)] | None = Field(
        None, description="the cross street where it ends", examples=['--to "Oak Street"']
    )
    direction: Literal["northbound", "southbound", "eastbound", "westbound", "both"] | None = Field(
        None, description="the direction that is closed"
    )
    lanes: Literal["all", "some"] = Field("all", description="whether all lanes are closed, or some")
    starts: Moment | None = Field(None, description="when the closure begins; without it, now")
    ends: Moment | None = Field(None, description="when the street is expected to open")
    detour: Annotated[Line, Field(max_length=200)] | None = Field(
        None, description="the way around", examples=['--detour "use River Road"']
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        ends_after_start(self.starts, self.ends)
        pictures_have_alt(self.pictures())
        together_at_most(STREET_NAMES_TOGETHER, **{"street": self.street, "from": self.from_, "to": self.to})
        return self

    def area(self) -> str:
        """The stretch of road in words."""
        if self.from_ and self.to:
            return f"{self.street}, {self.from_} to {self.to}"
        return f"{self.street} at {self.from_ or self.to}" if self.from_ or self.to else self.street

    def alert_facts(self) -> AlertFacts:
        """A closed road: avoid it, now or from its start."""
        return AlertFacts(
            event="Road Closure",
            category="Transport",
            response="Avoid",
            urgency="Expected" if self.starts else "Immediate",
            severity="Minor",
            certainty="Observed",
            area=self.area(),
            instruction=f"Avoid the area. Detour: {self.detour}" if self.detour else "Avoid the area.",
            onset=self.starts,
        )


KIND = RoadClosure
