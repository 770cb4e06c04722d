"""What the store keeps of an account: why it is stopped, how its service fares, its pace.

Each function runs inside one transaction, with the archive event of what it records.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from notifier.channel import AuthFailed, Outcome
from notifier.circuit import Circuit
from notifier.clock import iso, micros_if, moment_if, to_micros
from notifier.store import alarms
from notifier.store.archive import SYSTEM, Actor, append
from notifier.store.database import Row, Session

Cause = Literal["auth", "operator"]


@dataclass(frozen=True)
class Account:
    """An account as the store knows it."""

    channel: str
    stopped: str | None = None
    cause: Cause | None = None
    circuit: Circuit = field(default_factory=Circuit)
    next_slot: datetime | None = None

    @classmethod
    def of(cls, row: Row) -> "Account":
        """Read an account's row."""
        circuit = Circuit(
            row["failures"], moment_if(row["opened"]), moment_if(row["probe_at"]), moment_if(row["paused_until"])
        )
        return cls(row["channel"], row["stopped"], row["cause"], circuit, moment_if(row["next_slot"]))


def read_accounts(session: Session, department: str, channels: Iterable[str]) -> dict[str, Account]:
    """Read these accounts; one that the store has not met yet is there after this."""
    found = {row["channel"]: Account.of(row) for row in session.all("accounts", department=department)}
    new = [channel for channel in channels if channel not in found]
    if new:
        session.each("open_account", [{"department": department, "channel": channel} for channel in new])
    return found | {channel: Account(channel) for channel in new}


def stop(
    session: Session, department: str, channel: str, cause: Cause, reason: str, actor: Actor, now: datetime
) -> None:
    """Stop an account: what is due there is held until a person acts. What a person stopped, no failure changes."""
    before = read_accounts(session, department, [channel])[channel]
    if before.cause == "operator" or (before.cause, before.stopped) == (cause, reason):
        return
    session.run("stop_account", department=department, channel=channel, stopped=reason, cause=cause)
    data = {"channel": channel, "cause": cause, "reason": reason}
    append(session, department, f"channel:{channel}", "stopped", actor, now, data)
    if cause == "auth":
        alarms.raise_alarm(session, department, alarms.channel_stopped(channel, reason), now)


def start(session: Session, department: str, channel: str, causes: set[str], actor: Actor, now: datetime) -> None:
    """Start an account that was stopped for one of these causes, and forget that its service was down."""
    account = read_accounts(session, department, [channel])[channel]
    if account.stopped is not None and account.cause not in causes:
        return
    if account.stopped is not None:
        session.run("stop_account", department=department, channel=channel, stopped=None, cause=None)
        append(session, department, f"channel:{channel}", "started", actor, now, {"channel": channel})
        alarms.clear_alarm(session, department, alarms.stopped_key(channel), now)
    if account.circuit != Circuit():
        _write_circuit(session, department, account, Circuit(), actor, now)


def note_outcomes(session: Session, department: str, told: Mapping[str, list[Outcome]], now: datetime) -> None:
    """Keep what some outcomes say of their accounts, in the order in which they came."""
    accounts = read_accounts(session, department, told)
    for channel, outcomes in told.items():
        circuit = accounts[channel].circuit
        for outcome in outcomes:
            circuit = circuit.after(outcome, now)
        if circuit != accounts[channel].circuit:
            _write_circuit(session, department, accounts[channel], circuit, SYSTEM, now, outcomes[-1])
        dead = next((outcome for outcome in outcomes if isinstance(outcome, AuthFailed)), None)
        if dead is not None:
            stop(session, department, channel, "auth", dead.reason, SYSTEM, now)


def _write_circuit(
    session: Session,
    department: str,
    account: Account,
    circuit: Circuit,
    actor: Actor,
    now: datetime,
    outcome: Outcome | None = None,
) -> None:
    channel, before = account.channel, account.circuit
    session.run(
        "set_circuit",
        department=department,
        channel=channel,
        failures=circuit.failures,
        opened=micros_if(circuit.opened),
        probe_at=micros_if(circuit.probe_at),
        paused_until=micros_if(circuit.paused_until),
    )
    if before.opened is None and circuit.opened is not None:
        reason = getattr(outcome, "reason", "it fails")
        data = {"channel": channel, "reason": reason, "next": iso(circuit.probe_at or now)}
        append(session, department, f"channel:{channel}", "opened", actor, now, data)
        alarms.raise_alarm(session, department, alarms.channel_down(channel, reason), now)
    elif before.opened is not None and circuit.opened is None:
        append(session, department, f"channel:{channel}", "closed", actor, now, {"channel": channel})
        alarms.clear_alarm(session, department, alarms.down_key(channel), now)
        # What waited for its own next try goes at once, but never before the time that the service named.
        session.run("hurry_channel", department=department, channel=channel, now=to_micros(now))
        session.wake(department, channel, to_micros(now))
