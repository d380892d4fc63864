"""The worker of one process: what it runs and when, what it does after a failure, and how it stops."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from semantic.errors import StoreFailed
from semantic.store.database import Store
from semantic.store.jobs.jobs import JobState, claim_job, read_jobs
from semantic.worker import worker as worker_module
from semantic.worker.job import Job, Turn
from semantic.worker.worker import MOST_AT_ONCE, Worker
from tests.semantic.store.clock import Clock
from tests.semantic.worker.killed import Home
from tests.waiting import STUCK, until

NOON = datetime(2026, 9, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@dataclass
class Counting:
    """A job that counts its runs, and does in each run what the test wants."""

    name: str = "count"
    every: timedelta = HOUR
    is_shared: bool = False
    act: Callable[[Turn], datetime | None] = lambda turn: None
    began: list[datetime] = field(default_factory=list[datetime])
    ended: int = 0

    def run(self, turn: Turn) -> datetime | None:
        self.began.append(turn.now)
        next_at = self.act(turn)
        self.ended += 1
        return next_at


def broken(_: Turn) -> datetime | None:
    raise ValueError("a person's data")


def worker_for(store: Store, *jobs: Job) -> Worker:
    return Worker(Home(store), jobs)


def state(store: Store, name: str = "count") -> JobState:
    with store.read() as connection:
        return read_jobs(connection)[name]


def counted(worker: Worker, family: str) -> dict[str, float]:
    """Return the samples in a family of the worker's counters, by outcome, or otherwise by job."""
    meters = worker._meters  # pyright: ignore[reportPrivateUsage] (what this process counts)
    found = next(each for each in meters.families() if each.name == family)
    return {sample.labels.get("outcome", sample.labels["job"]): sample.value for sample in found.samples}


def test_a_job_runs_at_first_and_then_when_it_is_due(store: Store, clock: Clock) -> None:
    job = Counting()
    worker = worker_for(store, job)
    for minutes, runs in ((0, 1), (0, 1), (59, 1), (1, 2), (0, 2)):
        clock.move(minutes=minutes)
        worker.run_once()
        assert len(job.began) == runs
    assert state(store).next_at == NOON + 2 * HOUR
    assert counted(worker, "samepage_jobs") == {"done": 2}


def test_a_job_can_become_due_earlier_but_never_later(store: Store, clock: Clock) -> None:
    for wanted, due in ((timedelta(minutes=10), timedelta(minutes=10)), (2 * HOUR, HOUR), (-HOUR, -HOUR)):
        job = Counting(name=str(wanted), act=lambda turn, wanted=wanted: turn.now + wanted)
        worker_for(store, job).run_once()
        assert state(store, job.name).next_at == NOON + due


def test_a_delayed_worker_runs_a_job_once_and_states_the_delay(store: Store, clock: Clock) -> None:
    job = Counting()
    worker = worker_for(store, job)
    worker.run_once()
    clock.move(hours=7)
    worker.run_once()
    worker.run_once()
    assert job.began == [NOON, NOON + 7 * HOUR]
    assert state(store).next_at == NOON + 8 * HOUR
    assert counted(worker, "samepage_job_late_seconds") == {"count": 6 * 3600}


@pytest.mark.parametrize("is_shared", [False, True])
def test_a_clock_that_was_far_ahead_does_not_delay_a_job(store: Store, clock: Clock, is_shared: bool) -> None:
    job = Counting(is_shared=is_shared)
    worker = worker_for(store, job)
    clock.move(days=30)
    worker.run_once()
    clock.at = NOON
    worker.run_once()
    worker.run_once()
    assert job.began == [NOON + timedelta(days=30), NOON]


def test_a_clock_that_goes_back_a_little_does_not_run_a_job_twice(store: Store, clock: Clock) -> None:
    job = Counting()
    worker = worker_for(store, job)
    worker.run_once()
    clock.move(minutes=-10)
    worker.run_once()
    assert job.began == [NOON]


@pytest.mark.parametrize("is_shared", [False, True])
def test_a_failed_job_is_tried_again_and_the_others_go_on(
    store: Store, clock: Clock, is_shared: bool, caplog: pytest.LogCaptureFixture
) -> None:
    failing, fine = Counting(act=broken, is_shared=is_shared), Counting(name="fine", every=timedelta(minutes=1))
    worker = worker_for(store, failing, fine)
    worker.run_once()
    assert state(store).next_at == NOON + timedelta(minutes=1)
    assert (state(store).failures, state(store).last_failed_at) == (1, NOON)
    clock.move(minutes=1)
    worker.run_once()
    assert (len(failing.began), len(fine.began)) == (2, 2)
    assert state(store).next_at == NOON + timedelta(minutes=6)
    failing.act = lambda turn: None
    clock.move(minutes=5)
    worker.run_once()
    assert (state(store).failures, state(store).why) == (0, "")
    assert state(store).next_at == clock.at + HOUR
    failures = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert [getattr(record, "facts", {})["job"] for record in failures] == ["count", "count"]


def test_neither_the_store_nor_the_log_has_the_errors_message(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    worker_for(store, Counting(act=broken)).run_once()
    assert state(store).why == "The last run ended with ValueError. The log of the worker says where."
    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    facts = getattr(record, "facts", {})
    assert facts["kind"] == "ValueError"
    assert "test_worker.py" in facts["at"]
    assert "a person's data" not in f"{record.getMessage()} {facts}"


def test_a_time_without_a_zone_is_a_failure(store: Store) -> None:
    worker_for(store, Counting(act=lambda turn: turn.now.replace(tzinfo=None))).run_once()
    assert state(store).failures == 1


def test_two_jobs_with_one_name_are_refused(store: Store) -> None:
    with pytest.raises(ValueError, match="same name"):
        worker_for(store, Counting(), Counting())


def test_a_job_that_runs_elsewhere_is_left_alone(store: Store, clock: Clock) -> None:
    job = Counting()
    first, second = worker_for(store, job), worker_for(store, job)
    inside = threading.Event()
    leave = threading.Event()
    job.act = lambda turn: (inside.set(), leave.wait(STUCK), None)[2]
    first.start()
    assert inside.wait(STUCK)
    second.run_once()
    assert len(job.began) == 1
    leave.set()
    until(lambda: job.ended == 1)
    first.stop()
    first.wait(STUCK)


def test_a_shared_job_runs_in_each_worker_without_a_lease(store: Store) -> None:
    job = Counting(is_shared=True, act=lambda turn: turn.now if turn.is_mine() else None)
    for _ in range(2):
        worker_for(store, job).run_once()
    assert len(job.began) == 2
    assert state(store).leased_until is None


def test_a_run_learns_that_another_worker_has_taken_over(store: Store, clock: Clock) -> None:
    """This happens after a machine was frozen for longer than the lease."""
    is_mine: list[bool] = []

    def act(turn: Turn) -> datetime | None:
        is_mine.append(turn.is_mine())
        clock.move(minutes=2)
        with store.write(recorded=False) as transaction:
            assert claim_job(transaction, "count", "another", lease=timedelta(minutes=1), every=HOUR)
        is_mine.append(turn.is_mine())
        return None

    worker = worker_for(store, Counting(act=act))
    worker.run_once()
    assert is_mine == [True, False]
    assert (state(store).holder, state(store).last_ended_at) == ("another", None)
    assert counted(worker, "samepage_jobs") == {"lost": 1}


def test_the_lease_of_a_long_run_is_extended(store: Store, clock: Clock) -> None:
    leave = threading.Event()
    job = Counting(act=lambda turn: (leave.wait(STUCK), None)[1])
    worker = Worker(Home(store), [job], lease=timedelta(seconds=0.3))
    worker.start()
    until(lambda: job.began)
    clock.move(seconds=10)
    until(lambda: (state(store).leased_until or NOON) > clock.at, "a longer lease")
    leave.set()
    until(lambda: job.ended == 1)
    worker.stop()
    worker.wait(STUCK)
    assert state(store).leased_until is None


def test_a_stuck_run_loses_its_lease_in_the_end(store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_module, "LONGEST", timedelta(0))
    leave = threading.Event()
    job = Counting(act=lambda turn: (leave.wait(STUCK), None)[1])
    quick = Counting(name="quick", every=timedelta(0))
    worker = Worker(Home(store), [job, quick], lease=timedelta(seconds=0.01))
    worker.start()
    until(lambda: job.began)
    before = len(quick.began)
    until(lambda: len(quick.began) > before + 2, "the worker to look again")
    assert state(store).leased_until == NOON + timedelta(seconds=0.01)
    leave.set()
    worker.stop()
    worker.wait(STUCK)


def test_only_a_few_jobs_run_at_once_and_the_longest_overdue_go_first(store: Store) -> None:
    leave = threading.Event()
    jobs = [Counting(name=f"{number}", act=lambda turn: (leave.wait(STUCK), None)[1]) for number in range(6)]
    shared = Counting(name="shared", is_shared=True)
    worker = worker_for(store, *jobs, shared)
    worker.start()
    until(lambda: sum(len(job.began) for job in jobs) == MOST_AT_ONCE)
    until(lambda: shared.ended == 1, "the shared job, which needs no room")
    assert [len(job.began) for job in jobs] == [1, 1, 1, 1, 0, 0]
    leave.set()
    until(lambda: all(job.ended == 1 for job in jobs), "the rest")
    worker.stop()
    worker.wait(STUCK)


def test_stopping_lets_a_run_finish_and_takes_no_more(store: Store) -> None:
    stopped, is_asked = threading.Event(), threading.Event()

    def act(turn: Turn) -> datetime | None:
        is_asked.set()
        until(turn.is_stopping)
        return turn.now  # due again at once, for the next worker

    job, other = Counting(act=act), Counting(name="zero", every=timedelta(0))
    worker = worker_for(store, job, other)
    ended: list[bool] = []
    running = threading.Thread(target=lambda: ended.append(worker.run_until(stopped)))
    running.start()
    assert is_asked.wait(STUCK)
    stopped.set()
    running.join(STUCK)
    assert ended == [True]
    assert (job.ended, worker.is_busy) == (1, False)
    assert (state(store).next_at, state(store).leased_until) == (NOON, None)


def test_a_run_that_does_not_end_in_time_keeps_its_lease(store: Store) -> None:
    """Another worker must not start the job while it may still be running here."""
    stopped, leave = threading.Event(), threading.Event()
    job = Counting(act=lambda turn: (stopped.set(), leave.wait(STUCK), None)[2])
    worker = Worker(Home(store), [job], stop_seconds=0)
    assert not worker.run_until(stopped)
    assert worker.is_busy
    assert state(store).leased_until is not None
    leave.set()
    worker.wait(STUCK)


def test_a_run_that_breaks_because_of_the_stop_is_given_back(store: Store) -> None:
    stopped = threading.Event()

    def act(turn: Turn) -> datetime | None:
        stopped.set()
        return broken(turn)  # as when its statement is cancelled

    worker = worker_for(store, Counting(act=act))
    assert worker.run_until(stopped)
    assert (state(store).failures, state(store).next_at, state(store).holder) == (0, NOON, "")
    assert counted(worker, "samepage_jobs") == {"stopped": 1}


def test_a_worker_continues_when_the_store_is_back(
    store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(worker_module, "LOOK_SECONDS", 0.01)
    looks = 0
    due = Worker._due  # pyright: ignore[reportPrivateUsage] (where the store fails)

    def fails_at_first(self: Worker) -> list[tuple[datetime, Job]]:
        nonlocal looks
        looks += 1
        if looks < 4:
            raise StoreFailed("The disk is full.")
        return due(self)

    monkeypatch.setattr(Worker, "_due", fails_at_first)
    job = Counting()
    worker = worker_for(store, job)
    worker.start()
    until(lambda: job.ended == 1)
    worker.stop()
    worker.wait(STUCK)
    told = [record.getMessage() for record in caplog.records]
    assert told.count("The worker can't reach the store. The disk is full.") == 1


def test_the_end_of_a_run_is_recorded_once_the_store_is_writable(
    store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(worker_module, "AGAIN_SECONDS", (0.01, 0.01, 0.01))
    tries: list[int] = []
    end_job = worker_module.end_job

    def fails_twice(*given: object, **named: object) -> bool:
        tries.append(1)
        if len(tries) < 3:
            raise StoreFailed("The disk is full.")
        return end_job(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(worker_module, "end_job", fails_twice)
    worker = worker_for(store, Counting())
    worker.run_once()
    assert len(tries) == 3
    assert state(store).next_at == NOON + HOUR
