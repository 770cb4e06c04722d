"""A missing or endangered person (order 2.d.3.d)."""

from datetime import timedelta
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from notifier.attachment import Photo
from notifier.field_types import Line, PastMoment
from notifier.kind import AlertFacts, Kind, pictures_have_alt, together_at_most

NAME_AND_PLACE_TOGETHER = 64
"""Characters; they share a text message with the source, the age, the time and whom to call."""


class MissingPerson(Kind):
    """Someone is missing; the public may have seen them."""

    slug: ClassVar[str] = "missing-person"
    summary: ClassVar[str] = "A missing or endangered person: who, last seen where and when, who to call"
    lasts: ClassVar[timedelta] = timedelta(hours=72)
    priority: ClassVar[int] = 0
    personal: ClassVar[bool] = True

    name: Annotated[Line, Field(max_length=40)] = Field(
        description="the person's name, or words that stand for it", examples=['--name "Robin Example"']
    )
    age: Annotated[int, Field(ge=0, le=120)] = Field(description="age in years", examples=["--age 14"])
    last_seen_place: Annotated[Line, Field(max_length=60)] = Field(
        description="where last seen", examples=['--last-seen-place "Prospect Hill Park"']
    )
    last_seen_at: PastMoment | None = Field(None, description="when last seen", examples=['--last-seen-at "today 4pm"'])
    sex: Literal["female", "male", "other"] | None = Field(None, description="sex, as it helps to recognise")
    height: Annotated[Line, Field(max_length=30)] | None = Field(None, description="height, as 5 ft 4 in")
    description: Annotated[Line, Field(max_length=300)] | None = Field(None, description="build, hair, eyes")
    clothing: Annotated[Line, Field(max_length=200)] | None = Field(None, description="what they wore")
    vehicle: Annotated[Line, Field(max_length=120)] | None = Field(None, description="make, colour, plate")
    caution: Annotated[Line, Field(max_length=200)] | None = Field(
        None, description="a medical caution in general words, never a diagnosis", examples=['"needs daily medication"']
    )
    photo: Photo | None = Field(None, description="a recent photo; the first --alt and --rights are its own")
    case_number: Annotated[Line, Field(max_length=20)] | None = Field(None, description="the case number")
    call: Annotated[Line, Field(max_length=30)] | None = Field(
        None, description="who to call besides 911; without it, the department's number"
    )
    endangered: bool = Field(False, description="in danger: because of age, health, weather or circumstances")

    @model_validator(mode="after")
    def _has_alt(self) -> Self:
        together_at_most(NAME_AND_PLACE_TOGETHER, name=self.name, last_seen_place=self.last_seen_place)
        pictures_have_alt(self.pictures())
        return self

    def alert_facts(self) -> AlertFacts:
        """Someone to look out for; FCC event code MEP is for this."""
        return AlertFacts(
            event="Missing and Endangered Person" if self.endangered else "Missing Person",
            category="Rescue",
            response="Monitor",
            urgency="Immediate",
            severity="Severe" if self.endangered else "Moderate",
            certainty="Observed",
            area=self.last_seen_place,
            instruction="If you see this person, call 911.",
        )


KIND = MissingPerson
