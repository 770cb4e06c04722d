"""What else a capture says about the event that an alert tells of: its repeats, its successors, its other segments.

Two alerts tell one story when one refers to the other, when they are the same message, when they share a VTEC event key
and event, or (without VTEC) event, office, places and words. A different text about the same hazard is its own story.
"""

from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime

from notifier.inputs.alerts import Alert, earliest

_ALL_ENDED = {"CAN", "EXP"}


@dataclass(frozen=True)
class Candidate:
    """A public alert of a capture, with the configured places that it names."""

    alert: Alert
    ours: frozenset[str]
    position: int

    @property
    def is_placeless(self) -> bool:
        """Whether it names no place at all, as a Cancel without info."""
        alert = self.alert
        return not (alert.zones or alert.same or alert.other_places or alert.area_desc)

    @property
    def rank(self) -> tuple[datetime, bool, int]:
        """The higher of two that tell one story holds: sent later, ending it, listed first."""
        return (self.alert.told or earliest(), why_ending(self.alert) is not None, -self.position)


@dataclass
class Story:
    """What the rest of the capture says about one alert's event."""

    successor: Alert | None = None
    """The newest alert that tells the same or replaces it."""
    is_referred_to: bool = False
    """The successor names it in its references (else it tells the same)."""
    covered: set[str] = field(default_factory=set)
    """The configured places that its successors name."""
    continues: Alert | None = None
    """For an alert that ends an event: one by which the event goes on elsewhere among our places."""


def why_ending(alert: Alert) -> str | None:
    """Say why an alert ends an event, whatever its msgType claims; None where it does not."""
    actions = {code.action for code in alert.vtec}
    if alert.msg_type == "Cancel":
        return "it is a Cancel"
    if actions and actions <= _ALL_ENDED:
        return f"its VTEC says {' and '.join(sorted(actions))}"
    if "AllClear" in alert.response:
        return "its response is AllClear"
    if alert.urgency == "Past":
        return "its urgency is Past"
    return None


def stories(candidates: Sequence[Candidate], is_past: Callable[[Alert], bool]) -> dict[int, Story]:
    """Find each candidate's story, by its position."""
    found = {candidate.position: Story() for candidate in candidates}
    groups: dict[tuple[object, ...], list[Candidate]] = {}
    for candidate in candidates:
        for key in _story_keys(candidate.alert):
            groups.setdefault(key, []).append(candidate)
    for group in groups.values():
        # A segment of the same product that is for other places says nothing about ours.
        near = [candidate for candidate in group if candidate.ours or candidate.is_placeless]
        _tell_successors(sorted(near, key=lambda c: c.rank, reverse=True), found)
    _tell_references(candidates, found)
    for key, group in groups.items():
        if key[0] == "vtec":
            _tell_continuing(group, found, is_past)
    return found


def _story_keys(alert: Alert) -> Iterable[tuple[object, ...]]:
    event = alert.event.casefold()
    yield ("id", alert.identity, event)
    for key in alert.event_keys:
        yield ("vtec", key, event)
    if not alert.vtec and event:
        words = " ".join(f"{alert.description} {alert.instruction}".split()) or alert.headline
        yield ("text", event, alert.sender_name or alert.sender, alert.area_desc, alert.zones, words)


def _tell_successors(newest_first: list[Candidate], found: dict[int, Story]) -> None:
    living, ended = Story(), Story()
    for candidate in newest_first:
        story = found[candidate.position]
        # That the event is over elsewhere says nothing about the places where this one holds.
        if ended.successor and (candidate.ours & ended.covered or not candidate.ours):
            _succeed(story, ended.successor, ended.covered)
        if living.successor:
            _succeed(story, living.successor, living.covered)
        side = living if why_ending(candidate.alert) is None else ended
        _succeed(side, side.successor or candidate.alert, candidate.ours)


def _tell_references(candidates: Sequence[Candidate], found: dict[int, Story]) -> None:
    by_id: dict[str, list[Candidate]] = {}
    for candidate in candidates:
        by_id.setdefault(candidate.alert.source_id, []).append(candidate)
    for successor in sorted(candidates, key=lambda c: c.rank):
        for name in successor.alert.references:
            for earlier in by_id.get(name, ()):
                if _replaces(successor.alert, earlier.alert):
                    # A Cancel without places is for all that it refers to.
                    covered = earlier.ours if successor.is_placeless else successor.ours
                    _succeed(found[earlier.position], successor.alert, covered)
                    found[earlier.position].is_referred_to = True


def _replaces(successor: Alert, earlier: Alert) -> bool:
    """Whether a reference counts: of the same sender, and to something sent before."""
    if successor.sender != earlier.sender or successor is earlier:
        return False
    if successor.told is None or earlier.told is None:
        return successor.source_id not in earlier.references and successor.source_id != earlier.source_id
    return successor.told > earlier.told


def _succeed(story: Story, successor: Alert, covered: AbstractSet[str]) -> None:
    story.successor = successor
    story.covered |= covered


def _tell_continuing(group: list[Candidate], found: dict[int, Story], is_past: Callable[[Alert], bool]) -> None:
    living = next((c.alert for c in group if _lives(c, found[c.position]) and not is_past(c.alert)), None)
    for candidate in group:
        if living is not None and why_ending(candidate.alert) is not None:
            found[candidate.position].continues = living


def _lives(candidate: Candidate, story: Story) -> bool:
    replaced = story.successor is not None and candidate.ours <= story.covered
    return bool(candidate.ours) and not replaced and why_ending(candidate.alert) is None
