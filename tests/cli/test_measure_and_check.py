"""Counting a text as a network counts it, and judging one against the order: from a file, stdin or JSON lines."""

import json

import pytest

from tests.cli.console import Console, Office

CLEAN = "Exampleton PD: Main Street is closed between Elm Street and Oak Street. Avoid the area."
GUILTY = "Exampleton PD: Officers arrested the murderer."

# text, then its length as x, graphemes, sms, bytes, characters
COUNTED = {
    "plain": ("Road closed.", 12, 12, 12, 12, 12),
    "an accent": ("Café", 4, 4, 4, 5, 4),
    "a link counts 23": ("https://example.com/a/very/long/address/indeed", 23, 46, 46, 46, 46),
    "a family is one": ("👨‍👩‍👧", 2, 1, 8, 18, 5),
    "a euro sign": ("5 €", 4, 3, 4, 5, 3),
    "chinese weighs two": ("道路", 4, 2, 2, 6, 2),
}
UNITS = ("x", "graphemes", "sms", "bytes", "characters")


@pytest.mark.parametrize("unit", UNITS)
def test_each_unit_counts_its_own_way(console: Console, unit: str) -> None:
    """`measure UNIT --jsonl` answers a line for each line, in order, counted as that network counts."""
    lines = "".join(json.dumps({"text": row[0]}) + "\n" for row in COUNTED.values())

    ran = console("measure", unit, "--jsonl", stdin=lines)

    answers = [json.loads(line) for line in ran.out.splitlines()]
    assert ran.code == 0
    assert [answer["length"] for answer in answers] == [row[1 + UNITS.index(unit)] for row in COUNTED.values()]
    assert {answer["unit"] for answer in answers} == {unit}
    assert all({"length", "limit", "unit", "fits"} <= answer.keys() for answer in answers)


@pytest.mark.parametrize(
    ("channel", "unit", "limit"), [("x", "x", 280), ("nixle", "sms", 138), ("facebook", "characters", 63_206)]
)
def test_a_type_of_channel_is_a_unit_with_its_limit(console: Console, channel: str, unit: str, limit: int) -> None:
    """A channel type counts as its network does, against its limit, with no configuration at all."""
    ran = console("measure", channel, "--json", stdin="a" * (limit + 1))

    assert ran.code == 0
    assert {key: ran.document[key] for key in ("length", "limit", "unit", "fits")} == {
        "length": limit + 1,
        "limit": limit,
        "unit": unit,
        "fits": False,
    }


def test_measure_counts_a_file_without_its_last_line_end(console: Console) -> None:
    """`measure x FILE` prints length and limit in a line; the newline that editors add does not count."""
    (console.folder / "text.txt").write_text("Main Street is closed.\n", encoding="utf-8")

    ran = console("measure", "x", "text.txt")

    assert (ran.code, ran.out, ran.err) == (0, "22 of 280 x\n", "")


def test_measure_says_how_many_messages_a_text_takes(console: Console) -> None:
    """A text message's answer tells its encoding and its segments: 161 septets take two."""
    ran = console("measure", "sms", "--json", stdin="a" * 161)

    assert (ran.document["encoding"], ran.document["segments"]) == ("GSM-7", 2)


def test_a_line_end_inside_a_json_text_is_no_line_end(console: Console) -> None:
    """A line separator (U+2028) or a next-line sign inside a JSON string stays part of its text."""
    text = "one\u2028two\u0085three"

    ran = console("measure", "characters", "--jsonl", stdin=json.dumps({"text": text}, ensure_ascii=False) + "\n")

    assert json.loads(ran.out)["length"] == len(text)


@pytest.mark.parametrize(
    ("arguments", "stdin", "words"),
    [
        (("fax",), "hello", "fax"),
        (("x", "nowhere.txt"), "", "nowhere.txt"),
        (("x", "--jsonl"), '{"text": "a"}\nnot json\n', "line 2"),
        (("x", "--jsonl"), '{"words": "a"}\n', "line 1"),
        (("x", "--jsonl"), '{"text": 5}\n', "line 1"),
    ],
)
def test_measure_names_what_it_cannot_count(
    console: Console, arguments: tuple[str, ...], stdin: str, words: str
) -> None:
    """An unknown unit, a missing file or a bad line is named, with exit 2."""
    ran = console("measure", *arguments, stdin=stdin)

    assert ran.code == 2
    assert words in ran.err
    assert "an error inside" not in ran.err


def test_what_is_not_utf_8_is_told(console: Console) -> None:
    """A file in another encoding is refused in a sentence, by measure and by check."""
    (console.folder / "latin.txt").write_bytes(b"Caf\xe9")

    measured, checked = console("measure", "x", "latin.txt"), console("check", "latin.txt")

    assert (measured.code, checked.code) == (2, 2)
    assert "UTF-8" in measured.err
    assert "UTF-8" in checked.err


@pytest.mark.parametrize(("text", "code", "verdict"), [(CLEAN, 0, "pass"), (GUILTY, 4, "block")])
def test_check_ends_with_its_verdict(quiet_office: Office, text: str, code: int, verdict: str) -> None:
    """`check --text` exits 0 for pass and 4 for block, and its document holds verdict and findings."""
    ran = quiet_office("check", "--text", text, "--kind", "road-closure", "--json")

    assert (ran.code, ran.document["verdict"]) == (code, verdict)
    assert bool(ran.document["findings"]) == (verdict == "block")
    assert quiet_office.stored() == 0


def test_check_points_at_the_words(quiet_office: Office) -> None:
    """A finding's start and end are the words in the text as it was given, also after a blank line."""
    text = f"\n  {GUILTY}\n"
    file = quiet_office.folder / "draft.txt"
    file.write_text(text, encoding="utf-8")

    ran = quiet_office("check", str(file), "--json")

    (finding,) = ran.document["findings"]
    assert (finding["label"], finding["text"]) == ("guilt-or-innocence", "the murderer")
    assert text[finding["start"] : finding["end"]] == "the murderer"


def test_check_tells_a_person_how_to_mend_it(quiet_office: Office) -> None:
    """Without --json the words, the clause, the reason and the mending stand on stderr, and the verdict last."""
    ran = quiet_office("check", "-", stdin=GUILTY)

    assert (ran.code, ran.out) == (4, "")
    assert '"the murderer"' in ran.err
    assert "order 2.c.1.c" in ran.err
    assert ran.err.splitlines()[-1] == "Verdict: block"


def test_check_answers_lines_in_their_order(quiet_office: Office) -> None:
    """`check --jsonl` answers each object in order with its id, exit 0 whatever the verdicts."""
    lines = [
        {"id": "a", "kind": "road-closure", "stage": "final", "text": CLEAN},
        {"id": "b", "kind": "community-outreach", "stage": "final", "text": GUILTY},
        {"id": "c", "kind": "road-closure", "stage": "final", "department": "Otherville Police", "text": CLEAN},
        {"id": 4, "kind": "road-closure", "stage": "final", "text": CLEAN, "attachments": []},
    ]

    ran = quiet_office("check", "--jsonl", stdin="\n".join(json.dumps(line) for line in lines))

    answers = [json.loads(line) for line in ran.out.splitlines()]
    assert ran.code == 0
    assert [answer["id"] for answer in answers] == ["a", "b", "c", 4]
    assert [answer["verdict"] for answer in answers] == ["pass", "block", "block", "pass"]
    assert [finding["label"] for finding in answers[2]["findings"]] == ["unidentified-department"]


@pytest.mark.parametrize(
    "line", ["[]", "{}", '{"text": 5}', '{"text": "a", "attachments": 5}', '{"text": "a", "department": 5}', "nonsense"]
)
def test_check_names_a_line_it_cannot_read(quiet_office: Office, line: str) -> None:
    """A line that is no object, or holds another type than promised, is named by its number, with exit 2."""
    ran = quiet_office("check", "--jsonl", stdin=f"{json.dumps({'text': CLEAN})}\n{line}\n")

    assert ran.code == 2
    assert "line 2" in ran.err
    assert "an error inside" not in ran.err


def test_an_unknown_kind_is_not_guessed(quiet_office: Office) -> None:
    """`check --kind` with a kind that does not exist answers or refuses, never with a trace."""
    ran = quiet_office("check", "--kind", "street-party", "--text", CLEAN)

    assert ran.code in (0, 2)
    assert "an error inside" not in ran.err
