"""What the documentation says of a rule is so: it stops its examples and lets its near misses through."""

import re
from importlib import import_module

import pytest

from notifier.policy.judging import rules
from tests.policy.verdicts import DEPARTMENT, findings_of

_QUOTED = re.compile(r'"([^"]+)"')


def _examples(label: str, after: str, before: str | None = None) -> list[str]:
    said = " ".join((import_module(f"notifier.policy.rules.{label.replace('-', '_')}").__doc__ or "").split())
    part = said.split(after, 1)[1]
    return _QUOTED.findall(part.split(before, 1)[0] if before else part)


def _signed(label: str, text: str) -> str:
    return text if label == "unidentified-department" else f"{text} {DEPARTMENT}"


@pytest.mark.parametrize("label", sorted(rules()))
def test_a_rule_stops_what_its_documentation_says(label: str) -> None:
    """Each quoted example after "Stops:" is found by the rule."""
    examples = _examples(label, "Stops:", "Lets through:")
    assert examples
    assert [text for text in examples if not findings_of(label, _signed(label, text))] == []


@pytest.mark.parametrize("label", sorted(rules()))
def test_a_rule_lets_through_what_its_documentation_says(label: str) -> None:
    """Each quoted example after "Lets through:" is not found by the rule."""
    examples = _examples(label, "Lets through:")
    assert examples
    assert [text for text in examples if findings_of(label, _signed(label, text))] == []
