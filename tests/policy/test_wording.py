"""Every rule has its file of words, and says its clause, why, and how to mend."""

import tomllib
from importlib import import_module
from pathlib import Path

import pytest

import notifier.policy
from notifier.policy.judging import rules
from notifier.policy.wording import built_in, labels

FOLDER = Path(notifier.policy.__file__).parent


@pytest.mark.parametrize("label", labels())
def test_a_rules_wording_is_whole(label: str) -> None:
    """Clause, verdict, the order's words, why, and advice in English and Spanish."""
    table = tomllib.loads((FOLDER / "wording" / f"{label}.toml").read_text(encoding="utf-8"))
    assert table["clause"][0].isdigit()
    assert table["verdict"] in ("review", "block")
    assert table["order"].strip()
    assert table["why"].strip()
    assert table["mend"]["en"].strip()
    assert table["mend"]["es"].strip()


@pytest.mark.parametrize("label", labels())
def test_a_rules_module_says_its_clause_and_both_examples(label: str) -> None:
    """The docstring has the label, the clause, what it stops and the near miss it lets through."""
    said = import_module(f"notifier.policy.rules.{label.replace('-', '_')}").__doc__ or ""
    assert said.startswith(label)
    assert built_in().clause(label).number in said
    assert "Stops:" in said
    assert "Lets through:" in said


def test_the_three_rules_are_found_by_their_files() -> None:
    """Rules are found in the folder; shared words are no rule."""
    assert {"guilt-or-innocence", "personal-data", "unidentified-department"} <= set(rules())
    assert not any(label.startswith("_") for label in rules())


def test_no_rule_imports_a_rule() -> None:
    """Rules stand alone, so that one can be read, changed or switched off alone."""
    modules = {label.replace("-", "_") for label in rules()}
    for module in modules:
        source = (FOLDER / "rules" / f"{module}.py").read_text(encoding="utf-8")
        assert not [other for other in modules if f"notifier.policy.rules.{other}" in source]


def test_wording_is_plain() -> None:
    """Phrases are written as the rules read text: small letters, no accents; else they would never be met."""
    for path in (FOLDER / "wording").glob("*.toml"):
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        for language in {"en", "es", "pt", "ht"} & set(table):
            for name, phrases in table[language].items():
                plain = "".join(char for char in phrases if char.isalpha() and (not char.isascii() or char.isupper()))
                assert plain == "", f"{path.name} {language}.{name}: {plain}"
