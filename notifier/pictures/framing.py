"""How large a picture becomes for a network: its longest side, and white beside it where its shape is not taken."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

LARGEST_SIDE = 4096
"""Pixels that any picture which is made anew keeps of its longest side; no network shows more."""
_SIDES: Final = (3072, 2560, 2048, 1600, 1440, 1280, 1080, 960, 800, 640, 512, 400, 320, 240, 160, 120, 80, 64)
"""Pixels of the longest side that are tried one after another; the same for all networks, so that they share them."""

Size = tuple[int, int]
Shape = tuple[float, float]


@dataclass(frozen=True)
class Frame:
    """The pixels of what is published, and of the picture within it: less where white is added."""

    outer: Size
    inner: Size


def has_shape(size: Size, shape: Shape | None) -> bool:
    """Say whether width by height is between a shape's least and greatest."""
    return shape is None or shape[0] <= size[0] / size[1] <= shape[1]


def framed(size: Size, side: int, shape: Shape | None = None) -> Frame:
    """Make a picture's frame: no side longer than `side`, nothing cropped, nothing made larger."""
    width, height = size
    ratio = width / height
    wanted = ratio if shape is None else min(max(ratio, shape[0]), shape[1])
    scale = min(1.0, side / max(width, height * wanted, width / wanted))
    if has_shape(size, shape):
        outer = _shaped(_rounded(width * scale, height * scale), side, shape)
        return Frame(outer, outer)
    outer = _shaped(_rounded(max(width, height * wanted) * scale, max(height, width / wanted) * scale), side, shape)
    scale = min(scale, outer[0] / width, outer[1] / height)
    inner = _rounded(width * scale, height * scale)
    return Frame(outer, (min(inner[0], outer[0]), min(inner[1], outer[1])))


def _rounded(width: float, height: float) -> Size:
    return max(1, round(width)), max(1, round(height))


def _shaped(size: Size, side: int, shape: Shape | None) -> Size:
    """Add the pixel that rounding took from the shape; where a side is full already, take one from the other."""
    width, height = size
    if shape is None:
        return size
    if width < shape[0] * height:
        width = math.ceil(shape[0] * height)
        if width > side:
            width, height = side, max(1, math.floor(side / shape[0]))
    elif width > shape[1] * height:
        height = math.ceil(width / shape[1])
        if height > side:
            width, height = max(1, math.floor(side * shape[1])), side
    return width, height


def sides(longest: int) -> Iterator[int]:
    """Give the sides to try, from the longest downwards."""
    yield longest
    yield from (side for side in _SIDES if side < longest)
