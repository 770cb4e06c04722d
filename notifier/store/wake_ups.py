"""Wake-ups on PostgreSQL: «something is due on this account», put beside what is due in the same transaction.

The outbox is the truth. A wake-up that is lost or comes twice does no harm: whoever is woken claims what is due, and
everything is looked over from time to time. Procrastinate keeps them, and wakes a worker on any machine.
"""

from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from notifier.clock import from_micros

if TYPE_CHECKING:
    import procrastinate

WAKE = "notifier.wake"
"""The task's name; it is told the department and the channel."""
SOON = timedelta(seconds=1)


def queue_of(department: str) -> str:
    """The queue that a department's workers listen to."""
    return f"notifier.{department}"


@cache
def _deferring() -> "procrastinate.App | None":
    """The app that only puts jobs, on connections of ours; None where Procrastinate is not installed."""
    try:
        import procrastinate
    except ImportError:
        return None
    return procrastinate.App(connector=procrastinate.SyncPsycopgConnector())


def put(connection: Any, wakes: Mapping[tuple[str, str], int]) -> None:
    """Put wake-ups within a transaction; wakes: when something is due, microseconds, by department and channel."""
    app = _deferring()
    if app is None:
        return
    from procrastinate.exceptions import AlreadyEnqueued, ConnectorException

    for (department, channel), due in wakes.items():
        at = from_micros(due)
        lock = f"{department}/{channel}/{int((at + SOON).timestamp())}"
        job = app.configure_task(
            WAKE, queue=queue_of(department), queueing_lock=lock, schedule_at=at, connection=connection
        )
        try:
            with connection.transaction():
                job.defer(department=department, channel=channel)
        except AlreadyEnqueued:
            continue
        except ConnectorException as failure:
            raise failure.__cause__ or failure from None  # the connection is ours: whoever asked knows its failures


def tables() -> str | None:
    """The SQL that makes Procrastinate's own tables; None where it is not installed."""
    try:
        from procrastinate.schema import SchemaManager
    except ImportError:
        return None
    return str(SchemaManager.get_schema())
