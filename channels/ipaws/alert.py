"""The CAP 1.2 document of an alert as the IPAWS profile wants it, with an info for each language.

Source: OASIS CAP 1.2, its USA IPAWS Profile 1.0 and that profile's schema: `code`, `info`, `eventCode`, `expires` and
`area` must be there, a time has whole seconds and an offset, never `Z`. The texts for telephones are the parameters
CMAMtext (90 characters) and CMAMlongtext (360), in GSM-7.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from html import escape
from typing import Final, NamedTuple
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from channels.ipaws.codes import BLOCKS, NAMES, EventCode, Pathway, blocked, wea_handling
from channels.ipaws.place import Place
from notifier.channel import Message
from notifier.lengths import sms_segments

NAMESPACE: Final = "urn:oasis:names:tc:emergency:cap:1.2"
MOST_SHORT, MOST_LONG = 90, 360
"""Characters of the two texts for telephones (47 CFR 10.430)."""
MOST_HEADLINE: Final = 160
MOST_BROADCAST: Final = 1_800
"""Characters of description and instruction together that radio and television take."""

_LANGUAGES: Final = {"en": "en-US", "es": "es-US"}
_OVER: Final = ("resolve", "withdraw")
_LONGEST_WEA: Final = timedelta(hours=24)
_LONGEST_EAS: Final = timedelta(hours=99, minutes=30)
_ILLEGAL: Final = "[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
"""What XML 1.0 has no place for."""

Elements = Iterable[tuple[str, str | None]]


class Terms(NamedTuple):
    """What of an alert the department decides."""

    code: EventCode
    pathways: tuple[Pathway, ...]
    """The ways by which it may go."""
    place: Place
    sender: str | None
    """Who sends it; None: the host of the department's website."""


def document(messages: Sequence[Message], earlier: Sequence[Message], terms: Terms) -> bytes:
    """Write the alert of a revision.

    messages: the revision in each language; the first gives what all have in common. earlier: earlier revisions that
    went out.
    """
    first = messages[0]
    over = first.stage in _OVER
    # A cancellation goes wherever the alert went, and rings nowhere; without an alert there is nothing to cancel.
    kind = "Alert" if not earlier or first.stage == "issue" else "Cancel" if over else "Update"
    blocks = blocked(terms.code, terms.pathways, is_over=over and kind == "Alert")
    infos = [f"<info>\n{_info(each, terms, blocks)}{_area(each, terms.place)}</info>\n" for each in messages]
    head = _written(_head(first, kind, earlier, terms.sender or urlsplit(first.website).hostname or first.department))
    declared = f'<?xml version="1.0" encoding="UTF-8"?>\n<alert xmlns="{NAMESPACE}">\n'
    return f"{declared}{head}{''.join(infos)}</alert>\n".encode()


def _head(message: Message, kind: str, earlier: Sequence[Message], sender: str) -> Elements:
    drill = message.status == "exercise"
    before = {each.revision: f"{sender},{_identifier(each)},{_time(each.sent, each)}" for each in earlier}
    return [
        ("identifier", _identifier(message)),
        ("sender", sender),
        ("sent", _time(message.sent, message)),
        ("status", "Exercise" if drill else "Actual"),
        ("msgType", kind),
        ("source", message.department_name),
        ("scope", "Public"),
        ("code", "IPAWSv1.0"),
        ("note", "This is an exercise. Nothing has happened." if drill else None),
        ("references", " ".join(before[revision] for revision in sorted(before)) if kind != "Alert" else None),
    ]


def _info(message: Message, terms: Terms, blocks: Sequence[str]) -> str:
    facts = message.alert
    description, instruction = _words(message, broadcast=BLOCKS["eas"] not in blocks)
    before: Elements = [
        ("language", _LANGUAGES.get(message.language, message.language)),
        ("category", facts.category),
        ("event", NAMES[terms.code]),
        ("responseType", facts.response),
        ("urgency", facts.urgency),
        ("severity", facts.severity),
        ("certainty", facts.certainty),
    ]
    after: Elements = [
        ("effective", _time(message.sent, message)),
        ("onset", _time(facts.onset, message) if facts.onset and message.stage not in _OVER else None),
        ("expires", _time(_expires(message, blocks), message)),
        ("senderName", message.department_name),
        ("headline", message.headline if len(message.headline) <= MOST_HEADLINE else None),
        ("description", description),
        ("instruction", instruction),
        ("web", message.links[0] if message.links else message.website),
        ("contact", message.phone),
    ]
    parameters = [
        ("EAS-ORG", "CIV"),
        *(("BLOCKCHANNEL", name) for name in blocks),
        *(_for_telephones(message) if BLOCKS["wea"] not in blocks else ()),
    ]
    code = _pairs("eventCode", [("SAME", terms.code)])
    return f"{_written(before)}{code}{_written(after)}{_pairs('parameter', parameters)}"


def _words(message: Message, *, broadcast: bool) -> tuple[str, str | None]:
    """Give description and instruction; what is read on the air in full, or in its shorter form."""
    instruction = message.alert.instruction if message.language == "en" else None
    whole = message.beside.get("long") or message.text
    fits = not broadcast or len(whole) + len(instruction or "") <= MOST_BROADCAST
    return whole if fits else message.text, instruction


def _for_telephones(message: Message) -> list[tuple[str, str]]:
    """Give what telephones show; a text that they have no letters for is left to the person at the tool."""
    given = [("CMAMtext", message.beside.get("sms", ""), MOST_SHORT), ("CMAMlongtext", message.text, MOST_LONG)]
    texts = [(name, " ".join(text.split()), most) for name, text, most in given]
    shown = [
        (name, text)
        for name, text, most in texts
        if text and len(text) <= most and sms_segments(text).encoding == "GSM-7"
    ]
    return [("WEAHandling", wea_handling(message)), *shown]


def _expires(message: Message, blocks: Sequence[str]) -> datetime:
    longest = [
        length for way, length in ((BLOCKS["wea"], _LONGEST_WEA), (BLOCKS["eas"], _LONGEST_EAS)) if way not in blocks
    ]
    return min([message.expires, *(message.sent + length for length in longest)])


def _area(message: Message, place: Place) -> str:
    named = _written([("areaDesc", place.description or message.alert.area), ("polygon", place.polygon)])
    return f"<area>\n{named}{_pairs('geocode', [('SAME', code) for code in place.same])}</area>\n"


def _identifier(message: Message) -> str:
    return f"{message.id}.{message.revision}"


def _time(moment: datetime, message: Message) -> str:
    return moment.astimezone(ZoneInfo(message.timezone)).replace(microsecond=0).isoformat()


def _written(elements: Elements) -> str:
    """Write elements one a line, in their order; one without words is left out."""
    return "".join(f"<{name}>{_escaped(words)}</{name}>\n" for name, words in elements if words)


def _pairs(tag: str, pairs: Iterable[tuple[str, str]]) -> str:
    return "".join(
        f"<{tag}><valueName>{name}</valueName><value>{_escaped(value)}</value></{tag}>\n" for name, value in pairs
    )


def _escaped(words: str) -> str:
    return escape(re.sub(_ILLEGAL, "", words), quote=False)
