"""The two readers: the same words, the same scores, in time that grows with the text and no faster."""

import json
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import pytest

from notifier.policy import ShownAttachment, ShownText, Subject, built_in, judge, subject_of_text
from notifier.policy.first_reader import FirstReader, first_reader
from notifier.policy.post import read_post
from notifier.policy.readings import Ask, weighing
from notifier.policy.second_reader import SecondReader, second_reader, there_is_one
from notifier.policy.tokens import tokens_of
from notifier.policy.wordpieces import pieces_of

DEPARTMENT = "Harrowgate Police Department"
ACCUSATION = "Everybody knows the owner of Kestrel Auto waters down his invoices, and worse."
CLOSURE = "Elm Street is closed between Oak and Main for a water main break until 6 PM. Use River Road."


def _read(text: str, ask: Ask) -> list[tuple[float, ...]]:
    post = read_post(subject_of_text(text, "outreach", "final", DEPARTMENT), built_in(), ask)
    return [reading.second or reading.first for reading in post.readings.all]


def test_the_first_reader_loads_within_twenty_milliseconds_without_numpy() -> None:
    """Its weights are there at once (of the processor's time), and nothing of numpy is imported for them."""
    program = (
        "import sys, time; from notifier.policy.first_reader import first_reader as f; b = time.process_time(); f();"
        " print(time.process_time() - b, 'numpy' in sys.modules)"
    )
    runs = [
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
        for _ in range(5)
    ]
    assert min(float(took) for took, _ in runs) < 0.020
    assert {numpy for _, numpy in runs} == {"False"}


def test_a_closure_never_wakes_the_second_reader() -> None:
    """Where the first is sure that all is well, the second is not asked; so a closure stays quick."""
    post = read_post(subject_of_text(f"{DEPARTMENT}: {CLOSURE}", "road-closure", "final", DEPARTMENT), built_in())
    assert all(reading.second is None for reading in post.readings.all)


def test_what_is_in_doubt_is_read_by_both() -> None:
    """Where a label may hold, every sentence has the second reader's scores beside the first's."""
    post = read_post(subject_of_text(f"{ACCUSATION} {DEPARTMENT}", "outreach", "final", DEPARTMENT), built_in())
    assert all(reading.second is not None for reading in post.readings.all)


@pytest.mark.parametrize("ask", ["always", "never"])
def test_the_same_text_has_the_same_scores(ask: Ask) -> None:
    """Read twice, a text has exactly the same scores."""
    assert _read(ACCUSATION, ask) == _read(ACCUSATION, ask)


def test_the_same_text_has_the_same_findings_in_another_process() -> None:
    """Nothing of a process's own (its hash seed, what it read before) enters a finding."""
    program = (
        "import json, sys; from notifier.policy import judge, subject_of_text as s;"
        "print(json.dumps([f.to_json() for f in judge(s(sys.argv[1], 'outreach', 'final', sys.argv[2])).findings]))"
    )
    told = [
        subprocess.run(
            [sys.executable, "-c", program, ACCUSATION, DEPARTMENT],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    ]
    assert told[0] == told[1]
    judged = judge(subject_of_text(ACCUSATION, "outreach", "final", DEPARTMENT))
    assert json.loads(told[0]) == [finding.to_json() for finding in judged.findings]


@pytest.mark.parametrize("ask", ["always", "never"])
def test_reading_takes_time_linear_in_the_text(ask: Ask) -> None:
    """Four times the text takes about four times as long, never sixteen times."""
    took = []
    for times in (40, 160):
        text = " ".join(f"{ACCUSATION} Number {n} of them." for n in range(times))
        began = time.perf_counter()
        _read(text, ask)
        took.append(time.perf_counter() - began)
    assert all(late < 9 * early for early, late in pairwise(took))


def test_spans_of_the_second_reader_lie_in_their_sentence() -> None:
    """The words that count most stand in the sentence that was read, and at a border of a word."""
    text = f"Come to the open house. {ACCUSATION} Bring a chair. {DEPARTMENT}"
    post = read_post(subject_of_text(text, "outreach", "final", DEPARTMENT), built_in(), "always")
    for reading in post.readings.all:
        assert reading.passage is not None
        assert reading.spans is not None
        for start, end in reading.spans:
            assert reading.start <= start < end <= reading.end


def test_an_attachment_is_read_with_its_rights() -> None:
    """Each attachment has scores of its own beside the sentences'."""
    picture = ShownAttachment("a.png", "scanned from a magazine, all rights reserved", "a cartoon")
    post = read_post(subject_of_text("Hello.", "outreach", "final", DEPARTMENT, [picture]), built_in(), "always")
    assert [r.attachment and r.attachment.name for r in post.readings.all] == [None, "a.png"]
    assert post.readings.all[1].second is not None


def test_words_of_a_template_around_a_field_hide_nothing() -> None:
    """What is typed into a field is judged as it was typed, whatever a template says before and after it."""
    body = "Come Saturday. We are down to one officer on midnights this week."
    shown = f"{DEPARTMENT}: Coffee\n\n{body}\n\n{DEPARTMENT}, 555-555-0100. In an emergency, call 911."
    subject = Subject(
        kind="outreach",
        department=DEPARTMENT,
        texts=(ShownText("site", "long", "en", shown),),
        fields={"topic": "Coffee", "body": body},
    )
    (found,) = judge(subject).findings
    assert (found.label, found.field, found.verdict) == ("duty-status", "body", "review")


def test_an_empty_text_is_clean() -> None:
    """No word, no finding by a reader."""
    assert _read("", "always") == []
    assert first_reader().scores([], None) == []


def test_a_word_that_nobody_knows_is_read_by_its_ends() -> None:
    """An unknown word has scores like any other, whatever its script or length."""
    for word in ("zzyxq", "a" * 5_000, "🪔"):
        assert len(first_reader().scores([tokens_of(word)], "outreach")) == 1
        assert len(_read(word, "always")) == 1


def test_weights_of_another_program_are_refused() -> None:
    """A file that is no weights is named so, not read as some."""
    with pytest.raises(ValueError, match="no weights of the first reader"):
        FirstReader(b"something else")
    with pytest.raises(ValueError, match="no weights of the second reader"):
        SecondReader(b"something else")


def test_both_readers_know_the_same_labels() -> None:
    """Their scores are weighed label by label."""
    assert there_is_one()
    assert second_reader().labels == first_reader().labels
    assert weighing().doubt < weighing().alone


def test_words_are_cut_into_the_longest_pieces_that_are_known() -> None:
    """Longest beginning first, then what goes on; a word of which some part is unknown is unknown whole."""
    known = {"[UNK]": 0, "road": 1, "##block": 2, "##s": 3, ",": 4, "r": 5}
    cut = pieces_of("Roadblocks, roadx", known)
    assert [(piece.number, piece.start, piece.end) for piece in cut] == [
        (1, 0, 4),
        (2, 4, 9),
        (3, 9, 10),
        (4, 10, 11),
        (0, 12, 17),
    ]


def test_the_weights_travel_with_the_package() -> None:
    """Both files of weights and the thresholds stand beside the code."""
    folder = Path(first_reader.__wrapped__.__code__.co_filename).parent
    assert {"first_reader.bin", "second_reader.bin", "readers.toml"} <= {path.name for path in folder.iterdir()}
