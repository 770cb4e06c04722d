"""What a run found: gathered from the platforms and the books, told in lines, and kept for whoever looks into it."""

import json
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from chaos_audit import KINDS, Audit, Case, Event, Finding, Request
from chaos_books import DELIVERIES, EVENTS, Books, street_of
from chaos_platforms import Platforms
from chaos_worker import WRONG_CLOCK
from chaos_world import PLACES, channel_at, street_in

Cases = dict[tuple[str, str], Case]


def gather(books: Books, platforms: Mapping[str, Platforms]) -> list[Case]:
    """Put together what the books and the platforms know of each delivery."""
    cases = _ours(books)
    for server in platforms.values():
        for told in server.requests():
            case = _case(cases, street_in(told["body"]), channel_at(server.name, told["platform"], told["path"]))
            right = WRONG_CLOCK not in told["agent"]
            case.requests.append(Request.of(told, case.channel, case.street, right_clock=right))
        for told in server.posts():
            place = told["labels"].get("receiver") or f"/{told['platform']}/"
            words = f"{told['title']} {told['text']} {told['sms']}"
            case = _case(cases, street_in(words), channel_at(server.name, told["platform"], place))
            case.posts.append(str(told["id"]))
    return list(cases.values())


def _case(cases: Cases, street: str | None, channel: str) -> Case:
    key = (street or "(no street)", channel)
    if key not in cases:
        cases[key] = Case(*key, idempotent=channel in PLACES and PLACES[channel].idempotent)
    return cases[key]


def _ours(books: Books) -> Cases:
    events: dict[tuple[str, str], list[Event]] = defaultdict(list)
    for stream, _, at, type_, data in books.rows(EVENTS):
        told = json.loads(data)
        if "channel" in told:
            events[stream, told["channel"]].append(Event(at / 1e6, type_, told))
    cases: Cases = {}
    for notification, fields, channel, state, _, detail, remote_id, _ in books.rows(DELIVERIES):
        case = _case(cases, street_of(fields), channel)
        case.notification, case.state, case.detail, case.remote_id = notification, state, detail, remote_id
        case.events = events[notification, channel]
    return cases


def summary(found: Audit) -> str:
    """The line that decides."""
    return ", ".join(f"{kind if kind == 'missing' else kind + 's'} {found.count(kind)}" for kind in KINDS)


def figures(cases: Sequence[Case], found: Audit) -> Iterator[str]:
    """What was counted, in lines."""
    rules = Counter(f"{finding.kind} ({finding.rule}) on {finding.channel}" for finding in found.findings)
    states = Counter(case.state or "not ours" for case in cases)
    requests = [request for case in cases for request in case.requests]
    answers = Counter(str(request.status or request.fault or "no answer") for request in requests)
    extra = sum(max(0, len(case.posts) - 1) for case in cases)
    streets = {case.street for case in cases}
    if rules:
        yield f"found: {_counted(rules)}"
    yield f"{len(streets)} notifications, {len(cases)} deliveries: {_counted(states)}"
    yield f"{len(requests)} requests that publish: {_counted(answers)}"
    yield f"{sum(len(case.posts) for case in cases)} posts, {extra} of them extra and reported unknown before"
    yield f"unknown {states['unknown']}; requests before a Retry-After was over that nobody knew of: {_excused(found)}"


def _excused(found: Audit) -> int:
    return len({(finding.street, finding.channel, finding.sentence.split()[1]) for finding in found.excused})


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.most_common())


def write_log(path: Path, cases: Sequence[Case], found: Audit, heading: str) -> None:
    """Write every offending delivery with its events and its requests, in order of time."""
    by_place = {(case.street, case.channel): case for case in cases}
    blocks = [heading]
    for finding in found.findings:
        case = by_place.get((finding.street, finding.channel))
        blocks.append("\n".join([_title(finding), *(_story(case) if case else ())]))
    path.write_text("\n\n".join(blocks) + "\n", encoding="utf-8")


def _title(finding: Finding) -> str:
    where = f"{finding.street} on {finding.channel}" if finding.channel else finding.street
    return f"{finding.kind.upper()} ({finding.rule})  {where}: {finding.sentence}"


def _story(case: Case) -> Iterator[str]:
    there = ", ".join(case.posts) or "nothing"
    yield f"    {case.notification}, {case.state} ({case.detail}), remote id {case.remote_id}; there: {there}"
    lines = [(event.at, "record  ", _told(event)) for event in case.events]
    lines += [(request.began, "platform", _asked(request)) for request in case.requests]
    for at, who, said in sorted(lines):
        yield f"    {datetime.fromtimestamp(at, UTC):%H:%M:%S.%f} {who} {said}"


def _told(event: Event) -> str:
    names = ("attempt", "outcome", "was", "state", "detail", "next", "remote_id")
    told: dict[str, Any] = {name: event.data[name] for name in names if event.data.get(name) is not None}
    return f"{event.type}: " + ", ".join(f"{name} {value}" for name, value in told.items() if name != event.type)


def _asked(request: Request) -> str:
    answer = "no answer" if request.status is None else f"answered {request.status}"
    after = "" if request.answered is None else f" after {request.answered - request.began:.3f} s"
    wait = "" if request.until is None else f", to wait until {datetime.fromtimestamp(request.until, UTC):%H:%M:%S.%f}"
    clock = "" if request.right_clock else ", by a wrong clock"
    fault = f" ({request.fault})" if request.fault else ""
    return (
        f"request {request.number}: {answer}{after}{fault}{wait}; {'taken' if request.accepted else 'not taken'}{clock}"
    )


class Teller:
    """Says how it goes, a line every few seconds."""

    def __init__(self, name: str, every: float = 3.0) -> None:
        self._name, self._every = name, every
        self._begun, self._next = time.monotonic(), 0.0

    def due(self) -> bool:
        """Whether it is time for a line."""
        return time.monotonic() >= self._next

    def say(self, line: str) -> None:
        """Say it now."""
        self._next = time.monotonic() + self._every
        print(f"{self._name} {time.monotonic() - self._begun:5.0f} s  {line}", flush=True)
