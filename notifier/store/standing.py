"""How a store stands: whether it is whole, who works on it, how much is open."""

from dataclasses import dataclass

from notifier.store.archive import Fault, verify_all
from notifier.store.database import Database, Row
from notifier.store.processes import Processes


@dataclass(frozen=True)
class Standing:
    """What a look at a store found."""

    name: str
    version: int | None
    trouble: str | None
    """What the database says of its own files; None: they are whole."""
    events: int
    faults: tuple[Fault, ...]
    at_work: tuple[Row, ...]
    """The living processes: owner, role, pid."""
    open: dict[str, int]
    """Deliveries that are not final, by state."""
    pending: int
    """Notifications that wait for approval."""

    @property
    def is_whole(self) -> bool:
        """Whether nothing is wrong with it."""
        return self.trouble is None and not self.faults


def look(database: Database, department: str, processes: Processes) -> Standing:
    """Look at a store; the record is checked of all departments, the rest is the department's."""
    events, faults = database.query(verify_all)
    counts = database.query(lambda s: s.all("counts", department=department))
    pending = database.query(lambda s: s.one("pending_count", department=department))
    return Standing(
        database.name,
        database.version(),
        database.check(),
        events,
        tuple(faults),
        tuple(processes.at_work()),
        {row["state"]: row["count"] for row in counts},
        pending["count"] if pending else 0,
    )
