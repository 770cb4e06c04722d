"""What the AT Protocol calls things: record keys, content identifiers, tokens."""

import base64
import hashlib
import itertools
import json
import re
import threading
from datetime import datetime
from typing import Any, Final

from notifier.practice.exchange import new_token

_ALPHABET: Final = "234567abcdefghijklmnopqrstuvwxyz"
# The first of the 13 characters holds the top four bits, of which the highest is 0.
_TID: Final = re.compile(r"[2-7a-j][2-7a-z]{12}")
_counter: Final = itertools.count()
_lock: Final = threading.Lock()


def is_tid(key: str) -> bool:
    """Say whether a record key is a timestamp identifier, as a post's must be."""
    return bool(_TID.fullmatch(key))


def new_tid(now: datetime) -> str:
    """Make a timestamp identifier: microseconds, then ten bits of a clock's number."""
    with _lock:
        number = (int(now.timestamp() * 1_000_000) + next(_counter)) << 10
    return "".join(_ALPHABET[number >> 5 * place & 31] for place in range(12, -1, -1))


def blob_cid(content: bytes) -> str:
    """Name a blob by its content: CIDv1, raw, SHA-256."""
    return _cid(0x55, content)


def record_cid(record: Any) -> str:
    """Name a record by its content.

    The real one hashes DAG-CBOR; here it is JSON with sorted keys, which serves whoever compares or hands it back.
    """
    return _cid(0x71, json.dumps(record, sort_keys=True, ensure_ascii=False).encode())


def _cid(codec: int, content: bytes) -> str:
    whole = bytes((1, codec, 0x12, 0x20)) + hashlib.sha256(content).digest()
    return "b" + base64.b32encode(whole).decode().lower().rstrip("=")


def new_jwt(scope: str, subject: str, until: datetime) -> str:
    """Make a token that reads as a JWT does; nobody checks its signature but who made it."""

    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    claims = {"scope": scope, "sub": subject, "exp": int(until.timestamp()), "jti": new_token()}
    return f"{part({'typ': 'at+jwt', 'alg': 'none'})}.{part(claims)}.{new_token(43)}"
