"""A wanted person (order 2.d.1.b), presumed innocent in every text (order 2.c.1.c)."""

from datetime import timedelta
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from notifier.attachment import Photo
from notifier.field_types import Line
from notifier.kind import AlertFacts, Kind, pictures_have_alt, together_at_most

NAME_CHARGE_AND_CASE_TOGETHER = 86
"""Characters; they share a post of 280 with the source, the presumption of innocence and whom to call."""
ADULT = 18
"""Years; under that, who is charged is a juvenile (G.L. c.119)."""


class WantedPerson(Kind):
    """Someone is wanted on a warrant; the public may have seen them."""

    slug: ClassVar[str] = "wanted-person"
    summary: ClassVar[str] = "A person wanted on a warrant: the charge, the case number, who, whom to call"
    lasts: ClassVar[timedelta] = timedelta(days=7)
    priority: ClassVar[int] = 2
    personal: ClassVar[bool] = True

    charge: Annotated[Line, Field(max_length=56)] = Field(
        description="what the warrant charges, in its own words", examples=['--charge "armed robbery"']
    )
    case_number: Annotated[Line, Field(max_length=20)] = Field(
        description="the case number", examples=["--case-number 26-004211"]
    )
    name: Annotated[Line, Field(max_length=36)] | None = Field(
        None, description="the person's name, as the warrant has it", examples=['--name "Robin Example"']
    )
    age: Annotated[int, Field(ge=1, le=120)] | None = Field(
        None, description="age in years; nobody under 18 is named or shown", examples=["--age 34"]
    )
    description: Annotated[Line, Field(max_length=300)] | None = Field(
        None, description="height, build, hair, clothing", examples=['--description "5 ft 9 in, slim build, grey coat"']
    )
    photo: Photo | None = Field(None, description="a photo; the first --alt and --rights are its own")
    caution: Annotated[Line, Field(max_length=200)] | None = Field(
        None,
        description="a further caution; that nobody is to approach is always said",
        examples=['--caution "May be armed."'],
    )

    @model_validator(mode="after")
    def _may_be_told(self) -> Self:
        if not (self.name or self.photo or self.description):
            raise PydanticCustomError(
                "nobody_described",
                "give at least one of name, photo and description; nobody can look out for a case number",
            )
        if self.age is not None and self.age < ADULT and (self.name or self.pictures()):
            raise PydanticCustomError(
                "juvenile_shown",
                "a person under 18 who is charged is neither named nor shown (order 2.b.3; G.L. c.119);"
                " leave name, photo and pictures out",
            )
        together_at_most(
            NAME_CHARGE_AND_CASE_TOGETHER, "a post", name=self.name, charge=self.charge, case_number=self.case_number
        )
        pictures_have_alt(self.pictures())
        return self

    def alert_facts(self) -> AlertFacts:
        """Someone to look out for, and not to approach."""
        return AlertFacts(
            event="Wanted Person",
            category="Security",
            response="Monitor",
            urgency="Expected",
            severity="Moderate",
            certainty="Unknown",
            area="the whole community",
            instruction="Do not approach. If you see this person, call 911.",
        )


KIND = WantedPerson
