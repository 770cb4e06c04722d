"""What happened: an append-only hash chain a stream, and the contents it speaks of, addressed by SHA-256."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from notifier.clock import from_micros, iso, to_micros
from notifier.store.database import Row, Session

GENESIS = "0" * 64
"""The hash before the first event of a stream."""
JSON = "application/json"


@dataclass(frozen=True)
class Actor:
    """Who did it: the user as claimed, and the operating system's login."""

    user: str
    login: str


SYSTEM = Actor("notifier", "notifier")


@dataclass(frozen=True)
class Entry:
    """An event to append: what happened in a department's stream, who did it and when."""

    department: str
    stream: str
    type: str
    actor: Actor
    at: datetime
    data: Mapping[str, Any]


def append(
    session: Session, department: str, stream: str, type_: str, actor: Actor, at: datetime, data: Mapping[str, Any]
) -> None:
    """Append an event to a department's stream, in the transaction of whatever it records."""
    append_all(session, [Entry(department, stream, type_, actor, at, data)])


def append_all(session: Session, entries: Iterable[Entry]) -> None:
    """Append events in this order, each to its stream, in the transaction of whatever they record."""
    entries = list(entries)
    streams = list(dict.fromkeys((entry.department, entry.stream) for entry in entries))
    lasts = session.each("last_event", [{"department": department, "stream": stream} for department, stream in streams])
    heads = {
        place: (rows[0]["number"], rows[0]["hash"]) if rows else (0, GENESIS)
        for place, rows in zip(streams, lasts, strict=True)
    }
    written = []
    for entry in entries:
        number, previous = heads[entry.department, entry.stream]
        event = _event(entry, number + 1, previous)
        heads[entry.department, entry.stream] = number + 1, event["hash"]
        written.append(event)
    session.each("append_event", written)


def _event(entry: Entry, number: int, previous: str) -> dict[str, Any]:
    event: dict[str, Any] = {
        "department": entry.department,
        "stream": entry.stream,
        "number": number,
        "at": to_micros(entry.at),
        "type": entry.type,
        "actor": entry.actor.user,
        "login": entry.actor.login,
        "data": canonical(entry.data),
        "previous": previous,
    }
    return {**event, "hash": event_hash(event)}


def keep(session: Session, body: bytes, media_type: str, at: datetime) -> str:
    """Keep a content once, and answer its SHA-256."""
    sha256 = hashlib.sha256(body).hexdigest()
    session.run("keep_content", sha256=sha256, media_type=media_type, body=body, created=to_micros(at))
    return sha256


def canonical(value: object) -> str:
    """Write JSON in the one way that is hashed: sorted keys, no spaces, UTF-8 as it is."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


_HASHED = ("previous", "department", "stream", "number", "at", "type", "actor", "login", "data")


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
        if event["previous"] != previous:
            faults.append(Fault(stream, f"event {place} does not follow the one before it"))
        if not _is_as_hashed(event):
            faults.append(Fault(stream, f"event {place} ({event['type']}) was changed"))
        previous = event["hash"]
    return faults


def _is_as_hashed(event: Mapping[str, Any]) -> bool:
    try:
        data = event["data"] if isinstance(event["data"], str) else canonical(event["data"])
        return bool(event_hash({**event, "data": data}) == event["hash"])
    except TypeError:  # a value of another type than was written, as bytes
        return False


def contents_named(value: object) -> set[str]:
    """Collect every content that an event's data names (`sha256` keys and the keys that end so)."""
    if isinstance(value, Mapping):
        own = {str(v) for k, v in value.items() if str(k).endswith("sha256") and isinstance(v, str)}
        return own.union(*(contents_named(v) for v in value.values()))
    if isinstance(value, list):
        return set[str]().union(*(contents_named(v) for v in value))
    return set()


def media_types_named(data: object) -> dict[str, str]:
    """Read the media types that an event's data gives to the contents it names; what it does not say is JSON."""
    attachments = data.get("attachments", ()) if isinstance(data, Mapping) else ()
    named = dict.fromkeys(contents_named(data), JSON)
    return named | {one["sha256"]: one["media_type"] for one in attachments}


def verify_all(session: Session) -> tuple[int, list[Fault]]:
    """Check every chain of every department, and every content against its hash and the events that name it."""
    faults: list[Fault] = []
    count = 0
    named: dict[str, tuple[str, str]] = {}
    try:
        streams = session.all("streams")
    except UnicodeDecodeError:
        return 0, [Fault("the record", "the name of a stream was changed: it holds bytes that are no text")]
    for row in streams:
        department, stream = str(row["department"]), str(row["stream"])
        shown = stream if stream.startswith("n-") else f"{stream} of {department}"
        try:
            events = session.all("events_of", department=row["department"], stream=row["stream"])
        except UnicodeDecodeError:
            faults.append(Fault(shown, "an event was changed: it holds bytes that are no text"))
            continue
        count += len(events)
        faults += verify_chain(shown, events)
        for event in events:
            named |= {sha: (type_, shown) for sha, type_ in media_types_named(_data(event)).items()}
    faults += _contents_faults(session, named)
    return count, faults


def _data(event: Mapping[str, Any]) -> object:
    """An event's data; nothing where it was changed into what is no JSON, which its hash tells."""
    try:
        return json.loads(event["data"])
    except (ValueError, TypeError):
        return {}


def _contents_faults(session: Session, named: dict[str, tuple[str, str]]) -> Iterator[Fault]:
    """Check every stored content, and that none which an event names is missing."""
    missing = dict(named)
    for row in session.all("contents"):
        sha256 = str(row["sha256"])
        missing.pop(sha256, None)
        type_ = named[sha256][0] if sha256 in named else str(row["media_type"])
        stored = session.one("content", sha256=row["sha256"])  # one at a time: together they may be too large
        yield from content_faults(sha256, stored and stored["body"], str(row["media_type"]), type_)
    for sha256, (_, stream) in missing.items():
        yield Fault(stream, f"the content {sha256[:12]}… that it names is missing")


def content_faults(sha256: str, body: object, media_type: str, named_type: str) -> list[Fault]:
    """Check one content against its hash, and its type against the one that the events give it."""
    raw = body if isinstance(body, bytes) else str(body).encode()
    where = f"content {sha256[:12]}…"
    if body is None or hashlib.sha256(raw).hexdigest() != sha256:
        return [Fault(where, "was changed: it no longer has this hash")]
    if media_type != named_type:
        return [Fault(where, f"was changed: its type was {named_type}")]
    return []


# --- a record on its own ----------------------------------------------------------------------------------------------

RECORD_FORMAT = "notifier-record-1"


def record_of(session: Session, department: str, stream: str) -> dict[str, Any]:
    """Write a stream's whole record: its events, and every content they name; verifiable without the store."""
    events = [exported(row) for row in session.all("events_of", department=department, stream=stream)]
    named = sorted({sha for event in events for sha in contents_named(event["data"])})
    contents = {}
    for sha in named:
        row = session.one("content", sha256=sha)
        if row is not None:
            contents[sha] = _exported_content(row)
    return {
        "format": RECORD_FORMAT,
        "department": department,
        "stream": stream,
        "events": events,
        "contents": contents,
    }


def _exported_content(row: Row) -> dict[str, str]:
    body = row["body"] if isinstance(row["body"], bytes) else str(row["body"]).encode()
    if row["media_type"] == JSON:
        return {"media_type": row["media_type"], "text": body.decode()}
    import base64

    return {"media_type": row["media_type"], "base64": base64.b64encode(body).decode()}


def verify_record(record: Mapping[str, Any]) -> tuple[int, list[Fault]]:
    """Check a record from its own JSON alone; ValueError, KeyError, TypeError or AttributeError when it is none."""
    if record["format"] != RECORD_FORMAT:
        raise ValueError("not a record")
    stream, events = str(record["stream"]), list(record["events"])
    faults = verify_chain(stream, events)
    faults += [fault for event in events for fault in _event_faults(record, event)]
    named = {sha: type_ for event in events for sha, type_ in media_types_named(event["data"]).items()}
    contents: Mapping[str, Mapping[str, str]] = record["contents"]
    for sha, content in contents.items():
        if sha not in named:
            faults.append(Fault(stream, f"no event names the content {sha[:12]}…"))
        else:
            faults += content_faults(sha, _imported_content(content), content["media_type"], named[sha])
    missing = sorted(named.keys() - contents.keys())
    faults += [Fault(stream, f"the content {sha[:12]}… that it names is missing") for sha in missing]
    return len(events), faults


def _event_faults(record: Mapping[str, Any], event: Mapping[str, Any]) -> Iterator[Fault]:
    """Check what stands beside the hashed part of an exported event: nothing but its time, written for people."""
    stream, number = str(record["stream"]), event["number"]
    if (event["stream"], event["department"]) != (record["stream"], record["department"]):
        yield Fault(stream, f"event {number} is of another stream")
    if event["time"] != iso(from_micros(event["at"])):
        yield Fault(stream, f"event {number} was changed: its time is not the one that was recorded")
    if event.keys() != {*_HASHED, "hash", "time"}:
        yield Fault(stream, f"event {number} was changed: something was added to it")


def _imported_content(content: Mapping[str, str]) -> bytes:
    if "text" in content:
        return content["text"].encode()
    import base64

    return base64.b64decode(content["base64"])
