"""A department's own regular expressions: read, refused in words where they are wrong or could take too long, then met.

A right one is compiled only when a text first holds the letters that it cannot do without.
"""

import re
import warnings
from collections.abc import Iterator
from functools import cache, cached_property
from typing import Any

from notifier.policy.normalising import normalise
from notifier.policy.passage import Passage
from notifier.policy.pattern_cost import LOOKS, PARSER, REPEATS, Items, steps_of, within

LONGEST_PATTERN = 500
"""Characters."""
DEEPEST = 20
"""Groups and repeats in one another; the compiler recurses into them."""
MOST_STEPS = 10_000
"""Steps of the matcher from one place of a text: two gaps as `.{0,60}`, or one as `.*`."""


_TOO_MUCH = "is nested too deeply or repeats too often; write it simpler"


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
    for char in re.findall(r"[^ -~]", written):
        if (plain := normalise(char).text) != char:
            said = f"posts are read without accents and signs, so write “{plain}”" if plain.strip() else "leave it out"
            raise ValueError(f"holds “{char}”, which is never met: {said}")
    try:
        tree = _parse(written)
        items: Items = tree.data
        lowest, _ = tree.getwidth()
        trouble = next(_troubles(items), None)
        if trouble is None and lowest == 0:
            trouble = "can be met without a word, and so in every text; let it hold at least one letter"
        if trouble is None and steps_of(items) > MOST_STEPS:
            trouble = "could take very long on some texts; bound its repeats, as .{0,40} for .*"
    except (RecursionError, OverflowError):
        trouble = _TOO_MUCH
    if trouble is not None:
        raise ValueError(trouble)
    return Pattern(written, items)


def _parse(written: str) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return PARSER.parse(written)
    except re.error as wrong:
        place = "" if wrong.pos is None else f", at its character {wrong.pos + 1}"
        raise ValueError(f"is not a regular expression: {wrong.msg}{place}") from None
    except Warning as wrong:
        raise ValueError(f"is not a clear regular expression: {wrong}") from None


def _troubles(items: Items, *, endless: bool = False, depth: int = 0) -> Iterator[str]:
    """Say what no pattern may have. endless: it stands inside a repeat that has no bound."""
    if depth > DEEPEST:
        yield _TOO_MUCH
        return
    for code, value in items:
        op = str(code)
        repeats = op in REPEATS and value[1] is PARSER.MAXREPEAT
        if op.startswith("GROUPREF"):
            yield "refers back to a group; write the words out instead"
        if op in LOOKS and value[0] < 0 and len(set(value[1].getwidth())) > 1:
            yield "looks back over words of differing length; a look-behind must be of one length"
        if repeats and endless:
            yield "has an endless repeat inside an endless repeat, which could take for ever; bound one, as {0,20}"
        for inside in within(op, value):
            yield from _troubles(inside, endless=endless or repeats, depth=depth + 1)


def _trigger(items: Items) -> str:
    """Give the longest run of letters, in small ones, that stands in whatever the pattern meets; empty: none."""
    best = run = ""
    for code, value in items:
        op = str(code)
        if op == "LITERAL" and chr(value).isascii():
            run += chr(value).lower()
            best = max(best, run, key=len)
            continue
        run = ""
        if op in ("SUBPATTERN", "ATOMIC_GROUP"):
            best = max(best, _trigger(within(op, value)[0]), key=len)
    return best
