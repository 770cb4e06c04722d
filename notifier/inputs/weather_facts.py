"""Word an alert as the fields of a weather-emergency: only our places, whole sentences, within every field's length."""

import re
import unicodedata
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from notifier.field_types import MOST_DETAILS
from notifier.inputs.alerts import Alert, seen
from notifier.inputs.gate import SEVERITIES
from notifier.inputs.places import ours
from notifier.kinds.weather_emergency import LONGEST_PLACE

if TYPE_CHECKING:
    from notifier.inputs.nws_settings import NwsSettings

LONGEST_EVENT, LONGEST_AREA, LONGEST_GUIDANCE, LONGEST_SOURCE = 32, 1000, 1500, 60
"""Characters, as the fields of the kind take them."""

_SMALL_WORDS = {"and", "or", "of", "the", "in", "from", "to", "at", "for", "including", "y", "de"}
# Neither an ellipsis, nor the full stop of "U.S." and "6 p.m.".
_SENTENCE_END = re.compile(r"(?<![.\s])(?<!\.\w)[.!?][\"')\]]?(?=\s|\Z)")
_STATE = re.compile(r",\s*([A-Z]{2})\Z", re.ASCII)


def weather_facts(alert: Alert, settings: "NwsSettings", now: datetime, zone: ZoneInfo) -> dict[str, Any]:
    """Give the fields that read_kind(WeatherEmergency, …) takes; it always takes them.

    Only a machine's text is shortened here: a person is told instead. now: aware; a beginning that has passed is left
    out, and so is what the alert does not say.
    """
    starts, ends = _times(alert, now, zone)
    fields = {
        "event": _event(alert.event),
        "area": "; ".join(_places(alert, settings)),
        "severity": alert.severity if alert.severity in SEVERITIES else "Unknown",
        "starts": starts,
        "ends": ends,
        "guidance": whole_sentences(_one_line(alert.instruction), LONGEST_GUIDANCE),
        "source": _source(alert),
        "details": whole_sentences(unwrap(alert.description), MOST_DETAILS),
    }
    return {name: value for name, value in fields.items() if value not in (None, "")}


def _times(alert: Alert, now: datetime, zone: ZoneInfo) -> tuple[datetime | None, datetime | None]:
    """When it begins, where that is still to come, and ends; an `expires` before the beginning is no end."""
    starts = alert.onset if alert.onset is not None and alert.onset > now else None
    ends = alert.finish
    if starts is not None and ends is not None and ends <= starts:
        ends = None
    return starts and starts.astimezone(zone), ends and ends.astimezone(zone)


def _one_line(text: str) -> str:
    return unicodedata.normalize("NFC", " ".join(text.split()))


def _event(event: str) -> str:
    """Keep the end of a long name: the hazard stands there."""
    words = _one_line(event).split()
    while len(" ".join(words)) > LONGEST_EVENT and len(words) > 1:
        words.pop(0)
    while len(words) > 1 and words[0].lower() in _SMALL_WORDS:
        words.pop(0)
    return seen(" ".join(words)[:LONGEST_EVENT].strip()) or "Weather Alert"


def _source(alert: Alert) -> str:
    name = seen(shorten(_one_line(alert.sender_name), LONGEST_SOURCE))
    return name or ("National Weather Service" if alert.is_from_nws else "")


# --- places -----------------------------------------------------------------------------------------------------------


def _places(alert: Alert, settings: "NwsSettings") -> list[str]:
    """Name our places where the alert's names and codes pair, else all that it names, else the codes themselves."""
    matched = ours(alert, settings)
    names = [_one_line(name) for name in alert.area_desc.split(";")]
    if len(names) == len(alert.zones):
        own = [name for name, code in zip(names, alert.zones, strict=True) if code in matched]
        names = own if any(own) else names
    shown = [place for name in names if (place := _place(name))]
    codes = [code for code in settings.zones if code in matched] or list(settings.zones)
    return _that_fit(list(dict.fromkeys(shown or codes)))


def _place(name: str) -> str:
    """Shorten each part between commas, for each counts as a place; a state's letters stay with their county."""
    parts = _STATE.sub(r" \1", name).split(",")
    return ", ".join(filter(seen, (shorten(part.strip(), LONGEST_PLACE) for part in parts)))


def _that_fit(places: list[str]) -> list[str]:
    room = LONGEST_AREA - len("; and 9999 more places")
    kept: list[str] = []
    for count, place in enumerate(places):
        if len("; ".join([*kept, place])) > room:
            return [*kept, f"and {len(places) - count} more places"]
        kept.append(place)
    return kept


# --- words ------------------------------------------------------------------------------------------------------------


def shorten(text: str, most: int) -> str:
    """Cut a name at a word, and leave no small word at its end."""
    if len(text) <= most:
        return text
    words = text[: most + 1].split(" ")[:-1]
    while words and words[-1].lower() in _SMALL_WORDS:
        words.pop()
    return " ".join(words).strip(" ,;-") or text[:most].strip()


def unwrap(text: str) -> str:
    """Join the lines of each paragraph: NWS breaks its lines for a teleprinter."""
    paragraphs = re.split(r"\n\s*\n", unicodedata.normalize("NFC", text))
    return "\n\n".join(filter(None, (" ".join(paragraph.split()) for paragraph in paragraphs)))


def whole_sentences(text: str, most: int) -> str:
    """Bound a text after its last whole sentence that fits; a sentence too long by itself is cut at a word, marked."""
    if len(text) <= most:
        return text
    ends = [match.end() for match in _SENTENCE_END.finditer(text, 0, most + 1) if match.end() <= most]
    if ends:
        return seen(text[: ends[-1]].strip())
    return f"{shorten(text[:most], most - 2)} \N{HORIZONTAL ELLIPSIS}"
