"""Several workers over one store, some of them killed at any moment: each job runs once when due, and none is lost."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from semantic.store.database import Store
from semantic.store.jobs.jobs import read_jobs
from tests.proof import part
from tests.semantic.worker.killed import Workers, kill_at_random
from tests.semantic.worker.noting import (
    KILLED_JOBS,
    ONCE_JOBS,
    NotedRun,
    again_and_again,
    count_runs,
    make_table,
    once,
    read_runs,
)
from tests.waiting import until

KILLS = 200


@pytest.mark.server
@pytest.mark.long
def test_two_workers_run_each_of_300_jobs_once(store: Store, address: str) -> None:
    make_table(store)
    workers = Workers(once, address, lease=30)
    workers.start()
    workers.start()
    until(lambda: count_runs(store) >= ONCE_JOBS, "all jobs")
    later = datetime.now(UTC)
    until(lambda: _is_released(store), "the last notes")
    workers.kill_all()
    runs = read_runs(store)
    assert Counter(run.job for run in runs) == {f"job {number}": 1 for number in range(ONCE_JOBS)}
    assert len({run.process for run in runs}) == 2
    with store.read() as connection:
        states = read_jobs(connection)
    assert len(states) == ONCE_JOBS
    assert all(state.next_at > later for state in states.values())
    assert {(state.failures, state.why, state.holder) for state in states.values()} == {(0, "", "")}


def _is_released(store: Store) -> bool:
    with store.read() as connection:
        return all(state.leased_until is None for state in read_jobs(connection).values())


@pytest.mark.server
@pytest.mark.long
def test_killed_workers_lose_no_job_and_none_runs_twice_at_the_same_time(store: Store, address: str) -> None:
    make_table(store)
    workers = Workers(again_and_again, address)
    kill_at_random(workers, kills=part(KILLS), seed=7, progress=lambda: len(read_runs(store)))
    before = Counter(run.job for run in read_runs(store) if run.ended_at is not None)
    until(lambda: _all_went_on(store, before), "a run of each job after the last kill")
    workers.kill_all()
    runs = read_runs(store)
    assert len(workers.ends) == part(KILLS) + 2
    assert len({run.process for run in runs}) > 2
    for job in {run.job for run in runs}:
        _check_one_at_a_time([run for run in runs if run.job == job], workers.ends)


def _all_went_on(store: Store, before: Counter[str]) -> bool:
    now = Counter(run.job for run in read_runs(store) if run.ended_at is not None)
    return len(now) == KILLED_JOBS and all(now[job] > before[job] for job in now)


def _check_one_at_a_time(runs: list[NotedRun], ends: dict[int, datetime]) -> None:
    """Check that runs don't overlap. A run without an end lasted until its process was killed."""
    for earlier, later in pairwise(runs):
        assert later.began_at >= (earlier.ended_at or ends[earlier.process]), (earlier, later)
