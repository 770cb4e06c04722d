"""What a department adds to the policy: phrases and patterns, a rule switched to review, rules of its own."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from notifier.errors import SettingsError
from notifier.policy import Judgement, ShownAttachment, Wording, judge, subject_of_text
from notifier.policy.added import Added
from notifier.policy.department import line_of
from notifier.policy.finding import Verdict
from notifier.policy.patterns import read_pattern
from notifier.policy.post import Hit, Post
from notifier.policy.wording import Clause, OwnRule
from notifier.registry import wording as wording_of
from notifier.settings import read_settings
from tests.test_settings import write

GUILT = "guilt-or-innocence"


def adding(*words: str, patterns: Iterable[str] = (), verdict: Verdict | None = None, label: str = GUILT) -> Wording:
    """The wording with phrases added to one rule."""
    return Wording({label: Added(words, [read_pattern(one) for one in patterns], verdict)})


def judged(text: str, wording: Wording | None, kind: str = "road-closure") -> Judgement:
    """A signed text, judged."""
    return judge(subject_of_text(f"{text} Harrowgate PD", kind, "final", "Harrowgate Police Department"), wording)


# --- phrases and patterns ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "Our usual suspect waved.",
        "OUR   USUAL\u00a0SUSPECT!",
        "Say hello to our usual, suspect.",
        "Óur usuál suspect.",
        "Our uѕual susреct.",
        "O u r u s u a l suspect.",
        "Our u\u200bsual suspect.",
    ],
)
def test_an_added_phrase_decides_alone(text: str) -> None:
    """In any case, with accents, look-alike letters or anything but words in between; with the clause's own advice."""
    (found,) = judged(text, adding("our Usual suspect")).findings
    assert (found.rule, found.label, found.clause, found.verdict) == (GUILT, GUILT, "2.c.1.c", "block")
    assert found.text == text[found.start : found.end]
    assert found.text in found.why
    assert "charged with" in found.mend
    assert judged(text, None).verdict == "pass"


def test_a_phrase_is_read_as_the_department_writes_it() -> None:
    """With capitals, accents and marks; `*` is one word, whichever."""
    assert judged("Vino el señor Buho.", adding("El SEÑOR, Búho")).verdict == "block"
    wording = adding("guest of the * hotel")
    assert judged("A guest of the county hotel.", wording).verdict == "block"
    assert judged("A guest of the hotel.", wording).verdict == "pass"


@pytest.mark.parametrize("text", ["Our usual route. Suspect nothing.", "Our usual. Suspect.", "Our usual suspects."])
def test_a_phrase_is_whole_words_of_one_sentence(text: str) -> None:
    """Parts of words and words of two sentences are none."""
    assert judged(text, adding("our usual suspect")).verdict == "pass"


def test_an_added_pattern_decides_alone() -> None:
    """Found in the original's own words."""
    (found,) = judged("Good news. Case 114 ıs solved.", adding(patterns=[r"(?i)case \d+ is solved"])).findings
    assert (found.text, found.verdict, found.start) == ("Case 114 ıs solved", "block", 11)


def test_added_words_are_found_in_the_alt_text_of_a_picture() -> None:
    """Wherever the public reads them."""
    picture = ShownAttachment("a.png", "own work", None, "Our usual suspect, waving")
    subject = subject_of_text("Harrowgate PD", "outreach", attachments=[picture])
    (found,) = (f for f in judge(subject, adding("usual suspect")).findings if f.rule == GUILT)
    assert (found.attachment, found.text) == ("a.png", "usual suspect")


def test_what_a_rule_tells_already_is_not_told_twice() -> None:
    """The rule's own finding covers the added words; a second place is told."""
    found = judged("The thief is in custody. A full moon.", adding("thief", "moon")).findings
    assert [f.text for f in found] == ["The thief", "moon"]


def test_added_words_take_nothing_away() -> None:
    """Every finding of the built-in rules stays, whatever is added."""
    text = "The thief who robbed us is in custody. Call his wife at 555-555-0142. SSN 000-12-3456."
    before = {(f.rule, f.start, f.end, f.verdict) for f in judged(text, None).findings}
    assert len(before) >= 3
    wording = Wording({label: Added(("the thief who", "wife at", "ssn")) for label in (GUILT, "personal-data")})
    assert before <= {(f.rule, f.start, f.end, f.verdict) for f in judged(text, wording).findings}


# --- review -----------------------------------------------------------------------------------------------------------


def test_a_rule_switched_to_review_waits_for_a_person() -> None:
    """Its own findings and the added ones; other rules stay as they are."""
    wording = adding("usual suspect", verdict="review")
    assert judged("Our usual suspect waved.", wording).verdict == "review"
    assert judged("The thief is in custody.", wording).verdict == "review"
    assert judged("The thief is in custody. SSN 000-12-3456.", wording).verdict == "block"


class _Statute:
    """A rule that finds the same words twice: by its clause, and by a statute."""

    def __call__(self, post: Post, clause: Clause) -> Iterator[Hit]:
        """Yield the first six characters, forbidden by law."""
        yield Hit(post.passages[0], 4, 10, "law", "block")


def test_what_a_statute_forbids_stays_blocked_where_the_rule_is_switched() -> None:
    """Neither the switch nor added words over the same words soften it."""
    added = Added(("the victim is",), (), "review")
    clause = Clause("victim-identity", {"clause": "3", "why": "{words}", "mend": {"en": "no"}}, added)
    found = judged("The victim is here.", Wording(own=[OwnRule(clause, _Statute())])).findings
    assert [(f.text, f.verdict) for f in found if f.label == "victim-identity"] == [("victim", "block")]


# --- rules of its own -------------------------------------------------------------------------------------------------

MASCOT = """
clause = "C-12"
verdict = "review"
why = "“{words}” speaks of the mascot."
words = ["buddy the bear"]
patterns = ['Bear #\\d']
[reasons]
often = "“{words}” is said too often."
[mend]
en = "Leave it out."
[en]
bear = "Bär, grizzly bear"
"""
FIND = """
from notifier.policy.passage import Hit

def find(post, clause):
    for passage in post.passages:
        for sentence in passage.sentences:
            for first, last in clause.lexicon("bear").find(sentence.texts):
                yield Hit(passage, sentence.words[first].start, sentence.words[last - 1].end, "often")
"""


def configured(folder: Path, policy: str, **own: str) -> tuple[Wording, list[str]]:
    """The wording of a configuration with this policy.toml and own rule files, and what is wrong with it."""
    config = write(folder, policy=policy)
    (config / "rules").mkdir(exist_ok=True)
    for name, text in own.items():
        (config / "rules" / name.replace("_", ".")).write_text(text, encoding="utf-8")
    wording, problems = wording_of(read_settings(config, {}))
    return wording, [str(problem) for problem in problems]


OWN = '[own.mascot]\nfile = "rules/mascot.toml"\n'


def test_a_rule_of_the_departments_own(tmp_path: Path) -> None:
    """Words, patterns and a Python file; named by its name, with its own clause, reasons and advice."""
    wording, problems = configured(tmp_path, OWN, mascot_toml=MASCOT, mascot_py=FIND)
    assert problems == []
    found = judged("Buddy the Bear is here. Meet a grizzly bear, a Bar, and Bear #7.", wording).findings
    own = [f for f in found if f.rule == "mascot"]
    assert [f.text for f in own] == ["Buddy the Bear", "grizzly bear", "Bar", "Bear #7"]
    assert {(f.label, f.clause, f.verdict, f.mend) for f in own} == {("mascot", "C-12", "review", "Leave it out.")}
    assert own[1].why == "“grizzly bear” is said too often."


def test_an_own_rule_may_carry_a_label_of_the_order(tmp_path: Path) -> None:
    """Its findings then have that label, and its own name as the rule."""
    wording, _ = configured(tmp_path, OWN, mascot_toml='label = "copyright"\n' + MASCOT)
    (found,) = judged("Buddy the Bear.", wording).findings
    assert (found.rule, found.label) == ("mascot", "copyright")


def test_a_post_that_an_own_rule_fails_on_is_not_judged(tmp_path: Path) -> None:
    """An error, or what is no hit, stops the post with the file's name."""
    for program, said in (
        ("def find(post, clause):\n    yield 1 / 0", r"rules/mascot\.py: find failed .* ZeroDivisionError"),
        ("def find(post):\n    return []", r"rules/mascot\.py: find failed .* TypeError"),
        ("def find(post, clause):\n    return [(0, 1)]", r"rules/mascot\.py: find must yield Hit"),
    ):
        folder = tmp_path / str(len(said))
        wording, problems = configured(folder, OWN, mascot_toml=MASCOT, mascot_py=program)
        assert problems == []
        with pytest.raises(SettingsError, match=said):
            judged("Anything.", wording)


# --- mistakes ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        (
            "[rules.guilt]",
            'policy.toml: rules.guilt: "guilt" is not a rule of the order; the rules are confidential-info',
        ),
        ("[rules._people]", 'policy.toml: rules._people: "_people" is not a rule'),
        ("[rules.copyright]\nwords = [' ']", "policy.toml: rules.copyright.words: “ ” has no word that could be met"),
        ("[rules.copyright]\nwords = ['?!']", "policy.toml: rules.copyright.words: “?!” has no word"),
        ("[rules.copyright]\nwords = ['* *']", "policy.toml: rules.copyright.words: “* *” has no word"),
        ("[rules.copyright]\nwords = ['* bear']", "policy.toml: rules.copyright.words: “* bear” begins with *"),
        (
            "[rules.copyright]\nwords = ['One. Two.']",
            "policy.toml: rules.copyright.words: “One. Two.” is more than one",
        ),
        (f"[rules.copyright]\nwords = ['{'a ' * 60}']", "policy.toml: rules.copyright.words: “a a "),
        (
            "# '('\n[rules.copyright]\npatterns = [\n  'fine',\n  '(',\n]",
            "policy.toml: rules.copyright.patterns, line 5: “(” is not a regular expression: missing )",
        ),
        (
            '[rules.copyright]\nwords = ["(a+)+"]\n[rules.political-activity]\npatterns = ["(a+)+"]',
            "policy.toml: rules.political-activity.patterns, line 4: “(a+)+” has an endless repeat inside",
        ),
        ('[rules]\ncopyright.patterns = ["\\\\d["]', "policy.toml: rules.copyright.patterns, line 2: “\\d[” is not"),
        ("[own.Big]\nfile = 'a.toml'", "policy.toml: own.Big: a name has small letters"),
        (
            "[own.copyright]\nfile = 'a.toml'",
            "policy.toml: own.copyright: is a rule of the order; add to it with [rules",
        ),
        ("[own.mascot]\nfile = 'rules/none.toml'", "policy.toml: own.mascot.file: there is no rules/none.toml in"),
    ],
)
def test_each_mistake_of_the_policy_is_one_sentence_with_its_place(tmp_path: Path, policy: str, said: str) -> None:
    """The file, the key, a pattern's line, and what is wrong there."""
    _, problems = configured(tmp_path, policy)
    assert len(problems) == 1
    assert problems[0].startswith(said)


@pytest.mark.parametrize(
    ("wording", "program", "said"),
    [
        ("clause = ", None, "rules/mascot.toml: is not TOML: "),
        (MASCOT.replace('"review"', '"pass"'), None, "rules/mascot.toml: verdict: "),
        (MASCOT.replace("en =", "es ="), None, "rules/mascot.toml: mend: has no advice in English"),
        (MASCOT.replace("why", "wy"), None, "rules/mascot.toml: why: is missing"),
        ('label = "bears"\n' + MASCOT, None, 'rules/mascot.toml: label: "bears" is not a label of the order'),
        (MASCOT.replace("'Bear", "'(Bear"), None, "rules/mascot.toml: patterns, line 6: “(Bear #"),
        (MASCOT.replace("buddy the bear", ""), None, "rules/mascot.toml: words: “” has no word"),
        (MASCOT.replace("words", "#").replace("patterns", "#"), None, "rules/mascot.toml: finds nothing; give it"),
        (MASCOT, "def find(", "rules/mascot.py: does not import: SyntaxError: "),
        (MASCOT, "import no_such_module_at_all", "rules/mascot.py: does not import: ModuleNotFoundError: "),
        (MASCOT, "raise SystemExit(0)", "rules/mascot.py: does not import: SystemExit: 0"),
        (MASCOT, "found = 1", "rules/mascot.py: has no find(post, clause)"),
        (MASCOT, "find = 1", "rules/mascot.py: has no find(post, clause)"),
    ],
)
def test_each_mistake_of_an_own_rule_is_told(tmp_path: Path, wording: str, program: str | None, said: str) -> None:
    """With the file in which it stands."""
    own = {"mascot_toml": wording} | ({} if program is None else {"mascot_py": program})
    _, problems = configured(tmp_path, OWN, **own)
    assert any(problem.startswith(said) for problem in problems), problems
    assert all("\n" not in problem for problem in problems)


def test_a_rule_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    """Bytes that are no UTF-8 are a sentence, not a trace."""
    config = write(tmp_path, policy=OWN)
    (config / "rules").mkdir()
    (config / "rules" / "mascot.toml").write_bytes(b"\xff\xfe")
    (problem,) = wording_of(read_settings(config, {}))[1]
    assert str(problem).startswith("rules/mascot.toml: cannot be read")


def test_a_missing_policy_file_disables_nothing(tmp_path: Path) -> None:
    """Nothing added is the built-in wording, and an empty table adds nothing."""
    text = "The thief is in custody."
    assert judged(text, wording_of(read_settings(write(tmp_path), {}))[0]).verdict == "block"
    assert judged(text, configured(tmp_path, "[rules.guilt-or-innocence]")[0]) == judged(text, None)


def test_the_line_of_a_pattern_is_found_however_it_is_quoted(tmp_path: Path) -> None:
    """In double quotes with doubled backslashes, over several lines, after a comment or a word that says the same."""
    file = tmp_path / "policy.toml"
    file.write_text(
        '# "a\\\\d"\n[ rules . "copyright" ]\nwords = ["it\'s"] # \'a\\d\'\npatterns = [\n"a\\\\d", """\nb""",\n]\n',
        encoding="utf-8",
    )
    assert line_of(file, "rules.copyright", "a\\d") == 5
    assert line_of(file, "rules.copyright", "b") == 5
    assert line_of(file, "rules.copyright", "absent") == 2
