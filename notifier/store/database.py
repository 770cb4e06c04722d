"""What both databases are to the store: a session that runs named statements, and one thread that groups commits."""

import queue
import threading
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

T = TypeVar("T")
I = TypeVar("I")  # noqa: E741 (one item of a bulk)
Row = Mapping[str, Any]
Value = None | int | float | str | bytes

SCHEMA_VERSION = 3
"""The version of the tables that this program knows; schema/ has a file for each step."""
MOST_GROUPED = 256
"""Pieces of work that share one commit at most."""


class Session(Protocol):
    """Runs named statements; what it returns is drained, so that no read stays open."""

    def all(self, statement: str, /, **values: Value) -> list[Row]:
        """Run a named statement and answer all its rows."""
        ...

    def one(self, statement: str, /, **values: Value) -> Row | None:
        """Run a named statement and answer its first row."""
        ...

    def run(self, statement: str, /, **values: Value) -> int:
        """Run a named statement and answer how many rows it changed."""
        ...

    def each(self, statement: str, values: Sequence[Mapping[str, Value]], /) -> list[list[Row]]:
        """Run a named statement once for each of many, in one round trip; answers the rows of each."""
        ...

    def wake(self, department: str, channel: str, due: int) -> None:
        """Let whoever delivers know, when this is committed, that something is due on an account; microseconds."""
        ...


Change = Callable[[Session], T]
Undo = Callable[[Session, T], object]
"""Undoes a change of which its caller was told that it may not be stored; called with its result."""
Bulk = Callable[[Session, list[I]], list[T]]
"""Carries out many pieces of work of one kind, and answers a result for each."""


Done = Callable[[Any, BaseException | None], None]
"""Told the result of a piece of work, or what it failed of; it must not take long."""


class Database(Protocol):
    """One database: read at any time from any thread, written in transactions, one at a time a department."""

    name: str
    """How a person knows it; it names no secret."""

    def query(self, ask: Change[T]) -> T:
        """Read, with the database's failures told as sentences."""
        ...

    def version(self) -> int | None:
        """The version of its tables."""
        ...

    def write(self, change: Change[T], undo: "Undo[T] | None" = None) -> T:
        """Carry out a change; it is on disk when this returns, together with others that waited with it.

        undo: carried out with its result, later, when StoreError left open whether it was stored, and it was.
        """
        ...

    def write_joined(self, bulk: Bulk[I, T], item: I) -> T:
        """Carry out one piece of work together with all of its kind that wait with it, as one bulk."""
        ...

    def write_joined_later(self, bulk: Bulk[I, T], item: I, done: Done) -> None:
        """Hand over one piece of work of a bulk and go on; `done` is told, by the writer, when it is on disk."""
        ...

    def check(self) -> str | None:
        """Look whether the database is whole; None when it is, else what to do."""
        ...

    def close(self) -> None:
        """Finish what is queued, and close."""
        ...


def _locked() -> threading.Lock:
    lock = threading.Lock()
    lock.acquire()
    return lock


@dataclass(slots=True)
class Work:
    """One caller's piece of work, and where its result goes."""

    act: Callable[..., Any]
    item: Any = None
    is_joined: bool = False
    undo: Callable[[Session, Any], object] | None = None
    result: Any = None
    error: BaseException | None = None
    done: Done | None = None
    """Told the result; None: somebody waits for it."""
    undone: threading.Lock = field(default_factory=_locked)
    """Held until the result is there; a Future does the same at ten times the cost."""


Result = tuple[Any, BaseException | None]


def carry_out(session: Session, group: Sequence[Work]) -> list[Any]:
    """Carry out a group within one transaction; answers the results in the group's order.

    What is joined is handed to its bulk together, in the order in which it came.
    """
    results: list[Any] = [None] * len(group)
    joined: dict[Callable[..., Any], list[int]] = defaultdict(list)
    for place, work in enumerate(group):
        if work.is_joined:
            joined[work.act].append(place)
        else:
            results[place] = work.act(session)
    for bulk, places in joined.items():
        for place, result in zip(places, bulk(session, [group[p].item for p in places]), strict=True):
            results[place] = result
    return results


class GroupWriter:
    """The one thread of a process that writes: whatever waits while a commit is on its way shares the next.

    commit: carries a group out in one transaction and answers the results; whatever it raises is told to all of the
    group. end: closes the thread's connection.
    """

    def __init__(self, commit: Callable[[list[Work]], list[Result]], end: Callable[[], None]) -> None:
        self._commit = commit
        self._end = end
        self._work: queue.SimpleQueue[Work | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()

    @property
    def waiting(self) -> int:
        """How many pieces of work wait for a commit."""
        return self._work.qsize()

    def do(self, work: Work) -> Any:
        """Hand over a piece of work and wait for its result; it is on disk then."""
        self._ensure_thread()
        self._work.put(work)
        work.undone.acquire()
        if work.error is not None:
            raise work.error
        return work.result

    def do_later(self, work: Work) -> None:
        """Hand over a piece of work; its `done` is told the result."""
        self._ensure_thread()
        self._work.put(work)

    def close(self) -> None:
        """Finish what is queued and stop."""
        if self._thread is not None:
            self._work.put(None)
            self._thread.join()
            self._thread = None

    def _ensure_thread(self) -> None:
        if self._thread is None:
            with self._starting:
                if self._thread is None:
                    self._thread = threading.Thread(target=self._write_groups, name="store-writer", daemon=True)
                    self._thread.start()

    def _write_groups(self) -> None:
        is_closing = False
        while not is_closing and (first := self._work.get()) is not None:
            group = [first]
            while len(group) < MOST_GROUPED and not self._work.empty():
                following = self._work.get()
                if following is None:
                    is_closing = True
                    break
                group.append(following)
            self._write_group(group)
        self._end()

    def _write_group(self, group: list[Work]) -> None:
        try:
            results = self._commit(group)
        except BaseException as failure:  # the waiting callers must hear of it, whatever it is
            results = [(None, failure)] * len(group)
        for work, (result, error) in zip(group, results, strict=True):
            work.result, work.error = result, error
            if work.done is None:
                work.undone.release()
            else:
                work.done(result, error)


class Written:
    """What both databases do alike with what is to be written: hand it to the one thread, and wait or go on."""

    _writer: GroupWriter

    def write(self, change: Change[T], undo: "Undo[T] | None" = None) -> T:
        """Carry out a change; it is on disk when this returns, together with others that waited with it.

        undo: carried out with its result when the caller was told that it may not be stored, and it was.
        """
        result: T = self._writer.do(Work(change, undo=undo))
        return result

    def write_joined(self, bulk: Bulk[I, T], item: I) -> T:
        """Carry out one piece of work together with all of its kind that wait with it, as one bulk."""
        result: T = self._writer.do(Work(bulk, item, is_joined=True))
        return result

    def write_joined_later(self, bulk: Bulk[I, T], item: I, done: Done) -> None:
        """Hand over one piece of work of a bulk and go on; `done` is told when it is on disk."""
        self._writer.do_later(Work(bulk, item, is_joined=True, done=done))

    @property
    def waiting(self) -> int:
        """How many pieces of work wait for a commit."""
        return self._writer.waiting
