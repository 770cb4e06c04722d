"""Read a time as a dispatcher types it: `14:30`, `6pm`, `tomorrow 6am`, `Friday noon`, `11/25 18:00`, `2h`, ISO."""

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

EXAMPLE = '"14:30", "tomorrow 6am", "2h" or "2026-11-23T06:00"'

_DURATION = (
    r"(?:in\s+)?(?:(\d{1,3})\s*d(?:ays?)?)?\s*(?:(\d{1,3})\s*h(?:(?:ou)?rs?)?)?\s*(?:(\d{1,4})\s*m(?:in(?:ute)?s?)?)?"
)
_CLOCK = r"(\d{1,2})(?::?(\d{2}))?\s*([ap])?\.?(?:m\.?)?"
_MONTH_DAY = r"(\d{1,2})/(\d{1,2})(?:/(\d{4}))?"
_ISO_DAY = r"(\d{4})-(\d{2})-(\d{2})"
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NAMED_TIMES = {"noon": time(12), "midday": time(12), "midnight": time(0)}
_LONGEST_AHEAD = timedelta(days=366)
_YEARS = range(1900, 2200)
"""Outside of these, a time is a slip of the keys, and reckoning in time zones may overflow."""


def read_duration(text: str) -> timedelta | None:
    """Read a length of time such as `2h`, `90 min`, `1d 6h`; None when the text is not one, or nothing long."""
    match = re.fullmatch(_DURATION, text.strip().lower())
    if match is None or not any(match.groups()):
        return None
    days, hours, minutes = (int(group or 0) for group in match.groups())
    return timedelta(days=days, hours=hours, minutes=minutes) or None


def read_time(text: str, now: datetime, zone: ZoneInfo, after: datetime | None = None) -> datetime:
    """Read a moment as a person types it, in the department's time zone.

    A bare clock time is the next one to come after `after` (a closure's start), else after `now`; so is a weekday.
    A length of time counts from `now`. Raises ValueError with a sentence that gives examples.
    """
    wanted = " ".join(text.strip().lower().split())
    iso = _read_iso(text.strip(), zone)
    if iso is not None:
        return _on_the_clock(iso)
    if wanted == "now":
        return now.astimezone(zone)
    length = read_duration(wanted)
    if length is not None:
        return _ahead(now.astimezone(zone), length, text)
    not_a_time = ValueError(f'"{_shown(text)}" is not a time; write {EXAMPLE}')
    floor = (after or now).astimezone(zone)
    day_words, clock_time = _split_clock(wanted)
    if clock_time is None:
        raise not_a_time
    if not day_words:
        return _next(floor.date(), clock_time, floor, timedelta(days=1), zone)
    day = _read_day(day_words, now.astimezone(zone).date())
    if day is None:
        raise not_a_time
    if day_words in _WEEKDAYS or day_words[:3] in {name[:3] for name in _WEEKDAYS}:
        return _next(day, clock_time, floor, timedelta(days=7), zone)
    return _on_the_clock(datetime.combine(day, clock_time, zone))


def read_past_time(text: str, now: datetime, zone: ZoneInfo) -> datetime:
    """Read a moment that has been, as when somebody was last seen: a bare clock time or weekday is the latest past one.

    A length of time counts back from `now`, with or without `ago`. Raises ValueError with a sentence.
    """
    wanted = " ".join(text.strip().lower().split())
    length = read_duration(wanted.removesuffix("ago"))
    if length is not None:
        return (now.astimezone(UTC) - length).astimezone(zone)
    if wanted.startswith("yesterday"):
        wanted = f"{now.astimezone(zone).date() - timedelta(days=1)} {wanted.removeprefix('yesterday')}"
        text = wanted
    moment = read_time(text, now, zone)
    day_words, _ = _split_clock(wanted)
    if moment > now and (not day_words or day_words[:3] in {name[:3] for name in _WEEKDAYS}):
        moment = _on_the_clock(moment - timedelta(days=7 if day_words else 1))
    if moment > now:
        raise ValueError(f'"{_shown(text)}" is still to come; write when it was, as "today 8:30" or "2h ago"')
    return moment


def _shown(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."


def _on_the_clock(moment: datetime) -> datetime:
    """Say a time that the clocks skip in spring as the clocks will show it: 2:30 becomes 3:30."""
    zone = moment.tzinfo
    there_and_back = moment.astimezone(UTC).astimezone(zone)
    return moment if there_and_back.replace(tzinfo=None) == moment.replace(tzinfo=None) else there_and_back


def _read_iso(text: str, zone: ZoneInfo) -> datetime | None:
    if not re.match(r"\d{4}-\d{2}-\d{2}[T ]\d", text):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.year not in _YEARS:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def _ahead(now: datetime, length: timedelta, text: str) -> datetime:
    if length > _LONGEST_AHEAD:
        raise ValueError(f'"{_shown(text)}" is more than a year ahead; write {EXAMPLE}')
    # Added in UTC: two hours are two hours, also in the night the clocks change.
    return (now.astimezone(UTC) + length).astimezone(now.tzinfo)


def _split_clock(text: str) -> tuple[str, time | None]:
    """Split `tomorrow 6am` into the words for the day and the time of day."""
    words = text.replace(" at ", " ").replace(",", " ").split()
    for count in (1, 2):
        if len(words) < count:
            break
        clock_time = _read_clock(" ".join(words[-count:]))
        if clock_time is not None:
            return " ".join(words[:-count]), clock_time
    return text, None


def _read_clock(text: str) -> time | None:
    if text in _NAMED_TIMES:
        return _NAMED_TIMES[text]
    match = re.fullmatch(_CLOCK, text)
    if match is None:
        return None
    hour, minute, half = int(match[1]), int(match[2] or 0), match[3]
    if half is None and match[2] is None:
        return None  # a bare "6" may be morning or evening: ask rather than guess
    if half is not None:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "p" else 0)
    if hour > 23 or minute > 59:
        return None
    return time(hour, minute)


def _read_day(text: str, today: date) -> date | None:
    if text in ("today", "tonight", "this evening"):
        return today
    if text == "tomorrow":
        return today + timedelta(days=1)
    for number, name in enumerate(_WEEKDAYS):
        if text in (name, name[:3]):
            return today + timedelta(days=(number - today.weekday()) % 7)
    try:
        if match := re.fullmatch(_ISO_DAY, text):
            found = date(int(match[1]), int(match[2]), int(match[3]))
            return found if found.year in _YEARS else None
        if match := re.fullmatch(_MONTH_DAY, text):
            month, day, year = int(match[1]), int(match[2]), int(match[3] or today.year)
            found = date(year, month, day)
            if year not in _YEARS:
                return None
            return found if match[3] or found >= today else date(year + 1, month, day)
    except ValueError:
        return None
    return None


def _next(day: date, clock_time: time, floor: datetime, step: timedelta, zone: ZoneInfo) -> datetime:
    # Compared in UTC: on the day the clocks change, two times of one zone compare by their digits alone.
    while True:
        moment = _on_the_clock(datetime.combine(day, clock_time, zone))
        for candidate in (moment, moment.replace(fold=1)):
            if candidate.astimezone(UTC) > floor.astimezone(UTC):
                return candidate
        day += step
