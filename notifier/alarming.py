"""Tell the operator what somebody must hear of, through the channel that the department names for it."""

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from notifier.channel import Channel, Delivered, Message, Outcome, Prepared
from notifier.clock import Clock
from notifier.kind import AlertFacts
from notifier.settings import Department
from notifier.store.alarms import Alarm, Alarms

MOST_IN_FULL = 5
"""More alarms than these are told in one message, a line each: a storm of mails hides what matters."""
OLD = timedelta(days=1)
"""An alarm that nobody was told of for so long is left to `notify status`."""
log = logging.getLogger("notifier.alarms")


class Teller:
    """Tells one department's alarms through one channel; None: nobody is told, and they stay open in the store."""

    def __init__(self, alarms: Alarms, channel: Channel | None, department: Department, clock: Clock) -> None:
        self._alarms = alarms
        self._channel = channel
        self._department = department
        self._clock = clock

    def tell(self) -> int:
        """Tell what nobody was told of yet; answers how many alarms."""
        if self._channel is None:
            return 0
        untold = self._alarms.take_untold()
        now = self._clock()
        fresh = [alarm for alarm in untold if now - alarm.raised < OLD]
        for alarm in untold:
            if alarm not in fresh:
                self._alarms.told(alarm, None)
        groups = [[alarm] for alarm in fresh] if len(fresh) <= MOST_IN_FULL else [fresh]
        for group in groups:
            failure = self._send(self._channel, _message(group, self._department, now))
            for alarm in group:
                self._alarms.told(alarm, failure)
        return len(fresh)

    def _send(self, channel: Channel, message: Message) -> str | None:
        """Send to every recipient; None where one of them has it, else why nobody has."""
        outcomes = [_attempt(channel, message, recipient) for recipient in channel.capabilities.recipients or ("",)]
        failures = [outcome.reason for outcome in outcomes if not isinstance(outcome, Delivered)]
        if len(failures) < len(outcomes):
            return None
        failure = failures[-1]
        log.error("an alarm could not be told through %s: %s", channel.name, failure)
        return failure


def _attempt(channel: Channel, message: Message, recipient: str) -> Outcome:
    channel.load()
    failed = channel.sign_in()
    prepared = failed or channel.prepare(replace(message, recipient=recipient), {})
    return channel.send(prepared) if isinstance(prepared, Prepared) else prepared


def _message(alarms: Sequence[Alarm], department: Department, now: datetime) -> Message:
    mark = hashlib.sha256(",".join(str(alarm.id) for alarm in alarms).encode()).hexdigest()[:12]
    subject = alarms[0].subject if len(alarms) == 1 else f"{len(alarms)} alarms"
    body = "\n\n".join(f"{alarm.subject}. {alarm.body}" for alarm in alarms[:50])
    text = f"Notifier of the {department.name}:\n\n{body}"
    return Message(
        id=f"alarm-{mark}",
        department=department.slug,
        department_name=department.name,
        short_name=department.short_name,
        website=department.website,
        phone=department.phone,
        timezone=department.timezone,
        kind="alarm",
        stage="issue",
        status="actual",
        revision=1,
        language="en",
        languages=("en",),
        part=1,
        recipient="",
        key=f"{department.slug}.alarm.{mark}",
        headline=f"Notifier: {subject}",
        text=text,
        beside={"headline": f"Notifier: {subject}", "long": text},
        links=(),
        media=(),
        alert=AlertFacts("Alarm", "Other", "Assess", "Immediate", "Unknown", "Observed", department.name),
        created=now,
        sent=now,
        expires=now + OLD,
    )
