"""A post of 100 KB, however it is made, is judged in time that grows with its length and no faster."""

import time

import pytest

from notifier.policy import judge, subject_of_text

ADVERSARIAL = [
    "The thief who stole the car was arrested. Call his wife at 555-555-0142. ",
    "5",
    "5 ",
    "555-",
    "(555) ",
    "555-555-0142 ",
    "a@",
    "a.b@c.d",
    "12 elm ",
    "12 lives elm street ",
    "calle de la ",
    "the thief ",
    "the man who stole who stole ",
    "He stole. Jane Doe, arrested. ",
    '"the thief" said ',
    '"',
    "Jan ",
    "Call Jane Doe at ",
    "born 3/3/1981 ",
    "plate 4KD 118 towed car ",
    "тhe thief ",
    "e\u0301",
    "\u200b",
    "t ",
    "t.",
    "\n",
    "police of the ",
    "AB1 car ",
    "account number 12 ",
]


@pytest.mark.parametrize("unit", ADVERSARIAL)
def test_time_grows_with_length_alone(unit: str) -> None:
    """Four times the text takes about four times the time; a pattern that blows up would take sixteen times or more."""

    def seconds(size: int) -> float:
        subject = subject_of_text(
            (unit * (size // len(unit) + 1))[:size], "wanted-person", "final", "Harrowgate Police"
        )
        start = time.process_time()
        judge(subject)
        return time.process_time() - start

    judge(subject_of_text(unit, "wanted-person"))
    assert seconds(100_000) < 9 * seconds(25_000) + 0.3


def test_an_ordinary_post_is_quick() -> None:
    """The rules and the first reader take a post of a few sentences well under five milliseconds of work."""
    text = (
        "Harrowgate PD: a man was arrested and charged with larceny. Call 555-555-0100 with tips. Lock your cars! " * 4
    )
    subject = subject_of_text(text, "wanted-person", "final", "Harrowgate Police Department")
    judge(subject, ask="never")
    times = []
    for _ in range(10):
        start = time.process_time()
        judge(subject, ask="never")
        times.append(time.process_time() - start)
    assert min(times) < 0.005
