"""What happened: an append-only hash chain a stream, and the contents it speaks of, addressed by SHA-256."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from notifier.clock import from_micros, iso, to_micros
from notifier.store.sqlite import Row, Session

GENESIS = "0" * 64
"""The hash before the first event of a stream."""


@dataclass(frozen=True)
class Actor:
    """Who did it: the user as claimed, and the operating system's login."""

    user: str
    login: str


SYSTEM = Actor("notifier", "notifier")


def append(session: Session, stream: str, type_: str, actor: Actor, at: datetime, data: Mapping[str, Any]) -> None:
    """Append an event to a stream, in the transaction of whatever it records."""
    last = session.one("last_event", stream=stream)
    number, previous = (last["number"] + 1, last["hash"]) if last else (1, GENESIS)
    event: dict[str, Any] = {
        "stream": stream,
        "number": number,
        "at": to_micros(at),
        "type": type_,
        "actor": actor.user,
        "login": actor.login,
        "data": canonical(data),
        "previous": previous,
    }
    session.run("append_event", **event, hash=event_hash(event))


def keep(session: Session, body: bytes, media_type: str, at: datetime) -> str:
    """Keep a content once, and answer its SHA-256."""
    sha256 = hashlib.sha256(body).hexdigest()
    session.run("keep_content", sha256=sha256, media_type=media_type, body=body, created=to_micros(at))
    return sha256


def canonical(value: object) -> str:
    """Write JSON in the one way that is hashed: sorted keys, no spaces, UTF-8 as it is."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


_HASHED = ("previous", "stream", "number", "at", "type", "actor", "login", "data")


def event_hash(event: Mapping[str, Any]) -> str:
    """Hash an event with the hash before it; `data` is hashed as the JSON text that stands in the record."""
    return hashlib.sha256(canonical([event[name] for name in _HASHED]).encode()).hexdigest()


def exported(row: Row) -> dict[str, Any]:
    """Write an event for people and for `records verify`: its data as JSON, its time as ISO 8601 beside the number."""
    return {**row, "data": json.loads(row["data"]), "time": iso(from_micros(row["at"]))}


@dataclass(frozen=True)
class Fault:
    """One place where a record does not verify, in a sentence."""

    stream: str
    sentence: str


def verify_chain(stream: str, events: list[Mapping[str, Any]]) -> list[Fault]:
    """Check a stream's events: none missing, none changed, each linked to the one before.

    events: in order; `data` as JSON text or as the value it stands for.
    """
    faults: list[Fault] = []
    previous = GENESIS
    for place, event in enumerate(events, start=1):
        if event["number"] != place:
            faults.append(Fault(stream, f"event {place} is missing"))
            break
        data = event["data"] if isinstance(event["data"], str) else canonical(event["data"])
        if event["previous"] != previous:
            faults.append(Fault(stream, f"event {place} does not follow the one before it"))
        if event_hash({**event, "data": data}) != event["hash"]:
            faults.append(Fault(stream, f"event {place} ({event['type']}) was changed"))
        previous = event["hash"]
    return faults


def contents_named(value: object) -> set[str]:
    """Collect every content that an event's data names (`sha256` keys and the keys that end so)."""
    if isinstance(value, Mapping):
        own = {str(v) for k, v in value.items() if str(k).endswith("sha256") and isinstance(v, str)}
        return own.union(*(contents_named(v) for v in value.values()))
    if isinstance(value, list):
        return set[str]().union(*(contents_named(v) for v in value))
    return set()


def verify_all(session: Session) -> tuple[int, list[Fault]]:
    """Check every chain, and every content against its hash and against the events that name it."""
    faults: list[Fault] = []
    count = 0
    named: dict[str, str] = {}
    for stream in [row["stream"] for row in session.all("streams")]:
        events = session.all("events_of", stream=stream)
        count += len(events)
        faults += verify_chain(stream, events)
        for event in events:
            named |= dict.fromkeys(contents_named(json.loads(event["data"])), stream)
    for row in session.all("contents"):
        named.pop(row["sha256"], None)
        faults += content_faults(row["sha256"], row["body"])
    faults += [Fault(stream, f"the content {sha[:12]}… that it names is missing") for sha, stream in named.items()]
    return count, faults


def content_faults(sha256: str, body: bytes | str) -> list[Fault]:
    """Check one content against its hash."""
    raw = body if isinstance(body, bytes) else body.encode()
    if hashlib.sha256(raw).hexdigest() == sha256:
        return []
    return [Fault(f"content {sha256[:12]}…", "was changed: it no longer has this hash")]


RECORD_FORMAT = "notifier-record-1"


def record_of(session: Session, stream: str) -> dict[str, Any]:
    """Write a stream's whole record: its events, and every content they name; verifiable without the store."""
    events = [exported(row) for row in session.all("events_of", stream=stream)]
    named = sorted({sha for event in events for sha in contents_named(event["data"])})
    contents = {}
    for sha in named:
        row = session.one("content", sha256=sha)
        if row is not None:
            contents[sha] = _exported_content(row)
    return {"format": RECORD_FORMAT, "stream": stream, "events": events, "contents": contents}


def _exported_content(row: Row) -> dict[str, str]:
    body = row["body"] if isinstance(row["body"], bytes) else str(row["body"]).encode()
    if row["media_type"] == "application/json":
        return {"media_type": row["media_type"], "text": body.decode()}
    import base64

    return {"media_type": row["media_type"], "base64": base64.b64encode(body).decode()}


def verify_record(record: Mapping[str, Any]) -> tuple[int, list[Fault]]:
    """Check a record from its own JSON alone; ValueError or KeyError when it is no record."""
    if record["format"] != RECORD_FORMAT:
        raise ValueError("not a record")
    stream, events = str(record["stream"]), list(record["events"])
    faults = verify_chain(stream, events)
    contents: Mapping[str, Mapping[str, str]] = record["contents"]
    for sha, content in contents.items():
        faults += content_faults(sha, _imported_content(content))
    for event in events:
        missing = contents_named(event["data"]) - set(contents)
        faults += [Fault(stream, f"the content {sha[:12]}… that it names is missing") for sha in sorted(missing)]
    return len(events), faults


def _imported_content(content: Mapping[str, str]) -> bytes:
    if "text" in content:
        return content["text"].encode()
    import base64

    return base64.b64decode(content["base64"])
