"""What the policy reaches on a writer whom no reader has learned from: the floors under which it must not fall.

His clean posts stand nearer to the border than those of life: three in four use the words of a violation.
"""

import importlib.util
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from notifier.policy import Judgement, ShownAttachment, judge, subject_of_text
from notifier.policy.readings import Ask

FOLDER = Path(__file__).parents[2] / "policy"


def _program() -> Any:
    """Import policy/posts.py, which is no package."""
    spec = importlib.util.spec_from_file_location("labelled_posts", FOLDER / "posts.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    import sys

    sys.modules["labelled_posts"] = module
    spec.loader.exec_module(module)
    return module


PROGRAM = _program()


@cache
def _judged(ask: Ask) -> list[tuple[Any, Judgement]]:
    return [(post, _judge(post, ask)) for post in PROGRAM.read(FOLDER / "posts" / "e.txt")]


def _judge(post: Any, ask: Ask) -> Judgement:
    attachments = [ShownAttachment(a.name, a.rights, a.subject) for a in post.attachments]
    return judge(subject_of_text(post.text, post.kind, post.stage, post.department, attachments), ask=ask)


@pytest.mark.parametrize(("ask", "floor"), [("doubt", 0.85), ("never", 0.66)])
def test_the_verdict_agrees(ask: Ask, floor: float) -> None:
    """Both readers, and the first alone, give the due verdict this often."""
    judged = _judged(ask)
    assert sum(judgement.verdict == post.verdict for post, judgement in judged) >= floor * len(judged)


def test_few_posts_that_must_not_go_out_pass() -> None:
    """Of those that break a clause, at most one in nine gets no finding."""
    bad = [judgement for post, judgement in _judged("doubt") if post.codes]
    assert sum(judgement.verdict == "pass" for judgement in bad) <= len(bad) / 9


def test_few_clean_posts_are_stopped() -> None:
    """Of the clean ones, at most one in ten; by the first reader alone, one in fourteen."""
    for ask, share in (("doubt", 1 / 10), ("never", 1 / 14)):
        clean = [judgement for post, judgement in _judged(ask) if not post.codes]
        assert sum(bool(judgement.findings) for judgement in clean) <= share * len(clean)


def test_what_is_underlined_is_what_is_wrong() -> None:
    """Where a violating post is found, a finding's words meet the words that its writer marked."""
    found = [(post, judgement) for post, judgement in _judged("doubt") if post.spans and judgement.findings]
    right = [
        any(
            finding.start < end and start < finding.end
            for finding in judgement.findings
            for _, start, end in post.spans
        )
        for post, judgement in found
    ]
    assert sum(right) >= 0.97 * len(right)


@pytest.mark.parametrize("path", sorted((FOLDER / "posts").iterdir()), ids=lambda path: path.name)
def test_every_post_is_whole(path: Path) -> None:
    """No block and no line of the labelled posts is broken."""
    assert PROGRAM.read(path)


def test_broken_posts_are_named(tmp_path: Path) -> None:
    """A code that does not exist is told with its file and line."""
    wrong = tmp_path / "x.tsv"
    wrong.write_text("XX\troad-closure\ten\tSome words.\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r'x\.tsv, line 1: "XX" is none of'):
        PROGRAM.read(wrong)
