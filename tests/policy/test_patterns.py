"""A department's patterns: what is wrong is said in words, and none is taken that could take long."""

import time

import pytest

from notifier.policy.passage import Passage
from notifier.policy.patterns import Pattern, read_pattern

UNITS = (
    "a",
    "a ",
    "na",
    "nana ",
    "case ",
    "case solve",
    "is guilt ",
    "case is ",
    "!",
    "aaaaaaaaa ! ",
    "abc",
    "1",
    "\n",
)


def found(pattern: str, text: str) -> list[str]:
    """What a pattern finds in a text, in the text's own letters."""
    passage = Passage(text)
    spans = [passage.normalised.span(start, end) for start, end in read_pattern(pattern).find(passage)]
    return [text[start:end] for start, end in spans]


@pytest.mark.parametrize(
    ("pattern", "text", "words"),
    [
        (r"(?i)case \d+ is solved", "Good news. CASE 114 is solved! Case 9 is open.", ["CASE 114 is solved"]),
        (r"^Case", "A case. Case 2.", ["Case"]),
        (r"closed\.$", "It is closed. It was closed. Yes.", ["closed.", "closed."]),
        (r"a\.b", "a.b aXb", ["a.b"]),
        ("robo", "Él robó.", ["robó"]),
        ("(?i)thief", "the тhiеf and the t\u200bhief", ["тhiеf", "t\u200bhief"]),
        ("one.*two", "one. two", []),
        (r"(?x) our \s usual  # spaced for the reader", "our usual", ["our usual"]),
    ],
)
def test_a_pattern_is_met_sentence_by_sentence_in_the_plain_text(pattern: str, text: str, words: list[str]) -> None:
    """Where it is met, the original words are told."""
    assert found(pattern, text) == words


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("(", "is not a regular expression: missing ), unterminated subpattern, at its character 1"),
        ("a[b", "is not a regular expression: unterminated character set, at its character 2"),
        ("[[a-z]]", "is not a clear regular expression: Possible nested set"),
        ("a(?i)b", "is not a regular expression: global flags not at the start"),
        (r"(?<=a+)b", "a look-behind must be of one length"),
        (r"(a)\1", "refers back to a group"),
        (r"(a)(?(1)b|c)", "refers back to a group"),
        ("x*", "in every text"),
        ("(?=x)", "in every text"),
        ("", "in every text"),
        ("robó", "holds “ó”, which is never met: posts are read without accents and signs, so write “o”"),
        ("a\u200bb", "leave it out"),
        ("a{99999999999}", "nested too deeply or repeats too often"),
        ("(" * 22 + "a" + ")" * 22, "nested too deeply or repeats too often"),
        ("a" * 501, "is longer than 500 characters"),
    ],
)
def test_what_is_wrong_with_a_pattern_is_said_in_words(pattern: str, said: str) -> None:
    """One sentence that tells what to do, or where it goes wrong."""
    with pytest.raises(ValueError, match=r".") as wrong:
        read_pattern(pattern)
    assert said in str(wrong.value)


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+$",
        r"(\w+\s*)*x",
        "(?:x(?:a*)y?)*z",
        "(?:a{2,})+b",
        "(a|a)*b",
        "(a|ab|abc)+d",
        "(?:(?=c)a|a)+b",
        "(a?a?)*b",
        "(a?){25}a{25}",
        "(a{1,500}){1,500}b",
        r"(?:\w+\s*){0,5}x",
        ".*.*x",
        "ba*a*$",
        r"\S+@\S+\.com",
        "(?!(a|aa)+$)b",
        "(?=.*.*.*x)b",
        "(?>(a|a)+)b",
        "(?i)(ab|AB)+c",
        "([a-z]|[^0-9])+!",
        r"(\w\w|\d\d)+!",
    ],
)
def test_a_pattern_that_could_take_long_is_refused(pattern: str) -> None:
    """Endless repeats in one another, and repeats or alternatives whose tries multiply."""
    with pytest.raises(ValueError, match="could take"):
        read_pattern(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        r"case .* solved",
        r"case .{0,60} is .{0,60} solved",
        r"(?:\w+ ){0,5}is (?:\w+ ){0,5}guilty",
        r"(?:\w+ )?(?:\w+ )?(?:\w+ )?(?:\w+ )?guilty",
        r"our (?:usual|favou?rite) (?:suspect|customer)s?",
        r"\d+[.,]\d+ grams",
        r"[a-z]+ing\b",
        r"(?:na)+ batman",
        r"\w{0,90}\w{0,90}!",
        r"(?:.a?){8}!",
        r"[^\W_]+\b.",
        r"(?:(?:na)+ ){0,8}x",
        r"(?:a|ab)(?:c|bcd)d?z",
        r"\b(?:he|she|they) (?:\w+ ){0,3}(?:did|done) it\b",
    ],
)
def test_a_pattern_that_is_taken_is_quick_on_any_text(pattern: str) -> None:
    """8 KB of what is worst for it take well under a second, with nothing that spares it a sentence."""
    taken = Pattern(pattern, ())  # no trigger, so that every sentence is tried
    read_pattern(pattern)
    for unit in UNITS:
        passage = Passage((unit * 8_000)[:8_000])
        assert passage.sentences
        start = time.process_time()
        list(taken.find(passage))
        assert time.process_time() - start < 1, unit


def test_a_pattern_is_compiled_when_a_text_has_its_letters() -> None:
    """Not when it is read, nor for a post that cannot meet it."""
    pattern = read_pattern(r"(?i)case \d+ is (?:now )?solved, thanks to (?:you|all)")
    list(pattern.find(Passage("Elm Street is closed.")))
    assert "_compiled" not in vars(pattern)
    assert list(pattern.find(Passage("CASE 5 IS SOLVED, THANKS TO ALL")))
    assert "_compiled" in vars(pattern)


def test_a_hundred_patterns_are_read_in_a_moment() -> None:
    """Every command reads them, so reading must stay quick."""
    start = time.process_time()
    for number in range(100):
        read_pattern(rf"(?i)case \d+ is (?:now )?(?:solved|closed) by .{{0,40}} officers{number}")
    assert time.process_time() - start < 0.3
