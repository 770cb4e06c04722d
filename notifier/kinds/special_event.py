"""A special event (order 2.d.3.b)."""

from datetime import datetime, timedelta
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from notifier.field_types import Line, Lines, Moment
from notifier.kind import AlertFacts, Kind, ends_after_start, pictures_have_alt, together_at_most

NAME_AND_PLACE_TOGETHER = 70
"""Characters; they share a text message with the source, the time and the guidance."""


class SpecialEvent(Kind):
    """A parade, race, fair or ceremony that changes traffic or draws a crowd."""

    slug: ClassVar[str] = "special-event"
    summary: ClassVar[str] = "A parade, race or fair: where, when, which streets, where to park"
    lasts: ClassVar[timedelta] = timedelta(hours=12)
    priority: ClassVar[int] = 6

    name: Annotated[Line, Field(max_length=50)] = Field(
        description="what the event is called", examples=['--name "Memorial Day Parade"']
    )
    place: Annotated[Line, Field(max_length=60)] = Field(description="where it is", examples=['--place "City Common"'])
    starts: Moment = Field(description="when it begins", examples=['--starts "Saturday 10am"'])
    ends: Moment | None = Field(None, description="when it ends")
    streets: Lines = Field((), description="a street that closes or loses its parking; repeat for more")
    parking: Annotated[Line, Field(max_length=200)] | None = Field(None, description="where to park, or not to")
    organiser: Annotated[Line, Field(max_length=80)] | None = Field(None, description="who holds the event")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        ends_after_start(self.starts, self.ends)
        together_at_most(NAME_AND_PLACE_TOGETHER, name=self.name, place=self.place)
        pictures_have_alt(self.pictures())
        return self

    def ends_at(self) -> datetime:
        """When it ends; without an end, half a day after its start."""
        return self.ends or self.starts + self.lasts

    def alert_facts(self) -> AlertFacts:
        """An event to plan for, no danger."""
        return AlertFacts(
            event=self.name,
            category="Safety",
            response="Prepare",
            urgency="Future",
            severity="Minor",
            certainty="Likely",
            area=", ".join((self.place, *self.streets)),
            instruction=self.parking or "Plan for traffic delays.",
            onset=self.starts,
        )


KIND = SpecialEvent
