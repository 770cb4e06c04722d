"""A second, slower reader for what the first is not sure of: a small transformer, read with numpy.

It is MiniLM (six layers, 384 numbers a piece; Apache-2.0), trained further on the labelled posts by
policy/train_second.py; its weights stand in second_reader.bin as whole numbers of eight bits. It says of every piece
of a text how sure it is of each label. It comes with the extra `judge` (numpy); without it the first reader decides
alone.
"""

import json
import os
import struct
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from notifier.policy.wordpieces import BEGIN, END, Piece, pieces_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

WEIGHTS = Path(__file__).with_name("second_reader.bin")
MAGIC = b"notifier-second-1\n"
LONGEST = 192
"""Pieces that are read at once; a longer text is read in parts that end with a sentence where they can."""


class SecondReader:
    """The transformer with its weights."""

    def __init__(self, blob: bytes) -> None:
        import numpy as np

        if not blob.startswith(MAGIC):
            raise ValueError("these are no weights of the second reader")
        start = len(MAGIC) + 4
        (size,) = struct.unpack_from("<I", blob, len(MAGIC))
        header = json.loads(blob[start : start + size])
        self.labels: tuple[str, ...] = tuple(header["labels"])
        words = blob[start + size : start + size + header["words"]].decode().split("\n")
        self._vocabulary = dict(zip(words, range(len(words)), strict=True))
        self._heads: int = header["heads"]
        self._layers: int = header["layers"]
        self._arrays: dict[str, Any] = {}
        at = start + size + header["words"]
        for name, kind, *shape in header["arrays"]:
            count = int(np.prod(shape))
            self._arrays[name] = np.frombuffer(blob, kind, count, at).reshape(shape)
            at += count * np.dtype(kind).itemsize
        for name in [n for n in self._arrays if n.endswith(".whole") and n != "pieces.whole"]:
            plain = name.removesuffix(".whole")
            self._arrays[plain] = self._arrays.pop(name).astype(np.float32) * self._arrays.pop(f"{plain}.scale")

    def pieces(self, text: str) -> list[Piece]:
        """Cut a plain text as the reader knows it."""
        return pieces_of(text, self._vocabulary)

    def read(self, before: Sequence[Piece], pieces: Sequence[Piece]) -> "Floats":
        """Give [piece, label]: how sure it is; `before` stands before every part."""
        import numpy as np

        head = [self._vocabulary[BEGIN], *(piece.number for piece in before)]
        room = LONGEST - len(head) - 1
        parts = [pieces[at : at + room] for at in range(0, len(pieces), room)]
        read = [
            self._forward([*head, *(piece.number for piece in part), self._vocabulary[END]])[len(head) : -1]
            for part in parts
        ]
        return np.concatenate(read) if read else np.zeros((0, len(self.labels)), np.float32)

    def _forward(self, numbers: Sequence[int]) -> "Floats":
        import numpy as np

        a = self._arrays
        chosen = np.array(numbers)
        state = a["pieces.whole"][chosen].astype(np.float32) * a["pieces.scale"][chosen]
        state = _normal(state + a["places"][: len(numbers)], a["begin.gain"], a["begin.shift"])
        for layer in range(self._layers):
            state = self._layer(state, f"{layer}.")
        answer: Floats = state @ a["head"].T + a["head.bias"]
        return answer

    def _layer(self, state: "Floats", of: str) -> "Floats":
        import numpy as np

        a, heads = self._arrays, self._heads
        length, size = state.shape
        q, k, v = (
            (state @ a[f"{of}{part}"].T + a[f"{of}{part}.bias"])
            .reshape(length, heads, size // heads)
            .transpose(1, 0, 2)
            for part in "qkv"
        )
        weight = np.exp(_shifted(q @ k.transpose(0, 2, 1) / np.float32((size // heads) ** 0.5)))
        weight /= weight.sum(-1, keepdims=True)
        met = (weight @ v).transpose(1, 0, 2).reshape(length, size)
        state = _normal(state + met @ a[f"{of}met"].T + a[f"{of}met.bias"], a[f"{of}met.gain"], a[f"{of}met.shift"])
        wide = _gelu(state @ a[f"{of}wide"].T + a[f"{of}wide.bias"])
        return _normal(state + wide @ a[f"{of}back"].T + a[f"{of}back.bias"], a[f"{of}back.gain"], a[f"{of}back.shift"])


def _shifted(scores: "Floats") -> "Floats":
    shifted: Floats = scores - scores.max(-1, keepdims=True)
    return shifted


def _normal(state: "Floats", gain: "Floats", shift: "Floats") -> "Floats":
    import numpy as np

    mean = state.mean(-1, keepdims=True)
    spread = np.sqrt(state.var(-1, keepdims=True) + np.float32(1e-12))
    normal: Floats = (state - mean) / spread * gain + shift
    return normal


def _gelu(x: "Floats") -> "Floats":
    import numpy as np

    # tanh's form of the curve; training uses the same.
    bent: Floats = (
        np.float32(0.5) * x * (1 + np.tanh(np.float32(0.7978845608) * (x + np.float32(0.044715) * x * x * x)))
    )
    return bent


@cache
def there_is_one() -> bool:
    """Whether the second reader can be asked: its extra is installed; looked for once a process."""
    return WEIGHTS.is_file() and find_spec("numpy") is not None


@cache
def second_reader() -> SecondReader:
    """Read the weights, once a process.

    numpy counts with one thread: the matrices are small, and a second thread waits longer than it works.
    """
    for library in ("OPENBLAS", "MKL", "OMP"):
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")
    return SecondReader(WEIGHTS.read_bytes())
