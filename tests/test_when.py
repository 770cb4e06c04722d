"""Times as dispatchers type them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from notifier.when import EXAMPLE, read_duration, read_past_time, read_time
from tests.notifications import NOW, ZONE


def read(text: str, now: str = "2026-11-22T14:58", after: str | None = None) -> str:
    """Read a time in Exampleton and write it as ISO 8601 with its offset."""
    floor = at(after) if after else None
    return read_time(text, at(now), ZONE, floor).isoformat(timespec="minutes")


def at(text: str) -> datetime:
    """A moment in Exampleton, from ISO 8601 without an offset."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    ("typed", "read_as"),
    [
        ("14:30", "2026-11-23T14:30-05:00"),
        ("16:30", "2026-11-22T16:30-05:00"),
        ("1630", "2026-11-22T16:30-05:00"),
        ("6pm", "2026-11-22T18:00-05:00"),
        ("6 PM", "2026-11-22T18:00-05:00"),
        ("6:30 p.m.", "2026-11-22T18:30-05:00"),
        ("6p", "2026-11-22T18:00-05:00"),
        ("6am", "2026-11-23T06:00-05:00"),
        ("12am", "2026-11-23T00:00-05:00"),
        ("12pm", "2026-11-23T12:00-05:00"),
        ("noon", "2026-11-23T12:00-05:00"),
        ("midnight", "2026-11-23T00:00-05:00"),
        ("tomorrow 6am", "2026-11-23T06:00-05:00"),
        ("tomorrow at noon", "2026-11-23T12:00-05:00"),
        ("today 4pm", "2026-11-22T16:00-05:00"),
        ("today 9am", "2026-11-22T09:00-05:00"),
        ("tonight 11pm", "2026-11-22T23:00-05:00"),
        ("Friday noon", "2026-11-27T12:00-05:00"),
        ("fri 18:00", "2026-11-27T18:00-05:00"),
        ("Sunday 6pm", "2026-11-22T18:00-05:00"),
        ("Sunday 2pm", "2026-11-29T14:00-05:00"),
        ("11/25 18:00", "2026-11-25T18:00-05:00"),
        ("11/25, 6 pm", "2026-11-25T18:00-05:00"),
        ("1/5 6am", "2027-01-05T06:00-05:00"),
        ("7/4/2027 9pm", "2027-07-04T21:00-04:00"),
        ("2026-12-01 8am", "2026-12-01T08:00-05:00"),
        ("2h", "2026-11-22T16:58-05:00"),
        ("in 90 min", "2026-11-22T16:28-05:00"),
        ("1d 6h", "2026-11-23T20:58-05:00"),
        ("2 hours 5 minutes", "2026-11-22T17:03-05:00"),
        ("now", "2026-11-22T14:58-05:00"),
        ("2026-11-23T06:00", "2026-11-23T06:00-05:00"),
        ("2026-11-23 06:00", "2026-11-23T06:00-05:00"),
        ("2026-11-23T06:00:00Z", "2026-11-23T06:00+00:00"),
        ("2026-11-23T06:00+02:00", "2026-11-23T06:00+02:00"),
        ("  Tomorrow   6AM ", "2026-11-23T06:00-05:00"),
    ],
)
def test_what_a_dispatcher_types_is_read(typed: str, read_as: str) -> None:
    """A clock time, a day and a clock time, a length, ISO 8601: in the department's zone unless another is written."""
    assert read(typed) == read_as


@pytest.mark.parametrize(
    ("typed", "read_as"),
    [
        ("6am", "2026-11-26T06:00-05:00"),
        ("11pm", "2026-11-25T23:00-05:00"),
        ("22:00", "2026-11-26T22:00-05:00"),
        ("Thursday 1am", "2026-11-26T01:00-05:00"),
        ("Wednesday 1am", "2026-12-02T01:00-05:00"),
    ],
)
def test_a_bare_end_is_the_first_after_the_start(typed: str, read_as: str) -> None:
    """A closure from Wednesday 22:00 ends at the first such time after it, across midnight if need be."""
    assert read(typed, after="2026-11-25T22:00") == read_as


def test_a_length_counts_from_now_and_not_from_the_start() -> None:
    """Two hours are two hours from now."""
    assert read("2h", after="2026-11-25T22:00") == "2026-11-22T16:58-05:00"


# --- the nights the clocks change -------------------------------------------------------------------------------------


def test_a_time_that_spring_skips_is_the_one_the_clocks_show() -> None:
    """On March 8, 2:30 does not exist; the clocks show 3:30."""
    assert read("2:30", now="2026-03-07T22:00") == "2026-03-08T03:30-04:00"
    assert read("2026-03-08T02:30") == "2026-03-08T03:30-04:00"
    assert read("3/8/2026 2:30am", now="2026-03-01T12:00") == "2026-03-08T03:30-04:00"


def test_a_time_that_autumn_has_twice_is_the_first_to_come() -> None:
    """On November 1, 1:30 comes twice: the first is meant, and the second where the first has passed."""
    assert read("1:30", now="2026-10-31T22:00") == "2026-11-01T01:30-04:00"
    assert read("1:30", now="2026-11-01T01:45") == "2026-11-01T01:30-05:00"
    assert read("1:30", now="2026-11-01T02:00") == "2026-11-02T01:30-05:00"


def test_two_hours_are_two_hours_in_the_night_the_clocks_change() -> None:
    """A length is added to the moment, not to the digits."""
    assert read("2h", now="2026-03-08T01:00") == "2026-03-08T04:00-04:00"
    assert read("2h", now="2026-11-01T00:30") == "2026-11-01T01:30-05:00"


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Pacific/Honolulu", "America/Puerto_Rico"])
def test_a_bare_time_is_in_the_department_s_zone(zone: str) -> None:
    """Six in the evening is six where the department is."""
    moment = read_time("6pm", NOW, ZoneInfo(zone))
    assert (moment.hour, moment.tzinfo) == (18, ZoneInfo(zone))
    assert timedelta() < moment - NOW <= timedelta(days=1)


# --- nonsense ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed",
    [
        *["", "6", "soon", "later today", "25:00", "14:60", "99:99", "13pm", "0am", "tomorrow", "friday", "tonight"],
        *[
            "2026-13-45T10:00",
            "2026-02-30 10:00",
            "2026-11-23",
            "2/30 6am",
            "13/1 6am",
            "someday 6am",
            "6am tomorrowish",
        ],
        *[
            "999999h",
            "99999999999999999999",
            "9999-12-31T23:59",
            "0001-01-01T00:00+14:00",
            "1/1/0001 6am",
            "0h",
            "0d 0h 0m",
        ],
        *["-2h", "2h ago", "1e3h", "½h", "٦pm pm", "\x00", "T", "2026-11-23T", "2026-11-23T99:00", "in", "m"],
    ],
)
def test_nonsense_is_refused_with_examples(typed: str) -> None:
    """What is no time, or might be two, is refused in a sentence that names it and shows how to write one."""
    with pytest.raises(ValueError, match="is not a time; write") as told:
        read_time(typed, NOW, ZONE)
    assert EXAMPLE in str(told.value)
    assert f'"{typed}"' in str(told.value)


def test_more_than_a_year_ahead_is_refused() -> None:
    """999 days are a slip of the keys."""
    with pytest.raises(ValueError, match='"999d" is more than a year ahead; write "14:30"'):
        read_time("999d", NOW, ZONE)


def test_a_refusal_of_a_long_text_is_short() -> None:
    """Ten thousand characters are not said back."""
    with pytest.raises(ValueError, match="is not a time") as told:
        read_time("6" * 10_000, NOW, ZONE)
    assert len(str(told.value)) < 200


LIKE_TIMES = st.lists(
    st.sampled_from(
        [
            *"0123456789:/-TZ+. ,",
            "am",
            "pm",
            "h",
            "d",
            "min",
            "noon",
            "tomorrow ",
            "friday ",
            "11/25 ",
            "2026-11-",
            "9999",
            "in ",
        ]
    ),
    max_size=10,
).map("".join)


@given(text=st.one_of(st.text(max_size=30), LIKE_TIMES), has_start=st.booleans())
@example(text="9999-12-31T23:59-23:59", has_start=True)
@example(text="2199-12-31T23:59-23:59", has_start=False)
@settings(max_examples=400, deadline=None)
def test_reading_a_time_gives_a_moment_or_a_sentence(text: str, has_start: bool) -> None:
    """No text whatever makes it fail in another way, and what it gives can be told in any zone."""
    sentence, moment = "", NOW
    try:
        moment = read_time(text, NOW, ZONE, NOW + timedelta(days=3) if has_start else None)
    except ValueError as told:
        sentence = str(told)
    assert not sentence or "; write " in sentence
    assert moment.utcoffset() is not None
    assert moment.astimezone(UTC).astimezone(ZoneInfo("Pacific/Kiritimati")).year >= 1899


@given(hours=st.integers(0, 999), minutes=st.integers(0, 9999))
def test_a_length_of_time_is_read_in_hours_and_minutes(hours: int, minutes: int) -> None:
    """Hours and minutes add up; nothing at all is no length."""
    expected = timedelta(hours=hours, minutes=minutes)
    assert read_duration(f"{hours}h {minutes}m") == (expected or None)
    assert read_duration(f"in {hours} hours {minutes} minutes") == (expected or None)


@given(clock=st.times(), days=st.integers(0, 400), seconds=st.integers(0, 86_399))
@settings(max_examples=200, deadline=None)
def test_a_bare_clock_time_is_the_next_to_come(clock: object, days: int, seconds: int) -> None:
    """It lies ahead, at most a day and an hour (the clocks may change), and shows what was typed."""
    now = NOW + timedelta(days=days, seconds=seconds)
    typed = f"{clock:%H:%M}"
    moment = read_time(typed, now, ZONE)
    assert timedelta() < moment.astimezone(UTC) - now <= timedelta(hours=25)
    assert f"{moment:%M}" == typed[3:]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("08:30", "2026-11-22T08:30"),
        ("11pm", "2026-11-21T23:00"),
        ("2h ago", "2026-11-22T12:58:06"),
        ("90 min", "2026-11-22T13:28:06"),
        ("yesterday 4pm", "2026-11-21T16:00"),
        ("friday 6pm", "2026-11-20T18:00"),
        ("2026-11-20T05:00", "2026-11-20T05:00"),
    ],
)
def test_when_somebody_was_last_seen_has_been(typed: str, expected: str) -> None:
    """A bare time is the latest past one, a length counts back."""
    assert read_past_time(typed, NOW, ZONE) == datetime.fromisoformat(expected).replace(tzinfo=ZONE)


@pytest.mark.parametrize("typed", ["tomorrow 6am", "2026-12-01T05:00"])
def test_a_sighting_to_come_is_refused(typed: str) -> None:
    """Nobody was last seen tomorrow."""
    with pytest.raises(ValueError, match="still to come"):
        read_past_time(typed, NOW, ZONE)
