"""How an account fares: after some failures in a row nothing is sent but a probe. Pure: no clock, no store.

A service that is down is left in peace, and none of its deliveries wears itself out by trying. `unknown` opens no
circuit, for the service may have acted; `rejected` closes one, for the service answered, as does one that is not ready.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from notifier.channel import AuthFailed, Delivered, NotReady, Outcome, Rejected, Retry
from notifier.retry import backoff

OPENS_AFTER = 5
"""`retry` outcomes in a row."""


LONGEST_PROBE_WAIT = timedelta(minutes=1)
"""A probe costs a service one request; urgent news behind it must not wait much longer than the service is down."""


def probe_wait(failures: int) -> timedelta:
    """Wait before the next probe, after so many failures in a row: 4 s when the circuit opens, doubling to a minute."""
    return min(backoff(max(failures - OPENS_AFTER, 0) + 3), LONGEST_PROBE_WAIT)


@dataclass(frozen=True)
class Terms:
    """How one process may use an account: how fast, how wide, and whose account it is."""

    pace: float | None = None
    """Seconds between two posts; None: no limit."""
    concurrency: int = 8
    burst: int = 1
    """Posts that may go at once where the pace has been kept before."""
    identity: str | None = None
    """Tells two accounts of one name apart; None: whatever was planned for it."""

    @property
    def ahead(self) -> timedelta:
        """How far the next slot in time may be away for a post that goes now (GCRA)."""
        return timedelta(seconds=(self.pace or 0) * (self.burst - 1))

    def after(self, posts: int, next_slot: datetime | None, now: datetime) -> datetime:
        """Say when the next slot is once so many posts went."""
        return max(next_slot or now, now) + timedelta(seconds=(self.pace or 0) * posts)


@dataclass(frozen=True)
class Circuit:
    """What is known of a service's health: failures in a row, since when it counts as down, when it is asked again."""

    failures: int = 0
    opened: datetime | None = None
    probe_at: datetime | None = None
    paused_until: datetime | None = None
    """Until when the service asked to be left alone (Retry-After, a reset header)."""

    def after(self, outcome: Outcome, now: datetime) -> "Circuit":
        """Say how it fares after an outcome."""
        match outcome:
            case Delivered() | Rejected() | AuthFailed() | NotReady():
                return Circuit(paused_until=self.paused_until)
            case Retry(_, at):
                return self._failed(at, now)
            case _ if self._may_be_asked(now):
                return replace(self, probe_at=now + probe_wait(self.failures))
            case _:
                return self

    def _may_be_asked(self, now: datetime) -> bool:
        """Whether it is time for a probe; what ends before that was under way when the circuit opened."""
        return self.opened is not None and (self.probe_at is None or self.probe_at <= now)

    def _failed(self, at: datetime | None, now: datetime) -> "Circuit":
        paused = max(filter(None, (self.paused_until, at)), default=None)
        if self.opened is not None and not self._may_be_asked(now):
            return replace(self, paused_until=paused)
        failures = self.failures + 1
        if self.opened is None and failures < OPENS_AFTER:
            return Circuit(failures, paused_until=paused)
        probe_at = max(now + probe_wait(failures), at or now)
        return Circuit(failures, self.opened or now, probe_at, paused)

    def lets_through(self, now: datetime, *, is_probe: bool = False) -> bool:
        """Whether a delivery that was claimed may be sent now; is_probe: it was claimed to ask whether it is back."""
        return not self._is_paused(now) and (self.opened is None or is_probe)

    def allows(self, now: datetime, in_flight: int, terms: Terms, next_slot: datetime | None) -> int:
        """Say how many deliveries may be claimed now, beside those in flight anywhere."""
        wait = max((next_slot or now) - now, timedelta())
        if self._is_paused(now) or (terms.pace is not None and wait > terms.ahead):
            return 0
        if self.opened is not None:
            return 1 if self._may_be_asked(now) and in_flight == 0 else 0
        free = max(terms.concurrency - in_flight, 0)
        return free if terms.pace is None else min(free, int((terms.ahead - wait).total_seconds() / terms.pace) + 1)

    def _is_paused(self, now: datetime) -> bool:
        return self.paused_until is not None and self.paused_until > now

    def asks_again(self, due: datetime) -> datetime:
        """Say when something that is due then can go out."""
        return max(filter(None, (due, self.paused_until, self.probe_at if self.opened else None)))
