"""Community outreach and programs (order 2.d.3.e)."""

from datetime import datetime, timedelta
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from notifier.field_types import MOST_DETAILS, Line, Moment, Paragraphs
from notifier.kind import AlertFacts, Kind, pictures_have_alt, together_at_most

TOPIC_AND_PLACE_TOGETHER = 74
"""Characters; they share a text message with the source and the time."""


class Outreach(Kind):
    """A program, a meeting, an invitation: nothing urgent."""

    slug: ClassVar[str] = "outreach"
    summary: ClassVar[str] = "A community program or meeting: what, when, where"
    lasts: ClassVar[timedelta] = timedelta(days=7)
    priority: ClassVar[int] = 8

    topic: Annotated[Line, Field(max_length=60)] = Field(
        description="what it is about", examples=['--topic "Coffee with a Cop"']
    )
    body: Annotated[Paragraphs, Field(max_length=MOST_DETAILS)] = Field(
        description="what you want to say", examples=['--body "Meet your patrol officers."']
    )
    when: Moment | None = Field(None, description="when it takes place")
    where: Annotated[Line, Field(max_length=60)] | None = Field(None, description="where it takes place")

    @model_validator(mode="after")
    def _has_alt(self) -> Self:
        together_at_most(TOPIC_AND_PLACE_TOGETHER, topic=self.topic, where=self.where)
        pictures_have_alt(self.pictures())
        return self

    def ends_at(self) -> datetime | None:
        """Old news some hours after it took place."""
        return self.when + timedelta(hours=4) if self.when else None

    def alert_facts(self) -> AlertFacts:
        """An invitation, no danger."""
        return AlertFacts(
            event=self.topic,
            category="Safety",
            response="None",
            urgency="Future",
            severity="Minor",
            certainty="Observed",
            area=self.where or "the whole community",
            onset=self.when,
        )


KIND = Outreach
