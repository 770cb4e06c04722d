"""Hidden words are read, and underlined where they really stand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.policy.normalising import normalise
from tests.policy.verdicts import findings_of

GUILT = "guilt-or-innocence"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Тhe тhіef is in custody. Harrowgate PD", "Тhe тhіef"),
        ("The th\u200bi\u200bef is in custody. Harrowgate PD", "The th\u200bi\u200bef"),
        ("The ｔｈｉｅｆ is in custody. Harrowgate PD", "The ｔｈｉｅｆ"),
        ("The 𝐭𝐡𝐢𝐞𝐟 is in custody. Harrowgate PD", "The 𝐭𝐡𝐢𝐞𝐟"),
        ("The t h i e f is in custody. Harrowgate PD", "The t h i e f"),
        ("The t.h.i.e.f is in custody. Harrowgate PD", "The t.h.i.e.f"),
        ("T h e  t h i e f is in custody. Harrowgate PD", "T h e  t h i e f"),
        ("t h e t h i e f is in custody. Harrowgate PD", "t h e t h i e f"),
        ("The thi\u0336e\u0336f\u0336 is in custody. Harrowgate PD", "The thi\u0336e\u0336f\u0336"),
        ("🚓🚓 The t\u00adhief is in custody. Harrowgate PD", "The t\u00adhief"),
        ("El ladro\u0301n está bajo custodia. Policía de Harrowgate", "El ladro\u0301n"),
        ("The\u00a0thief is in custody. Harrowgate PD", "The\u00a0thief"),
    ],
)
def test_hidden_words_are_underlined_exactly(text: str, words: str) -> None:
    """A finding gives the original characters, tricks included, and their exact place."""
    (found,) = findings_of(GUILT, text, "wanted-person")
    assert found.text == words
    assert (found.start, found.end) == (text.index(words), text.index(words) + len(words))


def test_a_spaced_out_number_is_read() -> None:
    """Digits with a space between each are one number."""
    text = "Call his wife at 5 5 5 5 5 5 0 1 4 2. Harrowgate PD"
    (found,) = findings_of("personal-data", text, "missing-person")
    assert found.text == "5 5 5 5 5 5 0 1 4 2"


def test_the_signature_is_read_through_tricks() -> None:
    """A department that writes its name in fancy letters has signed."""
    assert findings_of("unidentified-department", "Road closed. 𝐇𝐚𝐫𝐫𝐨𝐰𝐠𝐚𝐭𝐞 ＰＤ") == []


@given(st.text(max_size=300))
def test_every_span_lies_in_the_original(text: str) -> None:
    """Whatever the characters, each place of the plain text has a place in the original, in order."""
    plain = normalise(text)
    ends = [plain.span(place, place + 1) for place in range(len(plain.text))]
    assert all(0 <= start < end <= len(text) for start, end in ends)
    assert ends == sorted(ends)
    assert len(plain.text) == len(plain.text.lower())


@given(st.text(st.characters(codec="ascii", categories=["L"]), max_size=50))
def test_plain_words_stay_as_they_are(word: str) -> None:
    """A text without tricks is its own plain form."""
    assert normalise(word).text == word
