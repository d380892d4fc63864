"""Work that has used the CPU for a while waits for work that has used less, and for nothing else."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from contextvars import Context

import pytest

from semantic.config.checkpoint import checkpoint
from semantic.run.cpu_turns import IDLE_SECONDS, LOOK_SECONDS, MARGIN, MOST_WAITED, CpuTurns, thread_clock
from tests.waiting import STUCK


class Used(dict[int, float]):
    """CPU seconds by thread. Time that a test adds also passes on the clock."""

    def __init__(self, machine: Machine) -> None:
        super().__init__()
        self._machine = machine

    def __setitem__(self, number: int, seconds: float) -> None:
        self._machine.now += max(0.0, seconds - self.get(number, 0.0))
        super().__setitem__(number, seconds)


class Machine:
    """CPU seconds and time, set by a test. While one thread sleeps, the busy threads use the CPU."""

    def __init__(self) -> None:
        self.now = 0.0
        self.used = Used(self)
        self.busy = set[int]()
        self.slept = 0.0
        self.reads = 0
        self.turns = CpuTurns(cpu=self._cpu, clock=lambda: self.now, sleep=self._sleep)
        self._next = 0

    def _cpu(self) -> Callable[[], float]:
        number, self._next = self._next, self._next + 1
        self.used[number] = 0.0

        def read() -> float:
            self.reads += 1
            return self.used[number]

        return read

    def _sleep(self, seconds: float) -> None:
        self.slept += seconds
        until = self.now + seconds
        for number in self.busy:
            self.used[number] += seconds
        self.now = until  # at the same time


@pytest.fixture
def machine() -> Machine:
    return Machine()


@contextmanager
def other_work(machine: Machine, *, used: float = 0.0, is_busy: bool = True) -> Generator[int]:
    """Run another thread's work until the block ends."""
    with ExitStack() as stack:
        thread_of_other = Context()
        work = machine.turns.work()
        number = machine._next
        thread_of_other.run(stack.enter_context, work)
        machine.used[number] = used
        if is_busy:
            machine.busy.add(number)
        yield number
        machine.busy.discard(number)
        thread_of_other.run(stack.close)


def test_work_that_only_polls_delays_no_one(machine: Machine) -> None:
    """The work uses a little CPU each time, so its clock keeps moving."""
    with other_work(machine, is_busy=False) as waiting, machine.turns.work():
        for step in range(1, 50):
            machine.used[waiting] += 0.00002
            machine.used[waiting + 1] = 0.050 + 0.003 * step
            checkpoint()
    assert machine.slept <= 4 * IDLE_SECONDS


def test_long_work_waits_until_shorter_work_has_caught_up(machine: Machine) -> None:
    with other_work(machine) as short, machine.turns.work():
        machine.used[short + 1] = 0.050
        checkpoint()
        assert machine.used[short] == pytest.approx(0.050 - MARGIN, abs=1.5 * LOOK_SECONDS)


def test_short_work_never_waits_for_longer_work(machine: Machine) -> None:
    with other_work(machine, used=1.0) as long, machine.turns.work():
        machine.used[long + 1] = 0.050
        checkpoint()
        assert machine.slept == 0.0


def test_checkpoints_in_quick_succession_ask_the_system_for_nothing(machine: Machine) -> None:
    with other_work(machine), machine.turns.work():
        before = machine.reads
        for _ in range(1_000):
            checkpoint()
        assert machine.reads == before
        machine.now += LOOK_SECONDS
        checkpoint()
        assert machine.reads > before


def test_work_alone_never_waits(machine: Machine) -> None:
    with machine.turns.work():
        machine.used[0] = 10.0
        checkpoint()
    assert machine.slept == 0.0


def test_work_that_waits_for_something_else_blocks_no_one(machine: Machine) -> None:
    with other_work(machine, is_busy=False) as idle, machine.turns.work():
        for step in range(1, 50):
            machine.used[idle + 1] = 0.050 * step
            checkpoint()
    assert machine.slept <= IDLE_SECONDS + LOOK_SECONDS


def test_work_that_was_waiting_goes_first_again_once_it_is_busy(machine: Machine) -> None:
    with other_work(machine, is_busy=False) as other, machine.turns.work():
        machine.used[other + 1] = 0.050
        checkpoint()
        machine.busy.add(other)
        machine.used[other] += 0.001
        machine.used[other + 1] = 0.060
        before = machine.slept
        checkpoint()
        assert machine.slept > before + IDLE_SECONDS


def test_long_work_continues_however_much_others_ask(machine: Machine) -> None:
    """Other work keeps starting and ending, so some work has always used less."""
    with machine.turns.work():
        for step in range(1, 11):
            machine.used[0] = 0.010 * step
            with other_work(machine) as short:
                machine.used[short] = -10.0
                checkpoint()
    assert machine.slept == pytest.approx(MOST_WAITED * 0.100, abs=10 * LOOK_SECONDS)


def test_work_inside_other_work_is_part_of_it(machine: Machine) -> None:
    with other_work(machine) as short, machine.turns.work():
        machine.used[short + 1] = 0.050
        with machine.turns.work():
            checkpoint()
        assert machine.slept > 0.0


def test_once_work_has_ended_nothing_waits_for_it(machine: Machine) -> None:
    with other_work(machine) as short:
        with machine.turns.work():
            machine.used[short + 1] = 0.050
        checkpoint()
    assert machine.slept == 0.0


def test_without_cpu_times_of_threads_nothing_waits() -> None:
    turns = CpuTurns(cpu=lambda: None, sleep=lambda _: pytest.fail("waited"))
    with turns.work(), turns.work():
        checkpoint()


@pytest.mark.skipif(thread_clock() is None, reason="Only Linux tells the CPU seconds of another thread.")
def test_a_thread_reads_the_cpu_seconds_of_another() -> None:
    clocks, has_worked, may_end = [], threading.Event(), threading.Event()

    def work() -> None:
        clock = thread_clock()
        assert clock is not None
        while clock() < 0.02:
            pass
        clocks.append(clock)
        has_worked.set()
        may_end.wait(STUCK)

    thread = threading.Thread(target=work)
    thread.start()
    assert has_worked.wait(STUCK)
    first, second = clocks[0](), clocks[0]()
    may_end.set()
    thread.join(STUCK)
    assert 0.02 <= first <= second < 1.0
