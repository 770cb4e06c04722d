"""An alert in CAP's words, whichever feed it came from: GeoJSON, Atom and CAP XML all become this value.

Everything here is bounded and cleaned when it is read: a feed's text may hold what no reader should see.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

MOST_BODY = 20 * 1024 * 1024
"""Bytes of one answer; the whole country's alerts are about a tenth of this."""
MOST_ALERTS = 5_000
LONGEST_TEXT = 20_000
"""Characters of a description; the longest in a day of national alerts had 3,510."""
LONGEST_LINE = 1_000
LONGEST_ID = 500
MOST_PAIRS = 5_000
"""Zones, references or parameters of one alert."""

NWS_ADDRESS = "https://api.weather.gov/alerts/"

Pair = tuple[str, str]


class Unclear(ValueError):
    """One alert of a feed cannot be read; the others can."""


# --- words and times --------------------------------------------------------------------------------------------------

# Controls, what hides or reorders words (every format character), lone surrogates, and what Unicode leaves undefined.
_NEVER = {"Cc", "Cf", "Cs", "Co", "Cn"}
_JOINERS = "\u200c\u200d"
"""Format characters that some scripts need inside a word."""


def clean(text: str, most: int = LONGEST_TEXT) -> str:
    """Take out of a feed's text what reorders or hides words, and bound its length; lines stay lines.

    A text of which nothing is left to see is empty.
    """
    text = text[:most].replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    if not text.replace("\n", "").isprintable():
        text = "".join(
            char for char in text if char == "\n" or char in _JOINERS or unicodedata.category(char) not in _NEVER
        )
    return seen(unicodedata.normalize("NFC", text)[:most].strip())


def _is_kept(char: str) -> bool:
    return char == "\n" or char in _JOINERS or unicodedata.category(char) not in _NEVER


def seen(text: str) -> str:
    """The text, or an empty one where it has neither a letter nor a number nor a sign."""
    return text if text.isascii() or any(unicodedata.category(char)[0] in "LNPS" for char in text) else ""


def clean_line(text: str, most: int = LONGEST_LINE) -> str:
    """Clean a text that stands on one line."""
    return seen(" ".join(clean(text[: 2 * most]).split())[:most].strip())


def clean_id(text: str) -> str:
    """Clean an identifier; a cut one would be another's, so a longer one is Unclear."""
    if len(text) > LONGEST_ID:
        raise Unclear("an identifier is too long")
    return clean_line(text, LONGEST_ID).removeprefix(NWS_ADDRESS)


_WORDS: Mapping[str, str] = {
    word.lower(): word
    for words in (
        "Actual Exercise System Test Draft",
        "Alert Update Cancel Ack Error",
        "Public Restricted Private",
        "Immediate Expected Future Past Unknown",
        "Extreme Severe Moderate Minor",
        "Observed Likely Possible Unlikely",
        "Shelter Evacuate Prepare Execute Avoid Monitor Assess AllClear None",
    )
    for word in words.split()
}


def clean_word(text: str) -> str:
    """Clean a word of CAP's lists and spell it as CAP does; a word that CAP lacks stays as it came."""
    word = clean_line(text, 60)
    return _WORDS.get(word.lower(), word)


def read_moment(text: str, name: str) -> datetime | None:
    """Read a time of a feed; None where it is empty, Unclear where it is no time with an offset from UTC."""
    text = text.strip()
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or not 1970 <= moment.year < 2200:
        raise Unclear(f"{name} is not a time with its offset from UTC")
    return moment


# --- VTEC -------------------------------------------------------------------------------------------------------------

_VTEC = re.compile(
    r"/([A-Z])\.([A-Z]{3})\.([A-Z]{4})\.([A-Z]{2})\.([A-Z])\.(\d{4})\.(\d{6}T\d{4}Z)-(\d{6}T\d{4}Z)/", re.ASCII
)
_NO_TIME = "000000"


@dataclass(frozen=True)
class Vtec:
    """A P-VTEC string, NWS Directive 10-1703: what the office did (`action`) with which event."""

    product_class: str
    """O operational, T test, E experimental, X experimental in an operational product."""
    action: str
    """NEW, CON, EXT, EXA, EXB, UPG, CAN, EXP, COR, ROU."""
    office: str
    phenomenon: str
    significance: str
    number: str
    year: int
    """The year in which the event ends, else begins, else was told of: the end is in every product of an event."""

    @property
    def event_key(self) -> str:
        """What all products about one event share, as KBOX.HW.W.0003.2014."""
        return f"{self.office}.{self.phenomenon}.{self.significance}.{self.number}.{self.year}"


def read_vtec(texts: Iterable[str], sent: datetime | None) -> tuple[Vtec, ...]:
    """Read the P-VTEC strings of texts; what is not one (H-VTEC, an empty value) is left out."""
    found: list[Vtec] = []
    for text in texts:
        for match in _VTEC.finditer(text):
            begins, ends = match[7][:6], match[8][:6]
            told = sent.year if sent else 1970
            year = next((2000 + int(day[:2]) for day in (ends, begins) if day != _NO_TIME), told)
            found.append(Vtec(match[1], match[2], match[3], match[4], match[5], match[6], year))
    return tuple(dict.fromkeys(found))


# --- the alert --------------------------------------------------------------------------------------------------------

# Real test messages say so in many ways; "this is not a test" and "test your alarm" must stay alerts.
_TEST_TEXT = re.compile(
    r"""\bTHIS\W{0,9}(?:MESSAGE\W{0,9})?IS\W{0,9}(?:ONLY\W{0,9}|FOR\W{0,9})?(?:AN?\W{0,9})?
        (?:(?:REQUIRED|ROUTINE|MONTHLY|WEEKLY|SYSTEM|COMMUNICATIONS?|TSUNAMI)\W{0,9}){0,3}(?:TEST|EXERCISE|DRILL)\b
      | \bTEST(?:ING)?\W{0,9}(?:AND\W{1,9}\w{1,20}\W{0,9})?PURPOSES\b
      | \bTEST\W{0,9}TEST\b | \bEXERCISE\W{0,9}EXERCISE\b | \bDRILL\W{0,9}DRILL\b
      | \bTEST\W{0,9}(?:MESSAGE|ONLY|ALERT|PRODUCT)\b
      | \b(?:WEEKLY|MONTHLY|COMMUNICATIONS?)\W{0,9}TEST\b
      | \A\W{0,9}(?:TEST|EXERCISE|DRILL)\s{0,3}[-:.\u2026\u2013\u2014*]
    """,
    re.VERBOSE | re.IGNORECASE,
)


@dataclass(frozen=True)
class Alert:
    """One alert as a feed gives it, cleaned. Texts that are missing are empty; times are aware or None.

    CAP's identity is the triple (sender, identifier, sent): identifiers of two senders may be equal.
    """

    source_id: str
    sender: str = ""
    sender_name: str = ""
    sent: datetime | None = None
    status: str = ""
    msg_type: str = ""
    scope: str = ""
    event: str = ""
    urgency: str = ""
    severity: str = ""
    certainty: str = ""
    response: tuple[str, ...] = ()
    headline: str = ""
    description: str = ""
    instruction: str = ""
    note: str = ""
    area_desc: str = ""
    """The places' names, separated by semicolons, in the order of the zones."""
    zones: tuple[str, ...] = ()
    """UGC codes, as MAZ014 (a forecast zone) or MAC017 (a county)."""
    same: tuple[str, ...] = ()
    """SAME codes of six digits, as 025017."""
    other_places: bool = False
    """Whether it names places in codes of another kind (another country's)."""
    effective: datetime | None = None
    onset: datetime | None = None
    expires: datetime | None = None
    """When the product should be refreshed; not when the event ends."""
    ends: datetime | None = None
    references: tuple[str, ...] = ()
    """The identifiers of the alerts that this one replaces or withdraws."""
    web: str = ""
    parameters: tuple[Pair, ...] = ()
    """In the feed's order; a name may come more than once."""
    vtec: tuple[Vtec, ...] = ()
    language: str = ""
    infos: int = 1
    """How many English (else: first-language) infos it holds; more than one may be several hazards."""

    @property
    def identity(self) -> tuple[str, str, datetime | None]:
        """CAP's own identity of a message."""
        return (self.sender, self.source_id, self.sent)

    @property
    def event_keys(self) -> tuple[str, ...]:
        """The VTEC keys of the events that it tells of."""
        return tuple(dict.fromkeys(code.event_key for code in self.vtec))

    @property
    def told(self) -> datetime | None:
        """When it was sent, else from when it holds."""
        return self.sent or self.effective

    @property
    def finish(self) -> datetime | None:
        """When the event is over: `ends`, and only where that is missing, `expires`."""
        return self.ends or self.expires

    @property
    def is_from_nws(self) -> bool:
        """Whether every name that its sender goes by is the National Weather Service's, and there is one."""
        address, name = self.sender.lower(), self.sender_name.lower()
        domain = address.rpartition("@")[2]
        by_address = domain == "noaa.gov" or domain.endswith(".noaa.gov")
        by_name = re.match(r"(?:nws|national weather service)\b", name) is not None
        return bool(address or name) and (by_address or not address) and (by_name or not name)

    @property
    def is_test_text(self) -> bool:
        """Whether its own words say that it is a test or an exercise."""
        extra = (value for name, value in self.parameters if name in ("NWSheadline", "CMAMtext", "CMAMlongtext"))
        texts = (self.event, self.headline, self.description, self.instruction, self.note, *extra)
        return any(_TEST_TEXT.search(text.replace("_", " ")) for text in texts)


@dataclass(frozen=True)
class Unreadable:
    """One alert of a feed that cannot be read, so that the others need not be lost."""

    source_id: str
    event: str
    headline: str
    why: str


Entry = Alert | Unreadable


def fingerprint(content: bytes) -> str:
    """Name an alert that has no identifier by its content, so that the same one again has the same name."""
    return f"sha256:{hashlib.sha256(content).hexdigest()[:32]}"


def parameter_time(parameters: Iterable[Pair], name: str) -> datetime | None:
    """Read a time that NWS gives as a parameter (`eventEndingTime`); None where it is missing or no time."""
    for found, value in parameters:
        if found == name:
            try:
                return read_moment(value, name)
            except Unclear:
                return None
    return None


def parameter_vtec(parameters: Iterable[Pair], sent: datetime | None) -> tuple[Vtec, ...]:
    """Read the VTEC of the parameters."""
    return read_vtec((value for name, value in parameters if name == "VTEC"), sent)


def only_codes(texts: Iterable[str], pattern: re.Pattern[str]) -> tuple[str, ...]:
    """The words of texts that match a pattern, each once, in order: an old feed lists many in one value."""
    words = (word for text in texts for word in text.split())
    return tuple(dict.fromkeys(word for word in words if pattern.fullmatch(word)))[:MOST_PAIRS]


UGC = re.compile(r"[A-Z]{2}[CZ](?:\d{3}|ALL)", re.ASCII)
SAME = re.compile(r"\d{6}", re.ASCII)


def earliest() -> datetime:
    """A moment before every alert's, for ordering those that do not say when they were sent."""
    return datetime(1, 1, 2, tzinfo=UTC)
