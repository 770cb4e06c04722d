"""A department's own regular expressions: read, refused in words where they are wrong or could take too long, then met.

What a pattern could cost is worked out from its parse tree, before any text is seen: where a repeat may end in several
places for the same words, every such place is tried, and the tries of what follows multiply. A pattern whose tries
stay few takes time linear in the text, for sentences are bounded.
"""

import re
import warnings
from collections.abc import Iterator, Sequence
from functools import cache, cached_property
from importlib import import_module
from typing import Any, NamedTuple

from notifier.policy.normalising import normalise
from notifier.policy.passage import Passage
from notifier.policy.sentences import LONGEST

LONGEST_PATTERN = 500
"""Characters."""
MOST_STEPS = 10_000
"""Steps of the matcher from one place of a text: two gaps as `.{0,60}`, or one as `.*`."""
_CAP = 10**9

_parser: Any = import_module("re._parser")  # re itself has imported it; it has no types

_OTHER = 128
"""Stands for every character beyond ASCII."""
_ALL = frozenset(range(_OTHER + 1))
_NONE: frozenset[int] = frozenset()
_CATEGORIES = {
    "CATEGORY_DIGIT": frozenset(map(ord, "0123456789")),
    "CATEGORY_SPACE": frozenset(map(ord, " \t\n\r\f\v\x1c\x1d\x1e\x1f")),
    "CATEGORY_WORD": frozenset(c for c in range(_OTHER) if chr(c).isalnum() or chr(c) == "_"),
}
_ONE = frozenset({"LITERAL", "NOT_LITERAL", "ANY", "IN"})
_REPEATS = frozenset({"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"})
_LOOKS = frozenset({"ASSERT", "ASSERT_NOT"})

Items = Sequence[tuple[Any, Any]]


class Pattern:
    """A pattern that is right; it is compiled when a text first holds the letters without which it cannot be met."""

    def __init__(self, written: str, tree: Items) -> None:
        self.written = written
        self._trigger = _trigger(tree)

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        return re.compile(self.written)

    def find(self, passage: Passage) -> Iterator[tuple[int, int]]:
        """Yield where the plain text has it, sentence by sentence; `^` and `$` are a sentence's ends."""
        if self._trigger not in passage.low:
            return
        for sentence in passage.sentences:
            text = passage.text[sentence.start : sentence.end]
            start = sentence.start + len(text) - len(text.lstrip())
            for match in self._compiled.finditer(text.strip()):
                if match.end() > match.start():
                    yield start + match.start(), start + match.end()


@cache
def read_pattern(written: str) -> Pattern:
    """Read a pattern; ValueError says in words what is wrong with it."""
    if len(written) > LONGEST_PATTERN:
        raise ValueError(f"is longer than {LONGEST_PATTERN} characters; make several of it")
    for char in written:
        if (plain := normalise(char).text) != char:
            said = f"posts are read without accents and signs, so write “{plain}”" if plain.strip() else "leave it out"
            raise ValueError(f"holds “{char}”, which is never met: {said}")
    try:
        tree = _parse(written)
        items: Items = tree.data
        lowest, _ = tree.getwidth()
        trouble = next(_troubles(items, endless=False), None)
        if trouble is None and lowest == 0:
            trouble = "can be met without a word, and so in every text; let it hold at least one letter"
        if trouble is None and _sequence(items, None).steps > MOST_STEPS:
            trouble = "could take very long on some texts; bound its repeats, as .{0,40} for .*"
    except (RecursionError, OverflowError):
        trouble = "is nested too deeply or repeats too often; write it simpler"
    if trouble is not None:
        raise ValueError(trouble)
    return Pattern(written, items)


def _parse(written: str) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return _parser.parse(written)
    except re.error as wrong:
        place = "" if wrong.pos is None else f", at its character {wrong.pos + 1}"
        raise ValueError(f"is not a regular expression: {wrong.msg}{place}") from None
    except Warning as wrong:
        raise ValueError(f"is not a clear regular expression: {wrong}") from None


def _within(op: str, value: Any) -> list[Items]:
    """Give the sequences inside one item of a parse tree."""
    if op in _REPEATS:
        return [value[2].data]
    if op in _LOOKS:
        return [value[1].data]
    if op == "SUBPATTERN":
        return [value[-1].data]
    if op == "ATOMIC_GROUP":
        return [value.data]
    return [branch.data for branch in value[1]] if op == "BRANCH" else []


def _troubles(items: Items, *, endless: bool) -> Iterator[str]:
    """Say what no pattern may have. endless: it stands inside a repeat that has no bound."""
    for code, value in items:
        op = str(code)
        repeats = op in _REPEATS and value[1] is _parser.MAXREPEAT
        if op.startswith("GROUPREF"):
            yield "refers back to a group; write the words out instead"
        if op in _LOOKS and value[0] < 0 and len(set(value[1].getwidth())) > 1:
            yield "looks back over words of differing length; a look-behind must be of one length"
        if repeats and endless:
            yield "has an endless repeat inside an endless repeat, which could take for ever; bound one, as {0,20}"
        for inside in _within(op, value):
            yield from _troubles(inside, endless=endless or repeats)


# --- what it could cost -----------------------------------------------------------------------------------------------


class _Cost(NamedTuple):
    first: frozenset[int]
    """The characters that it can begin with."""
    empty: bool
    """Whether it can be met without a character."""
    paths: int
    """In how many ways it can be met at one place."""
    steps: int


def _sequence(items: Items, follow: frozenset[int] | None) -> _Cost:
    """Reckon a sequence from its end. follow: what can come after it; None: nothing, so that it cannot fail there."""
    whole = _Cost(_NONE, True, 1, 1)
    for code, value in reversed(items):
        part = _item(str(code), value, follow)
        paths = min(part.paths * whole.paths, _CAP)
        steps = min(part.steps + part.paths * whole.steps, LONGEST * paths)
        first = part.first | whole.first if part.empty else part.first
        whole = _Cost(first, part.empty and whole.empty, paths, steps)
        follow = part.first | (follow or _NONE) if part.empty else part.first
    return whole


def _item(op: str, value: Any, follow: frozenset[int] | None) -> _Cost:
    if op in _ONE:
        return _Cost(_characters(op, value), False, 1, 0)
    if op in _REPEATS:
        return _repeat(value, follow)
    inside = [_sequence(items, None if op in _LOOKS else follow) for items in _within(op, value)]
    if op == "BRANCH":
        return _branch(inside, follow)
    if op in _LOOKS:
        return _Cost(_NONE, True, 1, inside[0].steps)
    return inside[0] if inside else _Cost(_NONE, True, 1, 1)


def _branch(parts: list[_Cost], follow: frozenset[int] | None) -> _Cost:
    firsts = [part.first | (follow or _NONE) if part.empty else part.first for part in parts]
    union = frozenset().union(*firsts)
    doubtful = sum(map(len, firsts)) > len(union)
    paths = max(part.paths for part in parts) * (len(parts) if doubtful else 1)
    empty = any(part.empty for part in parts)
    return _Cost(frozenset().union(*(part.first for part in parts)), empty, paths, sum(part.steps for part in parts))


def _repeat(value: Any, follow: frozenset[int] | None) -> _Cost:
    least, most = min(value[0], LONGEST), min(value[1], LONGEST)
    body: Items = value[2].data
    first = _first(body)
    inside = _sequence(body, first | (follow or _NONE) if most > 1 else follow)
    doubtful = follow is not None and not first.isdisjoint(follow)
    through = min(inside.paths**most, _CAP)
    paths = min(through * (most - least + 1 if doubtful else 1), _CAP)
    once = min(most * max(inside.steps, 1), LONGEST)  # a text has no more characters to go through
    steps = 1 if follow is None and inside.paths == 1 else min(once * through, _CAP)
    return _Cost(first, least == 0 or inside.empty, paths, steps)


def _first(items: Items) -> frozenset[int]:
    """Give the characters that a sequence can begin with, without reckoning its cost."""
    found = _NONE
    for code, value in items:
        op = str(code)
        if op in _ONE:
            return found | _characters(op, value)
        if op in _LOOKS or op == "AT":
            continue
        found = found.union(*(_first(inside) for inside in _within(op, value)))
        if not _may_be_empty(op, value):
            return found
    return found


def _may_be_empty(op: str, value: Any) -> bool:
    if op in _REPEATS and value[0] == 0:
        return True
    return any(all(_may_be_empty(str(c), v) for c, v in inside) for inside in _within(op, value)) or op == "AT"


def _characters(op: str, value: Any) -> frozenset[int]:
    """Give the characters that one item takes, large and small letters alike; rather too many than too few."""
    if op == "ANY":
        return _ALL
    members = value if op == "IN" else [(op.removeprefix("NOT_"), value)]
    exact = frozenset().union(*(_member(str(code), of) for code, of in members if str(code) != "NEGATE"))
    if op == "NOT_LITERAL" or any(str(code) == "NEGATE" for code, _ in members):
        return _ALL - (exact - {_OTHER})
    return exact.union(*({ord(chr(c).lower()), ord(chr(c).upper())} for c in exact if c < _OTHER))


def _member(op: str, value: Any) -> frozenset[int]:
    if op == "LITERAL":
        return frozenset({min(value, _OTHER)})
    if op == "RANGE":
        return frozenset(range(min(value[0], _OTHER), min(value[1], _OTHER) + 1))
    kind = str(value)
    known = _CATEGORIES[kind.replace("_NOT_", "_")]
    return (_ALL - known if "_NOT_" in kind else known) | {_OTHER}


def _trigger(items: Items) -> str:
    """Give the longest run of letters, in small ones, that stands in whatever the pattern meets; empty: none."""
    best = run = ""
    for code, value in items:
        op = str(code)
        if op == "LITERAL" and value < _OTHER:
            run += chr(value).lower()
            best = max(best, run, key=len)
            continue
        run = ""
        if op in ("SUBPATTERN", "ATOMIC_GROUP"):
            best = max(best, _trigger(_within(op, value)[0]), key=len)
    return best
