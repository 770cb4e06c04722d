"""The log of `notify run`: a line an event, whatever a feed, a service or an error says."""

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from notifier.channel import AuthFailed, Delivered, Retry
from notifier.retry import Next
from notifier.runner.events_log import attempt_name, log, tell, tell_result, write_events
from notifier.store import Claim

NOW = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)
NASTY = 'a\nb\r\nc\u2028d\x1b[31m\x00"e"'


def a_claim(**changed: Any) -> Claim:
    """A delivery in somebody's hands, after its second attempt."""
    values: dict[str, Any] = {
        "id": 1,
        "department": "police.exampleton.example",
        "notification": "n-1",
        "revision": 1,
        "operation": "publish",
        "channel": "county-hook",
        "language": "en",
        "part": 1,
        "recipient": "",
        "attempts": 2,
        "expires": NOW + timedelta(hours=1),
        "message": "0" * 64,
        "saved": "{}",
        "attempted": NOW,
        "looking_up": False,
    }
    return Claim(**{**values, **changed})


class Terminal(io.StringIO):
    """A stream at which a person looks."""

    def isatty(self) -> bool:
        """Say so."""
        return True


@contextmanager
def written(stream: io.StringIO | None = None, *, as_json: bool, **environment: str) -> Iterator[io.StringIO]:
    """A stream that the log is sent to."""
    stream = stream or io.StringIO()
    handler = write_events(environment, as_json=as_json, stream=stream)
    try:
        yield stream
    finally:
        logging.getLogger().removeHandler(handler)


def documents(stream: io.StringIO) -> list[dict[str, Any]]:
    """Every line, read as JSON."""
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_delivery_is_one_object_with_its_facts() -> None:
    """Time in UTC, level, event, and where the delivery stands."""
    with written(as_json=True) as stream:
        tell_result(a_claim(), Next("due", NOW, "503: try later"), Retry("503"))
    (one,) = documents(stream)
    at = datetime.fromisoformat(one.pop("time"))
    assert at.utcoffset() == timedelta(0)
    assert abs(datetime.now(UTC) - at) < timedelta(minutes=1)
    assert one == {
        "level": "info",
        "event": "delivery",
        "message": "… county-hook n-1 503: try later",
        "notification": "n-1",
        "revision": 1,
        "operation": "publish",
        "channel": "county-hook",
        "language": "en",
        "part": 1,
        "recipient": "",
        "state": "due",
        "outcome": "retry",
        "attempts": 2,
        "detail": "503: try later",
        "next_attempt": "2026-11-22T15:00:00+00:00",
    }


@pytest.mark.parametrize(
    ("state", "level"),
    [("delivered", "info"), ("due", "info"), ("failed", "warning"), ("unknown", "warning"), ("expired", "warning")],
)
def test_what_somebody_must_look_at_is_a_warning(state: Any, level: str) -> None:
    """What failed, is unknown or came too late."""
    with written(as_json=True) as stream:
        tell_result(a_claim(), Next(state, None, None))
    assert documents(stream)[0]["level"] == level


@pytest.mark.parametrize(
    ("claim", "following", "outcome", "name"),
    [
        (a_claim(), Next("delivered", None, None), Delivered(), "delivered"),
        (a_claim(), Next("held", None, None), AuthFailed("401"), "auth"),
        (a_claim(), Next("held", None, None), None, "auth"),
        (a_claim(), Next("failed", None, None), None, "rejected"),
        (a_claim(), Next("due", NOW, None), None, "retry"),
        (a_claim(), Next("unknown", None, None), None, "unknown"),
        (a_claim(), Next("expired", None, None), None, "expired"),
        (a_claim(looking_up=True), Next("delivered", None, None), None, "looked-up"),
    ],
)
def test_an_outcome_has_its_name(claim: Claim, following: Next, outcome: Any, name: str) -> None:
    """By itself, or by the state that it led to."""
    assert attempt_name(claim, following, outcome) == name


@pytest.mark.parametrize("as_json", [True, False])
def test_no_text_makes_two_lines_of_one(as_json: bool) -> None:
    """Neither in a message nor in a fact."""
    with written(as_json=as_json) as stream:
        tell_result(a_claim(), Next("failed", None, NASTY))
        tell(logging.INFO, "feed", f"feed nws: {NASTY}", feed="nws", headline=NASTY)
        log.warning("feed %s: %s", "nws", NASTY)
    assert len(stream.getvalue().splitlines()) == 3
    assert all(line.isprintable() for line in stream.getvalue().splitlines())


@pytest.mark.parametrize("as_json", [True, False])
def test_an_exception_is_one_line_without_its_message(as_json: bool) -> None:
    """Its type and its places; its message may hold anything, a secret too."""
    with written(as_json=as_json) as stream:
        try:
            raise ValueError("access_token=secret\nsecond line")
        except ValueError:
            log.exception("an adapter failed: %s", "ValueError")
    (line,) = stream.getvalue().splitlines()
    assert "ValueError at runner/test_events_log.py:" in line
    assert "secret" not in line


def test_who_debugs_is_told_the_message_of_an_exception() -> None:
    """With NOTIFY_DEBUG, still on one line."""
    with written(as_json=True, NOTIFY_DEBUG="1") as stream:
        try:
            raise ValueError("first\nsecond")
        except ValueError:
            log.exception("it failed")
    assert documents(stream)[0]["exception"].startswith("ValueError: first second at ")


def test_any_other_record_is_a_note() -> None:
    """A line of another part of the program stands there too, and what libraries chat about does not."""
    with written(as_json=True) as stream:
        logging.getLogger("notifier.intake").info("feed %s: left out", "nws")
        logging.getLogger("some.library").info("connected")
        logging.getLogger("some.library").warning("the pool is full")
    notes = [(one["event"], one["message"]) for one in documents(stream)]
    assert notes == [("note", "feed nws: left out"), ("note", "the pool is full")]


def test_a_person_sees_colours_at_a_terminal_and_not_elsewhere() -> None:
    """And none where NO_COLOR says so."""
    seen = []
    for stream, environment in ((Terminal(), {}), (Terminal(), {"NO_COLOR": "1"}), (io.StringIO(), {})):
        with written(stream, as_json=False, **environment):
            log.warning("look")
        seen.append("\x1b[33m" in stream.getvalue())
    assert seen == [True, False, False]


class Gone(io.StringIO):
    """A stream whose reader has gone."""

    def write(self, text: str) -> int:
        """Fail."""
        raise BrokenPipeError


def test_a_log_that_nobody_reads_stops_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """Neither an error nor a word of it reaches the deliverer."""
    with written(Gone(), as_json=True):
        tell_result(a_claim(), Next("delivered", None, None))
    assert capsys.readouterr().err == ""
