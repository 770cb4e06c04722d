"""Decide what becomes of each alert of a capture: publish, update, end, ask a person, or skip. Pure.

The rules stand in RULES in the order in which they are asked; the first that answers decides. `skip` is for what is not
public, not ours, past or already told; what is ours and doubtful is `ask`. A feed's msgType alone is never trusted: a
cancelled warning may stand in the active list as an Alert (NWS, July 2026).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal
from zoneinfo import ZoneInfo

from notifier.inputs.alerts import Alert, Entry, Unreadable
from notifier.inputs.places import ours
from notifier.inputs.stories import Candidate, Story, stories, why_ending

if TYPE_CHECKING:
    from notifier.inputs.nws_settings import NwsSettings

Verdict = Literal["publish", "update", "end", "ask", "skip"]

NO_END = timedelta(hours=24)
"""How long an alert holds that says neither when it ends nor when it expires (CAP lets it hold for ever)."""
CLOCKS_DIFFER = timedelta(minutes=15)
SEVERITIES = ("Unknown", "Minor", "Moderate", "Severe", "Extreme")
_UPDATING = {"CON", "EXT", "EXA", "EXB", "COR", "UPG"}


@dataclass(frozen=True)
class Decision:
    """What becomes of one alert of a capture, and why."""

    source_id: str
    event: str
    decision: Verdict
    reason: str
    """One plain fragment of a sentence."""
    supersedes: tuple[str, ...]
    """Identifiers of earlier alerts; where the alert names none, its VTEC event keys."""
    headline: str
    alert: Alert | None = field(default=None, repr=False, compare=False)
    """The alert itself; None where it cannot be read."""

    def to_json(self) -> dict[str, Any]:
        """Write the decision as `feeds test --json` shows it."""
        return {
            "source_id": self.source_id,
            "event": self.event,
            "decision": self.decision,
            "reason": self.reason,
            "supersedes": list(self.supersedes),
            "headline": self.headline,
        }


@dataclass(frozen=True)
class _Case:
    """All that a rule may look at."""

    alert: Alert
    ours: frozenset[str]
    is_placeless: bool
    story: Story
    settings: "NwsSettings"
    now: datetime
    zone: ZoneInfo

    def says(self, moment: datetime) -> str:
        """A time as a person of the department reads it."""
        return f"{moment.astimezone(self.zone):%a %b %d %Y, %H:%M}"


_Answer = tuple[Verdict, str] | None


def judge_alerts(entries: Sequence[Entry], settings: "NwsSettings", now: datetime, zone: ZoneInfo) -> list[Decision]:
    """Decide on every entry of a capture, in its order, from the capture alone.

    now: aware. zone: the department's, for the times in reasons.
    """
    public = [
        Candidate(entry, ours(entry, settings), position)
        for position, entry in enumerate(entries)
        if isinstance(entry, Alert) and _not_public(entry) is None
    ]
    told = stories(public, lambda alert: _past_since(alert, now) is not None)
    by_position = {candidate.position: candidate for candidate in public}
    decisions = []
    for position, entry in enumerate(entries):
        if isinstance(entry, Unreadable):
            decisions.append(_decision(entry, "skip", f"it cannot be read: {entry.why}"))
        elif position not in by_position:
            decisions.append(_decision(entry, "skip", _not_public(entry) or "it is not public"))
        else:
            candidate = by_position[position]
            case = _Case(entry, candidate.ours, candidate.is_placeless, told[position], settings, now, zone)
            decisions.append(_decision(entry, *_judge(case)))
    return _within_ceiling(decisions, settings.ceiling)


def _decision(entry: Entry, verdict: Verdict, reason: str) -> Decision:
    if isinstance(entry, Unreadable):
        return Decision(entry.source_id, entry.event, verdict, reason, (), entry.headline)
    supersedes = (entry.references or entry.event_keys) if _replaces_earlier(entry) and verdict != "skip" else ()
    return Decision(entry.source_id, entry.event, verdict, reason, supersedes, entry.headline, entry)


def _replaces_earlier(alert: Alert) -> bool:
    return _is_update(alert) or why_ending(alert) is not None


def _is_update(alert: Alert) -> bool:
    return alert.msg_type == "Update" or any(code.action in _UPDATING for code in alert.vtec)


def _judge(case: _Case) -> tuple[Verdict, str]:
    for rule in RULES:
        answer = rule(case)
        if answer is not None:
            return answer
    if _is_update(case.alert):
        return "update", f"it changes what was told for {_named(case.ours)}"
    return "publish", f"it is a new warning for {_named(case.ours)}"


def _named(codes: frozenset[str] | set[str]) -> str:
    return " and ".join(sorted(codes))


# --- not public -------------------------------------------------------------------------------------------------------


def _not_public(alert: Alert) -> str | None:
    """Say why an alert is not for the public; a status or scope that is missing says nothing."""
    if alert.status not in ("Actual", ""):
        return f"its status is {_quoted(alert.status)}, so it is not public"
    if alert.scope not in ("Public", ""):
        return f"its scope is {_quoted(alert.scope)}, so it is not public"
    if alert.msg_type in ("Ack", "Error"):
        return f"it is an {alert.msg_type} between systems, so it is not public"
    classes = sorted({code.product_class for code in alert.vtec if code.product_class != "O"})
    if classes:
        return f"its VTEC class is {classes[0]}, a test or experiment, so it is not public"
    return "its own words say that it is a test, so it is not public" if alert.is_test_text else None


def _quoted(word: str) -> str:
    return word if word.isalpha() and word.isascii() else f'"{word[:40]}"'


# --- the rules --------------------------------------------------------------------------------------------------------


def _not_ours(case: _Case) -> _Answer:
    if case.ours or _cancels_by_reference(case):
        return None
    if case.is_placeless:
        return "skip", "it names no place, so it is not known to be ours"
    return "skip", f"it names none of our places ({', '.join((*case.settings.zones, *case.settings.same))})"


def _cancels_by_reference(case: _Case) -> bool:
    """A Cancel may have no info, hence no place: it ends what it refers to, where that is ours."""
    return case.alert.msg_type == "Cancel" and case.is_placeless and bool(case.alert.references)


def _told_already(case: _Case) -> _Answer:
    newer = case.story.successor
    if newer is None or not case.ours <= case.story.covered:
        return None
    if case.story.is_referred_to:
        return "skip", f"superseded by {newer.source_id}, which refers to it"
    if newer.source_id == case.alert.source_id:
        return "skip", "already told: the capture has the same alert twice"
    if newer.told == case.alert.told:
        return "skip", f"already told by {newer.source_id}, which tells of the same event"
    return "skip", f"already told later by {newer.source_id}, which tells of the same event"


def _ended(case: _Case) -> _Answer:
    why = why_ending(case.alert)
    if why is None:
        return None
    latest = max((t for t in (case.alert.ends, case.alert.expires) if t), default=None)
    over = latest or (case.alert.told + NO_END if case.alert.told else None)
    if over is not None and over <= case.now:
        return "skip", f"past: even its news that the event is over was for until {case.says(over)}"
    if case.story.continues is not None:
        return (
            "ask",
            f"{why}, but {case.story.continues.source_id} says that the event goes on elsewhere among our places",
        )
    if case.ours:
        return "end", f"{why}, so the event is over for {_named(case.ours)}"
    return "end", f"{why}, so what it refers to is over"


def _past(case: _Case) -> _Answer:
    since = _past_since(case.alert, case.now)
    return None if since is None else ("skip", f"past: it was over on {case.says(since)}")


def _past_since(alert: Alert, now: datetime) -> datetime | None:
    finish = alert.finish or (alert.told + NO_END if alert.told else None)
    return finish if finish is not None and finish <= now else None


def _told_in_part(case: _Case) -> _Answer:
    newer = case.story.successor
    if newer is None:
        return None
    left = _named(case.ours - case.story.covered)
    return "ask", f"{newer.source_id} tells of the same event, but not for {left}"


def _unclear(case: _Case) -> _Answer:
    alert = case.alert
    if alert.status == "":
        return "ask", "it does not say its status"
    if alert.msg_type not in ("Alert", "Update"):
        return "ask", f"its msgType is {_quoted(alert.msg_type)}" if alert.msg_type else "it does not say its msgType"
    if alert.infos > 1:
        return "ask", f"it holds {alert.infos} infos, which may tell of different things"
    return None


def _not_listed(case: _Case) -> _Answer:
    alert, settings = case.alert, case.settings
    if not alert.is_from_nws:
        return "ask", f"its sender is {_sender(alert)}, not the National Weather Service"
    if alert.event.casefold() not in {event.casefold() for event in settings.events}:
        return "ask", f"{_event(alert)} is not on the feed's list of events"
    severity = alert.severity if alert.severity in SEVERITIES else "Unknown"
    if SEVERITIES.index(severity) < SEVERITIES.index(settings.min_severity):
        return "ask", f"its severity is {severity}, below {settings.min_severity}"
    return None


def _sender(alert: Alert) -> str:
    return f'"{(alert.sender_name or alert.sender)[:80]}"' if alert.sender_name or alert.sender else "unnamed"


def _event(alert: Alert) -> str:
    return f'"{alert.event[:80]}"' if alert.event else "an event without a name"


def _late_or_early(case: _Case) -> _Answer:
    told = case.alert.told
    if told is None:
        return "ask", "it does not say when it was sent"
    if told > case.now + CLOCKS_DIFFER:
        return "ask", f"it says it was sent on {case.says(told)}, which is still to come; check this machine's clock"
    if case.now - told > case.settings.max_age:
        return "ask", f"it was sent on {case.says(told)}, so it comes late"
    return None


def _a_person_publishes(case: _Case) -> _Answer:
    if case.settings.publish == "auto":
        return None
    return "ask", 'it is for our places, and the feed is set to publish = "ask"'


RULES: tuple[Callable[[_Case], _Answer], ...] = (
    _not_ours,
    _told_already,
    _ended,
    _past,
    _told_in_part,
    _unclear,
    _not_listed,
    _late_or_early,
    _a_person_publishes,
)


def _within_ceiling(decisions: list[Decision], ceiling: int) -> list[Decision]:
    """Leave the surplus of new alerts to a person, the least severe: a burst is a feed's fault, or a bad day."""
    new = [place for place, decision in enumerate(decisions) if decision.decision == "publish"]
    surplus = set(sorted(new, key=lambda place: -_severity(decisions[place]))[ceiling:])
    reason = f"the capture has {len(new)} new alerts, more than {ceiling}; a person releases the rest"
    return [
        replace(decision, decision="ask", reason=reason) if place in surplus else decision
        for place, decision in enumerate(decisions)
    ]


def _severity(decision: Decision) -> int:
    severity = decision.alert.severity if decision.alert else "Unknown"
    return SEVERITIES.index(severity) if severity in SEVERITIES else 0
