"""How large a picture becomes for a network: its longest side, and white beside it where its shape is not taken."""

import math
import sys
from dataclasses import dataclass
from typing import Final

SIDES: Final = (2048, 1600, 1280, 1024, 800, 640, 512, 400, 320, 240, 180, 128, 96, 64)
"""Pixels of the longest side that pictures are made with: networks that want nearly the same share one. None shows more
than the first, and a resident's telephone need not load more."""
NEAR: Final = 0.9
"""The share of a side that is as good as the whole."""

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
    scale = min(1.0, side / max(width, height, height * wanted, width / wanted))
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


def common(size: Size) -> Size:
    """Give the size at which a picture is decoded to be made anew, whatever the network.

    A half, a quarter or an eighth where that is near the largest common side: a JPEG is decoded so, and not scaled.
    """
    longest = max(size)
    parts = (-(-longest // part) for part in (2, 4, 8))
    near = (part for part in parts if NEAR * SIDES[0] <= part <= SIDES[0])
    return framed(size, min(longest, next(near, SIDES[0]))).inner


def sides(size: Size, most: int | None, shape: Shape | None = None) -> tuple[int, ...]:
    """Give the longest sides to try, from the largest downwards: its own where that may be, then the common ones.

    most: pixels that the network takes.
    """
    own = max(framed(size, sys.maxsize, shape).outer)
    taken = min(own, most or own)
    tried = sorted({own, *SIDES}, reverse=True)
    return tuple(side for side in tried if side <= min(taken, SIDES[0])) or (taken,)
