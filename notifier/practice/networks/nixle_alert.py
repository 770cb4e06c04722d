"""The body of an Everbridge notification that publishes to Nixle, judged strictly.

Source: developers.everbridge.net, `ebs-v1-nixle`: `publicMessages.nixleAlertMessage` of POST /notifications/{org}. What
the page leaves open (which fields are required, the meaning of `type`) is decided here on the strict side.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic.alias_generators import to_camel

MOST_SMS = 138
MOST_TITLE = 255
MOST_TEXT = 2_500
KINDS = {1: "Alert", 2: "Advisory", 3: "Community"}
"""How Nixle's web form names its kinds of message, in its own order."""

_Text = Annotated[str, StringConstraints(min_length=1, max_length=MOST_TEXT, pattern=r"\S")]
_Name = Annotated[str, StringConstraints(min_length=1, max_length=MOST_TITLE, pattern=r"\S")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, alias_generator=to_camel)


class Community(_Part):
    """Who answers for the message, and where it goes."""

    contact_name: _Name
    contact_email: str = Field("", max_length=254)
    contact_phone: str = Field("", max_length=30)
    contact_division: str = Field("", max_length=MOST_TITLE)
    jurisdiction_type: str = Field("", max_length=60)
    region_ids: list[int] = Field(default_factory=list)


class NixleAlertMessage(_Part):
    """What goes to Nixle."""

    event: _Name
    urgency: Literal["Immediate", "Expected", "Future", "Past", "Unknown"]
    severity: Literal["Extreme", "Severe", "Moderate", "Minor", "Unknown"]
    certainty: Literal["Observed", "Likely", "Possible", "Unlikely", "Unknown"]
    category: Literal[
        "Geo", "Met", "Safety", "Security", "Rescue", "Fire", "Health", "Env", "Transport", "Infra", "CBRNE", "Other"
    ]
    expire: str = Field(pattern=r"^[1-9]\d{0,3}$", description="hours, as a string")
    sms_message: Annotated[str, StringConstraints(min_length=1, max_length=MOST_SMS, pattern=r"\S")]
    instructions: str = Field("", max_length=MOST_TEXT)
    action: Literal["create"]
    type: Literal[1, 2, 3]
    apply_zip_code_to_event_groups: bool = False
    event_groups: list[int] = Field(default_factory=list)
    community: Community | None = None


class _PublicMessages(_Part):
    nixle_alert_message: NixleAlertMessage


class _Message(_Part):
    title: _Name
    text_message: _Text
    content_type: Literal["Text", "Html"] = "Text"


class Launch(_Part):
    """The whole body of a launch."""

    message: _Message
    type: Literal["Standard"]
    priority: Literal["NonPriority", "Priority"]
    launchtype: Literal["SendNow"]
    public_messages: _PublicMessages
    organization_id: int | str | None = None


def read_launch(body: dict[str, Any]) -> Launch | str:
    """Read a launch, or say in one sentence what is wrong with it."""
    try:
        return Launch.model_validate(body)
    except ValidationError as wrong:
        error = wrong.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in error["loc"])
        return f"{where}: {error['msg']}"


def regions() -> dict[str, list[dict[str, Any]]]:
    """Give the regions of the practice organisation, as /nixleRegionIds answers them."""
    return {
        "cities": [{"id": 5001, "name": "Exampleton", "state": "MA"}],
        "counties": [{"id": 6001, "name": "Example County", "state": "MA"}],
        "zipcodes": [{"id": 7001, "name": "00501", "state": "MA"}],
    }


def event_groups() -> list[dict[str, Any]]:
    """Give the event groups of the practice organisation, as /nixleEventGroups answers them."""
    return [{"id": 301, "group_name": "Public safety"}, {"id": 302, "group_name": "Traffic"}]
