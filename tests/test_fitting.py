"""Fitting: optional words go whole, the least important first, and gaps close."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.fitting import CLOSE, MARK, OPEN, Fitted, Stretch, fit, stretches, tidy


def optional(importance: int, words: str) -> str:
    """Words as a template marks them."""
    return f"{OPEN}{importance}{MARK}{words}{CLOSE}"


def fit_to(marked: str, most: int) -> Fitted:
    """Fit to a number of characters."""
    return fit(marked, lambda text: len(text) <= most)


def test_a_marked_text_is_split_at_its_marks() -> None:
    """Mandatory words have no importance, marked ones have theirs, and empty ones vanish."""
    found = stretches(f"Main Street closed{optional(3, ' now')}{optional(2, '')}.")
    assert found == (Stretch("Main Street closed", None), Stretch(" now", 3), Stretch(".", None))


def test_nothing_goes_where_everything_fits() -> None:
    """A text within its limit keeps all its words."""
    assert fit_to(f"a{optional(1, ' b')}", 3) == Fitted("a b", (), fits=True)


def test_the_least_important_words_go_first() -> None:
    """One after the other, by importance, not by place."""
    marked = f"{optional(9, 'nine ')}{optional(1, 'one ')}{optional(5, 'five ')}end"
    assert fit_to(marked, 13) == Fitted("nine five end", ("one",), fits=True)
    assert fit_to(marked, 8) == Fitted("nine end", ("one", "five"), fits=True)
    assert fit_to(marked, 3) == Fitted("end", ("one", "five", "nine"), fits=True)


def test_of_equals_the_last_goes_first() -> None:
    """Where two are as important, the reader keeps what stands first."""
    assert fit_to(f"{optional(4, 'first ')}{optional(4, 'second ')}end", 9).text == "first end"


def test_mandatory_words_that_are_too_long_stay_whole() -> None:
    """What may not go does not go, and the result says that it does not fit."""
    fitted = fit_to(f"Main Street closed{optional(1, ' now')}", 5)
    assert fitted == Fitted("Main Street closed", ("now",), fits=False)


def test_words_over_several_lines_are_one_stretch() -> None:
    """A paragraph may be optional."""
    assert (
        fit_to(f"Closed.\n\n{optional(1, 'Come back later.' + chr(10) + 'Or not.')}\n\nBye", 12).text
        == "Closed.\n\nBye"
    )


@pytest.mark.parametrize(
    ("untidy", "tidied"),
    [
        ("  two   spaces ", "two spaces"),
        ("a \n\n\n\n b", "a\n\nb"),
        ("until 6 p.m.. Avoid", "until 6 p.m. Avoid"),
        ("wait...", "wait..."),
        ("see https://a.example/x/../y now", "see https://a.example/x/../y now"),
        ("tab\there", "tab here"),
    ],
)
def test_gaps_close(untidy: str, tidied: str) -> None:
    """One space between words, one stop at a sentence's end, one empty line between paragraphs; addresses stay."""
    assert tidy(untidy) == tidied


@given(
    pieces=st.lists(st.tuples(st.one_of(st.none(), st.integers(1, 9)), st.text("abc ", min_size=1, max_size=12))),
    most=st.integers(0, 80),
)
def test_every_piece_is_kept_whole_or_dropped_whole(pieces: list[tuple[int | None, str]], most: int) -> None:
    """Whatever the limit: mandatory pieces all stand, and no kept piece is less important than a dropped one."""
    marked = "".join(words if importance is None else optional(importance, words) for importance, words in pieces)
    mandatory = tidy("".join(words for importance, words in pieces if importance is None))
    fitted = fit_to(marked, most)
    assert fitted.fits == (len(fitted.text) <= most)
    assert fitted.fits or fitted.text == mandatory
    by_importance = sorted({importance for importance, _ in pieces if importance is not None})
    levels = [
        tidy("".join(words for importance, words in pieces if importance is None or importance >= least))
        for least in [*by_importance, 10]
    ]
    assert len(fitted.text) >= len(next((text for text in levels if len(text) <= most), mandatory))
