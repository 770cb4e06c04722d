"""The wording of the rules: clauses, reasons, advice and lexicons, as data in wording/<label>.toml.

A file has `clause`, `verdict`, `order` (the order's own words), `why`, `[mend]` with a sentence a language, optionally
`[reasons]` with a more exact `why` per reason, and a table per language whose entries are lists of phrases, separated
by commas, in small letters and without accents. A rule reads all languages together, for a post may mix them; a new
language is a new table, no new code. What a department adds (config/policy.toml) takes none of it away.
"""

import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from notifier.errors import Problem, SettingsError
from notifier.policy.finding import Verdict
from notifier.policy.lexicon import Lexicon

if TYPE_CHECKING:
    from notifier.policy.added import Added
    from notifier.policy.passage import Hit
    from notifier.policy.post import Post

_FOLDER = Path(__file__).parent / "wording"
LANGUAGES = ("en", "es", "pt", "ht")


class Clause:
    """One clause of the order, as a rule reads it.

    rule: the rule's name, where it is not its label. added: what the department adds to the rule.
    """

    def __init__(
        self, label: str, table: Mapping[str, Any], added: "Added | None" = None, rule: str | None = None
    ) -> None:
        self.label = label
        self.rule = rule or label
        self.added = added
        self._table = table
        self._lexicons: dict[str, Lexicon] = {}
        self._triggers: dict[tuple[str, ...], frozenset[str]] = {}
        self.verdict: Verdict = (added and added.verdict) or table.get("verdict", "block")

    @property
    def number(self) -> str:
        """The clause's number in the order."""
        return str(self._table["clause"])

    def severity(self, found: Verdict | None) -> Verdict:
        """Say how severe a hit is: as the rule found it, else as the clause says."""
        return found or self.verdict

    def why(self, reason: str, words: str) -> str:
        """Say in one sentence why words break the clause."""
        sentence = str(self._table.get("reasons", {}).get(reason, self._table["why"]))
        shown = words if len(words) <= 80 else words[:77] + "..."
        return sentence.replace("{words}", shown)

    def mend(self, reason: str, language: str | None) -> str:
        """Say in one sentence how to mend it, with words of the text's language where there are any."""
        advice = self._table["mend"]
        keys = (f"{reason}_{language}", f"{reason}_en", language, "en")
        return str(next(advice[key] for key in keys if key in advice))

    def lexicon(self, name: str) -> Lexicon:
        """Give a list of phrases of all languages."""
        known = self._lexicons.get(name)
        if known is None:
            lists = [self._table.get(language, {}).get(name, "") for language in LANGUAGES]
            known = self._lexicons[name] = Lexicon(",".join(lists).lower().split(","))
        return known

    def triggers(self, *names: str) -> frozenset[str]:
        """Give the triggers of several lexicons together."""
        known = self._triggers.get(names)
        if known is None:
            known = self._triggers[names] = frozenset().union(*(self.lexicon(name).triggers for name in names))
        return known


class OwnRule(NamedTuple):
    """A rule of the department's own, with its wording."""

    clause: Clause
    find: "Callable[[Post, Clause], Iterable[Hit]]"


class Wording:
    """The wording of all rules: what is built in, always, and what a department adds.

    added: by label. own: rules of its own.
    """

    def __init__(self, added: "Mapping[str, Added] | None" = None, own: Sequence[OwnRule] = ()) -> None:
        self.added = added or {}
        self.own = tuple(own)
        self._clauses: dict[str, Clause] = {}

    def clause(self, label: str) -> Clause:
        """Give a label's clause; its file is read once a process."""
        known = self._clauses.get(label)
        if known is None:
            known = self._clauses[label] = Clause(label, _table(label), self.added.get(label))
        return known


def labels() -> tuple[str, ...]:
    """Name every rule that has a wording file; shared lexicons begin with an underscore and are no rules."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("[a-z]*.toml")))


@cache
def built_in() -> Wording:
    """Give the wording with nothing added."""
    return Wording()


@cache
def _table(label: str) -> Mapping[str, Any]:
    path = _FOLDER / f"{label}.toml"
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as wrong:
        raise SettingsError([Problem(f"notifier/policy/wording/{path.name}", f"is not TOML: {wrong}")]) from None
