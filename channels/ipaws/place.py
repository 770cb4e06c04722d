"""Whom an alert reaches: counties by their SAME codes, and a polygon where less than a county is meant."""

import math
import re
from itertools import pairwise
from typing import Annotated, Final, NamedTuple

from pydantic import AfterValidator, Field

MOST_CORNERS: Final = 100
"""Points of a polygon that telephones' networks take (47 CFR 10.450)."""

SameCode = Annotated[str, Field(pattern=r"^[0-9]{6}$")]
"""Six digits: part of a county or 0, state, county, as 025017 for Middlesex, Massachusetts."""


class Place(NamedTuple):
    """Where the alert holds."""

    same: tuple[str, ...]
    polygon: str | None
    """Corners as latitude,longitude with spaces between; the last is the first again."""
    description: str | None
    """In words; None: as the notification says it."""


def _polygon(text: str) -> str:
    corners = text.split()
    points = [re.fullmatch(r"(-?\d{1,2}(?:\.\d{1,6})?),(-?\d{1,3}(?:\.\d{1,6})?)", corner) for corner in corners]
    known = [(float(point[1]), float(point[2])) for point in points if point]
    if len(known) < len(corners) or not all(abs(lat) <= 90 and abs(lon) <= 180 for lat, lon in known):
        raise ValueError('is not a polygon; write corners as "42.38,-71.24 42.38,-71.20 42.35,-71.20 42.38,-71.24"')
    if not 4 <= len(known) <= MOST_CORNERS or known[0] != known[-1]:
        raise ValueError(f"needs 4 to {MOST_CORNERS} corners, of which the last is the first again")
    if _crosses_itself(known):
        raise ValueError("crosses itself; give the corners in order around the place")
    return " ".join(corners)


def _crosses_itself(points: list[tuple[float, float]]) -> bool:
    sides = list(pairwise(points))
    last = len(sides) - 1
    return any(
        _cross(*sides[one], *sides[other])
        for one in range(len(sides))
        for other in range(one + 2, len(sides))
        if (one, other) != (0, last)
    )


def _cross(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float], d: tuple[float, float]) -> bool:
    def side(p: tuple[float, float], q: tuple[float, float], r: tuple[float, float]) -> float:
        return math.copysign(1, (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]))

    return side(a, b, c) != side(a, b, d) and side(c, d, a) != side(c, d, b)


Polygon = Annotated[str, AfterValidator(_polygon)]
"""A setting: the corners of a place."""
