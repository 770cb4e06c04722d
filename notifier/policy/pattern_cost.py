"""What a regular expression could cost, worked out from its parse tree before any text is seen.

Where a repeat may end in several places for the same words, every such place is tried, and the tries of what follows
multiply. A pattern whose tries stay few takes time linear in the text, for sentences are bounded. The reckoning errs on
the dear side: characters beyond ASCII are one, large and small letters are alike.
"""

from collections.abc import Sequence
from functools import cache
from importlib import import_module
from typing import Any, NamedTuple

from notifier.policy.sentences import LONGEST

_CAP = 10**9

PARSER: Any = import_module("re._parser")  # re itself has imported it; it has no types

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
REPEATS = frozenset({"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"})
LOOKS = frozenset({"ASSERT", "ASSERT_NOT"})

Items = Sequence[tuple[Any, Any]]


def steps_of(items: Items) -> int:
    """Give the most steps that the matcher takes from one place of a text."""
    return _sequence(items, None).steps


def within(op: str, value: Any) -> list[Items]:
    """Give the sequences inside one item of a parse tree."""
    if op in REPEATS:
        return [value[2].data]
    if op in LOOKS:
        return [value[1].data]
    if op == "SUBPATTERN":
        return [value[-1].data]
    if op == "ATOMIC_GROUP":
        return [value.data]
    return [branch.data for branch in value[1]] if op == "BRANCH" else []


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
    if op in REPEATS:
        return _repeat(value, follow)
    inside = [_sequence(items, None if op in LOOKS else follow) for items in within(op, value)]
    if op == "BRANCH":
        return _branch(inside, follow)
    if op in LOOKS:
        return _Cost(_NONE, True, max(1, inside[0].steps // LONGEST), inside[0].steps)
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
        if op in LOOKS or op == "AT":
            continue
        found = found.union(*(_first(inside) for inside in within(op, value)))
        if not _may_be_empty(op, value):
            return found
    return found


def _may_be_empty(op: str, value: Any) -> bool:
    if op == "AT" or op in LOOKS or (op in REPEATS and value[0] == 0):
        return True
    return any(all(_may_be_empty(str(c), v) for c, v in inside) for inside in within(op, value))


def _characters(op: str, value: Any) -> frozenset[int]:
    """Give the characters that one item takes, large and small letters alike; rather too many than too few."""
    if op == "ANY":
        return _ALL
    if op == "LITERAL":
        return _letter(value)
    members = value if op == "IN" else [(op.removeprefix("NOT_"), value)]
    exact = frozenset().union(*(_member(str(code), of) for code, of in members if str(code) != "NEGATE"))
    if op == "NOT_LITERAL" or any(str(code) == "NEGATE" for code, _ in members):
        return _ALL - (exact - {_OTHER})
    return frozenset().union(*map(_letter, exact))


@cache
def _letter(code: int) -> frozenset[int]:
    return frozenset({ord(chr(code).lower()), ord(chr(code).upper())} if code < _OTHER else {_OTHER})


def _member(op: str, value: Any) -> frozenset[int]:
    if op == "LITERAL":
        return frozenset({min(value, _OTHER)})
    if op == "RANGE":
        return frozenset(range(min(value[0], _OTHER), min(value[1], _OTHER) + 1))
    kind = str(value)
    known = _CATEGORIES[kind.replace("_NOT_", "_")]
    return (_ALL - known if "_NOT_" in kind else known) | {_OTHER}
