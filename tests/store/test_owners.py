"""Who lives: a process is known by its lock, whatever its number, and another machine's by its lease."""

import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from notifier.channel import Retry
from notifier.circuit import Terms
from notifier.retry import Next
from notifier.store.processes import Owner, lives, sweep
from tests.store.office import FAST, Office, rows

ROOT = Path(__file__).parents[2]


def _other_process(folder: Path) -> "subprocess.Popen[str]":
    """A process that holds its lock until it is killed; it says its name."""
    program = f"""
        import time
        from pathlib import Path
        from notifier.store.processes import Owner
        owner = Owner(Path({str(folder)!r}))
        owner.hold()
        print(owner.name, flush=True)
        time.sleep(60)
    """
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )


def test_a_killed_process_is_known_to_be_dead_at_once(tmp_path: Path) -> None:
    """While it lives it lives; killed, it is dead without any lease, and its file is taken away."""
    process = _other_process(tmp_path)
    assert process.stdout is not None
    name = process.stdout.readline().strip()
    assert lives(tmp_path, name) is True
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    process.stdout.close()
    assert lives(tmp_path, name) is False
    assert list(tmp_path.glob("*.lock")) == []


def test_a_number_that_is_used_again_is_another_owner(tmp_path: Path) -> None:
    """A process with the number of a dead one is not taken for it."""
    living = Owner(tmp_path)
    living.hold()
    host, pid, _, place = living.name.split(":")
    assert int(pid) == os.getpid()
    assert lives(tmp_path, f"{host}:{pid}:0badcafe:{place}") is False
    assert lives(tmp_path, living.name) is True
    living.let_go()
    assert lives(tmp_path, living.name) is False


def test_of_another_machine_nothing_is_known(tmp_path: Path) -> None:
    """Its locks are not seen here: only its lease can tell, also where its host has this one's name."""
    there = Owner(tmp_path / "there")
    assert lives(tmp_path / "here", there.name) is None
    assert there.name.startswith(f"{socket.gethostname()}:")


def test_stale_files_are_swept_and_living_ones_stay(tmp_path: Path) -> None:
    """What dead processes left is taken away; a living one's file is not touched."""
    living, dead = Owner(tmp_path), Owner(tmp_path)
    living.hold()
    dead.hold()
    dead.forget()
    sweep(tmp_path)
    assert lives(tmp_path, living.name) is True
    assert len(list(tmp_path.glob("*.lock"))) == 1
    living.let_go()


def test_many_threads_hold_one_lock(tmp_path: Path) -> None:
    """Threads that first ask at once wait for nobody, and there is one file."""
    owner = Owner(tmp_path)
    threads = [threading.Thread(target=owner.hold, daemon=True) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)
    assert not any(thread.is_alive() for thread in threads)
    assert len(list(tmp_path.glob("*.lock"))) == 1
    owner.let_go()


def test_a_sweep_never_takes_the_file_of_one_that_begins(tmp_path: Path) -> None:
    """However often others sweep, whoever holds its lock is seen to live."""
    ends = threading.Event()

    def sweep_on() -> None:
        while not ends.is_set():
            sweep(tmp_path)

    sweeper = threading.Thread(target=sweep_on)
    sweeper.start()
    try:
        for _ in range(300):
            owner = Owner(tmp_path)
            owner.hold()
            assert lives(tmp_path, owner.name) is True
            owner.let_go()
    finally:
        ends.set()
        sweeper.join()


@pytest.mark.of_sqlite
def test_registering_forgets_the_dead(office: Office) -> None:
    """A worker that begins takes away what killed workers left, rows and files."""
    for _ in range(3):
        dead = office.desk.another_process()
        dead.processes.register("run")
        dead.die()
    assert not office.store.processes.alive("run")
    office.store.processes.register("run")
    assert office.desk.another_process().processes.alive("run")
    assert len(list(office.store.path.with_name(office.store.path.name + ".owners").glob("*.lock"))) == 1
    assert len(office.store.processes._rows("run")) == 1


# --- another machine --------------------------------------------------------------------------------------------------


def _as_of_another_machine(office: Office) -> str:
    """A claim that another machine holds."""
    id_ = office.publish()
    office.store.claim({"x": Terms()})

    def rename(session: object) -> None:
        session._connection.execute(  # type: ignore[attr-defined]
            "UPDATE delivery SET owner = 'elsewhere:1:aaaaaaaa' WHERE owner IS NOT NULL"
        )

    office.store._database.write(rename)
    return id_


def test_another_machine_keeps_its_claim_for_its_lease(office: Office) -> None:
    """Until the lease is over nothing is taken; after it, what was never begun is due."""
    id_ = _as_of_another_machine(office)
    office.clock.forward(seconds=89)
    office.store.take_over()
    assert rows(office.store, id_)["x"] == "claimed"
    office.clock.forward(seconds=2)
    assert office.store.take_over() == []
    assert rows(office.store, id_)["x"] == "due"


def test_a_lease_begins_anew_with_the_first_byte(office: Office) -> None:
    """What waited in the queue and is being sent now is not taken from a living process of another machine."""
    office.publish()
    claim = office.store.claim({"x": Terms()})[0]
    office.clock.forward(seconds=80)
    assert office.store.intend(claim, "{}")
    row = office.store.deliveries(claim.notification)[0]
    assert row["lease"] - row["attempted"] == 90 * 1_000_000


def test_only_one_takes_over(office: Office) -> None:
    """Of many that find a dead process at once, one decides what becomes of each delivery."""
    for _ in range(6):
        office.publish()
    dying = office.desk.another_process()
    for claim in dying.claim(FAST):
        dying.intend(claim, "{}")
    dying.die()
    takers = [office.desk.another_process() for _ in range(4)]
    taken: list[int] = []
    threads = [
        threading.Thread(target=lambda s=store: taken.extend(claim.id for claim, _ in s.take_over()))
        for store in takers
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(taken) == len(set(taken)) == 18


def test_what_was_put_off_belongs_to_nobody(office: Office) -> None:
    """After a retry the delivery has no owner: the death of whoever tried it changes nothing."""
    id_ = office.publish()
    store = office.desk.another_process()
    claim = store.claim({"x": Terms()})[0]
    store.intend(claim, "{}")
    store.finish(claim, Retry("503"), Next("due", office.moment(seconds=9), "503"), "{}")
    store.die()
    started = time.monotonic()
    assert office.store.take_over() == []
    assert time.monotonic() - started < 1
    assert office.store.deliveries(id_)[0]["owner"] is None


@pytest.mark.parametrize("ends", ["in order", "killed"])
def test_what_is_left_when_a_process_ends(office: Office, ends: str) -> None:
    """In order, it gives back at once; killed, the next look finds it."""
    id_ = office.publish()
    store = office.desk.another_process()
    store.claim(FAST)
    if ends == "in order":
        store.close()
    else:
        store.die()
        assert set(rows(office.store, id_).values()) == {"claimed"}
        office.store.take_over()
    assert set(rows(office.store, id_).values()) == {"due"}
