"""docs/policy.md: its files are a configuration that works, and its posts are judged as it says."""

import re
from pathlib import Path

import pytest

from notifier.policy import judge, subject_of_text
from notifier.policy.department import OwnWording
from notifier.policy.wording import Wording, built_in
from notifier.registry import wording as wording_of
from notifier.settings import AddedToRule, read_settings
from tests.docs.pages import CHECKOUT, blocks
from tests.test_settings import write

PAGE = CHECKOUT / "docs" / "policy.md"
EXAMPLES = re.findall(r"^\| (.+?) \| ([a-z-]+ (?:review|block)|none) \|$", PAGE.read_text("utf-8"), re.MULTILINE)


@pytest.fixture
def wording(tmp_path: Path) -> Wording:
    """What the page's files add, each written where its first line says."""
    config = write(tmp_path)
    (config / "rules").mkdir()
    for block in blocks(PAGE):
        path = re.match(r"# (config/[\w./]+)\n", block.text)
        assert path, block.text
        (tmp_path / path[1]).write_text(block.text, encoding="utf-8")
    read, problems = wording_of(read_settings(config, {}))
    assert problems == []
    return read


def test_the_page_has_examples_of_both_sorts() -> None:
    """Posts that are found and posts that are not."""
    assert len(EXAMPLES) >= 8
    assert "none" in [finding for _, finding in EXAMPLES]


@pytest.mark.parametrize(("post", "finding"), EXAMPLES)
def test_a_post_of_the_page_is_judged_as_the_page_says(wording: Wording, post: str, finding: str) -> None:
    """With the finding that it tells, which the built-in rules alone would not give; or with nothing added."""
    subject = subject_of_text(post)
    before = {(f.rule, f.start, f.end) for f in judge(subject, built_in()).findings}
    added = [f for f in judge(subject, wording).findings if (f.rule, f.start, f.end) not in before]
    assert [f"{f.label} {f.verdict}" for f in added] == ([] if finding == "none" else [finding])


def test_the_page_tells_every_key() -> None:
    """Of a rule's table, and of a wording file."""
    text = PAGE.read_text("utf-8")
    assert [key for key in AddedToRule.model_fields if f"**{key}**" not in text] == []
    assert [key for key in OwnWording.model_fields if not re.search(rf"`\[?{key}\]?`", text)] == []


def test_the_example_configuration_shows_how(tmp_path: Path) -> None:
    """What stands there as a comment works once the # is taken away."""
    text = (
        (CHECKOUT / "config" / "policy.toml")
        .read_text("utf-8")
        .replace("# [own", "# # [own")
        .replace("# file", "# # f")
    )
    policy = re.sub(r"^# (?=\[rules|verdict|words|patterns|expires)", "", text, flags=re.MULTILINE)
    wording, problems = wording_of(read_settings(write(tmp_path, policy=policy), {}))
    assert problems == []
    found = judge(subject_of_text("Our usual suspect. Case 7 is solved. Harrowgate PD"), wording).findings
    assert [f.text for f in found if f.rule == "guilt-or-innocence"] == ["Our usual suspect", "Case 7 is solved"]
