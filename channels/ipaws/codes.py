"""Which of the Emergency Alert System's codes a kind of notification has, and by which ways it may go.

Source: FEMA's fact sheet "Event Code Descriptions for Use with IPAWS"; Missing and Endangered Persons: FCC 24-83, in
use since September 2025. The weather's own codes are the National Weather Service's alone, and an AMBER Alert (CAE) is
issued by the state police (in Massachusetts G.L. c.22C s.71): neither is ever written here.
"""

from collections.abc import Mapping
from typing import Final, Literal

from notifier.channel import Message

EventCode = Literal["ADR", "BLU", "CDW", "CEM", "EVI", "LAE", "LEW", "MEP", "SPW", "TOE"]
Pathway = Literal["wea", "eas", "nwem"]

NAMES: Final[Mapping[str, str]] = {
    "ADR": "Administrative Message",
    "BLU": "Blue Alert",
    "CDW": "Civil Danger Warning",
    "CEM": "Civil Emergency Message",
    "EVI": "Evacuation Immediate",
    "LAE": "Local Area Emergency",
    "LEW": "Law Enforcement Warning",
    "MEP": "Missing and Endangered Persons",
    "SPW": "Shelter in Place Warning",
    "TOE": "911 Telephone Outage Emergency",
}
BLOCKS: Final[Mapping[Pathway, str]] = {"wea": "CMAS", "eas": "EAS", "nwem": "NWEM"}
"""What BLOCKCHANNEL calls each way."""

_QUIET: Final = "ADR"
"""What is no emergency: it never reaches telephones."""
_CODES: Final[Mapping[str, EventCode]] = {"road-closure": "LAE", "weather-emergency": "CEM"}
_SERIOUS: Final = ("Extreme", "Severe")


def event_code(message: Message, own: Mapping[str, EventCode]) -> EventCode:
    """Say which code a message has. own: the department's choice, by kind."""
    if message.kind in own:
        return own[message.kind]
    if message.kind == "missing-person":
        return "MEP" if message.alert.severity in _SERIOUS else "ADR"
    return _CODES.get(message.kind, "ADR")


def blocked(code: EventCode, pathways: tuple[Pathway, ...], *, is_over: bool) -> list[str]:
    """Name the ways by which it may not go; the public feed takes everything.

    is_over: no telephone rings because a road is open again.
    """
    allowed = set() if is_over else set(pathways) - ({"wea"} if code == _QUIET else set())
    return [name for way, name in BLOCKS.items() if way not in allowed]


def wea_handling(message: Message) -> str:
    """Say as what telephones show it (47 CFR 10.400): an imminent threat, or a public safety message."""
    facts = message.alert
    imminent = (
        facts.urgency in ("Immediate", "Expected")
        and facts.severity in _SERIOUS
        and facts.certainty in ("Observed", "Likely")
    )
    return "Imminent Threat" if imminent else "Public Safety"
