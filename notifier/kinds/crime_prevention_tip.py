"""A crime prevention tip (order 2.d.2.a)."""

from datetime import timedelta
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from notifier.field_types import MOST_DETAILS, Line, Paragraphs
from notifier.kind import AlertFacts, Kind, pictures_have_alt


class CrimePreventionTip(Kind):
    """How people can keep themselves and what is theirs safe."""

    slug: ClassVar[str] = "crime-prevention-tip"
    summary: ClassVar[str] = "How to prevent a crime: lock up, watch for scams, register a bicycle"
    lasts: ClassVar[timedelta] = timedelta(days=30)
    priority: ClassVar[int] = 9

    topic: Annotated[Line, Field(max_length=56)] = Field(
        description="what it is about", examples=['--topic "Lock your car"']
    )
    body: Annotated[Paragraphs, Field(max_length=MOST_DETAILS)] = Field(
        description="what you advise; its first sentence stands in a text message",
        examples=['--body "Take keys and valuables with you."'],
    )

    @model_validator(mode="after")
    def _has_alt(self) -> Self:
        pictures_have_alt(self.pictures())
        return self

    def alert_facts(self) -> AlertFacts:
        """Advice, no danger."""
        return AlertFacts(
            event="Crime Prevention Tip",
            category="Safety",
            response="Prepare",
            urgency="Unknown",
            severity="Minor",
            certainty="Unknown",
            area="the whole community",
        )


KIND = CrimePreventionTip
