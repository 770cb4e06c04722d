"""Threads: a text that is too long for one post goes out in parts that are whole sentences."""

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from notifier.parts import MOST_PARTS, in_parts
from notifier.sentence import sentences

WORDS = st.text("abc ", min_size=1, max_size=30).map(lambda words: f"water{words.strip()}.")


def at_most(amount: int) -> Callable[[str], bool]:
    """A limit in characters."""
    return lambda text: len(text) <= amount


TEXT = "Main St. is closed at Oak Ave. until 6 p.m. today. Use River Road. Crews are there.\nCall 555-555-0100."


def test_parts_are_whole_sentences_with_their_number() -> None:
    """A stop after `St.` or `p.m.` ends none, and every part says which it is of how many."""
    assert in_parts(TEXT, at_most(60)) == (
        "Main St. is closed at Oak Ave. until 6 p.m. today. (1/2)",
        "Use River Road. Crews are there. Call 555-555-0100. (2/2)",
    )


def test_a_sentence_that_is_too_long_makes_no_thread() -> None:
    """Nothing is ever cut."""
    assert in_parts(TEXT, at_most(40)) == ()


def test_every_part_of_an_exercise_says_so() -> None:
    """A part may be read alone."""
    parts = in_parts(f"DRILL: {TEXT}", at_most(66), "DRILL: ")
    assert len(parts) > 1
    assert all(part.startswith("DRILL: ") and part.count("DRILL: ") == 1 for part in parts)


@given(st.lists(WORDS, min_size=1, max_size=40))
def test_nothing_is_lost_and_everything_fits(written: list[str]) -> None:
    """The parts' sentences are the text's, in order; each part is within the limit, and there are not too many."""
    text = " ".join(written)
    parts = in_parts(text, at_most(70))
    assert len(parts) <= MOST_PARTS
    assert all(len(part) <= 70 for part in parts)
    if parts:
        bare = [part.rpartition(" (")[0] for part in parts]
        assert [one for part in bare for one in sentences(part)] == sentences(text)
