"""IPAWS: alerts on telephones, radio and television, which only FEMA's certified tools may send.

Sending takes an agreement with FEMA, a certificate and lab-tested software. So this channel makes the alert's CAP file,
ready for the department's tool, with the texts for telephones; a person sends it there, and nothing is sent from here.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, Field

from channels.ipaws.alert import MOST_LONG, MOST_SHORT, Terms, document
from channels.ipaws.codes import EventCode, Pathway, event_code
from channels.ipaws.place import Place, Polygon, SameCode
from notifier.channel import (
    Capabilities,
    Channel,
    ChannelSettings,
    HandOff,
    Limit,
    Message,
    System,
    Works,
    patience,
)
from notifier.http_client import ServiceAddress

_WHY = (
    "only software that FEMA has certified may send; the CAP file is ready for it, valid by the IPAWS profile's schema"
)


class IpawsSettings(ChannelSettings):
    """The department's tool, and where its alerts hold."""

    tool_name: str = Field(
        "the certified alerting tool", min_length=1, max_length=60, description="what the department's tool is called"
    )
    tool_url: ServiceAddress | None = Field(None, description="where a person signs in to it")
    same: tuple[SameCode, ...] = Field(
        min_length=1, max_length=31, description="SAME codes of the counties it holds for, as 025017"
    )
    polygon: Polygon | None = Field(
        None, description="where less than a county is meant: corners as latitude,longitude, the last the first again"
    )
    area: str | None = Field(
        None, min_length=1, max_length=200, description="the place in words; default as the notification says it"
    )
    sender: str | None = Field(
        None, pattern=r"^[^\s,<&]{1,200}$", description="CAP's sender; default the host of the department's website"
    )
    pathways: tuple[Pathway, ...] = Field(
        ("wea",), description="by which ways it may go: wea (telephones), eas (radio, television), nwem (weather radio)"
    )
    event_codes: dict[str, EventCode] = Field(
        {}, description='another event code for a kind, as { wanted-person = "LEW" }; never an AMBER Alert'
    )
    deadline: Annotated[timedelta, BeforeValidator(patience)] = Field(
        timedelta(minutes=15), description="how long until somebody is reminded, as 15m"
    )


class Ipaws(Channel):
    """One alerting authority."""

    Settings = IpawsSettings
    settings: IpawsSettings
    systems = (System("IPAWS: Wireless Emergency Alerts, Emergency Alert System", "hand-off", _WHY),)

    @property
    def capabilities(self) -> Capabilities:
        """What telephones show, long and short, in GSM-7; the whole text is in the file."""
        return Capabilities(
            "short",
            Limit(MOST_LONG, "characters"),
            beside=("headline", "sms", "long"),
            within=(("sms", Limit(MOST_SHORT, "characters")),),
            by_hand=True,
            gsm7=True,
        )

    @property
    def hand_off(self) -> HandOff:
        """The tool; an alert has no address."""
        return HandOff(f"{self.settings.tool_name} (IPAWS)", self.settings.tool_url, deadline=self.settings.deadline)

    def files(self, message: Message, others: Sequence[Message] = ()) -> Mapping[str, bytes]:
        """Make the alert's CAP file, the same from whichever language it is asked for."""
        own = self.settings
        same = [message, *(other for other in others if other.revision == message.revision)]
        same.sort(key=lambda each: message.languages.index(each.language))
        earlier = [other for other in others if other.revision < message.revision]
        place = Place(own.same, own.polygon, own.area)
        terms = Terms(event_code(message, own.event_codes), own.pathways, place, own.sender)
        return {f"{message.id}-{message.revision}-ipaws.xml": document(same, earlier, terms)}

    def check(self) -> Works:
        """Say who sends there; there is no credential."""
        return Works(said=f"a person sends it in {self.settings.tool_name}: {_WHY}")


CHANNEL = Ipaws
