"""Texts of strangers, on one line."""

import json
import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from notifier.runner.one_line import MOST, json_line, one_line

ENDS = ["\n", "\r\n", "\r", "\v", "\f", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029", "\x00", "\x1b[2J", "\u202e"]


@pytest.mark.parametrize("end", ENDS)
def test_whatever_may_end_a_line_is_a_space(end: str) -> None:
    """Line breaks of every sort, escapes of terminals and what turns the direction of writing."""
    line = one_line(f"one{end}two")
    assert line.splitlines() == [line]
    assert line.isprintable()
    assert line.startswith("one ")


def test_words_of_every_language_stay() -> None:
    """Only what cannot be printed goes."""
    assert one_line("Calle cerrada: año  nuevo — 東京 🚧") == "Calle cerrada: año nuevo — 東京 🚧"


def test_a_long_text_is_cut_and_says_so() -> None:
    """A feed that sends a megabyte fills no log."""
    assert one_line("a" * MOST) == "a" * MOST
    cut = one_line("a" * 1_000_000)
    assert (len(cut), cut[-1]) == (MOST, "…")


@given(st.text() | st.text(st.characters(categories=["Cc", "Cf", "Cs", "Zl", "Zp", "Co"])))
def test_a_line_of_json_is_one_line_and_reads_back_whole(text: str) -> None:
    """Nothing is lost, and no reader ends the line early."""
    assume(not re.search("[\ud800-\udbff][\udc00-\udfff]", text))  # two halves side by side are one character
    line = json_line({"text": text})
    assert line.isprintable()
    assert json.loads(line) == {"text": text}
