"""Lengths: each network's own count, and the cheap bounds that spare X's parser."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from notifier.channel import Limit
from notifier.lengths import (
    byte_length,
    fits,
    grapheme_length,
    length,
    limit_for,
    sms_length,
    sms_segments,
    to_gsm7,
    unit_limit,
    x_at_least,
    x_at_most,
    x_length,
)

FAMILY = "\N{MAN}\u200d\N{WOMAN}\u200d\N{GIRL}\u200d\N{BOY}"
FLAG = "\U0001f1fa\U0001f1f8"
KEYCAP = "1\ufe0f\u20e3"

# --- X ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "weight"),
    [
        ("Main Street closed", 18),
        ("", 0),
        ("https://www.city.gov/" + "a" * 100, 23),
        ("http://city.com", 23),
        ("see city.com now", 4 + 23 + 4),
        ("a.com b.com", 47),
        ("https://city.example/a", 22),
        ("6:30 p.m. on Elm St. now", 24),
        (FAMILY, 2),
        (FLAG, 2),
        (KEYCAP, 2),
        ("\N{GRINNING FACE}" * 3, 6),
        ("\N{COPYRIGHT SIGN}", 2),
        ("\u4e2d\u6587", 4),
        ("\uac00", 2),
        ("\u2019\u201c\u2013", 3),
        ("\u20ac", 2),
        ("e\u0301", 1),
        ("\u00e9", 1),
        ("two\r\nlines", 9),
    ],
)
def test_x_counts_weights(text: str, weight: int) -> None:
    """Most characters 1, Chinese and Korean 2, an emoji however built 2, an address of a real domain 23, after NFC."""
    assert x_length(text) == weight
    assert length(text, "x") == weight


PIECES = st.sampled_from(
    [
        *[
            "a.co",
            "city.com",
            "https://city.gov/a?b=c#d",
            "http://x.example",
            "St. Mary",
            "p.m.",
            "3.5",
            "...",
            "a.b_c.de",
        ],
        *[FAMILY, FLAG, KEYCAP, "\N{COPYRIGHT SIGN}", "\u203c", "\ufe0f", "\u200d", "#", "*", "7"],
        *[
            "\u4e2d\u6587",
            "\u4e2d.com",
            "\u0958",
            "e\u0301",
            "\u0301",
            "\u1100\u1161",
            "\u2019",
            "\u00e9",
            "\u3002",
            "\uff0e",
        ],
        *[" ", "\n", "\r\n", "\t", "\u00a0", "-", "/", "@name", "$CASH", ".", ":", "//", "www."],
    ]
)
TEXTS = st.one_of(
    st.lists(PIECES, max_size=14).map("".join), st.lists(st.one_of(PIECES, st.text(max_size=6))).map("".join)
)


@given(text=TEXTS)
@example(text="\N{REGISTERED SIGN}\u0958.ab")
@settings(max_examples=250, deadline=None)
def test_our_count_is_that_of_x_s_own_parser(text: str) -> None:
    """Where the parser is spared, it would have said the same; and the two bounds hold it between them."""
    from twitter_text import parse_tweet

    weight = int(parse_tweet(text).weightedLength)
    assert x_length(text) == weight
    assert x_at_least(text) <= weight <= x_at_most(text)


@given(text=TEXTS, amount=st.integers(0, 60))
@settings(max_examples=100, deadline=None)
def test_a_text_fits_exactly_where_its_length_is_within_the_limit(text: str, amount: int) -> None:
    """The bounds that decide quickly decide as the count does, for X and for graphemes."""
    assert fits(text, Limit(amount, "x")) == (x_length(text) <= amount)
    assert fits(text, Limit(amount, "graphemes")) == (grapheme_length(text) <= amount)


@pytest.mark.parametrize(
    ("text", "fitting"),
    [("a" * 280, True), ("a" * 281, False), ("a" * 256 + " https://www.city.gov/" + "b" * 90, True)],
)
def test_two_hundred_and_eighty_is_the_last_that_fits(text: str, fitting: bool) -> None:
    """The limit itself fits; a long address costs 23 of it."""
    assert fits(text, unit_limit("x")) is fitting


# --- text messages ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("char", list("^{}\\[~]|\u20ac\f"))
def test_each_character_of_the_extension_costs_two(char: str) -> None:
    """It is sent as an escape and a character."""
    assert sms_segments(f"a{char}").units == 3
    assert sms_segments(char).encoding == "GSM-7"


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("\u2018a\u2019 \u201cb\u201d", "'a' \"b\""),
        ("9\u201310 \u2014 now\u2026", "9-10 - now..."),
        ("caf\u00e9 ma\u00f1ana \u00bfya? \u00a1s\u00ed!", "caf\u00e9 ma\u00f1ana \u00bfya? \u00a1si!"),
        ("\u00c1lamo", "Alamo"),
        ("a\u00a0b", "a b"),
        ("20\u00b0", "20 deg"),
        ("{a}", "{a}"),
        ("\u4e2d", "\u4e2d"),
        ("\N{GRINNING FACE}", "\N{GRINNING FACE}"),
    ],
)
def test_what_gsm7_lacks_becomes_plain(typed: str, sent: str) -> None:
    """Curly quotes, dashes and accents that GSM-7 lacks have a plain twin; other scripts and emoji stay."""
    assert to_gsm7(typed) == sent


@pytest.mark.parametrize(
    ("text", "encoding", "units", "segments"),
    [
        ("a" * 160, "GSM-7", 160, 1),
        ("a" * 161, "GSM-7", 161, 2),
        ("a" * 306, "GSM-7", 306, 2),
        ("a" * 307, "GSM-7", 307, 3),
        ("a" * 159 + "\u20ac", "GSM-7", 161, 2),
        ("a" * 158 + "\u20ac", "GSM-7", 160, 1),
        ("a" * 152 + "\u20ac" + "a" * 152, "GSM-7", 306, 3),
        ("a" * 151 + "\u20ac" + "a" * 153, "GSM-7", 306, 2),
        ("\u4e2d" * 70, "UCS-2", 70, 1),
        ("\u4e2d" * 71, "UCS-2", 71, 2),
        ("\u4e2d" * 134, "UCS-2", 134, 2),
        ("\u4e2d" * 135, "UCS-2", 135, 3),
        ("\N{GRINNING FACE}" * 35, "UCS-2", 70, 1),
        ("\u4e2d" * 66 + "\N{GRINNING FACE}" + "\u4e2d" * 66, "UCS-2", 134, 3),
        ("\u4e2d" * 65 + "\N{GRINNING FACE}" + "\u4e2d" * 67, "UCS-2", 134, 2),
        ("", "GSM-7", 0, 1),
        ("\u2019", "UCS-2", 1, 1),
    ],
)
def test_a_text_message_is_counted_in_segments(text: str, encoding: str, units: int, segments: int) -> None:
    """160 and 153 septets, 70 and 67 units; an escape pair or a surrogate pair is never split between two."""
    counted = sms_segments(text)
    assert (counted.encoding, counted.units, counted.segments) == (encoding, units, segments)


def test_a_message_is_measured_as_it_is_sent() -> None:
    """A curly quote does not turn a message into UCS-2, for it is sent as a straight one."""
    assert sms_length("O\u2019Brien Way") == 11
    assert fits("\u2019" * 160, unit_limit("sms"))
    assert not fits("\u2019" * 161, unit_limit("sms"))


def test_one_character_outside_gsm7_leaves_70_of_160() -> None:
    """The limit shrinks with the encoding, and what has a plain twin does not shrink it."""
    assert limit_for("caf\u00e9 \u2019", Limit(160, "sms")) == 160
    assert limit_for("\u4e2d", Limit(160, "sms")) == 70
    assert limit_for("\u4e2d", Limit(138, "sms")) == 60
    assert limit_for("\u4e2d", Limit(280, "x")) == 280
    assert fits("\u4e2d" * 60, Limit(138, "sms"))
    assert not fits("\u4e2d" * 61, Limit(138, "sms"))


@given(text=st.text(max_size=200))
def test_writing_for_gsm7_twice_changes_nothing_more(text: str) -> None:
    """A text that was written for GSM-7 stays as it is, and never costs more than one that was not in GSM-7."""
    sent = to_gsm7(text)
    assert to_gsm7(sent) == sent
    assert sms_segments(sent).encoding == "GSM-7" or sms_segments(text).encoding == "UCS-2"


# --- graphemes, bytes, characters -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "graphemes", "octets", "characters"),
    [
        ("abc", 3, 3, 3),
        (FAMILY, 1, 25, 7),
        (FLAG, 1, 8, 2),
        ("e\u0301", 1, 3, 2),
        ("\u00e9", 1, 2, 1),
        ("a\r\nb", 3, 4, 4),
        ("\u4e2d\u6587", 2, 6, 2),
        (KEYCAP + "!", 2, 8, 4),
    ],
)
def test_graphemes_bytes_and_characters(text: str, graphemes: int, octets: int, characters: int) -> None:
    """A family or a flag is one character to its reader and many to a computer."""
    assert grapheme_length(text) == length(text, "graphemes") == graphemes
    assert byte_length(text) == length(text, "bytes") == octets
    assert length(text, "characters") == characters


def test_a_text_without_a_limit_fits() -> None:
    """Where a network sets no limit, everything fits."""
    assert fits("a" * 100_000, None)
    assert unit_limit("bytes") is None
    assert unit_limit("graphemes") is None


def test_bytes_are_limited_by_bytes() -> None:
    """Two characters may be too many for five bytes."""
    assert fits("\u4e2d", Limit(3, "bytes"))
    assert not fits("\u4e2d\u6587", Limit(5, "bytes"))
