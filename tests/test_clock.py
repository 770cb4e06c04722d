"""The time of one process: steady whatever the machine's clock does, and right again after a while."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.clock import SteadyClock, from_micros, system_clock, to_micros
from tests.fakes import START

HOUR = timedelta(hours=1)


@dataclass
class Machine:
    """A machine whose clock may be set; its ticks go on as they do."""

    ahead: timedelta = timedelta()
    seconds: float = 100.0

    def wall(self) -> datetime:
        """What its clock says."""
        return self.real + self.ahead

    def ticks(self) -> float:
        """Seconds since it was started."""
        return self.seconds

    @property
    def real(self) -> datetime:
        """What the time truly is."""
        return START + timedelta(seconds=self.seconds - 100.0)


@pytest.fixture
def machine() -> Machine:
    """A machine whose clock is right."""
    return Machine()


@pytest.fixture
def clock(machine: Machine) -> SteadyClock:
    """A process's time on it."""
    return SteadyClock(machine.wall, machine.ticks, patience=60.0)


def test_it_goes_as_the_machine_goes(machine: Machine, clock: SteadyClock) -> None:
    """Nothing happens to the machine's clock: both say the same."""
    for _ in range(5):
        machine.seconds += 1234.5
        assert clock() == machine.wall()


@pytest.mark.parametrize("jump", [HOUR, -HOUR, timedelta(days=9000)])
def test_a_jump_moves_nothing_at_once(machine: Machine, clock: SteadyClock, jump: timedelta) -> None:
    """For as long as its patience it goes on as before."""
    machine.ahead = jump
    for _ in range(6):
        assert clock() == machine.real
        machine.seconds += 9.9


@pytest.mark.parametrize("jump", [HOUR, -HOUR])
def test_a_lasting_change_is_believed(machine: Machine, clock: SteadyClock, jump: timedelta) -> None:
    """What the machine's clock has said for a minute is the time; the next look goes by it."""
    machine.ahead = jump
    clock()
    machine.seconds += 60
    clock()
    assert clock() == machine.wall() == machine.real + jump


def test_a_jump_forth_and_back_is_forgotten(machine: Machine, clock: SteadyClock) -> None:
    """However often it happens: each begins its minute anew."""
    for _ in range(10):
        machine.ahead = HOUR
        clock()
        machine.seconds += 50
        assert clock() == machine.real
        machine.ahead = timedelta()
        clock()
        machine.seconds += 50
        assert clock() == machine.real


def test_a_clock_that_keeps_jumping_is_never_believed(machine: Machine, clock: SteadyClock) -> None:
    """It says something else each time, so it has said nothing for long."""
    for number in range(1, 20):
        machine.ahead = number * HOUR
        machine.seconds += 59
        assert clock() == machine.real


def test_a_clock_that_is_slowly_wrong_is_followed(machine: Machine, clock: SteadyClock) -> None:
    """What drifts by more than a second and stays there is believed after its minute."""
    machine.ahead = timedelta(seconds=1.2)
    for _ in range(8):
        machine.seconds += 10
        machine.ahead += timedelta(milliseconds=1)
        clock()
    assert abs(clock() - machine.wall()) < timedelta(seconds=0.1)


def test_little_differences_are_nobodys_business(machine: Machine, clock: SteadyClock) -> None:
    """Under a second it keeps its own pace, for however long."""
    machine.ahead = timedelta(seconds=0.9)
    for _ in range(5):
        machine.seconds += 100
        assert clock() == machine.real


def test_it_follows_another_clock(machine: Machine, clock: SteadyClock) -> None:
    """Once told the server's time it goes by that, and the machine's clock says nothing any more."""
    servers = START + timedelta(days=3)
    clock.follow(servers)
    machine.ahead = -HOUR
    clock()
    machine.seconds += 600
    clock()
    assert clock() == servers + timedelta(seconds=600)
    clock.follow(servers)
    assert clock() == servers


@given(st.lists(st.tuples(st.floats(0, 59), st.sampled_from([0, 3600, -3600, 86400])), max_size=30))
def test_it_never_goes_back_while_it_doubts(steps: list[tuple[float, int]]) -> None:
    """Whatever jumps come, none of which lasts, it only goes on."""
    machine = Machine()
    clock = SteadyClock(machine.wall, machine.ticks, patience=10_000.0)
    before = clock()
    for seconds, ahead in steps:
        machine.ahead = timedelta(seconds=ahead)
        machine.seconds += seconds
        assert clock() >= before
        before = clock()
        assert abs(before - machine.real) < timedelta(milliseconds=1)


def test_the_usual_clock_is_the_systems() -> None:
    """Without anything said it tells the machine's own time, in UTC."""
    assert abs(SteadyClock()() - system_clock()) < timedelta(seconds=0.5)
    assert SteadyClock()().tzinfo is UTC


@given(st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)))
def test_a_time_is_kept_whole_in_microseconds(moment: datetime) -> None:
    """What the store keeps is what it was told."""
    assert from_micros(to_micros(moment)) == moment
