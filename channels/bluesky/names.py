"""How AT Protocol names things: record keys that sort by time, and content identifiers (TID, DAG-CBOR, CIDv1).

atproto.com/specs: record-key, tid, data-model. Two small encodings, and both must be exactly those that the server
makes: a thread's parts name each other before any of them is published.
"""

import base64
import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

_SORTABLE = "234567abcdefghijklmnopqrstuvwxyz"


def record_key(moment: datetime, key: str, part: int) -> str:
    """Make a record's key: the same for every attempt, another for every message and part.

    A TID is microseconds and ten bits of a clock's id. Our microseconds stand within a second of the moment, where the
    message's own key says.
    """
    mark = hashlib.sha256(f"{key}#{part}".encode()).digest()
    micros = int(moment.timestamp()) * 1_000_000 + int.from_bytes(mark[:4], "big") % 1_000_000
    number = (micros << 10) | (int.from_bytes(mark[4:6], "big") & 0x3FF)
    return "".join(_SORTABLE[(number >> (5 * place)) & 31] for place in range(12, -1, -1))


def content_id(record: Mapping[str, Any]) -> str:
    """Name a record by its content, as the server does."""
    digest = hashlib.sha256(_cbor(record)).digest()
    return "b" + base64.b32encode(b"\x01\x71\x12\x20" + digest).decode().lower().rstrip("=")


def _cbor(value: Any) -> bytes:
    """Encode as DAG-CBOR: shortest heads, keys by length and then bytes, links to contents as tag 42."""
    match value:
        case bool():
            return b"\xf5" if value else b"\xf4"
        case None:
            return b"\xf6"
        case int():
            return _head(0, value) if value >= 0 else _head(1, -1 - value)
        case str():
            text = value.encode()
            return _head(3, len(text)) + text
        case {"$link": str(link)}:
            raw = b"\x00" + base64.b32decode(link[1:].upper() + "=" * (-len(link[1:]) % 8))
            return b"\xd8\x2a" + _head(2, len(raw)) + raw
        case dict():
            items = sorted((key.encode(), item) for key, item in value.items())
            items.sort(key=lambda item: len(item[0]))
            return _head(5, len(items)) + b"".join(_head(3, len(key)) + key + _cbor(item) for key, item in items)
        case list() | tuple():
            return _head(4, len(value)) + b"".join(_cbor(item) for item in value)
    raise TypeError(f"{type(value).__name__} has no place in a record")


def _head(kind: int, amount: int) -> bytes:
    if amount < 24:
        return bytes([kind << 5 | amount])
    for extra, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if amount < 1 << (8 * size):
            return bytes([kind << 5 | extra]) + amount.to_bytes(size, "big")
    raise ValueError("a number is too great for CBOR")
