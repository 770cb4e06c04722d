"""What a person posts, because the service lets no program publish: the text ready to copy, the place, a deadline.

Its deliveries wait for a person (`notify hand-off`), who says what became of them (`notify confirm`).
"""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from channels.handoff.services import SERVICES, Service
from notifier.channel import (
    FORMS,
    Capabilities,
    Channel,
    ChannelSettings,
    Form,
    HandOff,
    Limit,
    System,
    Works,
    patience,
)
from notifier.http_client import ServiceAddress


class HandoffSettings(ChannelSettings):
    """Which service it is, and what differs from what is known of it."""

    service: Literal["myspace", "digg", "nixle", "nextdoor", "reddit", "youtube-post", "wikipedia", "other"] = Field(
        description="the service; other: say its name, form and hosts below"
    )
    name: str | None = Field(None, min_length=1, max_length=40, description="what people call it")
    compose_url: ServiceAddress | None = Field(None, description="the page where a post is written")
    hosts: tuple[str, ...] = Field((), description="hosts at which the post is seen; subdomains are meant as well")
    form: Form | None = Field(None, description=f"which text: {', '.join(FORMS)}")
    limit: int | None = Field(None, gt=0, description="characters that it takes")
    deadline: Annotated[timedelta, BeforeValidator(patience)] = Field(
        timedelta(minutes=30), description="how long until somebody is reminded, as 30m"
    )


class Handoff(Channel):
    """One place where a person posts."""

    Settings = HandoffSettings
    settings: HandoffSettings
    systems = tuple(System(each.name, "hand-off", each.why) for each in SERVICES.values())

    @property
    def capabilities(self) -> Capabilities:
        """The text in that service's limit; a person posts it, and takes it down."""
        known, own = self._service, self.settings
        limit = known.limit if own.limit is None else Limit(own.limit, "characters")
        form = own.form or known.form
        beside: tuple[Form, ...] = () if form == "headline" else ("headline",)
        return Capabilities(form, limit, beside, by_hand=True, pictures=known.pictures, gsm7=form == "sms")

    @property
    def hand_off(self) -> HandOff:
        """Where a person posts it, and where it is seen."""
        known, own = self._service, self.settings
        return HandOff(own.name or known.name, own.compose_url or known.compose, own.hosts or known.hosts, own.deadline)

    def check(self) -> Works:
        """Say who posts there; there is no credential."""
        return Works(said=f"a person posts there: {self._service.why}")

    @property
    def _service(self) -> Service:
        return SERVICES[self.settings.service]


CHANNEL = Handoff
