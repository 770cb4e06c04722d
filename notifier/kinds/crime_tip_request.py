"""A request for tips about a crime (order 2.d.2.c, 2.d.1)."""

from datetime import timedelta
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from notifier.attachment import Photo
from notifier.field_types import Line, PastMoment
from notifier.kind import AlertFacts, Kind, pictures_have_alt, together_at_most

ABOUT_AND_CASE_TOGETHER = 54
"""Characters; they share a text message with the source and the number to call."""


class CrimeTipRequest(Kind):
    """A crime is not yet solved, and somebody may know something."""

    slug: ClassVar[str] = "crime-tip-request"
    summary: ClassVar[str] = "A request for tips: about what, the case number, where, when, whom to call"
    lasts: ClassVar[timedelta] = timedelta(days=14)
    priority: ClassVar[int] = 6
    personal: ClassVar[bool] = True  # its photo or its description may show someone

    about: Annotated[Line, Field(max_length=50)] = Field(
        description="what tips are wanted about", examples=['--about "a hit-and-run crash"']
    )
    case_number: Annotated[Line, Field(max_length=20)] = Field(
        description="the case number, for whoever calls", examples=["--case-number 26-004300"]
    )
    where: Annotated[Line, Field(max_length=60)] | None = Field(
        None, description="where it happened: a street, never a house", examples=['--where "Main Street at Elm Street"']
    )
    when: PastMoment | None = Field(None, description="when it happened", examples=['--when "yesterday 9pm"'])
    description: Annotated[Line, Field(max_length=300)] | None = Field(
        None,
        description="whom or what to look out for",
        examples=['--description "A grey pickup truck with a damaged front bumper."'],
    )
    photo: Photo | None = Field(None, description="a photo; the first --alt and --rights are its own")

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        together_at_most(ABOUT_AND_CASE_TOGETHER, about=self.about, case_number=self.case_number)
        pictures_have_alt(self.pictures())
        return self

    def alert_facts(self) -> AlertFacts:
        """A question to the public, no danger."""
        return AlertFacts(
            event="Request for Information",
            category="Security",
            response="Monitor",
            urgency="Future",
            severity="Minor",
            certainty="Observed",
            area=self.where or "the whole community",
            instruction="If you have information, call the police department.",
        )


KIND = CrimeTipRequest
