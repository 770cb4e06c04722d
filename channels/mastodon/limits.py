"""What the account's server takes, as it says itself (GET /api/v2/instance), within what can be true.

Kept in the account's state; until the server was asked, what every Mastodon server takes holds.
"""

import math
from collections.abc import Mapping
from typing import Any

from notifier.channel import Limit, Pictures

_COUNTED_AS = 23
"""Characters that an address counts; a server that says more takes so much less text."""
_ADDRESSES = 4
"""Of one text, for which room is kept there."""
_TYPES = ("image/jpeg", "image/png")
_SIDE = 2_048
"""Pixels; Mastodon shows no picture larger than that, whatever it takes."""
_RANGES: Mapping[str, tuple[int, int, int]] = {
    # name: least and greatest that is believed, and what holds where the server says nothing that is.
    "max_characters": (140, 100_000, 500),
    "characters_reserved_per_url": (1, 200, _COUNTED_AS),
    "max_media_attachments": (1, 100, 4),
    "description_limit": (100, 100_000, 1_500),
    "image_size_limit": (100_000, 10**9, 16_000_000),
    "image_matrix_limit": (100_000, 10**10, 33_177_600),
    "video_size_limit": (100_000, 512_000_000, 99_000_000),
}
LIMITS_KEPT_AS = "limits"


def read_limits(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Read the server's answer: what it says of statuses and media, and what of that is to be believed."""
    configuration = _object(answer.get("configuration"))
    told = {**_object(configuration.get("statuses")), **_object(configuration.get("media_attachments"))}
    limits: dict[str, Any] = {name: told[name] for name in _RANGES if _is_sound(name, told.get(name))}
    types = told.get("supported_mime_types")
    if isinstance(types, list) and (taken := [kind for kind in _TYPES if kind in types]):
        limits["types"] = taken
    return limits


def text_limit(state: Mapping[str, Any]) -> Limit:
    """What a status takes; a server that counts an address higher than Mastodon does gets shorter texts."""
    dearer = max(_of(state, "characters_reserved_per_url") - _COUNTED_AS, 0)
    most = _of(state, "max_characters")
    return Limit(max(most - dearer * _ADDRESSES, most // 2), "mastodon")


def picture_limits(state: Mapping[str, Any]) -> Pictures:
    """What it takes of pictures."""
    kept = _object(state.get(LIMITS_KEPT_AS)).get("types")
    return Pictures(
        most=_of(state, "max_media_attachments"),
        size=_of(state, "image_size_limit"),
        side=min(_SIDE, math.isqrt(_of(state, "image_matrix_limit"))),
        types=tuple(kept) if kept else _TYPES,
        alt=_of(state, "description_limit"),
    )


def most_video(state: Mapping[str, Any]) -> int:
    """Bytes of a video that it takes."""
    return _of(state, "video_size_limit")


def _of(state: Mapping[str, Any], name: str) -> int:
    value = _object(state.get(LIMITS_KEPT_AS)).get(name)
    return value if isinstance(value, int) and _is_sound(name, value) else _RANGES[name][2]


def _is_sound(name: str, value: object) -> bool:
    least, most, _ = _RANGES[name]
    return type(value) is int and least <= value <= most


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
