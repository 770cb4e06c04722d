"""The log of `notify run`: one line an event, for a person or as JSON; no text of a stranger makes two lines of one.

An event is a log record with two more attributes: `event`, its name, and `facts`, what a program reads of it. A record
without them is an event named `note`. The line of a person holds its message alone.
"""

import logging
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from notifier.channel import Outcome
from notifier.clock import iso
from notifier.outcome import outcome_name
from notifier.retry import MARKS, UNDER_WAY_MARK, Next
from notifier.runner.one_line import json_line, one_line
from notifier.store import Claim

NEEDS_LOOKING = frozenset({"failed", "expired", "unknown", "held", "awaiting_person"})
_MOST_FRAMES = 12
_COLOURS = {logging.WARNING: 33, logging.ERROR: 31, logging.CRITICAL: 31}
log = logging.getLogger("notifier.run")


def tell(level: int, event: str, message: str, **facts: Any) -> None:
    """Write an event to the log. facts: what JSON can hold, under the names of docs/running.md."""
    log.log(level, "%s", message, extra={"event": event, "facts": facts})


def tell_result(claim: Claim, following: Next, outcome: Outcome | None = None) -> None:
    """Write what became of a delivery: the hook of a deliverer.

    claim: with the attempts that were made, this one included.
    """
    mark, words = MARKS.get(following.state, UNDER_WAY_MARK), following.detail or following.state
    tell(
        logging.WARNING if following.state in NEEDS_LOOKING else logging.INFO,
        "delivery",
        f"{mark} {claim.channel} {claim.notification} {words}",
        notification=claim.notification,
        revision=claim.revision,
        operation=claim.operation,
        channel=claim.channel,
        language=claim.language,
        part=claim.part,
        recipient=claim.recipient,
        state=following.state,
        outcome=attempt_name(claim, following, outcome),
        attempts=claim.attempts,
        detail=following.detail,
        next_attempt=None if following.due is None else iso(following.due),
    )


def attempt_name(claim: Claim, following: Next, outcome: Outcome | None = None) -> str:
    """Name what an attempt came to: delivered, rejected, auth, retry, unknown; `looked-up` where nothing was sent.

    Without the outcome the new state tells it; old news, which was not sent (any more), is `expired`.
    """
    if claim.looking_up:
        return "looked-up"
    if outcome is not None:
        return outcome_name(outcome)
    return {"failed": "rejected", "held": "auth", "due": "retry"}.get(following.state, following.state)


class PersonFormatter(logging.Formatter):
    """Time and message; with the colour of its weight where a person looks.

    debug: an exception is told with its message, which may hold anything; else by its type and place alone.
    """

    def __init__(self, *, colours: bool = False, debug: bool = False) -> None:
        super().__init__("%(asctime)s %(message)s")
        self._colours = colours
        self._debug = debug

    def format(self, record: logging.LogRecord) -> str:
        """Write a record on one line."""
        error = _exception(record, self._debug)
        line = one_line(f"{self.formatTime(record)} {record.getMessage()}{f' [{error}]' if error else ''}")
        colour = _COLOURS.get(record.levelno) if self._colours else None
        return line if colour is None else f"\x1b[{colour}m{line}\x1b[0m"


class JsonFormatter(logging.Formatter):
    """One JSON object: time, level, event, message, the event's facts, and the exception in one field."""

    def __init__(self, *, debug: bool = False) -> None:
        super().__init__()
        self._debug = debug

    def format(self, record: logging.LogRecord) -> str:
        """Write a record on one line."""
        at = datetime.fromtimestamp(record.created, UTC)
        facts: Mapping[str, Any] = getattr(record, "facts", {})
        error = _exception(record, self._debug)
        return json_line(
            {
                "time": at.isoformat(timespec="milliseconds"),
                "level": record.levelname.lower(),
                "event": getattr(record, "event", "note"),
                "message": one_line(record.getMessage()),
                **{name: one_line(value) if isinstance(value, str) else value for name, value in facts.items()},
                **({"exception": error} if error else {}),
            }
        )


def _exception(record: logging.LogRecord, debug: bool) -> str | None:
    """Tell an exception on one line: its type, and the places it came through, the outermost first."""
    if not record.exc_info or record.exc_info[1] is None:
        return None
    error, frames, trace = record.exc_info[1], [], record.exc_info[2]
    while trace is not None:
        code = trace.tb_frame.f_code
        frames.append(f"{'/'.join(Path(code.co_filename).parts[-2:])}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    words = f": {one_line(error)}" if debug else ""
    return f"{type(error).__name__}{words} at {', '.join(frames[-_MOST_FRAMES:])}"


class _LogHandler(logging.StreamHandler[TextIO]):
    """Writes to a stream; a log that cannot be written, for its reader is gone or the disk full, ends no delivery."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 (logging's name)
        """Go on."""


def write_events(environment: Mapping[str, str], *, as_json: bool, stream: TextIO | None = None) -> logging.Handler:
    """Send the log of this process to a stream: JSON to stdout, lines for a person to stderr, unless another is given.

    environment: NO_COLOR, and NOTIFY_DEBUG, which lets exceptions tell their messages. Answers the handler, which the
    root logger has from here on.
    """
    debug = bool(environment.get("NOTIFY_DEBUG"))
    stream = stream or (sys.stdout if as_json else sys.stderr)
    if as_json and hasattr(stream, "reconfigure"):
        stream.reconfigure(encoding="utf-8")  # JSON is UTF-8, whatever the locale of a service says
    handler = _LogHandler(stream)
    colours = not environment.get("NO_COLOR") and stream.isatty()
    handler.setFormatter(JsonFormatter(debug=debug) if as_json else PersonFormatter(colours=colours, debug=debug))
    logging.getLogger().addHandler(handler)
    for name in ("notifier", "channels"):
        logging.getLogger(name).setLevel(logging.INFO)
    return handler
