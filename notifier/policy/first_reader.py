"""What a sentence says, where no list of words can tell: a small network, trained on labelled posts, read in plain
Python.

It is a convolution over the words of one sentence (each filter keeps its strongest place), seen together with the
strongest of the whole post and with the kind; policy/train_first.py makes it and tells how. All that depends on a word
alone was worked out in training and stands in first_reader.bin, so that reading a sentence is adding rows of whole
numbers. Equal texts get equal scores on every machine that follows IEEE 754.
"""

import json
import struct
from array import array
from collections.abc import Sequence
from functools import cache
from operator import add, mul
from pathlib import Path
from typing import NamedTuple

from notifier.policy.tokens import Token

WEIGHTS = Path(__file__).with_name("first_reader.bin")
MAGIC = b"notifier-first-1\n"
_MOST_KEPT = 4_096
"""Sentences whose reading is kept for the next text that repeats them."""

Vector = Sequence[float]


class _Sentence(NamedTuple):
    strongest: tuple[int, ...]
    """Each filter's strongest answer."""
    hidden: tuple[float, ...]
    direct: tuple[float, ...]


class FirstReader:
    """The network: `scores` says of each sentence how sure it is of each label.

    Labels may end in `:block` or `:review`: how severe a finding of that label is.
    """

    def __init__(self, blob: bytes) -> None:
        if not blob.startswith(MAGIC):
            raise ValueError("these are no weights of the first reader")
        start = len(MAGIC) + 4
        (size,) = struct.unpack_from("<I", blob, len(MAGIC))
        header = json.loads(blob[start : start + size])
        self.labels: tuple[str, ...] = tuple(header["labels"])
        self._width: int = header["width"]
        self._filters: int = header["filters"]
        self._kinds: dict[str, int] = {kind: place for place, kind in enumerate(header["kinds"])}
        self._buckets: int = header["buckets"]
        view = memoryview(blob)[start + size :]
        words = bytes(view[: header["words"]]).decode().split("\n")
        self._rows = dict(zip(words, range(len(words)), strict=True))
        view = view[header["words"] :]
        row = self._width * self._filters
        count = len(words) + 2 * self._buckets + 4
        self._table = view[: count * row].cast("b")
        self._row = row
        self._starts = {"front": len(words), "back": len(words) + self._buckets, "shape": count - 4}
        dense = array("f")
        dense.frombytes(view[count * row :])
        self._read_dense(dense, header["hidden"])
        self._known: dict[tuple[tuple[str, int], ...], _Sentence] = {}
        self._word_rows: dict[tuple[str, int], tuple[list[int], ...]] = {}

    def _read_dense(self, dense: "array[float]", hidden: int) -> None:
        place = 0

        def take(rows: int, columns: int) -> list[tuple[float, ...]]:
            nonlocal place
            taken = [tuple(dense[place + r * columns : place + (r + 1) * columns]) for r in range(rows)]
            place += rows * columns
            return taken

        labels = len(self.labels)
        self._bias = tuple(int(value) for value in take(1, self._filters)[0])
        self._hidden_here, self._hidden_around = take(hidden, self._filters), take(hidden, self._filters)
        self._direct_here, self._direct_around = take(labels, self._filters), take(labels, self._filters)
        self._hidden_kind, self._direct_kind = take(2 * len(self._kinds), hidden), take(2 * len(self._kinds), labels)
        self._out = take(labels, hidden)

    def scores(
        self, sentences: Sequence[Sequence[Token]], kind: str | None, *, draft: bool = False
    ) -> list[tuple[float, ...]]:
        """Give, for each sentence of one post, a score for each label (the logarithm of the odds, roughly)."""
        read = [self._sentence(sentence) for sentence in sentences]
        if not read:
            return []
        around = tuple(map(max, zip(*(one.strongest for one in read), strict=True)))
        place = 2 * self._kinds.get(kind or "", 0) + draft
        hidden = tuple(map(add, _times(self._hidden_around, around), self._hidden_kind[place]))
        direct = tuple(map(add, _times(self._direct_around, around), self._direct_kind[place]))
        return [self._score(one, hidden, direct) for one in read]

    def _score(self, one: _Sentence, hidden: Vector, direct: Vector) -> tuple[float, ...]:
        active = [value if value > 0 else 0.0 for value in map(add, one.hidden, hidden)]
        return tuple(map(sum, zip(one.direct, direct, _times(self._out, active), strict=True)))

    def _sentence(self, tokens: Sequence[Token]) -> _Sentence:
        key = tuple((token.word, token.shape) for token in tokens)
        known = self._known.get(key)
        if known is None:
            strongest = self._strongest(key)
            known = _Sentence(strongest, _times(self._hidden_here, strongest), _times(self._direct_here, strongest))
            if len(self._known) < _MOST_KEPT:
                self._known[key] = known
        return known

    def _strongest(self, key: Sequence[tuple[str, int]]) -> tuple[int, ...]:
        """Slide the filters over a sentence; each word adds its row at every distance it can stand at."""
        reach = self._width // 2
        rows = [self._projected(word, shape) for word, shape in key]
        best = [0] * self._filters
        for place in range(len(rows)):
            sums: Sequence[int] = self._bias
            for near in range(max(place - reach, 0), min(place + reach + 1, len(rows))):
                sums = list(map(add, sums, rows[near][near - place + reach]))
            best = list(map(max, best, sums))
        return tuple(best)

    def _projected(self, word: str, shape: int) -> tuple[list[int], ...]:
        """Give a word's rows, one for each distance from the filter's middle."""
        known = self._word_rows.get((word, shape))
        if known is None:
            places = [self._starts["shape"] + shape]
            if word in self._rows:
                places.append(self._rows[word])
            elif word.isalpha():
                places.append(self._starts["front"] + bucket("^" + word[:4], self._buckets))
                places.append(self._starts["back"] + bucket(word[-3:] + "$", self._buckets))
            row = [0] * self._row
            for place in places:
                row = list(map(add, row, self._table[place * self._row : (place + 1) * self._row]))
            filters = self._filters
            known = tuple(row[at * filters : (at + 1) * filters] for at in range(self._width))
            if len(self._word_rows) < _MOST_KEPT:
                self._word_rows[word, shape] = known
        return known


def bucket(part: str, buckets: int) -> int:
    """Give the row of a word's beginning or end (FNV-1a), for words that training never met."""
    value = 2166136261
    for byte in part.encode():
        value = (value ^ byte) * 16777619 & 0xFFFFFFFF
    return value % buckets


def _times(matrix: Sequence[Vector], vector: Vector) -> tuple[float, ...]:
    return tuple(sum(map(mul, row, vector)) for row in matrix)


@cache
def first_reader() -> FirstReader:
    """Read the weights, once a process."""
    return FirstReader(WEIGHTS.read_bytes())
