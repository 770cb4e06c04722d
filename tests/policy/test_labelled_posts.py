"""What the rules reach on the labelled posts that lie beside the checkout."""

import json
from pathlib import Path
from typing import Any

import pytest

from notifier.policy import ShownAttachment, judge, subject_of_text

POSTS = Path(__file__).parents[2] / "../shared/policy/dev.jsonl"


def _posts() -> list[dict[str, Any]]:
    if not POSTS.is_file():
        pytest.skip("the labelled posts are not here")
    return [json.loads(line) for line in POSTS.read_text(encoding="utf-8").splitlines()]


def _labels(post: dict[str, Any]) -> set[str]:
    attachments = [ShownAttachment(a["name"], a.get("rights"), a.get("subject")) for a in post.get("attachments", [])]
    subject = subject_of_text(post["text"], post["kind"], post["stage"], post.get("department"), attachments)
    return {finding.label for finding in judge(subject).findings}


@pytest.mark.parametrize("label", ["guilt-or-innocence", "personal-data", "unidentified-department"])
def test_recall_and_precision_hold_their_floor(label: str) -> None:
    """Every expected finding of these labels is made, and none that is neither expected nor tolerated."""
    posts = [(post, _labels(post)) for post in _posts()]
    missed = [post["id"] for post, found in posts if label in post["expect"] and label not in found]
    false = [p["id"] for p, found in posts if label in found and label not in [*p["expect"], *p.get("tolerate", [])]]
    assert (missed, false) == ([], [])


def test_hardly_a_clean_post_is_stopped() -> None:
    """At most three of a hundred clean posts get any finding."""
    clean = [post for post in _posts() if not post["expect"]]
    assert sum(bool(_labels(post)) for post in clean) <= 0.03 * len(clean)


def test_hardly_a_post_that_must_not_go_out_passes() -> None:
    """At most one of twenty posts that break a clause gets no finding."""
    bad = [post for post in _posts() if post["expect"]]
    assert sum(not _labels(post) for post in bad) <= 0.05 * len(bad)
